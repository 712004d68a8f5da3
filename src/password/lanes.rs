//! bcrypt hashes side by side: how a worker of the pool fills its lanes.
//!
//! A worker begins with one. At every look, some milliseconds apart, it takes along what waits, as many as this
//! processor computes best at once ([`super::width`]); those that are done leave, and so do those that nobody wants any
//! more. So jobs of different costs begin and end whenever they like.

use std::sync::Arc;

use super::eksblowfish::Lanes;
use super::job::{Begin, PasswordTask};
use super::width::Width;
use crate::pool::{Batched, Cancel, Crew, Step};

/// Iterations between two looks, so that they are some milliseconds apart at any width: one takes some 50 µs alone,
/// and some 100 µs beside five others.
fn between_looks(busy: usize) -> u32 {
    96 / (busy as u32 + 2)
}

/// A job that holds a lane: the lane of the same index.
struct Seat {
    job: Batched,
    cancel: Cancel,
}

/// See [`crate::pool::Together`].
pub(super) fn run(mut first: Batched, crew: &Crew<'_>) {
    let workshop = match first.with(|task: &mut PasswordTask| Ok(Arc::clone(&task.workshop))) {
        Ok(workshop) => workshop,
        Err(error) => return first.finish(Err(error)),
    };
    let mut bench = Bench { lanes: Lanes::new(), seats: Vec::new() };
    bench.seat(first);
    while bench.lanes.busy() > 0 {
        if crew.should_yield() {
            return bench.put_back();
        }
        bench.fill(crew, &workshop.width);
        bench.lanes.turn(between_looks(bench.lanes.busy()));
        for at in (0..bench.lanes.busy()).rev() {
            bench.look_at(at);
        }
    }
}

struct Bench {
    lanes: Lanes,
    seats: Vec<Seat>,
}

impl Bench {
    /// Takes along what waits.
    fn fill(&mut self, crew: &Crew<'_>, width: &Width) {
        // Who is alone should not wait for the processor to be asked: that has time until a second one comes.
        let known = width.known();
        let waiting = crew.take_batch(self.lanes.busy(), known.unwrap_or(2));
        let ask = known.is_none() && !waiting.is_empty();
        for job in waiting {
            self.seat(job);
        }
        if ask {
            for job in crew.take_batch(self.lanes.busy(), width.get()) {
                self.seat(job);
            }
        }
    }

    /// Begins a job's computation, or ends it with the error that this comes to.
    fn seat(&mut self, mut job: Batched) {
        let cancel = job.cancel_flag();
        let begun = job.with(|task: &mut PasswordTask| {
            cancel.check()?;
            task.job.start()
        });
        match begun {
            Ok(Begin::New(start)) => self.lanes.begin(&start),
            Ok(Begin::Aside(mut lane)) => self.lanes.resume(&mut lane),
            Err(error) => return job.finish(Err(error)),
        }
        self.seats.push(Seat { job, cancel });
    }

    /// Ends what is done, and what nobody wants any more.
    fn look_at(&mut self, at: usize) {
        let cancel = self.seats[at].cancel.clone();
        let wanted = self.seats[at].job.with(|_: &mut PasswordTask| cancel.check());
        if wanted.is_ok() && !self.lanes.is_done(at) {
            return;
        }
        let hash = self.lanes.remove(at);
        let mut job = self.seats.swap_remove(at).job;
        let outcome = wanted.and_then(|()| {
            job.with(|task: &mut PasswordTask| match &hash {
                Some(hash) => {
                    let next = task.job.end(hash)?;
                    task.step(next)
                }
                None => Err(crate::Error::internal("a lane was left before its end")),
            })
        });
        job.finish(outcome);
    }

    /// Somebody else gets the slot; all go on later where they are now.
    fn put_back(mut self) {
        while let Some(Seat { mut job, .. }) = self.seats.pop() {
            let lane = self.lanes.take(self.seats.len());
            let outcome = job.with(|task: &mut PasswordTask| {
                task.job.put_aside(lane);
                Ok(Step::More)
            });
            job.finish(outcome);
        }
    }
}
