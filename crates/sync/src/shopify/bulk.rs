//! Reading all there is by a bulk operation: it is started, it runs, and its result is a file of lines.

use std::time::Duration;

use regulars_source::record::Item;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Shopify,
    bulk_file::{Download, Group},
    customer,
    page::{Place, only_key},
    query::{BulkQuery, Query},
};
use crate::{
    connector::{Batch, Fault, Pass, StreamKind},
    outgoing::Outgoing,
};

/// How long between two looks at an operation that runs.
const POLL: Duration = Duration::from_secs(5);
/// How long until another try where other operations are in the way.
const BUSY: Duration = Duration::from_secs(30);
/// How many operations may fail before it is read page by page.
const MAX_ATTEMPTS: u32 = 3;
/// The most things, and about the most bytes, of one batch.
const MAX_THINGS: usize = 1_000;
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Where a pass over all there is stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Cursor {
    /// An operation is to be started; so many failed before.
    Start(u32),
    /// This one runs.
    Running { id: String, attempt: u32 },
    /// Its file is read.
    File(FilePlace),
    /// It is read page by page.
    Page(Place),
}

/// A place in the file of an operation: always before a line that belongs to no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FilePlace {
    pub(super) id: String,
    pub(super) attempt: u32,
    /// So many lines are behind it.
    pub(super) line: u64,
    /// So many bytes are behind it.
    pub(super) byte: u64,
}

impl Cursor {
    fn value(&self) -> Result<Value, Fault> {
        serde_json::to_value(self).map_err(|error| Fault::Schema(error.to_string()))
    }
}

/// What an operation says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    status: String,
    error_code: Option<String>,
    root_object_count: Option<Value>,
    file_size: Option<Value>,
    url: Option<String>,
    partial_data_url: Option<String>,
}

/// A number that comes as a text, since it may be longer than any of JavaScript's.
fn long(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64(),
    }
}

impl Shopify {
    /// The next part of a pass.
    pub(super) fn read_on(
        &mut self,
        kind: StreamKind,
        pass: Pass,
        cursor: Option<&Value>,
    ) -> Result<Batch, Fault> {
        let cursor = match cursor {
            Some(cursor) => serde_json::from_value(cursor.clone())
                .map_err(|_unknown| Fault::Cursor("it is none of Shopify's".to_owned()))?,
            None if self.bulk && !matches!(pass, Pass::Tail { .. }) => Cursor::Start(0),
            None => Cursor::Page(Place::default()),
        };
        match cursor {
            Cursor::Start(attempt) => self.start_bulk(kind, pass, attempt),
            Cursor::Running { id, attempt } => self.poll_bulk(id, attempt),
            Cursor::File(place) => self.read_file(kind, pass, &place),
            Cursor::Page(place) => {
                let (items, next) = self.read_page(kind, pass, &place)?;
                let next = next.map(|place| Cursor::Page(place).value()).transpose()?;
                Ok(self.page_batch(items, next))
            }
        }
    }

    fn waiting(&self, cursor: &Cursor, wait: Duration) -> Result<Batch, Fault> {
        let wait = if self.hurried { Duration::from_millis(10) } else { wait };
        Ok(Batch { wait: Some(wait), ..self.page_batch(Vec::new(), Some(cursor.value()?)) })
    }

    fn start_bulk(&mut self, kind: StreamKind, pass: Pass, attempt: u32) -> Result<Batch, Fault> {
        if attempt >= MAX_ATTEMPTS {
            tracing::warn!("bulk operations fail in this shop: it is read page by page");
            return self.waiting(&Cursor::Page(Place::default()), Duration::ZERO);
        }
        let version = self.api.version;
        let query = match (kind, pass) {
            (StreamKind::Orders, _) => {
                let variables = [
                    ("locations", json!(self.wanted.locations)),
                    ("products", json!(self.wanted.products)),
                ];
                BulkQuery::Orders.document(version, &variables)
            }
            (_, Pass::Sweep) => BulkQuery::CustomerIds.document(version, &[]),
            _ => {
                let variables = [("namespace", json!(self.namespace))];
                BulkQuery::Customers.document(version, &variables)
            }
        };
        let reply = self.api.ask_plainly(Query::BulkRun, &json!({ "query": query }))?;
        let answer = reply.data.get("bulkOperationRunQuery");
        let started = answer.and_then(|answer| answer.pointer("/bulkOperation/id"));
        if let Some(id) = started.and_then(Value::as_str) {
            return self.waiting(&Cursor::Running { id: id.to_owned(), attempt }, POLL);
        }
        let error = answer.and_then(|answer| answer.pointer("/userErrors/0"));
        let said = |name| error.and_then(|error| error.get(name)).and_then(Value::as_str);
        let message = said("message").unwrap_or("no reason given");
        match said("code") {
            Some("OPERATION_IN_PROGRESS" | "LIMIT_REACHED") => {
                self.waiting(&Cursor::Start(attempt), BUSY)
            }
            _ if message.to_ascii_lowercase().contains("already in progress") => {
                self.waiting(&Cursor::Start(attempt), BUSY)
            }
            _ => Err(Fault::Settings(format!("Shopify starts no bulk operation: {message}"))),
        }
    }

    fn state_of(&mut self, id: &str) -> Result<Option<State>, Fault> {
        let mut reply = self.api.ask_plainly(Query::BulkState, &json!({ "id": id }))?;
        match reply.data.get_mut("node").map(Value::take) {
            None | Some(Value::Null) => Ok(None),
            Some(node) => serde_json::from_value(node).map(Some).map_err(|_broken| {
                Fault::Schema("Shopify says nothing of the bulk operation's state.".to_owned())
            }),
        }
    }

    fn poll_bulk(&mut self, id: String, attempt: u32) -> Result<Batch, Fault> {
        let Some(state) = self.state_of(&id)? else {
            return self.waiting(&Cursor::Start(attempt + 1), Duration::ZERO);
        };
        let place = FilePlace { id: id.clone(), attempt, line: 0, byte: 0 };
        match (state.status.as_str(), state.error_code.as_deref()) {
            ("CREATED" | "RUNNING" | "CANCELING", _) => {
                self.waiting(&Cursor::Running { id, attempt }, POLL)
            }
            // Nothing was found: there is no file.
            ("COMPLETED", _) if state.url.is_none() => Ok(self.page_batch(Vec::new(), None)),
            ("COMPLETED", _) => {
                let next = Cursor::File(place).value()?;
                let total = long(state.root_object_count.as_ref());
                Ok(Batch { total, ..self.page_batch(Vec::new(), Some(next)) })
            }
            ("FAILED", Some("ACCESS_DENIED")) => Err(Fault::Settings(
                "Shopify does not allow this app to read all that is asked for: give it the access that is missing (scopes, and protected customer data), and connect anew."
                    .to_owned(),
            )),
            // What it found until then is read; after that all is begun anew, and what is known already changes nothing.
            ("FAILED" | "CANCELED", _) if state.partial_data_url.is_some() => {
                let next = Cursor::File(place).value()?;
                Ok(self.page_batch(Vec::new(), Some(next)))
            }
            // After seven days a file is gone.
            _ => self.waiting(&Cursor::Start(attempt + 1), Duration::ZERO),
        }
    }

    fn read_file(
        &mut self,
        kind: StreamKind,
        pass: Pass,
        place: &FilePlace,
    ) -> Result<Batch, Fault> {
        let mut download = match self.download.take() {
            Some(open) if open.is_at(place) => open,
            _ => match self.open_file(place)? {
                Some(opened) => opened,
                None => return self.waiting(&Cursor::Start(place.attempt + 1), Duration::ZERO),
            },
        };
        let began = download.byte();
        let mut groups: Vec<Group> = Vec::new();
        let mut broken = false;
        while groups.len() < MAX_THINGS && download.byte().saturating_sub(began) < MAX_BYTES {
            match download.next_group() {
                Ok(Some(group)) => groups.push(group),
                Ok(None) => break,
                // What came whole is taken, so that a line that always breaks off leads to the end all the same.
                Err(Fault::Transient { .. }) if !groups.is_empty() => {
                    broken = true;
                    break;
                }
                Err(fault) => return Err(fault),
            }
        }
        let items = self.file_items(kind, pass, groups)?;
        let next = if !download.is_done() {
            Some(Cursor::File(download.place()))
        } else if download.partial {
            Some(Cursor::Start(place.attempt + 1))
        } else {
            None
        };
        let next = next.map(|next| next.value()).transpose()?;
        let total = download.total;
        if !download.is_done() && !broken {
            self.download = Some(download);
        }
        Ok(Batch { total, ..self.page_batch(items, next) })
    }

    fn file_items(
        &mut self,
        kind: StreamKind,
        pass: Pass,
        groups: Vec<Group>,
    ) -> Result<Vec<Item>, Fault> {
        let roots = groups.iter().filter_map(|group| group.root.as_ref().ok());
        if kind == StreamKind::Customers && pass != Pass::Sweep {
            let customers: Vec<Value> = roots.cloned().collect();
            self.look(&customers)?;
        }
        let mut items = Vec::new();
        for group in groups {
            match group.root {
                Err(bad) => items.push(Item::Bad(bad)),
                // Orders that are not told must not be taken for such as are gone: of them all is read in a sweep, too.
                Ok(root) if kind == StreamKind::Orders => {
                    items.extend(self.order_item(&root, &group.children));
                }
                Ok(root) if pass == Pass::Sweep => items.extend(only_key(&root)),
                Ok(root) => items.push(customer::item(&root, &self.sight)),
            }
        }
        Ok(items)
    }

    /// The file of an operation from a place on; none where it is not to be had any more.
    fn open_file(&mut self, place: &FilePlace) -> Result<Option<Download>, Fault> {
        let Some(state) = self.state_of(&place.id)? else { return Ok(None) };
        let partial = state.status != "COMPLETED";
        let address = if partial { state.partial_data_url } else { state.url };
        let Some(address) = address else { return Ok(None) };
        let range = format!("bytes={}-", place.byte);
        let headers: &[(&str, &str)] =
            if place.byte > 0 { &[("range", range.as_str())] } else { &[] };
        let outgoing = Outgoing { method: "GET", url: &address, headers, body: &[] };
        let (head, body) = self.api.client.open(&outgoing)?;
        let skip = match head.status {
            200 => place.byte,
            206 => 0,
            // The address is signed, and good for seven days.
            400 | 401 | 403 | 404 | 410 => return Ok(None),
            // Nothing is left after that byte.
            416 => {
                return Err(Fault::Cursor("the file of the bulk operation is another".to_owned()));
            }
            _ => return Err(head.fault(self.api.now())),
        };
        let size = if partial { None } else { long(state.file_size.as_ref()) };
        let mut download = Download::new(body, place.clone(), partial, size);
        download.total = long(state.root_object_count.as_ref());
        download.skip(skip)?;
        Ok(Some(download))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_4_cursors_are_as_they_were() {
        let file = FilePlace {
            id: "gid://shopify/BulkOperation/1".to_owned(),
            attempt: 1,
            line: 3,
            byte: 70,
        };
        let cursors = [
            (Cursor::Start(0), json!({ "start": 0 })),
            (
                Cursor::Running { id: "gid://shopify/BulkOperation/1".to_owned(), attempt: 0 },
                json!({ "running": { "id": "gid://shopify/BulkOperation/1", "attempt": 0 } }),
            ),
            (
                Cursor::File(file),
                json!({ "file": { "id": "gid://shopify/BulkOperation/1", "attempt": 1, "line": 3, "byte": 70 } }),
            ),
            (
                Cursor::Page(Place { after: Some("x".to_owned()) }),
                json!({ "page": { "after": "x" } }),
            ),
        ];
        for (cursor, json) in cursors {
            assert_eq!(cursor.value().unwrap(), json);
            assert_eq!(serde_json::from_value::<Cursor>(json).unwrap(), cursor);
        }
    }

    #[test]
    fn long_numbers_are_texts() {
        assert_eq!(long(Some(&json!("9007199254740993"))), Some(9_007_199_254_740_993));
        assert_eq!(long(Some(&json!(7))), Some(7));
        assert_eq!(long(Some(&Value::Null)), None);
    }
}
