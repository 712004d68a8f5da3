//! Limits on what is decoded: all frames only where the output has them.

use image::{DynamicImage, ImageFormat};
use offloop::Code;
use offloop::image::{Format, Limits, Output, ResizeOptions, probe, resize_image};
use offloop::pool::Cancel;

use crate::support::*;

fn run_within(limits: &Limits, data: &[u8], options: &ResizeOptions) -> offloop::Result<Output> {
    resize_image(data, options, limits, &Cancel::new())
}

fn animation(size: u16, frames: usize) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = gif::Encoder::new(&mut data, size, size, &[9, 9, 9, 200, 0, 0]).unwrap();
    let buffer = vec![1; usize::from(size) * usize::from(size)];
    let frame = gif::Frame { width: size, height: size, buffer: buffer.into(), ..gif::Frame::default() };
    for _ in 0..frames {
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    data
}

#[test]
fn frames_count_where_they_are_decoded() {
    let data = animation(2, 300);
    let metadata = probe(&data).unwrap();
    Limits::default().check(&metadata).unwrap();
    let stills = [
        to(Format::Jpeg),
        to(Format::Png),
        ResizeOptions { animated: false, ..to(Format::Gif) },
        ResizeOptions { animated: false, ..to(Format::WebP) },
    ];
    for options in stills {
        assert_eq!(run(&data, &options).unwrap().frames, 1);
    }
    for format in [Format::Gif, Format::WebP] {
        assert!(assert_code(run(&data, &to(format)), Code::ImageLimit).contains("limits.frames"));
        let limits = Limits { frames: 300, ..Limits::default() };
        assert!(run_within(&limits, &data, &to(format)).is_ok());
    }
}

#[test]
fn pixels_count_once_for_every_frame_that_is_decoded() {
    let data = animation(10, 3);
    let allowing = |input_pixels| Limits { input_pixels, ..Limits::default() };
    assert!(run_within(&allowing(100), &data, &to(Format::Jpeg)).is_ok());
    assert_code(run_within(&allowing(99), &data, &to(Format::Jpeg)), Code::ImageLimit);
    assert!(run_within(&allowing(300), &data, &to(Format::WebP)).is_ok());
    let refused = run_within(&allowing(299), &data, &to(Format::WebP));
    assert!(assert_code(refused, Code::ImageLimit).contains("in 3 frames"));
}

#[test]
fn of_an_animated_png_the_default_image_counts() {
    let picture = DynamicImage::from(corners(8, 8).to_rgb8());
    let control = [300_u32.to_be_bytes(), 0_u32.to_be_bytes()].concat();
    let data = png_with(&file(&picture, ImageFormat::Png), &[(b"acTL", control)]);
    assert_eq!(probe(&data).unwrap().frames, 300);
    let limits = Limits { input_pixels: 64, ..Limits::default() };
    for format in [Format::Png, Format::WebP] {
        assert_eq!(run_within(&limits, &data, &to(format)).unwrap().frames, 1);
    }
}

#[test]
fn a_png_may_have_as_much_exif_as_the_limit_says() {
    let picture = corners(100, 100);
    let png = file(&picture, ImageFormat::Png);
    let with = |bytes: usize| {
        let mut block = exif(1);
        block.resize(bytes, 0);
        png_with(&png, &[(b"eXIf", block)])
    };
    for bytes in [1 << 10, 3 << 19, 4 << 20] {
        let output = run(&with(bytes), &to(Format::Png)).unwrap();
        assert_eq!(worst(&see(&output.data), &picture), 0, "{bytes} bytes");
    }
    let refused = run(&with((4 << 20) + 1), &to(Format::Png));
    assert!(assert_code(refused, Code::ImageLimit).contains("limits.metadataBytes"));
}
