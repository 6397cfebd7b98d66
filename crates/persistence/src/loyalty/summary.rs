//! Rule 16 in SQL: what [`regulars_loyalty::summary::summarise`] says of everybody's books of points at once.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Nullable};
use regulars_kernel::{PersonId, Points, StoreError, Timestamp};
use regulars_loyalty::{Expiring, PointsSummary};

use super::{
    account::{COUNTED, OF_MEMBERS},
    push_members,
};
use crate::{Tx, statement::Statement};

/// Accounts on cards of points.
const OF_POINTS: &str = " JOIN loyalty_card c ON c.merchant_id = a.merchant_id \
     AND c.id = a.loyalty_card_id WHERE c.loyalty_type = 'POINTS' AND ";

pub(super) fn earned(
    tx: &mut Tx<'_>,
    people: &[PersonId],
) -> Result<Vec<(PersonId, Points)>, StoreError> {
    let sums = sums(tx, people)?;
    Ok(sums.into_iter().map(|(person, earned, _debt)| (person, earned)).collect())
}

pub(super) fn per_consumer(
    tx: &mut Tx<'_>,
    people: &[PersonId],
    now: Timestamp,
) -> Result<Vec<(PersonId, PointsSummary)>, StoreError> {
    let mut lots = lots(tx, people, now)?;
    let sums = sums(tx, people)?;
    let summary = |(person, lifetime, debt)| {
        let lots: PointsSummary = lots.remove(&person).unwrap_or_default();
        (person, PointsSummary { lifetime, debt, ..lots })
    };
    Ok(sums.into_iter().map(summary).collect())
}

/// What each has earned and owes.
fn sums(
    tx: &mut Tx<'_>,
    people: &[PersonId],
) -> Result<Vec<(PersonId, Points, Points)>, StoreError> {
    let mut statement = Statement::<(BigInt, BigInt, BigInt)>::new("SELECT a.person_id, CAST(SUM(")
        .sql(COUNTED)
        .sql(") AS BIGINT), CAST(SUM(a.debt) AS BIGINT)")
        .sql(OF_MEMBERS)
        .sql(OF_POINTS);
    push_members(&mut statement, tx.scope(), people);
    let rows: Vec<(i64, i64, i64)> = statement.sql(" GROUP BY a.person_id").load(tx.connection)?;
    let points =
        |(person, earned, debt)| (PersonId::new(person), Points::new(earned), Points::new(debt));
    Ok(rows.into_iter().map(points).collect())
}

type Row = (i64, i64, i64, i64, Option<i64>, i64);
type RowSql = (BigInt, BigInt, BigInt, BigInt, Nullable<BigInt>, BigInt);

/// What each has in lots. An account that holds nothing has no open hold, and most accounts hold nothing.
fn lots(
    tx: &mut Tx<'_>,
    people: &[PersonId],
    now: Timestamp,
) -> Result<BTreeMap<PersonId, PointsSummary>, StoreError> {
    let now = now.micros();
    let mut statement =
        Statement::<RowSql>::new("WITH own AS (SELECT a.merchant_id, a.id, a.person_id, a.held")
            .sql(OF_MEMBERS)
            .sql(OF_POINTS);
    push_members(&mut statement, tx.scope(), people);
    let statement = statement
        .sql(
            "), bound AS (SELECT p.merchant_id, p.lot_id, SUM(p.amount) AS amount FROM own \
             JOIN hold h ON h.merchant_id = own.merchant_id AND h.account_id = own.id \
             JOIN hold_lot p ON p.merchant_id = h.merchant_id AND p.hold_id = h.id \
             WHERE own.held > 0 AND h.state = 'OPEN' AND h.until > ",
        )
        .bind(now)
        .sql(
            " GROUP BY p.merchant_id, p.lot_id), part AS (SELECT own.person_id, l.remaining, \
             CASE WHEN bound.amount < l.remaining THEN bound.amount WHEN bound.amount IS NULL \
             THEN 0 ELSE l.remaining END AS held, l.active_from, l.expires_at FROM own \
             JOIN lot l ON l.merchant_id = own.merchant_id AND l.account_id = own.id \
             LEFT JOIN bound ON bound.merchant_id = l.merchant_id AND bound.lot_id = l.id \
             WHERE l.remaining > 0), \
             free AS (SELECT person_id, held, active_from <= ",
        )
        .bind(now)
        .sql(" AS active, expires_at, CASE WHEN expires_at <= ")
        .bind(now)
        .sql(
            " THEN 0 ELSE remaining - held END AS points FROM part), \
             ranked AS (SELECT person_id, held, active, expires_at, points, \
             MIN(CASE WHEN active AND points > 0 THEN expires_at END) \
             OVER (PARTITION BY person_id) AS next FROM free) \
             SELECT person_id, \
             CAST(SUM(CASE WHEN active THEN points ELSE 0 END) AS BIGINT), \
             CAST(SUM(CASE WHEN active THEN 0 ELSE points END) AS BIGINT), \
             CAST(SUM(held) AS BIGINT), MIN(next), \
             CAST(SUM(CASE WHEN active AND expires_at = next THEN points ELSE 0 END) AS BIGINT) \
             FROM ranked GROUP BY person_id",
        );
    let rows: Vec<Row> = statement.load(tx.connection)?;
    Ok(rows.into_iter().map(summary).collect())
}

fn summary((person, available, pending, held, next, expiring): Row) -> (PersonId, PointsSummary) {
    let expiring_next =
        next.map(|at| Expiring { points: Points::new(expiring), at: Timestamp::from_micros(at) });
    let summary = PointsSummary {
        available: Points::new(available),
        pending: Points::new(pending),
        held: Points::new(held),
        expiring_next,
        ..PointsSummary::default()
    };
    (PersonId::new(person), summary)
}
