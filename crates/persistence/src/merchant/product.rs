//! What merchants sell.

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl,
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_kernel::{
    MerchantId, Page, PageRequest, ProductId, Scope, StoreError, Timestamp, text::fold,
};
use regulars_merchant::{Archived, EntitySource, Product, ProductFilter, ProductSort};

use super::{Stored, push_own_ids, reached, require_reach, store::push_joined};
use crate::{
    Tx,
    error::IntoStore,
    page::{SortColumns, push_page},
    schema::product,
    statement::Statement,
};

impl SortColumns for ProductSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "p.name_key",
            Self::CreatedAt => "p.created_at",
            Self::UpdatedAt => "p.updated_at",
        }
    }

    const PK: &'static str = "p.id";
}

/// The columns of [`Row`], in its order.
const COLUMNS: &str = "p.id, p.merchant_id, p.name, p.price, p.currency, p.category, p.entity_source, \
    p.entity_source_id, p.archived, p.extra_info, p.created_at, p.updated_at";

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

/// What is written of a product. Absent values become null.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = product, treat_none_as_null = true)]
struct Written<'a> {
    name: &'a str,
    name_key: String,
    price: i64,
    currency: &'static str,
    category: Option<String>,
    category_key: String,
    entity_source: Option<String>,
    entity_source_id: Option<String>,
    archived: bool,
    extra_info: Option<String>,
    updated_at: i64,
}

impl<'a> From<&'a Product> for Written<'a> {
    fn from(product: &'a Product) -> Self {
        Self {
            name: &product.name,
            name_key: fold(&product.name),
            price: product.price.minor(),
            currency: product.price.currency().code(),
            category: product.category.clone(),
            category_key: fold(product.category.as_deref().unwrap_or_default()),
            entity_source: product.entity_source.map(|source| source.name().to_owned()),
            entity_source_id: product.entity_source_id.clone(),
            archived: product.archived,
            extra_info: product.extra_info.clone(),
            updated_at: product.updated_at.micros(),
        }
    }
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: ProductId,
) -> Result<Option<Product>, StoreError> {
    require_reach(tx, merchant)?;
    let mut statement = Statement::<RowSql>::new("SELECT ").sql(COLUMNS);
    statement.push(" FROM product p WHERE p.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND p.id = ");
    statement.push_bind(id.get());
    statement.push(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(super) fn find_by_source(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    source: EntitySource,
    source_id: &str,
) -> Result<Option<ProductId>, StoreError> {
    require_reach(tx, merchant)?;
    // Two at a time who find that it is free would both write it.
    tx.lock_text(&format!("product:{merchant}:{}:{source_id}", source.name()))?;
    let found: Option<i64> = product::table
        .filter(product::merchant_id.eq(merchant.get()))
        .filter(product::entity_source.eq(source.name()))
        .filter(product::entity_source_id.eq(source_id))
        .select(product::id)
        .first(tx.connection)
        .optional()
        .store()?;
    Ok(found.map(ProductId::new))
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Product) -> Result<ProductId, StoreError> {
    require_reach(tx, new.merchant)?;
    let own = (
        product::merchant_id.eq(new.merchant.get()),
        product::created_at.eq(new.created_at.micros()),
    );
    let id: i64 = diesel::insert_into(product::table)
        .values((own, Written::from(new)))
        .returning(product::id)
        .get_result(tx.connection)
        .store()?;
    Ok(ProductId::new(id))
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Product) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let row = product::table.find((changed.merchant.get(), changed.id.get()));
    let rows = diesel::update(row).set(Written::from(changed)).execute(tx.connection).store()?;
    reached(rows)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    filter: &ProductFilter,
    request: &PageRequest<ProductSort>,
) -> Result<Page<Product>, StoreError> {
    let mut statement = listed(tx.scope(), COLUMNS, filter);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, filter: &ProductFilter) -> Result<u64, StoreError> {
    let statement: Statement<BigInt> = listed(tx.scope(), "count(*)", filter);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default())
}

/// The products that a scope lists and a filter admits; the `WHERE` can go on.
fn listed<ST>(scope: Scope, select: &'static str, filter: &ProductFilter) -> Statement<ST> {
    let mut statement = Statement::new("SELECT ").sql(select).sql(" FROM product p WHERE ");
    match scope {
        Scope::Merchant(merchant) => {
            statement.push("p.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(_) => statement.push("FALSE"),
        Scope::Platform => statement.push("TRUE"),
    }
    for (sql, value) in [
        (" AND p.name = ", &filter.name),
        (" AND p.category = ", &filter.category),
        (" AND p.entity_source_id = ", &filter.entity_source_id),
    ] {
        if let Some(value) = value {
            statement.push(sql);
            statement.push_bind(value.as_str());
        }
    }
    if let Some(source) = filter.entity_source {
        statement.push(" AND p.entity_source = ");
        statement.push_bind(source.name());
    }
    let parts =
        [("p.name_key", &filter.name_icontains), ("p.category_key", &filter.category_icontains)];
    for (column, part) in parts {
        if let Some(part) = part {
            statement.push_dialect(" AND strpos(", " AND instr(");
            statement.push(column);
            statement.push(", ");
            statement.push_bind(fold(part));
            statement.push(") > 0");
        }
    }
    statement.push(match filter.archived {
        Archived::Hidden => " AND NOT p.archived",
        Archived::Only => " AND p.archived",
        Archived::Included => "",
    });
    statement
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Product>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement =
        Statement::<RowSql>::new("SELECT ").sql(COLUMNS).sql(" FROM product p WHERE ");
    let ids = ids.iter().map(|id| id.get()).collect();
    push_own_ids(&mut statement, tx.scope(), "p.id", ids, "p.merchant_id");
    if let Scope::Person(person) = tx.scope() {
        push_named_to(&mut statement, person.get());
    }
    load(tx, statement)
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Product>, StoreError> {
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
