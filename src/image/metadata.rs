//! What an image's header says.

use std::io::Read;
use std::ops::Range;

use super::format::Format;
use super::orientation::Orientation;

/// The most that a compressed profile or text may unpack to. Real ones are below 3 MiB (press profiles).
const MAX_PAYLOAD: usize = 4 << 20;

/// The model of the decoded samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColorModel {
    /// One channel.
    Gray,
    /// Red, green and blue; in JPEG and lossy WebP stored as luma and chroma.
    Rgb,
    /// Four inks; only in JPEG and TIFF.
    Cmyk,
}

impl ColorModel {
    /// The name JavaScript sees.
    pub fn as_str(self) -> &'static str {
        match self {
            ColorModel::Gray => "gray",
            ColorModel::Rgb => "rgb",
            ColorModel::Cmyk => "cmyk",
        }
    }
}

/// The most scans of a progressive JPEG that are counted: ten times what any encoder writes.
pub const MAX_SCANS: u32 = 10_000;

/// What an image's header says, as [`probe`](super::probe()) finds it.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The format.
    pub format: Format,
    /// Width in pixels as stored, before orientation.
    pub width: u32,
    /// Height in pixels as stored, before orientation.
    pub height: u32,
    /// How the pixels are turned for showing; upright where nothing is said.
    pub orientation: Orientation,
    /// Frames of an animation, 1 for a still image.
    pub frames: u32,
    /// Channels of the decoded image, alpha included: 1 to 4.
    pub channels: u8,
    /// Bits a channel as stored; for a PNG with a palette, bits an index.
    pub bit_depth: u8,
    /// Whether pixels may be transparent.
    pub has_alpha: bool,
    /// The model of the decoded samples.
    pub color_model: ColorModel,
    /// Milliseconds that each frame of an animation is shown; empty for a still image.
    pub delays: Vec<u32>,
    /// How often an animation is played, 0 for ever; `None` for a still image.
    pub plays: Option<u32>,
    /// Dots an inch, where the header says so.
    pub density: Option<f64>,
    /// Scans of a progressive JPEG, 0 elsewhere. No more are counted than [`MAX_SCANS`].
    pub scans: u32,
    /// Progressive JPEG, or interlaced PNG or GIF; `None` for the others, which have no such thing.
    pub progressive: Option<bool>,
    /// As `4:2:0`, where the format stores chroma apart.
    pub chroma_subsampling: Option<&'static str>,
    /// The colour profile.
    pub icc: Option<Payload>,
    /// The EXIF block, from its TIFF header on.
    pub exif: Option<Payload>,
    /// The XMP packet.
    pub xmp: Option<Payload>,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// Whether the file ends before its pixels do. The header is whole.
    pub(super) truncated: bool,
    /// Pixels of a piece that is decoded at once: a strip or tile of a TIFF packed with JPEG, or the
    /// largest frame of a GIF or an animated WebP; 0 elsewhere.
    pub(super) piece_pixels: u64,
    /// Why the pixels cannot be decoded although the header reads well.
    pub(super) undecodable: Option<String>,
    /// Blocks of coefficients in a JPEG, 0 elsewhere.
    pub(super) blocks: u64,
    /// Whether decoding needs all coefficients of the image at once, not just a row of blocks.
    pub(super) whole_coefficients: bool,
}

impl Metadata {
    /// Whether its frames are decoded, and not just counted: an APNG shows its default image.
    pub(super) fn is_animation(&self) -> bool {
        self.frames > 1 && self.format.is_animated()
    }

    /// An upright still image of three channels of eight bits, of which nothing more is known.
    pub(super) fn new(format: Format, (width, height): (u32, u32), file: &[u8]) -> Self {
        Self {
            format,
            width,
            height,
            orientation: Orientation::UPRIGHT,
            frames: 1,
            channels: 3,
            bit_depth: 8,
            has_alpha: false,
            color_model: ColorModel::Rgb,
            delays: Vec::new(),
            plays: None,
            density: None,
            scans: 0,
            progressive: None,
            chroma_subsampling: None,
            icc: None,
            exif: None,
            xmp: None,
            bytes: file.len() as u64,
            truncated: false,
            piece_pixels: 0,
            undecodable: None,
            blocks: 0,
            whole_coefficients: false,
        }
    }
}

/// Where in the file a piece of metadata lies. Nothing is copied until it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    parts: Vec<Range<usize>>,
    deflated: bool,
}

impl Payload {
    pub(super) fn plain(range: Range<usize>) -> Self {
        Self { parts: vec![range], deflated: false }
    }

    pub(super) fn deflated(range: Range<usize>) -> Self {
        Self { parts: vec![range], deflated: true }
    }

    pub(super) fn joined(parts: Vec<Range<usize>>) -> Self {
        Self { parts, deflated: false }
    }

    /// Bytes in the file.
    pub fn stored_bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.len() as u64).sum()
    }

    /// The most bytes that [`Self::read`] answers with.
    pub(super) fn most_bytes(&self) -> u64 {
        // A bit of DEFLATE stands for at most 129 bytes.
        let plain =
            if self.deflated { self.stored_bytes().saturating_mul(1032) } else { self.stored_bytes() };
        plain.min(MAX_PAYLOAD as u64)
    }

    /// The bytes, unpacked. `None` when they are damaged or larger than 4 MiB: metadata that cannot be
    /// read is no reason to refuse the image.
    ///
    /// `file` must be the bytes that were probed.
    pub fn read(&self, file: &[u8]) -> Option<Vec<u8>> {
        let length: usize = self.parts.iter().map(ExactSizeIterator::len).sum();
        if length > MAX_PAYLOAD {
            return None;
        }
        if self.deflated {
            let packed = file.get(self.parts.first()?.clone())?;
            let mut plain = Vec::new();
            let limit = MAX_PAYLOAD as u64 + 1;
            flate2::read::ZlibDecoder::new(packed).take(limit).read_to_end(&mut plain).ok()?;
            return (plain.len() <= MAX_PAYLOAD).then_some(plain);
        }
        let mut joined = Vec::with_capacity(length);
        for part in &self.parts {
            joined.extend_from_slice(file.get(part.clone())?);
        }
        Some(joined)
    }
}
