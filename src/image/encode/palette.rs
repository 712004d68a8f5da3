//! Palettes: at most 256 colours for an image, and each pixel's index into them.
//!
//! Which colours is quantizr's work (clusters split along their greatest variance). An image that has no more
//! colours than the palette may have is stored as it is.
//!
//! Pixels are then given the nearest colour, and their error is spread to their neighbours as R. Floyd and
//! L. Steinberg do ("An adaptive algorithm for spatial grey scale", 1976), to and fro by row.

use quantizr::{Histogram, Image, Options, QuantizeResult};

use super::super::options::ResizeOptions;
use super::super::pixels::{Pixels, out_of_memory};
use super::flat;
use super::sink::reserved;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Red, green, blue, alpha.
pub(super) type Color = [u8; 4];

pub(super) const TRANSPARENT: Color = [0; 4];

/// The most pixels that colours are counted of, in all images that share a palette; of larger ones, rows are
/// left out.
const MOST_COUNTED: usize = 1 << 20;

/// How many pixels go between two looks at the flag.
const PIXELS_BETWEEN_POLLS: usize = 1 << 14;

/// Of its error, what a pixel gives to others at most. With all of it, errors add up where the palette has no
/// colour near: measured on photographs, a tenth more bytes and ten points of SSIMULACRA2 less.
const MOST_SPREAD: f32 = 0.75;

/// An image of indices into its colours.
pub(super) struct Indexed {
    pub(super) colors: Vec<Color>,
    pub(super) indices: Vec<u8>,
}

/// The whole image with a palette, without loss if its colours are few enough.
pub(super) fn quantise(pixels: &Pixels, options: &ResizeOptions, cancel: &Cancel) -> Result<Indexed> {
    let rgba = flat::rgba(pixels, cancel)?;
    let (image, _) = rgba.as_chunks::<4>();
    let most = usize::from(options.colors.clamp(2, 256));
    if let Some(exact) = exact(image, most, cancel)? {
        return Ok(exact);
    }
    let mut counter = Counter::new(1);
    counter.add(image, pixels.width() as usize, cancel)?;
    let palette = counter.palette(most)?;
    cancel.check()?;
    let indices = palette.indices(image, pixels.width() as usize, options.dither, cancel)?;
    Ok(Indexed { colors: palette.colors, indices })
}

/// The image with all of its colours, if it has no more than `most`.
fn exact(image: &[Color], most: usize, cancel: &Cancel) -> Result<Option<Indexed>> {
    // Open addressing in a table that is at most a quarter full.
    const SLOTS: usize = 1024;
    let mut slots = [(TRANSPARENT, None); SLOTS];
    let mut colors: Vec<Color> = Vec::with_capacity(most);
    let mut indices = Vec::new();
    let mut last = (TRANSPARENT, None);
    for part in image.chunks(PIXELS_BETWEEN_POLLS) {
        cancel.check()?;
        indices.try_reserve(part.len()).map_err(|_| out_of_memory(part.len() as u64))?;
        for &color in part {
            if let (same, Some(index)) = last
                && same == color
            {
                indices.push(index);
                continue;
            }
            let hash = u32::from_le_bytes(color).wrapping_mul(0x9E37_79B1) >> 22;
            let mut at = hash as usize;
            let index = loop {
                match &mut slots[at] {
                    (held, Some(index)) if *held == color => break *index,
                    (_, Some(_)) => at = (at + 1) % SLOTS,
                    slot => {
                        if colors.len() == most {
                            return Ok(None);
                        }
                        let index = colors.len() as u8;
                        *slot = (color, Some(index));
                        colors.push(color);
                        break index;
                    }
                }
            };
            indices.push(index);
            last = (color, Some(index));
        }
    }
    Ok(Some(Indexed { colors, indices }))
}

/// Counts colours, perhaps of several images that are to share a palette.
pub(super) struct Counter {
    histogram: Histogram,
    most_per_image: usize,
    colors: bool,
    transparent: bool,
}

impl Counter {
    /// For so many images.
    pub(super) fn new(images: usize) -> Self {
        let most_per_image = (MOST_COUNTED / images.max(1)).max(1);
        Self { histogram: Histogram::new(), most_per_image, colors: false, transparent: false }
    }

    pub(super) fn add(&mut self, image: &[Color], width: usize, cancel: &Cancel) -> Result<()> {
        let step = image.len().div_ceil(self.most_per_image).max(1);
        // What is wholly transparent gets a place of its own, so that nothing else becomes nearly so. One such
        // pixel is enough, wherever it is.
        for part in image.chunks(PIXELS_BETWEEN_POLLS) {
            cancel.check()?;
            self.transparent = self.transparent || part.iter().any(|color| color[3] == 0);
        }
        let mut shown: Vec<Color> = reserved(PIXELS_BETWEEN_POLLS.max(width))?;
        let mut rows = image.chunks_exact(width).step_by(step).peekable();
        while let Some(row) = rows.next() {
            shown.extend(row.iter().filter(|color| color[3] != 0));
            if shown.len() + width > PIXELS_BETWEEN_POLLS || rows.peek().is_none() {
                cancel.check()?;
                self.count(&shown)?;
                shown.clear();
            }
        }
        Ok(())
    }

    fn count(&mut self, shown: &[Color]) -> Result<()> {
        if shown.is_empty() {
            return Ok(());
        }
        self.colors = true;
        let part = Image::new(shown.as_flattened(), shown.len(), 1).map_err(|error| failed(&error))?;
        self.histogram.add_image(&part);
        Ok(())
    }

    /// At most `most` colours, at least 2, that stand for what was counted.
    pub(super) fn palette(&self, most: usize) -> Result<Palette> {
        let mut colors = Vec::with_capacity(most);
        let mut exact = true;
        if self.colors {
            let room = most - usize::from(self.transparent);
            let mut options = Options::default();
            // Fewer than two, it does not make: two are asked for, and one is kept.
            options.set_max_colors(room.max(2) as i32).map_err(|error| failed(&error))?;
            let found = QuantizeResult::quantize_histogram(&self.histogram, &options);
            let palette = found.get_palette();
            exact = found.get_error() == 0.0 && palette.count as usize <= room;
            let count = (palette.count as usize).min(room);
            colors.extend(palette.entries[..count].iter().map(|color| [color.r, color.g, color.b, color.a]));
        }
        if self.transparent || colors.is_empty() {
            colors.push(TRANSPARENT);
        }
        Ok(Palette { exact, ..Palette::new(colors) })
    }
}

fn failed(error: &quantizr::Error) -> Error {
    Error::internal(format!("finding a palette failed: {error:?}"))
}

/// Colours, and what finding the nearest of them needs.
pub(super) struct Palette {
    pub(super) colors: Vec<Color>,
    /// Those that are seen, by the sum of their channels; of a palette that has none, the transparent one.
    sorted: Vec<Entry>,
    /// Where in it the first entry of at least each sum is.
    starts: Vec<u16>,
    /// The index that pixels get which are wholly transparent.
    unseen: u8,
    exact: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    channels: [i32; 4],
    sum: i32,
    index: u8,
}

/// The highest sum of four channels.
const HIGHEST_SUM: i32 = 4 * 255;

impl Palette {
    fn new(colors: Vec<Color>) -> Self {
        let mut sorted: Vec<Entry> = (0..=u8::MAX)
            .zip(&colors)
            .filter(|(_, color)| **color != TRANSPARENT || colors.len() == 1)
            .map(|(index, color)| {
                let channels = color.map(i32::from);
                Entry { channels, sum: channels.iter().sum(), index }
            })
            .collect();
        sorted.sort_by_key(|entry| entry.sum);
        let starts =
            (0..=HIGHEST_SUM).map(|sum| sorted.partition_point(|entry| entry.sum < sum) as u16).collect();
        let mut palette = Self { colors, sorted, starts, unseen: 0, exact: true };
        palette.unseen = palette.transparent().unwrap_or_else(|| palette.nearest([0; 4]).index);
        palette
    }

    /// Whether it has all of the colours that were counted.
    pub(super) fn is_exact(&self) -> bool {
        self.exact
    }

    /// The index of the transparent colour, if there is one.
    pub(super) fn transparent(&self) -> Option<u8> {
        self.colors.iter().position(|&color| color == TRANSPARENT).map(|index| index as u8)
    }

    /// The nearest colour that is seen, by Euclid's distance. Two colours are no nearer than half the difference of their
    /// channels' sums (Cauchy and Schwarz), so only those around the colour's own sum are looked at.
    fn nearest(&self, channels: [i32; 4]) -> &Entry {
        let sum: i32 = channels.iter().sum();
        let start = usize::from(self.starts[sum.clamp(0, HIGHEST_SUM) as usize]);
        let (lower, upper) = self.sorted.split_at(start);
        let mut best: (i32, Option<&Entry>) = (i32::MAX, None);
        let mut look = |entry| nearer(entry, channels, sum, &mut best);
        let (mut down, mut up) = (lower.iter().rev(), upper.iter());
        let (mut going_down, mut going_up) = (true, true);
        while going_down || going_up {
            going_up = going_up && up.next().is_some_and(&mut look);
            going_down = going_down && down.next().is_some_and(&mut look);
        }
        // There is always a colour, and the first that is looked at is near enough to be taken.
        best.1.unwrap_or(&self.sorted[0])
    }

    /// Each pixel's index, `dither` of its error (0 to 1) spread to its neighbours.
    pub(super) fn indices(
        &self,
        image: &[Color],
        width: usize,
        dither: f32,
        cancel: &Cancel,
    ) -> Result<Vec<u8>> {
        let mut indices: Vec<u8> = reserved(image.len())?;
        indices.resize(image.len(), 0);
        // In 256ths of a channel's step.
        let strength = (dither.clamp(0.0, 1.0) * MOST_SPREAD * 256.0) as i32;
        // With a pixel on either side, to spread to without asking.
        let mut errors = vec![[0_i32; 4]; width + 2];
        let mut below = errors.clone();
        let rows_between_polls = (PIXELS_BETWEEN_POLLS / width).max(1);
        for (y, (row, out)) in image.chunks_exact(width).zip(indices.chunks_exact_mut(width)).enumerate() {
            if y % rows_between_polls == 0 {
                cancel.check()?;
            }
            self.row(row, out, strength, y % 2 == 1, &mut errors, &mut below);
            std::mem::swap(&mut errors, &mut below);
            below.fill([0; 4]);
        }
        Ok(indices)
    }

    fn row(
        &self,
        row: &[Color],
        out: &mut [u8],
        strength: i32,
        backwards: bool,
        errors: &mut [[i32; 4]],
        below: &mut [[i32; 4]],
    ) {
        for step in 0..row.len() {
            let x = if backwards { row.len() - 1 - step } else { step };
            let color = row[x].map(i32::from);
            let place = x + 1;
            if color[3] == 0 {
                // What is not seen takes no error and gives none.
                out[x] = self.unseen;
                continue;
            }
            let mut wanted = color;
            for (wanted, error) in wanted.iter_mut().zip(errors[place]) {
                *wanted = (*wanted + ((error + 128) >> 8)).clamp(0, 255);
            }
            let found = self.nearest(wanted);
            out[x] = found.index;
            if strength == 0 {
                continue;
            }
            let (ahead, behind) = if backwards { (place - 1, place + 1) } else { (place + 1, place - 1) };
            for channel in 0..4 {
                let error = (wanted[channel] - found.channels[channel]) * strength;
                errors[ahead][channel] += error * 7 / 16;
                below[behind][channel] += error * 3 / 16;
                below[place][channel] += error * 5 / 16;
                below[ahead][channel] += error / 16;
            }
        }
    }
}

/// Takes an entry if it is the nearest so far; false where it is so far that those behind it need no look.
#[inline]
fn nearer<'a>(entry: &'a Entry, channels: [i32; 4], sum: i32, best: &mut (i32, Option<&'a Entry>)) -> bool {
    let apart = entry.sum - sum;
    if apart * apart / 4 >= best.0 {
        return false;
    }
    let distance = (0..4).map(|channel| (entry.channels[channel] - channels[channel]).pow(2)).sum::<i32>();
    if distance < best.0 {
        *best = (distance, Some(entry));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::pixels::Layout;

    fn noise(length: usize) -> Vec<Color> {
        let mut state = 1_u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    fn image(colors: &[Color], width: u32) -> Pixels {
        let height = colors.len() as u32 / width;
        Pixels::from_vec(Layout::Rgba8, width, height, colors.as_flattened().to_vec()).unwrap()
    }

    #[test]
    fn few_colours_are_kept_even_under_transparency() {
        let colors: Vec<Color> = (0..1000_u32).map(|i| [(i % 16) as u8, 7, 9, (i % 3) as u8]).collect();
        let found = quantise(&image(&colors, 100), &ResizeOptions::default(), &Cancel::new()).unwrap();
        assert_eq!(found.colors.len(), 48);
        let seen: Vec<Color> = found.indices.iter().map(|&index| found.colors[usize::from(index)]).collect();
        assert_eq!(seen, colors);
        let fewer = ResizeOptions { colors: 47, ..ResizeOptions::default() };
        assert!(quantise(&image(&colors, 100), &fewer, &Cancel::new()).unwrap().colors.len() <= 47);
    }

    #[test]
    fn the_nearest_is_what_looking_at_all_of_them_finds() {
        let colors = noise(256);
        let palette = Palette::new(colors.clone());
        for color in noise(5000).into_iter().skip(256) {
            let distance = |other: &Color| {
                (0..4).map(|c| (i32::from(other[c]) - i32::from(color[c])).pow(2)).sum::<i32>()
            };
            let least = colors.iter().map(distance).min().unwrap();
            let found = palette.nearest(color.map(i32::from));
            assert_eq!(distance(&colors[usize::from(found.index)]), least);
        }
    }

    #[test]
    fn dithering_shows_what_lies_between_the_colours() {
        // Grays between black and white, of which the palette has nothing else.
        let palette = Palette::new(vec![[0, 0, 0, 255], [255; 4]]);
        let white = |gray, dither| {
            let image = vec![[gray, gray, gray, 255]; 64 * 64];
            let indices = palette.indices(&image, 64, dither, &Cancel::new()).unwrap();
            indices.iter().map(|&index| usize::from(index == 1)).sum::<usize>()
        };
        assert_eq!((white(100, 0.0), white(150, 0.0)), (0, 64 * 64));
        let shades = [60, 90, 120, 150, 180].map(|gray| white(gray, 1.0));
        assert!(shades.is_sorted_by(|one, next| one < next), "{shades:?}");
        assert!(shades[0] > 0 && shades[4] < 64 * 64);
    }

    #[test]
    fn transparent_pixels_stay_so_and_no_others_become_so() {
        let mut colors = noise(64 * 64);
        for (index, color) in colors.iter_mut().enumerate() {
            color[3] = if index % 5 == 0 { 0 } else { color[3].max(1) };
        }
        let options = ResizeOptions { colors: 16, ..ResizeOptions::default() };
        let found = quantise(&image(&colors, 64), &options, &Cancel::new()).unwrap();
        assert!(found.colors.len() <= 16);
        for (color, &index) in colors.iter().zip(&found.indices) {
            if color[3] == 0 {
                assert_eq!(found.colors[usize::from(index)], TRANSPARENT);
            } else {
                assert_ne!(found.colors[usize::from(index)], TRANSPARENT);
            }
        }
    }

    #[test]
    fn black_is_no_hole_where_yellow_is_the_nearest_that_is_seen() {
        let logo = |at: usize| match at % 100 {
            0 => TRANSPARENT,
            1..=60 => [255; 4],
            61..=95 => [255, 255, 0, 255],
            _ => [0, 0, 0, 255],
        };
        let colors: Vec<Color> = (0..10_000).map(logo).collect();
        let options = ResizeOptions { colors: 3, ..ResizeOptions::default() };
        let found = quantise(&image(&colors, 100), &options, &Cancel::new()).unwrap();
        for (color, &index) in colors.iter().zip(&found.indices) {
            assert_eq!(color[3] == 0, found.colors[usize::from(index)] == TRANSPARENT, "{color:?}");
        }
    }

    #[test]
    fn a_single_transparent_pixel_of_a_large_image_stays_so() {
        let mut colors = noise(1200 * 1000);
        for color in &mut colors {
            color[3] = 255;
        }
        // In a row whose colours are not counted.
        colors[1200 + 7] = [1, 2, 3, 0];
        let found = quantise(&image(&colors, 1200), &ResizeOptions::default(), &Cancel::new()).unwrap();
        let holes: Vec<usize> = (0..colors.len())
            .filter(|at| found.colors[usize::from(found.indices[*at])] == TRANSPARENT)
            .collect();
        assert_eq!(holes, [1200 + 7]);
    }

    #[test]
    fn nothing_but_transparency_is_a_palette_of_one() {
        let mut colors = noise(64 * 64);
        for color in &mut colors {
            color[3] = 0;
        }
        let found = quantise(&image(&colors, 64), &ResizeOptions::default(), &Cancel::new()).unwrap();
        assert_eq!(found.colors, [TRANSPARENT]);
        let two = ResizeOptions { colors: 2, ..ResizeOptions::default() };
        colors[0] = [9, 9, 9, 255];
        colors[1] = [200, 9, 9, 255];
        assert!(quantise(&image(&colors, 64), &two, &Cancel::new()).unwrap().colors.len() <= 2);
    }

    #[test]
    fn a_cancelled_job_stops() {
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(quantise(&image(&noise(64), 8), &ResizeOptions::default(), &cancel).is_err());
    }
}
