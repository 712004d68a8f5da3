//! Identical resizes that are asked for while one of them waits or runs: one is done, and all get its result.
//!
//! The first one is the leader: an ordinary job. Those that follow are admitted, with their own deadlines and
//! abort signals, and count as waiting, but hold no input and do no work. When the leader's image is made, or
//! turns out to be damaged, so are theirs. A leader that is aborted or comes too late hands the work to the next
//! one, which begins it anew: for that the input is kept until the end, unless the environment goes before.
//!
//! Identical means: the same options and the same bytes, compared byte by byte. A hash of a few of them says what is
//! worth comparing, and there is never more than one: files that differ only where the hash does not look, as
//! strangers might send them, are done each by itself, lest the event loop compare them all with one another. Nor
//! does it ever wait for a lock here: where a worker holds one, the job is done by itself. Where files are read, off
//! the loop, there is time for both.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::environment::Environment;
use super::image_input::SharedInput;
use super::image_task::ImageTask;
use super::image_wish::Wish;
use crate::error::{Code, Error};
use crate::image::{FailOn, Limits, Output, Plan, ResizeOptions};
use crate::pool::{Admission, InputShare, Lane};

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
    order: Order,
    pub(super) plan: Plan,
    /// For whoever takes over, and to compare others with. `None` once nobody will, and if nobody can join.
    input: Mutex<Option<SharedInput>>,
    /// In the order they asked. `None` once the result is there, and if nobody can join.
    followers: Mutex<Option<BTreeMap<u32, Follower>>>,
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
    pub(super) fn find(&self, order: &Order, bytes: &[u8], patience: Patience) -> Option<Arc<Flight>> {
        let hash = self.hash(order, bytes);
        let flight = with_order(patience.lock(&self.by_hash)?.get(&hash)?, order)?;
        flight.is_of(bytes, patience).then_some(flight)
    }

    /// A new flight, for others to find. Where that is not possible at once, it flies alone; and where its place is
    /// taken by one that looks alike, which is the second answer.
    pub(super) fn take_off(
        &self,
        order: Order,
        plan: Plan,
        input: &SharedInput,
        patience: Patience,
    ) -> (Arc<Flight>, Option<Arc<Flight>>) {
        let hash = self.hash(&order, input.as_ref());
        let mut flight = Flight { hash, order, plan, input: Mutex::default(), followers: Mutex::default() };
        let Some(mut by_hash) = patience.lock(&self.by_hash) else { return (Arc::new(flight), None) };
        let alike = by_hash.entry(hash).or_default();
        if let Some(other) = with_order(alike, &flight.order) {
            return (Arc::new(flight), Some(other));
        }
        flight.input = Mutex::new(Some(input.clone()));
        flight.followers = Mutex::new(Some(BTreeMap::new()));
        let flight = Arc::new(flight);
        alike.push(Arc::downgrade(&flight));
        (flight, None)
    }

    /// The environment is going: nobody takes over any more, and no input is kept for that. What is being decoded
    /// is still read.
    pub(super) fn ground(&self) {
        let by_hash = std::mem::take(&mut *lock(&self.by_hash));
        for flight in by_hash.into_values().flatten().filter_map(|flight| flight.upgrade()) {
            flight.give_up_input();
        }
    }

    fn forget(&self, flight: &Flight) {
        let mut by_hash = lock(&self.by_hash);
        if let Some(flights) = by_hash.get_mut(&flight.hash) {
            flights.retain(|known| !std::ptr::eq(known.as_ptr(), flight));
            if flights.is_empty() {
                by_hash.remove(&flight.hash);
            }
        }
    }
}

/// Whether to wait for a lock that somebody holds for a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// On the event loop.
    None,
    /// On an I/O thread.
    Some,
}

impl Patience {
    fn lock<T>(self, mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        match self {
            Patience::None => mutex.try_lock().ok(),
            Patience::Some => Some(lock(mutex)),
        }
    }
}

/// The one that makes the same, of bytes that look the same.
fn with_order(alike: &[Weak<Flight>], order: &Order) -> Option<Arc<Flight>> {
    alike.iter().filter_map(Weak::upgrade).find(|flight| flight.order == *order)
}

/// Not on the event loop, but when the environment goes.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Flight {
    /// Whether it is of these bytes, and others can join.
    pub(super) fn is_of(&self, bytes: &[u8], patience: Patience) -> bool {
        let input = patience.lock(&self.input).and_then(|input| input.clone());
        input.is_some_and(|input| input.as_ref() == bytes)
    }

    /// Joins; gives the follower back where it is too late for that. The share of whoever brought an input of their
    /// own, which is of no use now, is theirs to drop with it.
    pub(super) fn join(
        self: &Arc<Self>,
        mut follower: Follower,
        patience: Patience,
    ) -> Result<InputShare, Box<Follower>> {
        let id = follower.wish.id;
        let cancel = follower.admission.cancel_flag().clone();
        let share = match patience.lock(&self.followers).as_deref_mut() {
            Some(Some(followers)) => {
                let share = follower.admission.part_with_input();
                let _ = follower.wish.place.set(Arc::downgrade(self));
                followers.insert(id, follower);
                share
            }
            _ => return Err(Box::new(follower)),
        };
        // Whoever gave it up this moment may not have known where it is.
        if cancel.is_cancelled() {
            self.leave(id);
        }
        Ok(share)
    }

    /// One that was given up goes, lest it count as waiting. Where the result is coming in, it goes with that.
    pub(super) fn leave(&self, id: u32) {
        let gone = self.followers.try_lock().ok().and_then(|mut followers| followers.as_mut()?.remove(&id));
        drop(gone);
    }

    /// The result is there: gives it to everybody else.
    pub(super) fn land(&self, environment: &Arc<Environment>, outcome: &Result<Arc<Vec<Output>>, Error>) {
        environment.flights.forget(self);
        self.give_up_input();
        let followers = lock(&self.followers).take();
        for Follower { admission, wish } in followers.into_iter().flat_map(BTreeMap::into_values) {
            match outcome {
                Ok(outputs) => admission.complete(|| {
                    environment.settle(wish.id, Ok(wish.value(Arc::clone(outputs), None)));
                }),
                Err(error) => admission.fail(wish.error(error.clone())),
            }
        }
    }

    /// The leader is gone without a result: the next one takes over. Called while its admission is still there.
    pub(super) fn hand_over(self: &Arc<Self>, environment: &Arc<Environment>) {
        let input = lock(&self.input).clone();
        while let Some(Follower { mut admission, wish }) = self.next() {
            // Given up meanwhile, or the environment is going; its admission says so.
            let Some(input) = input.as_ref().filter(|_| !admission.cancel_flag().is_cancelled()) else {
                continue;
            };
            admission.inherit(self.plan.working_bytes());
            let task = ImageTask::new(Arc::clone(self), input.clone(), wish, environment);
            environment.process.pool.enqueue(admission, Box::new(task));
            return;
        }
        environment.flights.forget(self);
        self.give_up_input();
    }

    /// The follower whose turn it is; from when there is none on, nobody can join.
    fn next(&self) -> Option<Follower> {
        let mut followers = lock(&self.followers);
        let next = followers.as_mut()?.pop_first();
        if next.is_none() {
            *followers = None;
        }
        next.map(|(_, follower)| follower)
    }

    fn give_up_input(&self) {
        let input = lock(&self.input).take();
        drop(input);
    }
}

/// Whether an error is about the image, and so everybody's. A bug of ours need not strike twice.
pub(super) fn is_common(error: &Error) -> bool {
    !matches!(error.code(), Code::Cancelled | Code::Deadline | Code::Shutdown | Code::Internal)
}
