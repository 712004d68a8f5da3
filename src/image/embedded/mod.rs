//! Metadata that goes from an input to an output: what was asked for, whole, and telling the truth about
//! how the pixels lie.

use super::metadata::{Metadata, Payload};
use super::options::Keep;
use super::pixels::Embedded;

mod exif;
mod xmp;

/// What is kept of the metadata of `file`, which must be the bytes that were probed.
///
/// With `upright`, the pixels have been turned as their orientation says, and what is kept says so. Blocks
/// that are damaged are left out; each has at most 4 MiB, as [`Payload::read`] has it. The profile is kept
/// only where the pixels are still in its colours: `icc_kept`.
pub(super) fn embedded(
    file: &[u8],
    metadata: &Metadata,
    keep: Keep,
    upright: bool,
    icc_kept: bool,
) -> Embedded {
    let read = |wanted: bool, payload: &Option<Payload>| {
        payload.as_ref().filter(|_| wanted).and_then(|payload| payload.read(file))
    };
    Embedded {
        icc: read(keep.icc && icc_kept, &metadata.icc),
        exif: read(keep.exif, &metadata.exif).and_then(|tiff| exif::kept(tiff, upright)),
        xmp: read(keep.xmp, &metadata.xmp).and_then(|packet| xmp::kept(packet, upright)),
    }
}
