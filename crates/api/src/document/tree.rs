//! The canonical form of an operation: no fragments but those that tell types apart, no directives, every response
//! key once.

use std::ops::Range;

use juniper::{DefaultScalarValue, InputValue};

use super::problem::Location;

/// An argument as the client wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a InputValue,
    /// The value's own characters, so that printing changes nothing about it.
    pub(super) text: &'a str,
}

/// A field after merging.
#[derive(Debug)]
pub(super) struct Field<'a> {
    /// The key of the answer: the alias or the name.
    pub(super) key: &'a str,
    pub(super) name: &'a str,
    pub(super) arguments: Vec<Argument<'a>>,
    /// Where it first stood.
    pub(super) at: Location,
    /// How many of it there will be.
    pub(super) rows: Rows,
    /// `None` for a leaf; may be empty where everything under it was skipped.
    pub(super) children: Option<Vec<Entry<'a>>>,
}

/// How many objects a field stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// One, or a list of a few.
    One,
    /// A page: it takes `first`.
    Page,
    /// A list of the schema's own, about so long.
    Introspected(u64),
}

/// A field and the type that it is asked of.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// The type condition; `None` where every possible type is meant.
    pub(super) on: Option<&'a str>,
    /// Whether the condition is an object type: an answer has one such type, so such entries exclude each other.
    pub(super) exclusive: bool,
    pub(super) field: Field<'a>,
}

/// The text of a document, sliced by juniper's positions, which count characters.
pub(crate) struct Source<'a> {
    text: &'a str,
    /// Where each character begins; empty for ASCII, where the two counts agree.
    offsets: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let offsets = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(offset, _)| offset).collect()
        };
        Self { text, offsets }
    }

    /// The characters of a span.
    pub(crate) fn slice(&self, span: Range<usize>) -> &'a str {
        let offset = |index: usize| {
            if self.offsets.is_empty() {
                index
            } else {
                self.offsets.get(index).copied().unwrap_or(self.text.len())
            }
        };
        self.text.get(offset(span.start)..offset(span.end)).unwrap_or_default()
    }
}

/// How many values a value is made of, itself included.
pub(super) fn count_values(value: &InputValue) -> usize {
    match value {
        InputValue::List(items) => {
            1 + items.iter().map(|item| count_values(&item.item)).sum::<usize>()
        }
        InputValue::Object(fields) => {
            1 + fields.iter().map(|(_, value)| 1 + count_values(&value.item)).sum::<usize>()
        }
        _ => 1,
    }
}

/// Whether two lists of arguments mean the same. juniper's own comparison takes `[1]` and `[1, 2]` for equal.
pub(super) fn same_arguments(left: &[Argument<'_>], right: &[Argument<'_>]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .all(|a| right.iter().any(|b| a.name == b.name && same_value(a.value, b.value)))
}

fn same_value(
    left: &InputValue<DefaultScalarValue>,
    right: &InputValue<DefaultScalarValue>,
) -> bool {
    match (left, right) {
        (InputValue::Null, InputValue::Null) => true,
        (InputValue::Scalar(a), InputValue::Scalar(b)) => a == b,
        (InputValue::Enum(a), InputValue::Enum(b))
        | (InputValue::Variable(a), InputValue::Variable(b)) => a == b,
        (InputValue::List(a), InputValue::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(&a.item, &b.item))
        }
        (InputValue::Object(a), InputValue::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| {
                    b.iter().any(|(other_key, other)| {
                        key.item == other_key.item && same_value(&value.item, &other.item)
                    })
                })
        }
        _ => false,
    }
}
