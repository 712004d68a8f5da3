//! The file around the bitstreams: RIFF (RFC 9649, section 2).

use super::super::super::pixels::out_of_memory;
use super::super::changes::Area;
use crate::error::{Error, Result};

/// Flags of `VP8X`.
const ANIMATION: u8 = 1 << 1;
const XMP: u8 = 1 << 2;
const EXIF: u8 = 1 << 3;
const ALPHA: u8 = 1 << 4;
const ICC: u8 = 1 << 5;

/// Of `ANMF`: overwrites what is there instead of lying over it.
const DO_NOT_BLEND: u8 = 1 << 1;

/// What a file says before its pixels.
pub(super) struct Header<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) alpha: bool,
    pub(super) icc: Option<&'a [u8]>,
    /// From its TIFF header on.
    pub(super) exif: Option<&'a [u8]>,
    pub(super) xmp: Option<&'a [u8]>,
    /// How often an animation plays, 0 for ever; of a still image nothing.
    pub(super) plays: Option<u32>,
}

impl Header<'_> {
    /// `body` is a file of libwebp's, or the `ANMF` chunks of an animation.
    pub(super) fn wrap(&self, body: Vec<u8>) -> Result<Vec<u8>> {
        if self.plays.is_none() && self.icc.is_none() && self.exif.is_none() && self.xmp.is_none() {
            return Ok(body);
        }
        let size =
            [self.icc, self.exif, self.xmp].into_iter().flatten().map(|part| part.len() + 9).sum::<usize>()
                + body.len()
                + 64;
        let mut out = Vec::new();
        out.try_reserve(size).map_err(|_| out_of_memory(size as u64))?;
        out.extend_from_slice(b"RIFF\0\0\0\0WEBP");
        let mut flags = 0;
        for (present, flag) in [
            (self.plays.is_some(), ANIMATION),
            (self.alpha, ALPHA),
            (self.icc.is_some(), ICC),
            (self.exif.is_some(), EXIF),
            (self.xmp.is_some(), XMP),
        ] {
            flags |= if present { flag } else { 0 };
        }
        let mut extended = vec![flags, 0, 0, 0];
        extended.extend(three(self.width - 1));
        extended.extend(three(self.height - 1));
        chunk(&mut out, *b"VP8X", &[&extended])?;
        if let Some(icc) = self.icc {
            chunk(&mut out, *b"ICCP", &[icc])?;
        }
        if let Some(plays) = self.plays {
            // The background, which readers may ignore, is transparent.
            let plays = u16::try_from(plays).unwrap_or(u16::MAX).to_le_bytes();
            chunk(&mut out, *b"ANIM", &[&[0; 4], &plays])?;
            out.extend_from_slice(&body);
        } else {
            bitstream(&body)?.into_iter().for_each(|part| out.extend_from_slice(part));
        }
        drop(body);
        if let Some(exif) = self.exif {
            chunk(&mut out, *b"EXIF", &[exif])?;
        }
        if let Some(xmp) = self.xmp {
            chunk(&mut out, *b"XMP ", &[xmp])?;
        }
        let length = u32::try_from(out.len() - 8).map_err(|_| too_large())?;
        out[4..8].copy_from_slice(&length.to_le_bytes());
        Ok(out)
    }
}

/// A frame of an animation.
pub(super) struct Frame<'a> {
    /// Beginning at even places.
    pub(super) area: Area,
    pub(super) delay_ms: u32,
    /// A file of libwebp's.
    pub(super) bitstream: &'a [u8],
}

impl Frame<'_> {
    /// Appends its `ANMF` chunk.
    pub(super) fn append(&self, out: &mut Vec<u8>) -> Result<()> {
        let Area { left, top, width, height } = self.area;
        let mut head = Vec::with_capacity(16);
        for value in [left / 2, top / 2, width - 1, height - 1] {
            head.extend(three(value as u32));
        }
        head.extend(three(self.delay_ms.min(0xFF_FFFF)));
        head.push(DO_NOT_BLEND);
        let mut parts = vec![&head[..]];
        parts.extend(bitstream(self.bitstream)?);
        chunk(out, *b"ANMF", &parts)
    }
}

/// 24 bits, the lowest first.
fn three(value: u32) -> impl Iterator<Item = u8> {
    value.to_le_bytes().into_iter().take(3)
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], parts: &[&[u8]]) -> Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.try_reserve(length + 9).map_err(|_| out_of_memory(length as u64))?;
    out.extend_from_slice(&name);
    out.extend_from_slice(&u32::try_from(length).map_err(|_| too_large())?.to_le_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
    if length % 2 == 1 {
        out.push(0);
    }
    Ok(())
}

fn too_large() -> Error {
    Error::internal("a WebP of four gibibytes")
}

/// The chunks of a file of libwebp's that have to do with pixels: `VP8L`, or `VP8 ` with perhaps `ALPH` before.
fn bitstream(file: &[u8]) -> Result<Vec<&[u8]>> {
    let malformed = || Error::internal("libwebp wrote something other than WebP");
    let mut rest = file.get(12..).ok_or_else(malformed)?;
    let mut parts = Vec::new();
    while let Some((head, _)) = rest.split_at_checked(8) {
        let length = head[4..].try_into().map(u32::from_le_bytes).map_err(|_| malformed())? as usize;
        let end = 8 + length.next_multiple_of(2);
        let all = rest.get(..end).ok_or_else(malformed)?;
        if matches!(&head[..4], b"VP8L" | b"VP8 " | b"ALPH") {
            parts.push(all);
        }
        rest = &rest[end..];
    }
    if parts.is_empty() { Err(malformed()) } else { Ok(parts) }
}
