//! Tenants.

use diesel::{
    ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Integer, Nullable, Text},
};
use regulars_kernel::{MerchantId, StoreError, Timestamp};
use regulars_merchant::{Merchant, RefundPolicy};

use super::{Stored, push_own_ids, reached, require_reach};
use crate::{Tx, error::IntoStore, schema::merchant, statement::Statement};

type RowSql = (
    BigInt,
    Text,
    Nullable<Text>,
    Text,
    Text,
    Integer,
    Nullable<Text>,
    Text,
    Integer,
    Integer,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    name: String,
    merchant_type: Option<String>,
    time_zone: String,
    currency: String,
    num_of_order_discounts_allowed: i32,
    logo: Option<String>,
    refund_policy: String,
    claim_days: i32,
    refund_grace_days: i32,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Merchant {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "merchant", id: row.id };
        Ok(Self {
            id: MerchantId::new(row.id),
            time_zone: stored.zone(&row.time_zone)?,
            currency: stored.currency(&row.currency)?,
            name: row.name,
            merchant_type: row.merchant_type,
            num_of_order_discounts_allowed: row.num_of_order_discounts_allowed,
            logo: row.logo,
            refund_policy: stored.read(
                "refund_policy",
                &row.refund_policy,
                RefundPolicy::from_name,
            )?,
            claim_days: row.claim_days,
            refund_grace_days: row.refund_grace_days,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

/// A statement over merchants `m` with a `WHERE` that goes on.
fn merchants() -> Statement<RowSql> {
    Statement::new(
        "SELECT m.id, m.name, m.merchant_type, m.time_zone, m.currency, \
         m.num_of_order_discounts_allowed, m.logo, m.refund_policy, m.claim_days, m.refund_grace_days, \
         m.created_at, m.updated_at FROM merchant m WHERE ",
    )
}

pub(super) fn find(tx: &mut Tx<'_>, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
    require_reach(tx, id)?;
    let row: Option<Row> =
        merchants().sql("m.id = ").bind(id.get()).sql(tx.lock()).first(tx.connection)?;
    row.map(Merchant::try_from).transpose()
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Merchant) -> Result<(), StoreError> {
    require_reach(tx, changed.id)?;
    let discounts = changed.num_of_order_discounts_allowed;
    let rows = diesel::update(merchant::table.find(changed.id.get()))
        .set((
            merchant::num_of_order_discounts_allowed.eq(discounts),
            merchant::refund_policy.eq(changed.refund_policy.name()),
            merchant::claim_days.eq(changed.claim_days),
            merchant::refund_grace_days.eq(changed.refund_grace_days),
            merchant::updated_at.eq(changed.updated_at.micros()),
        ))
        .execute(tx.connection)
        .store()?;
    reached(rows)
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[MerchantId]) -> Result<Vec<Merchant>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = merchants();
    let ids = ids.iter().map(|id| id.get()).collect();
    push_own_ids(&mut statement, tx.scope(), "m.id", ids, "m.id");
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Merchant::try_from).collect()
}
