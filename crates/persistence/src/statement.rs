//! A statement written as SQL, with its binds, for what diesel's query language cannot say for both databases: keyset
//! pages over a varying order, searches, segments, the newest rows of each of many parents.
//!
//! Values never enter the text. Rows are decoded by position, like those of diesel's own queries (by name would cost a
//! look-up for every field of every row), and the text is the key of diesel's prepared-statement cache. Texts that callers
//! shape are kept out of it ([`Statement::vary`]); what it holds for other reasons is bounded by [`crate::connection`].

use std::{borrow::Cow, marker::PhantomData};

use diesel::{
    PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    query_dsl::methods::{ExecuteDsl, LoadQuery},
    sql_types::{Array, BigInt, Binary, Bool, Nullable, Text},
    sqlite::Sqlite,
};
use regulars_kernel::StoreError;

use crate::{
    connection::{AnyConnection, on_inner},
    error::IntoStore,
};

/// A value in a statement.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Int(i64),
    NullableInt(Option<i64>),
    Text(String),
    NullableBytes(Option<Vec<u8>>),
    NullableText(Option<String>),
    Bool(bool),
    /// A list of numbers: an array on PostgreSQL, a JSON array in a text on SQLite.
    Ints(Vec<i64>, String),
    /// A list of texts, likewise.
    Texts(Vec<String>, String),
}

#[derive(Clone, Debug)]
enum Part {
    Sql(Cow<'static, str>),
    /// Text that differs between the databases.
    Dialect {
        pg: Cow<'static, str>,
        sqlite: Cow<'static, str>,
    },
    Bind(Bind),
}

/// A statement that answers rows of the SQL type `ST`.
#[derive(Clone, Debug)]
pub(crate) struct Statement<ST> {
    parts: Vec<Part>,
    /// Whether its text is one of so many that it is not worth keeping prepared.
    varies: bool,
    answers: PhantomData<ST>,
}

impl<ST> Statement<ST> {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Self { parts: vec![Part::Sql(sql.into())], varies: false, answers: PhantomData }
    }

    /// Says that the shape of the text is the caller's choice: it is prepared for this once.
    pub(crate) fn vary(&mut self) {
        self.varies = true;
    }

    /// Goes on with this text.
    pub(crate) fn sql(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.push(sql);
        self
    }

    pub(crate) fn push(&mut self, sql: impl Into<Cow<'static, str>>) {
        self.parts.push(Part::Sql(sql.into()));
    }

    /// Goes on with text that differs between the databases.
    pub(crate) fn dialect(
        mut self,
        pg: impl Into<Cow<'static, str>>,
        sqlite: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.push_dialect(pg, sqlite);
        self
    }

    pub(crate) fn push_dialect(
        &mut self,
        pg: impl Into<Cow<'static, str>>,
        sqlite: impl Into<Cow<'static, str>>,
    ) {
        self.parts.push(Part::Dialect { pg: pg.into(), sqlite: sqlite.into() });
    }

    /// A value at this place of the text.
    pub(crate) fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.push_bind(value);
        self
    }

    pub(crate) fn push_bind(&mut self, value: impl Into<Bind>) {
        self.parts.push(Part::Bind(value.into()));
    }

    /// ` = ANY(…)` or ` IN (…)`: one statement text for lists of every length but one. A list of one is compared with that
    /// one, in a text of its own: SQLite reads no JSON for it, and PostgreSQL, which takes an unknown list for ten, keeps
    /// its plan instead of planning each time anew.
    #[expect(clippy::wrong_self_convention, reason = "it reads as the SQL it writes")]
    pub(crate) fn is_in(mut self, values: impl Into<Bind>) -> Self {
        self.push_is_in(values);
        self
    }

    pub(crate) fn push_is_in(&mut self, values: impl Into<Bind>) {
        match values.into().alone() {
            Ok(one) => {
                self.push(" = ");
                self.push_bind(one);
            }
            Err(many) => {
                self.push_dialect(" = ANY(", " IN (SELECT value FROM json_each(");
                self.push_bind(many);
                self.push_dialect(")", "))");
            }
        }
    }

    /// A row source of one column `value`, a row for each value: `FROM` it or join it. Follow it with an alias.
    pub(crate) fn each(mut self, values: impl Into<Bind>) -> Self {
        match values.into().alone() {
            Ok(one) => {
                self.push("(SELECT ");
                self.push_bind(one);
                self.push(" AS value)");
            }
            Err(many) => {
                self.push_dialect("(SELECT unnest(", "(SELECT value FROM json_each(");
                self.push_bind(many);
                self.push_dialect(") AS value)", "))");
            }
        }
        self
    }

    /// Takes over another statement's text and binds, as a part of this one.
    pub(crate) fn append<Other>(&mut self, other: Statement<Other>) {
        self.parts.extend(other.parts);
        self.varies |= other.varies;
    }

    /// All rows.
    pub(crate) fn load<R>(self, connection: &mut AnyConnection) -> Result<Vec<R>, StoreError>
    where
        Self: for<'q> LoadQuery<'q, PgConnection, R> + for<'q> LoadQuery<'q, SqliteConnection, R>,
    {
        let rows: QueryResult<Vec<R>> =
            on_inner!(connection, inner => RunQueryDsl::load(self, inner));
        rows.store()
    }

    /// The only row, if there is one.
    pub(crate) fn first<R>(self, connection: &mut AnyConnection) -> Result<Option<R>, StoreError>
    where
        Self: for<'q> LoadQuery<'q, PgConnection, R> + for<'q> LoadQuery<'q, SqliteConnection, R>,
    {
        Ok(self.load(connection)?.into_iter().next())
    }
}

impl Statement<BigInt> {
    /// Inserts rows into a table whose `id` the database counts, without anything to be left out, and answers their ids as they
    /// are listed.
    ///
    /// What SQLite answers by `RETURNING` it puts into a table made for it first, which costs more than to insert a row; it has
    /// one writer, so the rows of a statement are numbered one after the other up to the last.
    pub(crate) fn insert(self, connection: &mut AnyConnection) -> Result<Vec<i64>, StoreError> {
        if let AnyConnection::Pg(_) = connection {
            let mut ids: Vec<i64> = self.sql(" RETURNING id").load(connection)?;
            ids.sort_unstable();
            return Ok(ids);
        }
        let Self { parts, varies, .. } = self;
        let insert = Statement::<()> { parts, varies, answers: PhantomData };
        let rows = i64::try_from(insert.execute(connection)?).unwrap_or(i64::MAX);
        let last = Self::new("SELECT last_insert_rowid()").first::<i64>(connection)?;
        let last = last.filter(|_| rows > 0).unwrap_or_default();
        Ok((last.saturating_sub(rows)..last).map(|before| before.saturating_add(1)).collect())
    }

    /// The same of one row; `missing` where it was not inserted.
    pub(crate) fn insert_one(
        self,
        connection: &mut AnyConnection,
        missing: StoreError,
    ) -> Result<i64, StoreError> {
        self.insert(connection)?.pop().ok_or(missing)
    }
}

impl Statement<()> {
    /// Runs it for its effect and answers how many rows it touched.
    pub(crate) fn execute(self, connection: &mut AnyConnection) -> Result<usize, StoreError> {
        on_inner!(connection, inner => ExecuteDsl::execute(self, inner)).store()
    }
}

impl<ST> Query for Statement<ST> {
    type SqlType = ST;
}

impl<ST, C> RunQueryDsl<C> for Statement<ST> {}

impl<ST> QueryId for Statement<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

macro_rules! fragment {
    ($backend:ty, $dialect:ident, |$out:ident, $ints:ident, $texts:ident| $list:expr, $texts_list:expr) => {
        impl<ST> QueryFragment<$backend> for Statement<ST> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                if self.varies {
                    out.unsafe_to_cache_prepared();
                }
                for part in &self.parts {
                    match part {
                        Part::Sql(text) => out.push_sql(text),
                        Part::Dialect { $dialect: text, .. } => out.push_sql(text),
                        Part::Bind(Bind::Int(value)) => {
                            out.push_bind_param::<BigInt, _>(value)?;
                        }
                        Part::Bind(Bind::NullableInt(value)) => {
                            out.push_bind_param::<Nullable<BigInt>, _>(value)?;
                        }
                        Part::Bind(Bind::NullableBytes(value)) => {
                            out.push_bind_param::<Nullable<Binary>, _>(value)?;
                        }
                        Part::Bind(Bind::Text(value)) => out.push_bind_param::<Text, _>(value)?,
                        Part::Bind(Bind::NullableText(value)) => {
                            out.push_bind_param::<Nullable<Text>, _>(value)?;
                        }
                        Part::Bind(Bind::Bool(value)) => out.push_bind_param::<Bool, _>(value)?,
                        Part::Bind(Bind::Ints(array, json)) => {
                            let ($out, $ints) = (&mut out, (array, json));
                            $list?;
                        }
                        Part::Bind(Bind::Texts(array, json)) => {
                            let ($out, $texts) = (&mut out, (array, json));
                            $texts_list?;
                        }
                    }
                }
                Ok(())
            }
        }
    };
}

fragment!(
    Pg,
    pg,
    |out, ints, texts| out.push_bind_param::<Array<BigInt>, _>(ints.0),
    out.push_bind_param::<Array<Text>, _>(texts.0)
);
fragment!(
    Sqlite,
    sqlite,
    |out, ints, texts| out.push_bind_param::<Text, _>(ints.1),
    out.push_bind_param::<Text, _>(texts.1)
);

impl Bind {
    /// The only entry of a list of one; else the value as it is.
    fn alone(self) -> Result<Self, Self> {
        match &self {
            Self::Ints(numbers, _) => match numbers.as_slice() {
                [one] => Ok(Self::Int(*one)),
                _ => Err(self),
            },
            Self::Texts(texts, _) => match texts.as_slice() {
                [one] => Ok(Self::Text(one.clone())),
                _ => Err(self),
            },
            _ => Err(self),
        }
    }
}

impl From<i64> for Bind {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Option<i64>> for Bind {
    fn from(value: Option<i64>) -> Self {
        Self::NullableInt(value)
    }
}

impl From<Option<Vec<u8>>> for Bind {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::NullableBytes(value)
    }
}

impl From<bool> for Bind {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<String> for Bind {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Bind {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<Option<String>> for Bind {
    fn from(value: Option<String>) -> Self {
        Self::NullableText(value)
    }
}

impl FromIterator<i64> for Bind {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        let values: Vec<i64> = values.into_iter().collect();
        let json = serde_json::Value::from(values.clone()).to_string();
        Self::Ints(values, json)
    }
}

impl FromIterator<String> for Bind {
    fn from_iter<I: IntoIterator<Item = String>>(values: I) -> Self {
        let values: Vec<String> = values.into_iter().collect();
        let json = serde_json::Value::from(values.clone()).to_string();
        Self::Texts(values, json)
    }
}
