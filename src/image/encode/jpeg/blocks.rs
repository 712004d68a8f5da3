//! The blocks of one row of units, transformed and quantised.

use super::fdct::{Reciprocals, transform_row};
use super::frame::Frame;
use super::source::Bands;
use super::zigzag::Block;
use crate::error::Result;
use crate::image::pixels::out_of_memory;

pub(super) struct UnitRow {
    components: Vec<Blocks>,
}

/// A component's blocks.
struct Blocks {
    all: Vec<Block>,
    wide: usize,
    /// How many rows of them hold samples in this row of units.
    present: usize,
}

impl UnitRow {
    pub(super) fn new(frame: &Frame) -> Result<Self> {
        let components = frame.components.iter().map(|component| {
            let wide = component.blocks_wide as usize;
            let mut blocks = Vec::new();
            let count = wide * component.down as usize;
            blocks
                .try_reserve_exact(count)
                .map_err(|_| out_of_memory((count * size_of::<Block>()) as u64))?;
            blocks.resize(count, Block::ZERO);
            Ok(Blocks { all: blocks, wide, present: 0 })
        });
        Ok(Self { components: components.collect::<Result<_>>()? })
    }

    /// Transforms what the bands hold.
    pub(super) fn transform(
        &mut self,
        frame: &Frame,
        unit_row: u32,
        bands: &Bands<'_>,
        reciprocals: &[Reciprocals; 2],
    ) {
        for (index, (blocks, component)) in self.components.iter_mut().zip(&frame.components).enumerate() {
            blocks.present = component.down.min(component.blocks_high - unit_row * component.down) as usize;
            let rows = blocks.all.chunks_exact_mut(blocks.wide).take(blocks.present);
            for (row, blocks) in rows.enumerate() {
                let (samples, stride) = bands.block_row(index, row);
                transform_row(samples, stride, &reciprocals[usize::from(component.tables)], blocks);
            }
        }
    }

    /// A block, if it holds samples.
    #[inline]
    pub(super) fn block(&self, component: usize, row: u32, column: u32) -> Option<&Block> {
        let blocks = &self.components[component];
        let (row, column) = (row as usize, column as usize);
        (row < blocks.present && column < blocks.wide).then(|| &blocks.all[row * blocks.wide + column])
    }

    /// All that hold samples, row by row.
    pub(super) fn present(&self, component: usize) -> &[Block] {
        let blocks = &self.components[component];
        &blocks.all[..blocks.present * blocks.wide]
    }
}
