//! What is asked of who bought: compared with what the order's merchant sees of them.
//!
//! A number or an address is one customer's, or that of a few: they are found first, and then their orders. How a phone
//! number begins may be anybody's: see [`push_looked_through`].

use regulars_customer::{
    identity::{Marks, Number},
    search::PhoneTerm,
};
use regulars_kernel::{PageRequest, Scope};
use regulars_order::OrderSort;

use crate::{
    customer::{Bounds, Condition, Search, push_conditions, push_searched},
    page::{push_limit, push_order},
    statement::Statement,
};

/// Of texts as long as this, a number has most of its digits, and few have the same.
const LONG: usize = 12;

/// Whether many customers may have numbers that fit.
pub(super) fn is_broad(term: &PhoneTerm) -> bool {
    term.any_of.iter().any(|text| text.len() < LONG)
}

/// Appends ` AND …` for each thing that is asked, over orders `c`.
pub(super) fn push_buyer<ST>(
    statement: &mut Statement<ST>,
    buyer: &Marks,
    scope: Scope,
    (sqlite, bounds): (bool, Bounds),
) {
    let mut bought_by = |push: &dyn Fn(&mut Statement<ST>)| {
        statement.push(match scope {
            Scope::Merchant(_) => " AND c.person_id IN (",
            Scope::Person(_) | Scope::Platform => " AND (c.merchant_id, c.person_id) IN (",
        });
        push(statement);
        statement.push(")");
    };
    if let Some(term) = &buyer.phone {
        bought_by(&|statement| push_by_phone(statement, term, scope, (sqlite, bounds)));
    }
    if let Some(number) = &buyer.number {
        bought_by(&|statement| push_by_number(statement, number, scope));
    }
    if let Some(key) = &buyer.email_key {
        bought_by(&|statement| {
            push_people(statement, "membership", scope);
            // Whoever shows no address has the empty key.
            statement.push("x.email_key <> '' AND x.email_key = ");
            statement.push_bind(key.as_str());
        });
    }
}

/// Appends which customers `x` of a table, up to a condition that has to follow.
fn push_people<ST>(statement: &mut Statement<ST>, table: &'static str, scope: Scope) {
    let merchant = scope.merchant();
    statement.push(match merchant {
        Some(_) => "SELECT x.person_id FROM ",
        None => "SELECT x.merchant_id, x.person_id FROM ",
    });
    statement.push(table);
    statement.push(" x WHERE ");
    if let Some(merchant) = merchant {
        statement.push("x.merchant_id = ");
        statement.push_bind(merchant.get());
        statement.push(" AND ");
    }
}

/// A loyalty id or a card: two looks into two indexes.
fn push_by_number<ST>(statement: &mut Statement<ST>, number: &Number, scope: Scope) {
    if let Some(loyalty_id) = &number.loyalty_id {
        push_people(statement, "membership", scope);
        statement.push("x.loyalty_id = ");
        statement.push_bind(loyalty_id.as_str());
        statement.push(" UNION ");
    }
    push_people(statement, "membership_card", scope);
    statement.push("x.blocked_at IS NULL AND x.card_key = ");
    statement.push_bind(number.card_key.as_str());
}

fn push_by_phone<ST>(
    statement: &mut Statement<ST>,
    term: &PhoneTerm,
    scope: Scope,
    (sqlite, bounds): (bool, Bounds),
) {
    let conditions = [Condition::phone(term)];
    if let Some(merchant) = scope.merchant() {
        let search = Search { merchant, conditions: &conditions, sqlite, bounds };
        statement.append(search.hits::<ST>("m.person_id"));
    } else {
        statement.push("SELECT s.merchant_id, s.person_id FROM ");
        push_searched(statement, scope, " WHERE ");
        push_conditions(statement, &conditions, sqlite);
    }
}

/// Goes on behind `SELECT … FROM (SELECT * FROM orders c WHERE …`, which has the bounds of the page: a page of those among
/// the next orders whose buyer's phone number fits. Where that is a full page, it is the answer, at the same cost for any
/// term; else the term is rare enough to begin with the customers.
pub(super) fn push_looked_through<ST>(
    statement: &mut Statement<ST>,
    (term, scope): (&PhoneTerm, Scope),
    (sqlite, bounds): (bool, Bounds),
    request: &PageRequest<OrderSort>,
) {
    push_order(statement, request, "");
    statement.push(" LIMIT ");
    statement.push_bind(bounds.look_through_orders);
    // OFFSET 0: each order's buyer is looked up, whatever the planner believes of the term.
    statement.push_dialect(") c CROSS JOIN LATERAL (SELECT s.phone FROM ", ") c CROSS JOIN ");
    push_searched(statement, scope, " ON ");
    statement.push(" AND s.merchant_id = c.merchant_id AND s.person_id = c.person_id");
    statement.push_dialect(" OFFSET 0) s WHERE TRUE", " WHERE TRUE");
    push_conditions(statement, &[Condition::phone(term)], sqlite);
    push_order(statement, request, "");
    push_limit(statement, request);
}
