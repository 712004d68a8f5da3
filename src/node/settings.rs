//! The pool's settings and figures, to and from JavaScript.

use napi_derive::napi;

use super::bridge::Bridge;
use super::value::Failure;
use crate::pool::{HistogramSnapshot, LaneStats, PerLane, PoolOptions};

/// Values are checked and in range; `None` leaves a setting as it is.
#[napi(object, object_to_js = false)]
pub struct PoolArgument {
    pub threads: Option<u32>,
    pub max_queue_interactive: Option<u32>,
    pub max_queue_bulk: Option<u32>,
    pub memory_bytes: Option<f64>,
    pub niceness_interactive: Option<u32>,
    pub niceness_bulk: Option<u32>,
    /// 0: ask the processor.
    pub bcrypt_lanes: Option<u32>,
}

#[napi(object, object_from_js = false)]
pub struct HistogramFigures {
    pub count: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

#[napi(object, object_from_js = false)]
pub struct LaneFigures {
    pub queued: f64,
    pub running: f64,
    pub completed: f64,
    pub failed: f64,
    pub refused: f64,
    pub cancelled: f64,
    pub wait_ms: HistogramFigures,
    pub run_ms: HistogramFigures,
}

#[napi(object, object_from_js = false)]
pub struct MemoryFigures {
    pub budget: f64,
    pub held: f64,
    pub peak: f64,
    pub idle: f64,
}

#[napi(object, object_from_js = false)]
pub struct PoolFigures {
    pub threads: u32,
    pub interactive: LaneFigures,
    pub bulk: LaneFigures,
    pub memory: MemoryFigures,
    pub niceness_applied: Option<bool>,
    pub bcrypt_lanes: Option<u32>,
}

impl From<HistogramSnapshot> for HistogramFigures {
    fn from(figures: HistogramSnapshot) -> Self {
        let HistogramSnapshot { count, p50, p90, p99, max } = figures;
        Self { count: count as f64, p50, p90, p99, max }
    }
}

impl From<LaneStats> for LaneFigures {
    fn from(lane: LaneStats) -> Self {
        Self {
            queued: lane.queued as f64,
            running: lane.running as f64,
            completed: lane.completed as f64,
            failed: lane.failed as f64,
            refused: lane.refused as f64,
            cancelled: lane.cancelled as f64,
            wait_ms: lane.wait.into(),
            run_ms: lane.run.into(),
        }
    }
}

#[napi]
impl Bridge {
    #[napi]
    pub fn configure(&self, options: PoolArgument) -> Option<Failure> {
        let lanes = options.bcrypt_lanes;
        let options = PoolOptions {
            threads: options.threads.map(|threads| threads as usize),
            max_queue: PerLane {
                interactive: options.max_queue_interactive.map(|most| most as usize),
                bulk: options.max_queue_bulk.map(|most| most as usize),
            },
            memory_bytes: options.memory_bytes.map(|bytes| bytes as u64),
            niceness: PerLane {
                interactive: options.niceness_interactive.map(|niceness| niceness as u8),
                bulk: options.niceness_bulk.map(|niceness| niceness as u8),
            },
        };
        let bcrypt_lanes = lanes.map(|lanes| lanes as usize);
        self.environment.process.configure(&options, bcrypt_lanes).err().map(|error| Failure::from(&error))
    }

    #[napi]
    pub fn stats(&self) -> PoolFigures {
        let stats = self.environment.process.pool.stats();
        PoolFigures {
            threads: stats.threads as u32,
            interactive: stats.lanes.interactive.into(),
            bulk: stats.lanes.bulk.into(),
            memory: MemoryFigures {
                budget: stats.memory_budget as f64,
                held: stats.memory_held as f64,
                peak: stats.memory_peak as f64,
                idle: stats.memory_idle as f64,
            },
            niceness_applied: stats.niceness_applied,
            bcrypt_lanes: self.environment.process.workshop.width.known().map(|lanes| lanes as u32),
        }
    }
}
