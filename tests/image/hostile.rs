//! Damaged, truncated and lying files: an error, never a panic and never a picture of nothing.

use image::ImageFormat;
use offloop::Code;
use offloop::image::{Format, ResizeOptions, probe};

use crate::support::*;

/// A small file of every kind that is read.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let picture = corners(40, 30);
    let glass = image::DynamicImage::from(picture.to_rgba8());
    let png = file(&picture, ImageFormat::Png);
    let lossy = run(&png, &to(Format::WebP)).unwrap().data;
    let frame = anmf(40, 30, &bitstream(&lossy));
    vec![
        ("jpeg", run(&png, &to(Format::Jpeg)).unwrap().data),
        (
            "progressive jpeg",
            run(&png, &ResizeOptions { progressive: true, ..to(Format::Jpeg) }).unwrap().data,
        ),
        ("gray jpeg", file(&picture.to_luma8().into(), ImageFormat::Jpeg)),
        ("rgba png", file(&glass, ImageFormat::Png)),
        ("16-bit png", file(&picture.to_rgb16().into(), ImageFormat::Png)),
        ("lossless webp", file(&glass, ImageFormat::WebP)),
        ("animated webp", webp_of(&[vp8x(2, 40, 30), riff_chunk(b"ANIM", &[0; 6]), frame.clone(), frame])),
        ("lossy webp", lossy),
        ("png", png),
    ]
}

#[test]
fn every_truncation_is_an_error() {
    for (name, whole) in inputs() {
        // JPEG's last bytes are the end marker, which decoders do without.
        let needed = if name.contains("jpeg") { whole.len() - 12 } else { whole.len() };
        let step = (whole.len() / 150).max(1);
        for length in (0..needed).step_by(step).chain(needed.saturating_sub(20)..needed) {
            match run(&whole[..length], &to(Format::Png)) {
                Ok(_) => panic!("{name} of {} bytes was accepted with {length}", whole.len()),
                Err(error) => assert!(
                    matches!(error.code(), Code::ImageCorrupt | Code::ImageFormat),
                    "{name} cut to {length}: {error}"
                ),
            }
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    for (name, whole) in inputs() {
        let positions = noise(800, whole.len() as u32);
        for pair in positions.chunks_exact(2) {
            let at = (usize::from(pair[0]) << 8 | usize::from(pair[1])) % whole.len();
            for bit in [0, 3, 7] {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                if let Err(error) = run(&flipped, &ResizeOptions { width: Some(8), ..to(Format::Png) }) {
                    assert!(
                        matches!(error.code(), Code::ImageCorrupt | Code::ImageFormat | Code::ImageLimit),
                        "{name}, byte {at}, bit {bit}: {error}"
                    );
                }
            }
        }
    }
}

#[test]
fn lying_headers_are_refused() {
    // PNG: the largest sides, a handful of data.
    let png = file(&corners(4, 4), ImageFormat::Png);
    let mut lying = png[..8].to_vec();
    lying.extend(png_with(&png, &[])[8..].iter());
    lying[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    assert_code(run(&lying, &to(Format::Png)), Code::ImageLimit);
    // Within the limits, but not what the data holds.
    lying[16..24].copy_from_slice(&[0, 0, 0x20, 0, 0, 0, 0x20, 0]);
    assert_code(run(&lying, &to(Format::Png)), Code::ImageCorrupt);

    // JPEG.
    let mut jpeg = file(&corners(4, 4), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xFF);
    assert_code(run(&jpeg, &to(Format::Png)), Code::ImageLimit);
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x20, 0, 0x20, 0]);
    assert_code(run(&jpeg, &to(Format::Png)), Code::ImageCorrupt);
    jpeg[frame + 5..frame + 9].fill(0);
    assert_code(run(&jpeg, &to(Format::Png)), Code::ImageCorrupt);

    // WebP: the container, and a bitstream that is larger than its container says.
    let lossy = run(&png, &to(Format::WebP)).unwrap().data;
    let stream = bitstream(&lossy);
    let large = webp_of(&[vp8x(0, 16_383, 16_383), stream.clone()]);
    assert_code(probe(&large), Code::ImageCorrupt);
    let mut larger = stream.clone();
    larger[14..18].copy_from_slice(&[0xFF, 0x3F, 0xFF, 0x3F]);
    assert_code(probe(&webp_of(&[vp8x(0, 4, 4), larger.clone()])), Code::ImageCorrupt);
    let frame = anmf(4, 4, &larger);
    assert_code(probe(&webp_of(&[vp8x(2, 4, 4), riff_chunk(b"ANIM", &[0; 6]), frame])), Code::ImageCorrupt);
    let outside = anmf(40, 40, &stream);
    assert_code(probe(&webp_of(&[vp8x(2, 4, 4), riff_chunk(b"ANIM", &[0; 6]), outside])), Code::ImageCorrupt);
}

#[test]
fn damaged_metadata_does_not_spoil_the_picture() {
    let picture = corners(20, 10);
    let png = png_with(
        &file(&picture, ImageFormat::Png),
        &[(b"iCCP", b"name\0\0not deflated".to_vec()), (b"eXIf", b"II*\0\xFF\xFF\xFF\xFF".to_vec())],
    );
    assert_eq!(worst(&see(&run(&png, &to(Format::Png)).unwrap().data), &picture), 0);
}

#[test]
fn other_formats_are_named() {
    for (data, name) in [(&b""[..], "empty"), (b"%PDF-1.7", "PDF"), (b"\0\0\0\x1Cftypavif", "AVIF")] {
        let message = assert_code(run(data, &to(Format::Png)), Code::ImageFormat);
        assert!(message.contains(name), "{message}");
    }
}
