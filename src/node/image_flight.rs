//! Identical resizes that are asked for while one of them waits or runs: one is done, and all get its result.
//!
//! The first one is the leader: an ordinary job. Those that follow are admitted, with their own deadlines and
//! abort signals, but hold no input and do no work. When the leader's image is made, or turns out to be
//! damaged, so are theirs. A leader that is aborted, comes too late or goes down with its environment hands
//! the work to the next one, which begins it anew.
//!
//! Identical means: the same options and the same bytes, compared byte by byte; a hash of a few of them only
//! narrows the search. The event loop never waits for a lock here: where a worker holds one, the job is done
//! by itself.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::environment::Environment;
use super::image::{Input, SharedInput, Wish};
use super::image_task::ImageTask;
use crate::error::{Code, Error};
use crate::image::{FailOn, Limits, Output, Plan, ResizeOptions};
use crate::pool::{Admission, Lane};

/// What is asked for, and what must be the same.
#[derive(Clone, PartialEq)]
pub(super) struct Order {
    pub(super) lane: Lane,
    pub(super) outputs: Vec<ResizeOptions>,
    pub(super) limits: Limits,
    pub(super) fail_on: FailOn,
}

/// The resizes of an environment that wait or run.
#[derive(Default)]
pub(super) struct Flights {
    hasher: RandomState,
    by_hash: Mutex<HashMap<u64, Vec<Weak<Flight>>>>,
}

/// One resize, and who waits for it beside the one who asked first.
pub(super) struct Flight {
    hash: u64,
    pub(super) order: Order,
    pub(super) plan: Plan,
    pub(super) input: SharedInput,
    /// `None` once the result is there.
    followers: Mutex<Option<Vec<Follower>>>,
}

pub(super) struct Follower {
    pub(super) admission: Admission,
    pub(super) wish: Wish,
}

impl Flights {
    fn hash(&self, order: &Order, bytes: &[u8]) -> u64 {
        /// Pieces of the input that are looked at, and their length.
        const PIECES: usize = 16;
        const PIECE: usize = 64;
        let step = (bytes.len() / PIECES).max(1);
        let pieces: Vec<&[u8]> =
            bytes.chunks(step).take(PIECES).map(|piece| &piece[..piece.len().min(PIECE)]).collect();
        let sizes: Vec<_> =
            order.outputs.iter().map(|output| (output.width, output.height, output.format)).collect();
        self.hasher.hash_one((bytes.len(), pieces, sizes))
    }

    /// A flight under way that makes the same of the same.
    pub(super) fn find(&self, order: &Order, bytes: &[u8]) -> Option<Arc<Flight>> {
        let hash = self.hash(order, bytes);
        let candidates: Vec<Arc<Flight>> =
            self.by_hash.try_lock().ok()?.get(&hash)?.iter().filter_map(Weak::upgrade).collect();
        candidates.into_iter().find(|flight| flight.order == *order && flight.input.as_ref() == bytes)
    }

    /// A new flight, for others to find.
    pub(super) fn take_off(&self, order: Order, plan: Plan, input: Input) -> Arc<Flight> {
        let hash = self.hash(&order, input.as_ref());
        let flight = Arc::new(Flight {
            hash,
            order,
            plan,
            input: SharedInput(Arc::new(input)),
            followers: Mutex::new(Some(Vec::new())),
        });
        // Where that is not possible at once, it flies alone.
        if let Ok(mut by_hash) = self.by_hash.try_lock() {
            by_hash.entry(hash).or_default().push(Arc::downgrade(&flight));
        }
        flight
    }

    fn forget(&self, flight: &Flight) {
        let mut by_hash = self.by_hash.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flights) = by_hash.get_mut(&flight.hash) {
            flights.retain(|known| !std::ptr::eq(known.as_ptr(), flight));
            if flights.is_empty() {
                by_hash.remove(&flight.hash);
            }
        }
    }
}

impl Flight {
    /// Joins; gives the follower back where it is too late for that.
    pub(super) fn join(&self, follower: Follower) -> Result<(), Follower> {
        match self.followers.try_lock().as_deref_mut() {
            Ok(Some(followers)) => {
                followers.push(follower);
                Ok(())
            }
            _ => Err(follower),
        }
    }

    /// The result is there: gives it to everybody else.
    pub(super) fn land(&self, environment: &Arc<Environment>, outcome: &Result<Vec<Output>, Error>) {
        environment.flights.forget(self);
        let followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner).take();
        for Follower { admission, wish } in followers.into_iter().flatten() {
            match outcome {
                Ok(outputs) => {
                    let value = wish.value(outputs.clone(), None);
                    admission.complete(|| environment.settle(wish.id, Ok(value)));
                }
                Err(error) => admission.fail(error.clone()),
            }
        }
    }

    /// The leader is gone without a result: the next one takes over.
    pub(super) fn hand_over(self: &Arc<Self>, environment: &Arc<Environment>) {
        loop {
            let next = {
                let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(waiting) = followers.as_mut() else { return };
                if waiting.is_empty() {
                    *followers = None;
                    None
                } else {
                    Some(waiting.remove(0))
                }
            };
            let Some(Follower { mut admission, wish }) = next else {
                environment.flights.forget(self);
                return;
            };
            if admission.cancel_flag().is_cancelled() {
                // Given up meanwhile; its admission says so.
                continue;
            }
            match admission.grow(self.input.as_ref().len() as u64, self.plan.working_bytes()) {
                Ok(()) => {
                    let task = ImageTask::new(Arc::clone(self), wish, environment);
                    environment.process.pool.enqueue(admission, Box::new(task));
                    return;
                }
                Err(error) => admission.fail(error),
            }
        }
    }
}

/// Whether an error is about the image, and so everybody's. A bug of ours need not strike twice.
pub(super) fn is_common(error: &Error) -> bool {
    !matches!(error.code(), Code::Cancelled | Code::Deadline | Code::Shutdown | Code::Internal)
}
