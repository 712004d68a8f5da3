//! Where an export's bytes go, and what is known of them at the end.

use sha2::{Digest, Sha256};

use super::buffers::Chunk;
use super::order::Stage;
use crate::error::{Error, Result};

/// Where the bytes go. Called by one thread at a time, in order; `finish` or `fail` is the last call, but for `fail`
/// after a `finish` that failed.
pub trait Output: Send {
    /// Takes the next bytes. With `rows` they are the last of a batch of so many: there is one such call for each
    /// batch, maybe without bytes, and there may be others between. An error ends the export: it comes back
    /// through [`Self::fail`].
    fn write(&mut self, chunk: Chunk, rows: Option<u64>) -> Result<()>;
    /// Everything was written.
    fn finish(&mut self, summary: Summary) -> Result<()>;
    /// Nothing more will come.
    fn fail(&mut self, error: Error);
}

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows as counted by the batches, a header among them if it was sent as a row.
    pub rows: u64,
    /// Fields of each of them.
    pub columns: usize,
    /// Bytes as written, compressed if they were; a byte order mark included.
    pub bytes: u64,
    /// SHA-256 of those bytes, if it was asked for.
    pub sha256: Option<[u8; 32]>,
}

/// The rows of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    pub(super) rows: u64,
    pub(super) columns: usize,
}

/// A batch's bytes.
#[derive(Debug)]
pub(super) struct Formatted {
    pub(super) bytes: Chunk,
    pub(super) rows: Rows,
}

/// Hashes and counts what an output is given.
pub(super) struct Writer<O> {
    output: O,
    hash: Option<Sha256>,
    summary: Summary,
}

impl<O: Output> Writer<O> {
    pub(super) fn new(output: O, hash: bool) -> Self {
        Self { output, hash: hash.then(Sha256::new), summary: Summary::default() }
    }

    pub(super) fn write(&mut self, bytes: Chunk, rows: Option<Rows>) -> Result<()> {
        let summary = &mut self.summary;
        if let Some(Rows { rows, columns }) = rows {
            if summary.rows > 0 && summary.columns != columns {
                let before = summary.columns;
                return Err(Error::internal(format!("a batch of {columns} columns after one of {before}")));
            }
            summary.columns = columns;
            summary.rows += rows;
        }
        summary.bytes += bytes.len() as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(&*bytes);
        }
        self.output.write(bytes, rows.map(|rows| rows.rows))
    }

    pub(super) fn end(&mut self) -> Result<()> {
        let sha256 = self.hash.take().map(|hash| hash.finalize().into());
        self.output.finish(Summary { sha256, ..self.summary })
    }

    pub(super) fn give_up(&mut self, error: Error) {
        self.output.fail(error);
    }
}

/// An export that is written as it was formatted.
impl<O: Output> Stage for Writer<O> {
    type Item = Formatted;

    fn take(&mut self, batch: Formatted) -> Result<()> {
        self.write(batch.bytes, Some(batch.rows))
    }

    fn finish(&mut self) -> Result<()> {
        self.end()
    }

    fn fail(&mut self, error: Error) {
        self.give_up(error);
    }
}
