//! GIF (89a). Of each frame there is only the rectangle that has changed, in it only the pixels that have.
//!
//! A pixel is transparent or it is not: half opaque is opaque. Where one turns transparent, the frame before is
//! removed first ("restore to background"), since drawing cannot do that.

mod container;
mod lzw;

use super::super::format::Format;
use super::super::options::ResizeOptions;
use super::super::pixels::{Frame, PIXELS_BETWEEN_POLLS, Picture, Pixels};
use super::changes::{self, Area};
use super::flat;
use super::palette::{Color, Counter, Palette, TRANSPARENT};
use super::sink::reserved;
use crate::error::{Error, Result};
use crate::pool::Cancel;
use container::{Disposal, File};

/// From this effort on, each frame of an animation has a palette of its own.
const EFFORT_OF_OWN_PALETTES: u8 = 7;

/// Of a palette of so few colours, one that says "this stays" is missed elsewhere: what stays is drawn again.
const TOO_FEW_TO_STAY: usize = 7;

pub(super) fn encode(picture: &Picture, options: &ResizeOptions, cancel: &Cancel) -> Result<Vec<u8>> {
    let first = picture.first()?;
    let (Ok(width), Ok(height)) = (u16::try_from(first.width()), u16::try_from(first.height())) else {
        return Err(Error::internal("a GIF's sides were not checked"));
    };
    let most = usize::from(options.colors.clamp(2, 256));
    let mut counter = Counter::new(picture.frames.len());
    let mut sees_through = false;
    each_piece(picture, cancel, |piece| {
        sees_through |= piece.sees_through;
        counter.add(&piece.colors, piece.area.width, cancel)
    })?;
    // What stays was counted when it was drawn first.
    let redrawn =
        !sees_through && is_missed(&counter, most) && (most <= TOO_FEW_TO_STAY || counter.fits(most + 1));
    let shared = if redrawn { counter.without_transparency() } else { counter }.palette(most, cancel)?;
    let own = picture.frames.len() > 1
        && !shared.is_exact()
        && options.effort_for(Format::Gif) >= EFFORT_OF_OWN_PALETTES;

    let global = if own { None } else { Some(shared.colors.as_slice()) };
    let mut file = File::new(width, height, global)?;
    if picture.frames.len() > 1 {
        file.plays(picture.plays)?;
    }
    each_piece(picture, cancel, |piece| {
        let local = if own { Some(own_palette(piece, most, cancel)?) } else { None };
        if redrawn && !own {
            piece.draw(Stays::Drawn, cancel)?;
        }
        let palette = local.as_ref().unwrap_or(&shared);
        let indices = palette.indices(&piece.colors, piece.area.width, options.dither, cancel)?;
        let frame = container::Frame {
            // Within the canvas, whose sides are `u16`.
            left: piece.area.left as u16,
            top: piece.area.top as u16,
            width: piece.area.width as u16,
            height: piece.area.height as u16,
            delay: hundredths(piece.delay_ms),
            disposal: if piece.removed { Disposal::Background } else { Disposal::Keep },
            transparent: palette.transparent(),
            colors: local.as_ref().map(|palette| palette.colors.as_slice()),
            indices: &indices,
        };
        file.frame(&frame, cancel)
    })?;
    file.finish()
}

/// Whether the colour that transparency takes is one too many.
fn is_missed(counter: &Counter, most: usize) -> bool {
    counter.has_transparency() && !counter.fits(most)
}

/// A palette for one piece, which is then as it is to be drawn with that.
fn own_palette(piece: &mut Piece<'_>, most: usize, cancel: &Cancel) -> Result<Palette> {
    let count = |piece: &Piece<'_>| {
        let mut counter = Counter::new(1);
        counter.add(&piece.colors, piece.area.width, cancel)?;
        Ok(counter)
    };
    let counter = count(piece)?;
    if piece.sees_through || !is_missed(&counter, most) {
        return counter.palette(most, cancel);
    }
    if most <= TOO_FEW_TO_STAY {
        drop(counter);
        piece.draw(Stays::Drawn, cancel)?;
        return count(piece)?.palette(most, cancel);
    }
    // With what stays there may be more colours, not fewer.
    if counter.fits(most + 1) {
        piece.draw(Stays::Drawn, cancel)?;
        let whole = count(piece)?;
        if whole.fits(most) {
            return whole.palette(most, cancel);
        }
        piece.draw(Stays::Transparent, cancel)?;
    }
    counter.palette(most, cancel)
}

/// Rounds delays to hundredths of a second so that frames come when they should, give or take half of one: what
/// one delay loses by rounding, the next ones get. A frame has at least two, since browsers take less for ten.
pub(super) fn settle_delays(frames: &mut [Frame]) {
    let mut lost = 0_i64;
    for frame in frames {
        let wanted = i64::from(frame.delay_ms) + lost;
        let rounded = (wanted + 5).div_euclid(10) * 10;
        let given = rounded.clamp(20, i64::from(u16::MAX) * 10);
        // What is short of the minimum, or beyond the maximum, is no debt.
        lost = if given == rounded { wanted - given } else { 0 };
        frame.delay_ms = given as u32;
    }
}

fn hundredths(delay_ms: u32) -> u16 {
    u16::try_from(delay_ms / 10).unwrap_or(u16::MAX)
}

/// What is drawn for a frame.
struct Piece<'a> {
    area: Area,
    /// The area's pixels.
    colors: Vec<Color>,
    /// Whether something of the area is transparent once it is drawn.
    sees_through: bool,
    /// Whether its area is cleared before the next frame is drawn.
    removed: bool,
    delay_ms: u32,
    /// The whole screen with it, how wide that is, and what was there before: nothing, at first.
    current: &'a [Color],
    width: usize,
    shown: Option<&'a [Color]>,
}

/// How pixels are drawn that are there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stays {
    Transparent,
    Drawn,
}

impl Piece<'_> {
    fn draw(&mut self, what_stays: Stays, cancel: &Cancel) -> Result<()> {
        let Area { left, top, width, height } = self.area;
        self.colors.clear();
        let rows_between_polls = (PIXELS_BETWEEN_POLLS / width).max(1);
        for y in top..top + height {
            if (y - top).is_multiple_of(rows_between_polls) {
                cancel.check()?;
            }
            let row = y * self.width + left;
            let row = row..row + width;
            match self.shown {
                Some(shown) if what_stays == Stays::Transparent => {
                    let colors = self.current[row.clone()].iter().zip(&shown[row]);
                    self.colors
                        .extend(colors.map(|(now, then)| if now == then { TRANSPARENT } else { *now }));
                }
                _ => self.colors.extend(&self.current[row]),
            }
        }
        Ok(())
    }
}

/// Goes through the frames, of which it holds three at a time.
fn each_piece(
    picture: &Picture,
    cancel: &Cancel,
    mut take: impl FnMut(&mut Piece<'_>) -> Result<()>,
) -> Result<()> {
    let width = picture.first()?.width() as usize;
    let mut frames = picture.frames.iter();
    let mut next =
        frames.next().map(|frame| screen(&frame.pixels, cancel).map(|s| (s, frame.delay_ms))).transpose()?;
    // What is on the screen before the frame is drawn; at first nothing.
    let mut shown: Option<Vec<Color>> = None;
    while let Some((current, delay_ms)) = next {
        next = frames
            .next()
            .map(|frame| screen(&frame.pixels, cancel).map(|s| (s, frame.delay_ms)))
            .transpose()?;
        let removed = match &next {
            Some((next, _)) => uncovers(&current, next, cancel)?,
            None => false,
        };
        let stays = |at: usize, color: Color| match &shown {
            Some(shown) => shown[at] == color,
            None => color == TRANSPARENT,
        };
        // What is to be removed lies within what is drawn.
        let area = changes::area(width, current.len() / width, cancel, |at| {
            !stays(at, current[at]) || (removed && current[at][3] != 0)
        })?;
        let mut piece = Piece {
            colors: reserved(area.width * area.height)?,
            sees_through: sees_through(&current, width, &area, cancel)?,
            area,
            removed,
            delay_ms,
            current: &current,
            width,
            shown: shown.as_deref(),
        };
        piece.draw(Stays::Transparent, cancel)?;
        take(&mut piece)?;
        drop(piece);
        shown = (!removed).then_some(current);
    }
    Ok(())
}

/// Whether something of the area is not there.
fn sees_through(current: &[Color], width: usize, area: &Area, cancel: &Cancel) -> Result<bool> {
    let rows_between_polls = (PIXELS_BETWEEN_POLLS / area.width).max(1);
    for y in area.top..area.top + area.height {
        if (y - area.top).is_multiple_of(rows_between_polls) {
            cancel.check()?;
        }
        let row = y * width + area.left;
        if current[row..row + area.width].contains(&TRANSPARENT) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether something that is seen is not there in the next frame.
fn uncovers(current: &[Color], next: &[Color], cancel: &Cancel) -> Result<bool> {
    for (current, next) in current.chunks(PIXELS_BETWEEN_POLLS).zip(next.chunks(PIXELS_BETWEEN_POLLS)) {
        cancel.check()?;
        if current.iter().zip(next).any(|(now, next)| now[3] != 0 && next[3] == 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A frame as GIF can show it.
fn screen(pixels: &Pixels, cancel: &Cancel) -> Result<Vec<Color>> {
    let rgba = flat::rgba(pixels, cancel)?;
    let (image, _) = rgba.as_chunks::<4>();
    let mut colors = reserved(image.len())?;
    for part in image.chunks(PIXELS_BETWEEN_POLLS) {
        cancel.check()?;
        colors.extend(part.iter().map(
            |&[r, g, b, alpha]| {
                if alpha >= 128 { [r, g, b, u8::MAX] } else { TRANSPARENT }
            },
        ));
    }
    Ok(colors)
}

#[cfg(test)]
mod tests;
