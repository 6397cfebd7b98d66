//! Rule 26: when a sale was, by the word of a till whose clock may go wrong and whose line may have been down, and what its age
//! does to what it earns.

use std::{fmt, time::Duration};

use regulars_kernel::{Rule, Timestamp, Violations};
use regulars_loyalty::sale::Timeliness;

/// How far ahead of the server's clock a till's may go: sale times past that count as now.
pub const MOST_AHEAD: Duration = Duration::from_mins(10);
/// Older than this a sale earns by permission `backdate` alone.
pub const LONG_AGO: Duration = Duration::from_hours(30 * 24);

/// No sale is older than this, in seconds: the first of the year 2000.
pub const FIRST_SECOND: i64 = 946_684_800;

/// Notes a time that no till can mean.
pub(crate) fn refuse_nonsense(
    argument: &'static str,
    told: Option<Timestamp>,
    wrong: &mut Violations,
) {
    if told.is_some_and(|at| at < Timestamp::from_seconds(FIRST_SECOND)) {
        let sentence = "Enter a time from the year 2000 on.";
        wrong.add(argument, Rule::Invalid(sentence.to_owned()));
    }
}

/// What is odd about the time of a sale. Codes are part of the API and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeFlag {
    /// The till's clock is ahead: the sale counts as of now.
    Ahead,
    /// The sale came late: what it earns is pending until somebody has looked at it.
    Late,
    /// The sale came too late to earn.
    TooLongAgo,
    /// The sale is of long ago, and earns because whoever records it may say so.
    Backdated,
}

impl TimeFlag {
    /// Every flag.
    pub const ALL: [Self; 4] = [Self::Ahead, Self::Late, Self::TooLongAgo, Self::Backdated];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ahead => "clock_ahead",
            Self::Late => "late",
            Self::TooLongAgo => "too_long_ago",
            Self::Backdated => "backdated",
        }
    }

    /// The flag of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.code() == code)
    }
}

/// The sentence that people read.
impl fmt::Display for TimeFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ahead => "The time of the sale lies ahead: it counts as of now.",
            Self::Late => "The sale came late: what it earns is pending until it is reviewed.",
            Self::TooLongAgo => {
                "The sale is more than 30 days old: it earns nothing without the permission backdate."
            }
            Self::Backdated => "The sale is more than 30 days old, and was recorded by permission.",
        })
    }
}

/// When a sale was, and what that means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleTime {
    /// When it counts as having happened.
    pub at: Timestamp,
    /// What its age does to what it earns.
    pub timeliness: Timeliness,
    /// What is odd about it, for whoever records it.
    pub flag: Option<TimeFlag>,
}

/// Judges when a sale was told to have been: absent is now. `late_hours` are the store's; `backdate` is whether whoever
/// records it holds the permission of that name: then a sale of more than 30 days ago earns at once.
pub fn timeliness(
    told: Option<Timestamp>,
    now: Timestamp,
    late_hours: i32,
    backdate: bool,
) -> SaleTime {
    let Some(at) = told else {
        return SaleTime { at: now, timeliness: Timeliness::InTime, flag: None };
    };
    if at > now.plus(MOST_AHEAD) {
        let flag = Some(TimeFlag::Ahead);
        return SaleTime { at: now, timeliness: Timeliness::InTime, flag };
    }
    let late = Duration::from_secs(u64::try_from(late_hours).unwrap_or_default() * 3_600);
    let (timeliness, flag) = if at < now.minus(LONG_AGO) {
        if backdate {
            (Timeliness::InTime, Some(TimeFlag::Backdated))
        } else {
            (Timeliness::TooLate, Some(TimeFlag::TooLongAgo))
        }
    } else if at < now.minus(late) {
        (Timeliness::Late, Some(TimeFlag::Late))
    } else {
        (Timeliness::InTime, None)
    };
    SaleTime { at, timeliness, flag }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    fn judge(ago: i64, late_hours: i32, backdate: bool) -> (i64, Timeliness, Option<TimeFlag>) {
        let told = Timestamp::from_seconds(NOW - ago);
        let time = timeliness(Some(told), Timestamp::from_seconds(NOW), late_hours, backdate);
        (NOW - time.at.seconds(), time.timeliness, time.flag)
    }

    #[test]
    fn rule_26_the_age_of_a_sale_decides_what_it_earns() {
        use Timeliness::{InTime, Late, TooLate};
        for (ago, late_hours, backdate, at, timeliness, flag) in [
            (0, 72, false, 0, InTime, None),
            (-600, 72, false, -600, InTime, None),
            (-601, 72, false, 0, InTime, Some(TimeFlag::Ahead)),
            (-100 * DAY, 72, true, 0, InTime, Some(TimeFlag::Ahead)),
            (72 * HOUR, 72, false, 72 * HOUR, InTime, None),
            (72 * HOUR + 1, 72, false, 72 * HOUR + 1, Late, Some(TimeFlag::Late)),
            // Who may record sales of long ago does not thereby look at those of last week.
            (72 * HOUR + 1, 72, true, 72 * HOUR + 1, Late, Some(TimeFlag::Late)),
            (1, 0, false, 1, Late, Some(TimeFlag::Late)),
            (1, -5, false, 1, Late, Some(TimeFlag::Late)),
            (30 * DAY, 72, false, 30 * DAY, Late, Some(TimeFlag::Late)),
            (30 * DAY + 1, 72, false, 30 * DAY + 1, TooLate, Some(TimeFlag::TooLongAgo)),
            (30 * DAY + 1, 72, true, 30 * DAY + 1, InTime, Some(TimeFlag::Backdated)),
            (30 * DAY + 1, 10_000, false, 30 * DAY + 1, TooLate, Some(TimeFlag::TooLongAgo)),
        ] {
            assert_eq!(
                judge(ago, late_hours, backdate),
                (at, timeliness, flag),
                "{ago} s ago, late after {late_hours} h, {backdate}"
            );
        }
        let now = Timestamp::from_seconds(NOW);
        let untold = SaleTime { at: now, timeliness: InTime, flag: None };
        assert_eq!(timeliness(None, now, 0, false), untold);
    }

    #[test]
    fn flags_are_read_back_from_their_codes() {
        for flag in TimeFlag::ALL {
            assert_eq!(TimeFlag::from_code(flag.code()), Some(flag));
        }
        assert_eq!(TimeFlag::from_code("early"), None);
    }

    proptest! {
        #[test]
        fn rule_26_no_sale_counts_later_than_ten_minutes_from_now(told: i64, late in 0_i32..10_000) {
            let now = Timestamp::from_seconds(NOW);
            let time = timeliness(Some(Timestamp::from_micros(told)), now, late, false);
            prop_assert!(time.at <= now.plus(MOST_AHEAD));
            prop_assert_eq!(time.flag.is_none(), time.timeliness == Timeliness::InTime && time.at.micros() == told);
        }
    }
}
