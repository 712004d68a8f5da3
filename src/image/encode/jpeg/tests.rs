use proptest::prelude::*;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::*;
use crate::error::Code;
use crate::image::probe;

const GRAY: Option<ChromaSubsampling> = None;
const QUARTER: Option<ChromaSubsampling> = Some(ChromaSubsampling::Quarter);
const FULL: Option<ChromaSubsampling> = Some(ChromaSubsampling::Full);

/// Waves with an edge through them.
fn scene(layout: Layout, width: u32, height: u32) -> Pixels {
    let channels = layout.channels();
    let mut pixels = Pixels::new(layout, width, height).unwrap();
    let rows = pixels.data_mut().chunks_exact_mut(width as usize * channels);
    for (y, row) in rows.enumerate() {
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            let (x, y) = (x as f64, y as f64);
            let light = 100.0 + 60.0 * (x / 7.0).sin() + 50.0 * (y / 11.0).cos();
            let edge = if x > y * 1.3 + 9.0 { 30.0 } else { 0.0 };
            for (channel, value) in pixel.iter_mut().enumerate() {
                *value = (light + edge + channel as f64 * 12.0 * (y / 19.0).sin()) as u8;
            }
        }
    }
    pixels
}

fn noise(layout: Layout, width: u32, height: u32) -> Pixels {
    let mut pixels = Pixels::new(layout, width, height).unwrap();
    let mut state = 0x9E37_79B9_u32;
    for value in pixels.data_mut() {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *value = (state >> 24) as u8;
    }
    pixels
}

fn layout(chroma: Option<ChromaSubsampling>) -> Layout {
    if chroma.is_none() { Layout::L8 } else { Layout::Rgb8 }
}

fn options(quality: u8, progressive: bool, chroma_subsampling: Option<ChromaSubsampling>) -> ResizeOptions {
    ResizeOptions { quality: Some(quality), progressive, chroma_subsampling, ..Default::default() }
}

fn encoded(pixels: &Pixels, options: &ResizeOptions) -> Vec<u8> {
    encode(&Picture::still(pixels.duplicate().unwrap()), options, &Cancel::new()).unwrap()
}

fn decoded(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let gray = probe(file).unwrap().channels == 1;
    let color = if gray { ColorSpace::Luma } else { ColorSpace::RGB };
    let strict = DecoderOptions::default().set_strict_mode(true).jpeg_set_out_colorspace(color);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), strict);
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (width, height, pixels)
}

/// Peak signal-to-noise ratio in dB.
fn psnr(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let squares: f64 =
        one.iter().zip(other).map(|(one, other)| f64::from(one.abs_diff(*other)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * one.len() as f64 / squares.max(1e-9)).log10()
}

#[test]
fn every_size_comes_back_close_and_progressive_says_the_same() {
    let sides = |most: u32| (1..=most).filter(|side| *side < 20 || side % 8 < 2 || side % 8 == 7);
    for chroma in [GRAY, QUARTER, FULL] {
        for width in sides(67) {
            for height in sides(41) {
                let pixels = scene(layout(chroma), width, height);
                let what = format!("{chroma:?} {width}x{height}");
                let (found_width, found_height, baseline) =
                    decoded(&encoded(&pixels, &options(92, false, chroma)));
                assert_eq!((found_width, found_height), (width as usize, height as usize));
                let quality = psnr(&baseline, pixels.data());
                assert!(quality > 33.0, "{what}: {quality}");
                let (.., progressive) = decoded(&encoded(&pixels, &options(92, true, chroma)));
                assert!(progressive == baseline, "{what}: {}", psnr(&progressive, &baseline));
            }
        }
    }
}

#[test]
fn every_quality_is_as_good_as_its_number() {
    for chroma in [GRAY, QUARTER, FULL] {
        let pixels = scene(layout(chroma), 83, 61);
        let mut before = 0;
        for quality in 1..=100 {
            let baseline = encoded(&pixels, &options(quality, false, chroma));
            let (.., found) = decoded(&baseline);
            let (.., same) = decoded(&encoded(&pixels, &options(quality, true, chroma)));
            assert!(found == same, "{chroma:?} at {quality}");
            let ratio = psnr(&found, pixels.data());
            let least = match quality {
                ..10 => 15.0,
                10..50 => 25.0,
                50..90 => 30.0,
                _ => 33.0,
            };
            assert!(ratio > least, "{chroma:?} at {quality}: {ratio}");
            // Steps may by chance suit an image, but not by much.
            assert!(baseline.len() * 100 > before * 97, "{chroma:?} at {quality}");
            before = baseline.len();
        }
        let (.., best) = decoded(&encoded(&scene(Layout::L8, 83, 61), &options(100, false, GRAY)));
        assert!(psnr(&best, scene(Layout::L8, 83, 61).data()) > 50.0);
    }
}

#[test]
fn noise_and_extremes_survive_every_path() {
    for chroma in [GRAY, QUARTER, FULL] {
        for quality in [1, 50, 100] {
            let mut checks = noise(layout(chroma), 50, 45);
            for value in checks.data_mut() {
                *value = if *value > 127 { 255 } else { 0 };
            }
            for pixels in [noise(layout(chroma), 130, 90), checks] {
                let (.., baseline) = decoded(&encoded(&pixels, &options(quality, false, chroma)));
                let (.., progressive) = decoded(&encoded(&pixels, &options(quality, true, chroma)));
                assert!(baseline == progressive, "{chroma:?} at {quality}");
                if quality == 100 && chroma.is_none() {
                    assert!(psnr(&baseline, pixels.data()) > 45.0);
                }
            }
        }
    }
}

#[test]
fn long_runs_of_empty_blocks_are_coded() {
    // More blocks than a run can hold, and a spot at the end.
    let mut pixels = Pixels::new(Layout::L8, 2048, 1100).unwrap();
    pixels.data_mut().fill(77);
    for (index, value) in pixels.data_mut().iter_mut().rev().take(5).enumerate() {
        *value = 200 + index as u8;
    }
    let (.., baseline) = decoded(&encoded(&pixels, &options(80, false, GRAY)));
    let (.., progressive) = decoded(&encoded(&pixels, &options(80, true, GRAY)));
    assert!(baseline == progressive);
    assert!(psnr(&baseline, pixels.data()) > 50.0);
}

/// The planes that encoding RGB makes.
fn planes_of(pixels: &Pixels, subsampling: Subsampling) -> [(Vec<u8>, u32, u32); 3] {
    let (width, height) = pixels.size();
    let (chroma_width, chroma_height) = subsampling.chroma_size((width, height));
    let plane = |width, height| vec![0; width as usize * height as usize];
    let mut luma = plane(width, height);
    let (mut blue, mut red) = (plane(chroma_width, chroma_height), plane(chroma_width, chroma_height));
    let row = |y: usize| &pixels.data()[y * pixels.stride()..][..pixels.stride()];
    for (y, luma) in luma.chunks_exact_mut(width as usize).enumerate() {
        color::convert(row(y), luma, color::Columns::None);
    }
    let wide = chroma_width as usize;
    let down = subsampling.factors().1 as usize;
    for (y, (blue, red)) in blue.chunks_exact_mut(wide).zip(red.chunks_exact_mut(wide)).enumerate() {
        let upper = row(y * down);
        let lower = row((y * down + down - 1).min(height as usize - 1));
        if subsampling == Subsampling::None {
            color::convert(upper, &mut vec![0; width as usize], color::Columns::All(blue, red));
        } else {
            color::average([upper, lower], blue, red);
        }
    }
    [(luma, width, height), (blue, chroma_width, chroma_height), (red, chroma_width, chroma_height)]
}

fn encoded_planes(
    planes: &[(Vec<u8>, u32, u32); 3],
    subsampling: Subsampling,
    gray: bool,
    progressive: bool,
) -> Result<Vec<u8>> {
    let [y, blue, red] = planes.each_ref().map(|(data, width, height)| PlaneRef {
        data,
        width: *width,
        height: *height,
        stride: *width as usize,
    });
    let (width, height) = (y.width, y.height);
    let chroma = (!gray).then_some([blue, red]);
    let planes = YccPlanes { width, height, y, chroma, subsampling };
    encode_planes(&planes, 85, progressive, &Embedded::default(), &Cancel::new())
}

#[test]
fn planes_give_the_same_file_as_their_pixels() {
    for (subsampling, chroma) in [(Subsampling::Both, QUARTER), (Subsampling::None, FULL)] {
        for (width, height) in [(1, 1), (15, 17), (16, 16), (33, 9), (47, 50), (64, 48)] {
            for progressive in [false, true] {
                let pixels = scene(Layout::Rgb8, width, height);
                let planes = planes_of(&pixels, subsampling);
                let found = encoded_planes(&planes, subsampling, false, progressive).unwrap();
                let expected = encoded(&pixels, &options(85, progressive, chroma));
                assert!(found == expected, "{subsampling:?} {width}x{height}, progressive: {progressive}");
            }
        }
    }
    let gray = scene(Layout::L8, 37, 29);
    let planes = [(gray.data().to_vec(), 37, 29), (Vec::new(), 0, 0), (Vec::new(), 0, 0)];
    let found = encoded_planes(&planes, Subsampling::Both, true, false).unwrap();
    assert!(found == encoded(&gray, &options(85, false, GRAY)));
}

#[test]
fn planes_may_have_wider_rows_and_must_have_their_size() {
    let gray = scene(Layout::L8, 20, 10);
    let mut data = vec![255; 32 * 10];
    for (row, source) in data.chunks_exact_mut(32).zip(gray.data().chunks_exact(20)) {
        row[..20].copy_from_slice(source);
    }
    data.truncate(32 * 9 + 20);
    let y = PlaneRef { data: &data, width: 20, height: 10, stride: 32 };
    let planes = |y, width| YccPlanes { width, height: 10, y, chroma: None, subsampling: Subsampling::Both };
    let file = |planes| encode_planes(&planes, 80, false, &Embedded::default(), &Cancel::new());
    assert!(file(planes(y, 20)).unwrap() == encoded(&gray, &options(80, false, GRAY)));
    assert!(file(planes(y, 21)).is_err());
    assert!(file(planes(PlaneRef { data: &data[1..], ..y }, 20)).is_err());
    assert!(file(planes(PlaneRef { stride: 19, ..y }, 20)).is_err());
}

#[test]
fn metadata_is_found_where_readers_look() {
    let mut profile: Vec<u8> = (0..200_000_u32).map(|at| (at * 7 / 8) as u8).collect();
    profile[16..20].copy_from_slice(b"RGB ");
    let picture = Picture {
        embedded: Embedded {
            icc: Some(profile.clone().into()),
            exif: Some(b"MM\0*\0\0\0\x08\0\0\0\0\0\0"[..].into()),
            xmp: Some(b"<x:xmpmeta/>"[..].into()),
            ..Embedded::default()
        },
        ..Picture::still(scene(Layout::Rgb8, 20, 20))
    };
    for progressive in [false, true] {
        let file = encode(&picture, &options(80, progressive, QUARTER), &Cancel::new()).unwrap();
        let found = probe(&file).unwrap();
        assert_eq!(found.icc.unwrap().read(&file).as_deref(), picture.embedded.icc.as_deref());
        assert_eq!(found.exif.unwrap().read(&file).as_deref(), picture.embedded.exif.as_deref());
        assert_eq!(found.xmp.unwrap().read(&file).as_deref(), picture.embedded.xmp.as_deref());
        assert_eq!(found.progressive, Some(progressive));
        decoded(&file);
    }
    // A profile of other channels than the image has would make the file look damaged.
    profile[16..20].copy_from_slice(b"CMYK");
    let embedded = Embedded { icc: Some(profile.into()), ..Embedded::default() };
    let file =
        encode(&Picture { embedded, ..picture }, &options(80, false, QUARTER), &Cancel::new()).unwrap();
    assert!(probe(&file).unwrap().icc.is_none());
}

#[test]
fn metadata_too_large_for_a_segment_does_not_break_the_file() {
    let packet: Vec<u8> = (0..150_000_u32).map(|at| b' ' + (at % 90) as u8).collect();
    let picture = Picture {
        embedded: Embedded {
            exif: Some(vec![0; 65_528].into()),
            xmp: Some(packet.clone().into()),
            ..Embedded::default()
        },
        ..Picture::still(scene(Layout::L8, 20, 20))
    };
    let file = encode(&picture, &options(80, false, GRAY), &Cancel::new()).unwrap();
    decoded(&file);
    let found = probe(&file).unwrap();
    assert!(found.exif.is_none());
    let stub = String::from_utf8(found.xmp.unwrap().read(&file).unwrap()).unwrap();
    let (_, guid) = stub.split_once("HasExtendedXMP=\"").unwrap();
    let guid = &guid[..32];
    // Reassembled as the specification says.
    let start = [b"http://ns.adobe.com/xmp/extension/\0", guid.as_bytes()].concat();
    let mut whole = Vec::new();
    let mut at = 2;
    while file[at + 1] != 0xDA {
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        if let Some(rest) = file[at + 4..at + 2 + length].strip_prefix(start.as_slice()) {
            let (header, piece) = rest.split_first_chunk::<8>().unwrap();
            let [total, offset] = bytemuck::cast::<_, [[u8; 4]; 2]>(*header).map(u32::from_be_bytes);
            assert_eq!((total as usize, offset as usize), (packet.len(), whole.len()));
            whole.extend_from_slice(piece);
        }
        at += 2 + length;
    }
    assert!(whole == packet);
}

#[test]
fn cancelled_encoders_stop() {
    let cancel = Cancel::new();
    cancel.cancel();
    for progressive in [false, true] {
        let picture = Picture::still(scene(Layout::Rgb8, 64, 64));
        let error = encode(&picture, &options(80, progressive, QUARTER), &cancel).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
}

#[test]
fn sides_and_layouts_that_jpeg_has_not_are_errors() {
    let long = Picture::still(Pixels::new(Layout::L8, 65_536, 1).unwrap());
    assert!(encode(&long, &options(80, false, GRAY), &Cancel::new()).is_err());
    let alpha = Picture::still(Pixels::new(Layout::Rgba8, 4, 4).unwrap());
    assert!(encode(&alpha, &options(80, false, QUARTER), &Cancel::new()).is_err());
    let longest = encoded(&Pixels::new(Layout::L8, 65_535, 1).unwrap(), &options(80, true, GRAY));
    assert_eq!(probe(&longest).unwrap().width, 65_535);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_pixels_are_the_same_either_way(
        (width, height, data) in (1..40_u32, 1..40_u32).prop_flat_map(|(width, height)| {
            let length = (width * height * 3) as usize;
            (Just(width), Just(height), proptest::collection::vec(any::<u8>(), length))
        }),
        quality in 1..=100_u8,
        full in any::<bool>(),
    ) {
        let pixels = Pixels::from_vec(Layout::Rgb8, width, height, data).unwrap();
        let chroma = if full { FULL } else { QUARTER };
        let (.., baseline) = decoded(&encoded(&pixels, &options(quality, false, chroma)));
        let (.., progressive) = decoded(&encoded(&pixels, &options(quality, true, chroma)));
        prop_assert!(baseline == progressive);
    }
}
