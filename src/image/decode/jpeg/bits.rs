//! The bits of a scan: entropy-coded bytes without their stuffing (ITU-T T.81, B.1.1.5 and F.2.2.5).

/// A reader of bits, the next one at the top of `buffer`. Copied rather than borrowed by what refills it, so
/// that it stays in registers.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte to load.
    at: usize,
    buffer: u64,
    /// Bits in the buffer. Below them lie at most seven more, the beginning of the byte at `at`.
    count: u32,
    /// Zeros that were appended after the last byte, read or not.
    padding: u32,
}

/// What a refill at least leaves in the buffer.
pub(super) const REFILLED: u32 = 48;

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, buffer: 0, count: 0, padding: 0 }
    }

    /// Where the next byte is loaded from; never beyond the marker that ends the data.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Whole bytes that were loaded and not read, without padding of zeros or ones.
    pub(super) fn stray_bytes(&self) -> usize {
        let real = self.count.saturating_sub(self.padding);
        let unread = (self.buffer << (real % 8)).to_be_bytes();
        unread.iter().take((real / 8) as usize).filter(|&&byte| is_stray(byte)).count()
    }

    /// Whether more bits were read than there are.
    pub(super) fn is_overrun(&self) -> bool {
        self.padding > self.count
    }

    /// Whether no marker ended the data, but the end of the file.
    pub(super) fn is_at_end_of_file(&self) -> bool {
        self.at + 1 >= self.bytes.len()
    }

    #[inline(always)]
    pub(super) fn need(&mut self, bits: u32) {
        debug_assert!(bits <= REFILLED);
        if self.count < bits {
            self.refill();
        }
    }

    /// Eight bytes at once where none of them is FF; the bytes that do not fit whole are loaded again by the
    /// next refill (the way that F. Giesen describes as "variant 4" in "Reading bits in far too many ways").
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        if let Some(next) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            let next = u64::from_be_bytes(*next);
            if (!next).wrapping_sub(ONES) & next & (ONES << 7) == 0 {
                self.buffer |= next >> self.count;
                self.at += ((63 - self.count) >> 3) as usize;
                // 56 and what is left of a byte.
                self.count |= 0x38;
                return;
            }
        }
        *self = self.refilled_by_bytes();
    }

    #[cold]
    #[inline(never)]
    fn refilled_by_bytes(mut self) -> Self {
        while self.count <= 56 {
            let byte = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF) | None, _) => {
                    // A marker or the end. What lies below the counted bits can only be zeros: every byte
                    // before was loaded whole.
                    self.padding = self.padding.saturating_add(56 - self.count.min(56));
                    self.count = self.count.max(56);
                    break;
                }
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    /// The next bits without reading them, 1 to 32 of them.
    #[inline(always)]
    pub(super) fn peek(&self, bits: u32) -> u32 {
        (self.buffer >> (64 - bits)) as u32
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, bits: u32) {
        debug_assert!(bits <= self.count);
        self.buffer <<= bits;
        self.count = self.count.wrapping_sub(bits);
    }

    /// Reads 0 to 16 bits.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        self.need(16);
        // In two shifts, as one of 64 is none.
        let value = (self.buffer >> 1 >> (63 - bits)) as u32;
        self.skip(bits);
        value
    }

    #[inline(always)]
    pub(super) fn take_bit(&mut self) -> bool {
        self.need(1);
        let set = self.buffer >> 63 != 0;
        self.skip(1);
        set
    }
}

/// Whether a byte after the data is more than padding.
pub(super) fn is_stray(byte: u8) -> bool {
    byte != 0 && byte != 0xFF
}

/// The number that `size` bits stand for (T.81, table F.1 and the procedure EXTEND): those that begin with 0
/// are negative. `size` is from 1 to 16.
#[inline(always)]
pub(super) fn extend(bits: u32, size: u32) -> i32 {
    let negative = (bits >> (size - 1)) ^ 1;
    bits as i32 - ((negative << size) as i32 - negative as i32)
}
