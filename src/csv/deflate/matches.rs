//! Finding what came before.

use super::MIN_MATCH;
use crate::deflate::{Sequence, TAIL, WINDOW, eight, extend};

/// A match this long is taken without a look at the next place.
const GOOD_MATCH: usize = 16;
/// Eight kibientries of two bytes each, twice: both tables together fit a core's first cache.
const BITS: u32 = 13;

/// The last places of six and of eight bytes, by their hash. Places are kept modulo 2^16: what is older than the window
/// looks as if it were elsewhere, and the comparison of the bytes finds out.
#[derive(Debug)]
pub(super) struct Finder {
    short: Box<[u16; 1 << BITS]>,
    long: Box<[u16; 1 << BITS]>,
}

/// Multiplicative hashing: the highest bits of a product with an odd number.
#[inline]
fn short_hash(bytes: u64) -> usize {
    ((bytes << (64 - 8 * MIN_MATCH as u32)).wrapping_mul(0x9e37_79b1_85eb_ca87) >> (64 - BITS)) as usize
}

#[inline]
fn long_hash(bytes: u64) -> usize {
    (bytes.wrapping_mul(0xcf1b_bcdc_b7a5_6463) >> (64 - BITS)) as usize
}

impl Finder {
    pub(super) fn new() -> Self {
        Self { short: Box::new([0; 1 << BITS]), long: Box::new([0; 1 << BITS]) }
    }

    /// Parts `data` from `from` on into sequences, and says how many bytes are in no match.
    pub(super) fn find(&mut self, data: &[u8], from: usize, sequences: &mut Vec<Sequence>) -> usize {
        // What is left of other data would do no harm, but the output is to depend on the input alone.
        self.short.fill(0);
        self.long.fill(0);
        let mut at = 0;
        while at < from {
            self.insert(eight(data, at), at);
            at += 2;
        }
        let end = data.len();
        let last = end.saturating_sub(TAIL + 1);
        let mut unmatched = from;
        let mut literals = 0;
        at = from;
        while at < last {
            let (mut length, mut distance) = self.look(data, at);
            if length < MIN_MATCH {
                at += 1;
                continue;
            }
            // Lazily: one byte further there may be a longer one.
            while length < GOOD_MATCH && at + 1 < last {
                let (next_length, next_distance) = self.look(data, at + 1);
                if next_length <= length {
                    break;
                }
                at += 1;
                (length, distance) = (next_length, next_distance);
            }
            literals += at - unmatched;
            let run = (at - unmatched) as u32;
            sequences.push(Sequence { literals: run, length: length as u16, distance: distance as u16 });
            let matched = at + length;
            let mut inside = at + 2;
            while inside < matched.min(last) {
                self.insert(eight(data, inside), inside);
                inside += 2;
            }
            (at, unmatched) = (matched, matched);
        }
        literals += end - unmatched;
        sequences.push(Sequence { literals: (end - unmatched) as u32, length: 0, distance: 0 });
        literals
    }

    #[inline]
    fn insert(&mut self, bytes: u64, at: usize) {
        self.short[short_hash(bytes)] = at as u16;
        self.long[long_hash(bytes)] = at as u16;
    }

    /// The longest match at `at` of the two places that the tables know, and its distance.
    #[inline]
    fn look(&mut self, data: &[u8], at: usize) -> (usize, usize) {
        let bytes = eight(data, at);
        let place =
            |table: &mut u16| usize::from((at as u16).wrapping_sub(std::mem::replace(table, at as u16)));
        let distance = place(&mut self.long[long_hash(bytes)]);
        let nearer = place(&mut self.short[short_hash(bytes)]);
        let length = common(data, at, bytes, distance);
        if length >= 8 {
            return (length, distance);
        }
        let other = common(data, at, bytes, nearer);
        if other > length { (other, nearer) } else { (length, distance) }
    }
}

/// How many bytes at `at`, which begin with `bytes`, are as they are `distance` before. 0 if that is not in the window.
#[inline]
fn common(data: &[u8], at: usize, bytes: u64, distance: usize) -> usize {
    if distance.wrapping_sub(1) >= WINDOW - 1 || distance > at {
        return 0;
    }
    let before = at - distance;
    let different = eight(data, before) ^ bytes;
    if different == 0 { extend(data, before, at) } else { (different.trailing_zeros() / 8) as usize }
}
