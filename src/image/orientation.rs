//! EXIF orientation: how stored pixels are turned for showing.

use std::ops::Sub;

use super::geometry::Rect;
use super::options::Rotation;
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

    /// Which axes of the stored image, across and down, are shown from their end.
    pub(super) fn mirrored(self) -> (bool, bool) {
        (matches!(self.0, 2 | 3 | 7 | 8), matches!(self.0, 3 | 4 | 6 | 7))
    }

    /// Stored size to shown size, and back.
    pub(super) fn orient_size<T>(self, (width, height): (T, T)) -> (T, T) {
        if self.swaps_axes() { (height, width) } else { (width, height) }
    }

    /// Where a rectangle of the shown image lies in the stored one, whose size is `stored`.
    pub(super) fn stored_rect<T: Copy + Sub<Output = T>>(self, shown: Rect<T>, stored: (T, T)) -> Rect<T> {
        let Rect { left, top, width, height } = shown;
        // Distances from the stored right and bottom edges, for the mirrored axes.
        let from_right = |at: T, length: T| stored.0 - at - length;
        let from_bottom = |at: T, length: T| stored.1 - at - length;
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

    /// This orientation, then a clockwise turn, then upside down, then left to right: the eight ways to
    /// show a rectangle are closed under all of them.
    #[must_use]
    #[expect(clippy::similar_names, reason = "flip and flop are what they are called")]
    pub(super) fn then(self, rotation: Rotation, flip: bool, flop: bool) -> Self {
        let turn = match rotation {
            Rotation::None => Self::UPRIGHT,
            Rotation::Quarter => Self(6),
            Rotation::Half => Self(3),
            Rotation::ThreeQuarters => Self(8),
        };
        let upside_down = if flip { Self(4) } else { Self::UPRIGHT };
        let mirrored = if flop { Self(2) } else { Self::UPRIGHT };
        self.followed_by(turn).followed_by(upside_down).followed_by(mirrored)
    }

    fn followed_by(self, next: Self) -> Self {
        let (first, second) = (self.parts(), next.parts());
        // Turning the axes after mirroring one mirrors the other.
        let (across, down) =
            if second.transposed { (first.down, first.across) } else { (first.across, first.down) };
        Self::of(Parts {
            transposed: first.transposed != second.transposed,
            across: across != second.across,
            down: down != second.down,
        })
    }

    fn parts(self) -> Parts {
        let (transposed, across, down) = match self.0 {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Parts { transposed, across, down }
    }

    fn of(parts: Parts) -> Self {
        Self((1..=8).find(|value| Self(*value).parts() == parts).unwrap_or(1))
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
        let Parts { transposed, across, down } = self.parts();
        let (source, _) = stored.data().as_chunks::<N>();
        let (stored_width, stored_height) = (stored.width() as usize, stored.height() as usize);
        let shown_width = shown.width() as usize;
        let (target, _) = shown.data_mut().as_chunks_mut::<N>();
        if !transposed {
            for (y, row) in target.chunks_exact_mut(shown_width).enumerate() {
                if y % BLOCK == 0 {
                    cancel.check()?;
                }
                let from = if down { stored_height - 1 - y } else { y } * stored_width;
                row.copy_from_slice(&source[from..from + stored_width]);
                if across {
                    row.reverse();
                }
            }
            return Ok(());
        }
        // The stored column that a shown row comes from is spread over memory: in blocks, what the cache
        // has fetched of it serves the next rows too.
        for (index, rows) in target.chunks_mut(shown_width * BLOCK).enumerate() {
            cancel.check()?;
            for left in (0..shown_width).step_by(BLOCK) {
                let right = (left + BLOCK).min(shown_width);
                for (offset, row) in rows.chunks_exact_mut(shown_width).enumerate() {
                    let y = index * BLOCK + offset;
                    let column = if down { stored_width - 1 - y } else { y };
                    for (x, pixel) in (left..right).zip(&mut row[left..right]) {
                        let line = if across { stored_height - 1 - x } else { x };
                        *pixel = source[line * stored_width + column];
                    }
                }
            }
        }
        Ok(())
    }
}

/// Rows and columns of a block of a transposed image.
const BLOCK: usize = 32;

/// An orientation as what is done to the stored pixels, in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Parts {
    /// Rows become columns.
    transposed: bool,
    /// Then left becomes right.
    across: bool,
    /// And top becomes bottom.
    down: bool,
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

    const ROTATIONS: [Rotation; 4] =
        [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];

    fn every() -> impl Iterator<Item = Orientation> {
        (1..=8).map(|value| Orientation::from_exif(value).unwrap())
    }

    /// Turning `ab / cd / ef` clockwise gives `eca / fdb`.
    #[test]
    fn turns_are_clockwise() {
        let turned = |rotation, flip, flop| Orientation::UPRIGHT.then(rotation, flip, flop).value();
        assert_eq!(ROTATIONS.map(|rotation| turned(rotation, false, false)), [1, 6, 3, 8]);
        assert_eq!(turned(Rotation::None, true, false), 4);
        assert_eq!(turned(Rotation::None, false, true), 2);
        assert_eq!(turned(Rotation::None, true, true), 3);
        // First the turn, then the mirror: `eca / fdb` upside down is `fdb / eca`.
        assert_eq!(turned(Rotation::Quarter, true, false), 7);
    }

    #[test]
    fn one_step_does_what_several_do() {
        for first in every() {
            for rotation in ROTATIONS {
                for (flip, flop) in [(false, false), (true, false), (false, true), (true, true)] {
                    let image = || Pixels::from_vec(Layout::L8, 5, 3, (0..15).collect()).unwrap();
                    let apply =
                        |orientation: Orientation, image| orientation.apply(image, &Cancel::new()).unwrap();
                    let steps = [
                        first,
                        Orientation::UPRIGHT.then(rotation, false, false),
                        Orientation::UPRIGHT.then(Rotation::None, flip, false),
                        Orientation::UPRIGHT.then(Rotation::None, false, flop),
                    ];
                    let expected = steps.into_iter().fold(image(), |image, step| apply(step, image));
                    let found = apply(first.then(rotation, flip, flop), image());
                    assert_eq!((found.size(), found.data()), (expected.size(), expected.data()));
                }
            }
        }
    }

    /// The eight are a group: following one by another is one of them, in any bracketing, and every one can
    /// be undone.
    #[test]
    fn orientations_are_a_group() {
        for one in every() {
            assert_eq!(one.followed_by(Orientation::UPRIGHT), one);
            assert_eq!(Orientation::UPRIGHT.followed_by(one), one);
            assert_eq!(every().filter(|other| one.followed_by(*other) == Orientation::UPRIGHT).count(), 1);
            for two in every() {
                for three in every() {
                    assert_eq!(
                        one.followed_by(two).followed_by(three),
                        one.followed_by(two.followed_by(three))
                    );
                }
            }
        }
    }

    /// Larger than the blocks that transposing goes by, in pixels of every size.
    #[test]
    fn pixels_of_every_size_are_turned_whole() {
        for layout in [
            Layout::L8,
            Layout::La8,
            Layout::Rgb8,
            Layout::Rgba8,
            Layout::Cmyk8,
            Layout::L16,
            Layout::La16,
            Layout::Rgb16,
            Layout::Rgba16,
        ] {
            for orientation in every() {
                let (width, height) = (71_usize, 45_usize);
                let mut stored = Pixels::new(layout, width as u32, height as u32).unwrap();
                let bytes = layout.pixel_bytes();
                for (index, pixel) in stored.data_mut().chunks_exact_mut(bytes).enumerate() {
                    pixel.fill((index % 251) as u8);
                }
                let before = stored.data().to_vec();
                let shown = orientation.apply(stored, &Cancel::new()).unwrap();
                let shown_width = shown.width() as usize;
                for (index, pixel) in shown.data().chunks_exact(bytes).enumerate() {
                    let one = Rect {
                        left: (index % shown_width) as u64,
                        top: (index / shown_width) as u64,
                        width: 1,
                        height: 1,
                    };
                    let from = orientation.stored_rect(one, (width as u64, height as u64));
                    let start = (from.top as usize * width + from.left as usize) * bytes;
                    assert_eq!(pixel, &before[start..start + bytes], "{layout:?} {orientation:?} {index}");
                }
            }
        }
    }

    #[test]
    fn values_outside_the_table_mean_nothing() {
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }
}
