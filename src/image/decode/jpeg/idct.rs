//! The inverse discrete cosine transform of a block, to 8×8 samples or directly to fewer: to averages of them
//! (4×4, 2×2 or one), or to 7×7, 6×6, 5×5 or 3×3 of the lowest frequencies.
//!
//! The algorithm is that of C. Loeffler, A. Ligtenberg and G. Moschytz, "Practical fast 1-D DCT algorithms
//! with 11 multiplications" (ICASSP 1989), in fixed point with 13 bits of fraction, columns first. Averages of
//! neighbours need no separate step: the average of samples 2j and 2j + 1 of a cosine of frequency k is
//! cos(kπ/16) times the cosine sampled between them, so the factor goes into the constants, and frequencies
//! that average to zero (4 in pairs; 2, 4 and 6 in fours) are left out.
//!
//! Sizes that do not divide eight take the coefficients of the frequencies that so many samples can show as those
//! of a transform of that size (R. Dugad and N. Ahuja, "A fast scheme for image size change in the compressed
//! domain", IEEE Trans. Circuits Syst. Video Technol. 11, 2001).
//!
//! Numbers are kept as SIMD registers keep them (16 bits that wrap or saturate, 32 that wrap), so that both
//! implementations agree on any input, sensible or not.

#[cfg(target_arch = "x86_64")]
mod sse2;

/// How many samples a side a block becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    One = 1,
    Two = 2,
    Three = 3,
    Four = 4,
    Five = 5,
    Six = 6,
    Seven = 7,
    Eight = 8,
}

impl Side {
    /// Twice as many, if there are so many.
    pub(super) fn twice(self) -> Option<Self> {
        match self {
            Side::One => Some(Side::Two),
            Side::Two => Some(Side::Four),
            Side::Three => Some(Side::Six),
            Side::Four => Some(Side::Eight),
            Side::Five | Side::Six | Side::Seven | Side::Eight => None,
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
        Side::Seven => lowest::<7>(block, steps, out, stride),
        Side::Six => lowest::<6>(block, steps, out, stride),
        Side::Five => lowest::<5>(block, steps, out, stride),
        Side::Four => four(block, steps, out, stride),
        Side::Three => lowest::<3>(block, steps, out, stride),
        Side::Two => two(block, steps, out, stride),
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

#[inline(always)]
fn four(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    unsafe {
        sse2::four(block, steps, out, stride);
    }
    #[cfg(not(target_arch = "x86_64"))]
    portable::four(block, steps, out, stride);
}

#[inline(always)]
fn two(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2.
    unsafe {
        sse2::two(block, steps, out, stride);
    }
    #[cfg(not(target_arch = "x86_64"))]
    portable::two(block, steps, out, stride);
}

/// A block of one value.
#[inline(always)]
pub(super) fn fill(side: usize, value: u8, out: &mut [u8], stride: usize) {
    for row in out.chunks_mut(stride).take(side) {
        // Of a known length, as otherwise each row is a call.
        match side {
            8 => row[..8].fill(value),
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

/// Constants of the transforms of N samples, by symmetry: frequencies of even number are the same at both ends.
struct Lowest<const N: usize>;

impl<const N: usize> Lowest<N> {
    /// For each of the first half's samples, the pairs of frequencies 2 and 4, and 6.
    const EVEN: [[[i16; 2]; 2]; 4] = Self::of([2, 4, 6, 8]);
    /// Of 1 and 3, and 5.
    const ODD: [[[i16; 2]; 2]; 4] = Self::of([1, 3, 5, 7]);

    const fn of(frequencies: [usize; 4]) -> [[[i16; 2]; 2]; 4] {
        let mut constants = [[[0; 2]; 2]; 4];
        let mut sample = 0;
        while sample < N.div_ceil(2) {
            let mut at = 0;
            while at < 4 {
                if frequencies[at] < N {
                    constants[sample][at / 2][at % 2] =
                        fixed(Self::cosine(frequencies[at] * (2 * sample + 1)));
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
            3 => &[1.414_213_562, 1.224_744_871, 0.707_106_781, 0.0],
            5 => &[1.414_213_562, 1.344_997_024, 1.144_122_806, 0.831_253_876, 0.437_016_024, 0.0],
            6 => &[1.414_213_562, 1.366_025_404, 1.224_744_871, 1.0, 0.707_106_781, 0.366_025_404, 0.0],
            7 => &[
                1.414_213_562,
                1.378_756_276,
                1.274_162_392,
                1.105_676_685,
                0.881_747_734,
                0.613_604_268,
                0.314_692_123,
                0.0,
            ],
            _ => panic!("no size of this transform"),
        };
        if k > N { -quarter[2 * N - k] } else { quarter[k] }
    }
}

/// Constants of the transform to four averages, and twice themselves.
mod of_four {
    use super::fixed;

    /// 2·√2·cos(kπ/16)·cos(kπ/8) for k = 2 and 6.
    pub(super) const EVEN: [i16; 2] = [fixed(1.847_759_065), -fixed(0.765_366_865)];
    /// The outer averages: the same for k = 1 and 3, 5 and 7.
    pub(super) const OUTER_13: [i16; 2] = [fixed(2.562_915_447), fixed(0.899_976_223)];
    pub(super) const OUTER_57: [i16; 2] = [-fixed(0.601_344_887), -fixed(0.509_795_579)];
    /// The inner ones: 2·√2·cos(kπ/16)·cos(3kπ/8).
    pub(super) const INNER_13: [i16; 2] = [fixed(1.061_594_337), -fixed(2.172_734_803)];
    pub(super) const INNER_57: [i16; 2] = [fixed(1.451_774_981), -fixed(0.211_164_243)];
}

/// Constants of the transform to two averages, and four times themselves: √2 times the sum of the cosines at
/// the four samples, for k = 1, 3, 5, 7.
const TWO: [i16; 4] =
    [fixed(3.624_509_785), -fixed(1.272_758_580), fixed(0.850_430_095), -fixed(0.720_959_822)];

/// Plain Rust, for every processor and as the measure of the others.
#[cfg_attr(target_arch = "x86_64", allow(dead_code))]
mod portable {
    use super::{BETWEEN, Block, FRACTION, Lowest, Steps, TWO, of_eight, of_four};

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

    fn one_to_lowest<const N: usize>(x: [i16; 8], shift: u32) -> [i32; 8] {
        let mean = i32::from(x[0]) << FRACTION;
        let mut y = [0; 8];
        for sample in 0..N.div_ceil(2) {
            let [of_24, of_6] = Lowest::<N>::EVEN[sample];
            let even = mean.wrapping_add(pair(x[2], x[4], of_24)).wrapping_add(pair(x[6], 0, of_6));
            let [of_13, of_5] = Lowest::<N>::ODD[sample];
            let odd = pair(x[1], x[3], of_13).wrapping_add(pair(x[5], 0, of_5));
            y[N - 1 - sample] = round(even.wrapping_sub(odd), shift);
            y[sample] = round(even.wrapping_add(odd), shift);
        }
        y
    }

    pub(super) fn lowest<const N: usize>(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
        let mut middle = [0_i16; 64];
        for column in 0..N {
            let x = std::array::from_fn(|row| block[row * 8 + column].wrapping_mul(steps[row * 8 + column]));
            for (row, y) in one_to_lowest::<N>(x, FRACTION - BETWEEN).into_iter().enumerate().take(N) {
                middle[row * 8 + column] = saturate(y);
            }
        }
        for (x, out) in middle.as_chunks::<8>().0.iter().zip(out.chunks_mut(stride)).take(N) {
            let y = one_to_lowest::<N>(*x, FRACTION + BETWEEN + 3);
            out[..N].copy_from_slice(&y.map(sample)[..N]);
        }
    }

    fn one_to_four(x: [i16; 8], shift: u32) -> [i32; 4] {
        let mean = i32::from(x[0]) << (FRACTION + 1);
        let even = pair(x[2], x[6], of_four::EVEN);
        let outer = pair(x[1], x[3], of_four::OUTER_13).wrapping_add(pair(x[5], x[7], of_four::OUTER_57));
        let inner = pair(x[1], x[3], of_four::INNER_13).wrapping_add(pair(x[5], x[7], of_four::INNER_57));
        let (sum, difference) = (mean.wrapping_add(even), mean.wrapping_sub(even));
        [
            sum.wrapping_add(outer),
            difference.wrapping_add(inner),
            difference.wrapping_sub(inner),
            sum.wrapping_sub(outer),
        ]
        .map(|y| round(y, shift))
    }

    pub(super) fn four(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
        let mut middle = [0_i16; 32];
        for column in (0..8).filter(|&column| column != 4) {
            let x = std::array::from_fn(|row| block[row * 8 + column].wrapping_mul(steps[row * 8 + column]));
            for (row, y) in one_to_four(x, FRACTION - BETWEEN + 1).into_iter().enumerate() {
                middle[row * 8 + column] = saturate(y);
            }
        }
        for (x, out) in middle.as_chunks::<8>().0.iter().zip(out.chunks_mut(stride)) {
            let y = one_to_four(*x, FRACTION + BETWEEN + 3 + 1);
            out[..4].copy_from_slice(&y.map(sample));
        }
    }

    fn one_to_two(mean: i16, odd: [i16; 4], shift: u32) -> [i32; 2] {
        let mean = i32::from(mean) << (FRACTION + 2);
        let odd = pair(odd[0], odd[1], [TWO[0], TWO[1]]).wrapping_add(pair(odd[2], odd[3], [TWO[2], TWO[3]]));
        [round(mean.wrapping_add(odd), shift), round(mean.wrapping_sub(odd), shift)]
    }

    pub(super) fn two(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
        const USED: [usize; 5] = [0, 1, 3, 5, 7];
        let mut middle = [[0_i16; 5]; 2];
        for (position, column) in USED.into_iter().enumerate() {
            let x = USED.map(|row| block[row * 8 + column].wrapping_mul(steps[row * 8 + column]));
            let y = one_to_two(x[0], [x[1], x[2], x[3], x[4]], FRACTION - BETWEEN + 2);
            middle[0][position] = saturate(y[0]);
            middle[1][position] = saturate(y[1]);
        }
        for (x, out) in middle.iter().zip(out.chunks_mut(stride)) {
            let y = one_to_two(x[0], [x[1], x[2], x[3], x[4]], FRACTION + BETWEEN + 3 + 2);
            out[..2].copy_from_slice(&y.map(sample));
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
