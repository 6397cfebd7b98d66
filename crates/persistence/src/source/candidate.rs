//! Customers who could be meant by a record.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_customer::matching::Candidate;
use regulars_kernel::{ConnectionId, LoyaltyCardId, MerchantId, PersonId, StoreError};

use super::OUT_OF_REACH;
use crate::{
    Tx,
    statement::{Bind, Statement},
};

#[derive(Queryable)]
struct Row {
    person_id: i64,
    email_key: String,
    email_counts: bool,
    phone_number: Option<String>,
    firstname: String,
    lastname: String,
    birthday: Option<String>,
    is_linked: bool,
}

type RowSql = (BigInt, Text, Bool, Nullable<Text>, Text, Text, Nullable<Text>, Bool);

pub(super) fn by_signs(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    (emails, phones): (&[String], &[String]),
    ((connection, object), vouched): ((ConnectionId, &str), bool),
) -> Result<Vec<Candidate>, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    // Each sign by an index of its own: with OR between them neither would be asked.
    let mut statement = Statement::<RowSql>::new(
        "SELECT m.person_id, m.email_key, m.verified OR (m.managed AND ",
    )
    .bind(vouched)
    .sql(
        "), m.phone_number, m.firstname, m.lastname, m.birthday, EXISTS (SELECT 1 FROM source_record s \
         WHERE s.merchant_id = m.merchant_id AND s.kind = 'CUSTOMER' AND s.subject_id = m.person_id AND s.state = 'LIVE' \
         AND s.connection_id = ",
    )
    .bind(connection.get())
    .sql(" AND s.object = ")
    .bind(object)
    .sql(") FROM membership m WHERE m.merchant_id = ")
    .bind(merchant.get())
    .sql(
        " AND NOT m.departed AND m.merged_into IS NULL AND m.erased_at IS NULL AND m.person_id IN (",
    );
    let mut first = true;
    for (column, values) in [("email_key", emails), ("phone_number", phones)] {
        if values.is_empty() {
            continue;
        }
        if !first {
            statement.push(" UNION ");
        }
        first = false;
        statement.push("SELECT person_id FROM membership WHERE merchant_id = ");
        statement.push_bind(merchant.get());
        statement.push(" AND ");
        statement.push(column);
        statement.push_is_in(values.iter().cloned().collect::<Bind>());
    }
    if first {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = statement.sql(") ORDER BY m.person_id").load(tx.connection)?;
    Ok(rows
        .into_iter()
        .map(|row| Candidate {
            person: PersonId::new(row.person_id),
            email: (row.email_counts && !row.email_key.is_empty()).then_some(row.email_key),
            phone: row.phone_number,
            name: (row.firstname, row.lastname),
            birthday: row.birthday.and_then(|day| day.parse().ok()),
            is_linked: row.is_linked,
        })
        .collect())
}

pub(super) fn has_activity(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
) -> Result<bool, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let mut statement = Statement::<Bool>::new("SELECT FALSE");
    for table in ["orders", "visit", "account", "redemption", "redemption_intent"] {
        statement.push(" OR EXISTS (SELECT 1 FROM ");
        statement.push(table);
        statement.push(" WHERE merchant_id = ");
        statement.push_bind(merchant.get());
        statement.push(" AND person_id = ");
        statement.push_bind(person.get());
        statement.push(")");
    }
    // Who was put down here by somebody is no source's.
    statement.push(" OR EXISTS (SELECT 1 FROM membership WHERE merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND person_id = ");
    statement.push_bind(person.get());
    statement.push(" AND (NOT managed OR entity_source IS NULL))");
    Ok(statement.first::<bool>(tx.connection)?.unwrap_or_default())
}

pub(super) fn cards_named(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    named: &str,
) -> Result<Vec<LoyaltyCardId>, StoreError> {
    tx.require_merchant(merchant, OUT_OF_REACH)?;
    let statement = Statement::<BigInt>::new("SELECT id FROM loyalty_card WHERE merchant_id = ")
        .bind(merchant.get())
        .sql(" AND NOT archived AND (name = ")
        .bind(named)
        .sql(" OR id = ")
        .bind(named.parse::<i64>().ok())
        .sql(") ORDER BY id LIMIT 2");
    let rows: Vec<i64> = statement.load(tx.connection)?;
    Ok(rows.into_iter().map(LoyaltyCardId::new).collect())
}
