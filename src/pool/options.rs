//! The pool's settings, and what they are when nobody says.

use super::host;
use super::lane::PerLane;
use super::priority;
use crate::error::{Code, Error, Result};

/// How the pool runs. `None` leaves a setting as it is, or at its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolOptions {
    /// Worker slots; by default what the host allows (see [`host::threads`]).
    pub threads: Option<usize>,
    /// The most jobs that may wait in a lane; 65,536 by default.
    pub max_queue: PerLane<Option<usize>>,
    /// The byte budget; by default a quarter of the memory that the process may use.
    pub memory_bytes: Option<u64>,
    /// How much nicer the workers are than the process, 0 to 20, where 20 is idle time only: 12 and 19 by
    /// default.
    pub niceness: PerLane<Option<u8>>,
}

/// The most worker threads a pool may have.
pub const MOST_THREADS: usize = 1024;
/// The most jobs a lane may be set to hold.
pub const MOST_QUEUED: usize = 1 << 24;
const DEFAULT_QUEUED: usize = 65_536;

/// Settings in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) threads: usize,
    pub(crate) max_queue: PerLane<usize>,
    pub(crate) memory_bytes: u64,
    pub(crate) niceness: PerLane<u8>,
}

impl Settings {
    pub(crate) fn of_this_host() -> Self {
        Self {
            threads: host::threads(),
            max_queue: PerLane { interactive: DEFAULT_QUEUED, bulk: DEFAULT_QUEUED },
            memory_bytes: (host::memory_bytes() / 4).max(16 << 20),
            niceness: PerLane { interactive: 12, bulk: 19 },
        }
    }

    /// These with `options` on top. `started`: threads run already, so what they are made of is fixed.
    pub(crate) fn with(mut self, options: &PoolOptions, started: bool) -> Result<Self> {
        let before = self;
        if let Some(threads) = options.threads {
            self.threads = threads.clamp(1, MOST_THREADS);
        }
        for (lane, niceness) in [
            (&mut self.niceness.interactive, options.niceness.interactive),
            (&mut self.niceness.bulk, options.niceness.bulk),
        ] {
            *lane = niceness.unwrap_or(*lane).min(priority::IDLE);
        }
        if started && (self.threads != before.threads || self.niceness != before.niceness) {
            return Err(Error::new(
                Code::InvalidArg,
                format!(
                    "threads and niceness are fixed once the first job has begun: the pool runs {} threads at \
                     niceness +{} and +{}; call configurePool before any job",
                    before.threads, before.niceness.interactive, before.niceness.bulk
                ),
            ));
        }
        if let Some(most) = options.max_queue.interactive {
            self.max_queue.interactive = most.min(MOST_QUEUED);
        }
        if let Some(most) = options.max_queue.bulk {
            self.max_queue.bulk = most.min(MOST_QUEUED);
        }
        if let Some(bytes) = options.memory_bytes {
            self.memory_bytes = bytes;
        }
        Ok(self)
    }
}
