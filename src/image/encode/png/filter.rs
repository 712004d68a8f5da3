//! Filters of rows (section 9): each byte less what its neighbours predict.

use super::super::super::options::PngFilter;
use super::super::sink::reserved;
use crate::error::Result;

/// Filter types (section 9.2), by which the array of candidates is ordered as well.
const NONE: u8 = 0;
const SUB: u8 = 1;
const UP: u8 = 2;
const AVERAGE: u8 = 3;
const PAETH: u8 = 4;

/// Filters one row after the other.
pub(super) struct Filterer {
    choice: PngFilter,
    /// Bytes a pixel, at least 1.
    pixel: usize,
    /// This row and the one above, each behind a pixel of zeros: what lies left of the image.
    row: Vec<u8>,
    above: Vec<u8>,
    /// One filtered row of each type that is tried.
    candidates: [Vec<u8>; 5],
}

impl Filterer {
    /// For rows of so many bytes, in pixels of so many bytes.
    pub(super) fn new(choice: PngFilter, bytes: usize, pixel: usize) -> Result<Self> {
        let zeros = |count| {
            let mut zeros = reserved(count)?;
            zeros.resize(count, 0);
            Ok(zeros)
        };
        let mut candidates = [const { Vec::new() }; 5];
        for (kind, candidate) in (NONE..).zip(&mut candidates) {
            if kind != NONE && tried(choice, kind) {
                *candidate = zeros(bytes)?;
            }
        }
        Ok(Self { choice, pixel, row: zeros(bytes + pixel)?, above: zeros(bytes + pixel)?, candidates })
    }

    /// Where the next row is to be put before [`Self::filter`].
    pub(super) fn row_mut(&mut self) -> &mut [u8] {
        &mut self.row[self.pixel..]
    }

    /// Where the row above the first is to be put, if the image does not begin there.
    pub(super) fn above_mut(&mut self) -> &mut [u8] {
        &mut self.above[self.pixel..]
    }

    /// Appends the filter's type and the filtered row.
    pub(super) fn filter(&mut self, out: &mut Vec<u8>) {
        let (row, left) = (&self.row[self.pixel..], &self.row[..self.row.len() - self.pixel]);
        let (above, corner) = (&self.above[self.pixel..], &self.above[..self.above.len() - self.pixel]);
        let (mut best, mut least) = (NONE, if tried(self.choice, NONE) { cost(row) } else { u64::MAX });
        for kind in [SUB, UP, AVERAGE, PAETH] {
            if !tried(self.choice, kind) {
                continue;
            }
            let candidate = &mut self.candidates[usize::from(kind)];
            match kind {
                SUB => sub(row, left, candidate),
                UP => sub(row, above, candidate),
                AVERAGE => average(row, left, above, candidate),
                _ => paeth(row, left, above, corner, candidate),
            }
            let found = if self.choice == PngFilter::Adaptive { cost(candidate) } else { 0 };
            if found < least {
                (best, least) = (kind, found);
            }
        }
        out.push(best);
        out.extend_from_slice(if best == NONE { row } else { &self.candidates[usize::from(best)] });
        std::mem::swap(&mut self.row, &mut self.above);
    }
}

fn tried(choice: PngFilter, kind: u8) -> bool {
    match choice {
        PngFilter::Adaptive => true,
        PngFilter::None => kind == NONE,
        PngFilter::Sub => kind == SUB,
        PngFilter::Up => kind == UP,
        PngFilter::Average => kind == AVERAGE,
        PngFilter::Paeth => kind == PAETH,
    }
}

/// The sum of absolute differences, each seen as signed: the heuristic of section 12.7.
fn cost(row: &[u8]) -> u64 {
    // So few bytes that their sum fits 32 bits, whose vectors are twice as wide.
    row.chunks(1 << 16)
        .map(|part| u64::from(part.iter().map(|&byte| u32::from((byte as i8).unsigned_abs())).sum::<u32>()))
        .sum()
}

fn sub(row: &[u8], predicted: &[u8], out: &mut [u8]) {
    for ((out, &x), &p) in out.iter_mut().zip(row).zip(predicted) {
        *out = x.wrapping_sub(p);
    }
}

fn average(row: &[u8], left: &[u8], above: &[u8], out: &mut [u8]) {
    for (((out, &x), &a), &b) in out.iter_mut().zip(row).zip(left).zip(above) {
        *out = x.wrapping_sub(a.midpoint(b));
    }
}

fn paeth(row: &[u8], left: &[u8], above: &[u8], corner: &[u8], out: &mut [u8]) {
    for ((((out, &x), &a), &b), &c) in out.iter_mut().zip(row).zip(left).zip(above).zip(corner) {
        *out = x.wrapping_sub(predict(a, b, c));
    }
}

/// Whichever of left, above and upper left is nearest to left + above - upper left; of equals the first
/// (section 9.4). The distances are written so that none needs the estimate itself.
#[inline]
fn predict(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let (from_left, from_above, from_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    let (nearer, distance) = if from_above < from_left { (above, from_above) } else { (left, from_left) };
    if from_corner < distance { corner } else { nearer }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The predictor as section 9.4 writes it.
    fn specified(a: u8, b: u8, c: u8) -> u8 {
        let p = i32::from(a) + i32::from(b) - i32::from(c);
        let distance = |x: u8| (p - i32::from(x)).abs();
        if distance(a) <= distance(b) && distance(a) <= distance(c) {
            a
        } else if distance(b) <= distance(c) {
            b
        } else {
            c
        }
    }

    #[test]
    fn the_predictor_is_that_of_the_specification() {
        for a in (0..=255).step_by(3) {
            for b in (0..=255).step_by(5) {
                for c in 0..=255 {
                    assert_eq!(predict(a, b, c), specified(a, b, c), "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn each_filter_predicts_from_its_neighbours() {
        let rows = [[10, 20, 30, 40], [11, 25, 250, 4]];
        for (choice, first, second) in [
            (PngFilter::None, [0, 10, 20, 30, 40], [0, 11, 25, 250, 4]),
            (PngFilter::Sub, [1, 10, 20, 20, 20], [1, 11, 25, 239, 235]),
            (PngFilter::Up, [2, 10, 20, 30, 40], [2, 1, 5, 220, 220]),
            (PngFilter::Average, [3, 10, 20, 25, 30], [3, 6, 15, 230, 228]),
            (PngFilter::Paeth, [4, 10, 20, 20, 20], [4, 1, 5, 220, 220]),
        ] {
            let mut filterer = Filterer::new(choice, 4, 2).unwrap();
            for (row, expected) in rows.iter().zip([first, second]) {
                filterer.row_mut().copy_from_slice(row);
                let mut out = Vec::new();
                filterer.filter(&mut out);
                assert_eq!(out, expected, "{choice:?}");
            }
        }
    }

    #[test]
    fn the_best_filter_is_found_for_each_row() {
        let mut filterer = Filterer::new(PngFilter::Adaptive, 64, 1).unwrap();
        let ramp: Vec<u8> = (0..64).map(|x| x * 4).collect();
        let mut kinds = Vec::new();
        for row in [&ramp, &ramp, &vec![1; 64]] {
            filterer.row_mut().copy_from_slice(row);
            let mut out = Vec::new();
            filterer.filter(&mut out);
            kinds.push(out[0]);
        }
        // To the left where there is nothing above, up where nothing changes, left again.
        assert_eq!(kinds, [SUB, UP, SUB]);
    }
}
