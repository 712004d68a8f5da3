use ::gif::{ColorOutput, DecodeOptions, DisposalMethod, Repeat};

use proptest::prelude::*;

use super::*;
use crate::image::options::FailOn;
use crate::image::pixels::{Embedded, Frame, Layout};
use crate::image::{decode, probe};

const WIDTH: usize = 24;
const HEIGHT: usize = 16;

/// A square on a background of that alpha, at a place that depends on the frame.
fn square(frame: usize, ground: Color) -> Pixels {
    let mut pixels = Pixels::new(Layout::Rgba8, WIDTH as u32, HEIGHT as u32).unwrap();
    let (out, _) = pixels.data_mut().as_chunks_mut::<4>();
    for (at, out) in out.iter_mut().enumerate() {
        let (x, y) = (at % WIDTH, at / WIDTH);
        let inside = (frame * 3..frame * 3 + 5).contains(&x) && (4..9).contains(&y);
        *out = if inside { [(x * 10) as u8, (y * 12) as u8, 50, 255] } else { ground };
    }
    pixels
}

fn animation(ground: Color, plays: u32) -> Picture {
    let frames =
        (0..5).map(|frame| Frame { pixels: square(frame, ground), delay_ms: 40 + 11 * frame as u32 });
    Picture { frames: frames.collect(), plays, embedded: Embedded::default() }
}

/// The frames as they are shown, by the `gif` crate and by our own decoder, which must agree.
fn shown(data: &[u8]) -> Vec<(Vec<Color>, u16)> {
    let frames = by_the_gif_crate(data);
    let (metadata, cancel) = (probe(data).unwrap(), Cancel::new());
    let ours = decode::frames(data, &metadata, Layout::Rgba8, FailOn::Error, &cancel).unwrap();
    let ours: Vec<Vec<u8>> = ours.map(|frame| frame.unwrap().pixels.data().to_vec()).collect();
    assert!(frames.iter().map(|(colors, _)| colors.as_flattened()).eq(ours.iter().map(Vec::as_slice)));
    frames
}

/// Composed as the specification says (appendix D and section 23).
fn by_the_gif_crate(data: &[u8]) -> Vec<(Vec<Color>, u16)> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let mut decoder = options.read_info(data).unwrap();
    let width = usize::from(decoder.width());
    let mut canvas = vec![TRANSPARENT; width * usize::from(decoder.height())];
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let (colors, _) = frame.buffer.as_chunks::<4>();
        let rows = || {
            (0..usize::from(frame.height))
                .map(|y| (y + usize::from(frame.top)) * width + usize::from(frame.left))
        };
        for (row, colors) in rows().zip(colors.chunks_exact(usize::from(frame.width))) {
            for (place, color) in canvas[row..].iter_mut().zip(colors) {
                if color[3] != 0 {
                    *place = *color;
                }
            }
        }
        frames.push((canvas.clone(), frame.delay));
        if frame.dispose == DisposalMethod::Background {
            for row in rows() {
                canvas[row..row + usize::from(frame.width)].fill(TRANSPARENT);
            }
        }
    }
    frames
}

#[test]
fn frames_delays_and_repetition_come_back() {
    for ground in [[200, 220, 240, 255], TRANSPARENT] {
        for effort in [1, 7, 10] {
            let picture = animation(ground, 3);
            let options = ResizeOptions { effort: Some(effort), ..ResizeOptions::default() };
            let data = encode(&picture, &options, &Cancel::new()).unwrap();
            let found = shown(&data);
            assert_eq!(found.len(), 5);
            for (frame, (colors, delay)) in picture.frames.iter().zip(found) {
                // So few colours that they are kept.
                assert!(colors.as_flattened() == frame.pixels.data(), "{ground:?} {effort}");
                assert_eq!(u32::from(delay), (frame.delay_ms + 5) / 10);
            }
        }
    }
}

/// A square that moves, of the last of the colours, over an image of all of them.
fn of_colors(colors: &[Color], ground: Option<Color>) -> Picture {
    let (width, height) = (32, 24);
    let frames = (0..4).map(|frame| {
        let mut pixels = Pixels::new(Layout::Rgba8, width, height).unwrap();
        let (out, _) = pixels.data_mut().as_chunks_mut::<4>();
        for (at, out) in out.iter_mut().enumerate() {
            let (x, y) = (at % 32, at / 32);
            *out = colors[at % (colors.len() - 1)];
            if (frame * 5..frame * 5 + 7).contains(&x) && (12..17).contains(&y) {
                // In it some that stays.
                *out = if x % 2 == 0 { colors[colors.len() - 1] } else { *out };
            } else if let Some(ground) = ground.filter(|_| y < 2) {
                *out = ground;
            }
        }
        Frame { pixels, delay_ms: 50 }
    });
    Picture { frames: frames.collect(), plays: 0, embedded: Embedded::default() }
}

#[test]
fn as_many_colours_as_there_may_be_are_kept_in_animations() {
    for count in [2, 3, 4, 16, 255, 256] {
        let colors: Vec<Color> = (0..count).map(|i| [(i * 7) as u8, (255 - i) as u8, i as u8, 255]).collect();
        for (effort, transparent) in [(1, false), (7, false), (1, true), (7, true)] {
            let picture = of_colors(&colors, transparent.then_some(TRANSPARENT));
            let colors = (count + usize::from(transparent)).min(256) as u16;
            let options = ResizeOptions { effort: Some(effort), colors, ..ResizeOptions::default() };
            let data = encode(&picture, &options, &Cancel::new()).unwrap();
            let found = shown(&data);
            assert_eq!(found.len(), 4);
            for (frame, (found, _)) in picture.frames.iter().zip(found) {
                let (wanted, _) = frame.pixels.data().as_chunks::<4>();
                if count < 256 || !transparent {
                    assert!(found == wanted, "{count} {effort} {transparent}");
                } else {
                    // One too many: somewhere there is another colour, but a hole is a hole.
                    assert!(
                        found.iter().zip(wanted).all(|(found, wanted)| (found[3] == 0) == (wanted[3] == 0))
                    );
                }
            }
        }
    }
}

/// With too few colours for all that there are, both are used for what changes: neither is for what stays.
#[test]
fn two_colours_of_many_are_not_one_and_a_hole() {
    let colors: Vec<Color> = (0..60).map(|i| [(i * 4) as u8, (i * 4) as u8, (i * 4) as u8, 255]).collect();
    for effort in [1, 7] {
        let options = ResizeOptions { effort: Some(effort), colors: 2, ..ResizeOptions::default() };
        let data = encode(&of_colors(&colors, None), &options, &Cancel::new()).unwrap();
        for (found, _) in shown(&data) {
            let changing = &found[12 * 32..17 * 32];
            assert!(
                changing.iter().any(|color| color[0] < 100) && changing.iter().any(|color| color[0] > 150)
            );
        }
    }
}

/// Palettes of frames, where those of all frames would not do: what changes has as many colours as there may be.
#[test]
fn what_stays_is_drawn_again_where_no_colour_is_lost_by_it() {
    const SIDE: usize = 20;
    let gray = |value: usize| -> Color { [value as u8, value as u8, value as u8, 255] };
    // Many colours; then 16 of them in some columns, and between these what was there.
    let first: Vec<Color> =
        (0..SIDE * SIDE).map(|at| [(at % 250) as u8, (at / 250) as u8 * 90, 7, 255]).collect();
    let of_sixteen = |at: usize| gray(at % SIDE / 2 % 4 * 4 + at / SIDE % 4);
    let second: Vec<Color> = (0..SIDE * SIDE).map(of_sixteen).collect();
    let shifted = |frame: &[Color], from: &dyn Fn(usize) -> Color| -> Vec<Color> {
        frame.iter().enumerate().map(|(at, color)| if at % 2 == 0 { from(at) } else { *color }).collect()
    };
    // All of its 16 colours change, those of the pixels that stay among them.
    let third = shifted(&second, &|at| gray(15 - usize::from(of_sixteen(at)[0])));
    // The same, where pixels that stay have another colour.
    let beside = shifted(&first, &of_sixteen);
    let options = ResizeOptions { effort: Some(7), colors: 16, ..ResizeOptions::default() };
    let animation = |frames: [&[Color]; 3]| {
        let frames = frames.map(|colors| {
            let data = colors.as_flattened().to_vec();
            let pixels = Pixels::from_vec(Layout::Rgba8, SIDE as u32, SIDE as u32, data).unwrap();
            Frame { pixels, delay_ms: 50 }
        });
        let picture = Picture { frames: frames.into(), plays: 0, embedded: Embedded::default() };
        shown(&encode(&picture, &options, &Cancel::new()).unwrap())
    };
    let found = animation([&first, &second, &third]);
    assert!(found[1].0 == second && found[2].0 == third);
    let found = animation([&first, &beside, &beside]);
    for (at, (before, now)) in found[0].0.iter().zip(&found[1].0).enumerate() {
        assert!(at % 2 == 0 || before == now, "{at}: what stays is not drawn in one of 16 other colours");
    }
    assert!(found[1].0 == found[2].0);
}

#[test]
fn how_often_it_plays_is_said_in_the_file() {
    for (plays, repeat) in
        [(0, Repeat::Infinite), (1, Repeat::Finite(0)), (2, Repeat::Finite(1)), (9, Repeat::Finite(8))]
    {
        let data =
            encode(&animation([0, 0, 0, 255], plays), &ResizeOptions::default(), &Cancel::new()).unwrap();
        let mut decoder = DecodeOptions::new().read_info(data.as_slice()).unwrap();
        while decoder.read_next_frame().unwrap().is_some() {}
        assert_eq!(decoder.repeat(), repeat, "{plays}");
        let extended = data.windows(11).any(|window| window == b"NETSCAPE2.0");
        assert_eq!(extended, plays != 1, "{plays}");
    }
}

#[test]
fn only_what_changes_is_stored() {
    let data = encode(&animation([9, 9, 9, 255], 0), &ResizeOptions::default(), &Cancel::new()).unwrap();
    let mut decoder = DecodeOptions::new().read_info(data.as_slice()).unwrap();
    let first = decoder.read_next_frame().unwrap().unwrap();
    assert_eq!((first.width, first.height), (24, 16));
    let second = decoder.read_next_frame().unwrap().unwrap();
    assert_eq!((second.left, second.top, second.width, second.height), (0, 4, 8, 5));
    let same = Picture {
        frames: (0..3).map(|_| Frame { pixels: square(0, [9, 9, 9, 255]), delay_ms: 100 }).collect(),
        plays: 0,
        embedded: Embedded::default(),
    };
    let data = encode(&same, &ResizeOptions::default(), &Cancel::new()).unwrap();
    assert_eq!(shown(&data).len(), 3);
}

#[test]
fn many_colours_come_close() {
    // Smooth in three directions, 4096 colours and more, changing as a whole.
    let frame = |shift: u32| {
        let mut pixels = Pixels::new(Layout::Rgb8, 64, 64).unwrap();
        let (out, _) = pixels.data_mut().as_chunks_mut::<3>();
        for (at, out) in (0_u32..).zip(out) {
            let (x, y) = (at % 64, at / 64);
            *out = [(x * 4) as u8, (y * 4) as u8, ((x + y + shift) * 2 % 256) as u8];
        }
        Frame { pixels, delay_ms: 100 }
    };
    let picture = Picture { frames: vec![frame(0), frame(40)], plays: 0, embedded: Embedded::default() };
    for (effort, dither) in [(1, 0.0), (7, 0.0), (7, 1.0)] {
        let options = ResizeOptions { effort: Some(effort), dither, ..ResizeOptions::default() };
        let data = encode(&picture, &options, &Cancel::new()).unwrap();
        for (frame, (colors, _)) in picture.frames.iter().zip(shown(&data)) {
            let (expected, _) = frame.pixels.data().as_chunks::<3>();
            let total: u32 = expected
                .iter()
                .zip(&colors)
                .flat_map(|(one, other)| one.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(*b))))
                .sum();
            let mean = f64::from(total) / (64.0 * 64.0 * 3.0);
            assert!(mean < 12.0, "effort {effort}, dither {dither}: {mean}");
        }
    }
}

#[test]
fn half_transparent_is_one_or_the_other() {
    let pixels = Pixels::from_vec(Layout::La8, 4, 1, vec![10, 0, 20, 127, 30, 128, 40, 255]).unwrap();
    let data = encode(&Picture::still(pixels), &ResizeOptions::default(), &Cancel::new()).unwrap();
    let (colors, delay) = shown(&data).remove(0);
    assert_eq!(colors, [TRANSPARENT, TRANSPARENT, [30, 30, 30, 255], [40, 40, 40, 255]]);
    assert_eq!(delay, 0);
}

#[test]
fn fewer_colours_are_fewer_colours() {
    let mut pixels = Pixels::new(Layout::Rgb8, 32, 32).unwrap();
    for (at, byte) in pixels.data_mut().iter_mut().enumerate() {
        *byte = (at * 7 % 251) as u8;
    }
    let options = ResizeOptions { colors: 8, ..ResizeOptions::default() };
    let data = encode(&Picture::still(pixels), &options, &Cancel::new()).unwrap();
    let mut colors = shown(&data).remove(0).0;
    colors.sort_unstable();
    colors.dedup();
    assert!((2..=8).contains(&colors.len()), "{}", colors.len());
}

#[test]
fn delays_add_up_to_what_they_should_in_hundredths() {
    let settled = |delays: &[u32]| {
        let mut frames: Vec<Frame> =
            delays.iter().map(|&delay_ms| Frame { pixels: square(0, [9, 9, 9, 255]), delay_ms }).collect();
        settle_delays(&mut frames);
        frames.iter().map(|frame| frame.delay_ms).collect::<Vec<_>>()
    };
    assert_eq!(settled(&[40, 100, 20]), [40, 100, 20]);
    assert_eq!(settled(&[25; 8]), [30, 20, 30, 20, 30, 20, 30, 20]);
    assert_eq!(settled(&[33; 6]), [30, 40, 30, 30, 40, 30]);
    // Faster than GIF is shown: as fast as it can be, and no faster afterwards.
    assert_eq!(settled(&[4, 4, 4, 50]), [20, 20, 20, 50]);
    assert_eq!(settled(&[10_000_000, 50]), [655_350, 50]);
    assert_eq!(settled(&[4, 45, 25, 25]), [20, 50, 20, 30]);
}

#[test]
fn cancelled_anywhere_it_says_so() {
    let mut pixels = Pixels::new(Layout::Rgb8, 60, 50).unwrap();
    let mut state = 1_u32;
    for byte in pixels.data_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    for picture in [Picture::still(pixels), animation(TRANSPARENT, 0)] {
        let all = Cancel::after(100_000);
        let options = ResizeOptions::default();
        encode(&picture, &options, &all).unwrap();
        let polls = 100_000 - all.polls_left();
        for after in 0..polls {
            let error = encode(&picture, &options, &Cancel::after(after)).unwrap_err();
            assert_eq!(error.code(), crate::error::Code::Cancelled, "{after} of {polls}");
        }
    }
}

proptest! {
    #[test]
    fn few_colours_come_back_as_they_were(
        colors in prop::collection::vec(any::<[u8; 3]>(), 1..=256),
        (width, height) in (1_u32..400, 1_u32..120),
        runs in prop::collection::vec((any::<u8>(), 1_usize..60), 1..3000),
    ) {
        let mut pixels = Pixels::new(Layout::Rgb8, width, height).unwrap();
        let drawn = runs.iter().cycle().flat_map(|&(index, count)| std::iter::repeat_n(index, count));
        for (pixel, index) in pixels.data_mut().chunks_exact_mut(3).zip(drawn) {
            pixel.copy_from_slice(&colors[usize::from(index) % colors.len()]);
        }
        let expected: Vec<u8> = pixels.data().to_vec();
        let data = encode(&Picture::still(pixels), &ResizeOptions::default(), &Cancel::new()).unwrap();
        let found: Vec<u8> = shown(&data)[0].0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
        prop_assert!(found == expected);
    }
}
