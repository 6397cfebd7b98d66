//! Things by number, and by when they were changed.

use std::collections::{BTreeMap, BTreeSet};

/// Something that has a number and a time of its last change.
pub(super) trait Row {
    /// When it was changed last: seconds since 1970.
    fn updated_at(&self) -> i64;
}

/// All things of a kind.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    rows: BTreeMap<u64, T>,
    by_time: BTreeSet<(i64, u64)>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), by_time: BTreeSet::new() }
    }
}

/// In which order a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Id,
    UpdatedAt,
}

impl<T: Row> Table<T> {
    pub(super) fn get(&self, id: u64) -> Option<&T> {
        self.rows.get(&id)
    }

    pub(super) fn put(&mut self, id: u64, row: T) {
        self.remove(id);
        self.by_time.insert((row.updated_at(), id));
        self.rows.insert(id, row);
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<T> {
        let row = self.rows.remove(&id)?;
        self.by_time.remove(&(row.updated_at(), id));
        Some(row)
    }

    pub(super) fn edit(&mut self, id: u64, edit: impl FnOnce(&mut T)) -> bool {
        let Some(mut row) = self.remove(id) else { return false };
        edit(&mut row);
        self.put(id, row);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.rows.iter().map(|(id, row)| (*id, row))
    }

    /// The place of a row in an order.
    pub(super) fn place(&self, sort: Sort, id: u64) -> Option<(i64, u64)> {
        let row = self.rows.get(&id)?;
        Some(if sort == Sort::Id { (0, id) } else { (row.updated_at(), id) })
    }

    /// The numbers after a place, in order, that were changed within `[from, until]`; at most so many.
    pub(super) fn page(
        &self,
        sort: Sort,
        after: Option<(i64, u64)>,
        (from, until): (i64, i64),
        at_most: usize,
    ) -> Vec<u64> {
        let within = |at: i64| at >= from && at <= until;
        match sort {
            Sort::Id => {
                let first = after.map_or(0, |(_, id)| id.saturating_add(1));
                let rows = self.rows.range(first..).filter(|(_, row)| within(row.updated_at()));
                rows.map(|(id, _)| *id).take(at_most).collect()
            }
            Sort::UpdatedAt => {
                let first = after.map_or((from, 0), |(at, id)| (at, id.saturating_add(1)));
                let rows = self.by_time.range(first.max((from, 0))..);
                rows.take_while(|(at, _)| *at <= until).map(|(_, id)| *id).take(at_most).collect()
            }
        }
    }

    /// The last numbers by time, the latest first.
    pub(super) fn latest(&self, at_most: usize) -> Vec<u64> {
        self.by_time.iter().rev().map(|(_, id)| *id).take(at_most).collect()
    }
}
