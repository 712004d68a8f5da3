//! Metadata that goes from an input to its outputs: what was asked for, whole, and telling the truth about
//! how the pixels lie.

use std::cell::OnceCell;
use std::sync::Arc;

use super::format::Format;
use super::metadata::{Metadata, Payload};
use super::orientation::Orientation;
use super::pixels::Embedded;
use super::target::Target;

mod exif;
mod xmp;

/// What each output keeps of the metadata of `file`, which must be the bytes that were probed.
///
/// Where an output's pixels have been turned, what it keeps says that they are upright. Blocks that are damaged
/// are left out; each has at most 4 MiB, as [`Payload::read`] has it. The profile is kept only where the pixels
/// are still in its colours.
pub(super) fn embedded(file: &[u8], metadata: &Metadata, targets: &[Target]) -> Vec<Embedded> {
    let icc = Shared::new(metadata.icc.as_ref(), file);
    let exif = [false, true].map(|upright| (upright, Shared::new(metadata.exif.as_ref(), file)));
    let xmp = [false, true].map(|upright| (upright, Shared::new(metadata.xmp.as_ref(), file)));
    targets
        .iter()
        .map(|target| {
            let keep = target.options.keep;
            // AVIF's readers turn pixels as the container says, whatever the EXIF block does (MIAF, 7.3.6).
            let turns = keep.exif && target.format == Format::Avif && !is_turned(target);
            let which = usize::from(is_turned(target) || turns);
            Embedded {
                icc: icc.get(target.keeps_profile, Some),
                exif: exif[which].1.get(keep.exif, |tiff| exif::kept(tiff, exif[which].0)),
                xmp: xmp[which].1.get(keep.xmp, |packet| xmp::kept(packet, xmp[which].0)),
                orientation: if turns { metadata.orientation } else { Orientation::UPRIGHT },
            }
        })
        .collect()
}

/// An upper bound of the memory in bytes that [`embedded`] takes, and of what the outputs' files hold of it.
pub(super) fn bytes(metadata: &Metadata, targets: &[Target]) -> u64 {
    let bytes = |payload: &Option<Payload>| payload.as_ref().map_or(0, Payload::most_bytes);
    let (mut shared, mut written) = (0_u64, 0_u64);
    for (payload, kept) in [
        (&metadata.icc, (|target| target.keeps_profile) as fn(&Target) -> bool),
        (&metadata.exif, |target| target.options.keep.exif),
        (&metadata.xmp, |target| target.options.keep.xmp),
    ] {
        let outputs = targets.iter().filter(|target| kept(target)).count() as u64;
        if outputs > 0 {
            // In two versions, one of them being made from a copy that grew.
            shared = shared.saturating_add(bytes(payload).saturating_mul(5));
            written = written.saturating_add(bytes(payload).saturating_mul(outputs));
        }
    }
    // Where it is being written, it may be twice more in memory: joined, and in a file that grows.
    shared.saturating_add(written.saturating_mul(3))
}

/// Whether what is shown is what is stored in the output: the input's orientation was applied, or any turn that
/// was asked for makes it meaningless.
fn is_turned(target: &Target) -> bool {
    target.options.auto_orient || target.orientation != Orientation::UPRIGHT
}

/// A block that is read for the first output that wants it.
struct Shared<'a> {
    payload: Option<&'a Payload>,
    file: &'a [u8],
    read: OnceCell<Option<Arc<[u8]>>>,
}

impl<'a> Shared<'a> {
    fn new(payload: Option<&'a Payload>, file: &'a [u8]) -> Self {
        Self { payload, file, read: OnceCell::new() }
    }

    fn get(&self, wanted: bool, kept: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> Option<Arc<[u8]>> {
        let payload = self.payload.filter(|_| wanted)?;
        self.read.get_or_init(|| payload.read(self.file).and_then(kept).map(Arc::from)).clone()
    }
}
