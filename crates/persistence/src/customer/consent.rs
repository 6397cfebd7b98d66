//! What customers decided about being contacted: rows that are added and read.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_customer::{
    Consent, ConsentChannel, ConsentRecorder, ConsentSort, ConsentState, Decision, NewConsent,
};
use regulars_kernel::{
    ApplicationId, ConsentId, MerchantId, Page, PageRequest, PersonId, Scope, StoreError, Timestamp,
};

use super::{
    membership::{OUT_OF_REACH, reaches},
    profile::Place,
};
use crate::{
    Tx,
    page::{Children, SortColumns, group},
    statement::{Bind, Statement},
};

const COLUMNS: &str = "c.person_id, c.id, c.merchant_id, c.channel, c.state, c.source, c.wording, \
     c.decided_at, c.recorded_at, c.recorded_by, c.recorder_id, c.app_id";

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    Text,
    Text,
    Text,
    Text,
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
);

#[derive(Queryable)]
struct Row {
    person_id: i64,
    id: i64,
    merchant_id: i64,
    channel: String,
    state: String,
    source: String,
    wording: String,
    decided_at: i64,
    recorded_at: i64,
    recorded_by: String,
    recorder_id: Option<i64>,
    app_id: Option<i64>,
}

impl Row {
    fn consent(self) -> Result<Consent, StoreError> {
        let place = Place { table: "consent", id: self.id };
        let missing = |column| place.corrupt(column);
        let channel = ConsentChannel::from_name(&self.channel).ok_or_else(|| missing("channel"))?;
        let state = ConsentState::from_name(&self.state).ok_or_else(|| missing("state"))?;
        let recorded_by = ConsentRecorder::from_name(&self.recorded_by);
        let new = NewConsent {
            merchant: MerchantId::new(self.merchant_id),
            person: PersonId::new(self.person_id),
            decision: Decision {
                channel,
                state,
                source: self.source,
                wording: Some(self.wording).filter(|words| !words.is_empty()),
                decided_at: Timestamp::from_micros(self.decided_at),
            },
            recorded_at: Timestamp::from_micros(self.recorded_at),
            recorded_by: recorded_by.ok_or_else(|| missing("recorded_by"))?,
            recorded_by_person: self.recorder_id.map(PersonId::new),
            recorded_by_app: self.app_id.map(ApplicationId::new),
        };
        Ok(new.with_id(ConsentId::new(self.id)))
    }
}

impl SortColumns for ConsentSort {
    fn column(self) -> &'static str {
        match self {
            Self::DecidedAt => "c.decided_at",
        }
    }

    const PK: &'static str = "c.id";
}

/// Whose decisions are in reach, each once.
fn near(tx: &Tx<'_>, ids: &[PersonId]) -> Vec<i64> {
    let own = tx.scope().person();
    let mut near: Vec<i64> =
        ids.iter().filter(|id| own.is_none_or(|own| own == **id)).map(|id| id.get()).collect();
    near.sort_unstable();
    near.dedup();
    near
}

/// Appends the condition that the memberships `m` are of those people and in reach.
fn push_members<ST>(statement: &mut Statement<ST>, tx: &Tx<'_>, near: &[i64]) {
    statement.push("m.person_id");
    statement.push_is_in(near.iter().copied().collect::<Bind>());
    if let Scope::Merchant(merchant) = tx.scope() {
        statement.push(" AND m.merchant_id = ");
        statement.push_bind(merchant.get());
    }
}

/// A step into the index for each membership and channel, however long its history is.
pub(super) fn standing(tx: &mut Tx<'_>, ids: &[PersonId]) -> Result<Vec<Consent>, StoreError> {
    let near = near(tx, ids);
    if near.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement =
        Statement::<RowSql>::new("SELECT ").sql(COLUMNS).sql(" FROM membership m CROSS JOIN (");
    for (index, channel) in ConsentChannel::ALL.iter().enumerate() {
        statement.push(if index == 0 { "SELECT '" } else { " UNION ALL SELECT '" });
        statement.push(channel.name());
        statement.push("' AS channel");
    }
    statement.push(
        ") k JOIN consent c ON c.merchant_id = m.merchant_id AND c.id = \
         (SELECT d.id FROM consent d WHERE d.merchant_id = m.merchant_id \
         AND d.person_id = m.person_id AND d.channel = k.channel \
         ORDER BY d.decided_at DESC, d.state, d.source, d.wording LIMIT 1) WHERE ",
    );
    push_members(&mut statement, tx, &near);
    statement.push(" ORDER BY c.person_id, c.merchant_id");
    let mut found = load(tx, statement)?;
    found.sort_by_key(|one| (one.new.person, one.new.merchant, one.new.decision.channel));
    Ok(found)
}

fn push_channel<ST>(statement: &mut Statement<ST>, channel: Option<ConsentChannel>) {
    if let Some(channel) = channel {
        statement.push(" AND c.channel = ");
        statement.push_bind(channel.name());
    }
}

pub(super) fn history(
    tx: &mut Tx<'_>,
    ids: &[PersonId],
    channel: Option<ConsentChannel>,
    request: &PageRequest<ConsentSort>,
) -> Result<Vec<(PersonId, Page<Consent>)>, StoreError> {
    let parents = near(tx, ids);
    let scope = tx.scope();
    let children = Children {
        select: COLUMNS,
        table: "consent",
        joins: "",
        parent: "c.person_id",
        parents: &parents,
    };
    let conditions = |statement: &mut Statement<RowSql>| {
        push_channel(statement, channel);
        if let Scope::Merchant(merchant) = scope {
            statement.push(" AND c.merchant_id = ");
            statement.push_bind(merchant.get());
        } else {
            // The merchant leads the index.
            statement.push(
                " AND c.merchant_id IN \
                 (SELECT m.merchant_id FROM membership m WHERE m.person_id = k.value)",
            );
        }
    };
    let found = load(tx, children.page(conditions, request))?;
    let found = found.into_iter().map(|one| (one.new.person, one));
    let people: Vec<PersonId> = parents.iter().copied().map(PersonId::new).collect();
    Ok(group(&people, found, request))
}

pub(super) fn count_history(
    tx: &mut Tx<'_>,
    ids: &[PersonId],
    channel: Option<ConsentChannel>,
) -> Result<Vec<(PersonId, u64)>, StoreError> {
    let near = near(tx, ids);
    let mut statement = Statement::<(BigInt, BigInt)>::new(
        "SELECT m.person_id, COUNT(*) FROM membership m JOIN consent c \
         ON c.merchant_id = m.merchant_id AND c.person_id = m.person_id WHERE ",
    );
    push_members(&mut statement, tx, &near);
    push_channel(&mut statement, channel);
    let statement = statement.sql(" GROUP BY m.person_id ORDER BY m.person_id");
    let rows: Vec<(i64, i64)> = statement.load(tx.connection)?;
    let count = |(person, count): (i64, i64)| (PersonId::new(person), count.unsigned_abs());
    Ok(rows.into_iter().map(count).collect())
}

/// ` FROM …` with the decisions of a membership about a channel; none where it is out of reach.
fn push_own<ST>(
    tx: &Tx<'_>,
    statement: &mut Statement<ST>,
    (merchant, person, channel): (MerchantId, PersonId, ConsentChannel),
) {
    statement.push(" FROM consent c WHERE c.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND c.person_id = ");
    statement.push_bind(person.get());
    push_channel(statement, Some(channel));
    statement.push(" AND ");
    statement.push_bind(reaches(tx, merchant, person));
}

pub(super) fn count(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    channel: ConsentChannel,
) -> Result<u64, StoreError> {
    let mut statement = Statement::<BigInt>::new("SELECT COUNT(*)");
    push_own(tx, &mut statement, (merchant, person, channel));
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.map(i64::unsigned_abs).unwrap_or_default())
}

pub(super) fn is_known(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    person: PersonId,
    decision: &Decision,
) -> Result<bool, StoreError> {
    let mut statement = Statement::<BigInt>::new("SELECT c.id");
    push_own(tx, &mut statement, (merchant, person, decision.channel));
    let statement = statement
        .sql(" AND c.decided_at = ")
        .bind(decision.decided_at.micros())
        .sql(" AND c.state = ")
        .bind(decision.state.name())
        .sql(" AND c.source = ")
        .bind(decision.source.as_str())
        .sql(" AND c.wording = ")
        .bind(decision.wording.as_deref().unwrap_or_default())
        .sql(" LIMIT 1");
    Ok(statement.first::<i64>(tx.connection)?.is_some())
}

pub(super) fn insert(tx: &mut Tx<'_>, new: &NewConsent) -> Result<ConsentId, StoreError> {
    if !reaches(tx, new.merchant, new.person) {
        return Err(OUT_OF_REACH);
    }
    let decision = &new.decision;
    let mut statement = Statement::<BigInt>::new(
        "INSERT INTO consent (merchant_id, person_id, channel, state, source, wording, decided_at, \
         recorded_at, recorded_by, recorder_id, app_id) SELECT m.merchant_id, m.person_id",
    );
    let values: [(&str, Bind, &str); 9] = [
        (", ", decision.channel.name().into(), ""),
        (", ", decision.state.name().into(), ""),
        (", ", decision.source.as_str().into(), ""),
        (", ", decision.wording.as_deref().unwrap_or_default().into(), ""),
        (", ", decision.decided_at.micros().into(), ""),
        (", ", new.recorded_at.micros().into(), ""),
        (", ", new.recorded_by.name().into(), ""),
        // No number is 0.
        (", NULLIF(", new.recorded_by_person.map_or(0, PersonId::get).into(), ", 0)"),
        (", NULLIF(", new.recorded_by_app.map_or(0, ApplicationId::get).into(), ", 0)"),
    ];
    for (before, value, after) in values {
        statement.push(before);
        statement.push_bind(value);
        statement.push(after);
    }
    let statement = statement
        .sql(" FROM membership m WHERE m.merchant_id = ")
        .bind(new.merchant.get())
        .sql(" AND m.person_id = ")
        .bind(new.person.get())
        .sql(" RETURNING id");
    statement.first::<i64>(tx.connection)?.map(ConsentId::new).ok_or(OUT_OF_REACH)
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Consent>, StoreError> {
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::consent).collect()
}
