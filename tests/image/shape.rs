//! Sizes, orientation, cutting and padding.

use std::collections::HashMap;

use image::metadata::Orientation as Judge;
use image::{DynamicImage, ImageFormat, RgbImage};
use offloop::Code;
use offloop::image::{
    Background, FailOn, Fit, Format, Kernel, Limits, Plan, Position, Region, ResizeOptions, Rotation, Trim,
    probe, resize_image, resize_image_set,
};
use offloop::pool::Cancel;

use crate::support::*;

/// How an image must be stored to be shown as `upright` under an orientation.
fn stored(upright: &DynamicImage, orientation: u8) -> DynamicImage {
    let inverse = match orientation {
        6 => 8,
        8 => 6,
        other => other,
    };
    let mut image = upright.clone();
    image.apply_orientation(Judge::from_exif(inverse).unwrap());
    image
}

fn with_orientation(image: &DynamicImage, orientation: u8, format: ImageFormat) -> Vec<u8> {
    let data = file(image, format);
    match format {
        ImageFormat::Png => png_with(&data, &[(b"eXIf", exif(orientation))]),
        ImageFormat::WebP => webp_of(&[
            vp8x(0x08, image.width(), image.height()),
            bitstream(&data),
            riff_chunk(b"EXIF", &exif(orientation)),
        ]),
        _ => jpeg_with(&data, &[(0xE1, [b"Exif\0\0", &exif(orientation)[..]].concat())]),
    }
}

#[test]
fn all_eight_orientations_come_out_the_same_way_up() {
    let upright = corners(60, 40);
    for fit in [Fit::Cover, Fit::Contain, Fit::Fill, Fit::Inside, Fit::Outside] {
        for position in
            [Position::Center, Position::TopLeft, Position::Right, Position::Focal { x: 0.2, y: 0.9 }]
        {
            let options =
                ResizeOptions { width: Some(20), height: Some(25), fit, position, ..to(Format::Png) };
            let expected = see(&run(&file(&upright, ImageFormat::Png), &options).unwrap().data);
            for orientation in 1..=8 {
                for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg] {
                    let data = with_orientation(&stored(&upright, orientation), orientation, format);
                    assert_eq!(probe(&data).unwrap().orientation.value(), orientation);
                    let found = see(&run(&data, &options).unwrap().data);
                    // Mirrored sampling rounds the other way; JPEG loses a little more.
                    let tolerance = if format == ImageFormat::Jpeg { 40 } else { 2 };
                    let difference = worst(&found, &expected);
                    assert!(
                        difference <= tolerance,
                        "{orientation} {format:?} {fit:?} {position:?}: {difference}"
                    );
                }
            }
        }
    }
}

/// One line of the table that sharp has judged: `benchmark/judge/sizes.js`.
struct Judged {
    line: &'static str,
    size: (u32, u32),
    orientation: u8,
    options: ResizeOptions,
    output: (u32, u32),
    /// Of what is kept in the scaled image, or of the image on its background.
    place: Option<(u32, u32)>,
}

fn fit_named(name: &str) -> Fit {
    match name {
        "cover" => Fit::Cover,
        "contain" => Fit::Contain,
        "fill" => Fit::Fill,
        "inside" => Fit::Inside,
        _ => Fit::Outside,
    }
}

fn judged() -> Vec<Judged> {
    let parse = |line: &'static str| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |index: usize| cells[index].parse::<u32>().ok();
        let (fit, position) = (
            fit_named(cells[3]),
            match cells[4] {
                "top" => Position::Top,
                "right top" => Position::TopRight,
                "right" => Position::Right,
                "right bottom" => Position::BottomRight,
                "bottom" => Position::Bottom,
                "left bottom" => Position::BottomLeft,
                "left" => Position::Left,
                "left top" => Position::TopLeft,
                _ => Position::Center,
            },
        );
        let without_enlargement = cells[7] == "1";
        Judged {
            line,
            size: (number(0).unwrap(), number(1).unwrap()),
            orientation: number(2).unwrap() as u8,
            options: ResizeOptions {
                width: number(5),
                height: number(6),
                fit,
                position,
                without_enlargement,
                ..to(Format::Png)
            },
            output: (number(8).unwrap(), number(9).unwrap()),
            place: number(10).zip(number(11)),
        }
    };
    include_str!("sharp-sizes.csv").lines().skip(2).map(parse).collect()
}

/// A picture of noise, stored so that it is shown as `size`.
fn noisy(size: (u32, u32), orientation: u8) -> Vec<u8> {
    let pixels = noise(size.0 as usize * size.1 as usize * 3, size.0);
    let upright = DynamicImage::from(image::RgbImage::from_raw(size.0, size.1, pixels).unwrap());
    with_orientation(&stored(&upright, orientation), orientation, ImageFormat::Png)
}

#[test]
fn every_output_is_of_the_size_that_sharp_gives_it() {
    let table = judged();
    assert!(table.len() >= 2_000);
    let mut inputs = HashMap::new();
    for Judged { line, size, orientation, options, output, .. } in &table {
        let metadata = inputs
            .entry((*size, *orientation))
            .or_insert_with(|| probe(&noisy(*size, *orientation)).unwrap());
        let plan = Plan::new(metadata, options, &Limits::default()).unwrap();
        assert_eq!(plan.output_size(), *output, "{line}");
    }
}

/// A JPEG of which only the header is true: that is all that sizes follow from.
fn jpeg_header((width, height): (u32, u32), orientation: u8) -> Vec<u8> {
    let mut data = with_orientation(&corners(16, 16), orientation, ImageFormat::Jpeg);
    let frame = data.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    data[frame + 5..frame + 7].copy_from_slice(&(height as u16).to_be_bytes());
    data[frame + 7..frame + 9].copy_from_slice(&(width as u16).to_be_bytes());
    data
}

#[test]
fn jpegs_come_out_in_the_sizes_that_follow_from_what_libjpeg_shrinks_for_sharp() {
    // `benchmark/judge/sizes-jpeg.js`.
    let lines: Vec<&str> = include_str!("sharp-sizes-jpeg.csv").lines().skip(2).collect();
    assert!(lines.len() >= 1_000);
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |index: usize| cells[index].parse::<u32>().ok();
        let (width, height, orientation) = (number(0).unwrap(), number(1).unwrap(), number(2).unwrap() as u8);
        let options = ResizeOptions {
            fit: fit_named(cells[3]),
            width: number(4),
            height: number(5),
            without_enlargement: cells[6] == "1",
            rotate: if cells[7] == "1" { Rotation::Quarter } else { Rotation::None },
            ..to(Format::Jpeg)
        };
        let stored = if orientation >= 5 { (height, width) } else { (width, height) };
        let metadata = probe(&jpeg_header(stored, orientation)).unwrap();
        let plan = Plan::for_set(&metadata, &[options], FailOn::None, &Limits::default()).unwrap();
        assert_eq!(plan.output_size(), (number(8).unwrap(), number(9).unwrap()), "{line}");
    }
}

#[test]
fn what_is_kept_is_where_sharp_keeps_it() {
    let background = Background { r: 255, g: 0, b: 255, alpha: 255 };
    // Enough of the table to see every fit, position and orientation.
    for Judged { line, size, orientation, options, output, place } in judged().iter().step_by(7) {
        let Some((left, top)) = *place else { continue };
        let data = noisy(*size, *orientation);
        let options = ResizeOptions { background, ..options.clone() };
        let found = see(&run(&data, &options).unwrap().data);
        assert_eq!((found.width(), found.height()), *output, "{line}");
        // The same scaling with nothing cut or added.
        let fit = match options.fit {
            Fit::Cover => Fit::Outside,
            Fit::Contain => Fit::Inside,
            _ => continue,
        };
        let whole = see(&run(&data, &ResizeOptions { fit, ..options.clone() }).unwrap().data);
        let difference = if options.fit == Fit::Contain {
            worst(&found.crop_imm(left, top, whole.width(), whole.height()), &whole)
        } else {
            worst(&found, &whole.crop_imm(left, top, output.0, output.1))
        };
        assert!(difference <= 1, "{line}: {difference}");
    }
}

#[test]
fn auto_orient_can_be_switched_off() {
    let data = with_orientation(&corners(60, 40), 6, ImageFormat::Png);
    let options = ResizeOptions { auto_orient: false, ..to(Format::Png) };
    let output = run(&data, &options).unwrap();
    assert_eq!((output.width, output.height), (60, 40));
    assert_eq!(worst(&see(&output.data), &corners(60, 40)), 0);
    let turned = run(&data, &to(Format::Png)).unwrap();
    assert_eq!((turned.width, turned.height), (40, 60));
    // The pixels are turned, so the output must not say that they still need it.
    assert_eq!(probe(&turned.data).unwrap().orientation.value(), 1);
}

#[test]
fn every_fit_gives_the_size_asked_for_in_every_format() {
    let data = file(&corners(100, 50), ImageFormat::Png);
    for (fit, expected) in [
        (Fit::Cover, (30, 30)),
        (Fit::Contain, (30, 30)),
        (Fit::Fill, (30, 30)),
        (Fit::Inside, (30, 15)),
        (Fit::Outside, (60, 30)),
    ] {
        for format in [Format::Jpeg, Format::Png, Format::WebP] {
            let options = ResizeOptions { width: Some(30), height: Some(30), fit, ..to(format) };
            let output = run(&data, &options).unwrap();
            let seen = see(&output.data);
            assert_eq!((output.width, output.height), expected, "{fit:?}");
            assert_eq!((seen.width(), seen.height()), expected, "{fit:?} {format:?}");
            assert_eq!(probe(&output.data).unwrap().format, format);
        }
    }
}

#[test]
fn contain_shows_the_background() {
    let data = file(&corners(40, 20), ImageFormat::Png);
    let contain = |background, format| {
        let options =
            ResizeOptions { width: Some(40), height: Some(40), fit: Fit::Contain, background, ..to(format) };
        see(&run(&data, &options).unwrap().data).to_rgba8()
    };
    let black = Background::default();
    assert_eq!(contain(black, Format::Png).get_pixel(0, 0).0, [0, 0, 0, 255]);
    let glass = Background { r: 10, g: 20, b: 30, alpha: 0 };
    assert_eq!(contain(glass, Format::Png).get_pixel(0, 39).0[3], 0);
    assert_eq!(contain(glass, Format::WebP).get_pixel(0, 0).0[3], 0);
    let jpeg = contain(Background { r: 200, g: 100, b: 50, alpha: 255 }, Format::Jpeg);
    for (found, expected) in jpeg.get_pixel(2, 2).0.iter().zip([200_u8, 100, 50, 255]) {
        assert!(found.abs_diff(expected) <= 10, "{:?}", jpeg.get_pixel(2, 2));
    }
    // The image itself is in the middle, untouched.
    assert_eq!(contain(black, Format::Png).get_pixel(0, 10).0, corners(40, 20).to_rgba8().get_pixel(0, 0).0);
}

#[test]
fn limits_are_checked_on_the_header() {
    let data = file(&corners(100, 50), ImageFormat::Png);
    let limited = |limits: Limits| resize_image(&data, &to(Format::Png), &limits, &Cancel::new());
    let message = assert_code(limited(Limits { input_pixels: 4999, ..Limits::default() }), Code::ImageLimit);
    assert!(message.contains("100x50") && message.contains("limits.inputPixels"), "{message}");
    assert!(limited(Limits { input_pixels: 5000, ..Limits::default() }).is_ok());
    let message = assert_code(
        limited(Limits { input_bytes: data.len() as u64 - 1, ..Limits::default() }),
        Code::ImageLimit,
    );
    assert!(message.contains("limits.inputBytes"), "{message}");

    let frame = anmf(20, 10, &bitstream(&file(&corners(20, 10), ImageFormat::WebP)));
    let mut chunks = vec![vp8x(0x02, 20, 10), riff_chunk(b"ANIM", &[0; 6])];
    chunks.extend(std::iter::repeat_n(frame, 5));
    let animation = webp_of(&chunks);
    let limited = |limits: Limits| resize_image(&animation, &to(Format::WebP), &limits, &Cancel::new());
    assert_code(limited(Limits { frames: 4, ..Limits::default() }), Code::ImageLimit);
    // Pixels count over all frames, where all are decoded.
    assert_code(limited(Limits { input_pixels: 999, ..Limits::default() }), Code::ImageLimit);
    assert!(limited(Limits { input_pixels: 1000, frames: 5, ..Limits::default() }).is_ok());
}

#[test]
fn outputs_that_nothing_could_hold_are_refused() {
    let data = file(&corners(100, 50), ImageFormat::Png);
    for (width, height, fit, format) in [
        (Some(1_000_000_000), None, Fit::Cover, Format::Png),
        (None, Some(0x7FFF_FFFF), Fit::Cover, Format::Png),
        (Some(20_000), Some(20_000), Fit::Fill, Format::Png),
        (Some(65_536), Some(1), Fit::Fill, Format::Jpeg),
        (Some(16_384), Some(1), Fit::Fill, Format::WebP),
        (Some(10), Some(100_000), Fit::Outside, Format::WebP),
    ] {
        let options = ResizeOptions { width, height, fit, ..to(format) };
        assert_code(run(&data, &options), Code::ImageLimit);
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let data = file(&corners(4, 4), ImageFormat::Png);
    for options in [
        ResizeOptions { width: Some(0), ..Default::default() },
        ResizeOptions { quality: Some(0), ..Default::default() },
        ResizeOptions { quality: Some(101), ..Default::default() },
        ResizeOptions { effort: Some(7), ..to(Format::WebP) },
        ResizeOptions { compression_level: 10, ..Default::default() },
        ResizeOptions { position: Position::Focal { x: f64::NAN, y: 0.0 }, ..Default::default() },
    ] {
        assert_code(run(&data, &options), Code::InvalidArg);
    }
}

/// A gray picture with a border of white around what is `width` × `height` dark pixels.
fn framed(width: u32, height: u32, border: u32) -> DynamicImage {
    let inside = |at: u32, length: u32| (border..border + length).contains(&at);
    DynamicImage::from(image::GrayImage::from_fn(width + 2 * border, height + 2 * border, |x, y| {
        image::Luma([if inside(x, width) && inside(y, height) { 30 } else { 255 }])
    }))
}

#[test]
fn what_trimming_leaves_is_padded_in_the_colours_of_the_background() {
    // Whole, it needs no padding.
    let square = |picture: &DynamicImage| {
        let mut canvas = image::GrayImage::from_pixel(40, 40, image::Luma([255]));
        image::imageops::overlay(&mut canvas, &picture.to_luma8(), 10, 0);
        DynamicImage::from(canvas)
    };
    let gray = square(&framed(10, 30, 5));
    let red = Background { r: 255, g: 0, b: 0, alpha: 255 };
    let options = ResizeOptions {
        trim: Some(Trim::default()),
        width: Some(20),
        height: Some(20),
        fit: Fit::Contain,
        background: red,
        ..to(Format::Png)
    };
    for format in [Format::Png, Format::Jpeg, Format::WebP, Format::Gif] {
        let options = ResizeOptions { format: Some(format), ..options.clone() };
        let seen = see(&run(&file(&gray, ImageFormat::Png), &options).unwrap().data).to_rgb8();
        let [r, g, b] = seen.get_pixel(0, 10).0;
        assert!(r > 240 && g < 20 && b < 20, "{format:?}: {r} {g} {b}");
        let [r, g, b] = seen.get_pixel(10, 10).0;
        assert!(r.abs_diff(30) < 12 && g.abs_diff(30) < 12 && b.abs_diff(30) < 12, "{format:?}");
    }
    let clear = Background { r: 0, g: 0, b: 0, alpha: 0 };
    let options = ResizeOptions { background: clear, ..options };
    let color = DynamicImage::from(gray.to_rgb8());
    let seen = see(&run(&file(&color, ImageFormat::Png), &options).unwrap().data).to_rgba8();
    assert_eq!((seen.get_pixel(0, 10).0[3], seen.get_pixel(10, 10).0[3]), (0, 255));
}

#[test]
fn what_trimming_leaves_may_have_another_shape() {
    // One column is cut off: as wide as before, it is a pixel taller.
    let picture = framed(39, 40, 0).to_luma8();
    let mut canvas = image::GrayImage::from_pixel(40, 40, image::Luma([255]));
    image::imageops::overlay(&mut canvas, &picture, 1, 0);
    let data = file(&DynamicImage::from(canvas), ImageFormat::Png);
    let trimmed = ResizeOptions { trim: Some(Trim::default()), ..to(Format::Png) };
    let output = run(&data, &ResizeOptions { width: Some(40), ..trimmed.clone() }).unwrap();
    assert_eq!((output.width, output.height), (40, 41));
    // A strip that is to be as wide as a hall.
    let strip = file(&framed(5, 300, 20), ImageFormat::Png);
    let error = run(&strip, &ResizeOptions { width: Some(2_000), ..trimmed.clone() }).unwrap_err();
    assert_eq!(error.code(), Code::ImageLimit, "{error}");
    let sides = ResizeOptions { width: Some(200), height: Some(900), fit: Fit::Inside, ..trimmed };
    let output = run(&strip, &sides).unwrap();
    assert_eq!((output.width, output.height), (15, 900));
}

#[test]
fn chroma_lies_where_luma_does_through_every_rung() {
    let width = 402;
    let picture = DynamicImage::from(image::RgbImage::from_fn(width, 302, |x, y| {
        let wave = |at: u32| (128.0 + 100.0 * (f64::from(at) / 12.0).sin()) as u8;
        image::Rgb([wave(x), 90, wave(y)])
    }));
    let data =
        run(&file(&picture, ImageFormat::Png), &ResizeOptions { quality: Some(95), ..to(Format::Jpeg) });
    let data = data.unwrap().data;
    for (rotate, flip) in [(Rotation::None, false), (Rotation::Half, false), (Rotation::None, true)] {
        let sized =
            |width| ResizeOptions { width: Some(width), rotate, flip, quality: Some(95), ..to(Format::Jpeg) };
        let outputs = [sized(201), sized(100)];
        let set =
            resize_image_set(&data, &outputs, FailOn::Error, &Limits::default(), &Cancel::new()).unwrap();
        let alone = run(&data, &outputs[1]).unwrap();
        // The steepest slopes have 10 levels from one pixel to the next.
        let difference = mean(&see(&set[1].data), &see(&alone.data));
        assert!(difference <= 1.5, "{rotate:?} {flip}: {difference}");
        let truth = run(&file(&picture, ImageFormat::Png), &outputs[1]).unwrap();
        let difference = mean(&see(&alone.data), &see(&truth.data));
        assert!(difference <= 1.5, "{rotate:?} {flip}: {difference}");
    }
}

/// Mitchell's kernel changes even what keeps its size, which is why that is not filtered: nor is halved chroma.
#[test]
fn a_jpeg_of_any_odd_size_that_keeps_it_is_not_filtered() {
    for side in (1..200).step_by(2) {
        let pixels = noise(side as usize * 9 * 3, side);
        let image = DynamicImage::ImageRgb8(RgbImage::from_raw(side, 9, pixels).unwrap());
        let jpeg = run(&file(&image, ImageFormat::Png), &to(Format::Jpeg)).unwrap().data;
        let [one, other] = [Kernel::Mitchell, Kernel::Lanczos3].map(|kernel| {
            let options = ResizeOptions { quality: Some(100), kernel, ..to(Format::Jpeg) };
            run(&jpeg, &options).unwrap().data
        });
        assert!(one == other, "{side}");
    }
}

#[test]
fn errors_name_the_output_that_they_are_about() {
    let data = file(&corners(20, 20), ImageFormat::Png);
    let region = Region { left: 0, top: 0, width: 21, height: 1 };
    let outputs = [to(Format::Png), ResizeOptions { extract: Some(region), ..to(Format::Png) }];
    let error = resize_image_set(&data, &outputs, FailOn::Error, &Limits::default(), &Cancel::new());
    let error = error.unwrap_err();
    assert!(error.message().starts_with("outputs[1].extract is 21x1"), "{error}");
    let error = run(&data, &outputs[1]).unwrap_err();
    assert!(error.message().starts_with("options.extract is 21x1"), "{error}");
}
