//! One call of a mutation: who may make it, what it is about, and what it was asked with, in one canonical form.

use juniper::{DefaultScalarValue, LookAheadSelection, LookAheadValue, Variables, parser::Span};
use regulars_auth::audit::Change;
use regulars_kernel::{Actor, Denied, Permission, PersonId};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::Asked;
use crate::{
    context::Context,
    document::{KEY, Source},
    trail::{About, Place, Trace},
};

/// Who may call a mutation at all. Asked before a recorded outcome is looked up: who may not any more is answered nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A merchant's people with this permission.
    Permission(Permission),
    /// Whoever owns a merchant.
    Owner,
    /// Registered consumers.
    Consumer,
    /// Registered consumers about themselves, and a merchant's people with this permission.
    ConsumerOr(Permission),
}

impl Needs {
    pub(super) fn check(self, actor: &Actor) -> Result<(), Denied> {
        match self {
            Self::Permission(permission) => actor.require(permission).map(drop),
            Self::Owner => actor.require_owner().map(drop),
            Self::Consumer => actor.require_consumer().map(drop),
            Self::ConsumerOr(permission) => {
                actor.require_consumer().map(drop).or_else(|_| actor.require(permission).map(drop))
            }
        }
    }
}

/// One call of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The root field.
    pub(super) name: String,
    pub(super) needs: Needs,
    /// What the audit log says of it.
    pub(super) trace: Trace,
    /// The argument that names what it is about, where it is one.
    pub(super) about: Option<&'static str>,
    /// The `idempotencyKey` of its input.
    pub(super) key: Option<String>,
    /// Which of several things that are done one after the other, and the key that it has of its own.
    pub(super) part: Option<(usize, Option<String>)>,
    /// Everything else that it was asked with, in one canonical form: the same key with another input is an error.
    input: String,
}

/// The version of the canonical form of inputs. Recorded keys were made with it, and outlive a release: change it only
/// together with [`Sent::canonical`].
const VERSION: u32 = 1;

impl Call {
    /// The call that a root field is being asked with, taken from the request itself, whatever its input may hold.
    pub(crate) fn of(asked: &Asked<'_, '_>, needs: Needs) -> Self {
        let sent = Sent::new(asked.context().document(), asked.variables());
        Self::selected(&asked.look_ahead(), &sent, needs)
    }

    /// Whether its input, or the header of the request, names it by a key.
    pub(crate) fn is_keyed(&self, context: &Context) -> bool {
        self.key.is_some() || context.idempotency_key().is_some()
    }

    /// The things that a list of its input asks for, each as a call of its own: with the key that stands in it, or else the
    /// call's and its place. Never ends: past the list nothing is asked for.
    pub(crate) fn parts(mut self, list: &str) -> impl Iterator<Item = Self> {
        let input = std::mem::take(&mut self.input);
        let (version, arguments) = input.split_once(':').unwrap_or_default();
        let version = version.to_owned();
        let mut arguments: Json = serde_json::from_str(arguments).unwrap_or_default();
        let mut terms = match arguments.get_mut("input").map(Json::take) {
            Some(Json::Object(terms)) => terms,
            _ => Map::new(),
        };
        let all = match terms.remove(list) {
            Some(Json::Array(all)) => all,
            Some(Json::Null) | None => Vec::new(),
            // GraphQL takes one thing for a list of it.
            Some(one) => vec![one],
        };
        let all = all.into_iter().chain(std::iter::repeat(Json::Null));
        all.enumerate().map(move |(nth, mut one)| {
            let own = match one.as_object_mut().and_then(|fields| fields.remove(KEY)) {
                Some(Json::String(key)) => Some(key),
                _ => None,
            };
            let mut terms = terms.clone();
            terms.insert(list.to_owned(), one);
            let input = format!("{version}:{}", Json::Object(terms));
            Self { part: Some((nth, own)), input, ..self.clone() }
        })
    }

    /// The same call, of a mutation about the object that this argument names.
    #[must_use]
    pub(crate) const fn about(mut self, argument: &'static str) -> Self {
        self.about = Some(argument);
        self
    }

    /// The same call, of a mutation of that, which may be yet to be made.
    #[must_use]
    pub(crate) fn of_thing(mut self, about: About) -> Self {
        self.trace = self.trace.about(about);
        self
    }

    /// The same call, of a mutation that changes this, which no image shows.
    #[must_use]
    pub(crate) fn noting(mut self, changes: Vec<Change>) -> Self {
        self.trace = self.trace.noting(changes);
        self
    }

    /// The same call, of a mutation that happens there.
    #[must_use]
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.trace = self.trace.at(place);
        self
    }

    fn selected(
        field: &LookAheadSelection<'_, DefaultScalarValue>,
        sent: &Sent<'_>,
        needs: Needs,
    ) -> Self {
        let mut key = None;
        let mut arguments = Map::new();
        for argument in field.arguments() {
            let Some(mut value) = sent.canonical(&argument.value(), argument.value_span()) else {
                continue;
            };
            if let Json::Object(fields) = &mut value
                && let Some(Json::String(text)) = fields.remove(KEY)
            {
                key = Some(text);
            }
            arguments.insert(argument.name().to_owned(), value);
        }
        let name = field.field_original_name().to_owned();
        Self {
            trace: Trace::new(&name),
            name,
            needs,
            about: None,
            key,
            part: None,
            input: format!("{VERSION}:{}", Json::Object(arguments)),
        }
    }

    pub(super) fn fingerprint(&self) -> Vec<u8> {
        Sha256::digest(self.input.as_bytes()).to_vec()
    }

    /// The same through an app, which asks under one name whoever holds it.
    pub(super) fn fingerprint_by(&self, holder: Option<PersonId>) -> Vec<u8> {
        match holder {
            None => self.fingerprint(),
            Some(holder) => Sha256::digest(format!("{}\n{holder}", self.input)).to_vec(),
        }
    }
}

/// What an operation was sent as: its document, and its variables with their defaults.
struct Sent<'a> {
    document: Source<'a>,
    variables: &'a Variables,
}

impl<'a> Sent<'a> {
    fn new(document: &'a str, variables: &'a Variables) -> Self {
        Self { document: Source::new(document), variables }
    }

    /// A value as it runs, its variables filled in: what was left out is not there, what was null is null, and the
    /// fields of an object are sorted by name. A new field of an input changes nothing for those who do not send it.
    /// `None` for a variable that was not given, which leaves its place out.
    fn canonical(&self, value: &LookAheadValue<'_, DefaultScalarValue>, at: &Span) -> Option<Json> {
        Some(match value {
            LookAheadValue::Null if self.is_left_out(at) => return None,
            LookAheadValue::Null => Json::Null,
            LookAheadValue::Scalar(DefaultScalarValue::Int(number)) => Json::from(*number),
            LookAheadValue::Scalar(DefaultScalarValue::Float(number)) => Json::from(*number),
            LookAheadValue::Scalar(DefaultScalarValue::String(text)) => Json::from(text.as_str()),
            LookAheadValue::Scalar(DefaultScalarValue::Boolean(truth)) => Json::from(*truth),
            // The same word as a variable is a string.
            LookAheadValue::Enum(name) => Json::from(*name),
            LookAheadValue::List(items) => {
                let items = items.iter();
                // No place of a list can be left out: it is null then.
                items
                    .map(|item| self.canonical(&item.item, item.span).unwrap_or_default())
                    .collect()
            }
            LookAheadValue::Object(fields) => {
                let fields = fields.iter();
                let sent = fields.filter_map(|(name, value)| {
                    Some((name.item.to_owned(), self.canonical(&value.item, value.span)?))
                });
                sent.collect()
            }
        })
    }

    /// Whether a variable stands there that was not given. The look-ahead shows it as null, execution passes over it.
    fn is_left_out(&self, at: &Span) -> bool {
        let text = self.document.slice(at.start.index()..at.end.index());
        // White space may stand between the sign and the name.
        let name = text.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
        text.starts_with('$') && name.is_some_and(|name| !self.variables.contains_key(name))
    }
}

#[cfg(test)]
mod tests {
    use juniper::{EmptySubscription, Executor, GraphQLInputObject, graphql_object};

    use super::*;
    use crate::document::{Documents, Limits, Root, Schema};

    struct Document(String);

    impl juniper::Context for Document {}

    struct Query;

    #[graphql_object]
    #[graphql(context = Document)]
    impl Query {
        fn nothing() -> bool {
            true
        }
    }

    #[derive(GraphQLInputObject)]
    struct CreateConsumerInput {
        firstname: Option<String>,
        email: Option<String>,
        country: Option<String>,
        num_of_order_discounts_allowed: Option<i32>,
        cards: Option<Vec<String>>,
        idempotency_key: Option<String>,
    }

    struct Mutation;

    /// Answers the canonical form, the key, and the fingerprint.
    #[graphql_object]
    #[graphql(context = Document, scalar = DefaultScalarValue)]
    impl Mutation {
        fn create_consumer(
            executor: &Executor<'_, '_, Document, DefaultScalarValue>,
            #[expect(unused_variables, reason = "the call reads the request")]
            input: CreateConsumerInput,
        ) -> Vec<String> {
            let sent = Sent::new(&executor.context().0, executor.variables());
            let call = Call::selected(&executor.look_ahead(), &sent, Needs::Consumer);
            let bytes = call.fingerprint();
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            vec![call.name, call.input, call.key.unwrap_or_default(), digits.concat()]
        }
    }

    struct Customers;

    impl Schema for Customers {
        type Context = Document;
        type Query = Query;
        type Mutation = Mutation;

        fn root() -> Root<Self> {
            Root::<Self>::new(Query, Mutation, EmptySubscription::new())
        }
    }

    fn call(document: &str, variables: &Json) -> Vec<String> {
        let variables: Variables = serde_json::from_value(variables.clone()).unwrap();
        let documents = Documents::<Customers>::new(Limits::default());
        let form = documents.prepare(document, None, &variables).unwrap();
        let (data, errors) = form.execute(&variables, &Document(form.text().to_owned())).unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        let data = crate::written::parsed(&data);
        serde_json::from_value(data.as_object().unwrap().values().next().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_call_is_what_was_sent_whatever_its_spelling() {
        let literal = call(
            "mutation { createConsumer(input: { firstname: \"Ada\", cards: [\"C-1\"], email: null, \
             numOfOrderDiscountsAllowed: 2, idempotencyKey: \"k\" }) }",
            &serde_json::json!({}),
        );
        let form = r#"1:{"input":{"cards":["C-1"],"email":null,"firstname":"Ada","numOfOrderDiscountsAllowed":2}}"#;
        // Recorded keys hold this number: it never changes.
        let golden = "331360f3c7309e296e9e1c963eed109c6ba8556e59d1853ce80ad182f465cfd7";
        assert_eq!(literal, ["createConsumer", form, "k", golden]);
        let variables = serde_json::json!({
            "input": {
                "numOfOrderDiscountsAllowed": 2, "email": null, "cards": ["C-1"], "firstname": "Ada",
            },
        });
        let document =
            "mutation ($input: CreateConsumerInput!) { x: createConsumer(input: $input) }";
        assert_eq!(call(document, &variables), ["createConsumer", form, "", golden]);
        let parts = "mutation ($f: String, $c: String!) { createConsumer(input: { numOfOrderDiscountsAllowed: 2 \
                     firstname: $f email: null cards: [$c] }) }";
        let variables = serde_json::json!({ "f": "Ada", "c": "C-1" });
        assert_eq!(call(parts, &variables), ["createConsumer", form, "", golden]);
        // Left out is another thing than null.
        let without = call(
            "mutation { createConsumer(input: { firstname: \"Ada\" }) }",
            &serde_json::json!({}),
        );
        assert_eq!(without[1], r#"1:{"input":{"firstname":"Ada"}}"#);
    }

    #[test]
    fn a_variable_that_is_not_given_leaves_its_field_out() {
        // Letters of two bytes: places are counted in characters.
        let document = "mutation ($f: String = \"Zoë\", $e: String, $k: String) {
            createConsumer(input: {
                firstname: $f, country: \"ÄÖ\", email: $ # the one that matters
                  e, cards: [\"ü\"], idempotencyKey: $k
            })
        }";
        let form = |variables: Json| call(document, &variables).swap_remove(1);
        let rest = r#""cards":["ü"],"country":"ÄÖ""#;
        for (variables, form_of_it) in [
            (serde_json::json!({}), format!(r#"{{{rest},"firstname":"Zoë"}}"#)),
            (serde_json::json!({ "k": null }), format!(r#"{{{rest},"firstname":"Zoë"}}"#)),
            (
                serde_json::json!({ "e": null }),
                format!(r#"{{{rest},"email":null,"firstname":"Zoë"}}"#),
            ),
            (serde_json::json!({ "f": null }), format!(r#"{{{rest},"firstname":null}}"#)),
            (
                serde_json::json!({ "e": "$e", "k": "1" }),
                format!(r#"{{{rest},"email":"$e","firstname":"Zoë"}}"#),
            ),
        ] {
            assert_eq!(form(variables), format!(r#"1:{{"input":{form_of_it}}}"#));
        }
    }

    #[test]
    fn who_may_not_any_more_is_denied_before_anything_is_looked_up() {
        let person = PersonId::new(7);
        let change = Needs::Permission(Permission::ChangeConsumer);
        assert_eq!(change.check(&Actor::Consumer { person }), Err(Denied));
        assert_eq!(change.check(&Actor::system(7.into())), Ok(()));
        assert_eq!(Needs::Consumer.check(&Actor::Consumer { person }), Ok(()));
        assert_eq!(Needs::Consumer.check(&Actor::system(7.into())), Err(Denied));
        assert_eq!(Needs::Consumer.check(&Actor::Anonymous), Err(Denied));
        let either = Needs::ConsumerOr(Permission::ChangeConsumer);
        for (actor, passes) in [
            (Actor::Consumer { person }, true),
            (Actor::system(7.into()), true),
            (Actor::Platform { person }, false),
            (Actor::Anonymous, false),
        ] {
            assert_eq!(either.check(&actor).is_ok(), passes, "{actor:?}");
        }
    }
}
