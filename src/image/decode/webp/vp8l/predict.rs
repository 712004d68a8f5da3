//! The predictor transform (RFC 9649, section 4.1): pixels as differences to what their neighbours suggest.

use super::image::blocks;

/// The pixel that the image begins with is predicted to be this one: black, opaque.
const BLACK: u32 = 0xFF00_0000;

/// Of a pixel two channels that are not beside each other.
const HALF: u32 = 0x00FF_00FF;

/// Which predictor is used where, and the last row of pixels that are done.
pub(super) struct Predictor {
    /// Of blocks of 2^`bits` pixels a side.
    modes: Vec<u32>,
    bits: u32,
    width: usize,
    /// The row above, and after it the pixel that memory would have there: the first one of the row itself.
    above: Vec<u32>,
}

impl Predictor {
    /// `above` is memory for a row and one pixel more.
    pub(super) fn new(modes: Vec<u32>, bits: u32, width: usize, above: Vec<u32>) -> Self {
        Self { modes, bits, width, above }
    }

    /// Undoes whole rows, of which the first is row `y`. They come one after the other.
    pub(super) fn undo(&mut self, pixels: &mut [u32], y: usize) {
        let across = blocks(self.width, self.bits);
        for (y, row) in (y..).zip(pixels.chunks_exact_mut(self.width)) {
            if y == 0 {
                row[0] = add(row[0], BLACK);
                add_left(row);
            } else {
                let start = (y >> self.bits) * across;
                let modes = self.modes.get(start..start + across).unwrap_or_default();
                undo_row(row, modes, 1 << self.bits, &mut self.above);
            }
            self.above[..row.len()].copy_from_slice(row);
        }
    }
}

/// Undoes a row that has another one above it.
fn undo_row(row: &mut [u32], modes: &[u32], side: usize, above: &mut [u32]) {
    row[0] = add(row[0], above[0]);
    above[row.len()] = row[0];
    let mut from = 1;
    for (block, mode) in modes.iter().enumerate() {
        let to = ((block + 1) * side).min(row.len());
        predict((mode >> 8) as u8, &mut row[from - 1..to], &above[from - 1..=to]);
        from = to;
    }
}

/// Adds channel by channel.
#[inline]
fn add(a: u32, b: u32) -> u32 {
    ((a & HALF).wrapping_add(b & HALF) & HALF) | ((a & !HALF).wrapping_add(b & !HALF) & !HALF)
}

/// The mean of each channel, rounded down.
#[inline]
fn mean(a: u32, b: u32) -> u32 {
    (((a ^ b) & 0xFEFE_FEFE) >> 1) + (a & b)
}

/// Undoes the pixels of a row but the first, which is done: each is as the one on its left.
fn add_left(row: &mut [u32]) {
    let mut left = row[0];
    for pixel in &mut row[1..] {
        left = add(*pixel, left);
        *pixel = left;
    }
}

/// Undoes the pixels of a row but the first, which is done. `above` begins above that one, and has one more.
fn predict(mode: u8, row: &mut [u32], above: &[u32]) {
    match mode {
        1 => add_left(row),
        2 => by_above(row, above, |_, above, _| above),
        3 => by_above(row, above, |_, _, right| right),
        4 => by_above(row, above, |left, _, _| left),
        5 => by_left(row, above, |left, _, above, right| mean(mean(left, right), above)),
        6 => by_left(row, above, |left, corner, _, _| mean(left, corner)),
        7 => by_left(row, above, |left, _, above, _| mean(left, above)),
        8 => by_above(row, above, |left, above, _| mean(left, above)),
        9 => by_above(row, above, |_, above, right| mean(above, right)),
        10 => by_left(row, above, |left, corner, above, right| {
            mean(mean(left, corner), mean(above, right))
        }),
        11 => by_left(row, above, |left, corner, above, _| select(left, corner, above)),
        12 => by_left(row, above, |left, corner, above, _| {
            channels(left, above, corner, |left, above, corner| left + above - corner)
        }),
        13 => by_left(row, above, |left, corner, above, _| {
            // Halves are rounded towards zero.
            channels(mean(left, above), corner, 0, |mean, corner, _| mean + (mean - corner) / 2)
        }),
        // 0; the numbers 14 and 15 are not given, and libwebp takes them for it.
        _ => by_above(row, above, |_, _, _| BLACK),
    }
}

/// By the pixels above, left to right.
#[inline]
fn by_above(row: &mut [u32], above: &[u32], guess: impl Fn(u32, u32, u32) -> u32) {
    let row = &mut row[1..];
    let (left, middle, right) = (&above[..row.len()], &above[1..=row.len()], &above[2..row.len() + 2]);
    for (((pixel, &left), &middle), &right) in row.iter_mut().zip(left).zip(middle).zip(right) {
        *pixel = add(*pixel, guess(left, middle, right));
    }
}

/// By the pixel on the left and those above, left to right.
#[inline]
fn by_left(row: &mut [u32], above: &[u32], guess: impl Fn(u32, u32, u32, u32) -> u32) {
    let Some((&mut first, row)) = row.split_first_mut() else { return };
    let mut left = first;
    let (corner, middle, right) = (&above[..row.len()], &above[1..=row.len()], &above[2..row.len() + 2]);
    for (((pixel, &corner), &middle), &right) in row.iter_mut().zip(corner).zip(middle).zip(right) {
        left = add(*pixel, guess(left, corner, middle, right));
        *pixel = left;
    }
}

/// Left or above, whichever is nearer to left + above − corner; above, if both are.
#[inline]
fn select(left: u32, corner: u32, above: u32) -> u32 {
    let (to_left, to_above) = (distance(above, corner), distance(left, corner));
    if to_left < to_above { left } else { above }
}

/// The sum of the channels' differences.
#[inline]
fn distance(a: u32, b: u32) -> u32 {
    let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
    a.iter().zip(b).map(|(&a, b)| u32::from(a.abs_diff(b))).sum()
}

/// Channel by channel, and limited to what a channel may be.
#[inline]
fn channels(a: u32, b: u32, c: u32, guess: impl Fn(i16, i16, i16) -> i16) -> u32 {
    let (a, b, c) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
    let channel = |at: usize| guess(i16::from(a[at]), i16::from(b[at]), i16::from(c[at])).clamp(0, 255) as u8;
    u32::from_le_bytes([channel(0), channel(1), channel(2), channel(3)])
}
