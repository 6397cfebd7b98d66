//! Rule 26: on which weekdays and between which times something runs.

use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use regulars_kernel::Timestamp;

use crate::business_date::{business_date, business_day, first_instant, last_instant};

/// A set of weekdays, never empty: a choice of none is every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Monday to Sunday.
    pub const EVERY_DAY: Self = Self(0b111_1111);

    /// The set of that number: Monday is 1, Tuesday 2, Wednesday 4, … Sunday 64; 0 is every day. Over 127: none.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::EVERY_DAY),
            1..=0b111_1111 => Some(Self(bits)),
            _ => None,
        }
    }

    /// The number that [`Self::from_bits`] takes; never 0.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the day is one of them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }

    /// The days, Monday first.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        let all = [
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
            Weekday::Sat,
            Weekday::Sun,
        ];
        all.into_iter().filter(move |day| self.contains(*day))
    }
}

impl Default for Weekdays {
    fn default() -> Self {
        Self::EVERY_DAY
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        let bits = days.into_iter().fold(0, |bits, day| bits | bit(day));
        Self::from_bits(bits).unwrap_or_default()
    }
}

const fn bit(day: Weekday) -> u8 {
    match day {
        Weekday::Mon => 1,
        Weekday::Tue => 1 << 1,
        Weekday::Wed => 1 << 2,
        Weekday::Thu => 1 << 3,
        Weekday::Fri => 1 << 4,
        Weekday::Sat => 1 << 5,
        Weekday::Sun => 1 << 6,
    }
}

/// A daily window of time. One whose end is not after its start runs past midnight and belongs to the day it starts;
/// so 18:00 to 00:00 is the evening, and equal times are a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
    /// From when.
    pub start: NaiveTime,
    /// Until when; this very time is outside.
    pub end: NaiveTime,
}

impl Hours {
    /// The window between two optional times: an open end is midnight, and with neither there is no window.
    pub fn between(start: Option<NaiveTime>, end: Option<NaiveTime>) -> Option<Self> {
        (start.is_some() || end.is_some()).then(|| Self {
            start: start.unwrap_or(NaiveTime::MIN),
            end: end.unwrap_or(NaiveTime::MIN),
        })
    }

    /// Whether the window ends on the day after it starts.
    pub fn runs_past_midnight(self) -> bool {
        self.end <= self.start
    }
}

/// Whether something that runs on these weekdays, in these hours (none: all day), is on at an instant, by the clock of
/// `zone`.
///
/// Without hours the weekday is that of the business date, which begins at `day_starts_at`: at three in the morning a
/// bar whose day starts at four is still open for Friday. A window belongs to the calendar day on which the clock shows
/// its start, whenever the business day starts: Friday's 22:00 to 02:00 ends on Saturday's morning, and a window from
/// 01:00 on Friday is the one that opens then, not a day later. In an hour that the clock shows twice a window opens at
/// the first showing and closes at the last; a window's edge that the clock skips stands at the jump.
pub fn is_open(
    weekdays: Weekdays,
    hours: Option<Hours>,
    zone: Tz,
    day_starts_at: NaiveTime,
    at: Timestamp,
) -> bool {
    let Some(Hours { start, end }) = hours else {
        return weekdays.contains(business_date(zone, day_starts_at, at).weekday());
    };
    let today = zone.from_utc_datetime(&at.to_utc().naive_utc()).date_naive();
    // Yesterday's window may run past midnight; and where the clock is put back over midnight, tomorrow's may have
    // opened.
    let days = [today.pred_opt(), Some(today), today.succ_opt()];
    days.into_iter()
        .flatten()
        .filter(|day| weekdays.contains(day.weekday()))
        .any(|day| window_of(Hours { start, end }, zone, day).contains(&at))
}

/// Whether [`is_open`] holds at some instant from `from` until just before `until`.
pub fn is_open_within(
    weekdays: Weekdays,
    hours: Option<Hours>,
    zone: Tz,
    day_starts_at: NaiveTime,
    from: Timestamp,
    until: Timestamp,
) -> bool {
    let date = |at: Timestamp| zone.from_utc_datetime(&at.to_utc().naive_utc()).date_naive();
    let (first, last) = (date(from), date(until));
    if from < until && last.signed_duration_since(first).num_days() > ALL_WEEKDAYS_AND_HOURS {
        return true;
    }
    let (first, last) = (first.pred_opt().unwrap_or(first), last.succ_opt().unwrap_or(last));
    let mut days = first.iter_days().take_while(|day| *day <= last);
    days.any(|day| {
        let open = match hours {
            _ if !weekdays.contains(day.weekday()) => return false,
            None => business_day(zone, day_starts_at, day),
            Some(hours) => window_of(hours, zone, day),
        };
        open.start.max(from) < open.end.min(until)
    })
}

/// Days within which every window of every weekday was open: a clock that skips an hour of a day does not do so again a week,
/// or two, later.
const ALL_WEEKDAYS_AND_HOURS: i64 = 21;

/// The instants of the window that begins on a day.
fn window_of(hours: Hours, zone: Tz, day: NaiveDate) -> Range<Timestamp> {
    let past_midnight = hours.runs_past_midnight();
    let last_day = if past_midnight { day.checked_add_days(Days::new(1)) } else { Some(day) };
    let opens = first_instant(zone, day.and_time(hours.start));
    let closes = last_day.map(|last_day| last_instant(zone, last_day.and_time(hours.end)));
    opens..closes.unwrap_or(opens)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Timelike};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    fn hours(text: &str) -> Option<Hours> {
        let (start, end) = text.split_once('-')?;
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok();
        Hours::between(time(start), time(end))
    }

    #[test]
    fn a_choice_of_no_day_is_every_day() {
        assert_eq!(Weekdays::from_iter([]), Weekdays::EVERY_DAY);
        assert_eq!(Weekdays::from_bits(0), Some(Weekdays::EVERY_DAY));
        assert_eq!(Weekdays::from_bits(128), None);
        for bits in 1..=127 {
            let days = Weekdays::from_bits(bits).unwrap();
            assert_eq!((days.bits(), days.days().collect()), (bits, days));
        }
    }

    #[test]
    fn an_open_end_is_midnight_and_no_end_at_all_no_window() {
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
        let midnight = NaiveTime::MIN;
        assert_eq!(Hours::between(None, None), None);
        let window = |start, end| Some(Hours { start, end });
        assert_eq!(Hours::between(Some(noon), None), window(noon, midnight));
        assert_eq!(Hours::between(None, Some(noon)), window(midnight, noon));
    }

    #[test]
    fn rule_26_weekdays_and_hours_by_the_stores_clock() {
        use Weekday::{Fri, Mon, Sat, Sun, Thu};
        let berlin = Tz::Europe__Berlin;
        // 5 June 2026 is a Friday; Berlin is two hours ahead of UTC.
        for (days, window, zone, instant, open) in [
            (&[][..], "", berlin, "2026-06-05T12:00:00Z", true),
            (&[Fri][..], "", berlin, "2026-06-05T21:59:59Z", true),
            (&[Fri][..], "", berlin, "2026-06-05T22:00:00Z", false),
            (&[Fri][..], "", Tz::America__New_York, "2026-06-05T22:00:00Z", true),
            (&[Fri][..], "09:00-17:00", berlin, "2026-06-05T06:59:59Z", false),
            (&[Fri][..], "09:00-17:00", berlin, "2026-06-05T07:00:00Z", true),
            (&[Fri][..], "09:00-17:00", berlin, "2026-06-05T14:59:59Z", true),
            (&[Fri][..], "09:00-17:00", berlin, "2026-06-05T15:00:00Z", false),
            (&[Thu, Mon][..], "09:00-17:00", berlin, "2026-06-05T10:00:00Z", false),
            // Past midnight: Saturday's first hours are Friday's, and Friday's are Thursday's.
            (&[Fri][..], "22:00-02:00", berlin, "2026-06-05T20:00:00Z", true),
            (&[Fri][..], "22:00-02:00", berlin, "2026-06-05T23:30:00Z", true),
            (&[Fri][..], "22:00-02:00", berlin, "2026-06-06T00:00:00Z", false),
            (&[Fri][..], "22:00-02:00", berlin, "2026-06-04T23:30:00Z", false),
            (&[Sat][..], "22:00-02:00", berlin, "2026-06-05T23:30:00Z", false),
            // Until midnight, from midnight, and a whole day from its hour on.
            (&[Fri][..], "18:00-00:00", berlin, "2026-06-05T21:59:59Z", true),
            (&[Fri][..], "18:00-00:00", berlin, "2026-06-05T22:00:00Z", false),
            (&[Fri][..], "18:00-", berlin, "2026-06-05T21:59:59Z", true),
            (&[Fri][..], "-06:00", berlin, "2026-06-04T22:00:00Z", true),
            (&[Fri][..], "05:00-05:00", berlin, "2026-06-06T02:59:59Z", true),
            (&[Fri][..], "05:00-05:00", berlin, "2026-06-06T03:00:00Z", false),
            (&[][..], "00:00-00:00", berlin, "2026-06-06T03:00:00Z", true),
            // The clock goes forward on Sunday 29 March 2026: 02:00 to 03:00 is not there.
            (&[Sun][..], "02:30-06:00", berlin, "2026-03-29T00:59:59Z", false),
            (&[Sun][..], "02:30-06:00", berlin, "2026-03-29T01:00:00Z", true),
            (&[Sun][..], "00:00-02:30", berlin, "2026-03-29T00:59:59Z", true),
            (&[Sun][..], "00:00-02:30", berlin, "2026-03-29T01:00:00Z", false),
            (&[Sun][..], "02:10-02:50", berlin, "2026-03-29T01:00:00Z", false),
            // It goes back on Sunday 25 October 2026: 02:00 to 03:00 is there twice.
            (&[Sun][..], "02:30-06:00", berlin, "2026-10-25T00:30:00Z", true),
            (&[Sun][..], "02:30-06:00", berlin, "2026-10-25T01:10:00Z", true),
            (&[Sun][..], "01:00-02:30", berlin, "2026-10-25T00:45:00Z", true),
            (&[Sun][..], "01:00-02:30", berlin, "2026-10-25T01:29:59Z", true),
            (&[Sun][..], "01:00-02:30", berlin, "2026-10-25T01:30:00Z", false),
            // Put back over midnight: Sunday's first minute had begun before Saturday's last hour came again.
            (&[Sun][..], "00:00-06:00", Tz::America__Goose_Bay, "2010-11-07T03:00:30Z", true),
            (&[Sun][..], "00:00-06:00", Tz::America__Goose_Bay, "2010-11-07T03:30:00Z", true),
        ] {
            let days: Weekdays = days.iter().copied().collect();
            assert_eq!(
                is_open(days, hours(window), zone, NaiveTime::MIN, at(instant)),
                open,
                "{days:?} {window} {zone} {instant}"
            );
        }
    }

    #[test]
    fn rule_26_a_stretch_of_time_has_an_open_instant_or_none() {
        use Weekday::{Fri, Sat, Sun};
        let berlin = Tz::Europe__Berlin;
        // 5 June 2026 is a Friday; Berlin is two hours ahead of UTC.
        for (days, window, from, until, open) in [
            (&[][..], "", "2026-06-05T10:00:00Z", "2026-06-05T10:00:01Z", true),
            (&[][..], "", "2026-06-05T10:00:00Z", "2026-06-05T10:00:00Z", false),
            (&[Sat][..], "", "2026-06-05T10:00:00Z", "2026-06-05T22:00:00Z", false),
            (&[Sat][..], "", "2026-06-05T10:00:00Z", "2026-06-05T22:00:01Z", true),
            (&[Fri][..], "22:00-02:00", "2026-06-05T22:00:00Z", "2026-06-05T23:00:00Z", true),
            (&[Sat][..], "22:00-02:00", "2026-06-05T22:00:00Z", "2026-06-05T23:00:00Z", false),
            (&[][..], "09:00-10:00", "2026-06-05T08:00:00Z", "2026-06-06T07:00:00Z", false),
            (&[][..], "09:00-10:00", "2026-06-05T08:00:00Z", "2026-06-06T07:00:01Z", true),
            // 29 March 2026 has no 02:10, and the Sunday after has one.
            (&[Sun][..], "02:10-02:50", "2026-03-25T00:00:00Z", "2026-04-01T00:00:00Z", false),
            (&[Sun][..], "02:10-02:50", "2026-03-25T00:00:00Z", "2026-04-08T00:00:00Z", true),
            (&[Sun][..], "02:10-02:50", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", true),
        ] {
            let days: Weekdays = days.iter().copied().collect();
            let (from, until) = (at(from), at(until));
            let answer = is_open_within(days, hours(window), berlin, NaiveTime::MIN, from, until);
            assert_eq!(answer, open, "{days:?} {window} {from} {until}");
        }
        let ever = (Timestamp::MIN, Timestamp::MAX);
        assert!(is_open_within(Weekdays::EVERY_DAY, None, berlin, NaiveTime::MIN, ever.0, ever.1));
    }

    #[test]
    fn rule_26_a_bars_friday_ends_when_its_saturday_begins() {
        use Weekday::{Fri, Sat};
        let (berlin, four) = (Tz::Europe__Berlin, NaiveTime::from_hms_opt(4, 0, 0).unwrap());
        for (day, window, instant, open) in [
            // 5 June 2026 is a Friday; the clock shows two hours more than UTC.
            (Fri, "", "2026-06-05T01:59:59Z", false),
            (Fri, "", "2026-06-05T02:00:00Z", true),
            (Fri, "", "2026-06-06T01:59:59Z", true),
            (Fri, "", "2026-06-06T02:00:00Z", false),
            (Sat, "", "2026-06-06T01:59:59Z", false),
            (Sat, "", "2026-06-06T02:00:00Z", true),
            // A window is the calendar day's on which it starts.
            (Fri, "22:00-03:00", "2026-06-06T00:30:00Z", true),
            (Sat, "22:00-03:00", "2026-06-06T00:30:00Z", false),
            (Sat, "01:00-03:00", "2026-06-06T00:30:00Z", true),
            (Fri, "01:00-03:00", "2026-06-06T00:30:00Z", false),
        ] {
            let answer =
                is_open([day].into_iter().collect(), hours(window), berlin, four, at(instant));
            assert_eq!(answer, open, "{day} {window} {instant}");
        }
    }

    proptest! {
        /// The words of the rule, read off the clock on the wall, wherever the clock runs evenly.
        #[test]
        fn rule_26_agrees_with_the_clock_on_the_wall(
            bits in 0_u8..128,
            start in 0_u32..1440,
            end in 0_u32..1440,
            minutes in 0_i64..30_000_000,
        ) {
            let zone = Tz::Asia__Tokyo;
            let weekdays = Weekdays::from_bits(bits).unwrap();
            let time = |minute: u32| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
            let hours = Hours { start: time(start), end: time(end) };
            let instant = Timestamp::from_seconds(minutes * 60);
            let wall = zone.from_utc_datetime(&instant.to_utc().naive_utc());
            let minute = wall.hour() * 60 + wall.minute();
            let today = weekdays.contains(wall.weekday());
            let yesterday = weekdays.contains(wall.weekday().pred());
            let expected = if start < end {
                today && (start..end).contains(&minute)
            } else {
                (today && minute >= start) || (yesterday && minute < end)
            };
            prop_assert_eq!(is_open(weekdays, Some(hours), zone, NaiveTime::MIN, instant), expected);
        }

        /// A stretch of time is open within where one of its instants is.
        #[test]
        fn rule_26_an_open_instant_is_within_a_stretch_around_it(
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            bits in 0_u8..128,
            edges in prop::option::of((0_u32..1440, 0_u32..1440)),
            from in 0_i64..2_500_000_000,
            length in 1_i64..3_000_000,
            part in 0_i64..3_000_000,
        ) {
            let time = |minute: u32| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
            let hours = edges.map(|(start, end)| Hours { start: time(start), end: time(end) });
            let weekdays = Weekdays::from_bits(bits).unwrap();
            let instant = Timestamp::from_seconds(from + part % length);
            let (from, until) = (Timestamp::from_seconds(from), Timestamp::from_seconds(from + length));
            let starts = time(240);
            if is_open(weekdays, hours, zone, starts, instant) {
                prop_assert!(is_open_within(weekdays, hours, zone, starts, from, until));
            }
        }

        /// In any zone, however its clock jumps: who stands before a clock that shows a time within the window is served.
        #[test]
        fn rule_26_is_open_whenever_the_clock_on_the_wall_says_so(
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
            start in 0_u32..1440,
            length in 1_u32..1440,
            seconds in 0_i64..2_500_000_000,
        ) {
            let time = |minute: u32| {
                NaiveTime::from_hms_opt(minute / 60 % 24, minute % 60, 0).unwrap()
            };
            let hours = Hours { start: time(start), end: time(start + length) };
            let instant = Timestamp::from_seconds(seconds);
            let wall = zone.from_utc_datetime(&instant.to_utc().naive_utc()).time();
            let shown = if hours.runs_past_midnight() {
                wall >= hours.start || wall < hours.end
            } else {
                wall >= hours.start && wall < hours.end
            };
            if shown {
                prop_assert!(is_open(Weekdays::EVERY_DAY, Some(hours), zone, NaiveTime::MIN, instant));
            }
        }
    }
}
