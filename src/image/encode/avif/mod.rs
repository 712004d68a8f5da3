//! AVIF (AV1 Image File Format 1.1): colours and, where there is transparency, alpha as two AV1 still pictures,
//! by rav1e (Rust, BSD-2-Clause), without its threads, in as few tiles as AV1 allows.
//!
//! Full range BT.601 luma and chroma with sRGB's primaries and transfer, as libheif writes and so sharp; gray
//! images are monochrome. Ten bits a sample from images of sixteen bits, else eight. Alpha is not premultiplied.
//!
//! rav1e encodes a picture in one go: cancelling takes effect before the colours, between colours and alpha,
//! and after.

mod container;
mod obu;
mod planes;

use rav1e::color::{
    ColorDescription, ColorPrimaries, MatrixCoefficients, PixelRange, TransferCharacteristics,
};
use rav1e::prelude::{
    ChromaSampling, Config, EncoderConfig, EncoderStatus, Frame, Pixel, SpeedSettings, Tune,
};

use super::super::format::Format;
use super::super::options::{ChromaSubsampling, ResizeOptions};
use super::super::pixels::{Picture, Pixels};
use super::profile;
use crate::error::{Error, Result};
use crate::pool::Cancel;
use container::{Coded, Container};
use planes::Shape;

/// What the sequence header says of the colours, and the `colr` box repeats.
const COLORS: ColorDescription = ColorDescription {
    color_primaries: ColorPrimaries::BT709,
    transfer_characteristics: TransferCharacteristics::SRGB,
    matrix_coefficients: MatrixCoefficients::BT601,
};

pub(super) fn encode(picture: &Picture, options: &ResizeOptions, cancel: &Cancel) -> Result<Vec<u8>> {
    let pixels = picture.first()?;
    let layout = pixels.layout();
    if layout.is_cmyk() {
        return Err(Error::internal("AVIF cannot hold ink"));
    }
    let quality = options.quality_for(Format::Avif);
    let shape = Shape {
        bits: if layout.is_wide() { 10 } else { 8 },
        chroma: if layout.is_gray() {
            ChromaSampling::Cs400
        } else if options.chroma_for(Format::Avif) == ChromaSubsampling::Quarter {
            ChromaSampling::Cs420
        } else {
            ChromaSampling::Cs444
        },
    };
    let effort = options.effort_for(Format::Avif);
    let color = still(pixels, shape, false, quantizer(quality), effort, cancel)?;
    let alpha = if layout.has_alpha() {
        let shape = Shape { chroma: ChromaSampling::Cs400, ..shape };
        let quality = options.alpha_quality.unwrap_or_else(|| alpha_quality(quality));
        Some(still(pixels, shape, true, quantizer(quality), effort, cancel)?)
    } else {
        None
    };
    cancel.check()?;
    let embedded = &picture.embedded;
    Container {
        width: pixels.width(),
        height: pixels.height(),
        color,
        alpha,
        description: [
            COLORS.color_primaries as u16,
            COLORS.transfer_characteristics as u16,
            COLORS.matrix_coefficients as u16,
        ],
        icc: profile::fitting(embedded, layout),
        exif: embedded.exif.as_deref(),
        xmp: embedded.xmp.as_deref(),
        orientation: embedded.orientation,
    }
    .write()
}

/// Quality 1 to 100 as AV1's base quantizer index, 255 to 0: what libheif's scale comes to. From 50 on,
/// SSIMULACRA2 is within 1.2 of sharp's at equal numbers (lower by 3 at 30), in a tenth to a quarter more bytes:
/// what rav1e spends beyond libaom.
fn quantizer(quality: u8) -> usize {
    let quality = usize::from(quality.clamp(1, 100));
    (255 * (100 - quality) + 50) / 100
}

/// Errors of alpha are seen as edges, so unless a quality is asked for, it is coded better than the colours.
fn alpha_quality(quality: u8) -> u8 {
    quality.midpoint(100)
}

/// rav1e's speeds go from 0, the slowest, to 10. On photographs at one quality, speed 8 comes out as small as 6
/// in half the time, so the default, 4, is that; 3 saves 4 % in six times the time, and 10 costs 25 %.
fn speed(effort: u8) -> u8 {
    const SPEEDS: [u8; 10] = [10, 9, 9, 8, 8, 7, 6, 5, 3, 1];
    SPEEDS[usize::from(effort.min(9))]
}

/// One AV1 still picture: the colours, or the alpha, of `pixels`.
fn still(
    pixels: &Pixels,
    shape: Shape,
    alpha: bool,
    quantizer: usize,
    effort: u8,
    cancel: &Cancel,
) -> Result<Coded> {
    let mut settings = SpeedSettings::from_preset(speed(effort));
    // There is nothing to look ahead to.
    settings.rdo_lookahead_frames = 1;
    let config = EncoderConfig {
        width: pixels.width() as usize,
        height: pixels.height() as usize,
        bit_depth: usize::from(shape.bits),
        chroma_sampling: shape.chroma,
        pixel_range: PixelRange::Full,
        color_description: (!alpha).then_some(COLORS),
        still_picture: true,
        quantizer,
        tune: Tune::Psychovisual,
        tiles: 1,
        speed_settings: settings,
        ..EncoderConfig::default()
    };
    let config = Config::new().with_encoder_config(config);
    let data = if shape.bits == 8 {
        run::<u8>(&config, cancel, |frame| planes::fill_8(frame, pixels, shape, alpha, cancel))
    } else {
        run::<u16>(&config, cancel, |frame| planes::fill_10(frame, pixels, shape, alpha, cancel))
    }?;
    Ok(Coded { data: obu::without_delimiters(&data)?, shape })
}

fn run<T: Pixel>(
    config: &Config,
    cancel: &Cancel,
    fill: impl FnOnce(&mut Frame<T>) -> Result<()>,
) -> Result<Vec<u8>> {
    cancel.check()?;
    let mut context = config
        .new_context::<T>()
        .map_err(|error| Error::internal(format!("rav1e refused its configuration: {error}")))?;
    let mut frame = context.new_frame();
    fill(&mut frame)?;
    context.send_frame(frame).map_err(failed)?;
    context.flush();
    loop {
        match context.receive_packet() {
            Ok(packet) => return Ok(packet.data),
            // A step has been done, and there are more.
            Err(EncoderStatus::Encoded) => cancel.check()?,
            Err(status) => return Err(failed(status)),
        }
    }
}

fn failed(status: EncoderStatus) -> Error {
    Error::internal(format!("encoding AVIF failed: {status}"))
}

#[cfg(test)]
mod tests;
