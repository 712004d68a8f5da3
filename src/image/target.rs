//! One output of a job: its options, its sizes, its layouts.

use super::format::Format;
use super::geometry::{Geometry, Rect};
use super::metadata::{ColorModel, Metadata};
use super::options::{Background, Fit, Position, Region, ResizeOptions, Rotation};
use super::orientation::Orientation;
use super::pixels::Layout;
use super::plan::{MAX_OUTPUT_PIXELS, pixels};
use super::resize::Scaling;
use crate::error::{Code, Error, Result};

#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) options: ResizeOptions,
    pub(super) format: Format,
    /// From stored pixels to shown ones: EXIF's, then what was asked for.
    pub(super) orientation: Orientation,
    /// All frames.
    pub(super) animated: bool,
    /// Sixteen bits a channel.
    pub(super) wide: bool,
    /// As planned; of a trimmed output, as it would be untrimmed.
    pub(super) shape: Shape,
    /// As encoded.
    pub(super) encoded: Layout,
    /// The profile goes into the output, and its colours stay.
    pub(super) keeps_profile: bool,
    /// The most pixels that the canvas may have. How large a trimmed image's is, only its pixels tell.
    pub(super) most_pixels: u64,
}

/// An output's sizes and places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    /// The stored image's size.
    stored: (u32, u32),
    /// What of it is used.
    pub(super) region: Region,
    pub(super) orientation: Orientation,
    /// Of the region, as it is shown.
    pub(super) geometry: Geometry,
    pub(super) canvas: (u32, u32),
}

impl Shape {
    /// Of an image of `stored` size, of which `region` is used: as it is stored.
    pub(super) fn new(
        stored: (u32, u32),
        orientation: Orientation,
        region: Region,
        options: &ResizeOptions,
        (input, output): (Format, Format),
    ) -> Result<Self> {
        let (width, height) = orientation.orient_size((region.width, region.height));
        let upright = options.rotate == Rotation::None && !options.flip && !options.flop;
        let all = options.trim.is_none() && options.extract.is_none();
        let geometry = if input == Format::Jpeg && upright && all {
            Geometry::of_shrinkable(width, height, options)
        } else {
            Geometry::new(width, height, options)
        };
        Ok(Self { stored, region, orientation, canvas: output_size(output, geometry.canvas)?, geometry })
    }

    /// Pixels of the output for one of the input, along the axis that has more.
    pub(super) fn density(&self) -> f64 {
        let Geometry { source, scaled, .. } = self.geometry;
        let along = |scaled: u64, source: u32| scaled as f64 / f64::from(source);
        along(scaled.0, source.0).max(along(scaled.1, source.1))
    }

    /// Whether it uses the whole image.
    pub(super) fn is_whole(&self) -> bool {
        let Region { left, top, width, height } = self.region;
        (left, top, width, height) == (0, 0, self.stored.0, self.stored.1)
    }

    /// What is kept, as it is shown. No larger than the canvas, whose sides are `u32`.
    pub(super) fn shown(&self) -> (u32, u32) {
        (self.geometry.kept.width as u32, self.geometry.kept.height as u32)
    }

    /// Where that lies on the canvas.
    pub(super) fn offset(&self) -> (u32, u32) {
        (self.geometry.offset.0 as u32, self.geometry.offset.1 as u32)
    }

    /// Whether the scaled image lies on a larger canvas.
    pub(super) fn is_padded(&self) -> bool {
        self.canvas != self.shown()
    }

    /// How the decoded image, which has `size` and was shrunk by `factor` if all of it is used, is scaled.
    pub(super) fn scaling(&self, size: (u32, u32), factor: f64, options: &ResizeOptions) -> Scaling {
        self.geometry.scaling(self.region_of(size), factor, self.orientation, options)
    }

    /// What is used of the decoded image.
    pub(super) fn region_of(&self, size: (u32, u32)) -> Region {
        let all = Region { left: 0, top: 0, width: size.0, height: size.1 };
        if self.is_whole() { all } else { self.region }
    }
}

impl Target {
    pub(super) fn new(metadata: &Metadata, options: &ResizeOptions) -> Result<Self> {
        let input = if metadata.format.is_written() { metadata.format } else { Format::Png };
        let format = options.format.unwrap_or(input);
        check_options(options, format)?;
        let orientation = Self::orientation_of(metadata, options);
        let stored = (metadata.width, metadata.height);
        // What is cut out of a trimmed image is known when it has been trimmed.
        let extract = options.extract.filter(|_| options.trim.is_none());
        let whole = Region { left: 0, top: 0, width: stored.0, height: stored.1 };
        let region = match extract {
            Some(inner) => within(whole, orientation, inner)?,
            None => whole,
        };
        let shape = Shape::new(stored, orientation, region, options, (metadata.format, format))?;
        let animated =
            options.animated && metadata.frames > 1 && metadata.is_animation() && format.is_animated();
        let frames = if animated { u64::from(metadata.frames) } else { 1 };
        let canvas = (u64::from(shape.canvas.0), u64::from(shape.canvas.1));
        if canvas.0 * canvas.1 * frames > MAX_OUTPUT_PIXELS {
            return Err(too_many_pixels(canvas, frames));
        }
        let gray = metadata.color_model == ColorModel::Gray;
        let wide = metadata.bit_depth == 16
            && metadata.color_model != ColorModel::Cmyk
            && match format {
                Format::Png => !options.palette,
                Format::Avif => true,
                _ => false,
            };
        // What trimming leaves may have another shape, and need padding that the whole image does not.
        let padded = shape.is_padded() || (options.trim.is_some() && options.fit == Fit::Contain);
        let encoded = encoded((gray, metadata.has_alpha, wide), padded, options, format);
        let promised = pixels(shape.canvas);
        let most_pixels = if options.trim.is_some() {
            // Enough for any output that is not larger than life, and for small ones in any case.
            (2 * promised.max(pixels(stored)) + (1 << 16)).min(MAX_OUTPUT_PIXELS)
        } else {
            promised
        };
        Ok(Self {
            format,
            orientation,
            animated,
            wide,
            most_pixels,
            shape,
            keeps_profile: options.keep.icc
                && metadata.icc.is_some()
                && metadata.color_model != ColorModel::Cmyk
                && profile_is_gray(format, options, encoded) == Some(gray),
            encoded,
            options: options.clone(),
        })
    }

    /// An upper bound of the bytes of a pixel at any stage.
    pub(super) fn pixel_bytes(&self) -> u64 {
        if self.wide { 8 } else { 4 }
    }

    /// Whether what is kept is found by looking at the scaled image.
    pub(super) fn needs_attention(&self) -> bool {
        self.options.position == Position::Attention && self.options.fit == Fit::Cover && {
            let Geometry { kept, scaled, .. } = self.shape.geometry;
            (kept.width, kept.height) != scaled
        }
    }

    /// Width and height of the largest canvas that may come of it, for bounds of memory.
    pub(super) fn largest_canvas(&self) -> (u32, u32) {
        if self.options.trim.is_none() {
            return self.shape.canvas;
        }
        let side = (self.most_pixels as f64).sqrt().ceil() as u32;
        (side, side)
    }

    /// The layout on a canvas larger than the image, given what the pixels have now.
    pub(super) fn padded(&self, now: Layout) -> Layout {
        let Background { r, g, b, alpha } = self.options.background;
        let gray = now.is_gray() && r == g && g == b;
        let alpha = now.has_alpha() || (alpha < 255 && self.format.has_alpha());
        Layout::new(gray, alpha, now.is_wide())
    }
}

/// Whether a profile in the written file speaks of gray or of colours; `None` where the format holds none.
fn profile_is_gray(format: Format, options: &ResizeOptions, encoded: Layout) -> Option<bool> {
    match format {
        Format::Gif | Format::Tiff | Format::Bmp => None,
        // A palette's entries are colours.
        Format::Png => Some(encoded.is_gray() && !options.palette),
        Format::Jpeg | Format::WebP | Format::Avif => Some(encoded.is_gray()),
    }
}

/// What the pixels have when they are encoded: colour that the background adds, transparency where the
/// format can say it.
fn encoded(
    (gray, alpha, wide): (bool, bool, bool),
    padded: bool,
    options: &ResizeOptions,
    format: Format,
) -> Layout {
    let Background { r, g, b, alpha: background } = options.background;
    let gray_background = r == g && g == b;
    let alpha = alpha || (padded && background < 255);
    let shows_background = padded || (alpha && !format.has_alpha());
    let gray = gray && (gray_background || !shows_background);
    match format {
        Format::Jpeg => Layout::new(gray, false, false),
        Format::WebP | Format::Gif => Layout::new(false, alpha, false),
        // A gray AVIF with alpha is written in colour.
        Format::Avif => Layout::new(gray && !alpha, alpha, wide),
        _ => Layout::new(gray, alpha, wide),
    }
}

/// Where a region of what is shown of `outer` lies in the stored image.
pub(super) fn within(outer: Region, orientation: Orientation, inner: Region) -> Result<Region> {
    let Region { left, top, width, height } = inner;
    let stored = (outer.width, outer.height);
    let shown = orientation.orient_size(stored);
    let fits = |start: u32, length: u32, side: u32| {
        length > 0 && start.checked_add(length).is_some_and(|end| end <= side)
    };
    if fits(left, width, shown.0) && fits(top, height, shown.1) {
        let Rect { left, top, width, height } =
            orientation.stored_rect(Rect { left, top, width, height }, stored);
        return Ok(Region { left: outer.left + left, top: outer.top + top, width, height });
    }
    Err(Error::new(
        Code::InvalidArg,
        format!(
            "options.extract is {width}x{height} pixels from ({left}, {top}), which reaches outside the image: it is {}x{} as shown",
            shown.0, shown.1
        ),
    ))
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
        return Err(too_many_pixels((width, height), 1));
    }
    Ok((width as u32, height as u32))
}

fn too_many_pixels((width, height): (u64, u64), frames: u64) -> Error {
    let frames = if frames > 1 { format!(" in {frames} frames") } else { String::new() };
    let message = format!(
        "the output would be {width}x{height} pixels{frames}, and at most {MAX_OUTPUT_PIXELS} are written; ask for a smaller width and height"
    );
    Error::new(Code::ImageLimit, message)
}

/// JavaScript has checked these already, where they don't depend on the input's format; a Rust caller may
/// not have.
fn check_options(options: &ResizeOptions, format: Format) -> Result<()> {
    let invalid = |message: &str| Err(Error::new(Code::InvalidArg, message));
    if !format.is_written() {
        return invalid("format must be one that is written: jpeg, png, webp, avif or gif");
    }
    if options.width == Some(0) || options.height == Some(0) {
        return invalid("width and height must be at least 1 pixel");
    }
    let percent = |value: u8| (1..=100).contains(&value);
    if !options.quality.is_none_or(percent) || !options.alpha_quality.is_none_or(percent) {
        return invalid("quality and alphaQuality must be from 1 to 100");
    }
    let efforts = match format {
        Format::WebP => 0..=6,
        Format::Avif => 0..=9,
        Format::Gif => 1..=10,
        _ => 0..=u8::MAX,
    };
    if !options.effort.is_none_or(|effort| efforts.contains(&effort)) {
        let message = format!(
            "options.effort of {} must be from {} to {}",
            format.title(),
            efforts.start(),
            efforts.end()
        );
        return Err(Error::new(Code::InvalidArg, message));
    }
    if options.compression_level > 9 {
        return invalid("compressionLevel must be from 0 to 9");
    }
    if !(2..=256).contains(&options.colors) || !(0.0..=1.0).contains(&options.dither) {
        return invalid("colors must be from 2 to 256, and dither from 0 to 1");
    }
    if options.lossless && options.near_lossless {
        return invalid("lossless and nearLossless exclude each other");
    }
    if let Position::Focal { x, y } = options.position
        && !((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y))
    {
        return invalid("position.x and position.y must be from 0 to 1");
    }
    Ok(())
}
