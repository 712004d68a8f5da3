//! The order in which a block's coefficients are stored (ITU-T T.81, figure A.6).

/// Row × 8 + column of each coefficient in its stored order. A run of zeros may lead beyond the last one, by 15
/// at most: to a place that exists.
pub(super) const ZIGZAG: [u8; 80] = order();

const fn order() -> [u8; 80] {
    let mut order = [63; 80];
    let (mut row, mut column) = (0_u8, 0_u8);
    let mut index = 0;
    while index < 64 {
        order[index] = row * 8 + column;
        index += 1;
        if (row + column) % 2 == 0 {
            // Upwards, along the upper edge, down along the right one.
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
