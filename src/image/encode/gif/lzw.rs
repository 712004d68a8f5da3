//! LZW as GIF has it (version 89a, appendix F; T. A. Welch, "A technique for high-performance data compression", 1984):
//! codes of 3 to 12 bits, lowest bit first, in pieces of at most 255 bytes.
//!
//! A full table is kept for as long as it does well. It goes once it gives hardly more pixels a bit than it has on
//! the whole, its beginning included, since the next one would do as well; or many more, since what it has learnt is
//! then of another part of the image. Measured against a table that goes as soon as it is full: photographs have
//! one or two hundredths fewer bytes, and smooth gradients up to one more.

use super::super::super::pixels::out_of_memory;
use super::super::sink::reserved;
use super::super::slots::Slots;
use crate::error::Result;
use crate::pool::Cancel;

/// How many pixels go between two looks at the flag.
const PIXELS_BETWEEN_POLLS: usize = 1 << 14;

const MOST_CODES: u32 = 1 << 12;

/// Slots of the table, of which fewer than half are taken, so that searches are short.
const SLOTS: usize = 1 << 13;

/// So many codes are written with a full table before it is judged by them.
const CODES_BETWEEN_VERDICTS: u32 = 1 << 7;

/// The most bytes of a piece.
const LONGEST: usize = 255;

/// What is kept from one frame to the next, so as not to allocate it anew.
pub(super) struct Encoder {
    /// Strings by the code of all but their last index, and that index: open addressing. A slot has both, then the
    /// string's own code; an empty one is 0, as codes of strings never are.
    slots: Vec<u32>,
    places: Slots,
}

impl Encoder {
    pub(super) fn new() -> Result<Self> {
        let mut slots = reserved(SLOTS)?;
        slots.resize(SLOTS, 0);
        Ok(Self { slots, places: Slots::random() })
    }

    /// Appends a frame's data (section 22): the size of the first codes, then pieces, the last of them empty.
    pub(super) fn encode(&mut self, indices: &[u8], cancel: &Cancel, out: &mut Vec<u8>) -> Result<()> {
        let size = code_size(indices, cancel)?;
        let (clear, end) = (1 << size, (1 << size) + 1);
        out.try_reserve(1).map_err(|_| out_of_memory(1))?;
        out.push(size as u8);
        let mut pieces = Pieces::new(out);
        let mut life = Life::new(size, 0);
        self.slots.fill(0);
        pieces.put(clear, life.width)?;
        // What has been matched so far; at first nothing.
        let mut prefix = None;
        for (part, number) in indices.chunks(PIXELS_BETWEEN_POLLS).zip(0..) {
            cancel.check()?;
            let start = number * PIXELS_BETWEEN_POLLS;
            let mut part = part.iter().map(|&index| u32::from(index)).zip(start..);
            let Some(mut code) = prefix.or_else(|| part.next().map(|(index, _)| index)) else { break };
            for (index, at) in part {
                let (slot, found) = self.find(code, index);
                if let Some(found) = found {
                    code = found;
                    continue;
                }
                pieces.put(code, life.width)?;
                life.bits += u64::from(life.width);
                if life.next < MOST_CODES {
                    self.slots[slot] = key(code, index) | life.next;
                    life.add();
                } else if life.is_over(at) {
                    pieces.put(clear, life.width)?;
                    life = Life::new(size, at);
                    self.slots.fill(0);
                }
                code = index;
            }
            prefix = Some(code);
        }
        if let Some(code) = prefix {
            pieces.put(code, life.width)?;
            // The reader adds a string for it, which may be the one that makes codes longer.
            life.add();
        }
        pieces.put(end, life.width)?;
        pieces.finish()
    }

    /// Where the string is or is to be, and its code if it has one.
    #[inline]
    fn find(&self, code: u32, index: u32) -> (usize, Option<u32>) {
        let key = key(code, index);
        let mut slot = self.places.of(key, SLOTS.ilog2());
        loop {
            let held = self.slots[slot % SLOTS];
            let found = held ^ key;
            if found.wrapping_sub(1) < MOST_CODES - 1 {
                return (slot % SLOTS, Some(found));
            }
            if held == 0 {
                return (slot % SLOTS, None);
            }
            slot += 1;
        }
    }
}

fn key(code: u32, index: u32) -> u32 {
    (code << 8 | index) << MOST_CODES.ilog2()
}

/// Bits of an index, at least two.
fn code_size(indices: &[u8], cancel: &Cancel) -> Result<u32> {
    let mut highest = 0;
    for part in indices.chunks(PIXELS_BETWEEN_POLLS) {
        cancel.check()?;
        highest = part.iter().fold(highest, |highest, &index| highest.max(index));
    }
    Ok((u8::BITS - highest.leading_zeros()).max(2))
}

/// A table's life, from one clear code to the next.
struct Life {
    /// The code that the next string gets.
    next: u32,
    /// Bits of a code.
    width: u32,
    /// The first pixel that it was used for.
    start: usize,
    /// What was written, in bits.
    bits: u64,
    /// Codes written since it was last judged, and the first of their pixels.
    codes: u32,
    judged: usize,
}

impl Life {
    fn new(size: u32, start: usize) -> Self {
        // The code that clears and the one that ends come first.
        Self { next: (1 << size) + 2, width: size + 1, start, bits: 0, codes: 0, judged: start }
    }

    fn add(&mut self) {
        if self.next == 1 << self.width && self.next < MOST_CODES {
            self.width += 1;
        }
        self.next += 1;
    }

    /// Whether a full table should go, with all pixels before `at` written.
    fn is_over(&mut self, at: usize) -> bool {
        if self.codes == 0 {
            self.judged = at;
        }
        self.codes += 1;
        if self.codes <= CODES_BETWEEN_VERDICTS {
            return false;
        }
        let lately = (at - self.judged) as u64 * self.bits;
        let ever = (at - self.start) as u64 * u64::from(CODES_BETWEEN_VERDICTS * self.width);
        self.codes = 0;
        lately * 20 < ever * 21 || lately * 2 > ever * 3
    }
}

/// Bits as bytes, and those in pieces that begin with their length.
struct Pieces<'a> {
    out: &'a mut Vec<u8>,
    bits: u64,
    count: u32,
    /// With room for what one write puts beyond a piece's end.
    piece: [u8; LONGEST + 4],
    length: usize,
}

impl<'a> Pieces<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, bits: 0, count: 0, piece: [0; LONGEST + 4], length: 0 }
    }

    #[inline]
    fn put(&mut self, code: u32, width: u32) -> Result<()> {
        self.bits |= u64::from(code) << self.count;
        self.count += width;
        if self.count < u32::BITS {
            return Ok(());
        }
        self.piece[self.length..self.length + 4].copy_from_slice(&(self.bits as u32).to_le_bytes());
        self.bits >>= u32::BITS;
        self.count -= u32::BITS;
        self.length += 4;
        if self.length < LONGEST {
            return Ok(());
        }
        self.write(LONGEST)?;
        self.piece.copy_within(LONGEST.., 0);
        self.length -= LONGEST;
        Ok(())
    }

    fn write(&mut self, length: usize) -> Result<()> {
        self.out.try_reserve(length + 1).map_err(|_| out_of_memory(length as u64 + 1))?;
        self.out.push(length as u8);
        self.out.extend_from_slice(&self.piece[..length]);
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        // Zeros up to a whole byte; at most four bytes, for which the piece has room.
        let bytes = self.count.div_ceil(u8::BITS) as usize;
        self.piece[self.length..self.length + 4].copy_from_slice(&(self.bits as u32).to_le_bytes());
        self.length += bytes;
        if self.length > LONGEST {
            self.write(LONGEST)?;
            self.piece.copy_within(LONGEST.., 0);
            self.length -= LONGEST;
        }
        if self.length > 0 {
            self.write(self.length)?;
        }
        self.length = 0;
        self.write(0)
    }
}

#[cfg(test)]
mod tests;
