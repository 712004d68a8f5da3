//! Which block argon2 computes from which (RFC 9106 §3.4), for one lane at a time.
//!
//! A [`Walk`] stands before a block and knows what goes into it. It is moved on a block at a time, so that whoever moves
//! several of them in turn (lanes of one hash, or several hashes) has the memory that one needs next fetched while the
//! processor works at another.

use argon2_rust::__internal::Block;
use argon2_rust::{Algorithm, Argon2, Version};

use super::blamka;
use crate::error::{Error, Result};

/// A pass over a lane is made in four slices, between which lanes may read each other.
pub(super) const SLICES: u32 = 4;

/// What an address block holds (RFC 9106 §3.4.1.2).
const ADDRESSES: u32 = 128;

/// How far ahead of its use a block is fetched whose address is known long before.
const AHEAD: u32 = 2;

/// The costs, and what follows from them.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) passes: u32,
    pub(super) lanes: u32,
    pub(super) lane_length: u32,
    pub(super) slice_length: u32,
    algorithm: Algorithm,
    /// Since version 0x13 passes after the first mix with what is there instead of replacing it.
    mixes: bool,
}

impl Shape {
    pub(super) fn new(argon2: &Argon2) -> Self {
        let params = argon2.params();
        let lane_length = params.memory_blocks() / params.lanes();
        Self {
            passes: params.passes(),
            lanes: params.lanes(),
            lane_length,
            slice_length: lane_length / SLICES,
            algorithm: argon2.algorithm(),
            mixes: argon2.version() != Version::V0x10,
        }
    }

    pub(super) fn blocks(&self) -> u32 {
        self.lane_length * self.lanes
    }

    /// Whether the password has no say in which blocks are read.
    fn is_independent(&self, pass: u32, slice: u32) -> bool {
        match self.algorithm {
            Algorithm::Argon2i => true,
            Algorithm::Argon2id => pass == 0 && slice < SLICES / 2,
            Algorithm::Argon2d => false,
        }
    }
}

/// A place in the computation: before block `index` of a slice of a lane.
pub(super) struct Walk {
    shape: Shape,
    pass: u32,
    slice: u32,
    lane: u32,
    index: u32,
    /// The block before it, its reference, and itself, by their places in the memory.
    previous: u32,
    reference: u32,
    next: u32,
    addresses: Option<Box<Addresses>>,
}

/// Addresses that do not depend on the password: the input's counter, and the block that it gives.
struct Addresses {
    input: Block,
    block: Block,
}

impl Walk {
    /// Before the first block of a slice that is to be computed. Everything before it must have been.
    #[target_feature(enable = "avx512f")]
    pub(super) fn new(shape: Shape, pass: u32, slice: u32, lane: u32, memory: &[Block]) -> Self {
        // The first two blocks of a lane are made from the password.
        let index = if pass == 0 && slice == 0 { 2 } else { 0 };
        let start = lane * shape.lane_length;
        let at = slice * shape.slice_length + index;
        let previous = start + if at == 0 { shape.lane_length } else { at } - 1;
        let addresses = shape.is_independent(pass, slice).then(|| {
            let mut input = Block::ZERO;
            input.0[0] = pass.into();
            input.0[1] = lane.into();
            input.0[2] = slice.into();
            input.0[3] = shape.blocks().into();
            input.0[4] = shape.passes.into();
            input.0[5] = shape.algorithm.as_u32().into();
            Box::new(Addresses { input, block: Block::ZERO })
        });
        let mut walk =
            Self { shape, pass, slice, lane, index, previous, reference: 0, next: start + at, addresses };
        if let Some(addresses) = &mut walk.addresses {
            addresses.turn();
        }
        walk.aim(memory);
        walk
    }

    /// Blocks that are left of the slice.
    pub(super) fn left(&self) -> u32 {
        self.shape.slice_length - self.index
    }

    /// Computes a block.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn step(&mut self, memory: &mut [Block]) -> Result<()> {
        let places = [self.previous as usize, self.reference as usize, self.next as usize];
        let Ok([previous, reference, next]) = memory.get_disjoint_mut(places) else {
            return Err(astray());
        };
        if self.pass > 0 && self.shape.mixes {
            blamka::compress::<true>(previous, reference, next);
        } else {
            blamka::compress::<false>(previous, reference, next);
        }
        self.previous = self.next;
        self.next += 1;
        self.index += 1;
        if self.index < self.shape.slice_length {
            if self.index.is_multiple_of(ADDRESSES)
                && let Some(addresses) = &mut self.addresses
            {
                addresses.turn();
            }
            self.aim(memory);
        }
        Ok(())
    }

    /// Finds the reference of the block that is next, and has it fetched.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn aim(&mut self, memory: &[Block]) {
        let at = (self.index % ADDRESSES) as usize;
        let Some(addresses) = &self.addresses else {
            let random = memory.get(self.previous as usize).map_or(0, |block| block.0[0]);
            self.reference = self.place(self.index, random);
            return blamka::fetch(memory, self.reference);
        };
        self.reference = self.place(self.index, addresses.block.0[at]);
        // Those before have been fetched already, but for the first ones.
        let ahead = if at == 0 { 0..=AHEAD } else { AHEAD..=AHEAD };
        for ahead in ahead {
            let index = self.index + ahead;
            if let Some(random) = addresses.block.0.get(at + ahead as usize)
                && index < self.shape.slice_length
            {
                blamka::fetch(memory, self.place(index, *random));
            }
        }
    }

    /// Where the reference is that a block's pseudo-random word means (RFC 9106 §3.4.2).
    #[inline]
    fn place(&self, index: u32, random: u64) -> u32 {
        let Shape { lanes, lane_length, slice_length, .. } = self.shape;
        let first_slice = self.pass == 0 && self.slice == 0;
        let lane = if lanes == 1 || first_slice { self.lane } else { (random >> 32) as u32 % lanes };
        // What has been computed and may be read: the slices before, in the first pass, or the other three; of the own
        // lane this slice too, without the block just before.
        let slices = if self.pass == 0 { self.slice } else { SLICES - 1 };
        let area = slices * slice_length + if lane == self.lane { index } else { u32::from(index != 0) } - 1;
        let j1 = random & 0xffff_ffff;
        let x = (j1 * j1) >> 32;
        let back = (u64::from(area) * x) >> 32;
        // In later passes it begins at the slice after this one, the oldest.
        let start = if self.pass == 0 { 0 } else { (self.slice + 1) % SLICES * slice_length };
        let place = start + area - 1 - back as u32;
        lane * lane_length + if place >= lane_length { place - lane_length } else { place }
    }
}

impl Addresses {
    /// The next 128 addresses (RFC 9106 §3.4.1.2).
    #[target_feature(enable = "avx512f")]
    fn turn(&mut self) {
        self.input.0[6] += 1;
        let (mut input, mut between) = (self.input, Block::ZERO);
        blamka::arrange(&mut input);
        blamka::compress::<false>(&Block::ZERO, &input, &mut between);
        blamka::compress::<false>(&Block::ZERO, &between, &mut self.block);
        blamka::arrange(&mut self.block);
    }
}

fn astray() -> Error {
    Error::internal("argon2: a block was to be computed from itself")
}
