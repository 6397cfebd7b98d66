//! Customers of a merchant, as lists show them: memberships without their cards.

use diesel::sql_types::BigInt;
use regulars_customer::{Consumer, ConsumerFilter, ConsumerSort, MemberKey, store::MAX_CANDIDATES};
use regulars_kernel::{Page, PageRequest, PersonId, StoreError, Timestamp, text};
use regulars_merchant::{Archived, EntitySource};

use super::{
    membership::{COLUMNS, Row, RowSql},
    search::{Condition, Search, conditions, push_looked_through_page},
    segment::push_audience,
};
use crate::{
    Tx,
    connection::AnyConnection,
    page::{SortColumns, push_page},
    statement::{Bind, Statement},
};

impl SortColumns for ConsumerSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "m.created_at",
            Self::UpdatedAt => "m.updated_at",
            Self::Firstname => "m.firstname_key",
            Self::Lastname => "m.lastname_key",
            Self::Email => "m.email_key",
            Self::City => "m.city_key",
            Self::LastLogin => "COALESCE(m.last_login, 0)",
        }
    }

    const PK: &'static str = "m.person_id";
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    filter: &ConsumerFilter,
    request: &PageRequest<ConsumerSort>,
) -> Result<Page<Consumer>, StoreError> {
    let conditions = conditions(filter);
    let search = search(tx, &conditions)?;
    if conditions.is_empty() || names_one(filter) {
        let mut statement = members(COLUMNS, &search);
        push_filter(&mut statement, filter);
        push_page(&mut statement, request);
        return Ok(Page::from_fetched(load(tx, statement)?, request));
    }
    if search.streams() {
        return list_streaming(tx, &search, filter, request);
    }
    let mut statement = search.look_through(COLUMNS, request);
    push_filter(&mut statement, filter);
    push_looked_through_page(&mut statement, request);
    let near = load(tx, statement)?;
    if near.len() > usize::from(request.limit) {
        return Ok(Page::from_fetched(near, request));
    }
    let mut statement = search.hits(COLUMNS);
    push_filter(&mut statement, filter);
    search.push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

/// A search of an index that hands out rows one by one.
fn list_streaming(
    tx: &mut Tx<'_>,
    search: &Search<'_>,
    filter: &ConsumerFilter,
    request: &PageRequest<ConsumerSort>,
) -> Result<Page<Consumer>, StoreError> {
    if request.order.terms.is_empty() {
        let mut statement = search.hits(COLUMNS);
        push_filter(&mut statement, filter);
        search.push_page(&mut statement, request);
        return Ok(Page::from_fetched(load(tx, statement)?, request));
    }
    let mut statement = match search.rare(tx)? {
        Some(people) if people.is_empty() => return Ok(Page::empty()),
        Some(people) => {
            let mut statement = members(COLUMNS, &Search { conditions: &[], ..*search });
            statement.push(" AND m.person_id");
            statement.push_is_in(people.into_iter().collect::<Bind>());
            statement
        }
        None => members(COLUMNS, search),
    };
    push_filter(&mut statement, filter);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, filter: &ConsumerFilter) -> Result<u64, StoreError> {
    let conditions = conditions(filter);
    let search = search(tx, &conditions)?;
    let mut statement: Statement<BigInt> = if conditions.is_empty() || names_one(filter) {
        members("count(*)", &search)
    } else {
        search.hits("count(*)")
    };
    // As a comparison, which an index of its own answers; for lists the order's index is the better one.
    match filter.archived {
        Archived::Hidden => statement.push(" AND m.archived = FALSE"),
        Archived::Only => statement.push(" AND m.archived = TRUE"),
        Archived::Included => {}
    }
    push_others(&mut statement, filter);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default())
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[PersonId]) -> Result<Vec<Consumer>, StoreError> {
    let mut statement = members(COLUMNS, &search(tx, &[])?);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    statement.push(" AND m.person_id");
    statement.push_is_in(ids.iter().map(|id| id.get()).collect::<Bind>());
    load(tx, statement)
}

pub(super) fn by_key(tx: &mut Tx<'_>, key: &MemberKey) -> Result<Vec<Consumer>, StoreError> {
    let mut statement = match key {
        MemberKey::Phone(term) => search(tx, &[Condition::phone(term)])?.hits(COLUMNS),
        _ => members(COLUMNS, &search(tx, &[])?),
    };
    match key {
        MemberKey::LoyaltyId(id) => {
            statement.push(" AND m.loyalty_id = ");
            statement.push_bind(id.as_str());
        }
        MemberKey::Card(key) => {
            statement.push(
                " AND m.person_id IN (SELECT c.person_id FROM membership_card c \
                 WHERE c.blocked_at IS NULL AND c.merchant_id = ",
            );
            statement.push_bind(tx.merchant()?.get());
            statement.push(" AND c.card_key = ");
            statement.push_bind(key.as_str());
            statement.push(")");
        }
        // Whoever shows no address has the empty key.
        MemberKey::Email(key) if key.is_empty() => return Ok(Vec::new()),
        MemberKey::Email(key) => {
            statement.push(" AND m.email_key = ");
            statement.push_bind(key.as_str());
        }
        MemberKey::Phone(_) => {}
        MemberKey::Source(source, id) => push_source(&mut statement, Some(*source), Some(id)),
    }
    statement.push(" ORDER BY m.archived, m.person_id LIMIT ");
    statement.push_bind(i64::try_from(MAX_CANDIDATES).unwrap_or(i64::MAX));
    load(tx, statement)
}

fn search<'a>(tx: &Tx<'_>, conditions: &'a [Condition]) -> Result<Search<'a>, StoreError> {
    let sqlite = matches!(tx.connection, AnyConnection::Sqlite(_));
    Ok(Search { merchant: tx.merchant()?, conditions, sqlite })
}

/// The merchant's memberships `m`, each looked into for what is searched; more conditions follow with ` AND …`.
fn members<ST>(select: &'static str, search: &Search<'_>) -> Statement<ST> {
    let mut statement = Statement::new("SELECT ").sql(select).sql(" FROM membership m");
    if !search.conditions.is_empty() {
        statement.push_dialect(
            " CROSS JOIN LATERAL (SELECT * FROM membership_search s \
             WHERE s.merchant_id = m.merchant_id AND s.person_id = m.person_id OFFSET 0) s",
            " CROSS JOIN membership_search s ON s.merchant_id = m.merchant_id \
             AND s.person_id = m.person_id",
        );
    }
    statement.push(" WHERE m.merchant_id = ");
    statement.push_bind(search.merchant.get());
    search.push_conditions(&mut statement);
    statement
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Consumer>, StoreError> {
    let rows: Vec<Row> = statement.load(tx.connection)?;
    rows.into_iter().map(|row| row.membership().map(Consumer::from)).collect()
}

/// Whether the filter names something that one customer or a few have: then nothing else need be asked of an index.
const fn names_one(filter: &ConsumerFilter) -> bool {
    filter.loyalty_id.is_some() || filter.email.is_some() || filter.entity_source_id.is_some()
}

/// Appends ` AND …` for everything but substrings.
fn push_filter<ST>(statement: &mut Statement<ST>, filter: &ConsumerFilter) {
    match filter.archived {
        Archived::Hidden => statement.push(" AND NOT m.archived"),
        Archived::Only => statement.push(" AND m.archived"),
        Archived::Included => {}
    }
    push_others(statement, filter);
}

/// Appends ` AND …` for everything but substrings and whether customers are archived.
fn push_others<ST>(statement: &mut Statement<ST>, filter: &ConsumerFilter) {
    let exact =
        [(" AND m.loyalty_id = ", &filter.loyalty_id), (" AND m.email_key = ", &filter.email)];
    for (sql, value) in exact {
        if let Some(value) = value {
            statement.push(sql);
            statement.push_bind(value.as_str());
        }
    }
    // The index has the folded text, the filter means the exact one.
    let names = [
        (" AND m.firstname_key = ", " AND m.firstname = ", &filter.firstname),
        (" AND m.lastname_key = ", " AND m.lastname = ", &filter.lastname),
        (" AND m.city_key = ", " AND m.city = ", &filter.city),
    ];
    for (folded, exact, value) in names {
        if let Some(value) = value {
            statement.push(folded);
            statement.push_bind(text::fold(value));
            statement.push(exact);
            statement.push_bind(value.as_str());
        }
    }
    push_source(statement, filter.entity_source, filter.entity_source_id.as_deref());
    let times = [
        (" AND m.created_at >= ", filter.created_at_gte),
        (" AND m.created_at < ", filter.created_at_lt),
        (" AND m.updated_at >= ", filter.updated_at_gte),
        (" AND m.updated_at < ", filter.updated_at_lt),
    ];
    for (sql, at) in times {
        if let Some(at) = at {
            statement.push(sql);
            statement.push_bind(Timestamp::micros(at));
        }
    }
    if let Some(audience) = &filter.segment {
        statement.push(" AND ");
        push_audience(statement, audience);
    }
}

fn push_source<ST>(statement: &mut Statement<ST>, source: Option<EntitySource>, id: Option<&str>) {
    if let Some(source) = source {
        statement.push(" AND m.entity_source = ");
        statement.push_bind(source.name());
    }
    if let Some(id) = id {
        statement.push(" AND m.entity_source_id = ");
        statement.push_bind(id);
    }
}
