//! How macroblocks are predicted (RFC 6386, sections 8, 10 and 11).

use super::bool::Bool;
use super::header::Header;
use super::tables::BLOCK_MODES;

/// How a block is predicted from its neighbours. Whole macroblocks and their chroma know the first four only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    #[default]
    Dc,
    TrueMotion,
    Vertical,
    Horizontal,
    LeftDown,
    RightDown,
    VerticalRight,
    VerticalLeft,
    HorizontalDown,
    HorizontalUp,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Luma {
    Whole(Mode),
    /// Sixteen blocks, each its own way.
    Blocks([Mode; 16]),
}

/// A macroblock's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modes {
    pub(super) segment: usize,
    /// Whether it has no coefficients.
    pub(super) skips: bool,
    pub(super) luma: Luma,
    pub(super) chroma: Mode,
}

impl Modes {
    /// `above` and `left` are the modes of the blocks around, and become this macroblock's.
    pub(super) fn read(
        bits: &mut Bool<'_>,
        header: &Header,
        above: &mut [Mode; 4],
        left: &mut [Mode; 4],
    ) -> Self {
        let segment = header.segment_map.map_or(0, |tree| {
            let high = bits.read(tree[0]);
            usize::from(high) * 2 + usize::from(bits.read(tree[1 + usize::from(high)]))
        });
        let skips = header.skip.is_some_and(|probability| bits.read(probability));
        let luma = if bits.read(145) {
            let mode = whole_mode(bits);
            (*above, *left) = ([mode; 4], [mode; 4]);
            Luma::Whole(mode)
        } else {
            let mut modes = [Mode::Dc; 16];
            for (modes, left) in modes.as_chunks_mut::<4>().0.iter_mut().zip(left) {
                for (mode, above) in modes.iter_mut().zip(above.iter_mut()) {
                    *mode = block_mode(bits, &BLOCK_MODES[*above as usize][*left as usize]);
                    (*above, *left) = (*mode, *mode);
                }
            }
            Luma::Blocks(modes)
        };
        Self { segment, skips, luma, chroma: chroma_mode(bits) }
    }
}

/// The tree of 11.2, after its first branch.
fn whole_mode(bits: &mut Bool<'_>) -> Mode {
    if bits.read(156) {
        if bits.read(128) { Mode::TrueMotion } else { Mode::Horizontal }
    } else if bits.read(163) {
        Mode::Vertical
    } else {
        Mode::Dc
    }
}

/// The tree of 11.4.
fn chroma_mode(bits: &mut Bool<'_>) -> Mode {
    if !bits.read(142) {
        Mode::Dc
    } else if !bits.read(114) {
        Mode::Vertical
    } else if !bits.read(183) {
        Mode::Horizontal
    } else {
        Mode::TrueMotion
    }
}

/// The tree of 11.2 for blocks.
fn block_mode(bits: &mut Bool<'_>, tree: &[u8; 9]) -> Mode {
    if !bits.read(tree[0]) {
        Mode::Dc
    } else if !bits.read(tree[1]) {
        Mode::TrueMotion
    } else if !bits.read(tree[2]) {
        Mode::Vertical
    } else if !bits.read(tree[3]) {
        if !bits.read(tree[4]) {
            Mode::Horizontal
        } else if !bits.read(tree[5]) {
            Mode::RightDown
        } else {
            Mode::VerticalRight
        }
    } else if !bits.read(tree[6]) {
        Mode::LeftDown
    } else if !bits.read(tree[7]) {
        Mode::VerticalLeft
    } else if !bits.read(tree[8]) {
        Mode::HorizontalDown
    } else {
        Mode::HorizontalUp
    }
}
