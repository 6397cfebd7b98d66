//! What segments ask about beside the membership, for the customers of a promotion's terms.
//!
//! Who is asked about is one person at several merchants, or several people at one: every combination of the two is
//! loaded, and what belongs to nobody asked about is left.

use std::collections::HashMap;

use diesel::sql_types::{BigInt, Nullable, Text};
use regulars_customer::segment::{Needs, OrderFact, RedemptionFact, SegmentFacts, VisitFact};
use regulars_kernel::{
    Currency, LoyaltyCardId, OfferId, ProductId, StoreError, StoreId, Timestamp,
};

use super::owns;
use crate::{
    Tx,
    promotion::terms::Origin,
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

    fn of_member(&mut self, merchant: i64, person: i64) -> Option<&mut SegmentFacts> {
        self.facts.get_mut(&(merchant, person)).map(|facts| &mut **facts)
    }
}

const ACCOUNTS: &str = " FROM account x JOIN loyalty_card c ON c.merchant_id = x.merchant_id \
     AND c.id = x.loyalty_card_id";
const ORDERS: &str = " AND x.completed AND x.deleted_at IS NULL";
const BY_MEMBER: &str = " GROUP BY x.merchant_id, x.person_id";

pub(super) fn complete(
    tx: &mut Tx<'_>,
    facts: &mut [SegmentFacts],
    needs: Needs,
) -> Result<(), StoreError> {
    let mut asked = Asked::of(tx, facts);
    if asked.facts.is_empty() {
        return Ok(());
    }
    if needs.points_earned {
        let sum = "CAST(SUM(CASE WHEN x.merged_into IS NULL THEN x.earned + x.carried ELSE 0 END) \
                   AS BIGINT)";
        number(tx, &mut asked, sum, "POINTS", |facts, points| facts.points_earned = points)?;
    }
    if needs.stamps {
        let sum = "CAST(SUM(x.balance) AS BIGINT)";
        number(tx, &mut asked, sum, "STAMPS", |facts, stamps| facts.stamps = stamps)?;
    }
    if needs.last_visit {
        last_visits(tx, &mut asked)?;
    }
    if needs.orders {
        orders(tx, &mut asked, needs.products)?;
    }
    if needs.visits {
        visits(tx, &mut asked)?;
    }
    if needs.redemptions {
        redemptions(tx, &mut asked)?;
    }
    if needs.loyalty_cards {
        loyalty_cards(tx, &mut asked)?;
    }
    Ok(())
}

/// A sum over the accounts of one kind.
fn number(
    tx: &mut Tx<'_>,
    asked: &mut Asked<'_>,
    sum: &'static str,
    kind: &'static str,
    set: impl Fn(&mut SegmentFacts, i64),
) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, i64)> = asked
        .rows::<(BigInt, BigInt, BigInt)>(sum, ACCOUNTS)
        .sql(" AND c.loyalty_type = ")
        .bind(kind)
        .sql(BY_MEMBER)
        .load(tx.connection)?;
    for (merchant, person, value) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            set(facts, value);
        }
    }
    Ok(())
}

fn loyalty_cards(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, i64)> = asked
        .rows::<(BigInt, BigInt, BigInt)>("x.loyalty_card_id", " FROM account x")
        .sql(" ORDER BY x.id")
        .load(tx.connection)?;
    for (merchant, person, card) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            facts.loyalty_cards.push(LoyaltyCardId::new(card));
        }
    }
    Ok(())
}

fn last_visits(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, i64)> = asked
        .rows::<(BigInt, BigInt, BigInt)>("MAX(x.occurred_at)", " FROM visit x")
        .sql(BY_MEMBER)
        .load(tx.connection)?;
    for (merchant, person, at) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            facts.last_visit = Some(Timestamp::from_micros(at));
        }
    }
    Ok(())
}

fn visits(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, i64, i64)> = asked
        .rows::<(BigInt, BigInt, BigInt, BigInt)>("x.store_id, x.occurred_at", " FROM visit x")
        .load(tx.connection)?;
    for (merchant, person, store, at) in rows {
        if let Some(facts) = asked.of_member(merchant, person) {
            let visit = VisitFact { store: StoreId::new(store), at: Timestamp::from_micros(at) };
            facts.visits.push(visit);
        }
    }
    Ok(())
}

fn redemptions(tx: &mut Tx<'_>, asked: &mut Asked<'_>) -> Result<(), StoreError> {
    let rows: Vec<(i64, i64, Option<i64>, i64)> = asked
        .rows::<(BigInt, BigInt, Nullable<BigInt>, BigInt)>(
            "x.offer_id, x.created_at",
            " FROM redemption x",
        )
        .sql(" AND x.kind = 'OFFER' AND x.reversed_at IS NULL")
        .load(tx.connection)?;
    for (merchant, person, offer, created_at) in rows {
        let created_at = Timestamp::from_micros(created_at);
        if let (Some(facts), Some(offer)) = (asked.of_member(merchant, person), offer) {
            let offer = OfferId::new(offer);
            facts.redemptions.push(RedemptionFact { offer, created_at });
        }
    }
    Ok(())
}

type OrderSql = (BigInt, BigInt, BigInt, BigInt, Nullable<BigInt>, BigInt, BigInt, Text);
type OrderRow = (i64, i64, i64, i64, Option<i64>, i64, i64, String);

fn orders(tx: &mut Tx<'_>, asked: &mut Asked<'_>, products: bool) -> Result<(), StoreError> {
    let rows: Vec<OrderRow> = asked
        .rows::<OrderSql>(
            "x.id, x.store_id, x.completed_at, x.total, x.refunded, x.currency",
            " FROM orders x",
        )
        .sql(ORDERS)
        .load(tx.connection)?;
    let mut bought = if products { bought(tx, asked)? } else { HashMap::new() };
    for (merchant, person, id, store, completed_at, total, refunded, currency) in rows {
        let origin = Origin { table: "orders", id };
        let currency = origin.read("currency", Currency::from_code(&currency))?;
        let order = OrderFact {
            store: StoreId::new(store),
            products: bought.remove(&id).unwrap_or_default(),
            completed_at: completed_at.map(Timestamp::from_micros),
            total,
            refunded,
            currency,
        };
        if let Some(facts) = asked.of_member(merchant, person) {
            facts.orders.push(order);
        }
    }
    Ok(())
}

/// The products of each order.
fn bought(tx: &mut Tx<'_>, asked: &Asked<'_>) -> Result<HashMap<i64, Vec<ProductId>>, StoreError> {
    let rows: Vec<(i64, i64, i64, Option<i64>)> = asked
        .rows::<(BigInt, BigInt, BigInt, Nullable<BigInt>)>(
            "x.id, i.product_id",
            " FROM orders x JOIN order_item i ON i.merchant_id = x.merchant_id \
             AND i.order_id = x.id",
        )
        .sql(ORDERS)
        .sql(" AND i.product_id IS NOT NULL ORDER BY i.id")
        .load(tx.connection)?;
    let mut bought: HashMap<i64, Vec<ProductId>> = HashMap::new();
    for (_merchant, _person, order, product) in rows {
        bought.entry(order).or_default().extend(product.map(ProductId::new));
    }
    Ok(bought)
}
