//! What stands in a database, past everything that the product would say of it.

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection,
    sql_types::Text,
};

use crate::{Engine, TempDatabase, database::or_panic};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

impl TempDatabase {
    /// The answers of a query whose one column is a text called `row`, asked by whoever may everything.
    ///
    /// # Panics
    /// When there is none.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let rows: Vec<Row> = match self.engine() {
            Engine::Sqlite => {
                let file = self.file().unwrap_or_default();
                let mut connection =
                    or_panic("the database", SqliteConnection::establish(&file.to_string_lossy()));
                or_panic(
                    "a query",
                    diesel::sql_query("PRAGMA busy_timeout = 5000").execute(&mut connection),
                );
                or_panic(sql, diesel::sql_query(sql).load(&mut connection))
            }
            Engine::Postgres => {
                let mut connection = or_panic("the database", PgConnection::establish(self.url()));
                or_panic(sql, diesel::sql_query(sql).load(&mut connection))
            }
        };
        rows.into_iter().map(|row| row.row).collect()
    }

    /// Every row of every table, as text, with the table's name before it; bytes are in hexadecimal digits.
    ///
    /// # Panics
    /// When the database does not answer.
    pub fn dump(&self) -> Vec<String> {
        let tables = match self.engine() {
            Engine::Sqlite => {
                "SELECT 'SELECT ''' || t.name || ' '' || ' || group_concat('quote(\"' || c.name || '\")', ' || '' '' || ')
                    || ' AS row FROM \"' || t.name || '\"' AS row
                 FROM pragma_table_list t JOIN pragma_table_info(t.name) c
                 WHERE t.schema = 'main' AND t.type = 'table' GROUP BY t.name"
            }
            Engine::Postgres => {
                "SELECT format('SELECT %L || (t.*)::text AS row FROM %I.%I t', c.relname || ' ', n.nspname, c.relname) AS row
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
            }
        };
        self.rows(tables).iter().flat_map(|query| self.rows(query)).collect()
    }
}
