//! Who was merged into whom, and what came since by the name of whom.

use diesel::sql_types::BigInt;
use regulars_customer::merge::Named;
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError};

use crate::{Tx, statement::Statement};

pub(super) fn merged_into(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
) -> Result<Vec<PersonId>, StoreError> {
    let reached = match tx.scope() {
        Scope::Merchant(own) => own == merchant,
        // Whoever was merged is not themselves.
        Scope::Person(_) => false,
        Scope::Platform => true,
    };
    if !reached {
        return Ok(Vec::new());
    }
    let statement =
        Statement::<BigInt>::new("SELECT m.person_id FROM membership m WHERE m.merchant_id = ")
            .bind(merchant.get())
            .sql(" AND m.merged_into IS NOT NULL AND m.merged_into = ")
            .bind(person.get())
            .sql(" ORDER BY m.person_id");
    let found: Vec<i64> = statement.load(tx.connection)?;
    Ok(found.into_iter().map(PersonId::new).collect())
}

pub(super) fn note(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    other: PersonId,
    row: Named,
) -> Result<(), StoreError> {
    match tx.scope() {
        Scope::Merchant(own) if own == merchant => {}
        Scope::Platform => {}
        Scope::Merchant(_) | Scope::Person(_) => {
            return Err(StoreError::OutOfScope("merges are the merchant's"));
        }
    }
    let (kind, id) = row.parts();
    Statement::<()>::new(
        "INSERT INTO merge_move (merchant_id, merge_id, kind, row_id) SELECT g.merchant_id, g.id, ",
    )
    .dialect("CAST(", "(")
    .bind(kind.word())
    .dialect(" AS TEXT), CAST(", "), (")
    .bind(id)
    .dialect(" AS BIGINT)", ")")
    .sql(" FROM merge g WHERE g.merchant_id = ")
    .bind(merchant.get())
    .sql(" AND g.other_id = ")
    .bind(other.get())
    .sql(" AND g.undone_at IS NULL ON CONFLICT DO NOTHING")
    .execute(tx.connection)?;
    Ok(())
}
