//! A row of macroblocks between prediction and the frame: as wide as the frame, in whole macroblocks, with the
//! lowest rows of the one above, which its own loop filter still changes.

use std::ops::Range;

use super::columns::{columns, rows};
use super::filter::{EDGE, Edges, Strength, filter};
use super::header::FilterKind;
use super::memory::filled;
use super::predict::Workspace;
use crate::error::Result;

/// Rows of luma and of chroma that are kept of the row above. Three are changed and one more is looked at.
const KEPT: [usize; 2] = [8, 4];
/// Rows of them and of the macroblocks.
const ROWS: [usize; 2] = [8 + 16, 4 + 8];

/// What the loop filter knows of a macroblock.
#[derive(Clone, Copy, Default)]
pub(super) struct Filtering {
    pub(super) strength: Strength,
    /// Whether blocks are filtered as well.
    pub(super) inner: bool,
}

pub(super) struct Band {
    /// Macroblocks.
    across: usize,
    luma: Vec<u8>,
    chroma: [Vec<u8>; 2],
}

impl Band {
    pub(super) const BYTES_A_MACROBLOCK: u64 = (16 * ROWS[0] + 2 * 8 * ROWS[1]) as u64;

    pub(super) fn new(across: usize) -> Result<Self> {
        let chroma = || filled(across * 8 * ROWS[1], 0);
        Ok(Self { across, luma: filled(across * 16 * ROWS[0], 0)?, chroma: [chroma()?, chroma()?] })
    }

    /// For tests: bytes allocated.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.luma.capacity() + self.chroma.iter().map(Vec::capacity).sum::<usize>()
    }

    /// Takes the macroblock at column `x`.
    pub(super) fn put(&mut self, x: usize, workspace: &Workspace) {
        let (own, stride) = (KEPT[0] * self.across * 16, self.across * 16);
        for (row, pixels) in self.luma[own..].chunks_exact_mut(stride).zip(workspace.luma()) {
            row[x * 16..x * 16 + 16].copy_from_slice(pixels);
        }
        let (own, stride) = (KEPT[1] * self.across * 8, self.across * 8);
        for (plane, rows) in self.chroma.iter_mut().zip(workspace.chroma()) {
            for (row, pixels) in plane[own..].chunks_exact_mut(stride).zip(rows) {
                row[x * 8..x * 8 + 8].copy_from_slice(pixels);
            }
        }
    }

    /// Filters the macroblocks, one after the other.
    pub(super) fn filter(&mut self, kind: FilterKind, macroblocks: &[Filtering], topmost: bool) {
        for (x, &Filtering { strength, inner }) in macroblocks.iter().enumerate() {
            if strength.is_none() {
                continue;
            }
            let vertical = Edges { outer: x > 0, inner };
            let horizontal = Edges { outer: !topmost, inner };
            self.filter_luma(x, kind, strength, vertical, horizontal);
            if kind == FilterKind::Normal {
                self.filter_chroma(x, strength, vertical, horizontal);
            }
        }
    }

    fn filter_luma(
        &mut self,
        x: usize,
        kind: FilterKind,
        strength: Strength,
        vertical: Edges,
        horizontal: Edges,
    ) {
        let stride = self.across * 16;
        let (near, groups) = columns_around(x, 16);
        let mut packed = [[0; 6]; 8];
        for (y, row) in self.luma[KEPT[0] * stride..].chunks_exact(stride).enumerate() {
            for (group, word) in groups.clone().zip(row[near.clone()].as_chunks().0) {
                packed[y % 8][group * 2 + y / 8] = u64::from_le_bytes(*word);
            }
        }
        let mut lines: [_; 24] = columns(packed);
        if filter(&mut lines, kind, strength, vertical) {
            let packed = rows::<6, 24>(&lines);
            for (y, row) in self.luma[KEPT[0] * stride..].chunks_exact_mut(stride).enumerate() {
                for (group, word) in groups.clone().zip(row[near.clone()].as_chunks_mut().0) {
                    *word = packed[y % 8][group * 2 + y / 8].to_le_bytes();
                }
            }
        }
        for (line, row) in lines.iter_mut().zip(self.luma.chunks_exact(stride)) {
            line.copy_from_slice(&row[x * 16..x * 16 + 16]);
        }
        if filter(&mut lines, kind, strength, horizontal) {
            for (line, row) in lines.iter().zip(self.luma.chunks_exact_mut(stride)) {
                row[x * 16..x * 16 + 16].copy_from_slice(line);
            }
        }
    }

    /// Both planes at once, as if one lay beside or below the other.
    fn filter_chroma(&mut self, x: usize, strength: Strength, vertical: Edges, horizontal: Edges) {
        let stride = self.across * 8;
        let (near, groups) = columns_around(x, 8);
        let mut packed = [[0; 4]; 8];
        for (index, plane) in self.chroma.iter().enumerate() {
            for (packed, row) in packed.iter_mut().zip(plane[KEPT[1] * stride..].chunks_exact(stride)) {
                for (group, word) in groups.clone().zip(row[near.clone()].as_chunks().0) {
                    packed[group * 2 + index] = u64::from_le_bytes(*word);
                }
            }
        }
        let mut lines: [_; 16] = columns(packed);
        if filter(&mut lines, FilterKind::Normal, strength, vertical) {
            let packed = rows::<4, 16>(&lines);
            for (index, plane) in self.chroma.iter_mut().enumerate() {
                for (packed, row) in packed.iter().zip(plane[KEPT[1] * stride..].chunks_exact_mut(stride)) {
                    for (group, word) in groups.clone().zip(row[near.clone()].as_chunks_mut().0) {
                        *word = packed[group * 2 + index].to_le_bytes();
                    }
                }
            }
        }
        for (index, plane) in self.chroma.iter().enumerate() {
            let rows = lines[EDGE - KEPT[1]..].iter_mut().zip(plane.chunks_exact(stride));
            for (line, row) in rows {
                line[index * 8..index * 8 + 8].copy_from_slice(&row[x * 8..x * 8 + 8]);
            }
        }
        if filter(&mut lines, FilterKind::Normal, strength, horizontal) {
            for (index, plane) in self.chroma.iter_mut().enumerate() {
                let rows = lines[EDGE - KEPT[1]..].iter().zip(plane.chunks_exact_mut(stride));
                for (line, row) in rows {
                    row[x * 8..x * 8 + 8].copy_from_slice(&line[index * 8..index * 8 + 8]);
                }
            }
        }
    }

    /// Appends the rows that are finished to luma and chroma, of the frame's own width, and goes on to the next
    /// row of macroblocks. After the last one, all of them are.
    pub(super) fn flush(&mut self, planes: &mut [Plane; 3], topmost: bool, last: bool) {
        for (index, plane) in planes.iter_mut().enumerate() {
            let (band, side, kept, rows) = match index {
                0 => (&mut self.luma, 16, KEPT[0], ROWS[0]),
                _ => (&mut self.chroma[index - 1], 8, KEPT[1], ROWS[1]),
            };
            let stride = self.across * side;
            let first = if topmost { kept } else { 0 };
            let end = if last { rows } else { rows - kept };
            plane.extend(band[first * stride..end * stride].chunks_exact(stride));
            band.copy_within((rows - kept) * stride.., 0);
        }
    }
}

/// The columns of a macroblock of so many, with those that its left edge takes from the one before, and which
/// eights of them these are: before the first macroblock there are none.
fn columns_around(x: usize, side: usize) -> (Range<usize>, Range<usize>) {
    let start = (x * side).saturating_sub(EDGE);
    (start..(x + 1) * side, usize::from(x == 0)..1 + side / 8)
}

/// Part of a plane of the frame, filled from the top.
pub(super) struct Plane {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Result<Self> {
        Ok(Self { width, height, data: super::memory::reserved(width * height)? })
    }

    /// Rows that may be wider, of which there may be too many.
    fn extend<'a>(&mut self, rows: impl Iterator<Item = &'a [u8]>) {
        let left = self.height - self.data.len() / self.width;
        for row in rows.take(left) {
            self.data.extend_from_slice(&row[..self.width]);
        }
    }

    /// Fills the rows that are not there yet.
    pub(super) fn fill(&mut self, value: u8, go_on: &mut impl FnMut() -> Result<()>) -> Result<()> {
        /// At a time, between two looks at whether to go on.
        const BYTES: usize = 1 << 20;
        let all = self.width * self.height;
        while self.data.len() < all {
            go_on()?;
            // Reserved as a whole.
            self.data.resize(all.min(self.data.len() + BYTES), value);
        }
        Ok(())
    }

    pub(super) fn into_vec(self) -> Vec<u8> {
        self.data
    }
}
