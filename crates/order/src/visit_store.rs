//! What visits ask of whoever keeps the rows.

use std::time::Duration;

use regulars_kernel::{
    Page, PageRequest, PersonId, Points, StoreAccess, StoreError, StoreId, VisitId,
};

use crate::{Visit, VisitQuery, VisitSort};

/// Visits, as far as the scope of the transaction reaches: `Merchant` scope has its own, `Person` scope the person's at
/// every merchant, `Platform` scope all. Each method is one statement; ids out of reach, unknown or named twice are no
/// error.
pub trait VisitStore {
    /// Adds a visit to its merchant's and answers the number it was given; `new.id` is not looked at. In the merchant's
    /// scope, and in `Platform` scope; elsewhere it is [`StoreError::OutOfScope`].
    fn insert_visit(&mut self, new: &Visit) -> Result<VisitId, StoreError>;

    /// The latest visit that equals another in merchant, customer, store, amount and order, and happened less than so long
    /// before or after it (rule 12).
    fn similar_visit(
        &mut self,
        visit: &Visit,
        within: Duration,
    ) -> Result<Option<Visit>, StoreError>;

    /// Visits by id, in no order.
    fn visits(&mut self, ids: &[VisitId], within: &StoreAccess) -> Result<Vec<Visit>, StoreError>;

    /// The same page of each consumer's visits. Consumers without a visit on that page may be left out.
    fn visits_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &VisitQuery,
        page: &PageRequest<VisitSort>,
    ) -> Result<Vec<(PersonId, Page<Visit>)>, StoreError>;

    /// How many visits each consumer has. Consumers without one may be left out.
    fn count_visits_per_consumer(
        &mut self,
        consumers: &[PersonId],
        query: &VisitQuery,
    ) -> Result<Vec<(PersonId, u64)>, StoreError>;

    /// The same page of each store's visits. Stores without a visit on that page may be left out.
    fn visits_per_store(
        &mut self,
        stores: &[StoreId],
        query: &VisitQuery,
        page: &PageRequest<VisitSort>,
    ) -> Result<Vec<(StoreId, Page<Visit>)>, StoreError>;

    /// How many visits each store has. Stores without one may be left out.
    fn count_visits_per_store(
        &mut self,
        stores: &[StoreId],
        query: &VisitQuery,
    ) -> Result<Vec<(StoreId, u64)>, StoreError>;

    /// The points (not stamps) that visits earned, net of what was taken back since; visits that earned none may be left
    /// out.
    fn earned_by_visits(&mut self, ids: &[VisitId]) -> Result<Vec<(VisitId, Points)>, StoreError>;
}
