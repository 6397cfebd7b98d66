//! Rewards.

pub(super) mod change;

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable},
};
use regulars_kernel::{
    LoyaltyCardId, MerchantId, PersonId, Points, ProductId, RewardId, Scope, StoreError, Timestamp,
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
    let mut statement = rewards().sql(" FROM loyalty_reward p");
    if let Scope::Person(person) = tx.scope() {
        statement.push(" JOIN loyalty_card c ON c.merchant_id = p.merchant_id AND c.id = p.loyalty_card_id WHERE p.id");
        statement.push_is_in(ids);
        statement.push(" AND ((NOT p.archived AND ");
        push_card_in_reach(&mut statement, person);
        statement.push(
            ") OR EXISTS (SELECT 1 FROM redemption r WHERE r.merchant_id = p.merchant_id AND r.person_id = ",
        );
        statement.push_bind(person.get());
        statement.push(" AND r.loyalty_reward_id = p.id))");
    } else {
        statement.push(" WHERE p.id");
        statement.push_is_in(ids);
    }
    load(tx, statement)
}

/// Through the cards, whose merchant leads the rewards' index.
pub(super) fn per_card(
    tx: &mut Tx<'_>,
    cards: &[LoyaltyCardId],
) -> Result<Vec<LoyaltyReward>, StoreError> {
    let cards: Bind = cards.iter().map(|id| id.get()).collect();
    let mut statement = rewards()
        .sql(
            " FROM loyalty_card c JOIN loyalty_reward p ON p.merchant_id = c.merchant_id \
             AND p.loyalty_card_id = c.id WHERE NOT p.archived AND c.id",
        )
        .is_in(cards);
    if let Scope::Person(person) = tx.scope() {
        statement.push(" AND ");
        push_card_in_reach(&mut statement, person);
    }
    load(tx, statement)
}

/// Appends the condition that a person reaches a card `c` by its id: see [`crate::promotion::reach::push_reached`].
fn push_card_in_reach<ST>(statement: &mut Statement<ST>, person: PersonId) {
    statement.push(
        "((c.status = 'ACTIVE' AND NOT c.archived) OR (c.status <> 'DRAFT' AND c.merchant_id IN \
         (SELECT j.merchant_id FROM membership j WHERE j.person_id = ",
    );
    statement.push_bind(person.get());
    statement.push(" AND NOT j.archived)))");
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
