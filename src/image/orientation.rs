//! EXIF orientation: how stored pixels are turned for showing.

use super::geometry::Rect;
use super::pixels::Pixels;
use crate::error::Result;
use crate::pool::Cancel;

/// The value of EXIF tag 0x0112 (EXIF 2.32, table 4), 1 to 8. 1 shows the pixels as they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Orientation(u8);

impl Default for Orientation {
    fn default() -> Self {
        Self::UPRIGHT
    }
}

impl Orientation {
    /// Shown as stored.
    pub const UPRIGHT: Self = Self(1);

    /// The orientation of an EXIF value; `None` for values that mean nothing.
    pub fn from_exif(value: u16) -> Option<Self> {
        (1..=8).contains(&value).then_some(Self(value as u8))
    }

    /// The EXIF value, 1 to 8.
    pub fn value(self) -> u8 {
        self.0
    }

    /// Whether width and height change places when the image is shown.
    pub fn swaps_axes(self) -> bool {
        self.0 >= 5
    }

    /// Stored size to shown size, and back.
    pub(super) fn orient_size<T>(self, (width, height): (T, T)) -> (T, T) {
        if self.swaps_axes() { (height, width) } else { (width, height) }
    }

    /// Where a rectangle of the shown image lies in the stored one, whose size is `stored`.
    pub(super) fn stored_rect(self, shown: Rect, stored: (u64, u64)) -> Rect {
        let Rect { left, top, width, height } = shown;
        // Distances from the stored right and bottom edges, for the mirrored axes.
        let from_right = |at: u64, length: u64| stored.0 - at - length;
        let from_bottom = |at: u64, length: u64| stored.1 - at - length;
        match self.0 {
            2 => Rect { left: from_right(left, width), top, width, height },
            3 => Rect { left: from_right(left, width), top: from_bottom(top, height), width, height },
            4 => Rect { left, top: from_bottom(top, height), width, height },
            5 => Rect { left: top, top: left, width: height, height: width },
            6 => Rect { left: top, top: from_bottom(left, width), width: height, height: width },
            7 => Rect {
                left: from_right(top, height),
                top: from_bottom(left, width),
                width: height,
                height: width,
            },
            8 => Rect { left: from_right(top, height), top: left, width: height, height: width },
            _ => shown,
        }
    }

    /// The pixels as they are shown.
    pub(super) fn apply(self, stored: Pixels, cancel: &Cancel) -> Result<Pixels> {
        if self == Self::UPRIGHT {
            return Ok(stored);
        }
        let (width, height) = self.orient_size((stored.width(), stored.height()));
        let mut shown = Pixels::new(stored.layout(), width, height)?;
        match stored.layout().pixel_bytes() {
            1 => self.copy::<1>(&stored, &mut shown, cancel)?,
            2 => self.copy::<2>(&stored, &mut shown, cancel)?,
            3 => self.copy::<3>(&stored, &mut shown, cancel)?,
            6 => self.copy::<6>(&stored, &mut shown, cancel)?,
            8 => self.copy::<8>(&stored, &mut shown, cancel)?,
            _ => self.copy::<4>(&stored, &mut shown, cancel)?,
        }
        Ok(shown)
    }

    fn copy<const N: usize>(self, stored: &Pixels, shown: &mut Pixels, cancel: &Cancel) -> Result<()> {
        let (source, _) = stored.data().as_chunks::<N>();
        let (stored_width, last_x) = (stored.width() as usize, stored.width() as usize - 1);
        let last_y = stored.height() as usize - 1;
        let shown_width = shown.width() as usize;
        let (target, _) = shown.data_mut().as_chunks_mut::<N>();
        for (y, row) in target.chunks_exact_mut(shown_width).enumerate() {
            if y % 64 == 0 {
                cancel.check()?;
            }
            for (x, pixel) in row.iter_mut().enumerate() {
                let (stored_x, stored_y) = match self.0 {
                    2 => (last_x - x, y),
                    3 => (last_x - x, last_y - y),
                    4 => (x, last_y - y),
                    5 => (y, x),
                    6 => (y, last_y - x),
                    7 => (last_x - y, last_y - x),
                    8 => (last_x - y, x),
                    _ => (x, y),
                };
                *pixel = source[stored_y * stored_width + stored_x];
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::pixels::Layout;
    use super::*;

    /// What each value does to the rows `ab / cd / ef`, written out by hand from the EXIF specification:
    /// the 0th row and 0th column of the stored image are at the edges that the value names.
    #[test]
    fn all_eight_by_hand() {
        let expected: [(u16, u32, &[u8]); 8] = [
            (1, 2, b"abcdef"),
            (2, 2, b"badcfe"),
            (3, 2, b"fedcba"),
            (4, 2, b"efcdab"),
            (5, 3, b"acebdf"),
            (6, 3, b"ecafdb"),
            (7, 3, b"fdbeca"),
            (8, 3, b"bdface"),
        ];
        for (value, width, rows) in expected {
            let stored = Pixels::from_vec(Layout::L8, 2, 3, b"abcdef".to_vec()).unwrap();
            let shown = Orientation::from_exif(value).unwrap().apply(stored, &Cancel::new()).unwrap();
            assert_eq!(shown.width(), width, "orientation {value}");
            assert_eq!(shown.data(), rows, "orientation {value}");
        }
    }

    #[test]
    fn cropping_before_turning_equals_cropping_after() {
        let (width, height) = (7_u32, 5_u32);
        let stored: Vec<u8> = (0..35).collect();
        for value in 1..=8 {
            let orientation = Orientation::from_exif(value).unwrap();
            let whole = Pixels::from_vec(Layout::L8, width, height, stored.clone()).unwrap();
            let shown = orientation.apply(whole, &Cancel::new()).unwrap();
            let rect = Rect { left: 1, top: 2, width: 3, height: 2 };
            let after = crop(shown.data(), shown.width(), rect);

            let in_stored = orientation.stored_rect(rect, (width.into(), height.into()));
            let cropped = crop(&stored, width, in_stored);
            let cropped =
                Pixels::from_vec(Layout::L8, in_stored.width as u32, in_stored.height as u32, cropped)
                    .unwrap();
            let before = orientation.apply(cropped, &Cancel::new()).unwrap();
            assert_eq!(before.data(), after, "orientation {value}");
        }
    }

    fn crop(data: &[u8], width: u32, rect: Rect) -> Vec<u8> {
        (rect.top..rect.top + rect.height)
            .flat_map(|y| (rect.left..rect.left + rect.width).map(move |x| (x, y)))
            .map(|(x, y)| data[(y * u64::from(width) + x) as usize])
            .collect()
    }

    #[test]
    fn values_outside_the_table_mean_nothing() {
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }
}
