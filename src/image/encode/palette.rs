//! Palettes: at most 256 colours for an image, and each pixel's index into them.
//!
//! An image that has no more colours than the palette may have is stored as it is. Of others, colours are counted,
//! divided into clusters, and these settled, so as to leave little squared error.
//!
//! Pixels are then given the nearest colour, and their error is spread to their neighbours as R. Floyd and
//! L. Steinberg do ("An adaptive algorithm for spatial grey scale", 1976), to and fro by row.

mod clusters;
mod few;
mod histogram;
mod means;

use super::super::options::ResizeOptions;
use super::super::pixels::{Pixels, out_of_memory};
use super::flat;
use super::sink::reserved;
use crate::error::Result;
use crate::pool::Cancel;
use few::Few;
use histogram::{Histogram, Point};

/// Red, green, blue, alpha.
pub(super) type Color = [u8; 4];

pub(super) const TRANSPARENT: Color = [0; 4];

/// The most pixels that colours are counted of, in all images that share a palette; of larger ones, rows are
/// left out.
const MOST_COUNTED: usize = 1 << 19;

/// How many pixels go between two looks at the flag.
const PIXELS_BETWEEN_POLLS: usize = 1 << 14;

/// How many pixels of a row: each may have to look at all of a palette.
const SEARCHES_BETWEEN_POLLS: usize = 1 << 12;

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
    let palette = counter.palette(most, cancel)?;
    let indices = palette.indices(image, pixels.width() as usize, options.dither, cancel)?;
    Ok(Indexed { colors: palette.colors, indices })
}

/// The image with all of its colours, if it has no more than `most`.
fn exact(image: &[Color], most: usize, cancel: &Cancel) -> Result<Option<Indexed>> {
    let mut few = Few::default();
    let mut indices = Vec::new();
    for part in image.chunks(PIXELS_BETWEEN_POLLS) {
        cancel.check()?;
        indices.try_reserve(part.len()).map_err(|_| out_of_memory(part.len() as u64))?;
        for &color in part {
            match few.index(color) {
                Some(index) if few.colors().len() <= most => indices.push(index),
                _ => return Ok(None),
            }
        }
    }
    Ok(Some(Indexed { colors: few.into_colors(), indices }))
}

/// Counts colours, perhaps of several images that are to share a palette.
pub(super) struct Counter {
    /// The first colours that are seen, and whether there are more.
    few: Few,
    many: bool,
    histogram: Histogram,
    most_per_image: usize,
    transparent: bool,
}

impl Counter {
    /// For so many images.
    pub(super) fn new(images: usize) -> Self {
        let most_per_image = (MOST_COUNTED / images.max(1)).max(1);
        Self {
            few: Few::default(),
            many: false,
            histogram: Histogram::new(),
            most_per_image,
            transparent: false,
        }
    }

    pub(super) fn add(&mut self, image: &[Color], width: usize, cancel: &Cancel) -> Result<()> {
        for part in image.chunks(PIXELS_BETWEEN_POLLS) {
            cancel.check()?;
            // What is wholly transparent gets a place of its own, so that nothing else becomes nearly so. One such
            // pixel is enough, wherever it is.
            self.transparent = self.transparent || part.iter().any(|color| color[3] == 0);
            self.many =
                self.many || part.iter().any(|&color| color[3] != 0 && self.few.index(color).is_none());
        }
        // Rows are left out; and of those that are too many for one image each, pixels.
        let height = image.len() / width;
        let rows_between = height.div_ceil((self.most_per_image / width).max(1)).max(1);
        let pixels_between = width.div_ceil(self.most_per_image);
        let mut since_poll = 0;
        for row in image.chunks_exact(width).step_by(rows_between) {
            for part in row.chunks(PIXELS_BETWEEN_POLLS.next_multiple_of(pixels_between)) {
                since_poll += part.len();
                if since_poll >= PIXELS_BETWEEN_POLLS {
                    cancel.check()?;
                    since_poll = 0;
                }
                for color in part.iter().step_by(pixels_between).filter(|color| color[3] != 0) {
                    self.histogram.add(*color, cancel)?;
                }
            }
        }
        Ok(())
    }

    /// Whether what was counted is no more than so many colours, transparency included.
    pub(super) fn fits(&self, most: usize) -> bool {
        !self.many && self.few.colors().len() + usize::from(self.transparent) <= most
    }

    pub(super) fn has_transparency(&self) -> bool {
        self.transparent
    }

    /// The same, but for transparency.
    pub(super) fn without_transparency(self) -> Self {
        Self { transparent: false, ..self }
    }

    /// At most `most` colours, at least 2, that stand for what was counted.
    pub(super) fn palette(self, most: usize, cancel: &Cancel) -> Result<Palette> {
        let room = most - usize::from(self.transparent);
        let exact = self.fits(most);
        let mut colors = self.few.into_colors();
        if !exact {
            let points = self.histogram.points()?;
            if points.is_empty() {
                // There is nothing but transparency in those rows that were counted.
                colors.truncate(room);
            } else {
                colors = found(points, room, cancel)?;
            }
        }
        if self.transparent || colors.is_empty() {
            colors.push(TRANSPARENT);
        }
        Ok(Palette { exact, ..Palette::new(colors) })
    }
}

/// At most so many colours that stand for the points.
fn found(mut points: Vec<Point>, most: usize, cancel: &Cancel) -> Result<Vec<Color>> {
    let clusters = clusters::divide(&mut points, most, cancel)?;
    let means = means::settle(&points, &clusters, cancel)?;
    let mut colors: Vec<Color> = Vec::with_capacity(most);
    for mean in means {
        let mut color = mean.map(|value| value.round() as u8);
        // All that were counted are seen.
        color[3] = color[3].max(1);
        if !colors.contains(&color) {
            colors.push(color);
        }
    }
    Ok(colors)
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
        // In 256ths of a channel's step.
        let strength = (dither.clamp(0.0, 1.0) * MOST_SPREAD * 256.0) as i32;
        // With a pixel on either side, to spread to without asking.
        let mut errors: Vec<[i32; 4]> = reserved(width + 2)?;
        errors.resize(width + 2, [0; 4]);
        let mut below: Vec<[i32; 4]> = reserved(width + 2)?;
        below.resize(width + 2, [0; 4]);
        for (y, row) in image.chunks_exact(width).enumerate() {
            let start = indices.len();
            indices.resize(start + width, 0);
            let out = &mut indices[start..];
            self.row(row, out, strength, y % 2 == 1, [&mut errors, &mut below], cancel)?;
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
        [errors, below]: [&mut [[i32; 4]]; 2],
        cancel: &Cancel,
    ) -> Result<()> {
        for step in 0..row.len() {
            if step % SEARCHES_BETWEEN_POLLS == 0 {
                cancel.check()?;
            }
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
        Ok(())
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
                assert_ne!(found.colors[usize::from(index)][3], 0);
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
    fn what_is_found_is_the_same_each_time() {
        let image = image(&noise(200 * 300), 200);
        let found = || quantise(&image, &ResizeOptions::default(), &Cancel::new()).unwrap();
        let first = found();
        for _ in 0..3 {
            let again = found();
            assert!(again.colors == first.colors && again.indices == first.indices);
        }
    }

    #[test]
    fn a_cancelled_job_stops_wherever_it_is() {
        let image = image(&noise(64 * 64), 64);
        let all = Cancel::after(10_000);
        let options = ResizeOptions::default();
        quantise(&image, &options, &all).unwrap();
        let polls = 10_000 - all.polls_left();
        // One for each division alone.
        assert!(polls > 255, "{polls}");
        for after in 0..polls {
            let error = quantise(&image, &options, &Cancel::after(after)).map(|_| ()).unwrap_err();
            assert_eq!(error.code(), crate::error::Code::Cancelled);
        }
    }

    /// Of the pixels that are seen, to the nearest colour.
    fn squared_error(image: &[Color], colors: &[Color]) -> f64 {
        let palette = Palette::new(colors.to_vec());
        let errors = image.iter().map(|color| {
            let color = color.map(i32::from);
            let found = palette.nearest(color).channels;
            (0..4).map(|channel| f64::from((found[channel] - color[channel]).pow(2))).sum::<f64>()
        });
        errors.sum::<f64>() / image.len() as f64
    }

    #[test]
    fn palettes_leave_no_more_error_than_quantizr_does() {
        let (width, height) = (160, 120);
        let at = |index: usize| (index % width, index / width);
        let disc = |x: usize, y: usize| (x as f32 - 80.0).hypot(y as f32 - 60.0);
        let images: [(&str, Vec<Color>); 5] = [
            ("noise", noise(width * height).into_iter().map(|[r, g, b, _]| [r, g, b, 255]).collect()),
            (
                "noise with alpha",
                noise(width * height).into_iter().map(|[r, g, b, a]| [r, g, b, a | 1]).collect(),
            ),
            (
                "smooth",
                (0..width * height)
                    .map(at)
                    .map(|(x, y)| [(x * 3 / 2) as u8, (y * 2) as u8, (200.0 - disc(x, y)) as u8, 255])
                    .collect(),
            ),
            (
                "flat with soft edges",
                (0..width * height)
                    .map(at)
                    .map(|(x, y)| {
                        let inside = (40.5 - disc(x, y)).clamp(0.0, 1.0);
                        let ground = if y / 20 % 2 == 0 { 240.0 } else { 180.0 };
                        [ground + (20.0 - ground) * inside, ground, ground - 90.0 * inside, 255.0]
                            .map(|value| value as u8)
                    })
                    .collect(),
            ),
            (
                "translucent",
                (0..width * height)
                    .map(at)
                    .map(|(x, y)| {
                        [(x * 3 / 2) as u8, 90, (y * 2) as u8, (255.0 - disc(x, y) * 2.0).max(1.0) as u8]
                    })
                    .collect(),
            ),
        ];
        for (name, image) in images {
            for most in [2, 16, 64, 256] {
                let mut counter = Counter::new(1);
                counter.add(&image, width, &Cancel::new()).unwrap();
                let ours = counter.palette(most, &Cancel::new()).unwrap().colors;
                assert!(ours.len() <= most);
                let mut options = quantizr::Options::default();
                options.set_max_colors(most as i32).unwrap();
                let theirs = quantizr::QuantizeResult::quantize(
                    &quantizr::Image::new(image.as_flattened(), width, height).unwrap(),
                    &options,
                );
                let theirs: Vec<Color> = theirs.get_palette().entries[..theirs.get_palette().count as usize]
                    .iter()
                    .map(|color| [color.r, color.g, color.b, color.a])
                    .collect();
                let (ours, theirs) = (squared_error(&image, &ours), squared_error(&image, &theirs));
                assert!(ours <= theirs * 1.02, "{name}, {most} colours: {ours}, and quantizr {theirs}");
            }
        }
    }

    #[test]
    fn few_colours_are_found_wherever_they_are() {
        // Three rows in four are not counted, and one of them has a colour of its own.
        let (width, height) = (1024, 2048);
        let mut colors: Vec<Color> = (0..width * height).map(|at| [(at % 200) as u8, 0, 0, 255]).collect();
        colors[width + 5] = [1, 2, 3, 255];
        let mut counter = Counter::new(1);
        counter.add(&colors, width, &Cancel::new()).unwrap();
        let palette = counter.palette(256, &Cancel::new()).unwrap();
        assert!(palette.is_exact());
        assert_eq!(palette.colors.len(), 201);
        assert!(palette.colors.contains(&[1, 2, 3, 255]));
    }

    #[test]
    fn colours_between_transparent_rows_are_no_holes() {
        let (width, height) = (1024, 1024);
        let mut colors = noise(width * height);
        for (at, color) in colors.iter_mut().enumerate() {
            color[3] = if at / width % 2 == 0 { 0 } else { 255 };
        }
        let mut counter = Counter::new(1);
        counter.add(&colors, width, &Cancel::new()).unwrap();
        assert!(counter.histogram.is_empty(), "the rows that are counted are the transparent ones");
        let palette = counter.palette(16, &Cancel::new()).unwrap();
        assert!(!palette.is_exact());
        assert_eq!(palette.colors.len(), 16);
        assert_eq!(palette.transparent(), Some(15));
    }

    #[test]
    fn many_wide_images_are_counted_in_part() {
        let row = noise(40_000);
        let mut counter = Counter::new(1000);
        for _ in 0..3 {
            counter.add(&row, row.len(), &Cancel::new()).unwrap();
        }
        let pixels: f32 = counter.histogram.points().unwrap().iter().map(|point| point.weight).sum();
        assert!((1000.0..=3.0 * (MOST_COUNTED / 1000) as f32).contains(&pixels), "{pixels}");
    }
}
