//! WebP: lossy, lossless, transparent, animated.

use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use offloop::image::{Format, ResizeOptions};

use super::{Sample, texture};
use crate::support::{anmf_at, bitstream, exif, file, riff_chunk, run, to, vp8x, webp_of};

const WIDTH: u32 = 41;
const HEIGHT: u32 = 31;

pub(super) fn samples() -> Vec<Sample> {
    let opaque = DynamicImage::from(RgbImage::from_raw(WIDTH, HEIGHT, texture(WIDTH, HEIGHT, 3)).unwrap());
    let glass = DynamicImage::from(RgbaImage::from_raw(WIDTH, HEIGHT, texture(WIDTH, HEIGHT, 4)).unwrap());
    let written = |image: &DynamicImage, options: &ResizeOptions| {
        run(&file(image, ImageFormat::Png), options).unwrap().data
    };
    let lossy = written(&opaque, &to(Format::WebP));
    let lossless = ResizeOptions { lossless: true, ..to(Format::WebP) };
    vec![
        Sample::new("webp", "lossless", written(&opaque, &lossless)),
        Sample::new("webp", "lossless with alpha", written(&glass, &lossless)),
        Sample::new("webp", "lossless, another encoder's", file(&glass, ImageFormat::WebP)),
        Sample::new("webp", "lossy with alpha", written(&glass, &to(Format::WebP))),
        Sample::new("webp", "with profile, EXIF and XMP", with_metadata(&bitstream(&lossy))),
        Sample::new("webp", "animated", animated()),
        Sample::new("webp", "lossy", lossy),
    ]
}

fn with_metadata(stream: &[u8]) -> Vec<u8> {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    webp_of(&[
        vp8x(0x2C, WIDTH, HEIGHT),
        riff_chunk(b"ICCP", &profile),
        stream.to_vec(),
        riff_chunk(b"EXIF", &exif(8)),
        riff_chunk(b"XMP ", b"<x:xmpmeta/>"),
    ])
}

/// Frames of part of the canvas, blended and disposed of in turn.
fn animated() -> Vec<u8> {
    let mut chunks = vec![vp8x(0x12, WIDTH, HEIGHT), riff_chunk(b"ANIM", &[10, 20, 30, 128, 0, 0])];
    for (i, (x, y)) in [(0, 0), (4, 6), (20, 10)].into_iter().enumerate() {
        let part = RgbaImage::from_raw(20, 20, texture(20, 20, 4)).unwrap().into();
        chunks.push(anmf_at((x, y), (20, 20), i as u8, &bitstream(&file(&part, ImageFormat::WebP))));
    }
    webp_of(&chunks)
}
