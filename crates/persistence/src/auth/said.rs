//! What other systems said of people who are erased.

use diesel::sql_types::{BigInt, Text};
use regulars_auth::erasure::Whose;
use regulars_kernel::{MerchantId, StoreError};
use regulars_merchant::EntitySource;

use super::erasure::count;
use crate::{Tx, merchant::Stored, statement::Statement};

/// The condition that records `s` are of the person. The merchant leads every index.
fn own_records<ST>(statement: Statement<ST>, whose: Whose) -> Statement<ST> {
    let statement =
        statement.sql("s.kind = 'CUSTOMER' AND s.subject_id = ").bind(whose.person.get());
    at(statement, "s.merchant_id", whose)
}

/// ` AND <column> …`: the merchants concerned.
fn at<ST>(statement: Statement<ST>, column: &'static str, whose: Whose) -> Statement<ST> {
    let statement = statement.sql(" AND ").sql(column);
    match whose.merchant {
        Some(merchant) => statement.sql(" = ").bind(merchant.get()),
        None => statement
            .sql(" IN (SELECT m.merchant_id FROM membership m WHERE m.person_id = ")
            .bind(whose.person.get())
            .sql(")"),
    }
}

/// Under which ids other systems know the person.
pub(super) fn sources_of(
    tx: &mut Tx<'_>,
    whose: Whose,
) -> Result<Vec<(MerchantId, EntitySource, String)>, StoreError> {
    let statement = Statement::<(BigInt, BigInt, Text, Text)>::new(
        "SELECT s.merchant_id, c.id, c.source, s.source_id FROM source_record s \
         JOIN connection c ON c.merchant_id = s.merchant_id AND c.id = s.connection_id WHERE ",
    );
    let rows: Vec<(i64, i64, String, String)> =
        own_records(statement, whose).load(tx.connection)?;
    rows.into_iter()
        .map(|(merchant, connection, source, id)| {
            let stored = Stored { table: "connection", id: connection };
            let source = stored.read("source", &source, EntitySource::from_name)?;
            Ok((MerchantId::new(merchant), source, id))
        })
        .collect()
}

/// Forgets all of it, and says of how many records.
pub(super) fn forget(tx: &mut Tx<'_>, whose: Whose) -> Result<u64, StoreError> {
    // What was refused of their records, and what was asked about them.
    for (table, id) in [("sync_reject", "reference"), ("sync_review", "source_id")] {
        let statement = Statement::<()>::new("DELETE FROM ")
            .sql(table)
            .sql(" WHERE (merchant_id, connection_id, object, ")
            .sql(id)
            .sql(") IN (SELECT s.merchant_id, s.connection_id, s.object, s.source_id FROM source_record s WHERE ");
        own_records(statement, whose).sql(")").execute(tx.connection)?;
    }
    // What waits for them, and what of their orders and balances says who they are.
    let waiting = Statement::<()>::new(
        "DELETE FROM source_record WHERE waits_for IS NOT NULL AND (merchant_id, connection_id, waits_for) IN \
         (SELECT s.merchant_id, s.connection_id, s.object || ",
    )
    .dialect("chr(10)", "char(10)")
    .sql(" || s.source_id FROM source_record s WHERE ");
    own_records(waiting, whose).sql(")").execute(tx.connection)?;
    for (kind, owned) in [
        ("ORDER", "SELECT o.merchant_id, o.id FROM orders o WHERE o.person_id = "),
        (
            "BALANCE",
            "SELECT e.merchant_id, e.id FROM entry e JOIN account o ON o.merchant_id = e.merchant_id \
             AND o.id = e.account_id WHERE o.person_id = ",
        ),
    ] {
        let statement = Statement::<()>::new("UPDATE source_record SET image = '' WHERE kind = ")
            .bind(kind)
            .sql(" AND image <> '' AND (merchant_id, subject_id) IN (")
            .sql(owned)
            .bind(whose.person.get());
        at(statement, "o.merchant_id", whose).sql(")").execute(tx.connection)?;
    }
    // Dry runs tell what they would do to some, and nobody reads them for long.
    let reports =
        Statement::<()>::new("UPDATE sync_run SET report = NULL WHERE report IS NOT NULL");
    at(reports, "merchant_id", whose).execute(tx.connection)?;
    let provenance = Statement::<()>::new("DELETE FROM field_provenance WHERE person_id = ")
        .bind(whose.person.get());
    at(provenance, "merchant_id", whose).execute(tx.connection)?;
    let records = Statement::<()>::new(
        "DELETE FROM source_record WHERE (merchant_id, connection_id, object, source_id) IN \
         (SELECT s.merchant_id, s.connection_id, s.object, s.source_id FROM source_record s WHERE ",
    );
    Ok(count(own_records(records, whose).sql(")").execute(tx.connection)?))
}
