//! Exports: packed batches in, bytes out.
//!
//! An export is one admitted job. Its batches ride on it: each is formatted by whichever worker is free, and
//! the assembly puts them back in order for the destination.

use std::path::PathBuf;
use std::sync::Arc;

use napi::bindgen_prelude::{Array, Buffer, Either, Int8ArraySlice, Uint8ArraySlice, Utf16String};
use napi_derive::napi;

use super::bridge::{Ask, Bridge};
use super::csv_batch::{Packed, Spare, header, read_batch, read_columns};
use super::csv_sink::{Riders, Sink, Target};
use super::csv_style::StyleArgument;
use super::value::Failure;
use crate::csv::{Assembly, Batch, Compression, Style, Treatment, format};
use crate::error::Result;
use crate::pool::{Cx, Handle, Step};

/// What the packer is asked to keep a batch under, and what an export holds in the byte budget for each of
/// the batches that may be under way.
const BATCH_BYTES: u64 = 1 << 20;

/// An export that is open.
pub(super) struct Export {
    handle: Handle,
    assembly: Arc<Assembly>,
    style: Arc<Style>,
    spare: Arc<Spare>,
    batches: u64,
}

#[napi(object, object_to_js = false)]
pub struct ExportArgument {
    /// `buffer`, `stream` or `file`.
    pub destination: String,
    pub path: Option<String>,
    pub style: StyleArgument,
    /// `none`, `gzip` or `zstd`.
    pub compress_kind: Option<String>,
    pub compress_level: Option<u32>,
    pub verify: Option<bool>,
    /// How large a Buffer may be.
    pub max_bytes: Option<f64>,
}

/// Batches of an export that may be under way at once. Of those that are compressed several go into one piece of work,
/// and it takes several times as long: with fewer, workers wait for the loop.
fn window(threads: usize, compressed: bool) -> u32 {
    let batches = (2 * threads as u32 + 2).clamp(4, 16);
    if compressed { 3 * batches } else { batches }
}

#[napi]
impl Bridge {
    /// How many batches of an export may be under way at once.
    #[napi]
    pub fn export_window(&self, compressed: bool) -> u32 {
        window(self.environment.process.pool.threads(), compressed)
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
    #[allow(clippy::too_many_arguments, reason = "an object of them costs more than the batch's cells")]
    pub fn push_batch(
        &self,
        id: u32,
        rows: u32,
        first: f64,
        capacity: u32,
        memory: Uint8ArraySlice<'_>,
        texts: Array<'_>,
        wide: Uint8ArraySlice<'_>,
    ) -> napi::Result<()> {
        let mut exports = self.exports.borrow_mut();
        let Some(export) = exports.get_mut(&id) else { return Ok(()) };
        let packed = Packed { rows, first, capacity, memory: &memory, texts: &texts, wide: &wide };
        let batch = read_batch(export.spare.take(), &packed)?;
        self.format(export, batch);
        Ok(())
    }

    /// The same, with columns that are typed arrays.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "as above")]
    pub fn push_columns(
        &self,
        id: u32,
        rows: u32,
        first: f64,
        capacity: u32,
        memory: Uint8ArraySlice<'_>,
        texts: Array<'_>,
        wide: Uint8ArraySlice<'_>,
        typed: Array<'_>,
        kinds: Int8ArraySlice<'_>,
    ) -> napi::Result<()> {
        let mut exports = self.exports.borrow_mut();
        let Some(export) = exports.get_mut(&id) else { return Ok(()) };
        let packed = Packed { rows, first, capacity, memory: &memory, texts: &texts, wide: &wide };
        let batch = read_columns(export.spare.take(), &packed, &typed, &kinds)?;
        self.format(export, batch);
        Ok(())
    }

    /// Keeps a style for small exports, and says under which number; or throws its failure's message, though what
    /// JavaScript has checked should not fail.
    #[napi]
    pub fn keep_style(&self, style: StyleArgument) -> napi::Result<u32> {
        let style = style.check().map_err(|error| napi::Error::from_reason(error.to_string()))?;
        let mut styles = self.styles.borrow_mut();
        let number = (0..=u32::MAX).find(|number| !styles.contains_key(number)).unwrap_or_default();
        styles.insert(number, style);
        Ok(number)
    }

    #[napi]
    pub fn drop_style(&self, number: u32) {
        self.styles.borrow_mut().remove(&number);
    }

    /// Formats what is all there is of a small export, here and now.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "as above")]
    pub fn format_now(
        &self,
        style: u32,
        names: Option<Vec<Utf16String>>,
        rows: u32,
        capacity: u32,
        memory: Uint8ArraySlice<'_>,
        texts: Array<'_>,
        wide: Uint8ArraySlice<'_>,
    ) -> napi::Result<Either<Buffer, Failure>> {
        let packed = Packed { rows, first: 0.0, capacity, memory: &memory, texts: &texts, wide: &wide };
        let batch = read_batch(self.spare.take(), &packed)?;
        let styles = self.styles.borrow();
        let style =
            styles.get(&style).ok_or_else(|| napi::Error::from_reason("a style was dropped too early"))?;
        let formatted = format_small(style, names, &batch);
        self.spare.give(batch);
        Ok(match formatted {
            Ok(bytes) => Either::A(bytes.into()),
            Err(error) => Either::B(Failure::from(&error)),
        })
    }

    /// The header row, as a batch of its own.
    #[napi]
    pub fn push_header(&self, id: u32, names: Vec<Utf16String>) {
        let mut exports = self.exports.borrow_mut();
        let Some(export) = exports.get_mut(&id) else { return };
        self.format(export, header(names));
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

fn format_small(style: &Style, names: Option<Vec<Utf16String>>, batch: &Batch) -> Result<Vec<u8>> {
    let mut bytes = style.bom().to_vec();
    if let Some(names) = names {
        format(&header(names), style, &mut bytes)?;
    }
    format(batch, style, &mut bytes)?;
    // A small Buffer is better off without the slack: it may live long.
    bytes.shrink_to_fit();
    Ok(bytes)
}

impl Bridge {
    /// Has a batch formatted, in its place.
    fn format(&self, export: &mut Export, mut batch: Batch) {
        let seq = export.batches;
        export.batches += 1;
        let assembly = Arc::clone(&export.assembly);
        let style = Arc::clone(&export.style);
        let spare = Arc::clone(&export.spare);
        let task = move |_: &mut Cx<'_>| {
            let mut draft = assembly.draft(seq);
            format(&batch, &style, draft.bytes())?;
            let (rows, columns) = (u64::from(batch.rows), batch.columns.len());
            // A task is run once; what it is left with is empty.
            let empty = Batch { first_row: None, rows: 0, columns: Vec::new() };
            spare.give(std::mem::replace(&mut batch, empty));
            assembly.complete(draft, rows, columns)?;
            Ok(Step::Done(Box::new(|| {})))
        };
        self.environment.process.pool.ride(&export.handle, Box::new(task));
    }

    fn open(&self, ask: &Ask, options: ExportArgument) -> Result<Export> {
        let style = Arc::new(options.style.check()?);
        let pool = &self.environment.process.pool;
        let threads = pool.threads();
        let compression =
            Compression::new(options.compress_kind.as_deref().unwrap_or("none"), options.compress_level)?;
        let verify = options.verify.unwrap_or(false).then(|| style.read_back(compression)).transpose()?;
        let target = match options.destination.as_str() {
            // Beyond what a Buffer may be, or what a number says exactly, nothing is promised.
            "buffer" => Target::Buffer(options.max_bytes.map_or(usize::MAX, |most| most as usize)),
            "stream" => Target::Stream,
            _ => Target::File(PathBuf::from(options.path.unwrap_or_default())),
        };
        let input = u64::from(window(threads, compression != Compression::None)) * BATCH_BYTES
            + compression.working_bytes(threads);
        let mut admission = self.admit(ask.id, &ask.spec(input, 0))?;
        admission.begin();
        let handle = pool.handle(&admission);
        let treatment = Treatment {
            mark: style.bom(),
            compression,
            // Of what goes to a Buffer nobody asks for it.
            hash: !matches!(target, Target::Buffer(_)),
            cancel: admission.cancel_flag().clone(),
        };
        let sink = Sink::open(ask.id, &self.environment, admission, target, verify)?;
        let helpers = Arc::new(Riders::new(&self.environment, &handle));
        let assembly = Arc::new(Assembly::new(sink, &treatment, helpers)?);
        Ok(Export { handle, assembly, style, spare: Arc::default(), batches: 0 })
    }
}
