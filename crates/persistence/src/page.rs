//! Keyset pages in SQL: where a page begins, in which order it goes, and the same for the children of many parents in one
//! statement.

use std::{collections::HashMap, hash::Hash};

use regulars_kernel::{
    Page, PageRequest,
    page::{Position, SortField, SortKey},
};

use crate::statement::{Bind, Statement};

/// A list whose sort fields are columns. Names carry the alias they are used under (`c.created_at`); each is never null
/// and has an index that ends with the primary key.
pub(crate) trait SortColumns: SortField {
    /// The column, or expression, of a field.
    fn column(self) -> &'static str;
    /// The column of the pk.
    const PK: &'static str;
}

/// Appends the page: ` AND (…)` for where it begins and ends, then `ORDER BY`, `LIMIT` (one row more than asked for, which
/// tells whether there are more) and `OFFSET`. A `WHERE` with at least one condition must stand before it.
pub(crate) fn push_page<F: SortColumns, ST>(
    statement: &mut Statement<ST>,
    request: &PageRequest<F>,
) {
    push_bounds(statement, request);
    push_order(statement, request, "");
    push_limit(statement, request);
}

/// Appends ` AND (…)` for each end of the page that a cursor names.
pub(crate) fn push_bounds<F: SortColumns, ST>(
    statement: &mut Statement<ST>,
    request: &PageRequest<F>,
) {
    if let Some(place) = &request.after {
        push_beyond(statement, request, place, false);
    }
    if let Some(place) = &request.before {
        push_beyond(statement, request, place, true);
    }
}

/// Appends `LIMIT` for everything up to the end of the page.
fn push_whole_limit<F, ST>(statement: &mut Statement<ST>, request: &PageRequest<F>) {
    statement.push(" LIMIT ");
    statement.push_bind(i64::from(request.limit) + 1 + i64::from(request.offset));
}

/// Appends `LIMIT` and `OFFSET`.
pub(crate) fn push_limit<F, ST>(statement: &mut Statement<ST>, request: &PageRequest<F>) {
    statement.push(" LIMIT ");
    statement.push_bind(i64::from(request.limit) + 1);
    if request.offset > 0 {
        statement.push(" OFFSET ");
        statement.push_bind(i64::from(request.offset));
    }
}

/// Appends `ORDER BY`, led by `first` (such as `"k.value, "`), in the direction the page is fetched.
pub(crate) fn push_order<F: SortColumns, ST>(
    statement: &mut Statement<ST>,
    request: &PageRequest<F>,
    first: &'static str,
) {
    if request.order.terms.len() > 1 {
        statement.vary();
    }
    statement.push(" ORDER BY ");
    statement.push(first);
    for (column, descending) in columns(request) {
        statement.push(column);
        let descending = descending != request.backward;
        let last = column == F::PK;
        statement.push(match (descending, last) {
            (true, true) => " DESC",
            (false, true) => "",
            (true, false) => " DESC, ",
            (false, false) => ", ",
        });
    }
}

fn columns<F: SortColumns>(request: &PageRequest<F>) -> Vec<(&'static str, bool)> {
    let terms = request.order.terms.iter().map(|term| (term.field.column(), term.descending));
    terms.chain([(F::PK, request.order.pk_descending)]).collect()
}

/// Rows after the place, or before it.
fn push_beyond<F: SortColumns, ST>(
    statement: &mut Statement<ST>,
    request: &PageRequest<F>,
    place: &Position,
    before: bool,
) {
    let columns = columns(request);
    let mut values: Vec<Bind> = place.keys.iter().map(bind).collect();
    values.push(Bind::Int(place.pk));
    let greater = |descending: bool| descending == before;
    let one_way = columns
        .iter()
        .all(|(_, descending)| columns.first().is_some_and(|(_, first)| first == descending));
    if let ([(first, descending), _, ..], Some(value)) = (columns.as_slice(), values.first())
        && first.contains('(')
    {
        // Of an expression, SQLite's indexes answer the comparison of a single value alone.
        statement.push(" AND ");
        statement.push(*first);
        statement.push(if greater(*descending) { " >= " } else { " <= " });
        statement.push_bind(value.clone());
    }
    statement.push(" AND (");
    if one_way {
        // A comparison of rows, which an index answers on both databases.
        statement.push("(");
        for (index, (column, _)) in columns.iter().enumerate() {
            statement.push(if index == 0 { "" } else { ", " });
            statement.push(*column);
        }
        let up = columns.first().is_some_and(|(_, descending)| greater(*descending));
        statement.push(if up { ") > (" } else { ") < (" });
        for (index, value) in values.into_iter().enumerate() {
            statement.push(if index == 0 { "" } else { ", " });
            statement.push_bind(value);
        }
        statement.push(")");
    } else {
        let mut equal: Vec<(&'static str, Bind)> = Vec::new();
        for (index, ((column, descending), value)) in columns.iter().zip(values).enumerate() {
            statement.push(if index == 0 { "(" } else { " OR (" });
            for (column, value) in &equal {
                statement.push(*column);
                statement.push(" = ");
                statement.push_bind(value.clone());
                statement.push(" AND ");
            }
            statement.push(*column);
            statement.push(if greater(*descending) { " > " } else { " < " });
            statement.push_bind(value.clone());
            statement.push(")");
            equal.push((column, value));
        }
    }
    statement.push(")");
}

fn bind(key: &SortKey) -> Bind {
    match key {
        SortKey::Int(number) => Bind::Int(*number),
        SortKey::Text(text) => Bind::Text(text.clone()),
    }
}

/// The children of many parents, a page of each, in one statement: one text for a single parent, one for any other number.
pub(crate) struct Children<'a> {
    /// What to select; columns carry the alias `c`, and the first is the parent's id.
    pub(crate) select: &'static str,
    /// The table of the children, with a primary key `id`.
    pub(crate) table: &'static str,
    /// Joins that `select` needs beside it, after the rows are chosen.
    pub(crate) joins: &'static str,
    /// The column that holds the parent, with the alias.
    pub(crate) parent: &'static str,
    /// The parents.
    pub(crate) parents: &'a [i64],
}

impl Children<'_> {
    /// The statement. `conditions` appends ` AND …` for each further condition, over the alias `c`.
    pub(crate) fn page<F: SortColumns, ST>(
        &self,
        conditions: impl Fn(&mut Statement<ST>),
        request: &PageRequest<F>,
    ) -> Statement<ST> {
        let mut statement = self.chosen(|statement| {
            conditions(statement);
            push_page(statement, request);
        });
        push_order(&mut statement, request, "k.value, ");
        statement
    }

    /// The children that `choose` leaves of each parent's.
    fn chosen<ST>(&self, choose: impl Fn(&mut Statement<ST>)) -> Statement<ST> {
        let mut statement = Statement::new("SELECT ");
        statement.push(self.select);
        statement.push(" FROM ");
        statement = statement.each(self.parents.iter().copied().collect::<Bind>());
        statement.push_dialect(" k CROSS JOIN LATERAL (SELECT c.* FROM ", " k JOIN ");
        statement.push(self.table);
        statement.push_dialect(" c", " c ON c.id IN (SELECT c.id FROM ");
        statement.push_dialect("", self.table);
        statement.push_dialect(" WHERE ", " c WHERE ");
        statement.push(self.parent);
        statement.push(" = k.value");
        choose(&mut statement);
        statement.push_dialect(") c", ")");
        statement.push(self.joins);
        statement
    }

    /// One page of the children of all parents together: as far as it can reach for each, merged. Each parent's children
    /// must come in the order of an index, or nothing is gained.
    pub(crate) fn merged<F: SortColumns, ST>(
        &self,
        conditions: impl Fn(&mut Statement<ST>),
        request: &PageRequest<F>,
    ) -> Statement<ST> {
        let mut statement = self.chosen(|statement| {
            conditions(statement);
            push_bounds(statement, request);
            push_order(statement, request, "");
            push_whole_limit(statement, request);
        });
        push_order(&mut statement, request, "");
        push_limit(&mut statement, request);
        statement
    }
}

/// Sorts fetched children under their parents; every parent gets a page, if an empty one.
pub(crate) fn group<P, T, F>(
    parents: &[P],
    rows: impl IntoIterator<Item = (P, T)>,
    request: &PageRequest<F>,
) -> Vec<(P, Page<T>)>
where
    P: Copy + Eq + Hash,
{
    let mut found: HashMap<P, Vec<T>> = HashMap::with_capacity(parents.len());
    for (parent, row) in rows {
        found.entry(parent).or_default().push(row);
    }
    parents
        .iter()
        .map(|parent| {
            let rows = found.remove(parent).unwrap_or_default();
            (*parent, Page::from_fetched(rows, request))
        })
        .collect()
}
