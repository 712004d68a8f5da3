//! Who may hold a worker slot. Pure arithmetic; the scheduler keeps it behind its lock.

use super::lane::{Lane, PerLane};

/// Counts the slots that are held and says who may take one.
///
/// - Interactive work holds at most `threads` slots, whatever bulk work holds: so it may go over
///   `threads` in all, but only by what bulk holds.
/// - Bulk work takes a slot only while fewer than `threads` are held in all. One bulk job may always run,
///   so that a flood of logins starves nothing.
/// - While more than `threads` are held, bulk jobs give their slots back at their next slice, down to one.
#[derive(Debug)]
pub(crate) struct Governor {
    threads: usize,
    held: PerLane<usize>,
}

impl Governor {
    pub(crate) fn new(threads: usize) -> Self {
        Self { threads: threads.max(1), held: PerLane::default() }
    }

    pub(crate) fn may_start(&self, lane: Lane) -> bool {
        match lane {
            Lane::Interactive => self.held.interactive < self.threads,
            Lane::Bulk => self.held.bulk == 0 || self.total() < self.threads,
        }
    }

    /// Takes a slot; the caller has asked `may_start`.
    pub(crate) fn acquire(&mut self, lane: Lane) {
        debug_assert!(self.may_start(lane));
        self.held[lane] += 1;
    }

    pub(crate) fn release(&mut self, lane: Lane) {
        debug_assert!(self.held[lane] > 0);
        self.held[lane] = self.held[lane].saturating_sub(1);
    }

    /// Whether bulk jobs should give a slot back at their next slice.
    pub(crate) fn bulk_should_yield(&self) -> bool {
        self.held.bulk > 1 && self.total() > self.threads
    }

    /// Slots that nobody holds.
    pub(crate) fn idle(&self) -> usize {
        self.threads.saturating_sub(self.total())
    }

    pub(crate) fn held(&self, lane: Lane) -> usize {
        self.held[lane]
    }

    fn total(&self) -> usize {
        self.held.interactive + self.held.bulk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interactive_goes_over_only_by_what_bulk_holds() {
        let mut governor = Governor::new(2);
        governor.acquire(Lane::Bulk);
        governor.acquire(Lane::Bulk);
        assert!(!governor.may_start(Lane::Bulk));
        assert!(!governor.bulk_should_yield());
        governor.acquire(Lane::Interactive);
        assert!(governor.bulk_should_yield(), "overcommitted: bulk gives way");
        governor.acquire(Lane::Interactive);
        assert!(!governor.may_start(Lane::Interactive));
        governor.release(Lane::Bulk);
        assert!(!governor.bulk_should_yield(), "the last bulk job stays");
        governor.release(Lane::Bulk);
        assert!(governor.may_start(Lane::Bulk), "one bulk job may always run");
        governor.acquire(Lane::Bulk);
        assert!(!governor.may_start(Lane::Bulk));
    }
}
