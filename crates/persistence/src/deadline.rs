//! A deadline for SQLite statements.
//!
//! SQLite ends a statement when its progress handler says so, but diesel hands out no handle to set one on. So a handler
//! is installed on every connection at the moment it opens (`sqlite3_auto_extension`), and asks a thread-local deadline:
//! a connection here is only ever used by the thread whose request it serves. This is the one module with `unsafe` code.

use std::{
    cell::Cell,
    ffi::{c_char, c_int, c_void},
    ptr,
    sync::Once,
    time::Instant,
};

use libsqlite3_sys as ffi;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Virtual machine steps between two looks at the clock.
const STEPS: c_int = 2000;

extern "C" fn past_deadline(_: *mut c_void) -> c_int {
    c_int::from(has_passed())
}

/// Whether this thread's deadline has passed.
pub(crate) fn has_passed() -> bool {
    DEADLINE.with(|deadline| deadline.get().is_some_and(|end| Instant::now() > end))
}

unsafe extern "C" fn on_open(
    db: *mut ffi::sqlite3,
    _: *mut *mut c_char,
    _: *const ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: SQLite calls this with the connection it has just opened; the handler lives as long as the program.
    unsafe { ffi::sqlite3_progress_handler(db, STEPS, Some(past_deadline), ptr::null_mut()) };
    ffi::SQLITE_OK
}

/// Makes every SQLite connection opened from now on heed the deadline of the thread that uses it.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: `on_open` has the signature that SQLite documents for extension entry points, and `call_once` keeps
        // two threads from registering at the same time.
        let code = unsafe { ffi::sqlite3_auto_extension(Some(on_open)) };
        if code != ffi::SQLITE_OK {
            tracing::error!(code, "SQLite statements will have no deadline");
        }
    });
}

/// Sets this thread's deadline until the guard is dropped.
pub(crate) fn until(deadline: Option<Instant>) -> Guard {
    Guard { before: DEADLINE.with(|cell| cell.replace(deadline)) }
}

/// Restores the deadline that was there before.
pub(crate) struct Guard {
    before: Option<Instant>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        DEADLINE.with(|cell| cell.set(self.before));
    }
}
