//! Strips and tiles that are JPEGs (technical note 2), whose tables may be kept apart.

use super::super::super::format::Format;
use super::super::super::options::FailOn;
use super::super::super::pixels::Layout;
use super::super::super::probe::tiff::{Header, Photometric};
use super::super::super::probe::{corrupt, jpeg as probe};
use super::super::jpeg::{self, Scale};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// The samples of a strip or tile of at least so many rows.
pub(super) fn decode(header: &Header<'_>, packed: &[u8], rows: u32, cancel: &Cancel) -> Result<Vec<u8>> {
    let file = joined(header, packed);
    let (width, _) = header.piece;
    let metadata = probe::probe(&file).map_err(|error| failed(error.message()))?;
    let channels = if header.planar { 1 } else { header.samples };
    if metadata.width != width || metadata.height < rows || u16::from(metadata.channels) != channels {
        return Err(failed(format_args!("it is of another size than {width}x{rows}, or of other channels")));
    }
    if metadata.undecodable.is_some() || metadata.height > header.piece.1 {
        return Err(failed("it is of a kind or a size that is not read"));
    }
    let layout = match channels {
        1 => Layout::L8,
        3 => Layout::Rgb8,
        4 => Layout::Cmyk8,
        _ => return Err(failed("it has more channels than are read")),
    };
    let pixels = jpeg::decode(&file, &metadata, layout, Scale::Full, FailOn::Error, cancel);
    match pixels {
        Ok(pixels) => Ok(pixels.data().to_vec()),
        Err(error) => {
            cancel.check()?;
            Err(failed(error.message()))
        }
    }
}

/// The tables, without their end, and the strip or tile without its start; and, of three channels, a
/// segment that says whether they are luma and chroma: that is told by the TIFF, not by the JPEG in it.
fn joined(header: &Header<'_>, packed: &[u8]) -> Vec<u8> {
    const START: [u8; 2] = [0xFF, 0xD8];
    const ADOBE: &[u8] = b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0";
    let tables = header.jpeg_tables.clone().and_then(|range| header.directory.bytes().get(range));
    let tables = tables
        .and_then(|tables| tables.strip_prefix(&START))
        .map_or(&[][..], |tables| tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables));
    let body = packed.strip_prefix(&START).unwrap_or(packed);
    let mut file = START.to_vec();
    if header.samples == 3 && !header.planar {
        file.extend_from_slice(ADOBE);
        file.push(u8::from(header.photometric == Photometric::YCbCr));
    }
    file.extend_from_slice(tables);
    file.extend_from_slice(body);
    file
}

fn failed(what: impl std::fmt::Display) -> Error {
    corrupt(Format::Tiff, format_args!("a JPEG in it cannot be read: {what}"))
}
