//! Files that are damaged, or made to be much work, and what only some writers write.

use jpeg_encoder::{ColorType, Encoder};

use super::super::super::metadata::ColorModel;
use super::super::super::probe;
use super::*;
use crate::error::Code;

/// A directory's field: its number and its values, as bytes or as numbers of 32 bits.
enum Field {
    Bytes(u16, Vec<u8>),
    Numbers(u16, Vec<u32>),
}
use Field::{Bytes, Numbers};

const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const ROWS_PER_STRIP: u16 = 278;
const PLANAR: u16 = 284;
const T4_OPTIONS: u16 = 292;
const COLOR_MAP: u16 = 320;
const EXTRA_SAMPLES: u16 = 338;
const JPEG_TABLES: u16 = 347;

fn kind(compression: u32, photometric: u32) -> Vec<Field> {
    vec![Numbers(COMPRESSION, vec![compression]), Numbers(PHOTOMETRIC, vec![photometric])]
}

/// A file whose strips lie somewhere in `data`: each a start and a length.
fn file_of(
    (width, height): (u32, u32),
    (bits, samples): (u32, u32),
    fields: Vec<Field>,
    data: &[u8],
    strips: &[(usize, usize)],
) -> Vec<u8> {
    let starts = strips.iter().map(|(start, _)| *start as u32 + 8).collect();
    let lengths = strips.iter().map(|(_, length)| *length as u32).collect();
    let mut fields = fields;
    fields.extend([
        Numbers(256, vec![width]),
        Numbers(257, vec![height]),
        Numbers(258, vec![bits; samples as usize]),
        Numbers(273, starts),
        Numbers(277, vec![samples]),
        Numbers(279, lengths),
    ]);
    let mut file = b"II*\0\0\0\0\0".to_vec();
    file.extend(data);
    let mut directory = (fields.len() as u16).to_le_bytes().to_vec();
    for field in fields {
        let (tag, kind, count, mut body) = match field {
            Bytes(tag, bytes) => (tag, 7_u16, bytes.len(), bytes),
            Numbers(tag, values) => {
                (tag, 4, values.len(), values.iter().flat_map(|value| value.to_le_bytes()).collect())
            }
        };
        if body.len() > 4 {
            let at = file.len() as u32;
            file.extend(&body);
            body = at.to_le_bytes().to_vec();
        }
        body.resize(4, 0);
        directory.extend(tag.to_le_bytes());
        directory.extend(kind.to_le_bytes());
        directory.extend((count as u32).to_le_bytes());
        directory.extend(body);
    }
    let at = file.len() as u32;
    file[4..8].copy_from_slice(&at.to_le_bytes());
    file.extend(directory);
    file.extend([0; 4]);
    file
}

/// A file of one strip.
fn strip_of(size: (u32, u32), pixel: (u32, u32), fields: Vec<Field>, strip: &[u8]) -> Vec<u8> {
    file_of(size, pixel, fields, strip, &[(0, strip.len())])
}

fn pixels(file: &[u8], fail_on: FailOn) -> Result<Pixels> {
    let metadata = probe::probe(file)?;
    assert_eq!(metadata.undecodable, None);
    let layout = match (metadata.color_model, metadata.channels) {
        (ColorModel::Cmyk, _) => Layout::Cmyk8,
        (model, _) => Layout::new(model == ColorModel::Gray, metadata.has_alpha, metadata.bit_depth == 16),
    };
    decode(file, &metadata, layout, fail_on, &Cancel::new())
}

#[track_caller]
fn assert_corrupt<T: std::fmt::Debug>(result: Result<T>, what: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), Code::ImageCorrupt, "{error}");
    assert!(error.message().contains(what), "{error}");
}

#[test]
fn what_unpacks_to_nothing_is_given_up_once_cancelled() {
    const MANY: usize = 100_000;
    let mut clears = vec![0_u8; MANY * 9];
    // Eight codes of nine bits: 256, which clears the table.
    for clear in clears.chunks_mut(9) {
        clear.copy_from_slice(&[0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x00]);
    }
    let empty_blocks = [0, 0, 0, 0xFF, 0xFF].repeat(MANY);
    let adler = [0, 9, 0, 9];
    for (name, compression, packed) in [
        // Then one byte, 0x08 in all cases, and its like.
        ("Deflate", 8, [&[0x78, 1][..], &empty_blocks, &[1, 1, 0, 0xFE, 0xFF, 8], &adler].concat()),
        // Codes 8 and 257, the end.
        ("LZW", 5, [&clears[..], &[0x04, 0x40, 0x40]].concat()),
        ("PackBits", 32_773, [vec![0x80; MANY], vec![0, 8]].concat()),
        // The mark, then white 4, black 1, white 3.
        ("T.4", 3, [vec![0; MANY], vec![0b0001_1011, 0b0101_0000]].concat()),
    ] {
        let is_fax = compression == 3;
        let size = if is_fax { (8, 1) } else { (1, 1) };
        let bits = if is_fax { 1 } else { 8 };
        let file = strip_of(size, (bits, 1), kind(compression, 1), &packed);
        let header = Header::read(&file).unwrap();
        for cancelled in [false, true] {
            let cancel = Cancel::new();
            let mut unpacker = Unpacker::new(&header, &packed, 1, FailOn::Error, &cancel).unwrap();
            if cancelled {
                cancel.cancel();
            }
            let mut row = [0];
            // By another flag, so that only what reads the input can notice.
            let read = unpacker.read(&mut row, &Cancel::new());
            assert_eq!(read.is_err(), cancelled, "{name}: {read:?}");
            assert_eq!(row[0], if cancelled { 0 } else { 8 }, "{name}");
        }
    }
}

#[test]
fn strips_may_share_bytes_but_not_be_many_times_the_file() {
    let data = vec![7; 200_000];
    for (compression, pieces, is_fine) in [(5, 20, true), (5, 1000, false), (1, 1000, true)] {
        let mut fields = kind(compression, 1);
        fields.push(Numbers(ROWS_PER_STRIP, vec![1]));
        let file = file_of((10, pieces), (8, 1), fields, &data, &vec![(0, data.len()); pieces as usize]);
        let probed = probe::probe(&file).map(drop);
        // Of what is not packed, no more is read than there are pixels.
        assert_eq!(probed.is_ok(), is_fine, "{pieces} with compression {compression}");
        if !is_fine {
            assert_corrupt(probed, "in a file of");
        }
    }
}

#[test]
fn jpeg_tables_are_bounded() {
    for (length, is_fine) in [(1000, true), (70_000, false)] {
        let mut fields = kind(7, 1);
        fields.push(Bytes(JPEG_TABLES, vec![0; length]));
        let file = strip_of((8, 8), (8, 1), fields, &[0; 100]);
        assert_eq!(probe::probe(&file).is_ok(), is_fine, "{length}");
    }
    // Small ones, and many strips.
    let mut fields = kind(7, 1);
    fields.extend([Bytes(JPEG_TABLES, vec![0; 60_000]), Numbers(ROWS_PER_STRIP, vec![8])]);
    let file = file_of((8, 8000), (8, 1), fields, &[0; 100], &[(0, 100); 1000]);
    assert_corrupt(probe::probe(&file), "in a file of");
}

fn jpeg(size: (u16, u16), samples: &[u8], color: ColorType, progressive: bool) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, 95);
    encoder.set_progressive(progressive);
    encoder.encode(samples, size.0, size.1, color).unwrap();
    data
}

/// Without its application segments, and with another one.
fn with_segment(jpeg: &[u8], segment: &[u8]) -> Vec<u8> {
    let mut data = jpeg[..2].to_vec();
    data.extend(segment);
    let mut at = 2;
    while matches!(jpeg[at + 1], 0xE0..=0xEF) {
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    data.extend(&jpeg[at..]);
    data
}

#[track_caller]
fn assert_near(found: &[u8], expected: &[u8]) {
    let far = found.iter().zip(expected).any(|(one, other)| one.abs_diff(*other) > 3);
    assert!(!far && found.len() == expected.len(), "{found:?} for {expected:?}");
}

const JFIF: &[u8] = b"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
/// Without a transform, with one, and with that of four channels.
const ADOBE: [&[u8]; 3] = [
    b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0",
    b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\x01",
    b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\x02",
];

#[test]
fn what_the_channels_of_a_jpeg_are_is_told_by_the_tiff() {
    let red = [200, 50, 50].repeat(64);
    let stored = jpeg((8, 8), &red, ColorType::Rgb, false);
    for segment in [&[][..], JFIF, ADOBE[0], ADOBE[1]] {
        let stored = with_segment(&stored, segment);
        // By the equations of JFIF: the luma and the chroma of that red.
        for (photometric, expected) in [(6, [200, 50, 50]), (2, [95, 103, 203])] {
            let file = strip_of((8, 8), (8, 3), kind(7, photometric), &stored);
            let found = pixels(&file, FailOn::Error).unwrap();
            assert_near(&found.data()[..3], &expected);
        }
    }
    let inks = jpeg((8, 8), &[10, 60, 110, 160].repeat(64), ColorType::Cmyk, false);
    for segment in [&[][..], ADOBE[0], ADOBE[2]] {
        let file = strip_of((8, 8), (8, 4), kind(7, 5), &with_segment(&inks, segment));
        let found = pixels(&file, FailOn::Error).unwrap();
        // The encoder stores them as Adobe does, inverted, which TIFF knows nothing of.
        assert_near(&found.data()[..4], &[245, 195, 145, 95]);
    }
}

#[test]
fn jpegs_of_countless_scans_are_refused() {
    let whole = jpeg((16, 16), &[90; 256], ColorType::Luma, true);
    let file = |stored: &[u8]| strip_of((16, 16), (8, 1), kind(7, 1), stored);
    assert_near(&pixels(&file(&whole), FailOn::Error).unwrap().data()[..2], &[90, 90]);
    let last = whole.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let (head, end) = whole.split_at(whole.len() - 2);
    let many = [head, &whole[last..whole.len() - 2].repeat(100), end].concat();
    assert_corrupt(pixels(&file(&many), FailOn::Error), "scans");
}

#[test]
fn jpegs_that_are_too_few_bytes_are_not_decoded() {
    let whole = jpeg((1024, 1024), &vec![90; 1 << 20], ColorType::Luma, false);
    let data = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 20;
    let file = strip_of((1024, 1024), (8, 1), kind(7, 1), &whole[..data]);
    assert_corrupt(pixels(&file, FailOn::Error), "cannot hold");
    let found = pixels(&file, FailOn::None).unwrap();
    assert!(found.data().iter().all(|value| *value == 0));
    // Of one row each, every one of them would be decoded as eight.
    let mut fields = kind(7, 1);
    fields.push(Numbers(ROWS_PER_STRIP, vec![1]));
    let thin = file_of((1024, 9), (8, 1), fields, &whole, &[(0, whole.len()); 9]);
    assert_corrupt(probe::probe(&thin), "1024x1");
}

#[test]
fn damage_within_a_jpeg_is_as_fatal_as_was_asked_for() {
    let noise: Vec<u8> = (0..128_u32 * 128).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let whole = jpeg((128, 128), &noise, ColorType::Luma, false);
    let file = |stored: &[u8]| strip_of((128, 128), (8, 1), kind(7, 1), stored);
    let undamaged = pixels(&file(&whole), FailOn::Error).unwrap();
    let mut damaged = whole.clone();
    // It ends too early.
    let at = whole.len() * 3 / 4;
    damaged[at..at + 2].copy_from_slice(&[0xFF, 0xD9]);
    let file = file(&damaged);
    assert_eq!(pixels(&file, FailOn::Error).unwrap_err().code(), Code::ImageCorrupt);
    for fail_on in [FailOn::Truncated, FailOn::None] {
        let found = pixels(&file, fail_on).unwrap();
        let half = 128 * 64;
        assert!(found.data()[..half] == undamaged.data()[..half], "{fail_on:?}");
    }
}

/// Four colours: red, green, blue, white.
fn color_map(bits: u32) -> Field {
    let count = 1 << bits;
    let mut map = vec![0; count * 3];
    for (index, color) in [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]].iter().enumerate() {
        for (channel, value) in color.iter().enumerate() {
            map[channel * count + index] = value * 0xFFFF;
        }
    }
    Numbers(COLOR_MAP, map)
}

#[test]
fn palettes_with_alpha() {
    let straight = [255, 0, 0, 255, 0, 0, 255, 0x88, 255, 255, 255, 0];
    // Each colour divided by its alpha, and none where nothing is seen.
    let divided = [255, 0, 0, 255, 0, 0, 255, 0x88, 0, 0, 0, 0];
    for (extra, expected) in [(2, straight), (1, divided)] {
        for (bits, planar, data, strips) in [
            (8, 1, &[0, 255, 2, 0x88, 3, 0][..], &[(0, 6)][..]),
            (4, 1, &[0x0F, 0x28, 0x30], &[(0, 3)]),
            (8, 2, &[0, 2, 3, 255, 0x88, 0], &[(0, 3), (3, 3)]),
            (4, 2, &[0x02, 0x30, 0xF8, 0x00], &[(0, 2), (2, 2)]),
        ] {
            let mut fields = kind(1, 3);
            fields.extend([
                color_map(bits),
                Numbers(EXTRA_SAMPLES, vec![extra]),
                Numbers(PLANAR, vec![planar]),
            ]);
            let file = file_of((3, 1), (bits, 2), fields, data, strips);
            let found = pixels(&file, FailOn::Error).unwrap();
            assert_eq!(found.data(), expected, "{bits} bits, {planar}, {extra}");
        }
    }
    // What is no alpha is left out.
    let mut fields = kind(1, 3);
    fields.extend([color_map(8), Numbers(EXTRA_SAMPLES, vec![0])]);
    let file = strip_of((2, 1), (8, 2), fields, &[0, 9, 1, 9]);
    assert_eq!(pixels(&file, FailOn::Error).unwrap().data(), [255, 0, 0, 0, 255, 0]);
}

#[test]
fn sixteen_bits_are_divided_by_alpha() {
    let mut fields = kind(1, 2);
    fields.push(Numbers(EXTRA_SAMPLES, vec![1]));
    let words = [0x4000_u16, 0x8000, 0x9000, 0x8000].map(u16::to_le_bytes).concat();
    let found = pixels(&strip_of((1, 1), (16, 4), fields, &words), FailOn::Error).unwrap();
    assert_eq!(found.words(), [0x8000, 0xFFFF, 0xFFFF, 0x8000]);
}

#[test]
fn fax_of_either_group_and_order() {
    // Rows of eight: white 4, black 1, white 3; the same, by the row above; and white. Of T.4 there are marks,
    // and where both kinds of rows are, a bit after them says which.
    let t6 = bits("001 1011 010 1 1 1 1 0001 1");
    let t4 = bits("000000000001 1011 010 1000 000000000001 1011 010 1000 000000000001 10011");
    let mixed = bits("000000000001 1 1011 010 1000 000000000001 0 1 1 1 000000000001 0 0001 1");
    for (name, compression, options, packed) in [("T.6", 4, 0, t6), ("T.4", 3, 0, t4), ("mixed", 3, 1, mixed)]
    {
        let turned: Vec<u8> = packed.iter().map(|byte| byte.reverse_bits()).collect();
        for (order, packed) in [(1, &packed), (2, &turned)] {
            let mut fields = kind(compression, 0);
            fields.extend([Numbers(T4_OPTIONS, vec![options]), Numbers(FILL_ORDER, vec![order])]);
            let file = strip_of((8, 3), (1, 1), fields, packed);
            let found = pixels(&file, FailOn::Error).unwrap();
            let row = [255, 255, 255, 255, 0, 255, 255, 255];
            assert_eq!(found.data(), [row, row, [255; 8]].concat(), "{name}, {order}");
        }
    }
}

fn bits(bits: &str) -> Vec<u8> {
    let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
    bits.chunks(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit) << (8 - byte.len())).collect()
}

#[test]
fn a_damaged_row_of_fax_is_as_fatal_as_was_asked_for() {
    // White 8; white 4 and a code that there is not; white 8.
    let packed = bits("000000000001 10011 000000000001 1011 00000000 000000000001 10011");
    let file = strip_of((8, 3), (1, 1), kind(3, 0), &packed);
    assert_corrupt(pixels(&file, FailOn::Error), "fax");
    for fail_on in [FailOn::Truncated, FailOn::None] {
        assert_eq!(pixels(&file, fail_on).unwrap().data(), [255; 24], "{fail_on:?}");
    }
}
