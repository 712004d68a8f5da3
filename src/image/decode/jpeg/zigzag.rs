//! The order in which coefficients are stored, longer than it is.

use super::super::super::zigzag;

/// Row × 8 + column of each coefficient in its stored order. A run of zeros may lead beyond the last one, by 15
/// at most: to a place that exists.
pub(super) const ZIGZAG: [u8; 80] = padded();

const fn padded() -> [u8; 80] {
    let mut order = [63; 80];
    let mut at = 0;
    while at < 64 {
        order[at] = zigzag::ZIGZAG[at];
        at += 1;
    }
    order
}
