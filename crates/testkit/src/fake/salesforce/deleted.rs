//! The log of deletions.

use serde_json::{Value, json};

use super::{
    reply::{Refused, Reply},
    thing::{read_stamp, stamp},
    world::World,
};

const MINUTE: i64 = 60;

impl World {
    /// What was deleted from `start` to `end`, both to the minute. Of what came back the log says nothing.
    pub(super) fn deleted(&self, start: &str, end: &str) -> Result<Reply, Refused> {
        let wrong = |message: &str| Err(Refused::new(400, "INVALID_REPLICATION_DATE", message));
        let (Some(start), Some(end)) = (read_stamp(start), read_stamp(end)) else {
            return Err(Refused::new(400, "MALFORMED_ID", "start and end must be ISO 8601 dates"));
        };
        let (start, end) = (start.div_euclid(MINUTE) * MINUTE, end.div_euclid(MINUTE) * MINUTE);
        if end - start < MINUTE {
            return wrong("startDate must be at least one minute before endDate");
        }
        if start < self.now - 15 * 24 * 60 * MINUTE - MINUTE {
            return wrong("startDate cannot be more than 15 days ago");
        }
        let covered = end.min((self.now - self.log_lag).div_euclid(MINUTE) * MINUTE);
        let told: Vec<Value> = self
            .log
            .iter()
            .filter(|(_, at)| *at >= start && *at < covered.max(start) && *at >= self.log_begins())
            .map(|(id, at)| json!({ "id": id, "deletedDate": stamp(*at) }))
            .collect();
        if told.len() > self.log_ids {
            return Err(Refused::new(
                400,
                "EXCEEDED_ID_LIMIT",
                "too many ids in the log for one answer",
            ));
        }
        Ok(Reply::json(
            200,
            &json!({
                "deletedRecords": told, "earliestDateAvailable": stamp(self.log_begins()),
                "latestDateCovered": stamp(covered),
            }),
        ))
    }
}
