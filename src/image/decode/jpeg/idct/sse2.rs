//! The transforms eight columns at a time, with SSE2, which every x86-64 processor has.

use std::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_add_epi16, _mm_add_epi32, _mm_madd_epi16, _mm_mullo_epi16, _mm_packs_epi16,
    _mm_packs_epi32, _mm_set1_epi8, _mm_set1_epi32, _mm_setzero_si128, _mm_srai_epi32, _mm_sub_epi16,
    _mm_sub_epi32, _mm_unpackhi_epi16, _mm_unpacklo_epi16,
};

use super::{BETWEEN, Block, FRACTION, Lowest, Steps, of_eight};

type Row = __m128i;

/// The coefficients of a row, multiplied by their steps.
#[inline]
#[target_feature(enable = "sse2")]
fn row(block: &Block, steps: &Steps, index: usize) -> Row {
    let of = |values: &[i16; 64]| -> Row { bytemuck::cast(values.as_chunks::<8>().0[index]) };
    _mm_mullo_epi16(of(block), of(steps))
}

/// A constant pair in all lanes.
#[inline]
#[target_feature(enable = "sse2")]
fn pair([x, y]: [i16; 2]) -> Row {
    _mm_set1_epi32((x as u16 as u32 | (y as u16 as u32) << 16) as i32)
}

/// Eight numbers of 32 bits.
#[derive(Clone, Copy)]
struct Wide(Row, Row);

impl Wide {
    /// a·x + b·y of two rows.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn of_zipped(rows: Zipped, by: [i16; 2]) -> Self {
        let by = pair(by);
        Self(_mm_madd_epi16(rows.0, by), _mm_madd_epi16(rows.1, by))
    }

    /// A row times a power of two.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn scaled<const ZEROS: i32>(x: Row) -> Self {
        let zero = _mm_setzero_si128();
        // At the top of its lane, then down again, sign and all.
        Self(
            _mm_srai_epi32::<ZEROS>(_mm_unpacklo_epi16(zero, x)),
            _mm_srai_epi32::<ZEROS>(_mm_unpackhi_epi16(zero, x)),
        )
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn plus(self, other: Self) -> Self {
        Self(_mm_add_epi32(self.0, other.0), _mm_add_epi32(self.1, other.1))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn minus(self, other: Self) -> Self {
        Self(_mm_sub_epi32(self.0, other.0), _mm_sub_epi32(self.1, other.1))
    }

    /// Without so many bits, rounded, in 16 bits.
    #[inline]
    #[target_feature(enable = "sse2")]
    fn round<const SHIFT: i32>(self) -> Row {
        let half = _mm_set1_epi32(1 << (SHIFT - 1));
        let down = |row| _mm_srai_epi32::<SHIFT>(_mm_add_epi32(row, half));
        _mm_packs_epi32(down(self.0), down(self.1))
    }
}

/// Two rows' numbers by turns.
#[derive(Clone, Copy)]
struct Zipped(Row, Row);

impl Zipped {
    #[inline]
    #[target_feature(enable = "sse2")]
    fn new(x: Row, y: Row) -> Self {
        Self(_mm_unpacklo_epi16(x, y), _mm_unpackhi_epi16(x, y))
    }
}

/// `QUARTER`: coefficients 4 to 7 are zero.
#[inline]
#[target_feature(enable = "sse2")]
fn to_eight<const QUARTER: bool, const SHIFT: i32>(x: [Row; 8]) -> [Row; 8] {
    const LIFT: i32 = 16 - FRACTION as i32;
    let zero = _mm_setzero_si128();
    let (outer, inner) = {
        let rows = Zipped::new(x[2], if QUARTER { zero } else { x[6] });
        (Wide::of_zipped(rows, of_eight::EVEN_OUTER), Wide::of_zipped(rows, of_eight::EVEN_INNER))
    };
    let (sum, difference) = if QUARTER {
        let mean = Wide::scaled::<LIFT>(x[0]);
        (mean, mean)
    } else {
        (Wide::scaled::<LIFT>(_mm_add_epi16(x[0], x[4])), Wide::scaled::<LIFT>(_mm_sub_epi16(x[0], x[4])))
    };
    let even = [sum.plus(outer), difference.plus(inner), difference.minus(inner), sum.minus(outer)];
    let sums = if QUARTER {
        Zipped::new(x[3], x[1])
    } else {
        Zipped::new(_mm_add_epi16(x[7], x[3]), _mm_add_epi16(x[5], x[1]))
    };
    let with_73 = Wide::of_zipped(sums, of_eight::SUM_73);
    let with_51 = Wide::of_zipped(sums, of_eight::SUM_51);
    let of_71 = Zipped::new(if QUARTER { zero } else { x[7] }, x[1]);
    let of_53 = Zipped::new(if QUARTER { zero } else { x[5] }, x[3]);
    let odd = [
        Wide::of_zipped(of_71, of_eight::FROM_1).plus(with_51),
        Wide::of_zipped(of_53, of_eight::FROM_3).plus(with_73),
        Wide::of_zipped(of_53, of_eight::FROM_5).plus(with_51),
        Wide::of_zipped(of_71, of_eight::FROM_7).plus(with_73),
    ];
    [
        even[0].plus(odd[0]).round::<SHIFT>(),
        even[1].plus(odd[1]).round::<SHIFT>(),
        even[2].plus(odd[2]).round::<SHIFT>(),
        even[3].plus(odd[3]).round::<SHIFT>(),
        even[3].minus(odd[3]).round::<SHIFT>(),
        even[2].minus(odd[2]).round::<SHIFT>(),
        even[1].minus(odd[1]).round::<SHIFT>(),
        even[0].minus(odd[0]).round::<SHIFT>(),
    ]
}

#[inline]
#[target_feature(enable = "sse2")]
fn transpose(x: [Row; 8]) -> [Row; 8] {
    let pairs = |x: [Row; 8]| {
        [
            _mm_unpacklo_epi16(x[0], x[4]),
            _mm_unpackhi_epi16(x[0], x[4]),
            _mm_unpacklo_epi16(x[1], x[5]),
            _mm_unpackhi_epi16(x[1], x[5]),
            _mm_unpacklo_epi16(x[2], x[6]),
            _mm_unpackhi_epi16(x[2], x[6]),
            _mm_unpacklo_epi16(x[3], x[7]),
            _mm_unpackhi_epi16(x[3], x[7]),
        ]
    };
    // A perfect shuffle of the rows' halves, three times.
    pairs(pairs(pairs(x)))
}

/// See the portable transform of the same name.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn eight<const QUARTER: bool>(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
    let zero = _mm_setzero_si128();
    let load = |index| if QUARTER && index > 3 { zero } else { row(block, steps, index) };
    let x = [load(0), load(1), load(2), load(3), load(4), load(5), load(6), load(7)];
    let middle = transpose(to_eight::<QUARTER, { (FRACTION - BETWEEN) as i32 }>(x));
    let y = transpose(to_eight::<QUARTER, { (FRACTION + BETWEEN + 3) as i32 }>(middle));
    let level = _mm_set1_epi8(-128);
    for (rows, out) in y.as_chunks::<2>().0.iter().zip(out.chunks_mut(stride * 2)) {
        // Saturated to -128 to 127; the level is 128 more, in eight bits that wrap.
        let samples: [u8; 16] = bytemuck::cast(_mm_add_epi8(_mm_packs_epi16(rows[0], rows[1]), level));
        out[..8].copy_from_slice(&samples[..8]);
        out[stride..stride + 8].copy_from_slice(&samples[8..]);
    }
}

/// The coefficients from N on are not looked at.
#[inline]
#[target_feature(enable = "sse2")]
fn to_lowest<const N: usize, const SHIFT: i32>(x: [Row; 8]) -> [Row; 8] {
    const LIFT: i32 = 16 - FRACTION as i32;
    let zero = _mm_setzero_si128();
    let mean = Wide::scaled::<LIFT>(x[0]);
    let second_fourth = Zipped::new(x[2], if N > 4 { x[4] } else { zero });
    let first_third = Zipped::new(x[1], x[3]);
    let mut y = [zero; 8];
    for sample in 0..N.div_ceil(2) {
        let even = mean.plus(Wide::of_zipped(second_fourth, Lowest::<N>::EVEN[sample]));
        if N % 2 == 1 && sample == N / 2 {
            // In the middle the odd frequencies' cosines are zero.
            y[sample] = even.round::<SHIFT>();
            break;
        }
        let [of_1, of_3, of_5] = Lowest::<N>::ODD[sample];
        let mut odd = Wide::of_zipped(first_third, [of_1, of_3]);
        if N > 5 {
            odd = odd.plus(Wide::of_zipped(Zipped::new(x[5], zero), [of_5, 0]));
        }
        y[sample] = even.plus(odd).round::<SHIFT>();
        y[N - 1 - sample] = even.minus(odd).round::<SHIFT>();
    }
    y
}

/// See the portable transform of the same name.
#[inline]
#[target_feature(enable = "sse2")]
pub(super) fn lowest<const N: usize>(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
    let zero = _mm_setzero_si128();
    let load = |index| if index < N { row(block, steps, index) } else { zero };
    let x = [load(0), load(1), load(2), load(3), load(4), load(5), zero, zero];
    // Columns from N on are made and not looked at.
    let middle = transpose(to_lowest::<N, { (FRACTION - BETWEEN) as i32 }>(x));
    let y = transpose(to_lowest::<N, { (FRACTION + BETWEEN + 3) as i32 }>(middle));
    let level = _mm_set1_epi8(-128);
    for (rows, out) in y[..N].chunks(2).zip(out.chunks_mut(stride * 2)) {
        let lower = rows.get(1).copied().unwrap_or(zero);
        let samples: [u8; 16] = bytemuck::cast(_mm_add_epi8(_mm_packs_epi16(rows[0], lower), level));
        out[..N].copy_from_slice(&samples[..N]);
        if rows.len() > 1 {
            out[stride..stride + N].copy_from_slice(&samples[8..8 + N]);
        }
    }
}
