//! Files of other encoders, judged by another decoder; colours; what headers say.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::super::*;
use super::writer::{Picture, segment};
use super::{pixels_of, planes_of, samples};
use crate::error::Code;
use crate::image::{Limits, Plan, ResizeOptions, probe};

/// Something like a photograph: gradients, edges and a little noise.
pub(super) fn photo(width: usize, height: usize, channels: usize) -> Vec<u8> {
    let mut random = super::writer::Random(3);
    (0..width * height)
        .flat_map(|at| {
            let (x, y) = ((at % width) as f64, (at / width) as f64);
            let edge = if (x / 13.0).sin() + (y / 17.0).cos() > 0.4 { 60.0 } else { 0.0 };
            let noise = random.below(9) as f64;
            (0..channels)
                .map(|channel| {
                    let wave = 60.0 * ((x + 31.0 * channel as f64) / 40.0).sin() + 40.0 * (y / 23.0).cos();
                    (90.0 + wave + edge + noise) as u8
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn encoded(
    width: u16,
    height: u16,
    color: ColorType,
    settings: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let channels = if color == ColorType::Luma { 1 } else { 3 };
    let pixels = photo(width.into(), height.into(), channels);
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, 85);
    settings(&mut encoder);
    encoder.encode(&pixels, width, height, color).unwrap();
    data
}

fn other_decoder(file: &[u8], space: ColorSpace) -> Vec<u8> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(space);
    JpegDecoder::new_with_options(ZCursor::new(file), options).decode().unwrap()
}

/// The mean and the largest difference.
fn difference(a: &[u8], b: &[u8]) -> (f64, u8) {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = differences.clone().map(f64::from).sum();
    (sum / a.len() as f64, differences.max().unwrap())
}

#[test]
fn another_decoder_agrees() {
    use SamplingFactor::{R_4_1_1, R_4_2_0, R_4_2_2, R_4_4_0, R_4_4_4};
    for (width, height) in [(160, 120), (157, 99), (16, 8), (33, 17)] {
        for sampling in [R_4_4_4, R_4_2_2, R_4_2_0, R_4_4_0, R_4_1_1] {
            for progressive in [false, true] {
                // The other decoder loses step at the restarts of 4:1:1.
                for interval in if sampling == R_4_1_1 { [0, 0] } else { [0, 4] } {
                    let file = encoded(width, height, ColorType::Rgb, |encoder| {
                        encoder.set_sampling_factor(sampling);
                        encoder.set_progressive(progressive);
                        encoder.set_restart_interval(interval);
                    });
                    let found = pixels_of(&file, Layout::Rgb8, Scale::Full);
                    let (mean, most) = difference(found.data(), &other_decoder(&file, ColorSpace::RGB));
                    // Its chroma is enlarged by another filter where neither side is halved alike.
                    let case =
                        format!("{width}x{height} {sampling:?} {progressive} {interval}: {mean} {most}");
                    assert!(mean < 1.0 && most <= 40, "{case}");
                    if sampling == R_4_4_4 {
                        assert!(most <= 3, "{case}");
                    }
                }
            }
        }
        let gray = encoded(width, height, ColorType::Luma, |_| ());
        let found = pixels_of(&gray, Layout::L8, Scale::Full);
        let (_, most) = difference(found.data(), &other_decoder(&gray, ColorSpace::Luma));
        assert!(most <= 1, "{most}");
        let spread = pixels_of(&gray, Layout::Rgb8, Scale::Full);
        assert!(spread.data().chunks(3).zip(found.data()).all(|(rgb, gray)| rgb == [*gray; 3]));
    }
}

#[test]
fn separate_scans_of_other_encoders_are_decoded() {
    for sampling in [SamplingFactor::R_4_4_4, SamplingFactor::R_4_2_0] {
        let together = encoded(61, 47, ColorType::Rgb, |encoder| encoder.set_sampling_factor(sampling));
        let apart = encoded(61, 47, ColorType::Rgb, |encoder| {
            encoder.set_sampling_factor(sampling);
            encoder.set_optimized_huffman_tables(true);
        });
        assert!(probe(&apart).unwrap().whole_coefficients && !probe(&together).unwrap().whole_coefficients);
        for scale in Scale::ALL {
            let together = pixels_of(&together, Layout::Rgb8, scale);
            assert!(together.data() == pixels_of(&apart, Layout::Rgb8, scale).data());
        }
    }
}

#[test]
fn gray_pixels_of_a_colour_file_are_its_luma() {
    let file =
        encoded(50, 30, ColorType::Rgb, |encoder| encoder.set_sampling_factor(SamplingFactor::R_4_2_0));
    let luma = samples(&planes_of(&file, Scale::Half).planes[0]);
    assert_eq!(pixels_of(&file, Layout::L8, Scale::Half).data(), luma);
}

#[test]
fn inks_are_upright_whoever_wrote_them() {
    let inks = photo(40, 24, 4);
    for (color, model) in [
        (ColorType::Cmyk, Model::Cmyk { inverted: true }),
        (ColorType::CmykAsYcck, Model::Ycck { inverted: true }),
    ] {
        let mut file = Vec::new();
        Encoder::new(&mut file, 98).encode(&inks, 40, 24, color).unwrap();
        assert_eq!(planes_of(&file, Scale::Full).model, model);
        let found = pixels_of(&file, Layout::Cmyk8, Scale::Full);
        // The encoder writes complements, as Adobe does.
        let (mean, most) = difference(found.data(), &inks);
        assert!(mean < 4.0 && most < 40, "{color:?}: {mean} {most}");
        // Ideal inks over white.
        let colours = pixels_of(&file, Layout::Rgb8, Scale::Full);
        for (rgb, inks) in colours.data().chunks(3).zip(found.data().chunks(4)) {
            for (colour, ink) in rgb.iter().zip(inks) {
                let left = (255.0 - f64::from(*ink)) * (255.0 - f64::from(inks[3])) / 255.0;
                assert!((f64::from(*colour) - left).abs() <= 0.5 + 1e-9);
            }
        }
    }
    // Without Adobe's segment 255 is all of an ink.
    let picture = Picture::random(20, 20, &[(1, 1); 4], 4);
    let file = picture.interleaved();
    let planes = planes_of(&file, Scale::Full);
    assert_eq!(planes.model, Model::Cmyk { inverted: false });
    let pixels = pixels_of(&file, Layout::Cmyk8, Scale::Full);
    let cyan: Vec<u8> = pixels.data().iter().step_by(4).copied().collect();
    assert_eq!(cyan, samples(&planes.planes[0]));
}

#[test]
fn colours_are_what_the_segments_say() {
    let mut picture = Picture::random(16, 16, &[(1, 1); 3], 8);
    let jfif = |file: Vec<u8>| {
        let mut with = file[..2].to_vec();
        segment(&mut with, 0xE0, b"JFIF\0\x01\x02\x01\0\x60\0\x60\0\0");
        with.extend(&file[2..]);
        with
    };
    let model = |file: &[u8]| planes_of(file, Scale::Full).model;
    assert_eq!(model(&picture.interleaved()), Model::Ycc);
    picture.adobe = Some(0);
    assert_eq!(model(&picture.interleaved()), Model::Rgb);
    let planes = planes_of(&picture.interleaved(), Scale::Full);
    let pixels = pixels_of(&picture.interleaved(), Layout::Rgb8, Scale::Full);
    let green: Vec<u8> = pixels.data().iter().skip(1).step_by(3).copied().collect();
    assert_eq!(green, samples(&planes.planes[1]));
    assert_eq!(model(&jfif(picture.interleaved())), Model::Ycc);
    picture.adobe = Some(1);
    assert_eq!(model(&picture.interleaved()), Model::Ycc);
    picture.adobe = None;
    picture.ids = b"RGB".to_vec();
    assert_eq!(model(&picture.interleaved()), Model::Rgb);
    assert_eq!(probe(&jfif(picture.interleaved())).unwrap().density, Some(96.0));
}

#[test]
fn four_components_are_inks_or_what_adobe_makes_of_them() {
    let mut picture = Picture::random(16, 16, &[(1, 1); 4], 8);
    for (adobe, expected) in [
        (None, Model::Cmyk { inverted: false }),
        (Some(0), Model::Cmyk { inverted: true }),
        (Some(2), Model::Ycck { inverted: true }),
        // No such transforms are defined for four components; libjpeg takes them for the one that is.
        (Some(1), Model::Ycck { inverted: true }),
        (Some(3), Model::Ycck { inverted: true }),
    ] {
        picture.adobe = adobe;
        assert_eq!(planes_of(&picture.interleaved(), Scale::Full).model, expected, "{adobe:?}");
    }
}

#[test]
fn layouts_that_make_no_sense_are_refused() {
    let file = encoded(8, 8, ColorType::Rgb, |_| ());
    let metadata = probe(&file).unwrap();
    for layout in [Layout::Rgba8, Layout::La8, Layout::Cmyk8, Layout::Rgb16] {
        let refused = decode(&file, &metadata, layout, Scale::Full, FailOn::None, &Cancel::new());
        assert_eq!(refused.unwrap_err().code(), Code::Internal);
    }
}

/// A progressive file with so many more scans, each of which changes nothing.
fn with_scans(count: usize) -> Vec<u8> {
    let picture = Picture::random(16, 16, &[(1, 1)], 2);
    let mut file = picture.progressive();
    file.truncate(file.len() - 2);
    for _ in 0..count {
        // Sixteen blocks at most without new coefficients, of the highest frequency.
        segment(&mut file, 0xDA, &[1, 1, 0x13, 63, 63, 0]);
        // The code of the symbol 0x20 and two bits: seven blocks; four are there.
        file.extend([0b1010_0001, 0b0111_1111, 0xFF, 0]);
    }
    file.extend([0xFF, 0xD9]);
    file
}

#[test]
fn scans_are_counted_and_refused_before_anything_is_decoded() {
    let few = probe(&with_scans(0)).unwrap().scans;
    assert_eq!(few, 6);
    assert_eq!(probe(&with_scans(50)).unwrap().scans, few + 50);
    let many = with_scans(30_000);
    let metadata = probe(&many).unwrap();
    assert_eq!(metadata.scans, crate::image::MAX_SCANS);
    let error = Plan::new(&metadata, &ResizeOptions::default(), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), Code::ImageLimit);
    // A baseline file has none that count.
    assert_eq!(probe(&encoded(8, 8, ColorType::Rgb, |_| ())).unwrap().scans, 0);
}

#[test]
fn more_scans_than_were_counted_are_damage() {
    let file = with_scans(5);
    let metadata = Metadata { scans: 8, ..probe(&file).unwrap() };
    let decode = |fail_on| decode(&file, &metadata, Layout::L8, Scale::Full, fail_on, &Cancel::new());
    assert_eq!(decode(FailOn::Error).unwrap_err().code(), Code::ImageCorrupt);
    decode(FailOn::Truncated).unwrap();
}

#[test]
fn huge_sizes_in_small_files_are_refused() {
    let mut file = encoded(64, 64, ColorType::Rgb, |_| ());
    let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    file[frame + 5..frame + 9].copy_from_slice(&[0x20, 0, 0x20, 0]);
    assert_eq!(check(&probe(&file).unwrap()).unwrap_err().code(), Code::ImageCorrupt);
}

#[test]
fn fill_bytes_and_stray_bytes_between_segments_are_passed_over() {
    let file = encoded(40, 30, ColorType::Rgb, |_| ());
    let scan = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let strewn = [&file[..scan], &[0xFF; 9], &[0xFF, 0x01, 0xFF, 0xD3], &file[scan..]].concat();
    let expected = pixels_of(&file, Layout::Rgb8, Scale::Full);
    assert!(pixels_of(&strewn, Layout::Rgb8, Scale::Full).data() == expected.data());
    // Encoders pad their data with zeros, and forget the end.
    let end = file.len() - 2;
    let padded = [&file[..end], &[0; 30], &file[end..]].concat();
    assert!(pixels_of(&padded, Layout::Rgb8, Scale::Full).data() == expected.data());
    assert!(pixels_of(&file[..end], Layout::Rgb8, Scale::Full).data() == expected.data());
}
