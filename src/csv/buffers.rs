//! Memory that one batch's bytes after another are written into.
//!
//! Fresh memory costs half a millisecond a megabyte in page faults, as much as some formatting does. So what held a
//! batch's bytes waits here, once they are written, for the next batch of the same export.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// More than an export has batches under way.
const MOST_KEPT: usize = 24;
/// A batch with giant cells needs more than any other will.
const MOST_BYTES: usize = 4 << 20;

/// The spare memory of one export. A clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Buffers(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    spare: Mutex<Vec<Vec<u8>>>,
    /// What the largest chunk so far took: a new one of so much need not grow.
    usual: AtomicUsize,
}

impl Buffers {
    /// An empty chunk.
    pub fn chunk(&self) -> Chunk {
        let spare = self.0.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = spare.unwrap_or_else(|| Vec::with_capacity(self.0.usual.load(Ordering::Relaxed)));
        Chunk { bytes, home: Some(self.clone()) }
    }

    fn note(&self, length: usize) {
        if length <= MOST_BYTES {
            self.0.usual.fetch_max(length + length / 16, Ordering::Relaxed);
        }
    }

    fn give(&self, mut bytes: Vec<u8>) {
        self.note(bytes.len());
        if bytes.capacity() == 0 || bytes.capacity() > MOST_BYTES {
            return;
        }
        bytes.clear();
        let mut spare = self.0.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MOST_KEPT {
            spare.push(bytes);
        }
    }
}

/// Bytes whose memory goes back to where it came from when they are dropped.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    home: Option<Buffers>,
}

impl Chunk {
    /// To write into.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The bytes, for good.
    pub fn into_vec(mut self) -> Vec<u8> {
        if let Some(home) = self.home.take() {
            home.note(self.bytes.len());
        }
        std::mem::take(&mut self.bytes)
    }
}

impl Deref for Chunk {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Vec<u8>> for Chunk {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, home: None }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.give(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_chunk_is_the_next_one() {
        let buffers = Buffers::default();
        let mut chunk = buffers.chunk();
        chunk.bytes().extend_from_slice(&[1; 1000]);
        let place = chunk.as_ptr();
        drop(chunk);
        let chunk = buffers.chunk();
        assert_eq!((chunk.as_ptr(), chunk.len()), (place, 0));
        let next = buffers.chunk();
        assert!(next.bytes.capacity() >= 1000, "it need not grow to what the last one needed");
    }

    #[test]
    fn what_is_kept_is_bounded_and_giants_are_not() {
        let buffers = Buffers::default();
        let chunks: Vec<Chunk> = (0..2 * MOST_KEPT)
            .map(|_| {
                let mut chunk = buffers.chunk();
                chunk.bytes().push(1);
                chunk
            })
            .collect();
        drop(chunks);
        assert_eq!(buffers.0.spare.lock().unwrap().len(), MOST_KEPT);
        let giant = Buffers::default();
        giant.chunk().bytes().resize(MOST_BYTES + 1, 0);
        assert!(giant.0.spare.lock().unwrap().is_empty());
        assert_eq!(giant.chunk().bytes.capacity(), 0);
    }

    #[test]
    fn what_is_taken_out_does_not_come_back() {
        let buffers = Buffers::default();
        let mut chunk = buffers.chunk();
        chunk.bytes().extend_from_slice(b"kept");
        assert_eq!(chunk.into_vec(), b"kept");
        assert!(buffers.0.spare.lock().unwrap().is_empty());
    }
}
