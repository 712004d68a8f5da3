//! WebP headers: the RIFF chunks and the first bytes of the bitstreams (RFC 9649; RFC 6386 section 9.1 for
//! VP8's frame header).
//!
//! The bitstream's own size is compared with the container's: decoders allocate by the former, and limits
//! are checked on the latter.

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{ColorModel, Metadata, Payload};
use super::super::orientation::Orientation;
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

/// A chunk's name, its data, and where the next one begins.
struct Chunk {
    name: [u8; 4],
    data: Range<usize>,
    next: usize,
}

fn read_chunk(bytes: &[u8], at: usize, end: usize) -> Result<Chunk> {
    let name = *bytes.get(at..end).and_then(<[u8]>::first_chunk).ok_or_else(cut_short)?;
    let size = u32_le(bytes, at + 4).ok_or_else(cut_short)? as usize;
    let start = at + 8;
    let data = start..start.checked_add(size).filter(|stop| *stop <= end).ok_or_else(cut_short)?;
    // Chunks are padded to an even size; the last one's padding is often forgotten.
    let next = data.end + (size & 1);
    Ok(Chunk { name, data, next })
}

pub(super) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let riff = u32_le(bytes, 4).ok_or_else(cut_short)? as usize;
    let end = riff.checked_add(8).filter(|end| *end <= bytes.len()).ok_or_else(|| {
        corrupt(format_args!("it says that it has {} bytes and has {}", riff.saturating_add(8), bytes.len()))
    })?;
    let first = read_chunk(bytes, 12, end)?;
    if &first.name == b"VP8X" {
        return extended(bytes, &first, end);
    }
    let stream = bitstream(first.name, &bytes[first.data])?
        .ok_or_else(|| corrupt(format_args!("it begins with {:?}", name(first.name))))?;
    Ok(metadata(bytes, stream.width, stream.height, stream.alpha, stream.lossy))
}

fn name(fourcc: [u8; 4]) -> String {
    String::from_utf8_lossy(&fourcc).into_owned()
}

fn metadata(bytes: &[u8], width: u32, height: u32, has_alpha: bool, lossy: bool) -> Metadata {
    Metadata {
        format: Format::WebP,
        width,
        height,
        orientation: Orientation::UPRIGHT,
        frames: 1,
        delays: Vec::new(),
        plays: None,
        density: None,
        scans: 0,
        channels: if has_alpha { 4 } else { 3 },
        bit_depth: 8,
        has_alpha,
        color_model: ColorModel::Rgb,
        progressive: None,
        chroma_subsampling: lossy.then_some("4:2:0"),
        icc: None,
        exif: None,
        xmp: None,
        bytes: bytes.len() as u64,
        undecodable: None,
        blocks: 0,
        whole_coefficients: false,
    }
}

fn extended(bytes: &[u8], header: &Chunk, end: usize) -> Result<Metadata> {
    let data = &bytes[header.data.clone()];
    let flags = *data.first().ok_or_else(cut_short)?;
    let (alpha, animated) = (flags & 0x10 != 0, flags & 0x02 != 0);
    let width = u24_le(data, 4).ok_or_else(cut_short)? + 1;
    let height = u24_le(data, 7).ok_or_else(cut_short)? + 1;
    let mut found = metadata(bytes, width, height, alpha, false);
    let mut frames = 0_u32;
    let mut lossy: Option<bool> = None;
    let mut at = header.next;
    for _ in 0..MAX_CHUNKS {
        if at >= end {
            let lossy = lossy.ok_or_else(|| corrupt("it holds no image"))?;
            found.frames = frames.max(1);
            found.chroma_subsampling = lossy.then_some("4:2:0");
            return Ok(found);
        }
        let chunk = read_chunk(bytes, at, end)?;
        let data = &bytes[chunk.data.clone()];
        match &chunk.name {
            b"ICCP" if found.icc.is_none() => found.icc = Some(Payload::plain(chunk.data)),
            b"XMP " if found.xmp.is_none() => found.xmp = Some(Payload::plain(chunk.data)),
            b"EXIF" if found.exif.is_none() => {
                // Some writers keep the prefix that only JPEG needs.
                let prefix = if data.starts_with(b"Exif\0\0") { 6 } else { 0 };
                found.orientation = exif::orientation(&data[prefix..]);
                found.exif = Some(Payload::plain(chunk.data.start + prefix..chunk.data.end));
            }
            b"ANMF" if animated => {
                let frame_lossy = frame(bytes, &chunk.data, (width, height))?;
                frames += 1;
                lossy.get_or_insert(frame_lossy);
            }
            b"VP8 " | b"VP8L" if !animated && lossy.is_none() => {
                if let Some(stream) = bitstream(chunk.name, data)? {
                    same_size((stream.width, stream.height), (width, height))?;
                    lossy = Some(stream.lossy);
                }
            }
            _ => {}
        }
        at = chunk.next;
    }
    Err(corrupt(format_args!("more than {MAX_CHUNKS} chunks")))
}

/// Checks an animation's frame; answers whether it is lossy.
fn frame(bytes: &[u8], range: &Range<usize>, canvas: (u32, u32)) -> Result<bool> {
    let data = &bytes[range.clone()];
    let field = |at| u24_le(data, at).ok_or_else(cut_short);
    let (left, top) = (field(0)? * 2, field(3)? * 2);
    let (width, height) = (field(6)? + 1, field(9)? + 1);
    if left + width > canvas.0 || top + height > canvas.1 {
        return Err(corrupt("a frame reaches outside the canvas"));
    }
    let mut at = range.start + 16;
    let mut lossy_alpha = false;
    while at < range.end {
        let chunk = read_chunk(bytes, at, range.end)?;
        if let Some(stream) = bitstream(chunk.name, &bytes[chunk.data.clone()])? {
            same_size((stream.width, stream.height), (width, height))?;
            return Ok(stream.lossy || lossy_alpha);
        }
        lossy_alpha |= &chunk.name == b"ALPH";
        at = chunk.next;
    }
    Err(corrupt("a frame holds no image"))
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
