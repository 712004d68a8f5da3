//! Where a frame differs from the one before.

use super::super::pixels::PIXELS_BETWEEN_POLLS;
use crate::error::Result;
use crate::pool::Cancel;

/// A rectangle in whole pixels, with at least one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// The smallest area that has all pixels which `differs` says differ, by their index; if none do, the first pixel.
pub(super) fn area(
    width: usize,
    height: usize,
    cancel: &Cancel,
    differs: impl Fn(usize) -> bool,
) -> Result<Area> {
    let (mut left, mut right) = (width, 0);
    let (mut top, mut bottom) = (None, 0);
    let rows_between_polls = (PIXELS_BETWEEN_POLLS / width.max(1)).max(1);
    for y in 0..height {
        if y.is_multiple_of(rows_between_polls) {
            cancel.check()?;
        }
        let start = y * width;
        let Some(first) = (0..width).find(|&x| differs(start + x)) else {
            continue;
        };
        left = left.min(first);
        // Only what would make the area wider needs a look from the right.
        if let Some(last) = (right.max(first)..width).rev().find(|&x| differs(start + x)) {
            right = right.max(last);
        }
        top.get_or_insert(y);
        bottom = y;
    }
    Ok(match top {
        Some(top) => Area { left, top, width: right - left + 1, height: bottom - top + 1 },
        None => Area { left: 0, top: 0, width: 1, height: 1 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(picture: &[&[u8]]) -> Area {
        let pixels = picture.concat();
        area(picture[0].len(), picture.len(), &Cancel::new(), |at| pixels[at] == b'x').unwrap()
    }

    #[test]
    fn the_area_has_all_that_differs() {
        let is = |left, top, width, height| Area { left, top, width, height };
        assert_eq!(of(&[b"....", b".x..", b"...x", b"...."]), is(1, 1, 3, 2));
        assert_eq!(of(&[b"...x", b".x..", b"x...", b"...."]), is(0, 0, 4, 3));
        assert_eq!(of(&[b".xx.", b"xxxx"]), is(0, 0, 4, 2));
        assert_eq!(of(&[b"....", b"...x"]), is(3, 1, 1, 1));
        assert_eq!(of(&[b"xxxx"]), is(0, 0, 4, 1));
        assert_eq!(of(&[b"....", b"...."]), is(0, 0, 1, 1));
    }
}
