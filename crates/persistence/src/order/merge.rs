//! Merges, and the rows that they move: each kind by two statements, whatever its number of rows.

use std::collections::BTreeSet;

use diesel::{
    Queryable,
    sql_types::{BigInt, Nullable, Text},
};
use regulars_customer::{
    CardNumber,
    merge::{Merge, MergeField, MoveKind, Named, Taken},
};
use regulars_kernel::{HoldId, MerchantId, MergeId, PersonId, Scope, StoreError, Timestamp};
use regulars_order::MergeStore;

use crate::{Tx, statement::Statement};

type RowSql = (
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Text,
    Nullable<BigInt>,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
);

const COLUMNS: &str = "SELECT g.id, g.merchant_id, g.other_id, g.survivor_id, g.kept, g.archived_at, \
     g.merged_at, g.merged_by, g.undone_at FROM merge g WHERE g.merchant_id = ";

#[derive(Queryable)]
struct Row {
    id: i64,
    merchant_id: i64,
    other_id: i64,
    survivor_id: i64,
    kept: String,
    archived_at: Option<i64>,
    merged_at: i64,
    merged_by: Option<i64>,
    undone_at: Option<i64>,
}

impl Row {
    fn merge(self) -> Result<Merge, StoreError> {
        let corrupt = StoreError::Corrupt { table: "merge", column: "kept", id: self.id };
        let (taken, cards) = kept_of(&self.kept).ok_or(corrupt)?;
        Ok(Merge {
            id: MergeId::new(self.id),
            merchant: MerchantId::new(self.merchant_id),
            other: PersonId::new(self.other_id),
            survivor: PersonId::new(self.survivor_id),
            taken,
            cards,
            archived_at: self.archived_at.map(Timestamp::from_micros),
            merged_at: Timestamp::from_micros(self.merged_at),
            merged_by: self.merged_by.map(PersonId::new),
            undone_at: self.undone_at.map(Timestamp::from_micros),
        })
    }
}

/// As the database has it: fields with what they were before, and cards.
type Kept = (Vec<(String, Option<String>)>, Vec<String>);

fn kept(merge: &Merge) -> String {
    let taken = merge.taken.iter().map(|one| (one.field.name().to_owned(), one.former.clone()));
    let cards = merge.cards.iter().map(|card| card.as_str().to_owned());
    let kept: Kept = (taken.collect(), cards.collect());
    serde_json::to_string(&kept).unwrap_or_default()
}

/// What [`kept`] wrote; nothing of whom was erased.
fn kept_of(text: &str) -> Option<(Vec<Taken>, Vec<CardNumber>)> {
    if text.is_empty() {
        return Some((Vec::new(), Vec::new()));
    }
    let (taken, cards): Kept = serde_json::from_str(text).ok()?;
    let taken = taken
        .into_iter()
        .map(|(field, former)| Some(Taken { field: MergeField::from_name(&field)?, former }));
    let cards = cards.into_iter().map(CardNumber::from_stored);
    Some((taken.collect::<Option<_>>()?, cards.collect()))
}

/// A table that names whose its rows are.
struct Table {
    name: &'static str,
    id: &'static str,
    /// The column that names whose they are.
    whose: &'static str,
    /// When the row changed last, where it says so.
    touched: Option<&'static str>,
}

const fn table(kind: MoveKind) -> Option<Table> {
    let (name, id, whose, touched) = match kind {
        MoveKind::Order => ("orders", "id", "person_id", Some("updated_at")),
        MoveKind::Visit => ("visit", "id", "person_id", None),
        MoveKind::Intent => ("redemption_intent", "id", "person_id", None),
        MoveKind::Redemption => ("redemption", "id", "person_id", Some("updated_at")),
        MoveKind::Consent => ("consent", "id", "person_id", None),
        MoveKind::Membership => ("membership", "person_id", "merged_into", Some("updated_at")),
        MoveKind::Stamp => return None,
    };
    Some(Table { name, id, whose, touched })
}

/// Passes where merges of a merchant are the transaction's to see and write.
fn reaches(tx: &Tx<'_>, merchant: MerchantId) -> bool {
    match tx.scope() {
        Scope::Merchant(own) => own == merchant,
        Scope::Person(_) => false,
        Scope::Platform => true,
    }
}

fn require(tx: &Tx<'_>, merchant: MerchantId) -> Result<(), StoreError> {
    if reaches(tx, merchant) {
        Ok(())
    } else {
        Err(StoreError::OutOfScope("merges are the merchant's"))
    }
}

/// Appends which rows of a table are the other's and move.
fn push_moving<ST>(
    statement: &mut Statement<ST>,
    (kind, table): (MoveKind, &Table),
    merchant: MerchantId,
    (other, survivor): (PersonId, PersonId),
) {
    statement.push(table.name);
    statement.push(" t WHERE t.merchant_id = ");
    statement.push_bind(merchant.get());
    statement.push(" AND t.");
    statement.push(table.whose);
    statement.push(" = ");
    statement.push_bind(other.get());
    if kind == MoveKind::Consent {
        statement.push(
            " AND (t.state = 'DENIED' OR EXISTS (SELECT 1 FROM membership m \
             WHERE m.merchant_id = t.merchant_id AND m.managed AND m.person_id = ",
        );
        statement.push_bind(survivor.get());
        statement.push("))");
    }
}

/// Appends `IN (…)`: the rows of a kind that a merge moved, or that came since by the name of the one who went; those of merges into
/// that one, too.
fn push_logged<ST>(statement: &mut Statement<ST>, merge: &Merge, kind: MoveKind) {
    statement.push("IN (SELECT v.row_id FROM merge_move v WHERE v.merchant_id = ");
    statement.push_bind(merge.merchant.get());
    statement.push(" AND v.kind = ");
    statement.push_bind(kind.word());
    statement.push(" AND (v.merge_id = ");
    statement.push_bind(merge.id.get());
    statement.push(
        " OR v.merge_id IN (SELECT g.id FROM merge g JOIN merge_move w \
         ON w.merchant_id = g.merchant_id AND w.kind = 'membership' AND w.row_id = g.other_id \
         WHERE w.merchant_id = ",
    );
    statement.push_bind(merge.merchant.get());
    statement.push(" AND w.merge_id = ");
    statement.push_bind(merge.id.get());
    statement.push(")))");
}

/// Appends which rows `t` of a table go back.
fn push_returning<ST>(
    statement: &mut Statement<ST>,
    (kind, table): (MoveKind, &Table),
    merge: &Merge,
) {
    statement.push("merchant_id = ");
    statement.push_bind(merge.merchant.get());
    statement.push(" AND ");
    statement.push(table.whose);
    statement.push(" = ");
    statement.push_bind(merge.survivor.get());
    statement.push(" AND (");
    statement.push(table.id);
    statement.push(" ");
    push_logged(statement, merge, kind);
    if kind == MoveKind::Redemption {
        statement.push(" OR redemption_intent_id ");
        push_logged(statement, merge, MoveKind::Intent);
    }
    statement.push(")");
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

impl MergeStore for Tx<'_> {
    fn insert_merge(&mut self, new: &Merge) -> Result<MergeId, StoreError> {
        require(self, new.merchant)?;
        let statement = Statement::<BigInt>::new(
            "INSERT INTO merge (merchant_id, other_id, survivor_id, kept, archived_at, merged_at, \
             merged_by) VALUES (",
        )
        .bind(new.merchant.get())
        .sql(", ")
        .bind(new.other.get())
        .sql(", ")
        .bind(new.survivor.get())
        .sql(", ")
        .bind(kept(new))
        .sql(", ")
        .bind(new.archived_at.map(Timestamp::micros))
        .sql(", ")
        .bind(new.merged_at.micros())
        .sql(", ")
        .bind(new.merged_by.map(PersonId::get))
        .sql(") RETURNING id");
        let id: Option<i64> = statement.first(self.connection)?;
        id.map(MergeId::new).ok_or(StoreError::Unavailable)
    }

    fn find_merge(
        &mut self,
        merchant: MerchantId,
        id: MergeId,
    ) -> Result<Option<Merge>, StoreError> {
        if !reaches(self, merchant) {
            return Ok(None);
        }
        let statement = Statement::<RowSql>::new(COLUMNS).bind(merchant.get()).sql(" AND g.id = ");
        statement.bind(id.get()).first::<Row>(self.connection)?.map(Row::merge).transpose()
    }

    fn standing_merge(
        &mut self,
        merchant: MerchantId,
        other: PersonId,
    ) -> Result<Option<Merge>, StoreError> {
        if !reaches(self, merchant) {
            return Ok(None);
        }
        let statement = Statement::<RowSql>::new(COLUMNS)
            .bind(merchant.get())
            .sql(" AND g.undone_at IS NULL AND g.other_id = ")
            .bind(other.get());
        statement.first::<Row>(self.connection)?.map(Row::merge).transpose()
    }

    fn end_merge(&mut self, merge: &Merge, at: Timestamp) -> Result<(), StoreError> {
        require(self, merge.merchant)?;
        Statement::<()>::new("UPDATE merge SET undone_at = ")
            .bind(at.micros())
            .sql(" WHERE undone_at IS NULL AND merchant_id = ")
            .bind(merge.merchant.get())
            .sql(" AND id = ")
            .bind(merge.id.get())
            .execute(self.connection)?;
        Ok(())
    }

    fn move_rows(&mut self, merge: &Merge, kind: MoveKind) -> Result<u64, StoreError> {
        require(self, merge.merchant)?;
        let Some(table) = table(kind) else { return Ok(0) };
        let both = (merge.other, merge.survivor);
        let mut log = Statement::<()>::new(
            "INSERT INTO merge_move (merchant_id, merge_id, kind, row_id) SELECT t.merchant_id, ",
        )
        .dialect("CAST(", "(")
        .bind(merge.id.get())
        .dialect(" AS BIGINT), CAST(", "), (")
        .bind(kind.word())
        .dialect(" AS TEXT), t.", "), t.")
        .sql(table.id)
        .sql(" FROM ");
        push_moving(&mut log, (kind, &table), merge.merchant, both);
        let moved = log.execute(self.connection)?;
        if moved == 0 {
            return Ok(0);
        }
        let mut statement = Statement::<()>::new("UPDATE ").sql(table.name).sql(" SET ");
        push_owner(&mut statement, &table, merge.survivor, merge.merged_at);
        statement.push(" WHERE merchant_id = ");
        statement.push_bind(merge.merchant.get());
        statement.push(" AND ");
        statement.push(table.whose);
        statement.push(" = ");
        statement.push_bind(merge.other.get());
        statement.push(" AND ");
        statement.push(table.id);
        statement.push(" IN (SELECT v.row_id FROM merge_move v WHERE v.merchant_id = ");
        statement.push_bind(merge.merchant.get());
        statement.push(" AND v.merge_id = ");
        statement.push_bind(merge.id.get());
        statement.push(" AND v.kind = ");
        statement.push_bind(kind.word());
        statement.push(")");
        statement.execute(self.connection)?;
        Ok(count(moved))
    }

    fn move_rows_back(
        &mut self,
        merge: &Merge,
        kind: MoveKind,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        require(self, merge.merchant)?;
        let Some(table) = table(kind) else { return Ok(0) };
        let mut statement = Statement::<()>::new("UPDATE ").sql(table.name).sql(" SET ");
        push_owner(&mut statement, &table, merge.other, at);
        statement.push(" WHERE ");
        push_returning(&mut statement, (kind, &table), merge);
        Ok(count(statement.execute(self.connection)?))
    }

    fn rows_to_move(
        &mut self,
        merchant: MerchantId,
        both: (PersonId, PersonId),
    ) -> Result<Vec<(MoveKind, u64)>, StoreError> {
        if !reaches(self, merchant) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for kind in MoveKind::ALL {
            let Some(table) = table(*kind) else { continue };
            let mut statement = Statement::<BigInt>::new("SELECT count(*) FROM ");
            push_moving(&mut statement, (*kind, &table), merchant, both);
            let rows: Option<i64> = statement.first(self.connection)?;
            let rows = u64::try_from(rows.unwrap_or_default()).unwrap_or_default();
            if rows > 0 {
                found.push((*kind, rows));
            }
        }
        Ok(found)
    }

    fn rows_to_move_back(&mut self, merge: &Merge) -> Result<BTreeSet<Named>, StoreError> {
        let mut found = BTreeSet::new();
        if !reaches(self, merge.merchant) {
            return Ok(found);
        }
        for kind in MoveKind::ALL {
            if Named::from_parts(*kind, 0).is_none() {
                continue;
            }
            let ids: Vec<i64> = if let Some(table) = table(*kind) {
                let statement = Statement::<BigInt>::new("SELECT ").sql(table.id).sql(" FROM ");
                let mut statement = statement.sql(table.name).sql(" WHERE ");
                push_returning(&mut statement, (*kind, &table), merge);
                statement.load(self.connection)?
            } else {
                let mut statement =
                    Statement::<BigInt>::new("SELECT e.id FROM entry e WHERE e.merchant_id = ")
                        .bind(merge.merchant.get())
                        .sql(" AND e.id ");
                push_logged(&mut statement, merge, *kind);
                statement.load(self.connection)?
            };
            found.extend(ids.into_iter().filter_map(|id| Named::from_parts(*kind, id)));
        }
        Ok(found)
    }

    fn holds_to_move_back(&mut self, merge: &Merge) -> Result<BTreeSet<HoldId>, StoreError> {
        let Some(table) = table(MoveKind::Intent).filter(|_| reaches(self, merge.merchant)) else {
            return Ok(BTreeSet::new());
        };
        let mut statement = Statement::<BigInt>::new(
            "SELECT hold_id FROM redemption_intent WHERE hold_id IS NOT NULL AND state = 'OPEN' AND ",
        );
        push_returning(&mut statement, (MoveKind::Intent, &table), merge);
        let ids: Vec<i64> = statement.load(self.connection)?;
        Ok(ids.into_iter().map(HoldId::new).collect())
    }

    fn merged_before(&mut self, merge: &Merge) -> Result<Vec<PersonId>, StoreError> {
        if !reaches(self, merge.merchant) {
            return Ok(Vec::new());
        }
        let statement = Statement::<BigInt>::new(
            "SELECT v.row_id FROM merge_move v WHERE v.kind = 'membership' AND v.merchant_id = ",
        )
        .bind(merge.merchant.get())
        .sql(" AND v.merge_id = ")
        .bind(merge.id.get())
        .sql(" ORDER BY v.row_id");
        let ids: Vec<i64> = statement.load(self.connection)?;
        Ok(ids.into_iter().map(PersonId::new).collect())
    }
}

/// Appends whose a row becomes, and when.
fn push_owner<ST>(statement: &mut Statement<ST>, table: &Table, owner: PersonId, at: Timestamp) {
    statement.push(table.whose);
    statement.push(" = ");
    statement.push_bind(owner.get());
    if let Some(touched) = table.touched {
        statement.push(", ");
        statement.push(touched);
        statement.push(" = ");
        statement.push_bind(at.micros());
    }
}

#[cfg(test)]
mod tests;
