//! Entropy-coded data: bits from the highest on, with a zero byte after each of ones (ITU-T T.81, F.1.2.3).

use crate::error::Result;
use crate::image::pixels::out_of_memory;

pub(super) struct BitWriter<'a> {
    bytes: &'a mut Vec<u8>,
    /// Bits that wait for a full word, the latest lowest.
    waiting: u64,
    /// How many more have room there.
    free: u32,
}

impl<'a> BitWriter<'a> {
    /// Writes behind what is there.
    pub(super) fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, waiting: 0, free: 64 }
    }

    /// Makes room for this many bytes to come, which writing then does without asking.
    #[inline]
    pub(super) fn reserve(&mut self, bytes: usize) -> Result<()> {
        if self.bytes.capacity() - self.bytes.len() < bytes {
            return reserve(self.bytes, bytes);
        }
        Ok(())
    }

    /// Writes the lower `length` bits, at most 32, of `bits`, which has none above them.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, length: u32) {
        if length <= self.free {
            self.free -= length;
            self.waiting = self.waiting << (length & 63) | u64::from(bits);
            return;
        }
        let over = length - self.free;
        let word = self.waiting << (self.free & 63) | u64::from(bits) >> over;
        self.word(word);
        self.waiting = u64::from(bits);
        self.free = 64 - over;
    }

    #[inline]
    fn word(&mut self, word: u64) {
        let bytes = word.to_be_bytes();
        // A byte of ones is one whose complement is zero: the classic test for that.
        let complement = !word;
        if complement.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 == 0 {
            self.bytes.extend_from_slice(&bytes);
        } else {
            self.stuffed(&bytes);
        }
    }

    #[cold]
    fn stuffed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.bytes.push(*byte);
            if *byte == 0xFF {
                self.bytes.push(0);
            }
        }
    }

    /// Fills the last byte with ones.
    pub(super) fn finish(mut self) -> Result<()> {
        self.reserve(32)?;
        let used = 64 - self.free;
        let padding = used.next_multiple_of(8) - used;
        self.put((1 << padding) - 1, padding);
        let used = 64 - self.free;
        if used > 0 {
            let bytes = (self.waiting << (self.free & 63)).to_be_bytes();
            self.stuffed(&bytes[..used as usize / 8]);
        }
        Ok(())
    }
}

/// Makes room for `bytes` more. Growing by an eighth keeps the peak low: what is to come is mostly known.
pub(super) fn reserve(into: &mut Vec<u8>, bytes: usize) -> Result<()> {
    let more = bytes.max(into.len() / 8);
    into.try_reserve_exact(more).map_err(|_| out_of_memory((into.len() + more) as u64))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_come_out_in_order(
            parts in proptest::collection::vec((prop_oneof![any::<u32>(), Just(u32::MAX)], 0..=32_u32), 0..200),
        ) {
            let mut expected = String::new();
            let mut bytes = Vec::new();
            let mut writer = BitWriter::new(&mut bytes);
            for (bits, length) in parts {
                let bits = (u64::from(bits) & ((1 << length) - 1)) as u32;
                if length > 0 {
                    write!(expected, "{bits:0width$b}", width = length as usize).unwrap();
                }
                writer.reserve(16).unwrap();
                writer.put(bits, length);
            }
            writer.finish().unwrap();
            let mut found = String::new();
            let mut after_ones = false;
            for byte in bytes {
                if after_ones {
                    prop_assert_eq!(byte, 0);
                } else {
                    write!(found, "{byte:08b}").unwrap();
                }
                after_ones = byte == 0xFF && !after_ones;
            }
            prop_assert!(!after_ones, "a zero follows the last byte of ones too");
            let padding = found.split_off(expected.len());
            prop_assert_eq!(found, expected);
            prop_assert!(padding.len() < 8 && !padding.contains('0'));
        }
    }
}
