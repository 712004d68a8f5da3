//! Password jobs in a real pool: bcrypt hashes side by side, each of them what another implementation says, whatever
//! is beside them.

#![cfg(not(feature = "model"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "scenarios fail loudly")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use offloop::Code;
use offloop::password::{
    self, Arenas, Argon2Algorithm, Limits, LongPassword, Outcome, PasswordJob, PasswordTask, Pepper, Policy,
    Recipe, Secret, Subject, Width, Workshop,
};
use offloop::pool::{Handle, Lane, Pool, PoolOptions, Spec, Step, Tenant};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const PATIENCE: Duration = Duration::from_secs(60);

type Answer = (usize, offloop::Result<Outcome>);

struct Scene {
    pool: Pool,
    tenant: Arc<Tenant>,
    workshop: Arc<Workshop>,
    sender: Sender<Answer>,
    answers: Receiver<Answer>,
}

impl Scene {
    fn new(threads: usize, lanes: usize) -> Self {
        let options =
            PoolOptions { threads: Some(threads), memory_bytes: Some(1 << 30), ..PoolOptions::default() };
        let pool = Pool::new(&options, Vec::new()).unwrap();
        let tenant = pool.tenant();
        let (sender, answers) = channel();
        let workshop = Workshop { arenas: Arenas::new(threads), width: Width::default() };
        workshop.width.set(lanes);
        Self { pool, tenant, workshop: Arc::new(workshop), sender, answers }
    }

    fn submit(&self, name: usize, job: PasswordJob) -> Handle {
        self.submit_to(Lane::Interactive, None, name, job)
    }

    fn submit_to(&self, lane: Lane, timeout: Option<Duration>, name: usize, job: PasswordJob) -> Handle {
        let (done, failed) = (self.sender.clone(), self.sender.clone());
        let spec = Spec { lane, timeout, input: job.input_bytes(), working: job.working_bytes() };
        let task = PasswordTask::new(job, Arc::clone(&self.workshop), move |outcome| {
            done.send((name, Ok(outcome))).unwrap();
        });
        self.pool
            .submit(&self.tenant, &spec, Box::new(task), move |error| {
                failed.send((name, Err(error))).unwrap();
            })
            .unwrap()
    }

    fn next(&self) -> Answer {
        self.answers.recv_timeout(PATIENCE).unwrap()
    }

    fn wait_idle(&self) {
        let end = Instant::now() + PATIENCE;
        while self.tenant.jobs() > 0
            || self.pool.slots_held(Lane::Interactive) + self.pool.slots_held(Lane::Bulk) > 0
        {
            assert!(Instant::now() < end, "{:?}", self.pool.stats());
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(self.pool.stats().memory_held, 0);
    }
}

fn secret(bytes: &[u8]) -> Secret {
    Secret::from(bytes.to_vec())
}

fn bcrypt(cost: u32) -> Policy {
    Policy::Bcrypt { cost, long_password: LongPassword::Truncate }
}

fn hash_job(password: &[u8], cost: u32, salt: [u8; 16]) -> PasswordJob {
    let recipe = Recipe::new(bcrypt(cost), Some(&salt), &[]).unwrap();
    PasswordJob::hash(secret(password), recipe, Pepper::default()).unwrap()
}

fn check_job(password: &[u8], stored: &str, anew: Option<Policy>) -> PasswordJob {
    let stored = password::parse(stored).unwrap();
    stored.check_limits(&Limits::default()).unwrap();
    let stale = anew.and_then(|policy| stored.stale(&policy, None));
    let anew = anew.map(|policy| Recipe::new(policy, None, &[]).unwrap());
    PasswordJob::check(secret(password), Subject::Stored(stored), anew, stale, Pepper::default(), Vec::new())
        .unwrap()
}

fn expected(password: &[u8], cost: u32, salt: [u8; 16]) -> String {
    ::bcrypt::hash_with_salt(password, cost, salt).unwrap().to_string()
}

/// What one job is asked, and what another implementation answers.
#[derive(Clone, Debug)]
struct Case {
    password: Vec<u8>,
    salt: [u8; 16],
    cost: u32,
    /// 0: hash. 1: verify. 2: verify another password's hash.
    what: u8,
}

fn case() -> impl Strategy<Value = Case> {
    let password = prop_oneof![
        6 => prop::collection::vec(any::<u8>(), 0..30),
        2 => prop::collection::vec(any::<u8>(), 66..80),
        1 => prop::collection::vec(Just(0_u8), 0..74),
        1 => prop::collection::vec(prop_oneof![Just(0xff_u8), Just(0x80), Just(0)], 0..260),
    ];
    let cost = prop_oneof![12 => Just(4_u32), 1 => Just(5_u32), 1 => Just(6_u32)];
    (password, any::<[u8; 16]>(), cost, 0_u8..3).prop_map(|(password, salt, cost, what)| Case {
        password,
        salt,
        cost,
        what,
    })
}

/// The number of cases of the differential test. `OFFLOOP_CASES=100000` is the long run.
fn cases() -> u32 {
    std::env::var("OFFLOOP_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(3_000)
}

#[test]
fn in_any_mix_of_lanes_equal_to_the_bcrypt_crate() {
    const TOGETHER: u32 = 60;
    let config = Config { cases: cases().div_ceil(TOGETHER), max_shrink_iters: 200, ..Config::default() };
    let crowd = (prop::collection::vec(case(), TOGETHER as usize), 1_usize..=8, 1_usize..=3);
    TestRunner::new(config)
        .run(&crowd, |(cases, lanes, threads)| {
            let scene = Scene::new(threads, lanes);
            let hashes: Vec<_> =
                cases.iter().map(|case| expected(&case.password, case.cost, case.salt)).collect();
            for (name, case) in cases.iter().enumerate() {
                scene.submit(
                    name,
                    match case.what {
                        0 => hash_job(&case.password, case.cost, case.salt),
                        1 => check_job(&case.password, &hashes[name], None),
                        _ => check_job(&[&case.password[..], b"x"].concat(), &hashes[name], None),
                    },
                );
            }
            for _ in &cases {
                let (name, outcome) = scene.next();
                let case = &cases[name];
                match outcome.unwrap() {
                    Outcome::Hash(hash) => prop_assert_eq!(&hash, &hashes[name]),
                    Outcome::Check(check) => {
                        // Behind 72 bytes, or where a NUL at the end was one before, nothing is another password.
                        let other = [&case.password[..], b"x"].concat();
                        let same = expected(&other, case.cost, case.salt) == hashes[name];
                        prop_assert_eq!(check.ok, case.what == 1 || same);
                    }
                    Outcome::Raw(_) => prop_assert!(false, "nobody asked for it"),
                }
            }
            scene.wait_idle();
            Ok(())
        })
        .unwrap();
}

#[test]
fn given_up_and_late_jobs_leave_their_lane_and_the_others_stay_right() {
    let scene = Scene::new(1, 6);
    let jobs = 40;
    let handles: Vec<_> = (0..jobs)
        .map(|name| {
            // Every fourth is given up, every other fourth too late; both would take minutes.
            let hopeless = name % 4 == 1 || name % 4 == 3;
            let job = hash_job(&[name as u8], if hopeless { 20 } else { 5 }, [name as u8; 16]);
            let timeout = (name % 4 == 3).then_some(Duration::from_millis(30 + name as u64));
            scene.submit_to(Lane::Interactive, timeout, name, job)
        })
        .collect();
    std::thread::sleep(Duration::from_millis(20));
    handles.iter().skip(1).step_by(4).for_each(Handle::cancel);
    let (mut right, mut late) = (0, 0);
    for _ in 0..jobs - jobs / 4 {
        match scene.next() {
            (name, Ok(Outcome::Hash(hash))) => {
                assert_eq!(hash, expected(&[name as u8], 5, [name as u8; 16]));
                right += 1;
            }
            (name, Err(error)) => {
                assert_eq!((name % 4, error.code()), (3, Code::Deadline));
                late += 1;
            }
            (name, outcome) => panic!("{name}: {outcome:?}"),
        }
    }
    assert_eq!((right, late), (jobs / 2, jobs / 4));
    scene.wait_idle();
    let stats = scene.pool.stats().lanes.interactive;
    assert_eq!((stats.completed, stats.cancelled, stats.failed), (20, 10, 10));
}

#[test]
fn bulk_hashes_that_gave_way_go_on_where_they_were() {
    let scene = Scene::new(2, 4);
    for name in 0..10 {
        scene.submit_to(Lane::Bulk, None, name, hash_job(&[name as u8], 9, [name as u8; 16]));
    }
    // Short jobs of the other lane keep coming, on both threads.
    let end = Instant::now() + Duration::from_millis(300);
    let spec = Spec { lane: Lane::Interactive, timeout: None, input: 0, working: 0 };
    while Instant::now() < end {
        for _ in 0..4 {
            let task = |_: &mut offloop::pool::Cx<'_>| {
                std::thread::sleep(Duration::from_millis(2));
                Ok(Step::Done(Box::new(|| {})))
            };
            scene.pool.submit(&scene.tenant, &spec, Box::new(task), |error| panic!("{error}")).unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..10 {
        let (name, outcome) = scene.next();
        let Outcome::Hash(hash) = outcome.unwrap() else { panic!("no hash") };
        assert_eq!(hash, expected(&[name as u8], 9, [name as u8; 16]));
    }
    scene.wait_idle();
}

#[test]
fn a_right_password_is_hashed_anew_in_the_same_job_whatever_the_two_schemes_are() {
    let argon2 = Policy::Argon2 {
        algorithm: Argon2Algorithm::Argon2id,
        memory_kib: 64,
        passes: 1,
        lanes: 1,
        hash_length: 32,
    };
    let scene = Scene::new(1, 4);
    let (of_bcrypt, password) = (expected(b"secret", 5, [1; 16]), secret(b"secret"));
    let of_argon2 =
        password::hash(&password, &argon2, None, &scene.workshop.arenas, &offloop::pool::Cancel::new())
            .unwrap();
    let cases = [
        (&of_bcrypt, argon2),
        (&of_bcrypt, bcrypt(6)),
        (&of_argon2, bcrypt(5)),
        (&of_argon2, Policy::BcryptSha256 { cost: 4 }),
    ];
    for (name, (stored, policy)) in cases.iter().enumerate() {
        scene.submit(name, check_job(b"secret", stored, Some(*policy)));
        scene.submit(10 + name, check_job(b"wrong", stored, Some(*policy)));
    }
    for _ in 0..2 * cases.len() {
        let (name, outcome) = scene.next();
        let Outcome::Check(check) = outcome.unwrap() else { panic!("no check") };
        assert_eq!(check.ok, name < 10, "{check:?}");
        assert_eq!(check.needs_rehash, check.ok, "{check:?}");
        assert_eq!(check.new_hash.is_some(), check.ok, "{check:?}");
        if let Some(new) = check.new_hash {
            let new = password::parse(&new).unwrap();
            assert_eq!(new.stale(&cases[name].1, None), None);
            assert!(new.verify(&password, &scene.workshop.arenas, &offloop::pool::Cancel::new()).unwrap());
        } else {
            assert_eq!(check.reason, Some("mismatch"));
        }
    }
    scene.wait_idle();
}
