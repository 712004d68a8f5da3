//! The background: what fills empty space, and what lies under transparent pixels where the format has none.

use super::options::Background;
use super::pixels::{Layout, Pixels};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// How the scaled and turned image comes to lie on what is encoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Composition {
    /// The output's size.
    pub(super) canvas: (u32, u32),
    /// Where the image lies on it.
    pub(super) offset: (u32, u32),
    pub(super) background: Background,
    /// The layout in which the background is put around the image: with what colour and alpha it adds.
    pub(super) padded: Layout,
    /// The layout that the encoder takes.
    pub(super) encoded: Layout,
}

/// Pads and flattens the image.
pub(super) fn compose(shown: Pixels, composition: &Composition, cancel: &Cancel) -> Result<Pixels> {
    let Composition { canvas, offset, background, padded, encoded } = *composition;
    let padded = if shown.size() == canvas {
        shown
    } else {
        pad(&shown.convert(padded, cancel)?, canvas, offset, background, cancel)?
    };
    if padded.layout().has_alpha() && !encoded.has_alpha() {
        return flatten(&padded, encoded, background, cancel);
    }
    padded.convert(encoded, cancel)
}

fn pad(
    image: &Pixels,
    canvas: (u32, u32),
    offset: (u32, u32),
    background: Background,
    cancel: &Cancel,
) -> Result<Pixels> {
    let layout = image.layout();
    let fits = |start: u32, length: u32, all: u32| start.checked_add(length).is_some_and(|end| end <= all);
    if !fits(offset.0, image.width(), canvas.0) || !fits(offset.1, image.height(), canvas.1) {
        return Err(Error::internal(format!("{image:?} does not fit {canvas:?} at {offset:?}")));
    }
    if layout.is_cmyk() {
        return Err(Error::internal("a background in ink"));
    }
    let bytes = layout.pixel_bytes();
    let mut padded = Pixels::new(layout, canvas.0, canvas.1)?;
    let Background { r, g, b, alpha } = background;
    let eight: &[u8] = match (layout.is_gray(), layout.has_alpha()) {
        (true, false) => &[r],
        (true, true) => &[r, alpha],
        (false, false) => &[r, g, b],
        (false, true) => &[r, g, b, alpha],
    };
    // A byte twice is the same share of 65,535 as it was of 255.
    let colour: Vec<u8> = eight.iter().flat_map(|byte| vec![*byte; layout.sample_bytes()]).collect();
    let (from, to) = (image.stride(), padded.stride());
    let empty: Vec<u8> = colour.iter().copied().cycle().take(to).collect();
    let left = offset.0 as usize * bytes;
    let (top, bottom) = (offset.1 as usize, (offset.1 + image.height()) as usize);
    let mut lines = image.data().chunks_exact(from);
    for (y, row) in padded.data_mut().chunks_exact_mut(to).enumerate() {
        if y % 256 == 0 {
            cancel.check()?;
        }
        if (top..bottom).contains(&y)
            && let Some(line) = lines.next()
        {
            row[..left].copy_from_slice(&empty[..left]);
            row[left..left + from].copy_from_slice(line);
            row[left + from..].copy_from_slice(&empty[..to - left - from]);
        } else {
            row.copy_from_slice(&empty);
        }
    }
    Ok(padded)
}

/// Lays the image over the background, whose own alpha is ignored.
fn flatten(image: &Pixels, layout: Layout, background: Background, cancel: &Cancel) -> Result<Pixels> {
    let flat = Layout::new(layout.is_gray(), false, image.layout().is_wide());
    if flat.is_gray() && !image.layout().is_gray() {
        return Err(Error::internal(format!("{image:?} cannot become {layout:?} by flattening")));
    }
    let mut target = Pixels::new(flat, image.width(), image.height())?;
    let gray = image.layout().is_gray();
    let Background { r, g, b, .. } = background;
    let rows = image.height() as usize;
    let (from, to) =
        (image.stride() / image.layout().sample_bytes(), image.width() as usize * flat.channels());
    let shape = (image.layout().channels(), flat.channels(), gray);
    for y in 0..rows {
        if y % 64 == 0 {
            cancel.check()?;
        }
        if flat.is_wide() {
            let below = [r, g, b].map(|value| u64::from(value) * 257);
            let (source, target) =
                (&image.words()[y * from..][..from], &mut target.words_mut()[y * to..][..to]);
            blend(source, target, shape, below, 65_535, |value| value as u16);
        } else {
            let below = [r, g, b].map(u64::from);
            let (source, target) =
                (&image.data()[y * from..][..from], &mut target.data_mut()[y * to..][..to]);
            blend(source, target, shape, below, 255, |value| value as u8);
        }
    }
    target.convert(layout, cancel)
}

fn blend<S: Copy + Into<u64>>(
    source: &[S],
    target: &mut [S],
    (from, to, gray): (usize, usize, bool),
    below: [u64; 3],
    max: u64,
    narrow: impl Fn(u64) -> S,
) {
    for (source, target) in source.chunks_exact(from).zip(target.chunks_exact_mut(to)) {
        let alpha: u64 = source[from - 1].into();
        for (channel, value) in target.iter_mut().enumerate() {
            let above: u64 = source[if gray { 0 } else { channel }].into();
            // Rounded to nearest.
            *value = narrow((above * alpha + below[channel] * (max - alpha) + max / 2) / max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Background = Background { r: 255, g: 0, b: 0, alpha: 255 };

    #[test]
    fn padding_surrounds() {
        let image = Pixels::from_vec(Layout::L8, 1, 1, vec![7]).unwrap();
        let background = Background { r: 9, g: 9, b: 9, alpha: 255 };
        let padded = pad(&image, (3, 2), (1, 1), background, &Cancel::new()).unwrap();
        assert_eq!(padded.data(), [9, 9, 9, 9, 7, 9]);
    }

    #[test]
    fn flattening_mixes_by_alpha() {
        let image =
            Pixels::from_vec(Layout::Rgba8, 3, 1, vec![0, 0, 255, 255, 0, 0, 255, 0, 0, 0, 255, 51]).unwrap();
        let flat = flatten(&image, Layout::Rgb8, RED, &Cancel::new()).unwrap();
        assert_eq!(flat.data(), [0, 0, 255, 255, 0, 0, 204, 0, 51]);
    }

    #[test]
    fn gray_on_colour_becomes_colour() {
        let image = Pixels::from_vec(Layout::La8, 1, 1, vec![100, 0]).unwrap();
        assert_eq!(flatten(&image, Layout::Rgb8, RED, &Cancel::new()).unwrap().data(), [255, 0, 0]);
    }

    #[test]
    fn sixteen_bits_are_padded_and_flattened_too() {
        let image = Pixels::from_words(Layout::Rgba16, 1, 1, vec![0, 0, 65_535, 13_107]).unwrap();
        let composition = Composition {
            canvas: (2, 1),
            offset: (1, 0),
            background: RED,
            padded: Layout::Rgba16,
            encoded: Layout::Rgb16,
        };
        let found = compose(image, &composition, &Cancel::new()).unwrap();
        assert_eq!(found.words(), [65_535, 0, 0, 52_428, 0, 13_107]);
        let image = Pixels::from_words(Layout::La16, 1, 1, vec![40_000, 65_535]).unwrap();
        let eight = Composition { canvas: (1, 1), offset: (0, 0), encoded: Layout::L8, ..composition };
        assert_eq!(compose(image, &eight, &Cancel::new()).unwrap().data(), [156]);
    }

    #[test]
    fn what_does_not_fit_its_canvas_is_an_error() {
        for (canvas, offset) in [((3, 3), (2, 0)), ((1, 3), (0, 0)), ((3, 3), (0, u32::MAX))] {
            let image = Pixels::new(Layout::L8, 2, 2).unwrap();
            assert!(pad(&image, canvas, offset, RED, &Cancel::new()).is_err(), "{canvas:?} {offset:?}");
        }
    }
}
