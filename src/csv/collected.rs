//! An export's bytes in memory, for one Buffer at the end.

use crate::error::{Code, Error, Result};

/// Grows as bytes come. (Keeping the chunks and putting them together at the end would take the memory twice, and map
/// it twice. Measured at 70 to 300 MB: 0.9 ms a megabyte so, 0.45 with one buffer. Asking Linux for large pages makes
/// that 0.8: they are taken apart when the block is mapped elsewhere to grow.)
#[derive(Debug)]
pub struct Collected {
    bytes: Vec<u8>,
    most: usize,
}

impl Collected {
    /// Nothing yet, and never more than `most` bytes.
    pub fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most }
    }

    /// Appends, and answers with what was appended as it lies there.
    ///
    /// # Errors
    /// `MemoryBudget` when it gets larger than it may, or than the system has memory for.
    pub fn append(&mut self, chunk: &[u8]) -> Result<&[u8]> {
        let before = self.bytes.len();
        if chunk.len() > self.most - before {
            let most = self.most;
            return Err(too_large(&format!("larger than a Buffer may be, which is {most} bytes")));
        }
        // By half again and more: what is not written to is no memory yet, and a large block grows by being mapped
        // anew, not by being copied.
        self.bytes.try_reserve(chunk.len()).map_err(|_| {
            too_large(&format!("larger than {before} bytes, and the system has no more memory"))
        })?;
        self.bytes.extend_from_slice(chunk);
        Ok(&self.bytes[before..])
    }

    /// All of it, without the memory that was not needed.
    pub fn into_vec(mut self) -> Vec<u8> {
        self.bytes.shrink_to_fit();
        self.bytes
    }
}

fn too_large(what: &str) -> Error {
    Error::new(
        Code::MemoryBudget,
        format!("the export is {what}; exportCsvFile and exportCsvStream have no such limit"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collects_what_comes_without_slack() {
        let mut collected = Collected::new(usize::MAX);
        let mut whole = Vec::new();
        for number in 0..40_u8 {
            let chunk: Vec<u8> = (0..1_000_003_u32).map(|at| (at as u8).wrapping_mul(number)).collect();
            assert_eq!(collected.append(&chunk).unwrap(), chunk);
            whole.extend(chunk);
        }
        let bytes = collected.into_vec();
        assert!(bytes == whole);
        assert!(bytes.capacity() < bytes.len() + (1 << 20));
    }

    #[test]
    fn says_what_to_do_when_it_gets_too_large() {
        let mut collected = Collected::new(10);
        collected.append(b"12345").unwrap();
        collected.append(b"67890").unwrap();
        let error = collected.append(b"1").unwrap_err();
        assert_eq!(error.code(), Code::MemoryBudget);
        assert!(error.message().contains("10 bytes") && error.message().contains("exportCsvFile"), "{error}");
    }
}
