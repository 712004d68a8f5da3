//! GIF headers and single pictures; what animations come to is tested beside their decoder.

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use offloop::Code;
use offloop::image::{ColorModel, Format, probe};

use crate::support::*;

const RED: u8 = 0;
const GREEN: u8 = 1;

const PALETTE: [u8; 12] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9];

/// A frame of one index.
fn part(area: (u16, u16, u16, u16), index: u8, delay: u16) -> Frame<'static> {
    let (left, top, width, height) = area;
    let buffer = vec![index; usize::from(width) * usize::from(height)].into();
    Frame { left, top, width, height, delay, buffer, ..Frame::default() }
}

fn gif_of(size: (u16, u16), repeat: Option<Repeat>, parts: &[Frame<'_>]) -> Vec<u8> {
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, size.0, size.1, &PALETTE).unwrap();
    if let Some(repeat) = repeat {
        encoder.set_repeat(repeat).unwrap();
    }
    for part in parts {
        encoder.write_frame(part).unwrap();
    }
    drop(encoder);
    data
}

#[test]
fn the_header_is_read() {
    let parts = [0, 1, 2, 7].map(|delay| part((0, 0, 4, 3), RED, delay));
    for (repeat, plays) in
        [(None, 1), (Some(Repeat::Infinite), 0), (Some(Repeat::Finite(1)), 2), (Some(Repeat::Finite(5)), 6)]
    {
        let found = probe(&gif_of((4, 3), repeat, &parts)).unwrap();
        assert_eq!((found.format, found.width, found.height, found.frames), (Format::Gif, 4, 3, 4));
        assert_eq!(
            found.delays,
            [100, 100, 20, 70],
            "what is shown for no time is shown for a tenth of a second"
        );
        assert_eq!(found.plays, Some(plays));
        assert_eq!((found.color_model, found.channels, found.has_alpha), (ColorModel::Rgb, 3, false));
        assert_eq!(found.progressive, Some(false));
    }
    let mut glass = parts.clone();
    glass[2].transparent = Some(GREEN);
    let mut disposed = parts.clone();
    disposed[1].dispose = DisposalMethod::Background;
    let mut small = parts.clone();
    small[0] = part((1, 0, 3, 3), RED, 9);
    for parts in [glass, disposed, small] {
        let found = probe(&gif_of((4, 3), None, &parts)).unwrap();
        assert_eq!((found.channels, found.has_alpha), (4, true));
    }
    let still = probe(&gif_of((4, 3), None, &parts[..1])).unwrap();
    assert_eq!((still.frames, still.plays, still.delays.len()), (1, None, 0));
}

#[test]
fn extensions_are_found() {
    let plain = gif_of((2, 2), None, &[part((0, 0, 2, 2), RED, 5)]);
    // After the header and its palette of four colours.
    let (head, rest) = plain.split_at(13 + 12);
    let icc = noise(700, 3);
    let mut profile = b"\x21\xFF\x0BICCRGBG1012".to_vec();
    for part in icc.chunks(255) {
        profile.push(part.len() as u8);
        profile.extend(part);
    }
    profile.push(0);
    let packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>ä</x:xmpmeta>".repeat(9);
    let mut xmp = b"\x21\xFF\x0BXMP DataXMP".to_vec();
    xmp.extend(packet.as_bytes());
    xmp.push(1);
    xmp.extend((0..=255).rev());
    xmp.push(0);
    let data = [head, &profile, &xmp, b"\x21\xFE\x05hello\0", rest].concat();
    let found = probe(&data).unwrap();
    assert_eq!(found.icc.unwrap().read(&data), Some(icc));
    assert_eq!(found.xmp.unwrap().read(&data), Some(packet.into_bytes()));
    assert_eq!((found.width, found.frames), (2, 1));
}

#[test]
fn the_canvas_has_room_for_the_first_frame() {
    // The header's size, the first frame's place and size, the size that sharp 0.35.5 (libvips 8.18.7) gives.
    for (screen, area, size) in [
        ((2, 2), (1, 1, 5, 4), (6, 5)),
        ((2, 2), (0, 0, 5, 4), (5, 4)),
        ((2, 2), (0, 0, 1, 4), (2, 4)),
        ((6, 2), (0, 0, 1, 4), (6, 4)),
        ((2, 2), (5, 5, 1, 1), (6, 6)),
        ((2, 2), (0, 0, 1, 1), (2, 2)),
        ((0, 0), (1, 0, 2, 3), (3, 3)),
    ] {
        let mut data = gif_of((9, 9), None, &[part(area, GREEN, 5), part((0, 0, 8, 8), RED, 5)]);
        data[6..8].copy_from_slice(&u16::to_le_bytes(screen.0));
        data[8..10].copy_from_slice(&u16::to_le_bytes(screen.1));
        let found = probe(&data).unwrap();
        assert_eq!((found.width, found.height), size, "{screen:?} {area:?}");
        let (left, top, width, height) = area;
        assert_eq!(found.has_alpha, (left, top, width.into(), height.into()) != (0, 0, size.0, size.1));
        let picture = see(&run(&data, &to(Format::Png)).unwrap().data).to_rgba8();
        assert_eq!(picture.dimensions(), size);
        for (x, y, pixel) in picture.enumerate_pixels() {
            let inside = (u32::from(left)..u32::from(left + width)).contains(&x)
                && (u32::from(top)..u32::from(top + height)).contains(&y);
            assert_eq!(pixel.0, if inside { [0, 255, 0, 255] } else { [0; 4] });
        }
    }
}

#[test]
fn files_that_say_nothing_are_refused() {
    assert_code(probe(b"GIF89a"), Code::ImageCorrupt);
    assert_code(probe(b"GIF89a\x01\0\x01\0\0\0\0;"), Code::ImageCorrupt);
    // A frame without a palette.
    let bare = b"GIF89a\x01\0\x01\0\0\0\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;";
    assert!(assert_code(run(bare, &to(Format::Png)), Code::ImageCorrupt).contains("palette"));
    // A frame of the largest size, of one byte.
    let bomb =
        b"GIF89a\xFF\xFF\xFF\x0F\x80\0\0\0\0\0\xFF\xFF\xFF\x2C\0\0\0\0\xFF\xFF\xFF\x0F\0\x02\x01\x44\0;";
    assert_code(run(bomb, &to(Format::Png)), Code::ImageCorrupt);
}
