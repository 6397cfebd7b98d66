//! Account rows.

#![expect(clippy::ref_option_ref, reason = "diesel's derives borrow every field")]

use diesel::{
    ExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    prelude::{AsChangeset, Insertable},
    sql_types::{BigInt, Bool, Nullable, Text},
};
use regulars_customer::{Kind, LoyaltyId, MerchantType, NewPerson, Person, Stranger, UserType};
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError, Timestamp};

use super::profile::{Place, ProfileRow, ProfileSql, ProfileValues, profile_columns};
use crate::{
    Tx,
    error::IntoStore,
    schema::{membership, person},
    statement::{Bind, Statement},
};

const COLUMNS: &str = concat!(
    "p.id, p.registered, p.user_type, ",
    profile_columns!("p"),
    ", p.merchant_type, p.loyalty_id, p.logo, p.verified, p.staff, p.admin, p.archived, p.active, \
     p.last_login, p.deleted_at, p.created_at, p.updated_at"
);

type RowSql = (
    BigInt,
    Bool,
    Text,
    ProfileSql,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
    Bool,
    Bool,
    Bool,
    Bool,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
);

#[derive(Queryable)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns")]
struct Row {
    id: i64,
    registered: bool,
    user_type: String,
    profile: ProfileRow,
    merchant_type: Option<String>,
    loyalty_id: Option<String>,
    logo: Option<String>,
    verified: bool,
    staff: bool,
    admin: bool,
    archived: bool,
    active: bool,
    last_login: Option<i64>,
    deleted_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn person(self) -> Result<Person, StoreError> {
        let place = Place { table: "person", id: self.id };
        let user_type = UserType::from_name(&self.user_type);
        let merchant_type = self.merchant_type.as_deref();
        Ok(Person {
            id: PersonId::new(self.id),
            kind: if self.registered { Kind::Registered } else { Kind::Managed },
            user_type: user_type.ok_or_else(|| place.corrupt("user_type"))?,
            merchant_type: place.read("merchant_type", merchant_type, MerchantType::from_name)?,
            loyalty_id: self.loyalty_id.map(LoyaltyId::from_stored),
            profile: self.profile.profile(place)?,
            logo: self.logo,
            verified: self.verified,
            staff: self.staff,
            admin: self.admin,
            archived: self.archived,
            active: self.active,
            last_login: self.last_login.map(Timestamp::from_micros),
            deleted_at: self.deleted_at.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(self.created_at),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}

/// What is written once.
#[derive(Insertable)]
#[diesel(table_name = person)]
struct Fixed {
    registered: bool,
    user_type: &'static str,
    created_at: i64,
}

/// What every change writes.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = person, treat_none_as_null = true, treat_none_as_default_value = false)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns")]
struct Values<'a> {
    email: Option<&'a str>,
    email_key: Option<String>,
    secondary_email: Option<&'a str>,
    secondary_email_key: Option<String>,
    verified: bool,
    firstname: &'a str,
    lastname: &'a str,
    phone_number: Option<&'a str>,
    birthday: Option<String>,
    gender: Option<&'static str>,
    country: Option<&'static str>,
    city: Option<&'a str>,
    street: Option<&'a str>,
    zip_code: Option<&'a str>,
    picture: Option<&'a str>,
    logo: Option<&'a str>,
    merchant_type: Option<&'static str>,
    loyalty_id: Option<&'a str>,
    staff: bool,
    admin: bool,
    archived: bool,
    active: bool,
    last_login: Option<i64>,
    deleted_at: Option<i64>,
    updated_at: i64,
}

impl<'a> From<&'a Person> for Values<'a> {
    fn from(person: &'a Person) -> Self {
        let profile = &person.profile;
        let ProfileValues {
            email,
            email_key,
            secondary_email,
            secondary_email_key,
            phone_number,
            birthday,
            gender,
            country,
        } = profile.into();
        Self {
            email,
            email_key,
            secondary_email,
            secondary_email_key,
            verified: person.verified,
            firstname: &profile.firstname,
            lastname: &profile.lastname,
            phone_number,
            birthday,
            gender,
            country,
            city: profile.city.as_deref(),
            street: profile.street.as_deref(),
            zip_code: profile.zip_code.as_deref(),
            picture: profile.picture.as_deref(),
            logo: person.logo.as_deref(),
            merchant_type: person.merchant_type.map(MerchantType::name),
            loyalty_id: person.loyalty_id.as_ref().map(LoyaltyId::as_str),
            staff: person.staff,
            admin: person.admin,
            archived: person.archived,
            active: person.active,
            last_login: person.last_login.map(Timestamp::micros),
            deleted_at: person.deleted_at.map(Timestamp::micros),
            updated_at: person.updated_at.micros(),
        }
    }
}

pub(super) fn find_account(
    tx: &mut Tx<'_>,
    person: PersonId,
) -> Result<Option<Person>, StoreError> {
    if !is_own(tx, person) {
        return Ok(None);
    }
    let statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM person p WHERE p.registered AND p.id = ")
        .bind(person.get())
        .sql(tx.lock());
    statement.first::<Row>(tx.connection)?.map(Row::person).transpose()
}

pub(super) fn joined_account(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
) -> Result<Option<Person>, StoreError> {
    let reached = match tx.scope() {
        Scope::Merchant(own) => own == merchant,
        Scope::Person(_) => false,
        Scope::Platform => true,
    };
    if !reached {
        return Ok(None);
    }
    if !tx.lock().is_empty() {
        // PostgreSQL's wall lets merchants hold no account: it has a door for that.
        Statement::<Nullable<BigInt>>::new("SELECT hold_account(")
            .bind(merchant.get())
            .sql(", ")
            .bind(person.get())
            .sql(")")
            .first::<Option<i64>>(tx.connection)?;
    }
    let statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM person p WHERE p.registered AND p.id = ")
        .bind(person.get())
        .sql(
            " AND EXISTS (SELECT 1 FROM membership m WHERE m.person_id = p.id AND m.merchant_id = ",
        )
        .bind(merchant.get())
        .sql(")");
    statement.first::<Row>(tx.connection)?.map(Row::person).transpose()
}

pub(super) fn people(tx: &mut Tx<'_>, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM person p WHERE p.id")
        .is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push(" AND (p.id = ");
            statement.push_bind(merchant.founder().get());
            statement.push(
                " OR EXISTS (SELECT 1 FROM staff_member w WHERE w.person_id = p.id \
                 AND w.merchant_id = ",
            );
            statement.push_bind(merchant.get());
            statement.push("))");
        }
        Scope::Person(own) => {
            statement.push(" AND p.id = ");
            statement.push_bind(own.get());
        }
        Scope::Platform => {}
    }
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::person).collect()
}

pub(super) fn stranger(
    tx: &mut Tx<'_>,
    loyalty_id: &LoyaltyId,
) -> Result<Option<Stranger>, StoreError> {
    // PostgreSQL's wall has a door of that shape.
    let statement =
        Statement::<(BigInt, Text, Nullable<Text>)>::new("SELECT p.id, p.firstname, p.city FROM ")
            .dialect(
                "identify(",
                "person p WHERE p.registered AND p.active AND NOT p.archived \
         AND p.user_type = 'CONSUMER' AND p.loyalty_id = (",
            )
            .bind(loyalty_id.as_str())
            .dialect(") p", ")");
    let found = statement.first::<(i64, String, Option<String>)>(tx.connection)?;
    Ok(found.map(|(id, firstname, city)| Stranger {
        id: PersonId::new(id),
        loyalty_id: loyalty_id.clone(),
        firstname,
        city,
    }))
}

pub(super) fn insert(tx: &mut Tx<'_>, new: NewPerson) -> Result<PersonId, StoreError> {
    match (tx.scope(), new.kind) {
        (Scope::Platform, _) | (Scope::Merchant(_), Kind::Managed) => {}
        (Scope::Merchant(_), Kind::Registered) | (Scope::Person(_), _) => {
            return Err(StoreError::OutOfScope("people sign up on the platform"));
        }
    }
    let row = new.with_id(PersonId::new(0));
    let fixed = Fixed {
        registered: row.kind == Kind::Registered,
        user_type: row.user_type.name(),
        created_at: row.created_at.micros(),
    };
    let id: i64 = diesel::insert_into(person::table)
        .values((fixed, Values::from(&row)))
        .returning(person::id)
        .get_result(tx.connection)
        .store()?;
    Ok(PersonId::new(id))
}

pub(super) fn update(tx: &mut Tx<'_>, changed: &Person) -> Result<(), StoreError> {
    if !is_own(tx, changed.id) {
        return Err(OUT_OF_REACH);
    }
    let rows = diesel::update(person::table.find(changed.id.get()))
        .set(Values::from(changed))
        .execute(tx.connection)
        .store()?;
    if rows == 0 { Err(OUT_OF_REACH) } else { Ok(()) }
}

pub(super) fn set_last_login(
    tx: &mut Tx<'_>,
    id: PersonId,
    at: Timestamp,
) -> Result<(), StoreError> {
    if !is_own(tx, id) {
        return Err(OUT_OF_REACH);
    }
    let at = Some(at.micros());
    let rows = diesel::update(person::table.find(id.get()))
        .set(person::last_login.eq(at))
        .execute(tx.connection)
        .store()?;
    if rows == 0 {
        return Err(OUT_OF_REACH);
    }
    let stayed = membership::person_id.eq(id.get());
    diesel::update(membership::table.filter(stayed).filter(membership::departed.eq(false)))
        .set(membership::last_login.eq(at))
        .execute(tx.connection)
        .store()?;
    Ok(())
}

const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the account is another's");

const fn is_own(tx: &Tx<'_>, person: PersonId) -> bool {
    match tx.scope() {
        Scope::Merchant(_) => false,
        Scope::Person(own) => own.get() == person.get(),
        Scope::Platform => true,
    }
}
