//! An export's bytes, from batches formatted in any order to a destination.
//!
//! Batches are formatted in parallel and finish in any order. [`Assembly`] puts them back in order, has them compressed
//! if that is asked for, hashes and counts what comes out, and hands it to an [`Output`].

use std::fmt;
use std::sync::Arc;

use super::buffers::{Buffers, Chunk};
use super::compression::Compression;
use super::gzip::{self, Collector};
use super::order::{Helpers, Order, Stage};
use super::output::{Formatted, Output, Rows, Writer};
use super::zstandard::Frame;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// What is done to the bytes of one export.
#[derive(Clone, Debug, Default)]
pub struct Treatment {
    /// Written before the first batch, whoever formats that: the byte order mark in the export's encoding, or nothing.
    /// An output without a single row stays without it.
    pub mark: &'static [u8],
    /// How they are compressed.
    pub compression: Compression,
    /// Whether the output is hashed.
    pub hash: bool,
    /// Looked at while compressing.
    pub cancel: Cancel,
}

/// Puts the batches of one export together.
///
/// ```
/// use std::sync::Arc;
/// use offloop::csv::{Assembly, AtOnce, Chunk, Output, Summary, Treatment};
///
/// struct Print(Vec<u8>);
/// impl Output for Print {
///     fn write(&mut self, chunk: Chunk, _rows: Option<u64>) -> offloop::Result<()> {
///         self.0.extend_from_slice(&chunk);
///         Ok(())
///     }
///     fn finish(&mut self, summary: Summary) -> offloop::Result<()> {
///         assert_eq!((self.0.as_slice(), summary.rows), (b"a\nb\n".as_slice(), 2));
///         Ok(())
///     }
///     fn fail(&mut self, error: offloop::Error) {
///         unreachable!("{error}");
///     }
/// }
/// let assembly = Assembly::new(Print(Vec::new()), &Treatment::default(), Arc::new(AtOnce))?;
/// for (seq, text) in [(1, b"b\n"), (0, b"a\n")] {
///     let mut draft = assembly.draft(seq);
///     draft.bytes().extend_from_slice(text);
///     assembly.complete(draft, 1, 1)?;
/// }
/// assembly.finish(2);
/// # Ok::<(), offloop::Error>(())
/// ```
pub struct Assembly {
    batches: Arc<Order<Box<dyn Stage<Item = Formatted>>>>,
    buffers: Buffers,
    mark: &'static [u8],
    compression: Compression,
}

/// A batch's bytes while they are formatted.
#[derive(Debug)]
pub struct Draft {
    seq: u64,
    chunk: Chunk,
}

impl Draft {
    /// To append to: what is there already stays in front.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        self.chunk.bytes()
    }
}

impl Assembly {
    /// An assembly that has written nothing. Where compressing can be shared, `helpers` do it.
    ///
    /// # Errors
    /// `MemoryBudget` where the system has no memory for the compressor.
    pub fn new(
        output: impl Output + 'static,
        treatment: &Treatment,
        helpers: Arc<dyn Helpers>,
    ) -> Result<Self> {
        let Treatment { mark, compression, hash, ref cancel } = *treatment;
        let writer = Writer::new(output, hash);
        let stage: Box<dyn Stage<Item = Formatted>> = match compression {
            Compression::None => Box::new(writer),
            Compression::Gzip(level) => Box::new(Collector::new(writer, level, &helpers, cancel.clone())),
            Compression::Zstd(level) => Box::new(Frame::new(writer, level, cancel.clone())?),
        };
        Ok(Self { batches: Order::new(stage, helpers), buffers: Buffers::default(), mark, compression })
    }

    /// Where batch number `seq`, counted from 0, is to be formatted.
    pub fn draft(&self, seq: u64) -> Draft {
        let mut chunk = self.buffers.chunk();
        if let Compression::Gzip(_) = self.compression {
            gzip::reserve(chunk.bytes());
        }
        if seq == 0 {
            chunk.bytes().extend_from_slice(self.mark);
        }
        Draft { seq, chunk }
    }

    /// Delivers a batch of so many rows and columns, and writes what is next in order unless another thread is doing
    /// so. Once the export has failed, the batch is dropped.
    ///
    /// # Errors
    /// `Internal`, which also fails the export, for a batch delivered twice or one past the last.
    pub fn complete(&self, draft: Draft, rows: u64, columns: usize) -> Result<()> {
        let Draft { seq, chunk } = draft;
        self.batches.complete(seq, Formatted { bytes: chunk, rows: Rows { rows, columns } })
    }

    /// No more batches than these. Once the last is written, the output is told, here or by whoever writes it.
    pub fn finish(&self, total_batches: u64) {
        self.batches.finish(total_batches);
    }

    /// Ends the export with an error, of which the output hears once, unless it has ended.
    pub fn fail(&self, error: Error) {
        self.batches.fail(error);
    }
}

impl fmt::Debug for Assembly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembly").field("compression", &self.compression).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Condvar, Mutex, MutexGuard};

    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::super::order::{AtOnce, Part};
    use super::super::output::Summary;
    use super::*;
    use crate::Code;

    #[derive(Debug, Default)]
    struct Seen {
        bytes: Vec<u8>,
        writes: usize,
        news: usize,
        summaries: Vec<Summary>,
        errors: Vec<Code>,
    }

    /// Does parts on threads of their own, and can wait for all of them.
    #[derive(Default)]
    struct Crowd(Arc<(Mutex<usize>, Condvar)>);

    impl Crowd {
        fn wait(&self) {
            let mut busy = self.0.0.lock().unwrap();
            while *busy > 0 {
                busy = self.0.1.wait(busy).unwrap();
            }
        }
    }

    impl Helpers for Crowd {
        fn help(&self, part: Part) {
            *self.0.0.lock().unwrap() += 1;
            let crowd = Arc::clone(&self.0);
            std::thread::spawn(move || {
                let _ = part();
                *crowd.0.lock().unwrap() -= 1;
                crowd.1.notify_all();
            });
        }
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
        fn write(&mut self, chunk: Chunk, rows: Option<u64>) -> Result<()> {
            assert!(!self.busy.swap(true, Ordering::SeqCst), "two writers at once");
            let writes = {
                let mut seen = self.seen();
                assert!(seen.summaries.is_empty() && seen.errors.is_empty(), "written after the end");
                seen.bytes.extend_from_slice(&chunk);
                seen.writes += 1;
                seen.news += usize::from(rows.is_some());
                seen.writes
            };
            std::thread::yield_now();
            self.busy.store(false, Ordering::SeqCst);
            assert!(self.panic_at != Some(writes), "asked to");
            if self.refuse_at == Some(writes) { Err(Error::new(Code::Io, "full")) } else { Ok(()) }
        }

        fn finish(&mut self, summary: Summary) -> Result<()> {
            self.seen().summaries.push(summary);
            if self.refuse_at == Some(0) { Err(Error::new(Code::CsvValue, "differs")) } else { Ok(()) }
        }

        fn fail(&mut self, error: Error) {
            self.seen().errors.push(error.code());
        }
    }

    fn treatment(compression: Compression) -> Treatment {
        Treatment { compression, hash: true, ..Treatment::default() }
    }

    fn assembly(record: &Record) -> Assembly {
        Assembly::new(record.clone(), &treatment(Compression::None), Arc::new(AtOnce)).unwrap()
    }

    fn marked(record: &Record) -> Assembly {
        let treatment = Treatment { mark: b"\xef\xbb\xbf", hash: true, ..Treatment::default() };
        Assembly::new(record.clone(), &treatment, Arc::new(AtOnce)).unwrap()
    }

    fn complete(assembly: &Assembly, seq: u64, rows: u64, bytes: &[u8]) -> Result<()> {
        let mut draft = assembly.draft(seq);
        draft.bytes().extend_from_slice(bytes);
        assembly.complete(draft, rows, 3)
    }

    /// What an independent decoder makes of it: one member, one frame, and nothing after it.
    fn unpacked(compression: Compression, bytes: &[u8]) -> Vec<u8> {
        let mut left = bytes;
        let mut out = Vec::new();
        match compression {
            Compression::None => {
                out.extend_from_slice(left);
                left = &[];
            }
            Compression::Gzip(_) => {
                flate2::bufread::GzDecoder::new(&mut left).read_to_end(&mut out).unwrap();
            }
            Compression::Zstd(_) => {
                zstd::stream::read::Decoder::with_buffer(&mut left)
                    .unwrap()
                    .single_frame()
                    .read_to_end(&mut out)
                    .unwrap();
            }
        }
        assert!(left.is_empty(), "{} bytes behind the end", left.len());
        out
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
        marked(&record).finish(0);
        let sha256: [u8; 32] = Sha256::digest(b"").into();
        assert_eq!(
            record.seen().summaries,
            [Summary { rows: 0, columns: 0, bytes: 0, sha256: Some(sha256) }]
        );
        assert_eq!(record.seen().writes, 0);
    }

    #[test]
    fn the_mark_goes_before_the_first_batch_only() {
        let record = Record::default();
        let assembly = marked(&record);
        complete(&assembly, 1, 1, b"b").unwrap();
        complete(&assembly, 0, 1, b"a").unwrap();
        assembly.finish(2);
        let sha256: [u8; 32] = Sha256::digest(b"\xef\xbb\xbfab").into();
        assert_eq!(record.seen().bytes, b"\xef\xbb\xbfab");
        assert_eq!(
            record.seen().summaries,
            [Summary { rows: 2, columns: 3, bytes: 5, sha256: Some(sha256) }]
        );
    }

    #[test]
    fn a_refused_write_fails_once_and_drops_the_rest() {
        let record = Record { refuse_at: Some(2), ..Record::default() };
        let assembly = assembly(&record);
        for seq in [3, 2, 1, 0, 4, 5] {
            complete(&assembly, seq, 1, &chunk(seq)).unwrap();
        }
        assembly.finish(6);
        assembly.fail(Error::cancelled());
        assert_eq!(record.seen().errors, [Code::Io]);
        assert_eq!(record.seen().bytes, whole(2));
        assert!(record.seen().summaries.is_empty());
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
            complete(&assembly, 0, 1, &chunk(0)).unwrap();
            complete(&assembly, 1, 1, &chunk(1)).unwrap();
            assembly.finish(3);
            assert_eq!(complete(&assembly, bad, 1, &chunk(bad)).unwrap_err().code(), Code::Internal);
            assert_eq!(record.seen().errors, [Code::Internal]);
        }
        let record = Record::default();
        let assembly = assembly(&record);
        complete(&assembly, 2, 1, &chunk(2)).unwrap();
        assembly.finish(2);
        assert_eq!(record.seen().errors, [Code::Internal]);
    }

    #[test]
    fn an_output_that_panics_still_hears_of_the_failure() {
        let record = Record { panic_at: Some(1), ..Record::default() };
        let assembly = assembly(&record);
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| complete(&assembly, 0, 1, &chunk(0))));
        assert!(panicked.is_err());
        assembly.fail(Error::internal("a panic"));
        assert_eq!(record.seen().errors, [Code::Internal]);
    }

    #[test]
    fn an_end_that_is_refused_is_a_failure() {
        for compression in [Compression::None, Compression::Gzip(6), Compression::Zstd(3)] {
            let record = Record { refuse_at: Some(0), ..Record::default() };
            let assembly = Assembly::new(record.clone(), &treatment(compression), Arc::new(AtOnce)).unwrap();
            complete(&assembly, 0, 1, b"a").unwrap();
            assembly.finish(1);
            assembly.fail(Error::cancelled());
            assert_eq!(record.seen().errors, [Code::CsvValue]);
        }
    }

    #[test]
    fn batches_must_agree_on_their_columns() {
        let record = Record::default();
        let assembly = assembly(&record);
        complete(&assembly, 0, 1, b"a").unwrap();
        assembly.complete(assembly.draft(1), 1, 4).unwrap();
        assert_eq!(record.seen().errors, [Code::Internal]);
    }

    /// A batch of a size that is awkward in some way, and compresses as CSV does.
    fn text(seq: u64, size: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(size + 64);
        let mut state = seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        while bytes.len() < size {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(
                format!("{},user{}@example.com,{:x},delivered\n", seq, state % 1000, state).as_bytes(),
            );
        }
        bytes.truncate(size);
        bytes
    }

    const SIZES: [usize; 8] = [0, 1, 40, 5_000, 131_071, 131_072, 300_000, 1_500_000];

    #[test]
    fn every_level_gives_back_what_was_written() {
        let batches: Vec<Vec<u8>> =
            [3, 1, 6, 0, 2, 5, 7, 4].iter().map(|&at| text(at as u64, SIZES[at])).collect();
        let plain = batches.concat();
        let levels = (0..=9).map(Compression::Gzip).chain((1..=22).map(Compression::Zstd));
        for compression in levels.chain([Compression::None]) {
            let record = Record::default();
            let assembly = Assembly::new(record.clone(), &treatment(compression), Arc::new(AtOnce)).unwrap();
            for (seq, batch) in batches.iter().enumerate() {
                complete(&assembly, seq as u64, 5, batch).unwrap();
            }
            assembly.finish(batches.len() as u64);
            let seen = record.seen();
            assert!(unpacked(compression, &seen.bytes) == plain, "{compression:?}");
            assert_eq!(seen.news, batches.len(), "{compression:?}");
            let [summary] = seen.summaries.as_slice() else { panic!("{compression:?}") };
            assert_eq!((summary.rows, summary.bytes), (40, seen.bytes.len() as u64));
            let sha256: [u8; 32] = Sha256::digest(&seen.bytes).into();
            assert_eq!(summary.sha256, Some(sha256));
        }
    }

    #[test]
    fn nothing_compresses_to_a_whole_stream() {
        for compression in [Compression::Gzip(6), Compression::Zstd(3)] {
            let record = Record::default();
            Assembly::new(record.clone(), &treatment(compression), Arc::new(AtOnce)).unwrap().finish(0);
            let seen = record.seen();
            assert!(unpacked(compression, &seen.bytes).is_empty());
            assert_eq!((seen.news, seen.summaries[0].bytes), (0, seen.bytes.len() as u64));
        }
    }

    #[test]
    fn a_gzip_head_says_nothing_of_the_machine() {
        for (level, effort) in [(1, 4), (6, 0), (9, 2)] {
            let record = Record::default();
            let treatment = treatment(Compression::Gzip(level));
            let assembly = Assembly::new(record.clone(), &treatment, Arc::new(AtOnce)).unwrap();
            complete(&assembly, 0, 1, b"a\n").unwrap();
            assembly.finish(1);
            assert_eq!(record.seen().bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, effort, 255]);
        }
    }

    #[test]
    fn small_batches_are_news_before_their_block_is_whole() {
        let record = Record::default();
        let assembly =
            Assembly::new(record.clone(), &treatment(Compression::Gzip(6)), Arc::new(AtOnce)).unwrap();
        for seq in 0..10 {
            complete(&assembly, seq, 1, b"small\n").unwrap();
            let seen = record.seen();
            assert_eq!((seen.news, seen.bytes.len()), (seq as usize + 1, 0));
        }
        complete(&assembly, 10, 1, &text(1, 200_000)).unwrap();
        let seen = record.seen();
        assert!(seen.news == 11 && seen.bytes.len() > 10_000);
    }

    #[test]
    fn a_flag_that_is_raised_ends_compressing() {
        for compression in [Compression::Gzip(6), Compression::Zstd(3)] {
            let record = Record::default();
            let treatment = treatment(compression);
            let assembly = Assembly::new(record.clone(), &treatment, Arc::new(AtOnce)).unwrap();
            complete(&assembly, 0, 1, &text(0, 200_000)).unwrap();
            treatment.cancel.expire();
            complete(&assembly, 1, 1, &text(1, 200_000)).unwrap();
            assembly.finish(2);
            assert_eq!(record.seen().errors, [Code::Deadline], "{compression:?}");
            assert!(record.seen().summaries.is_empty());
        }
    }

    fn compressions() -> impl Strategy<Value = Compression> {
        prop_oneof![
            (0_u32..=9).prop_map(Compression::Gzip),
            (1_i32..=6).prop_map(Compression::Zstd),
            Just(Compression::None),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_is_compressed_in_any_order_comes_out_in_order(
            compression in compressions(), sizes in prop::collection::vec(0_usize..8, 0..14), seed: u64,
            threads in 1_usize..4, mark: bool,
        ) {
            let record = Record::default();
            let crowd = Arc::new(Crowd::default());
            let helpers = Arc::<Crowd>::clone(&crowd);
            let mark: &'static [u8] = if mark { b"\xff\xfe" } else { b"" };
            let treatment = Treatment { mark, ..treatment(compression) };
            let assembly = Assembly::new(record.clone(), &treatment, helpers).unwrap();
            let batches: Vec<Vec<u8>> =
                sizes.iter().enumerate().map(|(seq, &size)| text(seq as u64, SIZES[size] / 2)).collect();
            let mut order: Vec<usize> = (0..batches.len()).collect();
            order.sort_by_key(|&at| (at as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32);
            std::thread::scope(|scope| {
                for part in order.chunks(order.len().div_ceil(threads).max(1)) {
                    let (assembly, batches) = (&assembly, &batches);
                    scope.spawn(move || {
                        for &seq in part {
                            complete(assembly, seq as u64, 2, &batches[seq]).unwrap();
                        }
                    });
                }
            });
            assembly.finish(batches.len() as u64);
            crowd.wait();
            let seen = record.seen();
            let plain = if batches.is_empty() { Vec::new() } else { [mark, &batches.concat()].concat() };
            prop_assert!(unpacked(compression, &seen.bytes) == plain);
            prop_assert_eq!(seen.news, batches.len());
            prop_assert_eq!(seen.summaries.len(), 1);
            prop_assert_eq!(seen.summaries[0].rows, 2 * batches.len() as u64);
        }

        #[test]
        fn a_failure_at_any_point_of_compressing_is_heard_once(
            compression in compressions(), cancel_after in 0_usize..12, refuse_at in prop::option::of(1_usize..12),
        ) {
            let record = Record { refuse_at, ..Record::default() };
            let crowd = Arc::new(Crowd::default());
            let helpers = Arc::<Crowd>::clone(&crowd);
            let treatment = treatment(compression);
            let assembly = Assembly::new(record.clone(), &treatment, helpers).unwrap();
            for seq in 0..12 {
                if seq == cancel_after {
                    treatment.cancel.cancel();
                    assembly.fail(Error::cancelled());
                }
                complete(&assembly, seq as u64, 1, &text(seq as u64, 100_000)).unwrap();
            }
            assembly.finish(12);
            crowd.wait();
            let seen = record.seen();
            prop_assert_eq!(seen.errors.len(), 1);
            prop_assert!(seen.summaries.is_empty());
        }
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
            prop_assert_eq!(seen.summaries[0].sha256, Some(sha256));
            prop_assert_eq!(seen.news, 60);
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

    fn deliver(assembly: &Assembly, order: &[u64], threads: usize) {
        std::thread::scope(|scope| {
            for part in order.chunks(order.len().div_ceil(threads).max(1)) {
                scope.spawn(move || {
                    for &seq in part {
                        complete(assembly, seq, 2, &chunk(seq)).unwrap();
                    }
                });
            }
        });
    }
}
