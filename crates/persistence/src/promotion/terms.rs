//! Columns that offers, loyalty cards and campaigns have in common, under one alias, and how they are read.

use diesel::{
    Queryable,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_kernel::{Currency, Money, StoreError, StoreGroupId, StoreId, Timestamp};
use regulars_merchant::Weekdays;
use regulars_promotion::{Places, Status, Target, Terms};

use crate::{
    Tx,
    statement::{Bind, Statement},
};

/// The columns of [`TermsRow`], in its order.
macro_rules! terms_columns {
    ($alias:literal) => {
        concat!(
            $alias,
            ".status, ",
            $alias,
            ".start_time, ",
            $alias,
            ".end_time, ",
            $alias,
            ".day_start_time, ",
            $alias,
            ".day_end_time, ",
            $alias,
            ".days_of_week, ",
            $alias,
            ".enrollment_limit, ",
            $alias,
            ".repeatable, ",
            $alias,
            ".repeat_delay_hours, ",
            $alias,
            ".segmentation_rules, ",
            $alias,
            ".minimum_spend, ",
            $alias,
            ".minimum_spend_currency, ",
            $alias,
            ".weather, ",
            $alias,
            ".extra_info, ",
            $alias,
            ".archived"
        )
    };
}
pub(crate) use terms_columns;

/// The column of the ids that a table of pairs has for a row, as a list in a text. Lists are short, and come with their
/// row this way.
macro_rules! ids_column {
    ($pairs:expr, $owner:expr, $member:literal, $alias:literal) => {
        concat!(
            "(SELECT string_agg(CAST(x.",
            $member,
            " AS TEXT), ',') FROM ",
            $pairs,
            " x WHERE x.merchant_id = ",
            $alias,
            ".merchant_id AND x.",
            $owner,
            " = ",
            $alias,
            ".id)"
        )
    };
}
pub(crate) use ids_column;

/// The columns of [`PlacesRow`] for a table of promotions.
macro_rules! places_columns {
    ($table:literal, $alias:literal) => {
        concat!(
            $crate::promotion::terms::ids_column!(
                concat!($table, "_store"),
                concat!($table, "_id"),
                "store_id",
                $alias
            ),
            ", ",
            $crate::promotion::terms::ids_column!(
                concat!($table, "_store_group"),
                concat!($table, "_id"),
                "store_group_id",
                $alias
            )
        )
    };
}
pub(crate) use places_columns;

/// The SQL types of [`TermsRow`].
pub(crate) type TermsSql = (
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Integer,
    Nullable<BigInt>,
    Bool,
    Nullable<Integer>,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
);

/// Terms as they are stored, without the places.
#[derive(Queryable)]
pub(crate) struct TermsRow {
    status: String,
    start_time: Option<i64>,
    end_time: Option<i64>,
    day_start_time: Option<String>,
    day_end_time: Option<String>,
    days_of_week: i32,
    enrollment_limit: Option<i64>,
    repeatable: bool,
    repeat_delay_hours: Option<i32>,
    segmentation_rules: Option<String>,
    minimum_spend: Option<i64>,
    minimum_spend_currency: Option<String>,
    weather: Option<String>,
    extra_info: Option<String>,
    archived: bool,
}

impl TermsRow {
    pub(crate) fn terms(self, places: Places, origin: Origin) -> Result<Terms, StoreError> {
        let weekdays = u8::try_from(self.days_of_week).ok().and_then(Weekdays::from_bits);
        let target = |rules: String| Target::parse(&rules).ok();
        let minimum_spend = match (self.minimum_spend, self.minimum_spend_currency) {
            (None, _) => None,
            (Some(minor), currency) => {
                let currency = currency.as_deref().and_then(Currency::from_code);
                Some(Money::new(minor, origin.read("minimum_spend_currency", currency)?))
            }
        };
        Ok(Terms {
            status: origin.read("status", Status::from_name(&self.status))?,
            start_time: self.start_time.map(Timestamp::from_micros),
            end_time: self.end_time.map(Timestamp::from_micros),
            day_start_time: origin.read_some(
                "day_start_time",
                self.day_start_time.as_deref(),
                parsed,
            )?,
            day_end_time: origin.read_some("day_end_time", self.day_end_time.as_deref(), parsed)?,
            weekdays: origin.read("days_of_week", weekdays)?,
            places,
            enrollment_limit: self.enrollment_limit,
            repeatable: self.repeatable,
            repeat_delay_hours: self.repeat_delay_hours,
            target: origin.read_some("segmentation_rules", self.segmentation_rules, target)?,
            minimum_spend,
            weather: self.weather,
            extra_info: self.extra_info,
            archived: self.archived,
        })
    }
}

/// The SQL types of [`PlacesRow`].
pub(crate) type PlacesSql = (Nullable<Text>, Nullable<Text>);

/// Where something runs, as lists of ids.
#[derive(Queryable)]
pub(crate) struct PlacesRow {
    stores: Option<String>,
    groups: Option<String>,
}

impl PlacesRow {
    pub(crate) fn places(self, origin: Origin) -> Result<Places, StoreError> {
        Ok(Places {
            stores: ids(self.stores, StoreId::new).ok_or(origin.corrupt("store_id"))?,
            groups: ids(self.groups, StoreGroupId::new).ok_or(origin.corrupt("store_group_id"))?,
        })
    }
}

/// A table that pairs a promotion with what it names.
pub(crate) struct Pairs {
    pub(crate) table: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) member: &'static str,
}

/// Names the tables that pair promotions with what they name: `NAME = "table"("owner", "member");`.
macro_rules! pairs {
    ($($name:ident = $table:literal($owner:literal, $member:literal);)+) => {$(
        const $name: $crate::promotion::terms::Pairs =
            $crate::promotion::terms::Pairs { table: $table, owner: $owner, member: $member };
    )+};
}
pub(crate) use pairs;

impl Pairs {
    /// Removes all of one promotion.
    pub(crate) fn clear(
        &self,
        tx: &mut Tx<'_>,
        merchant: i64,
        owner: i64,
    ) -> Result<(), StoreError> {
        let mut statement = Statement::<()>::new("DELETE FROM ").sql(self.table);
        statement.push(" WHERE merchant_id = ");
        statement.push_bind(merchant);
        statement.push(" AND ");
        statement.push(self.owner);
        statement.push(" = ");
        statement.push_bind(owner);
        statement.execute(tx.connection).map(drop)
    }

    /// Adds what a promotion names; nothing where that is nothing.
    pub(crate) fn put(
        &self,
        tx: &mut Tx<'_>,
        merchant: i64,
        owner: i64,
        members: impl ExactSizeIterator<Item = i64>,
    ) -> Result<(), StoreError> {
        if members.len() == 0 {
            return Ok(());
        }
        let mut statement = Statement::<()>::new("INSERT INTO ").sql(self.table);
        for part in [" (merchant_id, ", self.owner, ", ", self.member, ") SELECT "] {
            statement.push(part);
        }
        statement.push_bind(merchant);
        statement.push(", ");
        statement.push_bind(owner);
        let statement = statement.sql(", k.value FROM ").each(members.collect::<Bind>()).sql(" k");
        statement.execute(tx.connection).map(drop)
    }
}

/// Reads the list of [`ids_column`], in ascending order.
pub(crate) fn ids<T: Ord>(list: Option<String>, id: impl Fn(i64) -> T) -> Option<Vec<T>> {
    let list = list.unwrap_or_default();
    let parts = list.split(',').filter(|part| !part.is_empty());
    let mut ids: Vec<T> =
        parts.map(|part| part.parse().ok().map(&id)).collect::<Option<Vec<T>>>()?;
    ids.sort_unstable();
    Some(ids)
}

/// What a text says, if it can be read.
pub(crate) fn parsed<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// The row that values come from, for the error that says which one is corrupt.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) table: &'static str,
    pub(crate) id: i64,
}

impl Origin {
    pub(crate) const fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.table, column, id: self.id }
    }

    /// What was read of a column, if it could be.
    pub(crate) fn read<T>(self, column: &'static str, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.corrupt(column))
    }

    /// Reads a value that may be absent.
    pub(crate) fn read_some<T, S>(
        self,
        column: &'static str,
        stored: Option<S>,
        read: impl FnOnce(S) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        stored.map(|stored| self.read(column, read(stored))).transpose()
    }
}
