//! Scaling: one pass down the columns and one along the rows, in floating point from the first sample to
//! the last, so that nothing is rounded or clipped between them.
//!
//! The output is made eight rows at a time. Each of a processor's vector lanes holds one of them in the pass
//! along the rows, which needs no shuffling then, whatever the number of channels. The source is only read:
//! weighting by alpha and linear light happen on the rows that are at hand, in the cache, and any stretch of
//! the output's rows can be made on its own.
//!
//! Sampling is that of scaling the whole image and cutting afterwards: neighbours beyond the cut count.
//! Where libvips averages whole rows and columns before it applies the kernel (from four times on, its
//! `gap` of 2), so does this; edges are continued outwards, as there.

mod passes;
mod samples;
mod weights;

use self::passes::Passes;
use super::geometry::Rect;
use super::options::{Kernel, Region};
use super::pixels::{Layout, Pixels};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Output rows that are made at once.
const LANES: usize = 8;

/// What is scaled to what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scaling {
    /// The pixels that are seen. Nothing outside has an influence.
    pub(super) region: Region,
    /// What of them becomes the output, in fractions of pixels from the region's upper left corner. It may
    /// reach beyond the region by what rounding has made of the output's size.
    pub(super) area: Rect<f64>,
    /// The output's size.
    pub(super) target: (u32, u32),
    pub(super) kernel: Kernel,
    /// In linear light; not for CMYK.
    pub(super) linear: bool,
    /// What becomes of samples on their way; not for those with alpha or in linear light.
    pub(super) levels: Levels,
}

/// A straight line from stored samples to those of another range. The passes compute with it, so that a sample is
/// rounded once. What rings beyond black and white may lie outside the range, as far as eight bits reach: those who
/// show it cut it off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    times: f32,
    plus: f32,
}

impl Levels {
    pub(super) const KEPT: Self = Self { times: 1.0, plus: 0.0 };
    /// H.273, section 8.3: from 0 to 255, to luma from 16 to 235.
    pub(super) const STUDIO_LUMA: Self = Self { times: 219.0 / 255.0, plus: 16.0 };
    /// To chroma from 16 to 240, with its zero at 128 before and after.
    pub(super) const STUDIO_CHROMA: Self = Self { times: 224.0 / 255.0, plus: 128.0 - 128.0 * 224.0 / 255.0 };
}

impl Scaling {
    /// Whether pixels are only moved: one for one, from a whole pixel on.
    pub(super) fn is_cut(&self) -> bool {
        let whole = |start: f64, length: f64, target: u32| {
            // Exactly: this asks whether pixels can be moved unchanged.
            start.fract() == 0.0 && start >= 0.0 && length.total_cmp(&f64::from(target)).is_eq()
        };
        let Rect { left, top, width, height } = self.area;
        whole(left, width, self.target.0) && whole(top, height, self.target.1)
    }
}

/// Scales the pixels, which are left as they are.
pub(super) fn resize_ref(source: &Pixels, scaling: &Scaling, cancel: &Cancel) -> Result<Pixels> {
    let resampler = Resampler::new(source.layout(), source.size(), scaling)?;
    let (width, height) = scaling.target;
    let mut target = Pixels::new(source.layout(), width, height)?;
    resampler.rows(source, 0, &mut target, cancel)?;
    Ok(target)
}

/// A scaling prepared for images of one layout and size, of which any stretch of rows can be made on its
/// own: by threads, each a part, and by frames of an animation, one after the other.
#[derive(Debug)]
pub(super) struct Resampler {
    layout: Layout,
    size: (u32, u32),
    scaling: Scaling,
    /// `None` where pixels are only moved or picked.
    passes: Option<Passes>,
}

impl Resampler {
    pub(super) fn new(layout: Layout, size: (u32, u32), scaling: &Scaling) -> Result<Self> {
        let Region { left, top, width, height } = scaling.region;
        let inside = |start: u32, length: u32, all: u32| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= all)
        };
        let finite = |Rect { left, top, width, height }: Rect<f64>| {
            [left, top, width, height].iter().all(|number| number.is_finite()) && width > 0.0 && height > 0.0
        };
        let empty = scaling.target.0 == 0 || scaling.target.1 == 0;
        if empty || !inside(left, width, size.0) || !inside(top, height, size.1) || !finite(scaling.area) {
            return Err(Error::internal(format!("{size:?} pixels cannot be scaled as {scaling:?}")));
        }
        let moved = scaling.is_cut() && scaling.levels == Levels::KEPT;
        let picks = moved || scaling.kernel == Kernel::Nearest;
        let passes = if picks { None } else { Some(Passes::new(layout, scaling)) };
        Ok(Self { layout, size, scaling: *scaling, passes })
    }

    /// How the output's rows are shared out among at most `parts` threads: where each part begins, and how
    /// many rows it has. Short images have fewer parts.
    pub(super) fn parts(&self, parts: usize) -> Vec<(u32, u32)> {
        // Below this, neighbours read more of the same source rows than they share work.
        const MIN_ROWS: u32 = 64;
        let height = self.scaling.target.1;
        let parts = (parts as u32).clamp(1, (height / MIN_ROWS).max(1));
        let rows = height.div_ceil(parts).next_multiple_of(LANES as u32);
        (0..height).step_by(rows as usize).map(|first| (first, rows.min(height - first))).collect()
    }

    /// The output's size.
    pub(super) fn target(&self) -> (u32, u32) {
        self.scaling.target
    }

    /// What making rows of it allocates at most, in each thread.
    pub(super) fn extra_bytes(&self) -> u64 {
        extra_bytes(self.layout, &self.scaling)
    }

    /// Makes the rows from `first` on, as many as `target` has.
    pub(super) fn rows(
        &self,
        source: &Pixels,
        first: u32,
        target: &mut Pixels,
        cancel: &Cancel,
    ) -> Result<()> {
        let end = first.checked_add(target.height());
        if (source.layout(), source.size()) != (self.layout, self.size)
            || target.layout() != self.layout
            || target.width() != self.scaling.target.0
            || end.is_none_or(|end| end > self.scaling.target.1)
        {
            return Err(Error::internal("rows of another image than the scaling was prepared for"));
        }
        match &self.passes {
            Some(passes) => passes.run(source, first, target, cancel),
            None => self.pick(source, first, target, cancel),
        }
    }

    /// Moves whole pixels: of each output pixel's place, the one that its middle lies in.
    fn pick(&self, source: &Pixels, first: u32, target: &mut Pixels, cancel: &Cancel) -> Result<()> {
        let Scaling { region, area, target: (width, height), .. } = self.scaling;
        let nearest = |index: u32, start: f64, length: f64, target: u32, pixels: u32| {
            let middle = start + (f64::from(index) + 0.5) * (length / f64::from(target));
            // `as` saturates below, at 0.
            (middle as u32).min(pixels - 1)
        };
        let bytes = self.layout.pixel_bytes();
        let columns: Vec<usize> = (0..width)
            .map(|x| (region.left + nearest(x, area.left, area.width, width, region.width)) as usize * bytes)
            .collect();
        let moved = self.scaling.is_cut();
        let (from, to) = (source.stride(), target.stride());
        for (y, row) in (first..).zip(target.data_mut().chunks_exact_mut(to)) {
            if y % 64 == 0 {
                cancel.check()?;
            }
            let line = (region.top + nearest(y, area.top, area.height, height, region.height)) as usize;
            let line = &source.data()[line * from..][..from];
            if moved {
                row.copy_from_slice(&line[columns[0]..][..to]);
            } else {
                for (pixel, column) in row.chunks_exact_mut(bytes).zip(&columns) {
                    pixel.copy_from_slice(&line[*column..][..bytes]);
                }
            }
        }
        Ok(())
    }
}

/// Of what is only copied.
const BYTES_BETWEEN_POLLS: usize = 4 << 20;

/// Rows made apart, one below the other.
pub(super) fn stack(parts: Vec<Pixels>, cancel: &Cancel) -> Result<Pixels> {
    let mut parts = parts.into_iter();
    let first = parts.next().ok_or_else(|| Error::internal("an image of no parts"))?;
    let rest: Vec<Pixels> = parts.collect();
    if rest.is_empty() {
        return Ok(first);
    }
    let height = rest.iter().map(Pixels::height).sum::<u32>() + first.height();
    let mut whole = Pixels::new(first.layout(), first.width(), height)?;
    let mut below = whole.data_mut();
    for part in std::iter::once(first).chain(rest) {
        let (rows, others) = below.split_at_mut(part.data().len());
        for (rows, part) in rows.chunks_mut(BYTES_BETWEEN_POLLS).zip(part.data().chunks(BYTES_BETWEEN_POLLS))
        {
            cancel.check()?;
            rows.copy_from_slice(part);
        }
        below = others;
    }
    Ok(whole)
}

/// What scaling allocates beside source and target, at most, in each of the threads that share it.
pub(super) fn extra_bytes(layout: Layout, scaling: &Scaling) -> u64 {
    passes::extra_bytes(layout, scaling)
}

#[cfg(test)]
mod judged;
#[cfg(test)]
mod tests;
