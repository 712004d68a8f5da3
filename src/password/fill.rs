//! Argon2's computation (RFC 9106 §3.2), piece by piece, in memory that is ours.
//!
//! The crate's own `Hasher` runs a hash from beginning to end and wipes its memory after each. Here a hash stops between
//! two pieces, the next one of several that wait overwrites the memory instead of a wipe (an eighth of the time at 19 MiB
//! and two passes), and the memory is in no core dump.
//!
//! With AVX-512 the blocks are computed by [`super::blamka`] along [`super::walk`], of two lanes or two hashes in turn:
//! a block's address is known only when the one before it is done, so a hash alone waits for memory a third of its time.
//! Beside one that another thread computes in the same caches two took 0.63 of the time that the crate takes for them
//! (19 MiB, two passes). Elsewhere the crate's `fill_segment` computes slice by slice, with AVX2, SSE2 or NEON, and only
//! between two slices is it asked whether anybody still wants the hash: a millisecond apart at 19 MiB, some 360 at 2 GiB.

use argon2_rust::__internal::{
    Arena, Instance, Position, backend, fill_first_blocks, fill_segment_fn, finalize, initial_hash,
};
use argon2_rust::Argon2;
use zeroize::Zeroizing;

use super::arena::{Arenas, Lease};
use super::argon2::Spec;
use super::secret::wipe_stack;
#[cfg(target_arch = "x86_64")]
use super::{blamka, walk::Walk};
use crate::error::{Code, Error, Result};

/// A pass over a lane is made in four slices, between which lanes may read each other.
const SLICES: u32 = 4;

/// Blocks that are computed between two looks at whether anybody still wants them: half a millisecond, or two where
/// memory is slow.
#[cfg(target_arch = "x86_64")]
const PIECE: usize = 4096;

/// argon2 hashes, or lanes of one, that a thread computes in turn. A third one would gain nothing: with two, memory is
/// waited for no more.
pub const MAX_ARGON2_TOGETHER: usize = 2;

/// The most memory of a hash that is computed together with another one, in bytes: so much a thread, and twice as much
/// of theirs, is the price.
const MOST_TOGETHER: u64 = 32 << 20;

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

/// What computes the blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    /// Ours, several lanes or hashes in turn.
    #[cfg(target_arch = "x86_64")]
    Walks,
    /// The crate's, a slice of a lane at a time.
    Segments,
}

impl Engine {
    /// The better one that this processor has.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if blamka::is_available() {
            return Self::Walks;
        }
        Self::Segments
    }
}

/// Whether a hash gains from being computed together with another one, and may be.
pub(super) fn goes_together(argon2: &Argon2) -> bool {
    let bytes = super::argon2::working_bytes(argon2);
    Engine::best() != Engine::Segments && argon2.params().lanes() == 1 && bytes <= MOST_TOGETHER
}

/// A hash that is being computed. Its memory goes back when it is dropped.
pub(super) struct Fill {
    argon2: Argon2,
    lease: Lease,
    #[cfg(target_arch = "x86_64")]
    engine: Engine,
    pass: u32,
    slice: u32,
    /// The first lane of the slice that has not been begun.
    lane: u32,
    /// Where it stands in the lanes that are under way.
    #[cfg(target_arch = "x86_64")]
    walks: Vec<Walk>,
}

impl Fill {
    /// Takes memory and makes the first blocks. `ERR_MEMORY_BUDGET` where the system has none.
    pub(super) fn begin(spec: &Spec, password: &[u8], arenas: &Arenas) -> Result<Self> {
        Self::begin_with(Engine::best(), spec, password, arenas)
    }

    #[cfg_attr(not(target_arch = "x86_64"), allow(unused_variables, unused_mut, reason = "there is but one"))]
    fn begin_with(engine: Engine, spec: &Spec, password: &[u8], arenas: &Arenas) -> Result<Self> {
        let argon2 = spec.argon2;
        let mut lease = arenas.lend(argon2.params().memory_blocks());
        let first = first_blocks(spec, password, lease.arena()?);
        wipe_stack();
        first?;
        let mut fill = Self {
            argon2,
            lease,
            #[cfg(target_arch = "x86_64")]
            engine,
            pass: 0,
            slice: 0,
            lane: 0,
            #[cfg(target_arch = "x86_64")]
            walks: Vec::new(),
        };
        #[cfg(target_arch = "x86_64")]
        for column in [0, 1] {
            fill.arrange_column(column)?;
        }
        Ok(fill)
    }

    pub(super) fn is_done(&self) -> bool {
        self.pass == self.argon2.params().passes()
    }

    /// The hash, once all is done.
    pub(super) fn finish(mut self) -> Result<Zeroizing<Vec<u8>>> {
        debug_assert!(self.is_done());
        #[cfg(target_arch = "x86_64")]
        self.arrange_column(self.lane_length() - 1)?;
        let mut tag = Zeroizing::new(vec![0; self.argon2.params().tag_len_bytes()]);
        let done = finalize(&instance(&self.argon2, self.lease.arena()?)?, &mut tag).map_err(failed);
        wipe_stack();
        done?;
        Ok(tag)
    }

    #[cfg(target_arch = "x86_64")]
    fn lane_length(&self) -> u32 {
        self.argon2.params().memory_blocks() / self.argon2.params().lanes()
    }

    /// Rearranges the blocks of a column, one of each lane, where ours are arranged in another way.
    #[cfg(target_arch = "x86_64")]
    fn arrange_column(&mut self, column: u32) -> Result<()> {
        if self.engine != Engine::Walks {
            return Ok(());
        }
        let (lanes, lane_length) = (self.argon2.params().lanes(), self.lane_length());
        let blocks = self.lease.arena()?.as_mut_slice();
        for lane in 0..lanes {
            let block = blocks.get_mut((lane * lane_length + column) as usize);
            blamka::arrange(block.ok_or_else(|| Error::internal("argon2: a lane without blocks"))?);
        }
        Ok(())
    }

    /// Lanes have been computed to the end of the slice.
    fn go_on(&mut self, lanes: u32) {
        self.lane += lanes;
        if self.lane == self.argon2.params().lanes() {
            self.lane = 0;
            self.slice += 1;
        }
        if self.slice == SLICES {
            self.slice = 0;
            self.pass += 1;
        }
    }

    /// The crate's way: a slice of a lane.
    fn segment(&mut self) -> Result<()> {
        let instance = instance(&self.argon2, self.lease.arena()?)?;
        let fill_segment = fill_segment_fn(backend());
        // SAFETY: `backend` names only what this processor has; pass, slice and lane are in range; and nobody else uses
        // the arena, which is borrowed mutably.
        unsafe { fill_segment(&instance, Position::new(self.pass, self.lane, self.slice, 0)) };
        self.go_on(1);
        Ok(())
    }
}

/// Some more of each; of those that are done, nothing. Looking at whether anybody still wants them is the caller's.
pub(super) fn turn(fills: &mut [Fill]) -> Result<()> {
    #[cfg(target_arch = "x86_64")]
    if !fills.is_empty() && fills.iter().all(|fill| fill.engine == Engine::Walks) {
        // SAFETY: the engine says that the processor has been asked.
        return unsafe { turn_walks(fills) };
    }
    for fill in fills {
        if !fill.is_done() {
            fill.segment()?;
        }
    }
    Ok(())
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn turn_walks(fills: &mut [Fill]) -> Result<()> {
    use argon2_rust::__internal::Block;

    let mut under_way: Vec<(&mut [Block], &mut [Walk])> = Vec::with_capacity(fills.len());
    for fill in fills.iter_mut().filter(|fill| !fill.is_done()) {
        let Fill { argon2, lease, pass, slice, lane, walks, .. } = fill;
        let memory = lease.arena()?.as_mut_slice();
        if walks.is_empty() {
            let shape = super::walk::Shape::new(argon2);
            let last = shape.lanes.min(*lane + MAX_ARGON2_TOGETHER as u32);
            for lane in *lane..last {
                walks.push(Walk::new(shape, *pass, *slice, lane, memory));
            }
        }
        under_way.push((memory, walks));
    }
    let walks = || under_way.iter().flat_map(|(_, walks)| walks.iter());
    let left = walks().map(Walk::left).min().unwrap_or(0);
    let piece = PIECE / walks().count().max(1);
    for _ in 0..left.min(piece as u32) {
        for (memory, walks) in &mut under_way {
            for walk in walks.iter_mut() {
                walk.step(memory)?;
            }
        }
    }
    for fill in fills {
        if fill.walks.first().is_some_and(|walk| walk.left() == 0) {
            let lanes = fill.walks.len() as u32;
            fill.walks.clear();
            fill.go_on(lanes);
        }
    }
    Ok(())
}

/// A call of its own, so that all of its stack lies where [`wipe_stack`] will.
#[inline(never)]
fn first_blocks(spec: &Spec, password: &[u8], arena: &mut Arena) -> Result<()> {
    let Spec { argon2, salt, secret, data } = spec;
    let params = argon2.params();
    let mut h0 = Zeroizing::new(
        initial_hash(argon2.algorithm(), argon2.version(), params, password, salt, secret, data)
            .map_err(failed)?,
    );
    let lane_length = params.memory_blocks() / params.lanes();
    fill_first_blocks(&mut h0, arena.as_mut_slice(), params.lanes(), lane_length).map_err(failed)
}

/// The crate's view of a computation.
fn instance(argon2: &Argon2, arena: &mut Arena) -> Result<Instance> {
    if arena.len() != argon2.params().memory_blocks() as usize {
        return Err(Error::internal("argon2: an arena of another size"));
    }
    // SAFETY: the arena is of exactly so many initialised blocks, aligned as the crate's own type aligns them. Whoever
    // asks keeps the arena borrowed while the instance is used.
    Ok(unsafe {
        Instance::new(arena.as_mut_ptr(), arena.len(), argon2.algorithm(), argon2.version(), argon2.params())
    })
}

fn failed(error: argon2_rust::Error) -> Error {
    Error::internal(format!("argon2: {}", error.message()))
}

#[cfg(test)]
mod tests {
    use argon2_rust::params::Memory;
    use argon2_rust::{Algorithm, Params, Version};
    use proptest::prelude::*;

    use super::*;

    /// Costs, a salt, a password.
    type Case = (Argon2, [u8; 16], Vec<u8>);

    fn case() -> impl Strategy<Value = Case> {
        let algorithm = prop_oneof![
            2 => Just(Algorithm::Argon2id),
            1 => Just(Algorithm::Argon2i),
            1 => Just(Algorithm::Argon2d)
        ];
        let version = prop_oneof![3 => Just(Version::V0x13), 1 => Just(Version::V0x10)];
        // Slices longer than the 128 addresses of a block, and shorter ones; no round numbers.
        let memory = prop_oneof![0_u32..40, 0_u32..2400];
        let password = prop::collection::vec(any::<u8>(), 0..40);
        (algorithm, version, memory, 1_u32..4, 1_u32..6, any::<[u8; 16]>(), password).prop_map(
            |(algorithm, version, memory, passes, lanes, salt, password)| {
                let params = Params::builder()
                    .memory(Memory::kib(u64::from(8 * lanes + memory)))
                    .passes(passes)
                    .lanes(lanes)
                    .threads(1)
                    .build()
                    .unwrap();
                (Argon2::new(algorithm, version, params), salt, password)
            },
        )
    }

    /// RustCrypto's.
    fn oracle((argon2, salt, password): &Case) -> Vec<u8> {
        let (costs, mut tag) = (argon2.params(), vec![0; 32]);
        let algorithm = match argon2.algorithm() {
            Algorithm::Argon2id => ::argon2::Algorithm::Argon2id,
            Algorithm::Argon2i => ::argon2::Algorithm::Argon2i,
            Algorithm::Argon2d => ::argon2::Algorithm::Argon2d,
        };
        let version = match argon2.version() {
            Version::V0x10 => ::argon2::Version::V0x10,
            Version::V0x13 => ::argon2::Version::V0x13,
        };
        let params = ::argon2::Params::new(costs.memory_kib(), costs.passes(), costs.lanes(), None).unwrap();
        ::argon2::Argon2::new(algorithm, version, params)
            .hash_password_into(password, salt, &mut tag)
            .unwrap();
        tag
    }

    /// All at once, each as it begins when there is room.
    fn compute(engine: Engine, cases: &[Case], room: usize) -> Vec<Vec<u8>> {
        let arenas = Arenas::new(room);
        let mut waiting = cases.iter().enumerate();
        let mut tags = vec![Vec::new(); cases.len()];
        let (mut fills, mut owners) = (Vec::new(), Vec::new());
        loop {
            while fills.len() < room
                && let Some((owner, (argon2, salt, password))) = waiting.next()
            {
                let spec = Spec::new(*argon2, salt.to_vec());
                fills.push(Fill::begin_with(engine, &spec, password, &arenas).unwrap());
                owners.push(owner);
            }
            if fills.is_empty() {
                return tags;
            }
            turn(&mut fills).unwrap();
            for at in (0..fills.len()).rev() {
                if fills[at].is_done() {
                    tags[owners.swap_remove(at)] = fills.swap_remove(at).finish().unwrap().to_vec();
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(700))]
        #[test]
        fn hashes_computed_together_are_what_another_implementation_computes(
            cases in prop::collection::vec(case(), 1..6), room in 1_usize..4,
        ) {
            let expected: Vec<_> = cases.iter().map(oracle).collect();
            for engine in [Engine::best(), Engine::Segments] {
                prop_assert_eq!(compute(engine, &cases, room), expected.clone(), "{:?}", engine);
            }
        }
    }
}
