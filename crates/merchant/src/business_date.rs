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
