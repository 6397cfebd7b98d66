//! Redemptions.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_kernel::{
    Currency, EntryId, LoyaltyCardId, MerchantId, Money, OfferId, OrderId, Page, PageRequest,
    PersonId, Points, RedemptionId, RewardId, Scope, StoreError, StoreId, Timestamp,
};
use regulars_loyalty::{Redeemed, Redemption, RedemptionKind, RedemptionQuery, RedemptionSort};

use super::{
    intent::{counted, distinct, push_near, push_within},
    near, push_members,
};
use crate::{
    Tx,
    page::{Children, SortColumns, group},
    promotion::terms::Origin,
    statement::{Bind, Statement},
};

const COLUMNS: &str = "c.person_id, c.id, c.merchant_id, c.kind, c.store_id, c.offer_id, \
     c.loyalty_card_id, c.loyalty_reward_id, c.order_id, c.entry_id, c.points, c.amount, \
     c.currency, c.reversed_at, c.created_at, c.updated_at";

type RowSql = (
    Nullable<BigInt>,
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
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    person_id: Option<i64>,
    id: i64,
    merchant_id: i64,
    kind: String,
    store_id: Option<i64>,
    offer_id: Option<i64>,
    loyalty_card_id: Option<i64>,
    loyalty_reward_id: Option<i64>,
    order_id: Option<i64>,
    entry_id: Option<i64>,
    points: Option<i64>,
    amount: Option<i64>,
    currency: Option<String>,
    reversed_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn redeemed(&self, origin: Origin) -> Result<Redeemed, StoreError> {
        let kind = origin.read("kind", RedemptionKind::from_name(&self.kind))?;
        if kind == RedemptionKind::Offer {
            let offer = OfferId::new(origin.read("offer_id", self.offer_id)?);
            return Ok(Redeemed::Offer { offer });
        }
        let card = LoyaltyCardId::new(origin.read("loyalty_card_id", self.loyalty_card_id)?);
        let reward = self.loyalty_reward_id.map(RewardId::new);
        let points = Points::new(origin.read("points", self.points)?);
        Ok(if kind == RedemptionKind::Points {
            Redeemed::Points { card, reward, points }
        } else {
            Redeemed::Stamps { card, reward, stamps: points }
        })
    }

    fn redemption(self) -> Result<Redemption, StoreError> {
        let origin = Origin { table: "redemption", id: self.id };
        let redeemed = self.redeemed(origin)?;
        let currency = self.currency.as_deref().and_then(Currency::from_code);
        let amount = origin.read_some("currency", self.amount, |minor| {
            currency.map(|currency| Money::new(minor, currency))
        })?;
        Ok(Redemption {
            id: RedemptionId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            person: self.person_id.map(PersonId::new),
            store: self.store_id.map(StoreId::new),
            redeemed,
            order: self.order_id.map(OrderId::new),
            entry: self.entry_id.map(EntryId::new),
            amount,
            reversed_at: self.reversed_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

impl SortColumns for RedemptionSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "c.created_at",
        }
    }

    const PK: &'static str = "c.id";
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[RedemptionId]) -> Result<Vec<Redemption>, StoreError> {
    let mut statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM redemption c WHERE c.id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    push_near(&mut statement, tx.scope());
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Row::redemption).collect()
}

/// What was taken off an order, by ascending id.
pub(super) fn of_order(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    order: OrderId,
) -> Result<Vec<Redemption>, StoreError> {
    let mut statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM redemption c WHERE c.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND c.order_id = ")
        .bind(order.get());
    push_near(&mut statement, tx.scope());
    let rows: Vec<Row> = statement.sql(" ORDER BY c.id").load(tx.connection)?;
    rows.into_iter().map(Row::redemption).collect()
}

/// Appends ` AND …` for what a query admits.
fn push_query<ST>(statement: &mut Statement<ST>, query: &RedemptionQuery) {
    statement.push(" AND c.kind = ");
    statement.push_bind(query.kind.name());
    push_within(statement, &query.within);
}

pub(super) fn per_consumer(
    tx: &mut Tx<'_>,
    query: &RedemptionQuery,
    people: &[PersonId],
    request: &PageRequest<RedemptionSort>,
) -> Result<Vec<(PersonId, Page<Redemption>)>, StoreError> {
    let scope = tx.scope();
    let parents = near(scope, people);
    let children = Children {
        select: COLUMNS,
        table: "redemption",
        joins: "",
        parent: "c.person_id",
        parents: &parents,
    };
    let conditions = |statement: &mut Statement<RowSql>| {
        push_query(statement, query);
        if let Scope::Merchant(merchant) = scope {
            statement.push(" AND c.merchant_id = ");
            statement.push_bind(merchant.get());
        } else {
            // The merchant leads the index.
            statement.push(
                " AND c.merchant_id IN \
                 (SELECT m.merchant_id FROM membership m WHERE m.person_id = k.value)",
            );
        }
    };
    let rows: Vec<Row> = children.page(conditions, request).load(tx.connection)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let redemption = row.redemption()?;
        found.extend(redemption.person.map(|person| (person, redemption)));
    }
    let people: Vec<PersonId> = parents.into_iter().map(PersonId::new).collect();
    Ok(group(&people, found, request))
}

pub(super) fn per_offer(
    tx: &mut Tx<'_>,
    query: &RedemptionQuery,
    offers: &[OfferId],
    request: &PageRequest<RedemptionSort>,
) -> Result<Vec<(OfferId, Page<Redemption>)>, StoreError> {
    let (scope, parents) = (tx.scope(), distinct(offers));
    let children = Children {
        select: COLUMNS,
        table: "redemption",
        joins: "",
        parent: "c.offer_id",
        parents: &parents,
    };
    let conditions = |statement: &mut Statement<RowSql>| {
        push_near(statement, scope);
        push_query(statement, query);
    };
    let rows: Vec<Row> = children.page(conditions, request).load(tx.connection)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let redemption = row.redemption()?;
        if let Redeemed::Offer { offer } = redemption.redeemed {
            found.push((offer, redemption));
        }
    }
    let offers: Vec<OfferId> = parents.into_iter().map(OfferId::new).collect();
    Ok(group(&offers, found, request))
}

pub(super) fn count_per_offer(
    tx: &mut Tx<'_>,
    query: &RedemptionQuery,
    offers: &[OfferId],
) -> Result<Vec<(OfferId, u64)>, StoreError> {
    counted(tx, "redemption", offers, |statement| push_query(statement, query))
}

pub(super) fn count_per_consumer(
    tx: &mut Tx<'_>,
    query: &RedemptionQuery,
    people: &[PersonId],
) -> Result<Vec<(PersonId, u64)>, StoreError> {
    let mut statement = Statement::<(BigInt, BigInt)>::new(
        "SELECT m.person_id, COUNT(*) FROM membership m JOIN redemption c \
         ON c.merchant_id = m.merchant_id AND c.person_id = m.person_id WHERE ",
    );
    push_members(&mut statement, tx.scope(), people);
    push_query(&mut statement, query);
    let rows: Vec<(i64, i64)> = statement.sql(" GROUP BY m.person_id").load(tx.connection)?;
    Ok(rows
        .into_iter()
        .map(|(person, count)| (PersonId::new(person), count.unsigned_abs()))
        .collect())
}
