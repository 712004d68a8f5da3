//! PNG headers: the chunks, without their data (PNG third edition, sections 5 and 11).

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{ColorModel, Metadata, Payload};
use super::super::orientation::Orientation;
use super::{MAX_CHUNKS, exif, u32_be};
use crate::error::{Error, Result};

const SIGNATURE: usize = 8;
const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";

fn corrupt(what: impl std::fmt::Display) -> Error {
    super::corrupt(Format::Png, what)
}

pub(super) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let mut metadata = None;
    let mut seen_data = false;
    let mut at = SIGNATURE;
    for _ in 0..MAX_CHUNKS {
        let length = u32_be(bytes, at).ok_or_else(cut_short)? as usize;
        let kind = bytes.get(at + 4..at + 8).ok_or_else(cut_short)?;
        let start = at + 8;
        let range = start..start.checked_add(length).ok_or_else(cut_short)?;
        // Every chunk ends with a checksum of four bytes.
        if bytes.len().saturating_sub(range.end) < 4 || bytes.len() < range.end {
            return Err(cut_short());
        }
        let data = &bytes[range.clone()];
        let Some(metadata) = &mut metadata else {
            if kind != b"IHDR" {
                return Err(corrupt("it does not begin with its header (IHDR)"));
            }
            metadata = Some(header(data, bytes.len())?);
            at = range.end + 4;
            continue;
        };
        match kind {
            b"IDAT" => seen_data = true,
            b"IEND" => {
                if seen_data {
                    return Ok(metadata.clone());
                }
                return Err(corrupt("it has no image data (IDAT)"));
            }
            _ => chunk(kind, data, &range, metadata),
        }
        at = range.end + 4;
    }
    Err(corrupt(format_args!("more than {MAX_CHUNKS} chunks")))
}

fn cut_short() -> Error {
    corrupt("it ends within a chunk")
}

fn header(data: &[u8], file: usize) -> Result<Metadata> {
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
        format: Format::Png,
        width,
        height,
        orientation: Orientation::UPRIGHT,
        frames: 1,
        delays: Vec::new(),
        plays: None,
        density: None,
        scans: 0,
        channels,
        bit_depth,
        has_alpha: matches!(color_type, 4 | 6),
        color_model,
        progressive: Some(data[12] == 1),
        chroma_subsampling: None,
        icc: None,
        exif: None,
        xmp: None,
        bytes: file as u64,
        undecodable: None,
        blocks: 0,
        whole_coefficients: false,
    })
}

fn chunk(kind: &[u8], data: &[u8], range: &Range<usize>, metadata: &mut Metadata) {
    match kind {
        b"tRNS" if !metadata.has_alpha => {
            metadata.has_alpha = true;
            metadata.channels += 1;
        }
        b"acTL" => metadata.frames = u32_be(data, 0).unwrap_or(1).max(1),
        b"eXIf" if metadata.exif.is_none() => {
            metadata.orientation = exif::orientation(data);
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
