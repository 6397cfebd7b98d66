//! What follows a fault (engine rule 23): later, not at all, or with somebody's help.

use std::time::Duration;

use rand::Rng as _;
use regulars_source::Health;

use crate::{connector::Fault, outgoing::MAX_WAIT};

/// How often one request is made, at most, before the connection waits for its next turn.
pub(super) const TRIES: u32 = 4;
/// The longest wait within a run; past it the connection is let go, and somebody else's turn comes.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// The shortest wait.
const FIRST: Duration = Duration::from_millis(500);
/// How many reads in a row may fail before nobody tries any more.
pub(super) const MAX_FAILURES: u32 = 12;

/// What follows a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same again, after so long.
    Again(Duration),
    /// The connection's next turn is after so long.
    Later(Duration, Health),
    /// Nothing, until somebody does something.
    Stop(Health),
    /// The window begins anew.
    Restart,
    /// A sweep has to find what is gone.
    Sweep,
}

/// A wait before the try of this number, from 0: exponential, anywhere from nothing to its full length, so that many who
/// failed together do not come back together.
pub(super) fn pause(tries: u32) -> Duration {
    let most = FIRST.saturating_mul(2_u32.saturating_pow(tries.min(16))).min(MAX_WAIT);
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rand::rng().random_range(0..=most))
}

/// How long a connection is left alone after so many failures in a row.
pub(super) fn rest(failures: u32) -> Duration {
    Duration::from_secs(30).saturating_mul(2_u32.saturating_pow(failures.min(10))).min(MAX_WAIT)
}

/// Decides after a fault of the request that was made `tries` times, on a connection that failed so often before.
pub(super) fn after(fault: &Fault, tries: u32, failures: u32) -> Next {
    match fault {
        Fault::Throttled { after } => match after.unwrap_or_else(|| pause(tries.saturating_add(2)))
        {
            wait if wait <= PATIENCE && tries < TRIES => Next::Again(wait),
            wait => Next::Later(wait.max(Duration::from_secs(1)), Health::Throttled),
        },
        Fault::Transient { after, .. } if tries < TRIES => {
            let wait = after.unwrap_or_else(|| pause(tries));
            if wait <= PATIENCE { Next::Again(wait) } else { Next::Later(wait, Health::Lagging) }
        }
        Fault::Transient { after, .. } if failures < MAX_FAILURES => {
            Next::Later(after.unwrap_or_else(|| rest(failures)), Health::Lagging)
        }
        Fault::Transient { .. } | Fault::Settings(_) | Fault::Schema(_) => {
            Next::Stop(Health::Stopped)
        }
        Fault::NeedsAuth(_) => Next::Stop(Health::NeedsAuth),
        Fault::Cursor(_) => Next::Restart,
        Fault::LogExpired(_) => Next::Sweep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient(after: Option<u64>) -> Fault {
        Fault::Transient { message: "502".to_owned(), after: after.map(Duration::from_secs) }
    }

    #[test]
    fn rule_23_the_classes_of_faults() {
        assert!(matches!(after(&transient(None), 0, 0), Next::Again(_)));
        assert_eq!(after(&transient(Some(3)), 0, 0), Next::Again(Duration::from_secs(3)));
        assert!(matches!(after(&transient(Some(600)), 0, 0), Next::Later(..)));
        assert_eq!(
            after(&transient(None), TRIES, 1),
            Next::Later(Duration::from_mins(1), Health::Lagging)
        );
        assert_eq!(after(&transient(None), TRIES, MAX_FAILURES), Next::Stop(Health::Stopped));
        let wait = Some(Duration::from_secs(2));
        assert_eq!(
            after(&Fault::Throttled { after: wait }, 0, 0),
            Next::Again(Duration::from_secs(2))
        );
        assert_eq!(
            after(&Fault::Throttled { after: wait }, TRIES, 0),
            Next::Later(Duration::from_secs(2), Health::Throttled)
        );
        let words = String::new;
        assert_eq!(after(&Fault::NeedsAuth(words()), 0, 0), Next::Stop(Health::NeedsAuth));
        assert_eq!(after(&Fault::Settings(words()), 0, 0), Next::Stop(Health::Stopped));
        assert_eq!(after(&Fault::Schema(words()), 0, 0), Next::Stop(Health::Stopped));
        assert_eq!(after(&Fault::Cursor(words()), 0, 0), Next::Restart);
        assert_eq!(after(&Fault::LogExpired(words()), 0, 0), Next::Sweep);
    }

    #[test]
    fn rule_23_waits_grow_up_to_an_hour_and_are_never_alike() {
        assert_eq!(rest(0), Duration::from_secs(30));
        assert_eq!(rest(1), Duration::from_mins(1));
        assert_eq!(rest(40), MAX_WAIT);
        for tries in 0..40 {
            assert!(pause(tries) <= MAX_WAIT);
        }
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| pause(8)).collect();
        assert!(waits.len() > 5);
    }
}
