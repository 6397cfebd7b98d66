//! Everything that one answer loads at one depth, so that the next depth is loaded for all of it in one statement.
//!
//! A list of a hundred customers is one [`Level`]. The first of them that is asked for its orders has them loaded for all
//! hundred; the others find theirs. No look-ahead is needed, and no aliases, fragments or directives can fool it: what
//! is not asked for is not loaded, and what is asked for with other arguments is another load.

use std::{
    any::Any,
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use juniper::Executor;
use parking_lot::Mutex;

/// The ids that were loaded together.
#[derive(Debug)]
pub struct Level<K> {
    number: u64,
    ids: Vec<K>,
}

impl<K> Level<K> {
    /// A level of these ids.
    pub fn of(ids: impl IntoIterator<Item = K>) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { number, ids: ids.into_iter().collect() })
    }

    /// A level of these ids, each once.
    pub fn distinct(ids: impl IntoIterator<Item = K>) -> Arc<Self>
    where
        K: Ord,
    {
        Self::of(ids.into_iter().collect::<BTreeSet<_>>())
    }

    /// The ids, in the order they were loaded.
    pub fn ids(&self) -> &[K] {
        &self.ids
    }
}

/// What one request has loaded so far, and what it could not load: asked again for each row of a list, it would fail
/// again a hundred times.
#[derive(Default)]
pub struct Loads(Mutex<HashMap<(u64, LoadName), Kept>>);

type Kept = Arc<dyn Any + Send + Sync>;

/// What distinguishes one load of a level from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoadName {
    /// A field without arguments, or a part of one.
    Field(&'static str),
    /// A field with arguments: they are the same wherever it is asked for at this place of the document. The text tells
    /// what is loaded there from what else is.
    Place(&'static str, usize),
}

impl LoadName {
    /// What is loaded for the field that an executor is at.
    pub fn at<C>(what: &'static str, executor: &Executor<'_, '_, C>) -> Self {
        Self::Place(what, executor.location().index())
    }

    /// Something else that is loaded at the same place.
    pub(crate) const fn and(self, what: &'static str) -> Self {
        match self {
            Self::Field(_) => Self::Field(what),
            Self::Place(_, place) => Self::Place(what, place),
        }
    }
}

impl From<&'static str> for LoadName {
    fn from(field: &'static str) -> Self {
        Self::Field(field)
    }
}

impl Loads {
    /// The value of one id under a name; the first caller of a level has `load` fetch the values of all its ids.
    pub fn get<K, V, E>(
        &self,
        level: &Level<K>,
        name: LoadName,
        id: K,
        load: impl FnOnce(&[K]) -> Result<HashMap<K, V>, E>,
    ) -> Result<Option<V>, E>
    where
        K: Copy + Eq + Hash + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
        E: Clone + Send + Sync + 'static,
    {
        match self.once(level, name, load).as_ref() {
            Ok(values) => Ok(values.get(&id).cloned()),
            Err(error) => Err(error.clone()),
        }
    }

    /// Everything of a level under a name, loaded by the first who asks.
    pub fn once<K, T, E>(
        &self,
        level: &Level<K>,
        name: LoadName,
        load: impl FnOnce(&[K]) -> Result<T, E>,
    ) -> Arc<Result<T, E>>
    where
        T: Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        let key = (level.number, name);
        let known = self.0.lock().get(&key).cloned();
        if let Some(Ok(loaded)) = known.map(Arc::downcast::<Result<T, E>>) {
            return loaded;
        }
        // Loading holds no lock: it may itself ask for something loaded.
        let loaded = Arc::new(load(&level.ids));
        let kept: Kept = Arc::<Result<T, E>>::clone(&loaded);
        self.0.lock().insert(key, kept);
        loaded
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible};

    use super::*;

    #[test]
    fn a_level_loads_once_for_each_name() {
        let loads = Loads::default();
        let level = Level::of([1, 2, 3]);
        let calls = Cell::new(0);
        let ask = |name: &'static str, id: i32| {
            loads
                .get(&level, name.into(), id, |ids| {
                    calls.set(calls.get() + 1);
                    Ok::<_, Infallible>(ids.iter().map(|id| (*id, id * 10)).collect())
                })
                .unwrap()
        };
        assert_eq!([ask("a", 1), ask("a", 3), ask("a", 9)], [Some(10), Some(30), None]);
        assert_eq!(calls.get(), 1);
        assert_eq!(ask("b", 2), Some(20));
        assert_eq!(calls.get(), 2);
    }

    #[test]
    fn what_failed_is_not_tried_again() {
        let loads = Loads::default();
        let level = Level::of([1, 2]);
        let failed = loads.get(&level, "a".into(), 1, |_| Err::<HashMap<i32, i32>, _>("down"));
        assert_eq!(failed, Err("down"));
        let again = loads.get(&level, "a".into(), 2, |_| Ok::<_, &str>([(2, 5)].into()));
        assert_eq!(again, Err("down"), "one statement, one line in the log");
        let other = loads.get(&level, "b".into(), 2, |_| Ok::<_, &str>([(2, 5)].into()));
        assert_eq!(other, Ok(Some(5)));
    }
}
