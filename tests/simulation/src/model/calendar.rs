//! Dates, as a person would work them out with a calendar in hand: no clock of the merchants here is put forward or back
//! over midnight or over four in the morning.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use regulars_merchant::Tz;

fn wall(zone: Tz, at: i64) -> chrono::NaiveDateTime {
    let utc: DateTime<Utc> = DateTime::from_timestamp_micros(at).unwrap();
    utc.with_timezone(&zone).naive_local()
}

/// The business date of an instant, where the day begins at an hour.
pub(super) fn date(zone: Tz, begins_at_hour: u32, at: i64) -> NaiveDate {
    let wall = wall(zone, at);
    let yesterday = wall.time() < NaiveTime::from_hms_opt(begins_at_hour, 0, 0).unwrap();
    wall.date() - Days::new(u64::from(yesterday))
}

/// The midnight that ends a date.
pub(super) fn end_of(zone: Tz, date: NaiveDate) -> i64 {
    let midnight = (date + Days::new(1)).and_time(NaiveTime::MIN);
    zone.from_local_datetime(&midnight).single().unwrap().timestamp_micros()
}

/// The next midnight after an instant.
pub(super) fn next_midnight(zone: Tz, at: i64) -> i64 {
    end_of(zone, wall(zone, at).date())
}

/// The same day some months later, or the last of that month where it has no such day.
pub(super) fn months_later(date: NaiveDate, months: u32) -> NaiveDate {
    let month0 = date.month0() + months;
    let year = date.year() + i32::try_from(month0 / 12).unwrap();
    (1..=date.day())
        .rev()
        .find_map(|day| NaiveDate::from_ymd_opt(year, month0 % 12 + 1, day))
        .unwrap()
}
