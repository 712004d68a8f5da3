//! How much memory a job holds, and held at most.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Debug, Default)]
pub(super) struct Gauge(Arc<Levels>);

#[derive(Debug, Default)]
struct Levels {
    now: AtomicU64,
    peak: AtomicU64,
}

impl Gauge {
    /// Counts bytes until the answer is dropped.
    pub(super) fn hold(&self, bytes: u64) -> Held {
        let now = self.0.now.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.0.peak.fetch_max(now, Ordering::Relaxed);
        Held { levels: Arc::clone(&self.0), bytes }
    }

    pub(super) fn peak(&self) -> u64 {
        self.0.peak.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub(super) struct Held {
    levels: Arc<Levels>,
    bytes: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.levels.now.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_what_was_held_together() {
        let gauge = Gauge::default();
        let one = gauge.hold(10);
        drop(gauge.hold(20));
        drop(one);
        drop(gauge.hold(25));
        assert_eq!(gauge.peak(), 30);
    }
}
