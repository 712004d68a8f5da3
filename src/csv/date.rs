//! Times as JavaScript prints them (ECMA-262, "Date Time String Format"), or as asked.

use super::cell_format::DateOptions;
use super::number;
use super::pattern::Pattern;
use super::zone::Offsets;
use crate::error::Result;

/// The furthest a JavaScript time is from 1970, in milliseconds either way.
const MAX_TIME: f64 = 8.64e15;
pub(super) const MS_A_DAY: i64 = 86_400_000;

/// Whether JavaScript could have this as a time: whole milliseconds, in range.
#[allow(clippy::float_cmp, reason = "exactly whole is what is asked")]
pub(super) fn is_time(ms: f64) -> bool {
    ms.abs() <= MAX_TIME && (ms as i64) as f64 == ms
}

/// How dates are written, checked.
#[derive(Debug)]
pub(super) enum DateFormat {
    Iso,
    Day,
    EpochMs,
    Pattern(Box<Pattern>),
}

impl DateFormat {
    pub(super) fn new(options: DateOptions) -> Result<Self> {
        Ok(match options {
            DateOptions::Iso => DateFormat::Iso,
            DateOptions::Day => DateFormat::Day,
            DateOptions::EpochMs => DateFormat::EpochMs,
            DateOptions::Pattern { pattern, time_zone } => {
                DateFormat::Pattern(Box::new(Pattern::new(&pattern, &time_zone)?))
            }
        })
    }
}

/// Writes the dates of a column. Neighbours are often of one day, and then only their times differ.
#[derive(Debug)]
pub(super) struct Dates {
    day: i64,
    /// The day, as far as `length`, and a `T`.
    text: [u8; 16],
    length: usize,
    /// Whether years are written as PostgreSQL reads them: without a sign, and those before 1 as years before Christ.
    eras: bool,
    before_christ: bool,
    pub(super) calendar: Calendar,
    pub(super) offsets: Offsets,
}

/// Longest of what [`Dates::write`] writes.
pub(super) const MAX_DATE: usize = 32;

impl Default for Dates {
    fn default() -> Self {
        let mut dates = Self {
            day: 0,
            text: [0; 16],
            length: 0,
            eras: false,
            before_christ: false,
            calendar: Calendar::default(),
            offsets: Offsets::default(),
        };
        dates.turn_to(0);
        dates
    }
}

impl Dates {
    /// `eras`: see the field.
    pub(super) fn new(eras: bool) -> Self {
        Self { eras, ..Self::default() }
    }

    /// Writes `ms`, which passes [`is_time`], by `format`, which is no pattern, and returns the length.
    #[inline]
    pub(super) fn write(&mut self, out: &mut [u8; MAX_DATE], format: &DateFormat, ms: i64) -> usize {
        if matches!(format, DateFormat::EpochMs) {
            return number::write_signed(out, ms);
        }
        let day = ms.div_euclid(MS_A_DAY);
        if day != self.day {
            self.turn_to(day);
        }
        out[..16].copy_from_slice(&self.text);
        if matches!(format, DateFormat::Day) {
            return self.end(out, self.length);
        }
        let time = ms.rem_euclid(MS_A_DAY) as u32;
        let (seconds, millis) = (time / 1000, time % 1000);
        let (minutes, second) = (seconds / 60, seconds % 60);
        let [hour, minute, second] = [minutes / 60, minutes % 60, second].map(number::pair);
        let hundreds = b'0' + (millis / 100) as u8;
        let [tens, ones] = number::pair(millis % 100);
        let start = self.length + 1;
        out[start..start + 13].copy_from_slice(&[
            hour[0], hour[1], b':', minute[0], minute[1], b':', second[0], second[1], b'.', hundreds, tens,
            ones, b'Z',
        ]);
        self.end(out, start + 13)
    }

    #[inline]
    fn end(&self, out: &mut [u8; MAX_DATE], length: usize) -> usize {
        if !self.before_christ {
            return length;
        }
        out[length..length + 3].copy_from_slice(b" BC");
        length + 3
    }

    /// `YYYY-MM-DD`; years outside 0 to 9999 as `±YYYYYY`.
    fn turn_to(&mut self, day: i64) {
        self.day = day;
        let Civil { year, month, day, .. } = civil(day);
        // There is no year 0: before the year 1 comes 1 BC.
        self.before_christ = self.eras && year < 1;
        let year = if self.before_christ { 1 - year } else { year };
        let years = year.unsigned_abs() as u32;
        let [high, middle, low] = [years / 10_000, years / 100 % 100, years % 100].map(number::pair);
        let [month, day] = [month, day].map(number::pair);
        let sign = if year < 0 { b'-' } else { b'+' };
        let text = [
            sign, high[0], high[1], middle[0], middle[1], low[0], low[1], b'-', month[0], month[1], b'-',
            day[0], day[1], b'T',
        ];
        let text = match years {
            0..=9999 if year >= 0 => &text[3..],
            10_000..=99_999 if self.eras => &text[2..],
            _ if self.eras => &text[1..],
            _ => &text[..],
        };
        self.text[..text.len()].copy_from_slice(text);
        self.length = text.len() - 1;
    }
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: u32,
    pub(super) day: u32,
    /// From 0, Sunday.
    pub(super) weekday: u32,
}

/// The day that was asked for last.
#[derive(Debug)]
pub(super) struct Calendar {
    day: i64,
    civil: Civil,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { day: 0, civil: civil(0) }
    }
}

impl Calendar {
    #[inline]
    pub(super) fn civil(&mut self, day: i64) -> Civil {
        if day != self.day {
            *self = Self { day, civil: civil(day) };
        }
        self.civil
    }
}

/// Eras of 400 years that put every day of JavaScript's after day 0.
const ERAS: u32 = 700;
const DAYS_AN_ERA: u32 = 146_097;

/// Year, month and day of a day counted from 1970-01-01, proleptic Gregorian, for days that JavaScript has.
///
/// Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms" (2022): years start
/// in March, so that the leap day is the last of its year; divisions are by constants, and those by the length of a
/// year and of a month are multiplications.
fn civil(day: i64) -> Civil {
    // From 0000-03-01, 280,000 years earlier.
    let days = (day + 719_468 + i64::from(ERAS * DAYS_AN_ERA)) as u32;
    let weekday = (days + 3) % 7; // 1970-01-01 was a Thursday
    let quarters = 4 * days + 3;
    let century = quarters / DAYS_AN_ERA;
    let product = 2_939_745 * u64::from((quarters % DAYS_AN_ERA) | 3);
    let year_of_century = (product >> 32) as u32;
    let day_of_year = product as u32 / 2_939_745 / 4;
    let months = 2141 * day_of_year + 197_913;
    let (month, day) = (months >> 16, (months & 0xffff) / 2141 + 1);
    let next = u32::from(day_of_year >= 306); // January and February
    let year = i64::from(100 * century + year_of_century + next) - i64::from(400 * ERAS);
    Civil { year, month: month - 12 * next, day, weekday }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn print(format: &DateFormat, ms: f64) -> String {
        let mut out = [0; MAX_DATE];
        let length = Dates::default().write(&mut out, format, ms as i64);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    fn iso(ms: f64) -> String {
        print(&DateFormat::Iso, ms)
    }

    #[test]
    fn known_answers_of_to_iso_string() {
        // Printed by Node 20.
        for (ms, expected) in [
            (0.0, "1970-01-01T00:00:00.000Z"),
            (-1.0, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000.0, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_000.0, "2100-03-01T00:00:00.000Z"),
            (1_700_000_000_123.0, "2023-11-14T22:13:20.123Z"),
            (253_402_300_799_999.0, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000.0, "+010000-01-01T00:00:00.000Z"),
            (-62_167_219_200_000.0, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001.0, "-000001-12-31T23:59:59.999Z"),
            (8.64e15, "+275760-09-13T00:00:00.000Z"),
            (-8.64e15, "-271821-04-20T00:00:00.000Z"),
        ] {
            assert_eq!(iso(ms), expected);
            assert_eq!(Some(print(&DateFormat::Day, ms).as_str()), expected.split('T').next());
            assert_eq!(print(&DateFormat::EpochMs, ms), (ms as i64).to_string());
        }
    }

    #[test]
    fn years_as_postgresql_reads_them() {
        // Each was read back by PostgreSQL 15.
        let print = |ms: i64, format: &DateFormat| {
            let mut out = [0; MAX_DATE];
            let length = Dates::new(true).write(&mut out, format, ms);
            String::from_utf8(out[..length].to_vec()).unwrap()
        };
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "10000-01-01T00:00:00.000Z"),
            (8_640_000_000_000_000, "275760-09-13T00:00:00.000Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
            (-62_135_596_800_001, "0001-12-31T23:59:59.999Z BC"),
            (-62_167_219_200_001, "0002-12-31T23:59:59.999Z BC"),
        ] {
            assert_eq!(print(ms, &DateFormat::Iso), expected);
            let day = print(ms, &DateFormat::Day);
            assert_eq!(day.trim_end_matches(" BC"), expected.split('T').next().unwrap());
            assert_eq!(day.ends_with(" BC"), expected.ends_with(" BC"));
        }
        let mut dates = Dates::new(true);
        for ms in [-62_135_596_800_001, 0] {
            let mut out = [0; MAX_DATE];
            let length = dates.write(&mut out, &DateFormat::Iso, ms);
            assert_eq!(out[..length].ends_with(b"BC"), ms < 0);
        }
    }

    #[test]
    fn knows_what_is_a_time() {
        for ms in [f64::NAN, f64::INFINITY, -f64::INFINITY, 0.5, 8.64e15 + 1.0, -8.64e15 - 1.0] {
            assert!(!is_time(ms), "{ms}");
        }
        assert!(is_time(-0.0) && is_time(8.64e15) && is_time(-8.64e15));
    }

    /// The slow and obvious way: count years, then months.
    fn day_by_counting(mut days: i64) -> Civil {
        let weekday = (days + 4).rem_euclid(7) as u32;
        let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let mut year = 1970;
        while days < 0 {
            year -= 1;
            days += if leap(year) { 366 } else { 365 };
        }
        loop {
            let length = if leap(year) { 366 } else { 365 };
            if days < length {
                break;
            }
            days -= length;
            year += 1;
        }
        let february = if leap(year) { 29 } else { 28 };
        let mut month = 1;
        for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        Civil { year, month, day: days as u32 + 1, weekday }
    }

    proptest! {
        #[test]
        fn days_as_by_counting(days in -1_500_000_i64..1_500_000) {
            prop_assert_eq!(civil(days), day_by_counting(days));
        }

        #[test]
        fn neighbours_do_not_disturb_each_other(times in prop::collection::vec(-8_640_000_000_000_000_i64..=8_640_000_000_000_000, 1..20),
                                                days in 0_i64..3) {
            let mut dates = Dates::default();
            for (index, ms) in times.into_iter().enumerate() {
                let ms = if index % 2 == 0 { ms } else { ms % (days * MS_A_DAY + 1) };
                let mut out = [0; MAX_DATE];
                let length = dates.write(&mut out, &DateFormat::Iso, ms);
                prop_assert_eq!(String::from_utf8_lossy(&out[..length]), iso(ms as f64));
            }
        }

        #[test]
        fn sorts_as_time_does_within_four_digit_years(a in -62_167_219_200_000_i64..=253_402_300_799_999,
                                                      b in -62_167_219_200_000_i64..=253_402_300_799_999) {
            prop_assert_eq!(iso(a as f64).cmp(&iso(b as f64)), a.cmp(&b));
        }
    }
}
