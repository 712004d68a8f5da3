//! The feature `faults`, for tests.

use napi_derive::napi;

/// See `pool::faults::arm`.
#[napi]
pub fn arm_fault(polls: u32) {
    crate::pool::faults::arm(polls);
}
