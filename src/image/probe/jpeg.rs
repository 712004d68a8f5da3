//! JPEG headers: the segments before the first scan (ITU-T T.81, annex B; JFIF; EXIF 2.32 for APP1; ICC.1
//! annex B.4 for APP2; Adobe's XMP specification, part 3).

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{ColorModel, MAX_SCANS, Metadata, Payload};
use super::super::orientation::Orientation;
use super::{MAX_CHUNKS, exif, u16_be};
use crate::error::{Error, Result};

const JFIF: &[u8] = b"JFIF\0";
const EXIF: &[u8] = b"Exif\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

fn corrupt(what: impl std::fmt::Display) -> Error {
    super::corrupt(Format::Jpeg, what)
}

struct Frame {
    width: u32,
    height: u32,
    precision: u8,
    components: u8,
    progressive: bool,
    subsampling: Option<&'static str>,
    undecodable: Option<String>,
    blocks: u64,
}

#[derive(Default)]
struct Found {
    frame: Option<Frame>,
    exif: Option<Range<usize>>,
    xmp: Option<Range<usize>>,
    density: Option<f64>,
    /// Sequence number, number of pieces, where.
    icc: Vec<(u8, u8, Range<usize>)>,
}

pub(in crate::image) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let mut found = Found::default();
    let mut at = 2;
    for _ in 0..MAX_CHUNKS {
        let (marker, start) = next_marker(bytes, at)?;
        match marker {
            // Markers that stand alone: TEM, RSTn, SOI.
            0x01 | 0xD0..=0xD8 => {
                at = start;
                continue;
            }
            0xD9 => return Err(corrupt("it ends before any image data")),
            _ => {}
        }
        let length = usize::from(u16_be(bytes, start).ok_or_else(cut_short)?);
        if length < 2 {
            return Err(corrupt(format_args!("a segment (marker FF{marker:02X}) of {length} bytes")));
        }
        let end = start + length;
        let range = start + 2..end;
        let segment = bytes.get(range.clone()).ok_or_else(cut_short)?;
        if marker == 0xDA {
            return found.finish(bytes, segment, end);
        }
        found.segment(marker, segment, range)?;
        at = end;
    }
    Err(corrupt(format_args!("more than {MAX_CHUNKS} segments before the image data")))
}

fn cut_short() -> Error {
    corrupt("it ends within its header")
}

/// The next marker's code and where its segment begins. Bytes between segments that belong to none are
/// skipped, as libjpeg does, though not without end.
fn next_marker(bytes: &[u8], from: usize) -> Result<(u8, usize)> {
    const MAX_STRAY: usize = 1 << 16;
    let rest = bytes.get(from..).ok_or_else(cut_short)?;
    let mut after_ff = false;
    for (index, &byte) in rest.iter().enumerate().take(MAX_STRAY) {
        match byte {
            0xFF => after_ff = true,
            0 => after_ff = false,
            marker if after_ff => return Ok((marker, from + index + 1)),
            _ => {}
        }
    }
    Err(if rest.len() < MAX_STRAY { cut_short() } else { corrupt("no segment follows") })
}

impl Found {
    fn segment(&mut self, marker: u8, segment: &[u8], range: Range<usize>) -> Result<()> {
        match marker {
            // SOFn, without DHT (C4), JPG (C8) and DAC (CC), which lie among them.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                if self.frame.is_some() {
                    return Err(corrupt("a second frame header"));
                }
                self.frame = Some(frame(marker, segment)?);
            }
            0xE0 if segment.starts_with(JFIF) && self.density.is_none() => {
                self.density = density(&segment[JFIF.len()..]);
            }
            0xE1 if segment.starts_with(EXIF) && self.exif.is_none() => {
                self.exif = Some(range.start + EXIF.len()..range.end);
            }
            0xE1 if segment.starts_with(XMP) && self.xmp.is_none() => {
                self.xmp = Some(range.start + XMP.len()..range.end);
            }
            // At most 255 pieces, as their number is a byte.
            0xE2 if segment.starts_with(ICC) && segment.len() >= ICC.len() + 2 && self.icc.len() < 255 => {
                let (number, count) = (segment[ICC.len()], segment[ICC.len() + 1]);
                self.icc.push((number, count, range.start + ICC.len() + 2..range.end));
            }
            _ => {}
        }
        Ok(())
    }

    /// `scan` is the first scan's header, and `data` where its data begins.
    fn finish(mut self, bytes: &[u8], scan: &[u8], data: usize) -> Result<Metadata> {
        let frame = self.frame.take().ok_or_else(|| corrupt("image data without a frame header"))?;
        let in_first_scan = scan.first().copied().unwrap_or(0);
        let separate = in_first_scan != frame.components;
        let orientation = match &self.exif {
            Some(range) => exif::orientation(&bytes[range.clone()]),
            None => Orientation::UPRIGHT,
        };
        Ok(Metadata {
            format: Format::Jpeg,
            width: frame.width,
            height: frame.height,
            orientation,
            frames: 1,
            delays: Vec::new(),
            plays: None,
            // Cameras write no JFIF segment, and some of those that are written name no unit.
            density: self
                .density
                .or_else(|| self.exif.as_ref().and_then(|range| exif::density(&bytes[range.clone()]))),
            scans: if frame.progressive { 1 + count_scans(bytes, data) } else { 0 },
            channels: frame.components,
            bit_depth: frame.precision,
            has_alpha: false,
            color_model: match frame.components {
                1 => ColorModel::Gray,
                4 => ColorModel::Cmyk,
                _ => ColorModel::Rgb,
            },
            progressive: Some(frame.progressive),
            chroma_subsampling: frame.subsampling,
            icc: self.profile(),
            exif: self.exif.map(Payload::plain),
            xmp: self.xmp.map(Payload::plain),
            bytes: bytes.len() as u64,
            truncated: false,
            piece_pixels: 0,
            undecodable: frame.undecodable,
            blocks: frame.blocks,
            whole_coefficients: frame.progressive || separate,
        })
    }

    /// The profile's pieces in order, if every one is there exactly once.
    fn profile(&mut self) -> Option<Payload> {
        let mut pieces = std::mem::take(&mut self.icc);
        pieces.sort_by_key(|(number, _, _)| *number);
        let count = pieces.len();
        let whole = pieces
            .iter()
            .enumerate()
            .all(|(index, (number, of, _))| usize::from(*number) == index + 1 && usize::from(*of) == count);
        (count > 0 && whole).then(|| Payload::joined(pieces.into_iter().map(|(_, _, range)| range).collect()))
    }
}

/// Dots an inch, by the first segment's rest (JFIF 1.02).
fn density(jfif: &[u8]) -> Option<f64> {
    let across = f64::from(u16_be(jfif, 3)?);
    match jfif.get(2)? {
        1 if across > 0.0 => Some(across),
        // A centimetre.
        2 if across > 0.0 => Some(across * 2.54),
        _ => None,
    }
}

/// How many scans follow after the one whose data begins at `from`; no more than the most that are counted.
fn count_scans(bytes: &[u8], from: usize) -> u32 {
    let mut scans = 0;
    let mut at = from;
    for _ in 0..MAX_CHUNKS {
        let Some((marker, start)) = next_in_data(bytes, at) else { break };
        if marker == 0xD9 || scans + 1 >= MAX_SCANS {
            break;
        }
        scans += u32::from(marker == 0xDA);
        let Some(length) = u16_be(bytes, start) else { break };
        // One that makes no sense is left to the decoder; it need not be skipped right.
        at = start + usize::from(length).max(2);
    }
    scans
}

/// The next marker in a scan's data, stuffing and restarts passed over, and where its segment begins.
fn next_in_data(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    /// Bytes that are looked at together, without a branch for each: data is full of FF.
    const PIECE: usize = 64;
    let rest = bytes.get(from..)?;
    // Not FF 00, nor FF FF, nor RST0 to RST7, nor TEM.
    let is_marker =
        |first: u8, second: u8| first == 0xFF && (2..0xFF).contains(&second) && second & 0xF8 != 0xD0;
    let find = |from: usize, to: usize| {
        (from..to.min(rest.len().saturating_sub(1))).find(|&at| is_marker(rest[at], rest[at + 1]))
    };
    let after = rest.get(1..)?;
    for (index, (piece, after)) in
        rest.as_chunks::<PIECE>().0.iter().zip(after.as_chunks::<PIECE>().0).enumerate()
    {
        let found = piece.iter().zip(after).fold(0, |any, (&a, &b)| any | u8::from(is_marker(a, b)));
        if found != 0 {
            let at = find(index * PIECE, (index + 1) * PIECE)?;
            return Some((rest[at + 1], from + at + 2));
        }
    }
    let at = find(after.len() / PIECE * PIECE, rest.len())?;
    Some((rest[at + 1], from + at + 2))
}

fn frame(marker: u8, segment: &[u8]) -> Result<Frame> {
    let short = || corrupt("its frame header is cut short");
    let precision = *segment.first().ok_or_else(short)?;
    let height = u16_be(segment, 1).ok_or_else(short)?;
    let width = u16_be(segment, 3).ok_or_else(short)?;
    let components = *segment.get(5).ok_or_else(short)?;
    if width == 0 || height == 0 {
        // T.81 lets a later DNL marker say the height. Nobody writes that, and it cannot be checked
        // before decoding.
        return Err(corrupt(format_args!("its header says {width}x{height} pixels")));
    }
    if components == 0 || segment.len() < 6 + 3 * usize::from(components) {
        return Err(short());
    }
    let sampling: Vec<(u8, u8)> = segment[6..]
        .chunks_exact(3)
        .take(usize::from(components))
        .map(|component| (component[1] >> 4, component[1] & 15))
        .collect();
    if sampling.iter().any(|(h, v)| !(1..=4).contains(h) || !(1..=4).contains(v)) {
        return Err(corrupt("its sampling factors are not within 1 to 4"));
    }
    let undecodable = if !matches!(marker, 0xC0..=0xC2) {
        Some(match marker {
            0xC3 => "a lossless JPEG".to_owned(),
            0xC9..=0xCF => "a JPEG with arithmetic coding".to_owned(),
            _ => "a hierarchical JPEG".to_owned(),
        })
    } else if precision != 8 {
        Some(format!("a JPEG of {precision} bits a channel"))
    } else if !matches!(components, 1 | 3 | 4) {
        Some(format!("a JPEG of {components} channels"))
    } else {
        None
    };
    Ok(Frame {
        width: width.into(),
        height: height.into(),
        precision,
        components,
        progressive: matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE),
        subsampling: subsampling(&sampling),
        blocks: blocks(width, height, &sampling),
        undecodable,
    })
}

/// Blocks of 8×8 samples in all channels, without the padding that interleaved scans add.
fn blocks(width: u16, height: u16, sampling: &[(u8, u8)]) -> u64 {
    let most = |of: fn(&(u8, u8)) -> u8| u64::from(sampling.iter().map(of).max().unwrap_or(1));
    let (across, down) = (most(|factors| factors.0), most(|factors| factors.1));
    let side =
        |length: u16, own: u8, most: u64| (u64::from(length) * u64::from(own)).div_ceil(most).div_ceil(8);
    sampling.iter().map(|(h, v)| side(width, *h, across) * side(height, *v, down)).sum()
}

/// The usual names, for files whose chroma channels are alike.
fn subsampling(sampling: &[(u8, u8)]) -> Option<&'static str> {
    let [luma, blue, red, ..] = sampling else { return None };
    if blue != red || luma.0 % blue.0 != 0 || luma.1 % blue.1 != 0 {
        return None;
    }
    match (luma.0 / blue.0, luma.1 / blue.1) {
        (1, 1) => Some("4:4:4"),
        (2, 1) => Some("4:2:2"),
        (2, 2) => Some("4:2:0"),
        (1, 2) => Some("4:4:0"),
        (4, 1) => Some("4:1:1"),
        (4, 2) => Some("4:1:0"),
        _ => None,
    }
}
