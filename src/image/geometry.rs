//! Sizes and positions: from the size of an image and the options to what is scaled, cut and padded.
//!
//! The numbers are those of sharp (its `ResolveShrink`, `CalculateCrop` and `CalculateEmbedPosition`, and
//! libvips' rounding), so that a team that changes over gets the same sizes to the pixel: the image is
//! scaled as a whole to rounded sizes, then cut or padded by whole pixels.

use super::options::{Fit, Position, Region, ResizeOptions, Sides};
use super::orientation::Orientation;
use super::resize::{Levels, Scaling};

/// A rectangle, in whole pixels unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect<T = u64> {
    pub(super) left: T,
    pub(super) top: T,
    pub(super) width: T,
    pub(super) height: T,
}

/// What is done to an image as it is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Geometry {
    /// The size of the whole image.
    pub(super) source: (u32, u32),
    /// How many of its pixels go into one scaled pixel. `scaled` is `source` over this, rounded, so what
    /// is left of the last pixel lies half beyond each edge.
    pub(super) shrink: (f64, f64),
    /// The size that the whole image is scaled to. It may be far larger than what is kept of it.
    pub(super) scaled: (u64, u64),
    /// What is kept of the scaled image.
    pub(super) kept: Rect,
    /// The size of the output.
    pub(super) canvas: (u64, u64),
    /// Where the kept part lies on the output.
    pub(super) offset: (u64, u64),
}

impl Geometry {
    /// For an image of `width` × `height` pixels as shown, trimmed and extracted.
    ///
    /// [`Position::Attention`] keeps the middle: where the attention is, only pixels tell, so whoever has
    /// them calls [`keep_at`](Self::keep_at).
    pub(super) fn new(width: u32, height: u32, options: &ResizeOptions) -> Self {
        Self::with(width, height, options, false)
    }

    /// The same for an image that sharp has its decoder shrink: a JPEG of which all is used, as it is stored.
    pub(super) fn of_shrinkable(width: u32, height: u32, options: &ResizeOptions) -> Self {
        Self::with(width, height, options, true)
    }

    fn with(width: u32, height: u32, options: &ResizeOptions, shrinkable: bool) -> Self {
        let asked = (options.width.map(u64::from), options.height.map(u64::from));
        let size = |measured| scaled_size(measured, asked, options.fit, options.without_enlargement);
        let ((mut across, mut down), mut scaled) = size((width, height));
        if shrinkable && let Some(measured) = shrunk_on_load((width, height), across.min(down)) {
            ((across, down), scaled) = size(measured);
            across *= f64::from(width) / f64::from(measured.0);
            down *= f64::from(height) / f64::from(measured.1);
        }
        let shrink = (across, down);
        let target = (asked.0.unwrap_or(scaled.0), asked.1.unwrap_or(scaled.1));
        let whole = Rect { left: 0, top: 0, width: scaled.0, height: scaled.1 };
        let (kept, (canvas_width, canvas_height), offset) = match options.fit {
            Fit::Cover => {
                let size = (target.0.min(scaled.0), target.1.min(scaled.1));
                let (left, top) = kept_position(scaled, size, options.position);
                (Rect { left, top, width: size.0, height: size.1 }, size, (0, 0))
            }
            Fit::Contain => {
                let canvas = (target.0.max(scaled.0), target.1.max(scaled.1));
                (whole, canvas, placed_position(canvas, scaled, options.position))
            }
            Fit::Fill | Fit::Inside | Fit::Outside => (whole, scaled, (0, 0)),
        };
        let Sides { top, right, bottom, left } = options.padding;
        let canvas = (
            u64::from(left) + canvas_width + u64::from(right),
            u64::from(top) + canvas_height + u64::from(bottom),
        );
        let offset = (offset.0 + u64::from(left), offset.1 + u64::from(top));
        Self { source: (width, height), shrink, scaled, kept, canvas, offset }
    }

    /// Keeps as much as before, from another place of the scaled image on.
    pub(super) fn keep_at(&mut self, (left, top): (u64, u64)) {
        self.kept.left = left.min(self.scaled.0 - self.kept.width);
        self.kept.top = top.min(self.scaled.1 - self.kept.height);
    }

    /// How the pixels stored in `region` are scaled to what is kept. The region holds the whole image in
    /// its stored orientation, `factor` times as large as it is: a decoder may have shrunk it. Its last pixels may
    /// be partly beyond the image then.
    pub(super) fn scaling(
        &self,
        region: Region,
        factor: f64,
        orientation: Orientation,
        options: &ResizeOptions,
    ) -> Scaling {
        let axis = |source: u32, shrink: f64, scaled: u64, first: u64, kept: u64| {
            let beyond = (scaled as f64 * shrink - f64::from(source)) / 2.0;
            ((first as f64 * shrink - beyond) * factor, kept as f64 * shrink * factor)
        };
        let Rect { left, top, width, height } = self.kept;
        let (left, width) = axis(self.source.0, self.shrink.0, self.scaled.0, left, width);
        let (top, height) = axis(self.source.1, self.shrink.1, self.scaled.1, top, height);
        let shown = Rect { left, top, width, height };
        let (source_width, source_height) = orientation.orient_size(self.source);
        let stored = (f64::from(source_width) * factor, f64::from(source_height) * factor);
        Scaling {
            region,
            area: orientation.stored_rect(shown, stored),
            // Output sides are checked to be `u32`.
            target: orientation.orient_size((self.kept.width as u32, self.kept.height as u32)),
            kernel: options.kernel,
            linear: options.linear,
            levels: Levels::KEPT,
        }
    }
}

/// What libjpeg makes of an image for sharp before it is scaled by the rest of `shrink`: parts of a pixel at the
/// end of a side are left out, which shows in the sizes that follow from it. `None` where it is left as it is.
///
/// Our decoder keeps them, and shrinks as it sees fit: only the sizes are to be the same.
fn shrunk_on_load((width, height): (u32, u32), shrink: f64) -> Option<(u32, u32)> {
    let factor = match shrink {
        8.0.. => 8,
        4.0.. => 4,
        2.0.. => 2,
        _ => return None,
    };
    // Where the factor is all there is to do, half of it is left to the kernel.
    let factor = if shrink as u32 == factor { factor / 2 } else { factor };
    (factor > 1).then(|| ((width / factor).max(1), (height / factor).max(1)))
}

/// How many pixels of each axis go into one, and the scaled size.
fn scaled_size(
    (width, height): (u32, u32),
    asked: (Option<u64>, Option<u64>),
    fit: Fit,
    without_enlargement: bool,
) -> ((f64, f64), (u64, u64)) {
    let (width, height) = (f64::from(width), f64::from(height));
    let horizontal = asked.0.map(|target| width / target as f64);
    let vertical = asked.1.map(|target| height / target as f64);
    // How many stored pixels go into one.
    let (mut horizontal, mut vertical) = match (horizontal, vertical, fit) {
        (Some(horizontal), Some(vertical), Fit::Cover | Fit::Outside) => {
            let shrink = horizontal.min(vertical);
            (shrink, shrink)
        }
        (Some(horizontal), Some(vertical), Fit::Contain | Fit::Inside) => {
            let shrink = horizontal.max(vertical);
            (shrink, shrink)
        }
        (horizontal, vertical, Fit::Fill) => (horizontal.unwrap_or(1.0), vertical.unwrap_or(1.0)),
        (Some(shrink), None, _) | (None, Some(shrink), _) => (shrink, shrink),
        (None, None, _) => (1.0, 1.0),
    };
    if without_enlargement {
        horizontal = horizontal.max(1.0);
        vertical = vertical.max(1.0);
    }
    let axis = |length: f64, shrink: f64| {
        // A side never vanishes.
        let shrink = shrink.min(length);
        // Through the reciprocal when enlarging, as libvips is given it: halves fall on the side that it
        // has them on.
        let exact = if shrink < 1.0 { length * (1.0 / shrink) } else { length / shrink };
        let scaled = (exact + 0.5).floor().max(1.0);
        // A side that keeps its length is left as it is.
        (if scaled.total_cmp(&length).is_eq() { 1.0 } else { shrink }, scaled as u64)
    };
    let (across, down) = (axis(width, horizontal), axis(height, vertical));
    ((across.0, down.0), (across.1, down.1))
}

/// Where the kept part begins in the scaled image.
fn kept_position(scaled: (u64, u64), kept: (u64, u64), position: Position) -> (u64, u64) {
    let spare = (scaled.0 - kept.0, scaled.1 - kept.1);
    if let Position::Focal { x, y } = position {
        let around = |focus: f64, scaled: u64, kept: u64| {
            let start = (focus * scaled as f64 - kept as f64 / 2.0).round();
            // As `as` saturates, a focus near the left or upper edge gives 0.
            (start as u64).min(scaled - kept)
        };
        return (around(x, scaled.0, kept.0), around(y, scaled.1, kept.1));
    }
    // sharp rounds the middle up when it cuts.
    align(spare, position, (spare.0.div_ceil(2), spare.1.div_ceil(2)))
}

/// Where the scaled image begins on a larger canvas.
fn placed_position(canvas: (u64, u64), scaled: (u64, u64), position: Position) -> (u64, u64) {
    let spare = (canvas.0 - scaled.0, canvas.1 - scaled.1);
    if let Position::Focal { x, y } = position {
        return ((spare.0 as f64 * x).round() as u64, (spare.1 as f64 * y).round() as u64);
    }
    align(spare, position, (spare.0 / 2, spare.1 / 2))
}

fn align(spare: (u64, u64), position: Position, middle: (u64, u64)) -> (u64, u64) {
    match position {
        Position::Center | Position::Focal { .. } | Position::Attention => middle,
        Position::Top => (middle.0, 0),
        Position::TopRight => (spare.0, 0),
        Position::Right => (spare.0, middle.1),
        Position::BottomRight => spare,
        Position::Bottom => (middle.0, spare.1),
        Position::BottomLeft => (0, spare.1),
        Position::Left => (0, middle.1),
        Position::TopLeft => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(width: Option<u32>, height: Option<u32>, fit: Fit) -> ResizeOptions {
        ResizeOptions { width, height, fit, ..Default::default() }
    }

    fn canvas(size: (u32, u32), options: &ResizeOptions) -> (u64, u64) {
        Geometry::new(size.0, size.1, options).canvas
    }

    /// The sizes that sharp's documentation and tests give for its 2725×2225 photo, and rounding cases
    /// worked out by hand.
    #[test]
    fn sizes_are_sharps() {
        let photo = (2725, 2225);
        for (size, width, height, fit, expected) in [
            (photo, Some(320), Some(240), Fit::Cover, (320, 240)),
            (photo, Some(320), None, Fit::Cover, (320, 261)),
            (photo, None, Some(320), Fit::Cover, (392, 320)),
            (photo, None, None, Fit::Cover, photo),
            (photo, Some(320), Some(240), Fit::Contain, (320, 240)),
            (photo, Some(320), Some(320), Fit::Inside, (320, 261)),
            (photo, Some(320), Some(320), Fit::Outside, (392, 320)),
            (photo, Some(320), Some(320), Fit::Fill, (320, 320)),
            (photo, Some(320), None, Fit::Fill, (320, 2225)),
            (photo, None, Some(320), Fit::Fill, (2725, 320)),
            // 3 / 2 = 1.5 rounds up.
            ((4, 3), Some(2), None, Fit::Inside, (2, 2)),
            // 1 / 100 rounds up to 1, not down to 0.
            ((1000, 1), Some(10), None, Fit::Inside, (10, 1)),
            ((1000, 1), Some(10), Some(10), Fit::Cover, (10, 10)),
            ((1, 1000), Some(10), Some(10), Fit::Inside, (1, 10)),
        ] {
            assert_eq!(
                canvas(size, &options(width, height, fit)),
                (u64::from(expected.0), u64::from(expected.1)),
                "{size:?} {width:?} {height:?} {fit:?}"
            );
        }
    }

    /// Sizes and places of every fit and position, as sharp gives them: `benchmark/judge/sizes.js`.
    #[test]
    fn sizes_and_places_are_those_of_sharps_table() {
        let table = include_str!("../../tests/image/sharp-sizes.csv");
        let mut cases = 0;
        for line in table.lines().skip(2) {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |index: usize| cells[index].parse::<u64>().ok();
            let asked = |index: usize| number(index).map(|asked| asked as u32);
            let fit = match cells[3] {
                "cover" => Fit::Cover,
                "contain" => Fit::Contain,
                "fill" => Fit::Fill,
                "inside" => Fit::Inside,
                _ => Fit::Outside,
            };
            let position = match cells[4] {
                "top" => Position::Top,
                "right top" => Position::TopRight,
                "right" => Position::Right,
                "right bottom" => Position::BottomRight,
                "bottom" => Position::Bottom,
                "left bottom" => Position::BottomLeft,
                "left" => Position::Left,
                "left top" => Position::TopLeft,
                _ => Position::Center,
            };
            let without_enlargement = cells[7] == "1";
            let options = ResizeOptions { position, without_enlargement, ..options(asked(5), asked(6), fit) };
            let geometry = Geometry::new(asked(0).unwrap(), asked(1).unwrap(), &options);
            assert_eq!(geometry.canvas, (number(8).unwrap(), number(9).unwrap()), "{line}");
            // Where the same pixels are found in several places there is none to compare with.
            if let (Some(left), Some(top)) = (number(10), number(11)) {
                let place = match fit {
                    Fit::Contain => geometry.offset,
                    _ => (geometry.kept.left, geometry.kept.top),
                };
                assert_eq!(place, (left, top), "{line}");
            }
            cases += 1;
        }
        assert!(cases >= 2_000, "{cases}");
    }

    #[test]
    fn padding_is_around_the_fitted_image() {
        let padding = Sides { top: 1, right: 2, bottom: 3, left: 4 };
        let options = ResizeOptions { padding, ..options(Some(10), Some(20), Fit::Contain) };
        let geometry = Geometry::new(10, 10, &options);
        assert_eq!((geometry.canvas, geometry.offset), ((16, 24), (4, 6)));
        assert_eq!(geometry.kept, Rect { left: 0, top: 0, width: 10, height: 10 });
    }

    /// What is kept, in source pixels, by hand: of 10 → 3, each pixel is 10/3 wide; of 100 × 9 → 50 × 5, each
    /// is two, so that the five rows reach half a row beyond the nine at either edge.
    #[test]
    fn sampling_keeps_the_aspect_ratio() {
        let area = |size: (u32, u32), stored: (u32, u32), orientation: u16, options: &ResizeOptions| {
            let region = Region { left: 0, top: 0, width: stored.0, height: stored.1 };
            let orientation = Orientation::from_exif(orientation).unwrap();
            let source = orientation.orient_size(size);
            let factor = f64::from(stored.0) / f64::from(source.0);
            let scaling =
                Geometry::new(size.0, size.1, options).scaling(region, factor, orientation, options);
            let Rect { left, top, width, height } = scaling.area;
            ([left, top, width, height], scaling.target)
        };
        let fifty = options(Some(50), None, Fit::Cover);
        assert_eq!(area((100, 9), (100, 9), 1, &fifty), ([0.0, -0.5, 100.0, 10.0], (50, 5)));
        // Decoded at half the size; turned.
        assert_eq!(area((100, 18), (50, 9), 1, &fifty), ([0.0, 0.0, 50.0, 9.0], (50, 9)));
        // A pixel that is half beyond the edge is half used.
        assert_eq!(area((100, 18), (25, 5), 1, &fifty), ([0.0, 0.0, 25.0, 4.5], (50, 9)));
        assert_eq!(area((100, 9), (9, 100), 6, &fifty), ([-0.5, 0.0, 10.0, 100.0], (5, 50)));
        let corner = ResizeOptions { position: Position::TopLeft, ..options(Some(10), Some(10), Fit::Cover) };
        assert_eq!(area((40, 20), (40, 20), 1, &corner), ([0.0, 0.0, 20.0, 20.0], (10, 10)));
        // Mirrored, the left of what is shown is the right of what is stored.
        assert_eq!(area((40, 20), (40, 20), 2, &corner), ([20.0, 0.0, 20.0, 20.0], (10, 10)));
    }

    #[test]
    fn without_enlargement() {
        let small = |width, height, fit| {
            let options = ResizeOptions { without_enlargement: true, ..options(width, height, fit) };
            canvas((100, 50), &options)
        };
        assert_eq!(small(Some(200), None, Fit::Cover), (100, 50));
        assert_eq!(small(Some(200), Some(200), Fit::Inside), (100, 50));
        assert_eq!(small(Some(200), Some(20), Fit::Cover), (100, 20));
        assert_eq!(small(Some(50), Some(200), Fit::Fill), (50, 50));
        // The canvas of contain is not the image: it grows, and the image does not.
        assert_eq!(small(Some(200), Some(200), Fit::Contain), (200, 200));
        assert_eq!(small(Some(50), None, Fit::Cover), (50, 25));
    }

    #[test]
    fn cover_keeps_what_the_position_says() {
        let kept = |position| {
            let options = ResizeOptions { position, ..options(Some(50), Some(25), Fit::Cover) };
            let geometry = Geometry::new(200, 50, &options);
            assert_eq!(geometry.scaled, (100, 25));
            (geometry.kept.left, geometry.kept.top)
        };
        assert_eq!(kept(Position::Center), (25, 0));
        assert_eq!(kept(Position::Left), (0, 0));
        assert_eq!(kept(Position::BottomRight), (50, 0));
        assert_eq!(kept(Position::Focal { x: 0.5, y: 0.5 }), (25, 0));
        assert_eq!(kept(Position::Focal { x: 0.1, y: 0.0 }), (0, 0));
        assert_eq!(kept(Position::Focal { x: 0.6, y: 0.0 }), (35, 0));
        assert_eq!(kept(Position::Focal { x: 1.0, y: 1.0 }), (50, 0));
    }

    #[test]
    fn odd_rests_round_up_when_cutting_and_down_when_padding() {
        let cut = Geometry::new(13, 4, &options(Some(4), Some(4), Fit::Cover));
        assert_eq!(cut.kept.left, 5);
        let padded = Geometry::new(4, 4, &options(Some(13), Some(4), Fit::Contain));
        assert_eq!(padded.offset, (4, 0));
    }

    #[test]
    fn contain_places_the_image() {
        for (position, expected) in [
            (Position::Center, (25, 0)),
            (Position::Left, (0, 0)),
            (Position::TopRight, (50, 0)),
            (Position::Focal { x: 0.2, y: 0.9 }, (10, 0)),
        ] {
            let options = ResizeOptions { position, ..options(Some(100), Some(50), Fit::Contain) };
            assert_eq!(Geometry::new(50, 50, &options).offset, expected, "{position:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_parts_fit_together(
            width in 1_u32..100_000, height in 1_u32..100_000,
            asked_width in proptest::option::of(1_u32..5_000), asked_height in proptest::option::of(1_u32..5_000),
            fit in 0_usize..5, focal in (0.0_f64..=1.0, 0.0_f64..=1.0), without_enlargement: bool,
        ) {
            let fit = [Fit::Cover, Fit::Contain, Fit::Fill, Fit::Inside, Fit::Outside][fit];
            let position = Position::Focal { x: focal.0, y: focal.1 };
            let options = ResizeOptions { position, without_enlargement, ..options(asked_width, asked_height, fit) };
            let geometry = Geometry::new(width, height, &options);
            let Rect { left, top, width: kept_width, height: kept_height } = geometry.kept;
            assert!(kept_width >= 1 && kept_height >= 1);
            assert!(left + kept_width <= geometry.scaled.0 && top + kept_height <= geometry.scaled.1);
            assert!(geometry.offset.0 + kept_width <= geometry.canvas.0);
            assert!(geometry.offset.1 + kept_height <= geometry.canvas.1);
            if let (Fit::Cover | Fit::Contain, Some(width), Some(height), false) =
                (fit, asked_width, asked_height, without_enlargement)
            {
                assert_eq!(geometry.canvas, (u64::from(width), u64::from(height)));
            }
        }
    }
}
