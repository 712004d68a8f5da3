//! BMP: every depth, run lengths, bit fields, both directions, headers old and new. Written by hand from the layouts in
//! Microsoft's documentation of BITMAPFILEHEADER, BITMAPCOREHEADER, BITMAPINFOHEADER and BITMAPV4HEADER.

use super::{Sample, indices, palette, texture};

const WIDTH: u32 = 33;
const HEIGHT: u32 = 21;

pub(super) fn samples() -> Vec<Sample> {
    let mut list = Vec::new();
    for depth in [1_u8, 4, 8] {
        let colors = if depth == 8 { 200 } else { 1 << depth };
        let bits = rows(&packed(colors, depth));
        list.push(Sample::new(
            "bmp",
            format!("{depth} bits"),
            file(&info(40, depth.into(), 0, HEIGHT as i32, colors.into()), &table(colors), &bits),
        ));
    }
    let bgr = rows(&per_row(&texture(WIDTH, HEIGHT, 3), 3));
    let bgra = texture(WIDTH, HEIGHT, 4);
    let masks = |masks: [u32; 4], count: usize| {
        masks[..count].iter().flat_map(|mask| mask.to_le_bytes()).collect::<Vec<_>>()
    };
    let words: Vec<_> = texture(WIDTH, HEIGHT, 2);
    let words = rows(&per_row(&words, 2));
    let eight = masks([0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000], 4);
    list.extend([
        Sample::new("bmp", "24 bits", file(&info(40, 24, 0, HEIGHT as i32, 0), &[], &bgr)),
        Sample::new("bmp", "24 bits, from the top", file(&info(40, 24, 0, -(HEIGHT as i32), 0), &[], &bgr)),
        Sample::new("bmp", "32 bits", file(&info(40, 32, 0, HEIGHT as i32, 0), &[], &bgra)),
        Sample::new("bmp", "16 bits", file(&info(40, 16, 0, HEIGHT as i32, 0), &[], &words)),
        Sample::new(
            "bmp",
            "16 bits in fields",
            file(&info(40, 16, 3, HEIGHT as i32, 0), &masks([0xF800, 0x07E0, 0x1F, 0], 3), &words),
        ),
        Sample::new(
            "bmp",
            "32 bits in fields, with alpha",
            file(
                &[info(108, 32, 3, HEIGHT as i32, 0), eight, b"BGRs".to_vec(), vec![0; 48]].concat(),
                &[],
                &bgra,
            ),
        ),
        Sample::new("bmp", "runs of bytes", file(&info(40, 8, 1, HEIGHT as i32, 200), &table(200), &runs(8))),
        Sample::new("bmp", "runs of halves", file(&info(40, 4, 2, HEIGHT as i32, 16), &table(16), &runs(4))),
        Sample::new("bmp", "OS/2", file(&core(24), &[], &bgr)),
    ]);
    list
}

fn file(header: &[u8], table: &[u8], bits: &[u8]) -> Vec<u8> {
    let start = 14 + header.len() + table.len();
    let mut data = b"BM".to_vec();
    data.extend(((start + bits.len()) as u32).to_le_bytes());
    data.extend([0; 4]);
    data.extend((start as u32).to_le_bytes());
    [&data, header, table, bits].concat()
}

fn info(size: u32, depth: u16, compression: u32, height: i32, colors: u32) -> Vec<u8> {
    let mut header = [size.to_le_bytes(), WIDTH.to_le_bytes(), height.to_le_bytes()].concat();
    header.extend(1_u16.to_le_bytes());
    header.extend(depth.to_le_bytes());
    for value in [compression, 0, 2835, 2835, colors, 0] {
        header.extend(value.to_le_bytes());
    }
    header
}

fn core(depth: u16) -> Vec<u8> {
    let mut header = 12_u32.to_le_bytes().to_vec();
    for value in [WIDTH as u16, HEIGHT as u16, 1, depth] {
        header.extend(value.to_le_bytes());
    }
    header
}

fn table(colors: u8) -> Vec<u8> {
    palette(colors).chunks(3).flat_map(|color| [color[0], color[1], color[2], 0]).collect()
}

fn per_row(samples: &[u8], pixel: usize) -> Vec<Vec<u8>> {
    samples.chunks(WIDTH as usize * pixel).map(<[u8]>::to_vec).collect()
}

fn packed(colors: u8, depth: u8) -> Vec<Vec<u8>> {
    indices(WIDTH, HEIGHT, colors)
        .chunks(WIDTH as usize)
        .map(|row| {
            row.chunks(8 / usize::from(depth))
                .map(|part| {
                    part.iter()
                        .enumerate()
                        .fold(0, |byte, (i, value)| byte | value << (8 - depth * (i as u8 + 1)))
                })
                .collect()
        })
        .collect()
}

/// Rows, each to a multiple of four bytes.
fn rows(rows: &[Vec<u8>]) -> Vec<u8> {
    rows.iter().flat_map(|row| [&row[..], &[0; 3][..(4 - row.len() % 4) % 4]].concat()).collect()
}

/// Runs, stretches as they are, a step aside, ends of lines and of the picture.
fn runs(depth: u8) -> Vec<u8> {
    let mut data = Vec::new();
    for y in 0..HEIGHT as u8 {
        if y % 5 == 4 {
            // Right by three, up by none.
            data.extend([0, 2, 3, 0]);
        }
        data.extend([10, y * 3]);
        let literal = if depth == 8 { vec![1, 2, 3, 4, 5, 0] } else { vec![0x12, 0x34, 0x50, 0] };
        data.extend([0, 5]);
        data.extend(literal);
        data.extend([12, 0x21, 0, 0]);
    }
    data.extend([0, 1]);
    data
}
