//! Where to cut when the picture itself is to say: around what draws the eye.
//!
//! The measure is the one that libvips calls "attention" and that sharp's users know: on a picture of 32 by
//! 32 pixels, edges in luminance, colours like skin (the idea and the vector of smartcrop.js) and red or
//! magenta saturation are added up, blurred over as much as is kept, and the greatest sum is the middle of
//! what is kept.

use super::options::{Kernel, Region};
use super::orientation::Orientation;
use super::pixels::{Layout, Pixels};
use super::resize::{self, Levels, Scaling};
use super::{geometry::Rect, linear};
use crate::error::Result;
use crate::pool::Cancel;

/// The side of the picture that is judged.
const SIDE: usize = 32;

type Map = [[f64; SIDE]; SIDE];

/// Where the kept part begins in an image of `scaled` pixels, of which `kept` are kept. `stored` holds the
/// image in `region`, at any size and in its stored orientation.
pub(super) fn attention(
    stored: &Pixels,
    region: Region,
    orientation: Orientation,
    scaled: (u64, u64),
    kept: (u64, u64),
    cancel: &Cancel,
) -> Result<(u64, u64)> {
    let side = SIDE as u32;
    let area = Rect { left: 0.0, top: 0.0, width: f64::from(region.width), height: f64::from(region.height) };
    let scaling = Scaling {
        region,
        area,
        target: (side, side),
        kernel: Kernel::Lanczos3,
        linear: false,
        levels: Levels::KEPT,
    };
    let small = orientation.apply(resize::resize_ref(stored, &scaling, cancel)?, cancel)?;
    let share = |kept: u64, scaled: u64| kept as f64 / scaled as f64 * SIDE as f64;
    let reach = share(kept.0, scaled.0).hypot(share(kept.1, scaled.1));
    let (x, y) = greatest(&blur(&scores(&small), (reach / 10.0).max(1.0)));
    let around = |at: usize, scaled: u64, kept: u64| {
        let middle = (at as f64 * scaled as f64 / SIDE as f64) as u64;
        middle.saturating_sub(kept / 2).min(scaled - kept)
    };
    Ok((around(x, scaled.0, kept.0), around(y, scaled.1, kept.1)))
}

fn scores(small: &Pixels) -> Map {
    let xyz: Vec<[f64; 3]> = (0..SIDE * SIDE).map(|index| to_xyz(rgb(small, index))).collect();
    let color = |x: usize, y: usize| xyz[y.min(SIDE - 1) * SIDE + x.min(SIDE - 1)];
    let luminance = |x: usize, y: usize| color(x, y)[1];
    std::array::from_fn(|y| {
        std::array::from_fn(|x| {
            let here = luminance(x, y);
            let around = luminance(x.saturating_sub(1), y)
                + luminance(x + 1, y)
                + luminance(x, y.saturating_sub(1))
                + luminance(x, y + 1);
            let edge = 5.0 * (4.0 * here - around).abs();
            // In the dark, colour is noise.
            if here > 5.0 { edge + skin(color(x, y)) + redness(color(x, y)) } else { edge }
        })
    })
}

/// Red, green and blue of 0 to 255, weighted by alpha.
fn rgb(small: &Pixels, index: usize) -> [f64; 3] {
    let layout = small.layout();
    let channels = layout.channels();
    let value = |channel: usize| {
        if layout.is_wide() {
            f64::from(small.words()[index * channels + channel]) / 257.0
        } else {
            f64::from(small.data()[index * channels + channel])
        }
    };
    let alpha = if layout.has_alpha() { value(channels - 1) / 255.0 } else { 1.0 };
    match layout {
        // Without a profile; this is to find a place, not to show colours.
        Layout::Cmyk8 => [0, 1, 2].map(|ink| (255.0 - value(ink)) * (255.0 - value(3)) / 255.0),
        _ if layout.is_gray() => [value(0) * alpha; 3],
        _ => [0, 1, 2].map(|channel| value(channel) * alpha),
    }
}

/// CIE XYZ, white at Y = 100, by the matrix of IEC 61966-2-1.
fn to_xyz(rgb: [f64; 3]) -> [f64; 3] {
    let light = linear::light8();
    let [r, g, b] = rgb.map(|value| 100.0 * f64::from(light[value.clamp(0.0, 255.0).round() as usize]));
    [
        0.4124 * r + 0.3576 * g + 0.1805 * b,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        0.0193 * r + 0.1192 * g + 0.9505 * b,
    ]
}

/// How near the direction of a colour is to that of skin: 100 on it.
fn skin(xyz: [f64; 3]) -> f64 {
    const SKIN: [f64; 3] = [0.78, 0.57, 0.44];
    let length = xyz.iter().map(|part| part * part).sum::<f64>().sqrt();
    let distance =
        xyz.iter().zip(SKIN).map(|(part, skin)| (part / length - skin).powi(2)).sum::<f64>().sqrt();
    100.0 - 100.0 * distance
}

/// CIE 1976 a*, under D65.
fn redness([x, y, _]: [f64; 3]) -> f64 {
    let root = |share: f64| {
        if share > 216.0 / 24_389.0 { share.cbrt() } else { (24_389.0 / 27.0 * share + 16.0) / 116.0 }
    };
    500.0 * (root(x / 95.047) - root(y / 100.0))
}

/// A Gaussian, cut off where it falls below a fifth; edges are continued outwards.
fn blur(map: &Map, sigma: f64) -> Map {
    let weight = |distance: usize| (-((distance * distance) as f64) / (2.0 * sigma * sigma)).exp();
    let reach = (0..SIDE).take_while(|distance| weight(*distance) >= 0.2).count() as i64 - 1;
    let mean = |value: &dyn Fn(usize) -> f64, at: usize| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for offset in -reach..=reach {
            let part = weight(offset.unsigned_abs() as usize);
            sum += part * value((at as i64 + offset).clamp(0, SIDE as i64 - 1) as usize);
            weights += part;
        }
        sum / weights
    };
    let across: Map = std::array::from_fn(|y| std::array::from_fn(|x| mean(&|x| map[y][x], x)));
    std::array::from_fn(|y| std::array::from_fn(|x| mean(&|y| across[y][x], y)))
}

/// The first place of the greatest value.
fn greatest(map: &Map) -> (usize, usize) {
    let mut best = (0, 0);
    for (y, row) in map.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            if *value > map[best.1][best.0] {
                best = (x, y);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gray with a checked patch at `at`.
    fn picture(layout: Layout, at: (u32, u32)) -> Pixels {
        let mut pixels = Pixels::new(layout, 200, 100).unwrap();
        let channels = layout.channels();
        for (index, pixel) in pixels.data_mut().chunks_exact_mut(channels).enumerate() {
            let (x, y) = (index as u32 % 200, index as u32 / 200);
            let inside = x.abs_diff(at.0) < 8 && y.abs_diff(at.1) < 8;
            pixel.fill(if inside && (x / 4 + y / 4) % 2 == 0 { 250 } else { 90 });
            if layout.has_alpha() {
                pixel[channels - 1] = 255;
            }
        }
        pixels
    }

    fn found(pixels: &Pixels, orientation: Orientation, kept: (u64, u64)) -> (u64, u64) {
        let region = Region { left: 0, top: 0, width: pixels.width(), height: pixels.height() };
        let scaled = orientation.orient_size((200, 100));
        attention(pixels, region, orientation, scaled, kept, &Cancel::new()).unwrap()
    }

    #[test]
    fn what_is_seen_is_kept() {
        for layout in [Layout::L8, Layout::Rgb8, Layout::Rgba8] {
            for (at, expected) in [((30, 50), 0), ((100, 50), 50), ((160, 50), 100)] {
                let (left, top) = found(&picture(layout, at), Orientation::UPRIGHT, (100, 100));
                assert!(left.abs_diff(expected) <= 10 && top == 0, "{layout:?} {at:?}: {left}, {top}");
            }
        }
    }

    /// Pictures of two patches, where sharp has its attention: `benchmark/judge/attention.js`.
    #[test]
    fn it_is_where_sharps_is() {
        const PATCH: u32 = 48;
        let (mut cases, mut near) = (0, 0);
        for line in include_str!("../../tests/image/sharp-attention.csv").lines().skip(2) {
            let cells: Vec<u32> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            let (width, height) = (cells[0], cells[1]);
            let mut pixels = Pixels::new(Layout::Rgb8, width, height).unwrap();
            for (index, pixel) in pixels.data_mut().as_chunks_mut::<3>().0.iter_mut().enumerate() {
                let (x, y) = (index as u32 % width, index as u32 / width);
                let gray = 80 + x * 60 / width;
                *pixel = [gray, gray + y * 30 / height, gray + 10].map(|value| value as u8);
                for patch in [&cells[2..5], &cells[5..8]] {
                    let inside = |at: u32, start: u32| (start..start + PATCH).contains(&at);
                    if inside(x, patch[0]) && inside(y, patch[1]) {
                        let odd = (x / 6 + y / 6) % 2 == 1;
                        *pixel = match (patch[2], odd) {
                            (0, true) => [240; 3],
                            (0, false) => [20; 3],
                            (1, _) => [224, 172, 138],
                            (2, _) => [210, 30, 40],
                            (_, true) => [40; 3],
                            (_, false) => [10; 3],
                        };
                    }
                }
            }
            let kept = (u64::from(cells[8]), u64::from(cells[9]));
            let scale = (kept.0 as f64 / f64::from(width)).max(kept.1 as f64 / f64::from(height));
            let scaled = ((f64::from(width) * scale) as u64, (f64::from(height) * scale) as u64);
            let region = Region { left: 0, top: 0, width, height };
            let (left, top) =
                attention(&pixels, region, Orientation::UPRIGHT, scaled, kept, &Cancel::new()).unwrap();
            // A 32nd of a side is as exact as the method is.
            let cells_off = |found: u64, expected: u32, side: u64| {
                found.abs_diff(u64::from(expected)) as f64 / (side as f64 / SIDE as f64)
            };
            let off = cells_off(left, cells[10], scaled.0).max(cells_off(top, cells[11], scaled.1));
            near += usize::from(off <= 1.2);
            cases += 1;
        }
        // The pictures are scaled down in one step here and in two by sharp, which decides close calls.
        assert!(cases == 120 && near >= 114, "{near} of {cases}");
    }

    #[test]
    fn the_place_is_that_in_the_image_as_shown() {
        let turned = Orientation::from_exif(6).unwrap();
        let (left, top) = found(&picture(Layout::Rgb8, (160, 50)), turned, (100, 100));
        assert!(left == 0 && top.abs_diff(100) <= 10, "{left}, {top}");
    }

    #[test]
    fn an_even_picture_has_no_place_but_is_cut() {
        for value in [0, 255] {
            let mut pixels = Pixels::new(Layout::Rgb8, 3, 500).unwrap();
            pixels.data_mut().fill(value);
            let region = Region { left: 0, top: 0, width: 3, height: 500 };
            let (left, top) =
                attention(&pixels, region, Orientation::UPRIGHT, (3, 500), (3, 20), &Cancel::new()).unwrap();
            assert!(left == 0 && top <= 480);
        }
    }
}
