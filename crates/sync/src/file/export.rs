//! Records written as files that [`super::FileConnector`] reads back as the same records.
//!
//! In CSV a field that is null and one that is absent are both an empty cell: what the reading connection takes it for is its setting
//! `emptyClears`. JSON Lines keep the two apart.

mod fields;

use std::io::{self, Write};

use regulars_source::record::{Body, Record};

use self::fields::Written;
pub(super) use self::fields::text_of;
use super::{
    guard::guarded,
    settings::{Format, Kind},
    values::cell_of_cards,
};

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It is not of the kind that the file is a list of.
    #[error("a file of {} takes no such record", .0.name())]
    Kind(Kind),
    /// The file could not be written.
    #[error("the file could not be written: {0}")]
    Io(#[from] io::Error),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        Self::Io(error.into())
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// As rows of cells or lines of JSON.
    pub format: Format,
    /// What separates the cells of CSV: one of `,` `;` `|` and the tab.
    pub delimiter: u8,
    /// Whether CSV begins with the mark by which Excel knows UTF-8.
    pub mark: bool,
}

impl Style {
    /// CSV with commas, without a mark.
    pub const CSV: Self = Self { format: Format::Csv, delimiter: b',', mark: false };
    /// JSON Lines.
    pub const JSONL: Self = Self { format: Format::Jsonl, ..Self::CSV };
}

enum To<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Jsonl(W),
}

/// Writes records of one kind, one behind the other, at flat memory.
pub struct Export<W: Write> {
    kind: Kind,
    columns: Vec<String>,
    to: To<W>,
}

impl<W: Write> Export<W> {
    /// Begins a file; of CSV, with its header line.
    pub fn new(mut out: W, kind: Kind, style: Style) -> Result<Self, ExportError> {
        let columns = fields::columns(kind);
        let to = match style.format {
            Format::Jsonl => To::Jsonl(out),
            Format::Csv => {
                if style.mark {
                    out.write_all("\u{feff}".as_bytes())?;
                }
                let mut writer = csv::WriterBuilder::new()
                    .delimiter(style.delimiter)
                    .terminator(csv::Terminator::CRLF)
                    .from_writer(out);
                writer.write_record(&columns)?;
                To::Csv(Box::new(writer))
            }
        };
        Ok(Self { kind, columns, to })
    }

    /// Writes a record. Of several decisions about one way of being contacted the last is written.
    pub fn write(&mut self, record: &Record) -> Result<(), ExportError> {
        let kind = self.kind;
        let fields = match (&record.body, kind) {
            (Body::Customer(customer), Kind::Customers) => fields::customer(record, customer),
            (Body::Customer(customer), Kind::Cards) => fields::cards(record, customer),
            (Body::Balance(balance), Kind::Balances) => fields::balance(record, balance),
            (Body::Product(product), Kind::Products) => fields::product(record, product),
            (Body::Order(order), Kind::Orders) => fields::order(record, order),
            _ => return Err(ExportError::Kind(kind)),
        };
        match &mut self.to {
            To::Jsonl(out) => {
                out.write_all(text_of(&fields::object(fields)).as_bytes())?;
                out.write_all(b"\n")?;
            }
            To::Csv(writer) => {
                for row in fields::rows(fields) {
                    for column in &self.columns {
                        let written = row.iter().find(|(name, _)| name == column);
                        let cell = written.map_or_else(String::new, |(_, value)| cell(value));
                        writer.write_field(guarded(&cell).as_bytes())?;
                    }
                    writer.write_record(None::<&[u8]>)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the file, and gives back what it was written to.
    pub fn finish(self) -> Result<W, ExportError> {
        match self.to {
            To::Csv(writer) => {
                writer.into_inner().map_err(|error| ExportError::Io(error.into_error()))
            }
            To::Jsonl(mut out) => {
                out.flush()?;
                Ok(out)
            }
        }
    }
}

fn cell(value: &Written) -> String {
    match value {
        Written::Text(text) | Written::Json(text) => text.clone(),
        Written::Cards(cards) => cell_of_cards(cards),
        Written::Null | Written::Rows(_) => String::new(),
    }
}
