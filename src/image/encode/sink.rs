//! Memory for what encoders make.

use super::super::pixels::out_of_memory;
use crate::error::Result;

/// An empty vector with room for so many, or an error where there is no memory: `with_capacity` would end the
/// process.
pub(super) fn reserved<T>(count: usize) -> Result<Vec<T>> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(count).map_err(|_| out_of_memory((count * size_of::<T>()) as u64))?;
    Ok(vec)
}
