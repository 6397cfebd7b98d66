//! Whose the fields of customers are.

use diesel::sql_types::{BigInt, Text};
use regulars_kernel::{MerchantId, PersonId, StoreError};
use regulars_source::provenance::Provenance;

use super::{OUT_OF_REACH, push_reach};
use crate::{
    Tx,
    merchant::Stored,
    statement::{Bind, Statement},
};

pub(super) fn by_people(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    people: &[PersonId],
) -> Result<Vec<(PersonId, Provenance)>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement =
        Statement::<(BigInt, Text)>::new("SELECT person_id, fields FROM field_provenance");
    push_reach(tx.scope(), &mut statement, "merchant_id");
    let rows: Vec<(i64, String)> = statement
        .sql(" AND merchant_id = ")
        .bind(merchant.get())
        .sql(" AND person_id")
        .is_in(people.iter().map(|id| id.get()).collect::<Bind>())
        .load(tx.connection)?;
    rows.into_iter()
        .map(|(person, fields)| {
            let stored = Stored { table: "field_provenance", id: person };
            Ok((PersonId::new(person), stored.read("fields", &fields, Provenance::parse)?))
        })
        .collect()
}

pub(super) fn put(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    provenance: &Provenance,
) -> Result<(), StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    Statement::<()>::new("INSERT INTO field_provenance (merchant_id, person_id, fields) VALUES (")
        .bind(merchant.get())
        .sql(", ")
        .bind(person.get())
        .sql(", ")
        .bind(provenance.to_text())
        .sql(") ON CONFLICT (merchant_id, person_id) DO UPDATE SET fields = excluded.fields")
        .execute(tx.connection)
        .map(drop)
}
