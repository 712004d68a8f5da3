use super::*;
use crate::image::options::{FailOn, Fit, ResizeOptions, Rotation};
use crate::image::{Limits, Plan, decode, probe};

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    sampled(width, height, jpeg_encoder::SamplingFactor::R_4_2_0)
}

fn sampled(width: u16, height: u16, factors: jpeg_encoder::SamplingFactor) -> Vec<u8> {
    let mut data = Vec::new();
    let pixels = vec![128; usize::from(width) * usize::from(height) * 3];
    let mut encoder = jpeg_encoder::Encoder::new(&mut data, 50);
    encoder.set_sampling_factor(factors);
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    data
}

fn wide(width: u32) -> ResizeOptions {
    ResizeOptions { width: Some(width), ..Default::default() }
}

fn climb(outputs: &[ResizeOptions]) -> (Vec<Rung>, Vec<usize>) {
    let metadata = probe(&jpeg(2000, 1000)).unwrap();
    let plan = Plan::for_set(&metadata, outputs, FailOn::default(), &Limits::default()).unwrap();
    ladder(&plan.targets, plan.decoding, decode::decoded_size(&metadata, plan.decoding.scale), false)
}

#[test]
fn each_size_comes_from_the_nearest_that_is_twice_as_large() {
    let widths = [100, 800, 400, 1000, 200];
    let (rungs, rung_of) = climb(&widths.map(wide));
    let parent = |output: usize| rungs[rung_of[output]].from.map(|from| rungs[from].scaling.target.0);
    assert_eq!(parent(3), None);
    assert_eq!(parent(1), None, "1000 is not twice 800");
    assert_eq!(parent(2), Some(800));
    assert_eq!(parent(4), Some(400));
    assert_eq!(parent(0), Some(200));
    for (index, rung) in rungs.iter().enumerate() {
        assert!(rung.from.is_none_or(|from| from < index), "a rung comes after its source");
    }
}

#[test]
fn outputs_that_differ_in_encoding_only_share_their_pixels() {
    let better = ResizeOptions { quality: Some(90), ..wide(300) };
    let (rungs, rung_of) = climb(&[wide(300), better, wide(301)]);
    assert_eq!(rungs.len(), 2);
    assert_eq!(rung_of[0], rung_of[1]);
    // A PNG is made of pixels, for which chroma is scaled to its full size.
    let png = ResizeOptions { format: Some(Format::Png), ..wide(300) };
    let (rungs, rung_of) = climb(&[wide(300), png]);
    assert_eq!(rungs.len(), 2);
    assert!(rungs[rung_of[0]].half_chroma && !rungs[rung_of[1]].half_chroma);
}

#[test]
fn lossy_webp_has_planes_of_its_own() {
    let webp = |width| ResizeOptions { format: Some(Format::WebP), ..wide(width) };
    let (rungs, rung_of) = climb(&[webp(800), wide(800), wide(300), webp(300)]);
    let from = |output: usize| rungs[rung_of[output]].from;
    assert_eq!(rungs.len(), 4);
    assert!(rungs[rung_of[0]].studio && !rungs[rung_of[1]].studio);
    assert_eq!((from(0), from(1)), (None, None));
    assert_eq!(from(2), Some(rung_of[1]), "the range of video has fewer levels");
    assert_eq!(from(3), Some(rung_of[0]));
}

#[test]
fn what_has_not_all_that_is_needed_is_no_source() {
    // Its sides are cut off.
    let square = ResizeOptions { width: Some(900), height: Some(900), ..Default::default() };
    let (rungs, rung_of) = climb(&[square.clone(), wide(100)]);
    assert_eq!(rungs[rung_of[1]].from, None);
    // But it has all of a smaller square.
    let small = ResizeOptions { width: Some(90), height: Some(90), ..Default::default() };
    let (rungs, rung_of) = climb(&[square, small]);
    assert_eq!(rungs[rung_of[1]].from, Some(rung_of[0]));
    // Halved along one axis only.
    let squeezed =
        ResizeOptions { width: Some(1000), height: Some(150), fit: Fit::Fill, ..Default::default() };
    let (rungs, rung_of) = climb(&[squeezed, wide(200)]);
    assert_eq!(rungs[rung_of[1]].from, None);
    // Another kernel, and one that interpolates nothing.
    for kernel in [Kernel::Mitchell, Kernel::Nearest] {
        let (rungs, rung_of) = climb(&[ResizeOptions { kernel, ..wide(1000) }, wide(100)]);
        assert_eq!(rungs[rung_of[1]].from, None);
    }
    let nearest = |width| ResizeOptions { kernel: Kernel::Nearest, ..wide(width) };
    let (rungs, _) = climb(&[nearest(1000), nearest(100)]);
    assert!(rungs.iter().all(|rung| rung.from.is_none()));
}

#[test]
fn what_was_enlarged_is_no_source() {
    let (rungs, rung_of) = climb(&[wide(8000), wide(150), wide(2000)]);
    assert_eq!(rungs[rung_of[2]].from, None);
    assert_eq!(rungs[rung_of[1]].from, Some(rung_of[2]), "as large as it came is not enlarged");
}

#[test]
fn odd_sides_of_halved_chroma_know_where_they_end() {
    let turned = ResizeOptions { rotate: Rotation::Half, ..wide(301) };
    let (rungs, rung_of) = climb(&[wide(301), turned]);
    assert_eq!(rungs[rung_of[0]].mirrored, (false, false));
    assert_eq!(rungs[rung_of[1]].mirrored, (true, rungs[rung_of[1]].scaling.target.1 % 2 == 1));
}

#[test]
fn scales_leave_enough() {
    for (density, scale) in [
        (0.01, Scale::Eighth),
        (0.1, Scale::Eighth),
        (0.125, Scale::Quarter),
        (0.2, Scale::Quarter),
        (0.21, Scale::Half),
        (0.4, Scale::Half),
        (0.41, Scale::FiveEighths),
        (0.5, Scale::FiveEighths),
        (0.51, Scale::ThreeQuarters),
        (0.6, Scale::ThreeQuarters),
        (0.61, Scale::Full),
        (3.0, Scale::Full),
    ] {
        assert_eq!(Scale::for_density(density, false), scale, "{density}");
        let with_chroma = if scale.factor() > 0.5 { Scale::Full } else { scale };
        assert_eq!(Scale::for_density(density, true), with_chroma, "{density}");
    }
}

#[test]
fn chroma_is_not_scaled_below_what_an_output_shows_of_it() {
    use jpeg_encoder::SamplingFactor::{R_4_1_1, R_4_2_0, R_4_2_2, R_4_4_0, R_4_4_4};
    let small = ResizeOptions { format: Some(Format::Png), ..wide(390) };
    let png = ResizeOptions { format: Some(Format::Png), ..wide(900) };
    let full = ResizeOptions { chroma_subsampling: Some(ChromaSubsampling::Full), ..wide(900) };
    let webp = ResizeOptions { format: Some(Format::WebP), ..wide(900) };
    let lossless = ResizeOptions { lossless: true, ..webp.clone() };
    for (factors, outputs, scale) in [
        (R_4_2_0, vec![wide(900), webp.clone()], Scale::FiveEighths),
        (R_4_2_0, vec![png.clone()], Scale::Full),
        (R_4_2_0, vec![wide(900), full.clone()], Scale::Full),
        (R_4_2_0, vec![lossless], Scale::Full),
        (R_4_4_4, vec![png, full, webp], Scale::FiveEighths),
        (R_4_2_2, vec![wide(900)], Scale::FiveEighths),
        (R_4_2_0, vec![small.clone()], Scale::Quarter),
        (R_4_2_2, vec![small.clone()], Scale::Half),
        (R_4_4_0, vec![small.clone()], Scale::Half),
        (R_4_1_1, vec![small], Scale::Full),
    ] {
        let metadata = probe(&sampled(2000, 1000, factors)).unwrap();
        let plan = Plan::for_set(&metadata, &outputs, FailOn::default(), &Limits::default()).unwrap();
        assert_eq!(plan.decoding.scale, scale);
    }
}
