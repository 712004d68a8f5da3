//! Exports: packed batches in, bytes out.
//!
//! An export is one admitted job. Its batches ride on it: each is formatted by whichever worker is free, and
//! the assembly puts them back in order for the destination.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{
    Buffer, Float64ArraySlice, FromNapiValue, JsValue, Object, Uint8ArraySlice, Uint32ArraySlice,
    ValidateNapiValue,
};
use napi::{JsString, sys};
use napi_derive::napi;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::bridge::{Ask, Bridge};
use super::environment::Environment;
use super::value::{BatchOutcome, ExportOutcome, Failure, Value};
use crate::csv::file::{FileMessage, write_file};
use crate::csv::{Assembly, Batch, Column, Dialect, LineEnding, Output, Summary, Tag, Tags, Text, format};
use crate::error::{Code, Error, Result};
use crate::pool::{Admission, Cx, Handle, Step, caught};

/// What the packer is asked to keep a batch under, and what an export holds in the byte budget for each of
/// the batches that may be under way.
const BATCH_BYTES: u64 = 1 << 20;

/// The value of a packed column's `tag` when its cells have one each.
const PER_CELL: u32 = 255;

/// An export that is open.
pub(super) struct Export {
    handle: Handle,
    assembly: Arc<Assembly<Sink>>,
    dialect: Arc<Dialect>,
    batches: u64,
}

#[napi(object, object_to_js = false)]
pub struct ExportArgument {
    /// `buffer`, `stream` or `file`.
    pub destination: String,
    pub path: Option<String>,
    pub delimiter: String,
    pub line_ending: String,
    pub bom: bool,
}

/// The job's standing, shared by whoever may end it: the last batch, or the file's writer.
type Standing = Arc<Mutex<Option<(Admission, Option<Summary>)>>>;

/// Where an export's bytes go.
struct Sink {
    id: u32,
    environment: Arc<Environment>,
    standing: Standing,
    to: Destination,
}

enum Destination {
    /// Kept, for one Buffer at the end.
    Buffer(Vec<Vec<u8>>),
    /// Handed over as they come.
    Stream,
    /// Written by the I/O thread.
    File(UnboundedSender<FileMessage>),
}

impl Sink {
    fn tell(&self, rows: u64, bytes: u64, chunk: Option<Vec<u8>>) {
        let chunk = chunk.map(Buffer::from);
        let batch = BatchOutcome { rows: rows as f64, bytes: bytes as f64, chunk };
        self.environment.tell(self.id, Value::Batch(batch));
    }
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
        sha256: hex(&summary.sha256),
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
    fn write(&mut self, chunk: Vec<u8>, rows: u64) -> Result<()> {
        let bytes = chunk.len() as u64;
        match &mut self.to {
            Destination::Buffer(chunks) => {
                chunks.push(chunk);
                self.tell(rows, bytes, None);
            }
            Destination::Stream => self.tell(rows, bytes, Some(chunk)),
            Destination::File(writer) => writer
                .send(FileMessage::Chunk { bytes: chunk, rows })
                // The writer has failed, and has said so.
                .map_err(|_| Error::cancelled())?,
        }
        Ok(())
    }

    fn finish(&mut self, summary: Summary) {
        match &mut self.to {
            Destination::Buffer(chunks) => {
                let data = join(std::mem::take(chunks));
                complete(&self.standing, &self.environment, self.id, summary, Some(data));
            }
            Destination::Stream => complete(&self.standing, &self.environment, self.id, summary, None),
            Destination::File(writer) => {
                if let Some((_, last)) = &mut *self.standing.lock().unwrap_or_else(PoisonError::into_inner) {
                    *last = Some(summary);
                }
                drop(writer.send(FileMessage::Finish));
            }
        }
    }

    fn fail(&mut self, error: Error) {
        if let Some((admission, _)) = take(&self.standing) {
            admission.fail(error);
        }
    }
}

/// One piece, which a single chunk is already.
fn join(mut chunks: Vec<Vec<u8>>) -> Vec<u8> {
    if chunks.len() == 1
        && let Some(only) = chunks.pop()
    {
        return only;
    }
    chunks.concat()
}

/// Batches of an export that may be under way at once.
fn window(threads: usize) -> u32 {
    (2 * threads as u32 + 2).clamp(4, 16)
}

#[napi]
impl Bridge {
    /// How many batches of an export may be under way at once.
    #[napi]
    pub fn export_window(&self) -> u32 {
        window(self.environment.process.pool.threads())
    }

    #[napi]
    pub fn open_export(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        options: ExportArgument,
    ) -> Option<Failure> {
        match self.open(&Ask::new(id, lane, timeout_ms), options) {
            Ok(export) => {
                self.exports.borrow_mut().insert(id, export);
                None
            }
            Err(error) => Some(Failure::from(&error)),
        }
    }

    /// Formats a batch. Everything is copied before this returns. Ignored when the export has ended.
    #[napi]
    pub fn push_batch(&self, id: u32, rows: u32, columns: Vec<Object<'_>>) -> napi::Result<()> {
        let mut exports = self.exports.borrow_mut();
        let Some(export) = exports.get_mut(&id) else { return Ok(()) };
        let columns = columns.iter().map(read_column).collect::<napi::Result<Vec<_>>>()?;
        let batch = Batch { rows, columns };
        let seq = export.batches;
        export.batches += 1;
        let assembly = Arc::clone(&export.assembly);
        let dialect = Arc::clone(&export.dialect);
        let task = move |_: &mut Cx<'_>| {
            batch.validate()?;
            let mut bytes = Vec::new();
            format(&batch, &dialect, &mut bytes)?;
            assembly.complete(seq, u64::from(batch.rows), bytes)?;
            Ok(Step::Done(Box::new(|| {})))
        };
        self.environment.process.pool.ride(&export.handle, Box::new(task));
        Ok(())
    }

    /// No more batches.
    #[napi]
    pub fn finish_export(&self, id: u32) {
        let exports = self.exports.borrow();
        let Some(export) = exports.get(&id) else { return };
        let (assembly, total) = (Arc::clone(&export.assembly), export.batches);
        // The last batch may be written already, and then this is what ends the export: not on the loop.
        let task = move |_: &mut Cx<'_>| {
            assembly.finish(total);
            Ok(Step::Done(Box::new(|| {})))
        };
        self.environment.process.pool.ride(&export.handle, Box::new(task));
    }
}

impl Bridge {
    fn open(&self, ask: &Ask, options: ExportArgument) -> Result<Export> {
        let line_ending = if options.line_ending == "\n" { LineEnding::Lf } else { LineEnding::CrLf };
        let mut delimiter = options.delimiter.chars();
        let (Some(delimiter), None) = (delimiter.next(), delimiter.next()) else {
            return Err(Error::new(Code::InvalidArg, "delimiter must be one character"));
        };
        let dialect = Arc::new(Dialect::new(delimiter, line_ending, options.bom)?);
        let pool = &self.environment.process.pool;
        let spec = ask.spec(u64::from(window(pool.threads())) * BATCH_BYTES, 0);
        let id = ask.id;
        let mut admission = self.admit(id, &spec)?;
        admission.begin();
        let handle = pool.handle(&admission);
        let cancel = admission.cancel_flag().clone();
        let standing: Standing = Arc::new(Mutex::new(Some((admission, None))));
        let to = match options.destination.as_str() {
            "buffer" => Destination::Buffer(Vec::new()),
            "stream" => Destination::Stream,
            _ => {
                let path = PathBuf::from(options.path.unwrap_or_default());
                let (writer, messages) = unbounded_channel();
                let environment = Arc::clone(&self.environment);
                let standing = Arc::clone(&standing);
                pool.on_io(Box::pin(async move {
                    let teller = Arc::clone(&environment);
                    let written = move |rows: u64, bytes: u64| {
                        let batch = BatchOutcome { rows: rows as f64, bytes: bytes as f64, chunk: None };
                        teller.tell(id, Value::Batch(batch));
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
                Destination::File(writer)
            }
        };
        let sink = Sink { id, environment: Arc::clone(&self.environment), standing, to };
        Ok(Export { handle, assembly: Arc::new(Assembly::new(sink, &dialect)), dialect, batches: 0 })
    }
}

fn read_column(column: &Object<'_>) -> napi::Result<Column> {
    let tag: u32 = required(column, "tag")?;
    let tags = if tag == PER_CELL {
        Tags::PerCell(required::<Uint8ArraySlice<'_>>(column, "tags")?.to_vec())
    } else {
        let tag = u8::try_from(tag).ok().and_then(Tag::from_byte);
        Tags::Uniform(tag.ok_or_else(|| napi::Error::from_reason("a packed column's tag is not known"))?)
    };
    let numbers =
        column.get::<Float64ArraySlice<'_>>("numbers")?.map_or_else(Vec::new, |numbers| numbers.to_vec());
    let lengths =
        column.get::<Uint32ArraySlice<'_>>("lengths")?.map_or_else(Vec::new, |lengths| lengths.to_vec());
    let text: JsString<'_> = required(column, "text")?;
    let text =
        if required(column, "oneByte")? { Text::Latin1(latin1(&text)?) } else { Text::Utf16(utf16(&text)?) };
    Ok(Column { tags, numbers, lengths, text })
}

fn required<T: FromNapiValue + ValidateNapiValue>(column: &Object<'_>, name: &str) -> napi::Result<T> {
    column.get::<T>(name)?.ok_or_else(|| napi::Error::from_reason(format!("a packed column lacks {name}")))
}

/// A string's units, of which all are below U+0100, copied once. (napi-rs zeroes the memory first and then
/// copies a second time.)
fn latin1(text: &JsString<'_>) -> napi::Result<Vec<u8>> {
    let room = text.latin1_len()? + 1;
    let mut units = Vec::<u8>::with_capacity(room);
    let mut written = 0;
    let raw = text.value();
    // SAFETY: `raw` is a live string of this environment, whose thread this is. Node-API writes at most `room`
    // bytes, the last of them NUL, into memory of that capacity, and says in `written` how many come before
    // the NUL: those are initialised.
    unsafe {
        let status = sys::napi_get_value_string_latin1(
            raw.env,
            raw.value,
            units.as_mut_ptr().cast(),
            room,
            &raw mut written,
        );
        napi::check_status!(status)?;
        units.set_len(written.min(room));
    }
    Ok(units)
}

/// A string's UTF-16 units, copied once.
fn utf16(text: &JsString<'_>) -> napi::Result<Vec<u16>> {
    let room = text.utf16_len()? + 1;
    let mut units = Vec::<u16>::with_capacity(room);
    let mut written = 0;
    let raw = text.value();
    // SAFETY: as in `latin1`, with units of two bytes.
    unsafe {
        let status =
            sys::napi_get_value_string_utf16(raw.env, raw.value, units.as_mut_ptr(), room, &raw mut written);
        napi::check_status!(status)?;
        units.set_len(written.min(room));
    }
    Ok(units)
}
