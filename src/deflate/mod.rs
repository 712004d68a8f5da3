//! DEFLATE (RFC 1951) from matches on: codes, blocks, bits. Finding matches is its users' work, who know what their
//! data look like.

mod alike;
mod bits;
mod huffman;
mod symbols;

pub(crate) use alike::{MAX_MATCH, TAIL, eight, extend};
pub(crate) use bits::{Bits, Pause};
use huffman::Code;
pub(crate) use symbols::{DISTANCE_BITS, LENGTH_BITS, distance_symbol, length_symbol};
use symbols::{DISTANCES, END_OF_BLOCK, FIXED_DISTANCES, FIXED_LITERALS, LITERALS};

/// The furthest that a match may lie back.
pub(crate) const WINDOW: usize = 32 * 1024;
/// A stored block's longest.
const MAX_STORED: usize = 65_535;
/// One less than DEFLATE allows, so that four of them fit 64 bits together with the seven that may wait.
const LONGEST_LITERAL: u8 = 14;

/// Some bytes as they are, and then a match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sequence {
    pub(crate) literals: u32,
    /// 0: there is none.
    pub(crate) length: u16,
    pub(crate) distance: u16,
}

/// How often each symbol of a block comes.
pub(crate) struct Counts {
    /// Bytes, the end of the block, lengths.
    pub(crate) literals: [u32; LITERALS],
    pub(crate) distances: [u32; DISTANCES],
}

impl Counts {
    fn of(data: &[u8], from: usize, sequences: &[Sequence]) -> Self {
        let mut counts = Self { literals: [0; LITERALS], distances: [0; DISTANCES] };
        // Four tables: the same digit twice in a row would wait for its own count to be stored.
        let mut bytes = [[0_u32; 256]; 4];
        let mut at = from;
        for sequence in sequences {
            let literals = &data[at..at + sequence.literals as usize];
            let (fours, rest) = literals.as_chunks::<4>();
            for four in fours {
                for (count, &byte) in bytes.iter_mut().zip(four) {
                    count[usize::from(byte)] += 1;
                }
            }
            for &byte in rest {
                bytes[0][usize::from(byte)] += 1;
            }
            at += literals.len() + usize::from(sequence.length);
            if sequence.length > 0 {
                counts.literals[length_symbol(sequence.length).code] += 1;
                counts.distances[distance_symbol(sequence.distance).code] += 1;
            }
        }
        for (byte, count) in counts.literals[..256].iter_mut().enumerate() {
            *count = bytes.iter().map(|table| table[byte]).sum();
        }
        counts.literals[END_OF_BLOCK] = 1;
        counts
    }

    /// Bits of the block's body, were it coded so.
    fn cost(&self, literals: &Code<LITERALS>, distances: &Code<DISTANCES>) -> u64 {
        let lengths = self.literals[257..].iter().zip(symbols::LENGTH_BITS);
        let extra = self.distances.iter().zip(symbols::DISTANCE_BITS).chain(lengths);
        literals.cost(&self.literals)
            + distances.cost(&self.distances)
            + extra.map(|(&count, bits)| u64::from(count) * u64::from(bits)).sum::<u64>()
    }
}

/// Writes `data` from `from` on as a block: dynamic, fixed or stored, whatever is shortest. Says how often each
/// symbol came.
pub(crate) fn write_block(
    bits: &mut Bits<'_>,
    data: &[u8],
    from: usize,
    sequences: &[Sequence],
    last: bool,
) -> Counts {
    let counts = Counts::of(data, from, sequences);
    let literals = Code::<LITERALS>::of(&counts.literals, LONGEST_LITERAL);
    let distances = Code::<DISTANCES>::of(&counts.distances, 15);
    let header = huffman::Header::of(&literals, &distances);
    let dynamic = header.cost() + counts.cost(&literals, &distances);
    let fixed = counts.cost(&FIXED_LITERALS, &FIXED_DISTANCES);
    let length = data.len() - from;
    let stored = (length * 8 + length.div_ceil(MAX_STORED).max(1) * 40) as u64;
    if stored <= dynamic.min(fixed) {
        write_stored(bits, &data[from..], last);
    } else if fixed <= dynamic {
        bits.put(0b01 << 1 | u64::from(last), 3);
        write_body(bits, data, from, sequences, &FIXED_LITERALS, &FIXED_DISTANCES);
    } else {
        bits.put(0b10 << 1 | u64::from(last), 3);
        header.write(bits);
        write_body(bits, data, from, sequences, &literals, &distances);
    }
    counts
}

fn write_stored(bits: &mut Bits<'_>, data: &[u8], last: bool) {
    // Nothing is a piece too.
    let pieces = data.len().div_ceil(MAX_STORED).max(1);
    for index in 0..pieces {
        let piece = &data[index * MAX_STORED..data.len().min((index + 1) * MAX_STORED)];
        bits.put(u64::from(last && index + 1 == pieces), 3);
        bits.align();
        let length = piece.len() as u64;
        bits.put(length | (!length & 0xffff) << 16, 32);
        bits.bytes(piece);
    }
}

fn write_body(
    bits: &mut Bits<'_>,
    data: &[u8],
    from: usize,
    sequences: &[Sequence],
    literals: &Code<LITERALS>,
    distances: &Code<DISTANCES>,
) {
    let mut at = from;
    for sequence in sequences {
        let run = &data[at..at + sequence.literals as usize];
        let (fours, rest) = run.as_chunks::<4>();
        for four in fours {
            for &byte in four {
                literals.put(bits, usize::from(byte));
            }
            bits.flush();
        }
        for &byte in rest {
            literals.put(bits, usize::from(byte));
        }
        bits.flush();
        at += run.len() + usize::from(sequence.length);
        if sequence.length > 0 {
            let length = length_symbol(sequence.length);
            literals.put(bits, length.code);
            bits.put(u64::from(length.extra), length.bits);
            let distance = distance_symbol(sequence.distance);
            distances.put(bits, distance.code);
            bits.put(u64::from(distance.extra), distance.bits);
            bits.flush();
        }
    }
    literals.put(bits, END_OF_BLOCK);
    bits.flush();
}
