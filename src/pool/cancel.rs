//! The flag that a job polls: somebody gave up on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::{Error, Result};

const LIVE: u8 = 0;
const CANCELLED: u8 = 1;
const LATE: u8 = 2;

/// Shared by a job and by whoever may give up on it. Kernels poll it at least every 5 ms.
///
/// ```
/// let cancel = offloop::pool::Cancel::new();
/// let seen_by_the_job = cancel.clone();
/// assert!(seen_by_the_job.check().is_ok());
/// cancel.cancel();
/// assert!(seen_by_the_job.check().is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicU8>);

impl Cancel {
    /// A flag that nobody has raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nobody wants the result any more.
    pub fn cancel(&self) {
        let _ = self.0.compare_exchange(LIVE, CANCELLED, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The deadline has passed.
    pub fn expire(&self) {
        let _ = self.0.compare_exchange(LIVE, LATE, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Whether the job should stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire) != LIVE
    }

    /// `Err` with the reason once the job should stop; made for `?` in loops.
    pub fn check(&self) -> Result<()> {
        match self.0.load(Ordering::Acquire) {
            LIVE => Ok(()),
            LATE => Err(Error::deadline()),
            _ => Err(Error::cancelled()),
        }
    }
}
