//! In which rows of which lists a field is being resolved, so that errors can say so.
//!
//! juniper leaves the places of lists out of an error's path, and gives whoever makes an error no way to know them. So
//! whoever goes through the rows of a list notes the row here, and what becomes an error on the way
//! ([`crate::error`]) takes the note along, hidden among its extensions, until the answer is written ([`crate::answer`]).
//! An answer without errors costs a number for each row. An operation runs on one thread from beginning to end.

use std::cell::RefCell;

use juniper::{DefaultScalarValue, Object, Value};

/// Under this name the rows hide. No name in a schema begins so.
const KEY: &str = "\0rows";

/// A row of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Where the list's field stands in the canonical document.
    pub(crate) place: usize,
    /// The place of the row in the list, from 0.
    pub(crate) index: usize,
}

thread_local! {
    /// From the outermost list to the innermost.
    static ROWS: RefCell<Vec<Row>> = const { RefCell::new(Vec::new()) };
}

/// A list whose rows are gone through, until it is dropped.
#[derive(Debug)]
pub(crate) struct Rows(());

impl Rows {
    /// Begins with the first row of the list of the field at this place.
    pub(crate) fn of(place: usize) -> Self {
        ROWS.with_borrow_mut(|rows| rows.push(Row { place, index: 0 }));
        Self(())
    }

    /// Goes to a row.
    pub(crate) fn at(&self, index: usize) {
        ROWS.with_borrow_mut(|rows| {
            if let Some(row) = rows.last_mut() {
                row.index = index;
            }
        });
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        ROWS.with_borrow_mut(Vec::pop);
    }
}

/// Adds to an error's extensions in which rows it happens, if it does in any.
pub(crate) fn note(extensions: &mut Value) {
    let Value::Object(object) = extensions else { return };
    ROWS.with_borrow(|rows| {
        if rows.is_empty() {
            return;
        }
        let number = |number: usize| Value::scalar(i32::try_from(number).unwrap_or(i32::MAX));
        let numbers = rows.iter().flat_map(|row| [number(row.place), number(row.index)]);
        object.add_field(KEY, Value::List(numbers.collect()));
    });
}

/// Takes the rows out of an error's extensions again.
pub(crate) fn taken(extensions: &Value) -> Option<(Vec<Row>, Value)> {
    let Value::Object(object) = extensions else { return None };
    let Value::List(numbers) = object.get_field_value(KEY)? else { return None };
    let numbers: Vec<usize> = numbers.iter().filter_map(number).collect();
    let rows = numbers.chunks_exact(2).filter_map(|pair| match pair {
        [place, index] => Some(Row { place: *place, index: *index }),
        _ => None,
    });
    let mut rest = Object::with_capacity(object.field_count());
    for (name, value) in object.iter().filter(|(name, _)| name.as_str() != KEY) {
        rest.add_field(name.as_str(), value.clone());
    }
    Some((rows.collect(), Value::Object(rest)))
}

fn number(value: &Value) -> Option<usize> {
    match value {
        Value::Scalar(DefaultScalarValue::Int(number)) => usize::try_from(*number).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use juniper::graphql_value;

    use super::*;

    fn noted() -> Option<Vec<(usize, usize)>> {
        let mut extensions = graphql_value!({ "code": "invalid" });
        note(&mut extensions);
        let (rows, rest) = taken(&extensions)?;
        assert_eq!(rest, graphql_value!({ "code": "invalid" }));
        Some(rows.into_iter().map(|row| (row.place, row.index)).collect())
    }

    #[test]
    fn an_error_takes_along_the_rows_that_it_happens_in() {
        assert_eq!(noted(), None);
        let outer = Rows::of(20);
        outer.at(7);
        {
            let inner = Rows::of(90);
            assert_eq!(noted(), Some(vec![(20, 7), (90, 0)]));
            inner.at(3);
            assert_eq!(noted(), Some(vec![(20, 7), (90, 3)]));
        }
        outer.at(8);
        assert_eq!(noted(), Some(vec![(20, 8)]));
        let panicked = std::panic::catch_unwind(|| {
            let _rows = Rows::of(90);
            panic!("on purpose");
        });
        assert!(panicked.is_err());
        assert_eq!(noted(), Some(vec![(20, 8)]), "a panic leaves nothing behind");
        drop(outer);
        assert_eq!(noted(), None);
        let mut nothing = Value::Null;
        note(&mut nothing);
        assert_eq!(nothing, Value::Null, "a fault without a code stays one");
    }
}
