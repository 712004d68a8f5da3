//! What a running task may ask of the pool.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::cancel::Cancel;
use super::job::Ticket;
use super::lane::Lane;
use super::scheduler::{Shared, panicked};
use crate::error::{Error, Result};

/// A running task's side of the pool.
pub struct Cx<'a> {
    shared: &'a Arc<Shared>,
    lane: Lane,
    ticket: &'a Ticket,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(shared: &'a Arc<Shared>, lane: Lane, ticket: &'a Ticket) -> Self {
        Self { shared, lane, ticket }
    }

    /// The flag to poll.
    pub fn cancel(&self) -> &Cancel {
        &self.ticket.cancel
    }

    /// Whether to end the slice now, because somebody waits for the slot.
    pub fn should_yield(&self) -> bool {
        self.shared.should_yield(self.lane)
    }

    /// Calls `part(0) … part(parts - 1)`, on this thread and on as many more as have an idle slot, and
    /// returns the results in order.
    ///
    /// Nobody waits for a slot: a helper that gets none changes nothing but the time it takes. Helpers give
    /// their slot back between two parts when somebody else wants it, so keep parts to a few milliseconds. After
    /// a part that failed no other is begun; what is returned is the first one's error.
    pub fn parallel<T, F>(&self, parts: usize, part: F) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(usize) -> Result<T> + Send + Sync + 'static,
    {
        let team = Arc::new(Team::new(parts, part));
        let helpers = self.shared.lend_idle(self.lane, parts.saturating_sub(1));
        for _ in 0..helpers {
            let team = Arc::clone(&team);
            let shared = Arc::clone(self.shared);
            let lane = self.lane;
            self.shared.host().spawn(
                lane,
                Box::new(move || {
                    while !shared.should_yield(lane) && team.do_one() {}
                    drop(team);
                    shared.return_slot(lane);
                }),
            );
        }
        while self.ticket.cancel.check().is_ok() && team.do_one() {}
        let results = team.end();
        self.ticket.cancel.check()?;
        // Parts are taken in order: one that failed stands before all that were not begun because of it.
        results
            .into_iter()
            .map(|result| result.unwrap_or_else(|| Err(Error::internal("a part of a job was not done"))))
            .collect()
    }
}

/// The parts of one job, shared by the threads that work on them.
struct Team<T, F> {
    parts: usize,
    next: AtomicUsize,
    results: Mutex<Vec<Option<Result<T>>>>,
    missing: Mutex<usize>,
    whole: Condvar,
    /// Until all parts are done.
    part: Mutex<Option<Arc<F>>>,
}

impl<T, F> Team<T, F>
where
    F: Fn(usize) -> Result<T>,
{
    fn new(parts: usize, part: F) -> Self {
        Self {
            parts,
            next: AtomicUsize::new(0),
            results: Mutex::new((0..parts).map(|_| None).collect()),
            missing: Mutex::new(parts),
            whole: Condvar::new(),
            part: Mutex::new(Some(Arc::new(part))),
        }
    }

    /// Does one part; false when none is left.
    fn do_one(&self) -> bool {
        let index = self.next.fetch_add(1, Ordering::SeqCst);
        if index >= self.parts {
            return false;
        }
        // It is there for as long as a part is missing, as this one is.
        let part = self.part.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let result = match &part {
            Some(part) => {
                catch_unwind(AssertUnwindSafe(|| part(index))).unwrap_or_else(|panic| Err(panicked(&*panic)))
            }
            None => Err(Error::internal("a part of a job that is over")),
        };
        drop(part);
        let untaken = if result.is_err() { self.end_early() } else { 0 };
        if let Some(place) = self.results.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
            *place = Some(result);
        }
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        *missing -= 1 + untaken;
        if *missing == 0 {
            self.whole.notify_all();
        }
        true
    }

    /// Has no further part begun. Answers how many there would have been, to one caller only.
    fn end_early(&self) -> usize {
        self.parts.saturating_sub(self.next.swap(self.parts, Ordering::SeqCst).min(self.parts))
    }

    /// Has no further part begun, waits for those that are under way, and forgets what parts are made from: a helper
    /// may begin, or drop the team, only long after.
    fn end(&self) -> Vec<Option<Result<T>>> {
        let untaken = self.end_early();
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        *missing -= untaken;
        while *missing > 0 {
            missing = self.whole.wait(missing).unwrap_or_else(PoisonError::into_inner);
        }
        drop(missing);
        drop(self.part.lock().unwrap_or_else(PoisonError::into_inner).take());
        std::mem::take(&mut *self.results.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_that_comes_late_keeps_nothing() {
        let source = Arc::new(());
        let used = Arc::clone(&source);
        let team = Arc::new(Team::new(3, move |part| {
            let _ = &used;
            Ok(part)
        }));
        let late = Arc::clone(&team);
        while team.do_one() {}
        assert_eq!(Arc::strong_count(&source), 2);
        let results = team.end().into_iter().map(|result| result.unwrap().unwrap());
        assert!(results.eq(0..3));
        assert_eq!(Arc::strong_count(&source), 1);
        assert!(!late.do_one());
    }

    #[test]
    fn parts_that_nobody_took_are_not_waited_for() {
        let team = Team::new(3, Ok);
        assert!(team.do_one());
        let results = team.end();
        assert!(matches!(results[..], [Some(Ok(0)), None, None]));
        assert!(!team.do_one());
    }
}
