//! Options as bytes choose them, so that whatever makes bytes (a seed, a fuzzer) makes options too. Outputs are kept small:
//! it is the input that is to be tried.

use offloop::image::{
    Background, ChromaSubsampling, FailOn, Fit, Format, Keep, Kernel, PngFilter, Position, Region,
    ResizeOptions, Rotation, Sides, Trim,
};

/// How many bytes choose.
pub(crate) const CHOICES: usize = 24;

const FORMATS: [Format; 4] = [Format::Png, Format::Jpeg, Format::WebP, Format::Gif];
const FITS: [Fit; 5] = [Fit::Cover, Fit::Contain, Fit::Fill, Fit::Inside, Fit::Outside];
const KERNELS: [Kernel; 5] =
    [Kernel::Lanczos3, Kernel::Nearest, Kernel::Bilinear, Kernel::CatmullRom, Kernel::Mitchell];
const ROTATIONS: [Rotation; 4] = [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];
const POSITIONS: [Position; 4] =
    [Position::Center, Position::TopLeft, Position::Bottom, Position::Focal { x: 0.3, y: 0.9 }];
const FILTERS: [PngFilter; 6] = [
    PngFilter::Adaptive,
    PngFilter::None,
    PngFilter::Sub,
    PngFilter::Up,
    PngFilter::Average,
    PngFilter::Paeth,
];

/// All zeros are a PNG of the image's own size.
pub(crate) fn options(bytes: &[u8; CHOICES]) -> ResizeOptions {
    let [
        format,
        width,
        height,
        fit,
        position,
        kernel,
        rotation,
        switches,
        more,
        quality,
        effort,
        filter,
        level,
        colors,
        left,
        top,
        wide,
        high,
        red,
        alpha,
        border,
        threshold,
        sides,
        keep,
    ] = *bytes;
    let set = |switches: u8, bit: u8| switches >> bit & 1 == 1;
    let side = |byte: u8| (byte > 0).then(|| u32::from(byte));
    // AV1 is slow to write: seldom, and little.
    let avif = format >= 250;
    ResizeOptions {
        width: side(width).or(avif.then_some(16)).map(|width| if avif { width % 24 + 1 } else { width }),
        height: side(height).or(avif.then_some(16)).map(|height| if avif { height % 24 + 1 } else { height }),
        fit: if avif { Fit::Fill } else { pick(&FITS, fit) },
        position: if position == 255 { Position::Attention } else { pick(&POSITIONS, position) },
        kernel: pick(&KERNELS, kernel),
        rotate: pick(&ROTATIONS, rotation),
        linear: set(switches, 0),
        without_enlargement: set(switches, 1),
        auto_orient: !set(switches, 2),
        flip: set(switches, 3),
        flop: set(switches, 4),
        animated: !set(switches, 5),
        progressive: set(switches, 6),
        palette: set(switches, 7),
        lossless: set(more, 0),
        near_lossless: set(more, 1) && !set(more, 0),
        trim: set(more, 2).then(|| Trim { threshold, ..Default::default() }),
        extract: set(more, 3).then(|| Region {
            left: left.into(),
            top: top.into(),
            width: u32::from(wide) + 1,
            height: u32::from(high) + 1,
        }),
        padding: if set(more, 4) {
            Sides { top: border.into(), right: sides.into(), bottom: 1, left: 0 }
        } else {
            Sides::default()
        },
        background: Background { r: red, g: 100, b: 255, alpha },
        keep: Keep { exif: set(keep, 0), icc: set(keep, 1), xmp: set(keep, 2) },
        format: Some(if avif { Format::Avif } else { pick(&FORMATS, format) }),
        quality: (quality > 0).then(|| quality % 100 + 1),
        alpha_quality: Some(alpha % 100 + 1),
        effort: if avif { Some(0) } else { (effort > 0).then(|| 1 + effort % 6) },
        chroma_subsampling: match quality % 3 {
            0 => None,
            1 => Some(ChromaSubsampling::Quarter),
            _ => Some(ChromaSubsampling::Full),
        },
        compression_level: level % 10,
        png_filter: pick(&FILTERS, filter),
        colors: u16::from(colors % 255) + 2,
        dither: f32::from(colors % 3) / 2.0,
    }
}

/// What the input may lack; zeros: nothing.
pub(crate) fn fail_on(bytes: &[u8; CHOICES]) -> FailOn {
    // The sixth byte's lower bits choose a turn.
    pick(&[FailOn::Error, FailOn::None, FailOn::Truncated], bytes[6] >> 2)
}

fn pick<T: Copy>(list: &[T], byte: u8) -> T {
    list[usize::from(byte) % list.len()]
}
