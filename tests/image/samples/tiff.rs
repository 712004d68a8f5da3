//! TIFF: both byte orders, strips and tiles, every compression, depths, models.
//! Written by hand from "TIFF Revision 6.0" (Adobe, 1992).

use jpeg_encoder::ColorType;
use weezl::{BitOrder, encode::Encoder};

use super::{Sample, texture};
use crate::support::deflate;

const WIDTH: u32 = 35;
const HEIGHT: u32 = 27;
const ROWS_PER_STRIP: u32 = 10;

const NONE: u32 = 1;
const LZW: u32 = 5;
const T4: u32 = 3;
const T6: u32 = 4;
const JPEG: u32 = 7;
const DEFLATE: u32 = 8;
const PACK_BITS: u32 = 32_773;

/// What is written into the directory besides the size.
struct Kind {
    big_endian: bool,
    photometric: u32,
    channels: u32,
    bits: u16,
    compression: u32,
    predictor: u32,
    tiled: bool,
    extra: bool,
}

const RGB: Kind = Kind {
    big_endian: false,
    photometric: 2,
    channels: 3,
    bits: 8,
    compression: NONE,
    predictor: 1,
    tiled: false,
    extra: false,
};

pub(super) fn samples() -> Vec<Sample> {
    [
        ("RGB", RGB),
        ("RGB, big-endian", Kind { big_endian: true, ..RGB }),
        ("RGB, LZW", Kind { compression: LZW, ..RGB }),
        ("RGB, LZW of differences", Kind { compression: LZW, predictor: 2, ..RGB }),
        ("RGB, deflate", Kind { compression: DEFLATE, ..RGB }),
        ("RGB, PackBits", Kind { compression: PACK_BITS, ..RGB }),
        ("RGB, tiles", Kind { tiled: true, ..RGB }),
        (
            "RGB, tiles, deflate of differences",
            Kind { tiled: true, compression: DEFLATE, predictor: 2, ..RGB },
        ),
        ("RGB 16", Kind { bits: 16, ..RGB }),
        ("RGB 16, big-endian, LZW", Kind { bits: 16, big_endian: true, compression: LZW, ..RGB }),
        ("RGBA", Kind { channels: 4, extra: true, ..RGB }),
        ("gray", Kind { photometric: 1, channels: 1, ..RGB }),
        ("gray 16", Kind { photometric: 1, channels: 1, bits: 16, ..RGB }),
        ("gray, white is zero", Kind { photometric: 0, channels: 1, ..RGB }),
        ("bilevel", Kind { photometric: 1, channels: 1, bits: 1, ..RGB }),
        ("palette", Kind { photometric: 3, channels: 1, ..RGB }),
        ("palette with alpha", Kind { photometric: 3, channels: 2, extra: true, ..RGB }),
        ("bilevel, T.4", Kind { photometric: 0, channels: 1, bits: 1, compression: T4, ..RGB }),
        ("bilevel, T.6", Kind { photometric: 0, channels: 1, bits: 1, compression: T6, ..RGB }),
        ("gray, JPEG", Kind { photometric: 1, channels: 1, compression: JPEG, ..RGB }),
        ("luma and chroma, JPEG, tiles", Kind { photometric: 6, compression: JPEG, tiled: true, ..RGB }),
        ("CMYK", Kind { photometric: 5, channels: 4, ..RGB }),
    ]
    .into_iter()
    .map(|(name, kind)| Sample::new("tiff", name, written(&kind)))
    .collect()
}

fn written(kind: &Kind) -> Vec<u8> {
    let mut parts = Vec::new();
    let pixel = kind.channels as usize * usize::from(kind.bits.div_ceil(8));
    if kind.tiled {
        // Two across and two down, of 32 by 16, the last ones hanging over.
        for _ in 0..4 {
            parts.push(packed(kind, &texture(32, 16, pixel as u32), 32 * pixel));
        }
    } else if matches!(kind.compression, T4 | T6) {
        parts.push(fax(kind.compression == T6));
    } else if kind.bits == 1 {
        parts.push(packed(kind, &texture(WIDTH.div_ceil(8), HEIGHT, 1), WIDTH.div_ceil(8) as usize));
    } else {
        let samples = texture(WIDTH, HEIGHT, pixel as u32);
        let row = WIDTH as usize * pixel;
        parts.extend(samples.chunks(row * ROWS_PER_STRIP as usize).map(|strip| packed(kind, strip, row)));
    }
    let rows_per_strip = if kind.bits == 1 { HEIGHT } else { ROWS_PER_STRIP };
    let mut entries = vec![
        (256, 4, vec![WIDTH]),
        (257, 4, vec![HEIGHT]),
        (258, 3, vec![kind.bits.into(); kind.channels as usize]),
        (259, 3, vec![kind.compression]),
        (262, 3, vec![kind.photometric]),
        (277, 3, vec![kind.channels]),
    ];
    if !kind.tiled {
        entries.push((278, 4, vec![rows_per_strip]));
    }
    if kind.predictor != 1 {
        entries.push((317, 3, vec![kind.predictor]));
    }
    if kind.photometric == 3 {
        entries.push((320, 3, (0..768).map(|i| i * 85).collect()));
    }
    if kind.tiled {
        entries.extend([(322, 4, vec![32]), (323, 4, vec![16])]);
    }
    if kind.extra {
        entries.push((338, 3, vec![2]));
    }
    tiff(kind.big_endian, &entries, &parts, kind.tiled)
}

/// Rows of white 8, black 8, white 8, black 8 and white 3: the first one, and in T.6 below it the same changes.
fn fax(two_dimensional: bool) -> Vec<u8> {
    const ROW: &str = "10011 000101 10011 000101 1000";
    const MARK: &str = "000000000001";
    let mut bits = String::new();
    for row in 0..HEIGHT {
        bits.push_str(match (two_dimensional, row) {
            (false, _) => MARK,
            (true, 0) => "001 10011 000101 001 10011 000101 001 1000 0000110111",
            (true, _) => "1 1 1 1 1",
        });
        if !two_dimensional {
            bits.push_str(ROW);
        }
    }
    if two_dimensional {
        bits.push_str(MARK);
        bits.push_str(MARK);
    }
    let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
    bits.chunks(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit) << (8 - byte.len())).collect()
}

/// The strip or tile as it lies in the file.
fn packed(kind: &Kind, samples: &[u8], row: usize) -> Vec<u8> {
    let mut samples = samples.to_vec();
    if kind.predictor == 2 {
        let pixel = kind.channels as usize;
        for row in samples.chunks_mut(row) {
            for at in (pixel..row.len()).rev() {
                row[at] = row[at].wrapping_sub(row[at - pixel]);
            }
        }
    }
    match kind.compression {
        LZW => Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&samples).unwrap(),
        DEFLATE => deflate(&samples),
        JPEG => {
            let color = if kind.channels == 1 { ColorType::Luma } else { ColorType::Rgb };
            let pixel = kind.channels as usize;
            let mut data = Vec::new();
            let (width, height) = (row / pixel, samples.len() / row);
            jpeg_encoder::Encoder::new(&mut data, 85)
                .encode(&samples, width as u16, height as u16, color)
                .unwrap();
            data
        }
        // A stretch as it is, then a run, as PackBits may.
        PACK_BITS => samples
            .chunks(row)
            .flat_map(|row| row.chunks(100).flat_map(|part| [&[part.len() as u8 - 1], part].concat()))
            .collect(),
        _ => samples,
    }
}

/// A file of one directory. `entries` by tag, type (3 for 16 bits, 4 for 32) and values, in the order of the tags;
/// where the parts lie is added.
pub(crate) fn tiff(
    big_endian: bool,
    entries: &[(u16, u16, Vec<u32>)],
    parts: &[Vec<u8>],
    tiled: bool,
) -> Vec<u8> {
    let short = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let long = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut data = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
    data.extend(short(42));
    data.extend(long(0));
    let mut offsets = Vec::new();
    for part in parts {
        offsets.push(data.len() as u32);
        data.extend(part);
        if data.len() % 2 == 1 {
            data.push(0);
        }
    }
    let mut entries = entries.to_vec();
    let (at, length) = if tiled { (324, 325) } else { (273, 279) };
    entries.push((at, 4, offsets));
    entries.push((length, 4, parts.iter().map(|part| part.len() as u32).collect()));
    entries.sort_by_key(|(tag, ..)| *tag);

    let mut directory = short(entries.len() as u16).to_vec();
    for (tag, kind, values) in &entries {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| if *kind == 3 { short(*value as u16).to_vec() } else { long(*value).to_vec() })
            .collect();
        directory.extend([short(*tag), short(*kind)].concat());
        directory.extend(long(values.len() as u32));
        if bytes.len() <= 4 {
            directory.extend([&bytes[..], &[0; 4][bytes.len()..]].concat());
        } else {
            directory.extend(long(data.len() as u32));
            data.extend(bytes);
        }
    }
    directory.extend(long(0));
    let start = data.len() as u32;
    data[4..8].copy_from_slice(&long(start));
    data.extend(directory);
    data
}
