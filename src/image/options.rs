//! What a resize may be asked to do. Plain data: JavaScript has checked types, [`Plan`](super::Plan)
//! checks what depends on the image.

use super::format::Format;

/// How the image is fitted when both width and height are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// Cover both sides and cut off what is over.
    #[default]
    Cover,
    /// Fit inside both and fill the rest with the background.
    Contain,
    /// Stretch to both, whatever the aspect ratio.
    Fill,
    /// As large as fits inside both.
    Inside,
    /// As small as covers both, without cutting.
    Outside,
}

/// Where the kept part lies ([`Fit::Cover`]), or the image on its background ([`Fit::Contain`]), in the
/// image as it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Position {
    /// The middle.
    #[default]
    Center,
    /// The middle of the upper edge.
    Top,
    /// The upper right corner.
    TopRight,
    /// The middle of the right edge.
    Right,
    /// The lower right corner.
    BottomRight,
    /// The middle of the lower edge.
    Bottom,
    /// The lower left corner.
    BottomLeft,
    /// The middle of the left edge.
    Left,
    /// The upper left corner.
    TopLeft,
    /// A point of interest, as fractions of width and height from the upper left corner: kept as near
    /// to the middle as the edges allow.
    Focal {
        /// 0 is the left edge, 1 the right.
        x: f64,
        /// 0 is the upper edge, 1 the lower.
        y: f64,
    },
    /// Where the most is to be seen: detail, saturated colour and skin.
    Attention,
}

/// The interpolation kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kernel {
    /// The nearest pixel; for pixel art.
    Nearest,
    /// Triangle, support 1.
    Bilinear,
    /// Cubic with B = 0, C = 1/2 (Catmull and Rom 1974), support 2.
    CatmullRom,
    /// Cubic with B = C = 1/3 (Mitchell and Netravali 1988), support 2.
    Mitchell,
    /// Sinc windowed by its own main lobe, support 3 (Duchon 1979).
    #[default]
    Lanczos3,
}

/// A colour in sRGB, not premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Background {
    /// Red, 0 to 255.
    pub r: u8,
    /// Green, 0 to 255.
    pub g: u8,
    /// Blue, 0 to 255.
    pub b: u8,
    /// 0 is transparent, 255 opaque.
    pub alpha: u8,
}

impl Default for Background {
    fn default() -> Self {
        Self { r: 0, g: 0, b: 0, alpha: 255 }
    }
}

/// How densely JPEG and AVIF store chroma.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChromaSubsampling {
    /// One chroma sample for four pixels.
    Quarter,
    /// One for every pixel.
    Full,
}

/// What an input may lack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Nothing: damage and a file that ends early are errors.
    #[default]
    Error,
    /// Damaged parts are shown as they come out; a file that ends early is an error.
    Truncated,
    /// What is damaged or missing is shown as it comes out, or empty.
    None,
}

/// A clockwise turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// None.
    #[default]
    None,
    /// A quarter.
    Quarter,
    /// Upside down.
    Half,
    /// Three quarters.
    ThreeQuarters,
}

/// A region in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// From the left edge.
    pub left: u32,
    /// From the upper edge.
    pub top: u32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// Cutting off borders of one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// The border's colour; `None` is that of the upper left pixel.
    pub background: Option<Background>,
    /// How far a pixel may differ from it, 0 to 255, and still be border. Default: 10.
    pub threshold: u8,
}

impl Default for Trim {
    fn default() -> Self {
        Self { background: None, threshold: 10 }
    }
}

/// Pixels at the four edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    /// Above.
    pub top: u32,
    /// To the right.
    pub right: u32,
    /// Below.
    pub bottom: u32,
    /// To the left.
    pub left: u32,
}

/// How PNG rows are filtered before they are compressed (PNG third edition, section 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PngFilter {
    /// The best for each row, by the sum of absolute differences.
    #[default]
    Adaptive,
    /// None.
    None,
    /// By the pixel to the left.
    Sub,
    /// By the pixel above.
    Up,
    /// By the mean of both.
    Average,
    /// By whichever of three neighbours is nearest to their plane.
    Paeth,
}

/// Which metadata goes into the output. Default: none, and pixels in sRGB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// EXIF, its orientation set to what the output shows.
    pub exif: bool,
    /// The colour profile; then the pixels stay in its colours. A CMYK profile is never kept: what is
    /// written is not CMYK.
    pub icc: bool,
    /// XMP.
    pub xmp: bool,
}

/// Options of one resize. The default keeps the image's size and format.
///
/// ```
/// use offloop::image::{Fit, ResizeOptions};
/// let options = ResizeOptions { width: Some(320), fit: Fit::Inside, ..Default::default() };
/// assert!(options.auto_orient);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the switches that JavaScript has")]
pub struct ResizeOptions {
    /// Width in pixels; `None` follows from the height and the aspect ratio.
    pub width: Option<u32>,
    /// Height in pixels; `None` follows from the width and the aspect ratio.
    pub height: Option<u32>,
    /// How the image is fitted. Default: cover.
    pub fit: Fit,
    /// Which part is kept, or where the image lies. Default: the centre.
    pub position: Position,
    /// The interpolation kernel. Default: Lanczos3.
    pub kernel: Kernel,
    /// Resize in linear light. Default: false.
    pub linear: bool,
    /// Never make the image larger than it is. Default: false.
    pub without_enlargement: bool,
    /// What fills empty space and lies under transparent pixels in JPEG. Default: opaque black.
    pub background: Background,
    /// Turn the pixels as EXIF says. Default: true.
    pub auto_orient: bool,
    /// Turn them further. Default: none.
    pub rotate: Rotation,
    /// Then turn them upside down, as a mirror below would. Default: false.
    pub flip: bool,
    /// And left to right. Default: false.
    pub flop: bool,
    /// Then cut off borders of one colour. Default: none.
    pub trim: Option<Trim>,
    /// Then keep only this region. Default: everything.
    pub extract: Option<Region>,
    /// Background added around the resized image, in pixels. Default: none.
    pub padding: Sides,
    /// All frames of an animation, where the format written can hold them. Default: true.
    pub animated: bool,
    /// Which metadata is kept. Default: none.
    pub keep: Keep,
    /// The format written; `None` is the input's, or PNG where that is only read.
    pub format: Option<Format>,
    /// JPEG, WebP, AVIF: 1 to 100. Default: 80; AVIF 50.
    pub quality: Option<u8>,
    /// WebP and AVIF: 1 to 100, of the alpha channel in lossy images. Default: 100; AVIF halfway between
    /// `quality` and 100.
    pub alpha_quality: Option<u8>,
    /// WebP without loss. Default: false.
    pub lossless: bool,
    /// WebP: lossless after small changes that compress better, `quality` saying how small. Default: false.
    pub near_lossless: bool,
    /// From fast to small. WebP: 0 to 6, default 4; AVIF: 0 to 9, default 4; GIF: 1 to 10, default 7.
    pub effort: Option<u8>,
    /// Progressive JPEG. Default: false.
    pub progressive: bool,
    /// Chroma of JPEG (default: a quarter) and AVIF (default: full).
    pub chroma_subsampling: Option<ChromaSubsampling>,
    /// PNG: 0 (none) to 9 (small). Default: 6.
    pub compression_level: u8,
    /// PNG's filter. Default: adaptive.
    pub png_filter: PngFilter,
    /// PNG with a palette. Default: false.
    pub palette: bool,
    /// The most colours of a palette, PNG's or GIF's: 2 to 256. Default: 256.
    pub colors: u16,
    /// How much of the palette's error is spread to neighbouring pixels: 0 to 1. Default: 1.
    pub dither: f32,
}

impl Default for ResizeOptions {
    fn default() -> Self {
        Self {
            width: None,
            height: None,
            fit: Fit::default(),
            position: Position::default(),
            kernel: Kernel::default(),
            linear: false,
            without_enlargement: false,
            background: Background::default(),
            auto_orient: true,
            rotate: Rotation::default(),
            flip: false,
            flop: false,
            trim: None,
            extract: None,
            padding: Sides::default(),
            animated: true,
            keep: Keep::default(),
            format: None,
            quality: None,
            alpha_quality: None,
            lossless: false,
            near_lossless: false,
            effort: None,
            progressive: false,
            chroma_subsampling: None,
            compression_level: 6,
            png_filter: PngFilter::default(),
            palette: false,
            colors: 256,
            dither: 1.0,
        }
    }
}

impl ResizeOptions {
    /// The quality that `format` is written with.
    pub fn quality_for(&self, format: Format) -> u8 {
        self.quality.unwrap_or(if format == Format::Avif { 50 } else { 80 })
    }

    /// The effort that `format` is written with.
    pub fn effort_for(&self, format: Format) -> u8 {
        self.effort.unwrap_or(if format == Format::Gif { 7 } else { 4 })
    }

    /// The chroma that `format` is written with.
    pub fn chroma_for(&self, format: Format) -> ChromaSubsampling {
        let default =
            if format == Format::Avif { ChromaSubsampling::Full } else { ChromaSubsampling::Quarter };
        self.chroma_subsampling.unwrap_or(default)
    }
}
