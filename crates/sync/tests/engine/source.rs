//! A source in memory: customers with versions, edited, merged and deleted as a test likes, read page by page, and with faults.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, LazyLock, Mutex, MutexGuard},
    time::Duration,
};

use regulars_kernel::Timestamp;
use regulars_merchant::EntitySource;
use regulars_source::record::{
    Body, CustomerRecord, Field, Gone, Item, Record, RecordKey, SourceVersion,
};
use regulars_sync::{
    connector::{Ask, Batch, Connector, Fault, Pass, StreamKind, StreamSpec, Tested},
    kind::{Opening, SourceKind},
};
use serde_json::{Value, json};

pub(crate) const OBJECT: &str = "Customer";

static STREAMS: [StreamSpec; 1] = [StreamSpec {
    name: "customers",
    object: OBJECT,
    kind: StreamKind::Customers,
    overlap: Duration::from_mins(10),
    delay: Duration::from_mins(1),
    has_tail: true,
}];

/// What the source has.
#[expect(clippy::struct_field_names, reason = "the others are what befalls them")]
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) rows: BTreeMap<String, (Body, Timestamp)>,
    /// Answered instead of a read, one after the other.
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) page: usize,
    pub(crate) reads: usize,
    pub(crate) rereads: usize,
}

/// A source; a clone is the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source(Arc<Mutex<Rows>>);

static SOURCES: LazyLock<Mutex<BTreeMap<String, Source>>> = LazyLock::new(Mutex::default);

impl Source {
    /// One that connections find by name.
    pub(crate) fn named(name: &str, page: usize) -> Self {
        let source = Self::default();
        source.rows().page = page;
        SOURCES.lock().unwrap().insert(name.to_owned(), source.clone());
        source
    }

    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    /// Says of a customer what these fields are, at an instant.
    pub(crate) fn say(&self, id: &str, fields: &[(&str, Option<&str>)], at: Timestamp) {
        let fields = fields.iter().map(|(name, value)| {
            (Field::from_name(name).expect("a field"), value.map(str::to_owned))
        });
        let record = CustomerRecord { fields: fields.collect(), ..CustomerRecord::default() };
        self.put(id, Body::Customer(Box::new(record)), at);
    }

    pub(crate) fn put(&self, id: &str, body: Body, at: Timestamp) {
        self.rows().rows.insert(id.to_owned(), (body, at));
    }

    pub(crate) fn delete(&self, id: &str, at: Timestamp) {
        self.put(id, Body::Gone(Gone::Deleted), at);
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.rows().faults.push_back(fault);
    }
}

struct Reader(Source);

fn record(id: &str, (body, at): &(Body, Timestamp)) -> Item {
    Item::Record(Record {
        key: RecordKey::new(OBJECT, id),
        version: SourceVersion { seq: None, updated_at: Some(*at) },
        body: body.clone(),
    })
}

impl Connector for Reader {
    fn streams(&self) -> &'static [StreamSpec] {
        &STREAMS
    }

    fn test(&mut self) -> Result<Tested, Fault> {
        Ok(Tested::default())
    }

    fn read(&mut self, ask: &Ask<'_>) -> Result<Batch, Fault> {
        let mut rows = self.0.rows();
        rows.reads += 1;
        if let Some(fault) = rows.faults.pop_front() {
            return Err(fault);
        }
        let mut all: Vec<(Timestamp, String)> = rows
            .rows
            .iter()
            .filter(|(_, (body, at))| match ask.pass {
                Pass::Tail { from, until } => from <= *at && *at < until,
                Pass::Backfill => true,
                Pass::Sweep => !matches!(body, Body::Gone(_)),
            })
            .map(|(id, (_, at))| (*at, id.clone()))
            .collect();
        all.sort();
        let after = ask.cursor.map(|cursor| {
            let at = cursor["at"].as_i64().expect("a cursor");
            (Timestamp::from_micros(at), cursor["id"].as_str().expect("a cursor").to_owned())
        });
        let left: Vec<_> =
            all.into_iter().filter(|key| after.as_ref().is_none_or(|after| key > after)).collect();
        let page: Vec<_> = left.iter().take(rows.page).cloned().collect();
        let next = (left.len() > page.len()).then(|| {
            let (at, id) = page.last().expect("a page");
            json!({ "at": at.micros(), "id": id })
        });
        let items = page.iter().map(|(_, id)| record(id, &rows.rows[id])).collect();
        Ok(Batch { items, next, ..Batch::default() })
    }

    fn reread(&mut self, _object: &str, ids: &[String]) -> Result<Vec<Item>, Fault> {
        let mut rows = self.0.rows();
        rows.rereads += 1;
        Ok(ids.iter().map(|id| record(id, &rows.rows[id])).collect())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of every kind of source")]
fn open(opening: Opening) -> Result<Box<dyn Connector>, Fault> {
    let name = opening.settings.get("name").and_then(Value::as_str).unwrap_or_default();
    let source = SOURCES.lock().unwrap().get(name).cloned();
    let source = source.ok_or_else(|| Fault::Settings("no such source".to_owned()))?;
    Ok(Box::new(Reader(source)))
}

const fn kind(source: EntitySource) -> SourceKind {
    SourceKind { source, name: "Test", description: "A test's.", settings: &[], open }
}

static SHOP: SourceKind = kind(EntitySource::Shopify);
static CRM: SourceKind = kind(EntitySource::Salesforce);

pub(crate) static KINDS: [&SourceKind; 2] = [&SHOP, &CRM];
