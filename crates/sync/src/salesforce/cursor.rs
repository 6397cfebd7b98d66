//! Where a pass is: all that another process needs to go on.

use regulars_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connector::Fault;

/// The last row that was read, by what the rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct After {
    /// Its time stamp as a literal; none where rows are sorted by id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stamp: Option<String>,
    /// Its id.
    pub(super) id: String,
}

/// Where a sorted list is: the address of its next page, and the row to go on after when Salesforce has forgotten that address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The last row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<After>,
    /// The next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// Where the log of deletions is; instants in microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogPlace {
    /// From where it is read.
    pub(super) from: i64,
    /// Up to where.
    pub(super) until: i64,
    /// Up to where after that: one answer has not room for any number of ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) then: Option<i64>,
    /// The last id that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
    /// How often it did not reach far enough yet.
    #[serde(default)]
    pub(super) asked: u32,
}

/// Where a pass is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Cursor {
    /// In the contacts of a window, or in all of them.
    Contacts(Place),
    /// In the contacts whose accounts were changed in a window.
    Accounts(Place),
    /// In the log of deletions.
    Log(LogPlace),
    /// A bulk job is being made ready.
    Job {
        /// Its id.
        job: String,
        /// The version of the API that it was made with: no other may ask for it.
        version: String,
        /// How often it was not ready yet.
        #[serde(default)]
        asked: u32,
    },
    /// In what a bulk job found.
    Results {
        /// Its id.
        job: String,
        /// The version of the API that it was made with.
        version: String,
        /// Which part of its results; none: the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        locator: Option<String>,
        /// How many rows of that part are done.
        row: u64,
        /// How many rows there are in all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
    },
}

impl Cursor {
    /// Reads what [`Self::write`] wrote.
    pub(super) fn read(cursor: &Value) -> Result<Self, Fault> {
        Self::deserialize(cursor).map_err(|error| Fault::Cursor(error.to_string()))
    }

    /// The cursor as the engine keeps it.
    pub(super) fn write(&self) -> Result<Value, Fault> {
        serde_json::to_value(self).map_err(|error| Fault::Cursor(error.to_string()))
    }

    /// The log of deletions from its beginning.
    pub(super) const fn log(from: Timestamp, until: Timestamp) -> Self {
        let (from, until) = (from.micros(), until.micros());
        Self::Log(LogPlace { from, until, then: None, after: None, asked: 0 })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rule_4_a_cursor_is_read_as_it_was_written() {
        let after = After { stamp: Some("2026-11-01T00:00:00.000Z".into()), id: "003".into() };
        let place =
            Place { after: Some(after), url: Some("/services/data/v66.0/query/01g-2000".into()) };
        let cursors = [
            Cursor::Contacts(Place::default()),
            Cursor::Accounts(place),
            Cursor::log(Timestamp::from_seconds(1), Timestamp::from_seconds(2)),
            Cursor::Job { job: "750".into(), version: "66.0".into(), asked: 3 },
            Cursor::Results {
                job: "750".into(),
                version: "66.0".into(),
                locator: Some("MTAw".into()),
                row: 7,
                total: Some(9),
            },
        ];
        for cursor in cursors {
            assert_eq!(Cursor::read(&cursor.write().unwrap()).unwrap(), cursor);
        }
        for broken in [json!({}), json!({ "at": "moon" }), json!({ "at": "job" }), json!("x")] {
            assert!(matches!(Cursor::read(&broken), Err(Fault::Cursor(_))), "{broken}");
        }
    }
}
