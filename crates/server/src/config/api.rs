//! `[api]`: what a GraphQL document may ask for before it is refused unread.

use serde::Deserialize;

use super::check::{Check, Section};

/// The section `[api]`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Api {
    pub(crate) document_bytes: usize,
    pub(crate) tokens: usize,
    pub(crate) depth: usize,
    pub(crate) fields: usize,
    pub(crate) aliases: usize,
    pub(crate) directives: usize,
    pub(crate) mutations: usize,
    pub(crate) cost: u64,
    pub(crate) list_items: usize,
    pub(crate) errors: usize,
    pub(crate) cached_documents: usize,
    pub(crate) cached_document_bytes: usize,
}

impl Section for Api {
    const NAME: &'static str = "api";

    fn check(&self, check: &mut Check) {
        check.number("document_bytes", self.document_bytes, 1_024..=1_048_576);
        check.number("tokens", self.tokens, 100..=15_000);
        // The standard introspection query is 15 levels deep; the executor ends at 64.
        check.number("depth", self.depth, 15..=64);
        check.number("fields", self.fields, 100..=15_000);
        check.number("aliases", self.aliases, 1..=1_000);
        check.number("directives", self.directives, 1..=50);
        check.number("mutations", self.mutations, 1..=100);
        check.number("cost", self.cost, 1_000..=10_000_000);
        check.number("list_items", self.list_items, 1..=10_000);
        check.number("errors", self.errors, 1..=100);
        check.number("cached_documents", self.cached_documents, 1..=100_000);
        check.number("cached_document_bytes", self.cached_document_bytes, 65_536..=1_073_741_824);
    }
}
