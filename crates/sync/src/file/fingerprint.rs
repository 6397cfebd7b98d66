//! What a file is, as a whole: whether it is text that everybody reads alike, and whether it is still the same.

use std::{
    fs::{File, Metadata},
    io::{Read, Seek, SeekFrom},
    path::Path,
    str,
    time::SystemTime,
};

use sha2::{Digest, Sha256};

use crate::connector::Fault;

/// How much is hashed at once.
const PIECE: usize = 256 * 1024;
/// The longest character of UTF-8 that the end of a piece may cut through.
const LONGEST: usize = 4;

/// A file that can go on being read, without reading it whole again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// In bytes.
    pub(super) size: u64,
    modified: Option<SystemTime>,
}

impl Seen {
    pub(super) fn of(file: &File) -> Result<Self, Fault> {
        let data = file.metadata().map_err(|error| unreadable(&error))?;
        Ok(Self::from(&data))
    }
}

impl From<&Metadata> for Seen {
    fn from(data: &Metadata) -> Self {
        Self { size: data.len(), modified: data.modified().ok() }
    }
}

/// Opens a plain file; the sentence says what is in the way.
pub(super) fn open(path: &Path) -> Result<File, Fault> {
    // A pipe would be waited for, and a device never ends.
    let data = path.metadata().map_err(|error| {
        Fault::Settings(format!("The file {} cannot be opened: {error}.", path.display()))
    })?;
    if !data.is_file() {
        return Err(Fault::Settings(format!("{} is no plain file.", path.display())));
    }
    File::open(path).map_err(|error| {
        Fault::Settings(format!("The file {} cannot be opened: {error}.", path.display()))
    })
}

/// What an error of reading means.
pub(super) fn unreadable(error: &std::io::Error) -> Fault {
    Fault::Transient { message: format!("The file could not be read: {error}."), after: None }
}

/// What a byte that is no UTF-8 means.
pub(super) fn not_text(offset: u64, line: u64, start: &[u8]) -> Fault {
    let looks = match start {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "It looks like UTF-16 (Excel's \"Unicode text\")",
        [b'P', b'K', 3, 4, ..] => "It looks like a workbook (.xlsx)",
        _ => "It looks like an older encoding, such as Windows-1252",
    };
    Fault::Settings(format!(
        "The file is not UTF-8: byte {offset} (in line {line}) begins no character. {looks}: save it as UTF-8, in Excel as \"CSV UTF-8\", and try again."
    ))
}

/// The SHA-256 of a file in hexadecimal digits; refuses what is not UTF-8 from its first byte to its last. Reads it whole, at
/// flat memory.
pub(super) fn fingerprint(file: &mut File) -> Result<String, Fault> {
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; PIECE + LONGEST];
    let mut start = Vec::new();
    // Of the character that the last piece's end cut through.
    let mut kept = 0;
    let (mut offset, mut line) = (0_u64, 1_u64);
    loop {
        let read = file
            .read(buffer.get_mut(kept..).unwrap_or_default())
            .map_err(|error| unreadable(&error))?;
        let fresh = buffer.get(kept..kept + read).unwrap_or_default();
        hash.update(fresh);
        if start.is_empty() {
            start = fresh.iter().copied().take(LONGEST).collect();
        }
        let piece = buffer.get(..kept + read).unwrap_or_default();
        let valid = match str::from_utf8(piece) {
            Ok(_) => piece.len(),
            Err(error) if error.error_len().is_none() && read > 0 => error.valid_up_to(),
            Err(error) => {
                let before = piece.get(..error.valid_up_to()).unwrap_or_default();
                return Err(not_text(offset + wide(before.len()), line + breaks(before), &start));
            }
        };
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        line += breaks(piece.get(..valid).unwrap_or_default());
        offset += wide(valid);
        let end = piece.len();
        buffer.copy_within(valid..end, 0);
        kept = end - valid;
    }
}

/// How many lines end in a piece.
pub(super) fn breaks(piece: &[u8]) -> u64 {
    wide(memchr::memchr_iter(b'\n', piece).count())
}

/// A length as an offset.
pub(super) fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn of(bytes: &[u8]) -> Result<String, Fault> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        fingerprint(&mut file)
    }

    #[test]
    fn a_text_has_a_hash_and_anything_else_is_refused_with_the_byte() {
        assert_eq!(
            of(b"abc").as_deref(),
            Ok("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert!(of("\u{feff}Zoë;Müller\n".as_bytes()).is_ok());
        for (bytes, byte, line, part) in [
            (b"name\nJ\xfcrgen\n".as_slice(), 6, 2, "Windows-1252"),
            (b"\xff\xfeE\0m\0", 0, 1, "UTF-16"),
            (b"PK\x03\x04\xff", 4, 1, "workbook"),
            ("caf\u{e9}".as_bytes().split_last().unwrap().1, 3, 1, "UTF-8"),
        ] {
            let Err(Fault::Settings(sentence)) = of(bytes) else { panic!("{bytes:?}") };
            assert!(sentence.contains(&format!("byte {byte} (in line {line})")), "{sentence}");
            assert!(sentence.contains(part) && sentence.contains("save it as UTF-8"), "{sentence}");
        }
    }

    #[test]
    fn characters_across_pieces_are_whole() {
        // Three bytes a character: every way in which a piece can end.
        for shift in 0..3 {
            let mut text = "x".repeat(shift);
            text.extend(std::iter::repeat_n('€', PIECE));
            assert!(of(text.as_bytes()).is_ok(), "{shift}");
            let mut bytes = text.into_bytes();
            let at = bytes.len();
            bytes.push(0xFC);
            let Err(Fault::Settings(sentence)) = of(&bytes) else { panic!("{shift}") };
            assert!(sentence.contains(&format!("byte {at} ")), "{sentence}");
        }
    }
}
