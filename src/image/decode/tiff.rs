//! TIFF: the first image of a file, strip by strip or tile by tile, row by row.

mod fax;
mod jpeg;
mod packbits;
mod packed;
mod samples;
mod unpack;

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::corrupt;
use super::super::probe::tiff::{Alpha, Header};
use super::check_size;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;
use samples::Reader;
use unpack::Unpacker;

pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let header = Header::read(bytes)?;
    check_size((header.width, header.height), metadata)?;
    let mut pixels = Pixels::new(layout, header.width, header.height)?;
    let mut reader = Reader::new(&header, layout)?;
    let (across, down, planes) = header.grid();
    for plane in 0..planes {
        if header.planar && !reader.uses(plane) {
            continue;
        }
        for y in 0..down {
            for x in 0..across {
                cancel.check()?;
                let index = (u64::from(plane) * u64::from(down) + u64::from(y)) * u64::from(across);
                let place = Place { index: index + u64::from(x), x, y, plane };
                let read = piece(&header, &place, &mut reader, &mut pixels, fail_on, cancel);
                cancel.check()?;
                match read {
                    Err(Failure::Damaged(_)) if fail_on != FailOn::Error => {}
                    Err(Failure::TooShort) if fail_on == FailOn::None => {}
                    Err(failure) => return Err(failure.error()),
                    Ok(()) => {}
                }
            }
        }
    }
    if header.alpha == Alpha::Associated {
        samples::unassociate(&mut pixels, cancel)?;
    }
    Ok(pixels)
}

/// Why a strip or tile could not be read to its end.
enum Failure {
    /// The file ends before it does.
    TooShort,
    Damaged(Error),
    /// It is not its fault.
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if error.code() == Code::ImageCorrupt { Failure::Damaged(error) } else { Failure::Other(error) }
    }
}

impl Failure {
    fn error(self) -> Error {
        match self {
            Failure::TooShort => corrupt(Format::Tiff, "it ends within its image data"),
            Failure::Damaged(error) | Failure::Other(error) => error,
        }
    }
}

/// A strip or tile.
struct Place {
    index: u64,
    x: u32,
    y: u32,
    plane: u16,
}

/// Reads a strip or tile. What cannot be read stays black, or transparent.
fn piece(
    header: &Header<'_>,
    place: &Place,
    reader: &mut Reader<'_>,
    pixels: &mut Pixels,
    fail_on: FailOn,
    cancel: &Cancel,
) -> std::result::Result<(), Failure> {
    let file = header.directory.bytes();
    let (start, length) = header.location(place.index).ok_or(Failure::TooShort)?;
    let end = start.saturating_add(length).min(file.len() as u64);
    let packed = file.get(start.min(end) as usize..end as usize).unwrap_or_default();
    let cut = (packed.len() as u64) < length;
    let (left, top) = (place.x * header.piece.0, place.y * header.piece.1);
    let width = header.piece.0.min(header.width - left) as usize;
    let rows = header.rows(place.y);
    let failure = |error| match Failure::from(error) {
        Failure::Damaged(_) if cut && fail_on != FailOn::None => Failure::TooShort,
        failure => failure,
    };
    // What ends early although the file does not is damage to it.
    let within = if fail_on == FailOn::Truncated && !cut { FailOn::None } else { fail_on };
    let mut unpacker = Unpacker::new(header, packed, rows, within, cancel).map_err(failure)?;
    let (stride, pixel_bytes) = (pixels.stride(), pixels.layout().pixel_bytes());
    let rows_a_poll = (1 << 16) / header.piece.0 + 1;
    for row in 0..rows {
        if row % rows_a_poll == 0 {
            cancel.check()?;
        }
        unpacker.read(reader.row(), cancel).map_err(failure)?;
        let at = (top + row) as usize * stride + left as usize * pixel_bytes;
        reader.put(place.plane, &mut pixels.data_mut()[at..at + width * pixel_bytes]);
    }
    Ok(())
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    // A row of a strip or tile, which may be wider than the image, of at most 64 channels of two bytes;
    // of JPEG a whole one, its coefficients and its rows, and what is packed joined to its tables; a palette,
    // tables of the decoders, two rows of fax.
    let row = u64::from(metadata.width.max(1 << 12)) * 128;
    let piece = metadata.piece_pixels * 4 * 3;
    let joined = if metadata.piece_pixels > 0 { metadata.bytes } else { 0 };
    row * 2 + piece + joined + (1 << 20)
}

#[cfg(test)]
mod tests;
