//! From a file's bytes to pixels. The decoders are those of the image-rs project and zune-jpeg, which the
//! `image` crate wraps; used directly they need no copy of the input, decode PNG by rows and take 16 bits
//! down to 8 on the way.

mod jpeg;
mod png;
mod reader;
mod webp;

use super::format::Format;
use super::metadata::Metadata;
use super::options::FailOn;
use super::pixels::{Layout, Pixels};
use super::probe::corrupt;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Whether there is a reason not to decode that the header tells.
pub(super) fn check(metadata: &Metadata) -> Result<()> {
    match metadata.format {
        Format::WebP => webp::check(metadata),
        Format::Jpeg => jpeg::check(metadata),
        _ => Ok(()),
    }
}

/// Decodes the image; of an animation, its first frame.
pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let decoded = match metadata.format {
        Format::Jpeg => jpeg::decode(bytes, metadata, layout, fail_on, cancel),
        Format::Png => png::decode(bytes, metadata, layout, fail_on, cancel),
        Format::WebP => webp::decode(bytes, metadata, layout, fail_on, cancel),
        other => Err(Error::internal(format!("{} is not read", other.title()))),
    };
    // A cancelled decoder fails with whatever its reader made it say.
    cancel.check()?;
    decoded
}

/// What decoding allocates beside the pixels it returns, at most.
pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    match metadata.format {
        Format::Jpeg => jpeg::extra_bytes(metadata),
        Format::Png => png::extra_bytes(metadata),
        Format::WebP => webp::extra_bytes(metadata),
        _ => 0,
    }
}

/// The decoder found another image than the header promised; memory was planned for that one.
fn check_size(found: (u32, u32), metadata: &Metadata) -> Result<()> {
    if found == (metadata.width, metadata.height) {
        return Ok(());
    }
    Err(corrupt(
        metadata.format,
        format_args!(
            "its header says {}x{} pixels and its data {}x{}",
            metadata.width, metadata.height, found.0, found.1
        ),
    ))
}

#[cfg(test)]
mod tests;
