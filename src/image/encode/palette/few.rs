//! Colours while they are few.

use super::super::slots::Slots;
use super::{Color, TRANSPARENT};

const MOST: usize = 256;

/// Of the table, so that it is at most a quarter full.
const SLOTS: usize = 4 * MOST;

/// At most 256 colours, each with its index, in the order in which they came.
pub(super) struct Few {
    /// Open addressing.
    slots: Vec<(Color, Option<u8>)>,
    places: Slots,
    colors: Vec<Color>,
    last: (Color, Option<u8>),
}

impl Default for Few {
    fn default() -> Self {
        let none = (TRANSPARENT, None);
        Self {
            slots: vec![none; SLOTS],
            places: Slots::random(),
            colors: Vec::with_capacity(MOST),
            last: none,
        }
    }
}

impl Few {
    /// The colour's index, if there is one left for it.
    #[inline]
    pub(super) fn index(&mut self, color: Color) -> Option<u8> {
        if self.last.0 != color || self.last.1.is_none() {
            self.last = (color, self.find(color));
        }
        self.last.1
    }

    fn find(&mut self, color: Color) -> Option<u8> {
        let mut at = self.places.of(u32::from_le_bytes(color), SLOTS.ilog2());
        loop {
            match &mut self.slots[at] {
                (held, Some(index)) if *held == color => return Some(*index),
                (_, Some(_)) => at = (at + 1) % SLOTS,
                slot => {
                    let index = u8::try_from(self.colors.len()).ok()?;
                    *slot = (color, Some(index));
                    self.colors.push(color);
                    return Some(index);
                }
            }
        }
    }

    pub(super) fn colors(&self) -> &[Color] {
        &self.colors
    }

    pub(super) fn into_colors(self) -> Vec<Color> {
        self.colors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_indices_for_256() {
        let mut few = Few::default();
        for round in 0..3 {
            for value in 0..=u8::MAX {
                assert_eq!(few.index([value, 7, 9, 255]), Some(value), "{round}");
            }
            assert_eq!(few.index([0, 0, 0, 255]), None);
        }
        assert_eq!(few.colors().len(), 256);
        assert_eq!(few.into_colors()[200], [200, 7, 9, 255]);
    }
}
