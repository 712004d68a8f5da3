//! The colour cache (RFC 9649, section 3.6.3): colours by a hash of theirs.

use crate::error::Result;
use crate::image::pixels::zeroed;

pub(super) struct Cache {
    colors: Vec<u32>,
    shift: u32,
}

impl Cache {
    /// One of 2^`bits` colours; `bits` from 1 to 11.
    pub(super) fn new(bits: u32) -> Result<Self> {
        Ok(Self { colors: zeroed(1 << bits)?, shift: 32 - bits })
    }

    pub(super) fn len(&self) -> usize {
        self.colors.len()
    }

    #[inline]
    pub(super) fn insert(&mut self, pixels: &[u32]) {
        for &pixel in pixels {
            self.colors[(pixel.wrapping_mul(0x1E35_A7BD) >> self.shift) as usize] = pixel;
        }
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> u32 {
        self.colors.get(at).copied().unwrap_or(0)
    }
}
