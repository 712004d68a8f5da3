//! From pixels to a file's bytes.
//!
//! JPEG by jpeg-encoder (Rust, AVX2 where there is, baseline and progressive), PNG by png over
//! zlib-rs (Rust, levels as zlib's), WebP by libwebp: the only complete lossy encoder there is, in C, which
//! here only sees our own pixels.

mod jpeg;
mod png;
mod sink;
mod webp;

use super::format::Format;
use super::options::ResizeOptions;
use super::pixels::Picture;
use super::plan::pixels as count;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Encodes the picture. Its layout is one that the format can hold, as the plan has seen to.
pub(super) fn encode(
    picture: &Picture,
    format: Format,
    options: &ResizeOptions,
    cancel: &Cancel,
) -> Result<Vec<u8>> {
    let encoded = match format {
        Format::Jpeg => jpeg::encode(picture, options, cancel),
        Format::Png => png::encode(picture, options, cancel),
        Format::WebP => webp::encode(picture, options, cancel),
        Format::Gif | Format::Avif | Format::Tiff | Format::Bmp => {
            Err(Error::internal(format!("{} is not written", format.title())))
        }
    };
    // A cancelled encoder fails with whatever its writer made it say.
    cancel.check()?;
    encoded
}

/// What encoding a canvas of this size allocates, the output included, at most.
pub(super) fn extra_bytes(format: Format, options: &ResizeOptions, canvas: (u32, u32), alpha: bool) -> u64 {
    // Encoders pad to blocks.
    let padded = count((canvas.0.saturating_add(32), canvas.1.saturating_add(32)));
    let a_pixel = match format {
        // The output, which doubles as it grows; progressive, three bytes of colour and six of coefficients
        // for the whole image beside it.
        Format::Jpeg if options.progressive => 21,
        Format::Jpeg => 12,
        // Four as filtered and four as written, if nothing compresses, and a growing buffer.
        Format::Png => 14,
        // Measured on photos: 39 lossless, 27 lossy with alpha, which is coded without loss, 4 without.
        Format::WebP if options.lossless => 64,
        Format::WebP if alpha => 48,
        Format::WebP => 10,
        Format::Gif | Format::Avif | Format::Tiff | Format::Bmp => 0,
    };
    padded.saturating_mul(a_pixel).saturating_add(4 << 20)
}

#[cfg(test)]
mod tests;
