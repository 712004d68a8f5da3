//! GIF: our own walk over the blocks, LZW by weezl, row by row onto a canvas.

use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Frame, Layout, Pixels};
use super::super::probe::corrupt;
use super::super::probe::gif::{Block, Disposal, Frame as Stored, Walker, canvas};
use super::canvas::{Area, Canvas};
use super::check_size;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// The first frame.
pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let first = frames(bytes, metadata, layout, fail_on, cancel)?.next();
    first.unwrap_or_else(|| Err(failed("it holds no frame"))).map(|frame| frame.pixels)
}

/// The canvas after each frame, one by one.
pub(super) fn frames<'a>(
    bytes: &'a [u8],
    metadata: &'a Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &'a Cancel,
) -> Result<impl Iterator<Item = Result<Frame>> + 'a> {
    let mut walker = Walker::new(bytes)?;
    let mut canvas = Canvas::new(metadata.width, metadata.height)?;
    let mut dispose: Option<(Disposal, Area)> = None;
    let mut left = metadata.frames;
    Ok(std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        left -= 1;
        let stored = match next_frame(&mut walker) {
            Ok(Some(stored)) => stored,
            // Fewer than were counted: other bytes than were probed.
            Ok(None) => return None,
            Err(error) => {
                left = 0;
                return Some(Err(error));
            }
        };
        let whole = check_size(self::canvas(walker.size, &stored), metadata);
        let drawn = if dispose.is_none() { whole } else { Ok(()) }
            .and_then(|()| draw(bytes, &stored, &mut canvas, &mut dispose, fail_on, cancel))
            .and_then(|()| canvas.picture(layout, cancel));
        if drawn.is_err() {
            left = 0;
        }
        Some(drawn.map(|pixels| Frame { pixels, delay_ms: stored.delay_ms }))
    }))
}

fn next_frame(walker: &mut Walker<'_>) -> Result<Option<Stored>> {
    loop {
        match walker.next()? {
            Block::Frame(stored) => return Ok(Some(stored)),
            Block::Application(..) => {}
            Block::End | Block::CutShort => return Ok(None),
        }
    }
}

fn draw(
    bytes: &[u8],
    stored: &Stored,
    canvas: &mut Canvas,
    dispose: &mut Option<(Disposal, Area)>,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<()> {
    let area = Area { left: stored.left, top: stored.top, width: stored.width, height: stored.height };
    match dispose.take() {
        None | Some((Disposal::Keep, _)) => {}
        Some((Disposal::Background, last)) => canvas.clear(last, cancel)?,
        Some((Disposal::Previous, last)) => canvas.restore(last, cancel)?,
    }
    let visible = canvas.clip(area);
    if stored.disposal == Disposal::Previous {
        canvas.save(visible, cancel)?;
    }
    *dispose = Some((stored.disposal, visible));
    let drawn = Palette::new(bytes, stored).and_then(|palette| {
        let mut rows = Rows::new(bytes, stored)?;
        let mut indices = vec![0; stored.width as usize];
        let seen = if visible.width > 0 { visible.height } else { 0 };
        // What comes after the last row that is seen is not worth its unpacking.
        let mut left = seen;
        for row in order(stored.height, stored.interlaced) {
            if left == 0 {
                break;
            }
            let found = rows.read(&mut indices, cancel);
            if row < seen {
                // What there is of a row that is cut off is drawn.
                let there = if found.is_ok() { indices.len() } else { rows.read };
                palette.draw(&indices[..there], canvas.row(visible, row));
                left -= 1;
            }
            found?;
        }
        Ok(())
    });
    cancel.check()?;
    match drawn {
        Err(_) if fail_on != FailOn::Error => Ok(()),
        drawn => drawn,
    }
}

/// Rows in the order in which they are stored (appendix E).
fn order(height: u32, interlaced: bool) -> impl Iterator<Item = u32> {
    let passes: &[(u32, usize)] = if interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    passes.iter().flat_map(move |(first, step)| (*first..height).step_by(*step))
}

fn failed(what: impl std::fmt::Display) -> Error {
    corrupt(Format::Gif, what)
}

/// A frame's colours.
struct Palette<'a> {
    colors: &'a [u8],
    transparent: Option<u8>,
}

impl<'a> Palette<'a> {
    fn new(bytes: &'a [u8], stored: &Stored) -> Result<Self> {
        let colors = bytes.get(stored.palette.clone()).unwrap_or_default();
        if colors.is_empty() {
            return Err(failed("a frame has no palette"));
        }
        Ok(Self { colors, transparent: stored.transparent })
    }

    /// What has no colour is not drawn, as browsers do.
    fn draw(&self, indices: &[u8], target: &mut [u8]) {
        for (target, index) in target.chunks_exact_mut(4).zip(indices) {
            let start = usize::from(*index) * 3;
            if self.transparent != Some(*index)
                && let Some(color) = self.colors.get(start..start + 3)
            {
                target[..3].copy_from_slice(color);
                target[3] = 255;
            }
        }
    }
}

/// A frame's indices, unpacked a row at a time.
struct Rows<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    /// What is left of the piece that is being read.
    piece: &'a [u8],
    decoder: Decoder,
    /// Indices of the row that was read last.
    read: usize,
}

impl<'a> Rows<'a> {
    fn new(bytes: &'a [u8], stored: &Stored) -> Result<Self> {
        if !(1..=11).contains(&stored.code_size) {
            return Err(failed(format_args!("codes of {} bits", stored.code_size)));
        }
        Ok(Self {
            bytes,
            at: stored.data.start,
            end: stored.data.end,
            piece: &[],
            decoder: Decoder::new(BitOrder::Lsb, stored.code_size),
            read: 0,
        })
    }

    fn read(&mut self, row: &mut [u8], cancel: &Cancel) -> Result<()> {
        self.read = 0;
        let mut stalls = 0;
        while self.read < row.len() {
            // Not at every so many pixels: codes that clear the table go on without giving any.
            cancel.check()?;
            if self.piece.is_empty() {
                self.next_piece();
            }
            let result = self.decoder.decode_bytes(self.piece, &mut row[self.read..]);
            self.read += result.consumed_out;
            self.piece = &self.piece[result.consumed_in..];
            let moved = result.consumed_in + result.consumed_out > 0;
            match result.status {
                Ok(_) if self.read == row.len() => {}
                Ok(LzwStatus::Ok) => stalls = 0,
                Ok(LzwStatus::NoProgress) if moved => stalls = 0,
                // So it says too when all it did was to clear the table, by a code that it held already. What
                // comes next tells.
                Ok(LzwStatus::NoProgress) if stalls == 0 => stalls = 1,
                Ok(_) => return Err(failed("a frame ends before its last pixel")),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    fn next_piece(&mut self) {
        if let Some(length @ 1..) = self.bytes.get(self.at).copied() {
            let start = self.at + 1;
            let end = (start + usize::from(length)).min(self.end).max(start);
            self.piece = self.bytes.get(start..end).unwrap_or_default();
            self.at = end;
        }
    }
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    // The canvas and what is saved of it, four bytes a pixel each; a row of indices of a frame that may be
    // wider than the canvas; the decoder's tables.
    let pixels = u64::from(metadata.width) * u64::from(metadata.height);
    pixels * 8 + (1 << 18)
}

#[cfg(test)]
mod tests;
