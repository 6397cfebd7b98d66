//! The rows of tenants and their places, as tables have them, and how rows of a suite's world are put down.

use std::fmt::Display;

use regulars_kernel::{Timestamp, text::fold};
use regulars_merchant::{EntitySource, TillRedemption, suite::World};
use regulars_persistence::{Bulk, DatabaseUrl, Db, Settings, Value, migrate};
use regulars_testkit::{Engine, TempDatabase, fresh};

fn migrated(url: &str) -> Result<(), String> {
    let url = DatabaseUrl::parse(url).map_err(|error| error.to_string())?;
    migrate(&url).map(drop).map_err(|error| error.to_string())
}

/// A fresh database with the rows that `fill` puts down.
pub(crate) fn database(engine: Engine, fill: impl FnOnce(&mut Bulk)) -> (TempDatabase, Db) {
    let temporary = fresh(engine, migrated);
    let url = DatabaseUrl::parse(temporary.url()).unwrap();
    let mut bulk = Bulk::begin(&url).unwrap();
    fill(&mut bulk);
    bulk.finish(|_, _| {}).unwrap();
    let db = Db::open(&Settings::new(url)).unwrap();
    (temporary, db)
}

/// What can stand in a row.
pub(crate) trait Cell {
    /// As the table has it.
    fn value(self) -> Value;
}

macro_rules! cells {
    ($($kind:ty: |$cell:ident| $value:expr;)+) => {$(
        impl Cell for $kind {
            fn value(self) -> Value {
                let $cell = self;
                $value
            }
        }
    )+};
}

cells! {
    i64: |number| Value::Int(number);
    i32: |number| Value::Int(number.into());
    bool: |yes| Value::Bool(yes);
    &str: |text| Value::Text(text.to_owned());
    String: |text| Value::Text(text);
    regulars_loyalty::chain::Link: |link| Value::Bytes(link.as_bytes().to_vec());
    Timestamp: |at| Value::Int(at.micros());
    EntitySource: |source| Value::Text(source.name().to_owned());
}

impl<C: Cell> Cell for Option<C> {
    fn value(self) -> Value {
        self.map_or(Value::Null, C::value)
    }
}

impl<C: Cell + Clone> Cell for &Option<C> {
    fn value(self) -> Value {
        self.clone().value()
    }
}

/// The text of what is a text in its table.
pub(crate) fn text(value: impl Display) -> String {
    value.to_string()
}

/// Puts one row down.
macro_rules! put {
    ($bulk:expr, $table:ident { $($column:ident: $value:expr),+ $(,)? }) => {
        $bulk
            .insert(
                stringify!($table),
                &[$(stringify!($column)),+],
                &[vec![$($crate::places::Cell::value($value)),+]],
            )
            .unwrap()
    };
}
#[allow(unused_imports, reason = "not every test has rows of its own")]
pub(crate) use put;

/// An account with nothing but its number.
pub(crate) fn put_person(bulk: &mut Bulk, id: i64, user_type: &str) {
    put!(
        bulk,
        person {
            id: id,
            user_type: user_type,
            registered: true,
            created_at: 0_i64,
            updated_at: 0_i64,
        }
    );
}

/// A live membership with nothing but its keys, and what is searched of it.
pub(crate) fn put_membership(
    bulk: &mut Bulk,
    merchant: i64,
    person: i64,
    managed: bool,
    search: i64,
) {
    put!(
        bulk,
        membership {
            merchant_id: merchant,
            person_id: person,
            managed: managed,
            created_at: 0_i64,
            updated_at: 0_i64,
        }
    );
    put!(
        bulk,
        membership_search {
            id: search,
            merchant_id: merchant,
            person_id: person,
            firstname: "",
            lastname: "",
            city: "",
            email: "",
            phone: "",
            loyalty_id: "",
            cards: "",
        }
    );
}

/// Merchants with the accounts that founded them, stores, groups and products.
pub(crate) fn put_places(bulk: &mut Bulk, world: &World) {
    for row in &world.merchants {
        put_person(bulk, row.id.founder().get(), "MERCHANT");
    }
    for row in &world.merchants {
        put!(
            bulk,
            merchant {
                id: row.id.get(),
                name: row.name.as_str(),
                merchant_type: &row.merchant_type,
                time_zone: text(row.time_zone),
                currency: row.currency.code(),
                num_of_order_discounts_allowed: row.num_of_order_discounts_allowed,
                logo: &row.logo,
                refund_policy: row.refund_policy.name(),
                claim_days: row.claim_days,
                refund_grace_days: row.refund_grace_days,
                created_at: row.created_at,
                updated_at: row.updated_at,
            }
        );
    }
    for row in &world.stores {
        put!(
            bulk,
            store {
                id: row.id.get(),
                merchant_id: row.merchant.get(),
                name: row.name.as_str(),
                name_key: fold(&row.name),
                location: &row.location,
                phone_number: &row.phone_number,
                country: &row.country,
                state: &row.state,
                city: &row.city,
                city_key: fold(row.city.as_deref().unwrap_or_default()),
                street: &row.street,
                zip_code: &row.zip_code,
                tax_rate: row.tax_rate,
                time_zone: row.time_zone.map(text),
                day_starts_at: text(row.day_starts_at),
                late_hours: row.late_hours,
                till_redemption: row.till_redemption.map(TillRedemption::name),
                is_active: row.is_active,
                archived: row.archived,
                extra_info: &row.extra_info,
                created_at: row.created_at,
                updated_at: row.updated_at,
            }
        );
    }
    for row in &world.store_groups {
        put!(
            bulk,
            store_group {
                id: row.id.get(),
                merchant_id: row.merchant.get(),
                name: row.name.as_str(),
                created_at: row.created_at,
                updated_at: row.updated_at,
            }
        );
        for store in &row.stores {
            put!(
                bulk,
                store_group_member {
                    merchant_id: row.merchant.get(),
                    store_group_id: row.id.get(),
                    store_id: store.get(),
                }
            );
        }
    }
    for row in &world.products {
        put!(
            bulk,
            product {
                id: row.id.get(),
                merchant_id: row.merchant.get(),
                name: row.name.as_str(),
                name_key: fold(&row.name),
                price: row.price.minor(),
                currency: row.price.currency().code(),
                category: &row.category,
                category_key: fold(row.category.as_deref().unwrap_or_default()),
                entity_source: row.entity_source,
                entity_source_id: &row.entity_source_id,
                archived: row.archived,
                extra_info: &row.extra_info,
                created_at: row.created_at,
                updated_at: row.updated_at,
            }
        );
    }
}
