//! Coefficients (RFC 6386, sections 13 and 14.1).

use super::bool::Bool;
use super::tables::{EXTRA_BITS, ZIGZAG};
use super::transform::{Block, walsh_hadamard};

/// Probabilities of a token's branches, by what the block is, by the coefficient and by context. There are
/// seventeen coefficients, as one looks up the next one's; the rest of 32 saves checks of bounds.
pub(super) type Probabilities = [[[[u8; 11]; 3]; 32]; 4];

/// What coefficients are multiplied with, DC and AC.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    pub(super) luma: [i32; 2],
    pub(super) second: [i32; 2],
    pub(super) chroma: [i32; 2],
}

/// Which blocks above or to the left of a macroblock have coefficients: luma, each chroma, and the block of
/// luma's DCs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Context {
    luma: [u8; 4],
    chroma: [[u8; 2]; 2],
    second: u8,
}

impl Context {
    /// After a macroblock without coefficients. One that is predicted by blocks has no block of DCs, and leaves
    /// what is known of the last one.
    pub(super) fn skip(&mut self, whole: bool) {
        let second = if whole { 0 } else { self.second };
        *self = Self { second, ..Self::default() };
    }
}

/// A macroblock's coefficients, multiplied: sixteen blocks of luma, four of each chroma.
pub(super) struct Residuals {
    pub(super) luma: [Block; 16],
    pub(super) chroma: [[Block; 4]; 2],
    /// Whether the macroblock has any.
    pub(super) any: bool,
}

impl Residuals {
    pub(super) const EMPTY: Self =
        Self { luma: [Block::EMPTY; 16], chroma: [[Block::EMPTY; 4]; 2], any: false };

    /// Reads a macroblock's over those of another. `whole`: luma is predicted as a whole.
    pub(super) fn read(
        &mut self,
        reader: &mut Bool<'_>,
        probabilities: &Probabilities,
        steps: &Steps,
        whole: bool,
        above: &mut Context,
        left: &mut Context,
    ) {
        *self = Self::EMPTY;
        let mut bits = *reader;
        let [luma_ac, second, chroma, luma] = probabilities;
        let (mut first, mut table) = (0, luma);
        if whole {
            let mut block = Block::EMPTY;
            let context = above.second + left.second;
            let any = block.read(&mut bits, second, context, 0, steps.second);
            (above.second, left.second) = (u8::from(any), u8::from(any));
            if any {
                for (block, dc) in self.luma.iter_mut().zip(walsh_hadamard(&block.coefficients)) {
                    block.coefficients[0] = dc;
                    self.any |= dc != 0;
                }
            }
            (first, table) = (1, luma_ac);
        }
        for (blocks, left) in self.luma.as_chunks_mut::<4>().0.iter_mut().zip(&mut left.luma) {
            for (block, above) in blocks.iter_mut().zip(&mut above.luma) {
                let any = block.read(&mut bits, table, *above + *left, first, steps.luma);
                self.any |= any;
                (*above, *left) = (u8::from(any), u8::from(any));
            }
        }
        for ((blocks, above), left) in self.chroma.iter_mut().zip(&mut above.chroma).zip(&mut left.chroma) {
            for (blocks, left) in blocks.as_chunks_mut::<2>().0.iter_mut().zip(left) {
                for (block, above) in blocks.iter_mut().zip(above.iter_mut()) {
                    let any = block.read(&mut bits, chroma, *above + *left, 0, steps.chroma);
                    self.any |= any;
                    (*above, *left) = (u8::from(any), u8::from(any));
                }
            }
        }
        *reader = bits;
    }
}

impl Block {
    /// Reads coefficients from the `first` one on. Whether there are any.
    #[inline]
    fn read(
        &mut self,
        reader: &mut Bool<'_>,
        probabilities: &[[[u8; 11]; 3]; 32],
        context: u8,
        first: usize,
        steps: [i32; 2],
    ) -> bool {
        let mut bits = *reader;
        let end = self.tokens(&mut bits, probabilities, context, first, steps);
        *reader = bits;
        self.has_ac = end > 1;
        end > first
    }

    /// The tree of 13.2: after a zero the block cannot end. Where it does.
    #[inline(always)]
    fn tokens(
        &mut self,
        bits: &mut Bool<'_>,
        probabilities: &[[[u8; 11]; 3]; 32],
        context: u8,
        first: usize,
        [dc, ac]: [i32; 2],
    ) -> usize {
        let mut index = first;
        let mut step = if first == 0 { dc } else { ac };
        let mut tree = &probabilities[index & 31][usize::from(context.min(2))];
        while bits.read(tree[0]) {
            while !bits.read(tree[1]) {
                index += 1;
                step = ac;
                if index == 16 {
                    return 16;
                }
                tree = &probabilities[index & 31][0];
            }
            let next = &probabilities[(index + 1) & 31];
            let value = if bits.read(tree[2]) {
                let value = large(bits, tree);
                tree = &next[2];
                value
            } else {
                tree = &next[1];
                1
            };
            // Wraps where no encoder goes.
            self.coefficients[usize::from(ZIGZAG[index & 15])] = (bits.signed(value) * step) as i16;
            step = ac;
            index += 1;
            if index == 16 {
                return 16;
            }
        }
        index
    }
}

/// A value above one.
#[inline(always)]
fn large(bits: &mut Bool<'_>, tree: &[u8; 11]) -> i32 {
    if !bits.read(tree[3]) {
        if bits.read(tree[4]) { 3 + i32::from(bits.read(tree[5])) } else { 2 }
    } else if !bits.read(tree[6]) {
        if bits.read(tree[7]) {
            7 + 2 * i32::from(bits.read(165)) + i32::from(bits.read(145))
        } else {
            5 + i32::from(bits.read(159))
        }
    } else {
        let high = usize::from(bits.read(tree[8]));
        let category = 2 * high + usize::from(bits.read(tree[9 + high]));
        let extra = EXTRA_BITS[category]
            .iter()
            .fold(0, |value, &probability| value << 1 | i32::from(bits.read(probability)));
        3 + (8 << category) + extra
    }
}
