//! What merchants sell.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_kernel::{MerchantId, ProductId, StoreError, Timestamp};
use regulars_merchant::Product;

use super::{Stored, push_own_ids};
use crate::{Tx, statement::Statement};

type RowSql = (
    BigInt,
    BigInt,
    Text,
    BigInt,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
    Nullable<Text>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    name: String,
    price: i64,
    currency: String,
    category: Option<String>,
    entity_source: Option<String>,
    entity_source_id: Option<String>,
    archived: bool,
    extra_info: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Product {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "product", id: row.id };
        Ok(Self {
            id: ProductId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            price: stored.money(row.price, &row.currency)?,
            entity_source: stored.entity_source(row.entity_source.as_deref())?,
            name: row.name,
            category: row.category,
            entity_source_id: row.entity_source_id,
            archived: row.archived,
            extra_info: row.extra_info,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::<RowSql>::new(
        "SELECT p.id, p.merchant_id, p.name, p.price, p.currency, p.category, p.entity_source, \
         p.entity_source_id, p.archived, p.extra_info, p.created_at, p.updated_at FROM product p WHERE ",
    );
    let ids = ids.iter().map(|id| id.get()).collect();
    push_own_ids(&mut statement, tx.scope(), "p.id", ids, "p.merchant_id");
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Product::try_from).collect()
}
