//! Every picture is compared with image-webp's, bit by bit: files of libwebp's encoder, and frames of chance.

mod damage;
mod writer;

use std::io::Cursor;

use image_webp::WebPDecoder;

use self::writer::{Chance, Choice, Writer, frame};
use super::bool::Bool;
use super::rgb::Painter;
use super::*;
use crate::image::encode;
use crate::image::options::ResizeOptions;
use crate::image::pixels::Picture;

fn encoded(pixels: &Pixels, quality: u8, effort: u8) -> Vec<u8> {
    let options = ResizeOptions { quality: Some(quality), effort: Some(effort), ..Default::default() };
    let picture = Picture::still(pixels.duplicate().unwrap());
    encode::encode(picture, Format::WebP, &options, &Cancel::new()).unwrap()
}

/// The image data of a file of nothing else.
fn chunk(file: &[u8]) -> &[u8] {
    assert_eq!(&file[12..16], b"VP8 ");
    let length = u32::from_le_bytes(*file[16..].first_chunk().unwrap());
    &file[20..20 + length as usize]
}

fn file_of(data: &[u8]) -> Vec<u8> {
    let padding = data.len() % 2;
    let mut file = b"RIFF".to_vec();
    file.extend((data.len() as u32 + 12 + padding as u32).to_le_bytes());
    file.extend(b"WEBPVP8 ");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file.resize(file.len() + padding, 0);
    file
}

fn reference(file: &[u8]) -> Vec<u8> {
    let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut pixels).unwrap();
    pixels
}

fn compare(data: &[u8], size: (u32, u32), what: impl std::fmt::Debug) {
    let found = decode(data, size, &Cancel::new()).unwrap();
    assert_eq!((found.flaw, found.rows), (None, size.1), "{what:?}");
    let rgb = found.frame.to_rgb(None, &Cancel::new()).unwrap();
    let expected = reference(&file_of(data));
    let differs = rgb.data().iter().zip(&expected).position(|(found, expected)| found != expected);
    let at = differs.map(|at| (at / 3 % size.0 as usize, at / 3 / size.0 as usize, at % 3));
    assert_eq!((at, rgb.data().len()), (None, expected.len()), "{what:?}");
}

fn noise(width: u32, height: u32) -> Pixels {
    let data = Chance(width << 16 | height).bytes((width * height * 3) as usize);
    Pixels::from_vec(Layout::Rgb8, width, height, data).unwrap()
}

/// Slopes, edges and a little noise: something for every way of predicting.
fn texture(width: u32, height: u32) -> Pixels {
    let mut chance = Chance(1);
    let value = |at: u32| {
        let (x, y, channel) = (at / 3 % width, at / 3 / width, at % 3);
        let edge = if (x * 2 + y * (channel + 1)) / 23 % 2 == 0 { 60 } else { 0 };
        let slope = (x * 3 + y * 2 + channel * 40) % 128;
        (edge + slope + u32::from(chance.byte() >> 4)) as u8
    };
    let data = (0..width * height * 3).map(value).collect();
    Pixels::from_vec(Layout::Rgb8, width, height, data).unwrap()
}

#[test]
fn files_of_every_quality_and_effort_are_decoded_as_by_others() {
    for quality in 0..=100 {
        let (width, height) = (u32::from(quality) * 7 % 70 + 1, u32::from(quality) * 11 % 70 + 1);
        let effort = quality % 7;
        for pixels in [noise(width, height), texture(width, height)] {
            let file = encoded(&pixels, quality, effort);
            compare(chunk(&file), (width, height), (quality, effort, &pixels));
        }
    }
}

#[test]
fn files_of_every_size_are_decoded_as_by_others() {
    for side in 1..=70 {
        for size in [(side, 71 - side), (side, 1), (1, side), (side, side)] {
            let file = encoded(&texture(size.0, size.1), 70, (side % 7) as u8);
            compare(chunk(&file), size, size);
        }
    }
}

#[test]
fn frames_of_chance_are_decoded_as_by_others() {
    let mut chance = Chance(1);
    for round in 0..400 {
        let choice = Choice {
            size: (1 + chance.below(70), 1 + chance.below(90)),
            partitions: round % 4,
            segments: chance.below(2) != 0,
            filter: (chance.below(3) == 0, chance.below(64), chance.below(8)),
            deltas: chance.below(2) != 0,
            skips: chance.below(2) != 0,
            updates: [0, 5, 100][chance.below(3) as usize],
            // Larger ones would make coefficients too large for sixteen bits.
            quantizer: 4,
        };
        let data = frame(&choice, &mut chance);
        compare(&data, choice.size, choice);
    }
}

#[test]
fn booleans_are_read_as_they_were_written() {
    let mut chance = Chance(5);
    for length in 0..200 {
        let booleans: Vec<(bool, u8)> = (0..length)
            .map(|_| {
                let probability = chance.byte();
                (chance.byte() >= probability, probability)
            })
            .collect();
        let mut writer = Writer::new();
        for &(value, probability) in &booleans {
            writer.put(value, probability);
        }
        let bytes = writer.finish();
        let mut bits = Bool::new(&bytes);
        for (index, &(value, probability)) in booleans.iter().enumerate() {
            assert_eq!(bits.read(probability), value, "{index} of {length}");
        }
        assert!(!bits.has_ended());
        // What follows are zeros, and not for ever.
        assert!((0..64).all(|_| !bits.flag()));
        assert!(bits.has_ended());
    }
}

#[test]
fn a_sign_is_a_boolean_as_likely_as_not() {
    let bytes = Chance(9).bytes(300);
    let (mut one, mut other) = (Bool::new(&bytes), Bool::new(&bytes));
    for value in 0..2000 {
        let expected = if one.flag() { -value } else { value };
        assert_eq!(other.signed(value), expected);
        assert_eq!(one.read(value as u8), other.read(value as u8));
    }
}

#[test]
fn alpha_is_put_beside_the_same_colours() {
    let size = (45, 31);
    let file = encoded(&texture(size.0, size.1), 80, 2);
    let found = decode(chunk(&file), size, &Cancel::new()).unwrap().frame;
    let alpha = Pixels::from_vec(Layout::L8, size.0, size.1, Chance(2).bytes(45 * 31)).unwrap();
    let rgba = found.to_rgb(Some(&alpha), &Cancel::new()).unwrap();
    let rgb = found.to_rgb(None, &Cancel::new()).unwrap();
    assert_eq!(rgba.layout(), Layout::Rgba8);
    let (rgba, _) = rgba.data().as_chunks::<4>();
    for ((rgba, rgb), alpha) in rgba.iter().zip(rgb.data().as_chunks::<3>().0).zip(alpha.data()) {
        assert_eq!((&rgba[..3], rgba[3]), (&rgb[..], *alpha));
    }
    let other = Pixels::new(Layout::L8, size.1, size.0).unwrap();
    assert!(found.to_rgb(Some(&other), &Cancel::new()).is_err());
}

#[test]
fn colours_are_those_of_the_standard() {
    // BT.601: what libwebp's integers make of it is at most 2 away.
    let frame = |y, u, v| {
        let plane = |value| Pixels::from_vec(Layout::L8, 1, 1, vec![value]).unwrap();
        let frame = Frame { luma: plane(y), chroma: [plane(u), plane(v)] };
        frame.to_rgb(None, &Cancel::new()).unwrap().data().to_vec()
    };
    for y in (0..=255).step_by(5) {
        for u in (0..=255).step_by(15) {
            for v in (0..=255).step_by(15) {
                let (luma, blue, red) =
                    (1.164_383 * (f64::from(y) - 16.0), f64::from(u) - 128.0, f64::from(v) - 128.0);
                let exact = [
                    luma + 1.596_027 * red,
                    luma - 0.391_762 * blue - 0.812_968 * red,
                    luma + 2.017_232 * blue,
                ];
                for (found, exact) in frame(y, u, v).into_iter().zip(exact) {
                    assert!((f64::from(found) - exact.clamp(0.0, 255.0)).abs() <= 2.0, "{y} {u} {v}");
                }
            }
        }
    }
}

#[test]
fn memory_beside_the_frame_is_what_was_promised() {
    let mut chance = Chance(1);
    for width in [1, 16, 17, 1000, 16_383] {
        let choice = Choice {
            size: (width, 1),
            partitions: 0,
            segments: false,
            filter: (false, 0, 0),
            deltas: false,
            skips: false,
            updates: 0,
            quantizer: 0,
        };
        let data = frame(&choice, &mut chance);
        let Stream { header, first, .. } = header::read(&data, choice.size).unwrap();
        let decoder = Decoder::new(&header, first, width.div_ceil(16) as usize).unwrap();
        let bytes = decoder.band.bytes()
            + decoder.above.capacity() * size_of::<Above>()
            + decoder.filtering.capacity() * size_of::<Filtering>();
        assert_eq!(bytes as u64, extra_bytes(width));
        let found = decode(&data, choice.size, &Cancel::new()).unwrap().frame;
        assert!(Painter::new(&found).unwrap().bytes() as u64 <= extra_bytes(width));
    }
}
