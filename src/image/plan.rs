//! From header and options to a plan: everything that can be refused is refused here, before a byte is
//! allocated for pixels, and what the job will need is known.

use super::decode;
use super::encode;
use super::format::Format;
use super::geometry::{Geometry, Rect};
use super::limits::Limits;
use super::metadata::{ColorModel, Metadata};
use super::options::{Background, ResizeOptions};
use super::orientation::Orientation;
use super::pixels::Layout;
use super::resize;
use crate::error::{Code, Error, Result};

/// The most pixels an output may have: 0x3FFF², the default of `limits.inputPixels`.
pub const MAX_OUTPUT_PIXELS: u64 = 268_402_689;

/// What reading a colour profile and computing tables from it may take.
const PROFILE_BYTES: u64 = 16 << 20;

/// What a [`ResizeJob`](super::ResizeJob) will do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) metadata: Metadata,
    pub(super) options: ResizeOptions,
    pub(super) format: Format,
    pub(super) orientation: Orientation,
    /// The size that the whole stored image is scaled to.
    pub(super) scaled: (u64, u64),
    /// What is kept of it, in the stored orientation.
    pub(super) kept: Rect,
    /// The kept part as it is shown.
    pub(super) shown: (u32, u32),
    pub(super) canvas: (u32, u32),
    pub(super) offset: (u32, u32),
    pub(super) layouts: Layouts,
}

/// The pixels' layout at each stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layouts {
    /// As decoded and resized.
    pub(super) decoded: Layout,
    /// As padded.
    pub(super) padded: Layout,
    /// As encoded.
    pub(super) encoded: Layout,
}

impl Plan {
    /// Checks limits and options against an image's header, and computes sizes.
    ///
    /// # Errors
    ///
    /// `ERR_IMAGE_LIMIT` for an input over its limits and for an output that the format cannot hold or that
    /// has more than [`MAX_OUTPUT_PIXELS`]; `ERR_IMAGE_FORMAT` for pixels that cannot be decoded (JPEG with
    /// arithmetic coding, say); `ERR_INVALID_ARG` for options out of their range.
    pub fn new(metadata: &Metadata, options: &ResizeOptions, limits: &Limits) -> Result<Self> {
        check_options(options)?;
        limits.check(metadata)?;
        if let Some(what) = &metadata.undecodable {
            let message = format!(
                "the input is {what}, which is not read; save it as baseline or progressive JPEG first"
            );
            return Err(Error::new(Code::ImageFormat, message));
        }
        decode::check(metadata)?;
        let format = options.format.unwrap_or(metadata.format);
        let orientation = if options.auto_orient { metadata.orientation } else { Orientation::UPRIGHT };
        let (width, height) = orientation.orient_size((metadata.width, metadata.height));
        let geometry = Geometry::new(width, height, options);
        let canvas = output_size(format, geometry.canvas)?;
        let scaled = orientation.orient_size(geometry.scaled);
        Ok(Self {
            format,
            orientation,
            scaled,
            kept: orientation.stored_rect(geometry.kept, scaled),
            // Both lie within the canvas, whose sides are `u32`.
            shown: (geometry.kept.width as u32, geometry.kept.height as u32),
            canvas,
            offset: (geometry.offset.0 as u32, geometry.offset.1 as u32),
            layouts: layouts(
                metadata,
                options,
                format,
                geometry.canvas != (geometry.kept.width, geometry.kept.height),
            ),
            metadata: metadata.clone(),
            options: options.clone(),
        })
    }

    /// The format that will be written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Width and height of the output in pixels.
    pub fn output_size(&self) -> (u32, u32) {
        self.canvas
    }

    /// An upper bound of the memory in bytes that the job allocates at any one time, its output included,
    /// the input's own bytes not.
    pub fn working_bytes(&self) -> u64 {
        let Layouts { decoded, padded, encoded } = self.layouts;
        let channels = |layout: Layout| layout.channels() as u64;
        let source = pixels((self.metadata.width, self.metadata.height)).saturating_mul(channels(decoded));
        let kept = pixels(self.shown).saturating_mul(channels(decoded));
        let canvas = pixels(self.canvas);
        let decoding = source.saturating_add(decode::extra_bytes(&self.metadata));
        let resizing = source.saturating_add(kept).saturating_add(resize::extra_bytes(self));
        // Orienting, padding and flattening each hold what they read and what they make.
        let finishing = kept.max(canvas.saturating_mul(channels(padded))).saturating_mul(2);
        let encoding = canvas.saturating_mul(channels(encoded)).saturating_add(encode::extra_bytes(
            self.format,
            &self.options,
            self.canvas,
            encoded.has_alpha(),
        ));
        let profile = if self.metadata.icc.is_some() { PROFILE_BYTES } else { 0 };
        decoding.max(resizing).max(finishing).max(encoding).saturating_add(profile).saturating_add(64 << 10)
    }
}

pub(super) fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

fn output_size(format: Format, (width, height): (u64, u64)) -> Result<(u32, u32)> {
    let max = u64::from(format.max_side());
    if width > max || height > max {
        let message = format!(
            "the output would be {width}x{height} pixels, and {} holds at most {max} a side; ask for a smaller width and height, or another format",
            format.title()
        );
        return Err(Error::new(Code::ImageLimit, message));
    }
    if width * height > MAX_OUTPUT_PIXELS {
        let message = format!(
            "the output would be {width}x{height} pixels, and at most {MAX_OUTPUT_PIXELS} are written; ask for a smaller width and height"
        );
        return Err(Error::new(Code::ImageLimit, message));
    }
    Ok((width as u32, height as u32))
}

fn layouts(metadata: &Metadata, options: &ResizeOptions, format: Format, padding: bool) -> Layouts {
    let Background { r, g, b, alpha } = options.background;
    let gray_background = r == g && g == b;
    let decoded = Layout::new(metadata.color_model == ColorModel::Gray, metadata.has_alpha, false);
    // What the background adds: colour where it shows, transparency where the format can say it.
    let padded = if padding {
        let alpha = metadata.has_alpha || (alpha < 255 && format.has_alpha());
        Layout::new(decoded.is_gray() && gray_background, alpha, false)
    } else {
        decoded
    };
    let encoded = match format {
        Format::Jpeg => {
            Layout::new(padded.is_gray() && (gray_background || !padded.has_alpha()), false, false)
        }
        Format::Png => padded,
        _ => Layout::new(false, padded.has_alpha(), false),
    };
    Layouts { decoded, padded, encoded }
}

/// JavaScript has checked these already; a Rust caller may not have.
fn check_options(options: &ResizeOptions) -> Result<()> {
    let invalid = |message: &str| Err(Error::new(Code::InvalidArg, message));
    if options.width == Some(0) || options.height == Some(0) {
        return invalid("width and height must be at least 1 pixel");
    }
    if options.quality.is_some_and(|quality| !(1..=100).contains(&quality)) {
        return invalid("quality must be from 1 to 100");
    }
    if options.effort.is_some_and(|effort| effort > 6) {
        return invalid("effort must be from 0 to 6");
    }
    if options.compression_level > 9 {
        return invalid("compressionLevel must be from 0 to 9");
    }
    if let super::options::Position::Focal { x, y } = options.position
        && !((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y))
    {
        return invalid("position.x and position.y must be from 0 to 1");
    }
    Ok(())
}
