//! The two passes: down the columns into lanes, a row of the output in each, then along the rows.

#![expect(clippy::inline_always, reason = "what is called must be compiled for its caller's registers")]

use super::samples::{Feed, Output, Preparation, Sample};
use super::weights::{self, Weights};
use super::{LANES, Levels, Scaling};
use crate::error::Result;
use crate::image::options::Region;
use crate::image::pixels::{Layout, Pixels};
use crate::pool::Cancel;

/// Samples of a row that the vertical pass sums at once, in registers.
const STRIP: usize = 32;

/// One sample of each of the rows that are made at once.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Lanes(pub(super) [f32; LANES]);

impl Lanes {
    #[inline(always)]
    fn add<const FUSED: bool>(&mut self, factor: f32, value: &Lanes) {
        for lane in 0..LANES {
            self.0[lane] = multiply_add::<FUSED>(factor, value.0[lane], self.0[lane]);
        }
    }
}

/// What is computed once for all rows.
#[derive(Debug)]
pub(super) struct Passes {
    layout: Layout,
    region: Region,
    /// Of pixels.
    across: Weights,
    /// Of groups of rows.
    down: Weights,
    preparation: Preparation,
    /// The first column that counts, and the one after the last.
    columns: (usize, usize),
    /// What all sums begin with.
    plus: f32,
}

/// What is allocated once for many rows.
struct Scratch {
    /// All samples of the columns that count.
    between: Vec<Lanes>,
    /// All samples of the output's rows.
    made: Vec<Lanes>,
}

/// The weights of two neighbouring rows of the output for the same rows of the source.
#[derive(Default)]
struct Pair {
    /// Counted from the first row at hand.
    first: usize,
    taps: Vec<[f32; 2]>,
}

impl Passes {
    pub(super) fn new(layout: Layout, scaling: &Scaling) -> Self {
        let Scaling { region, area, target, kernel, levels: Levels { times, plus }, .. } = *scaling;
        let grouped = |pixels: u32, start: f64, length: f64, target: u32| {
            let group = weights::group(pixels, length, target);
            let share = f64::from(group);
            let groups = pixels.div_ceil(group);
            (group, Weights::new(groups, start / share, length / share, target, kernel))
        };
        let (group, mut across) = grouped(region.width, area.left, area.width, target.0);
        if group > 1 {
            across = across.spread(group, region.width);
        }
        across.multiply(times);
        let (group, down) = grouped(region.height, area.top, area.height, target.1);
        let columns = across.span(0, target.0 as usize);
        let preparation = Preparation::new(layout, scaling, group);
        Self { layout, region, across, down, preparation, columns, plus }
    }

    /// Makes the rows from `first` on, as many as `target` has.
    pub(super) fn run(
        &self,
        source: &Pixels,
        first: u32,
        target: &mut Pixels,
        cancel: &Cancel,
    ) -> Result<()> {
        match self.layout.channels() {
            1 => self.run_channels::<1>(source, first, target, cancel),
            2 => self.run_channels::<2>(source, first, target, cancel),
            3 => self.run_channels::<3>(source, first, target, cancel),
            _ => self.run_channels::<4>(source, first, target, cancel),
        }
    }

    fn run_channels<const CH: usize>(
        &self,
        source: &Pixels,
        first: u32,
        target: &mut Pixels,
        cancel: &Cancel,
    ) -> Result<()> {
        let first = first as usize;
        let (from, to) = self.columns;
        let rows = (from * CH, (to - from) * CH);
        match (self.preparation.feed(), self.layout.is_wide()) {
            (Feed::Source, false) => {
                let rows = self.direct::<CH, u8>(source.data(), source.width());
                self.slabs::<CH, u8, _>(rows, first, target, cancel)
            }
            (Feed::Source, true) => {
                let rows = self.direct::<CH, u16>(source.words(), source.width());
                self.slabs::<CH, u16, _>(rows, first, target, cancel)
            }
            (Feed::Products, _) => {
                let stride = source.stride();
                let left = self.region.left as usize * CH + rows.0;
                let ring = self.ring::<u16>(first, target.height(), rows.1);
                let fill = |line: usize, row: &mut [u16]| {
                    let start = (self.region.top as usize + line) * stride + left;
                    Preparation::products::<CH>(&source.data()[start..][..row.len()], row);
                };
                self.slabs::<CH, u16, _>(Rolling { ring, fill }, first, target, cancel)
            }
            (Feed::Floats, _) => {
                let ring = self.ring::<f32>(first, target.height(), rows.1);
                let fill = |group: usize, row: &mut [f32]| {
                    self.preparation.floats::<CH>(source, self.region, group, rows.0, row);
                };
                self.slabs::<CH, f32, _>(Rolling { ring, fill }, first, target, cancel)
            }
        }
    }

    fn direct<'a, const CH: usize, T>(&self, samples: &'a [T], width: u32) -> Direct<'a, T> {
        let (from, to) = self.columns;
        let stride = width as usize * CH;
        let start = self.region.top as usize * stride + (self.region.left as usize + from) * CH;
        Direct { samples, start, stride, length: (to - from) * CH }
    }

    fn ring<T: Sample>(&self, first: usize, height: u32, length: usize) -> Ring<T> {
        let rows = self.down.widest(first, first + height as usize, LANES);
        Ring { samples: vec![T::default(); rows * length], length, rows, filled: 0 }
    }

    fn slabs<const CH: usize, T: Sample, R: Rows<T>>(
        &self,
        mut rows: R,
        first: usize,
        target: &mut Pixels,
        cancel: &Cancel,
    ) -> Result<()> {
        let (from, to) = self.columns;
        let (width, height) = (target.width() as usize, target.height() as usize);
        let empty = Lanes([0.0; LANES]);
        let mut scratch = Scratch { between: vec![empty; (to - from) * CH], made: vec![empty; width * CH] };
        let mut pairs: [Pair; LANES / 2] = Default::default();
        for top in (0..height).step_by(LANES) {
            cancel.check()?;
            let made = LANES.min(height - top);
            let (start, end) = self.down.span(first + top, first + top + made);
            for (index, pair) in pairs.iter_mut().enumerate() {
                // Where fewer rows are left than lanes, the last is made several times.
                let row = |offset: usize| first + top + (2 * index + offset).min(made - 1);
                pair.set(&self.down, [row(0), row(1)], start);
            }
            let window = rows.window(start, end, cancel)?;
            let slab = Slab {
                across: &self.across,
                plus: self.plus,
                preparation: self.preparation,
                from,
                pairs: &pairs,
            };
            let (start, length) = (top * width * CH, made * width * CH);
            if self.layout.is_wide() {
                let rows = &mut target.words_mut()[start..][..length];
                slab.make::<CH, T, u16>(&window, &mut scratch, rows);
            } else {
                let rows = &mut target.data_mut()[start..][..length];
                slab.make::<CH, T, u8>(&window, &mut scratch, rows);
            }
        }
        Ok(())
    }
}

/// Where the rows come from that the vertical pass reads.
trait Rows<T> {
    /// Rows `start` to `end`, which never go back.
    fn window(&mut self, start: usize, end: usize, cancel: &Cancel) -> Result<Vec<&[T]>>;
}

/// The source itself.
struct Direct<'a, T> {
    samples: &'a [T],
    start: usize,
    stride: usize,
    length: usize,
}

impl<T> Rows<T> for Direct<'_, T> {
    fn window(&mut self, start: usize, end: usize, _: &Cancel) -> Result<Vec<&[T]>> {
        let row = |row| &self.samples[self.start + row * self.stride..][..self.length];
        Ok((start..end).map(row).collect())
    }
}

/// As many prepared rows as one slab needs; the next slab needs most of them again.
struct Ring<T> {
    samples: Vec<T>,
    /// Of a row.
    length: usize,
    rows: usize,
    /// The row after the last one that is here.
    filled: usize,
}

struct Rolling<T, F> {
    ring: Ring<T>,
    fill: F,
}

impl<T: Sample, F: Fn(usize, &mut [T])> Rows<T> for Rolling<T, F> {
    fn window(&mut self, start: usize, end: usize, cancel: &Cancel) -> Result<Vec<&[T]>> {
        let Ring { samples, length, rows, filled } = &mut self.ring;
        for row in start.max(*filled)..end {
            // One may be made of many rows of the source, and the first slab needs several.
            cancel.check()?;
            let samples = &mut samples[row % *rows * *length..][..*length];
            with_vectors(|| (self.fill)(row, samples));
        }
        *filled = end.max(*filled);
        Ok((start..end).map(|row| &samples[row % *rows * *length..][..*length]).collect())
    }
}

impl Pair {
    fn set(&mut self, down: &Weights, rows: [usize; 2], start: usize) {
        let of = rows.map(|row| down.of(row));
        let first = of[0].0.min(of[1].0);
        let end = of.iter().map(|(first, taps)| first + taps.len()).max().unwrap_or(first);
        self.first = first - start;
        self.taps.clear();
        self.taps.resize(end - first, [0.0; 2]);
        for (side, (start, taps)) in of.iter().enumerate() {
            for (pair, tap) in self.taps[start - first..].iter_mut().zip(*taps) {
                pair[side] = *tap;
            }
        }
    }
}

/// What makes as many rows as there are lanes.
#[derive(Clone, Copy)]
struct Slab<'a> {
    across: &'a Weights,
    plus: f32,
    preparation: Preparation,
    /// The first column in the window.
    from: usize,
    pairs: &'a [Pair; LANES / 2],
}

impl Slab<'_> {
    fn make<const CH: usize, T: Sample, S: Output>(
        self,
        window: &[&[T]],
        scratch: &mut Scratch,
        rows: &mut [S],
    ) {
        #[cfg(target_arch = "x86_64")]
        if has_avx2() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.make_avx2::<CH, T, S>(window, scratch, rows) };
        }
        // What the processors of a target all have: on ARM's, multiplication and addition in one.
        if cfg!(target_arch = "aarch64") {
            self.make_with::<CH, T, S, true>(window, scratch, rows);
        } else {
            self.make_with::<CH, T, S, false>(window, scratch, rows);
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn make_avx2<const CH: usize, T: Sample, S: Output>(
        self,
        window: &[&[T]],
        scratch: &mut Scratch,
        rows: &mut [S],
    ) {
        self.make_with::<CH, T, S, true>(window, scratch, rows);
    }

    #[inline(always)]
    fn make_with<const CH: usize, T: Sample, S: Output, const FUSED: bool>(
        self,
        window: &[&[T]],
        scratch: &mut Scratch,
        rows: &mut [S],
    ) {
        let length = scratch.between.len();
        let mut strips = scratch.between.chunks_exact_mut(STRIP);
        for (index, strip) in strips.by_ref().enumerate() {
            self.down::<T, STRIP, FUSED>(window, index * STRIP, strip);
        }
        let rest = strips.into_remainder();
        let start = length - rest.len();
        for (offset, lanes) in rest.chunks_exact_mut(1).enumerate() {
            self.down::<T, 1, FUSED>(window, start + offset, lanes);
        }
        self.along::<CH, FUSED>(scratch);
        store(&scratch.made, rows);
    }

    /// The vertical pass of `N` samples from `at` on.
    #[inline(always)]
    fn down<T: Sample, const N: usize, const FUSED: bool>(
        self,
        window: &[&[T]],
        at: usize,
        strip: &mut [Lanes],
    ) {
        let mut sums = [[0.0_f32; N]; LANES];
        for (sums, pair) in sums.as_chunks_mut::<2>().0.iter_mut().zip(self.pairs) {
            let mut upper = [0.0_f32; N];
            let mut lower = [0.0_f32; N];
            for (row, taps) in window[pair.first..].iter().zip(&pair.taps) {
                let Some(samples) = row[at..].first_chunk::<N>() else { return };
                for index in 0..N {
                    let sample = samples[index].float();
                    upper[index] = multiply_add::<FUSED>(taps[0], sample, upper[index]);
                    lower[index] = multiply_add::<FUSED>(taps[1], sample, lower[index]);
                }
            }
            *sums = [upper, lower];
        }
        for (index, lanes) in strip.iter_mut().enumerate().take(N) {
            for (lane, sums) in lanes.0.iter_mut().zip(&sums) {
                *lane = sums[index];
            }
        }
    }

    /// The horizontal pass.
    #[inline(always)]
    fn along<const CH: usize, const FUSED: bool>(self, scratch: &mut Scratch) {
        let pixels = scratch.between.as_chunks::<CH>().0;
        for (index, made) in scratch.made.as_chunks_mut::<CH>().0.iter_mut().enumerate() {
            let (first, taps) = self.across.of(index);
            let pixels = &pixels[first - self.from..][..taps.len()];
            // Channel by channel: the compiler keeps one set of lanes in a register, three it does not.
            for channel in 0..CH {
                let mut sums = Lanes([self.plus; LANES]);
                for (pixel, tap) in pixels.iter().zip(taps) {
                    sums.add::<FUSED>(*tap, &pixel[channel]);
                }
                made[channel] = sums;
            }
            self.preparation.finish::<CH>(made);
        }
    }
}

/// Runs code that is compiled for the vectors that the processor has, as far as it is inlined here.
fn with_vectors(work: impl FnOnce()) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn avx2(work: impl FnOnce()) {
            work();
        }
        if has_avx2() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { avx2(work) };
        }
    }
    work();
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[inline(always)]
fn multiply_add<const FUSED: bool>(factor: f32, value: f32, sum: f32) -> f32 {
    if FUSED { factor.mul_add(value, sum) } else { factor * value + sum }
}

/// Out of the lanes into the rows, rounded.
#[inline(always)]
fn store<S: Output>(made: &[Lanes], rows: &mut [S]) {
    let (blocks, rest) = made.as_chunks::<LANES>();
    for (index, block) in blocks.iter().enumerate() {
        for (lane, row) in rows.chunks_exact_mut(made.len()).enumerate() {
            let Some(samples) = row[index * LANES..].first_chunk_mut::<LANES>() else { return };
            for sample in 0..LANES {
                samples[sample] = S::rounded(block[sample].0[lane]);
            }
        }
    }
    for (lane, row) in rows.chunks_exact_mut(made.len()).enumerate() {
        for (sample, lanes) in row[blocks.len() * LANES..].iter_mut().zip(rest) {
            *sample = S::rounded(lanes.0[lane]);
        }
    }
}

/// What scaling allocates beside source and target, at most.
pub(super) fn extra_bytes(layout: Layout, scaling: &Scaling) -> u64 {
    let Scaling { region, area, target, kernel, .. } = *scaling;
    let channels = layout.channels() as u64;
    // Weights along the rows are held in both forms for a moment, groups and pixels; what grows piece by
    // piece has room for twice as many.
    let weights =
        3 * weights::bytes(area.width, target.0, kernel) + weights::bytes(area.height, target.1, kernel);
    let group = f64::from(weights::group(region.height, area.height, target.1));
    let shrink = (area.height / f64::from(target.1) / group).max(1.0);
    // The kernels reach three pixels at most.
    let rows = (shrink * (LANES as f64 + 6.0)).ceil() as u64 + 4;
    let source_row = u64::from(region.width) * channels;
    let lanes = (LANES * size_of::<f32>()) as u64;
    let window = rows * size_of::<&[u8]>() as u64 * 4;
    weights + rows * source_row * 4 + (source_row + u64::from(target.0) * channels) * lanes + window
}
