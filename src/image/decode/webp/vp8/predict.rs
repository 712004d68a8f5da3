//! Prediction of a macroblock from the pixels around it, as they were before the loop filter (RFC 6386,
//! section 12).

use super::modes::{Luma, Mode, Modes};
use super::tokens::Residuals;

/// Columns before a macroblock's own, of which the last holds the pixels to its left.
const LEFT: usize = 8;
/// What stands for pixels above the frame and to the left of it.
const ABOVE_FRAME: u8 = 127;
const LEFT_OF_FRAME: u8 = 129;

/// A macroblock's bottom rows.
#[derive(Clone, Copy)]
pub(super) struct Bottom {
    luma: [u8; 16],
    chroma: [[u8; 8]; 2],
}

impl Bottom {
    pub(super) const ABOVE_FRAME: Self = Self { luma: [ABOVE_FRAME; 16], chroma: [[ABOVE_FRAME; 8]; 2] };
}

/// A macroblock that is being put together, with a row above and a column to the left of it. Its luma has four
/// more pixels above to the right.
pub(super) struct Workspace {
    luma: [[u8; LEFT + 24]; 17],
    chroma: [[[u8; LEFT + 8]; 9]; 2],
}

/// Where a macroblock lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) leftmost: bool,
    pub(super) topmost: bool,
}

impl Workspace {
    pub(super) fn new() -> Self {
        Self { luma: [[0; LEFT + 24]; 17], chroma: [[[0; LEFT + 8]; 9]; 2] }
    }

    /// Goes on to the next macroblock of a row, or to the first one of the next. `right` is the one above to the
    /// right, if there is any.
    pub(super) fn advance(&mut self, place: Place, above: &Bottom, right: Option<&Bottom>) {
        let corner = if place.topmost { ABOVE_FRAME } else { LEFT_OF_FRAME };
        for (y, row) in self.luma.iter_mut().enumerate() {
            row[LEFT - 1] = match (place.leftmost, y) {
                (false, _) => row[LEFT + 15],
                (true, 0) => corner,
                (true, _) => LEFT_OF_FRAME,
            };
        }
        self.luma[0][LEFT..LEFT + 16].copy_from_slice(&above.luma);
        // Beyond the last macroblock its last pixel is repeated.
        let further = right.map_or([above.luma[15]; 4], |right| {
            [right.luma[0], right.luma[1], right.luma[2], right.luma[3]]
        });
        // The blocks of the last column take the same pixels in every row.
        for y in [0, 4, 8, 12] {
            self.luma[y][LEFT + 16..LEFT + 20].copy_from_slice(&further);
        }
        for (plane, above) in self.chroma.iter_mut().zip(&above.chroma) {
            for (y, row) in plane.iter_mut().enumerate() {
                row[LEFT - 1] = match (place.leftmost, y) {
                    (false, _) => row[LEFT + 7],
                    (true, 0) => corner,
                    (true, _) => LEFT_OF_FRAME,
                };
            }
            plane[0][LEFT..].copy_from_slice(above);
        }
    }

    /// Predicts, and adds what the coefficients stand for, if there are any.
    pub(super) fn predict(&mut self, modes: &Modes, place: Place, residuals: Option<&Residuals>) {
        match &modes.luma {
            Luma::Whole(mode) => {
                whole::<_, 16>(&mut self.luma, *mode, place);
                if let Some(residuals) = residuals {
                    for (y, blocks) in residuals.luma.as_chunks::<4>().0.iter().enumerate() {
                        for (x, block) in blocks.iter().enumerate() {
                            block.add(&mut self.luma[1 + y * 4..], LEFT + x * 4);
                        }
                    }
                }
            }
            Luma::Blocks(modes) => {
                for (index, &mode) in modes.iter().enumerate() {
                    let rows = &mut self.luma[index / 4 * 4..];
                    let x = LEFT + index % 4 * 4;
                    one(rows, x, mode);
                    if let Some(residuals) = residuals {
                        residuals.luma[index].add(&mut rows[1..], x);
                    }
                }
            }
        }
        for (index, plane) in self.chroma.iter_mut().enumerate() {
            whole::<_, 8>(plane, modes.chroma, place);
            if let Some(residuals) = residuals {
                for (y, blocks) in residuals.chroma[index].as_chunks::<2>().0.iter().enumerate() {
                    for (x, block) in blocks.iter().enumerate() {
                        block.add(&mut plane[1 + y * 4..], LEFT + x * 4);
                    }
                }
            }
        }
    }

    pub(super) fn luma(&self) -> impl Iterator<Item = &[u8; 16]> {
        self.luma[1..].iter().filter_map(|row| row[LEFT..].first_chunk())
    }

    pub(super) fn chroma(&self) -> [impl Iterator<Item = &[u8; 8]>; 2] {
        self.chroma.each_ref().map(|plane| plane[1..].iter().filter_map(|row| row[LEFT..].first_chunk()))
    }

    pub(super) fn bottom(&self) -> Bottom {
        let mut bottom = Bottom::ABOVE_FRAME;
        bottom.luma.copy_from_slice(&self.luma[16][LEFT..LEFT + 16]);
        for (bottom, plane) in bottom.chroma.iter_mut().zip(&self.chroma) {
            bottom.copy_from_slice(&plane[8][LEFT..]);
        }
        bottom
    }
}

/// Predicts `SIDE` by `SIDE` pixels below the first row.
#[inline(always)]
fn whole<const WIDTH: usize, const SIDE: usize>(rows: &mut [[u8; WIDTH]], mode: Mode, place: Place) {
    let Some((above, rows)) = rows.split_first_mut() else { return };
    let Some(&above_pixels) = above[LEFT..].first_chunk::<SIDE>() else { return };
    let fill = |row: &mut [u8; WIDTH], pixels: [u8; SIDE]| row[LEFT..LEFT + SIDE].copy_from_slice(&pixels);
    match mode {
        Mode::Vertical => {
            for row in rows {
                fill(row, above_pixels);
            }
        }
        Mode::Horizontal => {
            for row in rows {
                fill(row, [row[LEFT - 1]; SIDE]);
            }
        }
        Mode::TrueMotion => {
            let corner = i16::from(above[LEFT - 1]);
            for row in rows {
                let offset = i16::from(row[LEFT - 1]) - corner;
                fill(row, above_pixels.map(|pixel| (i16::from(pixel) + offset).clamp(0, 255) as u8));
            }
        }
        // Of the rest there is only this.
        _ => {
            let side = SIDE as u32;
            let above_sum: u32 = above_pixels.iter().map(|&pixel| u32::from(pixel)).sum();
            let left_sum: u32 = rows.iter().map(|row| u32::from(row[LEFT - 1])).sum();
            let dc = match (place.topmost, place.leftmost) {
                (false, false) => (above_sum + left_sum + side) / (2 * side),
                (true, false) => (left_sum + side / 2) / side,
                (false, true) => (above_sum + side / 2) / side,
                (true, true) => 128,
            };
            for row in rows {
                fill(row, [dc as u8; SIDE]);
            }
        }
    }
}

/// Predicts a block of four by four pixels at column `x`, below the first row.
#[inline(always)]
fn one<const WIDTH: usize>(rows: &mut [[u8; WIDTH]], x: usize, mode: Mode) {
    let Some(rows) = rows.first_chunk_mut::<5>() else { return };
    let Some(&[corner, above @ ..]) = rows[0].get(x - 1..).and_then(|row| row.first_chunk::<9>()) else {
        return;
    };
    let left = [rows[1][x - 1], rows[2][x - 1], rows[3][x - 1], rows[4][x - 1]];
    // The pixels around from the bottom left to the top right: up to 3 to the left, 4 the corner.
    let mut edge = [corner; 13];
    for (edge, &left) in edge.iter_mut().zip(left.iter().rev()) {
        *edge = left;
    }
    edge[5..].copy_from_slice(&above);
    let two = |at: usize| mean2(edge[at], edge[at + 1]);
    let three = |at: usize| mean3(edge[at - 1], edge[at], edge[at + 1]);
    // What lies beyond both ends is as they are.
    let first = mean3(edge[1], edge[0], edge[0]);
    let last = mean3(edge[11], edge[12], edge[12]);
    let nearest = [above[0], above[1], above[2], above[3]];
    let block = match mode {
        Mode::Dc => {
            let sum: u32 = nearest.iter().chain(&left).map(|&pixel| u32::from(pixel)).sum();
            [[((sum + 4) >> 3) as u8; 4]; 4]
        }
        Mode::TrueMotion => left.map(|left| {
            let offset = i16::from(left) - i16::from(corner);
            nearest.map(|above| (i16::from(above) + offset).clamp(0, 255) as u8)
        }),
        Mode::Vertical => [[three(5), three(6), three(7), three(8)]; 4],
        Mode::Horizontal => [[three(3); 4], [three(2); 4], [three(1); 4], [first; 4]],
        Mode::LeftDown => {
            let line = [three(6), three(7), three(8), three(9), three(10), three(11), last];
            std::array::from_fn(|y| std::array::from_fn(|x| line[x + y]))
        }
        Mode::RightDown => {
            let line = [three(1), three(2), three(3), three(4), three(5), three(6), three(7)];
            std::array::from_fn(|y| std::array::from_fn(|x| line[3 + x - y]))
        }
        Mode::VerticalRight => [
            [two(4), two(5), two(6), two(7)],
            [three(4), three(5), three(6), three(7)],
            [three(3), two(4), two(5), two(6)],
            [three(2), three(4), three(5), three(6)],
        ],
        Mode::VerticalLeft => [
            [two(5), two(6), two(7), two(8)],
            [three(6), three(7), three(8), three(9)],
            [two(6), two(7), two(8), three(10)],
            [three(7), three(8), three(9), three(11)],
        ],
        Mode::HorizontalDown => [
            [two(3), three(4), three(5), three(6)],
            [two(2), three(3), two(3), three(4)],
            [two(1), three(2), two(2), three(3)],
            [two(0), three(1), two(1), three(2)],
        ],
        Mode::HorizontalUp => [
            [two(2), three(2), two(1), three(1)],
            [two(1), three(1), two(0), first],
            [two(0), first, edge[0], edge[0]],
            [edge[0]; 4],
        ],
    };
    for (row, pixels) in rows[1..].iter_mut().zip(block) {
        row[x..x + 4].copy_from_slice(&pixels);
    }
}

#[inline(always)]
fn mean2(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

#[inline(always)]
fn mean3(a: u8, b: u8, c: u8) -> u8 {
    ((u16::from(a) + 2 * u16::from(b) + u16::from(c) + 2) >> 2) as u8
}
