//! Refusals that come again and again: of each series the first is an entry at once, and those of the next minute are counted and
//! told by one more.

use std::{collections::HashMap, time::Duration};

use regulars_auth::audit::{Change, NewEntry, Outcome};
use regulars_kernel::{ApiKeyId, Timestamp};

/// From one entry of a series to the next.
const APART: Duration = Duration::from_mins(1);
/// Series that are counted at once. Of further ones nothing is written down but how many there were.
const MOST: usize = 10_000;

/// Refusals of one key for one reason.
type Name = (ApiKeyId, String);

#[derive(Debug)]
struct Run {
    until: Timestamp,
    more: u64,
    last: NewEntry,
}

/// The series that are under way.
#[derive(Debug, Default)]
pub(super) struct Series(HashMap<Name, Run>);

/// There are too many series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Series {
    /// The entry, where it begins a series; none where it is counted.
    pub(super) fn begin(
        &mut self,
        key: ApiKeyId,
        entry: NewEntry,
    ) -> Result<Option<NewEntry>, Full> {
        let reason = match &entry.outcome {
            Outcome::Refused(code) => code.clone(),
            Outcome::Done => String::new(),
        };
        let name = (key, reason);
        if let Some(run) = self.0.get_mut(&name) {
            run.more = run.more.saturating_add(1);
            run.last = entry;
            return Ok(None);
        }
        if self.0.len() >= MOST {
            return Err(Full);
        }
        self.0.insert(name, Run { until: entry.at.plus(APART), more: 0, last: entry.clone() });
        Ok(Some(entry))
    }

    /// Entries of those of which a minute is over, or of all, that say how many more there were. A series without any is at an end.
    pub(super) fn over(&mut self, now: Timestamp, all: bool) -> Vec<NewEntry> {
        let mut told = Vec::new();
        self.0.retain(|_, run| {
            // The machine's clock may step back.
            let waits = now < run.until && now.plus(APART) >= run.until;
            if waits && !all {
                return true;
            }
            let more = std::mem::take(&mut run.more);
            if more == 0 {
                return false;
            }
            told.push(NewEntry { changes: vec![Change::repeated(more)], ..run.last.clone() });
            run.until = now.plus(APART);
            true
        });
        told
    }
}

#[cfg(test)]
mod tests {
    use regulars_auth::audit::{Doer, DoerKind, Log};

    use super::*;

    fn entry(second: i64, code: &str) -> NewEntry {
        NewEntry {
            at: Timestamp::from_seconds(second),
            log: Log::Platform,
            doer: Doer { kind: DoerKind::App, person: None, app: None },
            action: "apiKey".to_owned(),
            target: None,
            outcome: Outcome::Refused(code.to_owned()),
            changes: Vec::new(),
            request_id: format!("r{second}"),
            peer: None,
        }
    }

    #[test]
    fn a_series_is_an_entry_a_minute_with_how_many_more_there_were() {
        let (key, mut series) = (ApiKeyId::new(7), Series::default());
        let at = Timestamp::from_seconds;
        assert_eq!(series.begin(key, entry(0, "revoked")), Ok(Some(entry(0, "revoked"))));
        for second in 1..=30 {
            assert_eq!(series.begin(key, entry(second, "revoked")), Ok(None));
        }
        let another = series.begin(key, entry(30, "expired")).unwrap();
        assert!(another.is_some(), "another reason is another series");
        assert_eq!(series.over(at(59), false), []);
        let more = NewEntry { changes: vec![Change::repeated(30)], ..entry(30, "revoked") };
        assert_eq!(series.over(at(60), false), [more]);
        assert_eq!(series.begin(key, entry(61, "revoked")), Ok(None), "its next minute has begun");
        let last = NewEntry { changes: vec![Change::repeated(1)], ..entry(61, "revoked") };
        assert_eq!(series.over(at(62), true), [last], "nothing is lost at the end");
        assert_eq!(series.over(at(200), false), []);
        assert!(series.begin(key, entry(201, "revoked")).unwrap().is_some(), "it begins anew");
    }

    #[test]
    fn there_are_only_so_many_series() {
        let mut series = Series::default();
        let most = i64::try_from(MOST).unwrap();
        for number in 0..most {
            assert!(series.begin(ApiKeyId::new(number), entry(0, "revoked")).is_ok());
        }
        assert_eq!(series.begin(ApiKeyId::new(most), entry(0, "revoked")), Err(Full));
        assert_eq!(series.begin(ApiKeyId::new(0), entry(0, "revoked")), Ok(None));
        assert_eq!(series.over(Timestamp::from_seconds(60), false).len(), 1);
        assert!(series.begin(ApiKeyId::new(most), entry(61, "revoked")).is_ok());
    }
}
