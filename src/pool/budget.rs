//! The byte budget: what waiting inputs hold, and what running jobs may take.
//!
//! The budget is split in two. Inputs (a photo's bytes, waiting) may hold what `headroom` leaves; running
//! jobs may take up to `headroom`. `headroom` is half the budget, and grows while *giants* are admitted,
//! jobs that need more than half for themselves. That keeps three promises:
//!
//! - **Never exceeded**: inputs ≤ budget − headroom and taken ≤ headroom, always.
//! - **Never deadlocked**: when nothing runs, any admitted job fits, however full the inputs are.
//! - **Refused early**: a job that could never fit is refused before anything is allocated.
//!
//! Admission writes first and checks then, and undoes on failure: of two racing admissions that would break
//! the first promise together, at least one sees the other. All of it is atomics, because the event loop
//! admits jobs and must not wait for a worker.

use super::sync::{AtomicU64, Ordering};
use crate::error::{Code, Error, Result};

/// A giants' count in the upper 20 bits, the largest giant's bytes below (16 TiB at most).
const GIANT: u64 = 1 << 44;
const GIANT_BYTES: u64 = GIANT - 1;

#[derive(Debug)]
pub(crate) struct Budget {
    total: AtomicU64,
    inputs: AtomicU64,
    giants: AtomicU64,
    /// Changed only behind the scheduler's lock; read anywhere.
    taken: AtomicU64,
    peak: AtomicU64,
}

/// What a job was admitted with; given back by `leave`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) input: u64,
    pub(crate) working: u64,
    giant: bool,
}

impl Share {
    /// An input's alone.
    pub(crate) fn of_input(input: u64) -> Self {
        Self { input, ..Self::default() }
    }
}

impl Budget {
    pub(crate) fn new(total: u64) -> Self {
        Self {
            total: AtomicU64::new(total.min(GIANT_BYTES)),
            inputs: AtomicU64::new(0),
            giants: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            peak: AtomicU64::new(0),
        }
    }

    /// Applies to jobs admitted from now on. A job admitted before that no longer fits still runs, alone.
    pub(crate) fn set_total(&self, total: u64) {
        self.total.store(total.min(GIANT_BYTES), Ordering::SeqCst);
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::SeqCst)
    }

    pub(crate) fn held(&self) -> u64 {
        self.inputs.load(Ordering::SeqCst) + self.taken.load(Ordering::SeqCst)
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::SeqCst).max(self.held())
    }

    /// Lets a job in that brings `input` bytes and will take `working` more when it runs.
    pub(crate) fn admit(&self, input: u64, working: u64) -> Result<Share> {
        let total = self.total();
        let half = total / 2;
        could_ever_fit(total, input, working)?;
        let giant = self.mark_giant(half, working);
        let share = Share { input, working, giant };
        let inputs = self.inputs.fetch_add(input, Ordering::SeqCst) + input;
        if inputs > total.saturating_sub(self.headroom(half)) {
            self.leave(share);
            return Err(Error::new(
                Code::QueueFull,
                format!(
                    "waiting inputs hold as much of the pool's memory budget of {total} bytes as they may; \
                     try again when some have been served"
                ),
            ));
        }
        self.note_peak();
        Ok(share)
    }

    /// More input for a job that is already in: a file's bytes, whose size shows only when it is opened.
    pub(crate) fn admit_more(&self, share: &mut Share, input: u64, working: u64) -> Result<()> {
        could_ever_fit(self.total(), input, working)?;
        let more = self.admit(input.saturating_sub(share.input), working)?;
        // The input it held stays held; its mark as a giant, if it was one, is replaced by the new one.
        self.leave(Share { input: 0, ..*share });
        *share = Share { input: share.input.max(input), ..more };
        Ok(())
    }

    /// A share for the work of a job that was let in and ends without having done it, while that job's own share
    /// is still held: the headroom is there already, so nothing can be refused.
    pub(crate) fn inherit(&self, share: Share, working: u64) -> Share {
        let giant = self.mark_giant(self.total() / 2, working);
        // Of the share it had, only the input stays.
        self.leave(Share { input: 0, ..share });
        Share { input: share.input, working, giant }
    }

    /// Raises headroom for a job that needs more than half the budget to work in.
    fn mark_giant(&self, half: u64, working: u64) -> bool {
        let giant = working > half;
        if giant {
            let _ = self.giants.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |giants| {
                Some((giants & !GIANT_BYTES) + GIANT + (giants & GIANT_BYTES).max(working))
            });
        }
        giant
    }

    /// Whether a job may take its working memory now, with `idle` bytes in arenas that could be given back.
    /// `Some(bytes)` says how many of those must go first. Behind the scheduler's lock.
    pub(crate) fn take(&self, share: Share, idle: u64) -> Option<u64> {
        let taken = self.taken.load(Ordering::SeqCst);
        let half = self.total() / 2;
        let most = if share.giant {
            // A giant that was refused leaves headroom raised until the last giant has gone. Inputs may then
            // hold more than the rest, but they only get fewer, so what they hold now is what must be spared.
            let inputs = self.inputs.load(Ordering::SeqCst);
            self.headroom(half).min(self.total().saturating_sub(inputs))
        } else {
            half
        };
        let wanted = taken.saturating_add(share.working);
        // `taken == 0`: a budget made smaller meanwhile must not strand a job; one may always run.
        if wanted > most && taken != 0 && share.working != 0 {
            return None;
        }
        self.taken.store(wanted, Ordering::SeqCst);
        self.note_peak();
        Some(wanted.saturating_add(idle).saturating_sub(most).min(idle))
    }

    /// Working memory given back. Behind the scheduler's lock.
    pub(crate) fn give_back(&self, share: Share) {
        let taken = self.taken.load(Ordering::SeqCst);
        debug_assert!(taken >= share.working);
        self.taken.store(taken.saturating_sub(share.working), Ordering::SeqCst);
    }

    /// The job is gone, and with it its input.
    pub(crate) fn leave(&self, share: Share) {
        self.inputs.fetch_sub(share.input, Ordering::SeqCst);
        if share.giant {
            let _ = self.giants.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |giants| {
                let rest = giants - GIANT;
                // The largest is forgotten only with the last: until then headroom stays too big, not too small.
                Some(if rest < GIANT { 0 } else { rest })
            });
        }
    }

    fn headroom(&self, half: u64) -> u64 {
        (self.giants.load(Ordering::SeqCst) & GIANT_BYTES).max(half)
    }

    fn note_peak(&self) {
        self.peak.fetch_max(self.held(), Ordering::SeqCst);
    }
}

fn could_ever_fit(total: u64, input: u64, working: u64) -> Result<()> {
    // An eighth is kept for other inputs, so that one giant doesn't lock the logins out.
    let most = total - total / 8;
    if input > total / 2 || working > most || input.saturating_add(working) > total {
        return Err(Error::new(
            Code::MemoryBudget,
            format!(
                "the job needs {input} bytes of input and {working} bytes to work in, which could never fit the \
                 pool's memory budget of {total} bytes (inputs may take half, one job's work seven eighths); raise \
                 memoryBytes in configurePool"
            ),
        ));
    }
    Ok(())
}

#[cfg(all(test, not(feature = "model")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_giant_fits_beside_the_inputs_that_were_let_in() {
        let budget = Budget::new(800);
        let small = budget.admit(100, 10).unwrap();
        let giant = budget.admit(10, 600).unwrap();
        assert_eq!(budget.admit(200, 0).unwrap_err().code(), Code::QueueFull, "the giant needs that room");
        assert_eq!(budget.take(small, 0), Some(0));
        assert_eq!(budget.take(giant, 0), None, "610 of 600");
        budget.give_back(small);
        assert_eq!(budget.take(giant, 0), Some(0));
        assert!(budget.held() <= 800);
        budget.give_back(giant);
        budget.leave(giant);
        assert!(budget.admit(200, 0).is_ok(), "the giant has left");
    }

    #[test]
    fn what_could_never_fit_is_told_from_what_must_wait() {
        let budget = Budget::new(800);
        assert_eq!(budget.admit(0, 701).unwrap_err().code(), Code::MemoryBudget);
        assert_eq!(budget.admit(401, 0).unwrap_err().code(), Code::MemoryBudget);
        assert_eq!(budget.admit(200, 650).unwrap_err().code(), Code::MemoryBudget);
        budget.admit(400, 0).unwrap();
        let error = budget.admit(1, 0).unwrap_err();
        assert_eq!(error.code(), Code::QueueFull);
        assert!(error.code().is_retryable());
    }

    #[test]
    fn a_file_s_bytes_count_once() {
        let budget = Budget::new(1_000);
        let mut share = budget.admit(0, 0).unwrap();
        budget.admit_more(&mut share, 400, 0).unwrap();
        assert_eq!(budget.held(), 400);
        budget.admit_more(&mut share, 400, 550).unwrap();
        assert_eq!(budget.held(), 400, "its own input is not in its way");
        assert_eq!(budget.admit(100, 0).unwrap_err().code(), Code::QueueFull, "it is a giant now");
        assert_eq!(budget.take(share, 0), Some(0));
        budget.give_back(share);
        budget.leave(share);
        assert_eq!(budget.held(), 0);
        assert!(budget.admit(500, 0).is_ok());
        assert_eq!(budget.admit_more(&mut Share::default(), 501, 0).unwrap_err().code(), Code::MemoryBudget);
    }

    #[test]
    fn whoever_takes_over_a_job_is_not_refused_for_what_that_job_holds() {
        let budget = Budget::new(1_000);
        for working in [300, 700] {
            let leader = budget.admit(250, working).unwrap();
            let others = budget.admit(50, 0).unwrap();
            let follower = budget.admit(0, 0).unwrap();
            let follower = budget.inherit(follower, working);
            budget.leave(Share { input: 0, ..leader });
            assert_eq!(budget.held(), 300, "the input counts once, for both");
            assert_eq!(budget.take(follower, 0), Some(0));
            assert_eq!(budget.held(), 300 + working);
            budget.give_back(follower);
            budget.leave(follower);
            budget.leave(Share::of_input(250));
            budget.leave(others);
            assert_eq!(budget.held(), 0);
        }
        assert!(budget.admit(500, 0).is_ok(), "the giants have left");
    }

    #[test]
    fn idle_arenas_go_first() {
        let budget = Budget::new(200);
        let share = budget.admit(0, 60).unwrap();
        assert_eq!(budget.take(share, 50), Some(10), "60 taken, 100 may be: of 50 idle bytes 10 must go");
    }

    #[test]
    fn a_smaller_budget_strands_nobody() {
        let budget = Budget::new(800);
        let share = budget.admit(0, 300).unwrap();
        budget.set_total(100);
        assert_eq!(budget.take(share, 0), Some(0), "one job may always run");
        let other = budget.admit(0, 10).unwrap();
        assert_eq!(budget.take(other, 0), None);
    }

    proptest! {
        /// Any order of arrivals, starts and ends: never over the budget, and never stuck.
        #[test]
        fn never_over_and_never_stuck(
            total in 8u64..10_000,
            jobs in prop::collection::vec((0u64..6_000, 0u64..12_000, any::<prop::sample::Index>()), 1..60),
        ) {
            let budget = Budget::new(total);
            let mut waiting: Vec<Share> = Vec::new();
            let mut running: Vec<Share> = Vec::new();
            for (input, working, pick) in jobs {
                if let Ok(share) = budget.admit(input, working) {
                    waiting.push(share);
                }
                if !waiting.is_empty() {
                    let share = waiting[pick.index(waiting.len())];
                    if budget.take(share, 0).is_some() {
                        waiting.remove(pick.index(waiting.len()));
                        running.push(share);
                    }
                }
                prop_assert!(budget.held() <= total, "{} of {total}", budget.held());
                if running.len() > 2 {
                    let share = running.remove(pick.index(running.len()));
                    budget.give_back(share);
                    budget.leave(share);
                }
            }
            for share in running.drain(..) {
                budget.give_back(share);
                budget.leave(share);
            }
            for share in waiting.drain(..) {
                prop_assert!(budget.take(share, 0).is_some(), "nothing runs, so anything admitted fits");
                prop_assert!(budget.held() <= total);
                budget.give_back(share);
                budget.leave(share);
            }
            prop_assert_eq!(budget.held(), 0);
        }
    }
}
