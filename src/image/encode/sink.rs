//! Where encoders write: into memory, failing once the job is cancelled.

use std::io::{self, Write};

use super::super::pixels::out_of_memory;
use crate::error::Result;
use crate::pool::Cancel;

/// How many writes go between two looks at the flag: GIF's blocks have at most 255 bytes.
const WRITES_BETWEEN_POLLS: u32 = 1 << 10;

pub(super) struct Sink<'a> {
    bytes: &'a mut Vec<u8>,
    cancel: &'a Cancel,
    writes: u32,
}

impl<'a> Sink<'a> {
    pub(super) fn new(bytes: &'a mut Vec<u8>, cancel: &'a Cancel) -> Self {
        Self { bytes, cancel, writes: 0 }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        if self.writes >= WRITES_BETWEEN_POLLS || data.len() >= 4096 {
            self.writes = 0;
            if self.cancel.is_cancelled() {
                return Err(io::Error::other("cancelled"));
            }
        }
        self.bytes.try_reserve(data.len())?;
        self.bytes.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An empty vector with room for so many, or an error where there is no memory: `with_capacity` would end the
/// process.
pub(super) fn reserved<T>(count: usize) -> Result<Vec<T>> {
    let mut vec = Vec::new();
    vec.try_reserve_exact(count).map_err(|_| out_of_memory((count * size_of::<T>()) as u64))?;
    Ok(vec)
}
