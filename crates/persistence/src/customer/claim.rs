//! Managed records of any merchant that carry an address.

use diesel::sql_types::{BigInt, Text};
use regulars_customer::claim::{Claimable, MAX_CLAIMABLE};
use regulars_kernel::{MerchantId, PersonId, StoreError, Timestamp};

use crate::{
    Tx,
    statement::{Bind, Statement},
};

pub(super) fn claimable(tx: &mut Tx<'_>, keys: &[String]) -> Result<Vec<Claimable>, StoreError> {
    tx.platform()?;
    // Whoever shows no address has the empty key.
    let keys: Vec<String> = keys.iter().filter(|key| !key.is_empty()).cloned().collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let statement = Statement::<(BigInt, BigInt, Text, BigInt)>::new(
        "SELECT m.merchant_id, m.person_id, m.firstname, m.created_at FROM membership m \
         WHERE m.managed AND m.email_key <> '' AND NOT m.archived AND m.merged_into IS NULL \
         AND m.email_key",
    )
    .is_in(keys.into_iter().collect::<Bind>())
    .sql(" ORDER BY m.person_id LIMIT ")
    .bind(i64::try_from(MAX_CLAIMABLE).unwrap_or(i64::MAX));
    let found = statement.load::<(i64, i64, String, i64)>(tx.connection)?;
    let claimable = |(merchant, person, firstname, created_at)| Claimable {
        merchant: MerchantId::new(merchant),
        person: PersonId::new(person),
        firstname,
        created_at: Timestamp::from_micros(created_at),
    };
    Ok(found.into_iter().map(claimable).collect())
}
