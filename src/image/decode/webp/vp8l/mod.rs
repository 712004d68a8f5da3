//! Lossless WebP (RFC 9649, section 3): the payload of `VP8L` chunks, and alpha that is stored like one.
//!
//! Pixels are decoded a band of rows at a time, and what was done to them before they were coded is undone while
//! they are near. Of those that came before, only as many are kept as copies may refer to.

mod bits;
mod cache;
mod flaw;
mod group;
mod huffman;
mod image;
mod predict;
mod transforms;

use self::bits::Bits;
pub(super) use self::flaw::Flaw;
use self::flaw::Stop;
use self::image::Image;
use self::transforms::{Transforms, band_rows};
use crate::error::Result;
use crate::image::pixels::{Layout, Pixels};
use crate::pool::Cancel;

/// What the data begins with, before the image's size.
const SIGNATURE: u8 = 0x2F;

/// An image as far as it could be decoded.
#[derive(Debug)]
pub(super) struct Decoded {
    /// What was not decoded is zero.
    pub(super) pixels: Pixels,
    /// How many rows were decoded.
    pub(super) rows: u32,
    /// Why there are no more of them.
    pub(super) flaw: Option<Flaw>,
}

/// Whether the pixels' alpha counts; `None`, if the data is too short to tell.
pub(super) fn has_alpha(data: &[u8]) -> Option<bool> {
    data.get(4).map(|byte| byte & 0x10 != 0)
}

/// What decoding allocates at most beside the pixels it returns.
pub(super) fn extra_bytes(width: u32, height: u32, chunk_bytes: u64) -> u64 {
    let (width, height) = (u64::from(width), u64::from(height));
    let blocks = width.div_ceil(4) * height.div_ceil(4);
    // The blocks' numbers as they are read, and as they are kept; the numbers that there may be.
    let numbers = blocks * (4 + 2) + (1 << 16) * (4 + 2);
    // What small images hold while they are read: codes, a cache, and room to copy.
    let small = group::most_bytes(1, chunk_bytes) + (128 << 10);
    image::window_bytes(width, height)
        + transforms::extra_bytes(width, height)
        + numbers
        + group::most_bytes(blocks, chunk_bytes)
        + small
}

/// Decodes the payload of a `VP8L` chunk, whose image is known to be of a size, to colours, with alpha or without.
pub(super) fn decode(data: &[u8], size: (u32, u32), layout: Layout, cancel: &Cancel) -> Result<Decoded> {
    // Alpha that does not count need not be opaque.
    let opaque = if has_alpha(data) == Some(true) { 0 } else { 0xFF00_0000 };
    match layout {
        Layout::Rgba8 => decode_stream(data, Some(SIGNATURE), size, layout, cancel, |row, out| {
            for (out, pixel) in out.as_chunks_mut::<4>().0.iter_mut().zip(row) {
                *out = (pixel | opaque).rotate_left(8).to_be_bytes();
            }
        }),
        _ => decode_stream(data, Some(SIGNATURE), size, Layout::Rgb8, cancel, |row, out| {
            for (out, pixel) in out.as_chunks_mut::<3>().0.iter_mut().zip(row) {
                let [_, red, green, blue] = pixel.to_be_bytes();
                *out = [red, green, blue];
            }
        }),
    }
}

/// Decodes data that has no header, of which green counts alone.
pub(super) fn decode_green(data: &[u8], size: (u32, u32), cancel: &Cancel) -> Result<Decoded> {
    decode_stream(data, None, size, Layout::L8, cancel, |row, out| {
        for (out, pixel) in out.iter_mut().zip(row) {
            *out = (pixel >> 8) as u8;
        }
    })
}

/// Section 3.4.
fn read_header(bits: &mut Bits<'_>, size: (u32, u32), expected: u8) -> Result<(), Stop> {
    let signature = bits.take(8);
    let (width, height) = (bits.take(14) + 1, bits.take(14) + 1);
    // Whether alpha counts.
    bits.take(1);
    let version = bits.take(3);
    if signature != u32::from(expected) {
        return Err(Flaw::Damage("its VP8L data lacks the signature").into());
    }
    if version != 0 {
        return Err(Flaw::Damage("its VP8L data is of a version that there is not").into());
    }
    if (width, height) != size {
        return Err(Flaw::Damage("its data is not of the size that its header names").into());
    }
    Ok(())
}

/// `put` makes a row of the layout from one of pixels.
fn decode_stream(
    data: &[u8],
    signature: Option<u8>,
    (width, height): (u32, u32),
    layout: Layout,
    cancel: &Cancel,
    put: impl Fn(&[u32], &mut [u8]),
) -> Result<Decoded> {
    cancel.check()?;
    let mut decoded = Decoded { pixels: Pixels::new(layout, width, height)?, rows: 0, flaw: None };
    let size = (width as usize, height as usize);
    let (mut transforms, mut image) = match open(data, signature, (width, height), cancel) {
        Ok(opened) => opened,
        Err(Stop::Error(error)) => return Err(error),
        Err(Stop::Flaw(flaw)) => {
            decoded.flaw = Some(flaw);
            return Ok(decoded);
        }
    };
    let stride = decoded.pixels.stride();
    let mut row = 0;
    while row < size.1 && decoded.flaw.is_none() {
        cancel.check()?;
        let wanted = (row + band_rows(size.0)).min(size.1) * image.width();
        image.make_room(wanted.saturating_sub(image.decoded()));
        decoded.flaw = image.decode(wanted).err();
        let end = (image.decoded().min(wanted)) / image.width();
        let pixels = image.pixels(row * image.width());
        let pixels = &pixels[..(end - row) * image.width()];
        let rows = decoded.pixels.data_mut().chunks_exact_mut(stride).skip(row);
        for (out, pixels) in rows.zip(transforms.undo(pixels, row).chunks_exact(size.0)) {
            put(pixels, out);
        }
        row = end;
    }
    decoded.rows = row as u32;
    Ok(decoded)
}

/// Reads what comes before the image's own pixels.
fn open<'a>(
    data: &'a [u8],
    signature: Option<u8>,
    size: (u32, u32),
    cancel: &Cancel,
) -> Result<(Transforms, Image<'a>), Stop> {
    let mut bits = Bits::new(data);
    let opened = read_before_pixels(&mut bits, data.len(), signature, size, cancel);
    match opened {
        // Bits that are not there are read as zeros; what was made of them is no damage.
        Ok(_) | Err(Stop::Flaw(_)) if bits.is_overrun() => Err(Flaw::Truncation.into()),
        opened => opened,
    }
}

fn read_before_pixels<'a>(
    bits: &mut Bits<'a>,
    bytes: usize,
    signature: Option<u8>,
    (width, height): (u32, u32),
    cancel: &Cancel,
) -> Result<(Transforms, Image<'a>), Stop> {
    if let Some(signature) = signature {
        read_header(bits, (width, height), signature)?;
    }
    let blocks = u64::from(width.div_ceil(4)) * u64::from(height.div_ceil(4));
    let group_bytes = group::most_bytes(blocks, bytes as u64);
    let size = (width as usize, height as usize);
    let (transforms, width) = Transforms::read(bits, size, group_bytes, cancel)?;
    let image = Image::open(bits, (width, size.1), true, group_bytes, cancel)?;
    Ok((transforms, image))
}

#[cfg(test)]
mod tests;
