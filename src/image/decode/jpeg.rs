//! JPEG, through zune-jpeg.

use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::corrupt;
use super::check_size;
use super::reader::JpegReader;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// A block takes at least one bit for its mean and, in a baseline file, one more for the end of the rest.
/// A file with fewer is cut short or lies about its size; zune-jpeg would make gray of what is missing.
pub(super) fn check(metadata: &Metadata) -> Result<()> {
    let a_block = if metadata.progressive == Some(true) { 1 } else { 2 };
    if metadata.bytes.saturating_mul(8) < metadata.blocks * a_block {
        let (width, height) = (metadata.width, metadata.height);
        return Err(corrupt(
            Format::Jpeg,
            format_args!("{} bytes cannot hold {width}x{height} pixels", metadata.bytes),
        ));
    }
    Ok(())
}

pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    _fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let space = if layout == Layout::L8 { ColorSpace::Luma } else { ColorSpace::RGB };
    // Strict: without it, damage comes out as gray areas instead of an error.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(metadata.width as usize)
        .set_max_height(metadata.height as usize)
        .jpeg_set_out_colorspace(space);
    let mut decoder = JpegDecoder::new_with_options(JpegReader::new(bytes, cancel), options);
    decoder.decode_headers().map_err(|error| failed(&error))?;
    let (width, height) = decoder.dimensions().unwrap_or((0, 0));
    check_size((width as u32, height as u32), metadata)?;
    let mut pixels = Pixels::new(layout, metadata.width, metadata.height)?;
    if decoder.output_buffer_size() != Some(pixels.data().len()) {
        return Err(corrupt(Format::Jpeg, "its channels are not those its header names"));
    }
    decoder.decode_into(pixels.data_mut()).map_err(|error| failed(&error))?;
    Ok(pixels)
}

fn failed(error: &DecodeErrors) -> Error {
    match error {
        DecodeErrors::Unsupported(what) => {
            Error::new(Code::ImageFormat, format!("the input is a JPEG that is not read: {what:?}"))
        }
        DecodeErrors::ExhaustedData => corrupt(Format::Jpeg, "it ends within its image data"),
        other => corrupt(Format::Jpeg, format!("{other:?}").trim()),
    }
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    let channels = u64::from(metadata.channels);
    // Sides are padded to whole blocks of up to 4×8 pixels.
    let (width, height) = (u64::from(metadata.width) + 32, u64::from(metadata.height) + 32);
    // Rows of blocks: coefficients and upsampled lines, two bytes a sample.
    let rows = width * channels * 32 * 2 * 4;
    let coefficients = if metadata.whole_coefficients { width * height * channels * 2 } else { 0 };
    // The decoder keeps copies of the metadata segments.
    rows + coefficients + metadata.bytes
}
