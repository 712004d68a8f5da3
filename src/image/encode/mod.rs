//! From pixels to a file's bytes.
//!
//! | format | encoder | licence | what a build needs |
//! |---|---|---|---|
//! | JPEG | ours: baseline and progressive, with codes made for each image | | |
//! | PNG | container, filters, and compression of filtered rows: ours; of others, zlib-rs through flate2 | Zlib; MIT or Apache-2.0 | |
//! | palettes of PNG and GIF | ours | | |
//! | WebP | libwebp 1.6 through libwebp-sys, the only complete lossy encoder there is; container, animation: ours | BSD-3-Clause; MIT | a C compiler |
//! | AVIF | rav1e without its threads; container: ours | BSD-2-Clause | nasm for the feature `avif-asm`, on x86-64 |
//! | GIF | ours | | |
//!
//! libwebp is C, and here sees only our own pixels.

mod avif;
mod changes;
mod flat;
mod gif;
mod jpeg;
mod palette;
mod png;
mod profile;
mod sink;
mod slots;
mod webp;

use super::format::Format;
use super::job::Hands;
use super::options::{ChromaSubsampling, ResizeOptions};
use super::pixels::{Embedded, Frame, Layout, Picture, Pixels};
use super::plan::pixels as count;
use super::raster::Planes;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Encodes the picture. Its layout is one that the format can hold, as the plan has seen to.
pub(super) fn encode(
    picture: Picture,
    format: Format,
    options: &ResizeOptions,
    hands: &impl Hands,
) -> Result<Vec<u8>> {
    let cancel = hands.cancel();
    let encoded = match format {
        Format::Jpeg => jpeg::encode(&picture, options, cancel),
        Format::Png => png::encode(picture, options, hands),
        Format::WebP => webp::encode(&picture, options, cancel),
        Format::Avif => avif::encode(&picture, options, cancel),
        Format::Gif => gif::encode(&picture, options, cancel),
        Format::Tiff | Format::Bmp => Err(Error::internal(format!("{} is not written", format.title()))),
    };
    // A cancelled encoder fails with whatever its writer made it say.
    cancel.check()?;
    encoded
}

/// Encodes planes of luma and chroma, for a format that stores such: [`Format::Jpeg`], or lossy
/// [`Format::WebP`], whose are in studio range. Chroma has as many samples as the options say.
pub(super) fn encode_planes(
    planes: &Planes,
    format: Format,
    options: &ResizeOptions,
    embedded: &Embedded,
    cancel: &Cancel,
) -> Result<Vec<u8>> {
    let Planes { luma, chroma: [blue, red] } = planes;
    let quality = options.quality_for(format);
    match format {
        Format::Jpeg => {
            let subsampling = match options.chroma_for(format) {
                ChromaSubsampling::Quarter => jpeg::Subsampling::Both,
                ChromaSubsampling::Full => jpeg::Subsampling::None,
            };
            let planes = jpeg::YccPlanes {
                width: luma.width(),
                height: luma.height(),
                y: plane(luma),
                chroma: Some([plane(blue), plane(red)]),
                subsampling,
            };
            jpeg::encode_planes(&planes, quality, options.progressive, embedded, cancel)
        }
        Format::WebP => webp::encode_planes(planes, options, embedded, cancel),
        _ => Err(Error::internal(format!("{} takes no planes", format.title()))),
    }
}

/// Sets delays to what the format can hold, so that what is said of them is what is written.
pub(super) fn settle_delays(frames: &mut [Frame], format: Format) {
    if format == Format::Gif {
        gif::settle_delays(frames);
    }
}

fn plane(pixels: &Pixels) -> jpeg::PlaneRef<'_> {
    jpeg::PlaneRef {
        data: pixels.data(),
        width: pixels.width(),
        height: pixels.height(),
        stride: pixels.stride(),
    }
}

/// What encoding so many frames of this size and layout allocates, the output included, at most.
pub(super) fn extra_bytes(
    format: Format,
    options: &ResizeOptions,
    canvas: (u32, u32),
    layout: Layout,
    frames: u32,
) -> u64 {
    // Encoders pad to blocks.
    let padded = count((canvas.0.saturating_add(32), canvas.1.saturating_add(32)));
    let frames = u64::from(frames.max(1));
    // Buffers that grow are copied: at worst there are the old and one twice as large.
    let growing = |bytes: u64| bytes.saturating_mul(3);
    let flat = if layout == Layout::Rgba8 { 0 } else { 4 };
    let a_pixel = match format {
        Format::Jpeg => return jpeg::extra_bytes(options, canvas),
        // Four bytes flat, indices, the same packed, and the output, if nothing compresses.
        Format::Png if options.palette => flat + 2 + growing(1),
        Format::Png => growing(layout.pixel_bytes() as u64),
        // Three frames as they are shown, one of them flat, the piece that is drawn, its indices; and the output,
        // of at most twelve bits a pixel, and the lengths of its pieces.
        Format::Gif => (12 + flat + 4 + 1).saturating_add(growing(2).saturating_mul(frames)),
        // Measured on photos and on noise: 39 lossless, 27 lossy with alpha, which is coded without loss, 4
        // without.
        Format::WebP => {
            let lossless = options.lossless || options.near_lossless;
            let one = match layout {
                _ if lossless => 64,
                Layout::Rgb8 => 10,
                _ => 48,
            };
            // Of an animation, what has changed is copied, and all frames' outputs are kept.
            one + flat
                + if frames > 1 {
                    8 + growing(if lossless { 4 } else { 2 }).saturating_mul(frames)
                } else {
                    0
                }
        }
        Format::Avif => 180,
        Format::Tiff | Format::Bmp => 0,
    };
    let palettes = match format {
        Format::Gif => PALETTE_BYTES,
        Format::Png if options.palette => PALETTE_BYTES,
        _ => 0,
    };
    let parts = match format {
        Format::Png => png::extra_bytes(canvas, layout.pixel_bytes()),
        _ => 0,
    };
    padded
        .saturating_mul(a_pixel)
        .saturating_add(palettes.min(padded.saturating_mul(160)))
        .saturating_add(parts)
        .saturating_add(4 << 20)
}

/// What counting colours and finding a palette takes, however many there are.
const PALETTE_BYTES: u64 = 4 << 20;

#[cfg(test)]
mod tests;
