//! The file around the coded pictures: boxes of ISO/IEC 14496-12 and 23008-12 (HEIF) as AVIF 1.1 asks for them.

use rav1e::prelude::ChromaSampling;

use super::super::super::orientation::Orientation;
use super::super::super::pixels::out_of_memory;
use super::obu;
use super::planes::Shape;
use crate::error::{Error, Result};

/// An AV1 still picture.
pub(super) struct Coded {
    pub(super) data: Vec<u8>,
    pub(super) shape: Shape,
}

pub(super) struct Container<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) color: Coded,
    pub(super) alpha: Option<Coded>,
    /// Primaries, transfer, matrix (H.273).
    pub(super) description: [u16; 3],
    pub(super) icc: Option<&'a [u8]>,
    /// From its TIFF header on.
    pub(super) exif: Option<&'a [u8]>,
    pub(super) xmp: Option<&'a [u8]>,
    /// How readers are to turn the picture.
    pub(super) orientation: Orientation,
}

/// What the file has, in the order of its ids, which count from 1.
struct Item<'a> {
    kind: &'static [u8; 4],
    /// Of a `mime` item.
    content_type: &'static [u8],
    /// What it says about the first item, which is the picture; of the picture itself nothing.
    reference: Option<&'static [u8; 4]>,
    /// Indices into the property container, from 1; with the highest bit where a reader must understand it.
    properties: Vec<u8>,
    /// What follows each other in the file.
    data: [&'a [u8]; 2],
}

const ESSENTIAL: u8 = 0x80;

impl Container<'_> {
    pub(super) fn write(&self) -> Result<Vec<u8>> {
        let mut properties = Vec::new();
        let items = self.items(&mut properties)?;
        let data: usize = items.iter().flat_map(|item| item.data).map(<[u8]>::len).sum();
        let mut out = Vec::new();
        out.try_reserve(data + self.icc.map_or(0, <[u8]>::len) + 1024)
            .map_err(|_| out_of_memory(data as u64))?;
        boxed(&mut out, *b"ftyp", |out| {
            // The brand, its version, and those that it is compatible with.
            out.extend_from_slice(b"avif\0\0\0\0avifmif1miaf");
            Ok(())
        })?;
        let mut offsets = Vec::new();
        full_box(&mut out, *b"meta", 0, |out| {
            full_box(out, *b"hdlr", 0, |out| {
                out.extend_from_slice(b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0");
                Ok(())
            })?;
            full_box(out, *b"pitm", 0, |out| {
                out.extend_from_slice(&1_u16.to_be_bytes());
                Ok(())
            })?;
            locations(out, &items, &mut offsets)?;
            information(out, &items)?;
            if items.len() > 1 {
                references(out, &items)?;
            }
            boxed(out, *b"iprp", |out| {
                boxed(out, *b"ipco", |out| {
                    out.extend_from_slice(&properties);
                    Ok(())
                })?;
                associations(out, &items)
            })
        })?;
        boxed(&mut out, *b"mdat", |out| {
            for (item, place) in items.iter().zip(offsets) {
                let start = small(out.len())?;
                out[place..place + 4].copy_from_slice(&start.to_be_bytes());
                for part in item.data {
                    out.extend_from_slice(part);
                }
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// The items, their properties appended to `out`.
    fn items(&self, out: &mut Vec<u8>) -> Result<Vec<Item<'_>>> {
        let mut count = 0;
        let mut next = || {
            count += 1;
            count
        };
        full_box(out, *b"ispe", 0, |out| {
            out.extend_from_slice(&self.width.to_be_bytes());
            out.extend_from_slice(&self.height.to_be_bytes());
            Ok(())
        })?;
        let extent = next();
        let mut items = Vec::new();
        depths(out, &self.color)?;
        configuration(out, &self.color)?;
        let mut properties = vec![extent, next(), next() | ESSENTIAL];
        boxed(out, *b"colr", |out| {
            out.extend_from_slice(b"nclx");
            for number in self.description {
                out.extend_from_slice(&number.to_be_bytes());
            }
            // Full range.
            out.push(0x80);
            Ok(())
        })?;
        properties.push(next());
        if let Some(icc) = self.icc {
            boxed(out, *b"colr", |out| {
                out.extend_from_slice(b"prof");
                out.extend_from_slice(icc);
                Ok(())
            })?;
            properties.push(next());
        }
        let (turns, mirrored) = transformations(self.orientation);
        if turns > 0 {
            boxed(out, *b"irot", |out| {
                out.push(turns);
                Ok(())
            })?;
            properties.push(next() | ESSENTIAL);
        }
        if let Some(axis) = mirrored {
            boxed(out, *b"imir", |out| {
                out.push(axis);
                Ok(())
            })?;
            properties.push(next() | ESSENTIAL);
        }
        let picture = |data, reference, properties| Item {
            kind: b"av01",
            content_type: b"",
            reference,
            properties,
            data: [data, &[]],
        };
        items.push(picture(&self.color.data[..], None, properties));
        if let Some(alpha) = &self.alpha {
            depths(out, alpha)?;
            configuration(out, alpha)?;
            let mut properties = vec![extent, next(), next() | ESSENTIAL];
            full_box(out, *b"auxC", 0, |out| {
                out.extend_from_slice(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0");
                Ok(())
            })?;
            properties.push(next());
            items.push(picture(&alpha.data[..], Some(b"auxl"), properties));
        }
        if let Some(exif) = self.exif {
            items.push(Item {
                kind: b"Exif",
                content_type: b"",
                reference: Some(b"cdsc"),
                properties: Vec::new(),
                // Where after these four bytes the TIFF header is.
                data: [&[0; 4], exif],
            });
        }
        if let Some(xmp) = self.xmp {
            items.push(Item {
                kind: b"mime",
                content_type: b"application/rdf+xml\0",
                reference: Some(b"cdsc"),
                properties: Vec::new(),
                data: [xmp, &[]],
            });
        }
        Ok(items)
    }
}

/// Quarter turns against the clock, and then how it is mirrored: 0 exchanges top and bottom, 1 left and right
/// (ISO/IEC 23008-12, 6.5.10 and 6.5.12).
fn transformations(orientation: Orientation) -> (u8, Option<u8>) {
    match orientation.value() {
        2 => (0, Some(1)),
        3 => (2, None),
        4 => (0, Some(0)),
        5 => (1, Some(0)),
        6 => (3, None),
        7 => (3, Some(0)),
        8 => (1, None),
        _ => (0, None),
    }
}

/// A box: its size, which is known afterwards, its type and what `write` writes.
fn boxed(out: &mut Vec<u8>, kind: [u8; 4], write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&kind);
    write(out)?;
    let size = small(out.len() - start)?;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
    Ok(())
}

/// A box with a version and no flags.
fn full_box(
    out: &mut Vec<u8>,
    kind: [u8; 4],
    version: u8,
    write: impl FnOnce(&mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    boxed(out, kind, |out| {
        out.extend_from_slice(&[version, 0, 0, 0]);
        write(out)
    })
}

fn small(length: usize) -> Result<u32> {
    u32::try_from(length).map_err(|_| Error::internal("an AVIF of four gibibytes"))
}

fn ids<'a, 'b>(items: &'a [Item<'b>]) -> impl Iterator<Item = (u16, &'a Item<'b>)> {
    (1..).zip(items)
}

/// Where each item is; `offsets` is where in the file that is still to be written.
fn locations(out: &mut Vec<u8>, items: &[Item<'_>], offsets: &mut Vec<usize>) -> Result<()> {
    full_box(out, *b"iloc", 0, |out| {
        // Offsets and lengths of four bytes, no base.
        out.extend_from_slice(&[0x44, 0]);
        out.extend_from_slice(&(items.len() as u16).to_be_bytes());
        for (id, item) in ids(items) {
            out.extend_from_slice(&id.to_be_bytes());
            // In this file, in one piece.
            out.extend_from_slice(&[0, 0, 0, 1]);
            offsets.push(out.len());
            out.extend_from_slice(&[0; 4]);
            let length: usize = item.data.iter().map(|part| part.len()).sum();
            out.extend_from_slice(&small(length)?.to_be_bytes());
        }
        Ok(())
    })
}

fn information(out: &mut Vec<u8>, items: &[Item<'_>]) -> Result<()> {
    full_box(out, *b"iinf", 0, |out| {
        out.extend_from_slice(&(items.len() as u16).to_be_bytes());
        for (id, item) in ids(items) {
            full_box(out, *b"infe", 2, |out| {
                out.extend_from_slice(&id.to_be_bytes());
                // Not protected.
                out.extend_from_slice(&[0, 0]);
                out.extend_from_slice(item.kind);
                // No name.
                out.push(0);
                out.extend_from_slice(item.content_type);
                Ok(())
            })?;
        }
        Ok(())
    })
}

fn references(out: &mut Vec<u8>, items: &[Item<'_>]) -> Result<()> {
    full_box(out, *b"iref", 0, |out| {
        for (id, item) in ids(items) {
            if let Some(kind) = item.reference {
                boxed(out, *kind, |out| {
                    for number in [id, 1, 1] {
                        out.extend_from_slice(&number.to_be_bytes());
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    })
}

fn associations(out: &mut Vec<u8>, items: &[Item<'_>]) -> Result<()> {
    full_box(out, *b"ipma", 0, |out| {
        let with = || ids(items).filter(|(_, item)| !item.properties.is_empty());
        out.extend_from_slice(&(with().count() as u32).to_be_bytes());
        for (id, item) in with() {
            out.extend_from_slice(&id.to_be_bytes());
            out.push(item.properties.len() as u8);
            out.extend_from_slice(&item.properties);
        }
        Ok(())
    })
}

/// Bits of each channel.
fn depths(out: &mut Vec<u8>, coded: &Coded) -> Result<()> {
    full_box(out, *b"pixi", 0, |out| {
        let channels = if coded.shape.chroma == ChromaSampling::Cs400 { 1 } else { 3 };
        out.push(channels);
        out.extend(std::iter::repeat_n(coded.shape.bits, usize::from(channels)));
        Ok(())
    })
}

/// The AV1 codec configuration box (AV1 in ISO base media, section 2.3), which repeats the sequence header.
fn configuration(out: &mut Vec<u8>, coded: &Coded) -> Result<()> {
    let (profile, level) = obu::profile_and_level(&coded.data)?;
    let Shape { bits, chroma } = coded.shape;
    let flag = |set: bool, bit: u8| u8::from(set) << bit;
    boxed(out, *b"av1C", |out| {
        out.extend_from_slice(&[
            // Marker and version.
            0x81,
            profile << 5 | level,
            // Main tier, no twelve bits; no position of chroma.
            flag(bits > 8, 6)
                | flag(chroma == ChromaSampling::Cs400, 4)
                | flag(chroma != ChromaSampling::Cs444, 3)
                | flag(chroma != ChromaSampling::Cs444, 2),
            0,
        ]);
        Ok(())
    })
}
