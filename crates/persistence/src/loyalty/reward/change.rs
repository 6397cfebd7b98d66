//! Rewards are made and changed.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, sql_types::Integer};
use regulars_kernel::{LoyaltyCardId, MerchantId, Points, RewardId, StoreError, Timestamp};
use regulars_loyalty::LoyaltyReward;

use super::{Row, rewards};
use crate::{
    Tx,
    error::IntoStore,
    loyalty::{reached, require_reach},
    schema::loyalty_reward,
    statement::Statement,
};

pub(in crate::loyalty) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: RewardId,
) -> Result<Option<LoyaltyReward>, StoreError> {
    require_reach(tx, merchant)?;
    let row: Option<Row> = rewards()
        .sql(" FROM loyalty_reward p WHERE p.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND p.id = ")
        .bind(id.get())
        .sql(tx.lock())
        .first(tx.connection)?;
    Ok(row.map(LoyaltyReward::from))
}

pub(in crate::loyalty) fn insert(
    tx: &mut Tx<'_>,
    new: &LoyaltyReward,
) -> Result<RewardId, StoreError> {
    require_reach(tx, new.merchant)?;
    let row = (
        loyalty_reward::merchant_id.eq(new.merchant.get()),
        loyalty_reward::loyalty_card_id.eq(new.card.get()),
        loyalty_reward::product_id.eq(new.product.get()),
        loyalty_reward::points.eq(new.points.get()),
        loyalty_reward::stock.eq(new.stock),
        loyalty_reward::expiry.eq(new.expiry.map(Timestamp::micros)),
        loyalty_reward::archived.eq(new.archived),
        loyalty_reward::created_at.eq(new.created_at.micros()),
        loyalty_reward::updated_at.eq(new.updated_at.micros()),
    );
    let id: i64 = diesel::insert_into(loyalty_reward::table)
        .values(row)
        .returning(loyalty_reward::id)
        .get_result(tx.connection)
        .store()?;
    Ok(RewardId::new(id))
}

pub(in crate::loyalty) fn update(
    tx: &mut Tx<'_>,
    changed: &LoyaltyReward,
) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let row = loyalty_reward::table.find((changed.merchant.get(), changed.id.get()));
    let rows = diesel::update(row)
        .set((
            loyalty_reward::product_id.eq(changed.product.get()),
            loyalty_reward::points.eq(changed.points.get()),
            loyalty_reward::stock.eq(changed.stock),
            loyalty_reward::expiry.eq(changed.expiry.map(Timestamp::micros)),
            loyalty_reward::archived.eq(changed.archived),
            loyalty_reward::updated_at.eq(changed.updated_at.micros()),
        ))
        .execute(tx.connection)
        .store()?;
    reached(rows)
}

pub(in crate::loyalty) fn reprice(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    card: LoyaltyCardId,
    points: Points,
    now: Timestamp,
) -> Result<(), StoreError> {
    require_reach(tx, merchant)?;
    diesel::update(loyalty_reward::table)
        .filter(loyalty_reward::merchant_id.eq(merchant.get()))
        .filter(loyalty_reward::loyalty_card_id.eq(card.get()))
        .set((loyalty_reward::points.eq(points.get()), loyalty_reward::updated_at.eq(now.micros())))
        .execute(tx.connection)
        .store()
        .map(drop)
}

pub(in crate::loyalty) fn is_used(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: RewardId,
) -> Result<bool, StoreError> {
    require_reach(tx, merchant)?;
    let found = Statement::<Integer>::new(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM redemption r WHERE r.merchant_id = ",
    )
    .bind(merchant.get())
    .sql(" AND r.loyalty_reward_id = ")
    .bind(id.get())
    .sql(") OR EXISTS (SELECT 1 FROM redemption_intent i WHERE i.merchant_id = ")
    .bind(merchant.get())
    .sql(" AND i.loyalty_reward_id = ")
    .bind(id.get())
    .sql(")")
    .first::<i32>(tx.connection)?;
    Ok(found.is_some())
}
