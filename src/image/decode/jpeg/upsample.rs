//! Rows of components with fewer samples than the image has pixels, enlarged.
//!
//! By two, as libjpeg does by default ("fancy upsampling"): a sample lies between two pixels, and each pixel is
//! three quarters the nearer sample and one quarter the next; the rounding alternates between up and down. Other
//! factors repeat samples.

use super::Scale;
use super::frame::{Component, Frame};
use super::idct::Side;

/// How a component's rows become rows of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// They are.
    Copy,
    /// Twice as wide, twice as high, or both, by neighbours.
    Wider,
    Higher,
    Larger,
    /// By repetition: of every so many pixels, so many samples.
    Repeat {
        x: Ratio,
        y: Ratio,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    samples: u32,
    pixels: u32,
}

impl Method {
    pub(super) fn new(frame: &Frame, component: &Component, scale: Scale) -> Self {
        let side = component.side as u32;
        let unit = scale.side() as u32;
        let x = Ratio { samples: component.h * side, pixels: frame.across * unit };
        let y = Ratio { samples: component.v * side, pixels: frame.down * unit };
        let twice = |ratio: Ratio| ratio.pixels == ratio.samples * 2;
        let once = |ratio: Ratio| ratio.pixels == ratio.samples;
        // Means of blocks alone are too coarse for neighbours to say anything, and two samples too few.
        let smooth = scale.side() != Side::One;
        let wide = component.width > 2;
        match (once(x), twice(x), once(y), twice(y)) {
            (true, _, true, _) => Method::Copy,
            (_, true, true, _) if smooth && wide => Method::Wider,
            (_, true, _, true) if smooth && wide => Method::Larger,
            (true, _, _, true) if smooth => Method::Higher,
            _ => Method::Repeat { x, y },
        }
    }

    /// Whether a row needs the row of samples below.
    pub(super) fn looks_down(self) -> bool {
        matches!(self, Method::Higher | Method::Larger)
    }
}

/// Rows of a component that are at hand.
pub(super) struct Rows {
    pub(super) data: Vec<u8>,
    pub(super) stride: usize,
    /// Samples of the component.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Rows of samples that a row of units makes.
    pub(super) unit_height: usize,
    /// The number of the first row in `data`, plus one: before the component's first row lies one of no number.
    pub(super) first: usize,
    pub(super) method: Method,
}

impl Rows {
    fn row(&self, y: usize) -> &[u8] {
        let y = y.min(self.height - 1) + 1;
        &self.data[(y - self.first) * self.stride..][..self.width]
    }

    /// Row `y` of the image, in `line` or where it lies.
    #[inline(always)]
    pub(super) fn enlarged<'a>(&'a self, y: usize, line: &'a mut [u8], sums: &mut [u16]) -> &'a [u8] {
        match self.method {
            Method::Copy => return self.row(y),
            Method::Wider => wider(self.row(y), line),
            Method::Higher => {
                let (near, far) = self.neighbours(y);
                higher(near, far, y % 2, line);
            }
            Method::Larger => {
                let (near, far) = self.neighbours(y);
                larger(near, far, sums, line);
            }
            Method::Repeat { x, y: ratio } => {
                let y = y * ratio.samples as usize / ratio.pixels as usize;
                repeat(self.row(y), x, line);
            }
        }
        line
    }

    /// The row of samples that row `y` of the image lies in, and the nearer of those around it.
    fn neighbours(&self, y: usize) -> (&[u8], &[u8]) {
        let near = y / 2;
        let far = if y.is_multiple_of(2) { near.saturating_sub(1) } else { near + 1 };
        (self.row(near), self.row(far))
    }
}

#[inline(always)]
fn higher(near: &[u8], far: &[u8], odd: usize, out: &mut [u8]) {
    let bias = 1 + odd as u16;
    for ((out, &near), &far) in out.iter_mut().zip(near).zip(far) {
        *out = ((u16::from(near) * 3 + u16::from(far) + bias) >> 2) as u8;
    }
}

/// `out` must hold twice as many as `samples`, of which there are at least two.
#[inline(always)]
fn wider(samples: &[u8], out: &mut [u8]) {
    let (pairs, _) = out.as_chunks_mut::<2>();
    let pairs = &mut pairs[..samples.len()];
    let last = samples.len() - 1;
    let near_far = |near: u8, far: u8, bias: u16| (u16::from(near) * 3 + u16::from(far) + bias) >> 2;
    pairs[0] = [samples[0], near_far(samples[0], samples[1], 2) as u8];
    for (pair, around) in pairs[1..last].iter_mut().zip(samples.windows(3)) {
        let [before, near, after] = *around else { continue };
        *pair = (near_far(near, before, 1) | near_far(near, after, 2) << 8).to_le_bytes();
    }
    pairs[last] = [near_far(samples[last], samples[last - 1], 1) as u8, samples[last]];
}

/// As [`wider`], from two rows.
#[inline(always)]
fn larger(near: &[u8], far: &[u8], sums: &mut [u16], out: &mut [u8]) {
    let sums = &mut sums[..near.len()];
    for ((sum, &near), &far) in sums.iter_mut().zip(near).zip(far) {
        *sum = u16::from(near) * 3 + u16::from(far);
    }
    let (pairs, _) = out.as_chunks_mut::<2>();
    let pairs = &mut pairs[..sums.len()];
    let last = sums.len() - 1;
    let near_far = |near: u16, far: u16, bias: u16| (near * 3 + far + bias) >> 4;
    pairs[0] = [near_far(sums[0], sums[0], 8) as u8, near_far(sums[0], sums[1], 7) as u8];
    for (pair, around) in pairs[1..last].iter_mut().zip(sums.windows(3)) {
        let [before, near, after] = *around else { continue };
        *pair = (near_far(near, before, 8) | near_far(near, after, 7) << 8).to_le_bytes();
    }
    pairs[last] = [near_far(sums[last], sums[last - 1], 8) as u8, near_far(sums[last], sums[last], 7) as u8];
}

#[inline(always)]
fn repeat(samples: &[u8], ratio: Ratio, out: &mut [u8]) {
    let (step, whole) = (ratio.samples, ratio.pixels);
    let mut part = 0;
    let mut index = 0;
    for out in out.iter_mut() {
        *out = samples[index.min(samples.len() - 1)];
        part += step;
        while part >= whole {
            part -= whole;
            index += 1;
        }
    }
}
