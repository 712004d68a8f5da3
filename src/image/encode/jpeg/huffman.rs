//! Huffman codes made for the symbols of a scan (ITU-T T.81, annexes C and K.2).

/// The longest code that a DHT segment can say.
const LONGEST: usize = 16;

/// How often each symbol comes.
#[derive(Clone)]
pub(super) struct Histogram(pub(super) [u32; 256]);

impl Histogram {
    pub(super) fn new() -> Self {
        Self([0; 256])
    }

    #[inline]
    pub(super) fn count(&mut self, symbol: u8) {
        self.0[usize::from(symbol)] += 1;
    }
}

/// A code as a DHT segment holds it.
pub(super) struct Code {
    /// How many codes there are of each length from 1 on.
    pub(super) counts: [u8; LONGEST],
    /// The symbols, by length.
    pub(super) symbols: Vec<u8>,
}

impl Code {
    /// The code under which what was counted is shortest.
    pub(super) fn for_histogram(histogram: &Histogram) -> Self {
        let mut symbols: Vec<(u32, u8)> = (0..=255)
            .zip(histogram.0)
            .filter(|(_, frequency)| *frequency > 0)
            .map(|(symbol, frequency)| (frequency, symbol))
            .collect();
        symbols.sort_unstable();
        // The code of only ones may not be used. One more symbol, rarer than any, takes it.
        let frequencies: Vec<u64> =
            std::iter::once(0).chain(symbols.iter().map(|(frequency, _)| u64::from(*frequency))).collect();
        let mut lengths = limited(&count_lengths(&depths(&frequencies)));
        if let Some(longest) = lengths.iter_mut().rev().find(|count| **count > 0) {
            *longest -= 1;
        }
        Self {
            counts: lengths.map(|count| count as u8),
            symbols: symbols.into_iter().rev().map(|(_, symbol)| symbol).collect(),
        }
    }

    /// Each symbol with its code and length, as they are assigned in annex C.
    pub(super) fn codes(&self) -> impl Iterator<Item = (u8, u32, u8)> + '_ {
        let lengths = (1..)
            .zip(self.counts)
            .flat_map(|(length, count)| std::iter::repeat_n(length, usize::from(count)));
        let (mut next, mut before) = (0_u32, 0);
        self.symbols.iter().zip(lengths).map(move |(symbol, length)| {
            next <<= length - before;
            before = length;
            next += 1;
            (*symbol, next - 1, length)
        })
    }
}

/// The depth of each leaf in a Huffman tree, for frequencies in ascending order. With these sorted, the
/// rarest of the nodes made so far is always the oldest, so that two queues do (van Leeuwen 1976).
fn depths(frequencies: &[u64]) -> Vec<usize> {
    let leaves = frequencies.len();
    if leaves < 2 {
        return vec![1; leaves];
    }
    let mut weights = frequencies.to_vec();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut node) = (0, leaves);
    while weights.len() < parents.len() {
        let mut weight = 0;
        for _ in 0..2 {
            // A leaf before a node of the same weight: the tree stays as low as it can.
            let take_leaf = leaf < leaves && (node >= weights.len() || weights[leaf] <= weights[node]);
            let taken = if take_leaf { &mut leaf } else { &mut node };
            weight += weights[*taken];
            parents[*taken] = weights.len();
            *taken += 1;
        }
        weights.push(weight);
    }
    // Parents come after their children.
    let mut depths = vec![0; parents.len()];
    for index in (0..parents.len() - 1).rev() {
        depths[index] = depths[parents[index]] + 1;
    }
    depths.truncate(leaves);
    depths
}

fn count_lengths(depths: &[usize]) -> Vec<u16> {
    let mut counts = vec![0; depths.iter().max().map_or(0, |most| most + 1)];
    for depth in depths {
        counts[*depth] += 1;
    }
    counts
}

/// How many codes of each length from 1 on, none longer than [`LONGEST`] (figure K.3): two of the longest
/// give up a bit, and a shorter one becomes the stem of two.
fn limited(counts: &[u16]) -> [u16; LONGEST] {
    let mut counts = counts.to_vec();
    for length in (LONGEST + 1..counts.len()).rev() {
        while counts[length] > 0 {
            let Some(shorter) = (1..length - 1).rev().find(|shorter| counts[*shorter] > 0) else { break };
            counts[length] -= 2;
            counts[length - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
    std::array::from_fn(|index| counts.get(index + 1).copied().unwrap_or(0))
}

/// What is written for a token: a symbol's code, and how many bits come after it as they are.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry {
    /// The code, with room for the bits below it.
    pub(super) code: u32,
    /// The length of both.
    pub(super) length: u8,
    /// The length of the bits.
    pub(super) bits: u8,
}

/// Entries by symbol.
pub(super) struct Table(Box<[Entry; 256]>);

impl Table {
    /// `bits` says how many bits follow a symbol, also where it has no code and the bits stand alone.
    pub(super) fn new(code: &Code, bits: impl Fn(u8) -> u8) -> Self {
        let mut entries = Box::new([Entry::default(); 256]);
        for (symbol, entry) in (0..=255).zip(entries.iter_mut()) {
            let bits = bits(symbol);
            *entry = Entry { code: 0, length: bits, bits };
        }
        for (symbol, code, length) in code.codes() {
            let entry = &mut entries[usize::from(symbol)];
            entry.code = code << entry.bits;
            entry.length += length;
        }
        Self(entries)
    }

    #[inline]
    pub(super) fn entry(&self, symbol: u8) -> Entry {
        self.0[usize::from(symbol)]
    }

    /// How many bits all that was counted takes.
    pub(super) fn total(&self, histogram: &Histogram) -> u64 {
        self.0.iter().zip(histogram.0).map(|(entry, count)| u64::from(entry.length) * u64::from(count)).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The cost of the best code without a limit: every merging of the two rarest costs their sum.
    fn best_cost(histogram: &Histogram) -> u64 {
        let mut heap: std::collections::BinaryHeap<_> = histogram
            .0
            .iter()
            .filter(|count| **count > 0)
            .map(|count| std::cmp::Reverse(u64::from(*count)))
            .collect();
        heap.push(std::cmp::Reverse(0));
        let mut cost = 0;
        while let (Some(one), Some(other)) = (heap.pop(), heap.pop()) {
            cost += one.0 + other.0;
            heap.push(std::cmp::Reverse(one.0 + other.0));
            if heap.len() == 1 {
                break;
            }
        }
        cost
    }

    /// The least cost with the limit, by package-merge (Larmore and Hirschberg 1990).
    fn best_limited_cost(histogram: &Histogram) -> u64 {
        let mut coins: Vec<u64> =
            histogram.0.iter().filter(|count| **count > 0).map(|count| u64::from(*count)).collect();
        coins.push(0);
        coins.sort_unstable();
        let mut packages = Vec::new();
        for _ in 0..LONGEST {
            let mut merged = coins.clone();
            merged.extend(packages.chunks_exact(2).map(|pair: &[u64]| pair[0] + pair[1]));
            merged.sort_unstable();
            packages = merged;
        }
        packages[..2 * coins.len() - 2].iter().sum()
    }

    fn check(histogram: &Histogram) -> std::result::Result<(), TestCaseError> {
        let code = Code::for_histogram(histogram);
        let present = histogram.0.iter().filter(|count| **count > 0).count();
        prop_assert_eq!(code.symbols.len(), present);
        prop_assert_eq!(code.counts.iter().map(|count| usize::from(*count)).sum::<usize>(), present);
        let mut cost = 0;
        let mut seen = [false; 256];
        let (mut kraft, mut longest) = (0_u32, 0);
        for (symbol, bits, length) in code.codes() {
            prop_assert!(histogram.0[usize::from(symbol)] > 0 && !seen[usize::from(symbol)]);
            prop_assert!((1..=16).contains(&length) && bits < (1 << length) - 1, "all ones are kept free");
            seen[usize::from(symbol)] = true;
            kraft += 1 << (16 - length);
            longest = longest.max(length);
            cost += u64::from(length) * u64::from(histogram.0[usize::from(symbol)]);
        }
        if present > 0 {
            prop_assert_eq!(kraft + (1 << (16 - longest)), 1 << 16, "with the free code it is complete");
        }
        let unlimited = depths_of(histogram).into_iter().max().unwrap_or(0);
        if unlimited <= LONGEST {
            prop_assert_eq!(cost, best_cost(histogram));
        } else {
            let best = best_limited_cost(histogram);
            prop_assert!(cost <= best + best / 100 + 64, "{} for {}", cost, best);
        }
        Ok(())
    }

    fn depths_of(histogram: &Histogram) -> Vec<usize> {
        let mut counts: Vec<u64> =
            histogram.0.iter().filter(|count| **count > 0).map(|count| u64::from(*count)).collect();
        counts.push(0);
        counts.sort_unstable();
        depths(&counts)
    }

    proptest! {
        #[test]
        fn codes_are_as_short_as_can_be(
            counts in proptest::collection::vec((any::<u8>(), prop_oneof![0..4_u32, 0..100_000_u32]), 1..256),
        ) {
            let mut histogram = Histogram::new();
            for (symbol, count) in counts {
                histogram.0[usize::from(symbol)] = count;
            }
            check(&histogram)?;
        }

        #[test]
        fn no_code_is_longer_than_sixteen_bits(
            symbols in 2..=256_usize,
            // From halving to the golden ratio's powers, whose trees are the deepest.
            ratio in 1.2..2.0_f64,
        ) {
            let mut histogram = Histogram::new();
            let mut count = 1.0_f64;
            for slot in histogram.0.iter_mut().take(symbols) {
                *slot = count as u32;
                count = (count * ratio).min(50_000_000.0);
            }
            check(&histogram)?;
        }
    }

    #[test]
    fn one_symbol_and_all_symbols_have_codes() {
        let mut histogram = Histogram::new();
        histogram.count(7);
        let code = Code::for_histogram(&histogram);
        assert_eq!(code.codes().collect::<Vec<_>>(), [(7, 0, 1)]);
        assert!(check(&Histogram([1; 256])).is_ok());
        assert!(check(&Histogram([u32::MAX; 256])).is_ok());
    }
}
