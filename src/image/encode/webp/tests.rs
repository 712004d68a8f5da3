use std::io::Cursor;

use image_webp::{LoopCount, WebPDecoder};

use super::*;
use crate::error::Code;
use crate::image::pixels::{Embedded, Frame as Canvas};
use crate::image::probe;

fn noise(layout: Layout, width: u32, height: u32) -> Pixels {
    let mut state = 1_u32;
    let length = width as usize * height as usize * layout.channels();
    let data = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    Pixels::from_vec(layout, width, height, data.take(length).collect()).unwrap()
}

fn smooth(layout: Layout, width: u32, height: u32) -> Pixels {
    let channels = layout.channels() as u32;
    let value = |at: u32| {
        let (x, y, channel) = (at / channels % width, at / channels / width, at % channels);
        (40 + x * 120 / width + y * 60 / height + channel * 10) as u8
    };
    Pixels::from_vec(layout, width, height, (0..width * height * channels).map(value).collect()).unwrap()
}

fn lossless() -> ResizeOptions {
    ResizeOptions { lossless: true, effort: Some(0), ..Default::default() }
}

fn encoded(pixels: &Pixels, options: &ResizeOptions) -> Vec<u8> {
    encode(&Picture::still(pixels.duplicate().unwrap()), options, &Cancel::new()).unwrap()
}

fn decoded(data: &[u8]) -> Vec<u8> {
    let mut decoder = WebPDecoder::new(Cursor::new(data)).unwrap();
    let mut found = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut found).unwrap();
    found
}

fn worst(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap()
}

#[test]
fn lossless_is_exact_even_under_full_transparency() {
    let mut pixels = noise(Layout::Rgba8, 33, 17);
    pixels.data_mut()[3] = 0;
    assert_eq!(decoded(&encoded(&pixels, &lossless())), pixels.data());
}

#[test]
fn gray_and_sixteen_bits_are_written_as_colours() {
    let gray = Pixels::from_vec(Layout::La8, 2, 1, vec![9, 100, 200, 255]).unwrap();
    assert_eq!(decoded(&encoded(&gray, &lossless())), [9, 9, 9, 100, 200, 200, 200, 255]);
    let wide = Pixels::from_words(Layout::Rgb16, 1, 1, vec![0, 514, 0xFFFF]).unwrap();
    assert_eq!(decoded(&encoded(&wide, &lossless())), [0, 2, 255]);
}

#[test]
fn effort_and_quality_reach_the_encoder() {
    let pixels = noise(Layout::Rgb8, 64, 64);
    let size = |quality, effort| {
        let options = ResizeOptions { quality: Some(quality), effort: Some(effort), ..Default::default() };
        encoded(&pixels, &options).len()
    };
    assert!(size(20, 4) < size(90, 4));
    assert_ne!(size(80, 0), size(80, 6));
}

#[test]
fn near_lossless_is_near_and_smaller() {
    let mut pixels = smooth(Layout::Rgb8, 128, 128);
    for (byte, noise) in pixels.data_mut().iter_mut().zip(noise(Layout::Rgb8, 128, 128).data()) {
        *byte += noise & 7;
    }
    let near = |quality| {
        let options = ResizeOptions { near_lossless: true, quality: Some(quality), ..Default::default() };
        encoded(&pixels, &options)
    };
    let exact = encoded(&pixels, &ResizeOptions { lossless: true, ..Default::default() });
    assert!(near(20).len() < exact.len());
    let difference = worst(&decoded(&near(20)), pixels.data());
    assert!((1..=16).contains(&difference), "{difference}");
    assert_eq!(worst(&decoded(&near(100)), pixels.data()), 0);
}

#[test]
fn alpha_has_a_quality_of_its_own() {
    let mut pixels = smooth(Layout::Rgba8, 64, 64);
    let values = noise(Layout::L8, 64, 64);
    for (pixel, alpha) in pixels.data_mut().chunks_exact_mut(4).zip(values.data()) {
        pixel[3] = *alpha;
    }
    let alpha = |quality| {
        let data = encoded(&pixels, &ResizeOptions { alpha_quality: Some(quality), ..Default::default() });
        let found = decoded(&data).into_iter().skip(3).step_by(4).collect::<Vec<_>>();
        (data.len(), worst(&found, values.data()))
    };
    assert_eq!(alpha(100).1, 0);
    assert!(alpha(20).1 > 0 && alpha(20).0 < alpha(100).0);
}

#[test]
fn metadata_comes_back() {
    let mut icc = vec![0; 200];
    icc[16..20].copy_from_slice(b"RGB ");
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    for layout in [Layout::Rgb8, Layout::Rgba8] {
        for options in [ResizeOptions::default(), lossless()] {
            let embedded = Embedded {
                icc: Some(icc.clone().into()),
                exif: Some(exif.clone().into()),
                xmp: Some(b"<x/>!"[..].into()),
                ..Embedded::default()
            };
            let picture = Picture { embedded, ..Picture::still(smooth(layout, 20, 10)) };
            let data = encode(&picture, &options, &Cancel::new()).unwrap();
            let mut decoder = WebPDecoder::new(Cursor::new(&data)).unwrap();
            assert_eq!(decoder.icc_profile().unwrap().as_ref(), Some(&icc));
            assert_eq!(decoder.exif_metadata().unwrap().as_ref(), Some(&exif));
            assert_eq!(decoder.xmp_metadata().unwrap().as_deref(), Some(&b"<x/>!"[..]));
            assert_eq!(decoder.has_alpha(), layout.has_alpha());
            assert!(worst(&decoded(&data), picture.first().unwrap().data()) < 12);
            let found = probe(&data).unwrap();
            assert_eq!((found.width, found.height, found.orientation.value()), (20, 10, 6));
        }
    }
}

/// Frames in which a square of noise moves over a ground.
fn animation(layout: Layout, alpha: u8, plays: u32) -> Picture {
    let frame = |index: u32| {
        let mut pixels = smooth(layout, 48, 40);
        let square = noise(layout, 9, 7);
        let size = layout.channels();
        if layout.has_alpha() {
            pixels.data_mut().iter_mut().skip(size - 1).step_by(size).for_each(|value| *value = alpha);
        }
        for (y, row) in square.data().chunks_exact(9 * size).enumerate() {
            let start = ((y + 5) * 48 + 3 + 7 * index as usize) * size;
            pixels.data_mut()[start..start + row.len()].copy_from_slice(row);
        }
        Canvas { pixels, delay_ms: 30 + index }
    };
    Picture { frames: (0..5).map(frame).collect(), plays, embedded: Embedded::default() }
}

#[test]
fn animations_come_back_frame_by_frame() {
    for (layout, alpha) in [(Layout::Rgb8, 255), (Layout::Rgba8, 255), (Layout::Rgba8, 90)] {
        for (options, bound) in
            [(lossless(), 0.0), (ResizeOptions { quality: Some(95), ..Default::default() }, 5.0)]
        {
            for plays in [0, 3] {
                let picture = animation(layout, alpha, plays);
                let data = encode(&picture, &options, &Cancel::new()).unwrap();
                let mut decoder = WebPDecoder::new(Cursor::new(&data)).unwrap();
                assert!(decoder.is_animated());
                assert_eq!((decoder.dimensions(), decoder.num_frames()), ((48, 40), 5));
                let expected =
                    std::num::NonZeroU16::new(plays as u16).map_or(LoopCount::Forever, LoopCount::Times);
                assert_eq!(decoder.loop_count(), expected);
                for frame in &picture.frames {
                    let mut found = vec![0; decoder.output_buffer_size().unwrap()];
                    assert_eq!(decoder.read_frame(&mut found).unwrap(), frame.delay_ms);
                    let expected = frame.pixels.data();
                    let expected: Vec<u8> = if found.len() == expected.len() {
                        expected.to_vec()
                    } else {
                        expected.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect()
                    };
                    let total: u32 =
                        found.iter().zip(&expected).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
                    let mean = f64::from(total) / found.len() as f64;
                    assert!(mean <= bound, "{layout:?} {alpha}: {mean}");
                }
            }
        }
    }
}

#[test]
fn only_what_changes_is_stored() {
    let data = encode(&animation(Layout::Rgb8, 255, 0), &lossless(), &Cancel::new()).unwrap();
    let at =
        data.windows(4).enumerate().filter(|(_, name)| name == b"ANMF").map(|(at, _)| at + 8).nth(1).unwrap();
    let number = |from: usize| u32::from_le_bytes([data[from], data[from + 1], data[from + 2], 0]);
    // Left and top in pairs, width and height less one.
    assert_eq!((number(at) * 2, number(at + 3) * 2), (2, 4));
    assert_eq!((number(at + 6) + 1, number(at + 9) + 1), (17, 8));
    let still = animation(Layout::Rgb8, 255, 0).frames.remove(0);
    let twice = Picture {
        frames: vec![Canvas { pixels: still.pixels.duplicate().unwrap(), delay_ms: 5 }, still],
        plays: 0,
        embedded: Embedded::default(),
    };
    let data = encode(&twice, &ResizeOptions::default(), &Cancel::new()).unwrap();
    assert_eq!(WebPDecoder::new(Cursor::new(&data)).unwrap().num_frames(), 2);
}

#[test]
fn planes_are_encoded_as_they_are() {
    let options = ResizeOptions { quality: Some(95), lossless: true, ..Default::default() };
    let plane = |width, height, value: &dyn Fn(u32) -> u8| {
        Pixels::from_vec(Layout::L8, width, height, (0..width * height).map(value).collect()).unwrap()
    };
    for (width, height) in [(64, 48), (33, 17), (1, 1)] {
        let (across, down) = (u32::div_ceil(width, 2), u32::div_ceil(height, 2));
        let luma = plane(width, height, &|at| 30 + (at % width * 3) as u8);
        let chroma = [plane(across, down, &|_| 110), plane(across, down, &|_| 150)];
        let planes = Planes { luma, chroma };
        let data = encode_planes(&planes, &options, &Embedded::default(), &Cancel::new()).unwrap();
        assert_eq!(&data[12..16], b"VP8 ");
        assert_eq!(WebPDecoder::new(Cursor::new(&data)).unwrap().dimensions(), (width, height));
        for (pixel, &luma) in decoded(&data).chunks_exact(3).zip(planes.luma.data()) {
            // BT.601's matrix; H.273's ranges.
            let y = (f64::from(luma) - 16.0) * 255.0 / 219.0;
            let [blue, red] = [-18.0, 22.0].map(|chroma| chroma * 255.0 / 224.0);
            let expected = [y + 1.402 * red, y - 0.344 * blue - 0.714 * red, y + 1.772 * blue];
            for (found, expected) in pixel.iter().zip(expected) {
                assert!(
                    (f64::from(*found) - expected.clamp(0.0, 255.0)).abs() < 10.0,
                    "{pixel:?} {expected}"
                );
            }
        }
        let Planes { luma, chroma: [blue, _] } = planes;
        let odd = Planes { luma, chroma: [blue, plane(across + 1, down, &|_| 0)] };
        assert!(encode_planes(&odd, &options, &Embedded::default(), &Cancel::new()).is_err());
    }
}

#[test]
fn a_cancelled_job_says_so() {
    let cancel = Cancel::new();
    cancel.cancel();
    for picture in [Picture::still(noise(Layout::Rgb8, 8, 8)), animation(Layout::Rgb8, 255, 0)] {
        let error = encode(&picture, &ResizeOptions::default(), &cancel).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
}

#[test]
fn what_webp_cannot_hold_is_an_error() {
    let wide = Pixels::new(Layout::Rgb8, 20_000, 1).unwrap();
    assert!(encode(&Picture::still(wide), &ResizeOptions::default(), &Cancel::new()).is_err());
    let ink = Pixels::new(Layout::Cmyk8, 4, 4).unwrap();
    let error = encode(&Picture::still(ink), &ResizeOptions::default(), &Cancel::new()).unwrap_err();
    assert_eq!(error.code(), Code::Internal);
}
