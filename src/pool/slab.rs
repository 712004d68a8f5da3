//! Memory for inputs that are copied at the call, reused.
//!
//! The first touch of fresh memory costs a page fault for every 4 KiB, about 0.5 ms a megabyte, on the event
//! loop. A slab that has been used before costs only the copy.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;

/// Smaller inputs come from the allocator, which reuses its memory itself.
const SMALLEST: usize = 64 << 10;
/// 64 KiB, 128 KiB … 64 MiB.
const CLASSES: usize = 11;
/// Slabs kept of one class, and bytes kept in all.
const KEPT: usize = 4;
const KEPT_BYTES: u64 = 64 << 20;

/// The slabs that are free. Lock-free, because the event loop takes from it and workers give back.
#[derive(Debug)]
pub struct Slabs {
    classes: [ArrayQueue<Vec<u8>>; CLASSES],
    idle: AtomicU64,
    used_lately: AtomicBool,
}

impl Default for Slabs {
    fn default() -> Self {
        Self {
            classes: std::array::from_fn(|_| ArrayQueue::new(KEPT)),
            idle: AtomicU64::new(0),
            used_lately: AtomicBool::new(false),
        }
    }
}

fn class_of(len: usize) -> Option<usize> {
    if len < SMALLEST {
        return None;
    }
    let class = (len.div_ceil(SMALLEST).next_power_of_two().trailing_zeros()) as usize;
    (class < CLASSES).then_some(class)
}

impl Slabs {
    /// A copy of the bytes.
    pub fn copy(self: &Arc<Self>, bytes: &[u8]) -> Slab {
        self.used_lately.store(true, Ordering::Relaxed);
        let mut memory = match class_of(bytes.len()) {
            Some(class) => match self.classes[class].pop() {
                Some(slab) => {
                    self.idle.fetch_sub(slab.capacity() as u64, Ordering::Relaxed);
                    slab
                }
                None => Vec::with_capacity(SMALLEST << class),
            },
            None => Vec::with_capacity(bytes.len()),
        };
        memory.extend_from_slice(bytes);
        Slab { memory, home: Some(Arc::clone(self)) }
    }

    fn give_back(&self, mut memory: Vec<u8>) {
        let Some(class) = class_of(memory.capacity()) else { return };
        let bytes = memory.capacity() as u64;
        if memory.capacity() != SMALLEST << class || self.idle() + bytes > KEPT_BYTES {
            return;
        }
        memory.clear();
        self.idle.fetch_add(bytes, Ordering::Relaxed);
        if self.classes[class].push(memory).is_err() {
            self.idle.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// Bytes kept for reuse.
    pub fn idle(&self) -> u64 {
        self.idle.load(Ordering::Relaxed)
    }

    /// Frees everything that is kept, unless something was used since the last call.
    pub fn age(&self) {
        if !self.used_lately.swap(false, Ordering::Relaxed) {
            self.clear();
        }
    }

    /// Frees everything that is kept.
    pub fn clear(&self) {
        for class in &self.classes {
            while let Some(slab) = class.pop() {
                self.idle.fetch_sub(slab.capacity() as u64, Ordering::Relaxed);
            }
        }
    }
}

/// Bytes of our own; their memory goes back to its slabs when dropped.
#[derive(Debug)]
pub struct Slab {
    memory: Vec<u8>,
    home: Option<Arc<Slabs>>,
}

impl Deref for Slab {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory
    }
}

impl AsRef<[u8]> for Slab {
    fn as_ref(&self) -> &[u8] {
        &self.memory
    }
}

impl From<Vec<u8>> for Slab {
    fn from(memory: Vec<u8>) -> Self {
        Self { memory, home: None }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.give_back(std::mem::take(&mut self.memory));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reused_and_freed_when_unused() {
        let slabs = Arc::new(Slabs::default());
        let bytes: Vec<u8> = (0..300_000u32).map(|i| i as u8).collect();
        let first = slabs.copy(&bytes);
        assert_eq!(&*first, &bytes[..]);
        let at = first.as_ptr();
        drop(first);
        assert_eq!(slabs.idle(), 512 << 10);
        let second = slabs.copy(&bytes[..290_000]);
        assert_eq!(second.as_ptr(), at, "the same memory");
        assert_eq!(&*second, &bytes[..290_000]);
        assert_eq!(slabs.idle(), 0);
        drop(second);
        slabs.age();
        assert_eq!(slabs.idle(), 512 << 10, "used since");
        slabs.age();
        assert_eq!(slabs.idle(), 0);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let slabs = Arc::new(Slabs::default());
        let big = vec![1u8; 40 << 20];
        let copies: Vec<_> = (0..3).map(|_| slabs.copy(&big)).collect();
        drop(copies);
        assert!(slabs.idle() <= KEPT_BYTES);
        let small: Vec<_> = (0..100).map(|_| slabs.copy(&big[..70_000])).collect();
        drop(small);
        assert!(slabs.classes.iter().all(|class| class.len() <= KEPT));
        slabs.clear();
        drop(slabs.copy(&[]));
        drop(slabs.copy(&vec![0; (64 << 20) + 1]));
        assert_eq!(slabs.idle(), 0, "too small and too large are not kept");
    }
}
