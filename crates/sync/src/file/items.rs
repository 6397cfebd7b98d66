//! Records of this product, made of the records of a file.

use regulars_source::record::{BadRecord, Item, Record};

use super::{
    columns::{Column, resolve},
    customers,
    entry::{Entries, Wrong},
    goods, json,
    layout::Layout,
    orders,
    rows::{Flaw, MAX_RECORD, Place, Row, Rows},
    settings::{Format, Kind, Options},
    target::Target,
};
use crate::connector::Fault;

/// The most rows of CSV that are one order, or one customer's cards.
const MAX_ROWS: usize = 1_000;

/// Reads a file's records and makes ours of them.
#[derive(Debug)]
pub(super) struct Items {
    format: Format,
    columns: Vec<Column>,
    rows: Rows,
    /// What stopped the look past a group: it comes after it.
    fault: Option<Fault>,
    group: Vec<Row>,
}

impl Items {
    /// Those of rows in that layout.
    pub(super) fn of(layout: &Layout, columns: Vec<Column>, rows: Rows) -> Self {
        Self { format: layout.format, columns, rows, fault: None, group: Vec::new() }
    }

    /// Where the next ones begin.
    pub(super) fn place(&self) -> Place {
        self.rows.place()
    }

    /// What its columns mean.
    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Adds the items of the next record of the file, or of the rows that belong together; gives how many bytes they took, and none
    /// at the file's end.
    pub(super) fn next(
        &mut self,
        options: &Options,
        items: &mut Vec<Item>,
    ) -> Result<Option<usize>, Fault> {
        let mut group = std::mem::take(&mut self.group);
        let found = self.next_group(options, &mut group)?;
        if found > 0 {
            let rows = group.get(..found).unwrap_or_default();
            match self.format {
                Format::Csv => add_rows(options, &self.columns, rows, items),
                Format::Jsonl => rows.iter().for_each(|row| self.add_line(options, row, items)),
            }
        }
        let bytes = group.iter().take(found).map(|row| row.raw.len()).sum();
        self.group = group;
        Ok((found > 0).then_some(bytes))
    }

    /// Fills the first of the rows with those that belong together, and gives how many there are.
    fn next_group(&mut self, options: &Options, group: &mut Vec<Row>) -> Result<usize, Fault> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        if group.is_empty() {
            group.push(Row::default());
        }
        let Some(first) = group.first_mut() else { return Ok(0) };
        if !self.rows.next(first)? {
            return Ok(0);
        }
        if self.format == Format::Jsonl || !matches!(options.kind, Kind::Orders | Kind::Cards) {
            return Ok(1);
        }
        let Some(key) = key(options, &self.columns, first) else { return Ok(1) };
        let mut bytes = first.raw.len();
        for count in 1..MAX_ROWS {
            if group.len() == count {
                group.push(Row::default());
            }
            let Some(row) = group.get_mut(count) else { return Ok(count) };
            match self.rows.next(row) {
                Ok(true) => {}
                Ok(false) => return Ok(count),
                Err(fault) => {
                    self.fault = Some(fault);
                    return Ok(count);
                }
            }
            bytes += row.raw.len();
            if bytes > MAX_RECORD || self::key(options, &self.columns, row).as_ref() != Some(&key) {
                self.rows.put_back(row);
                return Ok(count);
            }
        }
        Ok(MAX_ROWS)
    }

    fn add_line(&mut self, options: &Options, row: &Row, items: &mut Vec<Item>) {
        match line(options, row, &mut self.columns) {
            Ok(Some(record)) => items.push(Item::Record(record)),
            Ok(None) => {}
            Err(wrong) => items.push(bad(std::slice::from_ref(row), wrong)),
        }
    }
}

/// What the rows that belong together have in common; none for one that stands alone. A row with cells too few or too many belongs to
/// its order all the same: without it the rest would be another one.
fn key(options: &Options, columns: &[Column], row: &Row) -> Option<Vec<String>> {
    let cells = columns.iter().zip(row.cells());
    let said = cells.filter_map(|(column, cell)| {
        let cell = cell.trim();
        column.target.as_ref().filter(|_| !cell.is_empty()).map(|target| (target, cell))
    });
    if options.kind == Kind::Orders {
        let mut named: Vec<_> = said
            .filter(|(target, _)| matches!(target, Target::SourceId | Target::Number))
            .collect();
        named.sort_by_key(|(target, _)| **target != Target::SourceId);
        return named.first().map(|(_, cell)| vec![(*cell).to_owned()]);
    }
    let counts =
        |target: &Target| !matches!(target, Target::Cards | Target::UpdatedAt | Target::Seq);
    let key: Vec<_> =
        said.filter(|(target, _)| counts(target)).map(|(_, cell)| cell.to_owned()).collect();
    (!key.is_empty()).then_some(key)
}

fn add_rows(options: &Options, columns: &[Column], rows: &[Row], items: &mut Vec<Item>) {
    if options.kind == Kind::Orders {
        let entries: Result<Vec<_>, _> = rows.iter().map(|row| entries(columns, row)).collect();
        let order = match entries {
            // Rows without anything in them, as spreadsheets leave them behind.
            Ok(entries) if entries.iter().all(|entries| entries.0.is_empty()) => return,
            Ok(entries) => orders::order(options, &entries),
            Err(wrong) => Err(wrong),
        };
        items.push(order.map_or_else(|wrong| bad(rows, wrong), Item::Record));
        return;
    }
    let mut last: Option<Record> = None;
    for row in rows {
        let made = entries(columns, row).and_then(|entries| made(options, columns, &entries));
        match made {
            Ok(None) => {}
            Ok(Some(record)) => {
                let cards = options.kind == Kind::Cards;
                let joined =
                    last.as_mut().is_some_and(|first| cards && customers::join(first, &record));
                if !joined {
                    items.extend(last.replace(record).map(Item::Record));
                }
            }
            Err(wrong) => {
                items.extend(last.take().map(Item::Record));
                items.push(bad(std::slice::from_ref(row), wrong));
            }
        }
    }
    items.extend(last.map(Item::Record));
}

fn entries<'a>(columns: &'a [Column], row: &'a Row) -> Result<Entries<'a>, Wrong> {
    refuse_flaw(row)?;
    // A row of delimiters alone says nothing, not even that something is empty.
    if row.cells().all(|cell| cell.trim().is_empty()) {
        return Ok(Entries::default());
    }
    Entries::of_row(row, columns)
}

fn refuse_flaw(row: &Row) -> Result<(), Wrong> {
    match row.flaw {
        None => Ok(()),
        Some(Flaw::Quote) => Err(Wrong::new(
            "quote",
            "After a closing quote comes something that is no delimiter: double the quotes that belong to the text, or the row before took this one along.",
        )),
        Some(Flaw::TooLong) => Err(Wrong::new(
            "too_long",
            format!(
                "A line has at most {MAX_RECORD} bytes; of this one only the beginning was kept."
            ),
        )),
    }
}

fn made(
    options: &Options,
    columns: &[Column],
    entries: &Entries<'_>,
) -> Result<Option<Record>, Wrong> {
    if entries.0.is_empty() {
        return Ok(None);
    }
    match options.kind {
        Kind::Customers | Kind::Cards => customers::customer(options, columns, entries).map(Some),
        Kind::Balances => goods::balance(options, entries),
        Kind::Products => goods::product(options, entries).map(Some),
        Kind::Orders => orders::order(options, std::slice::from_ref(entries)).map(Some),
    }
}

/// The record of a line of JSON. The columns are the keys of the line before, which mostly has the same.
fn line(options: &Options, row: &Row, columns: &mut Vec<Column>) -> Result<Option<Record>, Wrong> {
    refuse_flaw(row)?;
    let pairs = json::object(&row.raw)?;
    let same = columns.len() == pairs.len()
        && pairs.iter().zip(columns.iter()).all(|((key, _), column)| *key == column.header);
    if !same {
        let keys: Vec<_> = pairs.iter().map(|(key, _)| key.as_ref()).collect();
        *columns = resolve(options, &keys).map_err(|wrong| Wrong {
            column: Some(wrong.header),
            code: "duplicate",
            message: wrong.message,
        })?;
    }
    let entries = Entries::of_pairs(&pairs, columns)?;
    if entries.0.is_empty() {
        let known = Target::names(options.kind).join(", ");
        return Err(Wrong::new("required", format!("No key of it is known. Known are: {known}.")));
    }
    made(options, columns, &entries)
}

fn bad(rows: &[Row], wrong: Wrong) -> Item {
    let line = rows.first().map_or(0, |row| row.at.line);
    let raw: Vec<_> = rows.iter().map(|row| row.raw.as_str()).collect();
    Item::Bad(BadRecord {
        reference: format!("line {line}"),
        code: wrong.code.to_owned(),
        path: wrong.column,
        message: wrong.message,
        raw: raw.join("\n"),
    })
}
