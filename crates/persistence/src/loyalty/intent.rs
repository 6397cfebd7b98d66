//! Promises, read.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{
    HoldId, IntentId, LoyaltyCardId, MerchantId, OfferId, OrderId, Page, PageRequest, PersonId,
    Points, RewardId, Scope, StoreAccess, StoreError, StoreId, Timestamp,
};
use regulars_loyalty::{
    IntentQuery, IntentSort, IntentState, Promised, RedemptionIntent, RedemptionKind,
};

use crate::{
    Tx,
    page::{Children, SortColumns, group, push_page},
    promotion::terms::Origin,
    statement::{Bind, Statement},
};

pub(super) type IntentSql = (
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Text,
    Text,
    BigInt,
    BigInt,
    Nullable<BigInt>,
);

/// A promise.
#[derive(Queryable)]
pub(super) struct IntentRow {
    id: i64,
    merchant_id: i64,
    kind: String,
    person_id: Option<i64>,
    store_id: Option<i64>,
    offer_id: Option<i64>,
    loyalty_card_id: Option<i64>,
    loyalty_reward_id: Option<i64>,
    hold_id: Option<i64>,
    held: Option<i64>,
    code: String,
    state: String,
    expires_at: i64,
    created_at: i64,
    order_id: Option<i64>,
}

impl IntentRow {
    pub(super) fn intent(self) -> Result<RedemptionIntent, StoreError> {
        let origin = Origin { table: "redemption_intent", id: self.id };
        let reward = self.loyalty_reward_id.map(RewardId::new);
        let card = self.loyalty_card_id.map(LoyaltyCardId::new);
        let promised = match RedemptionKind::from_name(&self.kind) {
            Some(RedemptionKind::Offer) => self.offer_id.map(OfferId::new).map(Promised::Offer),
            Some(RedemptionKind::Points) => card.map(|card| Promised::Points(card, reward)),
            Some(RedemptionKind::Stamps) => card.map(|card| Promised::Stamps(card, reward)),
            None => None,
        };
        Ok(RedemptionIntent {
            id: IntentId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            promised: origin.read("kind", promised)?,
            person: self.person_id.map(PersonId::new),
            store: self.store_id.map(StoreId::new),
            order: self.order_id.map(OrderId::new),
            hold: self.hold_id.map(HoldId::new),
            held: self.held.map(Points::new),
            code: self.code,
            state: origin.read("state", IntentState::from_name(&self.state))?,
            expires_at: Timestamp::from_micros(self.expires_at),
            created_at: Timestamp::from_micros(self.created_at),
        })
    }
}

const COLUMNS: &str = "c.id, c.merchant_id, c.kind, c.person_id, c.store_id, c.offer_id, \
     c.loyalty_card_id, c.loyalty_reward_id, c.hold_id, (SELECT h.amount FROM hold h \
     WHERE h.merchant_id = c.merchant_id AND h.id = c.hold_id), c.code, c.state, c.expires_at, \
     c.created_at, c.order_id";

/// Promises `c` in reach; a condition can follow.
pub(super) fn intents(scope: Scope) -> Statement<IntentSql> {
    let mut statement = Statement::new("SELECT ");
    statement.push(COLUMNS);
    statement.push(" FROM redemption_intent c WHERE TRUE");
    push_near(&mut statement, scope);
    statement
}

/// Appends ` AND …` for rows `c` of a merchant or of a person.
pub(super) fn push_near<ST>(statement: &mut Statement<ST>, scope: Scope) {
    match scope {
        Scope::Merchant(merchant) => {
            statement.push(" AND c.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            // The merchant leads the index.
            statement.push(
                " AND c.merchant_id IN \
                 (SELECT m.merchant_id FROM membership m WHERE m.person_id = ",
            );
            statement.push_bind(person.get());
            statement.push(") AND c.person_id = ");
            statement.push_bind(person.get());
        }
        Scope::Platform => {}
    }
}

impl SortColumns for IntentSort {
    fn column(self) -> &'static str {
        match self {}
    }

    const PK: &'static str = "c.id";
}

/// Appends ` AND …` for what a query admits: what lapsed by itself may not be noted yet.
fn push_query<ST>(statement: &mut Statement<ST>, query: &IntentQuery) {
    match query.state {
        Some(IntentState::Open) => {
            statement.push(" AND c.state = 'OPEN' AND c.expires_at > ");
            statement.push_bind(query.now.micros());
        }
        Some(IntentState::Lapsed) => {
            statement.push(" AND (c.state = 'LAPSED' OR (c.state = 'OPEN' AND c.expires_at <= ");
            statement.push_bind(query.now.micros());
            statement.push("))");
        }
        Some(state) => {
            statement.push(" AND c.state = ");
            statement.push_bind(state.name());
        }
        None => {}
    }
    push_within(statement, &query.within);
}

/// Appends ` AND …` for rows `c` of some stores, or of none in particular.
pub(super) fn push_within<ST>(statement: &mut Statement<ST>, within: &StoreAccess) {
    if let StoreAccess::Only(stores) = within {
        statement.push(" AND (c.store_id IS NULL OR c.store_id");
        statement.push_is_in(stores.iter().map(|id| id.get()).collect::<Bind>());
        statement.push(")");
    }
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    query: &IntentQuery,
    request: &PageRequest<IntentSort>,
) -> Result<Page<RedemptionIntent>, StoreError> {
    let mut statement = intents(tx.scope());
    push_query(&mut statement, query);
    push_page(&mut statement, request);
    let rows: Vec<IntentRow> = statement.load(tx.connection)?;
    let rows: Result<Vec<_>, _> = rows.into_iter().map(IntentRow::intent).collect();
    Ok(Page::from_fetched(rows?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, query: &IntentQuery) -> Result<u64, StoreError> {
    let mut statement =
        Statement::<BigInt>::new("SELECT COUNT(*) FROM redemption_intent c WHERE TRUE");
    push_near(&mut statement, tx.scope());
    push_query(&mut statement, query);
    let count: Option<i64> = statement.first(tx.connection)?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

pub(super) fn per_offer(
    tx: &mut Tx<'_>,
    query: &IntentQuery,
    offers: &[OfferId],
    request: &PageRequest<IntentSort>,
) -> Result<Vec<(OfferId, Page<RedemptionIntent>)>, StoreError> {
    let (scope, parents) = (tx.scope(), distinct(offers));
    let children = Children {
        select: COLUMNS,
        table: "redemption_intent",
        joins: "",
        parent: "c.offer_id",
        parents: &parents,
    };
    let conditions = |statement: &mut Statement<IntentSql>| {
        push_near(statement, scope);
        push_query(statement, query);
    };
    let rows: Vec<IntentRow> = children.page(conditions, request).load(tx.connection)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let intent = row.intent()?;
        if let Promised::Offer(offer) = intent.promised {
            found.push((offer, intent));
        }
    }
    let offers: Vec<OfferId> = parents.into_iter().map(OfferId::new).collect();
    Ok(group(&offers, found, request))
}

pub(super) fn count_per_offer(
    tx: &mut Tx<'_>,
    query: &IntentQuery,
    offers: &[OfferId],
) -> Result<Vec<(OfferId, u64)>, StoreError> {
    counted(tx, "redemption_intent", offers, |statement| push_query(statement, query))
}

/// Each number once.
pub(super) fn distinct(offers: &[OfferId]) -> Vec<i64> {
    let mut ids: Vec<i64> = offers.iter().map(|id| id.get()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// How many rows in reach each offer has in a table that names offers.
pub(super) fn counted(
    tx: &mut Tx<'_>,
    table: &'static str,
    offers: &[OfferId],
    conditions: impl Fn(&mut Statement<(BigInt, BigInt)>),
) -> Result<Vec<(OfferId, u64)>, StoreError> {
    let mut statement =
        Statement::<(BigInt, BigInt)>::new("SELECT c.offer_id, COUNT(*) FROM ").sql(table);
    statement.push(" c WHERE c.offer_id");
    statement.push_is_in(distinct(offers).into_iter().collect::<Bind>());
    push_near(&mut statement, tx.scope());
    conditions(&mut statement);
    let rows: Vec<(i64, i64)> = statement.sql(" GROUP BY c.offer_id").load(tx.connection)?;
    let count = |(offer, count): (i64, i64)| (OfferId::new(offer), count.unsigned_abs());
    Ok(rows.into_iter().map(count).collect())
}
