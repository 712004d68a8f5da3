//! Times as `Date.prototype.toISOString` prints them (ECMA-262, "Date Time String Format").

/// The furthest a JavaScript time is from 1970, in milliseconds either way.
const MAX_TIME: f64 = 8.64e15;
const MS_A_DAY: i64 = 86_400_000;

/// Whether JavaScript could have this as a time: whole milliseconds, in range.
#[allow(clippy::float_cmp, reason = "exactly whole is what is asked")]
pub(super) fn is_time(ms: f64) -> bool {
    ms.abs() <= MAX_TIME && ms.trunc() == ms
}

/// Appends `ms` as `YYYY-MM-DDTHH:mm:ss.sssZ`, UTC; years outside 0 to 9999 as `±YYYYYY`.
/// `ms` passes [`is_time`].
pub(super) fn write(out: &mut Vec<u8>, ms: f64) {
    let ms = ms as i64;
    let (year, month, day) = civil(ms.div_euclid(MS_A_DAY));
    let time = ms.rem_euclid(MS_A_DAY) as u32;

    let years = year.unsigned_abs() as u32;
    if !(0..=9999).contains(&year) {
        out.push(if year < 0 { b'-' } else { b'+' });
        out.extend_from_slice(&pair(years / 10_000));
    }
    out.extend_from_slice(&pair(years / 100 % 100));
    out.extend_from_slice(&pair(years % 100));
    let [month, day] = [pair(month), pair(day)];
    let [hour, minute, second] = [time / 3_600_000, time / 60_000 % 60, time / 1000 % 60].map(pair);
    let (hundreds, rest) = (b'0' + (time % 1000 / 100) as u8, pair(time % 100));
    out.extend_from_slice(&[
        b'-', month[0], month[1], b'-', day[0], day[1], b'T', hour[0], hour[1], b':', minute[0], minute[1],
        b':', second[0], second[1], b'.', hundreds, rest[0], rest[1], b'Z',
    ]);
}

/// Year, month and day of a day counted from 1970-01-01, proleptic Gregorian.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years start in
/// March, so that the leap day is the last of its year, and repeat every 400 years (146,097 days).
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468; // from 0000-03-01
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

/// Two digits of a number below 100.
fn pair(value: u32) -> [u8; 2] {
    [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn iso(ms: f64) -> String {
        let mut out = Vec::new();
        write(&mut out, ms);
        String::from_utf8(out).unwrap()
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
    fn day_by_counting(mut days: i64) -> (i64, u32, u32) {
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
        (year, month, days as u32 + 1)
    }

    proptest! {
        #[test]
        fn days_as_by_counting(days in -1_500_000_i64..1_500_000) {
            prop_assert_eq!(civil(days), day_by_counting(days));
        }

        #[test]
        fn sorts_as_time_does_within_four_digit_years(a in -62_167_219_200_000_i64..=253_402_300_799_999,
                                                      b in -62_167_219_200_000_i64..=253_402_300_799_999) {
            prop_assert_eq!(iso(a as f64).cmp(&iso(b as f64)), a.cmp(&b));
        }
    }
}
