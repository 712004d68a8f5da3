//! Columns of pixels as lines, for the loop filter, which works on lines.
//!
//! Rows are packed by eight pixels. Of each row there are `LANES` such words: of the first eight columns, the
//! upper eight rows and the lower eight, then of the next columns; rows are numbered from 0 to 7 in both.

/// Eight rows, twice.
pub(super) type Packed<const LANES: usize> = [[u64; LANES]; 8];

/// The columns from left to right. `COLUMNS` is four times `LANES`.
#[inline(always)]
pub(super) fn columns<const LANES: usize, const COLUMNS: usize>(
    mut packed: Packed<LANES>,
) -> [[u8; 16]; COLUMNS] {
    transpose(&mut packed);
    std::array::from_fn(|at| {
        let [upper, lower] = [0, 1].map(|half| u128::from(packed[at % 8][at / 8 * 2 + half]));
        (upper | lower << 64).to_le_bytes()
    })
}

/// The rows again.
#[inline(always)]
pub(super) fn rows<const LANES: usize, const COLUMNS: usize>(columns: &[[u8; 16]; COLUMNS]) -> Packed<LANES> {
    let mut packed = [[0; LANES]; 8];
    for (at, column) in columns.iter().enumerate() {
        let both = u128::from_le_bytes(*column);
        for half in [0, 1] {
            packed[at % 8][at / 8 * 2 + half] = (both >> (64 * half)) as u64;
        }
    }
    transpose(&mut packed);
    packed
}

/// Transposes eight by eight bytes in each lane, by exchanging ever larger quarters.
#[inline(always)]
fn transpose<const LANES: usize>(rows: &mut Packed<LANES>) {
    exchange(rows, 1, 8, 0x00FF_00FF_00FF_00FF);
    exchange(rows, 2, 16, 0x0000_FFFF_0000_FFFF);
    exchange(rows, 4, 32, 0x0000_0000_FFFF_FFFF);
}

#[inline(always)]
fn exchange<const LANES: usize>(rows: &mut Packed<LANES>, distance: usize, shift: u32, mask: u64) {
    for first in (0..8).filter(|row| row & distance == 0) {
        let (above, below) = rows.split_at_mut(first + distance);
        for (upper, lower) in above[first].iter_mut().zip(&mut below[0]) {
            let swap = ((*upper >> shift) ^ *lower) & mask;
            *upper ^= swap << shift;
            *lower ^= swap;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_and_put_back() {
        let pixel = |x: usize, y: usize| (x * 16 + y) as u8;
        let packed: Packed<4> = std::array::from_fn(|row| {
            std::array::from_fn(|lane| {
                let (left, y) = (lane / 2 * 8, lane % 2 * 8 + row);
                u64::from_le_bytes(std::array::from_fn(|x| pixel(left + x, y)))
            })
        });
        let columns: [[u8; 16]; 16] = columns(packed);
        for (x, column) in columns.iter().enumerate() {
            assert_eq!(*column, std::array::from_fn(|y| pixel(x, y)));
        }
        assert_eq!(rows(&columns), packed);
    }
}
