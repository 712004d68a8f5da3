//! Rows as the `fax` crate encodes them, rows by hand, and rows that are none.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use fax::encoder::Encoder;
use fax::maps::{black, white};
use fax::{BitWriter, Bits as Code, Color, VecWriter};
use proptest::prelude::*;

use super::*;
use crate::error;
use crate::pool::Cancel;

/// A writer that others may write to as well, and that need not listen.
#[derive(Clone)]
struct Shared(Rc<RefCell<Inner>>);

struct Inner {
    writer: VecWriter,
    bits: usize,
    listens: bool,
}

impl BitWriter for Shared {
    type Error = Infallible;

    fn write(&mut self, bits: Code) -> std::result::Result<(), Infallible> {
        let mut inner = self.0.borrow_mut();
        if !inner.listens {
            return Ok(());
        }
        inner.bits += usize::from(bits.len);
        inner.writer.write(bits)
    }
}

impl Shared {
    fn new() -> Self {
        Self(Rc::new(RefCell::new(Inner { writer: VecWriter::new(), bits: 0, listens: true })))
    }

    fn put(&mut self, bits: &str) {
        for bit in bits.bytes().filter(|bit| *bit != b' ') {
            let Ok(()) = self.write(Code { data: u16::from(bit == b'1'), len: 1 });
        }
    }

    /// A row of runs, without a mark.
    fn runs(&mut self, row: &[bool]) {
        let mut black = false;
        let mut at = 0;
        while at < row.len() {
            let run = row[at..].iter().take_while(|pixel| **pixel == black).count();
            let codes = if black { &black::ENTRIES } else { &white::ENTRIES };
            let mut rest = run;
            while rest >= 64 {
                let some = rest.min(2560) / 64 * 64;
                let Ok(()) = self.write(codes[63 + some / 64].1);
                rest -= some;
            }
            let Ok(()) = self.write(codes[rest].1);
            (at, black) = (at + run, !black);
        }
    }

    /// A mark, which ends with a byte if it is filled up so.
    fn mark(&mut self, fills: bool) {
        while fills && !(self.0.borrow().bits + 12).is_multiple_of(8) {
            self.put("0");
        }
        self.put("000000000001");
    }

    fn finish(&self) -> Vec<u8> {
        std::mem::replace(&mut self.0.borrow_mut().writer, VecWriter::new()).finish()
    }
}

fn colors(row: &[bool]) -> impl Iterator<Item = Color> {
    row.iter().map(|black| if *black { Color::Black } else { Color::White })
}

fn group4(rows: &[Vec<bool>]) -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    for row in rows {
        let Ok(()) = encoder.encode_line(colors(row), row.len() as u16);
    }
    let Ok(writer) = encoder.finish();
    writer.finish()
}

fn group3(rows: &[Vec<bool>], marked: bool, fills: bool) -> Vec<u8> {
    let mut writer = Shared::new();
    for row in rows {
        if marked {
            writer.mark(fills);
        }
        writer.runs(row);
    }
    writer.finish()
}

/// Every `every`th row is coded alone.
fn group3_mixed(rows: &[Vec<bool>], every: usize, fills: bool) -> Vec<u8> {
    let mut writer = Shared::new();
    let mut encoder = Encoder::new(writer.clone());
    for (index, row) in rows.iter().enumerate() {
        writer.mark(fills);
        let alone = index % every == 0;
        writer.put(if alone { "1" } else { "0" });
        if alone {
            writer.runs(row);
        }
        writer.0.borrow_mut().listens = !alone;
        let Ok(()) = encoder.encode_line(colors(row), row.len() as u16);
        writer.0.borrow_mut().listens = true;
    }
    writer.finish()
}

const ONE: Coding = Coding::Group3 { two_dimensional: false };
const TWO: Coding = Coding::Group3 { two_dimensional: true };

fn decoder<'a>(data: &'a [u8], coding: Coding, width: usize, lenient: bool, cancel: &'a Cancel) -> Fax<'a> {
    Fax::new(Packed::new(data, false, cancel), coding, width as u32, lenient).unwrap()
}

fn next(fax: &mut Fax<'_>) -> Result<Vec<bool>> {
    let width = fax.row.width as usize;
    let mut row = vec![0x5A; width.div_ceil(8)];
    fax.read(&mut row)?;
    assert!(fax.row.at.is_sorted_by(|a, b| a < b) && fax.row.at.len() <= width);
    let bit = |at: usize| row[at / 8] << (at % 8) & 0x80 != 0;
    assert!((width..row.len() * 8).all(|at| !bit(at)), "nothing beyond the row");
    Ok((0..width).map(bit).collect())
}

#[track_caller]
fn agree(what: &str, rows: &[Vec<bool>], data: &[u8], coding: Coding) {
    let cancel = Cancel::new();
    let mut fax = decoder(data, coding, rows[0].len(), false, &cancel);
    for (index, row) in rows.iter().enumerate() {
        let found = next(&mut fax).unwrap_or_else(|error| panic!("{what}, row {index}: {error}"));
        assert!(found == *row, "{what}, row {index}");
    }
}

#[track_caller]
fn agree_in_every_coding(rows: &[Vec<bool>]) {
    agree("T.6", rows, &group4(rows), Coding::Group4);
    for fills in [false, true] {
        agree("T.4", rows, &group3(rows, true, fills), ONE);
        for every in [1, 2, 4, usize::MAX] {
            agree("T.4, mixed", rows, &group3_mixed(rows, every, fills), TWO);
        }
    }
    agree("T.4 without marks", rows, &group3(rows, false, false), ONE);
}

/// Rows of which some are much like those above, as in text.
fn pages() -> impl Strategy<Value = Vec<Vec<bool>>> {
    let row = |width: usize| proptest::collection::vec(0..width * 2, 0..12);
    (1_usize..200).prop_flat_map(move |width| {
        proptest::collection::vec((row(width), any::<bool>()), 1..12).prop_map(move |rows| {
            let mut above = vec![false; width];
            rows.into_iter()
                .map(|(changes, anew)| {
                    let mut row = if anew { vec![false; width] } else { above.clone() };
                    for at in changes.into_iter().filter(|at| *at < width) {
                        if anew {
                            row[at..].iter_mut().for_each(|pixel| *pixel = !*pixel);
                        } else {
                            row[at] = !row[at];
                        }
                    }
                    above.clone_from(&row);
                    row
                })
                .collect()
        })
    })
}

proptest! {
    #[test]
    fn agrees_with_an_encoder(rows in pages()) {
        agree_in_every_coding(&rows);
    }

    #[test]
    fn any_bits_are_read_without_going_back(
        data in proptest::collection::vec(any::<u8>(), 0..300),
        width in 1_usize..100,
        lenient: bool,
    ) {
        let cancel = Cancel::new();
        for coding in [ONE, TWO, Coding::Group4] {
            let mut fax = decoder(&data, coding, width, lenient, &cancel);
            // `next` checks the rows.
            for _ in 0..50 {
                if next(&mut fax).is_err() && !lenient {
                    break;
                }
            }
        }
    }
}

#[test]
fn runs_of_every_length() {
    for width in [2000, 2561, 5200, 65_535] {
        let mut rows = vec![vec![false; width], vec![true; width]];
        for at in [1, 63, 64, 65, 1727, 1728, 1791, 1792, 1999, 2560, 2623, 5119, 5120, 5184, 65_534] {
            for color in [false, true] {
                let row = (0..width).map(|x| (x < at) == color);
                rows.push(row.collect());
            }
        }
        agree_in_every_coding(&rows);
    }
}

#[test]
fn codes_are_those_of_another_implementation() {
    for (color, entries) in [(false, &white::ENTRIES), (true, &black::ENTRIES)] {
        let mut prefixes = 0;
        for (run, code) in entries {
            let (length, free) = (u32::from(code.len), RUN_BITS - u32::from(code.len));
            for rest in [0, (1 << free) - 1] {
                let found = codes::run(color, u32::from(code.data) << free | rest);
                assert_eq!(found, Some((u32::from(*run), length)));
            }
            prefixes += 1 << free;
        }
        let known = (0..1 << RUN_BITS).filter(|bits| codes::run(color, *bits).is_some()).count();
        assert_eq!(known, prefixes, "no others");
    }
}

#[test]
fn rows_are_black_from_change_to_change() {
    let mut row = [0xAA; 4];
    Changes { at: vec![3, 5, 8, 24, 30], width: 31, end: 31 }.paint(&mut row);
    assert_eq!(row, [0b0001_1000, 0xFF, 0xFF, 0b0000_0010]);
    Changes { at: vec![], width: 31, end: 31 }.paint(&mut row);
    assert_eq!(row, [0; 4]);
    Changes { at: vec![0], width: 32, end: 32 }.paint(&mut row);
    assert_eq!(row, [0xFF; 4]);
}

fn bits(bits: &str) -> Vec<u8> {
    let mut writer = Shared::new();
    writer.put(bits);
    writer.finish()
}

fn shown(row: &[bool]) -> String {
    row.iter().map(|black| if *black { '#' } else { '.' }).collect()
}

#[test]
fn of_a_damaged_row_the_rest_is_white() {
    let cancel = Cancel::new();
    let mark = "000000000001";
    for (what, row, expected) in [
        // White 2, black 3.
        ("too short", "0111 10", "..###....."),
        ("a code that white has not", "0111 10 00000000 1111", "..###....."),
        ("a code that black has not", "0111 10 000111 0000 0000 1", "..###....."),
        ("white that is too long", "0111 10 11011 00110101", "..###....."),
        ("black that is too long", "0111 10 000111 0000001111 0000110111", "..###.####"),
    ] {
        // White 4, black 6.
        let data = bits(&format!("{mark} {row} {mark} 1011 0010 {mark}"));
        let mut fax = decoder(&data, ONE, 10, true, &cancel);
        assert_eq!(shown(&next(&mut fax).unwrap()), expected, "{what}");
        assert_eq!(shown(&next(&mut fax).unwrap()), "....######", "{what}: the row after");
        let mut fax = decoder(&data, ONE, 10, false, &cancel);
        assert_eq!(next(&mut fax).unwrap_err().code(), error::Code::ImageCorrupt, "{what}");
    }
}

#[test]
fn without_marks_rows_go_on_behind_a_damaged_one() {
    let cancel = Cancel::new();
    // White 4, black 6; white 2, black 3 and a code that white has not; and zeros up to a mark.
    let mark = "00000000 000000000001";
    let data = bits(&format!("1011 0010 0111 10 {mark} 1011 0010 {mark} 1011 0010"));
    let mut fax = decoder(&data, ONE, 10, true, &cancel);
    for expected in ["....######", "..###.....", "....######", "....######"] {
        assert_eq!(shown(&next(&mut fax).unwrap()), expected);
    }
}

#[test]
fn marks_may_come_behind_rows_only() {
    let cancel = Cancel::new();
    let mark = "000000000001";
    // White 4, black 6; white 2, black 3, white 5.
    let data = bits(&format!("1011 0010 {mark} 0111 10 1100 {mark} 1011 0010 {mark}"));
    let mut fax = decoder(&data, ONE, 10, false, &cancel);
    for expected in ["....######", "..###.....", "....######"] {
        assert_eq!(shown(&next(&mut fax).unwrap()), expected);
    }
}

#[test]
fn codes_that_lead_back_are_damage() {
    let cancel = Cancel::new();
    // White 4 or 1, black 3, and white below the end of the row above.
    let (four, one) = (("001 1011 10 1", "....###..."), ("001 000111 10 1", ".###......"));
    for ((first, above), second, expected) in [
        // Three to the left of 4 and of 7.
        (four, "0000010 0000010 1", Ok(".###......")),
        // Three to the right of 4, and three to the left of the row's end: there, too, so nothing changes.
        (four, "0000011 0000010 1", Ok("..........")),
        // One to the right of 4, and three to the left of 7, which is before that.
        (four, "011 0000010 1", Err("..........")),
        // Three to the left of 1.
        (one, "0000010 1 1", Err("..........")),
        // Three to the right of the row's end.
        (four, "1 1 0000011 1", Err("....###...")),
    ] {
        let data = bits(&format!("{first} {second}"));
        for lenient in [false, true] {
            let mut fax = decoder(&data, Coding::Group4, 10, lenient, &cancel);
            assert_eq!(shown(&next(&mut fax).unwrap()), above);
            let found = next(&mut fax).map(|row| shown(&row));
            match (expected, lenient) {
                (Ok(row), _) | (Err(row), true) => assert_eq!(found.unwrap(), row, "{second}"),
                (Err(_), false) => {
                    assert_eq!(found.unwrap_err().code(), error::Code::ImageCorrupt, "{second}");
                }
            }
        }
    }
}

#[test]
fn runs_of_nothing_take_no_memory() {
    let cancel = Cancel::new();
    // Horizontal, white 0, black 0: the row never goes on.
    let nothing = "001 00110101 0000110111".repeat(100_000);
    let data = bits(&nothing);
    let mut fax = decoder(&data, Coding::Group4, 100, false, &cancel);
    assert!(next(&mut fax).is_err());
    assert_eq!(fax.row.at.len(), 0);
    assert!(fax.row.at.capacity() <= 100);
    // The same of T.4, and a row that comes to its end after all.
    let row = format!("000000000001 {} 0100111 0000001111", "00110101 0000110111".repeat(100_000));
    let data = bits(&row);
    let mut fax = decoder(&data, ONE, 18, false, &cancel);
    assert_eq!(next(&mut fax).unwrap(), [false; 18]);
}

#[test]
fn it_ends_where_its_data_does() {
    let cancel = Cancel::new();
    let rows = vec![vec![false, true, true, false]; 3];
    for (data, coding) in [(group4(&rows), Coding::Group4), (group3(&rows, true, false), ONE)] {
        for lenient in [false, true] {
            let mut fax = decoder(&data, coding, 4, lenient, &cancel);
            for row in &rows {
                assert_eq!(next(&mut fax).unwrap(), *row);
            }
            let error = next(&mut fax).unwrap_err();
            assert!(error.message().contains("ends before its last pixel"), "{error}");
        }
    }
}
