//! The symbols of lengths and distances, and the fixed codes (RFC 1951 §3.2.5 and §3.2.6).

use super::huffman::Code;

/// Symbols of bytes, the end of a block, and lengths. The last two never come, but have their place in the fixed code.
pub(super) const LITERALS: usize = 288;
pub(super) const DISTANCES: usize = 30;
pub(super) const END_OF_BLOCK: usize = 256;

pub(crate) const LENGTH_BITS: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
pub(crate) const DISTANCE_BITS: [u8; DISTANCES] =
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

/// A symbol, and the bits that follow it.
pub(crate) struct Symbol {
    pub(crate) code: usize,
    pub(crate) extra: u32,
    pub(crate) bits: u32,
}

/// The first length or distance of each symbol.
const fn bases<const N: usize>(first: u16, bits: &[u8; N]) -> [u16; N] {
    let mut bases = [0; N];
    let (mut index, mut base) = (0, first);
    while index < N {
        bases[index] = base;
        base = base.wrapping_add(1 << bits[index]);
        index += 1;
    }
    bases
}

const LENGTH_BASES: [u16; 29] = {
    let mut bases = bases(3, &LENGTH_BITS);
    bases[28] = 258;
    bases
};
#[cfg(test)]
const DISTANCE_BASES: [u16; DISTANCES] = bases(1, &DISTANCE_BITS);

/// Which of the length symbols, by length less 3.
const LENGTH_INDEX: [u8; 256] = {
    let mut indices = [0; 256];
    let mut index = 0;
    while index < 29 {
        let mut length = LENGTH_BASES[index] as usize;
        while length <= 258 {
            indices[length - 3] = index as u8;
            length += 1;
        }
        index += 1;
    }
    indices
};

/// `length` is 3 to 258.
#[inline]
pub(crate) fn length_symbol(length: u16) -> Symbol {
    let index = usize::from(LENGTH_INDEX[usize::from((length - 3) & 255)]);
    Symbol {
        code: 257 + index,
        extra: u32::from(length - LENGTH_BASES[index]),
        bits: u32::from(LENGTH_BITS[index]),
    }
}

/// `distance` is 1 to 32,768. Two symbols a power of two: the power, and the bit below the highest.
#[inline]
pub(crate) fn distance_symbol(distance: u16) -> Symbol {
    let from_zero = u32::from(distance) - 1;
    if from_zero < 2 {
        return Symbol { code: from_zero as usize, extra: 0, bits: 0 };
    }
    let power = from_zero.ilog2();
    let bits = power - 1;
    let code = (2 * power + (from_zero >> bits & 1)) as usize;
    Symbol { code, extra: from_zero & ((1 << bits) - 1), bits }
}

pub(super) static FIXED_LITERALS: Code<LITERALS> = Code::fixed({
    let mut lengths = [8; LITERALS];
    let mut symbol = 144;
    while symbol < 280 {
        lengths[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    lengths
});
pub(super) static FIXED_DISTANCES: Code<DISTANCES> = Code::fixed([5; DISTANCES]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_distance_is_its_base_and_its_extra_bits() {
        // RFC 1951 §3.2.5, some lines of its tables.
        for (length, symbol, extra) in [
            (3, 257, 0),
            (10, 264, 0),
            (11, 265, 0),
            (18, 268, 1),
            (114, 279, 15),
            (257, 284, 30),
            (258, 285, 0),
        ] {
            let found = length_symbol(length);
            assert_eq!((found.code, found.extra), (symbol, extra), "{length}");
        }
        for (distance, symbol, bits) in
            [(1, 0, 0), (4, 3, 0), (5, 4, 1), (192, 14, 6), (193, 15, 6), (24_577, 29, 13), (32_768, 29, 13)]
        {
            let found = distance_symbol(distance);
            assert_eq!((found.code, found.bits), (symbol, bits), "{distance}");
        }
        for length in 3..=258 {
            let found = length_symbol(length);
            let index = found.code - 257;
            assert_eq!(u32::from(LENGTH_BASES[index]) + found.extra, u32::from(length));
            assert!(found.extra >> found.bits == 0);
        }
        for distance in 1..=32_768_u16 {
            let found = distance_symbol(distance);
            assert_eq!(u32::from(DISTANCE_BASES[found.code]) + found.extra, u32::from(distance));
            assert_eq!(found.bits, u32::from(DISTANCE_BITS[found.code]));
        }
    }
}
