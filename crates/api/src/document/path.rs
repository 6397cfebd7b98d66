//! Where the fields on an error's path stand in a document.

use juniper::{
    DefaultScalarValue, Definition, SchemaType, Selection, parser::parse_document_source,
};

use crate::{fast::Field, row::Row};

/// A part of an error's path.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum PathPart {
    /// A field, by its key in the answer.
    Key(String),
    /// A row of a list, from 0.
    Index(usize),
}

/// Tells where in an answer the errors of an operation stand. Made when the first error asks for it.
pub(crate) struct Paths<'a>(Vec<Definition<'a, DefaultScalarValue>>);

impl<'a> Paths<'a> {
    /// Of a canonical document: its places are those that rows refer to.
    pub(crate) fn of(text: &'a str, schema: &SchemaType<DefaultScalarValue>) -> Self {
        // It was parsed before it ran.
        Self(parse_document_source(text, schema).unwrap_or_default())
    }

    /// A path of fields with the rows of their lists between them; a row that does not fit is left out.
    pub(crate) fn with_rows(&self, path: &[String], rows: &[Row]) -> Vec<PathPart> {
        let operation = self.0.iter().find_map(|definition| match definition {
            Definition::Operation(operation) => Some(&operation.item.selection_set[..]),
            Definition::Fragment(_) => None,
        });
        let mut within: Vec<&[Selection<'_>]> = operation.into_iter().collect();
        let mut rows = rows.iter().peekable();
        let mut parts = Vec::with_capacity(path.len() + rows.len());
        for key in path {
            parts.push(PathPart::Key(key.clone()));
            // In each of the types that an interface stands for there may be another field of that key.
            let fields: Vec<Field<'_, '_>> =
                within.iter().flat_map(|selections| named(selections, key)).collect();
            let is_next = |row: &&Row| fields.iter().any(|field| field.stands_at(row.place));
            while let Some(row) = rows.next_if(is_next) {
                parts.push(PathPart::Index(row.index));
            }
            within = fields.iter().filter_map(|field| field.selections).collect();
        }
        parts
    }
}

/// The fields of a key, those in fragments too.
fn named<'s, 'a>(selections: &'s [Selection<'a>], key: &str) -> Vec<Field<'s, 'a>> {
    let found = selections.iter().flat_map(|selection| match selection {
        Selection::InlineFragment(fragment) => named(&fragment.item.selection_set, key),
        other => Field::of(other).filter(|field| field.key == key).into_iter().collect(),
    });
    found.collect()
}
