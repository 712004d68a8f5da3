//! Thousands of damaged files, made of the samples as a fuzzer would, but the same ones each time:
//! `OFFLOOP_CASES=200000 cargo nextest run --release --no-default-features --test image mutated` is a longer run.
//!
//! Checksums are mended afterwards, and compressed rows are damaged inside, so that damage gets past the first door.

use std::io::Read;

use offloop::Code;

use crate::choices::{CHOICES, fail_on, options};
use crate::samples::{Sample, samples};
use crate::support::*;

/// What lengths and counts are overwritten with.
const EXTREMES: [u32; 10] =
    [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x00FF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];

#[test]
fn mutated_files_are_an_error_or_an_image() {
    let cases = std::env::var("OFFLOOP_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6000);
    let samples = samples();
    let mut random = Random::new(20_261);
    for case in 0..cases {
        let sample = &samples[random.below(samples.len())];
        let other = &samples[random.below(samples.len())];
        let data = mutated(&mut random, sample, other);
        let mut choices = [0; CHOICES];
        // Half of the options as they come, half of them usual.
        for choice in &mut choices {
            if random.below(2) == 0 {
                *choice = random.next() as u8;
            }
        }
        match run_tolerating(&data, &options(&choices), fail_on(&choices)) {
            Ok(output) => assert!(!output.data.is_empty() && output.width > 0 && output.height > 0),
            Err(error) => assert!(
                matches!(
                    error.code(),
                    Code::ImageCorrupt | Code::ImageFormat | Code::ImageLimit | Code::InvalidArg
                ),
                "case {case}, {sample}: {error}"
            ),
        }
    }
}

fn mutated(random: &mut Random, sample: &Sample, other: &Sample) -> Vec<u8> {
    let mut data = sample.data.clone();
    if sample.format == "png" && random.below(3) == 0 {
        data = with_damaged_rows(random, &data);
    }
    for _ in 0..=random.below(4) {
        mutate(random, &mut data, &other.data);
    }
    match sample.format {
        "png" if random.below(4) > 0 => mend_checksums(&mut data),
        "webp" if random.below(4) > 0 => mend_length(&mut data),
        _ => {}
    }
    data
}

fn mutate(random: &mut Random, data: &mut Vec<u8>, other: &[u8]) {
    if data.is_empty() {
        return;
    }
    // Headers are small, and matter as much as everything else.
    let within = if random.below(2) == 0 { data.len() } else { data.len().min(160) };
    let at = random.below(within);
    let end = (at + 1 + random.below(40)).min(data.len());
    match random.below(10) {
        0 => data[at] ^= 1 << random.below(8),
        1 => data[at] = random.next() as u8,
        2 | 3 => {
            let value = EXTREMES[random.below(EXTREMES.len())];
            let bytes = if random.below(2) == 0 { value.to_le_bytes() } else { value.to_be_bytes() };
            let width = if random.below(2) == 0 { 2 } else { 4 };
            let bytes = if value.to_le_bytes() == bytes { &bytes[..width] } else { &bytes[4 - width..] };
            for (to, from) in data[at..].iter_mut().zip(bytes) {
                *to = *from;
            }
        }
        4 => drop(data.drain(at..end)),
        5 => {
            let again = data[at..end].to_vec();
            data.splice(at..at, again);
        }
        6 => {
            // A stretch of another file, of the same format or not.
            let from = random.below(other.len());
            let part = other[from..(from + 1 + random.below(60)).min(other.len())].to_vec();
            data.splice(at..end, part);
        }
        7 => data.truncate(at),
        8 => data[at..end].fill([0, 0xFF][random.below(2)]),
        _ => {
            let to = random.below(data.len());
            let length = (end - at).min(data.len() - to);
            data.copy_within(at..at + length, to);
        }
    }
}

/// The rows of a PNG, unpacked, damaged and packed again.
fn with_damaged_rows(random: &mut Random, png: &[u8]) -> Vec<u8> {
    let mut out = png[..8].to_vec();
    let mut at = 8;
    while let Some(head) = png.get(at..at + 8) {
        let length = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        let Some(body) = png.get(at + 8..at + 8 + length) else { break };
        let name: &[u8; 4] = head[4..].try_into().unwrap();
        let mut rows = Vec::new();
        if name == b"IDAT" && flate2::read::ZlibDecoder::new(body).read_to_end(&mut rows).is_ok() {
            for _ in 0..=random.below(6) {
                mutate(random, &mut rows, body);
            }
            out.extend(png_chunk(name, &deflate(&rows)));
        } else {
            out.extend(png_chunk(name, body));
        }
        at += length + 12;
    }
    out
}

fn mend_checksums(png: &mut [u8]) {
    let mut at = 8;
    while let Some(head) = png.get(at..at + 8) {
        let length = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        let Some(whole) = png.get_mut(at..).and_then(|rest| rest.get_mut(..length.saturating_add(12))) else {
            return;
        };
        let sum = crc32(&whole[4..8 + length]).to_be_bytes();
        whole[8 + length..].copy_from_slice(&sum);
        at += length + 12;
    }
}

/// RIFF's own length.
fn mend_length(webp: &mut [u8]) {
    let length = (webp.len().saturating_sub(8)) as u32;
    if let Some(field) = webp.get_mut(4..8) {
        field.copy_from_slice(&length.to_le_bytes());
    }
}
