//! BMP headers: BITMAPCOREHEADER, OS/2's second, and Windows' of all versions (wingdi.h).

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{Metadata, Payload};
use super::{u16_le, u32_le};
use crate::error::{Error, Result};

/// "BM", the file's size, four bytes of nothing, where the pixels begin.
const FILE_HEADER: usize = 14;

const CORE_HEADER: usize = 12;
const OS2_HEADER: usize = 64;

fn corrupt(what: impl std::fmt::Display) -> Error {
    super::corrupt(Format::Bmp, what)
}

/// How pixels are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Coding {
    /// Indices.
    Indexed,
    /// Run lengths of indices.
    RunLength,
    /// Blue, green, red, and of 32 bits a byte of nothing.
    Bgr,
    /// Words, and which bits of them are red, green, blue and alpha.
    Masks([u32; 4]),
    /// What is not read.
    Other(&'static str),
}

/// A BMP's header.
#[derive(Clone, Debug)]
pub(in super::super) struct Header {
    pub(in super::super) width: u32,
    pub(in super::super) height: u32,
    pub(in super::super) top_down: bool,
    /// A pixel.
    pub(in super::super) bits: u8,
    pub(in super::super) coding: Coding,
    pub(in super::super) palette: Range<usize>,
    /// Bytes a colour of the palette: blue, green, red, and of four a byte of nothing.
    pub(in super::super) palette_entry: usize,
    pub(in super::super) pixels_at: usize,
    size: usize,
}

impl Header {
    /// Reads the header of a file that begins as a BMP does.
    pub(in super::super) fn read(bytes: &[u8]) -> Result<Self> {
        let short = || corrupt("it ends within its header");
        let size = u32_le(bytes, FILE_HEADER).ok_or_else(short)? as usize;
        let header = bytes.get(FILE_HEADER..FILE_HEADER + size).ok_or_else(short)?;
        // Fields that a shorter header does not have are nothing.
        let long = |at| if at + 4 <= size { u32_le(header, at).unwrap_or(0) } else { 0 };
        let word = |at| if at + 2 <= size { u16_le(header, at).unwrap_or(0) } else { 0 };
        let core = size == CORE_HEADER;
        let (width, height, bits, compression) = if core {
            (i64::from(word(4)), i64::from(word(6)), word(10), 0)
        } else {
            (i64::from(long(4) as i32), i64::from(long(8) as i32), word(14), long(16))
        };
        if width < 1 || height == 0 {
            return Err(corrupt(format_args!("its header says {width}x{height} pixels")));
        }
        let bits = u8::try_from(bits).ok().filter(|bits| matches!(bits, 0 | 1 | 2 | 4 | 8 | 16 | 24 | 32));
        let bits = bits.ok_or_else(|| corrupt("its header says a number of bits that there is not"))?;
        // The masks follow the oldest header that has them outside, and are part of the newer ones.
        let masks_at = FILE_HEADER + 40;
        let mask = |index: usize| u32_le(bytes, masks_at + index * 4).ok_or_else(short);
        let outside = |count: usize| if size == 40 { count * 4 } else { 0 };
        let (coding, after) = match (compression, bits) {
            (0, 1 | 2 | 4 | 8) => (Coding::Indexed, 0),
            (0, 16) => (Coding::Masks([0x7C00, 0x03E0, 0x001F, 0]), 0),
            (0, 24 | 32) => (Coding::Bgr, 0),
            (1, 8) | (2, 4) => (Coding::RunLength, 0),
            (3, 1) if size == OS2_HEADER => (Coding::Other("a BMP with Huffman coding"), 0),
            (4, 24) if size == OS2_HEADER => (Coding::Other("a BMP with run lengths of 24 bits"), 0),
            (3, 16 | 32) => {
                let alpha = if size >= 56 { mask(3)? } else { 0 };
                (Coding::Masks([mask(0)?, mask(1)?, mask(2)?, alpha]), outside(3))
            }
            (6, 16 | 32) => (Coding::Masks([mask(0)?, mask(1)?, mask(2)?, mask(3)?]), outside(4)),
            (4, _) => (Coding::Other("a BMP that is a JPEG inside"), 0),
            (5, _) => (Coding::Other("a BMP that is a PNG inside"), 0),
            _ => return Err(corrupt(format_args!("{bits} bits a pixel with compression {compression}"))),
        };
        let palette_at = FILE_HEADER + size + after;
        let palette_entry = if core { 3 } else { 4 };
        let pixels_at = u32_le(bytes, 10).ok_or_else(short)? as usize;
        let most = if bits <= 8 { 1 << bits } else { 0 };
        let said = match long(32) as usize {
            0 => most,
            said => said.min(most),
        };
        // Some writers leave out what they do not use; then the pixels begin where the palette would go on.
        let room = pixels_at.min(bytes.len()).saturating_sub(palette_at) / palette_entry;
        let palette = palette_at..palette_at + said.min(room) * palette_entry;
        if most > 0 && palette.is_empty() && !matches!(coding, Coding::Other(_)) {
            return Err(corrupt("it has no palette"));
        }
        if pixels_at < palette_at {
            return Err(corrupt("its pixels begin within its header"));
        }
        Ok(Self {
            width: width as u32,
            height: height.unsigned_abs() as u32,
            top_down: height < 0,
            bits,
            coding,
            palette,
            palette_entry,
            pixels_at,
            size,
        })
    }

    /// Bytes of a row's pixels.
    pub(in super::super) fn row_bytes(&self) -> u64 {
        (u64::from(self.width) * u64::from(self.bits)).div_ceil(8)
    }

    /// Bytes of a row as stored, padded to four.
    pub(in super::super) fn stride(&self) -> u64 {
        self.row_bytes().next_multiple_of(4)
    }

    pub(in super::super) fn has_alpha(&self) -> bool {
        matches!(self.coding, Coding::Masks([.., alpha]) if alpha != 0)
    }
}

pub(super) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let header = Header::read(bytes)?;
    let mut found = Metadata::new(Format::Bmp, (header.width, header.height), bytes);
    found.has_alpha = header.has_alpha();
    found.channels = if found.has_alpha { 4 } else { 3 };
    found.bit_depth = if header.bits <= 8 { header.bits } else { 8 };
    match header.coding {
        Coding::Other(what) => {
            found.bit_depth = 8;
            found.undecodable = Some(what.to_owned());
        }
        // How much there is to unpack is known only at its end.
        Coding::RunLength => found.truncated = header.pixels_at >= bytes.len(),
        _ => {
            // The last row's padding is often forgotten.
            let rows = header.stride().saturating_mul(u64::from(header.height - 1));
            let needed = rows.saturating_add(header.row_bytes());
            found.truncated = (bytes.len().saturating_sub(header.pixels_at) as u64) < needed;
        }
    }
    let long = |at: usize| if at + 4 <= header.size { u32_le(bytes, FILE_HEADER + at) } else { None };
    if header.size > CORE_HEADER {
        // Pixels a metre.
        found.density = long(24).filter(|across| (1..1 << 31).contains(across)).map(|across| {
            // Writers round dots an inch to whole dots a metre.
            (f64::from(across) * 0.0254 * 100.0).round() / 100.0
        });
    }
    // Version 5, with a profile in the file itself.
    if long(56) == Some(u32::from_be_bytes(*b"MBED"))
        && let (Some(at), Some(length)) = (long(112), long(116))
        && let Some(start) = FILE_HEADER.checked_add(at as usize)
        && let Some(end) = start.checked_add(length as usize)
        && length > 0
        && end <= bytes.len()
    {
        found.icc = Some(Payload::plain(start..end));
    }
    Ok(found)
}
