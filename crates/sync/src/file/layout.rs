//! How a file is laid out: found from its first lines.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use serde::{Deserialize, Serialize};

use super::{
    columns::{Column, missing, resolve},
    fingerprint::{unreadable, wide},
    rows::{Place, Row, Rows},
    settings::{DELIMITERS, Format, Options},
};
use crate::connector::Fault;

const MARK: &[u8] = b"\xEF\xBB\xBF";
/// How much of a file is looked at.
const HEAD: u64 = 256 * 1024;

/// How a file is laid out. Kept with a run, it reads single rows again without the file ([`super::replay`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// How it is written.
    pub format: Format,
    /// What separates the cells of CSV.
    pub delimiter: char,
    /// The cells of the header line of CSV, without blanks around them.
    pub headers: Vec<String>,
}

impl Layout {
    /// The layout of a file, and where its records begin.
    pub(super) fn of(options: &Options, file: &mut File) -> Result<(Self, Place), Fault> {
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.take(HEAD).read_to_end(&mut head))
            .map_err(|error| unreadable(&error))?;
        let text = head.strip_prefix(MARK).unwrap_or(&head);
        let marked = head.len() - text.len();
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        let mut place = Place { offset: wide(marked), line: 1, row: 0 };
        let Some(first) = first else {
            return Err(Fault::Settings("The file is empty.".to_owned()));
        };
        let format = match (options.format, first) {
            (Some(format), _) => format,
            (None, b'{') => Format::Jsonl,
            (None, b'[') => {
                return Err(Fault::Settings(
                    "The file is one list of JSON: write each of its objects on a line of its own (JSON Lines).".to_owned(),
                ));
            }
            (None, _) => Format::Csv,
        };
        if format == Format::Jsonl {
            return Ok((Self { format, delimiter: ',', headers: Vec::new() }, place));
        }
        let (told, length) = told_delimiter(text);
        if length > 0 {
            place.offset += wide(length);
            place.line += 1;
        }
        let body = text.get(length..).unwrap_or_default();
        let delimiter = options.delimiter.or(told).unwrap_or_else(|| counted_delimiter(body));
        let file = file.try_clone().map_err(|error| unreadable(&error))?;
        let mut rows = Rows::at(file, format, delimiter, place)?;
        let mut header = Row::default();
        rows.next(&mut header)?;
        let headers: Vec<_> = header.cells().map(|cell| cell.trim().to_owned()).collect();
        if header.flaw.is_some() || headers.iter().any(|header| header.contains('\0')) {
            return Err(Fault::Settings(format!(
                "The header line (line {}) is no row of CSV: look at its quotes.",
                header.at.line
            )));
        }
        refuse_doubles(&headers)?;
        let place = Place { row: 0, ..rows.place() };
        Ok((Self { format, delimiter: char::from(delimiter), headers }, place))
    }

    /// The delimiter as the parser takes it.
    pub(super) fn sign(&self) -> u8 {
        u8::try_from(self.delimiter).unwrap_or(b',')
    }

    /// What its columns mean; those of JSON are known line by line.
    pub(super) fn columns(&self, options: &Options) -> Result<Vec<Column>, Fault> {
        if self.format == Format::Jsonl {
            return Ok(Vec::new());
        }
        let known = |header: &&String| !self.headers.contains(header);
        let absent: Vec<_> = options.mapping.keys().filter(known).collect();
        if !absent.is_empty() {
            return Err(Fault::Settings(format!(
                "The mapping names {absent:?}, which the header line has not. It has {:?}.",
                self.headers
            )));
        }
        let headers: Vec<_> = self.headers.iter().map(String::as_str).collect();
        resolve(options, &headers).map_err(|wrong| Fault::Settings(wrong.message))
    }

    /// What its columns mean, if they are enough.
    pub(super) fn sound_columns(&self, options: &Options) -> Result<Vec<Column>, Fault> {
        let columns = self.columns(options)?;
        let missing = match self.format {
            Format::Csv => missing(options, &columns),
            Format::Jsonl => Vec::new(),
        };
        if missing.is_empty() {
            return Ok(columns);
        }
        Err(Fault::Settings(missing.join(" ")))
    }
}

/// `sep=;`, as Excel reads and some write it, and how long that line is.
fn told_delimiter(text: &[u8]) -> (Option<u8>, usize) {
    let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', sign, rest @ ..] = text else {
        return (None, 0);
    };
    let ending = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => return (None, 0),
    };
    if !DELIMITERS.iter().any(|(_, known)| known == sign) {
        return (None, 0);
    }
    (Some(*sign), 5 + ending)
}

/// The delimiter that stands most often in the header line, outside quotes; a comma where none does.
fn counted_delimiter(text: &[u8]) -> u8 {
    let mut counts = DELIMITERS.map(|(_, sign)| (sign, 0_usize));
    let mut quoted = false;
    let line = text.iter().skip_while(|byte| matches!(byte, b'\r' | b'\n'));
    for byte in line {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                for (sign, count) in &mut counts {
                    *count += usize::from(sign == byte);
                }
            }
        }
    }
    let mut best = (b',', 0);
    for (sign, count) in counts {
        if count > best.1 {
            best = (sign, count);
        }
    }
    best.0
}

fn refuse_doubles(headers: &[String]) -> Result<(), Fault> {
    for (nth, header) in headers.iter().enumerate() {
        if !header.is_empty() && headers.iter().take(nth).any(|other| other == header) {
            return Err(Fault::Settings(format!(
                "Two columns are called {header:?}: give one of them another header, so that it shows which is meant."
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use serde_json::json;

    use super::*;

    fn layout(text: &str) -> Result<(Layout, Place), Fault> {
        let settings = json!({"path": "a", "kind": "customers"});
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Layout::of(&Options::of(settings.as_object().unwrap()).unwrap(), &mut file)
    }

    #[test]
    fn the_delimiter_is_found_in_the_header_line() {
        for (text, delimiter, headers, offset) in [
            ("email,city\nx,y\n", ',', vec!["email", "city"], 11),
            ("\u{feff}E-Mail;Ort\r\na,b,c;d\r\n", ';', vec!["E-Mail", "Ort"], 15),
            ("email\tcity\n", '\t', vec!["email", "city"], 11),
            ("email|city|\n", '|', vec!["email", "city", ""], 12),
            ("\"a,b,c\";\"d\ne\"\nx;y", ';', vec!["a,b,c", "d\ne"], 14),
            ("sep=;\nemail;a,b,c\n", ';', vec!["email", "a,b,c"], 18),
            ("email\n", ',', vec!["email"], 6),
            ("sep=x\n", ',', vec!["sep=x"], 6),
            ("\n\n email , city ", ',', vec!["email", "city"], 16),
        ] {
            let (layout, place) = layout(text).unwrap();
            assert_eq!((layout.format, layout.delimiter), (Format::Csv, delimiter), "{text:?}");
            assert_eq!(layout.headers, headers);
            assert_eq!((place.offset, place.row), (offset, 0), "{text:?}");
        }
        let (layout, place) = layout("\u{feff}\n {\"email\": 1}\n").unwrap();
        assert_eq!((layout.format, place.offset), (Format::Jsonl, 3));
    }

    #[test]
    fn headers_that_do_not_do_are_refused() {
        for (text, part) in [
            ("", "empty"),
            ("\u{feff}\n\n", "empty"),
            (" [{\"email\": 1}]", "JSON Lines"),
            ("email,city,email\n", "\"email\""),
            ("\"email\"x,city\n", "quotes"),
        ] {
            let Err(Fault::Settings(sentence)) = layout(text) else { panic!("{text:?}") };
            assert!(sentence.contains(part), "{sentence}");
        }
        assert!(layout("a,,\n").is_ok(), "columns without a name are not doubles");
    }
}
