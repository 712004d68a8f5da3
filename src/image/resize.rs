//! Scaling, through `fast_image_resize`: one pass down the columns and one along the rows, with SIMD chosen
//! when the program runs, on one thread.
//!
//! The output is made in bands of rows, so that a cancelled job stops and so that the intermediate image
//! stays small whatever the input's shape. Sampling is that of scaling the whole image to its rounded size
//! and cutting afterwards: neighbours beyond the cut count.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, MulDiv, PixelType, ResizeAlg, Resizer};

use super::options::Kernel;
use super::pixels::{Layout, Pixels};
use super::plan::Plan;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// The intermediate image of a band aims at this size.
const BAND_BYTES: usize = 4 << 20;
/// And at no fewer rows, as every band computes the horizontal kernel anew.
const MIN_BAND_ROWS: usize = 16;

/// A stretch of one axis of the source, in source pixels.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: f64,
    length: f64,
}

impl Span {
    /// The stretch of `source` pixels that `kept` pixels from `first` on cover, when `source` is scaled to
    /// `scaled`.
    fn new(source: u32, scaled: u64, first: u64, kept: u32) -> Self {
        if u64::from(source) == scaled {
            return Self { start: first as f64, length: f64::from(kept) };
        }
        let shrink = f64::from(source) / scaled as f64;
        Self { start: first as f64 * shrink, length: f64::from(kept) * shrink }.within(source)
    }

    /// Rounding must not carry it over the edge.
    fn within(self, source: u32) -> Self {
        let start = self.start.min(f64::from(source));
        Self { start, length: self.length.min(f64::from(source) - start) }
    }

    fn is_whole_pixels(self, pixels: u32) -> bool {
        // Exactly: this asks whether pixels can be moved unchanged.
        self.start.fract() == 0.0 && self.length.total_cmp(&f64::from(pixels)).is_eq()
    }
}

/// Cuts and scales the stored pixels as the plan says.
pub(super) fn resize(source: Pixels, plan: &Plan, cancel: &Cancel) -> Result<Pixels> {
    // As kept in the stored orientation; the output's sides are `u32`, so these are.
    let (width, height) = (plan.kept.width as u32, plan.kept.height as u32);
    let across = Span::new(source.width(), plan.scaled.0, plan.kept.left, width);
    let down = Span::new(source.height(), plan.scaled.1, plan.kept.top, height);
    if (source.width(), source.height()) == (width, height)
        && across.is_whole_pixels(width)
        && down.is_whole_pixels(height)
    {
        return Ok(source);
    }
    scale(source, across, down, (width, height), plan.options.kernel, cancel)
}

fn scale(
    mut source: Pixels,
    across: Span,
    down: Span,
    (width, height): (u32, u32),
    kernel: Kernel,
    cancel: &Cancel,
) -> Result<Pixels> {
    let layout = source.layout();
    let pixel_type = pixel_type(layout);
    let algorithm = algorithm(kernel);
    let cut_only = across.is_whole_pixels(width) && down.is_whole_pixels(height);
    // Transparent pixels have a colour that nobody sees; weighting by alpha keeps it from bleeding. Moving
    // pixels unchanged needs no weighting, which loses a little.
    let weighted = layout.has_alpha() && !cut_only && kernel != Kernel::Nearest;
    let alpha = MulDiv::default();
    let (source_width, source_height) = (source.width(), source.height());
    if weighted {
        let mut image = Image::from_slice_u8(source_width, source_height, source.data_mut(), pixel_type)
            .map_err(|error| bug(&error))?;
        alpha.multiply_alpha_inplace(&mut image).map_err(|error| bug(&error))?;
        cancel.check()?;
    }
    let view =
        ImageRef::new(source_width, source_height, source.data(), pixel_type).map_err(|error| bug(&error))?;
    let mut target = Pixels::new(layout, width, height)?;
    let stride = target.stride();
    let rows = band_rows(source.stride(), height);
    let row_shrink = down.length / f64::from(height);
    let mut resizer = Resizer::new();
    for (index, band) in target.data_mut().chunks_mut(stride * rows).enumerate() {
        cancel.check()?;
        let band_height = (band.len() / stride) as u32;
        let part = Span {
            start: down.start + (index * rows) as f64 * row_shrink,
            length: f64::from(band_height) * row_shrink,
        }
        .within(source_height);
        let mut band =
            Image::from_slice_u8(width, band_height, band, pixel_type).map_err(|error| bug(&error))?;
        let options = fast_image_resize::ResizeOptions::new().resize_alg(algorithm).use_alpha(false).crop(
            across.start,
            part.start,
            across.length,
            part.length,
        );
        resizer.resize(&view, &mut band, &options).map_err(|error| bug(&error))?;
        if weighted {
            alpha.divide_alpha_inplace(&mut band).map_err(|error| bug(&error))?;
        }
    }
    Ok(target)
}

/// Rows of one band.
fn band_rows(source_stride: usize, height: u32) -> usize {
    (BAND_BYTES / source_stride).max(MIN_BAND_ROWS).min(height as usize)
}

/// What scaling allocates beside source and target, at most.
pub(super) fn extra_bytes(plan: &Plan) -> u64 {
    let channels = plan.layouts.decoded.channels();
    let (width, height) = (u64::from(plan.metadata.width), u64::from(plan.metadata.height));
    let stride = (plan.metadata.width as usize).saturating_mul(channels);
    let band = band_rows(stride.max(1), plan.kept.height as u32);
    let between = (stride as u64 + channels as u64) * band as u64;
    // A kernel has at most six taps (and its ends) a source pixel or an output pixel, whichever are more:
    // eight bytes each, and two to four again in fixed point.
    let taps = |source: u64, kept: u64| 7 * source + 9 * kept;
    let kernels = (taps(width, plan.kept.width) + taps(height, plan.kept.height)) * 12;
    between + kernels
}

fn pixel_type(layout: Layout) -> PixelType {
    match layout {
        Layout::L8 => PixelType::U8,
        Layout::La8 => PixelType::U8x2,
        Layout::Rgb8 => PixelType::U8x3,
        Layout::Rgba8 | Layout::Cmyk8 => PixelType::U8x4,
        Layout::L16 => PixelType::U16,
        Layout::La16 => PixelType::U16x2,
        Layout::Rgb16 => PixelType::U16x3,
        Layout::Rgba16 => PixelType::U16x4,
    }
}

fn algorithm(kernel: Kernel) -> ResizeAlg {
    match kernel {
        Kernel::Nearest => ResizeAlg::Nearest,
        Kernel::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
        Kernel::CatmullRom => ResizeAlg::Convolution(FilterType::CatmullRom),
        Kernel::Mitchell => ResizeAlg::Convolution(FilterType::Mitchell),
        Kernel::Lanczos3 => ResizeAlg::Convolution(FilterType::Lanczos3),
    }
}

/// Sizes and crops were computed here, so the resizer has nothing to refuse.
fn bug(error: &dyn std::error::Error) -> Error {
    Error::internal(format!("scaling failed: {error}"))
}

#[cfg(test)]
mod tests;
