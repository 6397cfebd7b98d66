//! When a message is tried again.

use std::time::Duration;

use rand::Rng;
use regulars_kernel::Timestamp;

use super::{Delivery, Outcome};

/// How long after each failed attempt the next one follows, before it is jittered. With the first attempt, which is made at once,
/// there are ten within three days and a bit.
pub const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// How long an endpoint may fail without one success between, until it is disabled and its owner told.
pub const DISABLED_AFTER: Duration = Duration::from_hours(5 * 24);
/// Waits are this many thousandths of what the schedule says.
const JITTER: std::ops::RangeInclusive<u32> = 800..=1200;

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it arrived.
    Done,
    /// Another attempt, after so long.
    Again(Duration),
    /// Nothing: it was tried often enough. It can be sent again by hand.
    GiveUp,
    /// Nothing, and nothing else goes to this endpoint until its owner enables it again.
    Disable,
}

/// What follows an attempt, of which so many failed with this one: 1 after the first.
pub fn next(delivery: &Delivery, failed: u32, rng: &mut impl Rng) -> Next {
    match delivery.outcome {
        Outcome::Delivered => Next::Done,
        Outcome::Gone(_) => Next::Disable,
        Outcome::Failed(_) => {
            let place = usize::try_from(failed.saturating_sub(1)).unwrap_or(usize::MAX);
            let Some(wait) = WAITS.get(place) else { return Next::GiveUp };
            let wait = *wait * rng.random_range(JITTER) / 1000;
            Next::Again(wait.max(delivery.slow_down.unwrap_or_default()))
        }
    }
}

/// Whether an endpoint that has failed since an instant, without a success after it, is to be disabled.
pub fn is_worn_out(failing_since: Timestamp, now: Timestamp) -> bool {
    failing_since.plus(DISABLED_AFTER) <= now
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn attempt(outcome: Outcome, slow_down: Option<Duration>) -> Delivery {
        let at = Timestamp::from_seconds(1_800_000_000);
        Delivery {
            at,
            took: Duration::ZERO,
            status: None,
            outcome,
            slow_down,
            answer: String::new(),
        }
    }

    fn failed(slow_down: Option<Duration>) -> Delivery {
        attempt(Outcome::Failed(String::new()), slow_down)
    }

    #[test]
    fn waits_grow_with_a_fifth_of_jitter_and_end() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (place, wait) in (1..).zip(WAITS) {
            let mut seen = std::collections::BTreeSet::new();
            for _ in 0..200 {
                let Next::Again(after) = next(&failed(None), place, &mut rng) else { panic!() };
                assert!(after >= wait * 8 / 10 && after <= wait * 12 / 10, "{place}: {after:?}");
                seen.insert(after);
            }
            assert!(seen.len() > 100, "no jitter");
        }
        assert_eq!(next(&failed(None), 10, &mut rng), Next::GiveUp);
        assert_eq!(next(&failed(None), u32::MAX, &mut rng), Next::GiveUp);
    }

    #[test]
    fn an_endpoint_that_wants_time_gets_it_and_never_less_than_the_schedule() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let hour = Duration::from_hours(1);
        assert_eq!(next(&failed(Some(hour)), 1, &mut rng), Next::Again(hour));
        let Next::Again(after) = next(&failed(Some(hour)), 9, &mut rng) else { panic!() };
        assert!(after > Duration::from_hours(19));
    }

    #[test]
    fn what_arrived_is_done_and_what_is_gone_disables() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(next(&attempt(Outcome::Delivered, None), 1, &mut rng), Next::Done);
        let gone = attempt(Outcome::Gone(String::new()), None);
        assert_eq!(next(&gone, 1, &mut rng), Next::Disable);
    }

    #[test]
    fn an_endpoint_is_disabled_after_days_of_failure() {
        let since = Timestamp::from_seconds(1_800_000_000);
        assert!(!is_worn_out(since, since.plus(DISABLED_AFTER).minus(Duration::from_secs(1))));
        assert!(is_worn_out(since, since.plus(DISABLED_AFTER)));
    }
}
