//! Rule 19: when points and stamps expire.

use chrono::{Days, Months, NaiveDate, NaiveTime};
use regulars_kernel::Timestamp;
use regulars_merchant::{Tz, business_day};

/// When points earned on a date expire that are valid for so many months: at the end of the last valid day in the
/// merchant's zone. Months clamp: 31 January and one month is 28 or 29 February. `None`: past the calendar's end, never.
pub fn after_months(zone: Tz, earned_on: NaiveDate, months: u32) -> Option<Timestamp> {
    end_of(zone, earned_on.checked_add_months(Months::new(months))?)
}

/// When stamps earned on a date expire that are valid for so many days; as [`after_months`].
pub fn after_days(zone: Tz, earned_on: NaiveDate, days: u32) -> Option<Timestamp> {
    end_of(zone, earned_on.checked_add_days(Days::new(u64::from(days)))?)
}

fn end_of(zone: Tz, last_day: NaiveDate) -> Option<Timestamp> {
    let end = business_day(zone, NaiveTime::MIN, last_day).end;
    (end <= Timestamp::MAX).then_some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn rule_19_months_clamp_and_the_last_day_is_valid_to_its_end() {
        for (zone, earned_on, months, expires_at) in [
            (Tz::UTC, "2026-01-31", 1, "2026-03-01T00:00:00.000000Z"),
            (Tz::UTC, "2028-01-31", 1, "2028-03-01T00:00:00.000000Z"),
            (Tz::UTC, "2027-08-31", 6, "2028-03-01T00:00:00.000000Z"),
            (Tz::UTC, "2026-01-31", 2, "2026-04-01T00:00:00.000000Z"),
            (Tz::UTC, "2026-05-15", 12, "2027-05-16T00:00:00.000000Z"),
            (Tz::UTC, "2026-05-15", 0, "2026-05-16T00:00:00.000000Z"),
            (Tz::Europe__Berlin, "2026-01-31", 1, "2026-02-28T23:00:00.000000Z"),
            (Tz::Europe__Berlin, "2026-05-31", 1, "2026-06-30T22:00:00.000000Z"),
            (Tz::America__New_York, "2026-11-30", 3, "2027-03-01T05:00:00.000000Z"),
            // The clock skips midnight: the day ends at the jump.
            (Tz::America__Havana, "2026-02-07", 1, "2026-03-08T05:00:00.000000Z"),
        ] {
            let expires = after_months(zone, date(earned_on), months).unwrap();
            assert_eq!(expires.to_string(), expires_at, "{zone} {earned_on} + {months}");
        }
        assert_eq!(after_months(Tz::UTC, date("9999-12-31"), 1), None);
        assert_eq!(after_months(Tz::UTC, date("2026-01-31"), u32::MAX), None);
    }

    #[test]
    fn rule_19_days_count_from_the_day_earned() {
        let expires = after_days(Tz::Europe__Berlin, date("2026-10-20"), 10).unwrap();
        assert_eq!(expires.to_string(), "2026-10-30T23:00:00.000000Z");
    }

    proptest! {
        #[test]
        fn rule_19_more_months_never_expire_sooner(day in 0_u64..40_000, months in 0_u32..600) {
            let earned_on = date("1970-01-01").checked_add_days(Days::new(day)).unwrap();
            for zone in [Tz::UTC, Tz::America__Havana, Tz::Pacific__Apia] {
                let sooner = after_months(zone, earned_on, months).unwrap();
                let later = after_months(zone, earned_on, months + 1).unwrap();
                prop_assert!(sooner < later);
            }
        }
    }
}
