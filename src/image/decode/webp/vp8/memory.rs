//! Memory in proportion to the image.

use crate::error::Result;
use crate::image::pixels::out_of_memory;

/// Room for so many values, or an error where the allocator has none.
pub(super) fn reserved<T>(count: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| out_of_memory((count * size_of::<T>()) as u64))?;
    Ok(values)
}

/// So many values.
pub(super) fn filled<T: Clone>(count: usize, value: T) -> Result<Vec<T>> {
    let mut values = reserved(count)?;
    values.resize(count, value);
    Ok(values)
}
