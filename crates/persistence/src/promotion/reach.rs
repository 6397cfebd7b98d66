//! Which promotions a transaction sees and a filter keeps, over the alias `p` of a table of offers or of cards.

use regulars_kernel::{MerchantId, PersonId, Scope, StoreId, Timestamp, text::fold};
use regulars_merchant::Archived;
use regulars_promotion::Status;

use crate::statement::Statement;

/// A promotion's terms in force ([`regulars_promotion::Terms::is_live`]).
pub(crate) const LIVE: &str = "p.status = 'ACTIVE' AND NOT p.archived";

/// Appends ` AND …` for what a list shows in a scope.
pub(crate) fn push_listed<ST>(statement: &mut Statement<ST>, scope: Scope, live: &'static str) {
    push_near(statement, scope);
    if let Scope::Person(person) = scope {
        push(statement, [" AND ", live, " AND "]);
        push_joined(statement, person);
    }
}

/// Appends ` AND …` for what can be asked for by id in a scope.
pub(crate) fn push_reached<ST>(statement: &mut Statement<ST>, scope: Scope, live: &'static str) {
    push_near(statement, scope);
    if let Scope::Person(person) = scope {
        push(statement, [" AND ((", live, ") OR (p.status <> 'DRAFT' AND "]);
        push_joined(statement, person);
        statement.push("))");
    }
}

/// Appends ` AND …` for the one merchant of a scope.
pub(crate) fn push_near<ST>(statement: &mut Statement<ST>, scope: Scope) {
    if let Scope::Merchant(merchant) = scope {
        statement.push(" AND p.merchant_id = ");
        statement.push_bind(merchant.get());
    }
}

fn push_joined<ST>(statement: &mut Statement<ST>, person: PersonId) {
    statement.push("p.merchant_id IN (SELECT j.merchant_id FROM membership j WHERE j.person_id = ");
    statement.push_bind(person.get());
    statement.push(" AND NOT j.archived)");
}

fn push<ST, const N: usize>(statement: &mut Statement<ST>, parts: [&'static str; N]) {
    for part in parts {
        statement.push(part);
    }
}

/// Appends ` AND …`: an instant lies within the promotion's own window.
pub(crate) fn push_window_holds<ST>(statement: &mut Statement<ST>, at: Timestamp) {
    statement.push(" AND (p.start_time IS NULL OR p.start_time <= ");
    statement.push_bind(at.micros());
    statement.push(") AND (p.end_time IS NULL OR p.end_time > ");
    statement.push_bind(at.micros());
    statement.push(")");
}

/// Those of the merchants that a scope reaches.
pub(crate) fn near(scope: Scope, merchants: &[MerchantId]) -> Vec<i64> {
    let mut near: Vec<i64> = merchants
        .iter()
        .filter(|id| scope.merchant().is_none_or(|own| own == **id))
        .map(|id| id.get())
        .collect();
    near.sort_unstable();
    near.dedup();
    near
}

/// What filters of offers and of cards both ask.
pub(crate) struct Wanted<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) name_icontains: Option<&'a str>,
    pub(crate) status: Option<Status>,
    pub(crate) merchant: Option<MerchantId>,
    pub(crate) archived: Archived,
}

impl Wanted<'_> {
    /// Appends ` AND …` for each condition.
    pub(crate) fn push<ST>(&self, statement: &mut Statement<ST>) {
        if let Some(name) = self.name {
            statement.push(" AND p.name = ");
            statement.push_bind(name);
        }
        if let Some(term) = self.name_icontains {
            statement.push_dialect(" AND strpos(p.name_key, ", " AND instr(p.name_key, ");
            statement.push_bind(fold(term));
            statement.push(") > 0");
        }
        if let Some(status) = self.status {
            statement.push(" AND p.status = ");
            statement.push_bind(status.name());
        }
        if let Some(merchant) = self.merchant {
            statement.push(" AND p.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        statement.push(match self.archived {
            Archived::Hidden => " AND NOT p.archived",
            Archived::Only => " AND p.archived",
            Archived::Included => "",
        });
    }
}

/// What the pairs of a table say about where its rows run.
macro_rules! runs_in {
    ($table:literal, $merchant:literal, $id:literal) => {
        [
            concat!(
                "(NOT EXISTS (SELECT 1 FROM ",
                $table,
                "_store x WHERE x.merchant_id = ",
                $merchant,
                " AND x.",
                $table,
                "_id = ",
                $id,
                ") AND NOT EXISTS (SELECT 1 FROM ",
                $table,
                "_store_group x WHERE x.merchant_id = ",
                $merchant,
                " AND x.",
                $table,
                "_id = ",
                $id,
                ") OR EXISTS (SELECT 1 FROM ",
                $table,
                "_store x WHERE x.merchant_id = ",
                $merchant,
                " AND x.",
                $table,
                "_id = ",
                $id,
                " AND x.store_id = "
            ),
            concat!(
                ") OR EXISTS (SELECT 1 FROM ",
                $table,
                "_store_group x JOIN store_group_member y",
                " ON y.merchant_id = x.merchant_id AND y.store_group_id = x.store_group_id",
                " WHERE x.merchant_id = ",
                $merchant,
                " AND x.",
                $table,
                "_id = ",
                $id,
                " AND y.store_id = "
            ),
        ]
    };
}
pub(crate) use runs_in;

/// Appends the condition that rows of a table ([`runs_in`]) run in a store.
pub(crate) fn push_runs_in<ST>(
    statement: &mut Statement<ST>,
    [by_store, by_group]: [&'static str; 2],
    store: StoreId,
) {
    statement.push(by_store);
    statement.push_bind(store.get());
    statement.push(by_group);
    statement.push_bind(store.get());
    statement.push("))");
}

/// Appends ` AND …`: the store is the promotion's merchant's.
pub(crate) fn push_store_of_merchant<ST>(statement: &mut Statement<ST>, store: StoreId) {
    statement.push(" AND p.merchant_id IN (SELECT s.merchant_id FROM store s WHERE s.id = ");
    statement.push_bind(store.get());
    statement.push(")");
}
