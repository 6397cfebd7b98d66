//! A value that all tests of a process share. A static is never dropped; this is, when the process ends, so that what the
//! value holds (a server, a directory, a database) goes with the tests.

use std::{
    ffi::c_int,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, Once, PoisonError},
};

type Cleanup = Box<dyn FnOnce() + Send>;

static CLEANUPS: Mutex<Vec<Cleanup>> = Mutex::new(Vec::new());

#[expect(unsafe_code, reason = "the standard library has no name for what C calls at exit")]
unsafe extern "C" {
    safe fn atexit(callback: extern "C" fn()) -> c_int;
}

extern "C" fn clean_up() {
    let cleanups = std::mem::take(&mut *CLEANUPS.lock().unwrap_or_else(PoisonError::into_inner));
    for cleanup in cleanups {
        // Nothing may unwind into C, and one failure is no reason to leave the rest.
        drop(catch_unwind(AssertUnwindSafe(cleanup)));
    }
}

/// Made by whichever test asks first.
#[derive(Debug)]
pub struct Shared<T>(Mutex<Option<Arc<T>>>);

impl<T: Send + Sync + 'static> Shared<T> {
    /// Not made yet.
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The value, made if need be; the others wait meanwhile.
    pub fn get(&'static self, make: impl FnOnce() -> T) -> Arc<T> {
        static REGISTERED: Once = Once::new();
        let mut value = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = &*value {
            return Arc::clone(value);
        }
        let made = Arc::new(make());
        *value = Some(Arc::clone(&made));
        REGISTERED.call_once(|| {
            atexit(clean_up);
        });
        let cleanup = || drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        CLEANUPS.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(cleanup));
        made
    }
}

impl<T: Send + Sync + 'static> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}
