//! Inputs, made here, and the judge's eyes.

use std::io::{Cursor, Write};

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use offloop::image::{FailOn, Format, Limits, Output, ResizeOptions, resize_image, resize_image_set};
use offloop::pool::Cancel;
use offloop::{Code, Result};

pub(crate) fn run(bytes: &[u8], options: &ResizeOptions) -> Result<Output> {
    resize_image(bytes, options, &Limits::default(), &Cancel::new())
}

pub(crate) fn run_tolerating(bytes: &[u8], options: &ResizeOptions, fail_on: FailOn) -> Result<Output> {
    let outputs = std::slice::from_ref(options);
    resize_image_set(bytes, outputs, fail_on, &Limits::default(), &Cancel::new())
        .map(|outputs| outputs[0].clone())
}

pub(crate) fn to(format: Format) -> ResizeOptions {
    ResizeOptions { format: Some(format), ..Default::default() }
}

pub(crate) fn see(data: &[u8]) -> DynamicImage {
    image::load_from_memory(data).unwrap()
}

pub(crate) fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut data = Cursor::new(Vec::new());
    image.write_to(&mut data, format).unwrap();
    data.into_inner()
}

/// Smooth, opaque, and different in every corner.
pub(crate) fn corners(width: u32, height: u32) -> DynamicImage {
    let image = RgbaImage::from_fn(width, height, |x, y| {
        Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, if x * 2 < width { 40 } else { 200 }, 255])
    });
    DynamicImage::ImageRgba8(image).to_rgb8().into()
}

pub(crate) fn noise(length: usize, mut state: u32) -> Vec<u8> {
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(length)
    .collect()
}

/// A small generator whose numbers follow from its seed (Knuth's MMIX constants), for choices in tests.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// 0 to `bound` - 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound.max(1)
    }
}

/// An EXIF block that says nothing but the orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    tiff
}

/// A JPEG with segments after its first marker.
pub(crate) fn jpeg_with(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut data = jpeg[..2].to_vec();
    for (marker, body) in segments {
        data.extend([0xFF, *marker]);
        data.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        data.extend(body);
    }
    data.extend(&jpeg[2..]);
    data
}

/// A PNG with chunks after its header.
pub(crate) fn png_with(png: &[u8], chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    const HEADER: usize = 8 + 25;
    let chunks: Vec<_> = chunks.iter().map(|(name, body)| png_chunk(name, body)).collect();
    [&png[..HEADER], &chunks.concat(), &png[HEADER..]].concat()
}

pub(crate) fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut data = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    data.extend(name);
    data.extend(body);
    data.extend(crc32(&data[4..]).to_be_bytes());
    data
}

/// The checksum of PNG's annex D, bit by bit.
pub(crate) fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    })
}

pub(crate) fn riff_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut data = name.to_vec();
    data.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    data.extend(body);
    if body.len() % 2 == 1 {
        data.push(0);
    }
    data
}

pub(crate) fn webp_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP".to_vec(), chunks.concat()].concat();
    riff_chunk(b"RIFF", &body)
}

pub(crate) fn vp8x(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let mut body = vec![flags, 0, 0, 0];
    body.extend(&(width - 1).to_le_bytes()[..3]);
    body.extend(&(height - 1).to_le_bytes()[..3]);
    riff_chunk(b"VP8X", &body)
}

/// The bitstream chunk of a simple WebP.
pub(crate) fn bitstream(webp: &[u8]) -> Vec<u8> {
    assert!(matches!(&webp[12..16], b"VP8 " | b"VP8L"));
    webp[12..].to_vec()
}

/// An animation's frame at the origin.
pub(crate) fn anmf(width: u32, height: u32, bitstream: &[u8]) -> Vec<u8> {
    anmf_at((0, 0), (width, height), 0, bitstream)
}

/// An animation's frame somewhere; both offsets are even. Flags: 1 disposes of it, 2 does not blend it.
pub(crate) fn anmf_at(
    (x, y): (u32, u32),
    (width, height): (u32, u32),
    flags: u8,
    bitstream: &[u8],
) -> Vec<u8> {
    let mut body = Vec::new();
    for value in [x / 2, y / 2, width - 1, height - 1, 100] {
        body.extend(&value.to_le_bytes()[..3]);
    }
    body.push(flags);
    body.extend(bitstream);
    riff_chunk(b"ANMF", &body)
}

pub(crate) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
pub(crate) fn assert_code<T: std::fmt::Debug>(result: Result<T>, code: Code) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    error.message().to_owned()
}

/// The largest difference of any channel.
#[track_caller]
pub(crate) fn worst(one: &DynamicImage, other: &DynamicImage) -> u8 {
    assert_eq!((one.width(), one.height()), (other.width(), other.height()));
    let (one, other) = (one.to_rgba8(), other.to_rgba8());
    one.iter().zip(other.iter()).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}

/// The mean difference of all samples.
pub(crate) fn mean(one: &DynamicImage, other: &DynamicImage) -> f64 {
    assert_eq!((one.width(), one.height()), (other.width(), other.height()));
    let (one, other) = (one.to_rgb8(), other.to_rgb8());
    let sum: u64 = one.iter().zip(other.iter()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    sum as f64 / one.len() as f64
}
