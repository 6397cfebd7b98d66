//! Validated documents, kept by (document, operation name), bounded by number and by bytes.

use std::{collections::hash_map::RandomState, hash::BuildHasher, sync::Arc};

use lru::LruCache;
use parking_lot::Mutex;

use super::{
    compiled::{Compiled, Document},
    schema::Schema,
};

/// How many forms of one document are kept, where variables decide what is left out.
const VARIANTS: usize = 8;

/// A canonical form, and the decisions that it was made under.
type Form<S> = (Vec<bool>, Arc<Compiled<S>>);

/// A document and its canonical forms.
pub(super) struct Entry<S: Schema> {
    pub(super) document: Document,
    operation_name: Option<String>,
    /// Newest first. Documents without conditions have one form.
    forms: Mutex<Vec<Form<S>>>,
}

impl<S: Schema> Entry<S> {
    pub(super) fn new(document: Document, operation_name: Option<&str>) -> Self {
        Self {
            document,
            operation_name: operation_name.map(String::from),
            forms: Mutex::new(Vec::new()),
        }
    }

    /// The form for these decisions.
    pub(super) fn find(&self, decisions: &[bool]) -> Option<Arc<Compiled<S>>> {
        let forms = self.forms.lock();
        forms.iter().find(|(known, _)| known == decisions).map(|(_, form)| Arc::clone(form))
    }

    pub(super) fn insert(&self, decisions: Vec<bool>, form: &Arc<Compiled<S>>) {
        let mut forms = self.forms.lock();
        forms.retain(|(known, _)| *known != decisions);
        forms.insert(0, (decisions, Arc::clone(form)));
        forms.truncate(VARIANTS);
    }

    /// An estimate of the memory that the document and its forms take, in bytes.
    fn weight(&self) -> usize {
        let forms: usize = self.forms.lock().iter().map(|(_, form)| form.weight()).sum();
        self.document.weight.saturating_add(forms)
    }

    fn matches(&self, text: &str, operation_name: Option<&str>) -> bool {
        self.operation_name.as_deref() == operation_name
            && self.document.cell.borrow_owner() == text
    }
}

/// The cache. Keys are keyed hashes; a hit is compared in full, so that a collision costs time and nothing else.
pub(super) struct Cache<S: Schema> {
    hasher: RandomState,
    kept: Mutex<Kept<S>>,
    most: usize,
    most_bytes: usize,
}

struct Kept<S: Schema> {
    entries: LruCache<u64, (Arc<Entry<S>>, usize)>,
    bytes: usize,
}

impl<S: Schema> Cache<S> {
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            kept: Mutex::new(Kept { entries: LruCache::unbounded(), bytes: 0 }),
            most,
            most_bytes,
        }
    }

    pub(super) fn find(&self, text: &str, operation_name: Option<&str>) -> Option<Arc<Entry<S>>> {
        let key = self.hasher.hash_one((text, operation_name));
        let entry = self.kept.lock().entries.get(&key).map(|(entry, _)| Arc::clone(entry))?;
        entry.matches(text, operation_name).then_some(entry)
    }

    /// Keeps an entry, at the weight that it has now: to be called again when a form has come to it.
    pub(super) fn keep(&self, text: &str, operation_name: Option<&str>, entry: &Arc<Entry<S>>) {
        let key = self.hasher.hash_one((text, operation_name));
        let mut kept = self.kept.lock();
        let weight = entry.weight();
        if weight > self.most_bytes {
            // It alone would push everything else out.
            if let Some((_, old)) = kept.entries.pop(&key) {
                kept.bytes = kept.bytes.saturating_sub(old);
            }
            return;
        }
        if let Some((_, old)) = kept.entries.put(key, (Arc::clone(entry), weight)) {
            kept.bytes = kept.bytes.saturating_sub(old);
        }
        kept.bytes = kept.bytes.saturating_add(weight);
        while kept.entries.len() > self.most || kept.bytes > self.most_bytes {
            let Some((_, (_, old))) = kept.entries.pop_lru() else { break };
            kept.bytes = kept.bytes.saturating_sub(old);
        }
    }

    /// Entries and estimated bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        let kept = self.kept.lock();
        (kept.entries.len(), kept.bytes)
    }
}
