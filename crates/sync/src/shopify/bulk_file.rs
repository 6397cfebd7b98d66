//! The file of a bulk operation: a JSON object a line, and what belongs to an object on the lines after it.

use std::{
    fmt,
    io::{BufRead, BufReader, Read},
};

use regulars_source::record::BadRecord;
use serde_json::Value;

use super::bulk::FilePlace;
use crate::{connector::Fault, outgoing::cut};

/// The longest line.
const MAX_LINE: u64 = 8 * 1024 * 1024;
/// The most lines that belong to one object.
const MAX_CHILDREN: usize = 10_000;

/// An object and what belongs to it.
#[derive(Debug)]
pub(super) struct Group {
    /// The object, or a line that is none.
    pub(super) root: Result<Value, BadRecord>,
    /// What names it as its parent.
    pub(super) children: Vec<Value>,
}

/// A line, parsed, and how many bytes and lines it has with the blank ones before it.
struct Line {
    value: Result<Value, String>,
    bytes: u64,
    lines: u64,
}

/// A file that is being read.
pub(super) struct Download {
    reader: BufReader<Box<dyn Read + Send>>,
    /// Where the next group begins.
    place: FilePlace,
    /// The first line of the next group, which was read to know that the one before has an end.
    held: Option<Line>,
    /// Whether it ends where the operation failed.
    pub(super) partial: bool,
    /// How many bytes it has, where Shopify says so.
    size: Option<u64>,
    /// How many objects it has.
    pub(super) total: Option<u64>,
    done: bool,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Download {
    pub(super) fn new(
        body: Box<dyn Read + Send>,
        place: FilePlace,
        partial: bool,
        size: Option<u64>,
    ) -> Self {
        let reader = BufReader::with_capacity(64 * 1024, body);
        Self { reader, place, held: None, partial, size, total: None, done: false }
    }

    /// Whether it goes on there.
    pub(super) fn is_at(&self, place: &FilePlace) -> bool {
        self.place == *place && !self.done
    }

    /// Where it goes on.
    pub(super) fn place(&self) -> FilePlace {
        self.place.clone()
    }

    /// Where it goes on, in bytes.
    pub(super) fn byte(&self) -> u64 {
        self.place.byte
    }

    /// Whether it was read to its end.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Passes over what was read before, where it was sent again.
    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Fault> {
        let skipped = std::io::copy(&mut (&mut self.reader).take(bytes), &mut std::io::sink());
        match skipped {
            Ok(skipped) if skipped == bytes => Ok(()),
            Ok(_) => Err(Fault::Cursor("the file of the bulk operation is shorter".to_owned())),
            Err(error) => Err(cut(&error)),
        }
    }

    /// The next object with what belongs to it; none at the end.
    ///
    /// # Errors
    /// [`Fault::Transient`] where the file ends before its end: what was answered before is whole, and the place is behind it.
    pub(super) fn next_group(&mut self) -> Result<Option<Group>, Fault> {
        if self.done {
            return Ok(None);
        }
        let Some(first) =
            self.held.take().map_or_else(|| self.read_line(0), |line| Ok(Some(line)))?
        else {
            self.done = true;
            return Ok(None);
        };
        let mut bytes = first.bytes;
        let mut lines = first.lines;
        let mut group = self.begin(first)?;
        loop {
            let Some(line) = self.read_line(bytes)? else {
                self.done = true;
                break;
            };
            let parent =
                line.value.as_ref().ok().and_then(|value| value.get("__parentId")).cloned();
            let Some(parent) = parent else {
                self.held = Some(line);
                break;
            };
            let root = group.root.as_ref().ok().and_then(|root| root.get("id"));
            if root.is_some_and(|id| *id != parent) || group.children.len() >= MAX_CHILDREN {
                return Err(Fault::Schema(
                    "The lines of Shopify's file are not grouped: something follows what it does not belong to."
                        .to_owned(),
                ));
            }
            bytes = bytes.saturating_add(line.bytes);
            lines = lines.saturating_add(line.lines);
            group.children.extend(line.value.ok());
        }
        self.place.byte = self.place.byte.saturating_add(bytes);
        self.place.line = self.place.line.saturating_add(lines);
        Ok(Some(group))
    }

    fn begin(&self, line: Line) -> Result<Group, Fault> {
        let root = match line.value {
            Ok(root) if root.get("__parentId").is_some() => {
                return Err(Fault::Schema(
                    "Shopify's file begins with something that belongs to nothing.".to_owned(),
                ));
            }
            Ok(root) => Ok(root),
            Err(raw) => Err(BadRecord {
                reference: format!("line {} of the bulk file", self.place.line.saturating_add(1)),
                code: "invalid".to_owned(),
                path: None,
                message: "This line of Shopify's file is no JSON object.".to_owned(),
                raw,
            }),
        };
        Ok(Group { root, children: Vec::new() })
    }

    /// The next line; none at the end of the file. `ahead`: how many bytes were read after the place.
    fn read_line(&mut self, ahead: u64) -> Result<Option<Line>, Fault> {
        let (mut bytes, mut lines) = (0_u64, 0_u64);
        loop {
            let mut raw = Vec::new();
            let mut limited = (&mut self.reader).take(MAX_LINE);
            let length = limited.read_until(b'\n', &mut raw).map_err(|error| cut(&error))?;
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            bytes = bytes.saturating_add(length);
            lines = lines.saturating_add(1);
            let whole = raw.last() == Some(&b'\n');
            if length >= MAX_LINE && !whole {
                return Err(Fault::Schema(
                    "A line of Shopify's file is longer than 8 MiB.".to_owned(),
                ));
            }
            if length == 0 {
                let read = self.place.byte.saturating_add(ahead).saturating_add(bytes);
                return match self.size {
                    Some(size) if read < size => Err(ended_early()),
                    _ => Ok(None),
                };
            }
            let value = serde_json::from_slice::<Value>(&raw).ok().filter(Value::is_object);
            match value {
                Some(value) => return Ok(Some(Line { value: Ok(value), bytes, lines })),
                None if raw.trim_ascii().is_empty() => {}
                // The last line was cut: of a part of a file no more is to be had.
                None if !whole && self.partial => return Ok(None),
                None if !whole => return Err(ended_early()),
                None => {
                    let raw = String::from_utf8_lossy(&raw).trim_end().to_owned();
                    return Ok(Some(Line { value: Err(raw), bytes, lines }));
                }
            }
        }
    }
}

fn ended_early() -> Fault {
    Fault::Transient { message: "Shopify's file ended before its end".to_owned(), after: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(line: u64, byte: u64) -> FilePlace {
        FilePlace { id: "op".to_owned(), attempt: 0, line, byte }
    }

    fn open(text: &str, at: FilePlace, partial: bool, size: Option<u64>) -> Download {
        let skip = at.byte;
        let body = Box::new(std::io::Cursor::new(text.as_bytes().to_vec()));
        let mut download = Download::new(body, at, partial, size);
        download.skip(skip).unwrap();
        download
    }

    const FILE: &str = concat!(
        r#"{"id":"gid:\/\/shopify\/Order\/1"}"#,
        "\n",
        r#"{"id":"l1","__parentId":"gid:\/\/shopify\/Order\/1"}"#,
        "\n",
        r#"{"id":"l2","__parentId":"gid://shopify/Order/1"}"#,
        "\n",
        "not json\n",
        r#"{"id":"gid://shopify/Order/2"}"#,
        "\n",
        r#"{"id":"l3","__parentId":"gid://shopify/Order/2"}"#,
        "\n",
    );

    fn read(download: &mut Download) -> Vec<(String, usize, FilePlace)> {
        let mut found = Vec::new();
        while let Some(group) = download.next_group().unwrap() {
            let name = match &group.root {
                Ok(root) => root["id"].as_str().unwrap().to_owned(),
                Err(bad) => bad.reference.clone(),
            };
            found.push((name, group.children.len(), download.place()));
        }
        found
    }

    #[test]
    fn rule_4_a_file_goes_on_from_every_place() {
        let size = Some(FILE.len() as u64);
        let all = read(&mut open(FILE, place(0, 0), false, size));
        let names: Vec<_> =
            all.iter().map(|(name, children, _)| (name.as_str(), *children)).collect();
        let bad = "line 4 of the bulk file";
        assert_eq!(names, [("gid://shopify/Order/1", 2), (bad, 0), ("gid://shopify/Order/2", 1)]);
        for (done, (_, _, at)) in all.iter().enumerate() {
            let rest = read(&mut open(FILE, at.clone(), false, size));
            assert_eq!(rest, all[done + 1..]);
        }
    }

    #[test]
    fn rule_23_a_file_that_ends_early_is_read_again_from_its_last_whole_object() {
        for end in 1..FILE.len() {
            let cut = &FILE[..end];
            let mut download = open(cut, place(0, 0), false, Some(FILE.len() as u64));
            let mut found = 0;
            let fault = loop {
                match download.next_group() {
                    Ok(Some(_)) => found += 1,
                    Ok(None) => panic!("the end at {end} was believed"),
                    Err(fault) => break fault,
                }
            };
            assert!(matches!(fault, Fault::Transient { .. }), "{fault:?}");
            let rest = read(&mut open(FILE, download.place(), false, Some(FILE.len() as u64)));
            assert_eq!(found + rest.len(), 3, "cut at {end}");
        }
    }

    #[test]
    fn of_a_part_of_a_file_what_is_whole_is_taken() {
        let cut = &FILE[..FILE.len() - 5];
        let found = read(&mut open(cut, place(0, 0), true, None));
        assert_eq!(found.len(), 3);
        // Nothing but blank lines is an empty file.
        assert_eq!(read(&mut open("\n\n", place(0, 0), false, None)), []);
    }

    #[test]
    fn rule_12_a_file_that_is_not_grouped_stops_the_run() {
        let first = json!({ "id": "a" });
        let wrong = json!({ "id": "l", "__parentId": "b" });
        let mut download = open(&format!("{first}\n{wrong}\n"), place(0, 0), false, None);
        assert!(matches!(download.next_group(), Err(Fault::Schema(_))));
        let mut download = open(&format!("{wrong}\n"), place(0, 0), false, None);
        assert!(matches!(download.next_group(), Err(Fault::Schema(_))));
    }
}
