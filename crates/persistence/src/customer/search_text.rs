//! What searches look through: kept in step with the memberships, and on SQLite cut into grams.
//!
//! PostgreSQL has an index of trigrams for each column. SQLite's full-text index has one column of tokens that are made
//! here: each names merchant, column and a gram in hexadecimal digits (`11n7a6fc3ab`: merchant 11, first name, "zoë").
//! So a search reads the tokens of its own merchant and its own column and no others, however often the term stands
//! elsewhere. A gram is three characters, of numbers five: three digits are frequent wherever there are many numbers. A
//! text has a gram from each of its characters on; behind its end stand line feeds, so that whatever is shorter than a
//! gram is the beginning of some.

use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
    sql_types::{BigInt, Text},
};
use regulars_customer::{Membership, search::SearchText};
use regulars_kernel::StoreError;

use crate::{Tx, connection::AnyConnection, schema::membership_search, statement::Statement};

/// How many memberships of one person the ids of this table can tell apart.
const MEMBERSHIPS: i64 = 65_536;

/// A searched column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Firstname,
    Lastname,
    City,
    Email,
    Phone,
    LoyaltyId,
    Cards,
}

impl Field {
    pub(super) const fn column(self) -> &'static str {
        match self {
            Self::Firstname => "s.firstname",
            Self::Lastname => "s.lastname",
            Self::City => "s.city",
            Self::Email => "s.email",
            Self::Phone => "s.phone",
            Self::LoyaltyId => "s.loyalty_id",
            Self::Cards => "s.cards",
        }
    }

    /// How many characters a gram of it has.
    pub(super) const fn gram(self) -> usize {
        match self {
            Self::Phone | Self::LoyaltyId => 5,
            Self::Firstname | Self::Lastname | Self::City | Self::Email | Self::Cards => 3,
        }
    }

    /// What names it in a token: no digit of a hexadecimal number.
    const fn letter(self) -> char {
        match self {
            Self::Firstname => 'n',
            Self::Lastname => 'l',
            Self::City => 't',
            Self::Email => 'm',
            Self::Phone => 'p',
            Self::LoyaltyId => 'i',
            Self::Cards => 'k',
        }
    }
}

/// The lowest and the highest id that a person's rows can have; ids follow the order of people's.
pub(super) const fn ids_of(person: i64) -> (i64, i64) {
    let first = person.saturating_mul(MEMBERSHIPS);
    (first, first.saturating_add(MEMBERSHIPS - 1))
}

/// The token of a gram, or what the tokens of all texts with these fewer characters begin with.
pub(super) fn token(merchant: i64, field: Field, characters: &[char]) -> String {
    let mut out = format!("{merchant}{}", field.letter());
    push_hex(&mut out, characters);
    out
}

fn push_hex(out: &mut String, characters: &[char]) {
    let mut bytes = [0; 4];
    for character in characters {
        for byte in character.encode_utf8(&mut bytes).bytes() {
            let digits = [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16));
            out.extend(digits.into_iter().flatten());
        }
    }
}

/// Every token of a row's texts, with a space between each two.
fn tokens(merchant: i64, searched: &SearchText) -> String {
    let texts = [
        (Field::Firstname, &searched.firstname),
        (Field::Lastname, &searched.lastname),
        (Field::City, &searched.city),
        (Field::Email, &searched.email),
        (Field::Phone, &searched.phone),
        (Field::LoyaltyId, &searched.loyalty_id),
        (Field::Cards, &searched.cards),
    ];
    let mut out = String::new();
    for (field, text) in texts {
        let prefix = token(merchant, field, &[]);
        let end = std::iter::repeat_n('\n', field.gram() - 1);
        let ended: Vec<char> = text.chars().chain(end).collect();
        for gram in ended.windows(field.gram()) {
            out.push_str(&prefix);
            push_hex(&mut out, gram);
            out.push(' ');
        }
    }
    out
}

pub(super) fn insert(
    tx: &mut Tx<'_>,
    membership: &Membership,
    searched: &SearchText,
) -> Result<(), StoreError> {
    let (merchant, person) = (membership.merchant.get(), membership.person.get());
    let mut statement = Statement::<()>::new(
        "INSERT INTO membership_search (id, merchant_id, person_id, firstname, lastname, city, \
         email, phone, loyalty_id, cards) SELECT count(*) + ",
    )
    .bind(ids_of(person).0)
    .sql(", ")
    .bind(merchant)
    .sql(", ")
    .bind(person);
    for text in columns(searched) {
        statement.push(", ");
        statement.push_bind(text);
    }
    statement.push(" FROM membership WHERE person_id = ");
    statement.push_bind(person);
    statement.push(" AND merchant_id <> ");
    statement.push_bind(merchant);
    statement.execute(tx.connection)?;
    index(tx, membership, searched)
}

pub(super) fn update(
    tx: &mut Tx<'_>,
    membership: &Membership,
    searched: &SearchText,
) -> Result<(), StoreError> {
    let names = "firstname, lastname, city, email, phone, loyalty_id, cards";
    let mut values = Statement::<()>::new("(");
    for (number, text) in columns(searched).into_iter().enumerate() {
        values.push(if number == 0 { "" } else { ", " });
        values.push_bind(text);
    }
    values.push(")");
    let mut statement = Statement::<()>::new("UPDATE membership_search SET (");
    statement.push(names);
    statement.push(") = ");
    statement.append(values.clone());
    statement.push(" WHERE merchant_id = ");
    statement.push_bind(membership.merchant.get());
    statement.push(" AND person_id = ");
    statement.push_bind(membership.person.get());
    statement.push(" AND (");
    statement.push(names);
    statement.push(") <> ");
    statement.append(values);
    let changed = statement.execute(tx.connection)?;
    if changed == 0 { Ok(()) } else { index(tx, membership, searched) }
}

fn columns(searched: &SearchText) -> [&str; 7] {
    [
        &searched.firstname,
        &searched.lastname,
        &searched.city,
        &searched.email,
        &searched.phone,
        &searched.loyalty_id,
        &searched.cards,
    ]
}

/// Brings SQLite's index up to the row; PostgreSQL does so by itself.
fn index(
    tx: &mut Tx<'_>,
    membership: &Membership,
    searched: &SearchText,
) -> Result<(), StoreError> {
    if matches!(tx.connection, AnyConnection::Pg(_)) {
        return Ok(());
    }
    let merchant = membership.merchant.get();
    Statement::<()>::new("INSERT OR REPLACE INTO membership_trigram (rowid, tokens) SELECT id, ")
        .bind(tokens(merchant, searched))
        .sql(" FROM membership_search WHERE merchant_id = ")
        .bind(merchant)
        .sql(" AND person_id = ")
        .bind(membership.person.get())
        .execute(tx.connection)?;
    Ok(())
}

/// Fills SQLite's empty index from the rows.
pub(crate) fn index_all(sqlite: &mut SqliteConnection) -> QueryResult<()> {
    use membership_search as s;

    const ROWS: i64 = 10_000;
    let columns = (
        s::id,
        s::merchant_id,
        s::firstname,
        s::lastname,
        s::city,
        s::email,
        s::phone,
        s::loyalty_id,
        s::cards,
    );
    let mut last = i64::MIN;
    loop {
        type Row = (i64, i64, String, String, String, String, String, String, String);
        let rows: Vec<Row> = s::table
            .select(columns)
            .filter(s::id.gt(last))
            .order(s::id)
            .limit(ROWS)
            .load(sqlite)?;
        if rows.is_empty() {
            return Ok(());
        }
        for (id, merchant, firstname, lastname, city, email, phone, loyalty_id, cards) in rows {
            let searched =
                SearchText { firstname, lastname, city, email, phone, loyalty_id, cards };
            diesel::sql_query("INSERT INTO membership_trigram (rowid, tokens) VALUES (?, ?)")
                .bind::<BigInt, _>(id)
                .bind::<Text, _>(tokens(merchant, &searched))
                .execute(sqlite)?;
            last = id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_token_for_each_of_its_characters() {
        let searched =
            SearchText { firstname: "zoë".to_owned(), city: "x".to_owned(), ..Default::default() };
        assert_eq!(tokens(11, &searched), "11n7a6fc3ab 11n6fc3ab0a 11nc3ab0a0a 11t780a0a ");
        assert_eq!(token(11, Field::Firstname, &['z', 'o', 'ë']), "11n7a6fc3ab");
        assert_eq!(token(11, Field::City, &['x']), "11t78");
        let searched = SearchText { phone: " 01 ".to_owned(), ..Default::default() };
        assert_eq!(tokens(1, &searched), "1p203031200a 1p3031200a0a 1p31200a0a0a 1p200a0a0a0a ");
    }

    #[test]
    fn ids_follow_the_order_of_people() {
        assert_eq!(ids_of(2), (131_072, 196_607));
        assert!(ids_of(7).1 < ids_of(8).0);
    }
}
