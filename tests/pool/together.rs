//! Jobs of one kind that a worker works on together.

use std::sync::mpsc::{Receiver, Sender, channel};

use offloop::pool::{Batched, Company, Crew, Cx, Handle, Kind, Lane, PoolOptions, Spec, Step, Task};
use offloop::{Code, Result};

use crate::scene::{Gate, Outcome, PATIENCE, Scene, options, spec};

/// A job that is worked on together with others. Each turn of its worker takes what it may, and ends the job that it
/// has had longest.
struct Shared {
    name: &'static str,
    gate: Gate,
    done: Sender<Outcome>,
    /// Who was there, at each turn.
    seen: Sender<Vec<&'static str>>,
    then: Then,
    is_alone: bool,
    needs_memory: bool,
}

/// What comes of a job that its worker has had longest.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    End,
    /// Put back, to go on alone.
    Alone,
    /// Put back, to go on together.
    Again,
}

fn together(first: Batched, crew: &Crew<'_>) {
    let mut seats = vec![first];
    loop {
        let gate = seats[0].with(|job: &mut Shared| Ok(job.gate.clone())).unwrap();
        gate.wait();
        seats.extend(crew.take_batch(seats.len(), 4));
        let names: Vec<_> =
            seats.iter_mut().map(|seat| seat.with(|job: &mut Shared| Ok(job.name)).unwrap()).collect();
        assert!(!names.contains(&"panics"), "as a job of ours never should");
        let mut first = seats.remove(0);
        let outcome = first.with(|job: &mut Shared| {
            job.seen.send(names).unwrap();
            assert_ne!(job.name, "panics alone", "as a job of ours never should");
            let then = std::mem::replace(&mut job.then, Then::End);
            job.is_alone = then == Then::Alone;
            Ok(if then == Then::End { job.end() } else { Step::More })
        });
        first.finish(outcome);
        if seats.is_empty() {
            return;
        }
    }
}

impl Shared {
    fn end(&self) -> Step {
        let (name, done) = (self.name, self.done.clone());
        Step::Done(Box::new(move || done.send((name, Ok(()))).unwrap()))
    }
}

impl Task for Shared {
    fn run(&mut self, _: &mut Cx<'_>) -> Result<Step> {
        assert!(self.is_alone);
        self.seen.send(vec!["alone"]).unwrap();
        Ok(self.end())
    }

    fn together(&self) -> Option<Company> {
        let company = Company { kind: Kind("shared"), run: together, needs_memory: self.needs_memory };
        (!self.is_alone).then_some(company)
    }

    fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

struct Crowd {
    scene: Scene,
    gate: Gate,
    seen: Sender<Vec<&'static str>>,
    turns: Receiver<Vec<&'static str>>,
}

impl Crowd {
    fn new(threads: usize) -> Self {
        let (seen, turns) = channel();
        Self { scene: Scene::new(&options(threads)), gate: Gate::default(), seen, turns }
    }

    fn submit(&self, name: &'static str) -> Handle {
        self.submit_job(0, self.job(name))
    }

    fn job(&self, name: &'static str) -> Shared {
        let (done, seen, gate) = (self.scene.sender.clone(), self.seen.clone(), self.gate.clone());
        Shared { name, gate, done, seen, then: Then::End, is_alone: false, needs_memory: false }
    }

    fn submit_job(&self, working: u64, job: Shared) -> Handle {
        self.scene.submit_task(job.name, &Spec { working, ..spec(Lane::Interactive) }, job).unwrap()
    }

    fn turn(&self) -> Vec<&'static str> {
        self.turns.recv_timeout(PATIENCE).unwrap()
    }
}

#[test]
fn a_worker_takes_along_what_waits_of_its_kind_and_overtakes_nobody() {
    let crowd = Crowd::new(1);
    crowd.submit("a");
    crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
    crowd.submit("b");
    let cancelled = crowd.submit("cancelled");
    cancelled.cancel();
    crowd.submit("c");
    crowd.scene.submit("other kind", &spec(Lane::Interactive), |_| Ok(())).unwrap();
    crowd.submit("d");
    crowd.submit("e");
    crowd.scene.pool.sweep();
    crowd.gate.open();
    let turns: Vec<_> = (0..5).map(|_| crowd.turn()).collect();
    assert_eq!(turns, [vec!["a", "b", "c"], vec!["b", "c"], vec!["c"], vec!["d", "e"], vec!["e"]]);
    let order: Vec<_> = (0..6).map(|_| crowd.scene.next().0).collect();
    assert_eq!(order, ["a", "b", "c", "other kind", "d", "e"]);
    crowd.scene.wait_idle();
    let stats = crowd.scene.pool.stats().lanes.interactive;
    assert_eq!((stats.completed, stats.cancelled), (6, 1));
}

#[test]
fn a_worker_goes_on_with_the_next_ones_and_takes_no_more_than_it_has_room_for() {
    let crowd = Crowd::new(1);
    crowd.submit("a");
    crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
    for name in ["b", "c", "d", "e", "f"] {
        crowd.submit(name);
    }
    crowd.gate.open();
    let turns: Vec<_> = (0..6).map(|_| crowd.turn()).collect();
    assert_eq!(turns[..3], [vec!["a", "b", "c", "d"], vec!["b", "c", "d", "e"], vec!["c", "d", "e", "f"]]);
    crowd.scene.wait_idle();
}

#[test]
fn threads_come_first_and_what_waits_is_spread_evenly() {
    let crowd = Crowd::new(2);
    crowd.submit("a");
    crowd.submit("b");
    crowd.scene.wait_until("a thread each", |pool| pool.slots_held(Lane::Interactive) == 2);
    crowd.scene.wait_until("both begun", |pool| pool.stats().lanes.interactive.running == 2);
    for name in ["c", "d", "e", "f"] {
        crowd.submit(name);
    }
    crowd.gate.open();
    let turns: Vec<_> = (0..6).map(|_| crowd.turn()).collect();
    assert!(turns.iter().all(|turn| turn.len() <= 3), "six on two workers: {turns:?}");
    assert!(turns.iter().filter(|turn| turn.len() == 3).count() >= 1, "{turns:?}");
    crowd.scene.wait_idle();
}

#[test]
fn a_job_that_is_put_back_goes_on_alone_and_takes_its_memory_only_then() {
    let crowd = Crowd::new(1);
    crowd.submit_job(1000, Shared { then: Then::Alone, ..crowd.job("a") });
    crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
    assert_eq!(crowd.scene.pool.stats().memory_held, 0);
    crowd.submit("b");
    crowd.gate.open();
    let turns: Vec<_> = (0..3).map(|_| crowd.turn()).collect();
    assert_eq!(turns, [vec!["a", "b"], vec!["b"], vec!["alone"]]);
    crowd.scene.wait_idle();
    let stats = crowd.scene.pool.stats();
    assert_eq!((stats.memory_held, stats.memory_peak), (0, 1000));
    assert_eq!((stats.lanes.interactive.completed, stats.lanes.interactive.running), (2, 0));
}

#[test]
fn a_panic_among_jobs_that_run_together_rejects_them_and_frees_the_slot() {
    for (name, also_b) in [("panics", Err(Code::Internal)), ("panics alone", Ok(()))] {
        let crowd = Crowd::new(1);
        crowd.submit(name);
        crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
        crowd.submit("b");
        crowd.gate.open();
        let next = || {
            let (name, outcome) = crowd.scene.next();
            (name, outcome.map_err(|error| error.code()))
        };
        let mut outcomes = [next(), next()];
        outcomes.sort_by_key(|(name, _)| *name);
        assert_eq!(outcomes, [("b", also_b), (name, Err(Code::Internal))]);
        crowd.scene.wait_idle();
        crowd.submit("after");
        assert_eq!(next(), ("after", Ok(())));
        crowd.scene.wait_idle();
    }
}

#[test]
fn a_job_that_is_put_back_is_taken_along_again() {
    let crowd = Crowd::new(1);
    crowd.submit_job(0, Shared { then: Then::Again, ..crowd.job("again") });
    crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
    crowd.submit("b");
    crowd.gate.open();
    let turns: Vec<_> = (0..3).map(|_| crowd.turn()).collect();
    assert_eq!(turns, [vec!["again", "b"], vec!["b", "again"], vec!["again"]]);
    crowd.scene.wait_idle();
}

#[test]
fn a_job_that_is_put_back_and_given_up_is_dropped_though_nobody_comes_by() {
    let crowd = Crowd::new(1);
    let again = crowd.submit_job(0, Shared { then: Then::Again, ..crowd.job("again") });
    crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
    let shut = Gate::default();
    crowd.submit_job(0, Shared { gate: shut.clone(), ..crowd.job("stays") });
    crowd.gate.open();
    assert_eq!(crowd.turn(), ["again", "stays"]);
    // The worker stands before the other gate now, with nothing to do with the one that was put back.
    crowd.scene.wait_until("it is put back", |pool| {
        again.cancel();
        pool.stats().lanes.interactive.cancelled == 1
    });
    assert!(again.has_ended());
    shut.open();
    assert_eq!(crowd.turn(), ["stays"]);
    crowd.scene.wait_idle();
}

#[test]
fn jobs_that_need_their_memory_together_take_it_and_wait_for_it() {
    let crowd =
        Crowd { scene: Scene::new(&PoolOptions { memory_bytes: Some(1600), ..options(1) }), ..Crowd::new(1) };
    let needs = |name| crowd.submit_job(400, Shared { needs_memory: true, ..crowd.job(name) });
    needs("a");
    crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
    assert_eq!(crowd.scene.pool.stats().memory_held, 400);
    needs("b");
    needs("c");
    crowd.gate.open();
    let turns: Vec<_> = (0..3).map(|_| crowd.turn()).collect();
    assert_eq!(turns, [vec!["a", "b"], vec!["b", "c"], vec!["c"]], "half of the budget is for two");
    crowd.scene.wait_idle();
    assert_eq!(crowd.scene.pool.stats().memory_peak, 800);
}

#[test]
fn a_job_keeps_its_memory_while_it_is_put_back_if_it_needs_it_together() {
    let crowd = Crowd::new(1);
    crowd.submit_job(400, Shared { needs_memory: true, then: Then::Again, ..crowd.job("again") });
    crowd.scene.wait_until("the first runs", |pool| pool.stats().lanes.interactive.running == 1);
    crowd.gate.open();
    assert_eq!([crowd.turn(), crowd.turn()], [["again"], ["again"]]);
    crowd.scene.wait_idle();
    let stats = crowd.scene.pool.stats();
    assert_eq!((stats.memory_held, stats.memory_peak), (0, 400));
}
