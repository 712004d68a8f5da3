//! What `PngSuite` (Willem van Schaik's) exercises, made here, so that every pixel is known: each colour type
//! with each depth, both interlacings, transparency, filters, sizes, palettes, split data, and files that
//! are broken in its ways.
//!
//! `PNGSUITE=folder cargo test -- --ignored pngsuite` runs the suite itself, of which no copy is kept here.

use offloop::Code;
use offloop::image::{ColorModel, Format, probe};

use crate::support::*;

/// A PNG in the making.
#[derive(Clone)]
struct Png {
    width: usize,
    height: usize,
    color: u8,
    depth: u8,
    interlaced: bool,
    filter: Filter,
    palette: Option<Vec<[u8; 3]>>,
    /// The chunk's contents.
    transparency: Option<Vec<u8>>,
    background: Option<Vec<u8>>,
    /// How many pieces the data is cut into.
    pieces: usize,
    /// Samples, row by row, in their own depth.
    samples: Vec<u16>,
}

#[derive(Clone, Copy)]
enum Filter {
    Only(u8),
    /// Each in turn.
    All,
}

impl Png {
    fn new(width: usize, height: usize, color: u8, depth: u8) -> Self {
        let mut png = Self {
            width,
            height,
            color,
            depth,
            interlaced: false,
            filter: Filter::All,
            palette: None,
            transparency: None,
            background: None,
            pieces: 1,
            samples: Vec::new(),
        };
        let random = noise(width * height * png.channels() * 2, u32::from(color) * 97 + u32::from(depth));
        png.samples = random
            .chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]) >> (16 - u16::from(depth)))
            .collect();
        if color == 3 {
            let colors = noise(3 << depth, 5);
            png.palette = Some(colors.chunks(3).map(|color| [color[0], color[1], color[2]]).collect());
        }
        png
    }

    fn channels(&self) -> usize {
        match self.color {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        }
    }

    fn file(&self) -> Vec<u8> {
        let mut data = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut header = [self.width as u32, self.height as u32].map(u32::to_be_bytes).concat();
        header.extend([self.depth, self.color, 0, 0, u8::from(self.interlaced)]);
        chunk(&mut data, *b"IHDR", &header);
        if let Some(palette) = &self.palette {
            chunk(&mut data, *b"PLTE", &palette.concat());
        }
        for (name, body) in [(b"tRNS", &self.transparency), (b"bKGD", &self.background)] {
            if let Some(body) = body {
                chunk(&mut data, *name, body);
            }
        }
        let packed = deflate(&self.rows());
        for piece in packed.chunks(packed.len().div_ceil(self.pieces)) {
            chunk(&mut data, *b"IDAT", piece);
        }
        chunk(&mut data, *b"IEND", &[]);
        data
    }

    /// The filtered rows of all passes.
    fn rows(&self) -> Vec<u8> {
        const PASSES: [(usize, usize, usize, usize); 7] = [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ];
        let passes = if self.interlaced { &PASSES[..] } else { &[(0, 0, 1, 1)] };
        let mut rows = Vec::new();
        let pixel_bytes = (self.channels() * usize::from(self.depth)).div_ceil(8);
        for (left, top, across, down) in passes {
            let mut above: Option<Vec<u8>> = None;
            for (number, y) in (*top..self.height).step_by(*down).enumerate() {
                let samples: Vec<u16> = (*left..self.width)
                    .step_by(*across)
                    .flat_map(|x| {
                        let at = (y * self.width + x) * self.channels();
                        self.samples[at..at + self.channels()].to_vec()
                    })
                    .collect();
                if samples.is_empty() {
                    continue;
                }
                let row = packed(&samples, self.depth);
                let filter = match self.filter {
                    Filter::Only(filter) => filter,
                    Filter::All => (number % 5) as u8,
                };
                let zeros = vec![0; row.len()];
                rows.push(filter);
                rows.extend(filtered(filter, &row, above.as_ref().unwrap_or(&zeros), pixel_bytes));
                above = Some(row);
            }
        }
        rows
    }

    /// What is to be seen, in eight bits a channel, to the nearest.
    fn expected(&self) -> Vec<[u8; 4]> {
        let most = f64::from((1_u32 << self.depth) - 1);
        let eight = |sample: u16| (f64::from(sample) * 255.0 / most).round() as u8;
        let key: Option<Vec<u16>> = self
            .transparency
            .as_ref()
            .filter(|_| self.color != 3)
            .map(|body| body.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect());
        self.samples
            .chunks(self.channels())
            .map(|pixel| {
                let opaque = if key.as_deref() == Some(pixel) { 0 } else { 255 };
                match (self.color, pixel) {
                    (0, [gray]) => [eight(*gray), eight(*gray), eight(*gray), opaque],
                    (2, [red, green, blue]) => [eight(*red), eight(*green), eight(*blue), opaque],
                    (3, [index]) => {
                        let [red, green, blue] = self.palette.as_ref().unwrap()[usize::from(*index)];
                        let alpha = self.transparency.as_ref().and_then(|body| body.get(usize::from(*index)));
                        [red, green, blue, alpha.copied().unwrap_or(255)]
                    }
                    (4, [gray, alpha]) => [eight(*gray), eight(*gray), eight(*gray), eight(*alpha)],
                    (6, [red, green, blue, alpha]) => [*red, *green, *blue, *alpha].map(eight),
                    other => panic!("{other:?}"),
                }
            })
            .collect()
    }

    #[track_caller]
    fn check(&self) {
        let what = format!(
            "{}x{}, colour type {} of {} bits, interlaced: {}",
            self.width, self.height, self.color, self.depth, self.interlaced
        );
        let file = self.file();
        let found = probe(&file).unwrap();
        assert_eq!((found.width as usize, found.height as usize), (self.width, self.height), "{what}");
        assert_eq!((found.format, found.bit_depth), (Format::Png, self.depth), "{what}");
        assert_eq!(found.progressive, Some(self.interlaced), "{what}");
        assert_eq!(found.has_alpha, self.color >= 4 || self.transparency.is_some(), "{what}");
        assert_eq!(found.color_model == ColorModel::Gray, matches!(self.color, 0 | 4), "{what}");
        let output = run(&file, &to(Format::Png)).unwrap_or_else(|error| panic!("{what}: {error}"));
        let seen: Vec<[u8; 4]> =
            see(&output.data).to_rgba16().pixels().map(|pixel| pixel.0.map(eight_of_sixteen)).collect();
        assert_eq!(seen, self.expected(), "{what}");
    }
}

/// Outputs may have sixteen bits a channel where inputs do.
fn eight_of_sixteen(value: u16) -> u8 {
    (f64::from(value) / 257.0).round() as u8
}

fn chunk(data: &mut Vec<u8>, name: [u8; 4], body: &[u8]) {
    data.extend((body.len() as u32).to_be_bytes());
    let checked = [&name[..], body].concat();
    data.extend(&checked);
    data.extend(crc32(&checked).to_be_bytes());
}

/// Samples of so many bits, the first in the highest ones.
fn packed(samples: &[u16], depth: u8) -> Vec<u8> {
    match depth {
        16 => samples.iter().flat_map(|sample| sample.to_be_bytes()).collect(),
        8 => samples.iter().map(|sample| *sample as u8).collect(),
        _ => samples
            .chunks(usize::from(8 / depth))
            .map(|some| {
                let bits = some.iter().fold(0_u16, |byte, sample| byte << depth | sample);
                (bits << (8 - usize::from(depth) * some.len())) as u8
            })
            .collect(),
    }
}

/// Section 9.2.
fn filtered(filter: u8, row: &[u8], above: &[u8], pixel: usize) -> Vec<u8> {
    (0..row.len())
        .map(|at| {
            let left = if at >= pixel { row[at - pixel] } else { 0 };
            let corner = if at >= pixel { above[at - pixel] } else { 0 };
            let guess = match filter {
                0 => 0,
                1 => left,
                2 => above[at],
                3 => u16::midpoint(left.into(), above[at].into()) as u8,
                _ => {
                    let (a, b, c) = (i16::from(left), i16::from(above[at]), i16::from(corner));
                    let p = a + b - c;
                    let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
                    if pa <= pb && pa <= pc {
                        left
                    } else if pb <= pc {
                        above[at]
                    } else {
                        corner
                    }
                }
            };
            row[at].wrapping_sub(guess)
        })
        .collect()
}

const KINDS: [(u8, &[u8]); 5] =
    [(0, &[1, 2, 4, 8, 16]), (2, &[8, 16]), (3, &[1, 2, 4, 8]), (4, &[8, 16]), (6, &[8, 16])];

fn kinds() -> impl Iterator<Item = (u8, u8)> {
    KINDS.iter().flat_map(|(color, depths)| depths.iter().map(move |depth| (*color, *depth)))
}

#[test]
fn basic_and_interlaced() {
    for (color, depth) in kinds() {
        for interlaced in [false, true] {
            Png { interlaced, ..Png::new(32, 32, color, depth) }.check();
        }
    }
}

#[test]
fn odd_sizes() {
    for side in (1..=9).chain(32..=40) {
        for interlaced in [false, true] {
            Png { interlaced, ..Png::new(side, side, 3, 4) }.check();
            Png { interlaced, ..Png::new(side, 3, 0, 1) }.check();
            Png { interlaced, ..Png::new(2, side, 6, 16) }.check();
        }
    }
}

#[test]
fn every_filter() {
    for filter in 0..=4 {
        for (color, depth) in kinds() {
            Png { filter: Filter::Only(filter), ..Png::new(20, 11, color, depth) }.check();
        }
    }
}

#[test]
fn transparency() {
    for (color, depth) in kinds().filter(|(color, _)| *color < 4) {
        for interlaced in [false, true] {
            let mut png = Png { interlaced, ..Png::new(32, 32, color, depth) };
            png.transparency = Some(match color {
                // As many as there are colours, then fewer.
                3 => noise(1 << depth, 4),
                // The key is that of a pixel that there is.
                0 => png.samples[5].to_be_bytes().to_vec(),
                _ => png.samples[15..18].iter().flat_map(|sample| sample.to_be_bytes()).collect(),
            });
            png.check();
            if color == 3 {
                png.transparency = Some(vec![0]);
                png.check();
            }
        }
    }
}

#[test]
fn backgrounds_are_not_heeded() {
    for (color, depth) in [(0, 16), (2, 8), (3, 8), (4, 8), (6, 16)] {
        let background =
            if color == 3 { vec![1] } else { vec![0; if matches!(color, 0 | 4) { 2 } else { 6 }] };
        Png { background: Some(background), ..Png::new(32, 32, color, depth) }.check();
    }
}

#[test]
fn palettes_of_every_size() {
    for count in [1, 2, 3, 16, 17, 200, 256] {
        let mut png = Png::new(16, 16, 3, 8);
        png.palette.as_mut().unwrap().truncate(count);
        png.samples.iter_mut().for_each(|index| *index %= count as u16);
        png.check();
    }
    // Suggested palettes of images that have none of their own.
    let mut png = Png::new(8, 8, 2, 8);
    png.palette = Some(vec![[1, 2, 3]; 200]);
    png.check();
}

#[test]
fn split_data() {
    for (color, depth) in [(0, 16), (2, 16)] {
        for pieces in [2, 4, 10_000] {
            Png { pieces, ..Png::new(32, 32, color, depth) }.check();
        }
    }
}

#[test]
fn broken_files_are_refused() {
    let whole = Png::new(32, 32, 2, 8).file();
    let refused = |data: &[u8], code| {
        assert_code(run(data, &to(Format::Png)), code);
    };
    // Signatures, as transfers in text mode spoil them.
    for at in 0..8 {
        let mut data = whole.clone();
        data[at] ^= 0x40;
        refused(&data, Code::ImageFormat);
    }
    let text = [b"\x89PNG\n\x1a\n", &whole[8..]].concat();
    refused(&text, Code::ImageFormat);
    // Colour types and depths that there are not.
    for (color, depth) in [(1, 8), (9, 8), (5, 8), (2, 0), (2, 99), (3, 16), (4, 4), (6, 2)] {
        let mut data = whole[..33].to_vec();
        data[24..26].copy_from_slice(&[depth, color]);
        let sum = crc32(&data[12..29]);
        data[29..33].copy_from_slice(&sum.to_be_bytes());
        data.extend(&whole[33..]);
        refused(&data, Code::ImageCorrupt);
    }
    // Checksums of the header and of the data.
    for at in [30, whole.len() - 14] {
        let mut data = whole.clone();
        data[at] ^= 1;
        refused(&data, Code::ImageCorrupt);
    }
    let mut empty = whole[..33].to_vec();
    chunk(&mut empty, *b"IEND", &[]);
    refused(&empty, Code::ImageCorrupt);
    // An index beyond the palette is no reason to refuse a picture, but no colour either.
    let mut png = Png::new(4, 4, 3, 8);
    png.palette.as_mut().unwrap().truncate(7);
    assert!(run(&png.file(), &to(Format::Png)).is_ok());
    png.palette = None;
    refused(&png.file(), Code::ImageCorrupt);
}

#[test]
fn animations_show_their_default_image() {
    let png = Png::new(6, 5, 2, 8);
    let whole = png.file();
    let mut data = whole[..33].to_vec();
    chunk(&mut data, *b"acTL", &[2_u32, 4].map(u32::to_be_bytes).concat());
    let control = |sequence: u32, above: u16, below: u16| {
        let mut body = [sequence, 6, 5, 0, 0].map(u32::to_be_bytes).concat();
        body.extend([above, below].map(u16::to_be_bytes).concat());
        body.extend([0, 0]);
        body
    };
    chunk(&mut data, *b"fcTL", &control(0, 1, 4));
    data.extend(&whole[33..whole.len() - 12]);
    chunk(&mut data, *b"fcTL", &control(1, 7, 0));
    let other = [2_u32.to_be_bytes().to_vec(), deflate(&Png::new(6, 5, 2, 16).rows())].concat();
    chunk(&mut data, *b"fdAT", &other);
    data.extend(&whole[whole.len() - 12..]);
    let found = probe(&data).unwrap();
    assert_eq!((found.frames, found.plays), (2, Some(4)));
    assert_eq!(found.delays, [250, 70]);
    let seen = see(&run(&data, &to(Format::Png)).unwrap().data).to_rgba8();
    assert_eq!(seen.pixels().map(|pixel| pixel.0).collect::<Vec<_>>(), png.expected());
}

#[test]
fn density() {
    let whole = Png::new(4, 4, 0, 8).file();
    for (unit, density) in [(1, Some(300.0)), (0, None)] {
        let body = [&11_811_u32.to_be_bytes()[..], &11_811_u32.to_be_bytes(), &[unit]].concat();
        assert_eq!(probe(&png_with(&whole, &[(b"pHYs", body)])).unwrap().density, density);
    }
}

/// The suite itself: every file is read as the `image` crate's decoder reads it, or, those named for being
/// broken, refused.
#[test]
#[ignore = "needs the suite: PNGSUITE=folder"]
fn pngsuite_itself() {
    let folder = std::env::var("PNGSUITE").unwrap();
    let (mut read, mut refused, mut wrong) = (0, 0, Vec::new());
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "png")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let data = std::fs::read(path).unwrap();
        let ours = run(&data, &to(Format::Png));
        if name.starts_with('x') {
            if ours.is_err() {
                refused += 1;
            } else {
                wrong.push(format!("{name} was read"));
            }
            continue;
        }
        match (ours, image::load_from_memory(&data)) {
            (Ok(ours), Ok(theirs)) => {
                let ours = see(&ours.data).to_rgba8();
                let far =
                    ours.iter().zip(theirs.to_rgba8().iter()).any(|(one, other)| one.abs_diff(*other) > 1);
                if far || (ours.width(), ours.height()) != (theirs.width(), theirs.height()) {
                    wrong.push(format!("{name} looks different"));
                } else {
                    read += 1;
                }
            }
            (Err(error), _) => wrong.push(format!("{name}: {error}")),
            (_, Err(error)) => wrong.push(format!("{name}, by the judge: {error}")),
        }
    }
    println!("{read} read alike, {refused} broken ones refused, {} not so: {wrong:#?}", wrong.len());
    assert!(wrong.is_empty() && read > 0);
}
