//! Finding what came before in filtered rows.
//!
//! In filtered rows of photographs small differences come so often that they cost few bits, and a match, which
//! costs its distance, often more than the bytes that it stands for. A general encoder takes the longest; here
//! each byte has the price that it had in the block before, and what is taken is what saves the most.

use crate::deflate::{
    Counts, DISTANCE_BITS, LENGTH_BITS, MAX_MATCH, Sequence, TAIL, WINDOW, distance_symbol, eight, extend,
    length_symbol,
};

/// A match this long is taken without a look at the next place, and of the places in it few are remembered.
const GOOD_MATCH: usize = 32;
/// A match this long is not looked beyond.
const LONG_MATCH: usize = 128;
/// Of a hash of four bytes.
const BITS: u32 = 15;
/// Prices are in sixteenths of a bit.
const BIT: u16 = 16;

/// A match, and what it saves.
#[derive(Clone, Copy, Default)]
struct Match {
    gain: i32,
    length: usize,
    distance: usize,
}

/// The places of each four bytes, the last first, by their hash. Places are kept modulo 2^16: what is older than
/// the window looks as if it were elsewhere, and the comparison of the bytes finds out.
pub(super) struct Finder {
    heads: Box<[u16; 1 << BITS]>,
    before: Box<[u16; WINDOW]>,
    /// How many places are looked at.
    depth: usize,
    /// `None` before the first block.
    prices: Option<Prices>,
    /// The price of all bytes before each, counted from the block's first, modulo 2^32: a row may be very long, and
    /// what matters are differences over the length of a match.
    sums: Vec<u32>,
}

struct Prices {
    bytes: [u16; 256],
    lengths: [u16; MAX_MATCH + 1],
    distances: [u16; 30],
}

/// Multiplicative hashing: the highest bits of a product with an odd number.
#[inline]
fn hash(bytes: u64) -> usize {
    ((bytes as u32).wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

impl Finder {
    #[expect(clippy::large_stack_arrays, reason = "64 KiB each, until they are boxed; a stack has megabytes")]
    pub(super) fn new(depth: usize) -> Self {
        Self {
            heads: Box::new([0; 1 << BITS]),
            before: Box::new([0; WINDOW]),
            depth,
            prices: None,
            sums: Vec::new(),
        }
    }

    /// Prices for the next block, by how often each symbol came in the last.
    pub(super) fn learn(&mut self, counts: &Counts) {
        self.prices = Some(Prices::of(counts));
    }

    /// Takes in what comes before the data: places count from its start.
    pub(super) fn remember(&mut self, before: &[u8]) {
        for at in 0..before.len().saturating_sub(TAIL) {
            self.insert(eight(before, at), at, 0);
        }
    }

    /// Parts `data` from `from` on into sequences. Places count from `base`, modulo 2^16.
    pub(super) fn find(&mut self, data: &[u8], from: usize, base: u16, sequences: &mut Vec<Sequence>) {
        let prices = self.prices.take().unwrap_or_else(|| Prices::guessed(&data[from..]));
        let mut sum = 0;
        self.sums.clear();
        self.sums.push(0);
        self.sums.extend(data[from..].iter().map(|&byte| {
            sum = u32::wrapping_add(sum, u32::from(prices.bytes[usize::from(byte)]));
            sum
        }));
        let end = data.len();
        let last = end.saturating_sub(TAIL + 1);
        let (mut at, mut unmatched) = (from, from);
        while at < last {
            let mut found = self.look(data, at, from, base, &prices);
            if found.gain <= 0 {
                at += 1;
                continue;
            }
            let mut looked = at + 1;
            // Lazily: one byte further there may be one that saves more.
            while found.length < GOOD_MATCH && at + 1 < last {
                looked = at + 2;
                let next = self.look(data, at + 1, from, base, &prices);
                if next.gain <= found.gain {
                    break;
                }
                at += 1;
                found = next;
            }
            let matched = at + found.length;
            // What comes before may be alike as well: it was looked up by bytes that the match does not have, or was
            // worth nothing alone.
            while at > unmatched
                && matched - at < MAX_MATCH
                && found.distance < at
                && data[at - 1] == data[at - 1 - found.distance]
            {
                at -= 1;
            }
            sequences.push(Sequence {
                literals: (at - unmatched) as u32,
                length: (matched - at) as u16,
                distance: found.distance as u16,
            });
            let step = if found.length > GOOD_MATCH { 4 } else { 1 };
            for inside in (looked..matched.min(last)).step_by(step) {
                self.insert(eight(data, inside), inside, base);
            }
            (at, unmatched) = (matched, matched);
        }
        sequences.push(Sequence { literals: (end - unmatched) as u32, length: 0, distance: 0 });
    }

    #[inline]
    fn insert(&mut self, bytes: u64, at: usize, base: u16) -> u16 {
        let place = (at as u16).wrapping_add(base);
        let head = &mut self.heads[hash(bytes)];
        let before = std::mem::replace(head, place);
        self.before[usize::from(place) % WINDOW] = before;
        before
    }

    /// The match at `at` that saves the most.
    #[inline]
    fn look(&mut self, data: &[u8], at: usize, from: usize, base: u16, prices: &Prices) -> Match {
        let bytes = eight(data, at);
        let place = (at as u16).wrapping_add(base);
        let mut other = self.insert(bytes, at, base);
        let mut best = Match::default();
        let mut nearest = 0;
        for _ in 0..self.depth {
            let distance = usize::from(place.wrapping_sub(other));
            // Going on would lead back, or out of the window.
            if distance <= nearest || distance >= WINDOW || distance > at {
                break;
            }
            nearest = distance;
            let different = eight(data, at - distance) ^ bytes;
            if different as u32 == 0 {
                let length = if different == 0 {
                    extend(data, at - distance, at)
                } else {
                    (different.trailing_zeros() / 8) as usize
                };
                if length > best.length {
                    let gain = self.gain(at - from, length, distance, prices);
                    if gain > best.gain {
                        best = Match { gain, length, distance };
                    }
                    if length >= LONG_MATCH {
                        break;
                    }
                }
            }
            other = self.before[usize::from(other) % WINDOW];
        }
        best
    }

    /// What a match at this place of the block saves.
    #[inline]
    fn gain(&self, place: usize, length: usize, distance: usize, prices: &Prices) -> i32 {
        let bytes = self.sums[place + length].wrapping_sub(self.sums[place]);
        let code = distance_symbol(distance as u16).code;
        bytes as i32 - i32::from(prices.lengths[length]) - i32::from(prices.distances[code])
    }
}

impl Prices {
    /// What they might be before it is known how often each symbol comes: as if all bytes were literals.
    fn guessed(data: &[u8]) -> Self {
        let mut counts = [0_u32; 256];
        for &byte in data {
            counts[usize::from(byte)] += 1;
        }
        Self::made(|byte| price(counts[byte], data.len() as u32), |_| 7 * BIT, |_| 5 * BIT)
    }

    fn of(counts: &Counts) -> Self {
        let (bytes, lengths) = counts.literals.split_at(257);
        let all: u32 = counts.literals.iter().sum();
        let distances: u32 = counts.distances.iter().sum();
        Self::made(
            |byte| price(bytes[byte], all),
            |code| price(lengths[code], all),
            |code| price(counts.distances[code], distances),
        )
    }

    fn made(
        byte: impl Fn(usize) -> u16,
        length: impl Fn(usize) -> u16,
        distance: impl Fn(usize) -> u16,
    ) -> Self {
        let lengths: [u16; 29] =
            std::array::from_fn(|code| length(code) + BIT * u16::from(LENGTH_BITS[code]));
        Self {
            bytes: std::array::from_fn(byte),
            lengths: std::array::from_fn(|size| match size {
                0..3 => u16::MAX,
                _ => lengths[length_symbol(size as u16).code - 257],
            }),
            distances: std::array::from_fn(|code| distance(code) + BIT * u16::from(DISTANCE_BITS[code])),
        }
    }
}

/// What a symbol that came so often of all would cost in an ideal code, within what DEFLATE's have.
fn price(count: u32, all: u32) -> u16 {
    // What never came might.
    let count = (count as f32).max(0.5);
    ((all.max(1) as f32 / count).log2() * f32::from(BIT)).clamp(8.0, f32::from(15 * BIT)) as u16
}
