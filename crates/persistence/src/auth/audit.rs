//! The audit log: rows that are added and read, and of which only what tells of people is ever cleared.

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_auth::audit::{
    AuditFilter, AuditSort, Change, Doer, DoerKind, Entry, Field, Log, NewEntry, Outcome, Target,
    TargetKind,
};
use regulars_kernel::{
    ApplicationId, MerchantId, Page, PageRequest, PersonId, Scope, StoreError, Timestamp,
};

use crate::{
    Tx,
    page::{SortColumns, push_page},
    statement::{Bind, Statement},
};

const OUT_OF_REACH: StoreError = StoreError::OutOfScope("the audit log is another's");

impl SortColumns for AuditSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "a.created_at",
        }
    }

    const PK: &'static str = "a.id";
}

/// Parts of an entry that are text, as JSON; none where there is none.
fn json(changes: &[Change], personal: bool) -> Option<String> {
    let part = changes.iter().filter(|change| change.field().is_personal() == personal);
    let part: Vec<_> =
        part.map(|change| (change.field().name(), change.before(), change.after())).collect();
    (!part.is_empty()).then(|| serde_json::json!(part).to_string())
}

fn require_reach(tx: &Tx<'_>, entry: &NewEntry) -> Result<(), StoreError> {
    let reached = match (tx.scope(), entry.log) {
        (Scope::Platform, _) => true,
        (Scope::Merchant(own), Log::Merchant(merchant)) => own == merchant,
        (Scope::Person(own), Log::Merchant(_) | Log::Platform) => entry.doer.person == Some(own),
        (Scope::Merchant(_) | Scope::Person(_), _) => false,
    };
    if reached { Ok(()) } else { Err(OUT_OF_REACH) }
}

pub(super) fn append(tx: &mut Tx<'_>, entries: &[NewEntry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::<()>::new(
        "INSERT INTO audit_entry (merchant_id, created_at, actor_kind, person_id, app_id, \
         action, target_kind, target_id, refusal, changes, request_id, personal, peer) VALUES ",
    );
    if entries.len() > 1 {
        statement.vary();
    }
    for (index, entry) in entries.iter().enumerate() {
        require_reach(tx, entry)?;
        statement.push(if index == 0 { "(" } else { ", (" });
        match entry.log {
            Log::Platform => statement.push_bind(0),
            Log::Merchant(merchant) => statement.push_bind(merchant.get()),
            Log::Employer(person) => {
                statement.push(
                    "COALESCE((SELECT w.merchant_id FROM staff_member w WHERE w.person_id = ",
                );
                statement.push_bind(person.get());
                statement.push(" AND w.ended_at IS NULL), 0)");
            }
        }
        let target = entry.target;
        let refusal = match &entry.outcome {
            Outcome::Done => None,
            Outcome::Refused(code) => Some(code.clone()),
        };
        let person = entry.doer.person.map_or(0, PersonId::get);
        let app = entry.doer.app.map_or(0, ApplicationId::get);
        let values: [(&str, Bind, &str); 12] = [
            (", ", entry.at.micros().into(), ""),
            (", ", entry.doer.kind.word().into(), ""),
            // No number is 0: one text for those who are known and those who are not.
            (", NULLIF(", person.into(), ", 0)"),
            (", NULLIF(", app.into(), ", 0)"),
            (", ", entry.action.clone().into(), ""),
            (", ", target.map(|target| target.kind.word().to_owned()).into(), ""),
            (", NULLIF(", target.map_or(0, |target| target.id).into(), ", 0)"),
            (", ", refusal.into(), ""),
            (", ", json(&entry.changes, false).into(), ""),
            (", ", entry.request_id.clone().into(), ""),
            (", ", json(&entry.changes, true).into(), ""),
            (", ", entry.peer.map(|peer| peer.to_string()).into(), ")"),
        ];
        for (before, value, after) in values {
            statement.push(before);
            statement.push_bind(value);
            statement.push(after);
        }
    }
    statement.execute(tx.connection)?;
    Ok(())
}

const COLUMNS: &str = "a.id, a.merchant_id, a.created_at, a.actor_kind, a.person_id, a.app_id, a.action, \
    a.target_kind, a.target_id, a.refusal, a.changes, a.personal, a.request_id, a.peer";

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Text,
    Nullable<Text>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Text,
    Nullable<Text>,
);

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    created_at: i64,
    actor_kind: String,
    person_id: Option<i64>,
    app_id: Option<i64>,
    action: String,
    target_kind: Option<String>,
    target_id: Option<i64>,
    refusal: Option<String>,
    changes: Option<String>,
    personal: Option<String>,
    request_id: String,
    peer: Option<String>,
}

impl Row {
    fn entry(self) -> Result<Entry, StoreError> {
        let id = self.id;
        let corrupt = |column| StoreError::Corrupt { table: "audit_entry", column, id };
        let kind = DoerKind::from_word(&self.actor_kind).ok_or_else(|| corrupt("actor_kind"))?;
        let target = match (self.target_kind, self.target_id) {
            (Some(word), Some(id)) => {
                let kind = TargetKind::from_word(&word).ok_or_else(|| corrupt("target_kind"))?;
                Some(Target { kind, id })
            }
            _ => None,
        };
        let mut changes = read(self.changes.as_deref()).ok_or_else(|| corrupt("changes"))?;
        changes.extend(read(self.personal.as_deref()).ok_or_else(|| corrupt("personal"))?);
        changes.sort_by_key(Change::field);
        Ok(Entry {
            id,
            merchant: (self.merchant_id != 0).then(|| MerchantId::new(self.merchant_id)),
            at: Timestamp::from_micros(self.created_at),
            doer: Doer {
                kind,
                person: self.person_id.map(PersonId::new),
                app: self.app_id.map(ApplicationId::new),
            },
            action: self.action,
            target,
            outcome: self.refusal.map_or(Outcome::Done, Outcome::Refused),
            changes,
            request_id: self.request_id,
            peer: self.peer,
        })
    }
}

fn read(json: Option<&str>) -> Option<Vec<Change>> {
    type Part = (String, Option<String>, Option<String>);
    let parts: Vec<Part> = serde_json::from_str(json.unwrap_or("[]")).ok()?;
    let change = |(field, before, after): Part| {
        Some(Change::from_stored(Field::from_name(&field)?, before, after))
    };
    parts.into_iter().map(change).collect()
}

/// ` FROM …` with the conditions of a filter.
fn push_from<ST>(
    tx: &Tx<'_>,
    statement: &mut Statement<ST>,
    merchant: MerchantId,
    filter: &AuditFilter,
) -> Result<(), StoreError> {
    match tx.scope() {
        Scope::Merchant(own) if own == merchant => {}
        Scope::Platform => {}
        Scope::Merchant(_) | Scope::Person(_) => return Err(OUT_OF_REACH),
    }
    statement.push(" FROM audit_entry a WHERE a.merchant_id = ");
    statement.push_bind(merchant.get());
    let mut condition = |sql: &'static str, value: Bind| {
        statement.push(sql);
        statement.push_bind(value);
    };
    if let Some(target) = filter.target {
        condition(" AND a.target_id = ", target.id.into());
        condition(" AND a.target_kind = ", target.kind.word().into());
    }
    if let Some(person) = filter.person {
        condition(" AND a.person_id = ", person.get().into());
    }
    if let Some(app) = filter.app {
        condition(" AND a.app_id = ", app.get().into());
    }
    if let Some(action) = &filter.action {
        condition(" AND a.action = ", action.clone().into());
    }
    if let Some(from) = filter.from {
        condition(" AND a.created_at >= ", from.micros().into());
    }
    if let Some(before) = filter.before {
        condition(" AND a.created_at < ", before.micros().into());
    }
    match filter.refused {
        Some(true) => statement.push(" AND a.refusal IS NOT NULL"),
        Some(false) => statement.push(" AND a.refusal IS NULL"),
        None => {}
    }
    Ok(())
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    filter: &AuditFilter,
    request: &PageRequest<AuditSort>,
) -> Result<Page<Entry>, StoreError> {
    let mut statement = Statement::<RowSql>::new("SELECT ").sql(COLUMNS);
    push_from(tx, &mut statement, merchant, filter)?;
    push_page(&mut statement, request);
    Ok(Page::from_fetched(load(tx, statement)?, request))
}

pub(super) fn count(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    filter: &AuditFilter,
) -> Result<u64, StoreError> {
    let mut statement = Statement::<BigInt>::new("SELECT count(*)");
    push_from(tx, &mut statement, merchant, filter)?;
    let rows: Option<i64> = statement.first(tx.connection)?;
    Ok(rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or_default())
}

pub(super) fn count_done(
    tx: &mut Tx<'_>,
    log: Option<MerchantId>,
    doer: &Doer,
    action: &str,
    since: Timestamp,
) -> Result<u64, StoreError> {
    let filter = AuditFilter {
        person: doer.person.filter(|_| doer.app.is_none()),
        app: doer.app,
        action: Some(action.to_owned()),
        refused: Some(false),
        from: Some(since),
        ..AuditFilter::default()
    };
    // The platform's log has the number 0.
    count(tx, log.unwrap_or(MerchantId::new(0)), &filter)
}

pub(super) fn find(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: i64,
) -> Result<Option<Entry>, StoreError> {
    let mut statement = Statement::<RowSql>::new("SELECT ").sql(COLUMNS);
    push_from(tx, &mut statement, merchant, &AuditFilter::default())?;
    Ok(load(tx, statement.sql(" AND a.id = ").bind(id))?.pop())
}

fn load(tx: &mut Tx<'_>, statement: Statement<RowSql>) -> Result<Vec<Entry>, StoreError> {
    statement.load::<Row>(tx.connection)?.into_iter().map(Row::entry).collect()
}

pub(super) fn clear(
    tx: &mut Tx<'_>,
    person: PersonId,
    merchant: Option<MerchantId>,
) -> Result<usize, StoreError> {
    tx.platform()?;
    let about = |statement: Statement<()>| {
        statement.sql("target_kind = 'person' AND target_id = ").bind(person.get())
    };
    let acted = |statement: Statement<()>| {
        statement.sql("(person_id IS NULL OR person_id = ").bind(person.get()).sql(")")
    };
    let mut statement = Statement::<()>::new("UPDATE audit_entry SET personal = CASE WHEN ");
    statement = about(statement).sql(" THEN NULL ELSE personal END, peer = CASE WHEN ");
    statement = acted(statement).sql(" THEN NULL ELSE peer END WHERE (person_id = ");
    statement = about(statement.bind(person.get()).sql(" OR "));
    // Only what is cleared by it counts.
    statement = about(statement.sql(") AND (personal IS NOT NULL AND "));
    statement = acted(statement.sql(" OR peer IS NOT NULL AND ")).sql(")");
    if let Some(merchant) = merchant {
        statement = statement.sql(" AND merchant_id = ").bind(merchant.get());
    }
    statement.execute(tx.connection)
}

pub(super) fn clear_of(
    tx: &mut Tx<'_>,
    target: Target,
    merchant: MerchantId,
) -> Result<usize, StoreError> {
    tx.platform()?;
    Statement::<()>::new("UPDATE audit_entry SET personal = NULL WHERE merchant_id = ")
        .bind(merchant.get())
        .sql(" AND target_id = ")
        .bind(target.id)
        .sql(" AND target_kind = ")
        .bind(target.kind.word())
        .sql(" AND personal IS NOT NULL")
        .execute(tx.connection)
}
