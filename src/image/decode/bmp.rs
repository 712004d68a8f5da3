//! BMP, row by row; what a row holds is told by [`Header`].

use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::bmp::{Coding, Header};
use super::super::probe::corrupt;
use super::check_size;
use crate::error::{Error, Result};
use crate::pool::Cancel;

pub(super) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let header = Header::read(bytes)?;
    check_size((header.width, header.height), metadata)?;
    let alpha = header.has_alpha();
    if layout != Layout::new(false, alpha, false) {
        return Err(Error::internal(format!("this BMP is not decoded to {layout:?}")));
    }
    let mut pixels = Pixels::new(layout, header.width, header.height)?;
    let palette = palette(bytes, &header);
    match header.coding {
        Coding::RunLength => run_lengths(bytes, &header, &palette, &mut pixels, fail_on, cancel)?,
        Coding::Other(what) => return Err(Error::internal(format!("{what} is not decoded"))),
        coding => {
            let stride = pixels.stride();
            let rows_a_poll = rows_a_poll(header.width);
            for stored in 0..header.height {
                if stored % rows_a_poll == 0 {
                    cancel.check()?;
                }
                let start = header.pixels_at as u64 + header.stride() * u64::from(stored);
                let end = (start + header.row_bytes()).min(bytes.len() as u64);
                let source = bytes.get(start as usize..end as usize).unwrap_or_default();
                if (source.len() as u64) < header.row_bytes() && fail_on != FailOn::None {
                    return Err(too_short());
                }
                let row = if header.top_down { stored } else { header.height - 1 - stored } as usize;
                let target = &mut pixels.data_mut()[row * stride..(row + 1) * stride];
                match coding {
                    Coding::Masks(masks) => masked(source, header.bits, masks, target),
                    Coding::Bgr => bgr(source, usize::from(header.bits) / 8, target),
                    _ => indexed(source, header.bits, &palette, target),
                }
            }
        }
    }
    if alpha {
        show_what_is_all_transparent(&mut pixels, cancel)?;
    }
    Ok(pixels)
}

fn rows_a_poll(width: u32) -> u32 {
    (1 << 16) / width + 1
}

/// Many writers leave the alpha of opaque pictures at nothing; a picture of nothing is not what they mean.
fn show_what_is_all_transparent(pixels: &mut Pixels, cancel: &Cancel) -> Result<()> {
    let some_rows = pixels.stride() * rows_a_poll(pixels.width()) as usize;
    for rows in pixels.data().chunks(some_rows) {
        cancel.check()?;
        if rows.chunks_exact(4).any(|pixel| pixel[3] != 0) {
            return Ok(());
        }
    }
    for rows in pixels.data_mut().chunks_mut(some_rows) {
        cancel.check()?;
        rows.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
    }
    Ok(())
}

fn too_short() -> Error {
    corrupt(Format::Bmp, "it ends within its image data")
}

/// Red, green and blue of every index; black where the file has none.
fn palette(bytes: &[u8], header: &Header) -> [[u8; 3]; 256] {
    let mut colors = [[0; 3]; 256];
    let stored = bytes.get(header.palette.clone()).unwrap_or_default();
    for (color, entry) in colors.iter_mut().zip(stored.chunks_exact(header.palette_entry)) {
        *color = [entry[2], entry[1], entry[0]];
    }
    colors
}

fn indexed(source: &[u8], bits: u8, palette: &[[u8; 3]; 256], target: &mut [u8]) {
    let bits = usize::from(bits);
    let mask = ((1_u16 << bits) - 1) as u8;
    for (index, target) in target.chunks_exact_mut(3).enumerate() {
        let bit = index * bits;
        let Some(byte) = source.get(bit / 8) else { break };
        target.copy_from_slice(&palette[usize::from((byte >> (8 - bits - bit % 8)) & mask)]);
    }
}

fn bgr(source: &[u8], pixel: usize, target: &mut [u8]) {
    for (source, target) in source.chunks_exact(pixel).zip(target.chunks_exact_mut(3)) {
        target.copy_from_slice(&[source[2], source[1], source[0]]);
    }
}

fn masked(source: &[u8], bits: u8, masks: [u32; 4], target: &mut [u8]) {
    let channels = masks.map(Channel::new);
    let count = if masks[3] == 0 { 3 } else { 4 };
    for (source, target) in source.chunks_exact(usize::from(bits) / 8).zip(target.chunks_exact_mut(count)) {
        let word = source.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        for (target, channel) in target.iter_mut().zip(&channels) {
            *target = channel.eight_bits(word);
        }
    }
}

/// Where in a word a channel lies.
struct Channel {
    mask: u32,
    shift: u32,
    most: u64,
}

impl Channel {
    fn new(mask: u32) -> Self {
        let shift = mask.trailing_zeros().min(31);
        Self { mask, shift, most: u64::from(mask >> shift) }
    }

    fn eight_bits(&self, word: u32) -> u8 {
        if self.most == 0 {
            return 0;
        }
        let value = u64::from((word & self.mask) >> self.shift);
        ((value * 255 + self.most / 2) / self.most) as u8
    }
}

/// Run lengths of 8 and of 4 bits: pairs of a count and indices, and escapes (wingdi.h, "Bitmap
/// Compression"). What they skip is black.
fn run_lengths(
    bytes: &[u8],
    header: &Header,
    palette: &[[u8; 3]; 256],
    pixels: &mut Pixels,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<()> {
    let (width, height) = (header.width as usize, header.height as usize);
    let nibbles = header.bits == 4;
    let stride = pixels.stride();
    let mut codes = bytes.get(header.pixels_at..).unwrap_or_default().iter().copied();
    let (mut x, mut y) = (0, 0);
    let mut put = |x: usize, y: usize, index: u8| {
        if x < width && y < height {
            let row = if header.top_down { y } else { height - 1 - y };
            let at = row * stride + x * 3;
            pixels.data_mut()[at..at + 3].copy_from_slice(&palette[usize::from(index)]);
        }
    };
    for step in 0_u32.. {
        if step % (1 << 12) == 0 {
            cancel.check()?;
        }
        let (Some(count), Some(value)) = (codes.next(), codes.next()) else {
            return if fail_on == FailOn::None { Ok(()) } else { Err(too_short()) };
        };
        match (count, value) {
            (0, 0) => (x, y) = (0, y + 1),
            (0, 1) => break,
            (0, 2) => {
                x += usize::from(codes.next().unwrap_or(0));
                y += usize::from(codes.next().unwrap_or(0));
            }
            (0, literal) => {
                let literal = usize::from(literal);
                let stored = if nibbles { literal.div_ceil(2) } else { literal };
                for index in 0..stored {
                    let Some(byte) = codes.next() else { break };
                    if nibbles {
                        put(x + index * 2, y, byte >> 4);
                        if index * 2 + 1 < literal {
                            put(x + index * 2 + 1, y, byte & 15);
                        }
                    } else {
                        put(x + index, y, byte);
                    }
                }
                x += literal;
                // Literals are padded to sixteen bits.
                if stored % 2 == 1 {
                    codes.next();
                }
            }
            (count, value) => {
                for index in 0..usize::from(count) {
                    let value = match (nibbles, index % 2) {
                        (false, _) => value,
                        (true, 0) => value >> 4,
                        (true, _) => value & 15,
                    };
                    put(x + index, y, value);
                }
                x += usize::from(count);
            }
        }
        if y >= height {
            break;
        }
    }
    Ok(())
}

pub(super) fn extra_bytes() -> u64 {
    1 << 12
}
