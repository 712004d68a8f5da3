use super::*;
use crate::error::Code;

fn noise(layout: Layout, width: u32, height: u32, seed: u32) -> Pixels {
    let mut state = seed;
    let mut pixels = Pixels::new(layout, width, height).unwrap();
    pixels.data_mut().fill_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    pixels
}

/// All of a source to all of a target.
fn whole(source: (u32, u32), target: (u32, u32), kernel: Kernel) -> Scaling {
    let (width, height) = source;
    Scaling {
        region: Region { left: 0, top: 0, width, height },
        area: Rect { left: 0.0, top: 0.0, width: f64::from(width), height: f64::from(height) },
        target,
        kernel,
        linear: false,
        levels: Levels::KEPT,
    }
}

fn scale(source: &Pixels, scaling: &Scaling) -> Pixels {
    resize_ref(source, scaling, &Cancel::new()).unwrap()
}

/// The kernels as their papers define them.
fn weight(kernel: Kernel, x: f64) -> f64 {
    let x = x.abs();
    let cubic = |b: f64, c: f64| {
        if x < 1.0 {
            ((12.0 - 9.0 * b - 6.0 * c) * x.powi(3) + (-18.0 + 12.0 * b + 6.0 * c) * x.powi(2) + 6.0
                - 2.0 * b)
                / 6.0
        } else if x < 2.0 {
            ((-b - 6.0 * c) * x.powi(3)
                + (6.0 * b + 30.0 * c) * x.powi(2)
                + (-12.0 * b - 48.0 * c) * x
                + 8.0 * b
                + 24.0 * c)
                / 6.0
        } else {
            0.0
        }
    };
    let sinc =
        |x: f64| if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    match kernel {
        Kernel::Nearest => unreachable!("nearest has no weights"),
        Kernel::Bilinear => (1.0 - x).max(0.0),
        Kernel::CatmullRom => cubic(0.0, 0.5),
        Kernel::Mitchell => cubic(1.0 / 3.0, 1.0 / 3.0),
        Kernel::Lanczos3 => {
            if x < 3.0 {
                sinc(x) * sinc(x / 3.0)
            } else {
                0.0
            }
        }
    }
}

/// One axis in floating point: for each output pixel the weight of every input pixel, nothing clever.
fn axis(source: usize, start: f64, length: f64, target: usize, kernel: Kernel) -> Vec<Vec<f64>> {
    let shrink = length / target as f64;
    // From four times on, pixels are averaged in groups before the kernel is applied, as by libvips.
    let group = ((shrink / 2.0).floor() as usize).clamp(1, source);
    let groups = source.div_ceil(group) as i64;
    let shrink = shrink / group as f64;
    let start = start / group as f64;
    let stretch = shrink.max(1.0);
    (0..target)
        .map(|index| {
            let mut weights = vec![0.0; source];
            if shrink.total_cmp(&1.0).is_eq() && group == 1 && start.fract() == 0.0 {
                // An axis that keeps its size is not filtered, not even by kernels that blur at 1:1.
                weights[start as usize + index] = 1.0;
                return weights;
            }
            let center = start + (index as f64 + 0.5) * shrink - 0.5;
            for at in -100..groups + 100 {
                let part = weight(kernel, (at as f64 - center) / stretch) / group as f64;
                let at = at.clamp(0, groups - 1) as usize;
                // Edges are continued outwards, by groups and by pixels.
                for offset in 0..group {
                    weights[(at * group + offset).min(source - 1)] += part;
                }
            }
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|weight| weight / sum).collect()
        })
        .collect()
}

fn sample(pixels: &Pixels, index: usize) -> f64 {
    if pixels.layout().is_wide() { f64::from(pixels.words()[index]) } else { f64::from(pixels.data()[index]) }
}

/// Both axes in floating point, weighted by alpha where there is one.
fn reference(source: &Pixels, scaling: &Scaling) -> Vec<f64> {
    let channels = source.layout().channels();
    let alpha = source.layout().has_alpha();
    let max = if source.layout().is_wide() { 65_535.0 } else { 255.0 };
    let Rect { left, top, width, height } = scaling.area;
    let target = (scaling.target.0 as usize, scaling.target.1 as usize);
    let columns = axis(source.width() as usize, left, width, target.0, scaling.kernel);
    let rows = axis(source.height() as usize, top, height, target.1, scaling.kernel);
    let mut output = Vec::new();
    for row in &rows {
        for column in &columns {
            let mut sums = vec![0.0; channels];
            for (y, vertical) in row.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                for (x, horizontal) in column.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                    let at = (y * source.width() as usize + x) * channels;
                    let opacity = if alpha { sample(source, at + channels - 1) / max } else { 1.0 };
                    for (channel, sum) in sums.iter_mut().enumerate() {
                        let own = if alpha && channel == channels - 1 { 1.0 } else { opacity };
                        *sum += vertical * horizontal * sample(source, at + channel) * own;
                    }
                }
            }
            if alpha {
                let opacity = sums[channels - 1] / max;
                for sum in &mut sums[..channels - 1] {
                    *sum = if opacity * max < 0.5 { 0.0 } else { *sum / opacity };
                }
            }
            output.extend(sums.iter().map(|sum| sum.clamp(0.0, max)));
        }
    }
    output
}

fn assert_close(found: &Pixels, expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.data().len(), expected.len() * found.layout().sample_bytes());
    for (index, expected) in expected.iter().enumerate() {
        let found = sample(found, index);
        assert!((found - expected).abs() <= tolerance, "{what}: {found} at {index}, expected {expected}");
    }
}

const KERNELS: [Kernel; 4] = [Kernel::Bilinear, Kernel::CatmullRom, Kernel::Mitchell, Kernel::Lanczos3];

#[test]
fn every_kernel_agrees_with_floating_point() {
    for kernel in KERNELS {
        for (from, to) in [
            ((40, 30), (13, 11)),
            ((9, 14), (30, 21)),
            ((50, 7), (10, 20)),
            ((33, 33), (33, 10)),
            ((131, 97), (13, 9)),
        ] {
            for layout in [Layout::L8, Layout::La8, Layout::Rgb8, Layout::Rgba8, Layout::Cmyk8] {
                let source = noise(layout, from.0, from.1, 7);
                let scaling = whole(from, to, kernel);
                let what = format!("{kernel:?} {layout:?} {from:?} to {to:?}");
                // Rounded once, at the end.
                assert_close(&scale(&source, &scaling), &reference(&source, &scaling), 0.51, &what);
            }
        }
    }
}

#[test]
fn sixteen_bits_are_kept() {
    for layout in [Layout::L16, Layout::La16, Layout::Rgb16, Layout::Rgba16] {
        for (from, to) in [((40, 30), (13, 11)), ((9, 14), (30, 21)), ((131, 97), (13, 9))] {
            let mut source = noise(layout, from.0, from.1, 5);
            // Opaque enough that dividing by alpha does not blow up what floats cannot hold.
            if layout.has_alpha() {
                source
                    .words_mut()
                    .chunks_exact_mut(layout.channels())
                    .for_each(|pixel| pixel[layout.channels() - 1] |= 0xC000);
            }
            let scaling = whole(from, to, Kernel::Lanczos3);
            assert_close(
                &scale(&source, &scaling),
                &reference(&source, &scaling),
                0.6,
                &format!("{layout:?}"),
            );
        }
    }
}

#[test]
fn cuts_sample_like_cutting_the_whole_result() {
    let source = noise(Layout::Rgb8, 61, 47, 3);
    let all = scale(&source, &whole((61, 47), (20, 16), Kernel::Lanczos3));
    let (across, down) = (61.0 / 20.0, 47.0 / 16.0);
    let area = Rect { left: 5.0 * across, top: 2.0 * down, width: 9.0 * across, height: 10.0 * down };
    let cut = Scaling { area, target: (9, 10), ..whole((61, 47), (20, 16), Kernel::Lanczos3) };
    let found = scale(&source, &cut);
    for y in 0..10 {
        for x in 0..9 * 3 {
            let (one, other) = (found.data()[y * 27 + x], all.data()[(y + 2) * 60 + 15 + x]);
            assert!(one.abs_diff(other) <= 1, "{one} and {other} at {x}, {y}");
        }
    }
}

#[test]
fn areas_may_reach_beyond_the_edges() {
    let source = noise(Layout::Rgba8, 30, 20, 9);
    let area = Rect { left: -0.5, top: -0.25, width: 31.0, height: 20.5 };
    let scaling = Scaling { area, ..whole((30, 20), (11, 7), Kernel::Lanczos3) };
    assert_close(&scale(&source, &scaling), &reference(&source, &scaling), 0.51, "beyond");
}

#[test]
fn nothing_outside_the_region_has_an_influence() {
    for (layout, kernel) in [
        (Layout::Rgb8, Kernel::Lanczos3),
        (Layout::Rgba8, Kernel::Mitchell),
        (Layout::Rgba16, Kernel::Lanczos3),
        (Layout::Rgb16, Kernel::Bilinear),
        (Layout::La8, Kernel::Nearest),
    ] {
        let source = noise(layout, 50, 40, 21);
        let region = Region { left: 7, top: 5, width: 30, height: 20 };
        let within = whole((30, 20), (9, 8), kernel);
        let found = scale(&source, &Scaling { region, ..within });
        let moved = whole((30, 20), (30, 20), kernel);
        let alone = scale(&source, &Scaling { region, ..moved });
        assert_eq!(found.data(), scale(&alone, &within).data(), "{layout:?} {kernel:?}");
    }
}

#[test]
fn rows_can_be_made_apart() {
    for (layout, target) in [(Layout::Rgb8, (31, 200)), (Layout::Rgba8, (70, 301)), (Layout::L16, (5, 77))] {
        for linear in [false, true] {
            let source = noise(layout, 90, 333, 4);
            let scaling = Scaling { linear, ..whole((90, 333), target, Kernel::Lanczos3) };
            let together = scale(&source, &scaling);
            let resampler = Resampler::new(layout, (90, 333), &scaling).unwrap();
            for parts in [1, 2, 3, 8, 100] {
                let apart = resampler.parts(parts).into_iter().map(|(first, rows)| {
                    let mut part = Pixels::new(layout, target.0, rows).unwrap();
                    resampler.rows(&source, first, &mut part, &Cancel::new()).unwrap();
                    part
                });
                let apart = stack(apart.collect(), &Cancel::new()).unwrap();
                assert_eq!(apart.size(), target);
                assert_eq!(apart.data(), together.data(), "{layout:?} in {parts}");
            }
        }
    }
}

#[test]
fn transparent_pixels_do_not_bleed() {
    // Transparent red beside opaque green: no red may show at the edge.
    let data =
        (0..64).flat_map(|index| if index % 8 < 4 { [255, 0, 0, 0] } else { [0, 255, 0, 255] }).collect();
    let source = Pixels::from_vec(Layout::Rgba8, 8, 8, data).unwrap();
    let found = scale(&source, &whole((8, 8), (3, 3), Kernel::Lanczos3));
    for pixel in found.data().chunks_exact(4) {
        assert!(pixel[3] == 0 || pixel[0] == 0, "{pixel:?}");
    }
}

#[test]
fn a_colour_stays_itself_under_any_alpha() {
    for layout in [Layout::Rgba8, Layout::Rgba16] {
        let mut source = noise(layout, 64, 64, 77);
        if layout.is_wide() {
            source
                .words_mut()
                .chunks_exact_mut(4)
                .for_each(|pixel| pixel[..3].copy_from_slice(&[100, 9_999, 65_535]));
        } else {
            source
                .data_mut()
                .chunks_exact_mut(4)
                .for_each(|pixel| pixel[..3].copy_from_slice(&[1, 100, 255]));
        }
        let expected = [sample(&source, 0), sample(&source, 1), sample(&source, 2)];
        for target in [(20, 20), (150, 90)] {
            let found = scale(&source, &whole((64, 64), target, Kernel::Lanczos3));
            for start in (0..target.0 as usize * target.1 as usize * 4).step_by(4) {
                let visible = sample(&found, start + 3) > 0.0;
                for channel in 0..3 {
                    let expected = if visible { expected[channel] } else { 0.0 };
                    let value = sample(&found, start + channel);
                    // Dividing by little alpha blows up what floats of 24 bits leave out.
                    let tolerance = if layout.is_wide() { 16.0 } else { 1.0 };
                    assert!((value - expected).abs() <= tolerance, "{layout:?}: {value}, not {expected}");
                }
            }
        }
    }
}

#[test]
fn nearest_takes_the_nearest() {
    let source = Pixels::from_vec(Layout::L8, 4, 1, vec![10, 20, 30, 40]).unwrap();
    let found = scale(&source, &whole((4, 1), (8, 1), Kernel::Nearest));
    assert_eq!(found.data(), [10, 10, 20, 20, 30, 30, 40, 40]);
    let found = scale(&source, &whole((4, 1), (2, 1), Kernel::Nearest));
    assert_eq!(found.data(), [20, 40]);
}

#[test]
fn what_keeps_its_size_stays_as_it_is() {
    let source = noise(Layout::Rgba8, 30, 30, 1);
    for kernel in KERNELS {
        assert_eq!(scale(&source, &whole((30, 30), (30, 30), kernel)).data(), source.data());
    }
}

#[test]
fn a_cancelled_resize_stops() {
    let cancel = Cancel::new();
    cancel.cancel();
    let source = noise(Layout::Rgb8, 30, 30, 1);
    let error = resize_ref(&source, &whole((30, 30), (10, 10), Kernel::Lanczos3), &cancel).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
}

/// Eight rows may be made of nearly all of the source: then it is no matter of eight rows how soon.
#[test]
fn a_resize_that_shrinks_much_stops_soon() {
    let source = noise(Layout::Rgba8, 30, 3000, 1);
    let scaling = whole((30, 3000), (3, 8), Kernel::Lanczos3);
    let all = Cancel::after(10_000);
    resize_ref(&source, &scaling, &all).unwrap();
    let polls = 10_000 - all.polls_left();
    assert!(polls > 16, "{polls}");
    for after in 0..polls {
        assert_eq!(resize_ref(&source, &scaling, &Cancel::after(after)).unwrap_err().code(), Code::Cancelled);
    }
}

/// Black and white in equal parts are half the light, which sRGB stores as 188; as stored values they are 128.
#[test]
fn linear_light() {
    for (layout, half) in [
        (Layout::L8, 188),
        (Layout::Rgb8, 188),
        (Layout::Rgba8, 188),
        (Layout::L16, 48_192),
        (Layout::Rgb16, 48_192),
        (Layout::Rgba16, 48_192),
    ] {
        let mut source = Pixels::new(layout, 64, 64).unwrap();
        let bytes = layout.pixel_bytes();
        let opaque = if layout.has_alpha() { layout.sample_bytes() } else { 0 };
        for (index, pixel) in source.data_mut().chunks_exact_mut(bytes).enumerate() {
            let white = (index % 64 + index / 64) % 2 == 0;
            pixel.fill(if white { 255 } else { 0 });
            pixel[bytes - opaque..].fill(255);
        }
        for (linear, expected) in [(true, half), (false, if layout.is_wide() { 32_768 } else { 128 })] {
            let scaling = Scaling { linear, ..whole((64, 64), (8, 8), Kernel::Bilinear) };
            let found = scale(&source, &scaling);
            for pixel in 0..64 {
                let value = sample(&found, pixel * layout.channels()) as i32;
                assert!(
                    value.abs_diff(expected) <= u32::from(layout.is_wide()) * 2,
                    "{layout:?} {linear}: {value}"
                );
            }
        }
    }
}

#[test]
fn linear_light_leaves_even_colours_alone() {
    for value in 0..=255 {
        let source = Pixels::from_vec(Layout::Rgba8, 7, 5, vec![value; 7 * 5 * 4]).unwrap();
        let scaling = Scaling { linear: true, ..whole((7, 5), (3, 4), Kernel::Lanczos3) };
        let found = scale(&source, &scaling);
        assert!(found.data().iter().all(|found| *found == value), "{value}: {:?}", found.data());
    }
}

#[test]
fn scalings_that_make_no_sense_are_errors() {
    let source = noise(Layout::L8, 10, 10, 1);
    let good = whole((10, 10), (5, 5), Kernel::Lanczos3);
    for bad in [
        Scaling { target: (0, 5), ..good },
        Scaling { region: Region { left: 1, top: 0, width: 10, height: 10 }, ..good },
        Scaling { region: Region { left: 0, top: u32::MAX, width: 10, height: 10 }, ..good },
        Scaling { area: Rect { left: f64::NAN, top: 0.0, width: 1.0, height: 1.0 }, ..good },
        Scaling { area: Rect { left: 0.0, top: 0.0, width: 0.0, height: 1.0 }, ..good },
    ] {
        assert_eq!(resize_ref(&source, &bad, &Cancel::new()).unwrap_err().code(), Code::Internal, "{bad:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    /// Whatever the shape: no panic, an even picture stays even, and no value is wrapped around.
    #[test]
    fn shapes_of_all_kinds(
        long in 1_u32..3_000, short in 1_u32..4, upright: bool, target in (1_u32..400, 1_u32..400),
        layout in 0_usize..9, kernel in 0_usize..5, linear: bool, bright: bool,
    ) {
        let layout = [
            Layout::L8, Layout::La8, Layout::Rgb8, Layout::Rgba8, Layout::Cmyk8,
            Layout::L16, Layout::La16, Layout::Rgb16, Layout::Rgba16,
        ][layout];
        let size = if upright { (short, long) } else { (long, short) };
        let kernel = [Kernel::Nearest, Kernel::Bilinear, Kernel::CatmullRom, Kernel::Mitchell, Kernel::Lanczos3][kernel];
        let mut source = Pixels::new(layout, size.0, size.1).unwrap();
        source.data_mut().fill(if bright { 255 } else { 0 });
        let scaling = Scaling { linear, ..whole(size, target, kernel) };
        let found = scale(&source, &scaling);
        assert_eq!(found.size(), target);
        // A sum of thousands of floats is exact to eight bits, not quite to sixteen.
        let (expected, tolerance) = match (layout.is_wide(), bright) {
            (false, true) => (255.0, 0.0),
            (true, true) => (65_535.0, 16.0),
            (_, false) => (0.0, 0.0),
        };
        let count = found.data().len() / layout.sample_bytes();
        assert!((0..count).all(|index| (sample(&found, index) - expected).abs() <= tolerance));
    }
}

/// Sixteen bits show what eight are rounded from.
#[test]
fn levels_are_rounded_once() {
    for target in [(31, 17), (64, 40), (90, 60)] {
        let scaling = whole((64, 40), target, Kernel::Bilinear);
        let source = noise(Layout::L8, 64, 40, 5);
        let mut fine = Pixels::new(Layout::L16, 64, 40).unwrap();
        for (fine, sample) in fine.words_mut().iter_mut().zip(source.data()) {
            *fine = u16::from(*sample) * 257;
        }
        let exact = scale(&fine, &scaling);
        for (levels, line) in [
            (Levels::STUDIO_LUMA, (|value| 16.0 + value * 219.0 / 255.0) as fn(f64) -> f64),
            (Levels::STUDIO_CHROMA, |value| 128.0 + (value - 128.0) * 224.0 / 255.0),
        ] {
            let found = scale(&source, &Scaling { levels, ..scaling });
            for (found, exact) in found.data().iter().zip(exact.words()) {
                let exact = line(f64::from(*exact) / 257.0);
                assert!((f64::from(*found) - exact).abs() <= 0.505, "{target:?}: {found} {exact}");
            }
        }
    }
}
