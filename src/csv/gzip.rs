//! gzip (RFC 1952) on all workers: one member, whose blocks are compressed side by side.
//!
//! Formatted batches are put in order first, which is cheap, and collected until they are worth a block's table of codes.
//! What is collected is cut into pieces, and each is compressed by whichever worker is free: with the 32 KiB before it
//! as its dictionary, so that cutting costs next to nothing, and a sync flush at its end, so that the pieces can follow
//! each other. Their checksums are combined in order. (pigz does it so. Members one after the other would be simpler,
//! but some readers stop after the first.)
//!
//! **What is when written.** Whoever sends batches waits when too many of them are under way, and learns from
//! [`Output::write`] that one is not any more. A batch that completes a block is under way until the block is written.
//! One that does not is news as soon as everything before it is written, though its bytes are still here: it has to
//! be, or a sender of small batches would wait for a block that cannot be completed without it. So what is held is
//! bounded by the batches under way and one block.

use std::sync::{Arc, Mutex, PoisonError};

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

use super::buffers::{Buffers, Chunk};
use super::deflate;
use super::order::{Helpers, Order, Stage};
use super::output::{Formatted, Output, Rows, Writer};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// How far back a match may reach.
const WINDOW: usize = 32 * 1024;
/// Less is collected further. Pieces are at least as large, and less than twice.
const PIECE: usize = 128 * 1024;
/// Input between two looks at the cancel flag: some milliseconds at the slowest level.
const STRIDE: usize = 32 * 1024;
/// An empty last block, with fixed codes.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// What a compressor's state takes, and what it writes into.
pub(super) const WORKING_BYTES: u64 = 512 * 1024;

/// Collects batches and has them compressed.
pub(super) struct Collector<O: Output> {
    jobs: Arc<Jobs<O>>,
    helpers: Arc<dyn Helpers>,
    /// The number of the next part of the output.
    next: u64,
    /// What is not compressed yet. Its memory is a batch's, in front of whose bytes there is room for the window.
    pending: Option<Chunk>,
    /// The last 32 KiB before that.
    window: Vec<u8>,
    begun: bool,
}

/// What compressing a piece needs.
struct Jobs<O: Output> {
    level: u32,
    written: Arc<Order<Joined<O>>>,
    spare: Mutex<Vec<Deflater>>,
    buffers: Buffers,
    cancel: Cancel,
}

/// A piece of the output.
struct Part {
    bytes: Chunk,
    /// Of what was compressed.
    crc: Hasher,
    length: usize,
    rows: Option<Rows>,
    last: bool,
}

/// What a batch's bytes must begin with: the window is put there, so that it lies before them without the batch being
/// moved.
pub(super) fn reserve(bytes: &mut Vec<u8>) {
    bytes.resize(WINDOW, 0);
}

impl Part {
    /// One that nothing was compressed for.
    fn of(bytes: Chunk, rows: Option<Rows>, last: bool) -> Self {
        Self { bytes, crc: Hasher::new(), length: 0, rows, last }
    }
}

impl<O: Output + 'static> Collector<O> {
    pub(super) fn new(writer: Writer<O>, level: u32, helpers: &Arc<dyn Helpers>, cancel: Cancel) -> Self {
        let written = Order::new(Joined { writer, crc: Hasher::new(), length: 0 }, Arc::clone(helpers));
        let jobs = Jobs { level, written, spare: Mutex::default(), buffers: Buffers::default(), cancel };
        Self {
            jobs: Arc::new(jobs),
            helpers: Arc::clone(helpers),
            next: 0,
            pending: None,
            window: Vec::with_capacity(WINDOW),
            begun: false,
        }
    }

    /// The number of the next part.
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Has what is pending compressed. `rows`: of the batch that is written with it.
    fn compress(&mut self, rows: Option<Rows>) {
        let Some(mut block) = self.pending.take() else { return };
        let first = WINDOW - self.window.len();
        block.bytes()[first..WINDOW].copy_from_slice(&self.window);
        self.window.clear();
        self.window.extend_from_slice(&block[first.max(block.len() - WINDOW)..]);

        let length = block.len() - WINDOW;
        let pieces = (length / PIECE).max(1);
        let block = Arc::new(block);
        for piece in 0..pieces {
            let from = WINDOW + length * piece / pieces;
            let to = WINDOW + length * (piece + 1) / pieces;
            let known = first.max(from - WINDOW);
            let rows = if piece + 1 == pieces { rows } else { None };
            let head = !std::mem::replace(&mut self.begun, true);
            let number = self.number();
            let (jobs, block) = (Arc::clone(&self.jobs), Arc::clone(&block));
            self.helpers.help(Box::new(move || {
                let done = jobs.compress(&block[known..to], from - known, head);
                drop(block);
                match done {
                    Ok((bytes, crc)) => {
                        let length = to - from;
                        jobs.written.complete(number, Part { bytes, crc, length, rows, last: false })
                    }
                    Err(error) => {
                        jobs.written.fail(error.clone());
                        Err(error)
                    }
                }
            }));
        }
    }
}

impl<O: Output + 'static> Stage for Collector<O> {
    type Item = Formatted;

    fn take(&mut self, batch: Formatted) -> Result<()> {
        let Formatted { bytes, rows } = batch;
        if bytes.len() < WINDOW {
            return Err(Error::internal("a batch without room for the window before it"));
        }
        match &mut self.pending {
            Some(pending) => pending.bytes().extend_from_slice(&bytes[WINDOW..]),
            None => self.pending = Some(bytes),
        }
        if self.pending.as_ref().is_some_and(|pending| pending.len() >= WINDOW + PIECE) {
            self.compress(Some(rows));
            return Ok(());
        }
        let number = self.number();
        self.jobs.written.complete(number, Part::of(Chunk::default(), Some(rows), false))
    }

    fn finish(&mut self) -> Result<()> {
        self.compress(None);
        let mut end = Vec::with_capacity(32);
        if !self.begun {
            end.extend_from_slice(&head(self.jobs.level));
        }
        end.extend_from_slice(&LAST_BLOCK);
        let number = self.number();
        self.jobs.written.complete(number, Part::of(end.into(), None, true))?;
        self.jobs.written.finish(self.next);
        Ok(())
    }

    fn fail(&mut self, error: Error) {
        self.pending = None;
        self.jobs.written.fail(error);
    }
}

/// No name, no time (the same rows give the same bytes), an unknown system.
fn head(level: u32) -> [u8; 10] {
    let effort = match level {
        9 => 2,
        1 => 4,
        _ => 0,
    };
    [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, effort, 255]
}

impl<O: Output> Jobs<O> {
    /// Compresses what follows `from`, to which what comes before is known to the reader.
    fn compress(&self, data: &[u8], from: usize, begins: bool) -> Result<(Chunk, Hasher)> {
        let mut out = self.buffers.chunk();
        if begins {
            out.bytes().extend_from_slice(&head(self.level));
        }
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut deflater = spare.unwrap_or_else(|| Deflater::new(self.level));
        deflater.deflate(data, from, &self.cancel, out.bytes())?;
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(deflater);
        let mut crc = Hasher::new();
        crc.update(&data[from..]);
        Ok((out, crc))
    }
}

/// Compressors, used again for one piece after another: our own where it is as good, a general one elsewhere.
struct Deflater {
    own: deflate::Deflater,
    general: Compress,
    level: u32,
}

/// From here on size matters more than time.
const OWN_BELOW: u32 = 7;
/// The general encoder's highest level comes out larger than the one below it (measured on mixed columns: 7 %).
const BEST: u32 = 8;

impl Deflater {
    fn new(level: u32) -> Self {
        Self {
            own: deflate::Deflater::new(),
            general: Compress::new(Compression::new(level.min(BEST)), false),
            level,
        }
    }

    /// Appends `data` from `from` on as blocks of which none is the last of the stream and which end with a whole byte.
    fn deflate(&mut self, data: &[u8], from: usize, cancel: &Cancel, out: &mut Vec<u8>) -> Result<()> {
        cancel.check()?;
        if (1..OWN_BELOW).contains(&self.level) && self.own.deflate(data, from, true, out) {
            return Ok(());
        }
        let failed = |error: flate2::CompressError| Error::internal(format!("gzip: {error}"));
        self.general.reset();
        if from > 0 {
            self.general.set_dictionary(&data[..from]).map_err(failed)?;
        }
        // Twice what CSV usually comes to.
        out.reserve((data.len() - from) / 2 + 64);
        let (mut at, mut end) = (from, from);
        loop {
            if at == end {
                cancel.check()?;
                end = data.len().min(at + STRIDE);
            }
            let flush = if end == data.len() { FlushCompress::Sync } else { FlushCompress::None };
            let before = self.general.total_in();
            self.general.compress_vec(&data[at..end], out, flush).map_err(failed)?;
            at += (self.general.total_in() - before) as usize;
            // With room left, everything was put out.
            if out.len() == out.capacity() {
                out.reserve(STRIDE);
            } else if at == data.len() {
                return Ok(());
            }
        }
    }
}

/// The pieces, one after the other.
struct Joined<O> {
    writer: Writer<O>,
    crc: Hasher,
    /// Of what was compressed, as far as gzip counts.
    length: u32,
}

impl<O: Output> Stage for Joined<O> {
    type Item = Part;

    fn take(&mut self, mut part: Part) -> Result<()> {
        self.crc.combine(&part.crc);
        self.length = self.length.wrapping_add(part.length as u32);
        if part.last {
            let crc = self.crc.clone().finalize();
            let length = self.length;
            part.bytes.bytes().extend(crc.to_le_bytes().into_iter().chain(length.to_le_bytes()));
        }
        self.writer.write(part.bytes, part.rows)
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.end()
    }

    fn fail(&mut self, error: Error) {
        self.writer.give_up(error);
    }
}
