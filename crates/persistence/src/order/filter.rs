//! Which orders, in SQL: whose they are, and what a query asks of them.

use regulars_customer::search::PhoneTerm;
use regulars_kernel::{OrderTypeId, PageRequest, PersonId, Scope, StoreAccess, StoreId, Timestamp};
use regulars_merchant::Archived;
use regulars_order::{OrderQuery, OrderSort};

use super::buyer::{is_broad, push_buyer, push_looked_through};
use crate::{
    Tx,
    connection::AnyConnection,
    customer::Bounds,
    page::push_bounds,
    statement::{Bind, Statement},
};

/// Appends whose the orders `c` are, behind a `WHERE` or `AND`.
pub(super) fn push_scope<ST>(statement: &mut Statement<ST>, scope: Scope) {
    match scope {
        Scope::Merchant(merchant) => {
            statement.push("c.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            statement.push("c.person_id = ");
            statement.push_bind(person.get());
        }
        Scope::Platform => statement.push("TRUE"),
    }
}

/// Appends ` AND …` for one store. Where something else names fewer orders (`narrow`), the plus keeps SQLite, which knows
/// that only after it gathered statistics, from fetching the store's by their index.
fn push_store<ST>(statement: &mut Statement<ST>, store: StoreId, narrow: bool) {
    let column = if narrow { " AND +c.store_id" } else { " AND c.store_id" };
    statement.push_dialect(" AND c.store_id", column);
    statement.push(" = ");
    statement.push_bind(store.get());
}

/// Appends ` AND …` for the stores that are in reach.
pub(super) fn push_within<ST>(
    statement: &mut Statement<ST>,
    within: &StoreAccess,
    narrow: bool,
    purpose: Purpose,
) {
    match within {
        StoreAccess::All => {}
        StoreAccess::Only(stores) => {
            if let [store] = stores.as_slice() {
                return push_store(statement, *store, narrow);
            }
            // The plus: SQLite must not fetch every order of these stores by their index, to sort them all. To count them
            // it may.
            let indexed = purpose == Purpose::Count && !narrow;
            let column = if indexed { " AND c.store_id" } else { " AND +c.store_id" };
            statement.push_dialect(" AND c.store_id", column);
            statement.push_is_in(stores.iter().map(|id| id.get()).collect::<Bind>());
        }
    }
}

/// A query with what the statement that asks it needs to know.
pub(super) struct Filter<'a> {
    query: &'a OrderQuery,
    scope: Scope,
    sqlite: bool,
    bounds: Bounds,
}

/// What a statement on orders is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    List,
    Count,
    /// Either, of each of many customers or stores.
    PerParent,
}

impl<'a> Filter<'a> {
    pub(super) const fn new(tx: &Tx<'_>, query: &'a OrderQuery) -> Self {
        let sqlite = matches!(tx.connection, AnyConnection::Sqlite(_));
        Self { query, scope: tx.scope(), sqlite, bounds: tx.bounds() }
    }

    pub(super) const fn scope(&self) -> Scope {
        self.scope
    }

    /// What a merchant searches buyers by, where it is the beginning of a phone number and nothing else.
    fn broad(&self) -> Option<&'a PhoneTerm> {
        let OrderQuery { consumer, buyer, .. } = self.query;
        let alone = consumer.is_none() && buyer.number.is_none() && buyer.email_key.is_none();
        let term = buyer.phone.as_ref().filter(|term| is_broad(term))?;
        (alone && self.scope.merchant().is_some()).then_some(term)
    }

    /// The page as far as it lies near, where it pays to look there first.
    pub(super) fn look_through<ST>(
        &self,
        select: &'static str,
        request: &PageRequest<OrderSort>,
    ) -> Option<Statement<ST>> {
        let term = self.broad()?;
        let mut statement = Statement::new("SELECT ").sql(select);
        statement.push(" FROM (SELECT * FROM orders c WHERE ");
        push_scope(&mut statement, self.scope);
        self.push_order(&mut statement, Purpose::List);
        push_bounds(&mut statement, request);
        push_looked_through(
            &mut statement,
            (term, self.scope),
            (self.sqlite, self.bounds),
            request,
        );
        Some(statement)
    }

    /// Appends ` FROM` to the whole `WHERE`, which can go on.
    pub(super) fn push_from<ST>(&self, statement: &mut Statement<ST>, purpose: Purpose) {
        statement.push(" FROM orders c");
        if !self.query.buyer.are_none() && self.scope.merchant().is_some() {
            // SQLite would walk all orders in the order of the list, and look at each one's buyer.
            statement.push_dialect("", " INDEXED BY orders_person");
        } else if let Some(index) = self.best_index(purpose) {
            statement.push_dialect("", index);
        }
        statement.push(" WHERE ");
        push_scope(statement, self.scope);
        self.push(statement, purpose);
    }

    /// The index of orders in a state that few have, or that has all there is to count: without statistics SQLite takes it
    /// for no better than others.
    fn best_index(&self, purpose: Purpose) -> Option<&'static str> {
        if !self.is_alone() || purpose == Purpose::PerParent {
            return None;
        }
        match (self.query.completed, self.query.archived) {
            (Some(false), _) => Some(" INDEXED BY orders_open"),
            (_, Archived::Only) => Some(" INDEXED BY orders_active"),
            (None, Archived::Hidden) if purpose == Purpose::Count => {
                Some(" INDEXED BY orders_active")
            }
            _ => None,
        }
    }

    /// Whether a merchant asks nothing that an index answers but in which state orders are.
    fn is_alone(&self) -> bool {
        let OrderQuery { consumer, buyer, store, completed_at, created_at, .. } = self.query;
        let periods = [completed_at.from, completed_at.before, created_at.from, created_at.before];
        self.scope.merchant().is_some()
            && consumer.is_none()
            && buyer.are_none()
            && store.is_none()
            && periods.iter().all(Option::is_none)
            && self.query.within == StoreAccess::All
    }

    /// The stores that a list merges: of several, where each one's orders come in the list's order from an index.
    pub(super) fn merged_stores(&self, request: &PageRequest<OrderSort>) -> Option<Vec<i64>> {
        let OrderQuery { consumer, buyer, store, within, .. } = self.query;
        let indexed = match request.order.terms.as_slice() {
            [] => true,
            [term] => {
                term.field == OrderSort::CompletedAt
                    && term.descending == request.order.pk_descending
            }
            _ => false,
        };
        let StoreAccess::Only(stores) = within else { return None };
        let narrow = consumer.is_some() || !buyer.are_none() || store.is_some();
        if narrow || !indexed || stores.len() < 2 || self.scope.merchant().is_none() {
            return None;
        }
        let mut stores: Vec<i64> = stores.iter().map(|store| store.get()).collect();
        stores.sort_unstable();
        stores.dedup();
        Some(stores)
    }

    /// Appends ` AND …` for everything.
    pub(super) fn push<ST>(&self, statement: &mut Statement<ST>, purpose: Purpose) {
        self.push_order(statement, purpose);
        push_buyer(statement, &self.query.buyer, self.scope, (self.sqlite, self.bounds));
    }

    /// Appends ` AND …` for everything that the order itself says.
    fn push_order<ST>(&self, statement: &mut Statement<ST>, purpose: Purpose) {
        let query = self.query;
        if self.has_many_parts() {
            statement.vary();
        }
        let ids = [
            (" AND c.person_id = ", query.consumer.map(PersonId::get)),
            (" AND c.order_type_id = ", query.order_type.map(OrderTypeId::get)),
            // The same expression as in the index; open orders lie in no period.
            (
                " AND COALESCE(c.completed_at, 0) >= ",
                query.completed_at.from.map(Timestamp::micros),
            ),
            (
                " AND COALESCE(c.completed_at, 0) < ",
                query.completed_at.before.map(Timestamp::micros),
            ),
            (" AND c.created_at >= ", query.created_at.from.map(Timestamp::micros)),
            (" AND c.created_at < ", query.created_at.before.map(Timestamp::micros)),
        ];
        for (sql, value) in ids {
            if let Some(value) = value {
                statement.push(sql);
                statement.push_bind(value);
            }
        }
        if query.completed_at.from.is_some() || query.completed_at.before.is_some() {
            statement.push(" AND c.completed_at IS NOT NULL");
        }
        if let Some(state) = query.state {
            statement.push(" AND c.state = ");
            statement.push_bind(state.name());
        }
        match query.completed {
            Some(true) => statement.push(" AND c.completed"),
            Some(false) => statement.push(" AND NOT c.completed"),
            None => {}
        }
        // SQLite asks an index only where there is a comparison.
        let compared = self.best_index(purpose).is_some();
        match query.archived {
            Archived::Hidden if compared => statement.push(" AND c.is_active = TRUE"),
            Archived::Hidden => statement.push(" AND c.is_active"),
            Archived::Only if compared => statement.push(" AND c.is_active = FALSE"),
            Archived::Only => statement.push(" AND NOT c.is_active"),
            Archived::Included => {}
        }
        let narrow = query.consumer.is_some() || !query.buyer.are_none();
        if let Some(store) = query.store {
            push_store(statement, store, narrow);
        }
        let narrow = narrow || query.store.is_some();
        push_within(statement, &query.within, narrow, purpose);
    }

    /// Whether so much is asked that the shape is one of too many to be kept prepared.
    fn has_many_parts(&self) -> bool {
        const FEW: usize = 3;

        let query = self.query;
        let periods = [query.completed_at, query.created_at];
        let ends = periods.iter().flat_map(|period| [period.from, period.before]);
        let others = [
            query.consumer.is_some(),
            query.order_type.is_some(),
            query.state.is_some(),
            query.completed.is_some(),
            query.store.is_some(),
            query.within != StoreAccess::All,
        ];
        ends.flatten().count() + others.into_iter().filter(|asked| *asked).count() > FEW
    }
}
