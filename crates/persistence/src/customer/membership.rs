//! What merchants have of people.

#![expect(clippy::ref_option_ref, reason = "diesel's derives borrow every field")]

use diesel::{
    QueryDsl, Queryable, RunQueryDsl,
    prelude::{AsChangeset, Insertable},
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use regulars_customer::{
    ExtraInfo, Kind, LoyaltyId, Membership, Sharing, Standing, search::SearchText,
    segment::folded_text,
};
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError, Timestamp};
use regulars_merchant::EntitySource;

use super::{
    card,
    profile::{Place, ProfileRow, ProfileSql, ProfileValues, profile_columns},
    search_text,
};
use crate::{
    Tx, connection::AnyConnection, error::IntoStore, schema::membership, statement::Statement,
};

/// The columns of [`Row`], in its order, under the alias `m`.
pub(super) const COLUMNS: &str = concat!(
    "m.merchant_id, m.person_id, m.managed, m.sharing, m.loyalty_id, ",
    profile_columns!("m"),
    ", m.verified, m.extra_info, m.entity_source, m.entity_source_id, \
     m.num_of_order_discounts_allowed, m.archived, m.departed, m.merged_into, m.last_login, \
     m.deleted_at, m.erased_at, m.created_at, m.updated_at"
);

/// Their SQL types.
pub(super) type RowSql = (
    BigInt,
    BigInt,
    Bool,
    Nullable<Text>,
    Nullable<Text>,
    ProfileSql,
    Bool,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Integer,
    Bool,
    Bool,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
);

/// A membership as it is stored, without its cards.
#[derive(Queryable)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns")]
pub(super) struct Row {
    merchant_id: i64,
    person_id: i64,
    managed: bool,
    sharing: Option<String>,
    loyalty_id: Option<String>,
    profile: ProfileRow,
    verified: bool,
    extra_info: Option<String>,
    entity_source: Option<String>,
    entity_source_id: Option<String>,
    num_of_order_discounts_allowed: i32,
    archived: bool,
    departed: bool,
    merged_into: Option<i64>,
    last_login: Option<i64>,
    deleted_at: Option<i64>,
    erased_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    pub(super) fn membership(self) -> Result<Membership, StoreError> {
        let place = Place { table: "membership", id: self.person_id };
        let since = self.deleted_at.map(Timestamp::from_micros);
        let erased = self.erased_at.map(Timestamp::from_micros);
        let merged = self.merged_into.map(PersonId::new);
        let standing = match (erased, self.archived, merged, self.departed, since) {
            (Some(at), ..) => Standing::Erased(at),
            (None, false, ..) => Standing::Live,
            (None, true, Some(into), _, Some(since)) => Standing::Merged(into, since),
            (None, true, None, false, Some(since)) => Standing::Archived(since),
            (None, true, None, true, Some(since)) => Standing::Left(since),
            (None, true, _, _, None) => return Err(place.corrupt("deleted_at")),
        };
        let source = self.entity_source.as_deref();
        Ok(Membership {
            merchant: MerchantId::new(self.merchant_id),
            person: PersonId::new(self.person_id),
            kind: if self.managed { Kind::Managed } else { Kind::Registered },
            sharing: place.read("sharing", self.sharing.as_deref(), Sharing::from_name)?,
            loyalty_id: self.loyalty_id.map(LoyaltyId::from_stored),
            profile: self.profile.profile(place)?,
            verified: self.verified,
            cards: Vec::new(),
            extra_info: self.extra_info.map(ExtraInfo::from_stored),
            num_of_order_discounts_allowed: self.num_of_order_discounts_allowed,
            entity_source: place.read("entity_source", source, EntitySource::from_name)?,
            entity_source_id: self.entity_source_id,
            standing,
            last_login: self.last_login.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

/// What is written once.
#[derive(Insertable)]
#[diesel(table_name = membership, treat_none_as_default_value = false)]
struct Fixed {
    merchant_id: i64,
    person_id: i64,
    managed: bool,
    creator_id: Option<i64>,
    created_at: i64,
}

impl From<&Membership> for Fixed {
    fn from(membership: &Membership) -> Self {
        Self {
            merchant_id: membership.merchant.get(),
            person_id: membership.person.get(),
            managed: membership.kind == Kind::Managed,
            creator_id: membership.creator().map(PersonId::get),
            created_at: membership.created_at.micros(),
        }
    }
}

/// What every change writes.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = membership, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Values<'a> {
    sharing: Option<&'static str>,
    loyalty_id: Option<&'a str>,
    email: Option<&'a str>,
    email_key: &'a str,
    secondary_email: Option<&'a str>,
    verified: bool,
    firstname: &'a str,
    firstname_key: &'a str,
    lastname: &'a str,
    lastname_key: &'a str,
    phone_number: Option<&'a str>,
    birthday: Option<String>,
    gender: Option<&'static str>,
    country: Option<&'static str>,
    city: Option<&'a str>,
    city_key: &'a str,
    street: Option<&'a str>,
    zip_code: Option<&'a str>,
    picture: Option<&'a str>,
    extra_info: Option<&'a str>,
    /// What segments compare that has no folded column of its own.
    folded_text: String,
    entity_source: Option<&'static str>,
    entity_source_id: Option<&'a str>,
    num_of_order_discounts_allowed: i32,
    archived: bool,
    departed: bool,
    merged_into: Option<i64>,
    last_login: Option<i64>,
    deleted_at: Option<i64>,
    erased_at: Option<i64>,
    updated_at: i64,
}

impl<'a> Values<'a> {
    /// `searched` has the folded names, by which lists are ordered.
    fn of(membership: &'a Membership, searched: &'a SearchText) -> Self {
        let profile = &membership.profile;
        let ProfileValues {
            email, secondary_email, phone_number, birthday, gender, country, ..
        } = profile.into();
        Self {
            sharing: membership.sharing.map(Sharing::name),
            loyalty_id: membership.loyalty_id.as_ref().map(LoyaltyId::as_str),
            email,
            email_key: &searched.email,
            secondary_email,
            verified: membership.verified,
            firstname: &profile.firstname,
            firstname_key: &searched.firstname,
            lastname: &profile.lastname,
            lastname_key: &searched.lastname,
            phone_number,
            birthday,
            gender,
            country,
            city: profile.city.as_deref(),
            city_key: &searched.city,
            street: profile.street.as_deref(),
            zip_code: profile.zip_code.as_deref(),
            picture: profile.picture.as_deref(),
            extra_info: membership.extra_info.as_ref().map(ExtraInfo::as_str),
            folded_text: folded_text(membership),
            entity_source: membership.entity_source.map(EntitySource::name),
            entity_source_id: membership.entity_source_id.as_deref(),
            num_of_order_discounts_allowed: membership.num_of_order_discounts_allowed,
            archived: membership.standing.is_archived(),
            departed: membership.standing.is_gone(),
            merged_into: membership.standing.merged_into().map(PersonId::get),
            last_login: membership.last_login.map(Timestamp::micros),
            deleted_at: membership.standing.since().map(Timestamp::micros),
            erased_at: match membership.standing {
                Standing::Erased(at) => Some(at.micros()),
                Standing::Live
                | Standing::Archived(_)
                | Standing::Left(_)
                | Standing::Merged(..) => None,
            },
            updated_at: membership.updated_at.micros(),
        }
    }
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
) -> Result<Option<Membership>, StoreError> {
    if !reaches(tx, merchant, person) {
        return Ok(None);
    }
    let statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM membership m WHERE m.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND m.person_id = ")
        .bind(person.get())
        .sql(tx.lock());
    Ok(whole(tx, person, statement)?.pop())
}

pub(super) fn of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Membership>, StoreError> {
    let mut statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM membership m WHERE m.person_id = ")
        .bind(person.get());
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push(" AND m.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(own) if own != person => return Ok(Vec::new()),
        Scope::Person(_) | Scope::Platform => {}
    }
    statement.push(" ORDER BY m.merchant_id");
    statement.push(tx.lock());
    whole(tx, person, statement)
}

/// Loads a person's memberships and their cards.
fn whole(
    tx: &mut Tx<'_>,
    person: PersonId,
    statement: Statement<RowSql>,
) -> Result<Vec<Membership>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    let merchants: Vec<i64> = rows.iter().map(|row| row.merchant_id).collect();
    let mut cards = card::of_person(tx, person, &merchants)?;
    let whole = |row: Row| {
        let cards = cards.remove(&row.merchant_id).unwrap_or_default();
        Ok(Membership { cards, ..row.membership()? })
    };
    rows.into_iter().map(whole).collect()
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &Membership) -> Result<(), StoreError> {
    if !reaches(tx, new.merchant, new.person) {
        return Err(OUT_OF_REACH);
    }
    let searched = new.search_text();
    let inserted = diesel::insert_into(membership::table)
        .values((Fixed::from(new), Values::of(new, &searched)))
        .execute(tx.connection)
        .store();
    if matches!(inserted, Err(StoreError::Taken(_))) && is_known(tx, new)? {
        return Err(StoreError::Taken("membership.person_id"));
    }
    inserted?;
    card::insert(tx, new)?;
    search_text::insert(tx, new, &searched)
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Membership) -> Result<(), StoreError> {
    if !reaches(tx, changed.merchant, changed.person) {
        return Err(OUT_OF_REACH);
    }
    let searched = changed.search_text();
    let key = (changed.merchant.get(), changed.person.get());
    let rows = diesel::update(membership::table.find(key))
        .set(Values::of(changed, &searched))
        .execute(tx.connection)
        .store()?;
    if rows == 0 {
        return Err(OUT_OF_REACH);
    }
    card::update(tx, changed)?;
    search_text::update(tx, changed, &searched)
}

/// Where several keys are taken, PostgreSQL tells of the primary key and SQLite of any; one that is refused asks on.
fn is_known(tx: &mut Tx<'_>, new: &Membership) -> Result<bool, StoreError> {
    if matches!(tx.connection, AnyConnection::Pg(_)) {
        return Ok(false);
    }
    let key = membership::table.find((new.merchant.get(), new.person.get()));
    diesel::select(diesel::dsl::exists(key)).get_result(tx.connection).store()
}

pub(super) const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the membership is another's");

pub(super) fn reaches(tx: &Tx<'_>, merchant: MerchantId, person: PersonId) -> bool {
    match tx.scope() {
        Scope::Merchant(own) => own == merchant,
        Scope::Person(own) => own == person,
        Scope::Platform => true,
    }
}
