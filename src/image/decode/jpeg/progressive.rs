//! Progressive scans (ITU-T T.81, annex G): each adds some coefficients of all blocks, or a bit to some.

use super::bits::{Bits, extend};
use super::entropy::Entropy;
use super::flaw::Flaw;
use super::frame::{Component, Frame, Scan};
use super::huffman::{Table, Tables};
use super::idct::{self, Block, Steps};
use super::memory;
use super::zigzag::ZIGZAG;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// All coefficients of a component.
pub(super) struct Coefficients {
    blocks: Vec<Block>,
    /// Blocks a row, with those that only fill interleaved units.
    stride: usize,
}

impl Coefficients {
    pub(super) fn new(frame: &Frame, component: &Component) -> Result<Self> {
        let stride = (frame.units_x * component.h) as usize;
        let count = stride * (frame.units_y * component.v) as usize;
        Ok(Self { blocks: memory::filled(count, [0; 64])?, stride })
    }

    /// Transforms row `row` of interleaved units into samples.
    pub(super) fn transform(&self, component: &Component, row: usize, steps: &Steps, out: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if super::cpu::has_avx2() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.transform_avx2(component, row, steps, out) };
        }
        self.transform_by_blocks(component, row, steps, out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn transform_avx2(&self, component: &Component, row: usize, steps: &Steps, out: &mut [u8]) {
        self.transform_by_blocks(component, row, steps, out);
    }

    #[inline(always)]
    fn transform_by_blocks(&self, component: &Component, row: usize, steps: &Steps, out: &mut [u8]) {
        let side = component.side as usize;
        let down = component.v as usize;
        let blocks = self.blocks.chunks_exact(self.stride).skip(row * down).take(down);
        for (blocks, out) in blocks.zip(out.chunks_mut(side * component.stride)) {
            for (index, block) in blocks[..component.blocks_x as usize].iter().enumerate() {
                idct::put(
                    component.side,
                    block,
                    last(block),
                    steps,
                    &mut out[index * side..],
                    component.stride,
                );
            }
        }
    }
}

/// An index, in stored order, after which all coefficients are zero.
#[inline(always)]
fn last(block: &Block) -> usize {
    let rows = block.as_chunks::<8>().0;
    let mut upper = [0_i16; 8];
    let mut lower = [0_i16; 8];
    for (upper_row, lower_row) in rows[..4].iter().zip(&rows[4..]) {
        for lane in 0..8 {
            upper[lane] |= upper_row[lane];
            lower[lane] |= lower_row[lane];
        }
    }
    let right = upper[4..].iter().chain(&lower).fold(0, |all, &lane| all | lane);
    if right != 0 {
        return 63;
    }
    // The first is the mean, which may be anything.
    let others = upper[1..4].iter().fold(0, |all, &lane| all | lane);
    if others | block[8] | block[16] | block[24] == 0 { 0 } else { idct::LAST_OF_QUARTER }
}

/// Decodes one scan. `tables` of each part; those that the scan does not use may be any.
pub(super) fn scan(
    mut entropy: Entropy<'_>,
    frame: &Frame,
    scan: &Scan,
    tables: &[Tables],
    coefficients: &mut [Coefficients],
    cancel: &Cancel,
) -> Result<usize> {
    let alone = scan.parts.len() == 1;
    let only = &frame.components[scan.parts[0].component];
    let (units_x, units_y) =
        if alone { (only.blocks_x, only.blocks_y) } else { (frame.units_x, frame.units_y) };
    for unit_y in 0..units_y as usize {
        cancel.check()?;
        if entropy.is_over() {
            break;
        }
        let mut row = Row { entropy: &mut entropy, frame, scan, tables, alone, units_x, unit_y };
        row.decode(coefficients)?;
    }
    entropy.finish()
}

/// A row of units.
struct Row<'a, 'b> {
    entropy: &'a mut Entropy<'b>,
    frame: &'a Frame,
    scan: &'a Scan,
    tables: &'a [Tables],
    /// Whether the scan is of one component.
    alone: bool,
    units_x: u32,
    unit_y: usize,
}

impl Row<'_, '_> {
    fn decode(&mut self, coefficients: &mut [Coefficients]) -> Result<()> {
        #[cfg(target_arch = "x86_64")]
        if super::cpu::has_avx2() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.decode_avx2(coefficients) };
        }
        self.decode_by_units(coefficients)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn decode_avx2(&mut self, coefficients: &mut [Coefficients]) -> Result<()> {
        self.decode_by_units(coefficients)
    }

    #[inline(always)]
    fn decode_by_units(&mut self, coefficients: &mut [Coefficients]) -> Result<()> {
        if self.scan.first == 0 {
            for unit in 0..self.units_x as usize {
                if self.entropy.begin_unit()? {
                    let decoded = self.means(coefficients, unit);
                    self.entropy.end_unit(decoded)?;
                }
            }
            return Ok(());
        }
        // Of one component, as `Scan::read` has checked.
        let table = self.tables[0].1.as_ref().ok_or_else(|| Error::internal("a scan without its codes"))?;
        let target = &mut coefficients[self.scan.parts[0].component];
        let from = self.unit_y * target.stride;
        for block in &mut target.blocks[from..from + self.units_x as usize] {
            if self.entropy.begin_unit()? {
                let Entropy { bits, empty_blocks, .. } = &mut *self.entropy;
                let decoded = if self.scan.high == 0 {
                    values(bits, empty_blocks, table, self.scan, block)
                } else {
                    refine(bits, empty_blocks, table, self.scan, block)
                };
                self.entropy.end_unit(decoded)?;
            }
        }
        Ok(())
    }

    /// The means of a unit's blocks, or a bit more of each (G.1.2.1).
    #[inline(always)]
    fn means(&mut self, coefficients: &mut [Coefficients], unit: usize) -> std::result::Result<(), Flaw> {
        let low = self.scan.low;
        for (index, (part, tables)) in self.scan.parts.iter().zip(self.tables).enumerate() {
            let component = &self.frame.components[part.component];
            let (h, v) = if self.alone { (1, 1) } else { (component.h as usize, component.v as usize) };
            let target = &mut coefficients[part.component];
            for (y, x) in (0..v).flat_map(|y| (0..h).map(move |x| (y, x))) {
                let block = &mut target.blocks[(self.unit_y * v + y) * target.stride + unit * h + x];
                match &tables.0 {
                    Some(table) => {
                        let mean = &mut self.entropy.means[index];
                        *mean = mean.wrapping_add(table.read_difference(&mut self.entropy.bits)?);
                        block[0] = (*mean << low) as i16;
                    }
                    // A refinement has no codes.
                    None => block[0] |= i16::from(self.entropy.bits.take_bit()) << low,
                }
            }
        }
        Ok(())
    }
}

const TOO_MANY: Flaw = Flaw::Damage("a block has more coefficients than its scan");

/// The first scan of some coefficients (G.1.2.2).
#[inline(always)]
fn values(
    reader: &mut Bits<'_>,
    empty_blocks: &mut u32,
    table: &Table,
    scan: &Scan,
    block: &mut Block,
) -> std::result::Result<(), Flaw> {
    if *empty_blocks > 0 {
        *empty_blocks -= 1;
        return Ok(());
    }
    let mut bits = *reader;
    let mut index = scan.first;
    while index <= scan.last {
        bits.need(16);
        let mut entry = table.look_up(&bits);
        if entry.bits() == 0 {
            entry = match table.look_up_long(bits.peek(16)) {
                Ok(entry) => entry,
                Err(flaw) => {
                    *reader = bits;
                    return Err(flaw);
                }
            };
        }
        bits.skip(entry.bits());
        let mut value = entry.value();
        if value == 0 {
            let size = entry.size();
            if size == 0 {
                let run = entry.run() as u32;
                if run < 15 {
                    *empty_blocks = (1 << run) - 1 + bits.take(run);
                    break;
                }
                index += 16;
                continue;
            }
            value = extend(bits.take(size), size);
        }
        index += entry.run();
        block[usize::from(ZIGZAG[index])] = (value << scan.low) as i16;
        index += 1;
    }
    *reader = bits;
    if index > scan.last + 1 { Err(TOO_MANY) } else { Ok(()) }
}

/// A bit more of coefficients that have some, and first bits of others (G.1.2.3).
#[inline(always)]
fn refine(
    reader: &mut Bits<'_>,
    empty_blocks: &mut u32,
    table: &Table,
    scan: &Scan,
    block: &mut Block,
) -> std::result::Result<(), Flaw> {
    let bit = 1_i16 << scan.low;
    let mut bits = *reader;
    let mut index = scan.first;
    // Goes over `zeros` zero coefficients and all the others on the way, to the zero after them.
    let pass = |bits: &mut Bits<'_>, block: &mut Block, mut index: usize, mut zeros: usize| {
        while index <= scan.last {
            let value = &mut block[usize::from(ZIGZAG[index])];
            if *value == 0 {
                if zeros == 0 {
                    break;
                }
                zeros -= 1;
            } else if bits.take_bit() && *value & bit == 0 {
                *value = value.wrapping_add(if *value < 0 { -bit } else { bit });
            }
            index += 1;
        }
        index
    };
    if *empty_blocks == 0 {
        while index <= scan.last {
            bits.need(16);
            let mut entry = table.look_up(&bits);
            if entry.bits() == 0 {
                entry = match table.look_up_long(bits.peek(16)) {
                    Ok(entry) => entry,
                    Err(flaw) => {
                        *reader = bits;
                        return Err(flaw);
                    }
                };
            }
            bits.skip(entry.bits());
            let run = entry.run();
            let new = match (entry.value(), entry.size()) {
                (0, 0) if run < 15 => {
                    *empty_blocks = (1 << run) + bits.take(run as u32);
                    break;
                }
                (0, 0) => 0,
                (0, 1) => {
                    if bits.take_bit() {
                        bit
                    } else {
                        -bit
                    }
                }
                (1, 1) => bit,
                (-1, 1) => -bit,
                _ => {
                    *reader = bits;
                    return Err(Flaw::Damage("a scan refines coefficients by more than a bit"));
                }
            };
            index = pass(&mut bits, block, index, run);
            if new != 0 {
                if index > scan.last {
                    *reader = bits;
                    return Err(TOO_MANY);
                }
                block[usize::from(ZIGZAG[index])] = new;
            }
            index += 1;
        }
    }
    if *empty_blocks > 0 {
        pass(&mut bits, block, index, 64);
        *empty_blocks -= 1;
    }
    *reader = bits;
    Ok(())
}
