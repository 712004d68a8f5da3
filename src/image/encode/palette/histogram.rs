//! How often colours occur, in bounded memory.
//!
//! Colours are kept apart for as long as there is room. Then those that differ in no more than the lowest bit of one
//! channel are counted as one, then of another channel, and so on; of what is counted as one, the mean is kept. What
//! comes out does not depend on the order in which colours are added.

use super::super::super::pixels::out_of_memory;
use super::super::slots::Slots;
use super::{Color, reserved};
use crate::error::Result;
use crate::pool::Cancel;

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
pub(super) struct Histogram {
    /// Open addressing, at most half full.
    slots: Vec<Slot>,
    places: Slots,
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
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), places: Slots::random(), taken: 0, coarseness: 0, ignored: 0 }
    }

    pub(super) fn add(&mut self, color: Color, cancel: &Cancel) -> Result<()> {
        if self.slots.is_empty() {
            self.make_room(cancel)?;
        }
        let key = u32::from_le_bytes(color);
        self.merge(&Slot { key, weight: 1, sums: color.map(u32::from) });
        if self.taken * 2 > self.slots.len() { self.make_room(cancel) } else { Ok(()) }
    }

    /// Adds to what there is of the colour, for which there is room.
    #[inline]
    fn merge(&mut self, more: &Slot) {
        let key = more.key & !self.ignored;
        let mask = self.slots.len() - 1;
        let mut at = self.places.of(key, self.slots.len().ilog2());
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
    fn make_room(&mut self, cancel: &Cancel) -> Result<()> {
        loop {
            cancel.check()?;
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

    /// What was counted, at most [`MOST_POINTS`], by their colours.
    pub(super) fn points(mut self) -> Result<Vec<Point>> {
        // Where they lie is chance.
        self.slots.retain(|slot| slot.weight > 0);
        self.slots.sort_unstable_by_key(|slot| slot.key);
        let mut points = Vec::new();
        points.try_reserve_exact(self.taken).map_err(|_| out_of_memory(self.taken as u64))?;
        points.extend(self.slots.iter().map(|slot| Point {
            color: slot.sums.map(|sum| (f64::from(sum) / f64::from(slot.weight)) as f32),
            weight: slot.weight as f32,
        }));
        Ok(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(colors: impl Iterator<Item = Color>) -> Vec<([f32; 4], f32)> {
        let mut histogram = Histogram::new();
        for color in colors {
            histogram.add(color, &Cancel::new()).unwrap();
        }
        histogram.points().unwrap().iter().map(|point| (point.color, point.weight)).collect()
    }

    #[test]
    fn colours_are_counted() {
        let colors = (0..30_000_u32).map(|i| (i % 10_000).to_be_bytes());
        let points = counted(colors.clone());
        assert_eq!(points.len(), 10_000);
        assert!(points.iter().all(|(_, weight)| (*weight - 3.0).abs() < 0.1));
        assert_eq!(points[0].0.map(|value| value as u8), [0; 4]);
        assert_eq!(points, counted(colors.rev()));
    }

    #[test]
    fn too_many_are_counted_as_their_means_in_whatever_order() {
        // All of the lowest six bits of three channels.
        let colors = (0..1_u32 << 18).map(|i| [(i & 63) as u8, (i >> 6 & 63) as u8, (i >> 12) as u8, 255]);
        let points = counted(colors.clone());
        assert_eq!(points.len(), 1 << 15);
        assert!(points.iter().all(|(_, weight)| (*weight - 8.0).abs() < 0.1));
        assert!(points.iter().all(|(color, _)| (color[0] * 2.0) as u8 % 2 == 1));
        assert_eq!(points, counted(colors.rev()));
    }
}
