//! PNG, through the png crate, row by row.

use png::{BitDepth, ColorType, DecodingError, Limits, Transformations};

use super::super::format::Format;
use super::super::metadata::{Metadata, Payload};
use super::super::options::FailOn;
use super::super::pixels::{Layout, Pixels, narrow};
use super::super::probe::corrupt;
use super::check_size;
use super::reader::InputReader;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let limits = Limits { bytes: usize::try_from(extra_bytes(metadata)).unwrap_or(usize::MAX) };
    let mut decoder = png::Decoder::new_with_limits(InputReader::new(bytes, cancel), limits);
    // The probe reads these; a profile that is damaged must not fail the image.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.ignore_checksums(fail_on != FailOn::Error);
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(|error| failed(&error))?;
    check_size(reader.info().size(), metadata)?;
    let stored = match reader.output_color_type() {
        (color, BitDepth::Eight) => of_color(color, false),
        (color, BitDepth::Sixteen) => of_color(color, true),
        _ => None,
    };
    let stored = stored
        .filter(|stored| stored.is_gray() == layout.is_gray() && stored.has_alpha() <= layout.has_alpha())
        .ok_or_else(|| corrupt(Format::Png, "its channels are not those its header names"))?;
    let mut pixels = Pixels::new(layout, metadata.width, metadata.height)?;
    let stride = pixels.stride();
    let as_stored = stored == layout && !layout.is_wide();
    let mut row = vec![0; metadata.width as usize * stored.pixel_bytes()];
    let interlaced = metadata.progressive == Some(true);
    let rows_a_poll = (1 << 18) / row.len().max(1) + 1;
    for (index, place) in places(metadata.width, metadata.height, interlaced).enumerate() {
        if index % rows_a_poll == 0 {
            cancel.check()?;
        }
        let target = &mut pixels.data_mut()[place.y as usize * stride..][..stride];
        let whole = as_stored && !interlaced;
        let read = match reader.read_row(if whole { &mut *target } else { &mut row }) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(corrupt(Format::Png, format_args!("it has {index} rows of {}", metadata.height))),
            // Damage may be all that there is: it is no reason to miss what came before it.
            Err(DecodingError::IoError(_)) if fail_on != FailOn::None => Err(cut_short()),
            Err(_) if fail_on != FailOn::Error => break,
            Err(error) => Err(failed(&error)),
        };
        read?;
        if !whole {
            put(&row, stored, target, layout, place);
        }
    }
    if fail_on == FailOn::Error {
        // The data's last checksum lies behind its last row.
        reader.read_row(&mut row).map_err(|error| failed(&error))?;
    }
    Ok(pixels)
}

/// Where the pixels of a stored row go.
#[derive(Clone, Copy)]
struct Place {
    y: u32,
    /// The first pixel's column, and how many there are from one to the next.
    x: usize,
    step: usize,
}

/// The rows in the order in which they are stored: those of an interlaced image in seven passes (section
/// 8.1).
fn places(width: u32, height: u32, interlaced: bool) -> impl Iterator<Item = Place> {
    // Column and row of the first pixel, and the steps between pixels across and down.
    const ADAM7: [(u32, u32, usize, usize); 7] =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let passes: &[(u32, u32, usize, usize)] = if interlaced { &ADAM7 } else { &[(0, 0, 1, 1)] };
    passes.iter().filter(move |(x, ..)| *x < width).flat_map(move |&(x, y, across, down)| {
        (y..height).step_by(down).map(move |y| Place { y, x: x as usize, step: across })
    })
}

/// Sets pixels of a row. Sixteen bits are stored with the high byte first.
fn put(source: &[u8], stored: Layout, target: &mut [u8], layout: Layout, place: Place) {
    let channels = stored.channels();
    let opaque = (layout.channels() > channels).then_some(channels);
    let bytes = layout.sample_bytes();
    let targets = target.chunks_exact_mut(layout.pixel_bytes()).skip(place.x).step_by(place.step);
    for (target, source) in targets.zip(source.chunks_exact(stored.pixel_bytes())) {
        match (stored.is_wide(), layout.is_wide()) {
            (false, false) => target[..channels].copy_from_slice(source),
            (false, true) => {
                for (target, value) in target.chunks_exact_mut(2).zip(source) {
                    target.copy_from_slice(&[*value, *value]);
                }
            }
            (true, wide) => {
                for (target, value) in target.chunks_exact_mut(bytes).zip(source.as_chunks::<2>().0) {
                    let value = u16::from_be_bytes(*value);
                    if wide {
                        target.copy_from_slice(&value.to_ne_bytes());
                    } else {
                        target[0] = narrow(value);
                    }
                }
            }
        }
        if let Some(alpha) = opaque {
            target[alpha * bytes..].fill(255);
        }
    }
}

fn of_color(color: ColorType, wide: bool) -> Option<Layout> {
    match color {
        ColorType::Grayscale => Some(Layout::new(true, false, wide)),
        ColorType::GrayscaleAlpha => Some(Layout::new(true, true, wide)),
        ColorType::Rgb => Some(Layout::new(false, false, wide)),
        ColorType::Rgba => Some(Layout::new(false, true, wide)),
        ColorType::Indexed => None,
    }
}

fn cut_short() -> Error {
    corrupt(Format::Png, "it ends within its image data")
}

fn failed(error: &DecodingError) -> Error {
    match error {
        DecodingError::LimitsExceeded => Error::new(
            Code::ImageLimit,
            "the PNG needs more memory to decode than its header promises; it is damaged or made to exhaust memory",
        ),
        DecodingError::IoError(_) => cut_short(),
        other => corrupt(Format::Png, other),
    }
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    // A row as stored has at most four channels of two bytes, and a filter's number. The decoder holds up
    // to a handful of them, we one, and pieces of the compressed stream.
    let row = u64::from(metadata.width) * 8 + 1;
    // The decoder reads an EXIF block, wanted or not, into a buffer that it doubles, and copies it once.
    let exif = metadata.exif.as_ref().map_or(0, Payload::stored_bytes);
    row * 11 + exif * 3 + (1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_visit_every_pixel_once() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (3, 5), (8, 8), (17, 12)] {
            for interlaced in [false, true] {
                let mut visits = vec![0; width * height];
                for place in places(width as u32, height as u32, interlaced) {
                    for x in (place.x..width).step_by(place.step) {
                        visits[place.y as usize * width + x] += 1;
                    }
                }
                assert!(visits.iter().all(|count| *count == 1), "{width}x{height}");
            }
        }
    }
}
