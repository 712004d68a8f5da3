//! Time zones: what the clocks of a place said at a time.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::date::MS_A_DAY;
use super::style::refuse;
use crate::error::Result;

/// A time zone of the IANA database, of which a copy is in this very file: not every image has one.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    /// `None`: UTC.
    zone: Option<TimeZone>,
    name: String,
}

impl Zone {
    pub(super) fn new(name: &str) -> Result<Self> {
        let Ok(zone) = TimeZoneDatabase::bundled().get(name) else {
            return refuse("timeZone", &format!("an IANA time zone, such as 'Europe/Zurich'; got {name:?}"));
        };
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Ok(Self { zone: (name != "UTC").then_some(zone), name })
    }

    /// Its name, spelled as in the database.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// The stretch of time between two changes of the clock that was asked for last.
#[derive(Clone, Debug, Default)]
pub(super) struct Offsets {
    from: i64,
    until: i64,
    seconds: i32,
}

/// The calendar, weekdays included, repeats so often.
const CYCLE: i64 = 146_097 * MS_A_DAY;

impl Offsets {
    /// Seconds that the clocks of `zone` are ahead of UTC at `ms`.
    #[inline]
    pub(super) fn at(&mut self, zone: &Zone, ms: i64) -> i32 {
        let Some(zone) = &zone.zone else { return 0 };
        if !(self.from..self.until).contains(&ms) {
            self.turn_to(zone, ms);
        }
        self.seconds
    }

    #[cold]
    fn turn_to(&mut self, zone: &TimeZone, ms: i64) {
        let (first, last) = (Timestamp::MIN.as_second() * 1000, Timestamp::MAX.as_second() * 1000 - 1);
        // Before the first change nothing changes; after the last known one, rules repeat every year.
        let moved = match ms {
            _ if ms < first => first,
            _ if ms > last => ms - ((ms - last).div_euclid(CYCLE) + 1) * CYCLE,
            _ => ms,
        };
        let Ok(timestamp) = Timestamp::from_millisecond(moved) else { return };
        self.seconds = zone.to_offset(timestamp).seconds();
        (self.from, self.until) = (ms, ms + 1);
        if moved == ms {
            let change = |timestamp: Option<Timestamp>| timestamp.map(Timestamp::as_millisecond);
            let next = change(zone.following(timestamp).next().map(|change| change.timestamp()));
            // The change at this very time, if there is one, is also before the next millisecond.
            let after = Timestamp::from_millisecond(ms + 1).unwrap_or(timestamp);
            let previous = change(zone.preceding(after).next().map(|change| change.timestamp()));
            self.from = previous.unwrap_or(first);
            self.until = next.unwrap_or(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offset(zone: &Zone, ms: i64) -> i32 {
        Offsets::default().at(zone, ms)
    }

    #[test]
    fn known_offsets() {
        for (name, ms, seconds) in [
            ("UTC", 0, 0),
            ("Europe/Zurich", 1_700_000_000_000, 3600),
            ("Europe/Zurich", 1_690_000_000_000, 7200),
            ("Asia/Kathmandu", 1_700_000_000_000, 20_700),
            ("Asia/Kolkata", 1_700_000_000_000, 19_800),
            ("Australia/Lord_Howe", 1_700_000_000_000, 39_600),
            ("Australia/Lord_Howe", 1_690_000_000_000, 37_800),
            ("Pacific/Chatham", 1_700_000_000_000, 49_500),
            ("America/St_Johns", 1_700_000_000_000, -12_600),
            // Local mean time, before there were zones.
            ("Europe/Amsterdam", -5_000_000_000_000, 1050),
            ("America/New_York", -8_640_000_000_000_000, -17_762),
            // Summer in the year 200,000: July.
            ("Europe/Zurich", 6_249_240_000_000_000, 7200),
        ] {
            assert_eq!(offset(&Zone::new(name).unwrap(), ms), seconds, "{name} at {ms}");
        }
    }

    #[test]
    fn names_are_as_in_the_database() {
        assert_eq!(Zone::new("europe/zurich").unwrap().name(), "Europe/Zurich");
        assert_eq!(Zone::new("utc").unwrap().name(), "UTC");
        for name in ["", "Europe", "Mars/Phobos", "../etc/passwd", "CET-1"] {
            assert_eq!(Zone::new(name).unwrap_err().code(), crate::Code::InvalidArg, "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_would_be_found(times in prop::collection::vec(-8_640_000_000_000_000_i64..8_640_000_000_000_000, 1..20),
                                               recent in prop::collection::vec(-2_000_000_000_000_i64..4_000_000_000_000, 1..20),
                                               name in prop::sample::select(vec!["Europe/Zurich", "America/St_Johns", "Asia/Tokyo", "Africa/Casablanca"])) {
            let zone = Zone::new(name).unwrap();
            let mut offsets = Offsets::default();
            for ms in times.into_iter().chain(recent) {
                prop_assert_eq!(offsets.at(&zone, ms), offset(&zone, ms));
                // On either side of the changes that it remembers.
                for near in [offsets.from - 1, offsets.from, offsets.until - 1, offsets.until] {
                    prop_assert_eq!(offsets.clone().at(&zone, near), offset(&zone, near));
                }
            }
        }
    }
}
