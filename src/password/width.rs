//! How many bcrypt hashes a thread computes best at once. That is the processor's: how much of one hash's waiting
//! another one fills, and how many tables its first-level cache holds. So it is asked.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::eksblowfish::{Lanes, MOST_LANES, repeat};

/// The most that [`Width::set`] takes.
pub const MAX_BCRYPT_LANES: usize = MOST_LANES;

/// One more lane makes every hash in them slower, so the last few hundredths of throughput are not worth it.
const ENOUGH: f64 = 0.97;
/// Rounds of the probe, each with so many iterations at each width: the best of several, because others use the
/// processor too. Some six milliseconds in all.
const ROUNDS: usize = 3;
const ITERATIONS: u32 = 3;

/// How many lanes to fill.
#[derive(Debug, Default)]
pub struct Width {
    /// 0: ask the processor.
    set: AtomicUsize,
    probed: OnceLock<usize>,
}

impl Width {
    /// Says how many, 1 to [`MAX_BCRYPT_LANES`], instead of the processor; 0 asks it again.
    pub fn set(&self, lanes: usize) {
        self.set.store(lanes.min(MAX_BCRYPT_LANES), Ordering::Relaxed);
    }

    /// How many, if it was said or has been asked.
    pub fn known(&self) -> Option<usize> {
        match self.set.load(Ordering::Relaxed) {
            0 => self.probed.get().copied(),
            lanes => Some(lanes),
        }
    }

    /// How many. The first call may take some milliseconds.
    pub fn get(&self) -> usize {
        self.known().unwrap_or_else(|| *self.probed.get_or_init(probe))
    }
}

fn probe() -> usize {
    let mut lanes = Lanes::new();
    let mut best = [Duration::MAX; MOST_LANES];
    for round in 0..ROUNDS {
        for width in 1..=MOST_LANES {
            while lanes.busy() < width {
                lanes.begin(8, &[0x5a; 16], |key| repeat(key, b"a probe of the processor"));
            }
            let begin = Instant::now();
            lanes.turn(ITERATIONS);
            // The first round warms the caches up.
            if round > 0 {
                best[width - 1] = best[width - 1].min(begin.elapsed());
            }
        }
        while lanes.busy() > 0 {
            drop(lanes.remove(lanes.busy() - 1));
        }
    }
    choose(&best)
}

/// The fewest lanes whose throughput is nearly the best. `times`: of as many iterations at 1, 2, 3… lanes.
fn choose(times: &[Duration]) -> usize {
    let throughput = |at: usize| (at + 1) as f64 / times[at].as_secs_f64().max(1e-9);
    let best = (0..times.len()).map(throughput).fold(0.0, f64::max);
    (0..times.len()).find(|at| throughput(*at) >= ENOUGH * best).map_or(1, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_the_fewest_lanes_that_are_nearly_the_best() {
        let millis = |times: &[u64]| times.iter().map(|ms| Duration::from_millis(*ms)).collect::<Vec<_>>();
        assert_eq!(choose(&millis(&[450, 490, 570, 680, 830, 950, 1110, 1280])), 6);
        assert_eq!(choose(&millis(&[100, 200, 300, 400])), 1, "nothing is gained");
        assert_eq!(choose(&millis(&[100, 101, 200, 300])), 2);
        assert_eq!(choose(&[]), 1);
    }

    #[test]
    fn the_processor_is_asked_unless_somebody_says() {
        let width = Width::default();
        assert_eq!(width.known(), None);
        width.set(3);
        assert_eq!((width.known(), width.get()), (Some(3), 3));
        width.set(0);
        assert_eq!(width.known(), None);
        let lanes = width.get();
        assert!((1..=MAX_BCRYPT_LANES).contains(&lanes));
        assert_eq!(width.known(), Some(lanes));
        width.set(100);
        assert_eq!(width.get(), MAX_BCRYPT_LANES);
    }
}
