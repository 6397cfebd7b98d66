//! Rewards.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable},
};
use regulars_kernel::{
    LoyaltyCardId, MerchantId, Points, ProductId, RewardId, StoreError, Timestamp,
};
use regulars_loyalty::LoyaltyReward;

use crate::{
    Tx,
    promotion::reach::push_near,
    statement::{Bind, Statement},
};

const COLUMNS: &str = "p.id, p.merchant_id, p.loyalty_card_id, p.product_id, p.points, p.stock, \
     p.expiry, p.archived, p.created_at, p.updated_at";

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Bool,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    loyalty_card_id: i64,
    product_id: i64,
    points: i64,
    stock: Option<i64>,
    expiry: Option<i64>,
    archived: bool,
    created_at: i64,
    updated_at: i64,
}

impl From<Row> for LoyaltyReward {
    fn from(row: Row) -> Self {
        Self {
            id: RewardId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            card: LoyaltyCardId::new(row.loyalty_card_id),
            product: ProductId::new(row.product_id),
            points: Points::new(row.points),
            stock: row.stock,
            expiry: row.expiry.map(Timestamp::from_micros),
            archived: row.archived,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        }
    }
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[RewardId]) -> Result<Vec<LoyaltyReward>, StoreError> {
    let ids: Bind = ids.iter().map(|id| id.get()).collect();
    load(tx, rewards().sql(" FROM loyalty_reward p WHERE p.id").is_in(ids))
}

/// Through the cards, whose merchant leads the rewards' index.
pub(super) fn per_card(
    tx: &mut Tx<'_>,
    cards: &[LoyaltyCardId],
) -> Result<Vec<LoyaltyReward>, StoreError> {
    let cards: Bind = cards.iter().map(|id| id.get()).collect();
    let statement = rewards()
        .sql(
            " FROM loyalty_card c JOIN loyalty_reward p ON p.merchant_id = c.merchant_id \
             AND p.loyalty_card_id = c.id WHERE NOT p.archived AND c.id",
        )
        .is_in(cards);
    load(tx, statement)
}

fn rewards() -> Statement<RowSql> {
    Statement::new("SELECT ").sql(COLUMNS)
}

fn load(
    tx: &mut Tx<'_>,
    mut statement: Statement<RowSql>,
) -> Result<Vec<LoyaltyReward>, StoreError> {
    push_near(&mut statement, tx.scope());
    let rows: Vec<Row> = statement.sql(" ORDER BY p.id").load(tx.connection)?;
    Ok(rows.into_iter().map(LoyaltyReward::from).collect())
}
