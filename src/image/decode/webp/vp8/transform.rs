//! Inverse transforms (RFC 6386, sections 14.3 to 14.5).

/// A block's coefficients, as they lie.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(super) struct Block {
    pub(super) coefficients: [i16; 16],
    /// Whether any but the first may be other than zero.
    pub(super) has_ac: bool,
}

impl Block {
    pub(super) const EMPTY: Self = Self { coefficients: [0; 16], has_ac: false };

    /// Adds what they stand for to pixels, from column `x` of the first four rows on.
    #[inline]
    pub(super) fn add<const WIDTH: usize>(&self, rows: &mut [[u8; WIDTH]], x: usize) {
        if self.has_ac {
            add_all(&self.coefficients, rows, x);
        } else if self.coefficients[0] != 0 {
            add_dc(self.coefficients[0], rows, x);
        }
    }
}

/// The DCs of the sixteen blocks of luma.
pub(super) fn walsh_hadamard(second: &[i16; 16]) -> [i16; 16] {
    let pass = |a: [i32; 4]| {
        let (sum, difference) = (a[0] + a[3], a[0] - a[3]);
        let (inner_sum, inner_difference) = (a[1] + a[2], a[1] - a[2]);
        [sum + inner_sum, difference + inner_difference, sum - inner_sum, difference - inner_difference]
    };
    let mut columns = [[0; 4]; 4];
    for (x, column) in columns.iter_mut().enumerate() {
        *column = pass(std::array::from_fn(|y| i32::from(second[y * 4 + x])));
    }
    let mut out = [0; 16];
    for (y, row) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *row = pass(columns.map(|column| column[y])).map(|value| ((value + 3) >> 3) as i16);
    }
    out
}

/// `value` times √2·cos(π/8), and times √2·sin(π/8), in sixteen bits of fraction.
#[inline(always)]
fn cosine(value: i16) -> i16 {
    value.wrapping_add(((i32::from(value) * 20_091) >> 16) as i16)
}

#[inline(always)]
fn sine(value: i16) -> i16 {
    ((i32::from(value) * 35_468) >> 16) as i16
}

/// One dimension of the transform, of four lines at once.
#[inline(always)]
fn pass([a, b, c, d]: [[i16; 4]; 4]) -> [[i16; 4]; 4] {
    let mut out = [[0; 4]; 4];
    for i in 0..4 {
        let (sum, difference) = (a[i].wrapping_add(c[i]), a[i].wrapping_sub(c[i]));
        let low = sine(b[i]).wrapping_sub(cosine(d[i]));
        let high = cosine(b[i]).wrapping_add(sine(d[i]));
        out[0][i] = sum.wrapping_add(high);
        out[1][i] = difference.wrapping_add(low);
        out[2][i] = difference.wrapping_sub(low);
        out[3][i] = sum.wrapping_sub(high);
    }
    out
}

#[inline(always)]
fn transposed(rows: [[i16; 4]; 4]) -> [[i16; 4]; 4] {
    std::array::from_fn(|x| std::array::from_fn(|y| rows[y][x]))
}

/// 14.3. In sixteen bits, which what an encoder writes does not leave.
#[inline]
fn add_all<const WIDTH: usize>(coefficients: &[i16; 16], rows: &mut [[u8; WIDTH]], x: usize) {
    let (lines, _) = coefficients.as_chunks::<4>();
    let vertical = pass([lines[0], lines[1], lines[2], lines[3]]);
    let mut columns = transposed(vertical);
    for value in &mut columns[0] {
        *value = value.wrapping_add(4);
    }
    let residual = transposed(pass(columns));
    for (row, residual) in rows.iter_mut().zip(residual) {
        if let Some(pixels) = row.get_mut(x..).and_then(|row| row.first_chunk_mut::<4>()) {
            for (pixel, residual) in pixels.iter_mut().zip(residual) {
                *pixel = i16::from(*pixel).saturating_add(residual >> 3).clamp(0, 255) as u8;
            }
        }
    }
}

#[inline]
fn add_dc<const WIDTH: usize>(dc: i16, rows: &mut [[u8; WIDTH]], x: usize) {
    let value = (i32::from(dc) + 4) >> 3;
    let (more, less) = (value.clamp(0, 255) as u8, (-value).clamp(0, 255) as u8);
    for row in rows.iter_mut().take(4) {
        if let Some(pixels) = row.get_mut(x..).and_then(|row| row.first_chunk_mut::<4>()) {
            for pixel in pixels {
                *pixel = pixel.saturating_add(more).saturating_sub(less);
            }
        }
    }
}
