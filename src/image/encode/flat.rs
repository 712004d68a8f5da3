//! Pixels as four bytes of red, green, blue and alpha, whatever their layout: what palettes are made of.

use std::borrow::Cow;

use super::super::pixels::{Layout, PIXELS_BETWEEN_POLLS, Pixels, narrow};
use super::sink::reserved;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Eight bits a channel; opaque where there was no alpha.
pub(super) fn rgba<'a>(pixels: &'a Pixels, cancel: &Cancel) -> Result<Cow<'a, [u8]>> {
    let layout = pixels.layout();
    if layout == Layout::Rgba8 {
        return Ok(Cow::Borrowed(pixels.data()));
    }
    if layout.is_cmyk() {
        return Err(Error::internal("ink was to be turned to light before it is encoded"));
    }
    let mut out = reserved(pixels.width() as usize * pixels.height() as usize * 4)?;
    let (channels, gray, alpha) = (layout.channels(), layout.is_gray(), layout.has_alpha());
    if layout.is_wide() {
        for samples in pixels.words().chunks(PIXELS_BETWEEN_POLLS * channels) {
            cancel.check()?;
            spread(samples, channels, gray, alpha, narrow, &mut out);
        }
    } else {
        for samples in pixels.data().chunks(PIXELS_BETWEEN_POLLS * channels) {
            cancel.check()?;
            spread(samples, channels, gray, alpha, |value| value, &mut out);
        }
    }
    Ok(Cow::Owned(out))
}

fn spread<S: Copy>(
    samples: &[S],
    channels: usize,
    gray: bool,
    alpha: bool,
    narrow: impl Fn(S) -> u8,
    out: &mut Vec<u8>,
) {
    for pixel in samples.chunks_exact(channels) {
        let color = |channel: usize| narrow(pixel[if gray { 0 } else { channel }]);
        let opacity = if alpha { narrow(pixel[channels - 1]) } else { u8::MAX };
        out.extend_from_slice(&[color(0), color(1), color(2), opacity]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_becomes_four_bytes() {
        let flat = |pixels: Pixels| rgba(&pixels, &Cancel::new()).unwrap().into_owned();
        assert_eq!(
            flat(Pixels::from_vec(Layout::L8, 2, 1, vec![7, 9]).unwrap()),
            [7, 7, 7, 255, 9, 9, 9, 255]
        );
        assert_eq!(flat(Pixels::from_vec(Layout::La8, 1, 1, vec![7, 9]).unwrap()), [7, 7, 7, 9]);
        assert_eq!(flat(Pixels::from_vec(Layout::Rgb8, 1, 1, vec![1, 2, 3]).unwrap()), [1, 2, 3, 255]);
        assert_eq!(flat(Pixels::from_vec(Layout::Rgba8, 1, 1, vec![1, 2, 3, 4]).unwrap()), [1, 2, 3, 4]);
        assert_eq!(flat(Pixels::from_words(Layout::La16, 1, 1, vec![257, 0xFFFF]).unwrap()), [1, 1, 1, 255]);
        let wide = Pixels::from_words(Layout::Rgba16, 1, 1, vec![0, 514, 0xFFFF, 771]).unwrap();
        assert_eq!(flat(wide), [0, 2, 255, 3]);
    }

    #[test]
    fn ink_is_an_error() {
        let ink = Pixels::new(Layout::Cmyk8, 1, 1).unwrap();
        assert!(rgba(&ink, &Cancel::new()).is_err());
    }
}
