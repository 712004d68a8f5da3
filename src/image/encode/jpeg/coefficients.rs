//! The coefficients of a whole component, for the scans of a progressive file: only those that are not
//! zero, which are few, and which are all that a scan has to look at.

use super::zigzag::Block;
use crate::error::Result;
use crate::image::pixels::out_of_memory;

/// Words a piece, as for tokens.
const PIECE: usize = 1 << 16;

/// The words that a block takes at most: four that say which coefficients are not zero, and those.
const MOST_AT_ONCE: usize = 4 + 63;

#[derive(Default)]
pub(super) struct Coefficients {
    /// The first coefficient of each block.
    pub(super) dc: Vec<i16>,
    pieces: Vec<Vec<i16>>,
}

impl Coefficients {
    /// Adds the next blocks, row by row.
    pub(super) fn add(&mut self, blocks: &[Block]) -> Result<()> {
        self.dc.try_reserve(blocks.len()).map_err(|_| out_of_memory(2 * blocks.len() as u64))?;
        for block in blocks {
            self.dc.push(block.dc());
            let piece = self.room()?;
            let mut left = block.nonzero & !1;
            piece.extend((0..4).map(|word| (left >> (16 * word)) as i16));
            while left != 0 {
                piece.push(block.coefficient(left.trailing_zeros()));
                left &= left - 1;
            }
        }
        Ok(())
    }

    fn room(&mut self) -> Result<&mut Vec<i16>> {
        if self.pieces.last().is_none_or(|piece| piece.capacity() - piece.len() < MOST_AT_ONCE) {
            let mut piece = Vec::new();
            piece.try_reserve_exact(PIECE).map_err(|_| out_of_memory(2 * PIECE as u64))?;
            self.pieces.push(piece);
        }
        // There is one now.
        self.pieces.last_mut().ok_or_else(|| out_of_memory(0))
    }

    /// The blocks in order: which of the coefficients after the first are not zero, and these.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (u64, &[i16])> {
        self.pieces.iter().flat_map(|piece| {
            let mut rest = piece.as_slice();
            std::iter::from_fn(move || {
                let (words, after) = rest.split_first_chunk::<4>()?;
                let nonzero = words.iter().rev().fold(0, |bits, word| bits << 16 | u64::from(*word as u16));
                let (values, after) = after.split_at_checked(nonzero.count_ones() as usize)?;
                rest = after;
                Some((nonzero, values))
            })
        })
    }
}
