//! The order in which a block's coefficients are coded (ITU-T T.81, figure A.6).

/// Row × 8 + column of each coefficient, in coding order.
pub(super) const ZIGZAG: [u8; 64] = zigzag();

const fn zigzag() -> [u8; 64] {
    let mut order = [0; 64];
    let (mut row, mut column, mut at) = (0_u8, 0_u8, 0);
    while at < 64 {
        order[at] = row * 8 + column;
        at += 1;
        // Diagonals of an even sum run up and to the right, the others down and to the left.
        if (row + column) % 2 == 0 {
            if column == 7 {
                row += 1;
            } else {
                column += 1;
                row = row.saturating_sub(1);
            }
        } else if row == 7 {
            column += 1;
        } else {
            row += 1;
            column = column.saturating_sub(1);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_standard() {
        assert_eq!(ZIGZAG[..16], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5]);
        assert_eq!(ZIGZAG[56..], [53, 60, 61, 54, 47, 55, 62, 63]);
        let mut seen = ZIGZAG;
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(index, at)| index == usize::from(*at)));
    }
}
