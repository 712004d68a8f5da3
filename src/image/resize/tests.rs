use super::*;
use crate::error::Code;
use crate::image::options::Kernel;

fn noise(layout: Layout, width: u32, height: u32, seed: u32) -> Pixels {
    let mut state = seed;
    let length = width as usize * height as usize * layout.channels();
    let data = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    Pixels::from_vec(layout, width, height, data.take(length).collect()).unwrap()
}

fn whole(source: &Pixels) -> (Span, Span) {
    (
        Span { start: 0.0, length: f64::from(source.width()) },
        Span { start: 0.0, length: f64::from(source.height()) },
    )
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

/// One axis in floating point: for each output pixel, every input pixel and its weight, nothing clever.
fn axis(source: usize, span: Span, target: usize, kernel: Kernel) -> Vec<Vec<f64>> {
    let shrink = span.length / target as f64;
    if span.is_whole_pixels(target as u32) {
        // An axis that keeps its size is not filtered, not even by kernels that blur at 1:1 (as libvips).
        let taken =
            |index: usize| (0..source).map(move |at| f64::from(u8::from(at == span.start as usize + index)));
        return (0..target).map(|index| taken(index).collect()).collect();
    }
    let stretch = shrink.max(1.0);
    (0..target)
        .map(|index| {
            let center = span.start + (index as f64 + 0.5) * shrink;
            let weights: Vec<f64> =
                (0..source).map(|at| weight(kernel, (at as f64 + 0.5 - center) / stretch)).collect();
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|weight| weight / sum).collect()
        })
        .collect()
}

/// Both axes in floating point, weighted by alpha where there is one.
fn reference(
    source: &Pixels,
    across: Span,
    down: Span,
    (width, height): (u32, u32),
    kernel: Kernel,
) -> Vec<f64> {
    let channels = source.layout().channels();
    let alpha = source.layout().has_alpha();
    let columns = axis(source.width() as usize, across, width as usize, kernel);
    let rows = axis(source.height() as usize, down, height as usize, kernel);
    let mut output = Vec::new();
    for row in &rows {
        for column in &columns {
            let mut sums = vec![0.0; channels];
            for (y, vertical) in row.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                for (x, horizontal) in column.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                    let at = (y * source.width() as usize + x) * channels;
                    let pixel = &source.data()[at..at + channels];
                    let opacity = if alpha { f64::from(pixel[channels - 1]) / 255.0 } else { 1.0 };
                    for (channel, sum) in sums.iter_mut().enumerate() {
                        let own = if alpha && channel == channels - 1 { 1.0 } else { opacity };
                        *sum += vertical * horizontal * f64::from(pixel[channel]) * own;
                    }
                }
            }
            if alpha {
                let opacity = sums[channels - 1].clamp(0.0, 255.0) / 255.0;
                for sum in &mut sums[..channels - 1] {
                    *sum = if opacity > 0.0 { *sum / opacity } else { 0.0 };
                }
            }
            output.extend(sums.iter().map(|sum| sum.clamp(0.0, 255.0)));
        }
    }
    output
}

fn assert_close(found: &Pixels, expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.data().len(), expected.len());
    for (index, (found, expected)) in found.data().iter().zip(expected).enumerate() {
        assert!(
            (f64::from(*found) - expected).abs() <= tolerance,
            "{what}: {found} at {index}, expected {expected}"
        );
    }
}

#[test]
fn every_kernel_agrees_with_floating_point() {
    for kernel in [Kernel::Bilinear, Kernel::CatmullRom, Kernel::Mitchell, Kernel::Lanczos3] {
        for (from, to) in
            [((40, 30), (13, 11)), ((9, 14), (30, 21)), ((50, 7), (10, 20)), ((33, 33), (33, 10))]
        {
            for layout in [Layout::L8, Layout::Rgb8] {
                let mut source = noise(layout, from.0, from.1, 7);
                // Away from the ends, where the first pass would clip what the second needs.
                source.data_mut().iter_mut().for_each(|value| *value = 80 + *value / 3);
                let (across, down) = whole(&source);
                let expected = reference(&source, across, down, to, kernel);
                let found = scale(source, across, down, to, kernel, &Cancel::new()).unwrap();
                // Rounded to eight bits once a pass.
                assert_close(&found, &expected, 2.0, &format!("{kernel:?} {layout:?} {from:?} to {to:?}"));
            }
        }
    }
}

#[test]
fn cuts_sample_like_cutting_the_whole_result() {
    let source = noise(Layout::Rgb8, 61, 47, 3);
    let across = Span::new(61, 20, 5, 9);
    let down = Span::new(47, 16, 2, 10);
    let expected = reference(&source, across, down, (9, 10), Kernel::Lanczos3);
    let (whole_across, whole_down) = whole(&source);
    let all = scale(
        noise(Layout::Rgb8, 61, 47, 3),
        whole_across,
        whole_down,
        (20, 16),
        Kernel::Lanczos3,
        &Cancel::new(),
    )
    .unwrap();
    let found = scale(source, across, down, (9, 10), Kernel::Lanczos3, &Cancel::new()).unwrap();
    assert_close(&found, &expected, 2.0, "cut");
    for y in 0..10 {
        for x in 0..9 * 3 {
            let (one, other) = (found.data()[y * 27 + x], all.data()[(y + 2) * 60 + 15 + x]);
            assert!(one.abs_diff(other) <= 1, "{one} and {other} at {x}, {y}");
        }
    }
}

#[test]
fn alpha_weights_colours() {
    // Opaque enough everywhere that dividing by alpha does not blow rounding up.
    let mut source = noise(Layout::Rgba8, 40, 40, 11);
    for pixel in source.data_mut().chunks_exact_mut(4) {
        pixel[3] |= 0xC0;
    }
    let (across, down) = whole(&source);
    let expected = reference(&source, across, down, (12, 12), Kernel::Bilinear);
    let found = scale(source, across, down, (12, 12), Kernel::Bilinear, &Cancel::new()).unwrap();
    assert_close(&found, &expected, 4.0, "rgba");
}

#[test]
fn transparent_pixels_do_not_bleed() {
    // Transparent red beside opaque green: no red may show at the edge.
    let data =
        (0..64).flat_map(|index| if index % 8 < 4 { [255, 0, 0, 0] } else { [0, 255, 0, 255] }).collect();
    let source = Pixels::from_vec(Layout::Rgba8, 8, 8, data).unwrap();
    let (across, down) = whole(&source);
    let found = scale(source, across, down, (3, 3), Kernel::Lanczos3, &Cancel::new()).unwrap();
    for pixel in found.data().chunks_exact(4) {
        assert!(pixel[3] == 0 || pixel[0] == 0, "{pixel:?}");
    }
}

#[test]
fn nearest_takes_the_nearest() {
    let source = Pixels::from_vec(Layout::L8, 4, 1, vec![10, 20, 30, 40]).unwrap();
    let (across, down) = whole(&source);
    let found = scale(source, across, down, (8, 1), Kernel::Nearest, &Cancel::new()).unwrap();
    assert_eq!(found.data(), [10, 10, 20, 20, 30, 30, 40, 40]);
}

#[test]
fn bands_do_not_show() {
    // 40,000 pixels a row make bands of the smallest height; the middle column must not jump between them.
    let (width, height) = (100_000_u32, 100_u32);
    let data = (0..height).flat_map(|y| std::iter::repeat_n((y * 2) as u8, width as usize)).collect();
    let source = Pixels::from_vec(Layout::L8, width, height, data).unwrap();
    assert!(band_rows(source.stride(), 50) < 50);
    let (across, down) = whole(&source);
    let expected: Vec<f64> = {
        let column =
            Pixels::from_vec(Layout::L8, 1, height, (0..height).map(|y| (y * 2) as u8).collect()).unwrap();
        let (across, down) = whole(&column);
        reference(&column, across, down, (1, 50), Kernel::Lanczos3)
    };
    let found = scale(source, across, down, (1, 50), Kernel::Lanczos3, &Cancel::new()).unwrap();
    assert_close(&found, &expected, 1.5, "bands");
}

#[test]
fn a_cancelled_resize_stops() {
    let cancel = Cancel::new();
    cancel.cancel();
    let source = noise(Layout::Rgb8, 30, 30, 1);
    let (across, down) = whole(&source);
    let error = scale(source, across, down, (10, 10), Kernel::Lanczos3, &cancel).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
}

#[test]
fn spans_stay_inside() {
    for source in [1_u32, 3, 7, 1000, 65_535] {
        for scaled in [1_u64, 2, 3, 7, 999, 100_003] {
            for kept in [1, scaled.div_ceil(3), scaled] {
                let span = Span::new(source, scaled, scaled - kept, kept as u32);
                assert!(span.start >= 0.0 && span.start < f64::from(source));
                assert!(span.length > 0.0 && span.start + span.length <= f64::from(source));
            }
        }
    }
}
