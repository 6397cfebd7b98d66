//! What segments ask about beside the membership, for the customers of a promotion's terms.
//!
//! Who is asked about is one person at several merchants, or several people at one: every combination of the two is
//! loaded, and what belongs to nobody asked about is left.

use std::collections::{BTreeSet, HashMap};

use diesel::sql_types::{BigInt, Nullable, Text};
use regulars_customer::segment::{Needs, SegmentFacts};
use regulars_kernel::{LoyaltyCardId, OfferId, ProductId, StoreError, StoreId, Timestamp};

use super::owns;
use crate::{
    Tx,
    statement::{Bind, Statement},
};

type Member = (i64, i64);

/// The facts in reach, by merchant and person.
struct Asked<'a> {
    facts: HashMap<Member, &'a mut SegmentFacts>,
    merchants: Vec<i64>,
    people: Vec<i64>,
}

impl<'a> Asked<'a> {
    fn of(tx: &Tx<'_>, facts: &'a mut [SegmentFacts]) -> Self {
        let mut found = HashMap::with_capacity(facts.len());
        for facts in facts {
            let member = (facts.membership.merchant, facts.membership.person);
            if owns(tx.scope(), member.0, member.1) {
                found.insert((member.0.get(), member.1.get()), facts);
            }
        }
        let distinct = |mut ids: Vec<i64>| {
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        Self {
            merchants: distinct(found.keys().map(|member| member.0).collect()),
            people: distinct(found.keys().map(|member| member.1).collect()),
            facts: found,
        }
    }

    /// A statement on a table with the alias `x`; its first two columns say whose the row is.
    fn rows<ST>(&self, select: &'static str, from: &'static str) -> Statement<ST> {
        Statement::new("SELECT x.merchant_id, x.person_id, ")
            .sql(select)
            .sql(from)
            .sql(" WHERE x.merchant_id")
            .is_in(self.merchants.iter().copied().collect::<Bind>())
            .sql(" AND x.person_id")
            .is_in(self.people.iter().copied().collect::<Bind>())
    }

    /// Of each customer's rows the next instant at or after each that is asked for: a look into an index for each.
    fn next(
        &self,
        table: &'static str,
        column: &'static str,
        counted: &'static str,
        asked: &BTreeSet<Timestamp>,
        tx: &mut Tx<'_>,
    ) -> Result<Vec<(i64, i64, Option<Timestamp>)>, StoreError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let each = |ids: &[i64]| ids.iter().copied().collect::<Bind>();
        let statement: Statement<(BigInt, BigInt, Nullable<BigInt>)> =
            Statement::new("SELECT w.value, p.value, (SELECT MIN(x.")
                .sql(column)
                .sql(") FROM ")
                .sql(table)
                .sql(" x WHERE x.merchant_id = w.value AND x.person_id = p.value AND x.")
                .sql(column)
                .sql(" >= f.value")
                .sql(counted)
                .sql(") FROM ")
                .each(each(&self.merchants))
                .sql(" w CROSS JOIN ")
                .each(each(&self.people))
                .sql(" p CROSS JOIN ")
                .each(asked.iter().map(|from| from.micros()).collect::<Bind>())
                .sql(" f");
        let rows: Vec<(i64, i64, Option<i64>)> = statement.load(tx.connection)?;
        let read = |(merchant, person, at): (i64, i64, Option<i64>)| {
            (merchant, person, at.map(Timestamp::from_micros))
        };
        Ok(rows.into_iter().map(read).collect())
    }

    fn of_member(&mut self, merchant: i64, person: i64) -> Option<&mut SegmentFacts> {
        self.facts.get_mut(&(merchant, person)).map(|facts| &mut **facts)
    }
}

const ORDERS: &str = " AND x.completed AND x.deleted_at IS NULL";
const REDEMPTIONS: &str = " AND x.kind = 'OFFER' AND x.reversed_at IS NULL";

pub(super) fn complete(
    tx: &mut Tx<'_>,
    facts: &mut [SegmentFacts],
    needs: &Needs,
) -> Result<(), StoreError> {
    let mut asked = Asked::of(tx, facts);
    if asked.facts.is_empty() {
        return Ok(());
    }
    if needs.accounts {
        accounts(tx, &mut asked)?;
    }
    if needs.visits {
        visits(tx, &mut asked)?;
    }
    if needs.orders {
        orders(tx, &mut asked)?;
        let next = asked.next("orders", "completed_at", ORDERS, &needs.completed_from, tx)?;
        for (merchant, person, at) in next {
            if let Some(facts) = asked.of_member(merchant, person) {
                facts.orders.completed_at.extend(at);
            }
        }
    }
    if needs.products {
        products(tx, &mut asked)?;
    }
    if needs.redemptions {
        redemptions(tx, &mut asked)?;
        let next = asked.next("redemption", "created_at", REDEMPTIONS, &needs.redeemed_from, tx)?;
        for (merchant, person, at) in next {
            if let Some(facts) = asked.of_member(merchant, person) {
                facts.redemptions.created_at.extend(at);
            }
        }
    }
    Ok(())
}

/// A row for each card that the customer is enrolled in, of which there are a few.
fn accounts(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    type Sql = (BigInt, BigInt, BigInt, Text, BigInt, BigInt);
    let rows: Vec<(i64, i64, i64, String, i64, i64)> = asked
        .rows::<Sql>(
            "x.loyalty_card_id, c.loyalty_type, \
             CASE WHEN x.merged_into IS NULL THEN x.earned + x.carried ELSE 0 END, x.balance",
            " FROM account x JOIN loyalty_card c ON c.merchant_id = x.merchant_id \
             AND c.id = x.loyalty_card_id",
        )
        .load(tx.connection)?;
    for (merchant, person, card, kind, earned, balance) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            facts.loyalty_cards.insert(LoyaltyCardId::new(card));
            match kind.as_str() {
                "POINTS" => facts.points_earned = facts.points_earned.saturating_add(earned),
                "STAMPS" => facts.stamps = facts.stamps.saturating_add(balance),
                _ => {}
            }
        }
    }
    Ok(())
}

/// A row for each store.
fn visits(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, i64, i64, i64)> = asked
        .rows::<(BigInt, BigInt, BigInt, BigInt, BigInt)>(
            "x.store_id, COUNT(*), MAX(x.occurred_at)",
            " FROM visit x",
        )
        .sql(" GROUP BY x.merchant_id, x.person_id, x.store_id")
        .load(tx.connection)?;
    for (merchant, person, store, count, last) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            let visits = &mut facts.visits;
            visits.count = visits.count.saturating_add(count);
            visits.stores.insert(StoreId::new(store));
            visits.last = visits.last.max(Some(Timestamp::from_micros(last)));
        }
    }
    Ok(())
}

type OrdersSql = (BigInt, BigInt, BigInt, Text, BigInt, BigInt, Nullable<BigInt>, Nullable<BigInt>);
type OrdersRow = (i64, i64, i64, String, i64, i64, Option<i64>, Option<i64>);

/// A row for each store and currency.
fn orders(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<OrdersRow> = asked
        .rows::<OrdersSql>(
            "x.store_id, x.currency, \
             COUNT(CASE WHEN x.refunded > 0 AND x.refunded >= x.total THEN NULL ELSE 1 END), \
             CAST(SUM(x.total - x.refunded) AS BIGINT), MIN(x.completed_at), MAX(x.completed_at)",
            " FROM orders x",
        )
        .sql(ORDERS)
        .sql(" GROUP BY x.merchant_id, x.person_id, x.store_id, x.currency")
        .load(tx.connection)?;
    for (merchant, person, store, currency, count, total, first, last) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            let orders = &mut facts.orders;
            orders.count = orders.count.saturating_add(count);
            orders.stores.insert(StoreId::new(store));
            if currency == facts.currency.code() {
                orders.total = orders.total.saturating_add(total.into());
            }
            orders
                .completed_at
                .extend([first, last].into_iter().flatten().map(Timestamp::from_micros));
        }
    }
    for facts in asked.facts.values_mut() {
        ends_alone(&mut facts.orders.completed_at);
    }
    Ok(())
}

/// A row for each product that was ever bought.
fn products(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, i64)> = asked
        .rows::<(BigInt, BigInt, BigInt)>(
            "i.product_id",
            " FROM orders x JOIN order_item i ON i.merchant_id = x.merchant_id \
             AND i.order_id = x.id",
        )
        .sql(ORDERS)
        .sql(" AND i.product_id IS NOT NULL GROUP BY x.merchant_id, x.person_id, i.product_id")
        .load(tx.connection)?;
    for (merchant, person, product) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            facts.orders.products.insert(ProductId::new(product));
        }
    }
    Ok(())
}

/// A row for each offer.
fn redemptions(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, i64, i64, i64)> = asked
        .rows::<(BigInt, BigInt, BigInt, BigInt, BigInt)>(
            "x.offer_id, MIN(x.created_at), MAX(x.created_at)",
            " FROM redemption x",
        )
        .sql(REDEMPTIONS)
        .sql(" AND x.offer_id IS NOT NULL GROUP BY x.merchant_id, x.person_id, x.offer_id")
        .load(tx.connection)?;
    for (merchant, person, offer, first, last) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            facts.redemptions.offers.insert(OfferId::new(offer));
            facts.redemptions.created_at.extend([first, last].map(Timestamp::from_micros));
        }
    }
    for facts in asked.facts.values_mut() {
        ends_alone(&mut facts.redemptions.created_at);
    }
    Ok(())
}

/// Keeps the first and the last.
fn ends_alone(instants: &mut BTreeSet<Timestamp>) {
    let ends = [instants.first().copied(), instants.last().copied()];
    *instants = ends.into_iter().flatten().collect();
}
