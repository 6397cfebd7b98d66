//! The card numbers that a merchant has of its customers. A blocked number is nobody's, and nobody else's either.

use std::collections::BTreeMap;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl,
    prelude::Insertable,
    query_dsl::methods::ExecuteDsl,
    sql_types::{BigInt, Text},
};
use regulars_customer::{CardNumber, Membership};
use regulars_kernel::{MerchantId, PersonId, Scope, StoreError, Timestamp};

use super::membership::{OUT_OF_REACH, reaches};
use crate::{
    Tx,
    connection::on_inner,
    error::IntoStore,
    schema::membership_card,
    statement::{Bind, Statement},
};

#[derive(Clone, Debug, PartialEq, Eq, Insertable)]
#[diesel(table_name = membership_card, treat_none_as_default_value = false)]
struct Row {
    merchant_id: i64,
    card_key: String,
    card: String,
    person_id: i64,
    created_at: i64,
}

pub(super) fn per_consumer(
    tx: &mut Tx<'_>,
    ids: &[PersonId],
) -> Result<Vec<(PersonId, Vec<CardNumber>)>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = Statement::<(BigInt, Text)>::new(
        "SELECT c.person_id, c.card FROM membership_card c WHERE c.blocked_at IS NULL",
    );
    match tx.scope() {
        Scope::Merchant(merchant) => {
            statement.push(" AND c.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(own) => {
            statement.push(" AND c.person_id = ");
            statement.push_bind(own.get());
        }
        Scope::Platform => {}
    }
    statement.push(" AND c.person_id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    statement.push(" ORDER BY c.person_id, c.merchant_id, c.created_at, c.card_key");
    let mut cards: Vec<(PersonId, Vec<CardNumber>)> = Vec::new();
    for (person, card) in statement.load::<(i64, String)>(tx.connection)? {
        let (person, card) = (PersonId::new(person), CardNumber::from_stored(card));
        match cards.last_mut() {
            Some((last, of_last)) if *last == person => of_last.push(card),
            _ => cards.push((person, vec![card])),
        }
    }
    Ok(cards)
}

/// The cards of a person at each of the merchants, oldest first.
pub(super) fn of_person(
    tx: &mut Tx<'_>,
    person: PersonId,
    merchants: &[i64],
) -> Result<BTreeMap<i64, Vec<CardNumber>>, StoreError> {
    let mut cards: BTreeMap<i64, Vec<CardNumber>> = BTreeMap::new();
    if merchants.is_empty() {
        return Ok(cards);
    }
    let statement = Statement::<(BigInt, Text)>::new(
        "SELECT c.merchant_id, c.card FROM membership_card c WHERE c.blocked_at IS NULL \
         AND c.merchant_id",
    )
    .is_in(merchants.iter().copied().collect::<Bind>())
    .sql(" AND c.person_id = ")
    .bind(person.get())
    .sql(" ORDER BY c.created_at, c.card_key");
    for (merchant, card) in statement.load::<(i64, String)>(tx.connection)? {
        cards.entry(merchant).or_default().push(CardNumber::from_stored(card));
    }
    Ok(cards)
}

pub(super) fn insert(tx: &mut Tx<'_>, membership: &Membership) -> Result<(), StoreError> {
    insert_rows(tx, &rows(membership, &[]))
}

/// Blocks one card; the row stays, so that the number is taken for ever.
pub(super) fn block(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    key: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    if !reaches(tx, merchant, person) {
        return Err(OUT_OF_REACH);
    }
    let card = membership_card::table
        .find((merchant.get(), key))
        .filter(membership_card::person_id.eq(person.get()))
        .filter(membership_card::blocked_at.is_null());
    diesel::update(card)
        .set(membership_card::blocked_at.eq(Some(at.micros())))
        .execute(tx.connection)
        .store()?;
    Ok(())
}

/// Brings the rows in step with the list: numbers that left it are given up, new ones come, and each keeps the time at
/// which it came as far as the list's order lets it.
pub(super) fn update(tx: &mut Tx<'_>, membership: &Membership) -> Result<(), StoreError> {
    let (merchant, person) = (membership.merchant.get(), membership.person.get());
    let own = membership_card::merchant_id
        .eq(merchant)
        .and(membership_card::person_id.eq(person))
        .and(membership_card::blocked_at.is_null());
    let columns = (membership_card::card_key, membership_card::card, membership_card::created_at);
    let before: Vec<(String, String, i64)> = membership_card::table
        .filter(own)
        .select(columns)
        .order((membership_card::created_at, membership_card::card_key))
        .load(tx.connection)
        .store()?;
    let before: Vec<Row> = before
        .into_iter()
        .map(|(card_key, card, created_at)| Row {
            merchant_id: merchant,
            card_key,
            card,
            person_id: person,
            created_at,
        })
        .collect();
    let after = rows(membership, &before);
    if after == before {
        return Ok(());
    }
    let gone: Vec<&str> =
        before.iter().filter(|row| !after.contains(row)).map(|row| row.card_key.as_str()).collect();
    if !gone.is_empty() {
        diesel::delete(membership_card::table.filter(own))
            .filter(membership_card::card_key.eq_any(gone))
            .execute(tx.connection)
            .store()?;
    }
    let new: Vec<Row> = after.into_iter().filter(|row| !before.contains(row)).collect();
    insert_rows(tx, &new)
}

/// The rows of a membership's cards. Their times grow along the list: that is its order.
fn rows(membership: &Membership, before: &[Row]) -> Vec<Row> {
    let mut last = i64::MIN;
    let row = |card: &CardNumber| {
        let card_key = card.key();
        let known = before.iter().find(|row| row.card_key == card_key);
        let came = known.map_or_else(|| membership.updated_at.micros(), |row| row.created_at);
        last = came.max(last.saturating_add(1));
        Row {
            merchant_id: membership.merchant.get(),
            card_key,
            card: card.as_str().to_owned(),
            person_id: membership.person.get(),
            created_at: last,
        }
    };
    membership.cards.iter().map(row).collect()
}

fn insert_rows(tx: &mut Tx<'_>, rows: &[Row]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let inserted: diesel::QueryResult<usize> = on_inner!(&mut *tx.connection, inner =>
        ExecuteDsl::execute(diesel::insert_into(membership_card::table).values(rows), inner));
    inserted.store()?;
    Ok(())
}
