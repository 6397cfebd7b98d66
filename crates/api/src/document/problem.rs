//! What is wrong with a request, in the words and places of the document that the client sent.

use juniper::{
    GraphQLError, RuleError,
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

fn parse_message(error: &Spanning<ParseError>) -> String {
    format!("Syntax error: {}", error.item)
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
