//! The pool's promises, each as a scenario on a real pool without Node.

#![cfg(not(feature = "model"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "scenarios fail loudly")]
#![allow(
    clippy::unit_arg,
    clippy::items_after_statements,
    clippy::manual_assert,
    reason = "short scenarios read best"
)]

mod scene;
mod together;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use offloop::pool::{Cx, Lane, PerLane, Pool, PoolOptions, Reclaim, Spec, Step};
use offloop::{Code, Error};

use scene::{Gate, PATIENCE, Scene, options, spec};

#[test]
fn a_login_never_waits_for_long_bulk_jobs() {
    let scene = Scene::new(&options(2));
    let gate = Gate::default();
    for _ in 0..8 {
        let gate = gate.clone();
        scene.submit("bulk", &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    scene.wait_until("two bulk jobs running", |pool| pool.slots_held(Lane::Bulk) == 2);
    // Every slot is held by a job that will not end before the gate opens; logins run all the same.
    for _ in 0..4 {
        scene.submit("login", &spec(Lane::Interactive), |_| Ok(())).unwrap();
    }
    for _ in 0..4 {
        assert_eq!(scene.next().0, "login");
    }
    gate.open();
    for _ in 0..8 {
        assert_eq!(scene.next().0, "bulk");
    }
    scene.wait_idle();
}

#[test]
fn overcommit_is_bounded_and_ends_when_bulk_slices_give_way() {
    let scene = Scene::new(&options(2));
    let most = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    // Bulk jobs of endless slices: they only ever stop between slices.
    for _ in 0..2 {
        let stop = Arc::clone(&stop);
        let done = scene.sender.clone();
        scene
            .submit_task("bulk", &spec(Lane::Bulk), move |_: &mut Cx<'_>| {
                if !stop.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                    return Ok(Step::More);
                }
                let done = done.clone();
                Ok(Step::Done(Box::new(move || done.send(("bulk", Ok(()))).unwrap())))
            })
            .unwrap();
    }
    scene.wait_until("both bulk jobs running", |pool| pool.slots_held(Lane::Bulk) == 2);
    let gate = Gate::default();
    for _ in 0..6 {
        let (gate, most) = (gate.clone(), Arc::clone(&most));
        scene
            .submit("login", &spec(Lane::Interactive), move |_| {
                most.fetch_max(1, Ordering::SeqCst);
                Ok(gate.wait())
            })
            .unwrap();
    }
    scene.wait_until("two logins running beside one bulk job", |pool| {
        pool.slots_held(Lane::Interactive) == 2 && pool.slots_held(Lane::Bulk) == 1
    });
    gate.open();
    for _ in 0..6 {
        assert_eq!(scene.next().0, "login");
    }
    scene.wait_until("the bulk jobs have both slots again", |pool| {
        pool.slots_held(Lane::Interactive) == 0 && pool.slots_held(Lane::Bulk) == 2
    });
    stop.store(true, Ordering::SeqCst);
    assert_eq!((scene.next().0, scene.next().0), ("bulk", "bulk"));
    scene.wait_idle();
}

#[test]
fn bulk_never_starves_under_a_flood_of_logins() {
    let scene = Scene::new(&options(1));
    let stop = Arc::new(AtomicBool::new(false));
    // The interactive lane is never empty: each login submits the next before it ends.
    for _ in 0..3 {
        scene
            .submit("login", &spec(Lane::Interactive), {
                let stop = Arc::clone(&stop);
                move |cx| {
                    while !stop.load(Ordering::SeqCst) {
                        cx.cancel().check()?;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    Ok(())
                }
            })
            .unwrap();
    }
    scene.wait_until("logins hold every slot", |pool| pool.slots_held(Lane::Interactive) == 1);
    for _ in 0..10 {
        let mut slices = 0;
        let done = scene.sender.clone();
        scene
            .submit_task("bulk", &spec(Lane::Bulk), move |_: &mut Cx<'_>| {
                slices += 1;
                if slices < 5 {
                    return Ok(Step::More);
                }
                let done = done.clone();
                Ok(Step::Done(Box::new(move || done.send(("bulk", Ok(()))).unwrap())))
            })
            .unwrap();
    }
    for _ in 0..10 {
        assert_eq!(scene.next().0, "bulk");
    }
    stop.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(scene.next().0, "login");
    }
    scene.wait_idle();
}

#[test]
fn full_inputs_one_giant_and_many_small_jobs_all_end_within_the_budget() {
    const BUDGET: u64 = 1 << 20;
    let scene =
        Scene::new(&PoolOptions { threads: Some(4), memory_bytes: Some(BUDGET), ..PoolOptions::default() });
    let gate = Gate::default();
    let taken = Arc::new(AtomicUsize::new(0));
    let mut admitted = 0;
    let mut submit = |name, input, working| {
        let (gate, taken) = (gate.clone(), Arc::clone(&taken));
        let spec = Spec { input, working, ..spec(Lane::Bulk) };
        let outcome = scene.submit(name, &spec, move |_| {
            gate.wait();
            let now = taken.fetch_add(working as usize, Ordering::SeqCst) + working as usize;
            assert!(now as u64 <= BUDGET, "{now} bytes at work");
            std::thread::sleep(Duration::from_micros(300));
            taken.fetch_sub(working as usize, Ordering::SeqCst);
            Ok(())
        });
        match outcome {
            Ok(_) => {
                admitted += 1;
                true
            }
            Err(error) => {
                assert_eq!(error.code(), Code::QueueFull, "{error}");
                false
            }
        }
    };
    // The giant first, so that it waits at the head of its queue with many small ones behind.
    assert!(submit("small", 1_000, BUDGET / 4));
    assert!(submit("giant", 10_000, BUDGET * 3 / 4));
    let mut full = false;
    for _ in 0..400 {
        full |= !submit("small", 1_000, BUDGET / 4);
    }
    assert!(full, "the inputs never filled up");
    let stats = scene.pool.stats();
    assert!(stats.memory_held <= BUDGET, "{stats:?}");
    gate.open();
    let mut giants = 0;
    for _ in 0..admitted {
        let (name, outcome) = scene.next();
        outcome.unwrap();
        giants += usize::from(name == "giant");
    }
    assert_eq!(giants, 1);
    assert!(scene.pool.stats().memory_peak <= BUDGET);
    scene.wait_idle();
}

#[test]
fn a_job_that_waits_for_memory_is_overtaken_a_bounded_number_of_times() {
    const MIB: u64 = 1 << 20;
    let scene =
        Scene::new(&PoolOptions { threads: Some(2), memory_bytes: Some(16 * MIB), ..PoolOptions::default() });
    let (first, second) = (Gate::default(), Gate::default());
    let wait = |gate: &Gate| {
        let gate = gate.clone();
        move |_: &mut Cx<'_>| Ok(gate.wait())
    };
    let spec_of = |working| Spec { working, ..spec(Lane::Bulk) };
    scene.submit("holder", &spec_of(6 * MIB), wait(&first)).unwrap();
    scene.submit("holder", &spec_of(MIB), wait(&second)).unwrap();
    scene.wait_until("both running", |pool| pool.slots_held(Lane::Bulk) == 2);
    scene.submit("large", &spec_of(8 * MIB), |_| Ok(())).unwrap();
    for _ in 0..200 {
        scene.submit("small", &spec_of(MIB), |_| Ok(())).unwrap();
    }
    second.open();
    assert_eq!(scene.next().0, "holder");
    let mut before = 0;
    // The first holder still keeps the large one out; small ones go first, but not for ever.
    while let Ok((name, outcome)) = scene.outcomes.recv_timeout(Duration::from_millis(200)) {
        outcome.unwrap();
        assert_eq!(name, "small");
        before += 1;
    }
    assert!((1..200).contains(&before), "{before} went first");
    first.open();
    let rest: Vec<_> = (0..202 - before).map(|_| scene.next().0).collect();
    let position = rest.iter().position(|&name| name == "large").unwrap();
    assert!(position <= 2, "the large one was next, but came as number {position}");
    scene.wait_idle();
}

#[test]
fn what_could_never_fit_and_what_finds_the_queue_full_is_refused_at_once() {
    let scene = Scene::new(&PoolOptions {
        threads: Some(1),
        memory_bytes: Some(1 << 20),
        max_queue: PerLane { interactive: Some(3), bulk: Some(2) },
        ..PoolOptions::default()
    });
    let gate = Gate::default();
    let too_big = Spec { working: 1 << 20, ..spec(Lane::Bulk) };
    assert_eq!(scene.submit("big", &too_big, |_| Ok(())).err().unwrap().code(), Code::MemoryBudget);
    {
        let gate = gate.clone();
        scene.submit("running", &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    scene.wait_until("it runs", |pool| pool.stats().lanes.bulk.running == 1);
    for _ in 0..2 {
        scene.submit("waiting", &spec(Lane::Bulk), |_| Ok(())).unwrap();
    }
    let refused = scene.submit("refused", &spec(Lane::Bulk), |_| Ok(())).err().unwrap();
    assert_eq!(refused.code(), Code::QueueFull);
    assert!(refused.code().is_retryable());
    // The other lane has its own limit, and limits may change while jobs run.
    scene.submit("login", &spec(Lane::Interactive), |_| Ok(())).unwrap();
    assert_eq!(scene.next().0, "login");
    scene
        .pool
        .configure(&PoolOptions {
            max_queue: PerLane { interactive: None, bulk: Some(3) },
            ..PoolOptions::default()
        })
        .unwrap();
    scene.submit("waiting", &spec(Lane::Bulk), |_| Ok(())).unwrap();
    assert_eq!(scene.pool.stats().lanes.bulk.refused, 2);
    gate.open();
    assert_eq!(scene.next().0, "running");
    for _ in 0..3 {
        assert_eq!(scene.next().0, "waiting");
    }
    scene.wait_idle();
}

#[test]
fn cancelled_while_queued_it_never_runs_and_gives_its_memory_back() {
    let scene = Scene::new(&options(1));
    let gate = Gate::default();
    {
        let gate = gate.clone();
        scene.submit("running", &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    let ran = Arc::new(AtomicBool::new(false));
    let handles: Vec<_> = (0..100)
        .map(|_| {
            let ran = Arc::clone(&ran);
            let spec = Spec { input: 1_000, ..spec(Lane::Bulk) };
            scene.submit("cancelled", &spec, move |_| Ok(ran.store(true, Ordering::SeqCst))).unwrap()
        })
        .collect();
    scene.wait_until("one runs", |pool| pool.stats().lanes.bulk.running == 1);
    for handle in &handles {
        handle.cancel();
    }
    scene.wait_until("their memory is free", |pool| pool.stats().memory_held == 0);
    scene.wait_until("they left the queue", |pool| pool.stats().lanes.bulk.queued == 0);
    assert!(handles.iter().all(offloop::pool::Handle::has_ended));
    gate.open();
    assert_eq!(scene.next().0, "running");
    assert!(scene.quiet(), "a cancelled job is not settled: whoever cancelled it has done so");
    assert!(!ran.load(Ordering::SeqCst));
    assert_eq!(scene.pool.stats().lanes.bulk.cancelled, 100);
    scene.wait_idle();
}

#[test]
fn given_up_before_its_work_is_queued_it_leaves_the_queue_all_the_same() {
    let scene = Scene::new(&options(1));
    let gate = Gate::default();
    {
        let gate = gate.clone();
        scene.submit("running", &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    scene.wait_until("one runs", |pool| pool.stats().lanes.bulk.running == 1);
    let admission = scene.pool.admit(&scene.tenant, &spec(Lane::Bulk), |_| {}).unwrap();
    scene.pool.handle(&admission).cancel();
    // The sweep that the cancelling asked for comes and finds nothing.
    std::thread::sleep(Duration::from_millis(50));
    let held = Arc::new(());
    let task = Arc::clone(&held);
    scene.pool.enqueue(
        admission,
        Box::new(move |_: &mut Cx<'_>| {
            let _ = &task;
            Ok(Step::More)
        }),
    );
    // The only worker is busy.
    scene.wait_until("it left the queue", |pool| pool.stats().lanes.bulk.queued == 0);
    scene.wait_until("its task is gone", |_| Arc::strong_count(&held) == 1);
    gate.open();
    assert_eq!(scene.next().0, "running");
    scene.wait_idle();
}

#[test]
fn an_input_may_go_before_its_job_or_outlive_it() {
    let scene = Scene::new(&options(1));
    let held = || scene.pool.stats().memory_held;
    let wanted = Spec { input: 1_000, ..spec(Lane::Bulk) };
    let mut first = scene.pool.admit(&scene.tenant, &wanted, |_| {}).unwrap();
    let outlives = first.part_with_input();
    let mut next = scene.pool.admit(&scene.tenant, &spec(Lane::Bulk), |_| {}).unwrap();
    next.inherit(500);
    first.fail(Error::cancelled());
    assert_eq!(held(), 1_000);
    drop(outlives);
    assert_eq!(held(), 0, "its job has not ended yet");
    next.complete(|| ());
    scene.wait_idle();
}

#[test]
fn cancelled_while_running_it_stops_when_it_looks() {
    let scene = Scene::new(&options(1));
    let handle = scene
        .submit("cancelled", &spec(Lane::Interactive), |cx| {
            loop {
                cx.cancel().check()?;
                std::thread::sleep(Duration::from_millis(1));
            }
        })
        .unwrap();
    scene.wait_until("it runs", |pool| pool.stats().lanes.interactive.running == 1);
    handle.cancel();
    scene.wait_until("it has ended", |_| handle.has_ended());
    scene.submit("next", &spec(Lane::Interactive), |_| Ok(())).unwrap();
    assert_eq!(scene.next().0, "next");
    assert!(scene.quiet());
    scene.wait_idle();
}

#[test]
fn a_deadline_settles_a_queued_and_a_running_job_in_time() {
    let scene = Scene::new(&options(1));
    let gate = Gate::default();
    let late = Spec { timeout: Some(Duration::from_millis(30)), ..spec(Lane::Bulk) };
    {
        let gate = gate.clone();
        // Third-party code that does not look at its flag: the promise is settled all the same.
        scene.submit("running", &late, move |_| Ok(gate.wait())).unwrap();
    }
    let ran = Arc::new(AtomicBool::new(false));
    {
        let ran = Arc::clone(&ran);
        scene.submit("queued", &late, move |_| Ok(ran.store(true, Ordering::SeqCst))).unwrap();
    }
    for _ in 0..2 {
        let (_, outcome) = scene.next();
        assert_eq!(outcome.unwrap_err().code(), Code::Deadline);
    }
    assert_eq!(scene.pool.stats().lanes.bulk.queued, 0);
    gate.open();
    scene.wait_idle();
    assert!(scene.quiet(), "settled once");
    assert!(!ran.load(Ordering::SeqCst));
    // Far more than any clock counts: no deadline.
    let never = Spec { timeout: Some(Duration::MAX), ..spec(Lane::Bulk) };
    scene.submit("never late", &never, |_| Ok(())).unwrap();
    scene.next().1.unwrap();
}

#[test]
fn a_panic_rejects_its_job_and_nothing_else() {
    let scene = Scene::new(&options(2));
    for _ in 0..10 {
        scene.submit("panics", &spec(Lane::Bulk), |_| panic!("on purpose")).unwrap();
        scene.submit("fine", &spec(Lane::Bulk), |_| Ok(())).unwrap();
    }
    let mut fine = 0;
    for _ in 0..20 {
        match scene.next() {
            ("fine", outcome) => {
                outcome.unwrap();
                fine += 1;
            }
            (_, outcome) => {
                let error = outcome.unwrap_err();
                assert_eq!(error.code(), Code::Internal);
                assert!(error.message().contains("on purpose"), "{error}");
            }
        }
    }
    assert_eq!(fine, 10);
    struct PanicsWhenDropped;
    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("in drop");
            }
        }
    }
    let guard = PanicsWhenDropped;
    scene
        .submit("drop", &spec(Lane::Bulk), move |_| {
            let _ = &guard;
            Ok(())
        })
        .unwrap();
    scene.next().1.unwrap();
    scene.wait_idle();
}

#[test]
fn parts_of_a_job_use_idle_slots_only() {
    let scene = Scene::new(&options(4));
    let (threads, seen) = channel();
    scene
        .submit("parallel", &spec(Lane::Bulk), {
            let threads = threads.clone();
            move |cx| {
                let squares = cx.parallel(64, |part| {
                    std::thread::sleep(Duration::from_millis(2));
                    Ok((part * part, std::thread::current().id()))
                })?;
                let distinct: std::collections::HashSet<_> = squares.iter().map(|(_, id)| *id).collect();
                assert!(squares.iter().enumerate().all(|(part, (square, _))| part * part == *square));
                Ok(threads.send(distinct.len()).unwrap())
            }
        })
        .unwrap();
    scene.next().1.unwrap();
    assert!((2..=4).contains(&seen.recv().unwrap()), "idle slots were used");
    scene.wait_idle();

    // Every other slot is taken: the job does its parts alone, and waits for nobody.
    let gate = Gate::default();
    for _ in 0..3 {
        let gate = gate.clone();
        scene.submit("holder", &spec(Lane::Interactive), move |_| Ok(gate.wait())).unwrap();
    }
    scene.wait_until("three slots held", |pool| pool.slots_held(Lane::Interactive) == 3);
    scene
        .submit("alone", &spec(Lane::Bulk), move |cx| {
            let ids = cx.parallel(8, |_| Ok(std::thread::current().id()))?;
            Ok(threads.send(ids.into_iter().collect::<std::collections::HashSet<_>>().len()).unwrap())
        })
        .unwrap();
    assert_eq!(scene.next().0, "alone");
    assert_eq!(seen.recv().unwrap(), 1);
    gate.open();
    for _ in 0..3 {
        scene.next().1.unwrap();
    }

    // A part that fails or panics fails the job; so does giving up.
    scene
        .submit("panics", &spec(Lane::Bulk), |cx| {
            cx.parallel(16, |part| if part == 7 { panic!("part 7") } else { Ok(()) }).map(|_| ())
        })
        .unwrap();
    assert_eq!(scene.next().1.unwrap_err().code(), Code::Internal);
    scene.wait_idle();
}

#[test]
fn a_part_that_fails_spares_the_rest() {
    for threads in [1, 4] {
        let scene = Scene::new(&options(threads));
        let begun = Arc::new(AtomicUsize::new(0));
        {
            let begun = Arc::clone(&begun);
            scene
                .submit("parts", &spec(Lane::Bulk), move |cx| {
                    let begun = Arc::clone(&begun);
                    let results = cx.parallel(100, move |part| {
                        begun.fetch_add(1, Ordering::SeqCst);
                        if part == 2 {
                            return Err(Error::new(Code::ImageCorrupt, "part 2"));
                        }
                        Ok(std::thread::sleep(Duration::from_millis(5)))
                    });
                    results.map(|_| ())
                })
                .unwrap();
        }
        let error = scene.next().1.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::ImageCorrupt, "part 2"));
        // Beside those that others have under way; far from all in any case.
        let most = if threads == 1 { 3 } else { 50 };
        assert!((3..=most).contains(&begun.load(Ordering::SeqCst)), "{begun:?}");
        scene.wait_idle();
    }
}

#[test]
fn drain_refuses_new_jobs_of_its_tenant_and_waits_for_the_old() {
    let scene = Scene::new(&options(1));
    let other = scene.pool.tenant();
    let gate = Gate::default();
    for name in ["running", "waiting"] {
        let gate = gate.clone();
        scene.submit(name, &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    let (drained, is_drained) = channel();
    scene.tenant.drain(move || drained.send(()).unwrap());
    assert!(is_drained.recv_timeout(Duration::from_millis(30)).is_err(), "jobs are still here");
    let refused = scene.submit("late", &spec(Lane::Bulk), |_| Ok(())).err().unwrap();
    assert_eq!(refused.code(), Code::Shutdown);
    let (sender, receiver) = channel();
    let task = move |_: &mut Cx<'_>| {
        let sender = sender.clone();
        Ok(Step::Done(Box::new(move || sender.send(()).unwrap()) as Box<dyn FnOnce() + Send>))
    };
    scene.pool.submit(&other, &spec(Lane::Interactive), Box::new(task), |error| panic!("{error}")).unwrap();
    receiver.recv_timeout(PATIENCE).expect("another environment goes on");
    gate.open();
    scene.next().1.unwrap();
    scene.next().1.unwrap();
    is_drained.recv_timeout(PATIENCE).expect("drained");
    let (again, is_again) = channel();
    scene.tenant.drain(move || again.send(()).unwrap());
    is_again.recv_timeout(PATIENCE).expect("an idle tenant is drained at once");
}

#[test]
fn an_abandoned_tenant_s_jobs_leave_and_others_stay() {
    let scene = Scene::new(&options(1));
    let gone = scene.pool.tenant();
    let (rejected, rejections) = channel();
    for _ in 0..5 {
        let rejected = rejected.clone();
        let task = |cx: &mut Cx<'_>| {
            loop {
                cx.cancel().check()?;
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        scene
            .pool
            .submit(&gone, &spec(Lane::Bulk), Box::new(task), move |error| rejected.send(error).unwrap())
            .unwrap();
    }
    scene.submit("stays", &spec(Lane::Bulk), |_| Ok(())).unwrap();
    gone.abandon();
    scene.pool.sweep();
    assert_eq!(scene.next().0, "stays");
    for _ in 0..5 {
        assert_eq!(rejections.recv_timeout(PATIENCE).unwrap().code(), Code::Shutdown);
    }
    scene.wait_idle();
    assert_eq!(gone.jobs(), 0);
}

#[test]
fn shutdown_with_work_in_flight_settles_everything_and_ends_the_threads() {
    let scene = Scene::new(&options(3));
    for lane in Lane::ALL {
        for _ in 0..20 {
            scene
                .submit("job", &spec(lane), |cx| {
                    loop {
                        cx.cancel().check()?;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                })
                .unwrap();
        }
    }
    scene.wait_until("work in flight", |pool| {
        let lanes = pool.stats().lanes;
        lanes.interactive.running == 3 && lanes.bulk.running >= 1
    });
    assert!(scene.pool.threads_alive() >= 7, "the pump and three workers a lane");
    assert!(scene.pool.shutdown(PATIENCE), "the threads ended");
    assert_eq!(scene.pool.threads_alive(), 0);
    for _ in 0..40 {
        assert_eq!(scene.next().1.unwrap_err().code(), Code::Shutdown);
    }
    let refused = scene.submit("late", &spec(Lane::Bulk), |_| Ok(())).err().unwrap();
    assert_eq!(refused.code(), Code::Shutdown);
    assert_eq!(scene.tenant.jobs(), 0);
}

#[test]
fn a_pool_that_has_gone_keeps_nobody_alive() {
    let held = Arc::new(());
    for _ in 0..20 {
        let pool = Arc::new(Pool::new(&options(2), Vec::new()).unwrap());
        let tenant = pool.tenant();
        for lane in Lane::ALL {
            for _ in 0..20 {
                let late = Spec { timeout: Some(Duration::from_secs(3600)), ..spec(lane) };
                // What an environment's jobs do: the way back to it holds it, and it holds the pool.
                let (held, whole) = (Arc::clone(&held), Arc::clone(&pool));
                let task = |cx: &mut Cx<'_>| {
                    cx.cancel().check()?;
                    std::thread::sleep(Duration::from_millis(1));
                    Ok(Step::More)
                };
                pool.submit(&tenant, &late, Box::new(task), move |_| {
                    let _ = (&held, &whole);
                })
                .unwrap();
            }
        }
        assert!(pool.shutdown(PATIENCE));
    }
    let end = Instant::now() + PATIENCE;
    while Arc::strong_count(&held) > 1 {
        assert!(Instant::now() < end, "{} rejections are still held", Arc::strong_count(&held) - 1);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn shutdown_does_not_wait_for_ever_for_a_job_that_does_not_look() {
    let scene = Scene::new(&options(1));
    let gate = Gate::default();
    {
        let gate = gate.clone();
        scene.submit("deaf", &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    scene.wait_until("it runs", |pool| pool.stats().lanes.bulk.running == 1);
    assert!(!scene.pool.shutdown(Duration::from_millis(20)), "still busy, and said so");
    gate.open();
    scene.wait_until("the threads end by themselves", |pool| pool.threads_alive() == 0);
}

#[test]
fn one_thread_and_sixty_four_do_the_same_work() {
    for threads in [1, 64] {
        let scene = Scene::new(&options(threads));
        assert_eq!(scene.pool.stats().threads, threads);
        let sum = Arc::new(AtomicUsize::new(0));
        for number in 0..2_000usize {
            let sum = Arc::clone(&sum);
            let lane = if number % 3 == 0 { Lane::Bulk } else { Lane::Interactive };
            scene
                .submit("add", &spec(lane), move |_| {
                    sum.fetch_add(number, Ordering::SeqCst);
                    Ok(())
                })
                .unwrap();
        }
        for _ in 0..2_000 {
            scene.next().1.unwrap();
        }
        assert_eq!(sum.load(Ordering::SeqCst), 1_999_000);
        scene.wait_idle();
        let stats = scene.pool.stats();
        assert_eq!(stats.lanes.bulk.completed + stats.lanes.interactive.completed, 2_000);
        assert_eq!(stats.lanes.bulk.wait.count, 667);
    }
}

#[test]
fn settings_that_are_fixed_say_so_and_equal_ones_are_no_news() {
    let scene = Scene::new(&options(2));
    scene.pool.configure(&PoolOptions { threads: Some(3), ..PoolOptions::default() }).unwrap();
    scene.submit("first", &spec(Lane::Bulk), |_| Ok(())).unwrap();
    scene.next().1.unwrap();
    scene.pool.configure(&PoolOptions { threads: Some(3), ..PoolOptions::default() }).unwrap();
    let error =
        scene.pool.configure(&PoolOptions { threads: Some(4), ..PoolOptions::default() }).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArg);
    assert!(error.message().contains("before any job"), "{error}");
    assert_eq!(scene.pool.stats().threads, 3);
}

#[test]
fn idle_memory_is_given_back_before_a_job_starts_that_needs_it() {
    struct Arenas(AtomicUsize);
    impl Reclaim for Arenas {
        fn idle_bytes(&self) -> u64 {
            self.0.load(Ordering::SeqCst) as u64
        }
        fn shed(&self, bytes: u64) {
            self.0.fetch_sub(bytes as usize, Ordering::SeqCst);
        }
        fn shed_older(&self, _: Duration) {}
    }
    let arenas = Arc::new(Arenas(AtomicUsize::new(600)));
    let reclaim: Vec<Arc<dyn Reclaim>> = vec![Arc::clone(&arenas) as Arc<dyn Reclaim>];
    let options = PoolOptions { threads: Some(1), memory_bytes: Some(2_000), ..PoolOptions::default() };
    let pool = Pool::new(&options, reclaim).unwrap();
    let (sender, receiver) = channel();
    let seen = Arc::clone(&arenas);
    let task = move |_: &mut Cx<'_>| {
        let (sender, idle) = (sender.clone(), seen.idle_bytes());
        Ok(Step::Done(Box::new(move || sender.send(idle).unwrap()) as Box<dyn FnOnce() + Send>))
    };
    let spec = Spec { working: 700, ..spec(Lane::Interactive) };
    pool.submit(&pool.tenant(), &spec, Box::new(task), |error| panic!("{error}")).unwrap();
    assert_eq!(receiver.recv_timeout(PATIENCE).unwrap(), 300, "700 of 1,000 wanted: 300 may stay");
}

#[test]
fn work_in_parts_rides_on_one_admission() {
    let scene =
        Scene::new(&PoolOptions { max_queue: PerLane { interactive: None, bulk: Some(1) }, ..options(2) });
    let failed = scene.sender.clone();
    let mut admission = scene
        .pool
        .admit(&scene.tenant, &spec(Lane::Bulk), move |error| failed.send(("export", Err(error))).unwrap())
        .unwrap();
    admission.begin();
    let handle = scene.pool.handle(&admission);
    let (part, parts) = channel();
    for number in 0..50 {
        let part = part.clone();
        let task = move |_: &mut Cx<'_>| {
            let part = part.clone();
            Ok(Step::Done(Box::new(move || part.send(number).unwrap()) as Box<dyn FnOnce() + Send>))
        };
        scene.pool.ride(&handle, Box::new(task));
    }
    let mut seen: Vec<i32> = (0..50).map(|_| parts.recv_timeout(PATIENCE).unwrap()).collect();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..50));
    assert_eq!(scene.pool.stats().lanes.bulk.running, 1);
    scene.pool.ride(&handle, Box::new(|_: &mut Cx<'_>| Err(Error::new(Code::CsvValue, "bad cell"))));
    assert_eq!(scene.next().1.unwrap_err().code(), Code::CsvValue);
    assert!(admission.cancel_flag().is_cancelled(), "one part fails, the others stop");
    drop(admission);
    scene.wait_idle();
    assert!(scene.quiet());
}

#[test]
fn a_running_export_s_batches_go_before_jobs_that_came_later() {
    let scene = Scene::new(&options(1));
    let gate = Gate::default();
    {
        let gate = gate.clone();
        scene.submit("holder", &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    scene.wait_until("it runs", |pool| pool.stats().lanes.bulk.running == 1);
    scene.submit("earlier", &spec(Lane::Bulk), |_| Ok(())).unwrap();
    let mut admission =
        scene.pool.admit(&scene.tenant, &spec(Lane::Bulk), |error| panic!("{error}")).unwrap();
    admission.begin();
    for _ in 0..5 {
        scene.submit("later", &spec(Lane::Bulk), |_| Ok(())).unwrap();
    }
    for _ in 0..3 {
        let done = scene.sender.clone();
        let batch =
            move |_: &mut Cx<'_>| {
                let done = done.clone();
                Ok(Step::Done(
                    Box::new(move || done.send(("batch", Ok(()))).unwrap()) as Box<dyn FnOnce() + Send>
                ))
            };
        scene.pool.ride(&scene.pool.handle(&admission), Box::new(batch));
    }
    // Seen by the pump before the gate opens.
    scene.pool.sweep();
    std::thread::sleep(Duration::from_millis(20));
    gate.open();
    let order: Vec<_> = (0..10).map(|_| scene.next().0).collect();
    assert_eq!(
        order,
        ["holder", "earlier", "batch", "batch", "batch", "later", "later", "later", "later", "later"]
    );
    admission.complete(|| {});
    scene.wait_idle();
}

#[test]
fn errands_run_on_the_io_thread_beside_busy_workers() {
    let scene = Scene::new(&options(1));
    let gate = Gate::default();
    {
        let gate = gate.clone();
        scene.submit("busy", &spec(Lane::Bulk), move |_| Ok(gate.wait())).unwrap();
    }
    let (done, errand) = channel();
    scene
        .pool
        .on_io(Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let here =
                tokio::task::spawn_blocking(|| std::fs::metadata(".").unwrap().is_dir()).await.unwrap();
            done.send((here, std::thread::current().name().map(str::to_owned))).unwrap();
        }))
        .unwrap();
    let (here, thread) = errand.recv_timeout(PATIENCE).unwrap();
    assert!(here);
    assert_eq!(thread.as_deref(), Some("offloop-io"));
    gate.open();
    scene.next().1.unwrap();
}

#[test]
fn what_was_admitted_before_does_not_stand_before_a_job_that_holds_what_it_waits_for() {
    const MIB: u64 = 1 << 20;
    let scene = Scene::new(&options(2));
    let bulk = |working| Spec { working, ..spec(Lane::Bulk) };
    let done = Arc::new(AtomicUsize::new(0));
    // More of them than are looked at from the head of a queue; admitted early and queued late, as files are.
    let admitted: Vec<_> = (0..70)
        .map(|_| scene.pool.admit(&scene.tenant, &bulk(150 * MIB), |error| panic!("{error:?}")).unwrap())
        .collect();
    let (go, gate) = (Arc::new(AtomicBool::new(false)), Gate::default());
    let may_end = Arc::clone(&go);
    let (sender, holder) = (scene.sender.clone(), bulk(400 * MIB));
    scene
        .submit_task("holder", &holder, move |_: &mut Cx<'_>| {
            std::thread::sleep(Duration::from_millis(1));
            let sender = sender.clone();
            Ok(if may_end.load(Ordering::SeqCst) {
                Step::Done(Box::new(move || sender.send(("holder", Ok(()))).unwrap()))
            } else {
                Step::More
            })
        })
        .unwrap();
    for lane in [Lane::Bulk, Lane::Interactive] {
        let gate = gate.clone();
        scene.submit("blocker", &spec(lane), move |_| Ok(gate.wait())).unwrap();
        let slots = if lane == Lane::Bulk { 2 } else { 1 };
        scene.wait_until("it runs", |pool| pool.slots_held(lane) == slots);
    }
    scene.wait_until("the holder gives way", |pool| pool.slots_held(Lane::Bulk) == 1);
    for admission in admitted {
        let done = Arc::clone(&done);
        let task = move |_: &mut Cx<'_>| {
            let done = Arc::clone(&done);
            Ok(Step::Done(Box::new(move || {
                done.fetch_add(1, Ordering::SeqCst);
            }) as Box<dyn FnOnce() + Send>))
        };
        scene.pool.enqueue(admission, Box::new(task));
    }
    go.store(true, Ordering::SeqCst);
    gate.open();
    scene.wait_until("all have run", |_| done.load(Ordering::SeqCst) == 70);
    scene.wait_idle();
}
