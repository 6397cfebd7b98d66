//! Rows that stores keep in memory, with a way back for transactions that fail.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Rows that several stores share; a clone is another handle to the same rows.
///
/// [`Self::mark`] notes them as they are and costs nothing: only who writes first after it copies them, once.
pub struct SharedRows<R>(Arc<Mutex<Arc<R>>>);

/// Rows as they were once.
pub struct Mark<R>(Arc<R>);

/// The rows, for one at a time.
pub struct RowsGuard<'a, R>(MutexGuard<'a, Arc<R>>);

impl<R> SharedRows<R> {
    /// The rows; nobody else has them until the guard is gone.
    pub fn lock(&self) -> RowsGuard<'_, R> {
        RowsGuard(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes the rows as they are now.
    pub fn mark(&self) -> Mark<R> {
        Mark(Arc::clone(&self.lock().0))
    }

    /// Makes the rows what they were when they were marked, whoever wrote since.
    pub fn reset(&self, mark: &Mark<R>) {
        *self.lock().0 = Arc::clone(&mark.0);
    }
}

impl<R> Deref for RowsGuard<'_, R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.0
    }
}

impl<R: Clone> DerefMut for RowsGuard<'_, R> {
    fn deref_mut(&mut self) -> &mut R {
        Arc::make_mut(&mut self.0)
    }
}

impl<R> Clone for SharedRows<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Default> Default for SharedRows<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<R: fmt::Debug> fmt::Debug for SharedRows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().0.fmt(f)
    }
}

impl<R> fmt::Debug for Mark<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark")
    }
}

impl<R: fmt::Debug> fmt::Debug for RowsGuard<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_since_a_mark_goes_with_it_whoever_wrote() {
        let rows: SharedRows<Vec<i32>> = SharedRows::default();
        let other = rows.clone();
        rows.lock().push(1);
        let (first, again) = (rows.mark(), rows.mark());
        rows.lock().push(2);
        other.lock().push(3);
        let second = rows.mark();
        rows.lock().clear();
        assert!(other.lock().is_empty());
        other.reset(&second);
        assert_eq!(*rows.lock(), [1, 2, 3]);
        rows.reset(&first);
        other.lock().push(4);
        assert_eq!(*rows.lock(), [1, 4]);
        rows.reset(&again);
        assert_eq!(*other.lock(), [1], "a mark stays good however often it is gone back to");
    }
}
