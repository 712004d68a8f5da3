//! WebP, bitstreams through image-webp, everything around them by us.
//!
//! Every image is handed to the decoder as a file of its own: it then sees neither metadata nor the
//! container's flags, over which it fails where others shrug, and the frames of an animation are laid over
//! each other here, as it does not clear what a frame leaves behind.

use std::ops::Range;

use image_webp::{DecodingError, WebPDecoder};

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Frame, Layout, Pixels};
use super::super::probe::corrupt;
use super::super::probe::webp::{AnimationFrame, Chunk, FIRST_CHUNK, end, read_chunk};
use super::canvas::{Area, Canvas, blend};
use super::check_size;
use super::reader::InputReader;
use crate::error::{Code, Error, Result};
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
    let image = Bitstream::find(bytes, FIRST_CHUNK..end(bytes).0);
    let file = image.as_ref().map(|image| image.file(bytes, (metadata.width, metadata.height), fail_on));
    let mut decoder = open(file.as_deref().unwrap_or_default(), metadata, layout, cancel)?;
    check_size(decoder.dimensions(), metadata)?;
    let mut pixels = Pixels::new(layout, metadata.width, metadata.height)?;
    if decoder.output_buffer_size() != Some(pixels.data().len()) {
        return Err(corrupt(Format::WebP, "its channels are not those its header names"));
    }
    decoder.read_image(pixels.data_mut()).map_err(|error| failed(&error))?;
    Ok(pixels)
}

fn open<'a>(
    file: &'a [u8],
    metadata: &Metadata,
    layout: Layout,
    cancel: &'a Cancel,
) -> Result<WebPDecoder<InputReader<'a>>> {
    let mut decoder = WebPDecoder::new(InputReader::new(file, cancel)).map_err(|error| failed(&error))?;
    let limit = u64::from(metadata.width) * u64::from(metadata.height) * layout.channels() as u64;
    decoder.set_memory_limit(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(decoder)
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
            match draw(bytes, metadata, &frame, area, &mut canvas, fail_on, cancel) {
                // Of a frame that is damaged nothing is known; what was there before it stays.
                Err(error) if first || fail_on == FailOn::Error || cancel.is_cancelled() => {
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
    metadata: &Metadata,
    frame: &AnimationFrame,
    area: Area,
    canvas: &mut Canvas,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<()> {
    let image = Bitstream::find(bytes, frame.chunks.clone())
        .ok_or_else(|| corrupt(Format::WebP, "a frame holds no image"))?;
    let file = image.file(bytes, (frame.width, frame.height), fail_on);
    let mut decoder = open(&file, metadata, Layout::Rgba8, cancel)?;
    let layout = if decoder.has_alpha() { Layout::Rgba8 } else { Layout::Rgb8 };
    let mut pixels = Pixels::new(layout, frame.width, frame.height)?;
    if decoder.output_buffer_size() != Some(pixels.data().len()) {
        return Err(corrupt(Format::WebP, "a frame's data is not of the size that its header names"));
    }
    decoder.read_image(pixels.data_mut()).map_err(|error| failed(&error))?;
    let (stride, channels) = (pixels.stride(), layout.channels());
    for (row, source) in pixels.data().chunks_exact(stride).enumerate() {
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

/// The chunks of one image.
struct Bitstream {
    alpha: Option<Range<usize>>,
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
                b"ALPH" => alpha = Some(chunk.data),
                b"VP8 " | b"VP8L" => return Some(Self { alpha, image: chunk }),
                _ => {}
            }
        }
    }

    /// A file of this image alone. What is missing at its end may be zeros: the decoder gives nothing of an
    /// image that it cannot read to its end, and what it makes of zeros comes after all that there is.
    fn file(&self, bytes: &[u8], (width, height): (u32, u32), fail_on: FailOn) -> Vec<u8> {
        let image = &bytes[self.image.data.clone()];
        let missing = if fail_on == FailOn::None {
            // Codes have less than four bytes a pixel.
            let most = u64::from(width) * u64::from(height) * 4 + (1 << 10);
            self.image.missing.min(usize::try_from(most).unwrap_or(usize::MAX))
        } else {
            0
        };
        let alpha =
            self.alpha.as_ref().filter(|_| &self.image.name == b"VP8 ").map(|alpha| &bytes[alpha.clone()]);
        let head = if alpha.is_some() { 18 } else { 0 };
        let length = 12 + head + alpha.map_or(0, |alpha| alpha.len() + 9) + image.len() + missing + 9;
        let mut file = Vec::with_capacity(length);
        file.extend(b"RIFF\0\0\0\0WEBP");
        if let Some(alpha) = alpha {
            file.extend(b"VP8X\x0A\0\0\0\x10\0\0\0");
            file.extend(&(width - 1).to_le_bytes()[..3]);
            file.extend(&(height - 1).to_le_bytes()[..3]);
            chunk(&mut file, *b"ALPH", alpha, 0);
        }
        chunk(&mut file, self.image.name, image, missing);
        let size = (file.len() - 8) as u32;
        file[4..8].copy_from_slice(&size.to_le_bytes());
        file
    }
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8], zeros: usize) {
    let length = data.len() + zeros;
    file.extend(name);
    file.extend((length as u32).to_le_bytes());
    file.extend(data);
    file.resize(file.len() + zeros + length % 2, 0);
}

fn failed(error: &DecodingError) -> Error {
    match error {
        DecodingError::IoError(_) => corrupt(Format::WebP, "it ends within its image data"),
        DecodingError::UnsupportedFeature(what) => {
            Error::new(Code::ImageFormat, format!("the input is a WebP that is not read: {what}"))
        }
        other => corrupt(Format::WebP, other),
    }
}

pub(super) fn extra_bytes(metadata: &Metadata) -> u64 {
    let pixels = (u64::from(metadata.width) + 16) * (u64::from(metadata.height) + 16);
    // Lossy: planes at 3/2 bytes a pixel, a few bytes a macroblock of 16×16, and with alpha the alpha's own
    // lossless image at six. Lossless: four, and its transforms.
    let a_pixel = match (metadata.has_alpha, metadata.chroma_subsampling.is_some()) {
        (true, true) => 9,
        (false, true) => 2,
        (_, false) => 6,
    };
    let decoding = if metadata.piece_pixels == 0 {
        pixels * a_pixel
    } else {
        // The canvas, and a frame: itself, and what decoding any kind takes.
        let frame = metadata.piece_pixels + 16 * u64::from(metadata.width + metadata.height) + 256;
        pixels * 4 + frame * (4 + 9)
    };
    let missing = if metadata.truncated { pixels * 4 } else { 0 };
    // The bitstream is copied to a file of its own, and partitions out of that, once and padded.
    decoding + missing * 2 + metadata.bytes * 3 + (1 << 20)
}

#[cfg(test)]
mod tests;
