//! Small files that claim, or would unpack to, far more than anyone could hold: refused on the header, or given up
//! where it shows.

use image::ImageFormat;
use offloop::Code;
use offloop::image::{Format, ResizeOptions, probe};

use crate::samples::tiff;
use crate::support::*;

/// Whatever is refused is refused for a small output too: it is the input that is too large.
#[track_caller]
fn refused(what: &str, data: &[u8]) {
    let error = run(data, &ResizeOptions { width: Some(10), ..to(Format::Png) }).map(drop).unwrap_err();
    assert!(
        matches!(error.code(), Code::ImageLimit | Code::ImageCorrupt | Code::ImageFormat),
        "{what}: {error}"
    );
}

/// Nor does an image's size depend on metadata that nobody asked for.
#[track_caller]
fn harmless(what: &str, data: &[u8]) {
    let output = run(data, &ResizeOptions { width: Some(4), ..to(Format::Png) });
    match output {
        Ok(output) => assert_eq!(output.width, 4, "{what}"),
        Err(error) => {
            assert!(matches!(error.code(), Code::ImageLimit | Code::ImageCorrupt), "{what}: {error}");
        }
    }
}

fn png_of(width: u32, height: u32, color_type: u8, chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, color_type, 0, 0, 0]].concat();
    let mut data = [&b"\x89PNG\r\n\x1A\n"[..], &png_chunk(b"IHDR", &header)].concat();
    for (name, body) in chunks {
        data.extend(png_chunk(name, body));
    }
    data.extend(png_chunk(b"IEND", b""));
    data
}

#[test]
fn png_of_huge_sides() {
    for (width, height) in
        [(0x7FFF_FFFF, 0x7FFF_FFFF), (65_500, 65_500), (0x7FFF_FFFF, 1), (1, 0x7FFF_FFFF), (20_000, 20_000)]
    {
        let rows = deflate(&vec![0; 1 << 20]);
        refused(&format!("{width}x{height}"), &png_of(width, height, 2, &[(b"IDAT", rows)]));
    }
}

#[test]
fn png_whose_rows_unpack_to_more_than_its_sides() {
    // 64 MiB of zeros for an image of ten pixels by ten.
    let data = png_of(10, 10, 2, &[(b"IDAT", deflate(&vec![0; 64 << 20]))]);
    harmless("rows that go on", &data);
}

#[test]
fn png_whose_metadata_unpacks_to_much() {
    let png = file(&corners(8, 8), ImageFormat::Png);
    let bomb = deflate(&vec![0; 256 << 20]);
    for (name, head) in
        [(b"iCCP", &b"name\0\0"[..]), (b"zTXt", b"Comment\0\0"), (b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0")]
    {
        let data = png_with(&png, &[(name, [head, &bomb].concat())]);
        harmless(&String::from_utf8_lossy(name), &data);
        // And a thousand of what is not a bomb by itself.
        let small = [head, &deflate(&vec![0; 1 << 20])[..]].concat();
        harmless(&String::from_utf8_lossy(name), &png_with(&png, &vec![(name, small); 1000]));
    }
}

#[test]
fn png_animation_of_countless_frames() {
    let png = file(&corners(8, 8), ImageFormat::Png);
    let control = [u32::MAX.to_be_bytes(), 0_u32.to_be_bytes()].concat();
    harmless("acTL", &png_with(&png, &[(b"acTL", control)]));
}

#[test]
fn gif_of_a_huge_canvas() {
    let mut data = b"GIF89a\xFF\xFF\xFF\xFF\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
    data.extend(b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;");
    refused("65,535 by 65,535", &data);
}

#[test]
fn gif_of_thousands_of_frames() {
    // 1,000 by 1,000 pixels, 5,000 times a frame of one pixel: five gigapixels of canvases.
    let mut data = b"GIF89a\xE8\x03\xE8\x03\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
    for _ in 0..5000 {
        data.extend(b"\x21\xF9\x04\0\x01\0\0\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    data.push(b';');
    let error = run(&data, &ResizeOptions { width: Some(10), ..to(Format::WebP) }).map(drop).unwrap_err();
    assert_eq!(error.code(), Code::ImageLimit, "{error}");
}

#[test]
fn gif_frames_beyond_their_canvas() {
    // A canvas of one pixel, on it a frame of as much and one of 65,535 by 65,535, with as many bytes as those
    // can be packed into.
    let small = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    let mut large = b"\x2C\0\0\0\0\xFF\xFF\xFF\xFF\0\x02".to_vec();
    for _ in 0..6200 {
        large.push(255);
        large.extend([0; 255]);
    }
    large.push(0);
    let head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF";
    let data = [&head[..], small, &large, b";"].concat();
    let error = run(&data, &to(Format::WebP)).unwrap_err();
    assert_eq!(error.code(), Code::ImageLimit, "{error}");
    assert!(error.message().contains("inputPixels"), "{error}");
    let still = run(&data, &to(Format::Png)).unwrap();
    assert_eq!((still.width, still.height), (1, 1), "the first frame is as good as any");
    // The canvas has room for a first frame, and is too large then.
    refused("a first frame of 65,535 by 65,535", &[&head[..], &large, small, b";"].concat());
}

#[test]
fn webp_of_a_huge_canvas_and_many_frames() {
    let stream = bitstream(&file(&corners(4, 4), ImageFormat::WebP));
    refused(
        "a canvas of 2^24 by 2^24",
        &webp_of(&[vp8x(2, 1 << 24, 1 << 24), riff_chunk(b"ANIM", &[0; 6]), anmf(4, 4, &stream)]),
    );
    let mut chunks = vec![vp8x(2, 2000, 2000), riff_chunk(b"ANIM", &[0; 6])];
    chunks.extend(std::iter::repeat_n(anmf(4, 4, &stream), 5000));
    let error =
        run(&webp_of(&chunks), &ResizeOptions { width: Some(10), ..to(Format::WebP) }).map(drop).unwrap_err();
    assert_eq!(error.code(), Code::ImageLimit, "{error}");
}

#[test]
fn webp_whose_bitstream_is_larger_than_its_canvas() {
    // VP8L's header: a signature byte, 14 bits of width and of height less one.
    let mut stream = bitstream(&file(&corners(4, 4), ImageFormat::WebP));
    stream[9..13].copy_from_slice(&(0x3FFF_u32 | 0x3FFF << 14).to_le_bytes());
    refused("16,384 by 16,384 in a canvas of 4 by 4", &webp_of(&[vp8x(0, 4, 4), stream.clone()]));
    refused("16,384 by 16,384 from a few bytes", &webp_of(&[stream]));
}

#[test]
fn jpeg_of_huge_sides() {
    let mut data = file(&corners(8, 8), ImageFormat::Jpeg);
    let frame = data.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    data[frame + 5..frame + 9].fill(0xFF);
    assert_code(run(&data, &to(Format::Png)), Code::ImageLimit);
    // Within the limit on pixels, and nothing there to decode.
    data[frame + 5..frame + 9].copy_from_slice(&[0x3F, 0, 0x3F, 0]);
    refused("16,128 by 16,128", &data);
}

#[test]
fn jpeg_of_thousands_of_scans() {
    let mut progressive = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut progressive, 80);
    encoder.set_progressive(true);
    encoder.encode(&noise(64 * 64 * 3, 1), 64, 64, jpeg_encoder::ColorType::Rgb).unwrap();
    // Its last scan, again and again.
    let last = progressive.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let end = progressive.len() - 2;
    let scan = progressive[last..end].to_vec();
    let mut data = progressive[..end].to_vec();
    for _ in 0..5000 {
        data.extend(&scan);
    }
    data.extend([0xFF, 0xD9]);
    let error = run(&data, &ResizeOptions { width: Some(10), ..to(Format::Png) }).map(drop).unwrap_err();
    assert_eq!(error.code(), Code::ImageLimit, "{error}");
}

#[test]
fn jpeg_of_countless_segments() {
    let jpeg = file(&corners(8, 8), ImageFormat::Jpeg);
    // A profile in 255 parts of 64 KiB each: 16 MiB, more than any real one.
    let parts: Vec<_> = (1..=255)
        .map(|number| (0xE2, [&b"ICC_PROFILE\0"[..], &[number, 255], &vec![0; 65_000]].concat()))
        .collect();
    harmless("a profile of 16 MiB", &jpeg_with(&jpeg, &parts));
    harmless("100,000 comments", &jpeg_with(&jpeg, &vec![(0xFE, vec![0]); 100_000]));
    harmless("1,000 tables", &jpeg_with(&jpeg, &vec![(0xDB, [&[0][..], &[1; 64]].concat()); 1000]));
}

#[test]
fn bmp_that_lies_about_its_size() {
    let bmp = |width: i32, height: i32, depth: u16, compression: u32| {
        let mut data = b"BM".to_vec();
        for value in [100, 0, 54, 40] {
            data.extend(u32::to_le_bytes(value));
        }
        data.extend([width.to_le_bytes(), height.to_le_bytes()].concat());
        data.extend([1_u16.to_le_bytes(), depth.to_le_bytes()].concat());
        data.extend([compression.to_le_bytes(), [0; 4], [0; 4], [0; 4], [0; 4], [0; 4]].concat());
        data.extend(noise(46, 4));
        data
    };
    for (width, height) in [
        (i32::MAX, i32::MAX),
        (i32::MAX, i32::MIN),
        (-1, 5),
        (0, 5),
        (5, 0),
        (65_535, 65_535),
        (16_000, 16_000),
        (i32::MAX, 1),
    ] {
        for (depth, compression) in [(24, 0), (32, 3), (8, 1), (1, 0)] {
            refused(&format!("{width}x{height}, {depth} bits"), &bmp(width, height, depth, compression));
        }
    }
}

#[test]
fn tiff_that_lies_about_its_size() {
    let lying = |width: u32, height: u32, rows: u32, compression: u32, part: Vec<u8>| {
        let entries = [
            (256, 4, vec![width]),
            (257, 4, vec![height]),
            (258, 3, vec![8, 8, 8]),
            (259, 3, vec![compression]),
            (262, 3, vec![2]),
            (277, 3, vec![3]),
            (278, 4, vec![rows]),
        ];
        tiff(false, &entries, &[part], false)
    };
    for (width, height) in [(u32::MAX, u32::MAX), (65_535, 65_535), (0, 9), (16_000, 16_000), (1, u32::MAX)] {
        for compression in [1, 5, 8, 32_773] {
            for rows in [1, height, u32::MAX] {
                let what = format!("{width}x{height}, {rows} rows a strip, compression {compression}");
                refused(&what, &lying(width, height, rows, compression, noise(200, 2)));
            }
        }
    }
    // A strip that unpacks to far more than its rows.
    harmless("64 MiB in a strip of 10 rows", &lying(10, 10, 10, 8, deflate(&vec![0; 64 << 20])));
    // Ten thousand channels, and a directory that is its own successor.
    let entries = [(256, 4, vec![9]), (257, 4, vec![9]), (258, 3, vec![8; 10_000]), (277, 3, vec![10_000])];
    refused("ten thousand channels", &tiff(true, &entries, &[vec![0; 300]], false));
    let mut data = lying(9, 9, 9, 1, vec![0; 243]);
    let start = u32::from_le_bytes(data[4..8].try_into().unwrap());
    let end = data.len() - 4;
    data[end..].copy_from_slice(&start.to_le_bytes());
    harmless("a circle of directories", &data);
}

#[test]
fn headers_are_read_whatever_follows() {
    // Probing alone allocates by nothing that the header claims.
    for sample in crate::samples::samples() {
        let _ = probe(&sample.data[..sample.data.len().min(40)]);
    }
}
