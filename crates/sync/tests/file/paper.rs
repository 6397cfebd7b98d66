//! A file to be read in a test.

use std::io::Write;

use proptest::test_runner::Config;
use regulars_source::record::{BadRecord, Item, Record};
use regulars_sync::{
    connector::{Ask, Batch, Connector, Fault, Pass},
    file::{FileConnector, Options},
};
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

/// A file with the settings of a connection to it.
pub(crate) struct Paper {
    pub(crate) file: NamedTempFile,
    settings: Map<String, Value>,
}

impl Paper {
    pub(crate) fn new(kind: &str, content: impl AsRef<[u8]>) -> Self {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(content.as_ref()).unwrap();
        let settings = json!({"path": file.path().to_str().unwrap(), "kind": kind});
        Self { file, settings: settings.as_object().unwrap().clone() }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) const fn settings(&self) -> &Map<String, Value> {
        &self.settings
    }

    pub(crate) fn connector(&self) -> FileConnector {
        FileConnector::new(Options::of(&self.settings).unwrap())
    }

    /// All that it gives.
    pub(crate) fn items(&self) -> Vec<Item> {
        read_from(&mut self.connector(), None).unwrap()
    }

    /// All that it gives, which is records alone.
    pub(crate) fn records(&self) -> Vec<Record> {
        let record = |item| match item {
            Item::Record(record) => record,
            Item::Bad(bad) => panic!("{bad:?}"),
        };
        self.items().into_iter().map(record).collect()
    }

    /// All that it gives that is no record.
    pub(crate) fn bad(&self) -> Vec<BadRecord> {
        let bad = |item| match item {
            Item::Bad(bad) => Some(bad),
            Item::Record(_) => None,
        };
        self.items().into_iter().filter_map(bad).collect()
    }

    /// Why it is not read.
    pub(crate) fn fault(&self) -> Fault {
        read_from(&mut self.connector(), None).unwrap_err()
    }
}

/// So many cases, of which none is written down: there is no place for it beside tests like these.
pub(crate) fn without_files(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// The next batch.
pub(crate) fn batch(connector: &mut FileConnector, cursor: Option<&Value>) -> Result<Batch, Fault> {
    let stream = &connector.streams()[0];
    connector.read(&Ask { stream, pass: Pass::Backfill, cursor })
}

/// All from a cursor on.
pub(crate) fn read_from(
    connector: &mut FileConnector,
    cursor: Option<&Value>,
) -> Result<Vec<Item>, Fault> {
    let (mut items, mut cursor) = (Vec::new(), cursor.cloned());
    loop {
        let read = batch(connector, cursor.as_ref())?;
        items.extend(read.items);
        match read.next {
            Some(next) => cursor = Some(next),
            None => return Ok(items),
        }
    }
}
