use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Transformations};

use super::*;
use crate::error::Code;
use crate::image::job::Hands;
use crate::image::pixels::Embedded;
use crate::image::probe;
use crate::pool::Cancel;

const FILTERS: [PngFilter; 6] = [
    PngFilter::Adaptive,
    PngFilter::None,
    PngFilter::Sub,
    PngFilter::Up,
    PngFilter::Average,
    PngFilter::Paeth,
];

/// Some of it smooth, some of it noise.
fn image(layout: Layout, width: u32, height: u32) -> Pixels {
    let mut pixels = Pixels::new(layout, width, height).unwrap();
    let (stride, size) = (pixels.stride(), layout.pixel_bytes());
    let mut state = 7_u32;
    for (at, byte) in pixels.data_mut().iter_mut().enumerate() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (at % stride / size, at / stride);
        *byte =
            (x * 3 + y * 2 + at % size * 40) as u8 ^ (state >> 24) as u8 & if y % 3 == 0 { 15 } else { 0 };
    }
    pixels
}

fn encoded(pixels: &Pixels, options: &ResizeOptions) -> Vec<u8> {
    encode(Picture::still(pixels.duplicate().unwrap()), options, &Cancel::new()).unwrap()
}

/// Samples as the png crate reads them, and what they are.
fn decoded(data: &[u8], transformations: Transformations) -> (Vec<u8>, ColorType, BitDepth) {
    let mut decoder = Decoder::new(Cursor::new(data));
    decoder.set_transformations(transformations);
    let mut reader = decoder.read_info().unwrap();
    let mut out = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut out).unwrap();
    // Up to the end, whose checksums are looked at too.
    reader.finish().unwrap();
    out.truncate(info.buffer_size());
    (out, info.color_type, info.bit_depth)
}

#[test]
fn every_layout_level_and_filter_is_exact() {
    for (layout, color, depth) in [
        (Layout::L8, ColorType::Grayscale, BitDepth::Eight),
        (Layout::La8, ColorType::GrayscaleAlpha, BitDepth::Eight),
        (Layout::Rgb8, ColorType::Rgb, BitDepth::Eight),
        (Layout::Rgba8, ColorType::Rgba, BitDepth::Eight),
        (Layout::L16, ColorType::Grayscale, BitDepth::Sixteen),
        (Layout::La16, ColorType::GrayscaleAlpha, BitDepth::Sixteen),
        (Layout::Rgb16, ColorType::Rgb, BitDepth::Sixteen),
        (Layout::Rgba16, ColorType::Rgba, BitDepth::Sixteen),
    ] {
        let pixels = image(layout, 37, 29);
        let expected: Vec<u8> = if layout.is_wide() {
            pixels.words().iter().flat_map(|word| word.to_be_bytes()).collect()
        } else {
            pixels.data().to_vec()
        };
        for compression_level in 0..=9 {
            for png_filter in FILTERS {
                let options = ResizeOptions { compression_level, png_filter, ..Default::default() };
                let found = decoded(&encoded(&pixels, &options), Transformations::IDENTITY);
                assert!(
                    found == (expected.clone(), color, depth),
                    "{layout:?} {compression_level} {png_filter:?}"
                );
            }
        }
    }
}

#[test]
fn images_of_many_parts_and_chunks_are_exact() {
    for (level, filter) in
        [(0, PngFilter::Adaptive), (1, PngFilter::None), (6, PngFilter::Adaptive), (9, PngFilter::Up)]
    {
        for layout in [Layout::Rgba8, Layout::L16] {
            let pixels = image(layout, 700, 611);
            let options =
                ResizeOptions { compression_level: level, png_filter: filter, ..Default::default() };
            let (found, ..) = decoded(&encoded(&pixels, &options), Transformations::IDENTITY);
            let expected: Vec<u8> = match layout {
                Layout::L16 => pixels.words().iter().flat_map(|word| word.to_be_bytes()).collect(),
                _ => pixels.data().to_vec(),
            };
            assert!(found == expected, "{layout:?} {level}");
        }
    }
}

/// Does the last part first.
struct Backwards(Cancel);

impl Hands for Backwards {
    fn cancel(&self) -> &Cancel {
        &self.0
    }

    fn each<T, F>(&self, parts: usize, part: F) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(usize) -> Result<T> + Send + Sync + 'static,
    {
        let mut made: Vec<T> = (0..parts).rev().map(part).collect::<Result<_>>()?;
        made.reverse();
        Ok(made)
    }
}

#[test]
fn the_same_image_makes_the_same_file_whoever_is_idle() {
    for (level, filter) in [(6, PngFilter::Adaptive), (6, PngFilter::None), (0, PngFilter::None)] {
        for (width, height) in [(9, 7), (700, 611), (1900, 1900)] {
            let pixels = image(Layout::Rgba8, width, height);
            let options =
                ResizeOptions { compression_level: level, png_filter: filter, ..Default::default() };
            let alone = encoded(&pixels, &options);
            let picture = Picture::still(pixels.duplicate().unwrap());
            assert!(encode(picture, &options, &Backwards(Cancel::new())).unwrap() == alone);
            let (found, ..) = decoded(&alone, Transformations::IDENTITY);
            assert!(found == pixels.data(), "{level} {filter:?} {width}x{height}");
        }
    }
}

#[test]
fn levels_change_the_size() {
    let pixels = image(Layout::Rgb8, 200, 200);
    let size = |compression_level| {
        encoded(&pixels, &ResizeOptions { compression_level, ..Default::default() }).len()
    };
    assert!(size(0) > 200 * 200 * 3);
    assert!(size(1) < size(0));
    // Both are near the best that there is.
    assert!(size(9) * 100 <= size(1) * 103);
}

#[test]
fn few_colours_are_stored_exactly_in_few_bits() {
    for (colors, depth) in [
        (2, BitDepth::One),
        (3, BitDepth::Two),
        (4, BitDepth::Two),
        (16, BitDepth::Four),
        (17, BitDepth::Eight),
        (256, BitDepth::Eight),
    ] {
        for layout in [Layout::L8, Layout::La8, Layout::Rgb8, Layout::Rgba8] {
            let mut pixels = Pixels::new(layout, 61, 23).unwrap();
            let size = layout.channels();
            for (at, pixel) in pixels.data_mut().chunks_exact_mut(size).enumerate() {
                let index = (at * 7 % colors) as u8;
                pixel.fill(index.wrapping_mul(3));
                pixel[0] = index;
                if layout.has_alpha() {
                    pixel[size - 1] = 255 - index % 2;
                }
            }
            let options = ResizeOptions { palette: true, ..Default::default() };
            let data = encoded(&pixels, &options);
            assert_eq!(decoded(&data, Transformations::IDENTITY).1, ColorType::Indexed);
            assert_eq!(decoded(&data, Transformations::IDENTITY).2, depth, "{colors} {layout:?}");
            let (found, color, _) = decoded(&data, Transformations::EXPAND);
            let flat = crate::image::encode::flat::rgba(&pixels, &Cancel::new()).unwrap();
            let expected: Vec<u8> = match color {
                ColorType::Rgb => flat.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect(),
                _ => flat.into_owned(),
            };
            assert!(found == expected, "{colors} {layout:?}");
        }
    }
}

#[test]
fn many_colours_come_close_with_a_palette() {
    let mut pixels = Pixels::new(Layout::Rgba16, 96, 96).unwrap();
    for (at, pixel) in pixels.words_mut().chunks_exact_mut(4).enumerate() {
        let (x, y) = ((at % 96) as u16, (at / 96) as u16);
        pixel.copy_from_slice(&[x * 600, y * 600, (x + y) * 300, 65_535 - x * 100]);
    }
    for (colors, dither, bound) in [(256, 0.0, 8.0), (256, 1.0, 12.0), (16, 0.0, 24.0), (2, 1.0, 90.0)] {
        let options = ResizeOptions { palette: true, colors, dither, ..Default::default() };
        let data = encoded(&pixels, &options);
        let palette = png_palette(&data);
        assert!(palette <= usize::from(colors), "{palette}");
        let (found, color, _) = decoded(&data, Transformations::EXPAND | Transformations::ALPHA);
        assert_eq!(color, ColorType::Rgba);
        let expected = crate::image::encode::flat::rgba(&pixels, &Cancel::new()).unwrap();
        let total: u64 = found.iter().zip(expected.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = total as f64 / found.len() as f64;
        assert!(mean < bound, "{colors} colours, dither {dither}: {mean}");
    }
}

fn png_palette(data: &[u8]) -> usize {
    let mut decoder = Decoder::new(Cursor::new(data));
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.read_info().unwrap().info().palette.as_ref().map_or(0, |palette| palette.len() / 3)
}

#[test]
fn palettes_are_filtered_where_that_is_asked_for() {
    let pixels = image(Layout::L8, 64, 64);
    for png_filter in FILTERS {
        let options = ResizeOptions { palette: true, png_filter, ..Default::default() };
        let (found, ..) = decoded(&encoded(&pixels, &options), Transformations::EXPAND);
        assert!(found.iter().step_by(3).eq(pixels.data()), "{png_filter:?}");
    }
}

#[test]
fn metadata_comes_back() {
    let mut icc = vec![7; 3000];
    icc[16..20].copy_from_slice(b"RGB ");
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let xmp = "<x:xmpmeta>é</x:xmpmeta>".as_bytes().to_vec();
    for palette in [false, true] {
        let embedded = Embedded {
            icc: Some(icc.clone().into()),
            exif: Some(exif.clone().into()),
            xmp: Some(xmp.clone().into()),
            ..Embedded::default()
        };
        let picture = Picture { embedded, ..Picture::still(image(Layout::Rgb8, 10, 10)) };
        let options = ResizeOptions { palette, ..Default::default() };
        let data = encode(picture, &options, &Cancel::new()).unwrap();
        let reader = Decoder::new(Cursor::new(&data)).read_info().unwrap();
        let info = reader.info();
        assert_eq!(info.icc_profile.as_deref(), Some(&icc[..]));
        assert_eq!(info.exif_metadata.as_deref(), Some(&exif[..]));
        assert_eq!(info.utf8_text[0].keyword, "XML:com.adobe.xmp");
        assert_eq!(info.utf8_text[0].get_text().unwrap().as_bytes(), xmp);
        let found = probe(&data).unwrap();
        assert_eq!(found.icc.unwrap().read(&data).as_deref(), Some(&icc[..]));
        assert_eq!(found.orientation.value(), 6);
    }
    let plain = encoded(&image(Layout::L8, 4, 4), &ResizeOptions::default());
    let reader = Decoder::new(Cursor::new(&plain)).read_info().unwrap();
    assert!(reader.info().srgb.is_some() && reader.info().icc_profile.is_none());
}

#[test]
fn a_cancelled_job_says_so() {
    let cancel = Cancel::new();
    cancel.cancel();
    for palette in [false, true] {
        let options = ResizeOptions { palette, ..Default::default() };
        let error = encode(Picture::still(image(Layout::Rgb8, 8, 8)), &options, &cancel).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
}

#[test]
fn ink_is_an_error() {
    let ink = Picture::still(Pixels::new(Layout::Cmyk8, 2, 2).unwrap());
    assert_eq!(encode(ink, &ResizeOptions::default(), &Cancel::new()).unwrap_err().code(), Code::Internal);
}
