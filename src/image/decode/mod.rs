//! From a file's bytes to pixels. JPEG, WebP, BMP and fax are ours; the png crate, weezl and flate2 do the unpacking
//! of PNG, GIF and TIFF. All around it is ours, so that memory is known before, every few milliseconds there is a
//! look at whether anybody still wants the picture, and damage is as fatal as was asked for.

mod bmp;
mod canvas;
mod gif;
mod jpeg;
mod lzw;
mod png;
mod reader;
mod tiff;
mod webp;

use self::jpeg::Model;
pub(super) use self::jpeg::Scale;
use super::format::Format;
use super::metadata::{ColorModel, Metadata};
use super::options::FailOn;
use super::pixels::{Frame, Layout, Pixels};
use super::plan::Decoding;
use super::probe::corrupt;
use super::raster::{Planes, Raster};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Whether there is a reason not to decode that the header tells.
pub(super) fn check(metadata: &Metadata, fail_on: FailOn) -> Result<()> {
    if metadata.truncated && fail_on != FailOn::None {
        return Err(corrupt(metadata.format, "it ends before its image data does"));
    }
    match metadata.format {
        // A file that may end early may have too few bytes for its size.
        Format::Jpeg if fail_on != FailOn::None => jpeg::check(metadata),
        _ => Ok(()),
    }
}

/// Whether an image's luma and chroma may stay apart: three components, chroma with as many samples or with
/// half or a quarter of them along an axis.
pub(super) fn is_planar(metadata: &Metadata) -> bool {
    metadata.color_model == ColorModel::Rgb && metadata.chroma_subsampling.is_some()
}

/// Decodes a still image as planned. `full_chroma`: of planes, an output wants as much of it as of luma.
pub(super) fn raster(
    bytes: &[u8],
    metadata: &Metadata,
    decoding: Decoding,
    full_chroma: bool,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Raster> {
    let decoded = if decoding.planar {
        planes(bytes, metadata, decoding, full_chroma, fail_on, cancel)
    } else {
        pixels(bytes, metadata, decoding, fail_on, cancel).map(Raster::Pixels)
    };
    // A cancelled decoder fails with whatever its reader made it say.
    cancel.check()?;
    decoded
}

fn planes(
    bytes: &[u8],
    metadata: &Metadata,
    decoding: Decoding,
    full_chroma: bool,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Raster> {
    let decoded = jpeg::planes(bytes, metadata, decoding.scale, full_chroma, fail_on, cancel)?;
    if decoded.model == Model::Ycc {
        let planes: Vec<Pixels> =
            decoded.planes.into_iter().map(|decoded| plane(decoded, cancel)).collect::<Result<_>>()?;
        if let Ok([luma, blue, red]) = <[Pixels; 3]>::try_from(planes)
            && blue.size() == red.size()
        {
            return Ok(Raster::Planes(Planes { luma, chroma: [blue, red] }));
        }
    } else {
        drop(decoded);
    }
    // Red, green and blue: rare, and put together by the decoder.
    pixels(bytes, metadata, decoding, fail_on, cancel).map(Raster::Pixels)
}

/// Without the padding to whole blocks.
fn plane(plane: jpeg::Plane, cancel: &Cancel) -> Result<Pixels> {
    let jpeg::Plane { width, height, stride, mut data } = plane;
    let row = width as usize;
    if stride > row {
        for y in 1..height as usize {
            if y % 64 == 0 {
                cancel.check()?;
            }
            data.copy_within(y * stride..y * stride + row, y * row);
        }
    }
    data.truncate(row * height as usize);
    Pixels::from_vec(Layout::L8, width, height, data)
}

/// Width and height of the decoded image.
pub(super) fn decoded_size(metadata: &Metadata, scale: Scale) -> (u32, u32) {
    (scale.of(metadata.width), scale.of(metadata.height))
}

/// Decodes an animation: whole canvases, one by one, each with the time that it is shown. Of a format that
/// is not animated, the one image.
pub(super) fn frames<'a>(
    bytes: &'a [u8],
    metadata: &'a Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &'a Cancel,
) -> Result<Box<dyn Iterator<Item = Result<Frame>> + 'a>> {
    Ok(match metadata.format {
        Format::Gif => Box::new(gif::frames(bytes, metadata, layout, fail_on, cancel)?),
        Format::WebP if metadata.piece_pixels > 0 => {
            Box::new(webp::frames(bytes, metadata, layout, fail_on, cancel)?)
        }
        _ => {
            let pixels = decode(bytes, metadata, layout, fail_on, cancel)?;
            Box::new(std::iter::once(Ok(Frame { pixels, delay_ms: 0 })))
        }
    })
}

/// What decoding allocates beside the pixels it returns, at most.
pub(super) fn extra_bytes(metadata: &Metadata, decoding: Decoding) -> u64 {
    match metadata.format {
        Format::Jpeg => jpeg::extra_bytes(metadata, decoding.scale, decoding.planar),
        Format::Png => png::extra_bytes(metadata),
        Format::WebP => webp::extra_bytes(metadata),
        Format::Gif => gif::extra_bytes(metadata),
        Format::Tiff => tiff::extra_bytes(metadata),
        Format::Bmp => bmp::extra_bytes(),
        Format::Avif => 0,
    }
}

fn pixels(
    bytes: &[u8],
    metadata: &Metadata,
    decoding: Decoding,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    match metadata.format {
        Format::Jpeg => jpeg::decode(bytes, metadata, decoding.layout, decoding.scale, fail_on, cancel),
        _ => decode(bytes, metadata, decoding.layout, fail_on, cancel),
    }
}

/// Decodes a still image, or the first frame of an animation, at its full size.
fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    match metadata.format {
        Format::Jpeg => jpeg::decode(bytes, metadata, layout, Scale::Full, fail_on, cancel),
        Format::Png => png::decode(bytes, metadata, layout, fail_on, cancel),
        Format::WebP => webp::decode(bytes, metadata, layout, fail_on, cancel),
        Format::Gif => gif::decode(bytes, metadata, layout, fail_on, cancel),
        Format::Tiff => tiff::decode(bytes, metadata, layout, fail_on, cancel),
        Format::Bmp => bmp::decode(bytes, metadata, layout, fail_on, cancel),
        Format::Avif => Err(Error::internal("AVIF is not read")),
    }
}

/// The decoder found another image than the header promised; memory was planned for that one.
fn check_size(found: (u32, u32), metadata: &Metadata) -> Result<()> {
    if found == (metadata.width, metadata.height) {
        return Ok(());
    }
    Err(corrupt(
        metadata.format,
        format_args!(
            "its header says {}x{} pixels and its data {}x{}",
            metadata.width, metadata.height, found.0, found.1
        ),
    ))
}

#[cfg(test)]
mod tests;
