use std::io::{BufRead, Read};

use super::reader::InputReader;
use super::*;
use crate::error::Code;
use crate::image::probe;

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

/// Files of which a part is missing or wrong, and what is left of them.
mod lenient {
    use super::*;

    /// A gray PNG, stored without compression, so that rows lie in the file as they are.
    fn stored_png(width: u32, height: u32) -> Vec<u8> {
        let mut data = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut data, width, height);
        encoder.set_color(::png::ColorType::Grayscale);
        encoder.set_compression(::png::Compression::NoCompression);
        encoder.set_filter(::png::Filter::NoFilter);
        let pixels: Vec<u8> = (0..width * height).map(|index| (index % 200 + 1) as u8).collect();
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        data
    }

    fn gray(bytes: &[u8], fail_on: FailOn) -> Result<Pixels> {
        let metadata = probe(bytes)?;
        check(&metadata, fail_on)?;
        decode(bytes, &metadata, Layout::L8, fail_on, &Cancel::new())
    }

    #[test]
    fn damaged_checksums_are_passed_over() {
        let whole = stored_png(50, 50);
        let pixels = gray(&whole, FailOn::Error).unwrap();
        // The first data chunk's checksum, and the last's, which ends 12 bytes before the file.
        let mut damaged = whole.clone();
        let at = whole.len() - 13;
        damaged[at] ^= 0x55;
        assert_eq!(gray(&damaged, FailOn::Error).unwrap_err().code(), Code::ImageCorrupt);
        for fail_on in [FailOn::Truncated, FailOn::None] {
            assert_eq!(gray(&damaged, fail_on).unwrap().data(), pixels.data());
        }
    }

    #[test]
    fn of_a_cut_png_the_rows_before_the_cut_are_shown() {
        let whole = stored_png(50, 50);
        let pixels = gray(&whole, FailOn::Error).unwrap();
        for length in (whole.len() / 4..whole.len() - 12).step_by(97) {
            let cut = &whole[..length];
            for fail_on in [FailOn::Error, FailOn::Truncated] {
                assert_eq!(gray(cut, fail_on).unwrap_err().code(), Code::ImageCorrupt);
            }
            let some = gray(cut, FailOn::None).unwrap();
            let rows = some.data().iter().take_while(|value| **value != 0).count();
            assert_eq!(some.data()[..rows], pixels.data()[..rows]);
            assert!(some.data()[rows..].iter().all(|value| *value == 0));
            // A row's bytes, the header, and what the decoder has not looked at yet.
            assert!(rows + 500 >= length * 50 / 51, "{rows} of {length}");
        }
    }

    #[test]
    fn damaged_data_ends_a_png_where_damage_may_be() {
        let mut damaged = stored_png(50, 50);
        // The second half of the compressed stream is no such stream; its length is kept.
        let half = damaged.len() / 2;
        let end = damaged.len() - 16;
        damaged[half..end].fill(0xFF);
        assert!(gray(&damaged, FailOn::Error).is_err());
        assert!(gray(&damaged, FailOn::Truncated).is_ok());
    }
}

#[test]
fn sixteen_bits_are_kept_or_rounded() {
    let mut data = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut data, 256, 256);
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_depth(::png::BitDepth::Sixteen);
    let samples: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_be_bytes).collect();
    encoder.write_header().unwrap().write_image_data(&samples).unwrap();
    let metadata = probe(&data).unwrap();
    let wide = decode(&data, &metadata, Layout::L16, FailOn::Error, &Cancel::new()).unwrap();
    assert_eq!(wide.words(), (0..=u16::MAX).collect::<Vec<_>>());
    let narrow = decode(&data, &metadata, Layout::L8, FailOn::Error, &Cancel::new()).unwrap();
    for (value, found) in narrow.data().iter().enumerate() {
        assert_eq!(u32::from(*found), (value as f64 / 257.0).round() as u32, "{value}");
    }
}
