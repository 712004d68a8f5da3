//! Strips and tiles that are JPEGs (technical note 2), whose tables may be kept apart.

use std::io::{self, Read};

use super::super::super::format::Format;
use super::super::super::metadata::Metadata;
use super::super::super::options::FailOn;
use super::super::super::pixels::{Layout, Pixels, out_of_memory};
use super::super::super::probe::tiff::{Header, Photometric};
use super::super::super::probe::{corrupt, jpeg as probe};
use super::super::jpeg::{self, Model};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// The most scans of a progressive one, each of which may visit every pixel. Writers of TIFF hardly ever write
/// progressive ones, and other encoders need about ten scans.
const MAX_SCANS: u32 = 16;

/// The samples of a strip or tile, row by row.
pub(super) struct Samples {
    pixels: Pixels,
    at: usize,
}

impl Read for Samples {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.pixels.data().get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += length;
        Ok(length)
    }
}

/// The samples of a strip or tile of at least so many rows.
pub(super) fn decode(
    header: &Header<'_>,
    packed: &[u8],
    rows: u32,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Samples> {
    let file = joined(header, packed)?;
    let (width, _) = header.piece;
    let metadata = probe::probe(&file).map_err(|error| failed(error.message()))?;
    let channels = if header.planar { 1 } else { header.samples };
    if metadata.width != width || metadata.height < rows || u16::from(metadata.channels) != channels {
        return Err(failed(format_args!("it is of another size than {width}x{rows}, or of other channels")));
    }
    if metadata.undecodable.is_some() || metadata.height > header.piece.1 {
        return Err(failed("it is of a kind or a size that is not read"));
    }
    if metadata.scans > MAX_SCANS {
        return Err(failed(format_args!("it has more than {MAX_SCANS} scans")));
    }
    // Whatever may be missing: there may be thousands of them, and each is as much work as its size says. The
    // tables, which all share, count for none.
    let own = Metadata { bytes: packed.len() as u64, ..metadata.clone() };
    jpeg::check(&own).map_err(|error| failed(error.message()))?;
    // What the samples mean is told by the TIFF, whatever the JPEG says.
    let (layout, model) = match channels {
        1 => (Layout::L8, Model::Gray),
        3 if header.photometric == Photometric::YCbCr => (Layout::Rgb8, Model::Ycc),
        3 => (Layout::Rgb8, Model::Rgb),
        4 => (Layout::Cmyk8, Model::Cmyk { inverted: false }),
        _ => return Err(failed("it has more channels than are read")),
    };
    match jpeg::decode_as(model, &file, &metadata, layout, fail_on, cancel) {
        Ok(pixels) => Ok(Samples { pixels, at: 0 }),
        Err(error) => {
            cancel.check()?;
            Err(failed(error.message()))
        }
    }
}

/// The tables, without their end, and the strip or tile without its start.
fn joined(header: &Header<'_>, packed: &[u8]) -> Result<Vec<u8>> {
    const START: [u8; 2] = [0xFF, 0xD8];
    let tables = header.jpeg_tables.clone().and_then(|range| header.directory.bytes().get(range));
    let tables = tables
        .and_then(|tables| tables.strip_prefix(&START))
        .map_or(&[][..], |tables| tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables));
    let body = packed.strip_prefix(&START).unwrap_or(packed);
    let length = START.len() + tables.len() + body.len();
    let mut file = Vec::new();
    file.try_reserve_exact(length).map_err(|_| out_of_memory(length as u64))?;
    file.extend_from_slice(&START);
    file.extend_from_slice(tables);
    file.extend_from_slice(body);
    Ok(file)
}

fn failed(what: impl std::fmt::Display) -> Error {
    corrupt(Format::Tiff, format_args!("a JPEG in it cannot be read: {what}"))
}
