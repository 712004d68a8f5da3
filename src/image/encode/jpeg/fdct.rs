//! The forward transform with quantisation: the scaled DCT of Arai, Agui and Nakajima (1988), whose
//! scaling is folded into the quantisation, so that eight values cost five multiplications.
//!
//! In `f32`: the products are exact to 2⁻²⁴, far closer than what fixed point of 16 bits can give, and
//! IEEE 754 makes the results the same on every machine.

#![expect(clippy::inline_always, reason = "what is called must be compiled for its caller's registers")]

use super::quant::Steps;
use super::zigzag::{Block, in_coding_order};

/// What turns transformed values into coefficients in steps; column by column.
pub(super) struct Reciprocals {
    /// To eighths of a unit.
    eighths: [f32; 64],
    /// From these to steps.
    steps: [f32; 64],
}

impl Reciprocals {
    pub(super) fn new(steps: &Steps) -> Self {
        // cos(kπ/16)·√2, and 1 for k = 0: the transform's outputs are larger by these, and by 8.
        let scale = |k: usize| match k {
            0 => 1.0,
            k => (k as f64 * std::f64::consts::PI / 16.0).cos() * std::f64::consts::SQRT_2,
        };
        // Halves go up in magnitude, as in IJG's divisions. Anything else is farther from them than this.
        let up = 1.0 + f64::powi(2.0, -20);
        Self {
            eighths: std::array::from_fn(|place| (1.0 / (scale(place / 8) * scale(place % 8))) as f32),
            steps: std::array::from_fn(|place| {
                (up / (8.0 * f64::from(steps.0[place % 8 * 8 + place / 8]))) as f32
            }),
        }
    }
}

/// Transforms a row of blocks: `samples` are eight rows, `stride` apart, the first sample first.
pub(super) fn transform_row(samples: &[u8], stride: usize, reciprocals: &Reciprocals, blocks: &mut [Block]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function asks for.
        return unsafe { transform_row_avx2(samples, stride, reciprocals, blocks) };
    }
    transform_row_anywhere(samples, stride, reciprocals, blocks, transposed, nonzero);
}

/// The same code, for the compiler to spread over registers of eight values; only how these change places
/// it does not see.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn transform_row_avx2(samples: &[u8], stride: usize, reciprocals: &Reciprocals, blocks: &mut [Block]) {
    transform_row_anywhere(
        samples,
        stride,
        reciprocals,
        blocks,
        |values| transposed_avx2(values),
        |values| nonzero_sse2(values),
    );
}

#[inline(always)]
fn transform_row_anywhere(
    samples: &[u8],
    stride: usize,
    reciprocals: &Reciprocals,
    blocks: &mut [Block],
    transposed: impl Fn(&[f32; 64]) -> [f32; 64],
    nonzero: impl Fn(&[i16; 64]) -> u64,
) {
    let rows: [&[u8]; 8] = std::array::from_fn(|row| &samples[row * stride..]);
    for (index, block) in blocks.iter_mut().enumerate() {
        let mut values = [0.0; 64];
        for (row, values) in rows.iter().zip(values.chunks_exact_mut(8)) {
            let samples: &[u8; 8] = row[index * 8..].first_chunk().unwrap_or(&[0; 8]);
            for (value, sample) in values.iter_mut().zip(samples) {
                *value = f32::from(*sample) - 128.0;
            }
        }
        let by_column = transposed(&columns(&values));
        quantise(&columns(&by_column), reciprocals, &mut block.by_column);
        block.nonzero = in_coding_order(nonzero(&block.by_column));
    }
}

/// Transforms eight columns of eight values.
#[inline(always)]
fn columns(input: &[f32; 64]) -> [f32; 64] {
    let mut output = [0.0; 64];
    for lane in 0..8 {
        let value = |row: usize| input[row * 8 + lane];
        let (sum07, difference07) = (value(0) + value(7), value(0) - value(7));
        let (sum16, difference16) = (value(1) + value(6), value(1) - value(6));
        let (sum25, difference25) = (value(2) + value(5), value(2) - value(5));
        let (sum34, difference34) = (value(3) + value(4), value(3) - value(4));

        let (outer, outer_difference) = (sum07 + sum34, sum07 - sum34);
        let (inner, inner_difference) = (sum16 + sum25, sum16 - sum25);
        output[lane] = outer + inner;
        output[32 + lane] = outer - inner;
        // cos(4π/16)
        let turned = (inner_difference + outer_difference) * 0.707_106_77;
        output[16 + lane] = outer_difference + turned;
        output[48 + lane] = outer_difference - turned;

        let low = difference34 + difference25;
        let middle = (difference25 + difference16) * 0.707_106_77;
        let high = difference16 + difference07;
        // cos(6π/16), cos(2π/16) − cos(6π/16) and cos(2π/16) + cos(6π/16)
        let shared = (low - high) * 0.382_683_43;
        let low = low * 0.541_196_1 + shared;
        let high = high * 1.306_563 + shared;
        let (above, below) = (difference07 + middle, difference07 - middle);
        output[40 + lane] = below + low;
        output[24 + lane] = below - low;
        output[8 + lane] = above + high;
        output[56 + lane] = above - high;
    }
    output
}

#[inline(always)]
fn transposed(input: &[f32; 64]) -> [f32; 64] {
    let mut output = [0.0; 64];
    for row in 0..8 {
        for column in 0..8 {
            output[column * 8 + row] = input[row * 8 + column];
        }
    }
    output
}

/// In three steps, each of which brings together what lies twice as far apart.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn transposed_avx2(input: &[f32; 64]) -> [f32; 64] {
    use std::arch::x86_64::{
        __m256, _mm256_permute2f128_ps, _mm256_shuffle_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };
    let rows: [__m256; 8] = bytemuck::cast(*input);
    // Rows 0 and 1, 2 and 3, and so on.
    let low = |row: usize| _mm256_unpacklo_ps(rows[row], rows[row + 1]);
    let high = |row: usize| _mm256_unpackhi_ps(rows[row], rows[row + 1]);
    // The first and the second halves of four rows' pairs of columns.
    let first = |a, b| _mm256_shuffle_ps::<0b01_00_01_00>(a, b);
    let second = |a, b| _mm256_shuffle_ps::<0b11_10_11_10>(a, b);
    let upper =
        [first(low(0), low(2)), second(low(0), low(2)), first(high(0), high(2)), second(high(0), high(2))];
    let lower =
        [first(low(4), low(6)), second(low(4), low(6)), first(high(4), high(6)), second(high(4), high(6))];
    let left = |column: usize| _mm256_permute2f128_ps::<0x20>(upper[column], lower[column]);
    let right = |column: usize| _mm256_permute2f128_ps::<0x31>(upper[column], lower[column]);
    bytemuck::cast([left(0), left(1), left(2), left(3), right(0), right(1), right(2), right(3)])
}

/// Divides by the steps what is first rounded to eighths, which is what IJG's integer transform gives: at
/// the same quality, files come out as large and as good as those of libjpeg.
#[inline(always)]
fn quantise(values: &[f32; 64], reciprocals: &Reciprocals, coefficients: &mut [i16; 64]) {
    // Adding 1.5·2²³ leaves no bits below one: the sum is rounded to nearest, and its lower half is the
    // number as two's complement.
    const ROUND: f32 = 12_582_912.0;
    let factors = reciprocals.eighths.iter().zip(&reciprocals.steps);
    for ((coefficient, value), (eighth, step)) in coefficients.iter_mut().zip(values).zip(factors) {
        let eighths = value * eighth + ROUND - ROUND;
        *coefficient = (eighths * step + ROUND).to_bits() as i16;
    }
}

/// A bit for each value that is not zero, the lowest for the first.
#[inline(always)]
fn nonzero(values: &[i16; 64]) -> u64 {
    let mut bits = 0;
    for (index, eight) in values.chunks_exact(8).enumerate() {
        let mut flags = [0; 8];
        for (flag, value) in flags.iter_mut().zip(eight) {
            *flag = u8::from(*value != 0);
        }
        // Gathers the lowest bit of each byte in the topmost byte.
        let gathered = u64::from_le_bytes(flags).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= gathered << (index * 8);
    }
    bits
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
fn nonzero_sse2(values: &[i16; 64]) -> u64 {
    use std::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_packs_epi16, _mm_setzero_si128};
    let eights: [__m128i; 8] = bytemuck::cast(*values);
    let mut bits = 0;
    for (index, pair) in eights.chunks_exact(2).enumerate() {
        // Packing saturates, so that what is not zero stays so.
        let zero = _mm_cmpeq_epi8(_mm_packs_epi16(pair[0], pair[1]), _mm_setzero_si128());
        bits |= u64::from(!_mm_movemask_epi8(zero) as u16) << (16 * index);
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A.3.3 word for word, in steps, column by column.
    fn reference(samples: &[u8; 64], steps: &Steps) -> [f64; 64] {
        let basis = |at: usize, frequency: usize| {
            let norm = if frequency == 0 { std::f64::consts::FRAC_1_SQRT_2 } else { 1.0 };
            norm * ((2 * at + 1) as f64 * frequency as f64 * std::f64::consts::PI / 16.0).cos() / 2.0
        };
        std::array::from_fn(|place| {
            let (column, row) = (place / 8, place % 8);
            let sum: f64 = (0..64)
                .map(|at| (f64::from(samples[at]) - 128.0) * basis(at / 8, row) * basis(at % 8, column))
                .sum();
            sum / f64::from(steps.0[row * 8 + column])
        })
    }

    fn transformed(samples: &[u8; 64], steps: &Steps) -> Block {
        let mut blocks = [Block::ZERO];
        transform_row(samples, 8, &Reciprocals::new(steps), &mut blocks);
        let [block] = blocks;
        block
    }

    fn check(samples: &[u8; 64], quality: u8) -> std::result::Result<(), TestCaseError> {
        let steps = Steps::luma(quality);
        let block = transformed(samples, &steps);
        for (place, (found, exact)) in block.by_column.iter().zip(reference(samples, &steps)).enumerate() {
            let step = f64::from(steps.0[place % 8 * 8 + place / 8]);
            let eighths = exact * step * 8.0;
            // Either eighth will do where the exact value is in the middle between them.
            let divided = [-0.01, 0.01].map(|off| {
                let eighths = (eighths + off).round();
                eighths.signum() * ((eighths.abs() + 4.0 * step) / (8.0 * step)).floor()
            });
            prop_assert!(divided.contains(&f64::from(*found)), "{}: {} for {}", place, found, exact);
        }
        for k in 0..64 {
            prop_assert_eq!(block.nonzero >> k & 1 == 1, block.coefficient(k) != 0);
        }
        let mut anywhere = [Block::ZERO];
        transform_row_anywhere(samples, 8, &Reciprocals::new(&steps), &mut anywhere, transposed, nonzero);
        prop_assert_eq!(anywhere[0].by_column, block.by_column);
        prop_assert_eq!(anywhere[0].nonzero, block.nonzero);
        Ok(())
    }

    proptest! {
        #[test]
        fn coefficients_are_the_nearest(
            samples in proptest::array::uniform32(any::<[u8; 2]>()),
            quality in 1..=100_u8,
        ) {
            check(bytemuck::cast_ref(&samples), quality)?;
        }

        #[test]
        fn extremes_are_exact_too(bits in any::<u64>(), quality in 95..=100_u8) {
            let samples = std::array::from_fn(|at| if bits >> at & 1 == 1 { 255 } else { 0 });
            check(&samples, quality)?;
        }
    }

    #[test]
    fn flat_blocks_have_one_coefficient() {
        for value in 0..=255 {
            let block = transformed(&[value; 64], &Steps::luma(100));
            assert_eq!(block.dc(), 8 * (i16::from(value) - 128));
            assert_eq!(block.nonzero & !1, 0);
        }
    }

    #[test]
    fn blocks_beside_each_other_are_apart() {
        let row: Vec<u8> = (0..8 * 24).map(|at| (at * 37 % 251) as u8).collect();
        let reciprocals = Reciprocals::new(&Steps::chroma(90));
        let mut blocks = vec![Block::ZERO; 3];
        transform_row(&row, 24, &reciprocals, &mut blocks);
        for (index, block) in blocks.iter().enumerate() {
            let samples = std::array::from_fn(|at| row[at / 8 * 24 + index * 8 + at % 8]);
            assert_eq!(transformed(&samples, &Steps::chroma(90)).by_column, block.by_column);
        }
    }
}
