//! The segments around the entropy-coded data (ITU-T T.81, annex B; JFIF 1.02; EXIF 2.32, 4.5.4; ICC.1
//! annex B.4; Adobe's XMP specification, part 3).

use std::fmt::Write;

use md5::{Digest, Md5};

use super::bits::reserve;
use super::frame::Frame;
use super::huffman::Code;
use super::quant::Steps;
use crate::error::Result;

/// What a segment holds at most: its length, which counts itself, is two bytes.
const LONGEST: usize = 65_533;

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENDED_XMP: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// Which coefficients a Huffman code is for.
#[derive(Clone, Copy)]
pub(super) enum Class {
    Dc = 0,
    Ac = 1,
}

/// What a scan codes.
#[derive(Clone, Copy)]
pub(super) struct ScanHeader {
    /// The first and the last coefficient, in coding order.
    pub(super) first: u8,
    pub(super) last: u8,
    /// The bit down to which they were coded before, 0 for none, and down to which they are now.
    pub(super) high: u8,
    pub(super) low: u8,
}

impl ScanHeader {
    pub(super) const WHOLE: Self = Self { first: 0, last: 63, high: 0, low: 0 };
}

fn segment(file: &mut Vec<u8>, marker: u8, parts: &[&[u8]]) -> Result<()> {
    let length = 2 + parts.iter().map(|part| part.len()).sum::<usize>();
    reserve(file, length + 2)?;
    file.extend_from_slice(&[0xFF, marker]);
    file.extend_from_slice(&(length as u16).to_be_bytes());
    for part in parts {
        file.extend_from_slice(part);
    }
    Ok(())
}

/// SOI, and APP0: square pixels of no known size.
pub(super) fn start(file: &mut Vec<u8>) -> Result<()> {
    reserve(file, 1024)?;
    file.extend_from_slice(&[0xFF, 0xD8]);
    segment(file, 0xE0, &[b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"])
}

/// The EXIF block. One that does not fit a segment is left out: there is no way to write it.
pub(super) fn exif(file: &mut Vec<u8>, exif: &[u8]) -> Result<()> {
    if exif.len() > LONGEST - EXIF.len() {
        return Ok(());
    }
    segment(file, 0xE1, &[EXIF, exif])
}

/// The XMP packet. One that does not fit a segment goes into several as extended XMP, of which a small packet
/// in the usual place tells.
pub(super) fn xmp(file: &mut Vec<u8>, packet: &[u8]) -> Result<()> {
    if packet.len() <= LONGEST - XMP.len() {
        return segment(file, 0xE1, &[XMP, packet]);
    }
    let Ok(length) = u32::try_from(packet.len()) else { return Ok(()) };
    let mut guid = String::with_capacity(32);
    for byte in Md5::digest(packet) {
        // Writing to a string does not fail.
        let _ = write!(guid, "{byte:02X}");
    }
    let stub = format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" \
         xmpNote:HasExtendedXMP=\"{guid}\"/></rdf:RDF></x:xmpmeta>"
    );
    segment(file, 0xE1, &[XMP, stub.as_bytes()])?;
    let mut offset = 0_u32;
    for piece in packet.chunks(LONGEST - EXTENDED_XMP.len() - guid.len() - 8) {
        let header = [length.to_be_bytes(), offset.to_be_bytes()];
        segment(file, 0xE1, &[EXTENDED_XMP, guid.as_bytes(), header.as_flattened(), piece])?;
        offset += piece.len() as u32;
    }
    Ok(())
}

/// The colour profile, in numbered pieces, of which there are at most 255: 16 MiB.
pub(super) fn icc(file: &mut Vec<u8>, profile: &[u8]) -> Result<()> {
    let pieces = profile.chunks(LONGEST - ICC.len() - 2);
    let Ok(count) = u8::try_from(pieces.len()) else { return Ok(()) };
    for (number, piece) in (1..=count).zip(pieces) {
        segment(file, 0xE2, &[ICC, &[number, count], piece])?;
    }
    Ok(())
}

pub(super) fn quantisation_table(file: &mut Vec<u8>, index: u8, steps: &Steps) -> Result<()> {
    segment(file, 0xDB, &[&[index], &steps.zigzag()])
}

pub(super) fn frame(file: &mut Vec<u8>, frame: &Frame, progressive: bool) -> Result<()> {
    let mut components = Vec::with_capacity(9);
    for (index, component) in (1..).zip(&frame.components) {
        components.extend([index, (component.across << 4 | component.down) as u8, component.tables]);
    }
    let marker = if progressive { 0xC2 } else { 0xC0 };
    let count = [frame.components.len() as u8];
    segment(
        file,
        marker,
        &[&[8], &frame.height.to_be_bytes(), &frame.width.to_be_bytes(), &count, &components],
    )
}

pub(super) fn huffman_table(file: &mut Vec<u8>, class: Class, index: u8, code: &Code) -> Result<()> {
    segment(file, 0xC4, &[&[(class as u8) << 4 | index], &code.counts, &code.symbols])
}

/// The header of a scan of these components: index, DC and AC table of each.
pub(super) fn scan(
    file: &mut Vec<u8>,
    components: impl Iterator<Item = (u8, u8, u8)>,
    header: ScanHeader,
) -> Result<()> {
    let components: Vec<u8> = components.flat_map(|(index, dc, ac)| [index + 1, dc << 4 | ac]).collect();
    let ScanHeader { first, last, high, low } = header;
    segment(file, 0xDA, &[&[components.len() as u8 / 2], &components, &[first, last, high << 4 | low]])
}

/// EOI.
pub(super) fn end(file: &mut Vec<u8>) -> Result<()> {
    reserve(file, 2)?;
    file.extend_from_slice(&[0xFF, 0xD9]);
    Ok(())
}
