//! The bits of fax data, the highest of a byte first.

use super::super::packed::Packed;

pub(super) struct Bits<'a> {
    packed: Packed<'a>,
    /// The next bits, from the highest on, and zeros after them.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(packed: Packed<'a>) -> Self {
        Self { packed, held: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(byte) = self.packed.next() else { return };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next bits, up to 32, and zeros after the last one.
    pub(super) fn peek(&mut self, bits: u32) -> u32 {
        if self.count < bits {
            self.fill();
        }
        (self.held >> (64 - bits)) as u32
    }

    /// Whether so many bits, up to 32, are there yet.
    pub(super) fn has(&mut self, bits: u32) -> bool {
        if self.count < bits {
            self.fill();
        }
        self.count >= bits
    }

    /// Passes over so many bits. False, and nothing left, if there are fewer.
    pub(super) fn skip(&mut self, bits: u32) -> bool {
        let there = self.has(bits);
        let bits = bits.min(self.count);
        self.held = self.held.checked_shl(bits).unwrap_or(0);
        self.count -= bits;
        there
    }

    /// Passes over the next mark of the end of a line, eleven zeros or more and a one (T.4, 4.1.2 and 4.1.3), and
    /// tells whether anything but zeros lay before it. `None` if there is no mark.
    pub(super) fn skip_mark(&mut self) -> Option<bool> {
        let (mut zeros, mut strayed) = (0_u32, false);
        loop {
            if !self.has(1) {
                return None;
            }
            let some = self.held.leading_zeros().min(self.count);
            zeros = zeros.saturating_add(some);
            self.skip(some);
            if self.count > 0 {
                self.skip(1);
                if zeros >= 11 {
                    return Some(strayed);
                }
                (zeros, strayed) = (0, true);
            }
        }
    }
}
