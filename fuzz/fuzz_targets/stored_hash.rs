//! Any string as a stored hash: parsing, judging and bounding it neither panics nor allocates more than a little; and
//! what lies within the limits needs no more memory than they allow.
#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use libfuzzer_sys::fuzz_target;
use offloop::password::{Limits, MAX_HASH_BYTES, Policy, parse};

/// Bytes allocated since they were last counted.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: passes everything on to `System`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|text: &str| {
    ALLOCATED.store(0, Relaxed);
    let stored = parse(text);
    assert!(ALLOCATED.load(Relaxed) <= 16 * MAX_HASH_BYTES, "{} bytes", ALLOCATED.load(Relaxed));
    let Ok(stored) = stored else { return };
    let limits = Limits::default();
    if stored.check_limits(&limits).is_ok() {
        // scrypt's table, and at most three sixteenths of it besides.
        let scrypt = limits.scrypt_memory_kib / 16 * 19;
        let most = if stored.scheme() == "scrypt" { scrypt } else { limits.memory_kib };
        let most = u64::from(most) * 1024;
        assert!(stored.working_bytes() <= most, "{} bytes", stored.working_bytes());
    }
    let _ = (stored.params(), stored.scheme(), stored.key_id(), stored.stale(&Policy::default(), Some("key")));
});
