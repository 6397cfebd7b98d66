//! How a mutation runs: one write transaction, a refusal that is an answer, and at most one effect for each idempotency
//! key.

use std::{fmt, str::FromStr};

use juniper::{
    DefaultScalarValue, Executor, LookAheadSelection, LookAheadValue, Variables, parser::Span,
};
use regulars_kernel::{Actor, Denied, ErrorKind, Permission, PersonId, Rule, Scope};
use regulars_persistence::{IdempotencyKey, Outcome as Claim, Tx};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::{
    context::Context,
    document::{KEY, Source},
    error::{ApiError, Codes},
    scalar::ExpectedErrorType,
    trail::{About, Place, Trace},
};

/// The most characters of an idempotency key.
const KEY_CHARS: usize = 255;

/// How a field of the root is being asked: with which arguments.
pub(crate) type Asked<'r, 'a> = Executor<'r, 'a, Context, DefaultScalarValue>;

/// Who may call a mutation at all. Asked before a recorded outcome is looked up: who may not any more is answered nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// A merchant's people with this permission.
    Permission(Permission),
    /// Registered consumers.
    Consumer,
    /// Registered consumers about themselves, and a merchant's people with this permission.
    ConsumerOr(Permission),
}

impl Needs {
    fn check(self, actor: &Actor) -> Result<(), Denied> {
        match self {
            Self::Permission(permission) => actor.require(permission).map(drop),
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
    name: String,
    needs: Needs,
    /// What the audit log says of it.
    trace: Trace,
    /// The argument that names what it is about, where it is one.
    about: Option<&'static str>,
    /// The `idempotencyKey` of its input.
    key: Option<String>,
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
            input: format!("{VERSION}:{}", Json::Object(arguments)),
        }
    }

    fn fingerprint(&self) -> Vec<u8> {
        Sha256::digest(self.input.as_bytes()).to_vec()
    }

    /// The same through an app, which asks under one name whoever holds it.
    fn fingerprint_by(&self, holder: Option<PersonId>) -> Vec<u8> {
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

/// What a mutation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<T> {
    /// It happened, now or under the same key before; its receipt.
    Done(T),
    /// It was refused; the payload's `errors`.
    Refused(ExpectedErrorType),
}

impl<T> Outcome<T> {
    /// The receipt, and the `errors` of the payload.
    pub(crate) fn split(self) -> (Option<T>, Option<ExpectedErrorType>) {
        match self {
            Self::Done(receipt) => (Some(receipt), None),
            Self::Refused(errors) => (None, Some(errors)),
        }
    }
}

/// Turns a refusal into the payload's `errors`; what is no refusal stays an error of the request.
pub(crate) fn refused<T>(error: ApiError, codes: Codes) -> Result<Outcome<T>, ApiError> {
    match error.to_errors(codes) {
        Some(errors) => Ok(Outcome::Refused(errors)),
        None => Err(error),
    }
}

/// Turns a fault of an argument, found before anything ran, into the payload's `errors`.
pub(crate) fn turned_down<T>(
    asked: &Asked<'_, '_>,
    error: ApiError,
) -> Result<Outcome<T>, ApiError> {
    let trace = Trace::new(asked.look_ahead().field_original_name());
    asked.context().refuse(&trace, error, Codes::Public)
}

impl Context {
    /// Runs a use case in one write transaction, for whoever may call it. With an idempotency key its outcome, refusals included, is recorded in
    /// the same transaction, and the same key answers it again.
    pub(crate) fn mutate<T, E, F>(&self, call: &Call, use_case: F) -> Result<Outcome<T>, ApiError>
    where
        T: fmt::Display + FromStr + Send + 'static,
        E: Into<ApiError>,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match self.actor().require_known() {
            Ok(scope) => self.mutate_within(scope, call, use_case),
            Err(denied) => self.refuse(&call.trace, denied.into(), Codes::Public),
        }
    }

    /// The same within a scope of the caller's choice: for writing accounts, which are the platform's.
    pub(crate) fn mutate_within<T, E, F>(
        &self,
        scope: Scope,
        call: &Call,
        use_case: F,
    ) -> Result<Outcome<T>, ApiError>
    where
        T: fmt::Display + FromStr + Send + 'static,
        E: Into<ApiError>,
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let about = call.about;
        let recorder = self.recorder(&call.trace);
        let run = move |tx: &mut Tx<'_>| {
            recorder.watch(tx, |tx| {
                let receipt = use_case(tx).map_err(|error| match about {
                    Some(argument) => error.into().about(argument),
                    None => error.into(),
                })?;
                // Receipts begin with the number of what was made or changed.
                let text = receipt.to_string();
                let digits = text.split(|c: char| !c.is_ascii_digit()).next();
                let made = digits.and_then(|digits| digits.parse().ok());
                Ok::<_, ApiError>((receipt, made))
            })
        };
        let done = match self.idempotency(call) {
            Ok(None) => self.write_within(scope, run).map(Outcome::Done),
            Ok(Some(key)) => self.mutate_once(scope, key, call, run),
            Err(error) => Err(error),
        };
        done.or_else(|error| self.refuse(&call.trace, error, Codes::Public))
    }

    fn mutate_once<T, F>(
        &self,
        scope: Scope,
        key: IdempotencyKey,
        call: &Call,
        run: F,
    ) -> Result<Outcome<T>, ApiError>
    where
        T: fmt::Display + FromStr + Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, ApiError> + Send + 'static,
    {
        let (now, recorder) = (self.now(), self.recorder(&call.trace));
        let (outcome, replayed) =
            self.write_within(scope, move |tx| match tx.claim(&key, now)? {
                Claim::Recorded(text) => {
                    let outcome = Record::parse(&text)
                        .and_then(Record::into_outcome)
                        .ok_or_else(|| ApiError::internal("an outcome cannot be read"))?;
                    Ok((outcome, true))
                }
                Claim::Conflict => Err(ApiError::invalid(
                    KEY,
                    "This key was used with other arguments. Use a new key for a new request.",
                )),
                Claim::New => {
                    let outcome = match tx.attempt(|tx| run(tx))? {
                        Ok(receipt) => Outcome::Done(receipt),
                        // Whoever may not do this at all has used no key up.
                        Err(error) if error.kind == ErrorKind::PermissionDenied => {
                            return Err(error);
                        }
                        Err(error) => {
                            let refused = refused(error, Codes::Public)?;
                            if let Outcome::Refused(errors) = &refused {
                                recorder.refused(tx, errors.code())?;
                            }
                            refused
                        }
                    };
                    tx.record_outcome(&key, &Record::of(&outcome).to_text())?;
                    Ok((outcome, false))
                }
            })?;
        if replayed {
            self.set_replayed();
        }
        Ok(outcome)
    }

    fn idempotency(&self, call: &Call) -> Result<Option<IdempotencyKey>, ApiError> {
        call.needs.check(self.actor())?;
        let key = match (call.key.as_deref(), self.idempotency_key()) {
            (Some(own), Some(sent)) if own != sent => {
                let sentence = "The input and the header Idempotency-Key name two different keys: send one of them.";
                return Err(ApiError::invalid(KEY, sentence));
            }
            (own, sent) => own.or(sent),
        };
        let Some(key) = key else {
            return Ok(None);
        };
        let invalid = |rule: Rule| ApiError::invalid(KEY, rule.to_string());
        regulars_kernel::text::check_line(key, KEY_CHARS).map_err(invalid)?;
        if key.is_empty() {
            return Err(invalid(Rule::Required));
        }
        let merchant = self.actor().merchant().map_or(0, regulars_kernel::MerchantId::get);
        let (actor, fingerprint) = match (self.actor().app(), self.actor().person()) {
            // Whoever holds an app asks under its keys, each for themselves.
            (Some(app), holder) => (app.get().saturating_neg(), call.fingerprint_by(holder)),
            (None, person) => (person.map_or(0, PersonId::get), call.fingerprint()),
        };
        Ok(Some(IdempotencyKey {
            merchant,
            actor,
            mutation: call.name.clone(),
            key: key.to_owned(),
            fingerprint,
        }))
    }
}

/// An outcome as it is recorded.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Done(String),
    Refused(ExpectedErrorType),
}

impl Record {
    fn of<T: fmt::Display>(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Done(receipt) => Self::Done(receipt.to_string()),
            Outcome::Refused(errors) => Self::Refused(errors.clone()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn into_outcome<T: FromStr>(self) -> Option<Outcome<T>> {
        match self {
            Self::Done(receipt) => receipt.parse().ok().map(Outcome::Done),
            Self::Refused(errors) => Some(Outcome::Refused(errors)),
        }
    }
}

#[cfg(test)]
mod tests {
    use juniper::{EmptySubscription, GraphQLInputObject, graphql_object};

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
