//! Where the bytes of an export to JavaScript go: into one Buffer, to a stream, or to a file.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::Buffer;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::environment::Environment;
use super::value::{BatchOutcome, ExportOutcome, Value};
use crate::csv::file::{FileMessage, write_file};
use crate::csv::{Check, Chunk, Collected, Helpers, Output, Part, ReadBack, Summary};
use crate::error::{Error, Result};
use crate::pool::{Admission, Cancel, Cx, Handle, Step, caught};

/// The job's standing, shared by whoever may end it: the last batch, or the file's writer.
pub(super) type Standing = Arc<Mutex<Option<(Admission, Option<Summary>)>>>;

/// See the module's documentation.
pub(super) struct Sink {
    teller: Teller,
    standing: Standing,
    to: Destination,
    /// Reads what is handed over. What is in a file is read by its writer.
    check: Option<Check>,
}

enum Destination {
    /// Kept, for one Buffer at the end.
    Buffer(Collected),
    /// Handed over as they come, but for those between two batches.
    Stream(Vec<u8>),
    /// Written by the I/O thread, and read again by it.
    File(UnboundedSender<FileMessage>, Option<ReadBack>),
}

/// Tells JavaScript of batches.
struct Teller {
    id: u32,
    environment: Arc<Environment>,
    /// Bytes that no batch was told of yet.
    untold: u64,
}

impl Teller {
    fn tell(&mut self, rows: u64, chunk: Option<Vec<u8>>) {
        let bytes = std::mem::take(&mut self.untold) as f64;
        let batch = BatchOutcome { rows: rows as f64, bytes, chunk: chunk.map(Buffer::from) };
        self.environment.tell(self.id, Value::Batch(batch));
    }
}

/// What an export is asked for.
pub(super) enum Target {
    /// One Buffer of at most so many bytes.
    Buffer(usize),
    Stream,
    File(PathBuf),
}

impl Sink {
    /// Opens the destination. `verify`: how to read back what is written, if it is to be.
    pub(super) fn open(
        id: u32,
        environment: &Arc<Environment>,
        admission: Admission,
        target: Target,
        verify: Option<ReadBack>,
    ) -> Result<Self> {
        let cancel = admission.cancel_flag().clone();
        let standing: Standing = Arc::new(Mutex::new(Some((admission, None))));
        let (to, check) = match target {
            Target::Buffer(most) => (Destination::Buffer(Collected::new(most)), verify),
            Target::Stream => (Destination::Stream(Vec::new()), verify),
            Target::File(path) => {
                let writer = open_file(id, environment, &standing, cancel.clone(), path)?;
                (Destination::File(writer, verify), None)
            }
        };
        let teller = Teller { id, environment: Arc::clone(environment), untold: 0 };
        Ok(Self { teller, standing, to, check: check.map(|check| check.begin(cancel)) })
    }
}

/// Has the I/O thread write a file, and end the job when it is done.
fn open_file(
    id: u32,
    environment: &Arc<Environment>,
    standing: &Standing,
    cancel: Cancel,
    path: PathBuf,
) -> Result<UnboundedSender<FileMessage>> {
    let (writer, messages) = unbounded_channel();
    let environment = Arc::clone(environment);
    let standing = Arc::clone(standing);
    let process = Arc::clone(&environment.process);
    process.pool.on_io(Box::pin(async move {
        let mut teller = Teller { id, environment: Arc::clone(&environment), untold: 0 };
        let written = move |rows: u64, bytes: u64| {
            teller.untold = bytes;
            teller.tell(rows, None);
        };
        let outcome = caught(write_file(path, messages, cancel, written)).await;
        let summary = standing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .and_then(|(_, summary)| *summary);
        match (outcome, summary) {
            (Ok(()), Some(summary)) => complete(&standing, &environment, id, summary, None),
            (outcome, _) => {
                let error = outcome.err().unwrap_or_else(|| Error::internal("no summary"));
                if let Some((admission, _)) = take(&standing) {
                    admission.fail(error);
                }
            }
        }
    }))?;
    Ok(writer)
}

fn take(standing: &Standing) -> Option<(Admission, Option<Summary>)> {
    standing.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn complete(
    standing: &Standing,
    environment: &Arc<Environment>,
    id: u32,
    summary: Summary,
    data: Option<Vec<u8>>,
) {
    let Some((admission, _)) = take(standing) else { return };
    let outcome = ExportOutcome {
        rows: summary.rows as f64,
        bytes: summary.bytes as f64,
        sha256: summary.sha256.as_ref().map(|hash| hex(hash)),
        data: data.map(Buffer::from),
    };
    admission.complete(|| environment.settle(id, Ok(Value::Export(outcome))));
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}

impl Output for Sink {
    fn write(&mut self, chunk: Chunk, rows: Option<u64>) -> Result<()> {
        let Self { teller, to, check, .. } = self;
        teller.untold += chunk.len() as u64;
        match to {
            Destination::Buffer(collected) => {
                let collected = collected.append(&chunk)?;
                if let Some(check) = check {
                    check.push(collected)?;
                }
                if let Some(rows) = rows {
                    teller.tell(rows, None);
                }
            }
            Destination::Stream(held) => {
                if let Some(check) = check {
                    check.push(&chunk)?;
                }
                match rows {
                    // A batch is told of once, and JavaScript counts how often it is told.
                    None => held.extend_from_slice(&chunk),
                    Some(rows) if held.is_empty() => {
                        let chunk = chunk.into_vec();
                        teller.tell(rows, (!chunk.is_empty()).then_some(chunk));
                    }
                    Some(rows) => {
                        held.extend_from_slice(&chunk);
                        teller.tell(rows, Some(std::mem::take(held)));
                    }
                }
            }
            Destination::File(writer, _) => writer
                .send(FileMessage::Chunk { bytes: chunk, rows })
                // The writer has failed, and has said so.
                .map_err(|_| Error::cancelled())?,
        }
        Ok(())
    }

    fn finish(&mut self, summary: Summary) -> Result<()> {
        let Self { teller, standing, to, check } = self;
        if let Some(check) = check.take() {
            check.finish(summary.rows, summary.columns)?;
        }
        match to {
            Destination::Buffer(collected) => {
                let data = std::mem::replace(collected, Collected::new(0)).into_vec();
                complete(standing, &teller.environment, teller.id, summary, Some(data));
            }
            Destination::Stream(held) => {
                if !held.is_empty() {
                    // The end of a compressed stream. It is no batch's, but nobody counts them any more.
                    teller.tell(0, Some(std::mem::take(held)));
                }
                complete(standing, &teller.environment, teller.id, summary, None);
            }
            Destination::File(writer, read_back) => {
                if let Some((_, last)) = &mut *standing.lock().unwrap_or_else(PoisonError::into_inner) {
                    *last = Some(summary);
                }
                let verify = read_back.map(|read_back| (read_back, summary));
                drop(writer.send(FileMessage::Finish { verify }));
            }
        }
        Ok(())
    }

    fn fail(&mut self, error: Error) {
        if let Some((admission, _)) = take(&self.standing) {
            admission.fail(error);
        }
    }
}

/// The pool's workers, for one export.
pub(super) struct Riders {
    environment: Arc<Environment>,
    handle: Handle,
}

impl Riders {
    pub(super) fn new(environment: &Arc<Environment>, handle: &Handle) -> Self {
        Self { environment: Arc::clone(environment), handle: handle.clone() }
    }
}

impl Helpers for Riders {
    fn help(&self, part: Part) {
        let mut part = Some(part);
        let task = move |_: &mut Cx<'_>| {
            if let Some(part) = part.take() {
                part()?;
            }
            Ok(Step::Done(Box::new(|| {})))
        };
        self.environment.process.pool.ride(&self.handle, Box::new(task));
    }
}
