//! Loyalty ids that are given in place of lost ones, and the lost ones.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, sql_types::Bool};
use regulars_customer::{LoyaltyId, identity::Number};
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError, Timestamp};

use crate::{
    Tx,
    error::IntoStore,
    schema::{blocked_loyalty_id, membership, person},
    statement::Statement,
};

const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the account is another's");

pub(super) fn replace(
    tx: &mut Tx<'_>,
    id: PersonId,
    new: &LoyaltyId,
    at: Timestamp,
) -> Result<(), StoreError> {
    let keeper = keeper(tx, id)?;
    let reached = match tx.scope() {
        Scope::Merchant(own) => keeper == Some(own),
        Scope::Person(own) => own == id,
        Scope::Platform => true,
    };
    if !reached {
        return Err(OUT_OF_REACH);
    }
    let former: Vec<Option<String>> =
        person::table.find(id.get()).select(person::loyalty_id).load(tx.connection).store()?;
    let rows = diesel::update(person::table.find(id.get()))
        .set((person::loyalty_id.eq(new.as_str()), person::updated_at.eq(at.micros())))
        .execute(tx.connection)
        .store()?;
    if rows == 0 {
        return Err(OUT_OF_REACH);
    }
    let Some(former) = former.into_iter().next().flatten() else { return Ok(()) };
    let row = (
        blocked_loyalty_id::loyalty_id.eq(former),
        blocked_loyalty_id::person_id.eq(id.get()),
        blocked_loyalty_id::merchant_id.eq(keeper.map(MerchantId::get)),
        blocked_loyalty_id::blocked_at.eq(at.micros()),
    );
    diesel::insert_into(blocked_loyalty_id::table).values(row).execute(tx.connection).store()?;
    Ok(())
}

/// The merchant that keeps a managed person.
fn keeper(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<MerchantId>, StoreError> {
    let mut found: Vec<i64> = membership::table
        .filter(membership::person_id.eq(id.get()))
        .filter(membership::managed)
        .select(membership::merchant_id)
        .limit(1)
        .load(tx.connection)
        .store()?;
    Ok(found.pop().map(MerchantId::new))
}

pub(super) fn is_blocked(tx: &mut Tx<'_>, number: &Number) -> Result<bool, StoreError> {
    let merchant = tx.merchant()?.get();
    // No loyalty id is empty.
    let loyalty_id = number.loyalty_id.as_ref().map_or("", LoyaltyId::as_str);
    // PostgreSQL's wall has a door of that shape.
    let statement = Statement::<Bool>::new("SELECT ")
        .dialect("is_blocked(", "EXISTS (SELECT 1 FROM blocked_loyalty_id b WHERE b.loyalty_id = ")
        .bind(loyalty_id)
        .dialect(", ", " AND (b.merchant_id IS NULL OR b.merchant_id = ")
        .bind(merchant)
        .dialect(")", "))")
        .sql(
            " OR EXISTS (SELECT 1 FROM membership_card c WHERE c.blocked_at IS NOT NULL \
             AND c.merchant_id = ",
        )
        .bind(merchant)
        .sql(" AND c.card_key = ")
        .bind(number.card_key.as_str())
        .sql(")");
    Ok(statement.first::<bool>(tx.connection)?.unwrap_or_default())
}
