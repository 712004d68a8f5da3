//! scrypt's middle (RFC 7914 §3 to §5): Salsa20/8, `BlockMix` and `ROMix`, over memory that is wiped.
//!
//! A block's sixteen words are kept by the diagonals of Salsa20's square, four to a row: then each step is one of whole
//! rows, which the compiler makes vector instructions of. The first word, from which `ROMix` takes its index, stays the first.

#![allow(
    clippy::inline_always,
    reason = "only where all of Salsa20 is one function does the compiler keep to whole rows"
)]

use zeroize::Zeroize as _;

use crate::error::Result;
use crate::pool::Cancel;

/// What Salsa20 hashes, in bytes.
const BLOCK_BYTES: usize = 64;

/// Where in the square the rows' words stand.
const DIAGONALS: [[usize; 4]; 4] = [[0, 5, 10, 15], [4, 9, 14, 3], [8, 13, 2, 7], [12, 1, 6, 11]];

/// Pairs of blocks between two looks at the cancel flag, if one `BlockMix` has so many: some 100 µs.
const BETWEEN_LOOKS: usize = 1024;

type Row = [u32; 4];
type Block = [Row; 4];

/// `ROMix` with its memory.
pub(super) struct RoMix {
    /// N, a power of two.
    rounds: usize,
    /// 2·r blocks each, X and what comes of it.
    x: Memory,
    next: Memory,
    /// V, N times as many.
    table: Memory,
}

impl RoMix {
    /// N is two to the power of `cost`. `None` where the system has no memory.
    pub(super) fn new(cost: u8, block_size: u32) -> Option<Self> {
        let rounds = 1_usize.checked_shl(cost.into())?;
        let length = usize::try_from(block_size).ok()?.checked_mul(2)?;
        let mut x = Memory::reserve(length)?;
        let mut next = Memory::reserve(length)?;
        x.0.resize(length, Block::default());
        next.0.resize(length, Block::default());
        let table = Memory::reserve(rounds.checked_mul(length)?)?;
        Some(Self { rounds, x, next, table })
    }

    /// RFC 7914 §5, in place: `bytes` are 128·r. Looks at `cancel` every few microseconds.
    pub(super) fn run(&mut self, bytes: &mut [u8], cancel: &Cancel) -> Result<()> {
        let Self { rounds, x: Memory(x), next: Memory(next), table: Memory(table) } = self;
        for (block, bytes) in x.iter_mut().zip(bytes.as_chunks().0) {
            *block = load(bytes);
        }
        let length = x.len();
        for at in (0..*rounds).map(|i| i * length) {
            // In it already, unless this is the first time.
            match table.get_mut(at..at + length) {
                Some(entry) => entry.copy_from_slice(x),
                None => table.extend_from_slice(x),
            }
            block_mix(&table[at..at + length], x, cancel)?;
        }
        for _ in 0..*rounds {
            let at = (x[length - 1][0][0] as usize & (*rounds - 1)) * length;
            // All of it first, so that the processor waits once for the entry's memory and not at every block.
            for (x, v) in x.iter_mut().zip(&table[at..at + length]) {
                *x = xor(x, v);
            }
            block_mix(x, next, cancel)?;
            std::mem::swap(x, next);
        }
        for (block, bytes) in x.iter().zip(bytes.as_chunks_mut().0) {
            store(block, bytes);
        }
        Ok(())
    }
}

/// RFC 7914 §4: the blocks of even numbers come to stand first.
fn block_mix(input: &[Block], output: &mut [Block], cancel: &Cancel) -> Result<()> {
    let Some(mut x) = input.last().copied() else { return Ok(()) };
    let (even, odd) = output.split_at_mut(input.len() / 2);
    let outputs = even.chunks_mut(BETWEEN_LOOKS).zip(odd.chunks_mut(BETWEEN_LOOKS));
    for (pairs, (even, odd)) in input.as_chunks().0.chunks(BETWEEN_LOOKS).zip(outputs) {
        cancel.check()?;
        for ([first, second], (even, odd)) in pairs.iter().zip(even.iter_mut().zip(odd)) {
            x = salsa20_8(&xor(&x, first));
            *even = x;
            x = salsa20_8(&xor(&x, second));
            *odd = x;
        }
    }
    Ok(())
}

/// RFC 7914 §3: four times the columns, then the rows, which the words' turns make columns of.
#[inline(always)]
fn salsa20_8(input: &Block) -> Block {
    let [mut a, mut b, mut c, mut d] = *input;
    for _ in 0..4 {
        quarter_rounds(&mut a, &mut b, &mut c, &mut d);
        (b, c, d) = (turn::<3>(b), turn::<2>(c), turn::<1>(d));
        quarter_rounds(&mut a, &mut d, &mut c, &mut b);
        (b, c, d) = (turn::<1>(b), turn::<2>(c), turn::<3>(d));
    }
    let mixed = [a, b, c, d];
    std::array::from_fn(|row| each(mixed[row], input[row], u32::wrapping_add))
}

/// All four at once.
#[inline(always)]
fn quarter_rounds(a: &mut Row, b: &mut Row, c: &mut Row, d: &mut Row) {
    *b = step::<7>(*b, *a, *d);
    *c = step::<9>(*c, *b, *a);
    *d = step::<13>(*d, *c, *b);
    *a = step::<18>(*a, *d, *c);
}

#[inline(always)]
fn step<const BITS: u32>(to: Row, one: Row, other: Row) -> Row {
    each(to, each(one, other, u32::wrapping_add), |to, sum| to ^ sum.rotate_left(BITS))
}

#[inline(always)]
fn turn<const BY: usize>(row: Row) -> Row {
    std::array::from_fn(|at| row[(at + BY) % 4])
}

#[inline(always)]
fn each(one: Row, other: Row, with: impl Fn(u32, u32) -> u32) -> Row {
    std::array::from_fn(|at| with(one[at], other[at]))
}

#[inline(always)]
fn xor(one: &Block, other: &Block) -> Block {
    std::array::from_fn(|row| each(one[row], other[row], |one, other| one ^ other))
}

fn load(bytes: &[u8; BLOCK_BYTES]) -> Block {
    let words = bytes.as_chunks().0;
    DIAGONALS.map(|row| row.map(|at| u32::from_le_bytes(words[at])))
}

fn store(block: &Block, bytes: &mut [u8; BLOCK_BYTES]) {
    let words = bytes.as_chunks_mut().0;
    for (row, places) in block.iter().zip(DIAGONALS) {
        for (word, at) in row.iter().zip(places) {
            words[at] = word.to_le_bytes();
        }
    }
}

/// Blocks that are wiped when dropped, also by an error. They only become more, within what was reserved: all that was
/// ever written is still among them then.
struct Memory(Vec<Block>);

impl Memory {
    fn reserve(blocks: usize) -> Option<Self> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).ok()?;
        Some(Self(memory))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.as_flattened_mut().as_flattened_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn salsa20_8_s_vector() {
        let input = bytes(
            "7e879a214f3ec9867ca940e641718f26 baee555b8c61c1b50df846116dcd3b1d
             ee24f319df9b3d8514121e4b5ac5aa32 76021d2909c74829edebc68db8b8c25e",
        );
        let expected = bytes(
            "a41f859c6608cc993b81cacb020cef05 044b2181a2fd337dfd7b1c6396682f29
             b4393168e3c9e6bcfe6bc5b7a06d96ba e424cc102c91745c24ad673dc7618f81",
        );
        let mut output = [0; BLOCK_BYTES];
        store(&salsa20_8(&load(&input.as_chunks().0[0])), &mut output);
        assert_eq!(output[..], expected);
    }

    const INPUT: &str = "f7ce0b653d2d72a4108cf5abe912ffdd 777616dbbb27a70e8204f3ae2d0f6fad
         89f68f4811d1e87bcc3bd7400a9ffd29 094f0184639574f39ae5a1315217bcd7
         894991447213bb226c25b54da86370fb cd984380374666bb8ffcb5bf40c254b0
         67d27c51ce4ad5fed829c90b505a571b 7f4d1cad6a523cda770e67bceaaf7e89";

    #[test]
    fn block_mix_s_vector() {
        let expected = bytes(
            "a41f859c6608cc993b81cacb020cef05 044b2181a2fd337dfd7b1c6396682f29
             b4393168e3c9e6bcfe6bc5b7a06d96ba e424cc102c91745c24ad673dc7618f81
             20edc975323881a80540f64c162dcd3c 21077cfe5f8d5fe2b1a4168f953678b7
             7d3b3d803b60e4ab920996e59b4d53b6 5d2a225877d5edf5842cb9f14eefe425",
        );
        let input: Vec<_> = bytes(INPUT).as_chunks().0.iter().map(load).collect();
        let mut output = [Block::default(); 2];
        block_mix(&input, &mut output, &Cancel::new()).unwrap();
        let mut mixed = [0; 2 * BLOCK_BYTES];
        for (block, bytes) in output.iter().zip(mixed.as_chunks_mut().0) {
            store(block, bytes);
        }
        assert_eq!(mixed[..], expected);
    }

    #[test]
    fn ro_mix_s_vector_twice_in_the_same_memory() {
        let expected = bytes(
            "79ccc193629debca047f0b70604bf6b6 2ce3dd4a9626e355fafc6198e6ea2b46
             d58413673b99b029d665c357601fb426 a0b2f4bba200ee9f0a43d19b571a9c71
             ef1142e65d5a266fddca832ce59faa7c ac0b9cf1be2bffca300d01ee387619c4
             ae12fd4438f203a0e4e1c47ec314861f 4e9087cb33396a6873e8f9d2539a4b8e",
        );
        let mut mix = RoMix::new(4, 1).unwrap();
        for _ in 0..2 {
            let mut block = bytes(INPUT);
            mix.run(&mut block, &Cancel::new()).unwrap();
            assert_eq!(block, expected);
        }
    }
}
