//! Argon2's compression function (RFC 9106 §3.5), on blocks that lie in memory in an order of our own, with AVX-512.
//!
//! A block is a matrix of 8×8 pairs of words, permuted by rows and then by columns; a permutation mixes 16 words as a
//! 4×4 matrix, its columns and then its diagonals. Usual code keeps blocks as RFC 9106 has them and shuffles words into
//! place before and after each of the two, more than 200 times a block. Here eight words of a vector are those that
//! agree in all but three bits of their number: the lowest two of the column and the lowest one of the row. Then both
//! permutations find their four operands in four vectors, and only diagonals need words moved: 39 times a block, for the
//! turn back after the rows is left to the one after the columns. In memory a block is such vectors one after the other,
//! so that only the first blocks, made from the password, and the last ones, which become the hash, are ever rearranged
//! ([`arrange`]).

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_add_epi64, _mm512_loadu_si512, _mm512_mul_epu32,
    _mm512_permutex_epi64, _mm512_permutexvar_epi64, _mm512_ror_epi64, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
};

use argon2_rust::__internal::Block;

/// Whether this processor has what [`compress`] needs.
pub(super) fn is_available() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
}

/// From RFC 9106's order of words to ours, and back: bits 2 and 4 of a word's number change places. A number's bits are
/// three of the row and four of the column, so vectors get bit 0 of the row for bit 2 of the column.
pub(super) fn arrange(block: &mut Block) {
    const QUADS: usize = 32;
    let (quads, _) = block.0.as_chunks_mut::<4>();
    for at in 0..QUADS {
        let other = (at & !0b101) | (at & 1) << 2 | at >> 2 & 1;
        if at < other {
            quads.swap(at, other);
        }
    }
}

/// Has a block fetched into the first-level cache.
#[inline]
pub(super) fn fetch(memory: &[Block], at: u32) {
    let Some(block) = memory.get(at as usize) else { return };
    let (lines, _) = block.0.as_chunks::<8>();
    for line in lines {
        // SAFETY: a hint about memory that is borrowed, and every processor that this is compiled for has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}

/// Vectors of a permutation's matrix: the rows, four of each beside each other.
type Rows = [[__m512i; 4]; 4];

/// `next` = G(`previous`, `reference`), or that and what is there, by XOR.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn compress<const MIXES: bool>(previous: &Block, reference: &Block, next: &mut Block) {
    let zero = _mm512_setzero_si512();
    let mut input = [zero; 16];
    for (at, input) in input.iter_mut().enumerate() {
        *input = _mm512_xor_si512(load(previous, at), load(reference, at));
    }
    // The rows. A vector's number is two bits of the row and the upper two of the column, the lower of them first.
    let mut rows: Rows = [[zero; 4]; 4];
    for group in 0..4 {
        for (quarter, at) in [0, 2, 1, 3].into_iter().enumerate() {
            rows[quarter][group] = input[4 * group + at];
        }
    }
    mix(&mut rows);
    let [_, b, c, d] = &mut rows;
    for group in 0..4 {
        b[group] = _mm512_permutex_epi64::<0b00_11_10_01>(b[group]);
        c[group] = _mm512_permutex_epi64::<0b01_00_11_10>(c[group]);
        d[group] = _mm512_permutex_epi64::<0b10_01_00_11>(d[group]);
    }
    mix(&mut rows);
    // The columns: as many vectors, by rows instead. Those of one column's quarter have all been turned alike.
    let mut columns: Rows = [[zero; 4]; 4];
    for group in 0..4 {
        for (place, quarter) in QUARTERS.into_iter().enumerate() {
            columns[group][place] = rows[quarter][group];
        }
    }
    mix(&mut columns);
    turn::<1>(&mut columns, &TURNS);
    mix(&mut columns);
    turn::<0>(&mut columns, &BACK);
    for (group, vectors) in columns.into_iter().enumerate() {
        for (place, vector) in vectors.into_iter().enumerate() {
            let at = 4 * group + place;
            let output = if MIXES {
                // The XOR of three.
                _mm512_ternarylogic_epi64::<0x96>(vector, input[at], load(next, at))
            } else {
                _mm512_xor_si512(vector, input[at])
            };
            store(next, at, output);
        }
    }
}

/// Four columns' (or diagonals') function in each of four vectors (RFC 9106 §3.6, figure 16).
#[inline]
#[target_feature(enable = "avx512f")]
fn mix(rows: &mut Rows) {
    half::<32, 24>(rows);
    half::<16, 63>(rows);
}

#[inline]
#[target_feature(enable = "avx512f")]
fn half<const FIRST: i32, const SECOND: i32>([a, b, c, d]: &mut Rows) {
    for i in 0..4 {
        a[i] = multiply_add(a[i], b[i]);
    }
    for i in 0..4 {
        d[i] = _mm512_ror_epi64::<FIRST>(_mm512_xor_si512(d[i], a[i]));
    }
    for i in 0..4 {
        c[i] = multiply_add(c[i], d[i]);
    }
    for i in 0..4 {
        b[i] = _mm512_ror_epi64::<SECOND>(_mm512_xor_si512(b[i], c[i]));
    }
}

/// x + y + 2 · lower(x) · lower(y), of the lower 32 bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn multiply_add(x: __m512i, y: __m512i) -> __m512i {
    let product = _mm512_mul_epu32(x, y);
    _mm512_add_epi64(_mm512_add_epi64(x, y), _mm512_add_epi64(product, product))
}

/// Moves words within the vectors, but for those of the first rows.
#[inline]
#[target_feature(enable = "avx512f")]
fn turn<const FROM: usize>(columns: &mut Rows, tables: &Tables) {
    for (row, tables) in tables.0.iter().enumerate() {
        for (place, table) in tables.iter().enumerate() {
            if row >= FROM && (row > 0 || place > 0) {
                // SAFETY: eight words are a vector.
                let table = unsafe { _mm512_loadu_si512(table.as_ptr().cast()) };
                columns[row][place] = _mm512_permutexvar_epi64(table, columns[row][place]);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(block: &Block, at: usize) -> __m512i {
    let words = &block.0[8 * at..8 * at + 8];
    // SAFETY: eight words are a vector.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(block: &mut Block, at: usize, vector: __m512i) {
    let words = &mut block.0[8 * at..8 * at + 8];
    // SAFETY: eight words are a vector.
    unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), vector) };
}

/// Which quarter of a row the vectors are of that stand beside each other for the columns. A quarter's number is also
/// by how many words the rows' diagonals have turned it.
const QUARTERS: [usize; 4] = [0, 2, 1, 3];

/// For each vector which word goes to which place, by rows of the columns' matrix and places in them.
#[repr(align(64))]
struct Tables([[[u64; 8]; 4]; 4]);

/// A row's words turned by its number, to the columns' diagonals.
static TURNS: Tables = tables(false);
/// From there to where they were before the rows' diagonals.
static BACK: Tables = tables(true);

const fn tables(back: bool) -> Tables {
    let mut tables = [[[0; 8]; 4]; 4];
    let mut row = 0;
    while row < 4 {
        let mut place = 0;
        while place < 4 {
            let quarter = QUARTERS[place];
            tables[row][place] = if back { back_table(row, quarter) } else { turn_table(row, quarter) };
            place += 1;
        }
        row += 1;
    }
    Tables(tables)
}

/// A place is a bit of the row and two of where in its quarter a word stands, which is `quarter` words off. In a
/// column's matrix it is in the column that the row's bit and the word's lowest say; it comes from the one `row`
/// further.
const fn turn_table(row: usize, quarter: usize) -> [u64; 8] {
    let mut table = [0; 8];
    let mut place = 0;
    while place < 8 {
        let word = (place + quarter) & 3;
        let column = ((place >> 2) * 2 + (word & 1) + row) & 3;
        let from = (word & 2) | (column & 1);
        table[place] = ((column >> 1) * 4 + ((from + 4 - quarter) & 3)) as u64;
        place += 1;
    }
    table
}

const fn back_table(row: usize, quarter: usize) -> [u64; 8] {
    let turned = turn_table(row, quarter);
    let mut table = [0; 8];
    let mut place = 0;
    while place < 8 {
        let from = (place & 4) + ((place + 4 - quarter) & 3);
        let mut at = 0;
        while turned[at] != from as u64 {
            at += 1;
        }
        table[place] = at as u64;
        place += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arranging_twice_is_nothing() {
        let mut block = Block(std::array::from_fn(|at| at as u64));
        arrange(&mut block);
        // Word 4 of row 0 and word 0 of row 1 have changed places, and nothing of rows 0 and 1's first quarters.
        assert_eq!((block.0[4], block.0[16], block.0[0], block.0[20]), (16, 4, 0, 20));
        arrange(&mut block);
        assert_eq!(block.0, std::array::from_fn(|at| at as u64));
    }

    /// RFC 9106 §3.5 and §3.6 as they are written.
    fn by_the_rfc(previous: &Block, reference: &Block) -> Block {
        fn permute(words: &mut [u64; 128], places: [usize; 16]) {
            let low = |word: u64| word & 0xffff_ffff;
            // The columns, then the diagonals: each row turned by its number.
            for turned in [0, 1] {
                for column in 0..4 {
                    let [a, b, c, d] =
                        std::array::from_fn(|row| places[4 * row + (column + turned * row) % 4]);
                    for (to, by, rotated, bits) in
                        [(a, b, d, 32), (c, d, b, 24), (a, b, d, 16), (c, d, b, 63)]
                    {
                        let product = low(words[to]).wrapping_mul(low(words[by])).wrapping_mul(2);
                        words[to] = words[to].wrapping_add(words[by]).wrapping_add(product);
                        words[rotated] = (words[rotated] ^ words[to]).rotate_right(bits);
                    }
                }
            }
        }
        let input: [u64; 128] = std::array::from_fn(|at| previous.0[at] ^ reference.0[at]);
        let mut words = input;
        for row in 0..8 {
            permute(&mut words, std::array::from_fn(|at| 16 * row + at));
        }
        for column in 0..8 {
            permute(&mut words, std::array::from_fn(|at| 16 * (at / 2) + 2 * column + at % 2));
        }
        Block(std::array::from_fn(|at| words[at] ^ input[at]))
    }

    #[test]
    fn computes_what_the_rfc_says() {
        if !is_available() {
            return;
        }
        let mut seed = 1_u64;
        let mut random = || {
            Block(std::array::from_fn(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed ^ seed >> 33
            }))
        };
        for _ in 0..100 {
            let (previous, reference, before) = (random(), random(), random());
            let expected = by_the_rfc(&previous, &reference);
            let [mut a, mut b, mut replaced] = [previous, reference, before];
            for block in [&mut a, &mut b, &mut replaced] {
                arrange(block);
            }
            let mut mixed = replaced;
            // SAFETY: the processor has been asked.
            unsafe {
                compress::<false>(&a, &b, &mut replaced);
                compress::<true>(&a, &b, &mut mixed);
            }
            arrange(&mut replaced);
            arrange(&mut mixed);
            assert_eq!(replaced, expected);
            assert_eq!(mixed.0, std::array::from_fn(|at| expected.0[at] ^ before.0[at]));
        }
    }
}
