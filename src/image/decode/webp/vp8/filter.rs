//! The loop filters (RFC 6386, section 15), sixteen pixels of an edge at once.

use super::header::FilterKind;

/// How strongly a macroblock's edges are filtered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strength {
    /// The most that pixels next to an edge may differ: of the macroblock, and of blocks within it.
    edge: u8,
    inner: u8,
    /// The same of pixels beside those.
    interior: u8,
    /// What is more than this is a contour of the picture's own.
    variance: u8,
}

impl Strength {
    /// 15.2 and 9.6. `level` is at most 63, `sharpness` at most 7.
    pub(super) fn new(level: u8, sharpness: u8) -> Self {
        if level == 0 {
            return Self::default();
        }
        let interior = match sharpness {
            0 => level,
            1..=4 => (level >> 1).min(9 - sharpness),
            _ => (level >> 2).min(9_u8.saturating_sub(sharpness)),
        };
        let interior = interior.max(1);
        Self {
            edge: (level + 2) * 2 + interior,
            inner: level * 2 + interior,
            interior,
            variance: if level >= 40 { 2 } else { u8::from(level >= 15) },
        }
    }

    pub(super) fn is_none(self) -> bool {
        self.edge == 0
    }
}

/// Which edges there are.
#[derive(Clone, Copy)]
pub(super) struct Edges {
    /// The macroblock's own: not where the frame ends.
    pub(super) outer: bool,
    /// Those of the blocks within it.
    pub(super) inner: bool,
}

/// Where the macroblock begins.
pub(super) const EDGE: usize = 8;

/// Lines of pixels along a macroblock's edges, the first of its own at [`EDGE`]. Filters every fourth edge, and
/// says whether anything may have changed.
#[inline(always)]
pub(super) fn filter<const LINES: usize>(
    lines: &mut [[u8; 16]; LINES],
    kind: FilterKind,
    strength: Strength,
    edges: Edges,
) -> bool {
    let mut changed = false;
    if edges.outer
        && let Some(taps) = lines[EDGE - 4..].first_chunk_mut()
    {
        changed |= match kind {
            FilterKind::Simple => simple(taps, strength.edge),
            FilterKind::Normal => outer(taps, strength),
        };
    }
    if edges.inner {
        for at in (EDGE + 4..LINES).step_by(4) {
            if let Some(taps) = lines[at - 4..].first_chunk_mut() {
                changed |= match kind {
                    FilterKind::Simple => simple(taps, strength.inner),
                    FilterKind::Normal => inner(taps, strength),
                };
            }
        }
    }
    changed
}

/// Eight lines, the edge in their middle.
type Taps = [[u8; 16]; 8];

#[inline(always)]
fn signed(pixel: u8) -> i8 {
    (pixel ^ 0x80) as i8
}

#[inline(always)]
fn unsigned(value: i8) -> u8 {
    value as u8 ^ 0x80
}

/// The difference between both sides, thrice, which saturates as the sum does.
#[inline(always)]
fn step(outer: i8, p0: i8, q0: i8) -> i8 {
    let difference = q0.saturating_sub(p0);
    outer.saturating_add(difference).saturating_add(difference).saturating_add(difference)
}

#[inline(always)]
fn is_near(p1: u8, p0: u8, q0: u8, q1: u8, limit: u8) -> bool {
    let across = p0.abs_diff(q0);
    across.saturating_add(across).saturating_add(p1.abs_diff(q1) >> 1) <= limit
}

/// 15.2.
#[inline(always)]
fn simple(taps: &mut Taps, limit: u8) -> bool {
    let [_, _, p1, p0, q0, q1, _, _] = taps;
    let mut any = 0;
    for i in 0..16 {
        let near = is_near(p1[i], p0[i], q0[i], q1[i], limit);
        let (s1, s0, t0, t1) = (signed(p1[i]), signed(p0[i]), signed(q0[i]), signed(q1[i]));
        let a = if near { step(s1.saturating_sub(t1), s0, t0) } else { 0 };
        q0[i] = unsigned(t0.saturating_sub(a.saturating_add(4) >> 3));
        p0[i] = unsigned(s0.saturating_add(a.saturating_add(3) >> 3));
        any |= a;
    }
    any != 0
}

/// Of each pixel along an edge all ones where it is filtered, and where there is a contour.
#[inline(always)]
fn masks(taps: &Taps, limit: u8, strength: Strength) -> ([u8; 16], [u8; 16]) {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = taps;
    let (mut filtered, mut contour) = ([0; 16], [0; 16]);
    for i in 0..16 {
        let beside = p1[i].abs_diff(p0[i]).max(q1[i].abs_diff(q0[i]));
        let further = (p3[i].abs_diff(p2[i]).max(p2[i].abs_diff(p1[i])))
            .max(q3[i].abs_diff(q2[i]).max(q2[i].abs_diff(q1[i])));
        let calm = beside.max(further) <= strength.interior;
        let near = is_near(p1[i], p0[i], q0[i], q1[i], limit);
        filtered[i] = if calm & near { 0xFF } else { 0 };
        contour[i] = if beside > strength.variance { 0xFF } else { 0 };
    }
    (filtered, contour)
}

/// 15.3, between blocks.
#[inline(always)]
fn inner(taps: &mut Taps, strength: Strength) -> bool {
    let (filtered, contour) = masks(taps, strength.inner, strength);
    if filtered == [0; 16] {
        return false;
    }
    let [_, _, p1, p0, q0, q1, _, _] = taps;
    for i in 0..16 {
        let (s1, s0, t0, t1) = (signed(p1[i]), signed(p0[i]), signed(q0[i]), signed(q1[i]));
        let outer = s1.saturating_sub(t1) & contour[i] as i8;
        let a = step(outer, s0, t0) & filtered[i] as i8;
        let (f, g) = (a.saturating_add(4) >> 3, a.saturating_add(3) >> 3);
        q0[i] = unsigned(t0.saturating_sub(f));
        p0[i] = unsigned(s0.saturating_add(g));
        let half = ((f + 1) >> 1) & !contour[i] as i8;
        q1[i] = unsigned(t1.saturating_sub(half));
        p1[i] = unsigned(s1.saturating_add(half));
    }
    true
}

/// 15.3, between macroblocks.
#[inline(always)]
fn outer(taps: &mut Taps, strength: Strength) -> bool {
    let (filtered, contour) = masks(taps, strength.edge, strength);
    if filtered == [0; 16] {
        return false;
    }
    let [_, p2, p1, p0, q0, q1, q2, _] = taps;
    for i in 0..16 {
        let (s2, s1, s0) = (signed(p2[i]), signed(p1[i]), signed(p0[i]));
        let (t0, t1, t2) = (signed(q0[i]), signed(q1[i]), signed(q2[i]));
        let a = step(s1.saturating_sub(t1), s0, t0) & filtered[i] as i8;
        let sharp = a & contour[i] as i8;
        let wide = i16::from(a & !contour[i] as i8);
        let (f, g) = (sharp.saturating_add(4) >> 3, sharp.saturating_add(3) >> 3);
        // At most 27 times 128 and 63, over 128.
        let part = |ninths: i16| ((wide * 9 * ninths + 63) >> 7) as i8;
        // One of both is zero.
        q0[i] = unsigned(t0.saturating_sub(f).saturating_sub(part(3)));
        p0[i] = unsigned(s0.saturating_add(g).saturating_add(part(3)));
        q1[i] = unsigned(t1.saturating_sub(part(2)));
        p1[i] = unsigned(s1.saturating_add(part(2)));
        q2[i] = unsigned(t2.saturating_sub(part(1)));
        p2[i] = unsigned(s2.saturating_add(part(1)));
    }
    true
}
