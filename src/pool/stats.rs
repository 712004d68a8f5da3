//! Counters and histograms that workers write and anybody reads, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::lane::PerLane;

/// Each power of two is split into 2^3 buckets: a figure read back is at most 12.5 % too high.
const SPLIT_BITS: u32 = 3;
const SPLITS: usize = 1 << SPLIT_BITS;
const BUCKETS: usize = (64 - SPLIT_BITS as usize + 1) * SPLITS;

/// A histogram of durations with logarithmic buckets (as in `HdrHistogram`, with 3 bits of precision), from
/// 1 µs up.
#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Box<[AtomicU64; BUCKETS]>,
    max: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::new([const { AtomicU64::new(0) }; BUCKETS]), max: AtomicU64::new(0) }
    }
}

/// A histogram's figures at one moment, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HistogramSnapshot {
    /// How many durations were recorded.
    pub count: u64,
    /// The median.
    pub p50: f64,
    /// 90 % were no longer.
    pub p90: f64,
    /// 99 % were no longer.
    pub p99: f64,
    /// The longest, exactly.
    pub max: f64,
}

fn bucket_of(micros: u64) -> usize {
    if micros < SPLITS as u64 {
        return micros as usize;
    }
    let exponent = micros.ilog2();
    let split = (micros >> (exponent - SPLIT_BITS)) as usize & (SPLITS - 1);
    ((exponent - SPLIT_BITS + 1) as usize) * SPLITS + split
}

/// The largest value that falls into a bucket.
fn bucket_top(bucket: usize) -> u64 {
    if bucket < SPLITS {
        return bucket as u64;
    }
    let shift = (bucket / SPLITS - 1) as u32;
    let base = (SPLITS + bucket % SPLITS) as u64;
    (base << shift) + ((1 << shift) - 1)
}

impl Histogram {
    pub(crate) fn record(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket_of(micros)].fetch_add(1, Ordering::Relaxed);
        self.max.fetch_max(micros, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let max = self.max.load(Ordering::Relaxed);
        let percentile = |share: f64| {
            let rank = ((count as f64 * share).ceil() as u64).max(1);
            let mut seen = 0;
            for (bucket, n) in counts.iter().enumerate() {
                seen += n;
                if seen >= rank {
                    return bucket_top(bucket).min(max) as f64 / 1000.0;
                }
            }
            0.0
        };
        if count == 0 {
            return HistogramSnapshot::default();
        }
        HistogramSnapshot {
            count,
            p50: percentile(0.5),
            p90: percentile(0.9),
            p99: percentile(0.99),
            max: max as f64 / 1000.0,
        }
    }
}

/// One lane's counters.
#[derive(Debug, Default)]
pub(crate) struct LaneCounters {
    pub(crate) queued: AtomicU64,
    pub(crate) running: AtomicU64,
    pub(crate) completed: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) wait: Histogram,
    pub(crate) run: Histogram,
}

impl LaneCounters {
    pub(crate) fn snapshot(&self) -> LaneStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LaneStats {
            queued: get(&self.queued),
            running: get(&self.running),
            completed: get(&self.completed),
            failed: get(&self.failed),
            refused: get(&self.refused),
            cancelled: get(&self.cancelled),
            wait: self.wait.snapshot(),
            run: self.run.snapshot(),
        }
    }
}

/// One lane at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaneStats {
    /// Jobs admitted that have not begun.
    pub queued: u64,
    /// Jobs that have begun and not ended.
    pub running: u64,
    /// Jobs that ended well.
    pub completed: u64,
    /// Jobs that ended with an error, deadlines included.
    pub failed: u64,
    /// Jobs that were never admitted.
    pub refused: u64,
    /// Jobs that were given up on.
    pub cancelled: u64,
    /// From the call to the start.
    pub wait: HistogramSnapshot,
    /// From the start to the end.
    pub run: HistogramSnapshot,
}

/// The whole pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PoolStats {
    /// Worker slots.
    pub threads: usize,
    /// Each lane.
    pub lanes: PerLane<LaneStats>,
    /// The byte budget.
    pub memory_budget: u64,
    /// Bytes that waiting inputs and running jobs hold.
    pub memory_held: u64,
    /// The most that were held at once.
    pub memory_peak: u64,
    /// Bytes kept for reuse, beside what is held: given back when a job needs them, or after a while.
    pub memory_idle: u64,
    /// Whether the workers of each lane run at the priority that was asked for; `None` before they started.
    pub niceness_applied: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_they_say() {
        for micros in (0..5_000).chain([u64::from(u32::MAX), u64::MAX / 3, u64::MAX]) {
            let bucket = bucket_of(micros);
            assert!(bucket < BUCKETS, "{micros}");
            let top = bucket_top(bucket);
            assert!(top >= micros && (top - micros) as f64 <= micros as f64 * 0.125, "{micros} → {top}");
        }
    }

    #[test]
    fn percentiles_of_a_known_series() {
        let histogram = Histogram::default();
        for ms in 1..=1000 {
            histogram.record(Duration::from_millis(ms));
        }
        let figures = histogram.snapshot();
        assert_eq!(figures.count, 1000);
        assert!((500.0..=562.5).contains(&figures.p50), "{figures:?}");
        assert!((990.0..=1000.0).contains(&figures.p99), "{figures:?}");
        assert!((figures.max - 1000.0).abs() < f64::EPSILON);
    }
}
