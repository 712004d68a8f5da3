//! Finished batches, back in order.
//!
//! Batches are formatted in parallel and finish in any order. No worker waits for another: whoever
//! delivers a batch leaves it here, and whoever finds that the next one is there takes it out, writes it
//! outside the lock, and goes on while the next is there too.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::dialect::Dialect;
use crate::error::{Error, Result};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Where the bytes go. Called by one thread at a time, in order; `finish` or `fail` is the last call.
pub trait Output: Send {
    /// Takes the bytes of one batch and the number of rows in it. An error ends the export: it comes back
    /// through [`Self::fail`].
    fn write(&mut self, chunk: Vec<u8>, rows: u64) -> Result<()>;
    /// Every batch was written.
    fn finish(&mut self, summary: Summary);
    /// Nothing more will come.
    fn fail(&mut self, error: Error);
}

/// What an export wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Rows as counted by the batches, a header among them if it was sent as a row.
    pub rows: u64,
    /// Bytes, a byte order mark included.
    pub bytes: u64,
    /// SHA-256 of those bytes.
    pub sha256: [u8; 32],
}

/// Puts the batches of one export in order, hashes and counts them.
///
/// ```
/// use offloop::csv::{Assembly, Dialect, Output, Summary};
///
/// struct Print(Vec<u8>);
/// impl Output for Print {
///     fn write(&mut self, chunk: Vec<u8>, _rows: u64) -> offloop::Result<()> {
///         self.0.extend_from_slice(&chunk);
///         Ok(())
///     }
///     fn finish(&mut self, summary: Summary) {
///         assert_eq!((self.0.as_slice(), summary.rows), (b"a\nb\n".as_slice(), 2));
///     }
///     fn fail(&mut self, error: offloop::Error) {
///         unreachable!("{error}");
///     }
/// }
/// let assembly = Assembly::new(Print(Vec::new()), &Dialect::default());
/// assembly.complete(1, 1, b"b\n".to_vec())?;
/// assembly.complete(0, 1, b"a\n".to_vec())?;
/// assembly.finish(2);
/// # Ok::<(), offloop::Error>(())
/// ```
#[derive(Debug)]
pub struct Assembly<O: Output> {
    state: Mutex<State<O>>,
}

#[derive(Debug)]
struct State<O> {
    /// The batch to write next.
    next: u64,
    /// Finished batches that are not written yet. The sender bounds how many there are.
    ready: BTreeMap<u64, Finished>,
    total: Option<u64>,
    error: Option<Error>,
    /// `finish` or `fail` was called or is about to be.
    ended: bool,
    /// Taken out by the one who writes.
    writer: Option<Box<Writer<O>>>,
}

#[derive(Debug)]
struct Finished {
    rows: u64,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Writer<O> {
    output: O,
    hash: Sha256,
    rows: u64,
    bytes: u64,
    bom: bool,
}

/// What the writer found to do.
enum Work {
    Write(Finished),
    Finish,
    Fail(Error),
}

impl<O: Output> Assembly<O> {
    /// An assembly that has written nothing. Of the dialect only the byte order mark matters here: it goes
    /// before the first batch, whoever formats that.
    pub fn new(output: O, dialect: &Dialect) -> Self {
        let writer = Writer { output, hash: Sha256::new(), rows: 0, bytes: 0, bom: dialect.bom() };
        Self {
            state: Mutex::new(State {
                next: 0,
                ready: BTreeMap::new(),
                total: None,
                error: None,
                ended: false,
                writer: Some(Box::new(writer)),
            }),
        }
    }

    /// Delivers batch number `seq`, counted from 0, and writes what is next in order unless another thread
    /// is doing so. Once the export has failed, the batch is dropped.
    ///
    /// # Errors
    /// `Internal`, which also fails the export, for a batch delivered twice or one past the last.
    pub fn complete(&self, seq: u64, rows: u64, bytes: Vec<u8>) -> Result<()> {
        let mut state = self.lock();
        if state.error.is_some() {
            return Ok(());
        }
        let beyond = state.total.is_some_and(|total| seq >= total);
        if beyond || seq < state.next || state.ready.contains_key(&seq) {
            drop(state);
            let error = Error::internal(format!("batch {seq} of an export came twice or past the end"));
            self.fail(error.clone());
            return Err(error);
        }
        state.ready.insert(seq, Finished { rows, bytes });
        drop(state);
        self.advance();
        Ok(())
    }

    /// No more batches than these. Once the last is written, the output is told, here or by whoever
    /// writes it.
    pub fn finish(&self, total_batches: u64) {
        let mut state = self.lock();
        let last = state.ready.last_key_value().map_or(state.next, |(&seq, _)| seq + 1);
        if total_batches < last || state.total.is_some_and(|total| total != total_batches) {
            drop(state);
            self.fail(Error::internal(format!("an export of {total_batches} batches has {last}")));
            return;
        }
        state.total = Some(total_batches);
        drop(state);
        self.advance();
    }

    /// Ends the export with an error, of which the output hears once, unless it has ended.
    pub fn fail(&self, error: Error) {
        let mut state = self.lock();
        if state.ended || state.error.is_some() {
            return;
        }
        state.error = Some(error);
        let dropped = std::mem::take(&mut state.ready);
        drop(state);
        drop(dropped); // megabytes to free: not under the lock
        self.advance();
    }

    fn advance(&self) {
        loop {
            // In a block of its own: the lock must be free again before anything is written.
            let (work, writer) = {
                let mut state = self.lock();
                let Some(work) = state.work() else { return };
                (work, state.writer.take())
            };
            // Back on the way out, a panic of the output's included: the next failure then reaches it.
            let mut turn = Turn { assembly: self, writer };
            let Some(writer) = turn.writer.as_mut() else { return };
            match work {
                Work::Write(batch) => {
                    if let Err(error) = writer.write(batch) {
                        drop(turn);
                        self.fail(error);
                        return;
                    }
                }
                Work::Finish => {
                    let summary = writer.summary();
                    return writer.output.finish(summary);
                }
                Work::Fail(error) => return writer.output.fail(error),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<O>> {
        // Nothing that can panic runs under the lock, so a poisoned state is still a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O> State<O> {
    /// What there is to do, if nobody is at it.
    fn work(&mut self) -> Option<Work> {
        if self.writer.is_none() || self.ended {
            return None;
        }
        if let Some(error) = &self.error {
            self.ended = true;
            return Some(Work::Fail(error.clone()));
        }
        if let Some(batch) = self.ready.remove(&self.next) {
            self.next += 1;
            return Some(Work::Write(batch));
        }
        if self.total == Some(self.next) {
            self.ended = true;
            return Some(Work::Finish);
        }
        None
    }
}

struct Turn<'a, O: Output> {
    assembly: &'a Assembly<O>,
    writer: Option<Box<Writer<O>>>,
}

impl<O: Output> Drop for Turn<'_, O> {
    fn drop(&mut self) {
        self.assembly.lock().writer = self.writer.take();
    }
}

impl<O: Output> Writer<O> {
    fn write(&mut self, batch: Finished) -> Result<()> {
        let Finished { rows, mut bytes } = batch;
        if std::mem::take(&mut self.bom) {
            bytes.splice(0..0, BOM.iter().copied());
        }
        self.hash.update(&bytes);
        self.rows += rows;
        self.bytes += bytes.len() as u64;
        self.output.write(bytes, rows)
    }

    fn summary(&self) -> Summary {
        Summary { rows: self.rows, bytes: self.bytes, sha256: self.hash.clone().finalize().into() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use proptest::prelude::*;

    use super::*;
    use crate::Code;

    #[derive(Debug, Default)]
    struct Seen {
        bytes: Vec<u8>,
        writes: usize,
        summaries: Vec<Summary>,
        errors: Vec<Code>,
    }

    /// Keeps what it is given; refuses or panics at one write if told to.
    #[derive(Clone, Default)]
    struct Record {
        seen: Arc<Mutex<Seen>>,
        busy: Arc<AtomicBool>,
        refuse_at: Option<usize>,
        panic_at: Option<usize>,
    }

    impl Record {
        fn seen(&self) -> MutexGuard<'_, Seen> {
            self.seen.lock().unwrap()
        }
    }

    impl Output for Record {
        fn write(&mut self, chunk: Vec<u8>, _rows: u64) -> Result<()> {
            assert!(!self.busy.swap(true, Ordering::SeqCst), "two writers at once");
            let writes = {
                let mut seen = self.seen();
                assert!(seen.summaries.is_empty() && seen.errors.is_empty(), "written after the end");
                seen.bytes.extend_from_slice(&chunk);
                seen.writes += 1;
                seen.writes
            };
            std::thread::yield_now();
            self.busy.store(false, Ordering::SeqCst);
            assert!(self.panic_at != Some(writes), "asked to");
            if self.refuse_at == Some(writes) { Err(Error::new(Code::Io, "full")) } else { Ok(()) }
        }

        fn finish(&mut self, summary: Summary) {
            self.seen().summaries.push(summary);
        }

        fn fail(&mut self, error: Error) {
            self.seen().errors.push(error.code());
        }
    }

    fn assembly(record: &Record) -> Assembly<Record> {
        Assembly::new(record.clone(), &Dialect::default())
    }

    fn chunk(seq: u64) -> Vec<u8> {
        format!("batch {seq}\n").into_bytes()
    }

    fn whole(total: u64) -> Vec<u8> {
        (0..total).flat_map(chunk).collect()
    }

    #[test]
    fn an_empty_export_finishes_with_the_hash_of_nothing() {
        let record = Record::default();
        let dialect = Dialect::new(',', crate::csv::LineEnding::Lf, true).unwrap();
        Assembly::new(record.clone(), &dialect).finish(0);
        let sha256: [u8; 32] = Sha256::digest(b"").into();
        assert_eq!(record.seen().summaries, [Summary { rows: 0, bytes: 0, sha256 }]);
        assert_eq!(record.seen().writes, 0);
    }

    #[test]
    fn the_mark_goes_before_the_first_batch_only() {
        let record = Record::default();
        let assembly =
            Assembly::new(record.clone(), &Dialect::new(',', crate::csv::LineEnding::Lf, true).unwrap());
        assembly.complete(1, 1, b"b".to_vec()).unwrap();
        assembly.complete(0, 1, b"a".to_vec()).unwrap();
        assembly.finish(2);
        let sha256: [u8; 32] = Sha256::digest(b"\xef\xbb\xbfab").into();
        assert_eq!(record.seen().bytes, b"\xef\xbb\xbfab");
        assert_eq!(record.seen().summaries, [Summary { rows: 2, bytes: 5, sha256 }]);
    }

    #[test]
    fn a_refused_write_fails_once_and_drops_the_rest() {
        let record = Record { refuse_at: Some(2), ..Record::default() };
        let assembly = assembly(&record);
        for seq in [3, 2, 1, 0, 4, 5] {
            assembly.complete(seq, 1, chunk(seq)).unwrap();
        }
        assembly.finish(6);
        assembly.fail(Error::cancelled());
        assert_eq!(record.seen().errors, [Code::Io]);
        assert_eq!(record.seen().bytes, whole(2));
        assert!(record.seen().summaries.is_empty());
        assert!(assembly.lock().ready.is_empty());
    }

    #[test]
    fn a_failure_after_the_end_is_not_heard() {
        let record = Record::default();
        let assembly = assembly(&record);
        assembly.finish(0);
        assembly.fail(Error::deadline());
        assert_eq!(record.seen().summaries.len(), 1);
        assert!(record.seen().errors.is_empty());
    }

    #[test]
    fn what_comes_twice_or_past_the_end_is_a_bug_of_ours() {
        for bad in [0, 1, 3] {
            let record = Record::default();
            let assembly = assembly(&record);
            assembly.complete(0, 1, chunk(0)).unwrap();
            assembly.complete(1, 1, chunk(1)).unwrap();
            assembly.finish(3);
            assert_eq!(assembly.complete(bad, 1, chunk(bad)).unwrap_err().code(), Code::Internal);
            assert_eq!(record.seen().errors, [Code::Internal]);
        }
        let record = Record::default();
        let assembly = assembly(&record);
        assembly.complete(2, 1, chunk(2)).unwrap();
        assembly.finish(2);
        assert_eq!(record.seen().errors, [Code::Internal]);
    }

    #[test]
    fn an_output_that_panics_still_hears_of_the_failure() {
        let record = Record { panic_at: Some(1), ..Record::default() };
        let assembly = assembly(&record);
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| assembly.complete(0, 1, chunk(0))));
        assert!(panicked.is_err());
        assembly.fail(Error::internal("a panic"));
        assert_eq!(record.seen().errors, [Code::Internal]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_order_from_any_threads_comes_out_in_order(order in Just((0_u64..60).collect::<Vec<_>>()).prop_shuffle(),
                                                        threads in 1_usize..6, finish_at in 0_usize..61) {
            let record = Record::default();
            let assembly = assembly(&record);
            let (early, late) = order.split_at(finish_at.min(order.len()));
            deliver(&assembly, early, threads);
            assembly.finish(60);
            deliver(&assembly, late, threads);
            let seen = record.seen();
            prop_assert_eq!(&seen.bytes, &whole(60));
            prop_assert_eq!(seen.summaries.len(), 1);
            prop_assert_eq!(seen.summaries[0].rows, 120);
            let sha256: [u8; 32] = Sha256::digest(whole(60)).into();
            prop_assert_eq!(seen.summaries[0].sha256, sha256);
        }

        #[test]
        fn failing_among_them_ends_with_a_prefix(order in Just((0_u64..40).collect::<Vec<_>>()).prop_shuffle(),
                                                 fail_at in 0_usize..40) {
            let record = Record::default();
            let assembly = assembly(&record);
            std::thread::scope(|scope| {
                scope.spawn(|| deliver(&assembly, &order, 3));
                scope.spawn(|| {
                    for _ in 0..fail_at {
                        std::thread::yield_now();
                    }
                    assembly.fail(Error::deadline());
                });
            });
            assembly.finish(40);
            let seen = record.seen();
            prop_assert_eq!(seen.errors.as_slice(), &[Code::Deadline]);
            prop_assert!(seen.summaries.is_empty());
            prop_assert!(whole(40).starts_with(&seen.bytes));
        }
    }

    fn deliver(assembly: &Assembly<Record>, order: &[u64], threads: usize) {
        std::thread::scope(|scope| {
            for part in order.chunks(order.len().div_ceil(threads).max(1)) {
                scope.spawn(move || {
                    for &seq in part {
                        assembly.complete(seq, 2, chunk(seq)).unwrap();
                    }
                });
            }
        });
    }
}
