//! zstd (RFC 8878): one frame with a checksum, written in order.
//!
//! The encoder is zstd's own, in C, and sees bytes of ours only. It is not cut into pieces as gzip is: a frame's blocks
//! share their tables and repeated distances, and at the usual levels it is fast enough for one worker at a time.

use std::io;

use zstd::stream::raw::{CParameter, Encoder, InBuffer, Operation, OutBuffer};

use super::buffers::{Buffers, Chunk};
use super::order::Stage;
use super::output::{Formatted, Output, Writer};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// The window's size as a power of two, at most. The highest levels would have 128 MiB, and with it tables of most of
/// a gigabyte; every reader is asked by RFC 8878 to take 8 MiB, and not more.
const WINDOW_LOG: u32 = 23;
/// Of the two tables, likewise.
const TABLE_LOG: u32 = 23;
/// Where the levels begin that need it.
const LARGE: i32 = 17;
/// Input between two looks at the cancel flag: half a block.
const STRIDE: usize = 64 * 1024;
/// Output is made room for in such pieces.
const ROOM: usize = 64 * 1024;

/// What the encoder takes, in a stream of unknown length: measured, rounded up.
pub(super) fn working_bytes(level: i32) -> u64 {
    let mib = match level {
        ..=2 => 3,
        3..=4 => 6,
        5..=8 => 9,
        9 => 16,
        10..=11 => 26,
        12..=13 => 46,
        14 => 54,
        15 => 70,
        _ => 60,
    };
    mib << 20
}

/// Compresses batch after batch.
pub(super) struct Frame<O> {
    encoder: Encoder<'static>,
    writer: Writer<O>,
    buffers: Buffers,
    cancel: Cancel,
}

impl<O: Output> Frame<O> {
    /// # Errors
    /// `MemoryBudget` where the system has no memory for the level.
    pub(super) fn new(writer: Writer<O>, level: i32, cancel: Cancel) -> Result<Self> {
        let mut encoder = Encoder::new(level).map_err(|error| failed(&error))?;
        let mut set = |parameter| encoder.set_parameter(parameter).map_err(|error| failed(&error));
        set(CParameter::ChecksumFlag(true))?;
        if level >= LARGE {
            set(CParameter::WindowLog(WINDOW_LOG))?;
            set(CParameter::ChainLog(TABLE_LOG))?;
            set(CParameter::HashLog(TABLE_LOG - 1))?;
        }
        Ok(Self { encoder, writer, buffers: Buffers::default(), cancel })
    }

    fn compress(&mut self, data: &[u8]) -> Result<Chunk> {
        let mut out = self.buffers.chunk();
        for piece in data.chunks(STRIDE) {
            self.cancel.check()?;
            let mut input = InBuffer::around(piece);
            while input.pos() < piece.len() {
                with_room(out.bytes(), |room| self.encoder.run(&mut input, room))?;
            }
        }
        Ok(out)
    }
}

/// Writes behind what is there.
fn with_room(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut OutBuffer<'_, Vec<u8>>) -> io::Result<usize>,
) -> Result<usize> {
    out.reserve(ROOM);
    let end = out.len();
    write(&mut OutBuffer::around_pos(out, end)).map_err(|error| failed(&error))
}

fn failed(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::OutOfMemory {
        return Error::new(crate::Code::MemoryBudget, "the system has no memory for this level of zstd");
    }
    Error::internal(format!("zstd: {error}"))
}

impl<O: Output> Stage for Frame<O> {
    type Item = Formatted;

    fn take(&mut self, batch: Formatted) -> Result<()> {
        let compressed = self.compress(&batch.bytes)?;
        self.writer.write(compressed, Some(batch.rows))
    }

    fn finish(&mut self) -> Result<()> {
        let mut end = self.buffers.chunk();
        while with_room(end.bytes(), |room| self.encoder.finish(room, true))? > 0 {
            self.cancel.check()?;
        }
        self.writer.write(end, None)?;
        self.writer.end()
    }

    fn fail(&mut self, error: Error) {
        self.writer.give_up(error);
    }

    fn is_slow(&self) -> bool {
        true
    }
}
