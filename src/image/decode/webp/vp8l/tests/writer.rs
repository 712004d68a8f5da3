//! Writes bitstreams.

pub(super) struct Writer {
    bytes: Vec<u8>,
    bits: usize,
}

/// The codes of lengths: as they are written, first bit lowest, and their lengths. Where there is one symbol
/// alone, it takes no bits.
pub(super) fn codes(lengths: &[u8]) -> Vec<(u64, u32)> {
    let alone = lengths.iter().filter(|&&length| length > 0).count() == 1;
    let mut next = 0_u32;
    let mut codes = vec![(0, 0); lengths.len()];
    for length in 1..=15 {
        next <<= 1;
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, given)| **given == length) {
            if !alone {
                codes[symbol] = (u64::from(next.reverse_bits() >> (32 - length)), u32::from(length));
            }
            next += 1;
        }
    }
    codes
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), bits: 0 }
    }

    pub(super) fn put(&mut self, value: u64, bits: u32) {
        for bit in 0..bits {
            if self.bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.len() - 1;
            self.bytes[last] |= ((value >> bit & 1) as u8) << (self.bits % 8);
            self.bits += 1;
        }
    }

    pub(super) fn code(&mut self, (code, length): (u64, u32)) {
        self.put(code, length);
    }

    pub(super) fn header(&mut self, width: u32, height: u32, alpha: bool) {
        self.put(0x2F, 8);
        self.put(u64::from(width - 1), 14);
        self.put(u64::from(height - 1), 14);
        self.put(u64::from(alpha), 1);
        self.put(0, 3);
    }

    /// A code of one symbol.
    pub(super) fn one_symbol(&mut self, symbol: u8) {
        // Simple, one symbol, of one bit or of eight.
        let wide = symbol > 1;
        self.put(1 | u64::from(wide) << 2, 3);
        self.put(u64::from(symbol), if wide { 8 } else { 1 });
    }

    /// A code of two symbols.
    pub(super) fn two_symbols(&mut self, first: u8, second: u8) {
        self.put(0b111, 3);
        self.put(u64::from(first), 8);
        self.put(u64::from(second), 8);
    }

    /// A code of any lengths, each written with four bits.
    pub(super) fn lengths(&mut self, lengths: &[u8]) {
        self.put(0, 1);
        self.put(19 - 4, 4);
        // 17, 18 and, at its place in the order, 16 do not occur; all others have four bits.
        for symbol in [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] {
            self.put(if symbol < 16 { 4 } else { 0 }, 3);
        }
        self.put(0, 1);
        let codes = codes(&[4; 16]);
        for &length in lengths {
            self.code(codes[usize::from(length)]);
        }
    }

    /// The first 256 symbols with eight bits each: their lengths take no bits.
    pub(super) fn flat_code(&mut self, symbols: u64) {
        self.put(0, 1);
        // 8 is the twelfth in the order.
        self.put(12 - 4, 4);
        for symbol in 0..12 {
            self.put(u64::from(symbol == 11), 3);
        }
        if symbols == 256 {
            self.put(0, 1);
        } else {
            // 256 lengths are given.
            self.put(1, 1);
            self.put(3, 3);
            self.put(256 - 2, 8);
        }
    }

    /// A symbol of such a code.
    pub(super) fn code_of_eight(&mut self, symbol: u8) {
        self.put(u64::from(symbol.reverse_bits()), 8);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}
