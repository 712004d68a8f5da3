//! The scheduler under shuttle: every run takes another interleaving of the submitting threads, the pump and
//! the workers, and a lost wake-up, a slot too many, a byte too many or a job settled twice fails it.
//!
//! `cargo test --no-default-features --features model --test model`

#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios fail loudly")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering};

use offloop::pool::model::Model;
use offloop::pool::{Batched, Company, Crew, Cx, Handle, Kind, Lane, Spec, Step, Task};
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;

const RUNS: usize = 3_000;

/// Random schedules, and schedules with a few preemptions in nasty places (PCT, Burckhardt et al. 2010).
fn explore(scenario: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(scenario, RUNS);
    shuttle::check_pct(scenario, RUNS, 3);
}

fn spec(lane: Lane, input: u64, working: u64) -> Spec {
    Spec { lane, timeout: None, input, working }
}

#[derive(Default)]
struct Tally {
    settled: AtomicUsize,
    running: [AtomicUsize; 2],
    working: AtomicUsize,
}

/// A job that checks the governor's and the budget's promises while it runs.
fn job(
    tally: &Arc<Tally>,
    threads: usize,
    memory: u64,
    lane: Lane,
    working: u64,
    slices: usize,
) -> Box<dyn offloop::pool::Task> {
    let tally = Arc::clone(tally);
    let mut left = slices;
    Box::new(move |_: &mut Cx<'_>| {
        let running = tally.running[lane as usize].fetch_add(1, Ordering::SeqCst) + 1;
        let bytes = tally.working.fetch_add(working as usize, Ordering::SeqCst) as u64 + working;
        assert!(running <= threads, "{running} {lane:?} jobs on {threads} slots");
        assert!(bytes <= memory, "{bytes} of {memory} bytes");
        thread::yield_now();
        tally.working.fetch_sub(working as usize, Ordering::SeqCst);
        tally.running[lane as usize].fetch_sub(1, Ordering::SeqCst);
        left -= 1;
        if left > 0 {
            return Ok(Step::More);
        }
        let tally = Arc::clone(&tally);
        Ok(Step::Done(Box::new(move || {
            tally.settled.fetch_add(1, Ordering::SeqCst);
        })))
    })
}

#[test]
fn every_job_of_two_submitting_threads_runs_once() {
    explore(|| {
        let model = Arc::new(Model::new(2, 1_000));
        let tally = Arc::new(Tally::default());
        let submitters: Vec<_> = (0..2)
            .map(|_| {
                let (model, tally) = (Arc::clone(&model), Arc::clone(&tally));
                thread::spawn(move || {
                    for lane in [Lane::Bulk, Lane::Interactive, Lane::Bulk] {
                        let slices = if lane == Lane::Bulk { 2 } else { 1 };
                        model
                            .submit(&spec(lane, 1, 10), job(&tally, 2, 1_000, lane, 10, slices), |error| {
                                panic!("{error}")
                            })
                            .unwrap();
                    }
                })
            })
            .collect();
        for submitter in submitters {
            submitter.join().unwrap();
        }
        Arc::into_inner(model).unwrap().end();
        assert_eq!(tally.settled.load(Ordering::SeqCst), 6);
    });
}

#[test]
fn memory_that_is_short_delays_and_never_strands() {
    explore(|| {
        let model = Model::new(3, 100);
        let tally = Arc::new(Tally::default());
        let mut admitted = 0;
        // A giant between small ones, more working memory in all than there is, and in both lanes: what one
        // lane's job gives back, the other's may be waiting for.
        let jobs = [
            (Lane::Bulk, 5, 40),
            (Lane::Interactive, 5, 70),
            (Lane::Bulk, 5, 40),
            (Lane::Interactive, 5, 30),
        ];
        for (lane, input, working) in jobs {
            let task = job(&tally, 3, 100, lane, working, 1);
            let outcome = model.submit(&spec(lane, input, working), task, |error| panic!("{error}"));
            admitted += usize::from(outcome.is_ok());
            assert!(model.memory_held() <= 100);
        }
        model.end();
        assert_eq!(tally.settled.load(Ordering::SeqCst), admitted);
        assert_eq!(admitted, 4);
    });
}

#[test]
fn a_cancelled_job_is_settled_by_nobody_and_its_slot_and_memory_return() {
    explore(|| {
        let model = Model::new(1, 1_000);
        let tally = Arc::new(Tally::default());
        let handles: Vec<_> = (0..3)
            .map(|_| {
                let task = job(&tally, 1, 1_000, Lane::Interactive, 100, 1);
                model.submit(&spec(Lane::Interactive, 1, 100), task, |error| panic!("{error}")).unwrap()
            })
            .collect();
        let canceller = thread::spawn(move || {
            let cancelled = handles.into_iter().take(2);
            cancelled.for_each(|handle| handle.cancel());
        });
        canceller.join().unwrap();
        let held = |model: &Model| model.held(Lane::Interactive);
        assert!(held(&model) <= 1);
        model.end();
        let settled = tally.settled.load(Ordering::SeqCst);
        assert!((1..=3).contains(&settled), "{settled}");
    });
}

#[test]
fn closing_settles_every_job_exactly_once() {
    explore(|| {
        let model = Arc::new(Model::new(1, 1_000));
        let tally = Arc::new(Tally::default());
        let rejected = Arc::new(AtomicUsize::new(0));
        let submitter = {
            let (model, tally, rejected) = (Arc::clone(&model), Arc::clone(&tally), Arc::clone(&rejected));
            thread::spawn(move || {
                let mut admitted = 0;
                for lane in [Lane::Bulk, Lane::Interactive, Lane::Bulk] {
                    let rejected = Arc::clone(&rejected);
                    let task = job(&tally, 1, 1_000, lane, 1, 2);
                    let outcome = model.submit(&spec(lane, 1, 1), task, move |_| {
                        rejected.fetch_add(1, Ordering::SeqCst);
                    });
                    admitted += usize::from(outcome.is_ok());
                }
                admitted
            })
        };
        model.close();
        let admitted = submitter.join().unwrap();
        Arc::into_inner(model).unwrap().end();
        let settled = tally.settled.load(Ordering::SeqCst) + rejected.load(Ordering::SeqCst);
        assert_eq!(settled, admitted);
    });
}

/// A job that is worked on together with others of its kind for some turns, and may then go on alone.
struct Seated {
    tally: Arc<Tally>,
    working: u64,
    turns: usize,
    alone_at_last: bool,
}

const SEATS: usize = 2;
const SEATED_THREADS: usize = 2;
/// Half of it is for work: for three of the jobs, and two of those that they give way to.
const SEATED_MEMORY: u64 = 300;

/// Over all runs, so that no schedule knows of them: that the scenarios come to what they are about.
static TAKEN: StdAtomicUsize = StdAtomicUsize::new(0);
static PUT_BACK: StdAtomicUsize = StdAtomicUsize::new(0);

/// Works on what it has and may take along; puts all of it back where somebody waits for the slot.
fn work_together(first: Batched, crew: &Crew<'_>) {
    let mut seats = vec![];
    let mut coming = vec![first];
    loop {
        for mut seat in coming.drain(..) {
            seat.with(|job: &mut Seated| {
                job.sit_down();
                Ok(())
            })
            .unwrap();
            seats.push(seat);
        }
        assert!(seats.len() <= SEATS, "{} seats", seats.len());
        thread::yield_now();
        let put_back = crew.should_yield();
        for mut seat in std::mem::take(&mut seats) {
            let given_up = seat.cancel_flag().check();
            let outcome = seat.with(|job: &mut Seated| {
                let outcome = given_up.map(|()| job.turn());
                if put_back || !matches!(outcome, Ok(None)) {
                    job.stand_up();
                }
                outcome
            });
            match outcome {
                Ok(None) if !put_back => seats.push(seat),
                outcome => {
                    PUT_BACK.fetch_add(usize::from(matches!(outcome, Ok(None))), StdOrdering::Relaxed);
                    seat.finish(outcome.map(|step| step.unwrap_or(Step::More)));
                }
            }
        }
        if seats.is_empty() {
            return;
        }
        coming = crew.take_batch(seats.len(), SEATS);
        TAKEN.fetch_add(coming.len(), StdOrdering::Relaxed);
    }
}

impl Seated {
    fn boxed(tally: &Arc<Tally>, working: u64, turns: usize, alone_at_last: bool) -> Box<dyn Task> {
        Box::new(Self { tally: Arc::clone(tally), working, turns, alone_at_last })
    }

    fn sit_down(&self) {
        let bytes =
            self.tally.working.fetch_add(self.working as usize, Ordering::SeqCst) as u64 + self.working;
        assert!(bytes <= SEATED_MEMORY / 2, "{bytes} of {SEATED_MEMORY} bytes");
    }

    fn stand_up(&self) {
        self.tally.working.fetch_sub(self.working as usize, Ordering::SeqCst);
    }

    /// `None` while there are more turns.
    fn turn(&mut self) -> Option<Step> {
        self.turns -= 1;
        match self.turns {
            0 if self.alone_at_last => Some(Step::More),
            0 => Some(self.end()),
            _ => None,
        }
    }

    fn end(&self) -> Step {
        let tally = Arc::clone(&self.tally);
        Step::Done(Box::new(move || {
            tally.settled.fetch_add(1, Ordering::SeqCst);
        }))
    }
}

impl Task for Seated {
    fn run(&mut self, _: &mut Cx<'_>) -> offloop::Result<Step> {
        assert_eq!(self.turns, 0, "alone, though it goes with others");
        Ok(self.end())
    }

    fn together(&self) -> Option<Company> {
        let company = Company { kind: Kind("seated"), run: work_together, needs_memory: self.working > 0 };
        (self.turns > 0).then_some(company)
    }

    fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

#[test]
fn jobs_that_go_together_are_taken_along_put_back_and_settled_once() {
    explore(|| {
        let model = Arc::new(Model::new(SEATED_THREADS, SEATED_MEMORY));
        let tally = Arc::new(Tally::default());
        let submitter = {
            let (model, tally) = (Arc::clone(&model), Arc::clone(&tally));
            thread::spawn(move || {
                // What those that go together give way to.
                for _ in 0..2 {
                    let task = job(&tally, SEATED_THREADS, SEATED_MEMORY, Lane::Interactive, 10, 1);
                    model.submit(&spec(Lane::Interactive, 1, 10), task, |error| panic!("{error}")).unwrap();
                }
            })
        };
        for (working, turns, alone_at_last) in [(40, 4, false), (40, 2, true), (40, 3, false), (40, 3, false)]
        {
            let task = Seated::boxed(&tally, working, turns, alone_at_last);
            model.submit(&spec(Lane::Bulk, 1, working), task, |error| panic!("{error}")).unwrap();
        }
        submitter.join().unwrap();
        Arc::into_inner(model).unwrap().end();
        assert_eq!(tally.settled.load(Ordering::SeqCst), 6);
        assert_eq!(tally.working.load(Ordering::SeqCst), 0);
    });
    let (taken, put_back) = (TAKEN.load(StdOrdering::Relaxed), PUT_BACK.load(StdOrdering::Relaxed));
    assert!(taken > 0 && put_back > 0, "{taken} taken along, {put_back} put back");
}

#[test]
fn jobs_that_go_together_may_be_given_up_wherever_they_are() {
    explore(|| {
        let model = Model::new(1, SEATED_MEMORY);
        let tally = Arc::new(Tally::default());
        let handles: Vec<_> = (0..3)
            .map(|at| {
                let task = Seated::boxed(&tally, 0, 2, at == 1);
                model.submit(&spec(Lane::Bulk, 1, 30), task, |error| panic!("{error}")).unwrap()
            })
            .collect();
        let canceller = thread::spawn(move || handles.iter().take(2).for_each(Handle::cancel));
        let task = job(&tally, 1, SEATED_MEMORY, Lane::Interactive, 10, 1);
        model.submit(&spec(Lane::Interactive, 1, 10), task, |error| panic!("{error}")).unwrap();
        canceller.join().unwrap();
        model.end();
        let settled = tally.settled.load(Ordering::SeqCst);
        assert!((2..=4).contains(&settled), "{settled}");
    });
}
