//! Why decoding stops.

use crate::error::{Error, Result};
use crate::image::format::Format;
use crate::image::options::FailOn;
use crate::image::probe::corrupt;

/// Something wrong with a bitstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Flaw {
    /// It ends before the image does.
    Truncation,
    /// It contradicts itself.
    Damage(&'static str),
}

impl Flaw {
    /// Fails, or goes on with what there is, as the caller asked.
    pub(in super::super) fn judge(self, fail_on: FailOn) -> Result<()> {
        match (self, fail_on) {
            (_, FailOn::None) | (Flaw::Damage(_), FailOn::Truncated) => Ok(()),
            (flaw, _) => Err(flaw.error()),
        }
    }

    /// As the error that it is where nothing may be wrong.
    pub(in super::super) fn error(self) -> Error {
        match self {
            Flaw::Truncation => corrupt(Format::WebP, "it ends within its image data"),
            Flaw::Damage(what) => corrupt(Format::WebP, what),
        }
    }
}

/// A flaw of the data, or a reason to stop that is none.
#[derive(Debug)]
pub(super) enum Stop {
    Flaw(Flaw),
    Error(Error),
}

impl From<Flaw> for Stop {
    fn from(flaw: Flaw) -> Self {
        Stop::Flaw(flaw)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}
