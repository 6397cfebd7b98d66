//! What was purged: rows that no query shows any more, of which only the log of deletions tells.

use std::{collections::BTreeMap, time::Duration};

use regulars_kernel::Timestamp;
use regulars_source::record::Item;
use serde::Deserialize;

use super::{
    OVERLAP, Salesforce,
    caller::Call,
    contact::{self, OBJECT},
    cursor::LogPlace,
    row::Row,
    soql::{among, instant, is_id, read_instant},
    trouble::Refusal,
};
use crate::connector::Fault;

/// The log counts in minutes.
const MINUTE: i64 = 60 * Timestamp::MICROS_PER_SECOND;
/// How many ids fit into a query.
pub(super) const IDS_PER_QUERY: usize = 250;
/// How many ids of the log are looked at for one batch.
const BATCH_IDS: usize = 2_000;
/// How often a log that lags is asked for.
const MOST_ASKED: u32 = 30;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    deleted_records: Vec<Entry>,
    earliest_date_available: String,
    latest_date_covered: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    deleted_date: String,
}

fn read(text: &str) -> Result<Timestamp, Fault> {
    read_instant(text)
        .ok_or_else(|| Fault::Schema(format!("`{text}` in the log of deletions is no instant")))
}

fn expired(what: &str, at: Timestamp) -> Fault {
    Fault::LogExpired(format!("the log of deletions {what} at {}", instant(at)))
}

/// Where to go on in a log that is read up to an instant, and how long to wait before.
fn go_on(
    place: &LogPlace,
    covered: Timestamp,
) -> Result<(Option<LogPlace>, Option<Duration>), Fault> {
    let until = Timestamp::from_micros(place.until);
    // The next window begins an overlap earlier than this one ends.
    if covered >= until.minus(OVERLAP) {
        let rest = place.then.map(|then| LogPlace {
            from: place.until,
            until: then,
            then: None,
            after: None,
            asked: 0,
        });
        return Ok((rest, None));
    }
    if place.asked >= MOST_ASKED {
        return Err(expired("ends", covered));
    }
    let next = LogPlace {
        from: covered.micros().max(place.from),
        after: None,
        asked: place.asked.saturating_add(1),
        ..place.clone()
    };
    Ok((Some(next), Some(Duration::from_mins(1))))
}

/// What a look into the log gave.
#[derive(Debug)]
pub(super) struct Looked {
    /// What is gone, and what was deleted and can still be seen.
    pub(super) items: Vec<Item>,
    /// Where to go on.
    pub(super) next: Option<LogPlace>,
    /// How long to wait before that.
    pub(super) wait: Option<Duration>,
}

impl Salesforce {
    /// What the log says from a place on. [`Fault::LogExpired`]: it does not reach back so far.
    pub(super) fn look_into_log(&mut self, place: &LogPlace) -> Result<Looked, Refusal> {
        let LogPlace { from, until, .. } = *place;
        let start = from.div_euclid(MINUTE).saturating_mul(MINUTE);
        let end = until.saturating_add(MINUTE - 1).div_euclid(MINUTE).saturating_mul(MINUTE);
        let end = end.max(start.saturating_add(MINUTE));
        let log = match self.log(start, end) {
            // Too many for one answer: the first half, then the rest.
            Err(refusal) if refusal.is(&["EXCEEDED_ID_LIMIT"]) && end - start > MINUTE => {
                let half = LogPlace {
                    until: start.saturating_add((end - start) / 2),
                    then: place.then.or(Some(until)),
                    ..place.clone()
                };
                return Ok(Looked { items: Vec::new(), next: Some(half), wait: None });
            }
            log => log?,
        };
        let earliest = read(&log.earliest_date_available)?;
        if earliest.micros() > from {
            return Err(expired("begins", earliest).into());
        }
        let after = place.after.as_deref();
        let mut entries = BTreeMap::new();
        for Entry { id, deleted_date } in &log.deleted_records {
            if is_id(id) && after.is_none_or(|after| id.as_str() > after) {
                entries.insert(id.clone(), read(deleted_date)?);
            }
        }
        let more = entries.len() > BATCH_IDS;
        let entries: Vec<(String, Timestamp)> = entries.into_iter().take(BATCH_IDS).collect();
        let items = self.tell_gone(&entries)?;
        if more {
            let after = entries.last().map(|(id, _)| id.clone());
            let next = LogPlace { after, ..place.clone() };
            return Ok(Looked { items, next: Some(next), wait: None });
        }
        let (next, wait) = go_on(place, read(&log.latest_date_covered)?)?;
        Ok(Looked { items, next, wait })
    }

    fn log(&mut self, start: i64, end: i64) -> Result<Log, Refusal> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("start", &instant(Timestamp::from_micros(start)))
            .append_pair("end", &instant(Timestamp::from_micros(end)))
            .finish();
        let path = format!("/services/data/v{}/sobjects/{OBJECT}/deleted/?{query}", self.version);
        let now = self.clock.now();
        let answer = self.caller.call(Call::get(&path), now)?;
        serde_json::from_slice(&answer.body).map_err(|_broken| {
            Refusal::from(Fault::Transient {
                message: "Salesforce's log of deletions is broken".to_owned(),
                after: None,
            })
        })
    }

    /// Of ids in the log: gone are those that no query shows; the others say themselves what became of them: merged, deleted,
    /// or back again.
    fn tell_gone(&mut self, entries: &[(String, Timestamp)]) -> Result<Vec<Item>, Refusal> {
        let mut items = Vec::new();
        for some in entries.chunks(IDS_PER_QUERY) {
            let ids: Vec<String> = some.iter().map(|(id, _)| id.clone()).collect();
            let rows = self.by_ids(&ids)?;
            for (id, at) in some {
                match rows.iter().find(|row| row.text("Id") == Some(id)) {
                    Some(row) => items.push(self.item(row)),
                    None => items.push(contact::gone(id, *at)),
                }
            }
        }
        Ok(items)
    }

    /// Contacts by id, deleted ones too.
    pub(super) fn by_ids(&mut self, ids: &[String]) -> Result<Vec<Row>, Refusal> {
        self.with_columns(|this, list| {
            let mut rows = Vec::new();
            for some in ids.chunks(IDS_PER_QUERY) {
                let soql = format!("SELECT {list} FROM {OBJECT} WHERE {}", among(some));
                rows.extend(this.rows("queryAll", &soql)?);
            }
            Ok(rows)
        })
    }
}
