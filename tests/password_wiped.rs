//! No heap memory goes back to the system with a password in it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use offloop::password::{self, Arenas, Argon2Algorithm, LongPassword, Policy, Secret};
use offloop::pool::Cancel;

const PASSWORD: &[u8] = b"correct horse battery staple";

/// Counts the byte buffers that are freed while they hold the password.
struct Watching;

static FREED_WITH_PASSWORD: AtomicUsize = AtomicUsize::new(0);

/// What scrypt works in, by sizes that nothing else has: its table, its blocks, the two that it mixes.
const SCRYPT_BYTES: [usize; 3] = [(128 * 7) << 8, 128 * 7 * 3, 128 * 7];
/// Counted by their places in it.
static FREED_OF_SCRYPT: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
static FREED_UNWIPED_OF_SCRYPT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to `System`. All memory starts zeroed, and only buffers of bytes and of 32-bit words
// (which have no padding) are looked at, so what is read is initialised and still allocated.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if layout.align() == 1 {
            // SAFETY: `memory` is a live allocation of `layout.size()` initialised bytes that nobody else
            // uses any more.
            let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
            if bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD) {
                FREED_WITH_PASSWORD.fetch_add(1, Ordering::Relaxed);
            }
        }
        if layout.align() <= 4
            && let Some(which) = SCRYPT_BYTES.iter().position(|bytes| *bytes == layout.size())
        {
            // SAFETY: as above. Nothing else here has these sizes, and these are bytes and words.
            let bytes = unsafe { std::slice::from_raw_parts(memory, layout.size()) };
            FREED_OF_SCRYPT[which].fetch_add(1, Ordering::Relaxed);
            if bytes.iter().any(|byte| *byte != 0) {
                FREED_UNWIPED_OF_SCRYPT.fetch_add(1, Ordering::Relaxed);
            }
        }
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// One test, for the count is the process's.
#[test]
fn passwords_are_wiped_before_their_memory_is_freed() {
    let count = || FREED_WITH_PASSWORD.swap(0, Ordering::Relaxed);
    drop(std::hint::black_box(PASSWORD.to_vec()));
    assert_eq!(count(), 1, "the watch itself must see an unwiped buffer");

    drop(Secret::from(PASSWORD.to_vec()));
    assert_eq!(count(), 0);

    let mut shortened = PASSWORD.to_vec();
    shortened.truncate(3);
    drop(Secret::from(shortened));
    assert_eq!(count(), 0, "what lies beyond the length is wiped too");

    let argon2id = Policy::Argon2 {
        algorithm: Argon2Algorithm::Argon2id,
        memory_kib: 8,
        passes: 1,
        lanes: 1,
        hash_length: 32,
    };
    let bcrypt = Policy::Bcrypt { cost: 4, long_password: LongPassword::Reject };
    let (arenas, cancel) = (Arenas::new(1), Cancel::new());
    for policy in [argon2id, bcrypt] {
        let secret = Secret::from(PASSWORD.to_vec());
        let hash = password::hash(&secret, &policy, None, &arenas, &cancel).unwrap();
        assert!(password::parse(&hash).unwrap().verify(&secret, &arenas, &cancel).unwrap());
        password::waste(&policy, &secret, &arenas, &cancel).unwrap();
        drop(secret);
        assert_eq!(count(), 0, "{policy:?}");
    }

    // scrypt's working memory too: all of it comes of the password.
    let hash = format!("$scrypt$ln=8,r=7,p=3$c2FsdHNhbHQ${}", "A".repeat(43));
    let scrypt = password::parse(&hash).unwrap();
    let secret = Secret::from(PASSWORD.to_vec());
    assert!(!scrypt.verify(&secret, &arenas, &cancel).unwrap());
    drop(secret);
    assert_eq!(count(), 0, "scrypt");
    assert_eq!(FREED_UNWIPED_OF_SCRYPT.load(Ordering::Relaxed), 0);
    let freed = FREED_OF_SCRYPT.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert_eq!(freed, [1, 1, 2], "the watch itself must have seen them");
}
