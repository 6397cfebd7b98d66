//! The change feed. Its rows are written by triggers, with what they tell of.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_customer::{
    FeedStore,
    feed::{Extent, FeedEntry, FeedKind, FeedQuery, FeedSort},
};
use regulars_kernel::{
    MerchantId, Page, PageRequest, PersonId, StoreAccess, StoreError, StoreId, Timestamp,
};

use crate::{
    Tx,
    connection::AnyConnection,
    page::{SortColumns, push_page},
    statement::{Bind, Statement},
};

impl SortColumns for FeedSort {
    fn column(self) -> &'static str {
        match self {
            Self::Transaction => "f.transaction_id",
        }
    }

    const PK: &'static str = "f.id";
}

const COLUMNS: &str = "SELECT f.id, f.merchant_id, f.transaction_id, f.kind, f.person_id, f.subject_id, f.store_id, \
    f.recorded_at";

type RowSql = (BigInt, BigInt, BigInt, Text, Nullable<BigInt>, BigInt, Nullable<BigInt>, BigInt);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    transaction_id: i64,
    kind: String,
    person_id: Option<i64>,
    subject_id: i64,
    store_id: Option<i64>,
    recorded_at: i64,
}

impl Row {
    fn entry(self) -> Result<FeedEntry, StoreError> {
        let kind = FeedKind::from_name(&self.kind);
        let corrupt = StoreError::Corrupt { table: "feed_entry", column: "kind", id: self.id };
        Ok(FeedEntry {
            id: self.id,
            merchant: MerchantId::new(self.merchant_id),
            transaction: self.transaction_id,
            kind: kind.ok_or(corrupt)?,
            person: self.person_id.map(PersonId::new),
            subject: self.subject_id,
            store: self.store_id.map(StoreId::new),
            at: Timestamp::from_micros(self.recorded_at),
        })
    }
}

/// Refuses the feed of another merchant than the scope's.
fn require_reach(tx: &Tx<'_>, merchant: MerchantId) -> Result<(), StoreError> {
    tx.require_merchant(merchant, StoreError::OutOfScope("the change feed is another's"))
}

/// ` FROM …` with its conditions: the rows of a merchant that are settled, which on PostgreSQL those of transactions older than
/// every one under way are.
fn push_from<ST>(
    tx: &Tx<'_>,
    statement: &mut Statement<ST>,
    merchant: MerchantId,
) -> Result<(), StoreError> {
    require_reach(tx, merchant)?;
    statement.push(" FROM feed_entry f WHERE f.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push_dialect(
        " AND f.transaction_id < (SELECT pg_snapshot_xmin(pg_current_snapshot())::TEXT::BIGINT)",
        "",
    );
    Ok(())
}

fn push_query<ST>(statement: &mut Statement<ST>, query: &FeedQuery) {
    if query.kinds.len() < FeedKind::ALL.len() {
        let kinds = query.kinds.iter().map(|kind| kind.name().to_owned());
        statement.push(" AND f.kind");
        statement.push_is_in(kinds.collect::<Bind>());
    }
    if let StoreAccess::Only(stores) = &query.within {
        statement.push(" AND (f.store_id IS NULL OR f.store_id");
        statement.push_is_in(stores.iter().map(|id| id.get()).collect::<Bind>());
        statement.push(")");
    }
}

impl FeedStore for Tx<'_> {
    fn list_feed(
        &mut self,
        merchant: MerchantId,
        query: &FeedQuery,
        page: &PageRequest<FeedSort>,
    ) -> Result<Page<FeedEntry>, StoreError> {
        let mut statement = Statement::<RowSql>::new(COLUMNS);
        push_from(self, &mut statement, merchant)?;
        push_query(&mut statement, query);
        push_page(&mut statement, page);
        let rows: Vec<Row> = statement.load(self.connection)?;
        let rows = rows.into_iter().map(Row::entry).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::from_fetched(rows, page))
    }

    fn count_feed(&mut self, merchant: MerchantId, query: &FeedQuery) -> Result<u64, StoreError> {
        let mut statement = Statement::<BigInt>::new("SELECT count(*)");
        push_from(self, &mut statement, merchant)?;
        push_query(&mut statement, query);
        let rows: Option<i64> = statement.first(self.connection)?;
        Ok(rows.unwrap_or_default().unsigned_abs())
    }

    fn find_feed_entry(
        &mut self,
        merchant: MerchantId,
        id: i64,
    ) -> Result<Option<FeedEntry>, StoreError> {
        let mut statement = Statement::<RowSql>::new(COLUMNS);
        push_from(self, &mut statement, merchant)?;
        let found: Option<Row> = statement.sql(" AND f.id = ").bind(id).first(self.connection)?;
        found.map(Row::entry).transpose()
    }

    fn feed_extent(&mut self, merchant: MerchantId) -> Result<Extent, StoreError> {
        require_reach(self, merchant)?;
        let statement = Statement::<(Nullable<BigInt>, Nullable<BigInt>, BigInt)>::new(
            "SELECT f.transaction_id, f.id, ",
        )
        .dialect(
            "pg_snapshot_xmax(pg_current_snapshot())::TEXT::BIGINT",
            "COALESCE((SELECT s.seq FROM sqlite_sequence s WHERE s.name = 'feed_entry'), 0) + 1",
        )
        .sql(
            " FROM (SELECT 1) one LEFT JOIN \
             (SELECT o.transaction_id, o.id FROM feed_entry o WHERE o.merchant_id = ",
        )
        .bind(merchant.get())
        .sql(" ORDER BY o.transaction_id, o.id LIMIT 1) f ON TRUE");
        let found: Option<(Option<i64>, Option<i64>, i64)> = statement.first(self.connection)?;
        let (transaction, id, end) = found.unwrap_or_default();
        let one_writes = matches!(self.connection, AnyConnection::Sqlite(_));
        let end = if one_writes { (0, end) } else { (end, 0) };
        Ok(Extent { first: transaction.zip(id), end })
    }
}

#[cfg(test)]
mod tests;
