//! Entropy-coded images (RFC 9649, sections 3.6 and 3.7): the image itself, and the small ones that say how it is
//! coded and what was done to it. A pixel is a number: alpha, red, green and blue from the highest byte down.

use super::bits::Bits;
use super::cache::Cache;
use super::flaw::{Flaw, Stop};
use super::group::{Group, Groups, Kind, LENGTHS};
use crate::error::Result;
use crate::image::pixels::{out_of_memory, zeroed};
use crate::pool::Cancel;

/// Pixels between two looks at whether anybody still wants them.
pub(super) const PIXELS_A_POLL: usize = 1 << 13;

/// The farthest that a copy reaches back: 2^20 − 120 pixels by their number, or 7 rows and 8 pixels.
const FARTHEST: usize = 1 << 20;

/// The longest copy.
const LONGEST_COPY: usize = 1 << 12;

/// Pixels that copying may write at once, behind the end of what is copied.
const PIECE: usize = 8;

/// Pixels that are kept at most of the image itself: moving them is rare then.
fn kept_at_most(width: usize) -> usize {
    2 * FARTHEST + width.max(PIXELS_A_POLL) + LONGEST_COPY
}

/// What decoding an image a band at a time holds of it, in bytes.
pub(super) fn window_bytes(width: u64, height: u64) -> u64 {
    let kept = kept_at_most(usize::try_from(width).unwrap_or(usize::MAX / 2)) as u64;
    ((width * height).min(kept) + PIECE as u64) * 4
}

/// Which group of codes a pixel is written in: a number a block of 2^`bits` pixels a side.
struct Blocks {
    bits: u32,
    across: usize,
    groups: Vec<u16>,
}

/// Blocks of 2^`bits` pixels that a length has.
pub(super) fn blocks(length: usize, bits: u32) -> usize {
    length.div_ceil(1 << bits)
}

/// An image that is being decoded.
pub(super) struct Image<'a> {
    bits: Bits<'a>,
    width: usize,
    /// Pixels of the whole image.
    total: usize,
    /// The last pixels that were decoded, and room for more.
    pixels: Vec<u32>,
    /// How many pixels came before those.
    gone: usize,
    /// How many of `pixels` are decoded.
    at: usize,
    /// How many of `pixels` have been put in the cache.
    cached: usize,
    cache: Option<Cache>,
    blocks: Option<Blocks>,
    groups: Vec<Group>,
}

/// Decodes a small image whole.
pub(super) fn whole(
    bits: &mut Bits<'_>,
    (width, height): (usize, usize),
    group_bytes: u64,
    cancel: &Cancel,
) -> Result<Vec<u32>, Stop> {
    let mut image = Image::open(bits, (width, height), false, group_bytes, cancel)?;
    let mut until = 0;
    while until < image.total {
        until = image.total.min(until + PIXELS_A_POLL);
        cancel.check()?;
        image.decode(until)?;
    }
    *bits = image.bits;
    let mut pixels = image.pixels;
    pixels.truncate(width * height);
    Ok(pixels)
}

impl<'a> Image<'a> {
    /// Reads what comes before the pixels. The `main` image's codes may differ from block to block, and of its
    /// pixels only those are kept that copies may refer to.
    pub(super) fn open(
        bits: &mut Bits<'a>,
        (width, height): (usize, usize),
        main: bool,
        group_bytes: u64,
        cancel: &Cancel,
    ) -> Result<Self, Stop> {
        let total = width * height;
        let cache = if bits.take_bit() {
            match bits.take(4) {
                size @ 1..=11 => Some(Cache::new(size)?),
                _ => return Err(Flaw::Damage("its colour cache is of a size that there is not").into()),
            }
        } else {
            None
        };
        let cached = cache.as_ref().map_or(0, Cache::len);
        let (blocks, groups) = if main && bits.take_bit() {
            let size = bits.take(3) + 2;
            let (across, down) = (blocks(width, size), blocks(height, size));
            let numbers = whole(bits, (across, down), group_bytes, cancel)?;
            let (numbers, used) = renumbered(&numbers, cancel)?;
            let groups = used_groups(bits, &used, cached, group_bytes, cancel)?;
            (Some(Blocks { bits: size, across, groups: numbers }), groups)
        } else {
            (None, used_groups(bits, &[0], cached, group_bytes, cancel)?)
        };
        let kept = if main { total.min(kept_at_most(width)) } else { total };
        let pixels = zeroed(kept + PIECE)?;
        Ok(Self { bits: *bits, width, total, pixels, gone: 0, at: 0, cached: 0, cache, blocks, groups })
    }

    /// Pixels a row.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// How many pixels are decoded.
    pub(super) fn decoded(&self) -> usize {
        self.gone + self.at
    }

    /// The decoded pixels from one on.
    pub(super) fn pixels(&self, from: usize) -> &[u32] {
        self.pixels[..self.at].get(from.saturating_sub(self.gone)..).unwrap_or_default()
    }

    /// Lets go of pixels that nothing will refer to, if there is no room for `more`.
    pub(super) fn make_room(&mut self, more: usize) {
        let needed = (self.at + more + LONGEST_COPY).min(self.total - self.gone) + PIECE;
        if needed > self.pixels.len() && self.at > FARTHEST {
            self.fill_cache();
            let old = self.at - FARTHEST;
            self.pixels.copy_within(old..self.at, 0);
            self.gone += old;
            self.at -= old;
            self.cached = self.at;
        }
    }

    fn fill_cache(&mut self) {
        if let Some(cache) = &mut self.cache {
            cache.insert(&self.pixels[self.cached..self.at]);
        }
        self.cached = self.at;
    }

    /// Decodes at least as far as to pixel `until` of the image, if nothing is wrong with the data.
    pub(super) fn decode(&mut self, until: usize) -> Result<(), Flaw> {
        let until = until.min(self.total).saturating_sub(self.gone);
        let mut y = self.decoded() / self.width;
        let mut row_end = (y + 1) * self.width - self.gone;
        while self.at < until {
            let (group, end) = match &self.blocks {
                None => (0, until),
                Some(blocks) => {
                    while self.at >= row_end {
                        row_end += self.width;
                        y += 1;
                    }
                    let x = self.at + self.width - row_end;
                    let block = (y >> blocks.bits) * blocks.across + (x >> blocks.bits);
                    let group = blocks.groups.get(block).copied().unwrap_or(0);
                    let rest = (1 << blocks.bits) - (x & ((1 << blocks.bits) - 1));
                    (usize::from(group), until.min(row_end).min(self.at + rest))
                }
            };
            self.decode_in(group, end)?;
        }
        Ok(())
    }

    /// Decodes pixels of a group of codes until `end` at least.
    fn decode_in(&mut self, group: usize, end: usize) -> Result<(), Flaw> {
        let group = &self.groups[group];
        if let Some(pixel) = group.only {
            self.pixels[self.at..end].fill(pixel);
            self.at = end;
            return Ok(());
        }
        let pixels = &mut self.pixels[..];
        let mut bits = self.bits;
        let mut at = self.at;
        let [green_code, red_code, blue_code, alpha_code, distance_code] =
            [group.green, group.red, group.blue, group.alpha, group.distance]
                .map(|code| code.of(&group.tables));
        let short = !group.pixels.is_empty();
        let flaw = loop {
            if at >= end {
                break None;
            }
            bits.refill();
            let mut symbol = None;
            if short {
                let next = group.look_up(bits.peek());
                bits.skip(u32::from(next.bits));
                match next.kind {
                    Kind::Pixel => {
                        if bits.is_overrun() {
                            break Some(Flaw::Truncation);
                        }
                        pixels[at] = next.value;
                        at += 1;
                        continue;
                    }
                    Kind::Symbol => symbol = Some(next.value as usize),
                    Kind::Unknown => {}
                }
            }
            let symbol = symbol.unwrap_or_else(|| green_code.read(&mut bits));
            if symbol < 256 {
                let green = (symbol as u32) << 8;
                let pixel = if let Some(rest) = group.rest {
                    rest | green
                } else {
                    let red = red_code.read(&mut bits) as u32;
                    let blue = blue_code.read(&mut bits) as u32;
                    bits.need(15);
                    let alpha = alpha_code.read(&mut bits) as u32;
                    alpha << 24 | red << 16 | green | blue
                };
                if bits.is_overrun() {
                    break Some(Flaw::Truncation);
                }
                pixels[at] = pixel;
                at += 1;
            } else if symbol < 256 + LENGTHS {
                let length = number(symbol - 256, &mut bits);
                let code = distance_code.read(&mut bits);
                bits.need(18);
                let distance = pixels_back(number(code, &mut bits), self.width);
                if bits.is_overrun() {
                    break Some(Flaw::Truncation);
                }
                if distance > at || length > self.total - self.gone - at {
                    break Some(Flaw::Damage("it copies pixels from outside the image"));
                }
                copy(pixels, at, distance, length);
                at += length;
            } else {
                if bits.is_overrun() {
                    break Some(Flaw::Truncation);
                }
                if let Some(cache) = &mut self.cache {
                    cache.insert(&pixels[self.cached..at]);
                    self.cached = at;
                    pixels[at] = cache.get(symbol - 256 - LENGTHS);
                }
                at += 1;
            }
        };
        self.bits = bits;
        self.at = at;
        flaw.map_or(Ok(()), Err)
    }
}

/// The groups that blocks name, numbered without gaps in their own order; and which those are.
fn renumbered(blocks: &[u32], cancel: &Cancel) -> Result<(Vec<u16>, Vec<u16>), Stop> {
    const UNUSED: u32 = u32::MAX;
    let number = |pixel: u32| usize::from((pixel >> 8) as u16);
    let mut new = zeroed::<u32>(1 << 16)?;
    new.fill(UNUSED);
    for pixels in blocks.chunks(PIXELS_A_POLL) {
        cancel.check()?;
        for &pixel in pixels {
            new[number(pixel)] = 0;
        }
    }
    let count = new.iter().filter(|&&new| new != UNUSED).count();
    let mut used = Vec::new();
    used.try_reserve_exact(count).map_err(|_| out_of_memory(0))?;
    for (old, new) in (0_u16..=u16::MAX).zip(&mut new) {
        if *new != UNUSED {
            *new = used.len() as u32;
            used.push(old);
        }
    }
    let mut numbers = zeroed::<u16>(blocks.len())?;
    for (numbers, pixels) in numbers.chunks_mut(PIXELS_A_POLL).zip(blocks.chunks(PIXELS_A_POLL)) {
        cancel.check()?;
        for (to, &pixel) in numbers.iter_mut().zip(pixels) {
            *to = new[number(pixel)] as u16;
        }
    }
    Ok((numbers, used))
}

/// Reads groups up to the last one that is used, and keeps those that are.
fn used_groups(
    bits: &mut Bits<'_>,
    used: &[u16],
    cached: usize,
    most_bytes: u64,
    cancel: &Cancel,
) -> Result<Vec<Group>, Stop> {
    const GROUPS_A_POLL: usize = 16;
    let mut reader = Groups::new(used.len(), cached, most_bytes)?;
    let mut groups = Vec::new();
    groups.try_reserve_exact(used.len()).map_err(|_| out_of_memory(0))?;
    let last = used.last().copied().unwrap_or(0);
    for group in 0..=last {
        if usize::from(group) % GROUPS_A_POLL == 0 {
            cancel.check()?;
        }
        if used.get(groups.len()) == Some(&group) {
            groups.push(reader.read(bits)?);
        } else {
            reader.skip(bits)?;
        }
    }
    Ok(groups)
}

/// A length or a distance: its code, and the bits after it (section 3.6.2.2). The reader must hold those.
#[inline]
fn number(code: usize, bits: &mut Bits<'_>) -> usize {
    if code < 4 {
        return code + 1;
    }
    let more = (code as u32 - 2) >> 1;
    ((2 + (code & 1)) << more) + bits.take_loaded(more) as usize + 1
}

/// Pixels that a distance goes back: the first 120 are those around the pixel above (section 3.6.2.2).
#[inline]
pub(super) fn pixels_back(distance: usize, width: usize) -> usize {
    match NEAR.get(distance - 1) {
        None => distance - NEAR.len(),
        Some(&(left, up)) => {
            let back = isize::from(up) * width as isize + isize::from(left);
            back.max(1) as usize
        }
    }
}

/// Columns to the left and rows up.
#[rustfmt::skip]
const NEAR: [(i8, i8); 120] = [
    (0, 1), (1, 0), (1, 1), (-1, 1), (0, 2), (2, 0), (1, 2), (-1, 2), (2, 1), (-2, 1), (2, 2), (-2, 2),
    (0, 3), (3, 0), (1, 3), (-1, 3), (3, 1), (-3, 1), (2, 3), (-2, 3), (3, 2), (-3, 2), (0, 4), (4, 0),
    (1, 4), (-1, 4), (4, 1), (-4, 1), (3, 3), (-3, 3), (2, 4), (-2, 4), (4, 2), (-4, 2), (0, 5), (3, 4),
    (-3, 4), (4, 3), (-4, 3), (5, 0), (1, 5), (-1, 5), (5, 1), (-5, 1), (2, 5), (-2, 5), (5, 2), (-5, 2),
    (4, 4), (-4, 4), (3, 5), (-3, 5), (5, 3), (-5, 3), (0, 6), (6, 0), (1, 6), (-1, 6), (6, 1), (-6, 1),
    (2, 6), (-2, 6), (6, 2), (-6, 2), (4, 5), (-4, 5), (5, 4), (-5, 4), (3, 6), (-3, 6), (6, 3), (-6, 3),
    (0, 7), (7, 0), (1, 7), (-1, 7), (5, 5), (-5, 5), (7, 1), (-7, 1), (4, 6), (-4, 6), (6, 4), (-6, 4),
    (2, 7), (-2, 7), (7, 2), (-7, 2), (3, 7), (-3, 7), (7, 3), (-7, 3), (5, 6), (-5, 6), (6, 5), (-6, 5),
    (8, 0), (4, 7), (-4, 7), (7, 4), (-7, 4), (8, 1), (8, 2), (6, 6), (-6, 6), (8, 3), (5, 7), (-5, 7),
    (7, 5), (-7, 5), (8, 4), (6, 7), (-6, 7), (7, 6), (-7, 6), (8, 5), (7, 7), (-7, 7), (8, 6), (8, 7),
];

/// Copies pixels that may overlap with where they go: those that are copied may be copied again.
#[inline]
fn copy(pixels: &mut [u32], at: usize, distance: usize, length: usize) {
    if distance == 1 {
        let pixel = pixels[at - 1];
        pixels[at..at + length].fill(pixel);
        return;
    }
    // Copying by pieces, from a multiple of the distance that is no shorter than a piece.
    let mut far = distance;
    let mut done = 0;
    while far < PIECE && done < length {
        let more = far.min(length - done);
        for to in at + done..at + done + more {
            pixels[to] = pixels[to - distance];
        }
        done += more;
        far *= 2;
    }
    while done < length {
        let from = at + done - far;
        let piece: [u32; PIECE] = match pixels[from..].first_chunk() {
            Some(piece) => *piece,
            // Not where `length` is what is left of the pixels, as it is: rather a gap than a panic.
            None => return,
        };
        if let Some(to) = pixels[at + done..].first_chunk_mut() {
            *to = piece;
        }
        done += PIECE;
    }
}
