//! Headers: what an image is, without decoding a pixel.
//!
//! The parsers are ours and work on borrowed bytes: they copy nothing, allocate nothing in proportion to
//! what a header claims, and stop after a bounded number of chunks, so that they may run on the event loop.

pub(super) mod bmp;
mod exif;
pub(super) mod gif;
pub(super) mod ifd;
pub(super) mod jpeg;
mod png;
pub(super) mod tiff;
pub(super) mod webp;

use super::format::Format;
use super::metadata::Metadata;
use crate::error::{Code, Error, Result};

/// How many chunks or segments a file may have: far more than any real one, and walked in milliseconds.
const MAX_CHUNKS: usize = 1 << 18;

/// Reads an image's header.
///
/// # Errors
///
/// `ERR_IMAGE_FORMAT` for what is no JPEG, PNG, WebP, GIF, TIFF or BMP (the message says what it looks like),
/// and `ERR_IMAGE_CORRUPT` for one whose header is damaged or cut short. A file that ends later than that
/// is described; [`Plan::new`](super::Plan::new) refuses it unless what is missing may be.
///
/// ```
/// use offloop::image::probe;
/// let error = probe(b"%PDF-1.7").unwrap_err();
/// assert_eq!(error.code().as_str(), "ERR_IMAGE_FORMAT");
/// ```
pub fn probe(bytes: &[u8]) -> Result<Metadata> {
    match Format::sniff(bytes)? {
        Format::Jpeg => jpeg::probe(bytes),
        Format::Png => png::probe(bytes),
        Format::WebP => webp::probe(bytes),
        Format::Gif => gif::probe(bytes),
        Format::Tiff => tiff::probe(bytes),
        Format::Bmp => bmp::probe(bytes),
        Format::Avif => Err(Error::internal("AVIF is not read")),
    }
}

/// The error of a damaged image.
pub(super) fn corrupt(format: Format, what: impl std::fmt::Display) -> Error {
    Error::new(Code::ImageCorrupt, format!("the {} is damaged: {what}", format.title()))
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u24_le(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = *bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests;
