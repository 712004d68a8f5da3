//! The five codes that a part of an image is written in (RFC 9649, section 3.7.2.2), and the memory they take.

use super::bits::Bits;
use super::flaw::{Flaw, Stop};
use super::huffman::{Code, LONGEST, Lengths, MOST_ENTRIES, Shape};
use crate::error::{Code as ErrorCode, Error};
use crate::image::pixels::out_of_memory;

/// Symbols of green that are lengths of copies, and those of distances.
pub(super) const LENGTHS: usize = 24;
const DISTANCES: usize = 40;

/// The bits that pixels are looked up with.
const PIXEL_BITS: usize = 9;

/// Where there are few groups, their tables may be larger, which is faster.
const FEW_GROUPS: usize = 16;
const FEW_ROOT: usize = 10;
const ROOT: usize = 8;

/// And where there are not many, looking up whole pixels is worth the memory.
const SOME_GROUPS: usize = 256;
const PIXELS_BYTES: usize = size_of::<Next>() << PIXEL_BITS;

/// What a group takes at most: 5004 entries, with the largest colour cache, and what else there is to it.
const GROUP_BYTES: u64 = 5004 * 2 + size_of::<Group>() as u64;
const FEW_GROUP_BYTES: u64 = (5 * MOST_ENTRIES * 2 + size_of::<Group>()) as u64;

/// What all groups of an image may take. libwebp's encoder makes at most 2600 of them.
const ALL_GROUPS_BYTES: u64 = 24 << 20;

/// The fewest bits of a group: five codes of one symbol.
const FEWEST_BITS: u64 = 5 * 4;

/// What the groups of an image of so many blocks and bytes may take.
pub(super) fn most_bytes(blocks: u64, chunk_bytes: u64) -> u64 {
    let groups = blocks.min(chunk_bytes.saturating_mul(8) / FEWEST_BITS + 1).min(1 << 16);
    let few = groups.min(FEW_GROUPS as u64) * FEW_GROUP_BYTES;
    let some = groups.min(SOME_GROUPS as u64) * PIXELS_BYTES as u64;
    (groups * GROUP_BYTES).min(ALL_GROUPS_BYTES) + few + some
}

/// What the next bits are.
#[derive(Clone, Copy, Default)]
pub(super) struct Next {
    /// The pixel, if it is one; else green's symbol.
    pub(super) value: u32,
    pub(super) bits: u8,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Pixel,
    Symbol,
    /// Green's code is longer than the bits.
    #[default]
    Unknown,
}

/// Codes of green (with lengths of copies and places in the colour cache), red, blue, alpha and distances.
pub(super) struct Group {
    pub(super) tables: Vec<u16>,
    pub(super) green: Code,
    pub(super) red: Code,
    pub(super) blue: Code,
    pub(super) alpha: Code,
    pub(super) distance: Code,
    /// The pixel but for its green, if nothing else is written of it.
    pub(super) rest: Option<u32>,
    /// The pixel, if nothing at all is written of it.
    pub(super) only: Option<u32>,
    /// Whole pixels by their next bits, where most of them are short; else nothing.
    pub(super) pixels: Vec<Next>,
}

impl Group {
    /// What the next bits are, of a group that looks up whole pixels.
    #[inline]
    pub(super) fn look_up(&self, next: usize) -> Next {
        self.pixels[next & ((1 << PIXEL_BITS) - 1)]
    }
}

/// Reads groups, one after the other.
pub(super) struct Groups {
    lengths: Lengths,
    scratch: Vec<u16>,
    greens: usize,
    root: usize,
    has_pixels: bool,
    /// Bytes that may yet be allocated.
    left: u64,
}

impl Groups {
    /// For `count` groups whose colour cache has so many colours.
    pub(super) fn new(count: usize, cached: usize, most_bytes: u64) -> Result<Self, Stop> {
        let mut scratch = Vec::new();
        scratch.try_reserve_exact(5 * MOST_ENTRIES).map_err(|_| out_of_memory(0))?;
        let left = most_bytes.checked_sub((count * size_of::<Group>()) as u64).ok_or_else(too_much)?;
        Ok(Self {
            lengths: Lengths::new(),
            scratch,
            greens: 256 + LENGTHS + cached,
            root: if count <= FEW_GROUPS { FEW_ROOT } else { ROOT },
            has_pixels: count <= SOME_GROUPS,
            left,
        })
    }

    fn symbols(&self) -> [usize; 5] {
        [self.greens, 256, 256, 256, DISTANCES]
    }

    /// Goes past a group that nothing is written in.
    pub(super) fn skip(&mut self, bits: &mut Bits<'_>) -> Result<(), Stop> {
        for symbols in self.symbols() {
            self.lengths.read(bits, symbols)?;
            Shape::new(self.lengths.as_slice())?;
        }
        Ok(())
    }

    pub(super) fn read(&mut self, bits: &mut Bits<'_>) -> Result<Group, Stop> {
        self.scratch.clear();
        let mut codes = [Code::default(); 5];
        let mut means = [0; 5];
        for ((symbols, code), mean) in self.symbols().into_iter().zip(&mut codes).zip(&mut means) {
            self.lengths.read(bits, symbols)?;
            let shape = Shape::new(self.lengths.as_slice())?;
            let (root, entries) = (ROOT..=self.root)
                .rev()
                .map(|root| (root, shape.entries(root)))
                .find(|(_, entries)| *entries <= MOST_ENTRIES)
                .ok_or(Flaw::Damage("a code is too large"))?;
            let start = self.scratch.len();
            self.scratch.resize(start + entries, 0);
            *code = shape.fill(self.lengths.as_slice(), &mut self.scratch, start, root);
            *mean = shape.mean();
        }
        self.spend(self.scratch.len() * size_of::<u16>())?;
        let mut tables = Vec::new();
        tables.try_reserve_exact(self.scratch.len()).map_err(|_| out_of_memory(0))?;
        tables.extend_from_slice(&self.scratch);
        let [green, red, blue, alpha, distance] = codes;
        let only = |code: Code| code.of(&tables).only().map(|symbol| symbol as u32);
        let rest = match (only(red), only(blue), only(alpha)) {
            (Some(red), Some(blue), Some(alpha)) => Some(alpha << 24 | red << 16 | blue),
            _ => None,
        };
        let pixel = match (rest, only(green)) {
            (Some(rest), Some(green @ 0..256)) => Some(rest | green << 8),
            _ => None,
        };
        let mut group =
            Group { tables, green, red, blue, alpha, distance, rest, only: pixel, pixels: Vec::new() };
        // Where not most pixels are short, looking for them costs more than it saves.
        let bits_a_pixel = means[..4].iter().sum::<u32>() >> LONGEST;
        if self.has_pixels && pixel.is_none() && bits_a_pixel < PIXEL_BITS as u32 {
            self.spend(PIXELS_BYTES)?;
            let mut pixels = Vec::new();
            pixels.try_reserve_exact(1 << PIXEL_BITS).map_err(|_| out_of_memory(0))?;
            pixels.extend((0..1 << PIXEL_BITS).map(|next| whole_pixel(&group, next)));
            group.pixels = pixels;
        }
        Ok(group)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Stop> {
        self.left = self.left.checked_sub(bytes as u64).ok_or_else(too_much)?;
        Ok(())
    }
}

fn whole_pixel(group: &Group, next: usize) -> Next {
    const MOST: u32 = PIXEL_BITS as u32;
    let (green, mut length) = group.green.of(&group.tables).look_up(next);
    if length > MOST {
        return Next::default();
    }
    let symbol = Next { value: green as u32, bits: length as u8, kind: Kind::Symbol };
    if green >= 256 {
        return symbol;
    }
    let mut pixel = (green as u32) << 8;
    for (code, shift) in [(group.red, 16), (group.blue, 0), (group.alpha, 24)] {
        let (value, bits) = code.of(&group.tables).look_up(next >> length);
        length += bits;
        if length > MOST {
            return symbol;
        }
        pixel |= (value as u32) << shift;
    }
    Next { value: pixel, bits: length as u8, kind: Kind::Pixel }
}

fn too_much() -> Error {
    Error::new(
        ErrorCode::ImageLimit,
        "the WebP has so many codes that decoding it takes more memory than it may; it is made to exhaust memory",
    )
}
