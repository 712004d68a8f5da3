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

/// How densely JPEG stores chroma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChromaSubsampling {
    /// One chroma sample for four pixels.
    #[default]
    Quarter,
    /// One for every pixel.
    Full,
}

/// Options of one resize. The default keeps the image's size and format.
///
/// ```
/// use offloop::image::{Fit, ResizeOptions};
/// let options = ResizeOptions { width: Some(320), fit: Fit::Inside, ..Default::default() };
/// assert_eq!(options.quality, 80);
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
    /// Never make the image larger than it is. Default: false.
    pub without_enlargement: bool,
    /// What fills empty space and lies under transparent pixels in JPEG. Default: opaque black.
    pub background: Background,
    /// Turn the pixels as EXIF says. Default: true.
    pub auto_orient: bool,
    /// The format written; `None` is the input's.
    pub format: Option<Format>,
    /// JPEG and lossy WebP: 1 to 100. Default: 80.
    pub quality: u8,
    /// WebP without loss. Default: false.
    pub lossless: bool,
    /// WebP: 0 (fast) to 6 (small). Default: 4.
    pub effort: u8,
    /// Progressive JPEG. Default: false.
    pub progressive: bool,
    /// JPEG's chroma. Default: a quarter (4:2:0).
    pub chroma_subsampling: ChromaSubsampling,
    /// PNG: 0 (none) to 9 (small). Default: 6.
    pub compression_level: u8,
}

impl Default for ResizeOptions {
    fn default() -> Self {
        Self {
            width: None,
            height: None,
            fit: Fit::default(),
            position: Position::default(),
            kernel: Kernel::default(),
            without_enlargement: false,
            background: Background::default(),
            auto_orient: true,
            format: None,
            quality: 80,
            lossless: false,
            effort: 4,
            progressive: false,
            chroma_subsampling: ChromaSubsampling::default(),
            compression_level: 6,
        }
    }
}
