//! The frame's header (RFC 6386, sections 9 and 19.2).

use super::Flaw;
use super::bool::Bool;
use super::filter::Strength;
use super::tables::{AC_STEPS, BANDS, DC_STEPS, TOKEN_UPDATES, TOKENS};
use super::tokens::{Probabilities, Steps};
use super::{corrupt, truncated};
use crate::error::Result;

/// Bytes before the first partition.
const HEAD: usize = 10;

/// What all macroblocks of a segment have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segment {
    pub(super) steps: Steps,
    /// Of macroblocks that are predicted whole and by blocks.
    pub(super) filters: [Strength; 2],
}

pub(super) struct Header {
    pub(super) segments: [Segment; 4],
    /// Probabilities of the tree of segments, if macroblocks name theirs.
    pub(super) segment_map: Option<[u8; 3]>,
    /// How likely a macroblock has coefficients, if those that have none say so.
    pub(super) skip: Option<u8>,
    pub(super) filter: Option<FilterKind>,
    pub(super) probabilities: Probabilities,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilterKind {
    Simple,
    Normal,
}

/// A partition's bytes, and why it may end before what it codes does.
#[derive(Clone, Copy)]
pub(super) struct Partition<'a> {
    pub(super) bits: Bool<'a>,
    flaw: Flaw,
}

impl<'a> Partition<'a> {
    /// Cuts the first `length` bytes off.
    fn split_off(data: &mut &'a [u8], length: usize) -> Self {
        if let Some((bytes, rest)) = data.split_at_checked(length) {
            *data = rest;
            Self { bits: Bool::new(bytes), flaw: Flaw::Damage }
        } else {
            Self::last(std::mem::take(data))
        }
    }

    /// A partition that goes on to the end of the data.
    fn last(bytes: &'a [u8]) -> Self {
        Self { bits: Bool::new(bytes), flaw: Flaw::Truncation }
    }

    /// What is wrong if more was read than there is.
    pub(super) fn flaw(&self) -> Option<Flaw> {
        self.bits.has_ended().then_some(self.flaw)
    }
}

/// The size of the frame.
fn size(data: &[u8]) -> Result<(u32, u32)> {
    let Some(&[tag, _, _, 0x9D, 0x01, 0x2A, width_low, width_high, height_low, height_high]) =
        data.first_chunk::<HEAD>()
    else {
        return Err(if data.len() < HEAD {
            truncated()
        } else {
            corrupt("its image data has no start code")
        });
    };
    // What follows the fourth version is not known, and only key frames are complete.
    if tag & 1 != 0 || tag >> 1 & 7 > 3 {
        return Err(corrupt("its image data is no picture of its own"));
    }
    // Above the fourteen bits is a hint of how to scale the picture, which WebP ignores.
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    Ok((side(width_low, width_high), side(height_low, height_high)))
}

/// A frame's data, read up to its macroblocks.
pub(super) struct Stream<'a> {
    pub(super) header: Header,
    /// What follows the header: the macroblocks' own.
    pub(super) first: Partition<'a>,
    /// Coefficients. Rows of macroblocks take turns among the first `count` of them: 1, 2, 4 or 8.
    pub(super) partitions: [Partition<'a>; 8],
    pub(super) count: usize,
}

pub(super) fn read(data: &[u8], expected: (u32, u32)) -> Result<Stream<'_>> {
    let found = size(data)?;
    if found != expected || found.0 == 0 || found.1 == 0 {
        return Err(corrupt(format_args!(
            "its header says {}x{} pixels and its data {}x{}",
            expected.0, expected.1, found.0, found.1
        )));
    }
    let first_length = u32::from_le_bytes([data[0], data[1], data[2], 0]) >> 5;
    let mut rest = &data[HEAD..];
    let mut first = Partition::split_off(&mut rest, first_length as usize);
    let bits = &mut first.bits;
    // The colour space, which WebP leaves no choice of, and whether values need no clamping.
    bits.literal(2);
    let segmentation = bits.flag().then(|| Segmentation::read(bits));
    let filters = Filters::read(bits);
    let count = 1 << bits.literal(2);
    let partitions = split(rest, count);
    let steps = QuantizerIndices::read(bits);
    // Whether the probabilities outlive the frame.
    bits.flag();
    let probabilities = probabilities(bits);
    let skip = bits.flag().then(|| bits.literal(8) as u8);
    let segments = std::array::from_fn(|index| {
        let (quantizer, level) = segmentation.as_ref().map_or(
            (steps.base, filters.level),
            |Segmentation { absolute, quantizers, levels, .. }| {
                let of = |frame: i32, own: i32| if *absolute { own } else { frame + own };
                (of(steps.base, quantizers[index]), of(filters.level, levels[index]))
            },
        );
        Segment { steps: steps.at(quantizer), filters: filters.at(level) }
    });
    let header = Header {
        segments,
        segment_map: segmentation.and_then(|segmentation| segmentation.map),
        skip,
        filter: filters.kind,
        probabilities,
    };
    Ok(Stream { header, first, partitions, count })
}

/// 9.5: of all but the last partition the lengths come first.
fn split(data: &[u8], count: usize) -> [Partition<'_>; 8] {
    let (lengths, mut rest) = data.split_at_checked(3 * (count - 1)).unwrap_or((data, &[]));
    let mut lengths = lengths.as_chunks::<3>().0.iter();
    std::array::from_fn(|index| {
        if index + 1 >= count {
            return Partition::last(std::mem::take(&mut rest));
        }
        match lengths.next() {
            Some(&[low, middle, high]) => {
                let length = u32::from_le_bytes([low, middle, high, 0]);
                Partition::split_off(&mut rest, length as usize)
            }
            None => Partition::last(&[]),
        }
    })
}

/// 9.3.
struct Segmentation {
    map: Option<[u8; 3]>,
    absolute: bool,
    quantizers: [i32; 4],
    levels: [i32; 4],
}

impl Segmentation {
    fn read(bits: &mut Bool<'_>) -> Self {
        let has_map = bits.flag();
        // What a frame leaves out is zero, in place of its own values and not added to them: libwebp, by which all
        // WebPs are seen, has it so (RFC 6386, 9.3, leaves it open; libvpx adds).
        let mut found = Self { map: None, absolute: true, quantizers: [0; 4], levels: [0; 4] };
        if bits.flag() {
            found.absolute = bits.flag();
            found.quantizers = std::array::from_fn(|_| bits.optional(7).unwrap_or(0));
            found.levels = std::array::from_fn(|_| bits.optional(6).unwrap_or(0));
        }
        if has_map {
            found.map = Some(std::array::from_fn(|_| if bits.flag() { bits.literal(8) as u8 } else { 255 }));
        }
        found
    }
}

/// 9.6 and 15.
struct Filters {
    kind: Option<FilterKind>,
    level: i32,
    sharpness: i32,
    /// What is added for key frames, and for macroblocks that are predicted by blocks beside that.
    deltas: Option<[i32; 2]>,
}

impl Filters {
    fn read(bits: &mut Bool<'_>) -> Self {
        let kind = if bits.flag() { FilterKind::Simple } else { FilterKind::Normal };
        let level = bits.literal(6);
        let sharpness = bits.literal(3);
        let deltas = bits.flag().then(|| {
            let mut deltas = [0; 8];
            if bits.flag() {
                deltas = std::array::from_fn(|_| bits.optional(6).unwrap_or(0));
            }
            // The others are of frames that refer to others.
            [deltas[0], deltas[4]]
        });
        Self { kind: (level > 0).then_some(kind), level, sharpness, deltas }
    }

    fn at(&self, level: i32) -> [Strength; 2] {
        // Also before: section 9.6 of the RFC, and its decoder. libwebp clamps the sum alone, which only differs where a
        // segment's level is out of range, as no encoder writes it.
        let level = level.clamp(0, 63);
        let [frame, blocks] = self.deltas.unwrap_or_default();
        [level + frame, level + frame + blocks]
            .map(|level| Strength::new(level.clamp(0, 63) as u8, self.sharpness as u8))
    }
}

/// 9.6 and 14.1.
struct QuantizerIndices {
    base: i32,
    luma_dc: i32,
    second_dc: i32,
    second_ac: i32,
    chroma_dc: i32,
    chroma_ac: i32,
}

impl QuantizerIndices {
    fn read(bits: &mut Bool<'_>) -> Self {
        let base = bits.literal(7);
        let mut delta = || bits.optional(4).unwrap_or(0);
        Self {
            base,
            luma_dc: delta(),
            second_dc: delta(),
            second_ac: delta(),
            chroma_dc: delta(),
            chroma_ac: delta(),
        }
    }

    fn at(&self, index: i32) -> Steps {
        let dc = |delta: i32| i32::from(DC_STEPS[(index + delta).clamp(0, 127) as usize]);
        let ac = |delta: i32| i32::from(AC_STEPS[(index + delta).clamp(0, 127) as usize]);
        Steps {
            luma: [dc(self.luma_dc), ac(0)],
            second: [dc(self.second_dc) * 2, (ac(self.second_ac) * 155 / 100).max(8)],
            chroma: [dc(self.chroma_dc).min(132), ac(self.chroma_ac)],
        }
    }
}

/// 13.4, laid out by coefficient rather than by band.
fn probabilities(bits: &mut Bool<'_>) -> Probabilities {
    let mut table = TOKENS;
    for (table, updates) in table
        .as_flattened_mut()
        .as_flattened_mut()
        .iter_mut()
        .zip(TOKEN_UPDATES.as_flattened().as_flattened())
    {
        for (probability, &update) in table.iter_mut().zip(updates) {
            if bits.read(update) {
                *probability = bits.literal(8) as u8;
            }
        }
    }
    table.map(|bands| std::array::from_fn(|index| bands[usize::from(BANDS[index.min(15)])]))
}
