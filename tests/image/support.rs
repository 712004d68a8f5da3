//! Inputs, made here, and the judge's eyes.

use std::io::{Cursor, Write};

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use offloop::image::{Format, Limits, Output, ResizeOptions, resize_image};
use offloop::pool::Cancel;
use offloop::{Code, Result};

pub(crate) fn run(bytes: &[u8], options: &ResizeOptions) -> Result<Output> {
    resize_image(bytes, options, &Limits::default(), &Cancel::new())
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
    let mut data = png[..HEADER].to_vec();
    for (name, body) in chunks {
        data.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        let checked = [&name[..], body].concat();
        data.extend(&checked);
        data.extend(crc32(&checked).to_be_bytes());
    }
    data.extend(&png[HEADER..]);
    data
}

/// The checksum of PNG's annex D, bit by bit.
fn crc32(data: &[u8]) -> u32 {
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
    let mut body = vec![0; 6];
    body.extend(&(width - 1).to_le_bytes()[..3]);
    body.extend(&(height - 1).to_le_bytes()[..3]);
    body.extend([100, 0, 0, 0]);
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
