//! WebP: an image's chunks, and the frames of an animation, which are laid over each other here.

mod alpha;
mod vp8;
mod vp8l;

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Frame, Layout, Pixels};
use super::super::probe::corrupt;
use super::super::probe::webp::{AnimationFrame, Chunk, FIRST_CHUNK, end, read_chunk};
use super::canvas::{Area, Canvas, blend};
use crate::error::{Code, Result};
use crate::pool::Cancel;

/// The image; of an animation, its first frame.
pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    if metadata.piece_pixels > 0 {
        let first = frames(bytes, metadata, layout, fail_on, cancel)?.next();
        return first
            .unwrap_or_else(|| Err(corrupt(Format::WebP, "it holds no image")))
            .map(|frame| frame.pixels);
    }
    let image = Bitstream::find(bytes, FIRST_CHUNK..end(bytes).0)
        .ok_or_else(|| corrupt(Format::WebP, "it holds no image"))?;
    let (pixels, _) = image.decode(bytes, (metadata.width, metadata.height), layout, fail_on, cancel)?;
    Ok(pixels)
}

/// The canvas after each frame, one by one.
pub(super) fn frames<'a>(
    bytes: &'a [u8],
    metadata: &'a Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &'a Cancel,
) -> Result<impl Iterator<Item = Result<Frame>> + 'a> {
    let size = (metadata.width, metadata.height);
    let mut canvas = Canvas::new(size.0, size.1)?;
    let mut dispose: Option<Area> = None;
    let mut left = metadata.frames;
    let end = end(bytes).0;
    let mut at = FIRST_CHUNK;
    Ok(std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        left -= 1;
        let chunk = loop {
            let chunk = read_chunk(bytes, at, end)?;
            at = chunk.next;
            if &chunk.name == b"ANMF" {
                break chunk;
            }
        };
        if let Some(area) = dispose.take()
            && let Err(error) = canvas.clear(area, cancel)
        {
            left = 0;
            return Some(Err(error));
        }
        let first = left + 1 == metadata.frames;
        let drawn = AnimationFrame::read(bytes, &chunk.data, size).and_then(|frame| {
            let area = Area { left: frame.left, top: frame.top, width: frame.width, height: frame.height };
            dispose = frame.dispose.then_some(area);
            match draw(bytes, &frame, area, &mut canvas, fail_on, cancel) {
                // Of a frame that is damaged nothing is known; what was there before it stays.
                Err(error) if first || fail_on == FailOn::Error || error.code() != Code::ImageCorrupt => {
                    return Err(error);
                }
                _ => {}
            }
            Ok(Frame { pixels: canvas.picture(layout, cancel)?, delay_ms: frame.delay_ms })
        });
        if drawn.is_err() {
            left = 0;
        }
        Some(drawn)
    }))
}

fn draw(
    bytes: &[u8],
    frame: &AnimationFrame,
    area: Area,
    canvas: &mut Canvas,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<()> {
    let image = Bitstream::find(bytes, frame.chunks.clone())
        .ok_or_else(|| corrupt(Format::WebP, "a frame holds no image"))?;
    let layout = if image.has_alpha(bytes) { Layout::Rgba8 } else { Layout::Rgb8 };
    let (pixels, rows) = image.decode(bytes, (frame.width, frame.height), layout, fail_on, cancel)?;
    let (stride, channels) = (pixels.stride(), layout.channels());
    for (row, source) in pixels.data().chunks_exact(stride).take(rows as usize).enumerate() {
        if row % 16 == 0 {
            cancel.check()?;
        }
        let target = canvas.row(area, row as u32).as_chunks_mut::<4>().0;
        for (target, source) in target.iter_mut().zip(source.chunks_exact(channels)) {
            match *source {
                [red, green, blue] => *target = [red, green, blue, 255],
                [red, green, blue, alpha] if frame.blend => blend(target, [red, green, blue, alpha]),
                [red, green, blue, alpha] => *target = [red, green, blue, alpha],
                _ => {}
            }
        }
    }
    Ok(())
}

/// What ends early although the file does not is damage to it.
fn within(chunk: &Chunk, fail_on: FailOn) -> FailOn {
    if fail_on == FailOn::Truncated && chunk.missing == 0 { FailOn::None } else { fail_on }
}

/// The chunks of one image.
struct Bitstream {
    alpha: Option<Chunk>,
    image: Chunk,
}

impl Bitstream {
    fn find(bytes: &[u8], range: Range<usize>) -> Option<Self> {
        let mut at = range.start;
        let mut alpha = None;
        loop {
            let chunk = read_chunk(bytes, at, range.end)?;
            at = chunk.next;
            match &chunk.name {
                b"ALPH" => alpha = Some(chunk),
                b"VP8 " | b"VP8L" => return Some(Self { alpha, image: chunk }),
                _ => {}
            }
        }
    }

    /// Whether its pixels may be transparent.
    fn has_alpha(&self, bytes: &[u8]) -> bool {
        match &self.image.name {
            b"VP8L" => vp8l::has_alpha(&bytes[self.image.data.clone()]) == Some(true),
            _ => self.alpha.is_some(),
        }
    }

    /// The image in colour, and how many of its rows are as they were meant.
    fn decode(
        &self,
        bytes: &[u8],
        size: (u32, u32),
        layout: Layout,
        fail_on: FailOn,
        cancel: &Cancel,
    ) -> Result<(Pixels, u32)> {
        let data = &bytes[self.image.data.clone()];
        if &self.image.name == b"VP8L" {
            let decoded = vp8l::decode(data, size, layout, cancel)?;
            if let Some(flaw) = decoded.flaw {
                flaw.judge(within(&self.image, fail_on))?;
                if decoded.rows == 0 {
                    return Err(flaw.error());
                }
            }
            return Ok((decoded.pixels, decoded.rows));
        }
        let alpha = match &self.alpha {
            Some(alpha) if layout.has_alpha() => {
                let decoded = alpha::decode(&bytes[alpha.data.clone()], size, cancel)?;
                decoded.flaw.map_or(Ok(()), |flaw| flaw.judge(within(alpha, fail_on)))?;
                Some(decoded.pixels)
            }
            _ => None,
        };
        let decoded = vp8::decode(data, size, cancel)?;
        decoded.flaw.map_or(Ok(()), |flaw| flaw.judge(within(&self.image, fail_on)))?;
        let pixels = decoded.frame.to_rgb(alpha.as_ref(), cancel)?;
        Ok((pixels.convert(layout, cancel)?, decoded.rows))
    }
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    let (width, height) = (metadata.width, metadata.height);
    let pixels = u64::from(width) * u64::from(height);
    let lossless = || vp8l::extra_bytes(width, height, metadata.bytes);
    let lossy = |has_alpha| {
        // Luma and chroma of half its size, rounded up, and two lines and their sums for enlarging that.
        let across = u64::from(width.div_ceil(2));
        let planes = pixels + 2 * across * u64::from(height.div_ceil(2));
        let decoding = planes + vp8::extra_bytes(width) + across * 8;
        if has_alpha { pixels + decoding.max(lossless()) } else { decoding }
    };
    if metadata.piece_pixels > 0 {
        // The canvas, and a frame of any kind, no larger than it.
        return pixels * 4 + metadata.piece_pixels * 4 + lossless().max(lossy(true));
    }
    if metadata.chroma_subsampling.is_some() { lossy(metadata.has_alpha) } else { lossless() }
}

#[cfg(test)]
mod tests;
