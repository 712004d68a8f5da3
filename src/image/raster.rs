//! An image on its way: pixels, or planes of luma and chroma that a JPEG keeps apart and a JPEG or lossy
//! WebP wants apart again. Planes need no upsampling and no colour conversion, and have half the samples.

use super::gauge::{Gauge, Held};
use super::pixels::{Layout, PIXELS_BETWEEN_POLLS, Pixels};
use crate::error::{Error, Result};
use crate::pool::Cancel;

#[derive(Debug)]
pub(super) enum Raster {
    Pixels(Pixels),
    Planes(Planes),
}

/// Luma, blue and red difference (ITU-T T.871: BT.601's matrix at full range), eight bits a sample. What was
/// scaled for a lossy WebP is in studio range.
#[derive(Debug)]
pub(super) struct Planes {
    pub(super) luma: Pixels,
    /// As large as luma, or with fewer samples that cover the same.
    pub(super) chroma: [Pixels; 2],
}

impl Raster {
    /// Width and height in pixels.
    pub(super) fn size(&self) -> (u32, u32) {
        match self {
            Raster::Pixels(pixels) => pixels.size(),
            Raster::Planes(planes) => planes.luma.size(),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Raster::Pixels(pixels) => pixels.bytes(),
            Raster::Planes(Planes { luma, chroma }) => {
                luma.bytes() + chroma.iter().map(Pixels::bytes).sum::<u64>()
            }
        }
    }

    /// How it goes its way, for [`Timings`](super::Timings).
    pub(super) fn path(&self) -> &'static str {
        match self {
            Raster::Planes(_) => "planar",
            Raster::Pixels(pixels) => match pixels.layout() {
                Layout::L8 => "gray8",
                Layout::La8 => "graya8",
                Layout::Rgb8 => "rgb8",
                Layout::Rgba8 => "rgba8",
                Layout::Cmyk8 => "cmyk8",
                Layout::L16 => "gray16",
                Layout::La16 => "graya16",
                Layout::Rgb16 => "rgb16",
                Layout::Rgba16 => "rgba16",
            },
        }
    }

    pub(super) fn duplicate(&self) -> Result<Self> {
        Ok(match self {
            Raster::Pixels(pixels) => Raster::Pixels(pixels.duplicate()?),
            Raster::Planes(Planes { luma, chroma: [blue, red] }) => Raster::Planes(Planes {
                luma: luma.duplicate()?,
                chroma: [blue.duplicate()?, red.duplicate()?],
            }),
        })
    }
}

impl Planes {
    /// The same in colour. Chroma must be as large as luma.
    pub(super) fn to_rgb(&self, cancel: &Cancel) -> Result<Pixels> {
        let Self { luma, chroma: [blue, red] } = self;
        if blue.size() != luma.size() || red.size() != luma.size() {
            return Err(Error::internal("planes of different sizes were to become pixels"));
        }
        let mut rgb = Pixels::new(Layout::Rgb8, luma.width(), luma.height())?;
        let (target, _) = rgb.data_mut().as_chunks_mut::<3>();
        let target = target.chunks_mut(PIXELS_BETWEEN_POLLS);
        let [luma, blue, red] = [luma, blue, red].map(|plane| plane.data().chunks(PIXELS_BETWEEN_POLLS));
        for (((target, luma), blue), red) in target.zip(luma).zip(blue).zip(red) {
            cancel.check()?;
            for (((target, y), cb), cr) in target.iter_mut().zip(luma).zip(blue).zip(red) {
                *target = rgb_of(*y, *cb, *cr);
            }
        }
        Ok(rgb)
    }
}

/// T.871, section 7, in 16 bits of fraction, rounded.
#[inline]
fn rgb_of(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    let clamp = |value: i32| ((value + HALF) >> 16).clamp(0, 255) as u8;
    [clamp(y + 91_881 * cr), clamp(y - 22_554 * cb - 46_802 * cr), clamp(y + 116_130 * cb)]
}

/// A raster whose memory is counted.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) raster: Raster,
    pub(super) held: Held,
}

impl Kept {
    pub(super) fn new(raster: Raster, gauge: &Gauge) -> Self {
        let held = gauge.hold(raster.bytes());
        Self { raster, held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_become_the_colours_of_the_standard() {
        for (ycc, rgb) in [
            ([0_u8, 128, 128], [0.0_f64, 0.0, 0.0]),
            ([255, 128, 128], [255.0, 255.0, 255.0]),
            (
                [76, 85, 255],
                [76.0 + 1.402 * 127.0, 76.0 - 0.344_136 * -43.0 - 0.714_136 * 127.0, 76.0 + 1.772 * -43.0],
            ),
            (
                [29, 255, 107],
                [29.0 + 1.402 * -21.0, 29.0 - 0.344_136 * 127.0 - 0.714_136 * -21.0, 29.0 + 1.772 * 127.0],
            ),
        ] {
            let found = rgb_of(ycc[0], ycc[1], ycc[2]);
            for (found, expected) in found.iter().zip(rgb) {
                assert!(
                    (f64::from(*found) - expected.clamp(0.0, 255.0)).abs() <= 0.51,
                    "{ycc:?}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn planes_of_other_sizes_are_no_pixels() {
        let plane = |side| Pixels::new(Layout::L8, side, side).unwrap();
        let planes = Planes { luma: plane(2), chroma: [plane(1), plane(1)] };
        assert!(planes.to_rgb(&Cancel::new()).is_err());
    }
}
