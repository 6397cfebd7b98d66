//! What a file looks like before it is read: its columns with what they would mean, and its first rows as they would come in.

use std::{fs::File, path::Path};

use regulars_source::record::Item;
use serde_json::{Map, Value};

use super::{
    columns::{Column, missing, resolve},
    fingerprint::{self, Seen},
    items::Items,
    layout::Layout,
    reading::estimated,
    rows::Rows,
    settings::{Format, Options},
};
use crate::connector::{Fault, Tested};

/// How many records a preview shows.
const PREVIEWED: usize = 20;

/// What a file looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// How it is laid out.
    pub layout: Layout,
    /// Its columns, in its order; of JSON Lines, the keys of the lines that were looked at.
    pub columns: Vec<Column>,
    /// What no column says and rows need, each with the way out; nothing is read while there is any.
    pub missing: Vec<String>,
    /// The first rows as they would come in: at most 20 records of the file.
    pub items: Vec<Item>,
    /// About how many records there are; exact where all of them were looked at.
    pub rows: u64,
}

impl Preview {
    /// The columns that nobody knows, which are passed over.
    pub fn unknown(&self) -> Vec<&str> {
        let unknown = self.columns.iter().filter(|column| column.is_unknown());
        unknown.map(|column| column.header.as_str()).filter(|header| !header.is_empty()).collect()
    }
}

/// Looks at a file with the settings of a connection, which may be without `path`.
pub fn preview(path: &Path, settings: &Map<String, Value>) -> Result<Preview, Fault> {
    let mut settings = settings.clone();
    settings.insert("path".to_owned(), Value::from(path.to_string_lossy()));
    let options = Options { path: path.to_owned(), ..Options::of(&settings)? };
    of_file(&options, &mut fingerprint::open(path)?)
}

pub(super) fn of_file(options: &Options, file: &mut File) -> Result<Preview, Fault> {
    let size = Seen::of(file)?.size;
    let (layout, body) = Layout::of(options, file)?;
    let mut columns = layout.columns(options)?;
    let rows = |file: &File| {
        let own = file.try_clone().map_err(|error| fingerprint::unreadable(&error))?;
        Rows::at(own, layout.format, layout.sign(), body)
    };
    let mut items = Vec::new();
    let mut reader = Items::of(&layout, columns.clone(), rows(file)?);
    let (mut keys, mut at_end) = (Vec::<String>::new(), false);
    for _ in 0..PREVIEWED {
        if reader.next(options, &mut items)?.is_none() {
            at_end = true;
            break;
        }
        if layout.format == Format::Jsonl {
            for column in reader.columns() {
                if !keys.contains(&column.header) {
                    keys.push(column.header.clone());
                }
            }
        }
    }
    if layout.format == Format::Jsonl {
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        columns = resolve(options, &keys).map_err(|wrong| Fault::Settings(wrong.message))?;
    }
    let missing = missing(options, &columns);
    let place = reader.place();
    let about = estimated(place, body.offset, size).filter(|_| !at_end);
    let rows = about.unwrap_or(place.row);
    Ok(Preview { layout, columns, missing, items, rows })
}

/// A preview in a merchant's words.
pub(super) fn describe(options: &Options, preview: &Preview) -> Tested {
    let name = options.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let written = match preview.layout.format {
        Format::Csv => format!("CSV with {:?} between its cells", preview.layout.delimiter),
        Format::Jsonl => "JSON Lines".to_owned(),
    };
    let mut fine = vec![format!("The file is {written}, with about {} records.", preview.rows)];
    let meant = preview.columns.iter().filter_map(|column| {
        let target = column.target.as_ref()?;
        Some(format!("\"{}\" is {}", column.header, target.name()))
    });
    let meant: Vec<_> = meant.collect();
    if !meant.is_empty() {
        fine.push(format!("Columns: {}.", meant.join(", ")));
    }
    let unknown = preview.unknown();
    if !unknown.is_empty() {
        fine.push(format!("Passed over, as nobody knows what they mean: {}.", unknown.join(", ")));
    }
    let mut wrong = preview.missing.clone();
    let bad = preview.items.iter().filter_map(|item| match item {
        Item::Bad(bad) => Some(bad),
        Item::Record(_) => None,
    });
    let bad: Vec<_> = bad.collect();
    if let Some(first) = bad.first()
        && wrong.is_empty()
        && bad.len() * 2 > preview.items.len()
    {
        let column =
            first.path.as_ref().map_or_else(String::new, |path| format!(", column {path}"));
        wrong.push(format!(
            "Most of the first rows are no {}. The first of them is in {}{column}: {}",
            options.kind.name(),
            first.reference,
            first.message
        ));
    }
    Tested { account: name, fine, wrong }
}
