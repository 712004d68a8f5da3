//! WebP headers: the RIFF chunks and the first bytes of the bitstreams (RFC 9649; RFC 6386 section 9.1 for
//! VP8's frame header).
//!
//! The bitstream's own size is compared with the container's: decoders allocate by the former, and limits
//! are checked on the latter.

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{Metadata, Payload};
use super::{MAX_CHUNKS, exif, u16_le, u24_le, u32_le};
use crate::error::{Error, Result};

fn corrupt(what: impl std::fmt::Display) -> Error {
    super::corrupt(Format::WebP, what)
}

fn cut_short() -> Error {
    corrupt("it ends within a chunk")
}

/// What a bitstream's first bytes say.
struct Bitstream {
    width: u32,
    height: u32,
    alpha: bool,
    lossy: bool,
}

/// A chunk's name, its data as far as there is any, and where the next one begins.
pub(in super::super) struct Chunk {
    pub(in super::super) name: [u8; 4],
    pub(in super::super) data: Range<usize>,
    /// Bytes of data that the file ends before.
    pub(in super::super) missing: usize,
    pub(in super::super) next: usize,
}

/// The chunk at a place, if its head is there.
pub(in super::super) fn read_chunk(bytes: &[u8], at: usize, end: usize) -> Option<Chunk> {
    let name = *bytes.get(at..end)?.first_chunk()?;
    let size = u32_le(&bytes[..end], at + 4)? as usize;
    let start = at + 8;
    let claimed = start.checked_add(size)?;
    let data = start..claimed.min(end);
    // Chunks are padded to an even size; the last one's padding is often forgotten.
    Some(Chunk { name, missing: claimed - data.end, next: claimed.checked_add(size & 1)?, data })
}

/// The first chunk's place.
pub(in super::super) const FIRST_CHUNK: usize = 12;

/// Where the file ends, and whether it does so earlier than it says.
pub(in super::super) fn end(bytes: &[u8]) -> (usize, bool) {
    let claimed = u32_le(bytes, 4).map_or(usize::MAX, |size| (size as usize).saturating_add(8));
    (claimed.min(bytes.len()), claimed > bytes.len())
}

pub(super) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let (end, cut) = end(bytes);
    let first = read_chunk(bytes, FIRST_CHUNK, end).ok_or_else(cut_short)?;
    let mut found = if &first.name == b"VP8X" {
        extended(bytes, &first, end)?
    } else {
        let stream = bitstream(first.name, &bytes[first.data])?
            .ok_or_else(|| corrupt(format_args!("it begins with {:?}", name(first.name))))?;
        let mut found = metadata(bytes, (stream.width, stream.height), stream.alpha);
        found.chroma_subsampling = stream.lossy.then_some("4:2:0");
        found.truncated = first.missing > 0;
        found
    };
    found.truncated |= cut;
    Ok(found)
}

fn name(fourcc: [u8; 4]) -> String {
    String::from_utf8_lossy(&fourcc).into_owned()
}

fn metadata(bytes: &[u8], size: (u32, u32), has_alpha: bool) -> Metadata {
    Metadata {
        channels: if has_alpha { 4 } else { 3 },
        has_alpha,
        ..Metadata::new(Format::WebP, size, bytes)
    }
}

fn extended(bytes: &[u8], header: &Chunk, end: usize) -> Result<Metadata> {
    let data = &bytes[header.data.clone()];
    let flags = *data.first().ok_or_else(cut_short)?;
    let animated = flags & 0x02 != 0;
    let width = u24_le(data, 4).ok_or_else(cut_short)? + 1;
    let height = u24_le(data, 7).ok_or_else(cut_short)? + 1;
    let mut found = metadata(bytes, (width, height), false);
    let mut frames = 0_u32;
    let mut plays = 1;
    let mut lossy: Option<bool> = None;
    let mut alpha_chunk = false;
    let mut at = header.next;
    for _ in 0..MAX_CHUNKS {
        if at >= end {
            return finish(found, frames, plays, lossy);
        }
        let Some(chunk) = read_chunk(bytes, at, end) else {
            found.truncated = true;
            return finish(found, frames, plays, lossy);
        };
        let data = &bytes[chunk.data.clone()];
        found.truncated |= chunk.missing > 0;
        match &chunk.name {
            _ if chunk.missing > 0 && !matches!(&chunk.name, b"ANMF" | b"VP8 " | b"VP8L") => {}
            b"ICCP" if found.icc.is_none() => found.icc = Some(Payload::plain(chunk.data)),
            b"XMP " if found.xmp.is_none() => found.xmp = Some(Payload::plain(chunk.data)),
            b"EXIF" if found.exif.is_none() => {
                // Some writers keep the prefix that only JPEG needs.
                let prefix = if data.starts_with(b"Exif\0\0") { 6 } else { 0 };
                found.orientation = exif::orientation(&data[prefix..]);
                found.density = exif::density(&data[prefix..]);
                found.exif = Some(Payload::plain(chunk.data.start + prefix..chunk.data.end));
            }
            // The background's colour, four bytes, is a hint that nobody takes.
            b"ANIM" if animated => plays = u16_le(data, 4).map_or(1, u32::from),
            b"ANMF" if animated => {
                let frame = match AnimationFrame::read(bytes, &chunk.data, (width, height)) {
                    // The end of a cut file may be too little of a frame to know what it is.
                    Err(_) if frames > 0 && chunk.missing > 0 => return finish(found, frames, plays, lossy),
                    frame => frame?,
                };
                frames += 1;
                let covers = (frame.left, frame.top, frame.width, frame.height) == (0, 0, width, height);
                found.has_alpha |= frame.alpha || frame.dispose || (frames == 1 && !covers);
                found.delays.push(frame.delay_ms);
                let pixels = u64::from(frame.width) * u64::from(frame.height);
                found.piece_pixels = found.piece_pixels.max(pixels);
                lossy.get_or_insert(frame.lossy);
            }
            b"ALPH" if !animated => alpha_chunk = true,
            b"VP8 " | b"VP8L" if !animated && lossy.is_none() => {
                if let Some(stream) = bitstream(chunk.name, data)? {
                    same_size((stream.width, stream.height), (width, height))?;
                    found.has_alpha = stream.alpha || (stream.lossy && alpha_chunk);
                    lossy = Some(stream.lossy);
                }
            }
            _ => {}
        }
        at = chunk.next;
    }
    Err(corrupt(format_args!("more than {MAX_CHUNKS} chunks")))
}

fn finish(mut found: Metadata, frames: u32, plays: u32, lossy: Option<bool>) -> Result<Metadata> {
    let lossy =
        lossy.ok_or_else(|| if found.truncated { cut_short() } else { corrupt("it holds no image") })?;
    found.channels = if found.has_alpha { 4 } else { 3 };
    found.chroma_subsampling = lossy.then_some("4:2:0");
    if frames > 1 {
        found.frames = frames;
        found.plays = Some(plays);
    } else {
        found.delays = Vec::new();
    }
    Ok(found)
}

/// A frame of an animation.
#[expect(clippy::struct_excessive_bools, reason = "they are the file's own flags")]
pub(in super::super) struct AnimationFrame {
    pub(in super::super) left: u32,
    pub(in super::super) top: u32,
    pub(in super::super) width: u32,
    pub(in super::super) height: u32,
    pub(in super::super) delay_ms: u32,
    /// Whether it is laid over what is there, or put in its place.
    pub(in super::super) blend: bool,
    /// Whether its area becomes transparent after it.
    pub(in super::super) dispose: bool,
    alpha: bool,
    lossy: bool,
    /// The chunks of its image.
    pub(in super::super) chunks: Range<usize>,
}

impl AnimationFrame {
    /// Reads a frame's chunk and checks it.
    pub(in super::super) fn read(bytes: &[u8], range: &Range<usize>, canvas: (u32, u32)) -> Result<Self> {
        let data = &bytes[range.clone()];
        let field = |at| u24_le(data, at).ok_or_else(cut_short);
        let (left, top) = (field(0)? * 2, field(3)? * 2);
        let (width, height) = (field(6)? + 1, field(9)? + 1);
        let delay_ms = field(12)?;
        let flags = *data.get(15).ok_or_else(cut_short)?;
        if left + width > canvas.0 || top + height > canvas.1 {
            return Err(corrupt("a frame reaches outside the canvas"));
        }
        let chunks = range.start + 16..range.end;
        let mut at = chunks.start;
        let mut alpha = false;
        while let Some(chunk) = read_chunk(bytes, at, range.end) {
            if let Some(stream) = bitstream(chunk.name, &bytes[chunk.data.clone()])? {
                same_size((stream.width, stream.height), (width, height))?;
                return Ok(Self {
                    left,
                    top,
                    width,
                    height,
                    delay_ms,
                    blend: flags & 2 == 0,
                    dispose: flags & 1 != 0,
                    alpha: alpha || stream.alpha,
                    lossy: stream.lossy,
                    chunks,
                });
            }
            alpha |= &chunk.name == b"ALPH";
            at = chunk.next;
        }
        Err(corrupt("a frame holds no image"))
    }
}

fn same_size(stream: (u32, u32), container: (u32, u32)) -> Result<()> {
    if stream == container {
        return Ok(());
    }
    Err(corrupt(format_args!(
        "its header says {}x{} pixels and its data {}x{}",
        container.0, container.1, stream.0, stream.1
    )))
}

/// `None` for chunks that are no bitstream.
fn bitstream(name: [u8; 4], data: &[u8]) -> Result<Option<Bitstream>> {
    let short = || corrupt("its bitstream is cut short");
    let stream = match &name {
        b"VP8 " => {
            let tag = u24_le(data, 0).ok_or_else(short)?;
            if tag & 1 != 0 || data.get(3..6).ok_or_else(short)? != [0x9D, 0x01, 0x2A] {
                return Err(corrupt("its VP8 data does not begin with a key frame"));
            }
            let side = |at| u16_le(data, at).map(|side| u32::from(side & 0x3FFF)).ok_or_else(short);
            Bitstream { width: side(6)?, height: side(8)?, alpha: false, lossy: true }
        }
        b"VP8L" => {
            if *data.first().ok_or_else(short)? != 0x2F {
                return Err(corrupt("its VP8L data lacks the signature"));
            }
            let bits = u32_le(data, 1).ok_or_else(short)?;
            Bitstream {
                width: (bits & 0x3FFF) + 1,
                height: ((bits >> 14) & 0x3FFF) + 1,
                alpha: (bits >> 28) & 1 == 1,
                lossy: false,
            }
        }
        _ => return Ok(None),
    };
    if stream.width == 0 || stream.height == 0 {
        return Err(corrupt(format_args!("its header says {}x{} pixels", stream.width, stream.height)));
    }
    Ok(Some(stream))
}
