//! Literals that cannot be read as the type of their argument.
//!
//! juniper reads a literal while it parses, by the type that is wanted there, and takes one that it cannot read for a
//! fault of the syntax: `first: 2.0`, `first: 2147483648`, `extraInfo: {a: 1}`. The syntax of these is right, and the
//! specification has them fail validation. So a document that did not parse is parsed once more without a word of
//! the schema; if that succeeds, validation says which argument it is and of which type.

use juniper::{
    DefaultScalarValue, Definition, EmptyMutation, EmptySubscription, GraphQLError, GraphQLScalar,
    ParseError, ParseScalarResult, ParseScalarValue, RootNode, ScalarValue, SchemaType, Spanning,
    graphql_object,
    parser::{ScalarToken, parse_document_source},
    validation::{ValidatorContext, visit_all_rules},
};

use super::limits::Limits;

/// A schema that knows no field and takes every literal.
pub(super) struct Literals(RootNode<Anything, EmptyMutation, EmptySubscription>);

impl Literals {
    /// Reads documents within the same limits as the real schema.
    pub(super) fn new(limits: &Limits) -> Self {
        let root = RootNode::new(Anything, EmptyMutation::new(), EmptySubscription::new());
        Self(root.limit_depth(limits.depth).limit_tokens(limits.tokens).limit_fields(limits.fields))
    }

    /// Why a document did not parse: the arguments whose values do not fit their types, or else the syntax.
    pub(super) fn explain(
        &self,
        text: &str,
        error: Spanning<ParseError>,
        schema: &SchemaType<DefaultScalarValue>,
    ) -> GraphQLError {
        let Ok(definitions) = parse_document_source(text, &self.0.schema) else {
            return GraphQLError::ParseError(error);
        };
        let definitions: &[Definition<'_, DefaultScalarValue>] = &definitions;
        let mut context = ValidatorContext::new(schema, definitions);
        visit_all_rules(&mut context, definitions);
        let errors = context.into_errors();
        if errors.is_empty() {
            GraphQLError::ParseError(error)
        } else {
            GraphQLError::ValidationError(errors)
        }
    }
}

struct Anything;

#[graphql_object]
impl Anything {
    fn whole() -> Option<Whole> {
        None
    }

    fn fraction() -> Option<f64> {
        None
    }

    fn text() -> Option<String> {
        None
    }
}

/// `Int` without its bounds.
#[derive(GraphQLScalar)]
#[graphql(
    name = "Int",
    to_output_with = Self::to_output,
    from_input_with = Self::from_input,
    parse_token_with = Self::parse_token,
)]
struct Whole(f64);

impl Whole {
    const fn to_output(&self) -> f64 {
        self.0
    }

    const fn from_input(number: f64) -> Self {
        Self(number)
    }

    fn parse_token<S: ScalarValue>(token: ScalarToken<'_>) -> ParseScalarResult<S> {
        <i32 as ParseScalarValue<S>>::from_str(token).or_else(|error| match token {
            ScalarToken::Int(digits) => digits.parse::<f64>().map(S::from).map_err(|_| error),
            ScalarToken::Float(_) | ScalarToken::String(_) => Err(error),
        })
    }
}
