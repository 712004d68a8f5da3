//! What offloop writes, the `csv` crate reads back as it was.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use offloop::csv::{
    Batch, Column, Encoding, LineEnding, Quoting, Style, StyleOptions, Tag, Tags, Text, format,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Cell {
    Empty,
    Text(Vec<u16>),
    Number(f64),
    Date(i64),
    Bool(bool),
}

impl Cell {
    fn tag(&self) -> Tag {
        match self {
            Cell::Empty => Tag::Null,
            Cell::Text(_) => Tag::String,
            Cell::Number(_) => Tag::Number,
            Cell::Date(_) => Tag::Date,
            Cell::Bool(true) => Tag::True,
            Cell::Bool(false) => Tag::False,
        }
    }

    /// Whether the field that was read is this cell.
    fn is(&self, field: &str) -> bool {
        match self {
            Cell::Empty => field.is_empty(),
            Cell::Text(units) => field == String::from_utf16_lossy(units),
            Cell::Number(number) if number.is_nan() => field == "NaN",
            #[allow(clippy::float_cmp, reason = "the same bits must come back")]
            Cell::Number(number) => field.parse::<f64>().is_ok_and(|read| read == *number),
            Cell::Date(ms) => parse_date(field) == Some(*ms),
            Cell::Bool(value) => field == value.to_string(),
        }
    }
}

/// The time of an ISO string, by adding up the days of whole years and months.
fn parse_date(field: &str) -> Option<i64> {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let (year, rest) = field.split_at(4);
    let year: i64 = year.parse().ok()?;
    let number = |range: std::ops::Range<usize>| rest.get(range)?.parse::<i64>().ok();
    let (month, day) = (number(1..3)?, number(4..6)?);
    let time = ((number(7..9)? * 60 + number(10..12)?) * 60 + number(13..15)?) * 1000 + number(16..19)?;
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before: i64 = months.iter().take(month as usize - 1).sum();
    let years: i64 = (0..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
    // 0000-01-01 is 719,528 days before 1970-01-01.
    Some((years + before + day - 1 - 719_528) * 86_400_000 + time)
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Empty),
        prop::collection::vec(unit(), 0..40).prop_map(Cell::Text),
        "[ -~]{0,60}".prop_map(|text| Cell::Text(text.encode_utf16().collect())),
        any::<f64>().prop_map(Cell::Number),
        (-1_000_000_i64..1_000_000).prop_map(|n| Cell::Number(n as f64 / 100.0)),
        (-62_167_219_200_000_i64..253_402_300_800_000).prop_map(Cell::Date),
        any::<bool>().prop_map(Cell::Bool),
    ]
}

/// Mostly what makes trouble: separators, quotes, line ends, Latin-1, halves of surrogate pairs.
fn unit() -> impl Strategy<Value = u16> {
    prop_oneof![
        4 => prop::sample::select(",;\t\"\r\n'ab |".encode_utf16().collect::<Vec<_>>()),
        2 => 0x80_u16..0x100,
        1 => 0xd800_u16..0xe000,
        1 => any::<u16>(),
    ]
}

fn pack(cells: &[&Cell]) -> Column {
    let tags: Vec<u8> = cells.iter().map(|cell| cell.tag() as u8).collect();
    let strings: Vec<&Vec<u16>> =
        cells.iter().filter_map(|cell| if let Cell::Text(text) = cell { Some(text) } else { None }).collect();
    let units: Vec<u16> = strings.iter().flat_map(|text| text.iter().copied()).collect();
    let latin1: Option<Vec<u8>> = units.iter().map(|&unit| u8::try_from(unit).ok()).collect();
    let uniform = tags.first().copied().filter(|first| tags.iter().all(|tag| tag == first));
    Column {
        tags: uniform.and_then(Tag::from_byte).map_or_else(|| Tags::PerCell(tags), Tags::Uniform),
        words: cells
            .iter()
            .map(|cell| match cell {
                Cell::Number(number) => number.to_bits(),
                Cell::Date(ms) => (*ms as f64).to_bits(),
                _ => u64::MAX,
            })
            .collect(),
        lengths: cells
            .iter()
            .map(|cell| if let Cell::Text(text) = cell { text.len() as u32 } else { 9 })
            .collect(),
        text: latin1.map_or(Text::Utf16(units), Text::Latin1),
    }
}

fn table() -> impl Strategy<Value = Vec<Vec<Cell>>> {
    (1_usize..7).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 0..40))
}

proptest! {
    #[test]
    fn any_table_reads_back(rows in table(), delimiter in prop::sample::select(vec![',', ';', '\t', '|', '-', '1']),
                            ending in prop::sample::select(vec![LineEnding::CrLf, LineEnding::Lf])) {
        let width = rows.first().map_or(1, Vec::len);
        let columns = (0..width).map(|column| pack(&rows.iter().map(|row| &row[column]).collect::<Vec<_>>())).collect();
        let batch = Batch { first_row: Some(0), rows: rows.len() as u32, columns };
        let mut out = Vec::new();
        format(&batch, &Style::new(StyleOptions { delimiter: delimiter.to_string(), line_ending: ending, ..StyleOptions::default() }).unwrap(), &mut out).unwrap();

        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter as u8).from_reader(out.as_slice());
        let read: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read.len(), rows.len());
        for (row, record) in rows.iter().zip(&read) {
            prop_assert_eq!(record.len(), width);
            for (cell, field) in row.iter().zip(record) {
                prop_assert!(cell.is(field), "{:?} was read as {:?}", cell, field);
            }
        }
    }

    #[test]
    fn strings_are_written_as_the_csv_crate_writes_them(rows in prop::collection::vec(prop::collection::vec("[a-c,\"\r\n é漢]{0,20}", 3), 1..20)) {
        let cells: Vec<Vec<Cell>> =
            rows.iter().map(|row| row.iter().map(|text| Cell::Text(text.encode_utf16().collect())).collect()).collect();
        let columns = (0..3).map(|column| pack(&cells.iter().map(|row| &row[column]).collect::<Vec<_>>())).collect();
        let mut out = Vec::new();
        format(&Batch { first_row: Some(0), rows: rows.len() as u32, columns }, &Style::default(), &mut out).unwrap();

        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        prop_assert_eq!(String::from_utf8(out).unwrap(), String::from_utf8(writer.into_inner().unwrap()).unwrap());
    }

    #[test]
    fn strings_read_back_whatever_quotes_and_escapes_them(
        rows in prop::collection::vec(prop::collection::vec("[a,;'\\\\\"|\r\n é]{0,12}", 3), 1..12),
        delimiter in prop::sample::select(vec![',', ';', '|', 'a']), quote in prop::sample::select(vec!['"', '\'']),
        escaped: bool, quoting in prop::sample::select(vec![Quoting::Minimal, Quoting::All, Quoting::Strings]),
        keep_nulls_apart: bool) {
        let options = StyleOptions {
            delimiter: delimiter.to_string(), quote, escape: escaped.then_some('\\'), quoting, keep_nulls_apart,
            ..StyleOptions::default()
        };
        let out = write_strings(&rows, options).unwrap();
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).delimiter(delimiter as u8).quote(quote as u8);
        if escaped {
            reader.escape(Some(b'\\')).double_quote(false);
        }
        let read: Vec<Vec<String>> = reader
            .from_reader(out.as_slice())
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect();
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn strings_read_back_whatever_separates_them(
        rows in prop::collection::vec(prop::collection::vec("[ab|→\"\r\n]{0,8}", 3), 1..12),
        delimiter in "[ab|→]{1,4}", quoting in prop::sample::select(vec![Quoting::Minimal, Quoting::All, Quoting::None]),
        utf16: bool) {
        let encoding = if utf16 { Encoding::Utf16Le } else { Encoding::Utf8 };
        let options = StyleOptions { delimiter: delimiter.clone(), quoting, encoding, ..StyleOptions::default() };
        match write_strings(&rows, options) {
            Ok(out) => {
                let text = if utf16 {
                    let units: Vec<u16> = out.as_chunks().0.iter().map(|&unit| u16::from_le_bytes(unit)).collect();
                    String::from_utf16(&units).unwrap()
                } else {
                    String::from_utf8(out).unwrap()
                };
                prop_assert_eq!(read_plainly(&text, &delimiter), rows);
            }
            Err(error) => {
                prop_assert_eq!(quoting, Quoting::None);
                let (row, column) = error.place().unwrap();
                let cell = &rows[row.unwrap() as usize][column as usize];
                let line = format!("{cell}{delimiter}");
                let needed = cell.contains(['"', '\r', '\n']) || line.find(&delimiter) != Some(cell.len());
                prop_assert!(needed, "{:?} needs no quotes", cell);
            }
        }
    }
}

fn write_strings(rows: &[Vec<String>], options: StyleOptions) -> Result<Vec<u8>, offloop::Error> {
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| row.iter().map(|text| Cell::Text(text.encode_utf16().collect())).collect())
        .collect();
    let columns =
        (0..3).map(|column| pack(&cells.iter().map(|row| &row[column]).collect::<Vec<_>>())).collect();
    let mut out = Vec::new();
    format(&Batch { first_row: Some(0), rows: rows.len() as u32, columns }, &Style::new(options)?, &mut out)?;
    Ok(out)
}

/// A reader of delimiters of any length, from left to right.
fn read_plainly(mut text: &str, delimiter: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    while !text.is_empty() {
        let mut field = String::new();
        if let Some(mut rest) = text.strip_prefix('"') {
            loop {
                let (part, after) = rest.split_once('"').expect("a quote that ends");
                field.push_str(part);
                rest = after;
                let Some(after) = rest.strip_prefix('"') else { break };
                field.push('"');
                rest = after;
            }
            text = rest;
        } else {
            let end = [text.find(delimiter), text.find("\r\n")].into_iter().flatten().min().expect("an end");
            field.push_str(&text[..end]);
            text = &text[end..];
        }
        row.push(field);
        if let Some(rest) = text.strip_prefix(delimiter) {
            text = rest;
        } else {
            text = text.strip_prefix("\r\n").expect("a line's end");
            rows.push(std::mem::take(&mut row));
        }
    }
    rows
}
