//! Cutting off borders of one colour.
//!
//! What counts as border is what sharp and libvips (`find_trim`) take for it: a pixel whose neighbourhood's
//! median is within the threshold of the background in every channel, transparent pixels showing the
//! background, and alpha being a channel too. The median, over three by three pixels, keeps specks of dust
//! and the noise of JPEG from being content.

use super::options::{Background, Region, Trim};
use super::orientation::Orientation;
use super::pixels::{Layout, Pixels};
use crate::error::Result;
use crate::image::geometry::Rect;
use crate::pool::Cancel;

/// The part of the stored image that is left; all of it where nothing would be.
///
/// Without a background of its own, `trim` takes the colour in the upper left corner of the image as
/// `orientation` shows it.
pub(super) fn trim(pixels: &Pixels, trim: Trim, orientation: Orientation, cancel: &Cancel) -> Result<Region> {
    let border = Border::new(pixels, trim, orientation);
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let whole = Region { left: 0, top: 0, width: pixels.width(), height: pixels.height() };
    let mut flags = vec![0; width];
    let mut any = |y: usize| -> Result<bool> {
        cancel.check()?;
        Ok(border.first(y, 0, width, &mut flags).is_some())
    };
    let mut top = 0;
    while !any(top)? {
        top += 1;
        if top == height {
            return Ok(whole);
        }
    }
    let mut bottom = height;
    while bottom > top + 1 && !any(bottom - 1)? {
        bottom -= 1;
    }
    // From both sides each row is looked at as far as the rows before it leave open.
    let (mut left, mut right) = (width, 0);
    for y in top..bottom {
        cancel.check()?;
        if let Some(first) = border.first(y, 0, left, &mut flags) {
            left = first;
        }
        if let Some(last) = border.last(y, right, width, &mut flags) {
            right = last + 1;
        }
    }
    // The row at `top` has content, so both have been found.
    Ok(Region {
        left: left as u32,
        top: top as u32,
        width: right.saturating_sub(left).max(1) as u32,
        height: (bottom - top) as u32,
    })
}

/// What is not content.
struct Border<'a> {
    pixels: &'a Pixels,
    channels: usize,
    alpha: bool,
    /// The background, and the least and greatest value of each channel that is like it.
    background: [i64; 4],
    low: [i64; 4],
    high: [i64; 4],
    max: i64,
}

impl<'a> Border<'a> {
    fn new(pixels: &'a Pixels, trim: Trim, orientation: Orientation) -> Self {
        let layout = pixels.layout();
        let unit = if layout.is_wide() { 257 } else { 1 };
        let mut border = Self {
            pixels,
            channels: layout.channels(),
            alpha: layout.has_alpha(),
            background: [0; 4],
            low: [0; 4],
            high: [0; 4],
            max: 255 * unit,
        };
        border.background = if let Some(background) = trim.background {
            color(layout, background).map(|value| i64::from(value) * unit)
        } else {
            let size = (u64::from(pixels.width()), u64::from(pixels.height()));
            let corner = orientation.stored_rect(Rect { left: 0, top: 0, width: 1, height: 1 }, size);
            border.pixel(corner.left as usize, corner.top as usize)
        };
        let threshold = i64::from(trim.threshold) * unit;
        border.low = border.background.map(|value| value - threshold);
        border.high = border.background.map(|value| value + threshold);
        border
    }

    fn pixel(&self, x: usize, y: usize) -> [i64; 4] {
        let start = (y * self.pixels.width() as usize + x) * self.channels;
        let mut pixel = [0; 4];
        for (channel, value) in pixel.iter_mut().enumerate().take(self.channels) {
            *value = if self.pixels.layout().is_wide() {
                i64::from(self.pixels.words()[start + channel])
            } else {
                i64::from(self.pixels.data()[start + channel])
            };
        }
        pixel
    }

    /// Four bits for each way a pixel can differ: each channel being too dark, or too bright.
    fn flags(&self, x: usize, y: usize) -> u32 {
        let mut pixel = self.pixel(x, y);
        if self.alpha {
            let colors = self.channels - 1;
            let alpha = pixel[colors];
            for (value, background) in pixel.iter_mut().zip(self.background).take(colors) {
                *value = (*value * alpha + background * (self.max - alpha)) / self.max;
            }
        }
        let mut flags = 0;
        let bounds = self.low.iter().zip(&self.high);
        for (channel, (value, (low, high))) in pixel.iter().zip(bounds).enumerate().take(self.channels) {
            let (dark, bright) = (u32::from(value < low), u32::from(value > high));
            flags |= (dark | bright << 4) << (8 * channel);
        }
        flags
    }

    /// Fills `flags` with the sums of three rows' flags, and says which pixels of `from` to `to` are
    /// content: nine pixels have a median beyond a bound when five of them lie beyond it.
    fn content<'f>(
        &self,
        y: usize,
        from: usize,
        to: usize,
        flags: &'f mut [u32],
    ) -> impl DoubleEndedIterator<Item = usize> + use<'f> {
        let (width, height) = (self.pixels.width() as usize, self.pixels.height() as usize);
        let rows = [y.saturating_sub(1), y, (y + 1).min(height - 1)];
        let around = from.saturating_sub(1)..(to + 1).min(width);
        for (x, flags) in around.clone().zip(&mut flags[around]) {
            *flags = rows.iter().map(|row| self.flags(x, *row)).sum();
        }
        let flags = &*flags;
        (from..to).filter(move |x| {
            let sum = flags[x.saturating_sub(1)] + flags[*x] + flags[(x + 1).min(width - 1)];
            (sum + 0x3333_3333) & 0x8888_8888 != 0
        })
    }

    fn first(&self, y: usize, from: usize, to: usize, flags: &mut [u32]) -> Option<usize> {
        self.content(y, from, to, flags).next()
    }

    fn last(&self, y: usize, from: usize, to: usize, flags: &mut [u32]) -> Option<usize> {
        self.content(y, from, to, flags).next_back()
    }
}

/// A colour in a layout's channels.
fn color(layout: Layout, Background { r, g, b, alpha }: Background) -> [u8; 4] {
    if layout.is_cmyk() {
        // Without a profile at hand; white paper is no ink in any.
        return [255 - r, 255 - g, 255 - b, 0];
    }
    match (layout.is_gray(), layout.has_alpha()) {
        (true, false) => [r, 0, 0, 0],
        (true, true) => [r, alpha, 0, 0],
        (false, _) => [r, g, b, alpha],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of `width` × 8 pixels of `ground` with a block of `ink` at 3 to 6 across, 2 to 5 down.
    fn picture(layout: Layout, ground: &[u8], ink: &[u8]) -> Pixels {
        let data = (0..8).flat_map(|y| (0..10).map(move |x| (x, y))).flat_map(|(x, y)| {
            if (3..7).contains(&x) && (2..6).contains(&y) { ink.to_vec() } else { ground.to_vec() }
        });
        Pixels::from_vec(layout, 10, 8, data.collect()).unwrap()
    }

    fn trimmed(pixels: &Pixels, options: Trim) -> (u32, u32, u32, u32) {
        let Region { left, top, width, height } =
            trim(pixels, options, Orientation::UPRIGHT, &Cancel::new()).unwrap();
        (left, top, width, height)
    }

    #[test]
    fn borders_go() {
        let everything = Trim::default();
        for (layout, ground, ink) in [
            (Layout::L8, &[200][..], &[100][..]),
            (Layout::Rgb8, &[9, 9, 9], &[9, 9, 20]),
            (Layout::Rgba8, &[0, 0, 0, 0], &[255, 0, 0, 255]),
            (Layout::La8, &[0, 255], &[0, 0]),
        ] {
            let found = trimmed(&picture(layout, ground, ink), everything);
            assert_eq!(found, (3, 2, 4, 4), "{layout:?}");
        }
    }

    /// Pictures with noise and specks, as sharp trims them: `benchmark/judge/trim.js`.
    #[test]
    fn what_is_left_is_what_sharp_leaves() {
        const WIDTH: usize = 40;
        const HEIGHT: usize = 30;
        let mut cases = 0;
        for (seed, line) in (1..).zip(include_str!("../../tests/image/sharp-trim.csv").lines().skip(2)) {
            let cells: Vec<u32> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            let (channels, block, [step, grain, specks, threshold]) =
                (cells[0] as usize, &cells[1..5], [cells[5], cells[6], cells[7], cells[8]]);
            let mut state: u32 = seed;
            let mut chance = |below: u32| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) % below
            };
            let layout = if channels == 3 { Layout::Rgb8 } else { Layout::Rgba8 };
            let mut pixels = Pixels::new(layout, WIDTH as u32, HEIGHT as u32).unwrap();
            for (index, pixel) in pixels.data_mut().chunks_exact_mut(channels).enumerate() {
                let (x, y) = ((index % WIDTH) as u32, (index / WIDTH) as u32);
                let inside = (block[0]..block[0] + block[2]).contains(&x)
                    && (block[1]..block[1] + block[3]).contains(&y);
                let speck = chance(10) == 0 && specks == 1;
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let ground = if channel == 3 { 250 } else { 120 + channel as u32 * 10 };
                    let less = if inside { step } else { 0 } + if speck { 90 } else { 0 };
                    *value = ground.wrapping_sub(less).wrapping_sub(chance(grain)) as u8;
                }
            }
            let options = Trim { background: None, threshold: threshold as u8 };
            assert_eq!(trimmed(&pixels, options), (cells[9], cells[10], cells[11], cells[12]), "{line}");
            cases += 1;
        }
        assert_eq!(cases, 200);
    }

    #[test]
    fn the_threshold_itself_is_border() {
        let pixels = picture(Layout::L8, &[100], &[110]);
        assert_eq!(trimmed(&pixels, Trim { background: None, threshold: 10 }), (0, 0, 10, 8));
        assert_eq!(trimmed(&pixels, Trim { background: None, threshold: 9 }), (3, 2, 4, 4));
    }

    #[test]
    fn the_colour_of_transparent_pixels_does_not_count() {
        let pixels = picture(Layout::Rgba8, &[10, 20, 30, 0], &[200, 100, 0, 0]);
        assert_eq!(trimmed(&pixels, Trim::default()), (0, 0, 10, 8));
    }

    #[test]
    fn specks_are_border() {
        let mut pixels = picture(Layout::L8, &[0], &[255]);
        pixels.data_mut()[9] = 255;
        assert_eq!(trimmed(&pixels, Trim::default()), (3, 2, 4, 4));
    }

    #[test]
    fn a_background_of_ones_own() {
        let white = Background { r: 255, g: 255, b: 255, alpha: 255 };
        let pixels = picture(Layout::Rgb8, &[255, 255, 255], &[255, 255, 0]);
        let options = Trim { background: Some(white), threshold: 10 };
        assert_eq!(trimmed(&pixels, options), (3, 2, 4, 4));
        // Nothing is like it, so nothing is cut.
        let black = Trim { background: Some(Background::default()), threshold: 10 };
        assert_eq!(trimmed(&pixels, black), (0, 0, 10, 8));
    }

    #[test]
    fn the_corner_is_that_of_the_image_as_shown() {
        let mut pixels = picture(Layout::L8, &[50], &[200]);
        // The right half has another ground.
        for (index, value) in pixels.data_mut().iter_mut().enumerate() {
            if index % 10 >= 7 {
                *value = 0;
            }
        }
        let mirrored = Orientation::from_exif(2).unwrap();
        let found = trim(&pixels, Trim::default(), mirrored, &Cancel::new()).unwrap();
        assert_eq!((found.left, found.width), (0, 7));
    }

    #[test]
    fn sixteen_bits() {
        let mut words = vec![30_000; 80];
        for y in 2..6 {
            words[y * 10 + 3..y * 10 + 7].fill(40_000);
        }
        let pixels = Pixels::from_words(Layout::L16, 10, 8, words).unwrap();
        assert_eq!(trimmed(&pixels, Trim::default()), (3, 2, 4, 4));
        assert_eq!(trimmed(&pixels, Trim { background: None, threshold: 40 }), (0, 0, 10, 8));
    }
}
