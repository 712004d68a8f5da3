//! The predictor transform (RFC 9649, section 4.1): pixels as differences to what their neighbours suggest.

use super::image::blocks;

/// The pixel that the image begins with is predicted to be this one: black, opaque.
const BLACK: u32 = 0xFF00_0000;

/// The predictor that takes the pixel on the left.
const LEFT: u8 = 1;

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
                predict(LEFT, row, &self.above);
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
        predict((mode >> 8) as u8 & 15, &mut row[from - 1..to], &above[from - 1..=to]);
        from = to;
    }
}

/// Adds channel by channel.
#[inline]
pub(super) fn add(a: u32, b: u32) -> u32 {
    ((a & HALF).wrapping_add(b & HALF) & HALF) | ((a & !HALF).wrapping_add(b & !HALF) & !HALF)
}

/// The mean of each channel, rounded down.
#[inline]
fn mean(a: u32, b: u32) -> u32 {
    (((a ^ b) & 0xFEFE_FEFE) >> 1) + (a & b)
}

/// Undoes the pixels of a row but the first, which is done. `above` begins above that one, and has one more.
fn predict(mode: u8, row: &mut [u32], above: &[u32]) {
    match mode {
        LEFT => by_left(row, above, |left, _, _, _| left),
        2 => by_above(row, above, |_, above, _| above),
        3 => by_above(row, above, |_, _, right| right),
        4 => by_above(row, above, |corner, _, _| corner),
        5 => by_left(row, above, |left, _, above, right| left.mean(right).mean(above)),
        6 => by_left(row, above, |left, corner, _, _| left.mean(corner)),
        7 => by_left(row, above, |left, _, above, _| left.mean(above)),
        8 => by_above(row, above, |corner, above, _| mean(corner, above)),
        9 => by_above(row, above, |_, above, right| mean(above, right)),
        10 => by_left(row, above, |left, corner, above, right| left.mean(corner).mean(above.mean(right))),
        11 => by_left(row, above, Lanes::select),
        12 => by_left(row, above, |left, corner, above, _| left.plus_difference(above, corner)),
        13 => by_left(row, above, |left, corner, above, _| left.mean(above).plus_half_difference(corner)),
        // 0; the numbers 14 and 15 are not given, and libwebp takes them for it.
        _ => by_above(row, above, |_, _, _| BLACK),
    }
}

/// By the pixels above, left to right.
#[inline]
fn by_above(row: &mut [u32], above: &[u32], guess: impl Fn(u32, u32, u32) -> u32) {
    let row = &mut row[1..];
    let (corner, middle, right) = (&above[..row.len()], &above[1..=row.len()], &above[2..row.len() + 2]);
    for (((pixel, &corner), &middle), &right) in row.iter_mut().zip(corner).zip(middle).zip(right) {
        *pixel = add(*pixel, guess(corner, middle, right));
    }
}

/// By the pixel on the left and those above, left to right.
#[inline]
fn by_left(row: &mut [u32], above: &[u32], guess: impl Fn(Lanes, Lanes, Lanes, Lanes) -> Lanes) {
    let Some((&mut first, row)) = row.split_first_mut() else { return };
    let (mut left, mut corner, mut middle) = (Lanes::new(first), Lanes::new(above[0]), Lanes::new(above[1]));
    for (pixel, &right) in row.iter_mut().zip(&above[2..]) {
        let right = Lanes::new(right);
        left = Lanes::new(*pixel).add(guess(left, corner, middle, right));
        *pixel = left.pixel();
        (corner, middle) = (middle, right);
    }
}

/// The channels of a pixel, sixteen bits apart, so that they can be computed with at once. What must come out
/// before the next pixel can begin takes few steps this way.
#[derive(Clone, Copy)]
struct Lanes(u64);

/// A number in every lane.
const fn all(value: u64) -> u64 {
    value * 0x0001_0001_0001_0001
}

impl Lanes {
    /// Alpha and green are in the upper half.
    #[inline]
    fn new(pixel: u32) -> Self {
        let pixel = u64::from(pixel);
        Self((pixel | pixel << 24) & all(0xFF))
    }

    #[inline]
    fn pixel(self) -> u32 {
        (self.0 | self.0 >> 24) as u32
    }

    #[inline]
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0) & all(0xFF))
    }

    #[inline]
    fn mean(self, other: Self) -> Self {
        Self((self.0 + other.0) >> 1 & all(0xFF))
    }

    /// Left or above, whichever is nearer to left + above − corner; above, if both are.
    #[inline]
    fn select(self, corner: Self, above: Self, _: Self) -> Self {
        let (to_left, to_above) = (above.distance(corner), self.distance(corner));
        Self(std::hint::select_unpredictable(to_left < to_above, self.0, above.0))
    }

    /// The sum of the channels' differences.
    #[inline]
    fn distance(self, other: Self) -> u64 {
        let difference = self.0 + all(0x100) - other.0;
        let negative = !difference >> 8 & all(1);
        // 255 − x and one more is what lacks to 256.
        let sizes = ((difference & all(0xFF)) ^ ((negative << 8) - negative)) + negative;
        sizes.wrapping_mul(all(1)) >> 48
    }

    /// `self + above − corner`, limited to what a channel may be.
    #[inline]
    fn plus_difference(self, above: Self, corner: Self) -> Self {
        Self::limited(self.0 + (above.0 + all(0x100) - corner.0))
    }

    /// `self + (self − corner) ÷ 2`, limited to what a channel may be; halves are rounded towards zero.
    #[inline]
    fn plus_half_difference(self, corner: Self) -> Self {
        let difference = self.0 + all(0x200) - corner.0;
        let negative = !difference >> 9 & all(1);
        Self::limited(self.0 + ((difference + negative) >> 1 & all(0x1FF)))
    }

    /// Of numbers from 0 to 1023 what they have over 256, limited to what a channel may be.
    #[inline]
    fn limited(numbers: u64) -> Self {
        let large = numbers >> 9 & all(1);
        let positive = (numbers >> 8 & all(1)) | large;
        Self((numbers | ((large << 8) - large)) & ((positive << 8) - positive))
    }
}
