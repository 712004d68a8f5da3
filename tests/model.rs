//! The scheduler under shuttle: every run takes another interleaving of the submitting threads, the pump and
//! the workers, and a lost wake-up, a slot too many, a byte too many or a job settled twice fails it.
//!
//! `cargo test --no-default-features --features model --test model`

#![cfg(feature = "model")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios fail loudly")]

use std::sync::Arc;

use offloop::pool::model::Model;
use offloop::pool::{Cx, Kind, Lane, Spec, Step};
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
