//! The image's data: rows, filtered, compressed as a zlib stream (RFC 1950), in IDAT chunks.
//!
//! An image is divided into parts of whole rows, by its size alone, so that the same image makes the same file
//! whoever is idle. Parts are filtered and compressed side by side; each may refer to the end of the one before,
//! as pigz has it (M. Adler, <https://zlib.net/pigz/>).

use std::ops::Range;
use std::sync::Arc;

use super::super::super::job::Hands;
use super::super::super::options::PngFilter;
use super::super::sink::reserved;
use super::chunk::File;
use super::filter::Filterer;
use super::packer::Packer;
use super::zlib::{self, Adler};
use crate::deflate::WINDOW;
use crate::error::Result;
use crate::pool::Cancel;

/// A part has about so many bytes, or one row: what it takes to find out what the one before ended with is a few
/// per cent of the work on it, which is some milliseconds.
const PART_BYTES: usize = 192 << 10;
/// So many parts are in memory at a time.
const PARTS_AT_ONCE: usize = 8;

/// Bits a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Eight, or less and packed already.
    Eight,
    /// Sixteen, in the machine's order.
    Sixteen,
}

/// An image's rows, without gaps.
pub(super) struct Rows<D> {
    pub(super) data: D,
    /// Of a row, at least 1.
    pub(super) bytes: usize,
    pub(super) depth: Depth,
    /// Bytes a pixel, at least 1.
    pub(super) pixel: usize,
}

impl<D: AsRef<[u8]>> Rows<D> {
    fn count(&self) -> usize {
        self.data.as_ref().len() / self.bytes
    }

    fn put(&self, row: usize, out: &mut [u8]) {
        let row = &self.data.as_ref()[row * self.bytes..][..self.bytes];
        match self.depth {
            Depth::Eight => out.copy_from_slice(row),
            Depth::Sixteen => big_endian(row, out),
        }
    }

    /// These rows, filtered.
    fn filtered(&self, rows: Range<usize>, filter: PngFilter, cancel: &Cancel) -> Result<Vec<u8>> {
        let mut out = reserved(rows.len() * (self.bytes + 1))?;
        let mut filterer = Filterer::new(filter, self.bytes, self.pixel)?;
        if let Some(above) = rows.start.checked_sub(1) {
            self.put(above, filterer.above_mut());
        }
        for row in rows {
            cancel.check()?;
            self.put(row, filterer.row_mut());
            filterer.filter(&mut out);
        }
        Ok(out)
    }
}

/// Where an image of so many rows is divided.
fn parts(rows: usize, bytes: usize) -> Vec<Range<usize>> {
    let count = (rows.saturating_mul(bytes) / PART_BYTES).clamp(1, rows.max(1));
    (0..count).map(|part| rows * part / count..rows * (part + 1) / count).collect()
}

/// What is in memory at most beside the image and the file: parts, filtered and compressed, and what each is made
/// with: rows as they are and filtered ones, and a compressor.
pub(in super::super) fn extra_bytes(canvas: (u32, u32), pixel: usize) -> u64 {
    let row = u64::from(canvas.0).saturating_mul(pixel as u64).saturating_add(1);
    let image = row.saturating_mul(u64::from(canvas.1));
    let parts = (image / PART_BYTES as u64).clamp(1, PARTS_AT_ONCE as u64);
    let filtered = image.min(row.max(2 * PART_BYTES as u64).saturating_mul(PARTS_AT_ONCE as u64));
    filtered
        .saturating_mul(2)
        .saturating_add(parts.saturating_mul(row.saturating_mul(8).saturating_add(1 << 20)))
}

pub(super) fn write<D>(
    file: &mut File,
    rows: Rows<D>,
    filter: PngFilter,
    level: u8,
    hands: &impl Hands,
) -> Result<()>
where
    D: AsRef<[u8]> + Send + Sync + 'static,
{
    let rows = Arc::new(rows);
    let ranges = parts(rows.count(), rows.bytes + 1);
    let pixel = rows.pixel;
    let mut sum = Adler::new();
    // The end of the part before.
    let mut window = Vec::new();
    file.data(&zlib::header(level))?;
    let last_round = ranges.len().div_ceil(PARTS_AT_ONCE) - 1;
    for (round, ranges) in ranges.chunks(PARTS_AT_ONCE).enumerate() {
        let is_last = last_round == round;
        let (shared, cancel, taken) = (Arc::clone(&rows), hands.cancel().clone(), ranges.to_vec());
        let filtered = Arc::new(
            hands.each(ranges.len(), move |part| shared.filtered(taken[part].clone(), filter, &cancel))?,
        );
        let (shared, cancel, before) = (Arc::clone(&filtered), hands.cancel().clone(), window);
        let packed = hands.each(ranges.len(), move |part| {
            let data = &shared[part];
            let before = part.checked_sub(1).map_or(&before, |before| &shared[before]);
            let before = &before[before.len().saturating_sub(WINDOW)..];
            let ends = is_last && part + 1 == shared.len();
            let packed = Packer::new(filter, level, pixel).pack(before, data, ends, &cancel)?;
            Ok((packed, Adler::of(data)))
        })?;
        for ((packed, part), data) in packed.into_iter().zip(filtered.iter()) {
            file.data(&packed)?;
            sum.append(&part, data.len());
        }
        window =
            filtered.last().map_or_else(Vec::new, |data| data[data.len().saturating_sub(WINDOW)..].to_vec());
    }
    file.data(&sum.value().to_be_bytes())?;
    file.end_data()
}

/// Sixteen bits in the order of the wire (section 7.1).
fn big_endian(row: &[u8], out: &mut [u8]) {
    let (from, _) = row.as_chunks::<2>();
    let (to, _) = out.as_chunks_mut::<2>();
    for (to, from) in to.iter_mut().zip(from) {
        *to = u16::from_ne_bytes(*from).to_be_bytes();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_are_all_rows_in_their_order(rows in 1_usize..70_000, bytes in 2_usize..600_000) {
            let parts = parts(rows, bytes);
            prop_assert_eq!(parts.first().map(|part| part.start), Some(0));
            prop_assert_eq!(parts.last().map(|part| part.end), Some(rows));
            prop_assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
            for part in &parts {
                prop_assert!(!part.is_empty());
                prop_assert!(part.len() == 1 || part.len() * bytes <= 2 * PART_BYTES);
                // As far as a match may refer, unless there is nothing before.
                prop_assert!(parts.len() == 1 || part.len() * bytes >= WINDOW);
            }
        }
    }
}
