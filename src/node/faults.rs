//! The feature `faults`, for tests.

use napi_derive::napi;

/// See `pool::faults::arm`.
#[napi]
#[allow(dead_code, reason = "JavaScript calls it")]
pub fn arm_fault(polls: u32) {
    crate::pool::faults::arm(polls);
}
