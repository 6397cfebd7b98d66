//! Customers of a merchant, as lists show them: memberships without their cards.

use diesel::sql_types::BigInt;
use regulars_customer::{Consumer, ConsumerFilter, ConsumerSort, MemberKey, store::MAX_CANDIDATES};
use regulars_kernel::{Page, PageRequest, PersonId, Scope, StoreError, Timestamp, text};
use regulars_merchant::{Archived, EntitySource};

use super::{
    membership::{COLUMNS, Row, RowSql},
    search::{Condition, Search, conditions, push_looked_through_page, push_searched},
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
        let mut statement = members(COLUMNS, &search, index_of_one(filter));
        if let Some(people) = rare_in_period(tx, &search, filter, request)? {
            statement.push(" AND m.person_id");
            statement.push_is_in(people.into_iter().collect::<Bind>());
        }
        push_filter(&mut statement, filter, by_period(&search, request));
        push_page(&mut statement, request);
        return Ok(Page::from_fetched(load(tx, statement)?, request));
    }
    if search.streams() {
        return list_streaming(tx, &search, filter, request);
    }
    let mut statement = search.look_through(COLUMNS, request);
    push_filter(&mut statement, filter, Period::Checked);
    push_looked_through_page(&mut statement, request);
    let near = load(tx, statement)?;
    if near.len() > usize::from(request.limit) {
        return Ok(Page::from_fetched(near, request));
    }
    let mut statement = search.hits(COLUMNS);
    push_filter(&mut statement, filter, Period::Checked);
    search.push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

/// Whether a list follows people's ids on SQLite, which knows of periods how often none lies in them: it would take every
/// index on a time for the best as soon as it has statistics, and sort whatever it finds there.
const fn by_period(search: &Search<'_>, request: &PageRequest<ConsumerSort>) -> Period {
    if search.sqlite && request.order.terms.is_empty() { Period::Checked } else { Period::Asked }
}

/// The people of a period in a list that follows people's ids on SQLite, where there are few: they are sorted. Else they
/// are frequent, and walking the list soon fills a page.
fn rare_in_period(
    tx: &mut Tx<'_>,
    search: &Search<'_>,
    filter: &ConsumerFilter,
    request: &PageRequest<ConsumerSort>,
) -> Result<Option<Vec<i64>>, StoreError> {
    let created = filter.created_at_gte.is_some() || filter.created_at_lt.is_some();
    let updated = filter.updated_at_gte.is_some() || filter.updated_at_lt.is_some();
    let checked = matches!(by_period(search, request), Period::Checked);
    if !checked || !(created || updated) || names_one(filter) {
        return Ok(None);
    }
    let rare = search.bounds.rare;
    let mut statement = Statement::<BigInt>::new("SELECT m.person_id FROM membership m");
    statement.push(if created {
        " INDEXED BY membership_created"
    } else {
        " INDEXED BY membership_updated"
    });
    statement.push(" WHERE m.merchant_id = ");
    statement.push_bind(search.merchant.get());
    push_times(&mut statement, filter, created, !created, Period::Asked);
    statement.push(" LIMIT ");
    statement.push_bind(rare);
    let people: Vec<i64> = statement.load(tx.connection)?;
    Ok(i64::try_from(people.len()).is_ok_and(|found| found < rare).then_some(people))
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
        push_filter(&mut statement, filter, Period::Checked);
        search.push_page(&mut statement, request);
        return Ok(Page::from_fetched(load(tx, statement)?, request));
    }
    let mut statement = match search.rare(tx)? {
        Some(people) if people.is_empty() => return Ok(Page::empty()),
        Some(people) => {
            let mut statement = members(COLUMNS, &Search { conditions: &[], ..*search }, "");
            statement.push(" AND m.person_id");
            statement.push_is_in(people.into_iter().collect::<Bind>());
            statement
        }
        None => members(COLUMNS, search, ""),
    };
    push_filter(&mut statement, filter, Period::Asked);
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(tx: &mut Tx<'_>, filter: &ConsumerFilter) -> Result<u64, StoreError> {
    let conditions = conditions(filter);
    let search = search(tx, &conditions)?;
    let mut statement: Statement<BigInt> = if conditions.is_empty() || names_one(filter) {
        members("count(*)", &search, index_of_one(filter))
    } else {
        search.hits("count(*)")
    };
    push_archived(&mut statement, filter, true);
    push_others(&mut statement, filter, Period::Asked);
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default())
}

pub(super) fn by_ids(tx: &mut Tx<'_>, ids: &[PersonId]) -> Result<Vec<Consumer>, StoreError> {
    let mut statement = members(COLUMNS, &search(tx, &[])?, "");
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
        _ => members(COLUMNS, &search(tx, &[])?, ""),
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
    Ok(Search { merchant: tx.merchant()?, conditions, sqlite, bounds: tx.bounds() })
}

/// The merchant's memberships `m`, each looked into for what is searched; more conditions follow with ` AND …`. `indexed`
/// tells SQLite the index to ask, if it needs to be told.
fn members<ST>(select: &'static str, search: &Search<'_>, indexed: &'static str) -> Statement<ST> {
    let mut statement = Statement::new("SELECT ").sql(select).sql(" FROM membership m");
    statement.push_dialect("", indexed);
    if !search.conditions.is_empty() {
        statement.push_dialect(" CROSS JOIN LATERAL (SELECT * FROM ", " CROSS JOIN ");
        push_searched(&mut statement, Scope::Merchant(search.merchant), " ON ");
        statement.push_dialect(
            " AND s.person_id = m.person_id OFFSET 0) s",
            " AND s.person_id = m.person_id",
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

/// The index that finds what [`names_one`] names: without statistics SQLite would rather walk the list than sort.
const fn index_of_one(filter: &ConsumerFilter) -> &'static str {
    if filter.loyalty_id.is_some() {
        " INDEXED BY membership_loyalty_id"
    } else if filter.email.is_some() {
        " INDEXED BY membership_email"
    } else if filter.entity_source_id.is_some() {
        " INDEXED BY membership_source"
    } else {
        ""
    }
}

/// Whether the filter asks nothing that a column's own index answers.
const fn asks_no_index(filter: &ConsumerFilter) -> bool {
    !names_one(filter)
        && filter.firstname.is_none()
        && filter.lastname.is_none()
        && filter.city.is_none()
        && filter.created_at_gte.is_none()
        && filter.created_at_lt.is_none()
        && filter.updated_at_gte.is_none()
        && filter.updated_at_lt.is_none()
}

/// What is done about a time that must lie in a period.
#[derive(Clone, Copy)]
enum Period {
    /// An index may be asked for it.
    Asked,
    /// Each row is looked at: the plus keeps SQLite from the index.
    Checked,
}

/// How many columns a filter can compare before its shape is one of too many to be kept prepared.
const FEW: usize = 2;

/// Appends ` AND …` for everything but substrings.
fn push_filter<ST>(statement: &mut Statement<ST>, filter: &ConsumerFilter, period: Period) {
    push_archived(statement, filter, false);
    push_others(statement, filter, period);
}

/// Appends ` AND …` for whether customers are archived. SQLite asks an index only where there is a comparison, and without
/// statistics takes that index for as good as any other. So it stands where the index is the best: for the archived,
/// which are few, and for counts, in which it has all there is to know.
fn push_archived<ST>(statement: &mut Statement<ST>, filter: &ConsumerFilter, counts: bool) {
    let alone = asks_no_index(filter);
    match filter.archived {
        Archived::Hidden if counts && alone => statement.push(" AND m.archived = FALSE"),
        Archived::Hidden => statement.push(" AND NOT m.archived"),
        Archived::Only if alone => statement.push(" AND m.archived = TRUE"),
        Archived::Only => statement.push(" AND m.archived"),
        Archived::Included => {}
    }
}

/// Appends ` AND …` for everything but substrings and whether customers are archived.
fn push_others<ST>(statement: &mut Statement<ST>, filter: &ConsumerFilter, period: Period) {
    let texts = [
        &filter.loyalty_id,
        &filter.email,
        &filter.firstname,
        &filter.lastname,
        &filter.city,
        &filter.entity_source_id,
    ];
    let times =
        [filter.created_at_gte, filter.created_at_lt, filter.updated_at_gte, filter.updated_at_lt];
    if texts.into_iter().flatten().count() + times.into_iter().flatten().count() > FEW {
        statement.vary();
    }
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
    push_times(statement, filter, true, true, period);
    if let Some(audience) = &filter.segment {
        statement.push(" AND ");
        push_audience(statement, audience);
    }
}

/// Appends ` AND …` for when customers came and were changed.
fn push_times<ST>(
    statement: &mut Statement<ST>,
    filter: &ConsumerFilter,
    created: bool,
    updated: bool,
    period: Period,
) {
    let times = [
        (created, "m.created_at >= ", filter.created_at_gte),
        (created, "m.created_at < ", filter.created_at_lt),
        (updated, "m.updated_at >= ", filter.updated_at_gte),
        (updated, "m.updated_at < ", filter.updated_at_lt),
    ];
    for (asked, sql, at) in times {
        if let Some(at) = at.filter(|_| asked) {
            statement.push(" AND ");
            if matches!(period, Period::Checked) {
                statement.push_dialect("", "+");
            }
            statement.push(sql);
            statement.push_bind(Timestamp::micros(at));
        }
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
