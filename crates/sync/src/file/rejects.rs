//! What could not be read, as a file: each row as it stood, and beside it what is wrong with it. Corrected, it is a file to be read: the
//! columns that were added are known, and passed over.

use std::io::{self, Write};

use regulars_source::record::{BadRecord, Item};
use serde_json::{Map, Value};

use super::{
    guard::{guarded, unguarded},
    headers::REJECT,
    items::Items,
    json,
    layout::Layout,
    rows::{Place, Row, Rows},
    settings::{Format, Options},
};
use crate::connector::Fault;

/// Writes rejected records in the layout of the file that they come from.
pub struct RejectWriter<W: Write> {
    layout: Layout,
    to: To<W>,
}

enum To<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(W),
}

impl<W: Write> RejectWriter<W> {
    /// Begins a file. In CSV the columns that say what is wrong come first, so that a row with cells too many keeps them.
    pub fn new(out: W, layout: Layout) -> io::Result<Self> {
        let to = match layout.format {
            Format::Jsonl => To::Jsonl(out),
            Format::Csv => {
                let mut writer = csv::WriterBuilder::new()
                    .delimiter(layout.sign())
                    .terminator(csv::Terminator::CRLF)
                    .flexible(true)
                    .from_writer(out);
                let added = REJECT.iter().take(5).copied();
                writer.write_record(added.chain(layout.headers.iter().map(String::as_str)))?;
                To::Csv(Box::new(writer))
            }
        };
        Ok(Self { layout, to })
    }

    /// Writes a rejected record: of several rows that belong together, all of them.
    pub fn write(&mut self, bad: &BadRecord) -> io::Result<()> {
        let line = line_of(bad);
        match &mut self.to {
            To::Csv(writer) => {
                let rows = rows_of(&self.layout, bad);
                let nth =
                    self.layout.headers.iter().position(|header| Some(header) == bad.path.as_ref());
                let mut values = rows.iter().filter_map(|row| row.cells().nth(nth?));
                let value = values.find(|value| !value.is_empty()).unwrap_or_default();
                let path = bad.path.as_deref().unwrap_or_default();
                let said = [line.to_string().as_str(), path, &bad.code, value, &bad.message]
                    .map(|text| guarded(unguarded(text)).into_owned());
                for row in &rows {
                    let cells = row.cells().map(|cell| guarded(unguarded(cell)).into_owned());
                    writer.write_record(said.iter().cloned().chain(cells))?;
                }
                Ok(())
            }
            To::Jsonl(out) => {
                let mut pairs: Vec<(String, String)> = Vec::new();
                let mut put = |name: &str, json: String| pairs.push((name.to_owned(), json));
                let [line_name, column, code, value, message, raw] = REJECT;
                put(line_name, line.to_string());
                put(column, Value::from(bad.path.clone()).to_string());
                put(code, json::quoted(&bad.code));
                put(message, json::quoted(&bad.message));
                match json::object(&bad.raw) {
                    Ok(fields) => {
                        let said = fields
                            .iter()
                            .find(|(key, _)| Some(key.as_ref()) == bad.path.as_deref());
                        put(value, said.map_or("null", |(_, json)| *json).to_owned());
                        let own = fields.iter().filter(|(key, _)| !REJECT.contains(&key.as_ref()));
                        own.for_each(|(key, json)| put(key, (*json).to_owned()));
                    }
                    Err(_) => put(raw, json::quoted(&bad.raw)),
                }
                out.write_all(super::export::text_of(&pairs).as_bytes())?;
                out.write_all(b"\n")
            }
        }
    }

    /// Ends the file, and gives back what it was written to.
    pub fn finish(self) -> io::Result<W> {
        match self.to {
            To::Csv(writer) => writer.into_inner().map_err(csv::IntoInnerError::into_error),
            To::Jsonl(mut out) => {
                out.flush()?;
                Ok(out)
            }
        }
    }
}

/// The line of a rejected record; 0 where it says none.
fn line_of(bad: &BadRecord) -> u64 {
    bad.reference.strip_prefix("line ").and_then(|line| line.parse().ok()).unwrap_or(0)
}

/// The rows of a rejected record of CSV; one that cannot be taken apart is one cell.
fn rows_of(layout: &Layout, bad: &BadRecord) -> Vec<Row> {
    let mut reader = Rows::of(&bad.raw, Format::Csv, layout.sign(), Place::default());
    let mut rows = Vec::new();
    let mut row = Row::default();
    while let Ok(true) = reader.next(&mut row) {
        rows.push(std::mem::take(&mut row));
    }
    rows
}

/// Reads a rejected record again, with settings that may have changed: what its file would give in its place. Its layout is that of
/// the file, which [`super::preview`] tells.
pub fn replay(
    settings: &Map<String, Value>,
    layout: &Layout,
    bad: &BadRecord,
) -> Result<Vec<Item>, Fault> {
    let options = Options::of(settings)?;
    let place = Place { offset: 0, line: line_of(bad), row: 0 };
    let rows = Rows::of(&bad.raw, layout.format, layout.sign(), place);
    let mut reader = Items::of(layout, layout.sound_columns(&options)?, rows);
    let mut items = Vec::new();
    while reader.next(&options, &mut items)?.is_some() {}
    Ok(items)
}
