//! Animations by hand, from lossless frames of known colours.

mod files;

use super::*;
use crate::image::probe;

const RED: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];
const HALF: [u8; 4] = [0, 0, 255, 128];
const NOTHING: [u8; 4] = [0; 4];

/// Appends a chunk.
fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    file.extend(name);
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file.resize(file.len() + data.len() % 2, 0);
}

/// The chunk of a lossless image of one colour.
fn image(width: u32, height: u32, color: [u8; 4]) -> Vec<u8> {
    let pixels = color.repeat((width * height) as usize);
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file)
        .encode(&pixels, width, height, image_webp::ColorType::Rgba8)
        .unwrap();
    file[12..].to_vec()
}

const OVER: u8 = 0;
const DISPOSED: u8 = 1;
const IN_PLACE: u8 = 2;

/// A frame's chunk.
fn frame((left, top, width, height): (u32, u32, u32, u32), color: [u8; 4], flags: u8, delay: u32) -> Vec<u8> {
    let mut body = Vec::new();
    for field in [left / 2, top / 2, width - 1, height - 1, delay] {
        body.extend(&field.to_le_bytes()[..3]);
    }
    body.push(flags);
    body.extend(image(width, height, color));
    let mut data = Vec::new();
    chunk(&mut data, *b"ANMF", &body);
    data
}

fn animation((width, height): (u32, u32), plays: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    let mut header = vec![0x12, 0, 0, 0];
    header.extend(&(width - 1).to_le_bytes()[..3]);
    header.extend(&(height - 1).to_le_bytes()[..3]);
    chunk(&mut body, *b"VP8X", &header);
    chunk(&mut body, *b"ANIM", &[1, 2, 3, 4, plays, 0]);
    body.extend(frames.concat());
    let mut file = Vec::new();
    chunk(&mut file, *b"RIFF", &body);
    file
}

fn canvases(data: &[u8], fail_on: FailOn) -> Vec<Result<Vec<[u8; 4]>>> {
    let metadata = probe(data).unwrap();
    let cancel = Cancel::new();
    let frames = frames(data, &metadata, Layout::Rgba8, fail_on, &cancel).unwrap();
    frames.map(|frame| frame.map(|frame| frame.pixels.data().as_chunks::<4>().0.to_vec())).collect()
}

#[test]
fn frames_are_blended_replaced_and_disposed_of() {
    let data = animation(
        (4, 2),
        3,
        &[
            frame((0, 0, 4, 2), RED, OVER, 40),
            frame((2, 0, 2, 2), HALF, OVER, 50),
            frame((2, 0, 2, 2), HALF, IN_PLACE, 60),
            frame((0, 0, 2, 1), GREEN, DISPOSED, 70),
            frame((2, 0, 1, 1), NOTHING, OVER, 80),
        ],
    );
    let found = probe(&data).unwrap();
    assert_eq!((found.frames, found.plays, found.has_alpha), (5, Some(3), true));
    assert_eq!(found.delays, [40, 50, 60, 70, 80]);
    let seen: Vec<_> = canvases(&data, FailOn::Error).into_iter().map(Result::unwrap).collect();
    let blended = [127, 0, 128, 255];
    assert_eq!(seen[0], [RED; 8]);
    assert_eq!(seen[1], [RED, RED, blended, blended, RED, RED, blended, blended]);
    assert_eq!(seen[2], [RED, RED, HALF, HALF, RED, RED, HALF, HALF]);
    assert_eq!(seen[3], [GREEN, GREEN, HALF, HALF, RED, RED, HALF, HALF]);
    assert_eq!(seen[4], [NOTHING, NOTHING, HALF, HALF, RED, RED, HALF, HALF]);
    let first = decode(&data, &found, Layout::Rgba8, FailOn::Error, &Cancel::new()).unwrap();
    assert_eq!(first.data(), seen[0].concat());
}

#[test]
fn opaque_animations_have_no_alpha() {
    let whole = (0, 0, 4, 2);
    let opaque = animation((4, 2), 0, &[frame(whole, RED, OVER, 1), frame((2, 0, 2, 2), GREEN, OVER, 1)]);
    // The encoder says that there is alpha wherever there may be.
    let first = opaque.windows(4).position(|name| name == b"VP8L").unwrap();
    let mut plain = opaque.clone();
    for at in [first, first + opaque[first + 1..].windows(4).position(|name| name == b"VP8L").unwrap() + 1] {
        plain[at + 12] &= !0x10;
    }
    let found = probe(&plain).unwrap();
    assert!(!found.has_alpha);
    let cancel = Cancel::new();
    let frames: Vec<Frame> =
        frames(&plain, &found, Layout::Rgb8, FailOn::Error, &cancel).unwrap().map(Result::unwrap).collect();
    assert_eq!(frames[1].pixels.data(), [&RED[..3], &RED[..3], &GREEN[..3], &GREEN[..3]].concat().repeat(2));
    let disposed = animation((4, 2), 0, &[frame(whole, RED, DISPOSED, 1), frame(whole, GREEN, OVER, 1)]);
    assert!(probe(&disposed).unwrap().has_alpha);
}

#[test]
fn damaged_frames_end_an_animation_or_are_left_out() {
    let whole = (0, 0, 4, 2);
    let mut data = animation((4, 2), 0, &[frame(whole, RED, OVER, 1), frame(whole, GREEN, OVER, 1)]);
    let second = data.len() - frame(whole, GREEN, OVER, 1).len();
    // After the frame's head, the chunk's and the bitstream's: the transforms and codes.
    data[second + 8 + 16 + 8 + 5..].fill(0xFF);
    let strict = canvases(&data, FailOn::Error);
    assert!(strict[0].is_ok() && strict[1].is_err() && strict.len() == 2);
    for fail_on in [FailOn::Truncated, FailOn::None] {
        let seen: Vec<_> = canvases(&data, fail_on).into_iter().map(Result::unwrap).collect();
        assert_eq!(seen, [[RED; 8], [RED; 8]]);
    }
}

/// A chunk of alpha as it is.
fn alpha(values: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    chunk(&mut data, *b"ALPH", &[&[0], values].concat());
    data
}

#[test]
fn image_data_that_ends_early_in_a_whole_file_is_damage_to_it() {
    let cancel = Cancel::new();
    let still = |alpha: Option<Vec<u8>>, image: &[u8]| {
        let mut body = b"WEBP".to_vec();
        chunk(&mut body, *b"VP8X", &[0x10, 0, 0, 0, 31, 0, 0, 31, 0, 0]);
        body.extend(alpha.unwrap_or_default());
        body.extend(image);
        let mut file = Vec::new();
        chunk(&mut file, *b"RIFF", &body);
        file
    };
    let pixels: Vec<u8> =
        (0..32 * 32 * 4).map(|at| (at * 37 % 251) as u8 | if at % 4 == 3 { 255 } else { 0 }).collect();
    let mut lossless = Vec::new();
    image_webp::WebPEncoder::new(&mut lossless)
        .encode(&pixels, 32, 32, image_webp::ColorType::Rgba8)
        .unwrap();
    let payload = &lossless[20..];
    let mut short = Vec::new();
    chunk(&mut short, *b"VP8L", &payload[..payload.len() - 12]);
    let lossy = lossy_chunk(32, 32);
    for (what, file) in [("VP8L", still(None, &short)), ("ALPH", still(Some(alpha(&[9; 100])), &lossy))] {
        let found = probe(&file).unwrap();
        assert!(!found.truncated, "{what}");
        let decoded = |fail_on| decode(&file, &found, Layout::Rgba8, fail_on, &cancel);
        assert!(decoded(FailOn::Error).is_err(), "{what}");
        let seen = [FailOn::Truncated, FailOn::None].map(|fail_on| decoded(fail_on).unwrap());
        assert_eq!(seen[0].data(), seen[1].data(), "{what}");
        // The first row came through.
        let alphas: Vec<u8> = seen[0].data().chunks_exact(4).map(|pixel| pixel[3]).take(32).collect();
        assert_eq!(alphas, [if what == "ALPH" { 9 } else { 255 }; 32], "{what}");
    }
}

/// The chunk of a lossy image, gray.
fn lossy_chunk(width: u32, height: u32) -> Vec<u8> {
    let gray = crate::image::pixels::Picture::still(
        Pixels::from_vec(Layout::Rgb8, width, height, vec![128; (width * height * 3) as usize]).unwrap(),
    );
    let options = crate::image::ResizeOptions::default();
    let file = crate::image::encode::encode(gray, Format::WebP, &options, &Cancel::new()).unwrap();
    file[12..].to_vec()
}

#[test]
fn a_container_that_promises_too_much_is_no_reason_to_fail() {
    // Flags of a profile, EXIF, XMP and alpha, of which there is none.
    let mut body = b"WEBP".to_vec();
    chunk(&mut body, *b"VP8X", &[0x3C, 0, 0, 0, 3, 0, 0, 1, 0, 0]);
    body.extend(image(4, 2, HALF));
    let mut file = Vec::new();
    chunk(&mut file, *b"RIFF", &body);
    let found = probe(&file).unwrap();
    let picture = decode(&file, &found, Layout::Rgba8, FailOn::Error, &Cancel::new()).unwrap();
    assert_eq!(picture.data(), HALF.repeat(8));
}

#[test]
fn a_cut_file_is_decoded_where_that_is_asked_for() {
    let pixels: Vec<u8> = (0..64 * 64 * 3).map(|index| (index * 37 % 251) as u8).collect();
    let mut file = Vec::new();
    image_webp::WebPEncoder::new(&mut file).encode(&pixels, 64, 64, image_webp::ColorType::Rgb8).unwrap();
    let cut = &file[..file.len() * 9 / 10];
    let found = probe(cut).unwrap();
    assert!(found.truncated);
    let cancel = Cancel::new();
    assert!(decode(cut, &found, Layout::Rgb8, FailOn::Truncated, &cancel).is_err());
    let picture = decode(cut, &found, Layout::Rgb8, FailOn::None, &cancel).unwrap();
    assert_eq!(picture.data()[..64 * 3 * 20], pixels[..64 * 3 * 20]);
}
