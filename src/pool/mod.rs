//! Who runs what, when: one scheduler over two Rayon pools. The design is in this folder's README.md.

mod budget;
mod cancel;
mod crew;
mod cx;
#[cfg(feature = "faults")]
pub mod faults;
mod governor;
pub mod host;
mod io;
mod job;
mod lane;
mod options;
#[allow(clippy::module_inception, reason = "the type is the folder's subject")]
mod pool;
mod priority;
mod queues;
mod scheduler;
mod slab;
mod stack;
mod stats;
mod sync;
mod tenant;
mod threads;
mod workers;

pub use cancel::Cancel;
pub use crew::{Batched, Company, Crew};
pub use cx::Cx;
pub use io::{Errand, caught};
pub use job::{Admission, Handle, InputShare, Spec, Step, Task};
pub use lane::{Kind, Lane, PerLane};
pub use options::{MOST_QUEUED, MOST_THREADS, PoolOptions};
pub use pool::Pool;
pub use slab::{Slab, Slabs};
pub use stack::Stack;
pub use stats::{HistogramSnapshot, LaneStats, PoolStats};
pub use tenant::Tenant;
pub use workers::Reclaim;

#[cfg(feature = "model")]
pub mod model;
