//! Lists come in keyset pages: the next page begins after the last row's sort keys, not after a number of rows, so every
//! page costs the same and nothing is skipped while rows come and go.
//!
//! A cursor is opaque to clients. It holds a version, the list and order it belongs to, the sort keys and the pk; one that was
//! not made here, or belongs to another list or order, is refused. The old form `arrayconnection:N` counts as an offset.

use std::cmp::Ordering as Compare;

use crate::{Rule, Violations};

mod cursor;
mod order;
#[cfg(test)]
mod tests;

use cursor::Place;
pub use order::{KeyKind, Keyed, Order, Position, SortField, SortKey, Term};

/// Rows on a page unless told, and at most.
pub const MAX_PAGE: u16 = 100;
/// The furthest that `offset` reaches; cursors go on for ever.
pub const MAX_OFFSET: u32 = 10_000;

/// The paging arguments of a list as they came in.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    /// The first so many.
    pub first: Option<i32>,
    /// The last so many.
    pub last: Option<i32>,
    /// Only what comes before this cursor.
    pub before: Option<String>,
    /// Only what comes after this cursor.
    pub after: Option<String>,
    /// Skip so many.
    pub offset: Option<i32>,
    /// The order.
    pub order_by: Option<String>,
}

/// A checked wish for one page of a list.
#[derive(Clone, Debug)]
pub struct PageRequest<F> {
    /// The order.
    pub order: Order<F>,
    /// At most so many rows: 0 to [`MAX_PAGE`].
    pub limit: u16,
    /// Take them from the end (`last`).
    pub backward: bool,
    /// Only rows after this place.
    pub after: Option<Position>,
    /// Only rows before this place.
    pub before: Option<Position>,
    /// Skip so many rows (forward only).
    pub offset: u32,
}

impl<F: SortField> PageRequest<F> {
    /// The first rows of a list in its default order.
    pub fn first(limit: u16) -> Self {
        Self {
            order: F::default_order(),
            limit: limit.min(MAX_PAGE),
            backward: false,
            after: None,
            before: None,
            offset: 0,
        }
    }

    /// Checks paging arguments; `list` is the name that messages use. Refuses negative and over-long pages, broken or
    /// foreign cursors, offsets past [`MAX_OFFSET`], and combinations that make no sense, each with the argument at fault.
    pub fn parse(arguments: &PageArguments, list: &str) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let order = wrong
            .check("orderBy", Order::parse(arguments.order_by.as_deref()))
            .unwrap_or_else(F::default_order);
        let first = size(&mut wrong, "first", arguments.first, list);
        let last = size(&mut wrong, "last", arguments.last, list);
        if first.is_some() && last.is_some() {
            wrong.add("last", Rule::Invalid("Use either first or last, not both.".to_owned()));
        }
        let mut offset = match arguments.offset.map(u32::try_from) {
            None => 0,
            Some(Ok(offset)) => offset,
            Some(Err(_negative)) => {
                wrong.add("offset", Rule::Invalid("An offset cannot be negative.".to_owned()));
                0
            }
        };
        if arguments.before.is_some() && arguments.offset.is_some() {
            let sentence =
                "You can't provide a `before` value at the same time as an `offset` value.";
            wrong.add("before", Rule::Invalid(sentence.to_owned()));
        }
        if last.is_some() && arguments.offset.is_some() {
            let sentence =
                "You can't provide a `last` value at the same time as an `offset` value.";
            wrong.add("offset", Rule::Invalid(sentence.to_owned()));
        }
        let mut limit = first.or(last).unwrap_or(MAX_PAGE);
        let counted = |cursor: &Option<Place>| matches!(cursor, Some(Place::Index(_)));
        let after = place(&mut wrong, "after", arguments.after.as_deref(), &order);
        let before = place(&mut wrong, "before", arguments.before.as_deref(), &order);
        // A number counts rows from the front of the whole list: it says nothing where rows are counted from the end, or
        // from another row.
        for (argument, cursor) in [("after", &after), ("before", &before)] {
            if counted(cursor) && last.is_some() {
                let sentence = "A cursor of this form cannot be combined with last.";
                wrong.add(argument, Rule::Invalid(sentence.to_owned()));
            }
        }
        if counted(&before) && matches!(after, Some(Place::Keys(_))) {
            let sentence = "A cursor of this form cannot be combined with one of another form.";
            wrong.add("before", Rule::Invalid(sentence.to_owned()));
        }
        if offset > MAX_OFFSET {
            wrong.add("offset", too_far());
        }
        let after = match after {
            Some(Place::Keys(position)) => Some(position),
            Some(Place::Index(index)) => {
                let sum = offset.saturating_add(index).saturating_add(1);
                if sum > MAX_OFFSET && offset <= MAX_OFFSET {
                    wrong.add("after", too_far());
                }
                offset = sum;
                None
            }
            None => None,
        };
        let before = match before {
            Some(Place::Keys(position)) => Some(position),
            Some(Place::Index(end)) => {
                let room = end.saturating_sub(offset);
                limit = limit.min(u16::try_from(room).unwrap_or(MAX_PAGE));
                None
            }
            None => None,
        };
        let backward = last.is_some();
        wrong.into_result()?;
        Ok(Self { order, limit, backward, after, before, offset })
    }
}

fn too_far() -> Rule {
    Rule::Invalid(format!("Offsets end at {MAX_OFFSET}: page on with cursors instead."))
}

fn size(
    wrong: &mut Violations,
    argument: &'static str,
    value: Option<i32>,
    list: &str,
) -> Option<u16> {
    let value = value?;
    match u16::try_from(value) {
        Ok(size) if size <= MAX_PAGE => Some(size),
        _ if value < 0 => {
            wrong.add(argument, Rule::Invalid(format!("`{argument}` cannot be negative.")));
            None
        }
        _ => {
            wrong.add(
                argument,
                Rule::Invalid(format!(
                    "Requesting {value} records on the `{list}` connection exceeds the \
                     `{argument}` limit of {MAX_PAGE} records."
                )),
            );
            None
        }
    }
}

fn place<F: SortField>(
    wrong: &mut Violations,
    argument: &'static str,
    cursor: Option<&str>,
    order: &Order<F>,
) -> Option<Place> {
    let cursor = cursor.filter(|cursor| !cursor.is_empty())?;
    let place = order.read_cursor(cursor);
    if place.is_none() {
        let sentence = "Not a cursor of this list in this order.";
        wrong.add(argument, Rule::Invalid(sentence.to_owned()));
    }
    place
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the list's order, however the page was cut.
    pub items: Vec<T>,
    /// Whether rows follow (known only when the page was cut from the front).
    pub has_next: bool,
    /// Whether rows precede (known only when the page was cut from the end).
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// An empty page.
    pub const fn empty() -> Self {
        Self { items: Vec::new(), has_next: false, has_previous: false }
    }

    /// Turns up to `limit + 1` rows, fetched in the direction of the request, into the page.
    pub fn from_fetched<F>(mut rows: Vec<T>, request: &PageRequest<F>) -> Self {
        let limit = usize::from(request.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        if request.backward {
            rows.reverse();
        }
        Self {
            items: rows,
            has_next: more && !request.backward,
            has_previous: more && request.backward,
        }
    }

    /// The same page of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

/// Cuts a page out of rows that are all in memory: what a database does with an index.
pub fn cut<F: SortField, T: Keyed<F>>(mut rows: Vec<T>, request: &PageRequest<F>) -> Page<T> {
    let order = &request.order;
    rows.retain(|row| {
        request.after.as_ref().is_none_or(|place| order.compare(row, place) == Compare::Greater)
            && request
                .before
                .as_ref()
                .is_none_or(|place| order.compare(row, place) == Compare::Less)
    });
    rows.sort_by(|a, b| {
        let order = order.compare(a, &order.position(b));
        if request.backward { order.reverse() } else { order }
    });
    let fetched = rows
        .into_iter()
        .skip(usize::try_from(request.offset).unwrap_or(usize::MAX))
        .take(usize::from(request.limit).saturating_add(1))
        .collect();
    Page::from_fetched(fetched, request)
}
