//! Rows that were loaded together, and what they refer to: the next depth is loaded for all of them at once.

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use regulars_kernel::Page;

use crate::level::Level;

/// A row, and those loaded with it. `R` holds a [`Referred`] for everything that such rows refer to.
#[derive(Debug)]
pub struct Sibling<T, R> {
    row: Arc<T>,
    all: Arc<Together<T, R>>,
}

#[derive(Debug)]
struct Together<T, R> {
    rows: Vec<Arc<T>>,
    referred: R,
}

/// A level of what rows that were loaded together refer to, made by the first who asks for it: most are never asked for.
#[derive(Debug)]
pub struct Referred<K>(OnceLock<Arc<Level<K>>>);

impl<K> Default for Referred<K> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T, R: Default> Sibling<T, R> {
    /// A row that was loaded alone.
    pub(crate) fn alone(row: T) -> Self {
        let row = Arc::new(row);
        let rows = vec![Arc::clone(&row)];
        Self { row, all: Arc::new(Together { rows, referred: R::default() }) }
    }

    /// The rows of a page.
    pub(crate) fn page(page: Page<T>) -> Page<Self> {
        Self::pages(vec![page]).next().unwrap_or(Page::empty())
    }

    /// The rows of all pages of a level.
    pub(crate) fn pages(pages: Vec<Page<T>>) -> impl Iterator<Item = Page<Self>> {
        let pages: Vec<_> = pages.into_iter().map(|page| page.map(Arc::new)).collect();
        let rows = pages.iter().flat_map(|page| &page.items).map(Arc::clone).collect();
        let all = Arc::new(Together { rows, referred: R::default() });
        let one = move |row| Self { row, all: Arc::clone(&all) };
        pages.into_iter().map(move |page| page.map(&one))
    }
}

impl<T, R> Sibling<T, R> {
    /// What the field `of` of all rows that were loaded together refers to.
    pub(crate) fn referred<'s, K: Ord + 's>(
        &'s self,
        level: impl FnOnce(&'s R) -> &'s Referred<K>,
        of: impl Fn(&T) -> Option<K>,
    ) -> &'s Arc<Level<K>> {
        let Referred(level) = level(&self.all.referred);
        level.get_or_init(|| Level::distinct(self.all.rows.iter().filter_map(|row| of(row))))
    }
}

impl<T, R> Clone for Sibling<T, R> {
    fn clone(&self) -> Self {
        Self { row: Arc::clone(&self.row), all: Arc::clone(&self.all) }
    }
}

impl<T, R> Deref for Sibling<T, R> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.row
    }
}
