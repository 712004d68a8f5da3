//! The inverse discrete cosine transform of a block, to 8×8 samples or directly to fewer: 6×6, 5×5, 4×4, 2×2
//! or one.
//!
//! The algorithm to eight is that of C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT algorithms
//! with 11 multiplications" (ICASSP 1989), in fixed point with 13 bits of fraction, columns first. Fewer samples
//! take the coefficients of the frequencies that so many can show as those of a transform of that size (R. Dugad and
//! N. Ahuja, "A fast scheme for image size change in the compressed domain", IEEE Trans. Circuits Syst. Video
//! Technol. 11, 2001), which leaves them sharper than averages of the block's samples are.
//!
//! Numbers are kept as SIMD registers keep them (16 bits that wrap or saturate, 32 that wrap), so that both
//! implementations agree on any input, sensible or not.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

#[cfg(target_arch = "x86_64")]
mod sse2;

/// How many samples a side a block becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    One = 1,
    Two = 2,
    Four = 4,
    Five = 5,
    Six = 6,
    Eight = 8,
}

impl Side {
    /// Twice as many, if there are so many.
    pub(super) fn twice(self) -> Option<Self> {
        match self {
            Side::One => Some(Side::Two),
            Side::Two => Some(Side::Four),
            Side::Four => Some(Side::Eight),
            Side::Five | Side::Six | Side::Eight => None,
        }
    }
}

/// A block's coefficients, row by row, not yet multiplied by their quantisation steps.
pub(super) type Block = [i16; 64];

/// Quantisation steps in the same order. Only their products' lowest 16 bits count, so that steps over 32767
/// may lie here as negative numbers.
pub(super) type Steps = [i16; 64];

/// Index, in stored order, of the last coefficient of the smallest upper left square of 4×4.
pub(super) const LAST_OF_QUARTER: usize = 9;

/// Transforms a block into `out`, whose rows are `stride` apart. Coefficients after the one of index `last`, in
/// stored order, must be zero.
#[inline(always)]
pub(super) fn put(side: Side, block: &Block, last: usize, steps: &Steps, out: &mut [u8], stride: usize) {
    if last == 0 {
        fill(side as usize, mean(block, steps), out, stride);
        return;
    }
    match side {
        Side::Eight if last <= LAST_OF_QUARTER => eight::<true>(block, steps, out, stride),
        Side::Eight => eight::<false>(block, steps, out, stride),
        Side::Six => lowest::<6>(block, steps, out, stride),
        Side::Five => lowest::<5>(block, steps, out, stride),
        Side::Four => lowest::<4>(block, steps, out, stride),
        // Four coefficients are quicker one by one.
        Side::Two => portable::lowest::<2>(block, steps, out, stride),
        Side::One => fill(1, mean(block, steps), out, stride),
    }
}

#[inline(always)]
fn eight<const QUARTER: bool>(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    unsafe {
        sse2::eight::<QUARTER>(block, steps, out, stride);
    }
    #[cfg(not(target_arch = "x86_64"))]
    portable::eight::<QUARTER>(block, steps, out, stride);
}

#[inline(always)]
fn lowest<const N: usize>(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    unsafe {
        sse2::lowest::<N>(block, steps, out, stride);
    }
    #[cfg(not(target_arch = "x86_64"))]
    portable::lowest::<N>(block, steps, out, stride);
}

/// A block of one value.
#[inline(always)]
pub(super) fn fill(side: usize, value: u8, out: &mut [u8], stride: usize) {
    for row in out.chunks_mut(stride).take(side) {
        // Of a known length, as otherwise each row is a call.
        match side {
            8 => row[..8].fill(value),
            6 => row[..6].fill(value),
            5 => row[..5].fill(value),
            4 => row[..4].fill(value),
            _ => row[..side].fill(value),
        }
    }
}

fn mean(block: &Block, steps: &Steps) -> u8 {
    let mean = i32::from(block[0].wrapping_mul(steps[0]));
    (((mean + 4) >> 3) + 128).clamp(0, 255) as u8
}

/// Constants have 13 bits of fraction.
const FRACTION: u32 = 13;

/// Between the passes numbers keep two bits of fraction.
const BETWEEN: u32 = 2;

const fn fixed(value: f64) -> i16 {
    let scaled = value * (1 << FRACTION) as f64;
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i16
}

/// Constants of the transform to eight. Pairs (a, b) stand for a·x + b·y.
mod of_eight {
    use super::fixed;

    /// Of coefficients 2 and 6: √2·cos(2π/16) and √2·cos(6π/16), as sums of the rounded constants of the
    /// paper's rotation by 6π/16.
    pub(super) const EVEN_OUTER: [i16; 2] =
        [fixed(0.541_196_100) + fixed(0.765_366_865), fixed(0.541_196_100)];
    pub(super) const EVEN_INNER: [i16; 2] =
        [fixed(0.541_196_100), fixed(0.541_196_100) - fixed(1.847_759_065)];
    /// Of the sums (7 + 3) and (5 + 1).
    pub(super) const SUM_73: [i16; 2] = [fixed(1.175_875_602) - fixed(1.961_570_560), fixed(1.175_875_602)];
    pub(super) const SUM_51: [i16; 2] = [fixed(1.175_875_602), fixed(1.175_875_602) - fixed(0.390_180_644)];
    /// Of coefficients 7 and 1.
    pub(super) const FROM_7: [i16; 2] = [fixed(0.298_631_336) - fixed(0.899_976_223), -fixed(0.899_976_223)];
    pub(super) const FROM_1: [i16; 2] = [-fixed(0.899_976_223), fixed(1.501_321_110) - fixed(0.899_976_223)];
    /// Of coefficients 5 and 3.
    pub(super) const FROM_5: [i16; 2] = [fixed(2.053_119_869) - fixed(2.562_915_447), -fixed(2.562_915_447)];
    pub(super) const FROM_3: [i16; 2] = [-fixed(2.562_915_447), fixed(3.072_711_026) - fixed(2.562_915_447)];
}

/// Constants of the transforms to N samples. Those of even frequencies are the same at both ends, those of odd ones
/// the opposite.
struct Lowest<const N: usize>;

impl<const N: usize> Lowest<N> {
    /// For each sample of the first half, by what coefficients 2 and 4 are multiplied.
    const EVEN: [[i16; 2]; 3] = {
        let all = Self::of([2, 4, N]);
        [[all[0][0], all[0][1]], [all[1][0], all[1][1]], [all[2][0], all[2][1]]]
    };
    /// The same of 1, 3 and 5.
    const ODD: [[i16; 3]; 3] = Self::of([1, 3, 5]);

    const fn of(frequencies: [usize; 3]) -> [[i16; 3]; 3] {
        let mut constants = [[0; 3]; 3];
        let mut sample = 0;
        while sample < N.div_ceil(2) {
            let mut at = 0;
            while at < 3 {
                if frequencies[at] < N {
                    constants[sample][at] = fixed(Self::cosine(frequencies[at] * (2 * sample + 1)));
                }
                at += 1;
            }
            sample += 1;
        }
        constants
    }

    /// √2·cos(kπ/2N).
    const fn cosine(k: usize) -> f64 {
        let k = k % (4 * N);
        let k = if k > 2 * N { 4 * N - k } else { k };
        let quarter: &[f64] = match N {
            2 => &[1.0, FRAC_1_SQRT_2, 0.0],
            4 => &[1.0, 0.923_879_533, FRAC_1_SQRT_2, 0.382_683_432, 0.0],
            5 => &[1.0, 0.951_056_516, 0.809_016_994, 0.587_785_252, 0.309_016_994, 0.0],
            6 => &[1.0, 0.965_925_826, 0.866_025_404, FRAC_1_SQRT_2, 0.5, 0.258_819_045, 0.0],
            // Does not compile, as the compiler is who computes the constants.
            _ => &[],
        };
        SQRT_2 * if k > N { -quarter[2 * N - k] } else { quarter[k] }
    }
}

/// Plain Rust, for every processor and as the measure of the others.
#[cfg_attr(target_arch = "x86_64", allow(dead_code))]
mod portable {
    use super::{BETWEEN, Block, FRACTION, Lowest, Steps, of_eight};

    fn pair(x: i16, y: i16, by: [i16; 2]) -> i32 {
        (i32::from(x) * i32::from(by[0])).wrapping_add(i32::from(y) * i32::from(by[1]))
    }

    fn round(value: i32, shift: u32) -> i32 {
        value.wrapping_add(1 << (shift - 1)) >> shift
    }

    fn saturate(value: i32) -> i16 {
        value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
    }

    fn sample(value: i32) -> u8 {
        (value.clamp(-128, 127) + 128) as u8
    }

    fn one_to_eight(x: [i16; 8], shift: u32) -> [i32; 8] {
        let outer = pair(x[2], x[6], of_eight::EVEN_OUTER);
        let inner = pair(x[2], x[6], of_eight::EVEN_INNER);
        let sum = i32::from(x[0].wrapping_add(x[4])) << FRACTION;
        let difference = i32::from(x[0].wrapping_sub(x[4])) << FRACTION;
        let even = [
            sum.wrapping_add(outer),
            difference.wrapping_add(inner),
            difference.wrapping_sub(inner),
            sum.wrapping_sub(outer),
        ];
        let (sum_73, sum_51) = (x[7].wrapping_add(x[3]), x[5].wrapping_add(x[1]));
        let with_73 = pair(sum_73, sum_51, of_eight::SUM_73);
        let with_51 = pair(sum_73, sum_51, of_eight::SUM_51);
        let odd = [
            pair(x[7], x[1], of_eight::FROM_1).wrapping_add(with_51),
            pair(x[5], x[3], of_eight::FROM_3).wrapping_add(with_73),
            pair(x[5], x[3], of_eight::FROM_5).wrapping_add(with_51),
            pair(x[7], x[1], of_eight::FROM_7).wrapping_add(with_73),
        ];
        let mut y = [0; 8];
        for (index, (even, odd)) in even.into_iter().zip(odd).enumerate() {
            y[index] = round(even.wrapping_add(odd), shift);
            y[7 - index] = round(even.wrapping_sub(odd), shift);
        }
        y
    }

    /// `QUARTER`: only the upper left 4×4 coefficients may differ from zero.
    pub(super) fn eight<const QUARTER: bool>(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
        let mut middle = [0_i16; 64];
        for column in 0..if QUARTER { 4 } else { 8 } {
            let x = std::array::from_fn(|row| {
                if QUARTER && row > 3 {
                    0
                } else {
                    block[row * 8 + column].wrapping_mul(steps[row * 8 + column])
                }
            });
            for (row, y) in one_to_eight(x, FRACTION - BETWEEN).into_iter().enumerate() {
                middle[row * 8 + column] = saturate(y);
            }
        }
        for (x, out) in middle.as_chunks::<8>().0.iter().zip(out.chunks_mut(stride)) {
            let y = one_to_eight(*x, FRACTION + BETWEEN + 3);
            out[..8].copy_from_slice(&y.map(sample));
        }
    }

    #[inline(always)]
    fn one_to_lowest<const N: usize>(x: [i16; 8], shift: u32) -> [i32; N] {
        let mean = i32::from(x[0]) << FRACTION;
        let mut y = [0; N];
        for sample in 0..N.div_ceil(2) {
            let even = mean.wrapping_add(pair(x[2], x[4], Lowest::<N>::EVEN[sample]));
            let [of_1, of_3, of_5] = Lowest::<N>::ODD[sample];
            let odd = pair(x[1], x[3], [of_1, of_3]).wrapping_add(pair(x[5], 0, [of_5, 0]));
            y[N - 1 - sample] = round(even.wrapping_sub(odd), shift);
            y[sample] = round(even.wrapping_add(odd), shift);
        }
        y
    }

    #[inline(always)]
    pub(super) fn lowest<const N: usize>(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
        let used = |at: usize, value: i16| if at < N { value } else { 0 };
        let mut middle = [[0_i16; N]; N];
        for column in 0..N {
            let x = std::array::from_fn(|row| {
                used(row, block[row * 8 + column].wrapping_mul(steps[row * 8 + column]))
            });
            let y = one_to_lowest::<N>(x, FRACTION - BETWEEN);
            for (row, y) in middle.iter_mut().zip(y) {
                row[column] = saturate(y);
            }
        }
        for (row, out) in middle.iter().zip(out.chunks_mut(stride)) {
            let x = std::array::from_fn(|at| if at < N { row[at] } else { 0 });
            let y = one_to_lowest::<N>(x, FRACTION + BETWEEN + 3);
            out[..N].copy_from_slice(&y.map(sample));
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
