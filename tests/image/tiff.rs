//! TIFF: by the `tiff` crate's encoder, by hand where that writes no such thing, and by its decoder.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use offloop::Code;
use offloop::image::{ColorModel, Format, probe};
use tiff::encoder::compression::DeflateLevel;
use tiff::encoder::{Compression, TiffEncoder, colortype};
use tiff::tags::Predictor;

use crate::support::*;

/// What is read, as far as eight bits go.
#[track_caller]
fn seen(data: &[u8]) -> DynamicImage {
    see(&run(data, &to(Format::Png)).unwrap().data)
}

/// A directory's field: tag, type, values, which are of that type.
enum Values {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Bytes(Vec<u8>),
    Fraction(u32, u32),
}
use Values::{Bytes, Fraction, Long, Short};

/// A file of one directory, in either byte order and size of offsets. `pieces` are its strips or tiles, whose
/// places and lengths are filled in.
fn tiff_of(little: bool, big: bool, fields: &[(u16, Values)], pieces: &[&[u8]], tiled: bool) -> Vec<u8> {
    let mut writer = Writer { data: Vec::new(), little };
    writer.data.extend(if little { b"II" } else { b"MM" });
    writer.number(if big { 43 } else { 42 }, 2);
    if big {
        writer.number(8, 2);
        writer.number(0, 2);
    }
    let size = if big { 8 } else { 4 };
    let pointer = writer.data.len();
    writer.number(0, size);
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    for piece in pieces {
        offsets.push(writer.data.len() as u32);
        lengths.push(piece.len() as u32);
        writer.data.extend(*piece);
    }
    let places = if tiled {
        [(324, Long(offsets)), (325, Long(lengths))]
    } else {
        [(273, Long(offsets)), (279, Long(lengths))]
    };
    let mut all: Vec<&(u16, Values)> = fields.iter().chain(&places).collect();
    all.sort_by_key(|(tag, _)| *tag);
    let mut entries = Vec::new();
    for (tag, values) in all {
        let mut body = Writer { data: Vec::new(), little };
        let (kind, count) = match values {
            Short(values) => {
                for value in values {
                    body.number(u64::from(*value), 2);
                }
                (3, values.len())
            }
            Long(values) => {
                for value in values {
                    body.number(u64::from(*value), 4);
                }
                (4, values.len())
            }
            Bytes(values) => {
                body.data.extend(values);
                (7, values.len())
            }
            Fraction(above, below) => {
                body.number(u64::from(*above), 4);
                body.number(u64::from(*below), 4);
                (5, 1)
            }
        };
        if body.data.len() > size {
            let at = writer.data.len() as u64;
            writer.data.extend(&body.data);
            body.data.clear();
            body.number(at, size);
        }
        body.data.resize(size, 0);
        entries.push((*tag, kind, count, body.data));
    }
    let directory = writer.data.len() as u64;
    writer.number(entries.len() as u64, if big { 8 } else { 2 });
    for (tag, kind, count, body) in entries {
        writer.number(tag.into(), 2);
        writer.number(kind, 2);
        writer.number(count as u64, size);
        writer.data.extend(body);
    }
    writer.number(0, size);
    let mut head = Writer { data: Vec::new(), little };
    head.number(directory, size);
    writer.data[pointer..pointer + size].copy_from_slice(&head.data);
    writer.data
}

struct Writer {
    data: Vec<u8>,
    little: bool,
}

impl Writer {
    fn number(&mut self, value: u64, bytes: usize) {
        if self.little {
            self.data.extend(&value.to_le_bytes()[..bytes]);
        } else {
            self.data.extend(&value.to_be_bytes()[8 - bytes..]);
        }
    }
}

/// The fields of an image of equal channels.
fn fields(size: (u16, u16), bits: u16, samples: u16, photometric: u16) -> Vec<(u16, Values)> {
    vec![
        (256, Short(vec![size.0])),
        (257, Short(vec![size.1])),
        (258, Short(vec![bits; usize::from(samples)])),
        (262, Short(vec![photometric])),
        (277, Short(vec![samples])),
    ]
}

#[test]
fn agrees_with_the_writer() {
    let base = corners(37, 23);
    for picture in [
        base.clone(),
        base.to_luma8().into(),
        base.to_rgba8().into(),
        base.to_luma16().into(),
        base.to_rgb16().into(),
        base.to_rgba16().into(),
    ] {
        let data = file(&picture, ImageFormat::Tiff);
        let found = probe(&data).unwrap();
        let color = picture.color();
        assert_eq!((found.format, found.width, found.height, found.frames), (Format::Tiff, 37, 23, 1));
        assert_eq!(found.channels, color.channel_count());
        assert_eq!(found.has_alpha, color.has_alpha());
        assert_eq!(u16::from(found.bit_depth), color.bits_per_pixel() / u16::from(color.channel_count()));
        assert!(worst(&seen(&data), &picture) <= 1, "{color:?}");
    }
}

#[test]
fn compressions_and_predictors() {
    let picture = corners(61, 40).to_rgb8();
    let wide = DynamicImage::from(picture.clone()).to_rgb16();
    for (name, compression) in [
        ("none", Compression::Uncompressed),
        ("LZW", Compression::Lzw),
        ("deflate", Compression::Deflate(DeflateLevel::Balanced)),
        ("PackBits", Compression::Packbits),
    ] {
        for predictor in [Predictor::None, Predictor::Horizontal] {
            // Differences belong to the other two: nobody else heeds them.
            let packed = matches!(compression, Compression::Lzw | Compression::Deflate(_));
            if predictor == Predictor::Horizontal && !packed {
                continue;
            }
            for rows in [1, 7, 40, 100] {
                let mut data = Cursor::new(Vec::new());
                let mut encoder = TiffEncoder::new(&mut data)
                    .unwrap()
                    .with_compression(compression)
                    .with_predictor(predictor);
                let mut image = encoder.new_image::<colortype::RGB8>(61, 40).unwrap();
                image.rows_per_strip(rows).unwrap();
                image.write_data(picture.as_raw()).unwrap();
                assert_eq!(
                    worst(&seen(data.get_ref()), &picture.clone().into()),
                    0,
                    "{name} {predictor:?} {rows}"
                );
                let mut data = Cursor::new(Vec::new());
                let mut encoder = TiffEncoder::new_big(&mut data)
                    .unwrap()
                    .with_compression(compression)
                    .with_predictor(predictor);
                let mut image = encoder.new_image::<colortype::RGB16>(61, 40).unwrap();
                image.rows_per_strip(rows).unwrap();
                image.write_data(wide.as_raw()).unwrap();
                assert_eq!(
                    worst(&seen(data.get_ref()), &picture.clone().into()),
                    0,
                    "16 bits, {name} {predictor:?} {rows}"
                );
            }
        }
    }
}

#[test]
fn what_the_header_says() {
    for little in [false, true] {
        for big in [false, true] {
            let mut fields = fields((3, 2), 8, 3, 2);
            fields.extend([
                (274, Short(vec![6])),
                (282, Fraction(1180, 10)),
                (283, Fraction(1180, 10)),
                (296, Short(vec![3])),
                (700, Bytes(b"<x:xmpmeta/>".to_vec())),
                (34675, Bytes(b"profile".to_vec())),
            ]);
            let data = tiff_of(little, big, &fields, &[&[7; 18]], false);
            let found = probe(&data).unwrap();
            assert_eq!((found.width, found.height, found.orientation.value()), (3, 2, 6));
            assert_eq!(found.icc.unwrap().read(&data).as_deref(), Some(&b"profile"[..]));
            assert_eq!(found.xmp.unwrap().read(&data).as_deref(), Some(&b"<x:xmpmeta/>"[..]));
            assert!((found.density.unwrap() - 118.0 * 2.54).abs() < 1e-9);
            assert_eq!((seen(&data).width(), seen(&data).height()), (2, 3));
        }
    }
}

#[test]
fn gray_of_every_depth() {
    // 0, a middle and the most; a row takes whole bytes.
    let cases: [(u16, &[u8], [u8; 3]); 5] = [
        (1, &[0b0110_0000], [0, 255, 255]),
        (2, &[0b0010_1100], [0, 170, 255]),
        (4, &[0x08, 0xF0], [0, 136, 255]),
        (8, &[0, 100, 255], [0, 100, 255]),
        (16, &[0, 0, 0x64, 0x64, 255, 255], [0, 100, 255]),
    ];
    for (bits, row, expected) in cases {
        for little in [false, true] {
            let row = [row, row].concat();
            let gray = tiff_of(little, false, &fields((3, 2), bits, 1, 1), &[&row], false);
            assert_eq!(seen(&gray).to_luma8().into_raw(), [expected, expected].concat(), "{bits}");
            assert_eq!(probe(&gray).unwrap().color_model, ColorModel::Gray);
            let inverted = tiff_of(little, false, &fields((3, 2), bits, 1, 0), &[&row], false);
            let expected = expected.map(|value| 255 - value);
            assert_eq!(
                seen(&inverted).to_luma8().into_raw(),
                [expected, expected].concat(),
                "{bits}, white is 0"
            );
        }
    }
}

#[test]
fn palettes() {
    let map = |scale: u16| {
        // Red, green, blue, white; then nothing.
        let mut map = vec![0; 48];
        for (index, color) in [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]].iter().enumerate() {
            for (channel, value) in color.iter().enumerate() {
                map[channel * 16 + index] = value * scale;
            }
        }
        (320, Short(map))
    };
    for scale in [0xFFFF, 0xFF00, 255] {
        let mut fields = fields((3, 1), 4, 1, 3);
        fields.push(map(scale));
        let data = tiff_of(true, false, &fields, &[&[0x12, 0x30]], false);
        assert_eq!(seen(&data).to_rgb8().into_raw(), [0, 255, 0, 0, 0, 255, 255, 255, 255]);
        assert_eq!(probe(&data).unwrap().channels, 3);
    }
    assert_code(
        probe(&tiff_of(true, false, &fields((3, 1), 4, 1, 3), &[&[0; 2]], false)),
        Code::ImageCorrupt,
    );
}

#[test]
fn alpha_of_either_kind() {
    let pixel = [50, 100, 0, 128];
    for (kind, expected) in [
        (Some(2), Some([50, 100, 0, 128])),
        // Divided by 128/255.
        (Some(1), Some([100, 199, 0, 128])),
        (None, Some([50, 100, 0, 128])),
        (Some(0), None),
    ] {
        let mut fields = fields((1, 1), 8, 4, 2);
        if let Some(kind) = kind {
            fields.push((338, Short(vec![kind])));
        }
        let data = tiff_of(true, false, &fields, &[&pixel], false);
        let found = probe(&data).unwrap();
        assert_eq!(found.has_alpha, expected.is_some());
        let expected = expected.unwrap_or([50, 100, 0, 255]);
        assert_eq!(seen(&data).to_rgba8().into_raw(), expected, "{kind:?}");
    }
    let mut fields = fields((2, 1), 16, 2, 1);
    fields.push((338, Short(vec![1])));
    let words = [0x4000_u16, 0x8000, 0xFFFF, 0].map(u16::to_le_bytes).concat();
    let data = tiff_of(true, false, &fields, &[&words], false);
    assert_eq!(seen(&data).to_luma_alpha8().into_raw(), [128, 128, 0, 0]);
}

#[test]
fn tiles_and_planes() {
    let (width, height) = (37_u16, 21_u16);
    let picture = corners(width.into(), height.into()).to_rgb8();
    let at = |x: usize, y: usize| {
        // What lies beyond the edge is never seen.
        let inside = x < usize::from(width) && y < usize::from(height);
        if inside { picture.get_pixel(x as u32, y as u32).0 } else { [77; 3] }
    };
    let (tile_width, tile_height) = (16, 16);
    let tile = |left: usize, top: usize| {
        let rows = (0..tile_height).flat_map(move |y| (0..tile_width).map(move |x| (left + x, top + y)));
        rows.map(|(x, y)| at(x, y)).collect::<Vec<_>>()
    };
    let tiles: Vec<Vec<[u8; 3]>> = (0..2)
        .flat_map(|y| (0..3).map(move |x| (x, y)))
        .map(|(x, y)| tile(x * tile_width, y * tile_height))
        .collect();
    let sides = || [(322, Short(vec![16])), (323, Short(vec![16]))];
    let together: Vec<Vec<u8>> = tiles.iter().map(|tile| tile.concat()).collect();
    let planes: Vec<Vec<u8>> = (0..3)
        .flat_map(|channel| tiles.iter().map(move |tile| tile.iter().map(|pixel| pixel[channel]).collect()))
        .collect();
    let strips: Vec<Vec<u8>> = (0..3)
        .flat_map(|channel| {
            let values: Vec<u8> = picture.pixels().map(|pixel| pixel.0[channel]).collect();
            values.chunks(usize::from(width) * 8).map(<[u8]>::to_vec).collect::<Vec<_>>()
        })
        .collect();
    for (name, pieces, tiled, planar) in [
        ("tiles", together, true, 1),
        ("tiles of planes", planes, true, 2),
        ("strips of planes", strips, false, 2),
    ] {
        for packed in [false, true] {
            let mut fields = fields((width, height), 8, 3, 2);
            fields.push((284, Short(vec![planar])));
            if packed {
                fields.push((259, Short(vec![8])));
            }
            if tiled {
                fields.extend(sides());
            } else {
                fields.push((278, Short(vec![8])));
            }
            let pieces: Vec<Vec<u8>> =
                pieces.iter().map(|piece| if packed { deflate(piece) } else { piece.clone() }).collect();
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let data = tiff_of(false, false, &fields, &pieces, tiled);
            assert_eq!(worst(&seen(&data), &picture.clone().into()), 0, "{name}");
        }
    }
}

#[test]
fn fax() {
    // Sixteen by four: white, black in the middle, the same, white.
    let bits = [0x0000_u16, 0x0FF0, 0x0FF0, 0x0000];
    let mut encoder = fax::encoder::Encoder::new(fax::VecWriter::new());
    for row in bits {
        let colors =
            (0..16).map(|x| if row << x & 0x8000 == 0 { fax::Color::White } else { fax::Color::Black });
        encoder.encode_line(colors, 16).unwrap();
    }
    let packed = encoder.finish().unwrap().finish();
    let turned: Vec<u8> = packed.iter().map(|byte| byte.reverse_bits()).collect();
    for (order, packed) in [(1, &packed), (2, &turned)] {
        let mut fields = fields((16, 4), 1, 1, 0);
        fields.extend([(259, Short(vec![4])), (266, Short(vec![order]))]);
        let data = tiff_of(true, false, &fields, &[packed], false);
        let expected: Vec<u8> = bits
            .iter()
            .flat_map(|row| (0..16).map(move |x| if row << x & 0x8000 == 0 { 255 } else { 0 }))
            .collect();
        assert_eq!(seen(&data).to_luma8().into_raw(), expected);
    }
}

#[test]
fn fax_in_two_dimensions() {
    // A mark and a bit before each row, which says whether it is coded alone: white 4, black 1, white 3; the same,
    // by the row above; and white.
    let bits = "000000000001 1 1011 010 1000 000000000001 0 1 1 1 000000000001 0 0001 1";
    let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
    let packed: Vec<u8> = bits
        .chunks(8)
        .map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit) << (8 - byte.len()))
        .collect();
    let mut fields = fields((8, 3), 1, 1, 0);
    fields.extend([(259, Short(vec![3])), (292, Long(vec![1]))]);
    let data = tiff_of(true, false, &fields, &[&packed], false);
    let row = [255, 255, 255, 255, 0, 255, 255, 255];
    assert_eq!(seen(&data).to_luma8().into_raw(), [row, row, [255; 8]].concat());
}

#[test]
fn jpeg_inside() {
    let picture = corners(48, 32);
    let jpeg = file(&picture, ImageFormat::Jpeg);
    let judge = see(&jpeg);
    // The tables apart from the image: everything between the start and the frame header.
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let mut tables = b"\xFF\xD8".to_vec();
    let mut image = b"\xFF\xD8".to_vec();
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        let segment = &jpeg[at..at + length];
        match jpeg[at + 1] {
            0xDB | 0xC4 => tables.extend(segment),
            _ => image.extend(segment),
        }
        at += length;
    }
    assert!(frame < at);
    image.extend(&jpeg[at..]);
    tables.extend(b"\xFF\xD9");
    for (tables, image) in [(None, &jpeg), (Some(tables), &image)] {
        let mut fields = fields((48, 32), 8, 3, 6);
        fields.push((259, Short(vec![7])));
        if let Some(tables) = tables {
            fields.push((347, Bytes(tables)));
        }
        let data = tiff_of(true, false, &fields, &[image], false);
        assert!(worst(&seen(&data), &judge) <= 4);
    }
}

#[test]
fn inks() {
    let data = tiff_of(true, false, &fields((2, 1), 8, 4, 5), &[&[0, 0, 0, 0, 0, 0, 0, 255]], false);
    let found = probe(&data).unwrap();
    assert_eq!((found.color_model, found.channels, found.has_alpha), (ColorModel::Cmyk, 4, false));
}

#[test]
fn what_is_not_read_is_named() {
    let float = |bits: u16, format: u16| {
        let mut fields = fields((1, 1), bits, 1, 1);
        fields.push((339, Short(vec![format])));
        fields
    };
    let with = |tag: u16, value: u16| {
        let mut fields = fields((1, 1), 8, 3, 2);
        fields.retain(|(found, _)| *found != tag);
        fields.push((tag, Short(vec![value])));
        fields
    };
    for (fields, name) in [
        (float(32, 3), "floating-point"),
        (float(32, 1), "32 bits"),
        (float(16, 2), "signed"),
        (with(262, 8), "L*a*b*"),
        (with(259, 6), "compression 6"),
        (with(259, 34712), "compression 34712"),
        (with(262, 6), "luma and chroma"),
    ] {
        let data = tiff_of(true, false, &fields, &[&[0; 12]], false);
        assert_eq!(probe(&data).unwrap().width, 1);
        let message = assert_code(run(&data, &to(Format::Png)), Code::ImageFormat);
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn damage_is_told() {
    let row = [5; 30];
    let whole = tiff_of(true, false, &fields((10, 10), 8, 3, 2), &[&row.repeat(10)], false);
    assert!(run(&whole, &to(Format::Png)).is_ok());
    // The directory lies at the end: what is cut off is lost.
    for length in 4..whole.len() - 4 {
        assert_code(run(&whole[..length], &to(Format::Png)), Code::ImageCorrupt);
    }
    let short = tiff_of(true, false, &fields((10, 10), 8, 3, 2), &[&row.repeat(9)], false);
    assert_code(run(&short, &to(Format::Png)), Code::ImageCorrupt);
    for (tag, value) in [(256, 0), (257, 0), (277, 0), (277, 2), (278, 0), (322, 0)] {
        let mut fields = fields((10, 10), 8, 3, 2);
        fields.retain(|(found, _)| *found != tag);
        fields.push((tag, Short(vec![value])));
        if tag == 322 {
            fields.push((323, Short(vec![16])));
        }
        let data = tiff_of(true, false, &fields, &[&row.repeat(10)], tag == 322);
        assert_code(probe(&data), Code::ImageCorrupt);
    }
    // A bomb: the largest size, one strip of nothing.
    let mut bomb = fields((0xFFFF, 0x0FFF), 8, 1, 1);
    bomb.push((259, Short(vec![8])));
    assert_code(
        run(&tiff_of(true, false, &bomb, &[&deflate(&[0; 100])], false), &to(Format::Png)),
        Code::ImageCorrupt,
    );
    let garbage = {
        let mut fields = fields((10, 10), 8, 3, 2);
        fields.push((259, Short(vec![5])));
        tiff_of(true, false, &fields, &[&noise(300, 1)], false)
    };
    assert_code(run(&garbage, &to(Format::Png)), Code::ImageCorrupt);
}
