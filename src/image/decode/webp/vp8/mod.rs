//! Lossy WebP's image data: VP8's key frames (RFC 6386), decoded a row of macroblocks at a time.

// Parts of loops that are to be vectorised, or to keep their state in registers, must be inlined into them.
#![allow(clippy::inline_always)]

mod band;
mod bool;
mod columns;
mod filter;
mod header;
mod memory;
mod modes;
mod predict;
mod rgb;
mod tables;
mod tokens;
mod transform;

use self::band::{Band, Filtering, Plane};
use self::header::{Header, Partition, Stream};
use self::memory::filled;
use self::modes::{Luma, Mode, Modes};
use self::predict::{Bottom, Place, Workspace};
use self::tokens::{Context, Residuals};
use crate::error::{Error, Result};
use crate::image::format::Format;
use crate::image::options::FailOn;
use crate::image::pixels::{Layout, Pixels};
use crate::image::probe;
use crate::pool::Cancel;

/// Luma and chroma, BT.601 in studio range (luma from 16 to 235, chroma from 16 to 240), eight bits a sample.
#[derive(Debug)]
pub(in crate::image) struct Frame {
    pub(in crate::image) luma: Pixels,
    /// Blue and red difference, half as wide and as high, rounded up.
    pub(in crate::image) chroma: [Pixels; 2],
}

/// Something wrong with image data whose first bytes read well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) enum Flaw {
    /// The data ends before the picture does.
    Truncation,
    /// Part of the data does, by its own account of how long it is.
    Damage,
}

impl Flaw {
    /// Fails, or goes on with what there is, as the caller asked.
    pub(in crate::image) fn judge(self, fail_on: FailOn) -> Result<()> {
        match (self, fail_on) {
            (_, FailOn::None) | (Flaw::Damage, FailOn::Truncated) => Ok(()),
            (Flaw::Truncation, _) => Err(truncated()),
            (Flaw::Damage, FailOn::Error) => Err(corrupt("part of its image data ends early")),
        }
    }
}

#[derive(Debug)]
pub(in crate::image) struct Decoded {
    pub(in crate::image) frame: Frame,
    pub(in crate::image) flaw: Option<Flaw>,
    /// Rows that are as they were meant. Those after them are guessed from what is above them, or gray.
    pub(in crate::image) rows: u32,
}

fn corrupt(what: impl std::fmt::Display) -> Error {
    probe::corrupt(Format::WebP, what)
}

fn truncated() -> Error {
    corrupt("it ends within its image data")
}

/// Luma and chroma of what was not there to be decoded: gray.
const MISSING: u8 = 128;

/// What decoding allocates beside the frame, at most. Making colours of it takes less beside them.
pub(in crate::image) fn extra_bytes(width: u32) -> u64 {
    let a_macroblock = Band::BYTES_A_MACROBLOCK + (size_of::<Above>() + size_of::<Filtering>()) as u64;
    u64::from(width.div_ceil(16)) * a_macroblock
}

/// What is known of the macroblock above.
#[derive(Clone, Copy)]
struct Above {
    modes: [Mode; 4],
    context: Context,
    bottom: Bottom,
}

/// Decodes a chunk's data, which must be a frame of the size that was found before.
pub(in crate::image) fn decode(data: &[u8], size: (u32, u32), cancel: &Cancel) -> Result<Decoded> {
    decode_while(data, size, || cancel.check())
}

/// As [`decode`]; asks before every row of macroblocks whether to go on.
fn decode_while(data: &[u8], size: (u32, u32), mut go_on: impl FnMut() -> Result<()>) -> Result<Decoded> {
    let Stream { header, first, mut partitions, count } = header::read(data, size)?;
    let (width, height) = (size.0 as usize, size.1 as usize);
    let chroma = || Plane::new(width.div_ceil(2), height.div_ceil(2));
    let mut planes = [Plane::new(width, height)?, chroma()?, chroma()?];
    let mut decoder = Decoder::new(&header, first, width.div_ceil(16))?;
    let down = height.div_ceil(16);
    let (mut flaw, mut rows) = (first.flaw(), 0);
    for y in 0..down {
        go_on()?;
        let partition = &mut partitions[y % count];
        decoder.row(partition, y == 0);
        let ended = decoder.first.flaw().or_else(|| partition.flaw());
        // The data's end is what matters to callers, where there is damage as well.
        flaw = if ended == Some(Flaw::Truncation) { ended } else { flaw.or(ended) };
        // Where there is only one partition, or none with headers, no row has anything more to come.
        let last = y + 1 == down || (ended.is_some() && (count == 1 || decoder.first.flaw().is_some()));
        decoder.band.flush(&mut planes, y == 0, last);
        if flaw.is_none() {
            // The next row's loop filter changes less than half of this one's macroblocks.
            rows = (y as u32 + 1) * 16 - 8;
        }
        if last {
            break;
        }
    }
    for plane in &mut planes {
        plane.fill(MISSING, &mut go_on)?;
    }
    let [luma, blue, red] = planes.map(Plane::into_vec);
    let half = (size.0.div_ceil(2), size.1.div_ceil(2));
    let chroma = |data| Pixels::from_vec(Layout::L8, half.0, half.1, data);
    let frame = Frame {
        luma: Pixels::from_vec(Layout::L8, size.0, size.1, luma)?,
        chroma: [chroma(blue)?, chroma(red)?],
    };
    let rows = if flaw.is_none() { size.1 } else { rows.min(size.1) };
    Ok(Decoded { frame, flaw, rows })
}

struct Decoder<'a> {
    header: &'a Header,
    /// Macroblocks' headers.
    first: Partition<'a>,
    above: Vec<Above>,
    filtering: Vec<Filtering>,
    residuals: Residuals,
    workspace: Workspace,
    band: Band,
}

impl<'a> Decoder<'a> {
    fn new(header: &'a Header, first: Partition<'a>, across: usize) -> Result<Self> {
        let above = Above { modes: [Mode::Dc; 4], context: Context::default(), bottom: Bottom::ABOVE_FRAME };
        Ok(Self {
            header,
            first,
            above: filled(across, above)?,
            filtering: filled(across, Filtering::default())?,
            residuals: Residuals::EMPTY,
            workspace: Workspace::new(),
            band: Band::new(across)?,
        })
    }

    /// Decodes a row of macroblocks into the band.
    fn row(&mut self, partition: &mut Partition<'_>, topmost: bool) {
        let mut left_modes = [Mode::Dc; 4];
        let mut left_context = Context::default();
        for x in 0..self.above.len() {
            let right = self.above.get(x + 1).map(|right| right.bottom);
            let above = &mut self.above[x];
            let modes = Modes::read(&mut self.first.bits, self.header, &mut above.modes, &mut left_modes);
            let whole = matches!(modes.luma, Luma::Whole(_));
            let segment = &self.header.segments[modes.segment & 3];
            if modes.skips {
                left_context.skip(whole);
                above.context.skip(whole);
            } else {
                self.residuals.read(
                    &mut partition.bits,
                    &self.header.probabilities,
                    &segment.steps,
                    whole,
                    &mut above.context,
                    &mut left_context,
                );
            }
            let place = Place { leftmost: x == 0, topmost };
            self.workspace.advance(place, &above.bottom, right.as_ref());
            let any = !modes.skips && self.residuals.any;
            self.workspace.predict(&modes, place, any.then_some(&self.residuals));
            above.bottom = self.workspace.bottom();
            self.band.put(x, &self.workspace);
            self.filtering[x] =
                Filtering { strength: segment.filters[usize::from(!whole)], inner: !whole || any };
        }
        if let Some(kind) = self.header.filter {
            self.band.filter(kind, &self.filtering, topmost);
        }
    }
}

#[cfg(test)]
mod tests;
