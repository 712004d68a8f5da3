//! Reading back what was written: `verify`.
//!
//! The output is decompressed, decoded and parsed, by code that has nothing in common with what wrote it, and its rows
//! and their fields are counted. A cell that was not quoted and had to be, a row that got lost, a byte that the disk
//! changed: all come out as another number of rows, or of fields in one.

use std::io::{self, Write};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::compression::Compression;
use super::unpack::Unpack;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// Room for fields' text, which nobody reads.
const TEXT: usize = 32 * 1024;
/// Room for fields' ends, which nobody reads either.
const ENDS: usize = 256;
/// What is looked at between two looks at the cancel flag.
const STRIDE: usize = 64 * 1024;

/// How to read an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBack {
    /// Between two fields.
    pub delimiter: u8,
    /// Around a field.
    pub quote: u8,
    /// Before a quote within one; `None` if that is doubled.
    pub escape: Option<u8>,
    /// Whether the encoding is UTF-16LE. (In the others, what the reader looks for is one byte.)
    pub wide: bool,
    /// Whether an empty line is a row of one empty field. (To the reader it is nothing.)
    pub blank: bool,
    /// What was done to the bytes.
    pub compression: Compression,
}

impl ReadBack {
    /// Begins to read.
    pub fn begin(&self, cancel: Cancel) -> Check {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.delimiter).quote(self.quote);
        builder.escape(self.escape).double_quote(self.escape.is_none());
        let counter = Counter {
            reader: builder.build(),
            text: vec![0; TEXT].into(),
            ends: vec![0; ENDS].into(),
            fields: 0,
            rows: 0,
            usual: 0,
            odd: None,
            blank: self.blank,
            begun: false,
            last: 0,
            cancel,
        };
        let narrow = Narrow { wide: self.wide, begun: false, half: None, narrowed: Vec::new(), to: counter };
        Check { unpack: Unpack::new(self.compression, narrow), failed: None }
    }
}

/// An export being read back. It takes the memory of a few pages, and of the compressor's window.
pub struct Check {
    unpack: Unpack<Narrow>,
    /// Why it cannot be read: said at the end, when it is known what was to be read.
    failed: Option<String>,
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Check").finish_non_exhaustive()
    }
}

impl Check {
    /// Reads the next bytes.
    ///
    /// # Errors
    /// Only that the job was given up. What is wrong with the bytes is said by [`Self::finish`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        for piece in bytes.chunks(STRIDE) {
            if self.failed.is_some() {
                return Ok(());
            }
            if let Err(error) = self.unpack.push(piece) {
                self.failed = Some(given_up(error)?);
            }
        }
        Ok(())
    }

    /// That was all: compares it with what was packed, rows of which a header is one, and fields of each.
    ///
    /// # Errors
    /// `CsvValue` if it was not read back so.
    pub fn finish(self, rows: u64, columns: usize) -> Result<()> {
        let unreadable = |why: &str| Err(differs(&format!("it could not be read: {why}"), rows));
        if let Some(why) = &self.failed {
            return unreadable(why);
        }
        let counter = match self.unpack.finish().and_then(Narrow::finish) {
            Ok(counter) => counter,
            Err(error) => return unreadable(&given_up(error)?),
        };
        // Lines without a field are nothing to a reader.
        let expected = if columns == 0 { 0 } else { rows };
        let first = if counter.rows > 0 && expected > 0 && counter.usual != columns as u64 {
            Some((1, counter.usual))
        } else {
            counter.odd.filter(|&(row, _)| row <= expected)
        };
        let read = counter.rows;
        if let Some((row, fields)) = first {
            let what = format!(
                "{read} rows were read, and row {row} is the first that differs: it has {fields} fields instead of {columns}"
            );
            return Err(differs(&what, rows));
        }
        if read != expected {
            let row = read.min(expected) + 1;
            let what = format!("{read} rows were read, and row {row} is the first that differs: it is ");
            let which = if read < expected { "missing" } else { "one too many" };
            return Err(differs(&(what + which), rows));
        }
        Ok(())
    }
}

fn differs(what: &str, rows: u64) -> Error {
    Error::new(
        Code::CsvValue,
        format!(
            "verify: the output was not read back as it was written: {what}; {rows} rows were written, a header counted"
        ),
    )
}

/// The reason why it cannot be read, unless it is that nobody wants to know.
fn given_up(error: io::Error) -> Result<String> {
    match error.downcast::<Error>() {
        Ok(given_up) => Err(given_up),
        Err(error) => Ok(error.to_string()),
    }
}

/// UTF-16LE as the reader takes it: a byte a unit. Which character it is matters to nobody here, if it is not ASCII.
struct Narrow {
    wide: bool,
    begun: bool,
    half: Option<u8>,
    narrowed: Vec<u8>,
    to: Counter,
}

impl Narrow {
    fn narrow(&mut self, bytes: &[u8]) {
        self.narrowed.clear();
        let mut bytes = bytes;
        if let (Some(low), Some((&high, rest))) = (self.half, bytes.split_first()) {
            self.half = None;
            self.unit(low, high);
            bytes = rest;
        }
        let (units, rest) = bytes.as_chunks::<2>();
        for &[low, high] in units {
            self.unit(low, high);
        }
        self.half = rest.first().copied().or(self.half);
    }

    fn unit(&mut self, low: u8, high: u8) {
        let mark = !std::mem::replace(&mut self.begun, true) && [low, high] == [0xff, 0xfe];
        if !mark {
            self.narrowed.push(if high == 0 && low.is_ascii() { low } else { 0x80 });
        }
    }

    fn finish(mut self) -> io::Result<Counter> {
        if self.half.is_some() {
            return Err(io::Error::other("it ends in the middle of a character"));
        }
        self.to.end();
        Ok(self.to)
    }
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.wide {
            self.narrow(bytes);
            let narrowed = std::mem::take(&mut self.narrowed);
            self.to.read(&narrowed)?;
            self.narrowed = narrowed;
        } else {
            self.to.read(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts rows and their fields.
struct Counter {
    reader: Reader,
    text: Box<[u8]>,
    ends: Box<[usize]>,
    /// Of the row that has begun.
    fields: u64,
    /// That have ended.
    rows: u64,
    /// Fields of the first row.
    usual: u64,
    /// The first row with another number of them, counted from 1, and that number.
    odd: Option<(u64, u64)>,
    /// See [`ReadBack::blank`].
    blank: bool,
    /// A row has.
    begun: bool,
    /// The last byte that was read.
    last: u8,
    cancel: Cancel,
}

impl Counter {
    fn read(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.cancel.check().map_err(io::Error::other)?;
        // No bytes at all mean the end to the reader.
        while let Some(&first) = bytes.first() {
            let mut read = 1;
            if self.blank && !self.begun && matches!(first, b'\r' | b'\n') {
                // CR and LF end a row together.
                if (self.last, first) != (b'\r', b'\n') {
                    self.fields = 1;
                    self.count();
                }
            } else {
                let (result, consumed) = self.step(bytes);
                self.begun = !matches!(result, ReadRecordResult::Record);
                read = consumed;
            }
            self.last = read.checked_sub(1).and_then(|last| bytes.get(last)).copied().unwrap_or(self.last);
            bytes = &bytes[read..];
        }
        Ok(())
    }

    fn end(&mut self) {
        while !matches!(self.step(&[]).0, ReadRecordResult::End) {}
    }

    fn step(&mut self, bytes: &[u8]) -> (ReadRecordResult, usize) {
        let (result, read, _, ends) = self.reader.read_record(bytes, &mut self.text, &mut self.ends);
        self.fields += ends as u64;
        if let ReadRecordResult::Record = result {
            self.count();
        }
        (result, read)
    }

    /// A row has ended.
    fn count(&mut self) {
        self.rows += 1;
        if self.rows == 1 {
            self.usual = self.fields;
        } else if self.fields != self.usual && self.odd.is_none() {
            self.odd = Some((self.rows, self.fields));
        }
        self.fields = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    const PLAIN: ReadBack = ReadBack {
        delimiter: b',',
        quote: b'"',
        escape: None,
        wide: false,
        blank: false,
        compression: Compression::None,
    };

    #[test]
    fn an_empty_line_is_a_row_where_it_is_said_to_be() {
        let blank = ReadBack { blank: true, ..PLAIN };
        for (bytes, rows) in [
            (&b"\n"[..], 1),
            (b"\n\na\n\n", 4),
            (b"\r\n\r\na\r\n\r\n\"b\n\n\"\r\n", 5),
            (b"a\n\"\"\n\nb\n", 4),
        ] {
            for size in 1..bytes.len() {
                let mut check = blank.begin(Cancel::new());
                for piece in bytes.chunks(size) {
                    check.push(piece).unwrap();
                }
                check.finish(rows, 1).unwrap();
            }
            assert!(check(PLAIN, bytes, rows, 1).is_err());
        }
    }

    fn check(read_back: ReadBack, bytes: &[u8], rows: u64, columns: usize) -> Result<()> {
        let mut check = read_back.begin(Cancel::new());
        check.push(bytes)?;
        check.finish(rows, columns)
    }

    fn complaint(bytes: &[u8], rows: u64, columns: usize) -> String {
        let error = check(PLAIN, bytes, rows, columns).unwrap_err();
        assert_eq!(error.code(), Code::CsvValue);
        error.message().to_owned()
    }

    #[test]
    fn what_was_written_is_read() {
        check(PLAIN, b"", 0, 3).unwrap();
        check(PLAIN, b"a,b\r\n\"1\r\n\",\"x\"\"y\"\r\n,\r\n", 3, 2).unwrap();
        check(PLAIN, b"\xef\xbb\xbf\"a,b\",c\n", 1, 2).unwrap();
        check(PLAIN, b"\"\"\r\n\"\"\r\n", 2, 1).unwrap();
        check(PLAIN, b"\r\n\r\n", 2, 0).unwrap();
        let escaped = ReadBack { delimiter: b'\t', quote: b'\'', escape: Some(b'\\'), ..PLAIN };
        check(escaped, b"'a\tb\\'c'\td\n", 1, 2).unwrap();
        let many = vec!["x"; 1000].join(",") + "\r\n";
        check(PLAIN, many.repeat(3).as_bytes(), 3, 1000).unwrap();
        let long = format!("{},\"{}\"\n", "x".repeat(100_000), "y\n".repeat(100_000));
        check(PLAIN, long.as_bytes(), 1, 2).unwrap();
    }

    #[test]
    fn utf_16_is_read_in_pieces_of_any_size() {
        let wide = ReadBack { wide: true, ..PLAIN };
        let text = "\u{feff}\"naïve, 東京\",b\r\n\u{222c},\u{1f600}\r\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for size in 1..bytes.len() {
            let mut check = wide.begin(Cancel::new());
            for piece in bytes.chunks(size) {
                check.push(piece).unwrap();
            }
            check.finish(2, 2).unwrap();
        }
        let cut = check(wide, &bytes[..bytes.len() - 1], 2, 2).unwrap_err();
        assert!(cut.message().contains("in the middle of a character"), "{cut}");
    }

    #[test]
    fn the_first_row_that_differs_is_named() {
        let said = complaint(b"a,b\n1,2\n3,4,5\n6,7\n", 4, 2);
        assert!(said.contains("4 rows were read") && said.contains("row 3 is the first"), "{said}");
        assert!(said.contains("3 fields instead of 2") && said.contains("4 rows were written"), "{said}");
        let said = complaint(b"a,b\n1,2\n", 3, 2);
        assert!(
            said.contains("2 rows were read") && said.contains("row 3") && said.contains("missing"),
            "{said}"
        );
        let said = complaint(b"a,b\n1,2\n", 1, 2);
        assert!(said.contains("row 2") && said.contains("too many"), "{said}");
        let said = complaint(b"a,b\n1,2\n", 2, 3);
        assert!(said.contains("row 1") && said.contains("2 fields instead of 3"), "{said}");
    }

    #[test]
    fn a_job_that_was_given_up_is_not_a_difference() {
        let cancel = Cancel::new();
        let mut check = ReadBack { compression: Compression::Gzip(6), ..PLAIN }.begin(cancel.clone());
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&b"a,b\n".repeat(100_000)).unwrap();
        let bytes = gzip.finish().unwrap();
        cancel.expire();
        let outcome = check.push(&bytes).and_then(|()| check.finish(100_000, 2));
        assert_eq!(outcome.unwrap_err().code(), Code::Deadline);
    }

    fn packed(compression: Compression, plain: &[u8]) -> Vec<u8> {
        match compression {
            Compression::None => plain.to_vec(),
            Compression::Gzip(level) => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
                gzip.write_all(plain).unwrap();
                gzip.finish().unwrap()
            }
            Compression::Zstd(level) => {
                let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), level).unwrap();
                encoder.include_checksum(true).unwrap();
                encoder.write_all(plain).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    fn table(rows: usize) -> Vec<u8> {
        (0..rows)
            .flat_map(|row| format!("{row},\"a \"\"b\"\", c\",{:x}\r\n", row * row).into_bytes())
            .collect()
    }

    #[test]
    fn compressed_output_that_is_cut_longer_or_damaged_is_seen() {
        let plain = table(20_000);
        for compression in [Compression::Gzip(6), Compression::Zstd(3)] {
            let read_back = ReadBack { compression, ..PLAIN };
            let whole = packed(compression, &plain);
            for size in [1, 7, 1000, whole.len()] {
                let mut check = read_back.begin(Cancel::new());
                for piece in whole.chunks(size) {
                    check.push(piece).unwrap();
                }
                check.finish(20_000, 3).unwrap();
            }
            for cut in [0, 1, 5, 12, whole.len() / 2, whole.len() - 1] {
                check(read_back, &whole[..cut], 20_000, 3).unwrap_err();
            }
            check(read_back, &[whole.as_slice(), b"x"].concat(), 20_000, 3).unwrap_err();
            for at in [0, whole.len() / 3, whole.len() - 6, whole.len() - 1] {
                let mut damaged = whole.clone();
                damaged[at] ^= 4;
                let error = check(read_back, &damaged, 20_000, 3).unwrap_err();
                assert_eq!(error.code(), Code::CsvValue, "{compression:?} at {at}");
            }
        }
    }

    #[test]
    fn nothing_compressed_is_nothing() {
        for compression in [Compression::Gzip(6), Compression::Zstd(3)] {
            let read_back = ReadBack { compression, ..PLAIN };
            check(read_back, &packed(compression, b""), 0, 3).unwrap();
            check(read_back, b"", 0, 3).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn a_quote_that_flips_or_a_row_that_is_lost_is_seen(rows in 2_usize..200, at: prop::sample::Index) {
            let plain = table(rows);
            check(PLAIN, &plain, rows as u64, 3).unwrap();
            // A structural quote: the first or the last around the second field.
            let quotes: Vec<usize> = plain
                .windows(2)
                .enumerate()
                .filter_map(|(at, pair)| match pair {
                    b",\"" => Some(at + 1),
                    b"\"," => (plain[at + 2] != b' ').then_some(at),
                    _ => None,
                })
                .collect();
            let mut flipped = plain.clone();
            flipped[*at.get(&quotes)] ^= 1;
            prop_assert!(check(PLAIN, &flipped, rows as u64, 3).is_err());
            let lines: Vec<&[u8]> = plain.split_inclusive(|&byte| byte == b'\n').collect();
            let lost = at.index(lines.len());
            let without: Vec<u8> = [&lines[..lost], &lines[lost + 1..]].concat().concat();
            prop_assert!(check(PLAIN, &without, rows as u64, 3).is_err());
        }
    }
}
