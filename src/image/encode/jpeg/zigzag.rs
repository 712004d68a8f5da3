//! The blocks that coefficients are kept in, and from there the order in which they are coded.

pub(super) use super::super::super::zigzag::ZIGZAG;

/// Where the coefficient that is coded k-th lies in a block stored column by column, as the transform leaves it.
pub(super) const ZIGZAG_BY_COLUMN: [u8; 64] = by_column();

/// What the coefficients of one column that are not zero, a bit each, are in coding order.
static ORDERED: [[u64; 256]; 8] = ordered();

const fn by_column() -> [u8; 64] {
    let mut order = [0; 64];
    let mut at = 0;
    while at < 64 {
        order[at] = ZIGZAG[at] % 8 * 8 + ZIGZAG[at] / 8;
        at += 1;
    }
    order
}

const fn ordered() -> [[u64; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut at = 0;
    while at < 64 {
        let place = ZIGZAG_BY_COLUMN[at] as usize;
        let mut bits = 0;
        while bits < 256 {
            if bits >> (place % 8) & 1 == 1 {
                tables[place / 8][bits] |= 1 << at;
            }
            bits += 1;
        }
        at += 1;
    }
    tables
}

/// A block's quantised coefficients.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Column by column: the vertical frequency runs fastest.
    pub(super) by_column: [i16; 64],
    /// A bit for each coefficient that is not zero, the lowest for the one that is coded first.
    pub(super) nonzero: u64,
}

impl Block {
    pub(super) const ZERO: Self = Self { by_column: [0; 64], nonzero: 0 };

    pub(super) fn dc(&self) -> i16 {
        self.by_column[0]
    }

    /// The coefficient that is coded `k`-th.
    #[inline]
    pub(super) fn coefficient(&self, k: u32) -> i16 {
        self.by_column[usize::from(ZIGZAG_BY_COLUMN[k as usize & 63] & 63)]
    }
}

/// From the coefficients that are not zero as they are stored to the same in coding order. Moving 64 bits
/// is cheaper than moving 64 coefficients, most of which are zero.
#[inline]
pub(super) fn in_coding_order(nonzero_by_column: u64) -> u64 {
    let bytes = nonzero_by_column.to_le_bytes();
    let mut ordered = 0;
    for (table, byte) in ORDERED.iter().zip(bytes) {
        ordered |= table[usize::from(byte)];
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_move_as_coefficients_do() {
        for (k, place) in ZIGZAG_BY_COLUMN.iter().enumerate() {
            assert_eq!(in_coding_order(1 << place), 1 << k);
        }
        assert_eq!(in_coding_order(u64::MAX), u64::MAX);
        assert_eq!(in_coding_order(0), 0);
    }
}
