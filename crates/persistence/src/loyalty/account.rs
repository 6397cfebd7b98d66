//! What people have on cards: the sums of their ledgers.

use diesel::{
    Queryable,
    sql_types::{BigInt, Binary, Bool, Nullable},
};
use regulars_kernel::{
    AccountId, LoyaltyCardId, MerchantId, PersonId, Points, StoreError, Timestamp,
};
use regulars_loyalty::{Account, chain::Link};

use super::{owns, push_members};
use crate::{Tx, promotion::terms::Origin, statement::Statement};

/// The columns of [`Row`], in its order, under the alias `a`.
pub(super) const COLUMNS: &str = "a.id, a.merchant_id, a.person_id, a.loyalty_card_id, \
     a.balance, a.debt, a.held, a.earned, a.seq, a.created_at, a.head, a.head_at, a.merged_into, \
     a.carried, a.merged";

/// What an account `a` counts as earned ([`Account::counted`]).
pub(super) const COUNTED: &str =
    "CASE WHEN a.merged_into IS NULL THEN a.earned + a.carried ELSE 0 END";

/// The accounts `a` of memberships `m`.
pub(super) const OF_MEMBERS: &str = " FROM membership m JOIN account a \
     ON a.merchant_id = m.merchant_id AND a.person_id = m.person_id";

pub(super) type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Nullable<Binary>,
    BigInt,
    Nullable<BigInt>,
    BigInt,
    Bool,
);

#[derive(Queryable)]
pub(super) struct Row {
    id: i64,
    merchant_id: i64,
    person_id: i64,
    loyalty_card_id: i64,
    balance: i64,
    debt: i64,
    held: i64,
    earned: i64,
    seq: i64,
    created_at: i64,
    head: Option<Vec<u8>>,
    head_at: i64,
    merged_into: Option<i64>,
    carried: i64,
    merged: bool,
}

impl Row {
    pub(super) fn account(self) -> Result<Account, StoreError> {
        let row = self;
        let origin = Origin { table: "account", id: row.id };
        Ok(Account {
            id: AccountId::new(row.id),
            merchant: MerchantId::new(row.merchant_id),
            person: PersonId::new(row.person_id),
            card: LoyaltyCardId::new(row.loyalty_card_id),
            balance: Points::new(row.balance),
            debt: Points::new(row.debt),
            held: Points::new(row.held),
            earned: Points::new(row.earned),
            seq: row.seq,
            head: origin.read("head", read_link(row.head))?,
            head_at: Timestamp::from_micros(row.head_at),
            created_at: Timestamp::from_micros(row.created_at),
            merged_into: row.merged_into.map(AccountId::new),
            carried: Points::new(row.carried),
            merged: row.merged,
        })
    }
}

/// A hash as it is kept: absent, or 32 bytes. `None` where it is neither.
#[expect(clippy::option_option, reason = "an absent hash is one that was read")]
pub(super) fn read_link(bytes: Option<Vec<u8>>) -> Option<Option<Link>> {
    match bytes {
        None => Some(None),
        Some(bytes) => bytes.try_into().ok().map(|bytes| Some(Link::from_bytes(bytes))),
    }
}

pub(super) fn per_consumer(
    tx: &mut Tx<'_>,
    people: &[PersonId],
) -> Result<Vec<Account>, StoreError> {
    let mut statement =
        Statement::<RowSql>::new("SELECT ").sql(COLUMNS).sql(OF_MEMBERS).sql(" WHERE ");
    push_members(&mut statement, tx.scope(), people);
    let rows: Vec<Row> = statement.sql(" ORDER BY a.id").load(tx.connection)?;
    rows.into_iter().map(Row::account).collect()
}

/// Two that open the same account at once get the one that was first.
pub(super) fn open(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    card: LoyaltyCardId,
    now: Timestamp,
) -> Result<Account, StoreError> {
    if !owns(tx.scope(), merchant, person) {
        return Err(StoreError::OutOfScope("the account is another's"));
    }
    if let Some(known) = find(tx, merchant, person, card)? {
        return Ok(known);
    }
    Statement::<()>::new(
        "INSERT INTO account (merchant_id, person_id, loyalty_card_id, created_at) VALUES (",
    )
    .bind(merchant.get())
    .sql(", ")
    .bind(person.get())
    .sql(", ")
    .bind(card.get())
    .sql(", ")
    .bind(now.micros())
    .sql(") ON CONFLICT (merchant_id, person_id, loyalty_card_id) DO NOTHING")
    .execute(tx.connection)?;
    find(tx, merchant, person, card)?
        .ok_or(StoreError::OutOfScope("an account was opened and is not there"))
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    card: LoyaltyCardId,
) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> = Statement::<RowSql>::new("SELECT ")
        .sql(COLUMNS)
        .sql(" FROM account a WHERE a.merchant_id = ")
        .bind(merchant.get())
        .sql(" AND a.person_id = ")
        .bind(person.get())
        .sql(" AND a.loyalty_card_id = ")
        .bind(card.get())
        .sql(tx.lock())
        .first(tx.connection)?;
    row.map(Row::account).transpose()
}
