//! Huffman codes of limited length, and how a block says which it uses (RFC 1951 §3.2.2 and §3.2.7).

use super::bits::Bits;
use super::symbols::{DISTANCES, LITERALS};

/// A code: for each symbol its length, 0 if it does not come, and its bits, ready to be written.
#[derive(Debug)]
pub(super) struct Code<const N: usize> {
    lengths: [u8; N],
    bits: [u16; N],
}

impl<const N: usize> Code<N> {
    /// A shortest code for symbols that come so often, none longer than `longest`.
    pub(super) fn of(counts: &[u32; N], longest: u8) -> Self {
        Self::fixed(lengths(counts, longest))
    }

    /// The canonical code of these lengths.
    pub(super) const fn fixed(lengths: [u8; N]) -> Self {
        let mut next = [0_u16; 17];
        let mut symbol = 0;
        while symbol < N {
            next[lengths[symbol] as usize + 1] += 1;
            symbol += 1;
        }
        next[1] = 0;
        let (mut length, mut code) = (1, 0);
        while length < 16 {
            code = (code + next[length]) << 1;
            next[length] = code;
            length += 1;
        }
        // next[l] is now the first code of length l, from the number of codes of length l - 1.
        let mut bits = [0; N];
        symbol = 0;
        while symbol < N {
            let length = lengths[symbol] as usize;
            if length > 0 {
                bits[symbol] = next[length].reverse_bits() >> (16 - length);
                next[length] += 1;
            }
            symbol += 1;
        }
        Self { lengths, bits }
    }

    #[inline]
    pub(super) fn put(&self, out: &mut Bits<'_>, symbol: usize) {
        out.put(u64::from(self.bits[symbol]), u32::from(self.lengths[symbol]));
    }

    /// Bits for so many of each symbol.
    pub(super) fn cost(&self, counts: &[u32; N]) -> u64 {
        counts.iter().zip(self.lengths).map(|(&count, length)| u64::from(count) * u64::from(length)).sum()
    }

    /// How many symbols there are up to the last that comes, at least `least`.
    fn used(&self, least: usize) -> usize {
        self.lengths.iter().rposition(|&length| length > 0).map_or(least, |last| (last + 1).max(least))
    }
}

/// The lengths of a shortest code.
///
/// A. Moffat, J. Katajainen, "In-place calculation of minimum-redundancy codes" (1995); lengths beyond the longest are
/// cut, and the code made whole again by lengthening the rarest of the others, as zlib and others do.
fn lengths<const N: usize>(counts: &[u32; N], longest: u8) -> [u8; N] {
    let mut lengths = [0; N];
    let mut symbols: Vec<usize> = (0..N).filter(|&symbol| counts[symbol] > 0).collect();
    symbols.sort_by_key(|&symbol| counts[symbol]);
    match symbols.as_slice() {
        // A code of one symbol has one bit, and readers want a code.
        [] => lengths[0] = 1,
        [only] => lengths[*only] = 1,
        _ => {
            let depths = depths(symbols.iter().map(|&symbol| counts[symbol]).collect());
            let per_length = limit(&depths, longest);
            // The rarest get the longest.
            let mut rarest = symbols.iter();
            for length in (1..=longest).rev() {
                for _ in 0..per_length[usize::from(length)] {
                    if let Some(&symbol) = rarest.next() {
                        lengths[symbol] = length;
                    }
                }
            }
        }
    }
    lengths
}

/// How deep each leaf lies in the tree of weights, which are at least two and ascend.
fn depths(mut tree: Vec<u32>) -> Vec<u32> {
    let count = tree.len();
    // From the left: inner nodes, of which each is replaced by the index of its parent once it has one.
    let (mut leaf, mut inner) = (0, 0);
    for node in 0..count - 1 {
        let mut weight = 0_u32;
        for _ in 0..2 {
            if leaf >= count || (inner < node && tree[inner] < tree[leaf]) {
                weight = weight.saturating_add(tree[inner]);
                tree[inner] = node as u32;
                inner += 1;
            } else {
                weight = weight.saturating_add(tree[leaf]);
                leaf += 1;
            }
        }
        tree[node] = weight;
    }
    // Down again: the depth of each inner node.
    tree[count - 2] = 0;
    for node in (0..count - 2).rev() {
        tree[node] = tree[tree[node] as usize] + 1;
    }
    // And of the leaves: as many as places are left on each level.
    let inner: Vec<u32> = tree[..count - 1].to_vec();
    let mut leaves = Vec::with_capacity(count);
    let (mut places, mut depth) = (1_usize, 0);
    while leaves.len() < count {
        let nodes = inner.iter().filter(|&&at| at == depth).count();
        leaves.extend(std::iter::repeat_n(depth, places - nodes));
        places = nodes * 2;
        depth += 1;
    }
    leaves.reverse();
    leaves
}

/// How many codes of each length, none longer than `longest`.
fn limit(depths: &[u32], longest: u8) -> [usize; 16] {
    let longest = usize::from(longest);
    let mut count = [0_usize; 16];
    for &depth in depths {
        count[(depth as usize).clamp(1, longest)] += 1;
    }
    // Kraft: the codes of length l take 2^(longest - l) of 2^longest places.
    let taken =
        |count: &[usize; 16]| (1..=longest).map(|length| count[length] << (longest - length)).sum::<usize>();
    while taken(&count) > 1 << longest {
        // One of the longest moves beside another, which gets longer by one for it.
        if let Some(length) = (1..longest).rev().find(|&length| count[length] > 0) {
            count[length] -= 1;
            count[length + 1] += 2;
            count[longest] -= 1;
        }
    }
    count
}

/// The lengths of lengths, in the order in which they are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Says both codes of a dynamic block.
pub(super) struct Header {
    literals: usize,
    distances: usize,
    /// A symbol of the code of lengths, and what follows it in how many bits.
    runs: Vec<(u8, u8, u8)>,
    code: Code<19>,
    shown: usize,
}

impl Header {
    pub(super) fn of(literals: &Code<LITERALS>, distances: &Code<DISTANCES>) -> Self {
        let (literal_count, distance_count) = (literals.used(257), distances.used(1));
        let all: Vec<u8> =
            [&literals.lengths[..literal_count], &distances.lengths[..distance_count]].concat();
        let runs = runs(&all);
        let mut counts = [0; 19];
        for &(symbol, ..) in &runs {
            counts[usize::from(symbol)] += 1;
        }
        let code = Code::of(&counts, 7);
        let shown =
            ORDER.iter().rposition(|&symbol| code.lengths[symbol] > 0).map_or(4, |last| (last + 1).max(4));
        Self { literals: literal_count, distances: distance_count, runs, code, shown }
    }

    pub(super) fn cost(&self) -> u64 {
        let runs = self
            .runs
            .iter()
            .map(|&(symbol, _, bits)| u64::from(self.code.lengths[usize::from(symbol)] + bits));
        14 + 3 * self.shown as u64 + runs.sum::<u64>()
    }

    pub(super) fn write(&self, bits: &mut Bits<'_>) {
        bits.put(self.literals as u64 - 257, 5);
        bits.put(self.distances as u64 - 1, 5);
        bits.put(self.shown as u64 - 4, 4);
        for &symbol in &ORDER[..self.shown] {
            bits.put(u64::from(self.code.lengths[symbol]), 3);
            bits.flush();
        }
        for &(symbol, extra, count) in &self.runs {
            self.code.put(bits, usize::from(symbol));
            bits.put(u64::from(extra), u32::from(count));
            bits.flush();
        }
    }
}

/// Lengths as symbols: 16 repeats the last 3 to 6 times, 17 and 18 are 3 to 10 and 11 to 138 zeros.
fn runs(lengths: &[u8]) -> Vec<(u8, u8, u8)> {
    let mut runs = Vec::new();
    for same in lengths.chunk_by(|a, b| a == b) {
        let (length, mut left) = (same[0], same.len());
        if length != 0 {
            runs.push((length, 0, 0));
            left -= 1;
        }
        while left > 0 {
            match (length, left) {
                (0, 11..) => {
                    let count = left.min(138);
                    runs.push((18, (count - 11) as u8, 7));
                    left -= count;
                }
                (0, 3..) => {
                    runs.push((17, (left - 3) as u8, 3));
                    left = 0;
                }
                (1.., 3..) => {
                    let count = left.min(6);
                    runs.push((16, (count - 3) as u8, 2));
                    left -= count;
                }
                _ => {
                    runs.push((length, 0, 0));
                    left -= 1;
                }
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kraft(lengths: &[u8]) -> f64 {
        lengths.iter().filter(|&&length| length > 0).map(|&length| 0.5_f64.powi(i32::from(length))).sum()
    }

    #[test]
    fn weights_of_fibonacci_are_cut_to_the_longest_allowed() {
        let mut counts = [0; 30];
        let (mut a, mut b) = (1, 1);
        for count in &mut counts {
            *count = a;
            (a, b) = (b, a + b);
        }
        for longest in [5, 7, 15] {
            let code = Code::of(&counts, longest);
            assert!(code.lengths.iter().all(|length| (1..=longest).contains(length)));
            assert!((kraft(&code.lengths) - 1.0).abs() < 1e-12, "{:?}", code.lengths);
        }
    }

    #[test]
    fn the_fixed_code_is_that_of_the_specification() {
        // RFC 1951 §3.2.6: 0 is 00110000, 144 is 110010000, 256 is 0000000, 280 is 11000000.
        let code = &super::super::symbols::FIXED_LITERALS;
        for (symbol, length, bits) in
            [(0, 8, 0b0011_0000), (144, 9, 0b1_1001_0000), (256, 7, 0), (280, 8, 0b1100_0000)]
        {
            assert_eq!(code.lengths[symbol], length);
            assert_eq!(code.bits[symbol].reverse_bits() >> (16 - length), bits, "{symbol}");
        }
    }

    proptest! {
        #[test]
        fn codes_are_whole_and_rarer_symbols_are_not_shorter(counts in prop::collection::vec(prop_oneof![Just(0_u32), 0_u32..10, 0_u32..100_000], 30..=30),
                                                            longest in 5_u8..=15) {
            let counts: [u32; 30] = counts.try_into().unwrap();
            let code = Code::of(&counts, longest);
            let used: Vec<usize> = (0..30).filter(|&symbol| counts[symbol] > 0).collect();
            if used.len() > 1 {
                prop_assert!((kraft(&code.lengths) - 1.0).abs() < 1e-12);
            }
            for &a in &used {
                prop_assert!((1..=longest).contains(&code.lengths[a]));
                for &b in &used {
                    prop_assert!(counts[a] >= counts[b] || code.lengths[a] >= code.lengths[b]);
                }
            }
        }
    }
}
