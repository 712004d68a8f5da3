//! Quantisation tables (ITU-T T.81, annex K.1), scaled by a quality as IJG's libjpeg does, so that the
//! number means what it means everywhere else.

use super::zigzag::ZIGZAG;

/// Steps in natural order.
const LUMA: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, //
    12, 12, 14, 19, 26, 58, 60, 55, //
    14, 13, 16, 24, 40, 57, 69, 56, //
    14, 17, 22, 29, 51, 87, 80, 62, //
    18, 22, 37, 56, 68, 109, 103, 77, //
    24, 35, 55, 64, 81, 104, 113, 92, //
    49, 64, 78, 87, 103, 121, 120, 101, //
    72, 92, 95, 98, 112, 100, 103, 99,
];

const CHROMA: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, //
    18, 21, 26, 66, 99, 99, 99, 99, //
    24, 26, 56, 99, 99, 99, 99, 99, //
    47, 66, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99, //
    99, 99, 99, 99, 99, 99, 99, 99,
];

/// The steps that coefficients are divided by, in natural order (row: vertical frequency).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Steps(pub(super) [u8; 64]);

impl Steps {
    pub(super) fn luma(quality: u8) -> Self {
        Self::scaled(&LUMA, quality)
    }

    pub(super) fn chroma(quality: u8) -> Self {
        Self::scaled(&CHROMA, quality)
    }

    /// Steps above 255 would need the extended process, which few decoders know.
    fn scaled(base: &[u8; 64], quality: u8) -> Self {
        let quality = u32::from(quality.clamp(1, 100));
        let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        Self(base.map(|step| ((u32::from(step) * percent + 50) / 100).clamp(1, 255) as u8))
    }

    /// As a DQT segment holds them.
    pub(super) fn zigzag(&self) -> [u8; 64] {
        ZIGZAG.map(|at| self.0[usize::from(at)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_is_the_standards_table_and_a_hundred_is_all_ones() {
        assert_eq!(Steps::luma(50).0, LUMA);
        assert_eq!(Steps::chroma(50).0, CHROMA);
        assert_eq!(Steps::luma(100).0, [1; 64]);
        // 16·40/100 = 6.4, 11·40/100 = 4.4, 61·40/100 = 24.4 and 121·40/100 = 48.4.
        let eighty = Steps::luma(80).0;
        assert_eq!([eighty[0], eighty[1], eighty[7], eighty[53]], [6, 4, 24, 48]);
        assert_eq!(Steps::luma(1).0, [255; 64]);
    }
}
