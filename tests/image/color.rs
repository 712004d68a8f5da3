//! Colours from end to end: known ones through each kind of profile, with Little CMS as the judge
//! (tests/vectors/colors.txt), and what is kept of metadata.

use image::{DynamicImage, ImageFormat};
use offloop::image::{Format, Keep, ResizeOptions, Rotation, probe};

use crate::support::*;
use crate::{delta_e, icc};

/// Side of the square that each colour fills: a block of JPEG's and half of one, so that one is whole.
const PATCH: u32 = 16;

/// The known colours of a profile: channels, and sRGB from 0 to 255.
fn known(name: &str) -> Vec<(Vec<u8>, [f64; 3])> {
    let lines = include_str!("../vectors/colors.txt").lines();
    let colors: Vec<_> = lines
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('\t')?.split_once('\t'))
        .map(|(input, output)| {
            let output: Vec<f64> = output.split(' ').map(|value| value.parse().unwrap()).collect();
            let input = input.split(' ').map(|value| value.parse().unwrap()).collect();
            (input, [output[0], output[1], output[2]])
        })
        .collect();
    assert!(colors.len() >= 16, "{name}");
    colors
}

/// Patches of the colours beside each other, channels interleaved.
fn patches(colors: &[(Vec<u8>, [f64; 3])]) -> (Vec<u8>, u32) {
    let row: Vec<u8> = colors.iter().flat_map(|(color, _)| color.repeat(PATCH as usize)).collect();
    (row.repeat(PATCH as usize), colors.len() as u32 * PATCH)
}

/// The largest CIEDE2000 between the middles of the patches and what they should be.
fn farthest(output: &[u8], colors: &[(Vec<u8>, [f64; 3])]) -> f64 {
    let seen = see(output).to_rgb16();
    let differences = colors.iter().enumerate().map(|(at, (_, expected))| {
        let pixel = seen.get_pixel(at as u32 * PATCH + PATCH / 2, PATCH / 2).0;
        delta_e::between(pixel.map(|value| f64::from(value) / 65_535.0), expected.map(|value| value / 255.0))
    });
    differences.fold(0.0, f64::max)
}

fn tagged_png(image: &DynamicImage, profile: &[u8]) -> Vec<u8> {
    png_with(&file(image, ImageFormat::Png), &[(b"iCCP", [b"known\0\0", &deflate(profile)[..]].concat())])
}

#[test]
fn screens_look_as_littlecms_has_them() {
    for (name, profile) in icc::named() {
        let colors = match &profile[16..20] {
            b"GRAY" | b"RGB " => known(name),
            _ => continue,
        };
        let (data, width) = patches(&colors);
        let image = if colors[0].0.len() == 1 {
            DynamicImage::from(image::GrayImage::from_raw(width, PATCH, data).unwrap())
        } else {
            DynamicImage::from(image::RgbImage::from_raw(width, PATCH, data).unwrap())
        };
        let output = run(&tagged_png(&image, &profile), &to(Format::Png)).unwrap();
        assert!(probe(&output.data).unwrap().icc.is_none());
        let found = farthest(&output.data, &colors);
        assert!(found <= 2.0, "{name}: CIEDE2000 of {found}");
    }
}

#[test]
fn sixteen_bits_are_converted_as_such() {
    for name in ["display-p3", "prophoto", "screen-lut16", "gray-22"] {
        let profile = icc::named().into_iter().find(|(known, _)| *known == name).unwrap().1;
        let colors = known(name);
        let (data, width) = patches(&colors);
        let data = data.iter().map(|value| u16::from(*value) * 257).collect();
        let image = if colors[0].0.len() == 1 {
            DynamicImage::from(
                image::ImageBuffer::<image::Luma<u16>, _>::from_raw(width, PATCH, data).unwrap(),
            )
        } else {
            DynamicImage::from(
                image::ImageBuffer::<image::Rgb<u16>, _>::from_raw(width, PATCH, data).unwrap(),
            )
        };
        let output = run(&tagged_png(&image, &profile), &to(Format::Png)).unwrap();
        assert_eq!(probe(&output.data).unwrap().bit_depth, 16);
        let found = farthest(&output.data, &colors);
        // Eight bits would be farther in the shadows.
        assert!(found <= 0.7, "{name}: CIEDE2000 of {found}");
    }
}

/// A JPEG of four inks, stored as Adobe's programs do, without subsampling.
fn cmyk_jpeg(ink: &[u8], width: u32, profile: Option<&[u8]>) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut data, 100);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_1_1);
    if let Some(profile) = profile {
        encoder.add_icc_profile(profile).unwrap();
    }
    let height = ink.len() / 4 / width as usize;
    encoder.encode(ink, width as u16, height as u16, jpeg_encoder::ColorType::Cmyk).unwrap();
    data
}

#[test]
fn presses_look_as_littlecms_has_them() {
    for (name, profile) in icc::named() {
        if &profile[16..20] != b"CMYK" {
            continue;
        }
        let colors = known(name);
        let (ink, width) = patches(&colors);
        let data = cmyk_jpeg(&ink, width, Some(&profile));
        // Even where the profile was to be kept: what is written is not made of inks.
        for keep in [Keep::default(), Keep { icc: true, ..Keep::default() }] {
            let output = run(&data, &ResizeOptions { keep, ..to(Format::Png) }).unwrap();
            assert!(probe(&output.data).unwrap().icc.is_none());
            let found = farthest(&output.data, &colors);
            assert!(found <= 2.0, "{name}: CIEDE2000 of {found}");
        }
    }
}

#[test]
fn inks_without_a_profile_look_as_in_browsers() {
    let colors: Vec<(Vec<u8>, [f64; 3])> = vec![
        (vec![0, 0, 0, 0], [255.0, 255.0, 255.0]),
        (vec![255, 0, 0, 0], [0.0, 255.0, 255.0]),
        (vec![0, 128, 255, 0], [255.0, 127.0, 0.0]),
        (vec![0, 128, 255, 51], [204.0, 101.6, 0.0]),
        (vec![0, 0, 0, 255], [0.0, 0.0, 0.0]),
    ];
    let (ink, width) = patches(&colors);
    let output = run(&cmyk_jpeg(&ink, width, None), &to(Format::Png)).unwrap();
    let found = farthest(&output.data, &colors);
    assert!(found <= 1.0, "CIEDE2000 of {found}");
}

#[test]
fn a_kept_profile_keeps_the_colours_that_it_describes() {
    let profile = icc::matrix(4, &icc::DISPLAY_P3, [icc::SRGB_CURVE; 3]);
    let image = DynamicImage::from(image::RgbImage::from_pixel(8, 8, image::Rgb([200, 100, 50])));
    let data = tagged_png(&image, &profile);
    for format in [Format::Png, Format::WebP] {
        let keep = Keep { icc: true, ..Keep::default() };
        let output = run(&data, &ResizeOptions { keep, lossless: true, ..to(format) }).unwrap();
        let found = probe(&output.data).unwrap().icc.unwrap().read(&output.data);
        assert_eq!(found.as_deref(), Some(&profile[..]), "{format:?}");
        assert_eq!(see(&output.data).to_rgb8().get_pixel(4, 4).0, [200, 100, 50], "{format:?}");
    }
}

#[test]
fn where_a_profile_cannot_be_kept_colours_become_srgb() {
    let keep = Keep { icc: true, ..Keep::default() };
    // GIF has no place for it.
    let p3 = icc::matrix(4, &icc::DISPLAY_P3, [icc::SRGB_CURVE; 3]);
    let image = DynamicImage::from(image::RgbImage::from_pixel(8, 8, image::Rgb([200, 100, 50])));
    let seen = |data: &[u8], options: &ResizeOptions| {
        let output = run(data, options).unwrap();
        assert!(probe(&output.data).unwrap().icc.is_none());
        see(&output.data).to_rgb8().get_pixel(4, 4).0
    };
    let data = tagged_png(&image, &p3);
    let srgb = seen(&data, &to(Format::Gif));
    assert_eq!(seen(&data, &ResizeOptions { keep, ..to(Format::Gif) }), srgb);
    assert!(srgb[0].abs_diff(200) > 5, "{srgb:?}");
    // A palette has colours, of which a profile of grays says nothing.
    let gray = icc::gray(4, icc::Curve::Gamma(1.0));
    let image = DynamicImage::from(image::GrayImage::from_pixel(8, 8, image::Luma([60])));
    let data = tagged_png(&image, &gray);
    let palette = ResizeOptions { palette: true, ..to(Format::Png) };
    let srgb = seen(&data, &palette);
    assert!(srgb[0].abs_diff(60) > 20, "{srgb:?}");
    assert_eq!(seen(&data, &ResizeOptions { keep, ..palette }), srgb);
}

#[test]
fn pixels_that_were_turned_are_not_said_to_need_turning() {
    let data = png_with(&file(&corners(20, 10), ImageFormat::Png), &[(b"eXIf", exif(6))]);
    let keep = Keep { exif: true, ..Keep::default() };
    let written = |options: ResizeOptions| {
        run(&data, &ResizeOptions { keep, auto_orient: false, ..options }).unwrap().data
    };
    let kept = |options| probe(&written(options)).unwrap().orientation.value();
    for format in [Format::Png, Format::Jpeg, Format::WebP] {
        assert_eq!(kept(to(format)), 6);
        assert_eq!(kept(ResizeOptions { rotate: Rotation::Quarter, ..to(format) }), 1, "{format:?}");
        assert_eq!(kept(ResizeOptions { flop: true, ..to(format) }), 1, "{format:?}");
    }
    // Of AVIF, readers heed the container alone.
    let avif = written(ResizeOptions { effort: Some(0), ..to(Format::Avif) });
    let has = |what: &[u8]| avif.windows(what.len()).any(|part| part == what);
    assert!(has(b"irot\x03") && has(&exif(1)) && !has(&exif(6)));
}

#[test]
fn kept_metadata_says_that_the_pixels_are_upright() {
    let packet = br#"<x tiff:Orientation="6" dc:title="a"/>"#;
    let image = corners(20, 10);
    let data = webp_of(&[
        vp8x(0x0C, 20, 10),
        bitstream(&file(&image, ImageFormat::WebP)),
        riff_chunk(b"EXIF", &exif(6)),
        riff_chunk(b"XMP ", packet),
    ]);
    for (auto_orient, orientation, size) in [(true, 1, (10, 20)), (false, 6, (20, 10))] {
        let keep = Keep { exif: true, xmp: true, ..Keep::default() };
        let output = run(&data, &ResizeOptions { keep, auto_orient, ..to(Format::WebP) }).unwrap();
        assert_eq!((output.width, output.height), size);
        let found = probe(&output.data).unwrap();
        assert_eq!(found.exif.unwrap().read(&output.data), Some(exif(orientation)));
        let expected = String::from_utf8(packet.to_vec()).unwrap().replace('6', &orientation.to_string());
        assert_eq!(found.xmp.unwrap().read(&output.data), Some(expected.into_bytes()));
    }
}

#[test]
#[ignore = "writes the profiles for benchmark/judge/colors.py, to the folder that COLOR_PROFILES names"]
fn profiles_for_the_judge() {
    let folder = std::path::PathBuf::from(std::env::var_os("COLOR_PROFILES").expect("COLOR_PROFILES"));
    std::fs::create_dir_all(&folder).unwrap();
    for (name, profile) in icc::named() {
        std::fs::write(folder.join(name).with_extension("icc"), profile).unwrap();
    }
}
