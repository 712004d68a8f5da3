//! Passwords computed several at once by one worker of the pool: bcrypt in lanes, argon2 in turns.
//!
//! A worker begins with one. At every look, a millisecond or some apart, it takes along what waits, as many as are best
//! computed at once; those that are done leave, and so do those that nobody wants any more. So jobs of different costs
//! begin and end whenever they like.

use std::sync::Arc;

use argon2_rust::Argon2;
use zeroize::Zeroizing;

use super::arena::Arenas;
use super::job::{PasswordTask, Workshop};
use super::kernel::Kernel;
use super::policy::Policy;
use super::secret::wipe_stack;
use super::width::Width;
use super::{bcrypt, eksblowfish, fill};
use crate::error::{Error, Result};
use crate::pool::{Batched, Cancel, Company, Crew, Kind, Step};

/// All bcrypt hashes go together.
pub(super) const BCRYPT: Company =
    Company { kind: Kind("bcrypt"), run: run::<eksblowfish::Lanes>, needs_memory: false };

/// argon2 hashes that gain from it.
pub(super) fn argon2(argon2: &Argon2) -> Option<Company> {
    let company = Company { kind: Kind("argon2"), run: run::<Vec<fill::Fill>>, needs_memory: true };
    fill::goes_together(argon2).then_some(company)
}

/// New hashes by a policy.
pub(super) fn by_policy(policy: &Policy) -> Option<Company> {
    match policy {
        Policy::Argon2 { .. } => argon2(&policy.argon2().ok()?),
        Policy::Bcrypt { .. } | Policy::BcryptSha256 { .. } => Some(BCRYPT),
    }
}

/// A computation that was put aside.
pub(super) enum Aside {
    Bcrypt(Box<eksblowfish::Lane>),
    Argon2(Box<fill::Fill>),
}

/// Computations of one kind, side by side. A number says which: those that are taken out leave theirs to the last one.
pub(super) trait Bench {
    /// None yet.
    fn new() -> Self;
    /// How many there are.
    fn busy(&self) -> usize;
    /// How many there should be at most; `None` if that is not known yet, and `find_most` takes a while.
    fn most(width: &Width) -> Option<usize>;
    /// The same for whoever has the time.
    fn find_most(width: &Width) -> usize;
    /// Adds one. The caller wipes the stack.
    fn begin(&mut self, kernel: &Kernel, input: &[u8], arenas: &Arenas) -> Result<()>;
    /// Adds one that was put aside.
    fn resume(&mut self, aside: Aside) -> Result<()>;
    /// Works at all of them for a millisecond or some.
    fn turn(&mut self) -> Result<()>;
    /// Whether one is done.
    fn is_done(&self, at: usize) -> bool;
    /// Takes one out: what it came to, if it was done.
    fn remove(&mut self, at: usize) -> Result<Option<Zeroizing<Vec<u8>>>>;
    /// Takes one out to go on with later.
    fn put_aside(&mut self, at: usize) -> Aside;
}

/// A job that is being computed: its number on the bench is its own here.
struct Seat {
    job: Batched,
    cancel: Cancel,
}

/// See [`crate::pool::Company`].
fn run<B: Bench>(mut first: Batched, crew: &Crew<'_>) {
    let workshop = match first.with(|task: &mut PasswordTask| Ok(Arc::clone(&task.workshop))) {
        Ok(workshop) => workshop,
        Err(error) => return first.finish(Err(error)),
    };
    let mut company = Seated { bench: B::new(), seats: Vec::new(), workshop };
    company.seat(first);
    while company.bench.busy() > 0 {
        if crew.should_yield() {
            return company.put_back();
        }
        company.fill(crew);
        if company.bench.turn().is_err() {
            // Dropping the jobs says that this is a bug.
            return;
        }
        for at in (0..company.bench.busy()).rev() {
            company.look_at(at);
        }
    }
}

struct Seated<B> {
    bench: B,
    seats: Vec<Seat>,
    workshop: Arc<Workshop>,
}

impl<B: Bench> Seated<B> {
    /// Takes along what waits.
    fn fill(&mut self, crew: &Crew<'_>) {
        // Who is alone should not wait for the processor to be asked: that has time until a second one comes.
        let known = B::most(&self.workshop.width);
        let waiting = crew.take_batch(self.bench.busy(), known.unwrap_or(2));
        let ask = known.is_none() && !waiting.is_empty();
        for job in waiting {
            self.seat(job);
        }
        if ask {
            for job in crew.take_batch(self.bench.busy(), B::find_most(&self.workshop.width)) {
                self.seat(job);
            }
        }
    }

    /// Begins a job's computation, or ends it with the error that this comes to.
    fn seat(&mut self, mut job: Batched) {
        let cancel = job.cancel_flag();
        let bench = &mut self.bench;
        let begun = job.with(|task: &mut PasswordTask| {
            cancel.check()?;
            let Workshop { arenas, .. } = &*task.workshop;
            task.job.start(bench, arenas)
        });
        wipe_stack();
        match begun {
            Ok(()) => self.seats.push(Seat { job, cancel }),
            Err(error) => {
                let outcome = job.with(|task: &mut PasswordTask| {
                    let next = task.job.despite(error)?;
                    task.step(next)
                });
                job.finish(outcome);
            }
        }
    }

    /// Ends what is done, and what nobody wants any more.
    fn look_at(&mut self, at: usize) {
        let cancel = self.seats[at].cancel.clone();
        let wanted = self.seats[at].job.with(|_: &mut PasswordTask| cancel.check());
        if wanted.is_ok() && !self.bench.is_done(at) {
            return;
        }
        let tag = self.bench.remove(at);
        let mut job = self.seats.swap_remove(at).job;
        let outcome = wanted.and_then(|()| {
            let tag = tag?.ok_or_else(|| Error::internal("a computation was left before its end"))?;
            job.with(|task: &mut PasswordTask| {
                let next = task.job.advance(tag)?;
                task.step(next)
            })
        });
        wipe_stack();
        job.finish(outcome);
    }

    /// Somebody else gets the slot; all go on later where they are now.
    fn put_back(mut self) {
        while let Some(Seat { mut job, .. }) = self.seats.pop() {
            let aside = self.bench.put_aside(self.seats.len());
            let outcome = job.with(|task: &mut PasswordTask| {
                task.job.put_aside(aside);
                Ok(Step::More)
            });
            wipe_stack();
            job.finish(outcome);
        }
    }
}

/// Iterations between two looks, so that they are some milliseconds apart at any width: one takes some 50 µs alone, and
/// some 100 µs beside five others.
fn between_looks(busy: usize) -> u32 {
    96 / (busy as u32 + 2)
}

impl Bench for eksblowfish::Lanes {
    fn new() -> Self {
        Self::new()
    }

    fn busy(&self) -> usize {
        self.busy()
    }

    fn most(width: &Width) -> Option<usize> {
        width.known()
    }

    fn find_most(width: &Width) -> usize {
        width.get()
    }

    fn begin(&mut self, kernel: &Kernel, input: &[u8], _: &Arenas) -> Result<()> {
        let Kernel::Bcrypt(spec) = kernel else { return Err(another_kind()) };
        spec.begin(self, input);
        Ok(())
    }

    fn resume(&mut self, aside: Aside) -> Result<()> {
        let Aside::Bcrypt(lane) = aside else { return Err(another_kind()) };
        self.resume(&lane);
        Ok(())
    }

    fn turn(&mut self) -> Result<()> {
        self.turn(between_looks(self.busy()));
        Ok(())
    }

    fn is_done(&self, at: usize) -> bool {
        self.is_done(at)
    }

    fn remove(&mut self, at: usize) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.remove(at).map(|hash| Zeroizing::new(bcrypt::tag(&hash).to_vec())))
    }

    fn put_aside(&mut self, at: usize) -> Aside {
        Aside::Bcrypt(self.take(at))
    }
}

impl Bench for Vec<fill::Fill> {
    fn new() -> Self {
        Self::with_capacity(fill::MAX_ARGON2_TOGETHER)
    }

    fn busy(&self) -> usize {
        self.len()
    }

    fn most(_: &Width) -> Option<usize> {
        Some(fill::MAX_ARGON2_TOGETHER)
    }

    fn find_most(_: &Width) -> usize {
        fill::MAX_ARGON2_TOGETHER
    }

    fn begin(&mut self, kernel: &Kernel, input: &[u8], arenas: &Arenas) -> Result<()> {
        let Kernel::Argon2(spec) = kernel else { return Err(another_kind()) };
        self.push(fill::Fill::begin(spec, input, arenas)?);
        Ok(())
    }

    fn resume(&mut self, aside: Aside) -> Result<()> {
        let Aside::Argon2(fill) = aside else { return Err(another_kind()) };
        self.push(*fill);
        Ok(())
    }

    fn turn(&mut self) -> Result<()> {
        fill::turn(self)
    }

    fn is_done(&self, at: usize) -> bool {
        self[at].is_done()
    }

    fn remove(&mut self, at: usize) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let fill = self.swap_remove(at);
        if fill.is_done() { fill.finish().map(Some) } else { Ok(None) }
    }

    fn put_aside(&mut self, at: usize) -> Aside {
        Aside::Argon2(Box::new(self.swap_remove(at)))
    }
}

fn another_kind() -> Error {
    Error::internal("passwords of different kinds were computed together")
}
