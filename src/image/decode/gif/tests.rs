//! What frames come to on their canvas: by hand, and by `image`'s decoder.

use ::gif::{DisposalMethod, Encoder, Repeat};

use super::*;
use crate::image::probe;

const RED: u8 = 0;
const GREEN: u8 = 1;
const BLUE: u8 = 2;
/// The index that is transparent where a frame says so.
const NOTHING: u8 = 3;

const PALETTE: [u8; 12] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];

/// A frame of one index, or of an index for every pixel.
struct Part<'a> {
    area: (u16, u16, u16, u16),
    indices: &'a [u8],
    disposal: DisposalMethod,
    delay: u16,
    interlaced: bool,
}

impl Part<'_> {
    fn filled(area: (u16, u16, u16, u16), index: &[u8], disposal: DisposalMethod) -> Part<'_> {
        Part { area, indices: index, disposal, delay: 5, interlaced: false }
    }
}

fn gif_of(size: (u16, u16), repeat: Option<Repeat>, parts: &[Part<'_>]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, size.0, size.1, &PALETTE).unwrap();
    if let Some(repeat) = repeat {
        encoder.set_repeat(repeat).unwrap();
    }
    for part in parts {
        let (left, top, width, height) = part.area;
        let pixels = usize::from(width) * usize::from(height);
        let indices: Vec<u8> = part.indices.iter().copied().cycle().take(pixels).collect();
        let mut frame = gif::Frame {
            left,
            top,
            width,
            height,
            dispose: part.disposal,
            delay: part.delay,
            transparent: Some(NOTHING),
            buffer: indices.into(),
            ..gif::Frame::default()
        };
        if part.interlaced {
            let rows: Vec<&[u8]> = frame.buffer.chunks(usize::from(width)).collect();
            let passes = [(0, 8), (4, 8), (2, 4), (1, 2)];
            let stored: Vec<u8> = passes
                .iter()
                .flat_map(|(first, step)| (*first..rows.len()).step_by(*step))
                .flat_map(|row| rows[row].to_vec())
                .collect();
            frame.buffer = stored.into();
            frame.interlaced = true;
        }
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    data
}

/// What it shows, its frames, and the canvas after each.
type Case<'a> = (&'a str, Vec<Part<'a>>, Vec<[[u8; 4]; 3]>);

#[test]
fn frames_are_laid_over_each_other() {
    use DisposalMethod::{Any, Background, Keep, Previous};
    let (r, g, b, o) = ([255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [0, 0, 0, 0]);
    // Three by one; frames of one pixel each, and what is to be seen after every one.
    let at = |x, index: &'static [u8], disposal| Part::filled((x, 0, 1, 1), index, disposal);
    let cases: [Case<'_>; 6] = [
        (
            "what is kept stays",
            vec![at(0, &[RED], Keep), at(1, &[GREEN], Any), at(2, &[BLUE], Keep)],
            vec![[r, o, o], [r, g, o], [r, g, b]],
        ),
        (
            "what is disposed of becomes transparent, where it was",
            vec![
                at(0, &[RED], Keep),
                at(1, &[GREEN], Background),
                at(2, &[BLUE], Background),
                at(0, &[NOTHING], Keep),
            ],
            vec![[r, o, o], [r, g, o], [r, o, b], [r, o, o]],
        ),
        (
            "what was before comes back",
            vec![
                Part::filled((0, 0, 3, 1), &[RED, GREEN, BLUE], Keep),
                at(1, &[BLUE], Previous),
                at(2, &[RED], Keep),
            ],
            vec![[r, g, b], [r, b, b], [r, g, r]],
        ),
        (
            "before the first frame there is nothing",
            vec![Part::filled((0, 0, 2, 1), &[RED], Previous), at(2, &[BLUE], Keep)],
            vec![[r, r, o], [o, o, b]],
        ),
        (
            "transparent pixels change nothing",
            vec![
                Part::filled((0, 0, 3, 1), &[RED], Keep),
                Part::filled((0, 0, 3, 1), &[NOTHING, GREEN, NOTHING], Keep),
            ],
            vec![[r, r, r], [r, g, r]],
        ),
        (
            "what lies off the canvas is cut",
            vec![
                Part::filled((0, 0, 3, 1), &[RED], Keep),
                Part::filled((2, 0, 5, 4), &[GREEN], Keep),
                Part::filled((0, 1, 3, 1), &[BLUE], Background),
                Part::filled((3, 0, 2, 1), &[BLUE], Previous),
                Part::filled((1, 0, 70, 1), &[BLUE], Keep),
            ],
            vec![[r, r, r], [r, r, g], [r, r, g], [r, r, g], [r, b, b]],
        ),
    ];
    for (name, parts, expected) in cases {
        let data = gif_of((3, 1), Some(Repeat::Infinite), &parts);
        assert_eq!(
            canvases(&data),
            expected.iter().map(|canvas| canvas.concat()).collect::<Vec<_>>(),
            "{name}"
        );
    }
}

#[test]
fn agrees_with_another_decoder() {
    use DisposalMethod::{Background, Keep, Previous};
    let indices: Vec<u8> = (0..40 * 30_u32).map(|index| (index * index / 7 % 4) as u8).collect();
    let areas = [(0, 0, 40, 30), (3, 5, 20, 11), (39, 29, 1, 1), (0, 17, 40, 2), (10, 0, 9, 30)];
    for (index, disposals) in
        [[Keep; 5], [Background; 5], [Keep, Previous, Keep, Background, Previous]].iter().enumerate()
    {
        for interlaced in [false, true] {
            let parts: Vec<Part<'_>> = areas
                .iter()
                .zip(disposals)
                .map(|(area, disposal)| Part {
                    interlaced,
                    indices: &indices[index * 7..],
                    ..Part::filled(*area, &[], *disposal)
                })
                .collect();
            let data = gif_of((40, 30), None, &parts);
            let theirs = theirs(&data);
            for (frame, (ours, theirs)) in canvases(&data).iter().zip(&theirs).enumerate() {
                assert!(same_where_seen(ours, theirs), "case {index}, frame {frame}");
            }
        }
    }
}

/// The canvases as the `image` crate makes them.
fn theirs(data: &[u8]) -> Vec<Vec<u8>> {
    use image::AnimationDecoder;
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(data)).unwrap();
    decoder.into_frames().map(|frame| frame.unwrap().into_buffer().into_raw()).collect()
}

fn same_where_seen(one: &[u8], other: &[u8]) -> bool {
    one.chunks(4).zip(other.chunks(4)).all(|(one, other)| one == other || (one[3] == 0 && other[3] == 0))
}

/// The canvas of every frame.
fn canvases(data: &[u8]) -> Vec<Vec<u8>> {
    let metadata = probe(data).unwrap();
    let cancel = Cancel::new();
    let frames = frames(data, &metadata, Layout::Rgba8, FailOn::Error, &cancel).unwrap();
    let canvases: Vec<Vec<u8>> = frames.map(|frame| frame.unwrap().pixels.data().to_vec()).collect();
    assert_eq!(canvases.len(), metadata.frames as usize);
    let first = decode(data, &metadata, Layout::Rgba8, FailOn::Error, &cancel).unwrap();
    assert_eq!(first.data(), canvases[0]);
    canvases
}

#[test]
fn of_a_frame_that_is_cut_off_there_is_what_came() {
    use DisposalMethod::Keep;
    let indices = [RED, GREEN, BLUE].repeat(400);
    let whole = gif_of((30, 40), None, &[Part::filled((0, 0, 30, 40), &indices, Keep)]);
    let cancel = Cancel::new();
    let all = canvases(&whole).remove(0);
    let mut came = 0;
    for length in 60..whole.len() {
        let cut = &whole[..length];
        let metadata = probe(cut).unwrap();
        assert!(metadata.truncated, "{length} of {}", whole.len());
        let picture = decode(cut, &metadata, Layout::Rgba8, FailOn::None, &cancel).unwrap();
        let rows = picture.data().chunks(4).take_while(|pixel| pixel[3] != 0).count();
        assert!(rows >= came, "more bytes, more pixels");
        assert_eq!(picture.data()[..rows * 4], all[..rows * 4]);
        assert!(picture.data()[rows * 4..].iter().all(|value| *value == 0));
        came = rows;
    }
    assert_eq!(came, 30 * 40);
}

#[test]
fn interlaced_rows_are_each_there_once() {
    for height in 0..40 {
        let mut rows: Vec<u32> = order(height, true).collect();
        rows.sort_unstable();
        assert_eq!(rows, (0..height).collect::<Vec<_>>());
    }
    assert_eq!(order(10, true).collect::<Vec<_>>(), [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
}

/// A GIF whose second frame says that it has so many rows; what is stored of it is less.
fn with_rows_to_come(interlaced: bool, rows: u16) -> Vec<u8> {
    use DisposalMethod::Keep;
    let parts = [
        Part::filled((0, 0, 3, 1), &[RED], Keep),
        Part { interlaced, ..Part::filled((0, 0, 3, 2), &[GREEN], Keep) },
    ];
    let mut data = gif_of((3, 1), None, &parts);
    let area = [0x2C, 0, 0, 0, 0, 3, 0, 2, 0];
    let at = data.windows(area.len()).position(|window| window == area).unwrap();
    data[at + 7..at + 9].copy_from_slice(&rows.to_le_bytes());
    data
}

#[test]
fn rows_that_nobody_sees_are_not_unpacked() {
    for interlaced in [false, true] {
        let data = with_rows_to_come(interlaced, 400);
        assert_eq!(canvases(&data)[1], [0, 255, 0, 255].repeat(3));
    }
}

#[test]
fn codes_without_pixels_are_heeded_and_do_not_hold_up_cancelling() {
    // Codes of three bits for a palette of four: 4 clears the table, 5 is the end.
    let of_codes = |(width, height): (u8, u8), codes: &[u8]| {
        let mut data = [&b"GIF89a"[..], &[width, 0, height, 0, 0x81, 0, 0], &PALETTE].concat();
        data.extend([0x2C, 0, 0, 0, 0, width, 0, height, 0, 0, 2]);
        let bits: Vec<u8> = codes.iter().flat_map(|code| [code & 1, code >> 1 & 1, code >> 2]).collect();
        let bytes: Vec<u8> = bits
            .chunks(8)
            .map(|bits| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << at))
            .collect();
        for piece in bytes.chunks(255) {
            data.push(piece.len() as u8);
            data.extend(piece);
        }
        data.extend(b"\0;");
        data
    };
    let clears = vec![4; 100_000];
    let many = [&clears[..], &[0, 1, 4, 2, 5]].concat();
    for codes in [
        &[4, 0, 1, 4, 2, 5][..],
        &[4, 4, 0, 1, 4, 4, 2, 5],
        &[4, 0, 4, 1, 4, 2, 4, 5],
        &[0, 4, 4, 4, 1, 4, 4, 4, 4, 4, 2],
        &many,
    ] {
        for size in [(3, 1), (1, 3)] {
            let data = of_codes(size, codes);
            assert_eq!(canvases(&data), [[255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255]], "{size:?}");
        }
    }

    let data = of_codes((3, 1), &many);
    let mut walker = Walker::new(&data).unwrap();
    let stored = next_frame(&mut walker).unwrap().unwrap();
    let mut rows = Rows::new(&data, &stored).unwrap();
    let cancel = Cancel::new();
    cancel.cancel();
    let error = rows.read(&mut [0; 3], &cancel).unwrap_err();
    assert_eq!(error.code(), cancel.check().unwrap_err().code());
    assert!(rows.at < 1000, "it stops at once");
}
