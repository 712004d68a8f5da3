//! The boolean entropy decoder (RFC 6386, section 7).

/// By a range less one, how far it is to be shifted, and what it then is. Quicker than to compute: each boolean
/// waits for the range that the one before leaves.
static SHIFTS: [u8; 256] = renormalized().0;
static RANGES: [u8; 256] = renormalized().1;

const fn renormalized() -> ([u8; 256], [u8; 256]) {
    let (mut shifts, mut ranges) = ([0; 256], [0; 256]);
    let mut range = 1;
    while range < 256 {
        let shift = (range as u8).leading_zeros();
        shifts[range - 1] = shift as u8;
        ranges[range - 1] = ((range << shift) - 1) as u8;
        range += 1;
    }
    (shifts, ranges)
}

/// Reads booleans of known probabilities. Copied rather than borrowed by what reads many, so that it stays in
/// registers.
#[derive(Clone, Copy)]
pub(super) struct Bool<'a> {
    /// Bytes of which not all bits are in `value`.
    rest: &'a [u8],
    /// The bits ahead, the next one on top. What the specification compares with the split is its first byte.
    value: u64,
    /// The specification's range less one: from 127 to 254 between reads.
    range: u32,
    /// Bits in `value` beyond the first byte. Below them lie at most seven more, the beginning of `rest`.
    count: i32,
    ended: bool,
}

impl<'a> Bool<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, value: 0, range: 254, count: -8, ended: false }
    }

    /// Whether bits were needed after the last one. They are zeros.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    #[inline(always)]
    fn need(&mut self) {
        if self.count < 0 {
            if let Some(next) = self.rest.first_chunk() {
                // The bits that do not fill a byte are loaded again by the next refill.
                self.value |= u64::from_be_bytes(*next) >> (self.count + 8);
                self.rest = &self.rest[7..];
                self.count += 56;
            } else {
                *self = self.refilled_by_bytes();
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn refilled_by_bytes(mut self) -> Self {
        if self.rest.is_empty() {
            self.ended = true;
            self.count += 56;
        }
        while let Some((&byte, rest)) = self.rest.split_first() {
            self.value |= u64::from(byte) << (48 - self.count);
            self.count += 8;
            self.rest = rest;
        }
        self
    }

    /// Makes the range, here less one, at least 128 again.
    #[inline(always)]
    fn renormalize(&mut self, range: u32) {
        let shift = SHIFTS[usize::from(range as u8)];
        self.range = u32::from(RANGES[usize::from(range as u8)]);
        self.value <<= shift & 63;
        self.count -= i32::from(shift);
    }

    /// A boolean that is false with a probability of so many 256ths.
    #[inline(always)]
    pub(super) fn read(&mut self, probability: u8) -> bool {
        self.need();
        let split = (self.range * u32::from(probability)) >> 8;
        let set = (self.value >> 56) as u32 > split;
        if set {
            self.value = self.value.wrapping_sub(u64::from(split + 1) << 56);
            self.renormalize(self.range - split - 1);
        } else {
            self.renormalize(split);
        }
        set
    }

    /// The value or its negative, as likely as each other: without a branch, which nothing could foresee.
    #[inline(always)]
    pub(super) fn signed(&mut self, value: i32) -> i32 {
        self.need();
        let split = self.range / 2;
        let set = (self.value >> 56) as u32 > split;
        let mask = 0_u64.wrapping_sub(u64::from(set));
        self.value = self.value.wrapping_sub((u64::from(split + 1) << 56) & mask);
        self.renormalize(if set { self.range - split - 1 } else { split });
        (value ^ mask as i32) - mask as i32
    }

    pub(super) fn flag(&mut self) -> bool {
        self.read(128)
    }

    /// A number of so many bits, at most 31.
    pub(super) fn literal(&mut self, bits: u32) -> i32 {
        (0..bits).fold(0, |value, _| value << 1 | i32::from(self.flag()))
    }

    /// A number whose sign follows it.
    pub(super) fn signed_literal(&mut self, bits: u32) -> i32 {
        let value = self.literal(bits);
        if self.flag() { -value } else { value }
    }

    /// A number that may be missing.
    pub(super) fn optional(&mut self, bits: u32) -> Option<i32> {
        self.flag().then(|| self.signed_literal(bits))
    }
}
