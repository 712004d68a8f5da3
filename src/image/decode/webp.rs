//! WebP, through image-webp.

use image_webp::{DecodingError, WebPDecoder};

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::corrupt;
use super::check_size;
use super::reader::InputReader;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

pub(super) fn check(metadata: &Metadata) -> Result<()> {
    // The decoder computes the canvas of an animation, four bytes a pixel, in 32 bits.
    if u64::from(metadata.width) * u64::from(metadata.height) > u64::from(u32::MAX / 4) {
        let message = format!(
            "the input is a WebP of {}x{} pixels, and at most {} are decoded",
            metadata.width,
            metadata.height,
            u32::MAX / 4
        );
        return Err(Error::new(Code::ImageLimit, message));
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
    let mut decoder = WebPDecoder::new(InputReader::new(bytes, cancel)).map_err(|error| failed(&error))?;
    let limit = u64::from(metadata.width) * u64::from(metadata.height) * layout.channels() as u64;
    decoder.set_memory_limit(usize::try_from(limit).unwrap_or(usize::MAX));
    check_size(decoder.dimensions(), metadata)?;
    let mut pixels = Pixels::new(layout, metadata.width, metadata.height)?;
    if decoder.output_buffer_size() != Some(pixels.data().len()) {
        return Err(corrupt(Format::WebP, "its channels are not those its header names"));
    }
    decoder.read_image(pixels.data_mut()).map_err(|error| failed(&error))?;
    Ok(pixels)
}

fn failed(error: &DecodingError) -> Error {
    match error {
        DecodingError::IoError(_) => corrupt(Format::WebP, "it ends within its image data"),
        DecodingError::UnsupportedFeature(what) => {
            Error::new(Code::ImageFormat, format!("the input is a WebP that is not read: {what}"))
        }
        other => corrupt(Format::WebP, other),
    }
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    let pixels = (u64::from(metadata.width) + 16) * (u64::from(metadata.height) + 16);
    // Lossy: planes at 3/2 bytes a pixel, a few bytes a macroblock of 16×16, and with alpha the alpha's own
    // lossless image at six. Lossless: four, and its transforms. Animated: a frame and a canvas beside.
    let a_pixel = match (metadata.frames > 1, metadata.has_alpha, metadata.chroma_subsampling.is_some()) {
        (true, _, _) => 16,
        (false, true, true) => 9,
        (false, false, true) => 2,
        (false, _, false) => 6,
    };
    // Partitions are copied out of the input, once and padded.
    pixels * a_pixel + metadata.bytes * 2 + (1 << 20)
}
