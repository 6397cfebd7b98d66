//! The directory that data and keys are kept in.

use std::{fs::DirBuilder, io, os::unix::fs::DirBuilderExt as _, path::Path};

/// Nobody but the owner looks in: customers' data is there.
const OWNER_ONLY: u32 = 0o700;

/// Makes a directory, and those above it, where there is none; leaves one that exists as it is.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    // A bare file name stands in the directory that is there already.
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(path)
}
