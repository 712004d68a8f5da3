//! Headers, against the `image` crate's own reading and against pieces put in by hand.

use image::{DynamicImage, ImageFormat};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use offloop::Code;
use offloop::image::{ColorModel, Format, probe};

use crate::support::*;

#[test]
fn agrees_with_another_reader() {
    for (width, height) in [(1, 1), (3, 200), (257, 16), (16, 257)] {
        let base = corners(width, height);
        let pictures = [
            DynamicImage::from(base.to_luma8()),
            base.to_luma_alpha8().into(),
            base.to_rgb8().into(),
            base.to_rgba8().into(),
            base.to_luma16().into(),
            base.to_rgb16().into(),
            base.to_rgba16().into(),
        ];
        for picture in &pictures {
            for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
                let color = picture.color();
                if format == ImageFormat::Jpeg && (color.has_alpha() || color.bytes_per_pixel() > 3)
                    || format == ImageFormat::WebP
                        && !matches!(picture, DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_))
                {
                    continue;
                }
                if format == ImageFormat::Jpeg && color.bytes_per_pixel() / color.channel_count() == 2 {
                    continue;
                }
                let data = file(picture, format);
                let ours = probe(&data).unwrap();
                let theirs = see(&data);
                assert_eq!((ours.width, ours.height), (theirs.width(), theirs.height()));
                assert_eq!(ours.channels, theirs.color().channel_count(), "{format:?} {color:?}");
                assert_eq!(ours.has_alpha, theirs.color().has_alpha(), "{format:?} {color:?}");
                let bits = theirs.color().bits_per_pixel() / u16::from(theirs.color().channel_count());
                assert_eq!(u16::from(ours.bit_depth), bits, "{format:?} {color:?}");
                assert_eq!((ours.frames, ours.orientation.value()), (1, 1));
                assert_eq!(ours.bytes, data.len() as u64);
            }
        }
    }
}

#[test]
fn jpeg_sampling_and_progression() {
    let pixels = noise(40 * 40 * 4, 5);
    for (factor, name) in [
        (SamplingFactor::R_4_4_4, "4:4:4"),
        (SamplingFactor::R_4_2_2, "4:2:2"),
        (SamplingFactor::R_4_2_0, "4:2:0"),
        (SamplingFactor::R_4_4_0, "4:4:0"),
        (SamplingFactor::R_4_1_1, "4:1:1"),
    ] {
        for progressive in [false, true] {
            let mut data = Vec::new();
            let mut encoder = Encoder::new(&mut data, 80);
            encoder.set_sampling_factor(factor);
            encoder.set_progressive(progressive);
            encoder.encode(&pixels, 40, 40, ColorType::Rgb).unwrap();
            let found = probe(&data).unwrap();
            assert_eq!((found.chroma_subsampling, found.progressive), (Some(name), Some(progressive)));
        }
    }
    let mut cmyk = Vec::new();
    Encoder::new(&mut cmyk, 80).encode(&pixels, 40, 40, ColorType::CmykAsYcck).unwrap();
    let found = probe(&cmyk).unwrap();
    assert_eq!((found.color_model, found.channels), (ColorModel::Cmyk, 4));
}

#[test]
fn jpeg_pieces() {
    let jpeg = file(&corners(20, 10), ImageFormat::Jpeg);
    let icc = noise(5000, 1);
    let piece =
        |number: u8, of: u8, part: &[u8]| (0xE2, [b"ICC_PROFILE\0", &[number, of][..], part].concat());
    let exif_segment = (0xE1, [b"Exif\0\0", &exif(6)[..]].concat());
    let xmp_segment = (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>".to_vec());
    // Out of order, as the standard allows.
    let data =
        jpeg_with(&jpeg, &[piece(2, 2, &icc[3000..]), exif_segment, piece(1, 2, &icc[..3000]), xmp_segment]);
    let found = probe(&data).unwrap();
    assert_eq!(found.icc.unwrap().read(&data), Some(icc.clone()));
    assert_eq!(found.exif.unwrap().read(&data), Some(exif(6)));
    assert_eq!(found.xmp.unwrap().read(&data).as_deref(), Some(&b"<x/>"[..]));
    assert_eq!((found.orientation.value(), found.width, found.height), (6, 20, 10));

    let missing = jpeg_with(&jpeg, &[piece(2, 2, &icc)]);
    assert!(probe(&missing).unwrap().icc.is_none(), "half a profile is none");
}

#[test]
fn jpeg_density_is_jfifs_or_else_that_of_exif() {
    let bare = file(&corners(20, 10), ImageFormat::Jpeg);
    // Without the JFIF segment that the encoder writes first.
    assert_eq!(bare[2..4], [0xFF, 0xE0]);
    let after = 4 + usize::from(u16::from_be_bytes([bare[4], bare[5]]));
    let bare = [&bare[..2], &bare[after..]].concat();
    let jfif = |unit: u8| (0xE0, [&b"JFIF\0\x01\x02"[..], &[unit, 0, 96, 0, 96, 0, 0]].concat());
    // XResolution of 300, ResolutionUnit of inches.
    let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01\x1A\0\x05\0\0\0\x01\0\0\0\x26".to_vec();
    tiff.extend(b"\x01\x28\0\x03\0\0\0\x01\0\x02\0\0\0\0\0\0\0\0\x02\x58\0\0\0\x02");
    let exif = (0xE1, tiff);
    for (segments, expected) in [
        (vec![], None),
        (vec![exif.clone()], Some(300.0)),
        (vec![jfif(1), exif.clone()], Some(96.0)),
        (vec![jfif(2), exif.clone()], Some(96.0 * 2.54)),
        // An aspect ratio, of no unit.
        (vec![jfif(0), exif], Some(300.0)),
        (vec![jfif(0)], None),
    ] {
        assert_eq!(probe(&jpeg_with(&bare, &segments)).unwrap().density, expected, "{segments:?}");
    }
}

#[test]
fn png_pieces() {
    let png = file(&corners(20, 10), ImageFormat::Png);
    let icc = noise(3000, 2);
    let xmp = |packed: bool| {
        let text = if packed { deflate(b"<x/>") } else { b"<x/>".to_vec() };
        [b"XML:com.adobe.xmp\0", &[u8::from(packed), 0][..], b"en\0\0", &text].concat()
    };
    for packed in [false, true] {
        let data = png_with(
            &png,
            &[
                (b"iCCP", [b"name\0\0", &deflate(&icc)[..]].concat()),
                (b"eXIf", exif(8)),
                (b"iTXt", xmp(packed)),
                (b"acTL", [3_u32.to_be_bytes(), 0_u32.to_be_bytes()].concat()),
            ],
        );
        let found = probe(&data).unwrap();
        assert_eq!(found.icc.unwrap().read(&data), Some(icc.clone()));
        assert_eq!(found.exif.unwrap().read(&data), Some(exif(8)));
        assert_eq!(found.xmp.unwrap().read(&data).as_deref(), Some(&b"<x/>"[..]));
        assert_eq!((found.orientation.value(), found.frames), (8, 3));
    }
    let bomb = png_with(&png, &[(b"iCCP", [b"name\0\0", &deflate(&vec![0; 64 << 20])[..]].concat())]);
    assert_eq!(probe(&bomb).unwrap().icc.unwrap().read(&bomb), None, "a profile of 64 MiB is not unpacked");
}

#[test]
fn webp_pieces_and_animation() {
    let picture = corners(20, 10);
    let stream = bitstream(&file(&picture, ImageFormat::WebP));
    let data = webp_of(&[
        vp8x(0x2C, 20, 10),
        riff_chunk(b"ICCP", b"profile"),
        stream.clone(),
        riff_chunk(b"EXIF", &exif(3)),
        riff_chunk(b"XMP ", b"<x/>"),
    ]);
    let found = probe(&data).unwrap();
    assert_eq!((found.format, found.width, found.height, found.frames), (Format::WebP, 20, 10, 1));
    assert_eq!(found.orientation.value(), 3);
    assert_eq!(found.icc.unwrap().read(&data).as_deref(), Some(&b"profile"[..]));
    assert_eq!(found.exif.unwrap().read(&data), Some(exif(3)));
    assert_eq!(found.xmp.unwrap().read(&data).as_deref(), Some(&b"<x/>"[..]));

    let frame = anmf(20, 10, &stream);
    let animation =
        webp_of(&[vp8x(0x02, 20, 10), riff_chunk(b"ANIM", &[0; 6]), frame.clone(), frame.clone(), frame]);
    assert_eq!(probe(&animation).unwrap().frames, 3);
    let first = run(&animation, &to(Format::Png)).unwrap();
    assert_eq!(first.frames, 1);
    // The decoder lays frames over a canvas, which rounds.
    assert!(worst(&see(&first.data), &picture) <= 1);
}

#[test]
fn what_cannot_be_decoded_can_be_described() {
    let mut jpeg = file(&corners(20, 10), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 1] = 0xC9;
    assert_eq!(probe(&jpeg).unwrap().width, 20);
    assert!(assert_code(run(&jpeg, &to(Format::Png)), Code::ImageFormat).contains("arithmetic"));
}
