//! How often colours occur, in bounded memory.
//!
//! Colours are kept apart for as long as there is room. Then those that differ in no more than the lowest bit of one
//! channel are counted as one, then of another channel, and so on; of what is counted as one, the mean is kept. What
//! comes out does not depend on the order in which colours are added, but for its own order.

use super::super::super::pixels::out_of_memory;
use super::{Color, reserved};
use crate::error::Result;

/// The most colours that are kept apart.
pub(super) const MOST_POINTS: usize = 1 << 15;

const FEWEST_SLOTS: usize = 1 << 10;

/// A colour, or the mean of some, and how many pixels have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) color: [f32; 4],
    pub(super) weight: f32,
}

/// The channels by how little it matters to tell their values apart: blue, red, alpha, green.
const COARSER_FIRST: [u32; 4] = [2, 0, 3, 1];

/// Of at most 2^24 pixels.
#[derive(Default)]
pub(super) struct Histogram {
    /// Open addressing, at most half full.
    slots: Vec<Slot>,
    taken: usize,
    /// How many bits do not matter, of all channels.
    coarseness: u32,
    /// Those bits.
    ignored: u32,
}

/// Empty where nothing has been counted.
#[derive(Clone, Copy, Default)]
struct Slot {
    key: u32,
    weight: u32,
    sums: [u32; 4],
}

impl Histogram {
    pub(super) fn add(&mut self, color: Color) -> Result<()> {
        if self.slots.is_empty() {
            self.make_room()?;
        }
        let key = u32::from_le_bytes(color);
        self.merge(&Slot { key, weight: 1, sums: color.map(u32::from) });
        if self.taken * 2 > self.slots.len() { self.make_room() } else { Ok(()) }
    }

    /// Adds to what there is of the colour, for which there is room.
    #[inline]
    fn merge(&mut self, more: &Slot) {
        let key = more.key & !self.ignored;
        let mask = self.slots.len() - 1;
        let hash = u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let mut at = hash as usize & mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.weight == 0 {
                slot.key = key;
                self.taken += 1;
            } else if slot.key != key {
                at = (at + 1) & mask;
                continue;
            }
            slot.weight += more.weight;
            for (sum, more) in slot.sums.iter_mut().zip(more.sums) {
                *sum += more;
            }
            return;
        }
    }

    /// Twice as many slots, or else coarser colours, until no more than half is taken.
    fn make_room(&mut self) -> Result<()> {
        loop {
            let count = if self.slots.len() < MOST_POINTS * 2 {
                (self.slots.len() * 2).max(FEWEST_SLOTS)
            } else {
                let [channel, bit] = [self.coarseness % 4, self.coarseness / 4];
                self.ignored |= 1 << (COARSER_FIRST[channel as usize] * 8 + bit);
                self.coarseness += 1;
                self.slots.len()
            };
            let mut slots: Vec<Slot> = reserved(count)?;
            slots.resize(count, Slot::default());
            let old = std::mem::replace(&mut self.slots, slots);
            self.taken = 0;
            for slot in old.iter().filter(|slot| slot.weight > 0) {
                self.merge(slot);
            }
            if self.taken * 2 <= count {
                return Ok(());
            }
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// What was counted, at most [`MOST_POINTS`].
    pub(super) fn points(self) -> Result<Vec<Point>> {
        let mut points = Vec::new();
        points.try_reserve_exact(self.taken).map_err(|_| out_of_memory(self.taken as u64))?;
        points.extend(self.slots.iter().filter(|slot| slot.weight > 0).map(|slot| Point {
            color: slot.sums.map(|sum| (f64::from(sum) / f64::from(slot.weight)) as f32),
            weight: slot.weight as f32,
        }));
        Ok(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(colors: impl Iterator<Item = Color>) -> Vec<([u32; 4], u32)> {
        let mut histogram = Histogram::default();
        for color in colors {
            histogram.add(color).unwrap();
        }
        let mut points: Vec<_> = histogram
            .points()
            .unwrap()
            .iter()
            .map(|point| (point.color.map(f32::to_bits), point.weight as u32))
            .collect();
        points.sort_unstable();
        points
    }

    #[test]
    fn colours_are_counted() {
        let colors = (0..30_000_u32).map(|i| (i % 10_000).to_be_bytes());
        let points = sorted(colors.clone());
        assert_eq!(points.len(), 10_000);
        assert!(points.iter().all(|(_, weight)| *weight == 3));
        let first = points[0].0.map(f32::from_bits);
        assert_eq!(first.map(|value| value as u8), [0; 4]);
        assert_eq!(points, sorted(colors.rev()));
    }

    #[test]
    fn too_many_are_counted_as_their_means_in_whatever_order() {
        // All of the lowest six bits of three channels.
        let colors = (0..1_u32 << 18).map(|i| [(i & 63) as u8, (i >> 6 & 63) as u8, (i >> 12) as u8, 255]);
        let points = sorted(colors.clone());
        assert_eq!(points.len(), 1 << 15);
        assert!(points.iter().all(|(_, weight)| *weight == 8));
        assert!(points.iter().all(|(color, _)| (f32::from_bits(color[0]) * 2.0) as u8 % 2 == 1));
        assert_eq!(points, sorted(colors.rev()));
    }
}
