//! Rule 26: which business date an instant belongs to, and when a business day begins and ends.
//!
//! A business day begins at the first instant of its calendar date at which the clock on the wall shows `dayStartsAt` or
//! later. Where the clock is put forward past that time the day begins at the jump; where the clock is put back and
//! shows that time twice, at the first. So days never overlap and leave no gap, and a later instant never belongs to an
//! earlier day, as it could if local times were compared.

use std::ops::Range;

use chrono::{Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::{GapInfo, Tz};
use regulars_kernel::Timestamp;

/// The business date of an instant.
pub fn business_date(zone: Tz, day_starts_at: NaiveTime, at: Timestamp) -> NaiveDate {
    let today = zone.from_utc_datetime(&at.to_utc().naive_utc()).date_naive();
    // Tomorrow's day may have begun where the clock was put back over midnight.
    let mut date = today.checked_add_days(Days::new(1)).unwrap_or(today);
    while first_instant(zone, date.and_time(day_starts_at)) > at {
        let Some(before) = date.pred_opt() else { break };
        date = before;
    }
    date
}

/// The instants of a business date: from its beginning to just before the next one's.
pub fn business_day(zone: Tz, day_starts_at: NaiveTime, date: NaiveDate) -> Range<Timestamp> {
    let next = date.succ_opt().unwrap_or(date);
    first_instant(zone, date.and_time(day_starts_at))
        ..first_instant(zone, next.and_time(day_starts_at))
}

/// The first instant at which a wall clock shows this, or the jump that skips it.
pub(crate) fn first_instant(zone: Tz, wall: NaiveDateTime) -> Timestamp {
    instants(zone, wall).0
}

/// The last instant at which a wall clock shows this, or the jump that skips it.
pub(crate) fn last_instant(zone: Tz, wall: NaiveDateTime) -> Timestamp {
    instants(zone, wall).1
}

fn instants(zone: Tz, wall: NaiveDateTime) -> (Timestamp, Timestamp) {
    let (first, last) = match zone.from_local_datetime(&wall) {
        LocalResult::Single(only) => (only.to_utc(), only.to_utc()),
        LocalResult::Ambiguous(first, last) => (first.to_utc(), last.to_utc()),
        LocalResult::None => {
            let jump = GapInfo::new(&wall, &zone).and_then(|gap| gap.end);
            // Only wall times at the ends of the calendar have no instant at all.
            let instant = jump.map_or_else(|| wall.and_utc(), |jump| jump.to_utc());
            (instant, instant)
        }
    };
    (first.into(), last.into())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
    }

    fn time(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn rule_26_zone_and_start_of_day_give_an_instant_its_business_date() {
        for (zone, starts, instant, business) in [
            // Plain days.
            (Tz::UTC, "00:00", "2026-03-01T00:00:00Z", "2026-03-01"),
            (Tz::UTC, "00:00", "2026-02-28T23:59:59Z", "2026-02-28"),
            (Tz::Europe__Berlin, "00:00", "2026-01-01T23:30:00Z", "2026-01-02"),
            (Tz::America__New_York, "00:00", "2026-01-02T04:59:59Z", "2026-01-01"),
            (Tz::Asia__Kathmandu, "00:00", "2026-01-01T18:15:00Z", "2026-01-02"),
            // A bar's night belongs to the evening it began.
            (Tz::Europe__Berlin, "04:00", "2026-06-06T01:59:59Z", "2026-06-05"),
            (Tz::Europe__Berlin, "04:00", "2026-06-06T02:00:00Z", "2026-06-06"),
            // Berlin puts the clock forward on 29 March 2026 at 01:00Z: 02:00 becomes 03:00. A day that would start at
            // 02:30 starts at the jump.
            (Tz::Europe__Berlin, "02:30", "2026-03-29T00:59:59Z", "2026-03-28"),
            (Tz::Europe__Berlin, "02:30", "2026-03-29T01:00:00Z", "2026-03-29"),
            // It puts it back on 25 October 2026 at 01:00Z: 03:00 becomes 02:00. A day that starts at 02:30 starts at
            // the first 02:30 (00:30Z), and the second 02:10 is no return to the day before.
            (Tz::Europe__Berlin, "02:30", "2026-10-25T00:29:59Z", "2026-10-24"),
            (Tz::Europe__Berlin, "02:30", "2026-10-25T00:30:00Z", "2026-10-25"),
            (Tz::Europe__Berlin, "02:30", "2026-10-25T01:10:00Z", "2026-10-25"),
            (Tz::Europe__Berlin, "02:30", "2026-10-25T01:30:00Z", "2026-10-25"),
            // Cairo's clock jumps over midnight: 24 April 2026 has no 00:00.
            (Tz::Africa__Cairo, "00:00", "2026-04-23T21:59:59Z", "2026-04-23"),
            (Tz::Africa__Cairo, "00:00", "2026-04-23T22:00:00Z", "2026-04-24"),
            // Havana shows 1 November 2026 00:00 to 01:00 twice.
            (Tz::America__Havana, "00:00", "2026-11-01T04:00:00Z", "2026-11-01"),
            (Tz::America__Havana, "00:00", "2026-11-01T05:00:00Z", "2026-11-01"),
            // São Paulo put the clock back over midnight: 17 February 2018 had 23:00 to 24:00 twice.
            (Tz::America__Sao_Paulo, "00:00", "2018-02-18T01:59:59Z", "2018-02-17"),
            (Tz::America__Sao_Paulo, "00:00", "2018-02-18T02:30:00Z", "2018-02-17"),
            (Tz::America__Sao_Paulo, "00:00", "2018-02-18T03:00:00Z", "2018-02-18"),
            // Goose Bay went from 00:01 back to 23:01: the new day had begun, and stays.
            (Tz::America__Goose_Bay, "00:00", "2010-11-07T03:00:30Z", "2010-11-07"),
            (Tz::America__Goose_Bay, "00:00", "2010-11-07T03:30:00Z", "2010-11-07"),
            // Samoa skipped 30 December 2011.
            (Tz::Pacific__Apia, "00:00", "2011-12-30T09:59:59Z", "2011-12-29"),
            (Tz::Pacific__Apia, "00:00", "2011-12-30T10:00:00Z", "2011-12-31"),
            // Lord Howe shifts by half an hour.
            (Tz::Australia__Lord_Howe, "02:15", "2026-10-03T15:29:59Z", "2026-10-03"),
            (Tz::Australia__Lord_Howe, "02:15", "2026-10-03T15:30:00Z", "2026-10-04"),
        ] {
            assert_eq!(
                business_date(zone, time(starts), at(instant)),
                date(business),
                "{zone} {starts} {instant}"
            );
        }
    }

    #[test]
    fn rule_26_a_business_day_is_as_long_as_the_clock_makes_it() {
        for (zone, starts, day, hours) in [
            (Tz::Europe__Berlin, "00:00", "2026-03-28", 24),
            (Tz::Europe__Berlin, "00:00", "2026-03-29", 23),
            (Tz::Europe__Berlin, "04:00", "2026-03-28", 23),
            (Tz::Europe__Berlin, "00:00", "2026-10-25", 25),
            (Tz::Pacific__Apia, "00:00", "2011-12-30", 0),
        ] {
            let day = business_day(zone, time(starts), date(day));
            assert_eq!(day.end.seconds() - day.start.seconds(), hours * 3600, "{zone} {day:?}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_trap() {
        for zone in [Tz::Pacific__Kiritimati, Tz::Pacific__Pago_Pago, Tz::Europe__Berlin] {
            for instant in [Timestamp::MIN, Timestamp::MAX] {
                let date = business_date(zone, time("23:59"), instant);
                assert!((date - instant.to_utc().date_naive()).num_days().abs() <= 2);
            }
        }
    }

    fn zones() -> impl Strategy<Value = Tz> {
        prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
    }

    fn times() -> impl Strategy<Value = NaiveTime> {
        (0_u32..24, 0_u32..60).prop_map(|(h, m)| NaiveTime::from_hms_opt(h, m, 0).unwrap())
    }

    proptest! {
        #[test]
        fn rule_26_a_later_instant_never_belongs_to_an_earlier_day(
            zone in zones(),
            starts in times(),
            seconds in 0_i64..2_500_000_000,
            later in 0_i64..172_800,
        ) {
            let first = business_date(zone, starts, Timestamp::from_seconds(seconds));
            let second = business_date(zone, starts, Timestamp::from_seconds(seconds + later));
            prop_assert!(first <= second);
        }

        #[test]
        fn rule_26_an_instant_lies_within_its_own_business_day_alone(
            zone in zones(),
            starts in times(),
            seconds in 0_i64..2_500_000_000,
        ) {
            let instant = Timestamp::from_seconds(seconds);
            let own = business_date(zone, starts, instant);
            for date in [own.pred_opt().unwrap(), own, own.succ_opt().unwrap()] {
                let within = business_day(zone, starts, date).contains(&instant);
                prop_assert_eq!(within, date == own, "{}", date);
            }
        }
    }
}
