use image::ImageDecoder;

use super::*;
use crate::error::Code;
use crate::image::ChromaSubsampling;
use crate::image::pixels::{Layout, Picture, Pixels};
use crate::image::probe;

fn gradient(layout: Layout, width: u32, height: u32) -> Pixels {
    let channels = layout.channels();
    let data = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            (0..channels as u32).map(move |channel| ((x * 3 + y * 2 + channel * 40) % 256) as u8)
        })
        .collect();
    Pixels::from_vec(layout, width, height, data).unwrap()
}

fn encoded(pixels: &Pixels, format: Format, options: &ResizeOptions) -> Vec<u8> {
    encode(Picture::still(pixels.duplicate().unwrap()), format, options, &Cancel::new()).unwrap()
}

#[test]
fn jpeg_options_reach_the_file() {
    let pixels = gradient(Layout::Rgb8, 100, 80);
    let plain = ResizeOptions::default();
    let found = probe(&encoded(&pixels, Format::Jpeg, &plain)).unwrap();
    assert_eq!((found.progressive, found.chroma_subsampling), (Some(false), Some("4:2:0")));
    let progressive = ResizeOptions { progressive: true, ..plain.clone() };
    assert_eq!(probe(&encoded(&pixels, Format::Jpeg, &progressive)).unwrap().progressive, Some(true));
    let full = ResizeOptions { chroma_subsampling: Some(ChromaSubsampling::Full), ..plain.clone() };
    assert_eq!(probe(&encoded(&pixels, Format::Jpeg, &full)).unwrap().chroma_subsampling, Some("4:4:4"));
    let low = ResizeOptions { quality: Some(20), ..plain.clone() };
    assert!(encoded(&pixels, Format::Jpeg, &low).len() < encoded(&pixels, Format::Jpeg, &plain).len());
}

#[test]
fn jpeg_comes_close_to_what_went_in() {
    for (layout, progressive) in [(Layout::L8, false), (Layout::Rgb8, false), (Layout::Rgb8, true)] {
        let data =
            (0..64 * 64 * layout.channels()).map(|index| (index / layout.channels() / 20) as u8).collect();
        let pixels = Pixels::from_vec(layout, 64, 64, data).unwrap();
        let options = ResizeOptions { quality: Some(95), progressive, ..Default::default() };
        let data = encoded(&pixels, Format::Jpeg, &options);
        let decoder = image::codecs::jpeg::JpegDecoder::new(std::io::Cursor::new(&data)).unwrap();
        assert_eq!(usize::from(decoder.color_type().channel_count()), layout.channels());
        let mut found = vec![0; decoder.total_bytes() as usize];
        decoder.read_image(&mut found).unwrap();
        let worst = found.iter().zip(pixels.data()).map(|(one, other)| one.abs_diff(*other)).max();
        assert!(worst <= Some(8), "{layout:?}: {worst:?}");
    }
}

#[test]
fn cancelled_encoders_say_cancelled() {
    let cancel = Cancel::new();
    cancel.cancel();
    let pixels = gradient(Layout::Rgb8, 64, 64);
    for format in [Format::Jpeg, Format::Png, Format::WebP, Format::Avif, Format::Gif] {
        let error =
            encode(Picture::still(pixels.duplicate().unwrap()), format, &ResizeOptions::default(), &cancel)
                .unwrap_err();
        assert_eq!(error.code(), Code::Cancelled, "{format:?}");
    }
}
