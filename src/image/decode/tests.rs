use std::io::{BufRead, Read};

use super::reader::InputReader;
use super::*;
use crate::error::Code;
use crate::image::{Format, Limits, Plan, ResizeOptions, probe};

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let pixels: Vec<u8> =
        (0..usize::from(width) * usize::from(height) * 3).map(|i| (i * 7 % 251) as u8).collect();
    let mut data = Vec::new();
    jpeg_encoder::Encoder::new(&mut data, 90)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .unwrap();
    data
}

#[test]
fn readers_fail_once_cancelled() {
    let cancel = Cancel::new();
    let bytes = vec![0; 1 << 20];
    let mut reader = InputReader::new(&bytes, &cancel);
    assert!(reader.fill_buf().unwrap().len() < bytes.len(), "the input is handed out in pieces");
    cancel.cancel();
    assert!(reader.fill_buf().is_err());
    assert!(reader.read(&mut [0; 8]).is_err());
}

#[test]
fn cancelled_decoders_say_cancelled() {
    let bytes = jpeg(256, 256);
    let metadata = probe(&bytes).unwrap();
    let cancel = Cancel::new();
    cancel.cancel();
    let error = decode(&bytes, &metadata, Layout::Rgb8, FailOn::Error, &cancel).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
}

#[test]
fn another_image_than_was_probed_is_refused() {
    let metadata = probe(&jpeg(16, 16)).unwrap();
    for other in [jpeg(8, 8), jpeg(16, 32), jpeg(64, 64)] {
        let error = decode(&other, &metadata, Layout::Rgb8, FailOn::Error, &Cancel::new()).unwrap_err();
        assert_eq!(error.code(), Code::ImageCorrupt, "{}", error.message());
    }
    let gray = Layout::L8;
    assert!(
        decode(&jpeg(16, 16), &metadata, gray, FailOn::Error, &Cancel::new())
            .is_ok_and(|pixels| pixels.layout() == gray)
    );
}

/// A gray ramp in a JPEG of three channels in separate scans.
fn separate_scans(sampling: jpeg_encoder::SamplingFactor) -> Vec<u8> {
    let pixels: Vec<u8> = (0..64 * 64).flat_map(|index| [(index / 20) as u8; 3]).collect();
    let mut data = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut data, 95);
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(sampling);
    encoder.encode(&pixels, 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
    data
}

#[test]
fn separate_scans_are_decoded_where_the_decoder_can_and_refused_where_it_scrambles() {
    let whole = separate_scans(jpeg_encoder::SamplingFactor::R_4_4_4);
    let pixels =
        decode(&whole, &probe(&whole).unwrap(), Layout::Rgb8, FailOn::Error, &Cancel::new()).unwrap();
    for (index, pixel) in pixels.data().chunks_exact(3).enumerate() {
        assert!(pixel[0].abs_diff((index / 20) as u8) <= 8, "{pixel:?} at {index}");
    }
    let subsampled = probe(&separate_scans(jpeg_encoder::SamplingFactor::R_4_2_0)).unwrap();
    let error = Plan::new(&subsampled, &ResizeOptions::default(), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), Code::ImageFormat);
    assert!(error.message().contains("separate scans"));
}

#[test]
fn canvases_that_the_webp_decoder_miscounts_are_refused() {
    let mut bytes = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\xFF\xFF\0\xFF\xFF\0".to_vec();
    // One frame of one pixel, lossless.
    bytes.extend(b"ANMF\x1E\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0VP8L\x05\0\0\0\x2F\0\0\0\0\0");
    let size = (bytes.len() - 8) as u32;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    let metadata = probe(&bytes).unwrap();
    assert_eq!((metadata.format, metadata.width, metadata.frames), (Format::WebP, 65_536, 1));
    let limits = Limits { input_pixels: u64::MAX, ..Limits::default() };
    let error = Plan::new(&metadata, &ResizeOptions::default(), &limits).unwrap_err();
    assert_eq!(error.code(), Code::ImageLimit);
}
