mod damage;
mod files;
mod writer;

use std::f64::consts::PI;

use proptest::prelude::*;

use self::writer::Picture;
use super::idct::Block;
use super::idct::tests::reference;
use super::*;
use crate::error::Code;
use crate::image::probe;

/// Sampling factors that exist, and some that only might.
const FACTORS: [&[(u32, u32)]; 16] = [
    &[(1, 1)],
    &[(2, 2)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(1, 2), (1, 1), (1, 1)],
    &[(4, 1), (1, 1), (1, 1)],
    &[(4, 2), (1, 1), (1, 1)],
    &[(2, 2), (2, 1), (1, 2)],
    &[(1, 1), (2, 2), (1, 1)],
    &[(3, 1), (2, 1), (1, 1)],
    &[(3, 3), (2, 2), (1, 4)],
    &[(4, 4), (4, 4), (4, 4)],
    &[(1, 1), (1, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1), (2, 2)],
    &[(1, 4), (3, 1), (2, 2), (4, 3)],
];

fn planes_of(file: &[u8], scale: Scale) -> Planes {
    planes_with(file, scale, false)
}

fn planes_with(file: &[u8], scale: Scale, full_chroma: bool) -> Planes {
    let metadata = probe(file).unwrap();
    planes(file, &metadata, scale, full_chroma, FailOn::Error, &Cancel::new()).unwrap()
}

fn pixels_of(file: &[u8], layout: Layout, scale: Scale) -> Pixels {
    let metadata = probe(file).unwrap();
    decode(file, &metadata, layout, scale, FailOn::Error, &Cancel::new()).unwrap()
}

/// The samples that count.
fn samples(plane: &Plane) -> Vec<u8> {
    let rows = plane.data.chunks(plane.stride).take(plane.height as usize);
    rows.flat_map(|row| row[..plane.width as usize].to_vec()).collect()
}

/// What the definition of the transform makes of a picture's component.
fn exact(picture: &Picture, component: usize, side: usize) -> (u32, u32, Vec<f64>) {
    let (stride, _, _) = picture.grid(component);
    let (most_h, most_v) = picture.most();
    let (h, v) = if picture.factors.len() == 1 { (1, 1) } else { picture.factors[component] };
    let width = (picture.width * h * side as u32).div_ceil(most_h * 8);
    let height = (picture.height * v * side as u32).div_ceil(most_v * 8);
    let blocks: Vec<Vec<f64>> =
        picture.blocks[component].iter().map(|block| reference(block, &picture.steps, side)).collect();
    let sample = |at: u32| {
        let (x, y) = ((at % width) as usize, (at / width) as usize);
        blocks[y / side * stride + x / side][y % side * side + x % side].clamp(0.0, 255.0)
    };
    (width, height, (0..width * height).map(sample).collect())
}

fn assert_exact(picture: &Picture, file: &[u8], scale: Scale) {
    let sides = vec![scale.side() as usize; picture.factors.len()];
    assert_sides(picture, &planes_of(file, scale), &sides, scale);
}

/// `sides`: samples a side of each component's blocks.
fn assert_sides(picture: &Picture, found: &Planes, sides: &[usize], scale: Scale) {
    assert_eq!(found.planes.len(), picture.factors.len());
    for (index, plane) in found.planes.iter().enumerate() {
        let (width, height, samples_exact) = exact(picture, index, sides[index]);
        assert_eq!((plane.width, plane.height), (width, height), "component {index}, {scale:?}");
        for (at, (found, exact)) in samples(plane).iter().zip(samples_exact).enumerate() {
            assert!(
                (f64::from(*found) - exact).abs() <= 1.02,
                "{found} instead of {exact} at {at} of component {index}, {scale:?}, {:?}",
                picture.factors
            );
        }
    }
}

/// Every way to write the same coefficients.
fn files_of(picture: &Picture) -> Vec<Vec<u8>> {
    let alone: Vec<[usize; 1]> = (0..picture.factors.len()).map(|component| [component]).collect();
    let mut files = vec![
        picture.interleaved(),
        picture.sequential(&alone.iter().rev().map(|scan| &scan[..]).collect::<Vec<_>>()),
        picture.progressive(),
    ];
    if picture.factors.len() > 2 {
        let rest: Vec<usize> = (1..picture.factors.len()).collect();
        files.push(picture.sequential(&[&[0], &rest]));
    }
    files
}

#[test]
fn planes_are_those_of_the_definition_for_every_sampling() {
    for (index, factors) in FACTORS.iter().enumerate() {
        for (width, height) in [(1, 1), (37, 45), (70, 19)] {
            let picture = Picture::random(width, height, factors, index as u64);
            for scale in Scale::ALL {
                assert_exact(&picture, &picture.interleaved(), scale);
            }
        }
    }
}

/// Where an output wants all of chroma, what has fewer samples is scaled down less, up to as many as luma has.
#[test]
fn chroma_is_scaled_down_less_where_all_of_it_is_wanted() {
    for (factors, more) in [
        (vec![(1, 1), (1, 1), (1, 1)], [1, 1]),
        (vec![(2, 1), (1, 1), (1, 1)], [1, 1]),
        (vec![(2, 2), (1, 1), (1, 1)], [2, 2]),
        (vec![(2, 2), (1, 1), (2, 1)], [2, 1]),
        (vec![(4, 4), (1, 1), (2, 2)], [4, 2]),
        (vec![(4, 2), (1, 1), (2, 1)], [2, 2]),
    ] {
        let picture = Picture::random(75, 41, &factors, 7);
        for (file, scale) in files_of(&picture).iter().flat_map(|file| Scale::ALL.map(|scale| (file, scale)))
        {
            let side = scale.side() as usize;
            let others = more.map(|more| match scale {
                Scale::FiveEighths | Scale::ThreeQuarters => side,
                _ => (side * more).min(8),
            });
            let planes = planes_with(file, scale, true);
            assert_sides(&picture, &planes, &[side, others[0], others[1]], scale);
            let held: usize = planes.planes.iter().map(|plane| plane.data.len()).sum();
            // Without what does not depend on the size.
            assert!((held as u64) + (128 << 10) <= extra_bytes(&probe(file).unwrap(), scale, true));
        }
    }
}

#[test]
fn the_way_a_file_is_written_makes_no_difference() {
    for (index, factors) in FACTORS.iter().enumerate() {
        for interval in [0, 1, 3] {
            let mut picture = Picture::random(75, 41, factors, 100 + index as u64);
            picture.interval = interval;
            let files = files_of(&picture);
            let layout = if factors.len() == 1 { Layout::L8 } else { Layout::Rgb8 };
            for scale in Scale::ALL {
                let expected = planes_of(&files[0], scale);
                let pixels = pixels_of(&files[0], layout, scale);
                for file in &files[1..] {
                    for (found, expected) in planes_of(file, scale).planes.iter().zip(&expected.planes) {
                        assert!(samples(found) == samples(expected), "{factors:?}, {scale:?}");
                    }
                    let found = pixels_of(file, layout, scale);
                    assert_eq!(found.size(), {
                        let metadata = probe(file).unwrap();
                        (scale.of(metadata.width), scale.of(metadata.height))
                    });
                    assert!(found.data() == pixels.data(), "{factors:?}, {scale:?}");
                }
            }
        }
    }
}

#[test]
fn memory_is_within_the_bound() {
    for factors in FACTORS {
        for (width, height) in [(1, 1), (300, 1), (1, 300), (129, 257)] {
            let picture = Picture::random(width, height, factors, 5);
            for file in files_of(&picture) {
                let metadata = probe(&file).unwrap();
                for scale in Scale::ALL {
                    let planes = planes_of(&file, scale);
                    let held: usize = planes.planes.iter().map(|plane| plane.data.len()).sum();
                    let coefficients: usize = if metadata.progressive == Some(true) {
                        picture.blocks.iter().map(|blocks| blocks.len() * 128).sum()
                    } else {
                        0
                    };
                    // Without what does not depend on the size.
                    let most = extra_bytes(&metadata, scale, true) - (128 << 10);
                    assert!((held + coefficients) as u64 <= most, "{factors:?}, {scale:?}");
                    let separate = metadata.whole_coefficients && metadata.progressive == Some(false);
                    let whole = if separate { planes_of(&file, Scale::Full) } else { planes };
                    let held: usize = if separate {
                        whole.planes.iter().map(|plane| plane.data.len()).sum()
                    } else {
                        coefficients
                    };
                    assert!(held as u64 <= extra_bytes(&metadata, scale, false));
                }
            }
        }
    }
}

/// The image as the definition of the enlarging filters has it, from the planes.
#[test]
fn chroma_is_enlarged_by_the_triangle_filter() {
    let picture = Picture::random(45, 37, &[(2, 2), (1, 1), (1, 1)], 77);
    let file = picture.interleaved();
    let planes = planes_of(&file, Scale::Full);
    let chroma = |plane: &Plane, x: i64, y: i64| {
        let (x, y) = (x.clamp(0, i64::from(plane.width) - 1), y.clamp(0, i64::from(plane.height) - 1));
        f64::from(plane.data[y as usize * plane.stride + x as usize])
    };
    let enlarged = |plane: &Plane, x: i64, y: i64| {
        let (far_x, far_y) = (x / 2 + (x % 2) * 2 - 1, y / 2 + (y % 2) * 2 - 1);
        let row = |y: i64| 0.75 * chroma(plane, x / 2, y) + 0.25 * chroma(plane, far_x, y);
        0.75 * row(y / 2) + 0.25 * row(far_y)
    };
    let pixels = pixels_of(&file, Layout::Rgb8, Scale::Full);
    for (at, pixel) in pixels.data().chunks(3).enumerate() {
        let (x, y) = (at as i64 % 45, at as i64 / 45);
        let luma = chroma(&planes.planes[0], x, y);
        let (cb, cr) = (enlarged(&planes.planes[1], x, y) - 128.0, enlarged(&planes.planes[2], x, y) - 128.0);
        let exact = [luma + 1.402 * cr, luma - 0.344_136 * cb - 0.714_136 * cr, luma + 1.772 * cb];
        for (found, exact) in pixel.iter().zip(exact) {
            assert!((f64::from(*found) - exact.clamp(0.0, 255.0)).abs() <= 1.6, "{pixel:?} at {x}, {y}");
        }
    }
}

/// A block's coefficients by the definition of the transform (T.81, A.3.3).
fn forward(sample: impl Fn(usize, usize) -> f64) -> Block {
    let cosine = |frequency: usize, place: usize| {
        let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        scale * ((2 * place + 1) as f64 * frequency as f64 * PI / 16.0).cos() / 2.0
    };
    std::array::from_fn(|index| {
        let term = |at: usize| {
            (sample(at % 8, at / 8) - 128.0) * cosine(index % 8, at % 8) * cosine(index / 8, at / 8)
        };
        (0..64).map(term).sum::<f64>().round() as i16
    })
}

/// A wave that a scaled image can show is there as it was, and nothing appears at the borders of blocks.
#[test]
fn scaled_images_are_the_same_curve() {
    const SIDE: u32 = 64;
    let curve = |x: f64, y: f64| 128.0 + 60.0 * (x * PI * 3.0).sin() + 40.0 * (y * PI * 2.0).cos();
    let mut picture = Picture::random(SIDE, SIDE, &[(1, 1)], 1);
    picture.steps = [1; 64];
    for (index, block) in picture.blocks[0].iter_mut().enumerate() {
        let (left, top) = (index as u32 % (SIDE / 8) * 8, index as u32 / (SIDE / 8) * 8);
        let place = |from: u32, at: usize| (f64::from(from) + at as f64 + 0.5) / f64::from(SIDE);
        *block = forward(|x, y| curve(place(left, x), place(top, y)));
    }
    // Of two samples a block, the steepest slopes lose most.
    for scale in Scale::ALL.into_iter().filter(|scale| scale.factor() > 0.2) {
        let most = if scale == Scale::Quarter { 5.0 } else { 3.0 };
        let planes = planes_of(&picture.interleaved(), scale);
        let plane = &planes.planes[0];
        for y in 0..plane.height {
            for x in 0..plane.width {
                let at = |place: u32, length: u32| (f64::from(place) + 0.5) / f64::from(length);
                let exact = curve(at(x, plane.width), at(y, plane.height));
                let found = f64::from(plane.data[y as usize * plane.stride + x as usize]);
                assert!((found - exact).abs() <= most, "{found} instead of {exact} at {x}, {y}, {scale:?}");
            }
        }
    }
}

#[test]
fn lengths_are_scaled_without_overflow() {
    for length in [0, 1, 7, 8, 9, 65_535, 1 << 29, u32::MAX] {
        for scale in Scale::ALL {
            assert_eq!(scale.of(length), (f64::from(length) * scale.factor()).ceil() as u32);
        }
    }
}

#[test]
fn cancelled_decoding_stops() {
    let picture = Picture::random(64, 64, FACTORS[4], 1);
    for file in files_of(&picture) {
        let metadata = probe(&file).unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        let error = decode(&file, &metadata, Layout::Rgb8, Scale::Full, FailOn::None, &cancel).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
        let error = planes(&file, &metadata, Scale::Half, false, FailOn::None, &cancel).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_picture_is_exact(
        width in 1_u32..90,
        height in 1_u32..90,
        factors in proptest::sample::select(&FACTORS[..]),
        odd in proptest::option::of(proptest::collection::vec((1_u32..=4, 1_u32..=4), 3)),
        interval in 0_u16..6,
        scale in proptest::sample::select(&Scale::ALL[..]),
        seed in any::<u64>(),
    ) {
        let mut picture = Picture::random(width, height, odd.as_deref().unwrap_or(factors), seed);
        picture.interval = interval;
        for file in files_of(&picture) {
            assert_exact(&picture, &file, scale);
            let layout = if picture.factors.len() == 1 { Layout::L8 } else { Layout::Rgb8 };
            prop_assert_eq!(pixels_of(&file, layout, scale).size(), (scale.of(width), scale.of(height)));
        }
    }
}
