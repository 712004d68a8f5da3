//! PNG: every colour type and depth, interlacing, animation, ancillary chunks.

use png::{BitDepth, ColorType, Encoder, Filter};

use super::{Sample, indices, palette, texture};
use crate::support::{deflate, exif, png_chunk, png_with};

const WIDTH: u32 = 37;
const HEIGHT: u32 = 29;

pub(super) fn samples() -> Vec<Sample> {
    let mut list = Vec::new();
    for (color, depths) in [
        (ColorType::Grayscale, &[1_u8, 2, 4, 8, 16][..]),
        (ColorType::Indexed, &[1, 2, 4, 8]),
        (ColorType::Rgb, &[8, 16]),
        (ColorType::GrayscaleAlpha, &[8, 16]),
        (ColorType::Rgba, &[8, 16]),
    ] {
        for depth in depths {
            list.push(Sample::new("png", format!("{color:?} {depth}"), encoded(color, *depth, |_| {})));
        }
    }
    list.push(Sample::new(
        "png",
        "transparent palette",
        encoded(ColorType::Indexed, 4, |encoder| encoder.set_trns(vec![0, 128, 255])),
    ));
    list.push(Sample::new(
        "png",
        "transparent colour",
        encoded(ColorType::Rgb, 8, |encoder| encoder.set_trns(vec![0, 0, 0, 0, 0, 0])),
    ));
    list.push(Sample::new("png", "animated", animated()));
    for color in [2, 6] {
        list.push(Sample::new("png", format!("interlaced, colour type {color}"), interlaced(color)));
    }
    list.push(Sample::new("png", "with profile and texts", with_metadata()));
    list
}

fn encoded(color: ColorType, depth: u8, set: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>)) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, WIDTH, HEIGHT);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::from_u8(depth).unwrap());
    encoder.set_filter(if depth < 8 { Filter::NoFilter } else { Filter::Adaptive });
    if color == ColorType::Indexed {
        encoder.set_palette(palette(if depth == 8 { 200 } else { 1 << depth }));
    }
    set(&mut encoder);
    encoder.write_header().unwrap().write_image_data(&raw(color, depth)).unwrap();
    data
}

/// The rows, packed as PNG has them.
fn raw(color: ColorType, depth: u8) -> Vec<u8> {
    let channels = color.samples() as u32;
    match depth {
        16 => texture(WIDTH, HEIGHT, channels).into_iter().flat_map(|value| [value, !value]).collect(),
        8 if color == ColorType::Indexed => indices(WIDTH, HEIGHT, 200),
        8 => texture(WIDTH, HEIGHT, channels),
        _ => indices(WIDTH, HEIGHT, 1 << depth)
            .chunks(WIDTH as usize)
            .flat_map(|row| {
                row.chunks(8 / usize::from(depth)).map(|part| {
                    part.iter()
                        .enumerate()
                        .fold(0, |byte, (i, value)| byte | value << (8 - depth * (i as u8 + 1)))
                })
            })
            .collect(),
    }
}

fn animated() -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, WIDTH, HEIGHT);
    encoder.set_color(ColorType::Rgba);
    encoder.set_animated(3, 0).unwrap();
    encoder.set_frame_delay(1, 10).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&texture(WIDTH, HEIGHT, 4)).unwrap();
    writer.set_frame_dimension(10, 12).unwrap();
    writer.set_frame_position(5, 6).unwrap();
    for _ in 0..2 {
        writer.write_image_data(&texture(10, 12, 4)).unwrap();
    }
    writer.finish().unwrap();
    data
}

/// The seven passes of PNG's section 8.2, rows not filtered.
fn interlaced(color_type: u8) -> Vec<u8> {
    let channels = if color_type == 6 { 4 } else { 3 };
    let samples = texture(WIDTH, HEIGHT, channels);
    let mut rows = Vec::new();
    for (left, top, across, down) in
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    {
        for y in (top..HEIGHT).step_by(down) {
            rows.push(0);
            for x in (left..WIDTH).step_by(across) {
                let at = ((y * WIDTH + x) * channels) as usize;
                rows.extend(&samples[at..at + channels as usize]);
            }
        }
    }
    let mut header = [WIDTH.to_be_bytes(), HEIGHT.to_be_bytes()].concat();
    header.extend([8, color_type, 0, 0, 1]);
    [
        b"\x89PNG\r\n\x1A\n".to_vec(),
        png_chunk(b"IHDR", &header),
        png_chunk(b"IDAT", &deflate(&rows)),
        png_chunk(b"IEND", b""),
    ]
    .concat()
}

fn with_metadata() -> Vec<u8> {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    png_with(
        &encoded(ColorType::Rgb, 8, |_| {}),
        &[
            (b"iCCP", [b"P3\0\0", &deflate(&profile)[..]].concat()),
            (b"eXIf", exif(3)),
            (b"zTXt", [b"Comment\0\0", &deflate(b"a text")[..]].concat()),
            (b"iTXt", [b"XML:com.adobe.xmp\0\x01\0\0\0", &deflate(b"<x:xmpmeta/>")[..]].concat()),
            (b"tEXt", b"Title\0none".to_vec()),
            (b"pHYs", vec![0, 0, 11, 19, 0, 0, 11, 19, 1]),
            (b"gAMA", 45_455_u32.to_be_bytes().to_vec()),
        ],
    )
}
