//! What merchants sell.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_kernel::{MerchantId, ProductId, Scope, StoreError, Timestamp};
use regulars_merchant::Product;

use super::{Stored, push_own_ids, store::push_joined};
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
    if let Scope::Person(person) = tx.scope() {
        push_named_to(&mut statement, person.get());
    }
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Product::try_from).collect()
}

/// Appends ` AND …`: something that the person sees names the product `p`, as the port's reach has it.
fn push_named_to(statement: &mut Statement<RowSql>, person: i64) {
    statement.push(
        " AND (EXISTS (SELECT 1 FROM orders o JOIN order_item i ON i.merchant_id = o.merchant_id \
         AND i.order_id = o.id WHERE o.merchant_id = p.merchant_id AND i.product_id = p.id \
         AND o.person_id = ",
    );
    statement.push_bind(person);
    statement.push(
        ") OR EXISTS (SELECT 1 FROM offer_product x JOIN offer q ON q.merchant_id = x.merchant_id \
         AND q.id = x.offer_id LEFT JOIN campaign k ON k.merchant_id = q.merchant_id \
         AND k.id = q.campaign_id WHERE x.merchant_id = p.merchant_id AND x.product_id = p.id \
         AND ((q.status = 'ACTIVE' AND NOT q.archived \
         AND (q.campaign_id IS NULL OR (k.status = 'ACTIVE' AND NOT k.archived)))",
    );
    push_or_published(statement, person);
    statement.push(
        ")) OR EXISTS (SELECT 1 FROM loyalty_card_product x JOIN loyalty_card q \
         ON q.merchant_id = x.merchant_id AND q.id = x.loyalty_card_id \
         WHERE x.merchant_id = p.merchant_id AND x.product_id = p.id \
         AND ((q.status = 'ACTIVE' AND NOT q.archived)",
    );
    push_or_published(statement, person);
    statement.push(
        ")) OR EXISTS (SELECT 1 FROM loyalty_reward x JOIN loyalty_card q \
         ON q.merchant_id = x.merchant_id AND q.id = x.loyalty_card_id \
         WHERE x.merchant_id = p.merchant_id AND x.product_id = p.id \
         AND ((NOT x.archived AND ((q.status = 'ACTIVE' AND NOT q.archived)",
    );
    push_or_published(statement, person);
    statement.push(
        ")) OR EXISTS (SELECT 1 FROM redemption r WHERE r.merchant_id = x.merchant_id \
         AND r.loyalty_reward_id = x.id AND r.person_id = ",
    );
    statement.push_bind(person);
    statement.push("))))");
}

/// Appends ` OR …`: the promotion `q` was published by a merchant that the person joined.
fn push_or_published(statement: &mut Statement<RowSql>, person: i64) {
    statement.push(" OR (q.status <> 'DRAFT' AND q.merchant_id IN (");
    push_joined(statement, person);
    statement.push("))");
}
