//! The conversions of the profiles seen last. Uploads come with the same few profiles over and over, and
//! the tables of a conversion take longer to compute than a small image takes to convert.

use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::Kind;
use crate::image::pixels::Layout;

/// Measured: 65 KB for most, 1.4 MB each for inks and 1.2 MB for sixteen bits.
const MOST: usize = 8;

#[derive(Clone)]
struct Entry {
    layout: Layout,
    digest: [u8; 32],
    /// `None` for a profile that converts nothing.
    kind: Option<Kind>,
}

static RECENT: Recent = Recent(Mutex::new(Vec::new()));

/// What `make` gave for this layout and profile, if that is not long ago; or what it gives now.
pub(super) fn recent(layout: Layout, profile: &[u8], make: impl FnOnce() -> Option<Kind>) -> Option<Kind> {
    RECENT.get(layout, profile, make)
}

/// The one used last is last.
struct Recent(Mutex<Vec<Entry>>);

impl Recent {
    fn get(&self, layout: Layout, profile: &[u8], make: impl FnOnce() -> Option<Kind>) -> Option<Kind> {
        // A digest that nobody can collide: one upload must not decide the colours of another.
        let digest: [u8; 32] = Sha256::digest(profile).into();
        if let Some(known) = self.find(layout, &digest) {
            return known.kind;
        }
        // Without the lock: others need not wait for this profile. Two that want the same one at once both
        // make it.
        let kind = make();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| !entry.is(layout, &digest));
        if entries.len() >= MOST {
            entries.remove(0);
        }
        entries.push(Entry { layout, digest, kind: kind.clone() });
        kind
    }

    fn find(&self, layout: Layout, digest: &[u8; 32]) -> Option<Entry> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|entry| entry.is(layout, digest))?;
        let entry = entries.remove(at);
        entries.push(entry.clone());
        Some(entry)
    }
}

impl Entry {
    fn is(&self, layout: Layout, digest: &[u8; 32]) -> bool {
        self.layout == layout && self.digest == *digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ones_used_last_are_not_made_again() {
        let recent = Recent(Mutex::new(Vec::new()));
        let made = |profile: u8, layout| {
            let mut made = false;
            let kind = recent.get(layout, &[profile], || {
                made = true;
                Some(Kind::AnyInk)
            });
            assert!(matches!(kind, Some(Kind::AnyInk)));
            made
        };
        assert!(made(0, Layout::L8));
        assert!(!made(0, Layout::L8));
        assert!(made(0, Layout::L16));
        for other in 1..MOST as u8 {
            assert!(!made(0, Layout::L8));
            assert!(made(other, Layout::L8));
        }
        // Sixteen bits were used longest ago, and had to go.
        assert!(!made(0, Layout::L8));
        assert!(made(0, Layout::L16));
        assert_eq!(recent.0.lock().unwrap().len(), MOST);
    }

    #[test]
    fn that_a_profile_converts_nothing_is_remembered_too() {
        let recent = Recent(Mutex::new(Vec::new()));
        assert!(recent.get(Layout::L8, b"none", || None).is_none());
        assert!(recent.get(Layout::L8, b"none", || Some(Kind::AnyInk)).is_none());
    }
}
