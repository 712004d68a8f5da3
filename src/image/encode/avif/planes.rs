//! From red, green and blue to luma and chroma: BT.601 in full range (H.273, matrix coefficients 6).

use rav1e::prelude::{ChromaSampling, Frame, Pixel, Plane};

use super::super::super::pixels::Pixels;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// What is encoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// A sample: 8 or 10.
    pub(super) bits: u8,
    pub(super) chroma: ChromaSampling,
}

/// How much of red and blue there is in luma; the rest is green.
const RED: f32 = 0.299;
const BLUE: f32 = 0.114;

/// Fills a frame of eight bits from an image of eight.
pub(super) fn fill_8(
    frame: &mut Frame<u8>,
    pixels: &Pixels,
    shape: Shape,
    alpha: bool,
    cancel: &Cancel,
) -> Result<()> {
    let fill = Fill { samples: pixels.data(), scale: 1.0, highest: 255.0, store: |value| value as u8 };
    fill.fill(frame, pixels, shape, alpha, cancel)
}

/// Fills a frame of ten bits from an image of sixteen.
pub(super) fn fill_10(
    frame: &mut Frame<u16>,
    pixels: &Pixels,
    shape: Shape,
    alpha: bool,
    cancel: &Cancel,
) -> Result<()> {
    let scale = 1023.0 / 65_535.0;
    let fill = Fill { samples: pixels.words(), scale, highest: 1023.0, store: |value| value as u16 };
    fill.fill(frame, pixels, shape, alpha, cancel)
}

struct Fill<'a, S, F> {
    samples: &'a [S],
    /// From the image's range to the frame's.
    scale: f32,
    highest: f32,
    /// A value within the frame's range, cut off below the point.
    store: F,
}

impl<S: Copy + Into<f32>, F> Fill<'_, S, F> {
    fn fill<T: Pixel>(
        &self,
        frame: &mut Frame<T>,
        pixels: &Pixels,
        shape: Shape,
        alpha: bool,
        cancel: &Cancel,
    ) -> Result<()>
    where
        F: Fn(f32) -> T,
    {
        let layout = pixels.layout();
        let (width, channels) = (pixels.width() as usize, layout.channels());
        let rows = self.samples.chunks_exact(width * channels);
        let [luma, blue, red] = &mut frame.planes;
        if alpha || layout.is_gray() {
            let channel = if alpha { channels - 1 } else { 0 };
            for (y, row) in rows.enumerate() {
                cancel.check()?;
                let out = row_mut(luma, y, width)?;
                for (out, pixel) in out.iter_mut().zip(row.chunks_exact(channels)) {
                    *out = self.sample(pixel[channel].into() * self.scale);
                }
            }
            return Ok(());
        }
        let halved = shape.chroma == ChromaSampling::Cs420;
        let (across, down) = if halved { (width.div_ceil(2), 2) } else { (width, 1) };
        // Sums of two rows, or one, of chroma, and of how many samples.
        let mut sums = vec![(0.0_f32, 0.0_f32, 0.0_f32); across];
        let last = pixels.height() as usize - 1;
        for (y, row) in rows.enumerate() {
            cancel.check()?;
            let out = row_mut(luma, y, width)?;
            for (x, (out, pixel)) in out.iter_mut().zip(row.chunks_exact(channels)).enumerate() {
                let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(|sample| sample.into() * self.scale);
                let y = RED * r + (1.0 - RED - BLUE) * g + BLUE * b;
                *out = self.sample(y);
                let sum = &mut sums[if halved { x / 2 } else { x }];
                sum.0 += (b - y) / (2.0 * (1.0 - BLUE));
                sum.1 += (r - y) / (2.0 * (1.0 - RED));
                sum.2 += 1.0;
            }
            if (y + 1) % down != 0 && y != last {
                continue;
            }
            let middle = self.highest.midpoint(1.0);
            let (out_blue, out_red) = (row_mut(blue, y / down, across)?, row_mut(red, y / down, across)?);
            for ((out_blue, out_red), sum) in out_blue.iter_mut().zip(out_red).zip(&mut sums) {
                *out_blue = self.sample(sum.0 / sum.2 + middle);
                *out_red = self.sample(sum.1 / sum.2 + middle);
                *sum = (0.0, 0.0, 0.0);
            }
        }
        Ok(())
    }

    fn sample<T>(&self, value: f32) -> T
    where
        F: Fn(f32) -> T,
    {
        (self.store)((value + 0.5).clamp(0.0, self.highest))
    }
}

fn row_mut<T: Pixel>(plane: &mut Plane<T>, y: usize, width: usize) -> Result<&mut [T]> {
    let stride = plane.cfg.stride;
    plane
        .data_origin_mut()
        .get_mut(y * stride..)
        .and_then(|rest| rest.get_mut(..width))
        .ok_or_else(|| Error::internal("rav1e's frame is smaller than the image"))
}
