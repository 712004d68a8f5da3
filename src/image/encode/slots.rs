//! Where keys go in tables of open addressing: by multiplication with a random number, so that nobody can make an image
//! whose keys all go to the same place, and each search a walk through all of them (S. A. Crosby and D. S. Wallach,
//! "Denial of service via algorithmic complexity attacks", USENIX Security 2003). The upper bits of two such products
//! are the same at most twice as often as chance has it (M. Dietzfelbinger et al., "A reliable randomized algorithm for
//! the closest-pair problem", Journal of Algorithms 25, 1997).
//!
//! What is made with such a table must not depend on where its keys lie.

use std::hash::{BuildHasher, RandomState};

/// A table's number.
#[derive(Clone, Copy)]
pub(super) struct Slots(u64);

impl Slots {
    /// Another one at each call.
    pub(super) fn random() -> Self {
        Self(RandomState::new().hash_one(0_u8) | 1)
    }

    /// The place of a key in a table of 2^`bits` slots, of which there are at least two.
    #[inline]
    pub(super) fn of(self, key: u32, bits: u32) -> usize {
        (u64::from(key).wrapping_mul(self.0) >> (u64::BITS - bits)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spread_however_they_are_chosen() {
        const BITS: u32 = 12;
        let keys: Vec<u32> = (0..1 << 20).collect();
        // Random ones would now and then be too much alike.
        let chosen = Slots(0x9E37_79B9_7F4A_7C15);
        let same: Vec<u32> = keys.iter().copied().filter(|&key| chosen.of(key, BITS) == 7).collect();
        assert!(same.len() > 100);
        // All in one slot of one table are in many of another.
        let other = Slots(0xD134_2543_DE82_EF95);
        let mut slots: Vec<usize> = same.iter().map(|&key| other.of(key, BITS)).collect();
        slots.sort_unstable();
        slots.dedup();
        assert!(slots.len() * 4 > same.len(), "{} of {}", slots.len(), same.len());
        assert!(slots.iter().all(|&slot| slot < 1 << BITS));
        assert_ne!(Slots::random().0, Slots::random().0);
        assert!((0..100).all(|_| Slots::random().0 % 2 == 1));
    }
}
