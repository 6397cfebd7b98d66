//! From a document's text to an operation that is ready to run: limits, validation, canonical form, cost, cache.
//!
//! juniper runs a response key that is selected twice two times, where the specification merges the selections first
//! and runs them once. So every document is validated as it was sent, brought into a form in which that cannot matter
//! (`collect`), printed, and validated again; what runs is the second. Errors keep the places of the first.

mod cache;
mod collect;
mod compiled;
mod cost;
mod introspection;
mod limits;
mod literal;
mod path;
mod print;
mod problem;
mod schema;
mod survey;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;

use juniper::Variables;

use self::{
    cache::{Cache, Entry},
    compiled::Document,
    literal::Literals,
};
pub use self::{
    compiled::{Compiled, Execution, OperationKind},
    limits::Limits,
    problem::{INVALID, Location, Problem},
    schema::{Root, Schema},
};
pub(crate) use self::{
    compiled::{KEY, check_mutation},
    path::{PathPart, Paths},
    tree::Source,
};

/// The documents of one schema.
pub struct Documents<S: Schema> {
    /// Holds clients to the limits.
    strict: &'static Root<S>,
    /// For canonical forms, which may be somewhat larger than the documents that they come from.
    loose: &'static Root<S>,
    literals: Literals,
    limits: Limits,
    cache: Cache<S>,
}

impl<S: Schema> Documents<S> {
    /// Builds the schema. The root nodes live as long as the process: call this once.
    pub fn new(limits: Limits) -> Self {
        let root =
            || if limits.introspection { S::root() } else { S::root().disable_introspection() };
        let strict: &'static Root<S> = Box::leak(Box::new(
            root()
                .limit_depth(limits.depth)
                .limit_tokens(limits.tokens)
                .limit_fields(limits.fields),
        ));
        let loose: &'static Root<S> = Box::leak(Box::new(
            root()
                .limit_depth(limits.depth.saturating_mul(2))
                .limit_tokens(limits.tokens.saturating_mul(16))
                .limit_fields(limits.canonical_fields()),
        ));
        let cache = Cache::new(limits.cached_documents, limits.cached_bytes);
        let literals = Literals::new(&limits);
        Self { strict, loose, literals, limits, cache }
    }

    /// The schema, as clients see it.
    pub const fn root(&self) -> &'static Root<S> {
        self.strict
    }

    /// What documents are held to.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Documents kept and the estimated bytes they take.
    pub fn cached(&self) -> (usize, usize) {
        self.cache.size()
    }

    /// The operation, if it was prepared before: microseconds. `None` says that [`Self::prepare`] has to work.
    pub fn find(
        &self,
        text: &str,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Option<Result<Arc<Compiled<S>>, Vec<Problem>>> {
        let entry = self.cache.find(text, operation_name)?;
        let decisions = match self.decide(&entry, variables) {
            Ok(decisions) => decisions,
            Err(problems) => return Some(Err(self.naming_choices(problems))),
        };
        let form = entry.find(&decisions)?;
        Some(self.check(&form, variables).map(|()| form))
    }

    /// The operation, validated and in its canonical form. A new document of the greatest size takes milliseconds.
    ///
    /// # Errors
    /// Everything that is wrong with the document or, where they decide what it selects, with the variables.
    pub fn prepare(
        &self,
        text: &str,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<Arc<Compiled<S>>, Vec<Problem>> {
        self.work_out(text, operation_name, variables)
            .map_err(|problems| self.naming_choices(problems))
    }

    /// The same problems, those of enums with the values that there are.
    pub(crate) fn naming_choices(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let schema = &self.strict.schema;
        problems.into_iter().map(|problem| problem.naming_choices(schema)).collect()
    }

    fn work_out(
        &self,
        text: &str,
        operation_name: Option<&str>,
        variables: &Variables,
    ) -> Result<Arc<Compiled<S>>, Vec<Problem>> {
        let entry = match self.cache.find(text, operation_name) {
            Some(entry) => entry,
            None => Arc::new(Entry::new(
                Document::validate::<S>(
                    text,
                    operation_name,
                    self.strict,
                    &self.literals,
                    &self.limits,
                )?,
                operation_name,
            )),
        };
        let decisions = self.decide(&entry, variables)?;
        if let Some(form) = entry.find(&decisions) {
            self.check(&form, variables)?;
            return Ok(form);
        }
        let form = Arc::new(entry.document.compile(&decisions, self.loose, &self.limits)?);
        // What is refused takes no room from what is answered.
        self.check(&form, variables)?;
        if !entry.document.secret {
            entry.insert(decisions, &form);
            self.cache.keep(text, operation_name, &entry);
        }
        Ok(form)
    }

    fn decide(&self, entry: &Entry<S>, variables: &Variables) -> Result<Vec<bool>, Vec<Problem>> {
        if entry.document.conditions.is_empty() {
            return Ok(Vec::new());
        }
        entry.document.decide(variables, &self.strict.schema)
    }

    /// What depends on the variables of each request.
    fn check(&self, form: &Compiled<S>, variables: &Variables) -> Result<(), Vec<Problem>> {
        form.check_nulls(variables).map_err(|problem| vec![problem])?;
        let cost = form.cost(variables, self.limits.page);
        if cost <= self.limits.cost {
            return Ok(());
        }
        Err(vec![Problem::invalid(format!(
            "The operation costs {cost} (rows of each list × fields selected); at most {} are allowed. Ask for \
             smaller pages.",
            self.limits.cost
        ))])
    }
}
