//! A file, seen through a window that moves on: never more of it in memory than one record and a little.

use std::{
    fmt,
    io::{self, Read},
};

/// How much is asked of the file at once.
const PIECE: usize = 256 * 1024;

/// What of a file was read and is not used up yet.
pub(super) struct Window {
    file: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// Where the unused part of the buffer begins and ends.
    used: usize,
    filled: usize,
}

impl Window {
    /// A window at where the file stands.
    pub(super) fn over(file: Box<dyn Read + Send>) -> Self {
        Self { file, buffer: Vec::new(), used: 0, filled: 0 }
    }

    /// What was read and is not used up.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.used..self.filled).unwrap_or_default()
    }

    /// Reads more behind what there is; `false` at the file's end.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.used > 0 {
            self.buffer.copy_within(self.used..self.filled, 0);
            self.filled -= self.used;
            self.used = 0;
        }
        if self.buffer.len() < self.filled.saturating_add(PIECE) {
            self.buffer.resize(self.filled.saturating_add(PIECE), 0);
        }
        let space = self.buffer.get_mut(self.filled..).unwrap_or_default();
        loop {
            match self.file.read(space) {
                Ok(read) => {
                    self.filled += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The first byte, read if need be; none at the file's end.
    pub(super) fn first(&mut self) -> io::Result<Option<u8>> {
        if self.bytes().is_empty() {
            self.fill()?;
        }
        Ok(self.bytes().first().copied())
    }

    /// Uses up so many bytes.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.used = self.used.saturating_add(bytes).min(self.filled);
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").field("bytes", &self.bytes().len()).finish_non_exhaustive()
    }
}
