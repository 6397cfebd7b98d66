//! Loyalty cards are made and changed.

#![allow(clippy::ref_option_ref, reason = "diesel's derives write so")]

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, QueryDsl, RunQueryDsl, sql_types::Integer,
};
use regulars_kernel::{LoyaltyCardId, MerchantId, Money, Points, StoreError, Timestamp, text};
use regulars_loyalty::{LoyaltyCard, Millionths, Program, Spending};
use regulars_promotion::Target;

use super::{COLUMNS, cards, load};
use crate::{
    Tx,
    error::IntoStore,
    loyalty::{reached, require_reach},
    schema::{loyalty_card, loyalty_card_product, loyalty_card_store, loyalty_card_store_group},
    statement::Statement,
};

/// What is written of a card's program. Absent values become null.
#[derive(Insertable, AsChangeset, Default)]
#[diesel(table_name = loyalty_card, treat_none_as_null = true)]
struct WrittenProgram {
    loyalty_type: &'static str,
    points_loyalty_type: Option<&'static str>,
    currency: &'static str,
    dollar_worth: Option<i64>,
    initial_points: Option<i64>,
    max_points_per_day: Option<i64>,
    points_needed: Option<i64>,
    incremental_points: Option<i64>,
    point_worth: Option<i64>,
    min_price: Option<i64>,
    max_price: Option<i64>,
    tax_included: bool,
    validity_in_months: Option<i32>,
    activation_delay_days: Option<i32>,
    stamps_needed: Option<i32>,
    max_stamps_per_day: Option<i32>,
    stamp_expiration_days: Option<i32>,
}

impl From<&LoyaltyCard> for WrittenProgram {
    fn from(card: &LoyaltyCard) -> Self {
        let kind = Self {
            loyalty_type: card.program.type_name(),
            currency: card.currency.code(),
            tax_included: true,
            ..Self::default()
        };
        match &card.program {
            Program::Points(points) => {
                let (needed, step, worth) = match points.spending {
                    Spending::Flat { points_needed, incremental_points, point_worth } => {
                        (Some(points_needed), incremental_points, Some(point_worth))
                    }
                    Spending::Product => (None, None, None),
                };
                Self {
                    points_loyalty_type: Some(points.spending.type_name()),
                    dollar_worth: Some(points.dollar_worth.get()),
                    initial_points: Some(points.initial_points.get()),
                    max_points_per_day: points.max_points_per_day.map(Points::get),
                    points_needed: needed.map(Points::get),
                    incremental_points: step.map(Points::get),
                    point_worth: worth.map(Millionths::get),
                    min_price: points.min_price.map(Money::minor),
                    max_price: points.max_price.map(Money::minor),
                    tax_included: points.tax_included,
                    validity_in_months: points.validity_in_months.map(integer),
                    activation_delay_days: Some(integer(points.activation_delay_days)),
                    ..kind
                }
            }
            Program::Stamps(stamps) => Self {
                stamps_needed: Some(integer(stamps.stamps_needed)),
                max_stamps_per_day: stamps.max_stamps_per_day.map(integer),
                stamp_expiration_days: stamps.stamp_expiration_days.map(integer),
                ..kind
            },
        }
    }
}

/// What is written of a card beside its program. Absent values become null.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = loyalty_card, treat_none_as_null = true)]
struct Written<'a> {
    name: &'a str,
    name_key: String,
    short_description: Option<&'a str>,
    long_description: Option<&'a str>,
    terms_and_conditions: Option<&'a str>,
    placement: Option<&'a str>,
    redemption_expiration_days: Option<i32>,
    status: &'static str,
    start_time: Option<i64>,
    end_time: Option<i64>,
    day_start_time: Option<String>,
    day_end_time: Option<String>,
    days_of_week: i32,
    weather: Option<&'a str>,
    enrollment_limit: Option<i64>,
    repeatable: bool,
    repeat_delay_hours: Option<i32>,
    segmentation_rules: Option<&'a str>,
    minimum_spend: Option<i64>,
    minimum_spend_currency: Option<&'static str>,
    extra_info: Option<&'a str>,
    archived: bool,
    updated_at: i64,
}

impl<'a> From<&'a LoyaltyCard> for Written<'a> {
    fn from(card: &'a LoyaltyCard) -> Self {
        let terms = &card.terms;
        Self {
            name: &card.name,
            name_key: text::fold(&card.name),
            short_description: card.short_description.as_deref(),
            long_description: card.long_description.as_deref(),
            terms_and_conditions: card.terms_and_conditions.as_deref(),
            placement: card.placement.as_deref(),
            redemption_expiration_days: card.redemption_expiration_days,
            status: terms.status.name(),
            start_time: terms.start_time.map(Timestamp::micros),
            end_time: terms.end_time.map(Timestamp::micros),
            day_start_time: terms.day_start_time.map(|time| time.to_string()),
            day_end_time: terms.day_end_time.map(|time| time.to_string()),
            days_of_week: terms.weekdays.bits().into(),
            weather: terms.weather.as_deref(),
            enrollment_limit: terms.enrollment_limit,
            repeatable: terms.repeatable,
            repeat_delay_hours: terms.repeat_delay_hours,
            segmentation_rules: terms.target.as_ref().map(Target::source),
            minimum_spend: terms.minimum_spend.map(Money::minor),
            minimum_spend_currency: terms.minimum_spend.map(|least| least.currency().code()),
            extra_info: terms.extra_info.as_deref(),
            archived: terms.archived,
            updated_at: card.updated_at.micros(),
        }
    }
}

/// Ranges of programs end long before 31 bits do.
fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(in crate::loyalty) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: LoyaltyCardId,
) -> Result<Option<LoyaltyCard>, StoreError> {
    require_reach(tx, merchant)?;
    let statement = cards(COLUMNS)
        .sql(" WHERE p.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND p.id = ")
        .bind(id.get())
        .sql(tx.lock());
    Ok(load(tx, statement)?.pop())
}

pub(in crate::loyalty) fn insert(
    tx: &mut Tx<'_>,
    new: &LoyaltyCard,
) -> Result<LoyaltyCardId, StoreError> {
    require_reach(tx, new.merchant)?;
    let own = (
        loyalty_card::merchant_id.eq(new.merchant.get()),
        loyalty_card::created_at.eq(new.created_at.micros()),
    );
    let id: i64 = diesel::insert_into(loyalty_card::table)
        .values((own, Written::from(new), WrittenProgram::from(new)))
        .returning(loyalty_card::id)
        .get_result(tx.connection)
        .store()?;
    put_named(tx, id, new)?;
    Ok(LoyaltyCardId::new(id))
}

pub(in crate::loyalty) fn update(tx: &mut Tx<'_>, changed: &LoyaltyCard) -> Result<(), StoreError> {
    require_reach(tx, changed.merchant)?;
    let (merchant, id) = (changed.merchant.get(), changed.id.get());
    let rows = diesel::update(loyalty_card::table.find((merchant, id)))
        .set((Written::from(changed), WrittenProgram::from(changed)))
        .execute(tx.connection)
        .store()?;
    reached(rows)?;
    diesel::delete(loyalty_card_store::table)
        .filter(loyalty_card_store::merchant_id.eq(merchant))
        .filter(loyalty_card_store::loyalty_card_id.eq(id))
        .execute(tx.connection)
        .store()?;
    diesel::delete(loyalty_card_store_group::table)
        .filter(loyalty_card_store_group::merchant_id.eq(merchant))
        .filter(loyalty_card_store_group::loyalty_card_id.eq(id))
        .execute(tx.connection)
        .store()?;
    diesel::delete(loyalty_card_product::table)
        .filter(loyalty_card_product::merchant_id.eq(merchant))
        .filter(loyalty_card_product::loyalty_card_id.eq(id))
        .execute(tx.connection)
        .store()?;
    put_named(tx, id, changed)
}

/// Puts down the stores, groups and products that a card names. A statement for each that names any.
fn put_named(tx: &mut Tx<'_>, id: i64, card: &LoyaltyCard) -> Result<(), StoreError> {
    let places = &card.terms.places;
    let merchant = card.merchant.get();
    put_pairs(
        tx,
        "INSERT INTO loyalty_card_store (merchant_id, loyalty_card_id, store_id) SELECT ",
        (merchant, id),
        places.stores.iter().map(|store| store.get()).collect(),
    )?;
    put_pairs(
        tx,
        "INSERT INTO loyalty_card_store_group (merchant_id, loyalty_card_id, store_group_id) SELECT ",
        (merchant, id),
        places.groups.iter().map(|group| group.get()).collect(),
    )?;
    put_pairs(
        tx,
        "INSERT INTO loyalty_card_product (merchant_id, loyalty_card_id, product_id) SELECT ",
        (merchant, id),
        card.products.iter().map(|product| product.get()).collect(),
    )
}

fn put_pairs(
    tx: &mut Tx<'_>,
    insert: &'static str,
    (merchant, id): (i64, i64),
    members: Vec<i64>,
) -> Result<(), StoreError> {
    if members.is_empty() {
        return Ok(());
    }
    let members: crate::statement::Bind = members.into_iter().collect();
    let statement = Statement::<()>::new(insert)
        .bind(merchant)
        .sql(", ")
        .bind(id)
        .sql(", n.value FROM ")
        .each(members)
        .sql(" n");
    statement.execute(tx.connection).map(drop)
}

pub(in crate::loyalty) fn has_entries(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: LoyaltyCardId,
) -> Result<bool, StoreError> {
    require_reach(tx, merchant)?;
    let found = Statement::<Integer>::new("SELECT 1 FROM account a WHERE a.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND a.loyalty_card_id = ")
        .bind(id.get())
        .sql(" AND a.seq > 0 LIMIT 1")
        .first::<i32>(tx.connection)?;
    Ok(found.is_some())
}
