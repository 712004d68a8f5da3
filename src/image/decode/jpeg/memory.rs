//! Memory in proportion to the image.

use crate::error::Result;
use crate::image::pixels::out_of_memory;

/// So many values, or an error where the allocator has no room for them.
pub(super) fn filled<T: Clone>(count: usize, value: T) -> Result<Vec<T>> {
    // Reserved first, which touches nothing: `vec!` aborts where there is no memory. It is used all the same, as
    // it takes memory that the system has zeroed already.
    let mut trial = Vec::<T>::new();
    trial.try_reserve_exact(count).map_err(|_| out_of_memory((count * size_of::<T>()) as u64))?;
    drop(trial);
    Ok(vec![value; count])
}
