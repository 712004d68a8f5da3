//! Every sample cut short and with bits flipped: an error or an image, never a panic, whatever is asked for.

use offloop::Code;
use offloop::image::{FailOn, Fit, Format, ResizeOptions};

use crate::samples::{Sample, samples};
use crate::support::*;

/// What a damaged image is asked to become: small, and by every way through the pipeline.
fn ways() -> Vec<ResizeOptions> {
    vec![
        ResizeOptions { width: Some(8), ..to(Format::Png) },
        ResizeOptions { width: Some(20), height: Some(9), ..to(Format::Jpeg) },
        ResizeOptions {
            width: Some(16),
            height: Some(16),
            fit: Fit::Contain,
            effort: Some(0),
            ..to(Format::WebP)
        },
        to(Format::Png),
    ]
}

#[track_caller]
fn error_or_image(sample: &Sample, data: &[u8], options: &ResizeOptions, how: &str) {
    for fail_on in [FailOn::Error, FailOn::None] {
        match run_tolerating(data, options, fail_on) {
            Ok(output) => assert!(!output.data.is_empty() && output.width > 0 && output.height > 0),
            Err(error) => assert!(
                matches!(error.code(), Code::ImageCorrupt | Code::ImageFormat | Code::ImageLimit),
                "{sample}, {how}, {fail_on:?}: {error}"
            ),
        }
    }
}

#[test]
fn cut_anywhere() {
    for sample in samples() {
        let length = sample.data.len();
        // Headers byte by byte, the rest closely for what is small and at every 997th byte for what is not.
        let step = if length > 20_000 { 997 } else { 1 + length / 97 };
        for cut in
            (0..length.min(64)).chain((64..length).step_by(step)).chain(length.saturating_sub(9)..length)
        {
            for options in &ways()[..2] {
                error_or_image(&sample, &sample.data[..cut], options, &format!("cut to {cut} of {length}"));
            }
        }
    }
}

#[test]
fn any_bit_flipped() {
    let mut random = Random::new(0x5EED);
    for sample in samples() {
        for round in 0..600 {
            let mut data = sample.data.clone();
            // One bit often, several sometimes; and half of them in the header, where the lengths are.
            for _ in 0..=(random.below(16) / 12) {
                let within = if round % 2 == 0 { data.len() } else { data.len().min(200) };
                let at = random.below(within);
                data[at] ^= 1 << random.below(8);
            }
            let ways = ways();
            error_or_image(&sample, &data, &ways[round % ways.len()], &format!("flip {round}"));
        }
    }
}

#[test]
fn bytes_that_are_extremes() {
    for sample in samples() {
        let header = sample.data.len().min(120);
        for at in 0..header {
            for value in [0x00, 0x7F, 0x80, 0xFF] {
                let mut data = sample.data.clone();
                data[at] = value;
                error_or_image(&sample, &data, &ways()[0], &format!("byte {at} is {value:#x}"));
            }
            // Lengths and counts are of two or four bytes.
            for width in [2, 4] {
                let mut data = sample.data.clone();
                let end = (at + width).min(data.len());
                data[at..end].fill(0xFF);
                error_or_image(&sample, &data, &ways()[1], &format!("{width} bytes at {at} are 0xFF"));
            }
        }
    }
}

#[test]
fn nothing_and_noise() {
    for options in ways() {
        for sample in samples() {
            // What begins as the format and goes on as nothing in particular.
            for keep in [2, 4, 8, 12, 16, 30] {
                let mut data = sample.data[..keep.min(sample.data.len())].to_vec();
                data.extend(noise(4000, keep as u32));
                error_or_image(&sample, &data, &options, &format!("noise from byte {keep}"));
                data.truncate(keep);
                data.extend([0; 4000]);
                error_or_image(&sample, &data, &options, &format!("zeros from byte {keep}"));
            }
        }
    }
}
