//! PNG headers: the chunks, without their data (PNG third edition, sections 5 and 11).

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{ColorModel, Metadata, Payload};
use super::{MAX_CHUNKS, exif, u16_be, u32_be};
use crate::error::{Error, Result};

const SIGNATURE: usize = 8;
const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";

fn corrupt(what: impl std::fmt::Display) -> Error {
    super::corrupt(Format::Png, what)
}

/// The most that a byte of Deflate can say: 258 bytes in two bits (RFC 1951).
const MAX_DEFLATE_RATIO: u64 = 1032;

pub(super) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let mut found: Option<Metadata> = None;
    let (mut bits_a_pixel, mut packed) = (0_u64, 0_u64);
    let mut plays = 0;
    let mut at = SIGNATURE;
    for _ in 0..MAX_CHUNKS {
        let Some((kind, range)) = next_chunk(bytes, at) else { break };
        // Every chunk ends with a checksum of four bytes.
        let end = range.end.min(bytes.len());
        let whole = bytes.len() - end >= 4 && range.end == end;
        let data = &bytes[range.start..end];
        let Some(metadata) = &mut found else {
            if !whole {
                break;
            }
            if kind != b"IHDR" {
                return Err(corrupt("it does not begin with its header (IHDR)"));
            }
            let metadata = header(data, bytes)?;
            // Of a palette's indices there is one a pixel.
            let stored = if data[9] == 3 { 1 } else { metadata.channels };
            bits_a_pixel = u64::from(stored) * u64::from(metadata.bit_depth);
            found = Some(metadata);
            at = range.end + 4;
            continue;
        };
        match kind {
            b"IDAT" => packed += data.len() as u64,
            _ if !whole => {}
            b"IEND" if packed == 0 => return Err(corrupt("it has no image data (IDAT)")),
            b"IEND" => return finish(found, bits_a_pixel, packed, plays),
            b"acTL" if packed == 0 => {
                metadata.frames = u32_be(data, 0).unwrap_or(1).max(1);
                plays = u32_be(data, 4).unwrap_or(0);
            }
            b"fcTL" => metadata.delays.extend(delay(data)),
            _ => chunk(kind, data, &range, metadata),
        }
        if !whole {
            break;
        }
        at = range.end + 4;
    }
    if at + 8 <= bytes.len() && next_chunk(bytes, at).is_some_and(|(_, range)| range.end + 4 <= bytes.len()) {
        return Err(corrupt(format_args!("more than {MAX_CHUNKS} chunks")));
    }
    if packed == 0 {
        return Err(cut_short());
    }
    let mut metadata = finish(found, bits_a_pixel, packed, plays)?;
    metadata.truncated = true;
    Ok(metadata)
}

/// A chunk's name and where its data lies, or would if the file did not end before.
fn next_chunk(bytes: &[u8], at: usize) -> Option<(&[u8; 4], Range<usize>)> {
    let length = u32_be(bytes, at)? as usize;
    let kind = bytes.get(at + 4..)?.first_chunk()?;
    let start = at + 8;
    Some((kind, start..start.checked_add(length)?))
}

fn finish(found: Option<Metadata>, bits_a_pixel: u64, packed: u64, plays: u32) -> Result<Metadata> {
    let mut metadata = found.ok_or_else(cut_short)?;
    if metadata.frames > 1 {
        metadata.plays = Some(plays);
        metadata.delays.truncate(metadata.frames as usize);
    } else {
        metadata.delays = Vec::new();
    }
    let row = u64::from(metadata.width) * bits_a_pixel / 8;
    if packed.saturating_mul(MAX_DEFLATE_RATIO) < row.saturating_mul(u64::from(metadata.height)) {
        metadata.truncated = true;
    }
    Ok(metadata)
}

/// Milliseconds, from a frame control chunk: after 20 bytes a fraction of a second, whose divisor is
/// 100 where it is 0.
fn delay(data: &[u8]) -> Option<u32> {
    let (above, below) = (u32::from(u16_be(data, 20)?), u32::from(u16_be(data, 22)?));
    Some(above * 1000 / if below == 0 { 100 } else { below })
}

fn cut_short() -> Error {
    corrupt("it ends within a chunk")
}

fn header(data: &[u8], file: &[u8]) -> Result<Metadata> {
    if data.len() != 13 {
        return Err(corrupt(format_args!("its header has {} bytes instead of 13", data.len())));
    }
    let (width, height) = (u32_be(data, 0).unwrap_or(0), u32_be(data, 4).unwrap_or(0));
    let max = Format::Png.max_side();
    if !(1..=max).contains(&width) || !(1..=max).contains(&height) {
        return Err(corrupt(format_args!("its header says {width}x{height} pixels")));
    }
    let (bit_depth, color_type) = (data[8], data[9]);
    // Table 11.1: which depths a colour type may have.
    let (color_model, channels) = match (color_type, bit_depth) {
        (0, 1 | 2 | 4 | 8 | 16) => (ColorModel::Gray, 1),
        (2, 8 | 16) | (3, 1 | 2 | 4 | 8) => (ColorModel::Rgb, 3),
        (4, 8 | 16) => (ColorModel::Gray, 2),
        (6, 8 | 16) => (ColorModel::Rgb, 4),
        _ => return Err(corrupt(format_args!("colour type {color_type} with {bit_depth} bits"))),
    };
    if data[10] != 0 || data[11] != 0 || data[12] > 1 {
        return Err(corrupt("its header names an unknown compression, filter or interlace method"));
    }
    Ok(Metadata {
        channels,
        bit_depth,
        has_alpha: matches!(color_type, 4 | 6),
        color_model,
        progressive: Some(data[12] == 1),
        ..Metadata::new(Format::Png, (width, height), file)
    })
}

fn chunk(kind: &[u8], data: &[u8], range: &Range<usize>, metadata: &mut Metadata) {
    match kind {
        b"tRNS" if !metadata.has_alpha => {
            metadata.has_alpha = true;
            metadata.channels += 1;
        }
        b"pHYs" => {
            // Pixels a metre, which writers round from dots an inch.
            metadata.density = u32_be(data, 0)
                .filter(|across| *across > 0 && data.get(8) == Some(&1))
                .map(|across| (f64::from(across) * 2.54).round() / 100.0);
        }
        b"eXIf" if metadata.exif.is_none() => {
            metadata.orientation = exif::orientation(data);
            metadata.density = metadata.density.or_else(|| exif::density(data));
            metadata.exif = Some(Payload::plain(range.clone()));
        }
        b"iCCP" if metadata.icc.is_none() => {
            // A name of at most 79 bytes, NUL, the compression method (0), the deflated profile.
            if let Some(end) = data.iter().take(80).position(|byte| *byte == 0)
                && data.get(end + 1) == Some(&0)
            {
                metadata.icc = Some(Payload::deflated(range.start + end + 2..range.end));
            }
        }
        b"iTXt" if metadata.xmp.is_none() => metadata.xmp = xmp(data, range),
        _ => {}
    }
}

/// Keyword, NUL, compressed or not, method, language, NUL, keyword in that language, NUL, text.
fn xmp(data: &[u8], range: &Range<usize>) -> Option<Payload> {
    let rest = data.strip_prefix(XMP_KEYWORD)?;
    let (compressed, method) = (*rest.first()?, *rest.get(1)?);
    let mut at = 2;
    for _ in 0..2 {
        at += rest.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
    }
    let text = range.start + XMP_KEYWORD.len() + at..range.end;
    match (compressed, method) {
        (0, _) => Some(Payload::plain(text)),
        (1, 0) => Some(Payload::deflated(text)),
        _ => None,
    }
}
