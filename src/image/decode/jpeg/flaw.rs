//! What may be wrong with image data, and what is done about it.

use super::super::super::format::Format;
use super::super::super::probe::corrupt;
use super::FailOn;
use crate::error::Result;

/// Something wrong with a file whose header reads well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The file ends before its image does.
    Truncation,
    /// The data contradicts itself.
    Damage(&'static str),
}

impl Flaw {
    /// Fails, or goes on with what there is, as the caller asked.
    pub(super) fn judge(self, fail_on: FailOn) -> Result<()> {
        match (self, fail_on) {
            (_, FailOn::None) | (Flaw::Damage(_), FailOn::Truncated) => Ok(()),
            (Flaw::Truncation, _) => Err(corrupt(Format::Jpeg, "it ends within its image data")),
            (Flaw::Damage(what), FailOn::Error) => Err(corrupt(Format::Jpeg, what)),
        }
    }
}
