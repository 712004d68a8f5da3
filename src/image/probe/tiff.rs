//! TIFF headers: the first directory (TIFF 6.0; its technical note 2 for JPEG; Adobe's and ICC's fields for
//! XMP and profiles).

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{ColorModel, Metadata, Payload};
use super::super::orientation::Orientation;
use super::ifd::{Directory, Field};
use crate::error::{Error, Result};

/// The most tiles or strips that an image is cut into.
const MAX_PIECES: u64 = 1 << 20;

mod tag {
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const ORIENTATION: u16 = 274;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTES: u16 = 279;
    pub(super) const PLANAR: u16 = 284;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const T6_OPTIONS: u16 = 293;
    pub(super) const PREDICTOR: u16 = 317;
    pub(super) const COLOR_MAP: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_BYTES: u16 = 325;
    pub(super) const INK_SET: u16 = 332;
    pub(super) const EXTRA_SAMPLES: u16 = 338;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_TABLES: u16 = 347;
    pub(super) const XMP: u16 = 700;
    pub(super) const ICC: u16 = 34675;
}

fn corrupt(what: impl std::fmt::Display) -> Error {
    super::corrupt(Format::Tiff, what)
}

/// What a piece's bytes are packed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Compression {
    None,
    /// ITU-T T.4; if not `two_dimensional`, one-dimensional only.
    Fax3 {
        two_dimensional: bool,
    },
    /// ITU-T T.6.
    Fax4,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
    Other,
}

impl Compression {
    fn of(value: u64, t4_options: u64) -> Self {
        match value {
            1 => Compression::None,
            3 => Compression::Fax3 { two_dimensional: t4_options & 1 != 0 },
            4 => Compression::Fax4,
            5 => Compression::Lzw,
            7 => Compression::Jpeg,
            8 | 32946 => Compression::Deflate,
            32773 => Compression::PackBits,
            _ => Compression::Other,
        }
    }

    /// The most bytes that one byte can unpack to. Deflate: 258 in two bits. LZW: 4,096 in twelve. `PackBits`:
    /// 128 in two bytes. Fax and JPEG: a row, or a block of 64 samples of each of four channels, in a few
    /// bits; no more than their decoders' own checks is asked of them.
    fn most(self) -> u64 {
        match self {
            Compression::None => 1,
            Compression::PackBits => 64,
            Compression::Deflate => 1032,
            Compression::Lzw => 2731,
            _ => u64::MAX,
        }
    }
}

/// The most bytes of tables that strips or tiles of JPEG share. Four of each kind are less than 2 KiB.
const MAX_JPEG_TABLES: usize = 1 << 16;

/// The most bytes that strips and tiles may be, all together: some of what they share, as writers do that store
/// equal ones once, and not so much that a small file is the work of many large ones.
fn most_packed(file: u64) -> u64 {
    file.saturating_mul(4).saturating_add(16 << 20)
}

/// What samples mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Photometric {
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    Cmyk,
    YCbCr,
}

/// The channel after the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Alpha {
    None,
    /// The colours are multiplied by it.
    Associated,
    Straight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Whole,
    /// Strips or tiles end after the file, or are too few bytes for what they hold.
    Truncated,
}

/// The first image of a file.
#[derive(Clone)]
pub(in super::super) struct Header<'a> {
    pub(in super::super) directory: Directory<'a>,
    pub(in super::super) width: u32,
    pub(in super::super) height: u32,
    pub(in super::super) bits: u8,
    /// Channels as stored, those that are left out included.
    pub(in super::super) samples: u16,
    pub(in super::super) photometric: Photometric,
    pub(in super::super) alpha: Alpha,
    pub(in super::super) compression: Compression,
    /// Whether each channel has strips or tiles of its own.
    pub(in super::super) planar: bool,
    /// Whether samples are differences to the pixel before.
    pub(in super::super) differences: bool,
    /// Whether the first pixel is in the lowest bit of a byte.
    pub(in super::super) low_bits_first: bool,
    /// Sixteen bits a value: all reds, all greens, all blues.
    pub(in super::super) palette: Option<Field>,
    pub(in super::super) jpeg_tables: Option<Range<usize>>,
    /// A strip or tile.
    pub(in super::super) piece: (u32, u32),
    offsets: Field,
    lengths: Option<Field>,
    extent: Extent,
    undecodable: Option<String>,
}

impl<'a> Header<'a> {
    pub(in super::super) fn read(bytes: &'a [u8]) -> Result<Self> {
        let directory = Directory::first(bytes)
            .filter(Directory::is_whole)
            .ok_or_else(|| corrupt("its first directory does not lie within the file"))?;
        let side = |tag, name| {
            let side = directory.value(tag).and_then(|side| u32::try_from(side).ok());
            side.ok_or_else(|| corrupt(format_args!("it does not say its {name}")))
        };
        let (width, height) = (side(tag::WIDTH, "width")?, side(tag::HEIGHT, "height")?);
        if width == 0 || height == 0 {
            return Err(corrupt(format_args!("its header says {width}x{height} pixels")));
        }
        let or = |tag, default| directory.value(tag).unwrap_or(default);
        let samples = u16::try_from(or(tag::SAMPLES, 1)).ok().filter(|samples| (1..=64).contains(samples));
        let samples = samples.ok_or_else(|| corrupt("it says a number of channels that there is not"))?;
        let (bits, alike) = same(&directory, tag::BITS, samples, 1);
        let mut undecodable = (!alike).then(|| "a TIFF of channels of different depths".to_owned());
        let mut refuse = |what: String| {
            undecodable.get_or_insert(what);
        };
        let compression = Compression::of(or(tag::COMPRESSION, 1), or(tag::T4_OPTIONS, 0));
        if compression == Compression::Other {
            refuse(format!("a TIFF with compression {}", or(tag::COMPRESSION, 1)));
        }
        let (format, alike) = same(&directory, tag::SAMPLE_FORMAT, samples, 1);
        match format {
            // Unsigned, or undefined, which readers take for unsigned.
            1 | 4 if alike => {}
            3 => refuse(format!("a TIFF of {bits}-bit floating-point numbers")),
            _ => refuse("a TIFF of signed or complex numbers".to_owned()),
        }
        if !matches!(bits, 1 | 2 | 4 | 8 | 16) {
            refuse(format!("a TIFF of {bits} bits a channel"));
        }
        let number = or(tag::PHOTOMETRIC, if samples >= 3 { 2 } else { 1 });
        let (photometric, colors) = photometric(number).unwrap_or_else(|what| {
            refuse(what);
            (Photometric::BlackIsZero, 1)
        });
        if samples < colors {
            return Err(corrupt(format_args!("{samples} channels where its colours need {colors}")));
        }
        if photometric == Photometric::YCbCr && compression != Compression::Jpeg {
            refuse("a TIFF of luma and chroma without JPEG compression".to_owned());
        } else if photometric == Photometric::YCbCr && samples != 3 {
            refuse("a TIFF of luma, chroma and other channels".to_owned());
        }
        if photometric == Photometric::Cmyk && or(tag::INK_SET, 1) != 1 {
            refuse("a TIFF of inks other than CMYK".to_owned());
        }
        let palette = directory.find(tag::COLOR_MAP);
        if photometric == Photometric::Palette {
            let entries = 3 << bits.min(16);
            if palette.is_none_or(|palette| palette.count() < entries) {
                return Err(corrupt("it has no palette"));
            }
        }
        let alpha = alpha(&directory, photometric, samples - colors);
        let predictor = or(tag::PREDICTOR, 1);
        let packed = matches!(compression, Compression::Lzw | Compression::Deflate);
        if packed && (predictor > 2 || (predictor == 2 && !matches!(bits, 8 | 16))) {
            refuse(format!("a TIFF with predictor {predictor} of {bits} bits"));
        }
        if let Some(what) = unread(&directory, compression, width, (bits, samples))? {
            refuse(what);
        }
        let planar = or(tag::PLANAR, 1) == 2 && samples > 1;
        if planar && photometric == Photometric::YCbCr {
            refuse("a TIFF of luma and chroma in separate planes".to_owned());
        }
        let (piece, offsets, lengths) = pieces(&directory, width, height)?;
        let mut header = Self {
            directory,
            width,
            height,
            bits: bits.min(255) as u8,
            samples,
            photometric,
            alpha,
            compression,
            planar,
            differences: packed && predictor == 2,
            low_bits_first: or(tag::FILL_ORDER, 1) == 2,
            palette,
            jpeg_tables: jpeg_tables(&directory, compression)?,
            piece,
            offsets,
            lengths,
            extent: Extent::Whole,
            undecodable,
        };
        header.check_pieces()?;
        header.extent = header.survey()?;
        Ok(header)
    }

    fn check_pieces(&self) -> Result<()> {
        let needed = self.pieces();
        if needed > MAX_PIECES {
            return Err(corrupt(format_args!("it is cut into {needed} pieces")));
        }
        let there = self.lengths.map_or(1, |field| field.count()).min(self.offsets.count()) as u64;
        if there < needed {
            return Err(corrupt(format_args!("it has {there} of {needed} strips or tiles")));
        }
        // A JPEG is decoded in blocks of eight by eight; the technical note demands more.
        let (across, down, _) = self.grid();
        let is_thin = (across > 1 && self.piece.0 < 8) || (down > 1 && self.piece.1 < 8);
        if self.compression == Compression::Jpeg && is_thin {
            return Err(corrupt(format_args!("JPEGs of {}x{} pixels", self.piece.0, self.piece.1)));
        }
        Ok(())
    }

    /// Strips or tiles beside each other, below each other, and planes.
    pub(in super::super) fn grid(&self) -> (u32, u32, u16) {
        let (width, height) = self.piece;
        (self.width.div_ceil(width), self.height.div_ceil(height), if self.planar { self.samples } else { 1 })
    }

    fn pieces(&self) -> u64 {
        let (across, down, planes) = self.grid();
        u64::from(across).saturating_mul(u64::from(down)).saturating_mul(u64::from(planes))
    }

    /// Where a strip or tile lies, whether in the file or beyond it.
    pub(in super::super) fn location(&self, index: u64) -> Option<(u64, u64)> {
        let index = usize::try_from(index).ok()?;
        let start = self.directory.number(&self.offsets, index)?;
        let length = match &self.lengths {
            Some(lengths) => self.directory.number(lengths, index)?,
            // An old omission, where it can be told.
            None => (self.directory.bytes().len() as u64).saturating_sub(start),
        };
        Some((start, length))
    }

    /// Bytes of a row of a strip or tile, unpacked.
    pub(in super::super) fn row_bytes(&self) -> u64 {
        let samples = if self.planar { 1 } else { self.samples };
        (u64::from(self.piece.0) * u64::from(samples) * u64::from(self.bits)).div_ceil(8)
    }

    /// Rows of the strips or tiles that begin at this row of them.
    pub(in super::super) fn rows(&self, down: u32) -> u32 {
        self.piece.1.min(self.height - down * self.piece.1)
    }

    pub(in super::super) fn is_gray(&self) -> bool {
        matches!(self.photometric, Photometric::BlackIsZero | Photometric::WhiteIsZero)
    }

    /// Looks at all strips or tiles. An error if reading them is reading the file many times.
    fn survey(&self) -> Result<Extent> {
        let file = self.directory.bytes().len() as u64;
        let (across, down, planes) = self.grid();
        let tables = self.jpeg_tables.as_ref().map_or(0, Range::len) as u64;
        let (mut truncated, mut packed, mut index) = (false, 0_u64, 0);
        for (_, y) in (0..planes).flat_map(|plane| (0..down).map(move |y| (plane, y))) {
            let plain = self.row_bytes().saturating_mul(u64::from(self.rows(y)));
            for _ in 0..across {
                let found = self.location(index);
                index += 1;
                let Some((start, length)) = found else {
                    truncated = true;
                    continue;
                };
                // The last bytes may be padding that is not there.
                let used = if self.compression == Compression::None { length.min(plain) } else { length };
                truncated |= start.checked_add(used).is_none_or(|end| end > file)
                    || length.saturating_mul(self.compression.most()) < plain;
                packed = packed.saturating_add(used.min(file.saturating_sub(start)) + tables);
            }
        }
        if packed > most_packed(file) {
            return Err(corrupt(format_args!("its strips or tiles are {packed} bytes in a file of {file}")));
        }
        Ok(if truncated { Extent::Truncated } else { Extent::Whole })
    }
}

/// What of a compression is not read. An error where it cannot be what it is said to be.
fn unread(
    directory: &Directory<'_>,
    compression: Compression,
    width: u32,
    (bits, samples): (u64, u16),
) -> Result<Option<String>> {
    let options = |tag| directory.value(tag).unwrap_or(0);
    let is_fax = bits == 1 && samples == 1 && u16::try_from(width).is_ok();
    Ok(match compression {
        Compression::Fax3 { .. } | Compression::Fax4 if !is_fax => {
            return Err(corrupt("fax compression of what is no fax"));
        }
        Compression::Fax3 { .. } if options(tag::T4_OPTIONS) & 2 != 0 => {
            Some("a TIFF with rows of fax that are not compressed (T.4)".to_owned())
        }
        Compression::Fax4 if options(tag::T6_OPTIONS) & 2 != 0 => {
            Some("a TIFF with rows of fax that are not compressed (T.6)".to_owned())
        }
        Compression::Jpeg if bits != 8 || !matches!(samples, 1 | 3 | 4) => {
            Some(format!("a TIFF with JPEG compression of {samples} channels of {bits} bits"))
        }
        _ => None,
    })
}

/// Where the tables lie that strips or tiles of JPEG share.
fn jpeg_tables(directory: &Directory<'_>, compression: Compression) -> Result<Option<Range<usize>>> {
    if compression != Compression::Jpeg {
        return Ok(None);
    }
    let tables = directory.find(tag::JPEG_TABLES).map(|field| field.range());
    match tables.as_ref().map(Range::len) {
        Some(length) if length > MAX_JPEG_TABLES => {
            Err(corrupt(format_args!("{length} bytes of JPEG tables")))
        }
        _ => Ok(tables),
    }
}

/// What the samples mean and how many they are, or what is not read.
fn photometric(number: u64) -> std::result::Result<(Photometric, u16), String> {
    Ok(match number {
        0 => (Photometric::WhiteIsZero, 1),
        1 => (Photometric::BlackIsZero, 1),
        2 => (Photometric::Rgb, 3),
        3 => (Photometric::Palette, 1),
        5 => (Photometric::Cmyk, 4),
        6 => (Photometric::YCbCr, 3),
        4 => return Err("a TIFF that is a mask".to_owned()),
        8..=10 => return Err("a TIFF in CIE L*a*b*".to_owned()),
        other => return Err(format!("a TIFF of photometric interpretation {other}")),
    })
}

/// What the first channel after the colours is. With CMYK it is for presses; what that lies on is white.
fn alpha(directory: &Directory<'_>, photometric: Photometric, extra: u16) -> Alpha {
    if extra == 0 || photometric == Photometric::Cmyk {
        return Alpha::None;
    }
    match directory.find(tag::EXTRA_SAMPLES).map(|field| directory.number(&field, 0)) {
        Some(Some(1)) => Alpha::Associated,
        Some(Some(2)) => Alpha::Straight,
        // Writers that know of no such field mean alpha by one channel more.
        None if extra == 1 && photometric != Photometric::Palette => Alpha::Straight,
        _ => Alpha::None,
    }
}

/// The size of strips or tiles, where they are, and how long.
fn pieces(directory: &Directory<'_>, width: u32, height: u32) -> Result<((u32, u32), Field, Option<Field>)> {
    let missing = || corrupt("it does not say where its pixels are");
    if let Some(offsets) = directory.find(tag::TILE_OFFSETS) {
        let side = |tag, of: u32| {
            let side = directory.value(tag).and_then(|side| u32::try_from(side).ok()).unwrap_or(0);
            // Tiles over the edge are common, far over it they are not.
            if (1..=of.max(1 << 12)).contains(&side) {
                Ok(side)
            } else {
                Err(corrupt(format_args!("tiles with a side of {side} pixels")))
            }
        };
        let tile = (side(tag::TILE_WIDTH, width)?, side(tag::TILE_HEIGHT, height)?);
        let lengths = directory.find(tag::TILE_BYTES).or_else(|| directory.find(tag::STRIP_BYTES));
        return Ok((tile, offsets, Some(lengths.ok_or_else(missing)?)));
    }
    let offsets = directory.find(tag::STRIP_OFFSETS).ok_or_else(missing)?;
    let rows = directory.value(tag::ROWS_PER_STRIP).unwrap_or(u64::from(height));
    if rows == 0 {
        return Err(corrupt("strips of no rows"));
    }
    let rows = rows.min(u64::from(height)) as u32;
    Ok(((width, rows), offsets, directory.find(tag::STRIP_BYTES)))
}

/// The value that a field has for every channel, and whether it is the same for all.
fn same(directory: &Directory<'_>, tag: u16, samples: u16, default: u64) -> (u64, bool) {
    let Some(field) = directory.find(tag) else { return (default, true) };
    let first = directory.number(&field, 0).unwrap_or(default);
    let count = field.count().min(usize::from(samples));
    (first, (1..count).all(|index| directory.number(&field, index) == Some(first)))
}

pub(super) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let header = Header::read(bytes)?;
    let directory = header.directory;
    let has_alpha = header.alpha != Alpha::None;
    let payload = |tag| {
        directory.find(tag).map(|field| field.range()).filter(|range| !range.is_empty()).map(Payload::plain)
    };
    let model = match header.photometric {
        Photometric::Cmyk => ColorModel::Cmyk,
        _ if header.is_gray() => ColorModel::Gray,
        _ => ColorModel::Rgb,
    };
    let colors = match model {
        ColorModel::Gray => 1,
        ColorModel::Rgb => 3,
        ColorModel::Cmyk => 4,
    };
    let orientation = directory
        .value(tag::ORIENTATION)
        .and_then(|value| Orientation::from_exif(u16::try_from(value).ok()?))
        .unwrap_or_default();
    Ok(Metadata {
        orientation,
        channels: colors + u8::from(has_alpha),
        bit_depth: header.bits,
        has_alpha,
        color_model: model,
        density: directory.density(),
        icc: payload(tag::ICC),
        xmp: payload(tag::XMP),
        truncated: header.extent == Extent::Truncated,
        piece_pixels: if header.compression == Compression::Jpeg {
            u64::from(header.piece.0) * u64::from(header.piece.1)
        } else {
            0
        },
        undecodable: header.undecodable,
        ..Metadata::new(Format::Tiff, (header.width, header.height), bytes)
    })
}
