//! Which formats there are, and telling them by their first bytes.

use crate::error::{Code, Error, Result};

/// A format that offloop reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG (ITU-T T.81), baseline, extended sequential and progressive.
    Jpeg,
    /// PNG (W3C, third edition).
    Png,
    /// WebP (RFC 9649), lossy and lossless.
    WebP,
    /// GIF (87a and 89a).
    Gif,
    /// AVIF (AV1 Image File Format 1.1); only written.
    Avif,
    /// TIFF (6.0 and `BigTIFF`); only read.
    Tiff,
    /// BMP; only read.
    Bmp,
}

impl Format {
    /// The name JavaScript sees.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Jpeg => "jpeg",
            Format::Png => "png",
            Format::WebP => "webp",
            Format::Gif => "gif",
            Format::Avif => "avif",
            Format::Tiff => "tiff",
            Format::Bmp => "bmp",
        }
    }

    /// The name as people write it, for messages.
    pub(super) fn title(self) -> &'static str {
        match self {
            Format::Jpeg => "JPEG",
            Format::Png => "PNG",
            Format::WebP => "WebP",
            Format::Gif => "GIF",
            Format::Avif => "AVIF",
            Format::Tiff => "TIFF",
            Format::Bmp => "BMP",
        }
    }

    /// The longest side that the format's headers can say.
    pub fn max_side(self) -> u32 {
        match self {
            Format::Jpeg | Format::Gif | Format::Avif => 65_535,
            Format::Png | Format::Bmp => 0x7FFF_FFFF,
            Format::WebP => 16_383,
            Format::Tiff => u32::MAX,
        }
    }

    /// Whether pixels may be transparent.
    pub fn has_alpha(self) -> bool {
        self != Format::Jpeg
    }

    /// Whether there is an encoder.
    pub fn is_written(self) -> bool {
        !matches!(self, Format::Tiff | Format::Bmp)
    }

    /// Whether a file may hold several frames that are shown one after the other, and is written so.
    pub fn is_animated(self) -> bool {
        matches!(self, Format::WebP | Format::Gif)
    }

    /// Tells the format by the signature at the start of the file.
    pub(super) fn sniff(bytes: &[u8]) -> Result<Self> {
        if bytes.is_empty() {
            return Err(Error::new(Code::ImageFormat, format!("the input is empty; {READ} are read")));
        }
        if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Ok(Format::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Ok(Format::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Ok(Format::WebP);
        }
        if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            return Ok(Format::Gif);
        }
        if TIFF.iter().any(|start| bytes.starts_with(start)) {
            return Ok(Format::Tiff);
        }
        if is_bmp(bytes) {
            return Ok(Format::Bmp);
        }
        let message = match foreign(bytes) {
            Some(name) => format!("the input is {name}, which is not read; {READ} are: convert it first"),
            None => format!("the input is no image that is known by its first bytes; {READ} are read"),
        };
        Err(Error::new(Code::ImageFormat, message))
    }
}

/// What is read, for messages.
const READ: &str = "JPEG, PNG, WebP, GIF, TIFF and BMP";

/// Both byte orders, with offsets of 32 and of 64 bits.
const TIFF: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// Two letters begin many a text: the size of a header that there is must follow as well.
fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && matches!(bytes.get(14..18), Some([12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// Names a format that is not read, so that the message can say what came.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: [(&[u8], &str); 9] = [
        (b"\xFF\x0A", "a JPEG XL"),
        (b"\0\0\0\x0CJXL ", "a JPEG XL"),
        (b"\0\0\0\x0CjP  ", "a JPEG 2000"),
        (b"8BPS", "a Photoshop document"),
        (b"%PDF", "a PDF"),
        (b"<svg", "an SVG"),
        (b"<?xml", "an XML document, perhaps an SVG,"),
        (b"\0\0\x01\0", "an icon (ICO)"),
        (b"BM", "a BMP that is cut short or of a kind that is not known,"),
    ];
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(match bytes.get(8..12) {
            Some(b"avif" | b"avis") => "an AVIF",
            Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1") => "a HEIC or HEIF",
            _ => "an ISO media file (a video, or an AVIF or HEIF of an unknown brand)",
        });
    }
    SIGNATURES.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_formats_are_named() {
        for (bytes, name) in [
            (&b"\0\0\0\x20ftypavif\0\0"[..], "AVIF"),
            (b"\0\0\0\x20ftypheic\0\0", "HEIC"),
            (b"BM1234", "BMP"),
            (b"<svg xmlns", "SVG"),
        ] {
            let error = Format::sniff(bytes).unwrap_err();
            assert_eq!(error.code(), Code::ImageFormat);
            assert!(error.message().contains(name), "{}", error.message());
        }
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        for (bytes, format) in [
            (&b"GIF87a"[..], Format::Gif),
            (b"GIF89a", Format::Gif),
            (b"II*\0", Format::Tiff),
            (b"MM\0*", Format::Tiff),
            (b"II+\0", Format::Tiff),
            (b"MM\0+", Format::Tiff),
            (b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0", Format::Bmp),
        ] {
            assert_eq!(Format::sniff(bytes).unwrap(), format);
        }
    }

    #[test]
    fn empty_and_unknown_input_is_refused() {
        assert!(Format::sniff(b"").unwrap_err().message().contains("empty"));
        for bytes in [&b"\xFF\xD8"[..], b"RIFF\0\0\0\0WAVE", b"hello", b"\x89PNG"] {
            assert_eq!(Format::sniff(bytes).unwrap_err().code(), Code::ImageFormat);
        }
    }
}
