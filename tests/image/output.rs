//! Formats in and out, channels, colour, and the job's steps.

use image::{DynamicImage, ImageFormat};
use offloop::Code;
use offloop::image::{Background, Format, Limits, Plan, ResizeJob, ResizeOptions, Step, probe};
use offloop::pool::Cancel;

use crate::support::*;

#[test]
fn lossless_formats_keep_every_bit() {
    let mut picture = corners(61, 33).to_rgba8();
    for (pixel, value) in picture.pixels_mut().zip(noise(61 * 33, 9)) {
        pixel.0[3] = value;
    }
    let picture = DynamicImage::from(picture);
    for input in [ImageFormat::Png, ImageFormat::WebP] {
        let data = file(&picture, input);
        for options in [to(Format::Png), ResizeOptions { lossless: true, ..to(Format::WebP) }] {
            let output = run(&data, &options).unwrap();
            assert_eq!(see(&output.data).to_rgba8(), picture.to_rgba8(), "{input:?}");
        }
    }
}

#[test]
fn every_pair_of_formats_keeps_the_picture() {
    let picture = corners(64, 48);
    for input in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let data = file(&picture, input);
        for format in [Format::Jpeg, Format::Png, Format::WebP] {
            let output = run(&data, &ResizeOptions { quality: Some(95), ..to(format) }).unwrap();
            let difference = worst(&see(&output.data), &picture);
            assert!(difference <= 60, "{input:?} to {format:?}: {difference}");
        }
        let same = run(&data, &ResizeOptions { width: Some(32), ..Default::default() }).unwrap();
        assert_eq!(image::guess_format(&same.data).unwrap(), input);
    }
}

#[test]
fn gray_stays_gray_where_it_can() {
    let gray = DynamicImage::from(corners(40, 40).to_luma8());
    for input in [ImageFormat::Png, ImageFormat::Jpeg] {
        let data = file(&gray, input);
        for (format, channels) in [(Format::Png, 1), (Format::Jpeg, 1), (Format::WebP, 3)] {
            let output = run(&data, &ResizeOptions { width: Some(20), ..to(format) }).unwrap();
            assert_eq!(probe(&output.data).unwrap().channels, channels, "{input:?} to {format:?}");
        }
    }
}

#[test]
fn sixteen_bits_palettes_and_transparent_colours() {
    let deep = DynamicImage::from(corners(30, 30).to_rgb16());
    let output = run(&file(&deep, ImageFormat::Png), &to(Format::Png)).unwrap();
    assert_eq!(probe(&output.data).unwrap().bit_depth, 16);
    assert_eq!(see(&output.data).to_rgb16(), deep.to_rgb16());
    let output =
        run(&file(&deep, ImageFormat::Png), &ResizeOptions { quality: Some(95), ..to(Format::Jpeg) })
            .unwrap();
    assert!(worst(&see(&output.data), &corners(30, 30)) <= 60);

    let mut data = Vec::new();
    let mut encoder = png::Encoder::new(&mut data, 4, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Two);
    encoder.set_palette(vec![1, 2, 3, 4, 5, 6, 7, 8, 9]);
    encoder.set_trns(vec![255, 128]);
    encoder.write_header().unwrap().write_image_data(&[0b0001_1000]).unwrap();
    let found = probe(&data).unwrap();
    assert_eq!((found.channels, found.bit_depth, found.has_alpha), (4, 2, true));
    let output = run(&data, &to(Format::Png)).unwrap();
    let expected = [1, 2, 3, 255, 4, 5, 6, 128, 7, 8, 9, 255, 1, 2, 3, 255];
    assert_eq!(see(&output.data).to_rgba8().into_raw(), expected);
}

#[test]
fn palettes_are_written() {
    let picture = corners(64, 64);
    let colors = |data: &[u8]| {
        let reader = png::Decoder::new(std::io::Cursor::new(data)).read_info().unwrap();
        assert_eq!(reader.info().color_type, png::ColorType::Indexed);
        reader.info().palette.as_ref().unwrap().len() / 3
    };
    let options = ResizeOptions { palette: true, ..to(Format::Png) };
    let output = run(&file(&picture, ImageFormat::Png), &options).unwrap();
    assert!(colors(&output.data) <= 256);
    assert!(worst(&see(&output.data), &picture) <= 48);
    let four = run(&file(&picture, ImageFormat::Png), &ResizeOptions { colors: 4, ..options }).unwrap();
    assert!(colors(&four.data) <= 4);
    assert!(four.data.len() < output.data.len());
}

#[test]
fn avif_is_written_from_every_format() {
    let picture = corners(48, 40);
    for input in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp]
    {
        let options = ResizeOptions { effort: Some(0), width: Some(24), ..to(Format::Avif) };
        let output = run(&file(&picture, input), &options).unwrap();
        assert_eq!((output.format, output.width, output.height, output.frames), (Format::Avif, 24, 20, 1));
        assert_eq!(&output.data[4..12], b"ftypavif", "{input:?}");
        let extent = output.data.windows(4).position(|name| name == b"ispe").unwrap() + 8;
        assert_eq!(output.data[extent..extent + 8], [0, 0, 0, 24, 0, 0, 0, 20]);
    }
}

/// Three frames of plain colours, shown for 50, 60 and 70 ms, three times.
fn animation() -> Vec<u8> {
    let mut data = Vec::new();
    let palette = [200, 30, 30, 30, 200, 30, 30, 30, 200];
    let mut encoder = gif::Encoder::new(&mut data, 20, 16, &palette).unwrap();
    encoder.set_repeat(gif::Repeat::Finite(2)).unwrap();
    for index in 0..3 {
        let frame = gif::Frame {
            delay: 5 + u16::from(index),
            width: 20,
            height: 16,
            buffer: vec![index; 20 * 16].into(),
            ..gif::Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    data
}

#[test]
fn animations_stay_animations_where_the_format_can_hold_them() {
    let data = animation();
    for (format, frames) in
        [(Format::Gif, 3), (Format::WebP, 3), (Format::Png, 1), (Format::Jpeg, 1), (Format::Avif, 1)]
    {
        let options = ResizeOptions { width: Some(10), effort: Some(1), ..to(format) };
        let output = run(&data, &options).unwrap();
        assert_eq!((output.width, output.height, output.frames), (10, 8, frames), "{format:?}");
        if frames == 3 {
            let found = probe(&output.data).unwrap();
            assert_eq!((found.frames, found.plays), (3, Some(3)), "{format:?}");
            assert_eq!(found.delays, [50, 60, 70], "{format:?}");
        }
        let still = run(&data, &ResizeOptions { animated: false, ..options }).unwrap();
        assert_eq!(still.frames, 1);
        if format != Format::Avif {
            let [r, g, b] = see(&still.data).to_rgb8().get_pixel(5, 4).0;
            assert!(r > 180 && g < 60 && b < 60, "{format:?}: {r} {g} {b}");
        }
    }
}

#[test]
fn interlaced_png_reads_the_same() {
    // One gray pixel is one pass; the decoder's passes are the png crate's to test, the path to them is ours.
    let mut data =
        file(&DynamicImage::from(image::GrayImage::from_pixel(1, 1, image::Luma([77]))), ImageFormat::Png);
    data[28] = 1;
    let chunk = data[12..29].to_vec();
    let sum = !chunk.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    });
    data[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(probe(&data).unwrap().progressive, Some(true));
    assert_eq!(see(&run(&data, &to(Format::Png)).unwrap().data).to_luma8().into_raw(), [77]);
}

#[test]
fn jpeg_lies_on_the_background() {
    let glass = image::RgbaImage::from_pixel(16, 16, image::Rgba([255, 255, 255, 0]));
    let data = file(&glass.into(), ImageFormat::Png);
    let background = Background { r: 200, g: 30, b: 60, alpha: 255 };
    let output = run(&data, &ResizeOptions { background, ..to(Format::Jpeg) }).unwrap();
    for (found, expected) in see(&output.data).to_rgb8().get_pixel(8, 8).0.iter().zip([200_u8, 30, 60]) {
        assert!(found.abs_diff(expected) <= 4);
    }
}

#[test]
fn profiles_are_applied_and_stripped() {
    let picture = DynamicImage::from(image::RgbImage::from_pixel(8, 8, image::Rgb([200, 100, 50])));
    let p3 = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let tagged = [
        png_with(&file(&picture, ImageFormat::Png), &[(b"iCCP", [b"P3\0\0", &deflate(&p3)[..]].concat())]),
        webp_of(&[vp8x(0x20, 8, 8), riff_chunk(b"ICCP", &p3), bitstream(&file(&picture, ImageFormat::WebP))]),
    ];
    for data in tagged {
        assert!(probe(&data).unwrap().icc.is_some());
        let output = run(&data, &to(Format::Png)).unwrap();
        assert!(probe(&output.data).unwrap().icc.is_none());
        // By the matrices of CSS Color 4.
        for (found, expected) in see(&output.data).to_rgb8().get_pixel(4, 4).0.iter().zip([215_u8, 93, 31]) {
            assert!(found.abs_diff(expected) <= 3);
        }
    }
}

#[test]
fn a_job_goes_in_steps_and_ends() {
    let data = file(&corners(64, 64), ImageFormat::Png);
    let metadata = probe(&data).unwrap();
    let options = ResizeOptions { width: Some(10), ..to(Format::Jpeg) };
    let plan = Plan::new(&metadata, &options, &Limits::default()).unwrap();
    assert_eq!((plan.output_size(), plan.format()), ((10, 10), Format::Jpeg));
    let mut job = ResizeJob::new(data, plan);
    let cancel = Cancel::new();
    assert!(matches!(job.step(&cancel), Ok(Step::More)));
    assert!(matches!(job.step(&cancel), Ok(Step::More)));
    assert!(matches!(job.step(&cancel), Ok(Step::Done(outputs)) if outputs[0].width == 10));
    assert_code(job.step(&cancel), Code::Internal);
}

#[test]
fn a_job_can_be_cancelled_between_any_two_steps() {
    let data = file(&corners(64, 64), ImageFormat::Png);
    for steps in 0..3 {
        let plan = Plan::new(&probe(&data).unwrap(), &to(Format::WebP), &Limits::default()).unwrap();
        let mut job = ResizeJob::new(data.clone(), plan);
        let cancel = Cancel::new();
        for _ in 0..steps {
            job.step(&cancel).unwrap();
        }
        cancel.cancel();
        assert_code(job.step(&cancel), Code::Cancelled);
    }
    let late = Cancel::new();
    late.expire();
    let plan = Plan::new(&probe(&data).unwrap(), &to(Format::WebP), &Limits::default()).unwrap();
    assert_code(ResizeJob::new(data, plan).step(&late), Code::Deadline);
}
