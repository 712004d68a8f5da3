//! Argon2's computation (RFC 9106 §3.2), slice by slice, in memory that is ours.
//!
//! The crate's own `Hasher` runs a hash from beginning to end and wipes its memory after each. Driving the crate's
//! `fill_segment` from here costs nothing and lets a hash stop between two segments, lets the next one of several that
//! wait overwrite the memory instead of a wipe (an eighth of the time at 19 MiB and two passes), and keeps the memory
//! out of core dumps. What computes a segment (with AVX-512, AVX2, SSE2 or NEON) is the crate's.

use argon2_rust::__internal::{
    Arena, Instance, Position, backend, fill_first_blocks, fill_segment_fn, finalize, initial_hash,
};
use zeroize::Zeroizing;

use super::argon2::Spec;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// A pass over a lane is made in four slices, between which lanes may read each other.
const SLICES: u32 = 4;

/// Memory of so many blocks of 1 KiB, in huge pages where the system gives them, and in no core dump.
pub(super) fn allocate(blocks: u32) -> Result<Arena> {
    let mut arena = Arena::new(blocks as usize).map_err(|_| {
        Error::new(
            Code::MemoryBudget,
            format!(
                "the system refused argon2 its {blocks} KiB of memory; use less memoryKiB, or fewer threads"
            ),
        )
    })?;
    keep_out_of_dumps(&mut arena);
    Ok(arena)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn keep_out_of_dumps(arena: &mut Arena) {
    /// No page of Linux is larger, huge ones aside.
    const PAGE: usize = 65_536;
    // Not `as_mut_ptr`, which would count as writing to it.
    let start = arena.as_ptr().addr().next_multiple_of(PAGE);
    let end = (arena.as_ptr().addr() + arena.len() * 1024) / PAGE * PAGE;
    if start < end {
        let memory = arena.as_ptr().with_addr(start).cast_mut().cast();
        // SAFETY: whole pages of an allocation that is ours alone; the advice changes what a dump holds and nothing else.
        // Where it is refused, a dump holds them.
        unsafe { libc::madvise(memory, end - start, libc::MADV_DONTDUMP) };
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn keep_out_of_dumps(_: &mut Arena) {}

/// The hash proper; the arena is of the spec's size and may hold anything. Looks at `cancel` after every segment: a
/// quarter of a pass over a lane.
pub(super) fn hash(
    spec: &Spec,
    password: &[u8],
    arena: &mut Arena,
    cancel: &Cancel,
    tag: &mut [u8],
) -> Result<()> {
    let Spec { argon2, salt, secret, data } = spec;
    let params = argon2.params();
    if arena.len() != params.memory_blocks() as usize {
        return Err(Error::internal("argon2: an arena of another size"));
    }
    let failed = |error: argon2_rust::Error| Error::internal(format!("argon2: {}", error.message()));
    let (algorithm, version) = (argon2.algorithm(), argon2.version());
    let mut h0 = Zeroizing::new(
        initial_hash(algorithm, version, params, password, salt, secret, data).map_err(failed)?,
    );
    let lane_length = params.memory_blocks() / params.lanes();
    fill_first_blocks(&mut h0, arena.as_mut_slice(), params.lanes(), lane_length).map_err(failed)?;
    // SAFETY: the arena is of exactly so many initialised blocks, aligned as the crate's own type aligns them, and
    // outlives the instance, which is used in this function only.
    let instance = unsafe { Instance::new(arena.as_mut_ptr(), arena.len(), algorithm, version, params) };
    let fill_segment = fill_segment_fn(backend());
    for pass in 0..instance.passes {
        for slice in 0..SLICES {
            for lane in 0..instance.lanes {
                // SAFETY: `backend` names only what this processor has; pass, slice and lane are in range; and nobody else
                // uses the arena, which is borrowed mutably.
                unsafe { fill_segment(&instance, Position::new(pass, lane, slice, 0)) };
                cancel.check()?;
            }
        }
    }
    finalize(&instance, tag).map_err(failed)
}
