//! A file as a connector: read batch by batch, from where the last one ended, for as long as it stays the same.

use std::fs::File;

use regulars_source::record::Item;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    STREAMS,
    fingerprint::{self, Seen, fingerprint},
    items::Items,
    layout::Layout,
    preview::describe,
    rows::{Place, Rows},
    settings::Options,
};
use crate::connector::{Ask, Batch, Connector, Fault, StreamSpec, Tested};

/// How many items a batch has, unless it is told otherwise or rows that belong together end later.
const MAX_ITEMS: usize = 2_000;
/// How many bytes of the file a batch takes.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Where a batch ended: the file as it was, and where in it the next record begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    sha256: String,
    size: u64,
    #[serde(flatten)]
    place: Place,
}

/// How far a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes of the file are done.
    pub done: u64,
    /// How many it has.
    pub size: u64,
    /// How many records are done.
    pub rows: u64,
}

/// How far the pass of a cursor is; none where it is no cursor of a file. A pass that is complete has no cursor.
pub fn progress(cursor: &Value) -> Option<Progress> {
    let cursor = Cursor::deserialize(cursor).ok()?;
    Some(Progress { done: cursor.place.offset, size: cursor.size, rows: cursor.place.row })
}

/// A file that is being read.
#[derive(Debug)]
struct Open {
    /// The same file, to see whether it changes.
    file: File,
    seen: Seen,
    sha256: String,
    /// Where its records begin.
    body: u64,
    items: Items,
}

impl Open {
    fn refuse_changed(&self) -> Result<(), Fault> {
        if Seen::of(&self.file)? == self.seen { Ok(()) } else { Err(changed()) }
    }

    fn cursor(&self) -> Cursor {
        Cursor { sha256: self.sha256.clone(), size: self.seen.size, place: self.items.place() }
    }
}

fn changed() -> Fault {
    Fault::Cursor(
        "the file was changed since it was begun; it is read from its beginning".to_owned(),
    )
}

/// A file as a source.
#[derive(Debug)]
pub struct FileConnector {
    options: Options,
    batch: usize,
    open: Option<Open>,
}

impl FileConnector {
    /// A connector to a file; nothing is read yet.
    pub const fn new(options: Options) -> Self {
        Self { options, batch: MAX_ITEMS, open: None }
    }

    /// The same with batches of so many items; 0 is as 1.
    pub fn with_batch(self, items: usize) -> Self {
        Self { batch: items.max(1), ..self }
    }

    /// Opens the file at a cursor, or at its beginning.
    fn seek(&mut self, cursor: Option<&Cursor>) -> Result<&mut Open, Fault> {
        let here = match (self.open.take(), cursor) {
            (Some(open), Some(cursor)) if open.cursor() == *cursor => {
                open.refuse_changed()?;
                Some(open)
            }
            _ => None,
        };
        let open = match here {
            Some(open) => open,
            None => self.begin(cursor)?,
        };
        Ok(self.open.insert(open))
    }

    fn begin(&self, cursor: Option<&Cursor>) -> Result<Open, Fault> {
        let mut file = fingerprint::open(&self.options.path)?;
        let seen = Seen::of(&file)?;
        if cursor.is_some_and(|cursor| cursor.size != seen.size) {
            return Err(changed());
        }
        let sha256 = fingerprint(&mut file)?;
        if cursor.is_some_and(|cursor| cursor.sha256 != sha256) {
            return Err(changed());
        }
        let (layout, body) = Layout::of(&self.options, &mut file)?;
        let columns = layout.sound_columns(&self.options)?;
        let place = cursor.map_or(body, |cursor| cursor.place);
        let own = file.try_clone().map_err(|error| fingerprint::unreadable(&error))?;
        let rows = Rows::at(own, layout.format, layout.sign(), place)?;
        let items = Items::of(&layout, columns, rows);
        let open = Open { file, seen, sha256, body: body.offset, items };
        open.refuse_changed()?;
        Ok(open)
    }
}

impl Connector for FileConnector {
    fn streams(&self) -> &'static [StreamSpec] {
        let kind = self.options.kind;
        STREAMS.iter().find(|(of, _)| *of == kind).map_or(&[], |(_, streams)| streams)
    }

    fn test(&mut self) -> Result<Tested, Fault> {
        let mut file = fingerprint::open(&self.options.path)?;
        fingerprint(&mut file)?;
        let preview = super::preview::of_file(&self.options, &mut file)?;
        Ok(describe(&self.options, &preview))
    }

    fn read(&mut self, ask: &Ask<'_>) -> Result<Batch, Fault> {
        let cursor = ask
            .cursor
            .map(Cursor::deserialize)
            .transpose()
            .map_err(|error| Fault::Cursor(format!("this is no cursor of a file ({error})")))?;
        self.seek(cursor.as_ref())?;
        let Some(open) = &mut self.open else { return Ok(Batch::default()) };
        let (mut items, mut bytes) = (Vec::new(), 0);
        let mut fault = None;
        let mut done = false;
        while items.len() < self.batch && bytes < MAX_BYTES {
            match open.items.next(&self.options, &mut items) {
                Ok(Some(read)) => bytes += read,
                Ok(None) => {
                    done = true;
                    break;
                }
                Err(error) => {
                    fault = Some(error);
                    break;
                }
            }
        }
        open.refuse_changed()?;
        let next = if done { None } else { serde_json::to_value(open.cursor()).ok() };
        let total = if done {
            Some(open.items.place().row)
        } else {
            estimated(open.items.place(), open.body, open.seen.size)
        };
        if done || fault.is_some() {
            self.open = None;
        }
        match fault {
            // What came before it is whole: the next batch begins with what is wrong.
            Some(error) if items.is_empty() => Err(error),
            _ => Ok(Batch { items, next, total, budget: None, wait: None }),
        }
    }

    /// Looks through the file for the keys. One that it does not name is left out: a file says nothing of whom it does not name, and
    /// least of all that they are gone.
    fn reread(&mut self, object: &str, ids: &[String]) -> Result<Vec<Item>, Fault> {
        let options = &self.options;
        let mut open = self.begin(None)?;
        let (mut found, mut items) = (Vec::new(), Vec::new());
        while open.items.next(options, &mut items)?.is_some() {
            found.extend(items.drain(..).filter(|item| match item {
                Item::Record(record) => record.key.object == object && ids.contains(&record.key.id),
                Item::Bad(_) => false,
            }));
        }
        Ok(found)
    }
}

/// About how many records a file has, by how many its part up to a place has; none where that is no part of it.
pub(super) fn estimated(place: Place, body: u64, size: u64) -> Option<u64> {
    let done = place.offset.checked_sub(body).filter(|done| *done > 0)?;
    let all = u128::from(size.saturating_sub(body));
    u64::try_from(u128::from(place.row) * all / u128::from(done)).ok()
}
