//! What was done to an image before it was coded (RFC 9649, section 4), undone a band of rows at a time, the last
//! one first.

use super::bits::Bits;
use super::flaw::{Flaw, Stop};
use super::image::{PIXELS_A_POLL, blocks, whole};
use super::predict::{Predictor, add};
use crate::error::Result;
use crate::image::pixels::zeroed;
use crate::pool::Cancel;

/// Of a pixel red and blue.
const RED_BLUE: u32 = 0x00FF_00FF;

enum Transform {
    Predict(Predictor),
    /// The coefficients of blocks of 2^`bits` pixels a side.
    CrossColor {
        blocks: Vec<u32>,
        bits: u32,
        width: usize,
    },
    SubtractGreen,
    Index(Palette),
}

/// An image of so many colours that several pixels may be one.
struct Palette {
    /// The pixels that a value of green stands for, one value after the other.
    pixels: Vec<u32>,
    /// How many those are.
    bundle: usize,
    width: usize,
}

/// The transforms of an image in the order in which they were done.
pub(super) struct Transforms {
    done: Vec<Transform>,
    /// A band of rows as one transform leaves it to the next, and another one to write to.
    band: Vec<u32>,
    other: Vec<u32>,
}

/// What transforms hold at most, in bytes: coefficients of a quarter of the rows and columns, a row, colours.
pub(super) fn extra_bytes(width: u64, height: u64) -> u64 {
    let band = width.max(PIXELS_A_POLL as u64);
    let coefficients = width.div_ceil(4) * height.div_ceil(4) * 2;
    (coefficients + 2 * band + width + 1 + 256 * 8 + 256) * 4
}

/// Rows of a band.
pub(super) fn band_rows(width: usize) -> usize {
    (PIXELS_A_POLL / width).max(1)
}

impl Transforms {
    /// Reads the transforms of an image, and says how wide it is when they have been done.
    pub(super) fn read(
        bits: &mut Bits<'_>,
        (mut width, height): (usize, usize),
        group_bytes: u64,
        cancel: &Cancel,
    ) -> Result<(Self, usize), Stop> {
        let mut transforms = Vec::new();
        let mut seen = 0_u32;
        let band = band_rows(width).min(height) * width;
        while bits.take_bit() {
            let kind = bits.take(2);
            if seen & (1 << kind) != 0 {
                return Err(Flaw::Damage("a transform comes twice").into());
            }
            seen |= 1 << kind;
            transforms.push(match kind {
                0 | 1 => {
                    let size = bits.take(3) + 2;
                    let of = (blocks(width, size), blocks(height, size));
                    let blocks = whole(bits, of, group_bytes, cancel)?;
                    if kind == 0 {
                        let above = zeroed(width + 1)?;
                        Transform::Predict(Predictor::new(blocks, size, width, above))
                    } else {
                        Transform::CrossColor { blocks, bits: size, width }
                    }
                }
                2 => Transform::SubtractGreen,
                _ => {
                    let palette = Palette::read(bits, width, group_bytes, cancel)?;
                    width = width.div_ceil(palette.bundle);
                    Transform::Index(palette)
                }
            });
        }
        Ok((Self { done: transforms, band: zeroed(band)?, other: zeroed(band)? }, width))
    }

    /// The image's own pixels of whole rows, of which the first is row `y`; all rows come one after the other,
    /// [`band_rows`] at a time.
    pub(super) fn undo(&mut self, pixels: &[u32], y: usize) -> &[u32] {
        let mut length = pixels.len();
        self.band[..length].copy_from_slice(pixels);
        for transform in self.done.iter_mut().rev() {
            let band = &mut self.band[..length];
            match transform {
                Transform::Predict(predictor) => predictor.undo(band, y),
                Transform::CrossColor { blocks, bits, width } => add_colors(band, y, blocks, *bits, *width),
                Transform::SubtractGreen => add_green(band),
                Transform::Index(palette) => {
                    length = palette.undo(band, &mut self.other);
                    std::mem::swap(&mut self.band, &mut self.other);
                }
            }
        }
        &self.band[..length]
    }
}

impl Palette {
    fn read(bits: &mut Bits<'_>, width: usize, group_bytes: u64, cancel: &Cancel) -> Result<Self, Stop> {
        let size = bits.take(8) as usize + 1;
        let mut colors = whole(bits, (size, 1), group_bytes, cancel)?;
        // They are written as differences.
        for at in 1..size {
            colors[at] = add(colors[at], colors[at - 1]);
        }
        let bundle = match size {
            ..=2 => 8,
            3..=4 => 4,
            5..=16 => 2,
            _ => 1,
        };
        let (width_of_one, mask) = (8 / bundle, (1 << (8 / bundle)) - 1);
        let mut pixels = zeroed(256 * bundle)?;
        for (value, pixels) in pixels.chunks_exact_mut(bundle).enumerate() {
            for (place, pixel) in pixels.iter_mut().enumerate() {
                // What is no colour is transparent and black.
                *pixel = colors.get(value >> (place * width_of_one) & mask).copied().unwrap_or(0);
            }
        }
        Ok(Self { pixels, bundle, width })
    }

    /// Says how many pixels there are then.
    fn undo(&self, from: &[u32], to: &mut [u32]) -> usize {
        let bundle = self.bundle;
        if bundle == 1 {
            for (to, from) in to.iter_mut().zip(from) {
                *to = self.pixels.get((from >> 8 & 0xFF) as usize).copied().unwrap_or(0);
            }
            return from.len();
        }
        let bundled = self.width.div_ceil(bundle);
        for (to, from) in to.chunks_exact_mut(self.width).zip(from.chunks_exact(bundled)) {
            for (to, from) in to.chunks_mut(bundle).zip(from) {
                let pixels = &self.pixels[(from >> 8 & 0xFF) as usize * bundle..];
                to.copy_from_slice(&pixels[..to.len()]);
            }
        }
        from.len() / bundled * self.width
    }
}

/// Section 4.3.
fn add_green(pixels: &mut [u32]) {
    for pixel in pixels {
        let green = *pixel >> 8 & 0xFF;
        *pixel = *pixel & !RED_BLUE | (*pixel & RED_BLUE).wrapping_add(green | green << 16) & RED_BLUE;
    }
}

/// Section 4.2.
fn add_colors(pixels: &mut [u32], y: usize, coefficients: &[u32], bits: u32, width: usize) {
    let across = blocks(width, bits);
    for (y, row) in (y..).zip(pixels.chunks_exact_mut(width)) {
        let start = (y >> bits) * across;
        let coefficients = coefficients.get(start..start + across).unwrap_or_default();
        for (pixels, &coefficients) in row.chunks_mut(1 << bits).zip(coefficients) {
            let [green_to_red, green_to_blue, red_to_blue, _] =
                coefficients.to_le_bytes().map(|value| i32::from(value as i8));
            for pixel in pixels {
                let green = i32::from((*pixel >> 8) as i8);
                let red = (*pixel >> 16) as i32 + ((green_to_red * green) >> 5);
                let signed = i32::from(red as i8);
                let blue =
                    (*pixel & 0xFF) as i32 + ((green_to_blue * green) >> 5) + ((red_to_blue * signed) >> 5);
                *pixel = *pixel & !RED_BLUE | (red as u32 & 0xFF) << 16 | blue as u32 & 0xFF;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_added_to_colours_alone() {
        // Green is -1, and so are the coefficients, times 128: 4 is added to red, and to blue, and to that what red
        // says. Alpha, and whatever carries, is no part of it.
        for alpha in [0, 0x7F00_0000, 0xFF00_0000] {
            let mut pixels = [alpha | 0x00FF_FFFF];
            add_colors(&mut pixels, 0, &[0x0080_8080], 2, 1);
            // Red: 255 + 4. Blue: 255 + 4 + (-128 * 3 >> 5).
            assert_eq!(pixels, [alpha | 0x0003_FFF7], "{alpha:x}");
        }
    }
}
