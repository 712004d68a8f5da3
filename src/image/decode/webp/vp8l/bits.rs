//! The bits of a lossless bitstream: each byte's lowest bit first (RFC 9649, section 3.2).

/// A reader of bits, the next one at the bottom of `buffer`. It is copied into whoever reads many, so that it
/// stays in registers. After the last byte there are zeros without end; [`is_overrun`](Self::is_overrun) tells.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to load; behind the last one once zeros are.
    at: usize,
    buffer: u64,
    /// Bits in the buffer that count. Those above them are the ones that are loaded next.
    count: u32,
}

/// What a refill at least leaves in the buffer.
pub(super) const REFILLED: u32 = 56;

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, buffer: 0, count: 0 }
    }

    /// Whether more bits were read than there are.
    #[inline]
    pub(super) fn is_overrun(&self) -> bool {
        self.at > self.bytes.len() && (self.at - self.bytes.len()) * 8 > self.count as usize
    }

    /// Loads eight bytes at once; those that do not fit whole are loaded again by the next refill (the way that
    /// F. Giesen describes as "variant 4" in "Reading bits in far too many ways").
    #[inline]
    pub(super) fn refill(&mut self) {
        let next = match self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(next) => u64::from_le_bytes(*next),
            None => self.last_bytes(),
        };
        self.buffer |= next << self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= REFILLED;
    }

    #[cold]
    fn last_bytes(&self) -> u64 {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        rest.iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte))
    }

    /// The next bits, of which those count that were asked for by [`need`](Self::need).
    #[inline]
    pub(super) fn peek(&self) -> usize {
        self.buffer as usize
    }

    #[inline]
    pub(super) fn need(&mut self, bits: u32) {
        debug_assert!(bits <= REFILLED);
        if self.count < bits {
            self.refill();
        }
    }

    /// Goes past bits that are in the buffer.
    #[inline]
    pub(super) fn skip(&mut self, bits: u32) {
        debug_assert!(bits <= self.count);
        self.buffer >>= bits;
        self.count = self.count.wrapping_sub(bits);
    }

    /// Reads 0 to 24 bits that are in the buffer.
    #[inline]
    pub(super) fn take_loaded(&mut self, bits: u32) -> u32 {
        let value = self.buffer as u32 & ((1 << bits) - 1);
        self.skip(bits);
        value
    }

    /// Reads 0 to 24 bits.
    #[inline]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        self.need(bits);
        self.take_loaded(bits)
    }

    #[inline]
    pub(super) fn take_bit(&mut self) -> bool {
        self.take(1) != 0
    }
}
