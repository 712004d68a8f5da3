//! GIF: still, animated, every way of disposing, interlaced, with palettes of frames' own.

use std::borrow::Cow;

use gif::{DisposalMethod, Encoder, Frame, Repeat};

use super::{Sample, indices, palette};

const WIDTH: u16 = 40;
const HEIGHT: u16 = 30;

pub(super) fn samples() -> Vec<Sample> {
    let whole = frame(WIDTH, HEIGHT, 64);
    let still = encoded(&palette(64), std::slice::from_ref(&whole));
    let interlaced = encoded(&palette(64), &[Frame { interlaced: true, ..whole.clone() }]);
    let transparent = encoded(&palette(64), &[Frame { transparent: Some(3), ..whole.clone() }]);
    let parts: Vec<_> =
        [DisposalMethod::Any, DisposalMethod::Keep, DisposalMethod::Background, DisposalMethod::Previous]
            .into_iter()
            .zip([0, 8, 14, 20])
            .map(|(dispose, offset)| Frame {
                dispose,
                left: offset,
                top: offset / 2,
                delay: 10,
                transparent: Some(1),
                ..frame(20, 16, 16)
            })
            .collect();
    let animated = [vec![whole.clone()], parts.clone()].concat();
    let own: Vec<_> = parts.iter().map(|part| Frame { palette: Some(palette(16)), ..part.clone() }).collect();
    vec![
        Sample::new("gif", "still", still),
        Sample::new("gif", "interlaced", interlaced),
        Sample::new("gif", "transparent", transparent),
        Sample::new("gif", "animated", encoded(&palette(64), &animated)),
        Sample::new("gif", "animated, palettes of the frames' own", encoded(&[], &own)),
    ]
}

fn frame(width: u16, height: u16, colors: u8) -> Frame<'static> {
    Frame {
        width,
        height,
        buffer: Cow::Owned(indices(width.into(), height.into(), colors)),
        ..Frame::default()
    }
}

fn encoded(palette: &[u8], frames: &[Frame<'static>]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, WIDTH, HEIGHT, palette).unwrap();
    if frames.len() > 1 {
        encoder.set_repeat(Repeat::Infinite).unwrap();
    }
    for frame in frames {
        encoder.write_frame(frame).unwrap();
    }
    drop(encoder);
    data
}
