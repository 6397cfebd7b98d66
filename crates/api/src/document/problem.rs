//! What is wrong with a request, in the words and places of the document that the client sent.

use juniper::{
    DefaultScalarValue, GraphQLError, RuleError, SchemaType,
    meta::MetaType,
    parser::{ParseError, SourcePosition, Spanning},
};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// A place in the document: line and column, both counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl From<&SourcePosition> for Location {
    fn from(position: &SourcePosition) -> Self {
        Self { line: position.line() + 1, column: position.column() + 1 }
    }
}

/// Why a request was refused before it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, for people.
    pub message: String,
    /// What kind of thing is wrong, for programs; `extensions.code` of the answer.
    pub code: &'static str,
    /// Where in the document; empty where it is no single place.
    pub locations: Vec<Location>,
}

/// The most characters of a message: juniper's repeat the value that does not fit, which may be long.
const MOST_CHARS: usize = 300;

/// The most values of an enum that are named. Countries are known without.
const MOST_CHOICES: usize = 40;

/// The code of everything that is the request's fault.
pub const INVALID: &str = "invalid";

impl Problem {
    /// A fault of the request.
    pub fn invalid(message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MOST_CHARS) {
            message.truncate(end);
            message.push('…');
        }
        Self { message, code: INVALID, locations: Vec::new() }
    }

    /// The same, at a place.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.locations.push(location);
        self
    }

    /// The problems that juniper names, each place put through `place`.
    pub(crate) fn list(
        error: GraphQLError,
        place: impl Fn(&SourcePosition) -> Option<Location>,
    ) -> Vec<Self> {
        match error {
            GraphQLError::ParseError(error) => vec![Self {
                locations: place(&error.start()).into_iter().collect(),
                ..Self::invalid(parse_message(&error))
            }],
            GraphQLError::ValidationError(errors) => Self::of_rules(&errors, place),
            GraphQLError::NoOperationProvided => {
                vec![Self::invalid("The document has no operation.")]
            }
            GraphQLError::MultipleOperationsProvided => vec![Self::invalid(
                "The document has more than one operation: `operationName` must name one.",
            )],
            GraphQLError::UnknownOperationName => {
                vec![Self::invalid("The document has no operation of the name `operationName`.")]
            }
            GraphQLError::IsSubscription
            | GraphQLError::NotSubscription
            | GraphQLError::NotSupported(_) => {
                vec![Self::invalid("This schema does not serve this kind of operation.")]
            }
        }
    }

    /// The same; where a value is none of an enum's, with those that are.
    #[must_use]
    pub(crate) fn naming_choices(mut self, schema: &SchemaType<DefaultScalarValue>) -> Self {
        let named = type_of(&self.message).and_then(|name| schema.concrete_type_by_name(name));
        if let Some(MetaType::Enum(meta)) = named {
            let names: Vec<&str> =
                meta.values.iter().take(MOST_CHOICES).map(|value| value.name.as_str()).collect();
            let more = if meta.values.len() > MOST_CHOICES { ", …" } else { "" };
            let stop = if self.message.ends_with('.') { "" } else { "." };
            self.message = format!("{}{stop} Allowed: {}{more}.", self.message, names.join(", "));
        }
        self
    }

    pub(crate) fn of_rules(
        errors: &[RuleError],
        place: impl Fn(&SourcePosition) -> Option<Location>,
    ) -> Vec<Self> {
        errors
            .iter()
            .map(|error| Self {
                locations: error.locations().iter().filter_map(&place).collect(),
                // juniper ends with a full stop what may have one.
                ..Self::invalid(error.message().replace("..", "."))
            })
            .collect()
    }
}

/// The type that a message of juniper's says a value is none of. What the client sent stands before it.
fn type_of(message: &str) -> Option<&str> {
    let (_, rest) = [" for enum \"", " for type \"", "Expected \""]
        .iter()
        .find_map(|before| message.rsplit_once(before))?;
    rest.split_once('"').map(|(name, _)| name)
}

fn parse_message(error: &Spanning<ParseError>) -> String {
    let message = error.item.to_string();
    // juniper's own words for it tell of a schema without the type; the number stands where an ID is wanted.
    if message.contains("There needs to be a Float type") {
        return "A number with a point or an exponent stands where none is taken: write a whole number or a string."
            .to_owned();
    }
    format!("Syntax error: {message}")
}

#[derive(Serialize)]
struct Extensions {
    code: &'static str,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", &self.message)?;
        if !self.locations.is_empty() {
            map.serialize_entry("locations", &self.locations)?;
        }
        map.serialize_entry("extensions", &Extensions { code: self.code })?;
        map.end()
    }
}
