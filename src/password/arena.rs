//! argon2's memory, kept between jobs.
//!
//! Mapping fresh memory costs as much as hashing in it. So a finished job's arena waits here for the
//! next job of the same size. Only of the same size: the pool has accounted for exactly what a job asked
//! for, and a larger arena would make that a lie.
//!
//! An arena is wiped when its job ends, unless another job is known to wait, which will overwrite all of it at once.
//! Should that one not come, it is wiped some seconds later.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2_rust::__internal::{Arena, secure_wipe_blocks};

use super::argon2::BLOCK_BYTES;
use super::fill;
use crate::error::{Error, Result};

/// The idle argon2 arenas of a process, shared by all its workers. A clone is the same one.
///
/// A worker holds the lock for a few moves of pointers; memory is mapped and freed outside it.
///
/// ```
/// use offloop::password::{self, Arenas, Policy, Secret};
///
/// let arenas = Arenas::new(2);
/// let policy = Policy::default();
/// password::waste(&policy, &Secret::from(vec![]), &arenas, &offloop::pool::Cancel::new())?;
/// assert_eq!(arenas.idle_bytes(), policy.working_bytes());
///
/// drop(arenas.shed(1));
/// assert_eq!(arenas.idle_bytes(), 0);
/// # Ok::<(), offloop::Error>(())
/// ```
#[derive(Clone)]
pub struct Arenas(Arc<Inner>);

struct Inner {
    stock: Mutex<Stock>,
    /// What `stock.idle` holds, readable without its lock.
    idle_bytes: AtomicU64,
    keep: AtomicUsize,
    /// Jobs that wait for an arena, or have one.
    expected: AtomicUsize,
}

/// A job that will ask for an arena, or has asked.
#[derive(Debug)]
pub(super) struct Expected(Arenas);

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.0.expected.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Stock {
    /// Oldest first.
    idle: VecDeque<Idle>,
    /// Arenas that running jobs hold.
    lent: usize,
}

struct Idle {
    arena: Arena,
    since: Instant,
    wiped: bool,
}

impl Idle {
    fn bytes(&self) -> u64 {
        self.arena.len() as u64 * BLOCK_BYTES
    }
}

/// Arenas on their way out. Dropping it gives their memory back to the system, which takes a while: do so
/// outside any lock.
#[must_use = "dropping it frees the memory; do so outside any lock"]
#[derive(Default)]
pub struct Shed(Vec<Idle>);

impl Shed {
    /// How many bytes dropping this frees.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(Idle::bytes).sum()
    }
}

impl fmt::Debug for Shed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shed").field("bytes", &self.bytes()).finish()
    }
}

impl fmt::Debug for Arenas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arenas").field("idle_bytes", &self.idle_bytes()).finish_non_exhaustive()
    }
}

impl Arenas {
    /// No arenas yet, and at most `keep` of them idle later: as many as there are threads.
    pub fn new(keep: usize) -> Self {
        Self(Arc::new(Inner {
            stock: Mutex::new(Stock { idle: VecDeque::new(), lent: 0 }),
            idle_bytes: AtomicU64::new(0),
            keep: AtomicUsize::new(keep),
            expected: AtomicUsize::new(0),
        }))
    }

    /// Bytes held by idle arenas. Takes no lock.
    pub fn idle_bytes(&self) -> u64 {
        self.0.idle_bytes.load(Ordering::Relaxed)
    }

    /// Takes the oldest idle arenas out, until they make up `bytes` or there are no more.
    pub fn shed(&self, bytes: u64) -> Shed {
        let mut taken = 0;
        self.take_oldest_while(|idle| {
            let wanted = taken < bytes;
            taken += idle.bytes();
            wanted
        })
    }

    /// Takes the arenas out that nobody used for at least `unused`.
    pub fn shed_idle(&self, unused: Duration) -> Shed {
        let now = Instant::now();
        self.take_oldest_while(|idle| now.saturating_duration_since(idle.since) >= unused)
    }

    /// Changes how many may be idle, and takes the ones over it out, oldest first.
    pub fn set_keep(&self, keep: usize) -> Shed {
        self.0.keep.store(keep, Ordering::Relaxed);
        let mut stock = self.lock();
        let surplus = stock.idle.len().saturating_sub(keep);
        let shed = Shed(stock.idle.drain(..surplus).collect());
        self.publish(&stock);
        shed
    }

    /// Wipes what is idle and was not wiped, because a job was to come that has not.
    pub fn wipe_idle(&self) {
        loop {
            let mut stock = self.lock();
            let Some(at) = stock.idle.iter().position(|idle| !idle.wiped) else { return };
            let Some(mut idle) = stock.idle.remove(at) else { return };
            self.publish(&stock);
            drop(stock);
            secure_wipe_blocks(idle.arena.as_mut_slice());
            idle.wiped = true;
            let mut stock = self.lock();
            stock.idle.push_front(idle);
            self.publish(&stock);
        }
    }

    /// Says that a job will ask for an arena.
    pub(super) fn expect(&self) -> Expected {
        self.0.expected.fetch_add(1, Ordering::Relaxed);
        Expected(self.clone())
    }

    /// An arena of so many blocks, an idle one if there is one. A new one is mapped when it is first used.
    pub(super) fn lend(&self, blocks: u32) -> Lease {
        let mut stock = self.lock();
        let newest_fit = stock.idle.iter().rposition(|idle| idle.arena.len() == blocks as usize);
        let (arena, surplus) = match newest_fit.and_then(|index| stock.idle.remove(index)) {
            Some(idle) => (Some(idle.arena), None),
            // A new arena takes the place of one that no recent job had a use for.
            None if stock.idle.len() + stock.lent >= self.0.keep.load(Ordering::Relaxed) => {
                (None, stock.idle.pop_front())
            }
            None => (None, None),
        };
        stock.lent += 1;
        self.publish(&stock);
        drop(stock);
        drop(surplus);
        Lease { arenas: self.clone(), arena, blocks }
    }

    fn take_oldest_while(&self, mut wanted: impl FnMut(&Idle) -> bool) -> Shed {
        let mut shed = Shed::default();
        let mut stock = self.lock();
        while stock.idle.front().is_some_and(&mut wanted) {
            shed.0.extend(stock.idle.pop_front());
        }
        self.publish(&stock);
        shed
    }

    fn give_back(&self, arena: Option<Arena>) {
        // A job that failed before it had memory has nothing to keep.
        let mut idle =
            arena.map(|arena| Idle { wiped: arena.is_known_zeroed(), arena, since: Instant::now() });
        let mut stock = self.lock();
        // One that waits, beside this one and those that have theirs, will overwrite it.
        let awaited = self.0.expected.load(Ordering::Relaxed) > stock.lent;
        if let Some(idle) = &mut idle
            && !awaited
            && !idle.wiped
        {
            drop(stock);
            secure_wipe_blocks(idle.arena.as_mut_slice());
            idle.wiped = true;
            stock = self.lock();
        }
        stock.lent -= 1;
        stock.idle.extend(idle);
        let over = stock.idle.len() > self.0.keep.load(Ordering::Relaxed);
        let surplus = if over { stock.idle.pop_front() } else { None };
        self.publish(&stock);
        drop(stock);
        drop(surplus);
    }

    fn publish(&self, stock: &Stock) {
        self.0.idle_bytes.store(stock.idle.iter().map(Idle::bytes).sum(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Stock> {
        // Nothing under the lock can leave the stock half changed.
        self.0.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An arena on loan to one job. It goes back when dropped, also by a panic.
pub(super) struct Lease {
    arenas: Arenas,
    arena: Option<Arena>,
    blocks: u32,
}

impl Lease {
    /// `ERR_MEMORY_BUDGET` where the system has no memory.
    pub(super) fn arena(&mut self) -> Result<&mut Arena> {
        if self.arena.is_none() {
            self.arena = Some(fill::allocate(self.blocks)?);
        }
        self.arena.as_mut().ok_or_else(|| Error::internal("argon2: no arena"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.arenas.give_back(self.arena.take());
    }
}

#[cfg(test)]
mod tests {
    use argon2_rust::params::Memory;
    use argon2_rust::{Algorithm, Argon2, Params, Version};

    use super::super::argon2::{Spec, derive};
    use super::*;
    use crate::pool::Cancel;

    /// Runs one hash and tells how many blocks were there before.
    fn run(arenas: &Arenas, kib: u32) -> usize {
        let params = Params::builder().memory(Memory::kib(kib.into())).passes(1).threads(1).build().unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let spec = Spec::new(argon2, b"somesalt".to_vec());
        let found = arenas.lock().idle.iter().any(|idle| idle.arena.len() == params.memory_blocks() as usize);
        let tag = derive(&spec, b"password", arenas, &Cancel::new()).unwrap();
        assert_eq!(*tag, argon2.hash(b"password", b"somesalt").unwrap());
        if found { kib as usize } else { 0 }
    }

    fn unwiped(arenas: &Arenas) -> usize {
        let stock = arenas.lock();
        let dirty = |idle: &&Idle| idle.arena.as_slice().iter().any(|block| block.0 != [0; 128]);
        let count = stock.idle.iter().filter(dirty).count();
        assert_eq!(count, stock.idle.iter().filter(|idle| !idle.wiped).count());
        count
    }

    #[test]
    fn an_arena_is_wiped_unless_somebody_waits_for_it_and_then_later() {
        let arenas = Arenas::new(2);
        run(&arenas, 64);
        assert_eq!(unwiped(&arenas), 0, "nobody waits");
        let (own, other) = (arenas.expect(), arenas.expect());
        run(&arenas, 64);
        assert_eq!(unwiped(&arenas), 1, "the other one will overwrite it");
        drop(own);
        assert_eq!(run(&arenas, 64), 64);
        assert_eq!(unwiped(&arenas), 0, "it was the last one");
        drop(other);
        let waits = [arenas.expect(), arenas.expect()];
        run(&arenas, 64);
        drop(waits);
        assert_eq!(unwiped(&arenas), 1);
        arenas.wipe_idle();
        assert_eq!(unwiped(&arenas), 0, "nobody came");
        assert_eq!(arenas.idle_bytes(), 64 * 1024);
    }

    #[test]
    fn the_second_job_of_a_size_gets_the_first_ones_arena() {
        let arenas = Arenas::new(2);
        assert_eq!(run(&arenas, 64), 0);
        assert_eq!(arenas.idle_bytes(), 64 * 1024);
        assert_eq!(run(&arenas, 64), 64);
        assert_eq!(arenas.idle_bytes(), 64 * 1024);
    }

    #[test]
    fn an_arena_never_goes_to_a_job_of_another_size() {
        let arenas = Arenas::new(4);
        run(&arenas, 64);
        for kib in [32, 63, 72, 128] {
            assert_eq!(run(&arenas, kib), 0, "{kib} KiB");
            run(&arenas, 64);
        }
    }

    #[test]
    fn no_more_arenas_exist_than_are_kept_unless_jobs_hold_them() {
        let arenas = Arenas::new(2);
        for kib in [8, 16, 24, 32] {
            run(&arenas, kib);
        }
        assert_eq!(arenas.idle_bytes(), (24 + 32) * 1024);

        let one = arenas.lend(40);
        assert_eq!(arenas.idle_bytes(), 32 * 1024);
        let two = arenas.lend(40);
        assert_eq!(arenas.idle_bytes(), 0);
        let three = arenas.lend(40);
        let mut leases = [one, two, three];
        for lease in &mut leases {
            lease.arena().unwrap();
        }
        drop(leases);
        assert_eq!(arenas.idle_bytes(), 2 * 40 * 1024);
    }

    #[test]
    fn keeping_none_keeps_none() {
        let arenas = Arenas::new(0);
        run(&arenas, 8);
        assert_eq!(arenas.idle_bytes(), 0);
        assert_eq!(run(&arenas, 8), 0);
    }

    #[test]
    fn shedding_takes_the_oldest_and_no_more_than_needed() {
        let arenas = Arenas::new(3);
        for kib in [8, 16, 24] {
            run(&arenas, kib);
        }
        assert_eq!(arenas.shed(0).bytes(), 0);
        let shed = arenas.shed(9 * 1024);
        assert_eq!(shed.bytes(), (8 + 16) * 1024);
        assert_eq!(arenas.idle_bytes(), 24 * 1024);
        drop(shed);
        assert_eq!(arenas.shed(u64::MAX).bytes(), 24 * 1024);
        assert_eq!(arenas.idle_bytes(), 0);
        assert_eq!(run(&arenas, 24), 0);
    }

    #[test]
    fn the_timer_takes_only_what_lay_idle_long_enough() {
        let arenas = Arenas::new(2);
        run(&arenas, 8);
        assert_eq!(arenas.shed_idle(Duration::from_secs(3600)).bytes(), 0);
        assert_eq!(arenas.idle_bytes(), 8 * 1024);
        assert_eq!(arenas.shed_idle(Duration::ZERO).bytes(), 8 * 1024);
        assert_eq!(arenas.idle_bytes(), 0);
    }

    #[test]
    fn keeping_fewer_frees_the_surplus() {
        let arenas = Arenas::new(3);
        for kib in [8, 16, 24] {
            run(&arenas, kib);
        }
        assert_eq!(arenas.set_keep(1).bytes(), (8 + 16) * 1024);
        assert_eq!(arenas.idle_bytes(), 24 * 1024);
        run(&arenas, 32);
        assert_eq!(arenas.idle_bytes(), 32 * 1024);
    }

    #[test]
    fn a_panicking_job_gives_its_arena_back() {
        let arenas = Arenas::new(1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut lease = arenas.lend(8);
            lease.arena().unwrap();
            panic!("as a job of ours never should");
        }));
        assert!(panicked.is_err());
        assert_eq!(arenas.idle_bytes(), 8 * 1024);
        assert_eq!(run(&arenas, 8), 8);
    }

    #[test]
    fn workers_share_it() {
        let arenas = Arenas::new(4);
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let arenas = &arenas;
                scope.spawn(move || {
                    for round in 0..50 {
                        run(arenas, 8 * (1 + (worker + round) % 3));
                        if round % 10 == 0 {
                            drop(arenas.shed(8 * 1024));
                        }
                    }
                });
            }
        });
        let kept = arenas.idle_bytes();
        assert!(kept <= 4 * 24 * 1024, "{kept}");
        assert_eq!(arenas.shed(u64::MAX).bytes(), kept);
    }
}
