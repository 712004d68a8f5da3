//! What a scan will say, kept between counting its symbols and writing their codes.
//!
//! A token is a symbol in the upper byte of a word and the bits that follow it in the lower, or in the next
//! word where they are more than eight. That is a fifth of what the coefficients of a photo take, and
//! writing it is a look into a table.

use super::bits::BitWriter;
use super::huffman::{Histogram, Table};
use crate::error::Result;
use crate::image::pixels::out_of_memory;

/// Words a piece. Memory is taken in pieces, so that nothing is moved when there are more tokens.
const PIECE: usize = 1 << 16;

/// The most words that come at once: a block in a refining scan, with 63 symbols and as many bits apart, and
/// before it a run of blocks with a thousand bits.
pub(super) const MOST_AT_ONCE: usize = 288;

/// Ends a block whose last coefficient is not zero; it has no code.
pub(super) const END: u8 = 0x10;

pub(super) struct Tokens {
    pieces: Vec<Vec<u16>>,
    /// Room in the last piece that is still free, beyond its length.
    open: Vec<u16>,
    used: usize,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self { pieces: Vec::new(), open: Vec::new(), used: 0 }
    }

    /// Room for a block's tokens.
    #[inline]
    pub(super) fn room(&mut self) -> Result<Room<'_>> {
        if self.open.len() - self.used < MOST_AT_ONCE {
            self.open_piece()?;
        }
        let words = &mut self.open[self.used..][..MOST_AT_ONCE];
        Ok(Room { words, used: 0, total: &mut self.used })
    }

    #[cold]
    fn open_piece(&mut self) -> Result<()> {
        let mut piece = Vec::new();
        piece.try_reserve_exact(PIECE).map_err(|_| out_of_memory(2 * PIECE as u64))?;
        piece.resize(PIECE, 0);
        let mut full = std::mem::replace(&mut self.open, piece);
        full.truncate(self.used);
        self.used = 0;
        if !full.is_empty() {
            self.pieces.push(full);
        }
        Ok(())
    }

    /// The pieces in order; blocks lie in one whole.
    pub(super) fn into_pieces(mut self) -> impl Iterator<Item = Vec<u16>> {
        self.open.truncate(self.used);
        self.pieces.into_iter().chain(std::iter::once(self.open))
    }
}

pub(super) struct Room<'a> {
    words: &'a mut [u16],
    used: usize,
    total: &'a mut usize,
}

impl Room<'_> {
    /// Adds a symbol and the `length` bits that follow it, at most 16.
    #[inline]
    pub(super) fn push(&mut self, symbol: u8, bits: u16, length: u32, histogram: &mut Histogram) {
        histogram.count(symbol);
        self.push_uncounted(symbol, bits, length);
    }

    /// The same for what is no symbol and has no code.
    #[inline]
    pub(super) fn push_uncounted(&mut self, symbol: u8, bits: u16, length: u32) {
        let symbol = u16::from(symbol) << 8;
        if length <= 8 {
            self.words[self.used] = symbol | bits;
            self.used += 1;
        } else {
            self.words[self.used] = symbol;
            self.words[self.used + 1] = bits;
            self.used += 2;
        }
    }
}

impl Drop for Room<'_> {
    #[inline]
    fn drop(&mut self) {
        *self.total += self.used;
    }
}

/// Writes one token and returns its symbol; `None` at the end.
#[inline]
pub(super) fn write_next(
    words: &mut std::slice::Iter<'_, u16>,
    table: &Table,
    writer: &mut BitWriter<'_>,
) -> Option<u8> {
    let word = *words.next()?;
    let symbol = (word >> 8) as u8;
    let entry = table.entry(symbol);
    let bits = if entry.bits > 8 { *words.next()? } else { word & 0xFF };
    writer.put(entry.code | u32::from(bits), u32::from(entry.length));
    Some(symbol)
}
