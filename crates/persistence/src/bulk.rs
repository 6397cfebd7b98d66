//! Many rows at once: how a demo world or a bench gets its millions.
//!
//! No port and no rule is involved: the caller is trusted to make rows that add up, and [`Bulk::finish`] has the
//! database check every foreign key.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use diesel::{
    Connection, PgConnection, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId, SqlQuery},
    query_dsl::methods::{ExecuteDsl, LoadQuery},
    sql_types::{Array, BigInt, Binary, Nullable, Text},
    sqlite::Sqlite,
};

use crate::{
    connection::{AnyConnection, DatabaseUrl, Link, Purpose},
    customer::index_all,
    schema::person,
};

/// One value of a row, in the table's own terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Absent.
    Null,
    /// Numbers and instants.
    Int(i64),
    /// Texts.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// Hashes.
    Bytes(Vec<u8>),
}

/// Why rows could not be brought in.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// The database cannot be reached or opened.
    #[error("the database cannot be opened: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// The database refused rows.
    #[error("rows were refused: {0}")]
    Refused(#[from] diesel::result::Error),
    /// The database holds people already.
    #[error("the database is not empty")]
    NotEmpty,
    /// A row refers to another that is not there.
    #[error("a row of {0} refers to nothing")]
    Dangling(String),
}

/// A database that is being filled. All rows come in one transaction: until [`Self::finish`], nobody sees any. Indexes,
/// foreign keys and triggers are taken away meanwhile and built again at the end, which is many times faster than keeping
/// them up row by row.
pub struct Bulk {
    connection: AnyConnection,
    /// What builds the indexes, constraints and triggers again.
    rebuild: Vec<String>,
    /// PostgreSQL: the statement that fills each table.
    inserts: HashMap<&'static str, String>,
}

impl Bulk {
    /// Begins to fill a migrated database; refuses one that holds people already.
    pub fn begin(url: &DatabaseUrl) -> Result<Self, BulkError> {
        let link = Link::open(url, Purpose::Migrating, Duration::ZERO)?;
        let mut connection = link.connection;
        connection.batch_execute(match &connection {
            AnyConnection::Pg(_) => "SET idle_in_transaction_session_timeout = 0; BEGIN",
            AnyConnection::Sqlite(_) => {
                "PRAGMA foreign_keys = OFF; PRAGMA synchronous = NORMAL;
                 PRAGMA cache_size = -262144; BEGIN IMMEDIATE"
            }
        })?;
        // Before anything is taken away, which would lock out everybody else who works on a database in use.
        let first: Vec<i64> = person::table.select(person::id).limit(1).load(&mut connection)?;
        if !first.is_empty() {
            return Err(BulkError::NotEmpty);
        }
        let rebuild = match &mut connection {
            AnyConnection::Pg(pg) => strip(pg, POSTGRES_PARTS)?,
            AnyConnection::Sqlite(sqlite) => strip(sqlite, SQLITE_PARTS)?,
        };
        Ok(Self { connection, rebuild, inserts: HashMap::new() })
    }

    /// Brings in rows of one table; each row has a value for each named column.
    pub fn insert(
        &mut self,
        table: &'static str,
        columns: &'static [&'static str],
        rows: &[Vec<Value>],
    ) -> Result<(), BulkError> {
        match &mut self.connection {
            AnyConnection::Pg(pg) => {
                let sql = match self.inserts.entry(table) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(unnest_sql(pg, table, columns)?),
                };
                ExecuteDsl::execute(UnnestInsert { sql, columns: transpose(rows, columns) }, pg)?;
            }
            AnyConnection::Sqlite(sqlite) => {
                let sql = format!("INSERT INTO {table} ({}) VALUES (", columns.join(", "));
                for row in rows {
                    ExecuteDsl::execute(RowInsert { sql: &sql, row }, sqlite)?;
                }
            }
        }
        Ok(())
    }

    /// Builds indexes and constraints again, which checks every row, sets the sequences behind the highest ids, commits and
    /// gathers statistics. `progress` hears the number of steps done and of all steps.
    pub fn finish(mut self, mut progress: impl FnMut(usize, usize)) -> Result<(), BulkError> {
        let steps = self.rebuild.len().saturating_add(1);
        if let AnyConnection::Sqlite(sqlite) = &mut self.connection {
            index_all(sqlite)?;
        }
        for (step, sql) in self.rebuild.iter().enumerate() {
            progress(step, steps);
            self.connection.batch_execute(sql)?;
        }
        match &mut self.connection {
            AnyConnection::Pg(pg) => {
                pg.batch_execute(SET_SEQUENCES)?;
                pg.batch_execute("COMMIT; ANALYZE")?;
            }
            AnyConnection::Sqlite(sqlite) => {
                let dangling: Vec<Dangling> = diesel::sql_query(
                    "SELECT \"table\" AS name FROM pragma_foreign_key_check LIMIT 1",
                )
                .load(sqlite)?;
                if let Some(row) = dangling.into_iter().next() {
                    sqlite.batch_execute("ROLLBACK")?;
                    return Err(BulkError::Dangling(row.name));
                }
                sqlite.batch_execute(
                    "COMMIT; PRAGMA synchronous = FULL; PRAGMA analysis_limit = 2000; ANALYZE;
                     PRAGMA wal_checkpoint(TRUNCATE);",
                )?;
            }
        }
        progress(steps, steps);
        Ok(())
    }
}

/// A part of the schema that is taken away: how, and how it comes back.
#[derive(diesel::QueryableByName)]
struct SchemaPart {
    #[diesel(sql_type = Text)]
    removal: String,
    #[diesel(sql_type = Text)]
    rebuild: String,
}

/// Foreign keys first: they hold on to the unique indexes that they refer to. Keys that a constraint owns stay.
const POSTGRES_PARTS: &str = "
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS removal,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
            pg_get_constraintdef(oid)) AS rebuild, 2 AS place
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
    UNION ALL
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid), 1
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
    ORDER BY place";

const SQLITE_PARTS: &str = "
    SELECT 'DROP ' || type || ' ' || name AS removal, sql AS rebuild
    FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL";

/// Every identity column's sequence goes on behind its highest value.
const SET_SEQUENCES: &str = "DO $$ DECLARE t record; BEGIN
    FOR t IN SELECT table_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES'
    LOOP
        EXECUTE format(
            'SELECT setval(pg_get_serial_sequence(%L, ''id''), GREATEST(MAX(id), 1), MAX(id) IS NOT NULL) FROM %I',
            t.table_name, t.table_name);
    END LOOP;
END $$";

fn strip<'q, C>(connection: &mut C, parts: &'static str) -> QueryResult<Vec<String>>
where
    C: Connection,
    SqlQuery: LoadQuery<'q, C, SchemaPart>,
{
    let parts: Vec<SchemaPart> = diesel::sql_query(parts).load(connection)?;
    // Foreign keys go first and come back last.
    for part in parts.iter().rev() {
        connection.batch_execute(&part.removal)?;
    }
    Ok(parts.into_iter().map(|part| part.rebuild).collect())
}

#[derive(diesel::QueryableByName)]
struct Dangling {
    #[diesel(sql_type = Text)]
    name: String,
}

struct RowInsert<'a> {
    sql: &'a str,
    row: &'a [Value],
}

impl QueryId for RowInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Sqlite> for RowInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(self.sql);
        for (index, value) in self.row.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            match value {
                Value::Null => out.push_bind_param::<Nullable<BigInt>, _>(&None::<i64>)?,
                Value::Int(number) => out.push_bind_param::<BigInt, _>(number)?,
                Value::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Value::Bytes(bytes) => out.push_bind_param::<Binary, _>(bytes)?,
                Value::Bool(true) => out.push_bind_param::<BigInt, _>(&1_i64)?,
                Value::Bool(false) => out.push_bind_param::<BigInt, _>(&0_i64)?,
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<SqliteConnection> for RowInsert<'_> {}

/// Texts in, cast to the columns' own types by the database: one statement for each table, whatever the rows.
fn unnest_sql(pg: &mut PgConnection, table: &str, columns: &[&str]) -> QueryResult<String> {
    let types: Vec<ColumnType> = diesel::sql_query(
        "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS kind FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0",
    )
    .bind::<Text, _>(table)
    .load(pg)?;
    let kind = |column: &str| {
        let found = types.iter().find(|known| known.name == column);
        found.map_or("text", |known| known.kind.as_str())
    };
    let casts: Vec<String> =
        columns.iter().map(|column| format!("{column}::{}", kind(column))).collect();
    let (names, casts) = (columns.join(", "), casts.join(", "));
    Ok(format!("INSERT INTO {table} ({names}) SELECT {casts} FROM unnest("))
}

#[derive(diesel::QueryableByName)]
struct ColumnType {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

struct NamedColumn {
    name: &'static str,
    values: Vec<Option<String>>,
}

fn transpose(rows: &[Vec<Value>], columns: &'static [&'static str]) -> Vec<NamedColumn> {
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => None,
        Some(Value::Int(number)) => Some(number.to_string()),
        Some(Value::Bool(yes)) => Some(yes.to_string()),
        Some(Value::Text(text)) => Some(text.clone()),
        // As PostgreSQL reads bytes.
        Some(Value::Bytes(bytes)) => {
            Some(bytes.iter().fold("\\x".to_owned(), |text, byte| format!("{text}{byte:02x}")))
        }
    };
    let column = |index| rows.iter().map(|row| text(row.get(index))).collect();
    columns
        .iter()
        .enumerate()
        .map(|(index, name)| NamedColumn { name, values: column(index) })
        .collect()
}

struct UnnestInsert<'a> {
    sql: &'a str,
    columns: Vec<NamedColumn>,
}

impl QueryId for UnnestInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for UnnestInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(self.sql);
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            out.push_bind_param::<Array<Nullable<Text>>, _>(&column.values)?;
        }
        out.push_sql(") AS t(");
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            out.push_sql(column.name);
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for UnnestInsert<'_> {}

#[cfg(test)]
mod tests {
    use regulars_kernel::{Scope, StoreError};
    use regulars_testkit::{Engine, fresh};

    use super::*;
    use crate::{Db, Settings, statement::Statement, transactions::migrated};

    #[test]
    fn a_database_in_use_is_refused_before_anything_is_locked() {
        for engine in Engine::ALL {
            let database = fresh(engine, migrated);
            let url = DatabaseUrl::parse(database.url()).unwrap();
            let db = Db::open(&Settings::new(url.clone())).unwrap();
            db.write::<_, StoreError, _>(Scope::Platform, None, |tx| {
                let sql = "INSERT INTO person (user_type, registered, created_at, updated_at) \
                           VALUES ('CONSUMER', TRUE, 0, 0)";
                Statement::<()>::new(sql).execute(tx.connection)
            })
            .unwrap();
            // Somebody is reading: indexes could not be taken away.
            let mut reader = db.own_reader();
            reader.start(None);
            reader
                .read(Scope::Platform, |tx| {
                    Statement::<BigInt>::new("SELECT count(*) FROM person")
                        .load::<i64>(tx.connection)
                })
                .unwrap();
            assert!(matches!(Bulk::begin(&url), Err(BulkError::NotEmpty)), "{engine:?}");
        }
    }
}
