//! Compressed bytes back to what they were, as they come: for reading back what was written.
//!
//! The decoders are Rust, whoever compressed.

use std::io::{self, Write};

use flate2::write::GzDecoder;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::compression::Compression;

/// The largest frame header, and the header of a block.
const FRAME_HEADER: usize = 18;
const BLOCK_HEADER: usize = 3;
/// The checksum behind the last block.
const CHECKSUM: usize = 4;
/// Larger than any window that an export is compressed with.
const MOST_WINDOW: u64 = 16 << 20;

/// Writes on what it decompresses.
pub(super) enum Unpack<W: Write> {
    Plain(W),
    Gzip(Box<GzDecoder<W>>),
    Zstd(Box<Unzstd<W>>),
}

impl<W: Write> Unpack<W> {
    pub(super) fn new(compression: Compression, to: W) -> Self {
        match compression {
            Compression::None => Self::Plain(to),
            Compression::Gzip(_) => Self::Gzip(Box::new(GzDecoder::new(to))),
            Compression::Zstd(_) => Self::Zstd(Box::new(Unzstd::new(to))),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(to) => to.write_all(bytes),
            Self::Gzip(decoder) => decoder.write_all(bytes),
            Self::Zstd(decoder) => decoder.push(bytes),
        }
    }

    /// That was all: checks checksums and lengths, and gives back what was written to.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(to) => Ok(to),
            Self::Gzip(decoder) => decoder.finish(),
            Self::Zstd(decoder) => decoder.finish(),
        }
    }
}

/// Decodes one frame, block by block, so that no more than a block and the window is held.
pub(super) struct Unzstd<W> {
    decoder: FrameDecoder,
    begun: bool,
    /// Not enough for a block yet.
    held: Vec<u8>,
    to: W,
}

impl<W: Write> Unzstd<W> {
    fn new(to: W) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MOST_WINDOW);
        Self { decoder, begun: false, held: Vec::new(), to }
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= FRAME_HEADER { self.decode() } else { Ok(()) }
    }

    fn decode(&mut self) -> io::Result<()> {
        let mut left = self.held.as_slice();
        if !self.begun {
            self.decoder.init(&mut left).map_err(io::Error::other)?;
            self.begun = true;
        }
        while let Some(need) = block_bytes(left) {
            if self.decoder.is_finished() {
                return Err(io::Error::other("there is more behind the end of the frame"));
            }
            if left.len() < need {
                break;
            }
            let (mut block, rest) = left.split_at(need);
            self.decoder
                .decode_blocks(&mut block, BlockDecodingStrategy::UptoBlocks(1))
                .map_err(io::Error::other)?;
            left = rest;
            self.decoder.collect_to_writer(&mut self.to).map_err(io::Error::other)?;
        }
        let used = self.held.len() - left.len();
        self.held.drain(..used);
        Ok(())
    }

    fn finish(mut self) -> io::Result<W> {
        self.decode()?;
        if !self.held.is_empty() || !self.decoder.is_finished() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        if self.decoder.get_checksum_from_data() != self.decoder.get_calculated_checksum() {
            return Err(io::Error::other("the frame's checksum is wrong"));
        }
        Ok(self.to)
    }
}

/// How many bytes the block at the beginning takes, its header and what may follow it included; `None` if that cannot
/// be seen yet.
fn block_bytes(bytes: &[u8]) -> Option<usize> {
    let header = bytes.get(..BLOCK_HEADER)?;
    let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    // One byte repeated, or so many bytes.
    let content = if header >> 1 & 3 == 1 { 1 } else { (header >> 3) as usize };
    let checksum = if header & 1 == 1 { CHECKSUM } else { 0 };
    Some(BLOCK_HEADER + content + checksum)
}
