//! Loyalty cards.

pub(super) mod change;

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{
    Currency, LoyaltyCardId, MerchantId, Money, Page, PageRequest, Points, ProductId, Scope,
    StoreError, Timestamp,
};
use regulars_loyalty::{
    LoyaltyCard, LoyaltyCardFilter, LoyaltyCardSort, Millionths, PointsProgram, Program, Spending,
    StampsProgram,
};

use crate::{
    Tx,
    page::{SortColumns, push_page},
    promotion::{
        reach::{
            LIVE, Wanted, near, push_listed, push_reached, push_runs_in, push_store_of_merchant,
            push_window_holds, runs_in,
        },
        terms::{
            Origin, PlacesRow, PlacesSql, TermsRow, TermsSql, ids, ids_column, places_columns,
            terms_columns,
        },
    },
    statement::{Bind, Statement},
};

const COLUMNS: &str = concat!(
    "p.id, p.merchant_id, p.name, p.short_description, p.long_description, \
     p.terms_and_conditions, p.placement, p.currency, p.redemption_expiration_days, \
     p.created_at, p.updated_at, p.loyalty_type, p.points_loyalty_type, p.dollar_worth, \
     p.initial_points, p.max_points_per_day, p.points_needed, p.incremental_points, \
     p.point_worth, p.min_price, p.max_price, p.tax_included, p.validity_in_months, p.activation_delay_days, \
     p.stamps_needed, p.max_stamps_per_day, p.stamp_expiration_days, ",
    terms_columns!("p"),
    ", ",
    places_columns!("loyalty_card", "p"),
    ", ",
    ids_column!("loyalty_card_product", "loyalty_card_id", "product_id", "p")
);

type ProgramSql = (
    Text,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Bool,
    Nullable<Integer>,
    Nullable<Integer>,
    Nullable<Integer>,
    Nullable<Integer>,
    Nullable<Integer>,
);

type RowSql = (
    BigInt,
    BigInt,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Text,
    Nullable<Integer>,
    BigInt,
    BigInt,
    ProgramSql,
    TermsSql,
    PlacesSql,
    Nullable<Text>,
);

#[derive(Queryable)]
struct ProgramRow {
    loyalty_type: String,
    points_loyalty_type: Option<String>,
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

impl ProgramRow {
    fn program(self, currency: Currency, origin: Origin) -> Result<Program, StoreError> {
        match self.loyalty_type.as_str() {
            "POINTS" => self.points(currency, origin).map(Program::Points),
            "STAMPS" => self.stamps(origin).map(Program::Stamps),
            _ => Err(origin.corrupt("loyalty_type")),
        }
    }

    fn points(&self, currency: Currency, origin: Origin) -> Result<PointsProgram, StoreError> {
        let spending = match self.points_loyalty_type.as_deref() {
            Some("FLAT") => Spending::Flat {
                points_needed: Points::new(origin.read("points_needed", self.points_needed)?),
                incremental_points: self.incremental_points.map(Points::new),
                point_worth: Millionths::new(origin.read("point_worth", self.point_worth)?),
            },
            Some("PRODUCT") => Spending::Product,
            _ => return Err(origin.corrupt("points_loyalty_type")),
        };
        let price = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency));
        let delay = origin.read_some("activation_delay_days", self.activation_delay_days, whole)?;
        Ok(PointsProgram {
            spending,
            dollar_worth: Millionths::new(origin.read("dollar_worth", self.dollar_worth)?),
            initial_points: Points::new(self.initial_points.unwrap_or_default()),
            max_points_per_day: self.max_points_per_day.map(Points::new),
            min_price: price(self.min_price),
            max_price: price(self.max_price),
            tax_included: self.tax_included,
            validity_in_months: origin.read_some(
                "validity_in_months",
                self.validity_in_months,
                whole,
            )?,
            activation_delay_days: delay.unwrap_or_default(),
        })
    }

    fn stamps(&self, origin: Origin) -> Result<StampsProgram, StoreError> {
        let needed = self.stamps_needed.and_then(whole);
        Ok(StampsProgram {
            stamps_needed: origin.read("stamps_needed", needed)?,
            max_stamps_per_day: origin.read_some(
                "max_stamps_per_day",
                self.max_stamps_per_day,
                whole,
            )?,
            stamp_expiration_days: origin.read_some(
                "stamp_expiration_days",
                self.stamp_expiration_days,
                whole,
            )?,
        })
    }
}

fn whole(stored: i32) -> Option<u32> {
    u32::try_from(stored).ok()
}

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    name: String,
    short_description: Option<String>,
    long_description: Option<String>,
    terms_and_conditions: Option<String>,
    placement: Option<String>,
    currency: String,
    redemption_expiration_days: Option<i32>,
    created_at: i64,
    updated_at: i64,
    program: ProgramRow,
    terms: TermsRow,
    places: PlacesRow,
    products: Option<String>,
}

impl Row {
    fn card(self) -> Result<LoyaltyCard, StoreError> {
        let origin = Origin { table: "loyalty_card", id: self.id };
        let currency = origin.read("currency", Currency::from_code(&self.currency))?;
        let places = self.places.places(origin)?;
        Ok(LoyaltyCard {
            id: LoyaltyCardId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            name: self.name,
            short_description: self.short_description,
            long_description: self.long_description,
            terms_and_conditions: self.terms_and_conditions,
            placement: self.placement,
            currency,
            program: self.program.program(currency, origin)?,
            redemption_expiration_days: self.redemption_expiration_days,
            terms: self.terms.terms(places, origin)?,
            products: origin.read("product_id", ids(self.products, ProductId::new))?,
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

impl SortColumns for LoyaltyCardSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "p.name_key",
            // The least number there is, in a spelling that both databases take for one of 64 bits.
            Self::StartTime => "COALESCE(p.start_time, -9223372036854775807 - 1)",
            Self::CreatedAt => "p.created_at",
        }
    }

    const PK: &'static str = "p.id";
}

pub(super) fn by_ids(
    tx: &mut Tx<'_>,
    ids: &[LoyaltyCardId],
) -> Result<Vec<LoyaltyCard>, StoreError> {
    let ids: Bind = ids.iter().map(|id| id.get()).collect();
    let mut statement = cards(COLUMNS).sql(" WHERE p.id").is_in(ids);
    push_reached(&mut statement, tx.scope(), LIVE);
    load(tx, statement)
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    filter: &LoyaltyCardFilter,
    request: &PageRequest<LoyaltyCardSort>,
) -> Result<Page<LoyaltyCard>, StoreError> {
    let mut statement = cards(COLUMNS).sql(" WHERE TRUE");
    push_filter(&mut statement, tx.scope(), filter);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, filter: &LoyaltyCardFilter) -> Result<u64, StoreError> {
    let mut statement = cards::<BigInt>("COUNT(*)").sql(" WHERE TRUE");
    push_filter(&mut statement, tx.scope(), filter);
    let count: Option<i64> = statement.first(tx.connection)?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

pub(super) fn per_merchant(
    tx: &mut Tx<'_>,
    merchants: &[MerchantId],
    running_at: Option<Timestamp>,
    most: u16,
) -> Result<Vec<LoyaltyCard>, StoreError> {
    let mut statement = Statement::new("SELECT ")
        .sql(COLUMNS)
        .sql(
            " FROM (SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.merchant_id ORDER BY p.id DESC) \
             AS nth FROM loyalty_card p WHERE NOT p.archived AND p.merchant_id",
        )
        .is_in(near(tx.scope(), merchants).into_iter().collect::<Bind>());
    if running_at.is_some() || matches!(tx.scope(), Scope::Person(_)) {
        statement.push(" AND ");
        statement.push(LIVE);
    }
    if let Some(at) = running_at {
        push_window_holds(&mut statement, at);
    }
    statement.push(") p WHERE p.nth <= ");
    statement.push_bind(i64::from(most));
    statement.push(" ORDER BY p.id");
    load(tx, statement)
}

fn cards<ST>(select: &'static str) -> Statement<ST> {
    Statement::new("SELECT ").sql(select).sql(" FROM loyalty_card p")
}

fn push_filter<ST>(statement: &mut Statement<ST>, scope: Scope, filter: &LoyaltyCardFilter) {
    push_listed(statement, scope, LIVE);
    let wanted = Wanted {
        name: filter.name.as_deref(),
        name_icontains: filter.name_icontains.as_deref(),
        status: filter.status,
        merchant: filter.merchant,
        archived: filter.archived,
    };
    wanted.push(statement);
    if let Some(kind) = &filter.loyalty_type {
        statement.push(" AND p.loyalty_type = ");
        statement.push_bind(kind.as_str());
    }
    if let Some(store) = filter.store {
        push_store_of_merchant(statement, store);
        statement.push(" AND ");
        push_runs_in(statement, runs_in!("loyalty_card", "p.merchant_id", "p.id"), store);
    }
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<LoyaltyCard>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(Row::card).collect()
}
