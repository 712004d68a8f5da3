//! BMP: every header and coding, written by hand here or by the `image` crate.

use image::{DynamicImage, ImageFormat};
use offloop::Code;
use offloop::image::{Format, probe};

use crate::support::*;

/// A file of a header's bytes after its size, masks and palette, and pixels.
fn bmp(header: &[u8], between: &[u8], pixels: &[u8]) -> Vec<u8> {
    let size = header.len() + 4;
    let start = 14 + size + between.len();
    let mut data = b"BM".to_vec();
    data.extend(((start + pixels.len()) as u32).to_le_bytes());
    data.extend([0; 4]);
    data.extend((start as u32).to_le_bytes());
    data.extend((size as u32).to_le_bytes());
    data.extend(header);
    data.extend(between);
    data.extend(pixels);
    data
}

/// BITMAPINFOHEADER without its size, and zeros up to that of a later version.
fn info(width: i32, height: i32, bits: u16, compression: u32, size: usize) -> Vec<u8> {
    let mut header = [width.to_le_bytes(), height.to_le_bytes()].concat();
    header.extend(1_u16.to_le_bytes());
    header.extend(bits.to_le_bytes());
    header.extend(compression.to_le_bytes());
    header.resize(size - 4, 0);
    header
}

fn core(width: u16, height: u16, bits: u16) -> Vec<u8> {
    [width, height, 1, bits].iter().flat_map(|field| field.to_le_bytes()).collect()
}

/// What is read, as RGBA.
#[track_caller]
fn pixels(data: &[u8]) -> Vec<[u8; 4]> {
    let picture = see(&run(data, &to(Format::Png)).unwrap().data).to_rgba8();
    picture.pixels().map(|pixel| pixel.0).collect()
}

const RED: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];
const BLACK: [u8; 4] = [0, 0, 0, 255];

/// Red, green, blue and black, four bytes each.
const PALETTE: [u8; 16] = [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn agrees_with_the_writer() {
    for (width, height) in [(1, 1), (3, 2), (5, 7), (64, 9)] {
        let base = corners(width, height);
        for picture in [base.clone(), base.to_luma8().into(), DynamicImage::from(base.to_rgba8())] {
            let data = file(&picture, ImageFormat::Bmp);
            let found = probe(&data).unwrap();
            assert_eq!((found.format, found.width, found.height), (Format::Bmp, width, height));
            assert_eq!(found.has_alpha, picture.color().has_alpha());
            assert_eq!(worst(&see(&run(&data, &to(Format::Png)).unwrap().data), &picture), 0);
        }
    }
}

#[test]
fn indices_of_every_depth() {
    // Two rows of three, the lower one first.
    let rows: [(u16, [u8; 8]); 4] = [
        (1, [0b0100_0000, 0, 0, 0, 0b1010_0000, 0, 0, 0]),
        (2, [0b0001_1000, 0, 0, 0, 0b1001_0000, 0, 0, 0]),
        (4, [0x01, 0x20, 0, 0, 0x21, 0x00, 0, 0]),
        (8, [0, 1, 2, 0, 2, 1, 0, 0]),
    ];
    for (bits, stored) in rows {
        let expected = if bits == 1 {
            [GREEN, RED, GREEN, RED, GREEN, RED]
        } else {
            [BLUE, GREEN, RED, RED, GREEN, BLUE]
        };
        let upwards = bmp(&info(3, 2, bits, 0, 40), &PALETTE[..if bits == 1 { 8 } else { 16 }], &stored);
        assert_eq!(pixels(&upwards), expected, "{bits} bits");
        let downwards = bmp(&info(3, -2, bits, 0, 40), &PALETTE, &stored);
        assert_eq!(pixels(&downwards), [&expected[3..], &expected[..3]].concat(), "{bits} bits, top first");
        assert_eq!(u16::from(probe(&upwards).unwrap().bit_depth), bits);
        // OS/2's first header has a palette of three bytes a colour.
        let short: Vec<u8> = PALETTE.chunks(4).flat_map(|color| color[..3].to_vec()).collect();
        if bits != 2 {
            assert_eq!(pixels(&bmp(&core(3, 2, bits), &short, &stored)), expected, "{bits} bits, OS/2");
        }
    }
}

#[test]
fn words_and_their_masks() {
    let masks = |masks: [u32; 4]| masks.map(u32::to_le_bytes).concat();
    let words = |words: &[u16]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    // 5, 5 and 5 bits by default.
    let data = bmp(&info(2, 1, 16, 0, 40), &[], &words(&[0x7C00, 0x03E0]));
    assert_eq!(pixels(&data), [RED, GREEN]);
    // 5, 6 and 5, the masks after the header or in it.
    let five_six_five = masks([0xF800, 0x07E0, 0x001F, 0]);
    let data = bmp(&info(2, 1, 16, 3, 40), &five_six_five[..12], &words(&[0x07E0, 0x001F]));
    assert_eq!(pixels(&data), [GREEN, BLUE]);
    for size in [52, 56, 108, 124] {
        let mut header = info(2, 1, 16, 3, size);
        let length = if size == 52 { 12 } else { 16 };
        header[36..36 + length].copy_from_slice(&five_six_five[..length]);
        assert_eq!(pixels(&bmp(&header, &[], &words(&[0xF800, 0x0010]))), [RED, [0, 0, 132, 255]], "{size}");
    }
    // Alpha, in an order that nobody uses.
    let mut header = info(2, 1, 32, 3, 108);
    header[36..52].copy_from_slice(&masks([0xFF, 0xFF00, 0x00FF_0000, 0xFF00_0000]));
    let data = bmp(&header, &[], &[1, 2, 3, 4, 255, 0, 0, 255]);
    assert!(probe(&data).unwrap().has_alpha);
    assert_eq!(pixels(&data), [[1, 2, 3, 4], RED]);
    let nothing = bmp(&header, &[], &[1, 2, 3, 0, 255, 0, 0, 0]);
    assert_eq!(pixels(&nothing), [[1, 2, 3, 255], RED], "a picture of nothing is shown as if it were opaque");
    // The fourth byte is nothing where no mask says what it is.
    assert_eq!(pixels(&bmp(&info(1, 1, 32, 0, 40), &[], &[0, 0, 255, 7])), [RED]);
}

#[test]
fn run_lengths() {
    // Three red, to the end of the row; a literal of three, padded; one right and one up; two blue; the end.
    let eight = [3, 0, 0, 0, 0, 3, 1, 2, 1, 0, 0, 2, 1, 1, 2, 2, 0, 1];
    let data = bmp(&info(6, 3, 8, 1, 40), &PALETTE, &eight);
    let rows = [
        [BLACK, BLACK, BLACK, BLACK, BLUE, BLUE],
        [GREEN, BLUE, GREEN, BLACK, BLACK, BLACK],
        [RED, RED, RED, BLACK, BLACK, BLACK],
    ];
    assert_eq!(pixels(&data), rows.concat());
    // Five of green and blue in turn; a literal of three of four bits.
    let four = [5, 0x12, 0, 0, 0, 3, 0x01, 0x20, 0, 1];
    let data = bmp(&info(5, 2, 4, 2, 40), &PALETTE, &four);
    let rows = [[RED, GREEN, BLUE, BLACK, BLACK], [GREEN, BLUE, GREEN, BLUE, GREEN]];
    assert_eq!(pixels(&data), rows.concat());
    let cut = bmp(&info(5, 2, 4, 2, 40), &PALETTE, &four[..4]);
    assert_code(run(&cut, &to(Format::Png)), Code::ImageCorrupt);
    // Runs over the edges are cut.
    let over = bmp(&info(2, 1, 8, 1, 40), &PALETTE, &[255, 1, 0, 2, 9, 9, 5, 0, 0, 1]);
    assert_eq!(pixels(&over), [GREEN, GREEN]);
}

#[test]
fn density_and_profile() {
    let mut header = info(1, 1, 24, 0, 124);
    header[20..24].copy_from_slice(&2835_u32.to_le_bytes());
    header[52..56].copy_from_slice(b"DEBM");
    let profile_at = 124_u32 + 4;
    header[108..112].copy_from_slice(&profile_at.to_le_bytes());
    header[112..116].copy_from_slice(&7_u32.to_le_bytes());
    let data = bmp(&header, &[], b"\0\0\xFF\0profile");
    let found = probe(&data).unwrap();
    assert_eq!(found.density, Some(72.01));
    assert_eq!(found.icc.unwrap().read(&data).as_deref(), Some(&b"profile"[..]));
}

#[test]
fn what_is_no_bmp_is_refused() {
    let whole = bmp(&info(3, 2, 24, 0, 40), &[], &[9; 24]);
    for length in 18..54 {
        assert_code(probe(&whole[..length]), Code::ImageCorrupt);
    }
    for length in 54..whole.len() - 3 {
        assert_code(run(&whole[..length], &to(Format::Png)), Code::ImageCorrupt);
    }
    // The last row's padding is not missed.
    assert!(run(&whole[..whole.len() - 3], &to(Format::Png)).is_ok());
    for (bits, compression) in [(3, 0), (24, 1), (8, 2), (64, 0), (8, 3), (8, 9)] {
        assert_code(probe(&bmp(&info(1, 1, bits, compression, 40), &PALETTE, &[0; 8])), Code::ImageCorrupt);
    }
    for compression in [4, 5] {
        let data = bmp(&info(1, 1, 0, compression, 40), &[], &[0; 8]);
        assert_eq!(probe(&data).unwrap().width, 1);
        assert_code(run(&data, &to(Format::Png)), Code::ImageFormat);
    }
    for (width, height) in [(0, 1), (1, 0), (-1, 1)] {
        assert_code(probe(&bmp(&info(width, height, 24, 0, 40), &[], &[0; 8])), Code::ImageCorrupt);
    }
    let huge = bmp(&info(i32::MAX, i32::MIN, 24, 0, 40), &[], &[0; 8]);
    assert_code(run(&huge, &to(Format::Png)), Code::ImageLimit);
}
