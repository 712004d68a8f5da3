//! Files of libwebp's encoder, decoded as by image-webp, bit by bit.

use std::io::Cursor;

use super::*;
use crate::image::encode;
use crate::image::options::ResizeOptions;
use crate::image::pixels::Picture;
use crate::image::probe;

/// A picture by its pixels.
fn picture(layout: Layout, (width, height): (u32, u32), pixel: impl Fn(u32, u32) -> u32) -> Pixels {
    let mut pixels = Pixels::new(layout, width, height).unwrap();
    let channels = layout.channels();
    for (at, out) in pixels.data_mut().chunks_exact_mut(channels).enumerate() {
        let (x, y) = (at as u32 % width, at as u32 / width);
        out.copy_from_slice(&pixel(x, y).to_le_bytes()[..channels]);
    }
    pixels
}

/// A number that has nothing to do with another one.
fn scrambled(number: u32) -> u32 {
    let mixed = (number ^ number >> 15).wrapping_mul(0x2C1B_3C6D);
    (mixed ^ mixed >> 12).wrapping_mul(0x297A_2D39) ^ mixed >> 7
}

fn noise(x: u32, y: u32) -> u32 {
    scrambled(y << 16 | x)
}

fn gradient(x: u32, y: u32) -> u32 {
    u32::from_le_bytes([x * 3 + y, y * 5, 255 - x * 2, 40 + x + y].map(|value| value as u8))
}

/// Slow waves and a little noise, as in photographs.
fn photo(x: u32, y: u32) -> u32 {
    let wave = |phase: f32| {
        let (x, y) = (x as f32, y as f32);
        (128.0 + 70.0 * (x / 13.0 + phase).sin() + 40.0 * (y / 9.0 - phase).cos()) as u32
    };
    let grain = noise(x, y) >> 8 & 3;
    u32::from_le_bytes([0.0, 0.4, 0.9, 2.0].map(|phase| (wave(phase) + grain) as u8))
}

#[track_caller]
fn compare(pixels: &Pixels, options: &ResizeOptions) {
    let picture = Picture::still(pixels.duplicate().unwrap());
    let file = encode::encode(picture, Format::WebP, options, &Cancel::new()).unwrap();
    let what = format!("{pixels:?} {options:?}");
    let found = probe(&file).unwrap();
    let layout = if found.has_alpha { Layout::Rgba8 } else { Layout::Rgb8 };
    let decoded = decode(&file, &found, layout, FailOn::Error, &Cancel::new()).unwrap();
    let mut judge = image_webp::WebPDecoder::new(Cursor::new(&file)).unwrap();
    assert_eq!(judge.has_alpha(), found.has_alpha, "{what}");
    let mut expected = vec![0; judge.output_buffer_size().unwrap()];
    judge.read_image(&mut expected).unwrap();
    assert!(decoded.data() == expected, "{what}");
    if options.lossless && layout == pixels.layout() {
        assert!(decoded.data() == pixels.data(), "{what}");
    }
}

fn with_effort(effort: u8) -> ResizeOptions {
    ResizeOptions { effort: Some(effort), ..Default::default() }
}

#[test]
fn lossless_files_of_every_effort() {
    for effort in 0..=6 {
        for layout in [Layout::Rgb8, Layout::Rgba8] {
            for (seed, pixel) in [noise, gradient, photo].into_iter().enumerate() {
                let side = |salt: u32| 1 + scrambled(u32::from(effort) << 8 | (seed as u32) << 4 | salt) % 70;
                let pixels = picture(layout, (side(1), side(2)), pixel);
                compare(&pixels, &ResizeOptions { lossless: true, ..with_effort(effort) });
                let quality = Some(10 * effort + 20);
                compare(&pixels, &ResizeOptions { near_lossless: true, quality, ..with_effort(effort) });
            }
        }
    }
}

#[test]
fn lossless_files_of_every_size() {
    for side in 1..=70 {
        let pixels = picture(Layout::Rgb8, (side, 71 - side), photo);
        compare(&pixels, &ResizeOptions { lossless: true, ..with_effort(side as u8 % 5) });
    }
}

#[test]
fn palettes_of_every_size() {
    for colors in (1..=20).chain([31, 64, 100, 128, 255, 256, 257]) {
        for width in [1, 7, 8, 9, 33] {
            let color = |x, y| scrambled(scrambled(noise(x, y)) % colors);
            let pixels = picture(Layout::Rgba8, (width, 37), color);
            compare(&pixels, &ResizeOptions { lossless: true, ..with_effort((colors % 6) as u8) });
        }
    }
}

#[test]
fn large_lossless_files_with_many_codes() {
    let patches = |x: u32, y: u32| match (x / 48 + y / 48) % 3 {
        0 => noise(x, y) & 0x0F1F_3F07,
        1 => photo(x, y),
        _ => scrambled(x / 48) ^ gradient(x % 9, y),
    };
    for effort in [0, 3, 5] {
        compare(
            &picture(Layout::Rgba8, (700, 401), patches),
            &ResizeOptions { lossless: true, ..with_effort(effort) },
        );
    }
}

#[test]
fn lossy_files_with_alpha() {
    for effort in 0..=6 {
        for (seed, pixel) in [noise, gradient, photo].into_iter().enumerate() {
            for alpha_quality in [100, 60, 1].map(Some) {
                let side = |salt: u32| 1 + scrambled(u32::from(effort) << 8 | (seed as u32) << 4 | salt) % 70;
                let pixels = picture(Layout::Rgba8, (side(3), side(4)), pixel);
                compare(&pixels, &ResizeOptions { alpha_quality, ..with_effort(effort) });
            }
        }
    }
}

#[test]
fn damaged_alpha_is_opaque_where_damage_may_be() {
    let pixels = picture(Layout::Rgba8, (40, 30), photo);
    let picture = Picture::still(pixels);
    let file = encode::encode(picture, Format::WebP, &with_effort(4), &Cancel::new()).unwrap();
    let found = probe(&file).unwrap();
    let alpha = file.windows(4).position(|name| name == b"ALPH").unwrap();
    let mut damaged = file.clone();
    // A compression that there is not.
    damaged[alpha + 8] |= 3;
    let decode = |data: &[u8], fail_on| decode(data, &found, Layout::Rgba8, fail_on, &Cancel::new());
    assert!(decode(&damaged, FailOn::Error).is_err());
    let whole = decode(&file, FailOn::Error).unwrap();
    for fail_on in [FailOn::Truncated, FailOn::None] {
        let shown = decode(&damaged, fail_on).unwrap();
        for (shown, whole) in shown.data().chunks_exact(4).zip(whole.data().chunks_exact(4)) {
            assert_eq!((&shown[..3], shown[3]), (&whole[..3], 255));
        }
    }
}
