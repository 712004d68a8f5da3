//! Scans that hold whole blocks: baseline and extended sequential (ITU-T T.81, F.2.2).

use super::bits::{Bits, extend};
use super::entropy::Entropy;
use super::flaw::Flaw;
use super::frame::{Component, Frame, Scan};
use super::huffman::Table;
use super::idct::{self, Block, Steps};
use super::zigzag::ZIGZAG;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// A sequential scan on its way.
pub(super) struct Sequential<'a> {
    pub(super) entropy: Entropy<'a>,
    /// Units a row, and rows of them.
    pub(super) units_x: u32,
    pub(super) units_y: u32,
    parts: Vec<Part<'a>>,
    block: Box<Block>,
}

struct Part<'a> {
    component: usize,
    h: u32,
    v: u32,
    dc: &'a Table,
    ac: &'a Table,
    steps: &'a Steps,
    side: idct::Side,
    stride: usize,
    /// Whether the samples are wanted.
    wanted: bool,
}

/// Where a row of units puts a component's samples: the samples from the row's first on.
pub(super) type Target<'a> = &'a mut [u8];

impl<'a> Sequential<'a> {
    /// `tables` of each part, in their order.
    pub(super) fn new(
        entropy: Entropy<'a>,
        frame: &'a Frame,
        scan: &Scan,
        tables: &'a [(Table, Table)],
        wanted: impl Fn(usize) -> bool,
    ) -> Result<Self> {
        let alone = scan.parts.len() == 1;
        let parts = scan
            .parts
            .iter()
            .zip(tables)
            .map(|(part, (dc, ac))| {
                let component: &Component = &frame.components[part.component];
                Ok(Part {
                    component: part.component,
                    h: if alone { 1 } else { component.h },
                    v: if alone { 1 } else { component.v },
                    dc,
                    ac,
                    steps: component
                        .steps
                        .as_deref()
                        .ok_or_else(|| Error::internal("a scan without its steps"))?,
                    side: component.side,
                    stride: component.stride,
                    wanted: wanted(part.component),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let (units_x, units_y) = match &scan.parts[..] {
            [part] => {
                let component = &frame.components[part.component];
                (component.blocks_x, component.blocks_y)
            }
            _ => (frame.units_x, frame.units_y),
        };
        Ok(Self { entropy, units_x, units_y, parts, block: Box::new([0; 64]) })
    }

    /// Decodes a row of units into the samples of each component. Lost blocks become gray.
    pub(super) fn row(&mut self, targets: &mut [Target<'_>]) -> Result<()> {
        #[cfg(target_arch = "x86_64")]
        if super::cpu::has_avx2() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.row_avx2(targets) };
        }
        self.row_by_units(targets)
    }

    /// The same code, compiled with shifts that leave the flags alone and registers in three operands.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn row_avx2(&mut self, targets: &mut [Target<'_>]) -> Result<()> {
        self.row_by_units(targets)
    }

    #[inline(always)]
    fn row_by_units(&mut self, targets: &mut [Target<'_>]) -> Result<()> {
        for unit in 0..self.units_x as usize {
            let whole = self.entropy.begin_unit()? && {
                let decoded = self.unit(targets, unit);
                self.entropy.end_unit(decoded)?
            };
            if !whole {
                self.gray(targets, unit);
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn unit(&mut self, targets: &mut [Target<'_>], unit: usize) -> std::result::Result<(), Flaw> {
        let Self { entropy, parts, block, .. } = self;
        for (part, mean) in parts.iter().zip(&mut entropy.means) {
            for y in 0..part.v as usize {
                for x in 0..part.h as usize {
                    let last = read_block(&mut entropy.bits, part.dc, part.ac, mean, block)?;
                    if part.wanted {
                        let out = part.at(targets, unit, x, y);
                        idct::put(part.side, block, last, part.steps, out, part.stride);
                    }
                    if last > 0 {
                        **block = [0; 64];
                    }
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn gray(&mut self, targets: &mut [Target<'_>], unit: usize) {
        // It may hold part of a block.
        *self.block = [0; 64];
        for part in self.parts.iter().filter(|part| part.wanted) {
            for y in 0..part.v as usize {
                for x in 0..part.h as usize {
                    idct::fill(part.side as usize, 128, part.at(targets, unit, x, y), part.stride);
                }
            }
        }
    }

    /// Decodes all rows into whole planes, one a component of the frame.
    pub(super) fn fill(&mut self, planes: &mut [Vec<u8>], cancel: &Cancel) -> Result<()> {
        let mut rows: Vec<usize> = vec![0; planes.len()];
        for part in &self.parts {
            rows[part.component] = part.v as usize * part.side as usize * part.stride;
        }
        for row in 0..self.units_y as usize {
            cancel.check()?;
            let targets = planes.iter_mut().zip(&rows).map(|(plane, length)| &mut plane[row * length..]);
            self.row(&mut targets.collect::<Vec<_>>())?;
        }
        Ok(())
    }

    /// Where the scan's data ends.
    pub(super) fn finish(self) -> Result<usize> {
        self.entropy.finish()
    }
}

impl Part<'_> {
    #[inline(always)]
    fn at<'t>(&self, targets: &'t mut [Target<'_>], unit: usize, x: usize, y: usize) -> &'t mut [u8] {
        let side = self.side as usize;
        let offset = y * side * self.stride + (unit * self.h as usize + x) * side;
        &mut targets[self.component][offset..]
    }
}

/// Reads a block's coefficients into `block`, which must be zero (but for the mean), and says which is the last
/// one, in stored order, that may differ from zero.
#[inline(always)]
fn read_block(
    reader: &mut Bits<'_>,
    dc: &Table,
    ac: &Table,
    mean: &mut i32,
    block: &mut Block,
) -> std::result::Result<usize, Flaw> {
    *mean = mean.wrapping_add(dc.read_difference(reader)?);
    block[0] = *mean as i16;
    let mut bits = *reader;
    let mut last = 0;
    let mut index = 1;
    while index < 64 {
        bits.need(16);
        let mut entry = ac.look_up(&bits);
        if entry.value() != 0 {
            bits.skip(entry.bits());
            index += entry.run();
            block[usize::from(ZIGZAG[index])] = entry.value() as i16;
            last = index;
            index += 1;
            continue;
        }
        if entry.bits() == 0 {
            entry = match ac.look_up_long(bits.peek(16)) {
                Ok(entry) => entry,
                Err(flaw) => {
                    *reader = bits;
                    return Err(flaw);
                }
            };
        }
        bits.skip(entry.bits());
        let size = entry.size();
        if size == 0 {
            if entry.run() != 15 {
                break;
            }
            index += 16;
            continue;
        }
        index += entry.run();
        block[usize::from(ZIGZAG[index])] = extend(bits.take(size), size) as i16;
        last = index;
        index += 1;
    }
    *reader = bits;
    if index > 64 {
        return Err(Flaw::Damage("a block has more than 64 coefficients"));
    }
    Ok(last)
}
