//! A resize's options, from JavaScript's objects to ours. JavaScript has checked and completed them.

use napi_derive::napi;

use crate::error::{Code, Error, Result};
use crate::image::{
    Background, ChromaSubsampling, FailOn, Fit, Format, Keep, Kernel, Limits, PngFilter, Position, Region,
    ResizeOptions, Rotation, Sides, Trim,
};

#[napi(object, object_to_js = false)]
pub struct ColorArgument {
    pub r: u8,
    pub g: u8,
    pub b: u8,
    pub alpha: u8,
}

#[napi(object, object_to_js = false)]
#[derive(Clone, Copy)]
pub struct ImageLimitsArgument {
    pub input_bytes: f64,
    pub input_pixels: f64,
    pub frames: u32,
    pub input_side: u32,
    pub aspect_ratio: f64,
    pub metadata_bytes: f64,
    pub scans: u32,
}

/// One output. 0, -1 and '' stand for what follows from the image or its format.
#[napi(object, object_to_js = false)]
#[allow(clippy::struct_excessive_bools, reason = "they are the switches that JavaScript has")]
pub struct ResizeArgument {
    pub width: u32,
    pub height: u32,
    pub fit: String,
    pub position: String,
    pub focal_x: f64,
    pub focal_y: f64,
    pub kernel: String,
    pub linear: bool,
    pub without_enlargement: bool,
    pub background: ColorArgument,
    pub auto_orient: bool,
    pub rotate: u32,
    pub flip: bool,
    pub flop: bool,
    pub trim: bool,
    pub trim_background: Option<ColorArgument>,
    pub trim_threshold: u8,
    pub extract_left: u32,
    pub extract_top: u32,
    pub extract_width: u32,
    pub extract_height: u32,
    pub padding_top: u32,
    pub padding_right: u32,
    pub padding_bottom: u32,
    pub padding_left: u32,
    pub format: String,
    pub quality: u8,
    pub lossless: bool,
    pub near_lossless: bool,
    pub alpha_quality: u8,
    pub effort: i32,
    pub progressive: bool,
    pub chroma_subsampling: String,
    pub compression_level: u8,
    pub filter: String,
    pub palette: bool,
    pub colors: u32,
    pub dither: f64,
    pub animated: bool,
    pub keep_exif: bool,
    pub keep_icc: bool,
    pub keep_xmp: bool,
    pub timings: bool,
}

/// All that is made of one input.
#[napi(object, object_to_js = false)]
pub struct ResizeRequest {
    pub outputs: Vec<ResizeArgument>,
    pub limits: ImageLimitsArgument,
    pub fail_on: String,
}

impl From<ImageLimitsArgument> for Limits {
    fn from(limits: ImageLimitsArgument) -> Self {
        Limits {
            input_bytes: limits.input_bytes as u64,
            input_pixels: limits.input_pixels as u64,
            frames: limits.frames,
            input_side: limits.input_side,
            aspect_ratio: limits.aspect_ratio,
            metadata_bytes: limits.metadata_bytes as u64,
            scans: limits.scans,
        }
    }
}

fn unknown(option: &str, value: &str) -> Error {
    Error::new(Code::InvalidArg, format!("options.{option} '{value}' is not known"))
}

impl From<&ColorArgument> for Background {
    fn from(color: &ColorArgument) -> Self {
        Background { r: color.r, g: color.g, b: color.b, alpha: color.alpha }
    }
}

/// What `failOn` says.
pub(super) fn fail_on(name: &str) -> Result<FailOn> {
    Ok(match name {
        "error" => FailOn::Error,
        "truncated" => FailOn::Truncated,
        "none" => FailOn::None,
        other => return Err(unknown("failOn", other)),
    })
}

impl TryFrom<&ResizeArgument> for ResizeOptions {
    type Error = Error;

    fn try_from(options: &ResizeArgument) -> Result<Self> {
        Ok(ResizeOptions {
            width: (options.width > 0).then_some(options.width),
            height: (options.height > 0).then_some(options.height),
            fit: fit(&options.fit)?,
            position: position(options)?,
            kernel: kernel(&options.kernel)?,
            linear: options.linear,
            without_enlargement: options.without_enlargement,
            background: (&options.background).into(),
            auto_orient: options.auto_orient,
            rotate: match options.rotate {
                0 => Rotation::None,
                90 => Rotation::Quarter,
                180 => Rotation::Half,
                270 => Rotation::ThreeQuarters,
                other => return Err(unknown("rotate", &other.to_string())),
            },
            flip: options.flip,
            flop: options.flop,
            trim: options.trim.then(|| Trim {
                background: options.trim_background.as_ref().map(Into::into),
                threshold: options.trim_threshold,
            }),
            extract: (options.extract_width > 0).then_some(Region {
                left: options.extract_left,
                top: options.extract_top,
                width: options.extract_width,
                height: options.extract_height,
            }),
            padding: Sides {
                top: options.padding_top,
                right: options.padding_right,
                bottom: options.padding_bottom,
                left: options.padding_left,
            },
            animated: options.animated,
            keep: Keep { exif: options.keep_exif, icc: options.keep_icc, xmp: options.keep_xmp },
            format: format(&options.format)?,
            quality: (options.quality > 0).then_some(options.quality),
            alpha_quality: (options.alpha_quality > 0).then_some(options.alpha_quality),
            lossless: options.lossless,
            near_lossless: options.near_lossless,
            effort: u8::try_from(options.effort).ok(),
            progressive: options.progressive,
            chroma_subsampling: match options.chroma_subsampling.as_str() {
                "" => None,
                "4:2:0" => Some(ChromaSubsampling::Quarter),
                "4:4:4" => Some(ChromaSubsampling::Full),
                other => return Err(unknown("chromaSubsampling", other)),
            },
            compression_level: options.compression_level,
            png_filter: match options.filter.as_str() {
                "adaptive" => PngFilter::Adaptive,
                "none" => PngFilter::None,
                "sub" => PngFilter::Sub,
                "up" => PngFilter::Up,
                "average" => PngFilter::Average,
                "paeth" => PngFilter::Paeth,
                other => return Err(unknown("filter", other)),
            },
            palette: options.palette,
            colors: options.colors as u16,
            dither: options.dither as f32,
        })
    }
}

fn fit(name: &str) -> Result<Fit> {
    Ok(match name {
        "cover" => Fit::Cover,
        "contain" => Fit::Contain,
        "fill" => Fit::Fill,
        "inside" => Fit::Inside,
        "outside" => Fit::Outside,
        other => return Err(unknown("fit", other)),
    })
}

fn position(options: &ResizeArgument) -> Result<Position> {
    Ok(match options.position.as_str() {
        "center" => Position::Center,
        "top" => Position::Top,
        "top-right" => Position::TopRight,
        "right" => Position::Right,
        "bottom-right" => Position::BottomRight,
        "bottom" => Position::Bottom,
        "bottom-left" => Position::BottomLeft,
        "left" => Position::Left,
        "top-left" => Position::TopLeft,
        "focal" => Position::Focal { x: options.focal_x, y: options.focal_y },
        "attention" => Position::Attention,
        other => return Err(unknown("position", other)),
    })
}

fn kernel(name: &str) -> Result<Kernel> {
    Ok(match name {
        "nearest" => Kernel::Nearest,
        "bilinear" => Kernel::Bilinear,
        "catmull-rom" => Kernel::CatmullRom,
        "mitchell" => Kernel::Mitchell,
        "lanczos3" => Kernel::Lanczos3,
        other => return Err(unknown("kernel", other)),
    })
}

fn format(name: &str) -> Result<Option<Format>> {
    Ok(match name {
        "" => None,
        "jpeg" => Some(Format::Jpeg),
        "png" => Some(Format::Png),
        "webp" => Some(Format::WebP),
        "avif" => Some(Format::Avif),
        "gif" => Some(Format::Gif),
        other => return Err(unknown("format", other)),
    })
}
