//! Rows of the source as the passes take them, and back: weighted by alpha, in linear light, averaged in
//! groups, or just as they are.

#![expect(clippy::inline_always, reason = "what is called must be compiled for its caller's registers")]
#![expect(clippy::needless_range_loop, reason = "indices of arrays of constant length become vectors")]

use super::passes::Lanes;
use super::{LANES, Scaling};
use crate::image::linear;
use crate::image::options::Region;
use crate::image::pixels::{Layout, Pixels};

/// A number that the passes compute with.
pub(super) trait Sample: Copy + Default + 'static {
    fn float(self) -> f32;
}

impl Sample for u8 {
    #[inline(always)]
    fn float(self) -> f32 {
        f32::from(self)
    }
}

impl Sample for u16 {
    #[inline(always)]
    fn float(self) -> f32 {
        f32::from(self)
    }
}

impl Sample for f32 {
    #[inline(always)]
    fn float(self) -> f32 {
        self
    }
}

/// What a row goes through on its way in and out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Preparation {
    layout: Layout,
    /// For linear light: the light of stored values.
    light: Option<&'static [f32]>,
    /// How many rows are averaged.
    pub(super) group: u32,
}

/// What the vertical pass reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feed {
    /// The source's own samples.
    Source,
    /// Rows prepared one by one: colours of eight bits times alpha, which sixteen bits hold exactly.
    Products,
    /// Rows prepared one by one, as floats.
    Floats,
}

impl Preparation {
    pub(super) fn new(layout: Layout, scaling: &Scaling, group: u32) -> Self {
        let linear = scaling.linear && !layout.is_cmyk();
        let light = if layout.is_wide() { linear::light16 } else { || &linear::light8()[..] };
        Self { layout, light: linear.then(light), group }
    }

    pub(super) fn feed(self) -> Feed {
        if self.light.is_some() || self.group > 1 {
            Feed::Floats
        } else if !self.layout.has_alpha() {
            Feed::Source
        } else if self.layout.is_wide() {
            Feed::Floats
        } else {
            Feed::Products
        }
    }

    /// The largest sample.
    pub(super) fn max(self) -> f32 {
        if self.layout.is_wide() { 65_535.0 } else { 255.0 }
    }

    /// Fills `row` with the products of the pixels of one row.
    #[inline(always)]
    pub(super) fn products<const CH: usize>(pixels: &[u8], row: &mut [u16]) {
        for (pixel, row) in pixels.as_chunks::<CH>().0.iter().zip(row.as_chunks_mut::<CH>().0) {
            let mut weights = [u16::from(pixel[CH - 1]); CH];
            weights[CH - 1] = 255;
            for channel in 0..CH {
                row[channel] = u16::from(pixel[channel]) * weights[channel];
            }
        }
    }

    /// Fills `row` with the mean of a group of rows of `source`, from sample `from` of the region on.
    #[inline(always)]
    pub(super) fn floats<const CH: usize>(
        self,
        source: &Pixels,
        region: Region,
        group: usize,
        from: usize,
        row: &mut [f32],
    ) {
        row.fill(0.0);
        let stride = source.width() as usize * CH;
        let from = region.left as usize * CH + from;
        for line in 0..self.group as usize {
            // The last group is filled up with the last row.
            let line = (group * self.group as usize + line).min(region.height as usize - 1);
            let start = (region.top as usize + line) * stride + from;
            if self.layout.is_wide() {
                self.add::<CH, u16>(&source.words()[start..][..row.len()], row);
            } else {
                self.add::<CH, u8>(&source.data()[start..][..row.len()], row);
            }
        }
        if self.group > 1 {
            let part = 1.0 / self.group as f32;
            for sample in row {
                *sample *= part;
            }
        }
    }

    #[inline(always)]
    fn add<const CH: usize, S: Sample + Into<usize>>(self, samples: &[S], row: &mut [f32]) {
        let (max, alpha) = (self.max(), self.layout.has_alpha());
        let pixels = samples.as_chunks::<CH>().0.iter().zip(row.as_chunks_mut::<CH>().0);
        if let Some(light) = self.light {
            for (pixel, row) in pixels {
                let weight = if alpha { pixel[CH - 1].float() } else { max };
                for channel in 0..CH {
                    row[channel] += if alpha && channel == CH - 1 {
                        weight
                    } else {
                        light[pixel[channel].into()] * weight
                    };
                }
            }
        } else if alpha {
            for (pixel, row) in pixels {
                let mut weights = [pixel[CH - 1].float() / max; CH];
                weights[CH - 1] = 1.0;
                for channel in 0..CH {
                    row[channel] += pixel[channel].float() * weights[channel];
                }
            }
        } else {
            for (sample, row) in samples.iter().zip(row) {
                *row += sample.float();
            }
        }
    }

    /// Turns what has gone through both passes into samples of 0 to `max`, not yet rounded.
    #[inline(always)]
    pub(super) fn finish<const CH: usize>(self, pixel: &mut [Lanes; CH]) {
        let max = self.max();
        if self.layout.has_alpha() {
            // Sums of products are to be divided by a sum of alphas that was not multiplied.
            let (scale, full) = if self.feed() == Feed::Products { (1.0 / max, 1.0) } else { (1.0, max) };
            let mut factors = [0.0; LANES];
            let alphas = &mut pixel[CH - 1].0;
            for lane in 0..LANES {
                let alpha = alphas[lane] * scale;
                // What shows no light has no colour either. What rings above full alpha has rung in colour
                // as well, so that dividing by just that takes it out.
                factors[lane] = if alpha < 0.5 { 0.0 } else { full / alpha };
                alphas[lane] = alpha;
            }
            for channel in 0..CH - 1 {
                for lane in 0..LANES {
                    pixel[channel].0[lane] *= factors[lane];
                }
            }
        }
        if self.light.is_some() {
            let colors = if self.layout.has_alpha() { CH - 1 } else { CH };
            let value = if self.layout.is_wide() { linear::value16 } else { linear::value8 };
            for sample in pixel[..colors].iter_mut().flat_map(|lanes| &mut lanes.0) {
                *sample = value(*sample / max);
            }
        }
    }
}

/// A sample that is stored.
pub(super) trait Output: Copy {
    /// The nearest, or the least or greatest.
    fn rounded(value: f32) -> Self;
}

/// Added to a number below 2²³, this leaves no bits for fractions, and the integer in the lowest ones.
const INTEGER: f32 = (1 << 23) as f32;

impl Output for u8 {
    #[inline(always)]
    fn rounded(value: f32) -> Self {
        (value.clamp(0.0, 255.0) + INTEGER).to_bits() as u8
    }
}

impl Output for u16 {
    #[inline(always)]
    fn rounded(value: f32) -> Self {
        (value.clamp(0.0, 65_535.0) + INTEGER).to_bits() as u16
    }
}
