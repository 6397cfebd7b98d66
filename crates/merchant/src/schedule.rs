//! Rule 26: on which weekdays and between which times something runs.

use chrono::{Datelike, Days, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use regulars_kernel::Timestamp;

use crate::business_date::{first_instant, last_instant};

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
/// `zone`. In an hour that the clock shows twice a window opens at the first showing and closes at the last; a window's
/// edge that the clock skips stands at the jump.
pub fn is_open(weekdays: Weekdays, hours: Option<Hours>, zone: Tz, at: Timestamp) -> bool {
    let today = zone.from_utc_datetime(&at.to_utc().naive_utc()).date_naive();
    let Some(Hours { start, end }) = hours else {
        return weekdays.contains(today.weekday());
    };
    // Yesterday's window may run past midnight; and where the clock is put back over midnight, tomorrow's may have
    // opened.
    let days = [today.pred_opt(), Some(today), today.succ_opt()];
    days.into_iter().flatten().filter(|day| weekdays.contains(day.weekday())).any(|day| {
        let past_midnight = Hours { start, end }.runs_past_midnight();
        let last_day = if past_midnight { day.checked_add_days(Days::new(1)) } else { Some(day) };
        last_day.is_some_and(|last_day| {
            let opens = first_instant(zone, day.and_time(start));
            let closes = last_instant(zone, last_day.and_time(end));
            opens <= at && at < closes
        })
    })
}
