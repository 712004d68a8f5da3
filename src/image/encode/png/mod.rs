//! PNG (W3C, third edition): chunks, filters, palettes and, for filtered rows, compression of our own.
//!
//! libpng and the png crate filter a row by functions that read their neighbours byte by byte; whole rows at
//! a time, as in [`filter`], let the compiler use vectors.

mod chunk;
mod data;
mod filter;
mod indexed;
mod matches;
mod zlib;

use chunk::File;
use data::Depth;

use super::super::options::{PngFilter, ResizeOptions};
use super::super::pixels::{Layout, Picture, Pixels};
use super::{palette, profile};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Colour types (section 11.2.1).
const GRAY: u8 = 0;
const COLOR: u8 = 2;
const INDEXED: u8 = 3;
const GRAY_ALPHA: u8 = 4;
const COLOR_ALPHA: u8 = 6;

pub(super) fn encode(picture: &Picture, options: &ResizeOptions, cancel: &Cancel) -> Result<Vec<u8>> {
    let pixels = picture.first()?;
    cancel.check()?;
    let mut file = File::new();
    if options.palette {
        indexed(&mut file, picture, pixels, options, cancel)?;
    } else {
        direct(&mut file, picture, pixels, options, cancel)?;
    }
    file.chunk(*b"IEND", &[])?;
    Ok(file.into_bytes())
}

fn direct(
    file: &mut File,
    picture: &Picture,
    pixels: &Pixels,
    options: &ResizeOptions,
    cancel: &Cancel,
) -> Result<()> {
    let layout = pixels.layout();
    let (color_type, narrow) = match layout {
        Layout::L8 | Layout::L16 => (GRAY, layout == Layout::L8),
        Layout::La8 | Layout::La16 => (GRAY_ALPHA, layout == Layout::La8),
        Layout::Rgb8 | Layout::Rgb16 => (COLOR, layout == Layout::Rgb8),
        Layout::Rgba8 | Layout::Rgba16 => (COLOR_ALPHA, layout == Layout::Rgba8),
        Layout::Cmyk8 => return Err(Error::internal("PNG cannot hold ink")),
    };
    header(file, pixels, if narrow { 8 } else { 16 }, color_type)?;
    metadata(file, picture, layout)?;
    let depth = if narrow { Depth::Eight } else { Depth::Sixteen };
    // Stored as they are, filtered rows are not smaller.
    let filter = match options.png_filter {
        PngFilter::Adaptive if options.compression_level == 0 => PngFilter::None,
        filter => filter,
    };
    data::write(
        file,
        pixels.data().chunks_exact(pixels.stride()),
        depth,
        layout.pixel_bytes(),
        filter,
        options.compression_level,
        cancel,
    )
}

fn indexed(
    file: &mut File,
    picture: &Picture,
    pixels: &Pixels,
    options: &ResizeOptions,
    cancel: &Cancel,
) -> Result<()> {
    let image = palette::quantise(pixels, options, cancel)?;
    // Colours that are not opaque first, so that tRNS may end with them (section 11.3.1.1).
    let image = indexed::translucent_first(image, cancel)?;
    let bits = indexed::depth(image.colors.len());
    header(file, pixels, bits, INDEXED)?;
    metadata(file, picture, Layout::Rgb8)?;
    let colors: Vec<u8> = image.colors.iter().flat_map(|color| [color[0], color[1], color[2]]).collect();
    file.chunk(*b"PLTE", &colors)?;
    let alphas: Vec<u8> =
        image.colors.iter().map(|color| color[3]).take_while(|&alpha| alpha < u8::MAX).collect();
    if !alphas.is_empty() {
        file.chunk(*b"tRNS", &alphas)?;
    }
    let packed = indexed::pack(&image.indices, pixels.width() as usize, bits, cancel)?;
    // Differences of indices mean nothing: unless one is asked for, no filter (section 12.7).
    let filter = match options.png_filter {
        PngFilter::Adaptive => PngFilter::None,
        filter => filter,
    };
    let rows = packed.chunks_exact(indexed::row_bytes(pixels.width() as usize, bits));
    data::write(file, rows, Depth::Eight, 1, filter, options.compression_level, cancel)
}

fn header(file: &mut File, pixels: &Pixels, bits: u8, color_type: u8) -> Result<()> {
    let mut body = [0; 13];
    body[..4].copy_from_slice(&pixels.width().to_be_bytes());
    body[4..8].copy_from_slice(&pixels.height().to_be_bytes());
    // DEFLATE, adaptive filtering, no interlacing: 0, 0, 0.
    (body[8], body[9]) = (bits, color_type);
    file.chunk(*b"IHDR", &body)
}

/// What comes before PLTE and IDAT (section 5.6). `layout` is that of the colours.
fn metadata(file: &mut File, picture: &Picture, layout: Layout) -> Result<()> {
    match profile::fitting(&picture.embedded, layout) {
        Some(icc) => {
            // A name, DEFLATE, and the compressed profile (section 11.3.2.3).
            let mut body = b"ICC profile\0\0".to_vec();
            data::zlib(icc, &mut body)?;
            file.chunk(*b"iCCP", &body)?;
        }
        // Perceptual intent (section 11.3.2.5).
        None => file.chunk(*b"sRGB", &[0])?,
    }
    if let Some(exif) = &picture.embedded.exif {
        file.chunk(*b"eXIf", exif)?;
    }
    if let Some(xmp) = &picture.embedded.xmp {
        // A keyword, not compressed, no language, no translation (section 11.3.3.4).
        let body = [&b"XML:com.adobe.xmp\0\0\0\0\0"[..], xmp].concat();
        file.chunk(*b"iTXt", &body)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
