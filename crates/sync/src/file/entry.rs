//! The cells of one record, each with what it means.

use regulars_kernel::{Currency, text};
use regulars_source::record::SourceVersion;

use super::{
    columns::Column,
    json::{self, NoObject},
    rows::Row,
    settings::{DecimalSign, Options},
    target::Target,
    values::{Cell, Refusal, amount, instant, whole},
};

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The column's header or the key.
    pub(super) column: Option<String>,
    /// A stable word.
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { column: None, code, message: message.into() }
    }

    pub(super) fn missing(target: &Target) -> Self {
        let message = format!("There is no {}.", target.name());
        Self { column: Some(target.name()), code: "required", message }
    }
}

impl From<NoObject> for Wrong {
    fn from(error: NoObject) -> Self {
        Self::new(error.code, error.message)
    }
}

/// A cell and what it means.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    /// The column's header or the key.
    pub(super) column: &'a str,
    pub(super) target: &'a Target,
    pub(super) cell: Cell<'a>,
}

impl Entry<'_> {
    /// What is wrong with it.
    pub(super) fn wrong(&self, (code, message): Refusal) -> Wrong {
        let value = self.cell.text().unwrap_or_default();
        let message = format!("{message} It says {}.", text::quoted(value));
        Wrong { column: Some(self.column.to_owned()), code, message }
    }

    /// Its value read; none where there is nothing.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Wrong> {
        self.cell.text().map(read).transpose().map_err(|refusal| self.wrong(refusal))
    }
}

/// The cells of a record that say something.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries<'a>(pub(super) Vec<Entry<'a>>);

impl<'a> Entries<'a> {
    /// Those of a row of CSV.
    pub(super) fn of_row(row: &'a Row, columns: &'a [Column]) -> Result<Self, Wrong> {
        let mut entries = Vec::with_capacity(columns.len());
        let mut cells = row.cells();
        for (nth, column) in columns.iter().enumerate() {
            let Some(cell) = cells.next() else {
                return Err(Wrong::new(
                    "columns",
                    format!("The row has {nth} cells, the header {}.", columns.len()),
                ));
            };
            let Some(target) = &column.target else { continue };
            let cell = Cell::of_csv(cell).or(column.empty_clears.then_some(Cell::Null));
            entries.extend(cell.map(|cell| Entry { column: &column.header, target, cell }));
        }
        let more = cells.filter(|cell| !cell.trim().is_empty()).count();
        if more > 0 {
            return Err(Wrong::new(
                "columns",
                format!(
                    "The row has {more} cells more than the header, which has {}: a text with a delimiter in it needs quotes.",
                    columns.len()
                ),
            ));
        }
        Self(entries).checked()
    }

    /// Those of the fields of a JSON object, of which the columns are the keys.
    pub(super) fn of_pairs(
        pairs: &'a [json::Pair<'a>],
        columns: &'a [Column],
    ) -> Result<Self, Wrong> {
        let mut entries = Vec::with_capacity(pairs.len());
        for ((key, value), column) in pairs.iter().zip(columns) {
            let Some(target) = &column.target else { continue };
            let cell = Cell::of_json(value).or(column.empty_clears.then_some(Cell::Null));
            entries.extend(cell.map(|cell| Entry { column: key, target, cell }));
        }
        Self(entries).checked()
    }

    /// Refuses what no database keeps (NUL), and numbers that name something and were rounded.
    fn checked(self) -> Result<Self, Wrong> {
        for entry in &self.0 {
            let text = entry.cell.text().unwrap_or_default();
            if text.contains('\0') {
                let message = "Null characters are not allowed.".to_owned();
                return Err(entry.wrong(("invalid", message)));
            }
            if entry.target.is_name() && is_rounded(text) {
                let message = "A spreadsheet has rounded this number, so that nobody knows any more which it was: format the column as text there, and save the file again.".to_owned();
                return Err(entry.wrong(("rounded", message)));
            }
        }
        Ok(self)
    }

    /// The entry of a target that says something.
    pub(super) fn get(&self, target: &Target) -> Option<&Entry<'a>> {
        self.0.iter().find(|entry| entry.target == target && entry.cell != Cell::Null)
    }

    /// Its text.
    pub(super) fn text(&self, target: &Target) -> Option<&str> {
        self.get(target).and_then(|entry| entry.cell.text())
    }

    /// Its value read; none where it says nothing.
    pub(super) fn read<T>(
        &self,
        target: &Target,
        read: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Wrong> {
        self.get(target).map_or(Ok(None), |entry| entry.read(read))
    }

    /// An amount of 0 or more. A number of JSON has a point, whatever sign the texts of the file have.
    pub(super) fn amount(
        &self,
        target: &Target,
        of: Option<Currency>,
        options: &Options,
    ) -> Result<Option<String>, Wrong> {
        let number = self.get(target).is_some_and(|entry| matches!(entry.cell, Cell::Json(_)));
        let sign = if number { DecimalSign::Point } else { options.decimal };
        self.read(target, |text| amount(text, of, sign))
    }

    /// Which version of the thing this is.
    pub(super) fn version(&self, options: &Options) -> Result<SourceVersion, Wrong> {
        Ok(SourceVersion {
            seq: self.read(&Target::Seq, whole)?,
            updated_at: self.read(&Target::UpdatedAt, |text| instant(text, options))?,
        })
    }
}

/// Whether a text is a long number as spreadsheets shorten it: `4,01234E+12`. Two cards that become one would make one customer of two.
fn is_rounded(text: &str) -> bool {
    let Some((number, power)) = text.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = number
        .split_once([',', '.'])
        .map_or_else(|| digits(number), |(whole, part)| digits(whole) && digits(part));
    mantissa && digits(power)
}

/// The most characters of an id at a source.
const MAX_ID_CHARS: usize = 255;

/// An id at the source, if it is no longer than such may be.
pub(super) fn id(text: &str) -> Result<String, Refusal> {
    if text.chars().count() > MAX_ID_CHARS {
        let message = format!("An id has at most {MAX_ID_CHARS} characters.");
        return Err(("too_long", message));
    }
    Ok(text.to_owned())
}
