//! What is around the blocks of a zlib stream (RFC 1950): its header and its checksum.

/// DEFLATE with a window of 32 KiB, no dictionary (section 2.2).
pub(super) fn header(level: u8) -> [u8; 2] {
    let effort = match level {
        0..=1 => 0,
        2..=5 => 1,
        6 => 2,
        _ => 3,
    };
    let (method, flags) = (0x78_u16, effort << 6);
    // Both bytes are, as one number, a multiple of 31.
    [method as u8, (flags + (31 - (method << 8 | flags) % 31)) as u8]
}

/// Adler-32 (section 8.2).
pub(super) struct Adler {
    low: u32,
    high: u32,
}

const PRIME: u32 = 65_521;

impl Adler {
    pub(super) fn new() -> Self {
        Self { low: 1, high: 0 }
    }

    fn update(&mut self, data: &[u8]) {
        // So many bytes that neither sum outgrows 32 bits before it is reduced. Of 32 bytes at a time, the higher
        // sum has the first 32 times, the next 31 times and so on: products that go into vectors.
        for part in data.chunks(5504) {
            let (blocks, rest) = part.as_chunks::<32>();
            for block in blocks {
                let (mut sum, mut weighted) = (0_u32, 0_u32);
                for (index, &byte) in block.iter().enumerate() {
                    sum += u32::from(byte);
                    weighted += u32::from(byte) * (32 - index as u32);
                }
                self.high += 32 * self.low + weighted;
                self.low += sum;
            }
            for &byte in rest {
                self.low += u32::from(byte);
                self.high += self.low;
            }
            self.low %= PRIME;
            self.high %= PRIME;
        }
    }

    pub(super) fn of(data: &[u8]) -> Self {
        let mut sum = Self::new();
        sum.update(data);
        sum
    }

    /// Goes on with the sum of the next `length` bytes.
    pub(super) fn append(&mut self, next: &Self, length: usize) {
        // Each of the next bytes' low sums began with 1, and should have with ours.
        let began = (self.low + PRIME - 1) % PRIME;
        let length = (length % PRIME as usize) as u64;
        let missing = (length * u64::from(began) % u64::from(PRIME)) as u32;
        self.high = (self.high + next.high + missing) % PRIME;
        self.low = (began + next.low) % PRIME;
    }

    pub(super) fn value(&self) -> u32 {
        self.high << 16 | self.low
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers_are_those_that_zlib_writes() {
        let found: Vec<[u8; 2]> = [0, 1, 2, 5, 6, 7, 9].into_iter().map(header).collect();
        let expected = [0x01, 0x01, 0x5E, 0x5E, 0x9C, 0xDA, 0xDA].map(|flags| [0x78, flags]);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_sum_is_the_specified_one() {
        // Of "Wikipedia", as https://en.wikipedia.org/wiki/Adler-32 has it; of nothing, 1.
        assert_eq!(Adler::of(b"Wikipedia").value(), 0x11E6_0398);
        assert_eq!(Adler::new().value(), 1);
    }

    /// The sum as section 8.2 has it, byte by byte.
    fn plain(data: &[u8]) -> u32 {
        let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), &byte| {
            let low = (low + u32::from(byte)) % PRIME;
            (low, (high + low) % PRIME)
        });
        high << 16 | low
    }

    proptest! {
        #[test]
        fn sums_of_parts_are_the_sum_of_all(
            data in prop::collection::vec(prop_oneof![Just(255_u8), any::<u8>()], 0..12_000),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        ) {
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(data.len() + 1)).collect();
            places.extend([0, data.len()]);
            places.sort_unstable();
            let mut sum = Adler::new();
            for pair in places.windows(2) {
                let part = &data[pair[0]..pair[1]];
                sum.append(&Adler::of(part), part.len());
            }
            prop_assert_eq!(sum.value(), plain(&data));
        }
    }
}
