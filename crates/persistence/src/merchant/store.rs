//! Places where things are sold.

#![allow(clippy::ref_option_ref, reason = "diesel's derives write so")]

use chrono::NaiveTime;
use diesel::{
    AsChangeset, ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{MerchantId, Page, PageRequest, Scope, StoreError, StoreId, Timestamp, text};
use regulars_merchant::{Archived, Store, StoreFilter, StoreSort, TillRedemption};

use super::{Stored, reached, require_reach};
use crate::{
    Tx,
    error::IntoStore,
    page::{SortColumns, push_page},
    schema::store,
    statement::{Bind, Statement},
};

impl SortColumns for StoreSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "s.name_key",
            Self::CreatedAt => "s.created_at",
        }
    }

    const PK: &'static str = "s.id";
}

/// The columns of [`Row`], in its order.
const COLUMNS: &str = "s.id, s.merchant_id, s.name, s.location, s.phone_number, s.country, s.state, \
    s.city, s.street, s.zip_code, s.tax_rate, s.time_zone, s.day_starts_at, s.late_hours, \
    s.till_redemption, s.is_active, s.archived, s.extra_info, s.created_at, s.updated_at";

type RowSql = (
    BigInt,
    BigInt,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    Text,
    Integer,
    Nullable<Text>,
    Bool,
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
    location: Option<String>,
    phone_number: Option<String>,
    country: Option<String>,
    state: Option<String>,
    city: Option<String>,
    street: Option<String>,
    zip_code: Option<String>,
    tax_rate: Option<i64>,
    time_zone: Option<String>,
    day_starts_at: String,
    late_hours: i32,
    till_redemption: Option<String>,
    is_active: bool,
    archived: bool,
    extra_info: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<Row> for Store {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let stored = Stored { table: "store", id: row.id };
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M:%S").ok();
        Ok(Self {
            id: StoreId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            time_zone: row.time_zone.as_deref().map(|zone| stored.zone(zone)).transpose()?,
            day_starts_at: stored.read("day_starts_at", &row.day_starts_at, time)?,
            name: row.name,
            location: row.location,
            phone_number: row.phone_number,
            country: row.country,
            state: row.state,
            city: row.city,
            street: row.street,
            zip_code: row.zip_code,
            tax_rate: row.tax_rate,
            late_hours: row.late_hours,
            till_redemption: row
                .till_redemption
                .map(|needed| stored.read("till_redemption", &needed, TillRedemption::from_name))
                .transpose()?,
            is_active: row.is_active,
            archived: row.archived,
            extra_info: row.extra_info,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

/// What is written of a store. Absent values become null.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = store, treat_none_as_null = true)]
struct Written {
    name: String,
    name_key: String,
    location: Option<String>,
    phone_number: Option<String>,
    country: Option<String>,
    state: Option<String>,
    city: Option<String>,
    city_key: String,
    street: Option<String>,
    zip_code: Option<String>,
    tax_rate: Option<i64>,
    time_zone: Option<String>,
    day_starts_at: String,
    late_hours: i32,
    till_redemption: Option<&'static str>,
    is_active: bool,
    archived: bool,
    extra_info: Option<String>,
    updated_at: i64,
}

impl From<&Store> for Written {
    fn from(store: &Store) -> Self {
        Self {
            name: store.name.clone(),
            name_key: text::fold(&store.name),
            location: store.location.clone(),
            phone_number: store.phone_number.clone(),
            country: store.country.clone(),
            state: store.state.clone(),
            city: store.city.clone(),
            city_key: text::fold(store.city.as_deref().unwrap_or_default()),
            street: store.street.clone(),
            zip_code: store.zip_code.clone(),
            tax_rate: store.tax_rate,
            time_zone: store.time_zone.map(|zone| zone.name().to_owned()),
            day_starts_at: store.day_starts_at.format("%H:%M:%S").to_string(),
            late_hours: store.late_hours,
            till_redemption: store.till_redemption.map(TillRedemption::name),
            is_active: store.is_active,
            archived: store.archived,
            extra_info: store.extra_info.clone(),
            updated_at: store.updated_at.micros(),
        }
    }
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: StoreId,
) -> Result<Option<Store>, StoreError> {
    require_reach(tx, merchant)?;
    let mut statement = Statement::<RowSql>::new("SELECT ").sql(COLUMNS);
    statement.push(" FROM store s WHERE s.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND s.id = ");
    statement.push_bind(id.get());
    statement.push(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Store) -> Result<StoreId, StoreError> {
    require_reach(tx, new.merchant)?;
    let own =
        (store::merchant_id.eq(new.merchant.get()), store::created_at.eq(new.created_at.micros()));
    let id: i64 = diesel::insert_into(store::table)
        .values((own, Written::from(new)))
        .returning(store::id)
        .get_result(tx.connection)
        .store()?;
    Ok(StoreId::new(id))
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Store) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let row = store::table.find((changed.merchant.get(), changed.id.get()));
    let rows = diesel::update(row).set(Written::from(changed)).execute(tx.connection).store()?;
    reached(rows)
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[StoreId]) -> Result<Vec<Store>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::<RowSql>::new("SELECT ").sql(COLUMNS);
    statement.push(" FROM store s WHERE s.id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push(" AND s.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            statement.push(" AND (s.is_active AND NOT s.archived OR s.merchant_id IN (");
            push_joined(&mut statement, person.get());
            statement.push("))");
        }
        Scope::Platform => {}
    }
    load(tx, statement)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    filter: &StoreFilter,
    request: &PageRequest<StoreSort>,
) -> Result<Page<Store>, StoreError> {
    let mut statement = listed(tx.scope(), COLUMNS, filter);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, filter: &StoreFilter) -> Result<u64, StoreError> {
    let statement: Statement<BigInt> = listed(tx.scope(), "count(*)", filter);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default())
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Store>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Store::try_from).collect()
}

/// The merchants whose live customer a person is.
pub(super) fn push_joined<ST>(statement: &mut Statement<ST>, person: i64) {
    statement
        .push("SELECT j.merchant_id FROM membership j WHERE NOT j.archived AND j.person_id = ");
    statement.push_bind(person);
}

/// The stores that a scope lists and a filter admits; the `WHERE` can go on.
fn listed<ST>(scope: Scope, select: &'static str, filter: &StoreFilter) -> Statement<ST> {
    let mut statement = Statement::new("SELECT ").sql(select).sql(" FROM store s WHERE ");
    match scope {
        Scope::Merchant(merchant) => {
            statement.push("s.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            statement.push("s.is_active AND NOT s.archived AND s.merchant_id IN (");
            push_joined(&mut statement, person.get());
            statement.push(")");
        }
        Scope::Platform => statement.push("TRUE"),
    }
    // A merchant has few stores: none of these needs an index of its own.
    for (sql, value) in [(" AND s.name = ", &filter.name), (" AND s.city = ", &filter.city)] {
        if let Some(value) = value {
            statement.push(sql);
            statement.push_bind(value.as_str());
        }
    }
    let parts = [("s.name_key", &filter.name_icontains), ("s.city_key", &filter.city_icontains)];
    for (column, part) in parts {
        if let Some(part) = part {
            statement.push_dialect(" AND strpos(", " AND instr(");
            statement.push(column);
            statement.push(", ");
            statement.push_bind(text::fold(part));
            statement.push(") > 0");
        }
    }
    match filter.is_active {
        Some(true) => statement.push(" AND s.is_active"),
        Some(false) => statement.push(" AND NOT s.is_active"),
        None => {}
    }
    match filter.archived {
        Archived::Hidden => statement.push(" AND NOT s.archived"),
        Archived::Only => statement.push(" AND s.archived"),
        Archived::Included => {}
    }
    statement
}
