//! `quality ORIGINAL CANDIDATE…` prints the SSIMULACRA2 score of each candidate, one a line: 100 is identical,
//! 90 visually lossless, 70 high quality. The reference is the original, resized to the candidate's size by
//! `image`'s own Lanczos3 in floating point, which no contender uses. What is transparent lies on middle gray.

use std::{env, error::Error, process::ExitCode};

use image::{DynamicImage, ImageReader, Rgb32FImage, imageops::FilterType};
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, Xyb, compute_frame_ssimulacra2};

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let Some(original) = args.next() else {
        eprintln!("usage: quality ORIGINAL CANDIDATE...");
        return ExitCode::from(2);
    };
    match judge(&original, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn judge(original: &str, candidates: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let original = on_gray(&open(original)?);
    for name in candidates {
        let candidate = on_gray(&open(&name)?);
        let (width, height) = candidate.dimensions();
        let reference = image::imageops::resize(&original, width, height, FilterType::Lanczos3);
        let score = compute_frame_ssimulacra2(xyb(&reference)?, xyb(&candidate)?)?;
        println!("{score:.2}");
    }
    Ok(())
}

fn open(name: &str) -> Result<DynamicImage, Box<dyn Error>> {
    Ok(ImageReader::open(name)?.with_guessed_format()?.decode()?)
}

fn on_gray(image: &DynamicImage) -> Rgb32FImage {
    let pixels = image.to_rgba32f();
    Rgb32FImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [r, g, b, a] = pixels.get_pixel(x, y).0;
        image::Rgb([r, g, b].map(|value| value * a + 0.5 * (1.0 - a)))
    })
}

fn xyb(image: &Rgb32FImage) -> Result<Xyb, Box<dyn Error>> {
    let data = image.pixels().map(|pixel| pixel.0.map(|value| value.clamp(0.0, 1.0))).collect();
    let rgb = Rgb::new(
        data,
        image.width() as usize,
        image.height() as usize,
        TransferCharacteristic::SRGB,
        ColorPrimaries::BT709,
    )?;
    Ok(Xyb::try_from(rgb)?)
}
