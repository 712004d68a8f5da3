//! The one scan of a baseline file: all components interleaved, with codes made for it (ITU-T T.81, F.1).

use super::bits::{BitWriter, reserve};
use super::blocks::UnitRow;
use super::frame::Frame;
use super::huffman::{Code, Histogram, Table};
use super::markers::{self, Class, ScanHeader};
use super::tokens::{END, Room, Tokens, write_next};
use super::zigzag::Block;
use crate::error::Result;
use crate::pool::Cancel;

/// Sixteen zeros.
const ZERO_RUN: u8 = 0xF0;
const END_OF_BLOCK: u8 = 0;

/// Collects the scan's tokens.
pub(super) struct Baseline {
    tokens: Tokens,
    /// By table.
    dc: [Histogram; 2],
    ac: [Histogram; 2],
    /// The first coefficient of the block before, by component.
    before: [i16; 3],
}

impl Baseline {
    pub(super) fn new() -> Self {
        let histograms = || [Histogram::new(), Histogram::new()];
        Self { tokens: Tokens::new(), dc: histograms(), ac: histograms(), before: [0; 3] }
    }

    /// Adds a row of units.
    pub(super) fn add(&mut self, frame: &Frame, row: &UnitRow) -> Result<()> {
        for unit in 0..frame.units_wide {
            for (index, component) in frame.components.iter().enumerate() {
                let table = usize::from(component.tables);
                for down in 0..component.down {
                    for across in 0..component.across {
                        let mut room = self.tokens.room()?;
                        // Beyond the edge nothing is seen: as the block before, and flat.
                        let block = row.block(index, down, unit * component.across + across);
                        let dc = block.map_or(self.before[index], Block::dc);
                        let difference = dc.wrapping_sub(self.before[index]);
                        self.before[index] = dc;
                        let (size, bits) = magnitude(difference);
                        room.push(size as u8, bits, size, &mut self.dc[table]);
                        ac(block.unwrap_or(&Block::ZERO), &mut room, &mut self.ac[table]);
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the tables and the scan.
    pub(super) fn finish(self, frame: &Frame, file: &mut Vec<u8>, cancel: &Cancel) -> Result<()> {
        let tables = if frame.is_gray() { 1 } else { 2 };
        let mut total = 0;
        let mut build = |class, histograms: &[Histogram; 2]| {
            let mut built = Vec::with_capacity(tables);
            for (index, histogram) in (0..).zip(&histograms[..tables]) {
                let code = Code::for_histogram(histogram);
                markers::huffman_table(file, class, index, &code)?;
                let table = Table::new(&code, |symbol| symbol & 15);
                total += table.total(histogram);
                built.push(table);
            }
            Ok(built)
        };
        let dc = build(Class::Dc, &self.dc)?;
        let ac = build(Class::Ac, &self.ac)?;
        let components = (0..)
            .zip(&frame.components)
            .map(|(index, component)| (index, component.tables, component.tables));
        markers::scan(file, components, ScanHeader::WHOLE)?;
        // One byte in 256 is followed by a zero.
        let bytes = total as usize / 8;
        reserve(file, bytes + bytes / 128 + 1024)?;
        // The components' tables for the blocks of a unit, in turn.
        let turn: Vec<usize> = frame
            .components
            .iter()
            .flat_map(|component| {
                let blocks = component.across * component.down;
                std::iter::repeat_n(usize::from(component.tables), blocks as usize)
            })
            .collect();
        let mut turn = turn.iter().map(|table| (&dc[*table], &ac[*table])).cycle();
        let mut writer = BitWriter::new(file);
        for piece in self.tokens.into_pieces() {
            cancel.check()?;
            let mut words = piece.iter();
            while !words.as_slice().is_empty() {
                let Some((dc, ac)) = turn.next() else { break };
                // Twice 64 symbols of at most 16 bits and as many after them, all ones.
                writer.reserve(512)?;
                write_next(&mut words, dc, &mut writer);
                while let Some(symbol) = write_next(&mut words, ac, &mut writer) {
                    if symbol == END_OF_BLOCK || symbol == END {
                        break;
                    }
                }
            }
        }
        writer.finish()
    }
}

/// All coefficients of a block but the first.
#[inline]
fn ac(block: &Block, room: &mut Room<'_>, histogram: &mut Histogram) {
    let mut left = block.nonzero & !1;
    let mut before = 0;
    while left != 0 {
        let k = left.trailing_zeros();
        left &= left - 1;
        let mut zeros = k - before - 1;
        before = k;
        while zeros > 15 {
            room.push(ZERO_RUN, 0, 0, histogram);
            zeros -= 16;
        }
        let (size, bits) = magnitude(block.coefficient(k));
        room.push((zeros << 4 | size) as u8, bits, size, histogram);
    }
    if before == 63 {
        room.push_uncounted(END, 0, 0);
    } else {
        room.push(END_OF_BLOCK, 0, 0, histogram);
    }
}

/// The length of a value and the bits that tell it from others of that length: itself, or for negative
/// ones its magnitude's complement (tables F.1 and F.2).
#[inline]
pub(super) fn magnitude(value: i16) -> (u32, u16) {
    let size = 16 - value.unsigned_abs().leading_zeros();
    let bits = value.wrapping_add(value >> 15) as u16 & ((1_u32 << size) - 1) as u16;
    (size, bits)
}
