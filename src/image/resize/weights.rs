//! Which source pixels make up an output pixel along one axis, and how much of each.

use std::f64::consts::PI;

use crate::image::options::Kernel;

/// libvips' `gap`: whole pixels are averaged until at least this many go into one output pixel.
const GAP: f64 = 2.0;

/// One axis of a scaling.
#[derive(Debug)]
pub(super) struct Weights {
    /// For each output pixel the first source pixel that counts.
    first: Vec<u32>,
    /// Where its weights end in `values`; they begin where its predecessor's end.
    end: Vec<usize>,
    values: Vec<f32>,
}

impl Weights {
    /// Of `pixels` source pixels, those from `start` on, `length` of them, become `target` output pixels.
    pub(super) fn new(pixels: u32, start: f64, length: f64, target: u32, kernel: Kernel) -> Self {
        let shrink = length / f64::from(target);
        let (weight, support) = weight(kernel);
        // Where the kernel is narrower than a pixel, it is stretched so that every pixel counts.
        let stretch = shrink.max(1.0);
        let reach = support * stretch;
        let last = i64::from(pixels) - 1;
        let mut weights =
            Self { first: Vec::with_capacity(target as usize), end: Vec::new(), values: Vec::new() };
        weights.end.reserve_exact(target as usize);
        weights.values.reserve((target as usize).saturating_mul(2 * reach.ceil() as usize + 1));
        let mut taps = Vec::new();
        for index in 0..target {
            // In the middle of the pixel; pixel 0's own middle is at 0 here.
            let middle = start + (f64::from(index) + 0.5) * shrink - 0.5;
            if is_one_to_one(start, shrink) {
                // An axis that keeps its size is not filtered, not even by kernels that blur at 1:1, as
                // in libvips.
                weights.push(middle.round().clamp(0.0, last as f64) as u32, &[1.0]);
                continue;
            }
            let from = (middle - reach).ceil() as i64;
            let to = ((middle + reach).floor() as i64).max(from);
            let first = from.clamp(0, last);
            taps.clear();
            taps.resize((to.clamp(0, last) - first) as usize + 1, 0.0);
            let mut sum = 0.0;
            for at in from..=to {
                let part = weight((at as f64 - middle) / stretch);
                sum += part;
                // Edges are continued outwards.
                taps[(at.clamp(0, last) - first) as usize] += part;
            }
            for tap in &mut taps {
                *tap /= sum;
            }
            weights.push(first as u32, &taps);
        }
        weights
    }

    fn push(&mut self, first: u32, taps: &[f64]) {
        let taken = taps.iter().rposition(|tap| *tap != 0.0).map_or(1, |last| last + 1);
        self.first.push(first);
        self.values.extend(taps[..taken].iter().map(|tap| *tap as f32));
        self.end.push(self.values.len());
    }

    pub(super) fn multiply(&mut self, times: f32) {
        for value in &mut self.values {
            *value *= times;
        }
    }

    /// The first pixel that counts for output pixel `index`, and the weights from it on.
    pub(super) fn of(&self, index: usize) -> (usize, &[f32]) {
        let start = if index == 0 { 0 } else { self.end[index - 1] };
        (self.first[index] as usize, &self.values[start..self.end[index]])
    }

    /// The pixels that count for output pixels `from` to `to`: the first and the one after the last.
    pub(super) fn span(&self, from: usize, to: usize) -> (usize, usize) {
        let ends = (from..to).map(|index| {
            let (first, taps) = self.of(index);
            (first, first + taps.len())
        });
        ends.fold((usize::MAX, 0), |(first, end), (start, stop)| (first.min(start), end.max(stop)))
    }

    /// As many pixels as any `together` of the output pixels `from` to `to` need.
    pub(super) fn widest(&self, from: usize, to: usize, together: usize) -> usize {
        let spans = (from..to).step_by(together).map(|from| self.span(from, (from + together).min(to)));
        spans.map(|(first, end)| end - first).max().unwrap_or(0)
    }

    /// The same weights for pixels of which each is the mean of `group`.
    pub(super) fn spread(&self, group: u32, pixels: u32) -> Self {
        let mut spread = Self { first: Vec::new(), end: Vec::new(), values: Vec::new() };
        for index in 0..self.first.len() {
            let (first, taps) = self.of(index);
            let first = first as u32 * group;
            let mut single = vec![0.0; (taps.len() * group as usize).min((pixels - first) as usize)];
            let last = single.len() - 1;
            for (at, tap) in taps.iter().enumerate() {
                for offset in 0..group as usize {
                    // The last group is filled up with the last pixel.
                    single[(at * group as usize + offset).min(last)] += f64::from(*tap) / f64::from(group);
                }
            }
            spread.push(first, &single);
        }
        spread
    }
}

/// How many whole pixels are averaged before the kernel is applied.
pub(super) fn group(pixels: u32, length: f64, target: u32) -> u32 {
    let shrink = length / f64::from(target);
    ((shrink / GAP).floor() as u32).clamp(1, pixels)
}

fn is_one_to_one(start: f64, shrink: f64) -> bool {
    shrink.total_cmp(&1.0).is_eq() && start.fract() == 0.0
}

/// What [`Weights`] of an axis hold at most, in bytes.
pub(super) fn bytes(length: f64, target: u32, kernel: Kernel) -> u64 {
    let shrink = (length / f64::from(target)).max(1.0);
    let taps = (2.0 * weight(kernel).1 * shrink).ceil() as u64 + 3;
    u64::from(target) * (taps * 4 + 12)
}

/// A kernel and how far it reaches.
fn weight(kernel: Kernel) -> (fn(f64) -> f64, f64) {
    match kernel {
        // Not reached: nearest pixels are picked.
        Kernel::Nearest => (|_| 1.0, 0.5),
        Kernel::Bilinear => (|x| (1.0 - x.abs()).max(0.0), 1.0),
        Kernel::CatmullRom => (|x| cubic(x, 0.0, 0.5), 2.0),
        Kernel::Mitchell => (|x| cubic(x, 1.0 / 3.0, 1.0 / 3.0), 2.0),
        Kernel::Lanczos3 => (lanczos3, 3.0),
    }
}

/// The cubics of Mitchell and Netravali, "Reconstruction filters in computer graphics" (1988), eq. 8.
fn cubic(x: f64, b: f64, c: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        ((12.0 - 9.0 * b - 6.0 * c) * x * x * x + (-18.0 + 12.0 * b + 6.0 * c) * x * x + 6.0 - 2.0 * b) / 6.0
    } else if x < 2.0 {
        ((-b - 6.0 * c) * x * x * x
            + (6.0 * b + 30.0 * c) * x * x
            + (-12.0 * b - 48.0 * c) * x
            + 8.0 * b
            + 24.0 * c)
            / 6.0
    } else {
        0.0
    }
}

/// Duchon, "Lanczos filtering in one and two dimensions" (1979): sinc(x) · sinc(x / 3).
fn lanczos3(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    if x.abs() >= 3.0 {
        return 0.0;
    }
    // sin(3a) = 3 sin(a) − 4 sin³(a): one sine does for both.
    let angle = PI * x / 3.0;
    let sine = angle.sin();
    sine * sine * (3.0 - 4.0 * sine * sine) / (3.0 * angle * angle)
}
