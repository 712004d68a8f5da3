//! Bitstreams by hand, and random ones that use everything there is, beside image-webp.

mod random;
mod writer;

use std::io::Cursor;

use super::*;
use crate::error::Code;
use random::Random;
use writer::Writer;

const RED: [u8; 4] = [255, 0, 0, 255];

fn decode_rgba(data: &[u8], size: (u32, u32)) -> Result<Decoded> {
    decode(data, size, Layout::Rgba8, &Cancel::new())
}

/// What image-webp makes of a bitstream whose alpha counts.
fn judge(data: &[u8], (width, height): (u32, u32)) -> Option<Vec<u8>> {
    let mut file = b"RIFF\0\0\0\0WEBPVP8L".to_vec();
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file.resize(file.len() + data.len() % 2, 0);
    let size = (file.len() - 8) as u32;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).ok()?;
    let mut pixels = vec![0; (width * height * 4) as usize];
    decoder.read_image(&mut pixels).ok()?;
    Some(pixels)
}

/// An image of one colour: nothing is written of its pixels.
fn plain((width, height): (u32, u32), [red, green, blue, alpha]: [u8; 4]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.header(width, height, true);
    // No transform, no cache, no blocks.
    writer.put(0, 3);
    for symbol in [green, red, blue, alpha, 0] {
        writer.one_symbol(symbol);
    }
    writer.finish()
}

#[test]
fn an_image_of_one_color() {
    let data = plain((5, 3), RED);
    assert_eq!(data.len(), 5 + 5);
    let decoded = decode_rgba(&data, (5, 3)).unwrap();
    assert_eq!((decoded.rows, decoded.flaw), (3, None));
    assert_eq!(decoded.pixels.data(), RED.repeat(15));
    let green = decode_green(&plain((5, 3), [1, 2, 3, 4])[5..], (5, 3), &Cancel::new()).unwrap();
    assert_eq!(green.pixels.data(), [2; 15]);
}

#[test]
fn alpha_that_does_not_count_is_opaque() {
    let mut data = plain((2, 1), [1, 2, 3, 4]);
    assert_eq!(has_alpha(&data), Some(true));
    assert_eq!(decode_rgba(&data, (2, 1)).unwrap().pixels.data(), [1, 2, 3, 4, 1, 2, 3, 4]);
    data[4] &= !0x10;
    assert_eq!(has_alpha(&data), Some(false));
    assert_eq!(decode_rgba(&data, (2, 1)).unwrap().pixels.data(), [1, 2, 3, 255, 1, 2, 3, 255]);
    let colors = decode(&data, (2, 1), Layout::Rgb8, &Cancel::new()).unwrap();
    assert_eq!(colors.pixels.data(), [1, 2, 3, 1, 2, 3]);
}

#[test]
fn random_streams_are_decoded_as_by_image_webp() {
    for seed in 0..250 {
        let (data, size) = Random::new(seed).stream();
        let decoded = decode_rgba(&data, size).unwrap_or_else(|error| panic!("{seed}: {error}"));
        assert_eq!((decoded.rows, decoded.flaw), (size.1, None), "{seed}");
        let expected = judge(&data, size).unwrap_or_else(|| panic!("{seed}: refused by image-webp"));
        let first = decoded.pixels.data().iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(first, None, "{seed}, {size:?}");
    }
}

#[test]
fn of_a_stream_that_is_cut_the_rows_before_are_kept() {
    for seed in 1000..1012 {
        let (data, size) = Random::new(seed).stream();
        let whole = decode_rgba(&data, size).unwrap();
        let mut rows = 0;
        for length in 0..data.len() - 1 {
            let decoded = decode_rgba(&data[..length], size).unwrap();
            assert!(decoded.rows >= rows);
            rows = decoded.rows;
            assert_eq!(decoded.flaw, (rows < size.1).then_some(Flaw::Truncation), "{seed}, {length}");
            let known = rows as usize * whole.pixels.stride();
            assert!(decoded.pixels.data()[..known] == whole.pixels.data()[..known]);
            assert!(decoded.pixels.data()[known..].iter().all(|&byte| byte == 0));
        }
        assert!(rows > 0 || whole.rows == 1, "{seed}");
    }
}

#[test]
fn damage_is_told_apart_from_truncation_and_never_a_panic() {
    let mut damaged = 0;
    for seed in 2000..2040 {
        let (data, size) = Random::new(seed).stream();
        let mut random = Random::new(seed);
        for _ in 0..60 {
            let mut data = data.clone();
            for _ in 0..=random.below(3) {
                let bit = 40 + random.below(data.len() * 8 - 40);
                data[bit / 8] ^= 1 << (bit % 8);
            }
            match decode_rgba(&data, size) {
                Ok(decoded) => {
                    assert_eq!(decoded.flaw.is_some(), decoded.rows < size.1);
                    damaged += usize::from(matches!(decoded.flaw, Some(Flaw::Damage(_))));
                }
                Err(error) => assert_eq!(error.code(), Code::ImageLimit),
            }
        }
    }
    assert!(damaged > 10, "{damaged}");
}

/// An image of 1024×1024 pixels in 65,536 blocks, each with its own group of codes.
fn many_groups(mut group: impl FnMut(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.header(1024, 1024, true);
    // No transform, no cache; blocks of four pixels a side, whose numbers are red and green.
    writer.put(0b1_0_0, 3);
    writer.put(0, 3);
    writer.put(0, 1);
    writer.flat_code(256 + 24);
    writer.flat_code(256);
    for _ in 0..3 {
        writer.one_symbol(0);
    }
    for number in 0..=u16::MAX {
        for byte in number.to_le_bytes() {
            writer.code_of_eight(byte);
        }
    }
    for _ in 0..=u16::MAX {
        group(&mut writer);
    }
    writer.finish()
}

#[test]
fn codes_that_take_too_much_memory_are_refused() {
    let large = many_groups(|writer| {
        writer.flat_code(256 + 24);
        for _ in 0..3 {
            writer.flat_code(256);
        }
        writer.one_symbol(0);
    });
    assert_eq!(decode_rgba(&large, (1024, 1024)).unwrap_err().code(), Code::ImageLimit);
    assert!(extra_bytes(1024, 1024, large.len() as u64) < 48 << 20);
}

#[test]
fn as_many_groups_as_there_may_be() {
    let mut number = 0_u32;
    let data = many_groups(|writer| {
        let [red, green, ..] = number.to_le_bytes();
        for symbol in [green, red, 0, 255, 0] {
            writer.one_symbol(symbol);
        }
        number += 1;
    });
    let decoded = decode_rgba(&data, (1024, 1024)).unwrap();
    let pixel = |x: usize, y: usize| decoded.pixels.data()[(y * 1024 + x) * 4..][..4].to_vec();
    assert_eq!(pixel(0, 0), [0, 0, 0, 255]);
    assert_eq!(pixel(1023, 1023), [255, 255, 0, 255]);
    assert_eq!(pixel(5, 4), [1, 1, 0, 255]);
}

#[test]
fn groups_that_no_block_names_take_no_memory() {
    // One block, of the last of 65,536 groups.
    let mut writer = Writer::new();
    writer.header(4, 4, true);
    writer.put(0b1_0_0, 3);
    writer.put(0, 3);
    writer.put(0, 1);
    for symbol in [255, 255, 0, 0, 0] {
        writer.one_symbol(symbol);
    }
    for _ in 0..u16::MAX {
        writer.flat_code(256 + 24);
        for _ in 0..4 {
            writer.one_symbol(9);
        }
    }
    for symbol in [0, 255, 0, 255, 0] {
        writer.one_symbol(symbol);
    }
    let data = writer.finish();
    assert_eq!(decode_rgba(&data, (4, 4)).unwrap().pixels.data(), RED.repeat(16));
    assert!(extra_bytes(4, 4, data.len() as u64) < 1 << 20);
}

#[test]
fn codes_that_are_none_are_damage() {
    let broken = |code: &[u8]| {
        let mut writer = Writer::new();
        writer.header(4, 4, true);
        writer.put(0, 3);
        let mut lengths = vec![0; 256 + 24];
        lengths[..code.len()].copy_from_slice(code);
        writer.lengths(&lengths);
        for _ in 0..4 {
            writer.one_symbol(0);
        }
        writer.put(0, 32);
        decode_rgba(&writer.finish(), (4, 4)).unwrap().flaw
    };
    for code in [&[][..], &[1, 2], &[1, 1, 1], &[2, 2, 2], &[1, 2, 3, 4, 4, 4]] {
        assert!(matches!(broken(code), Some(Flaw::Damage(what)) if what.contains("code")), "{code:?}");
    }
    for code in [&[7][..], &[12], &[15], &[1, 1], &[1, 2, 2], &[1, 2, 3, 4, 4]] {
        assert_eq!(broken(code), None, "{code:?}");
    }
}

#[test]
fn another_size_than_was_probed_is_damage() {
    let data = plain((5, 3), RED);
    for (data, size) in [(&data[..], (5, 4)), (&data[1..], (5, 3))] {
        let decoded = decode_rgba(data, size).unwrap();
        assert!(matches!(decoded.flaw, Some(Flaw::Damage(_))));
        assert_eq!(decoded.rows, 0);
    }
}

#[test]
fn a_window_that_moves_keeps_what_copies_refer_to() {
    // Wide enough for pixels to be let go of several times; each row is a copy of the one above, or noise.
    let (width, height) = (16_000_u32, 300_u32);
    let mut writer = Writer::new();
    writer.header(width, height, true);
    writer.put(0, 3);
    let mut greens = vec![8; 255];
    // Of the last 1/256, two lengths: one pixel, and 2049 to 3072 of them.
    greens.extend([0; 25]);
    greens[256] = 9;
    greens[256 + 22] = 9;
    writer.lengths(&greens);
    for _ in 0..2 {
        writer.one_symbol(7);
    }
    writer.one_symbol(255);
    // One row up, by its number; and a million pixels back.
    let mut distances = vec![0; 40];
    (distances[0], distances[39]) = (1, 1);
    writer.lengths(&distances);
    let codes = writer::codes(&greens);
    let mut expected = Vec::new();
    let mut random = Random::new(5);
    let total = (width * height) as usize;
    while expected.len() < total {
        let left = total - expected.len();
        let pick = random.below(400);
        if pick < 2 && expected.len() > 1 << 20 && left > 3072 {
            writer.code(codes[256 + 22]);
            let extra = random.below(1024);
            writer.put(extra as u64, 10);
            let length = 2049 + extra;
            let far = pick == 1;
            writer.put(u64::from(far), 1);
            let mut back = width as usize;
            if far {
                writer.put((1 << 18) - 1, 18);
                back = (1 << 20) - 120;
            }
            for _ in 0..length {
                expected.push(expected[expected.len() - back]);
            }
        } else {
            let green = random.below(255);
            writer.code(codes[green]);
            expected.push(green as u8);
        }
    }
    let data = writer.finish();
    let decoded = decode_rgba(&data, (width, height)).unwrap();
    assert_eq!(decoded.flaw, None);
    assert!(decoded.pixels.data().chunks_exact(4).map(|pixel| pixel[1]).eq(expected));
}

#[test]
fn a_cancelled_job_stops() {
    let cancel = Cancel::new();
    cancel.cancel();
    let data = plain((16_383, 16_383), RED);
    let error = decode(&data, (16_383, 16_383), Layout::Rgba8, &cancel).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
}
