//! The records of a file one by one, each with where it is: rows of CSV, lines of JSON.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    str,
};

use csv_core::{ReadRecordResult, Reader};
use serde::{Deserialize, Serialize};

use super::{
    fingerprint::{breaks, not_text, unreadable, wide},
    settings::Format,
    window::Window,
};
use crate::connector::Fault;

/// The most bytes of a record, its line end not counted.
pub(super) const MAX_RECORD: usize = 1024 * 1024;
/// How much of a longer one is shown.
const SHOWN: usize = 1024;
const QUOTE: u8 = b'"';

/// Where a record begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// In bytes from the file's beginning.
    pub(super) offset: u64,
    /// The line, from 1.
    pub(super) line: u64,
    /// How many records come before it.
    pub(super) row: u64,
}

/// What is wrong with a record as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// After a closing quote comes something that is no delimiter.
    Quote,
    /// A line is longer than [`MAX_RECORD`].
    TooLong,
}

/// A record as it stands in the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// Where it begins.
    pub(super) at: Place,
    /// All of it, without its line end.
    pub(super) raw: String,
    /// The text of the cells of CSV, one behind the other, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    /// What is wrong with it.
    pub(super) flaw: Option<Flaw>,
}

impl Row {
    /// The cells of CSV.
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            // The row is UTF-8, and cells are cut at ASCII alone.
            str::from_utf8(cell).unwrap_or_default()
        })
    }
}

fn core(delimiter: u8) -> Reader {
    csv_core::ReaderBuilder::new().delimiter(delimiter).build()
}

/// What is wrong with the quotes of a row, and whether the last one opens and never closes. The parser is lenient, and
/// a quote too many makes it swallow rows.
fn flaw(raw: &[u8], delimiter: u8) -> (Option<Flaw>, bool) {
    if memchr::memchr(QUOTE, raw).is_none() {
        return (None, false);
    }
    let (mut at_start, mut inside) = (true, false);
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if inside {
            if byte == QUOTE && bytes.next_if_eq(&QUOTE).is_none() {
                inside = false;
                if bytes.peek().is_some_and(|next| *next != delimiter) {
                    return (Some(Flaw::Quote), false);
                }
            }
        } else if byte == QUOTE && at_start {
            inside = true;
        }
        at_start = byte == delimiter && !inside;
    }
    (None, inside)
}

/// Reads records from a place on.
#[derive(Debug)]
pub(super) struct Rows {
    window: Window,
    format: Format,
    delimiter: u8,
    core: Reader,
    /// Where the next record begins.
    place: Place,
    /// A row that was read too far.
    back: Option<Row>,
}

impl Rows {
    /// Of a file from that place on, which is the beginning of a record.
    pub(super) fn at(
        mut file: File,
        format: Format,
        delimiter: u8,
        place: Place,
    ) -> Result<Self, Fault> {
        file.seek(SeekFrom::Start(place.offset)).map_err(|error| unreadable(&error))?;
        Ok(Self::over(Box::new(file), format, delimiter, place))
    }

    /// Of records that were cut out of a file, and stood there.
    pub(super) fn of(records: &str, format: Format, delimiter: u8, place: Place) -> Self {
        let records = io::Cursor::new(records.as_bytes().to_vec());
        Self::over(Box::new(records), format, delimiter, place)
    }

    fn over(file: Box<dyn Read + Send>, format: Format, delimiter: u8, place: Place) -> Self {
        let core = core(delimiter);
        Self { window: Window::over(file), format, delimiter, core, place, back: None }
    }

    /// Where the next record begins.
    pub(super) fn place(&self) -> Place {
        self.back.as_ref().map_or(self.place, |row| row.at)
    }

    /// Gives a row back: it is the next one.
    pub(super) fn put_back(&mut self, row: &mut Row) {
        self.back = Some(std::mem::take(row));
    }

    /// The next record; `false` at the file's end.
    pub(super) fn next(&mut self, row: &mut Row) -> Result<bool, Fault> {
        if let Some(back) = self.back.take() {
            *row = back;
            return Ok(true);
        }
        match self.format {
            Format::Csv => self.next_row(row),
            Format::Jsonl => self.next_line(row),
        }
    }

    fn first(&mut self) -> Result<Option<u8>, Fault> {
        self.window.first().map_err(|error| unreadable(&error))
    }

    fn fill(&mut self) -> Result<bool, Fault> {
        self.window.fill().map_err(|error| unreadable(&error))
    }

    /// Uses up bytes that end so many lines.
    fn pass(&mut self, bytes: usize, lines: u64) {
        self.window.consume(bytes);
        self.place.offset += wide(bytes);
        self.place.line += lines;
    }

    /// Passes a line end, if one is next.
    fn pass_break(&mut self) -> Result<bool, Fault> {
        match self.first()? {
            Some(b'\r') => {
                self.pass(1, 0);
                let pair = self.first()? == Some(b'\n');
                self.pass(usize::from(pair), 1);
                Ok(true)
            }
            Some(b'\n') => {
                self.pass(1, 1);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Fault> {
        while self.pass_break()? {}
        if self.first()?.is_none() {
            return Ok(false);
        }
        self.core.reset();
        let (mut used, mut text, mut ends) = (0_usize, 0_usize, 0_usize);
        let at_end = loop {
            if row.text.len() < text.saturating_add(SHOWN) {
                row.text.resize(text.saturating_add(4 * SHOWN), 0);
            }
            if row.ends.len() < ends.saturating_add(16) {
                row.ends.resize(ends.saturating_add(64), 0);
            }
            let input = self.window.bytes().get(used..).unwrap_or_default();
            let asked_at_end = input.is_empty();
            let (result, read, wrote, ended) = self.core.read_record(
                input,
                row.text.get_mut(text..).unwrap_or_default(),
                row.ends.get_mut(ends..).unwrap_or_default(),
            );
            (used, text, ends) = (used + read, text + wrote, ends + ended);
            if used > MAX_RECORD.saturating_add(2) {
                return Err(Fault::Schema(format!(
                    "The row in line {} is longer than {MAX_RECORD} bytes: look for a quote in it that is never closed.",
                    self.place.line
                )));
            }
            match result {
                ReadRecordResult::InputEmpty => {
                    self.fill()?;
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
                ReadRecordResult::Record | ReadRecordResult::End => break asked_at_end,
            }
        };
        let all = self.window.bytes().get(..used).unwrap_or_default();
        let content = if at_end { all } else { all.split_last().map_or(all, |(_, rest)| rest) };
        let (flaw, open) = flaw(content, self.delimiter);
        if open {
            return Err(Fault::Schema(format!(
                "The row in line {} has a quote that is never closed, and swallows all that follows: close it, or double it where it belongs to the text.",
                self.place.line
            )));
        }
        let content = str::from_utf8(content).map_err(|error| {
            let before = content.get(..error.valid_up_to()).unwrap_or_default();
            let offset = self.place.offset + wide(before.len());
            not_text(offset, self.place.line + breaks(before), content)
        })?;
        row.text.truncate(text);
        row.ends.truncate(ends);
        row.raw.clear();
        row.raw.push_str(content);
        (row.at, row.flaw) = (self.place, flaw);
        let (length, lines) = (content.len(), lines_in(content));
        self.pass(length, lines);
        self.pass_break()?;
        self.place.row += 1;
        Ok(true)
    }

    fn next_line(&mut self, row: &mut Row) -> Result<bool, Fault> {
        loop {
            if self.first()?.is_none() {
                return Ok(false);
            }
            row.at = self.place;
            let long = self.take_line(row)?;
            if long || !row.raw.trim().is_empty() {
                row.flaw = long.then_some(Flaw::TooLong);
                self.place.row += 1;
                return Ok(true);
            }
        }
    }

    /// The next line, blank or not, and whether it was too long: of such a one only the beginning is kept.
    fn take_line(&mut self, row: &mut Row) -> Result<bool, Fault> {
        let (mut searched, mut long) = (0, false);
        loop {
            let bytes = self.window.bytes();
            let found = memchr::memchr(b'\n', bytes.get(searched..).unwrap_or_default());
            let end = found.map_or(bytes.len(), |at| searched + at);
            let too_long = end > MAX_RECORD.saturating_add(1);
            if found.is_none() && !too_long {
                searched = end;
                if self.fill()? {
                    continue;
                }
            }
            if !long {
                let shown = if too_long { SHOWN } else { end };
                self.keep(row, shown, too_long)?;
            }
            let more = found.is_none() && too_long;
            self.pass(end + usize::from(found.is_some()), u64::from(found.is_some()));
            if !more {
                return Ok(long || too_long);
            }
            (searched, long) = (0, true);
            if self.first()?.is_none() {
                return Ok(true);
            }
        }
    }

    /// Keeps the first bytes of the window as the row.
    fn keep(&self, row: &mut Row, bytes: usize, cut: bool) -> Result<(), Fault> {
        let line = self.window.bytes().get(..bytes).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        row.raw.clear();
        match str::from_utf8(line) {
            Ok(line) => row.raw.push_str(line),
            Err(error) if cut && error.error_len().is_none() => {
                let whole = line.get(..error.valid_up_to()).unwrap_or_default();
                row.raw.push_str(str::from_utf8(whole).unwrap_or_default());
            }
            Err(error) => {
                let offset = self.place.offset + wide(error.valid_up_to());
                return Err(not_text(offset, self.place.line, line));
            }
        }
        Ok(())
    }
}

/// How many lines end within a row: `\n`, `\r\n` and `\r` alone each end one.
fn lines_in(content: &str) -> u64 {
    let bytes = content.as_bytes();
    let returns = memchr::memchr_iter(b'\r', bytes)
        .filter(|at| bytes.get(at.saturating_add(1)) != Some(&b'\n'))
        .count();
    breaks(bytes) + wide(returns)
}
