//! PNG, through the png crate, row by row.

use png::{BitDepth, ColorType, DecodingError, Limits, Transformations};

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::corrupt;
use super::check_size;
use super::reader::InputReader;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    _fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let limits = Limits { bytes: usize::try_from(extra_bytes(metadata)).unwrap_or(usize::MAX) };
    let mut decoder = png::Decoder::new_with_limits(InputReader::new(bytes, cancel), limits);
    // The probe reads these; a profile that is damaged must not fail the image.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| failed(&error))?;
    check_size(reader.info().size(), metadata)?;
    let found = match reader.output_color_type() {
        (ColorType::Grayscale, BitDepth::Eight) => Some(Layout::L8),
        (ColorType::GrayscaleAlpha, BitDepth::Eight) => Some(Layout::La8),
        (ColorType::Rgb, BitDepth::Eight) => Some(Layout::Rgb8),
        (ColorType::Rgba, BitDepth::Eight) => Some(Layout::Rgba8),
        _ => None,
    };
    if found != Some(layout) {
        return Err(corrupt(Format::Png, "its channels are not those its header names"));
    }
    let mut pixels = Pixels::new(layout, metadata.width, metadata.height)?;
    if metadata.progressive == Some(true) {
        // The passes of an interlaced image fill the whole of it several times.
        reader.next_frame(pixels.data_mut()).map_err(|error| failed(&error))?;
        return Ok(pixels);
    }
    let stride = pixels.stride();
    for (index, row) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
        if index % 16 == 0 {
            cancel.check()?;
        }
        if reader.read_row(row).map_err(|error| failed(&error))?.is_none() {
            return Err(corrupt(Format::Png, format_args!("it has {index} rows of {}", metadata.height)));
        }
    }
    Ok(pixels)
}

fn failed(error: &DecodingError) -> Error {
    match error {
        DecodingError::LimitsExceeded => Error::new(
            Code::ImageLimit,
            "the PNG needs more memory to decode than its header promises; it is damaged or made to exhaust memory",
        ),
        DecodingError::IoError(_) => corrupt(Format::Png, "it ends within its image data"),
        other => corrupt(Format::Png, other),
    }
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    // A row as stored has at most four channels of two bytes, and a filter's number. The decoder holds up
    // to a handful of them, and pieces of the compressed stream.
    let row = u64::from(metadata.width) * 8 + 1;
    row * 10 + (1 << 20)
}
