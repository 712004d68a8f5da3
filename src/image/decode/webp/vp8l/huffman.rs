//! Prefix codes (RFC 9649, section 3.7.2), decoded by tables of the next bits: a first one, and for the codes
//! that are longer than its bits others that it points to.

use super::bits::Bits;
use super::flaw::Flaw;

/// The longest code.
pub(super) const LONGEST: usize = 15;

/// The most symbols of a code: green, lengths of copies and a colour cache of the largest size.
pub(super) const MOST_SYMBOLS: usize = 256 + 24 + (1 << 11);

/// What the tables of a code may have at most: an entry points to others with twelve bits.
pub(super) const MOST_ENTRIES: usize = 1 << 12;

/// Where a code's tables lie in the memory they share with others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Code {
    start: u32,
    mask: u16,
    /// Bits of the first table. None, if there is one symbol alone, which takes no bits.
    root: u8,
}

/// From the lowest bit: four bits, the code's length; twelve, its symbol. Where the length is more than the
/// first table's bits it is theirs and those of another table, and the twelve bits say where that one begins.
type Entry = u16;

impl Code {
    /// The code with its tables.
    #[inline]
    pub(super) fn of(self, tables: &[Entry]) -> Table<'_> {
        let entries = tables.get(self.start as usize..).unwrap_or_default();
        Table { entries, mask: usize::from(self.mask), root: u32::from(self.root) }
    }
}

/// A code's tables, and those of others after them.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    entries: &'a [Entry],
    mask: usize,
    root: u32,
}

impl Table<'_> {
    /// Decodes a symbol. The reader must hold 15 bits.
    #[inline]
    pub(super) fn read(&self, bits: &mut Bits<'_>) -> usize {
        let (symbol, length) = self.look_up(bits.peek());
        bits.skip(length);
        symbol
    }

    /// The symbol that the next bits begin with, and its length.
    #[inline]
    pub(super) fn look_up(&self, next: usize) -> (usize, u32) {
        let entry = self.entries[next & self.mask];
        let (symbol, length) = (usize::from(entry >> 4), u32::from(entry & 15));
        if length <= self.root {
            return (symbol, length);
        }
        let entry = self.entries[symbol + (next >> self.root & ((1 << (length - self.root)) - 1))];
        (usize::from(entry >> 4), u32::from(entry & 15))
    }

    /// The symbol, if there is one alone.
    pub(super) fn only(&self) -> Option<usize> {
        (self.mask == 0).then(|| usize::from(self.entries[0] >> 4))
    }
}

/// The lengths of a code's symbols.
pub(super) struct Lengths {
    lengths: [u8; MOST_SYMBOLS],
    symbols: usize,
}

impl Lengths {
    pub(super) fn new() -> Self {
        Self { lengths: [0; MOST_SYMBOLS], symbols: 0 }
    }

    /// Reads the lengths of a code of so many symbols.
    pub(super) fn read(&mut self, bits: &mut Bits<'_>, symbols: usize) -> Result<(), Flaw> {
        self.symbols = symbols.min(MOST_SYMBOLS);
        self.lengths[..self.symbols].fill(0);
        if bits.take_bit() {
            let two = bits.take_bit();
            let width = if bits.take_bit() { 8 } else { 1 };
            self.set(bits.take(width))?;
            if two {
                self.set(bits.take(8))?;
            }
            return Ok(());
        }
        self.read_coded(bits)
    }

    fn set(&mut self, symbol: u32) -> Result<(), Flaw> {
        let length = self.lengths[..self.symbols].get_mut(symbol as usize).ok_or(Flaw::Damage(NO_SYMBOL))?;
        *length = 1;
        Ok(())
    }

    /// Section 3.7.2.1.2.
    fn read_coded(&mut self, bits: &mut Bits<'_>) -> Result<(), Flaw> {
        const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let mut meta = [0; 19];
        let given = bits.take(4) as usize + 4;
        for &symbol in ORDER.iter().take(given) {
            meta[symbol] = bits.take(3) as u8;
        }
        let mut left = self.symbols;
        if bits.take_bit() {
            let width = bits.take(3) * 2 + 2;
            left = bits.take(width) as usize + 2;
            if left > self.symbols {
                return Err(Flaw::Damage("a code has more lengths than symbols"));
            }
        }
        let mut table = [0; 1 << 7];
        let shape = Shape::new(&meta)?;
        let code = shape.fill(&meta, &mut table, 0, 7);
        let code = code.of(&table);
        let (mut at, mut last) = (0, 8);
        while at < self.symbols && left > 0 {
            left -= 1;
            bits.need(15);
            let (length, run) = match code.read(bits) {
                length @ 0..16 => {
                    if length != 0 {
                        last = length as u8;
                    }
                    self.lengths[at] = length as u8;
                    at += 1;
                    continue;
                }
                16 => (last, bits.take_loaded(2) + 3),
                17 => (0, bits.take_loaded(3) + 3),
                _ => (0, bits.take_loaded(7) + 11),
            };
            let end = at + run as usize;
            let run = self.lengths[..self.symbols].get_mut(at..end);
            run.ok_or(Flaw::Damage("a code has more lengths than symbols"))?.fill(length);
            at = end;
        }
        Ok(())
    }

    /// The lengths, one a symbol.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.lengths[..self.symbols]
    }
}

const NO_SYMBOL: &str = "a code is of a symbol that there is not";

/// How many codes there are of each length. They are known to be those of a prefix code without gaps.
pub(super) struct Shape {
    counts: [u16; LONGEST + 1],
    /// The longest length; 0, if there is one symbol alone.
    longest: usize,
}

impl Shape {
    pub(super) fn new(lengths: &[u8]) -> Result<Self, Flaw> {
        let mut counts = [0_u16; LONGEST + 1];
        for &length in lengths {
            counts[usize::from(length) & LONGEST] += 1;
        }
        counts[0] = 0;
        match counts.iter().sum() {
            0 => return Err(Flaw::Damage("a code has no symbols")),
            1 => return Ok(Self { counts, longest: 0 }),
            _ => {}
        }
        let taken: u32 =
            (0..).zip(counts).map(|(length, count)| u32::from(count) << (LONGEST - length)).sum();
        if taken != 1 << LONGEST {
            return Err(Flaw::Damage("its codes are no prefix codes"));
        }
        let longest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
        Ok(Self { counts, longest })
    }

    /// Bits that a symbol takes on average, if the symbols occur as their lengths suggest, in 1/2¹⁵.
    pub(super) fn mean(&self) -> u32 {
        if self.longest == 0 {
            return 0;
        }
        let parts = (0..).zip(self.counts).skip(1);
        parts.map(|(length, count)| (u32::from(count) * length) << (LONGEST as u32 - length)).sum()
    }

    /// How many entries the code's tables have whose first one is of at most `root` bits.
    pub(super) fn entries(&self, root: usize) -> usize {
        if self.longest == 0 {
            return 1;
        }
        let root = root.min(self.longest);
        let mut entries = 1 << root;
        self.each_table(root, |_, bits| entries += 1 << bits);
        entries
    }

    /// Tells each table but the first: the number of the code that it begins with among those of its length's
    /// bits, that length, and the table's bits.
    fn each_table(&self, root: usize, mut tell: impl FnMut(usize, u32)) {
        // Codes in ascending order, at the top of 15 bits; a table is all that have the same `root` bits.
        let (mut next, mut length, mut passed) = (0, 1, 0);
        while next < 1 << LONGEST && length <= LONGEST {
            if passed == self.counts[length] {
                (length, passed) = (length + 1, 0);
                continue;
            }
            if length <= root {
                next += usize::from(self.counts[length]) << (LONGEST - length);
                (length, passed) = (length + 1, 0);
                continue;
            }
            // The table ends where its `root` bits do; its longest code decides on its bits.
            let start = next;
            let end = next + (1 << (LONGEST - root));
            let mut longest = length;
            while next < end && length <= LONGEST {
                let one = 1 << (LONGEST - length);
                let here = usize::from(self.counts[length] - passed).min((end - next) >> (LONGEST - length));
                if here > 0 {
                    longest = length;
                    next += here * one;
                    passed += here as u16;
                }
                if next < end {
                    (length, passed) = (length + 1, 0);
                }
            }
            tell(start, (longest - root) as u32);
        }
    }

    /// Makes the code's tables, from `start` on in what they share with others, where there is room for
    /// [`entries`](Self::entries) of them.
    pub(super) fn fill(&self, lengths: &[u8], tables: &mut [Entry], start: usize, root: usize) -> Code {
        let root = root.min(self.longest);
        let code = Code { start: start as u32, mask: ((1_u32 << root) - 1) as u16, root: root as u8 };
        let tables = &mut tables[start..];
        if root == 0 {
            let only = lengths.iter().position(|&length| length != 0).unwrap_or(0);
            tables[0] = (only as u16) << 4;
            return code;
        }
        let mut end = 1 << root;
        self.each_table(root, |first, bits| {
            tables[reversed(first) & ((1 << root) - 1)] = (end as u16) << 4 | (root as u16 + bits as u16);
            end += 1 << bits;
        });
        // Of each length the next code, at the top of 15 bits.
        let mut next = [0; LONGEST + 1];
        for length in 1..LONGEST {
            next[length + 1] = next[length] + (usize::from(self.counts[length]) << (LONGEST - length));
        }
        for (symbol, &length) in lengths.iter().enumerate() {
            let length = usize::from(length);
            if length == 0 {
                continue;
            }
            let first = reversed(next[length]);
            next[length] += 1 << (LONGEST - length);
            let entry = (symbol as u16) << 4 | length as u16;
            if length <= root {
                for place in (first..1 << root).step_by(1 << length) {
                    tables[place] = entry;
                }
            } else {
                let pointer = tables[first & ((1 << root) - 1)];
                let (at, bits) = (usize::from(pointer >> 4), usize::from(pointer & 15) - root);
                for place in (first >> root..1 << bits).step_by(1 << (length - root)) {
                    tables[at + place] = entry;
                }
            }
        }
        code
    }
}

/// A code at the top of 15 bits as it is read: its first bit lowest.
fn reversed(code: usize) -> usize {
    usize::from((code as u16).reverse_bits() >> 1)
}
