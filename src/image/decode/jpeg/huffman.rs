//! Huffman codes (ITU-T T.81, annex C and F.2.2.3), decoded by a table of the next bits. Where a code and the
//! bits of the value after it fit together, one look-up gives both.

use super::bits::{Bits, extend};
use super::flaw::Flaw;

/// The bits that the tables are looked up with.
const LOOKUP: u32 = 10;

/// A code as a DHT segment gives it: how many codes there are of each length, and the symbols in their order.
#[derive(Clone)]
pub(super) struct Code {
    counts: [u8; 16],
    symbols: [u8; 256],
}

impl Code {
    /// Reads a code, and says how many bytes it took. `None` if the segment is too short or the lengths are
    /// those of no prefix code.
    pub(super) fn read(segment: &[u8]) -> Option<(Self, usize)> {
        let counts: [u8; 16] = *segment.first_chunk()?;
        let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
        let given = segment.get(16..16 + total)?;
        let taken: u32 = (1..=16).zip(counts).map(|(length, count)| u32::from(count) << (16 - length)).sum();
        if total > 256 || taken > 1 << 16 {
            return None;
        }
        let mut symbols = [0; 256];
        symbols[..total].copy_from_slice(given);
        Some((Self { counts, symbols }, 16 + total))
    }

    /// Whether all symbols may be sizes of values, as those of means must be.
    pub(super) fn are_sizes(&self) -> bool {
        self.codes().all(|(_, _, symbol)| symbol < 16)
    }

    /// Code, length and symbol of each, the code at the top of 16 bits.
    fn codes(&self) -> impl Iterator<Item = (u32, u32, u8)> {
        let lengths = (1..=16).zip(self.counts).flat_map(|(length, count)| (0..count).map(move |_| length));
        let mut next = 0;
        lengths.zip(self.symbols).map(move |(length, symbol)| {
            let code = next;
            next += 1 << (16 - length);
            (code, length, symbol)
        })
    }
}

/// A code with its tables.
pub(super) struct Table {
    /// By the next [`LOOKUP`] bits.
    entries: Box<[Entry; 1 << LOOKUP]>,
    /// Of each length the end of its codes, at the top of 16 bits.
    ends: [u32; 17],
    /// Of each length the index of its first symbol minus its first code.
    offsets: [i32; 17],
    symbols: [u8; 256],
}

/// The tables of a part of a scan: of its means and of its other coefficients, as far as the scan has them.
pub(super) type Tables = (Option<Table>, Option<Table>);

/// What the next bits hold. From the lowest bit: 8 bits, how many to skip; 4, the high half of the symbol; 4,
/// its low half; 16, the value, if it lies within the bits looked at, when the bits to skip are those of code
/// and value; else they are those of the code alone. Zero where the code is longer than the bits, or none.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry(u32);

impl Entry {
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.0 & 0xFF
    }

    /// Coefficients that are zero before the one whose value follows.
    #[inline(always)]
    pub(super) fn run(self) -> usize {
        (self.0 >> 8 & 15) as usize
    }

    /// Bits of the value that follows.
    #[inline(always)]
    pub(super) fn size(self) -> u32 {
        self.0 >> 12 & 15
    }

    /// The value, never zero if it is known.
    #[inline(always)]
    pub(super) fn value(self) -> i32 {
        self.0 as i32 >> 16
    }
}

impl Table {
    pub(super) fn new(code: &Code) -> Self {
        let mut table = Self {
            entries: Box::new([Entry::default(); 1 << LOOKUP]),
            ends: [0; 17],
            offsets: [0; 17],
            symbols: code.symbols,
        };
        for (index, (first, length, symbol)) in code.codes().enumerate() {
            let position = length as usize;
            if table.ends[position] == 0 {
                table.offsets[position] = index as i32 - (first >> (16 - length)) as i32;
            }
            table.ends[position] = first + (1 << (16 - length));
            if length <= LOOKUP {
                let range = first >> (16 - LOOKUP)..table.ends[position] >> (16 - LOOKUP);
                for bits in range {
                    table.entries[bits as usize] = entry(bits, length, symbol);
                }
            }
        }
        table
    }

    /// What comes next. The reader must hold 16 bits.
    #[inline(always)]
    pub(super) fn look_up(&self, bits: &Bits<'_>) -> Entry {
        self.entries[bits.peek(LOOKUP) as usize]
    }

    /// What comes next where [`look_up`](Self::look_up) does not know.
    #[cold]
    #[inline(never)]
    pub(super) fn look_up_long(&self, next: u32) -> Result<Entry, Flaw> {
        for length in LOOKUP + 1..=16 {
            if next < self.ends[length as usize] {
                let index = (next >> (16 - length)) as i32 + self.offsets[length as usize];
                let symbol = self.symbols.get(index as usize).copied().ok_or(Flaw::Damage(NO_CODE))?;
                return Ok(Entry(length | u32::from(symbol >> 4) << 8 | u32::from(symbol & 15) << 12));
            }
        }
        Err(Flaw::Damage(NO_CODE))
    }

    /// Reads a value whose code says only its size: the difference of a block's mean to the one before.
    #[inline(always)]
    pub(super) fn read_difference(&self, bits: &mut Bits<'_>) -> Result<i32, Flaw> {
        bits.need(16);
        let mut entry = self.look_up(bits);
        if entry.value() != 0 {
            bits.skip(entry.bits());
            return Ok(entry.value());
        }
        if entry.bits() == 0 {
            entry = self.look_up_long(bits.peek(16))?;
        }
        bits.skip(entry.bits());
        let size = entry.size();
        if size == 0 {
            return Ok(0);
        }
        Ok(extend(bits.take(size), size))
    }
}

const NO_CODE: &str = "its image data holds bits that are no code";

fn entry(bits: u32, length: u32, symbol: u8) -> Entry {
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    let plain = run << 8 | size << 12;
    if size > 0 && length + size <= LOOKUP {
        let raw = bits >> (LOOKUP - length - size) & ((1 << size) - 1);
        return Entry((length + size) | plain | (extend(raw, size) as u32) << 16);
    }
    Entry(length | plain)
}
