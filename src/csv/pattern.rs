//! Dates by a pattern of letters (Unicode TR35, "Date Format Patterns", of which these are the usual ones).
//!
//! Years are those of ISO 8601: 0 is 1 BC, and before it they are negative. Names are English.

use super::date::{Civil, Dates, MS_A_DAY};
use super::number::pair;
use super::sheet::Sheet;
use super::style::refuse;
use super::zone::Zone;
use crate::error::Result;

/// A pattern, checked, with its time zone.
#[derive(Debug)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    zone: Zone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Padding {
    None,
    Zeros,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(Box<[u8]>),
    /// At least so many digits.
    Year(usize),
    /// The last two digits.
    ShortYear,
    Month(Padding),
    MonthName {
        short: bool,
    },
    Day(Padding),
    Weekday {
        short: bool,
    },
    Hour(Padding),
    /// 1 to 12.
    HalfDayHour(Padding),
    Minute(Padding),
    Second(Padding),
    /// So many digits of the second's fraction.
    Fraction(usize),
    HalfDay,
    Offset(Offset),
    ZoneName,
}

/// How the distance from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Offset {
    /// No distance is `Z`.
    z: bool,
    colon: bool,
    /// Minutes are left out if there are none.
    short: bool,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Pattern {
    pub(super) fn new(pattern: &str, time_zone: &str) -> Result<Self> {
        let zone = Zone::new(time_zone)?;
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = pattern;
        while let Some(letter) = rest.chars().next() {
            if letter == '\'' {
                rest = quoted(rest, &mut literal)?;
                continue;
            }
            let count = rest.chars().take_while(|&other| other == letter).count();
            let (run, after) = rest.split_at(count * letter.len_utf8());
            rest = after;
            if letter.is_ascii_alphabetic() {
                flush(&mut literal, &mut pieces);
                pieces.push(piece(run)?);
            } else {
                literal.push_str(run);
            }
        }
        flush(&mut literal, &mut pieces);
        Ok(Self { pieces, zone })
    }

    /// Appends `ms`, a time that JavaScript could have.
    pub(super) fn write(&self, sheet: &mut Sheet, dates: &mut Dates, ms: i64) {
        let offset = dates.offsets.at(&self.zone, ms);
        let local = ms + i64::from(offset) * 1000;
        let civil = dates.calendar.civil(local.div_euclid(MS_A_DAY));
        let time = local.rem_euclid(MS_A_DAY) as u32;
        for piece in &self.pieces {
            self.write_piece(piece, sheet, civil, time, offset);
        }
    }

    #[inline]
    fn write_piece(&self, piece: &Piece, sheet: &mut Sheet, civil: Civil, time: u32, offset: i32) {
        let name =
            |name: &'static str, short: bool| name.get(..3).filter(|_| short).unwrap_or(name).as_bytes();
        match piece {
            Piece::Literal(text) => sheet.put(text),
            Piece::Year(4) if (0..=9999).contains(&civil.year) => {
                let year = civil.year as u32;
                let ([a, b], [c, d]) = (pair(year / 100), pair(year % 100));
                *sheet.claim() = [a, b, c, d];
                sheet.keep(4);
            }
            Piece::Year(digits) => {
                let sign = if civil.year < 0 { "-" } else { "" };
                sheet.put(format!("{sign}{:0digits$}", civil.year.unsigned_abs()).as_bytes());
            }
            Piece::ShortYear => put_two(sheet, (civil.year.unsigned_abs() % 100) as u32, Padding::Zeros),
            Piece::Month(padding) => put_two(sheet, civil.month, *padding),
            Piece::MonthName { short } => sheet.put(name(MONTHS[(civil.month as usize + 11) % 12], *short)),
            Piece::Day(padding) => put_two(sheet, civil.day, *padding),
            Piece::Weekday { short } => sheet.put(name(WEEKDAYS[civil.weekday as usize % 7], *short)),
            Piece::Hour(padding) => put_two(sheet, time / 3_600_000, *padding),
            Piece::HalfDayHour(padding) => put_two(sheet, (time / 3_600_000 + 11) % 12 + 1, *padding),
            Piece::Minute(padding) => put_two(sheet, time / 60_000 % 60, *padding),
            Piece::Second(padding) => put_two(sheet, time / 1000 % 60, *padding),
            Piece::Fraction(digits) => {
                let [tens, ones] = pair(time % 100);
                *sheet.claim() = [b'0' + (time % 1000 / 100) as u8, tens, ones];
                sheet.keep(*digits);
            }
            Piece::HalfDay => sheet.put(if time < 43_200_000 { b"AM" } else { b"PM" }),
            Piece::Offset(kind) => put_offset(sheet, *kind, offset),
            Piece::ZoneName => sheet.put(self.zone.name().as_bytes()),
        }
    }
}

/// Reads the text in quotes at the start of a pattern; what follows it.
fn quoted<'a>(pattern: &'a str, literal: &mut String) -> Result<&'a str> {
    let inside = &pattern[1..];
    if let Some(rest) = inside.strip_prefix('\'') {
        literal.push('\'');
        return Ok(rest);
    }
    let mut from = inside;
    loop {
        let Some((text, rest)) = from.split_once('\'') else {
            return refuse("pattern", &format!("free of quotes that do not end; got {pattern:?}"));
        };
        literal.push_str(text);
        match rest.strip_prefix('\'') {
            Some(rest) => {
                literal.push('\'');
                from = rest;
            }
            None => return Ok(rest),
        }
    }
}

fn flush(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(std::mem::take(literal).into_bytes().into_boxed_slice()));
    }
}

fn piece(run: &str) -> Result<Piece> {
    let offset = |z: bool| Piece::Offset(Offset { z, colon: run.len() == 3, short: run.len() == 1 });
    Ok(match run {
        "yyyy" => Piece::Year(4),
        "yy" => Piece::ShortYear,
        "y" => Piece::Year(1),
        "MMMM" => Piece::MonthName { short: false },
        "MMM" => Piece::MonthName { short: true },
        "MM" => Piece::Month(Padding::Zeros),
        "M" => Piece::Month(Padding::None),
        "dd" => Piece::Day(Padding::Zeros),
        "d" => Piece::Day(Padding::None),
        "EEEE" => Piece::Weekday { short: false },
        "EEE" => Piece::Weekday { short: true },
        "HH" => Piece::Hour(Padding::Zeros),
        "H" => Piece::Hour(Padding::None),
        "hh" => Piece::HalfDayHour(Padding::Zeros),
        "h" => Piece::HalfDayHour(Padding::None),
        "mm" => Piece::Minute(Padding::Zeros),
        "m" => Piece::Minute(Padding::None),
        "ss" => Piece::Second(Padding::Zeros),
        "s" => Piece::Second(Padding::None),
        "S" | "SS" | "SSS" => Piece::Fraction(run.len()),
        "a" => Piece::HalfDay,
        "X" | "XX" | "XXX" => offset(true),
        "x" | "xx" | "xxx" => offset(false),
        "VV" => Piece::ZoneName,
        _ => {
            let known =
                "yyyy yy y MMMM MMM MM M dd d EEEE EEE HH H hh h mm m ss s SSS SS S a XXX XX X xxx xx x VV";
            return refuse(
                "pattern",
                &format!("of the letters {known}, other text in 'single quotes'; {run:?} is none of them"),
            );
        }
    })
}

/// A number below 100.
#[inline]
fn put_two(sheet: &mut Sheet, value: u32, padding: Padding) {
    let [tens, ones] = pair(value);
    if padding == Padding::None && value < 10 {
        sheet.push(ones);
    } else {
        *sheet.claim() = [tens, ones];
        sheet.keep(2);
    }
}

/// Whole minutes: seconds, which clocks differed by long ago, have no place in these formats.
fn put_offset(sheet: &mut Sheet, Offset { z, colon, short }: Offset, seconds: i32) {
    let minutes = seconds.unsigned_abs() / 60;
    if z && minutes == 0 {
        return sheet.push(b'Z');
    }
    sheet.push(if seconds < 0 && minutes > 0 { b'-' } else { b'+' });
    put_two(sheet, minutes / 60, Padding::Zeros);
    if short && minutes.is_multiple_of(60) {
        return;
    }
    if colon {
        sheet.push(b':');
    }
    put_two(sheet, minutes % 60, Padding::Zeros);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(pattern: &str, zone: &str, ms: i64) -> String {
        let mut sheet = Sheet::new(Vec::new(), 0);
        Pattern::new(pattern, zone).unwrap().write(&mut sheet, &mut Dates::default(), ms);
        String::from_utf8(sheet.finish()).unwrap()
    }

    /// 2023-11-14T22:13:20.123Z, a Tuesday.
    const TUESDAY: i64 = 1_700_000_000_123;

    #[test]
    fn every_letter() {
        for (pattern, expected) in [
            ("yyyy-MM-dd HH:mm:ss.SSS", "2023-11-14 22:13:20.123"),
            ("yy y M d H h m s S SS", "23 2023 11 14 22 10 13 20 1 12"),
            ("EEE EEEE MMM MMMM a hh", "Tue Tuesday Nov November PM 10"),
            ("XXX XX X xxx xx x VV", "Z Z Z +00:00 +0000 +00 UTC"),
            ("dd.MM.yyyy", "14.11.2023"),
            ("'T'yyyy''MM 'it''s' '' d", "T2023'11 it's ' 14"),
            ("yyyy年M月d日", "2023年11月14日"),
            ("yyyyMMdd'T'HHmmssX", "20231114T221320Z"),
            ("''''", "''"),
            ("", ""),
        ] {
            assert_eq!(print(pattern, "UTC", TUESDAY), expected, "{pattern}");
        }
        let early = 1_704_416_589_007; // 2024-01-05T01:03:09.007Z, a Friday
        assert_eq!(print("y/M/d h:m:s a S SSS EEE", "UTC", early), "2024/1/5 1:3:9 AM 0 007 Fri");
        assert_eq!(print("hh h HH a", "UTC", 0), "12 12 00 AM");
        assert_eq!(print("hh h HH a", "UTC", 43_200_000), "12 12 12 PM");
    }

    #[test]
    fn refuses_other_letters() {
        for (pattern, named) in [
            ("YYYY", "\"YYYY\""),
            ("yyy", "\"yyy\""),
            ("DD", "\"DD\""),
            ("yyyy-MM-ddTHH", "\"T\""),
            ("SSSS", "\"SSSS\""),
            ("E", "\"E\""),
            ("aa", "\"aa\""),
            ("z", "\"z\""),
            ("V", "\"V\""),
            ("'open", "'open"),
            ("'open''", "'open''"),
        ] {
            let error = Pattern::new(pattern, "UTC").unwrap_err();
            assert_eq!(error.code(), crate::Code::InvalidArg);
            assert!(error.message().contains(named), "{error}");
        }
    }

    #[test]
    fn years_of_any_size() {
        for (ms, expected) in [
            (-62_167_219_200_000, "0000 00 0"),
            (-62_167_219_200_001, "-0001 01 -1"),
            (-62_198_755_200_000, "-0001 01 -1"),
            (253_402_300_799_999, "9999 99 9999"),
            (253_402_300_800_000, "10000 00 10000"),
            (8_640_000_000_000_000, "275760 60 275760"),
            (-8_640_000_000_000_000, "-271821 21 -271821"),
        ] {
            assert_eq!(print("yyyy yy y", "UTC", ms), expected);
        }
        assert_eq!(
            print("yyyy-MM-dd HH:mm XXX", "Europe/Zurich", 8_640_000_000_000_000),
            "275760-09-13 02:00 +02:00"
        );
    }

    #[test]
    fn clocks_that_jump() {
        let pattern = "yyyy-MM-dd HH:mm:ss XXX";
        for (zone, ms, expected) in [
            // Zurich: two o'clock is three on 2024-03-31, and three is two on 2024-10-27.
            ("Europe/Zurich", 1_711_846_799_000, "2024-03-31 01:59:59 +01:00"),
            ("Europe/Zurich", 1_711_846_800_000, "2024-03-31 03:00:00 +02:00"),
            ("Europe/Zurich", 1_729_989_000_000, "2024-10-27 02:30:00 +02:00"),
            ("Europe/Zurich", 1_729_992_600_000, "2024-10-27 02:30:00 +01:00"),
            ("America/New_York", 1_710_053_999_000, "2024-03-10 01:59:59 -05:00"),
            ("America/New_York", 1_710_054_000_000, "2024-03-10 03:00:00 -04:00"),
            // Half an hour only.
            ("Australia/Lord_Howe", 1_712_415_599_000, "2024-04-07 01:59:59 +11:00"),
            ("Australia/Lord_Howe", 1_712_415_600_000, "2024-04-07 01:30:00 +10:30"),
            ("Asia/Kathmandu", TUESDAY, "2023-11-15 03:58:20 +05:45"),
            ("Pacific/Kiritimati", TUESDAY, "2023-11-15 12:13:20 +14:00"),
            ("Pacific/Marquesas", TUESDAY, "2023-11-14 12:43:20 -09:30"),
            // Samoa had no 2011-12-30.
            ("Pacific/Apia", 1_325_239_199_000, "2011-12-29 23:59:59 -10:00"),
            ("Pacific/Apia", 1_325_239_200_000, "2011-12-31 00:00:00 +14:00"),
        ] {
            assert_eq!(print(pattern, zone, ms), expected, "{zone} at {ms}");
        }
        assert_eq!(print("X x XX VV", "Asia/Kolkata", TUESDAY), "+0530 +0530 +0530 Asia/Kolkata");
        assert_eq!(print("X x XX", "America/Lima", TUESDAY), "-05 -05 -0500");
        // Local mean time, 43 minutes and 8 seconds behind.
        assert_eq!(print("XXX HH:mm:ss", "Africa/Monrovia", -2_000_000_000_000), "-00:43 19:43:32");
    }
}
