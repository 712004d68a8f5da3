//! The flag that a job polls: somebody gave up on it.

use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::AtomicU32;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::error::{Code, Error, Result};

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
pub struct Cancel {
    own: Arc<AtomicU8>,
    /// Raised for all jobs of an environment at once, when it goes away.
    group: Option<Arc<AtomicBool>>,
    /// How many polls there are before it is raised by itself.
    #[cfg(test)]
    polls: Option<Arc<AtomicU32>>,
}

impl Cancel {
    /// A flag that nobody has raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// A flag that also counts as raised once the group's is.
    pub fn in_group(group: Arc<AtomicBool>) -> Self {
        Self { group: Some(group), ..Self::default() }
    }

    /// A flag that is raised after so many polls, to see how often a job makes them.
    #[cfg(test)]
    pub(crate) fn after(polls: u32) -> Self {
        Self { polls: Some(Arc::new(AtomicU32::new(polls))), ..Self::default() }
    }

    /// Of [`Cancel::after`], how many polls are left.
    #[cfg(test)]
    pub(crate) fn polls_left(&self) -> u32 {
        self.polls.as_ref().map_or(0, |polls| polls.load(Ordering::Relaxed))
    }

    #[cfg(test)]
    fn count_poll(&self) {
        if let Some(polls) = &self.polls
            && polls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        {
            self.cancel();
        }
    }

    /// Nobody wants the result any more. False if the flag was raised before.
    pub fn cancel(&self) -> bool {
        self.raise(CANCELLED)
    }

    /// The deadline has passed. False if the flag was raised before.
    pub fn expire(&self) -> bool {
        self.raise(LATE)
    }

    fn raise(&self, to: u8) -> bool {
        // In one order with the ticket's state: of who gives a job up and who puts it back, one sees the other.
        self.own.compare_exchange(LIVE, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Whether the job should stop.
    pub fn is_cancelled(&self) -> bool {
        #[cfg(test)]
        self.count_poll();
        self.own.load(Ordering::SeqCst) != LIVE || self.group_is_gone()
    }

    /// `Err` with the reason once the job should stop; made for `?` in loops.
    pub fn check(&self) -> Result<()> {
        #[cfg(feature = "faults")]
        super::faults::poll();
        #[cfg(test)]
        self.count_poll();
        match self.own.load(Ordering::Acquire) {
            LATE => Err(Error::deadline()),
            CANCELLED => Err(Error::cancelled()),
            _ if self.group_is_gone() => {
                Err(Error::new(Code::Shutdown, "the environment that asked for the job has gone"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it was the deadline.
    pub(crate) fn is_late(&self) -> bool {
        self.own.load(Ordering::Acquire) == LATE
    }

    fn group_is_gone(&self) -> bool {
        self.group.as_ref().is_some_and(|group| group.load(Ordering::Acquire))
    }
}
