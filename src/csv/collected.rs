//! An export's bytes in memory, for one Buffer at the end.

use crate::error::{Code, Error, Result};

/// From here on the system is asked for large pages, which are mapped several times faster.
#[cfg(target_os = "linux")]
const LARGE: usize = 8 << 20;
#[cfg(target_os = "linux")]
const LARGE_PAGE: usize = 2 << 20;

/// Grows as bytes come. (Keeping the chunks and putting them together at the end would take the memory twice, and map
/// it twice.)
#[derive(Debug)]
pub struct Collected {
    bytes: Vec<u8>,
    most: usize,
    /// What the system was asked for large pages for.
    #[cfg(target_os = "linux")]
    advised: (usize, usize),
}

impl Collected {
    /// Nothing yet, and never more than `most` bytes.
    pub fn new(most: usize) -> Self {
        Self {
            bytes: Vec::new(),
            most,
            #[cfg(target_os = "linux")]
            advised: (0, 0),
        }
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
        #[cfg(target_os = "linux")]
        self.ask_for_large_pages();
        self.bytes.extend_from_slice(chunk);
        Ok(&self.bytes[before..])
    }

    /// All of it, without the memory that was not needed.
    pub fn into_vec(mut self) -> Vec<u8> {
        self.bytes.shrink_to_fit();
        self.bytes
    }

    #[cfg(target_os = "linux")]
    fn ask_for_large_pages(&mut self) {
        let place = (self.bytes.as_ptr() as usize, self.bytes.capacity());
        if place.1 < LARGE || place == self.advised {
            return;
        }
        self.advised = place;
        let first = place.0.next_multiple_of(LARGE_PAGE);
        let end = (place.0 + place.1) / LARGE_PAGE * LARGE_PAGE;
        if end > first {
            // SAFETY: whole pages within memory that `bytes` owns; the advice changes nothing about what is in it.
            // Where it is not taken, nothing is lost.
            let _ = unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_HUGEPAGE) };
        }
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
    fn collects_across_large_pages() {
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
