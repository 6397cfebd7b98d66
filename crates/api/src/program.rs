//! The program behind the transport: who asks is found out here, once, before anything runs.

use std::{io, sync::Arc};

use governor::clock::MonotonicClock;
use juniper::{DefaultScalarValue, ExecutionError, Value};
use regulars_auth::{
    AppId, actor,
    api_key::{self, KeyFault, KeyOwner, KeyRefusal, KeyStanding, Presented, Secret},
    audit::{Doer, DoerKind, Log, NewEntry, Outcome},
};
use regulars_kernel::{Actor, ErrorKind, Scope, StoreError, Timestamp};
use regulars_persistence::Reader;

use crate::{
    context::{App, Context, Opening},
    document::{Compiled, KEY, OperationKind},
    error::ApiError,
    guess::Network,
    key_use::KeyUses,
    limit::AppLimits,
    schema::Regulars,
    service::{Bearer, Head, Headers, Refusal, Request, Service, Unreadable},
};

/// Regulars as a service.
pub struct Program {
    app: Arc<App>,
    limits: AppLimits,
    uses: KeyUses,
}

impl Program {
    /// A program over an open database.
    ///
    /// # Errors
    /// The thread that notes the use of keys cannot be started.
    pub fn start(app: Arc<App>) -> io::Result<Self> {
        let limits = AppLimits::new(app.requests, MonotonicClock);
        let uses = KeyUses::start(Arc::clone(&app))?;
        Ok(Self { app, limits, uses })
    }
}

/// What a thread keeps between requests: query threads a connection of their own, mutation threads nothing.
pub struct Thread {
    reader: Option<Reader>,
}

/// Who asks, and by which key, if by one.
struct Asker {
    actor: Actor,
    key: Option<KeyStanding>,
}

impl Asker {
    const fn without_key(actor: Actor) -> Self {
        Self { actor, key: None }
    }
}

/// Why it is not known who asks.
enum Unknown {
    Key(KeyRefusal),
    Store(StoreError),
}

impl From<KeyRefusal> for Unknown {
    fn from(refusal: KeyRefusal) -> Self {
        Self::Key(refusal)
    }
}

impl From<StoreError> for Unknown {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Program {
    /// Whose token and key those are. Without a key, a token that is not in force, or is none at all, is nobody's; beside one
    /// it is refused: the app alone may more than with whoever was meant to hold it.
    fn asker(
        &self,
        reader: &mut Reader,
        bearer: Result<Option<&Bearer>, Unreadable>,
        presented: Option<&Presented>,
        now: Timestamp,
    ) -> Result<Asker, Unknown> {
        let claims = match bearer {
            Ok(bearer) => bearer.map(|token| self.app.authority.read(token.expose(), now).ok()),
            Err(Unreadable) => Some(None),
        };
        match (presented, claims) {
            (None, Some(Some(claims))) => reader.read(Scope::Platform, |tx| {
                tx.narrow_to_bearer();
                Ok(Asker::without_key(actor::resolve(tx, &claims)?))
            }),
            (None, Some(None) | None) => Ok(Asker::without_key(Actor::Anonymous)),
            (Some(presented), Some(None)) => reader.read(Scope::Platform, |tx| {
                let of = api_key::resolve(tx, presented, now)?.ok().map(|key| key.owner());
                Err(KeyRefusal { fault: KeyFault::Bearer, of }.into())
            }),
            (Some(presented), None) => reader.read(Scope::Platform, |tx| {
                tx.narrow_to_bearer();
                let key = api_key::resolve(tx, presented, now)??;
                Ok(Asker { actor: key.actor(), key: Some(key) })
            }),
            (Some(presented), Some(Some(claims))) => reader.read(Scope::Platform, |tx| {
                let key = api_key::resolve(tx, presented, now)??;
                tx.narrow_to_bearer();
                let bearer = actor::resolve(tx, &claims)?;
                Ok(Asker { actor: key.held_by(&bearer)?, key: Some(key) })
            }),
        }
    }

    /// Takes what the operation costs an app, or the batch that it is of, and has the use of its key noted. Answers the headers
    /// that say what is left.
    fn admit(
        &self,
        key: &KeyStanding,
        actor: &Actor,
        request: &Request<'_, Regulars>,
        now: Timestamp,
    ) -> Result<Headers, Refusal> {
        self.uses.note(key, now);
        let admitted = match &request.head.batch {
            Some(batch) => batch.admit(|costs| self.spend(key, costs)),
            None => self.spend(key, &[request.cost]),
        };
        if let Err(refusal) = &admitted {
            let app = Some(key.application);
            let doer = Doer { kind: DoerKind::App, person: actor.person(), app };
            self.note(request.head, Some(key.owner()), doer, refusal.code, now);
        }
        admitted
    }

    /// Has it be written down later that a key opened nothing, in the log of its merchant; of one that does not exist in the
    /// platform's, as far as the network has refusals left there.
    fn note(
        &self,
        head: &Head,
        of: Option<KeyOwner>,
        doer: Doer,
        code: &'static str,
        now: Timestamp,
    ) {
        let entry = NewEntry {
            at: now,
            log: of.map_or(Log::Platform, |of| Log::Merchant(of.merchant)),
            doer,
            action: KEY_USE.to_owned(),
            target: of.map(|of| of.key.into()),
            outcome: Outcome::Refused(code.to_owned()),
            changes: Vec::new(),
            request_id: head.request_id.to_string(),
            peer: head.peer,
        };
        match of {
            Some(of) => self.app.audit.offer_once(of.key, entry),
            None if self.app.guesses.may_note_refusal(Network::of(head.peer), now) => {
                self.app.audit.offer(entry);
            }
            None => self.app.audit.drop_one(),
        }
    }

    fn note_key(&self, head: &Head, refusal: KeyRefusal, now: Timestamp) {
        let KeyRefusal { fault, of } = refusal;
        // Whoever has a wrong secret is nobody known; who has the right one is the app.
        let app = of.map(|of| of.application).filter(|_| fault != KeyFault::Unknown);
        let kind = if app.is_some() { DoerKind::App } else { DoerKind::Anonymous };
        self.note(head, of, Doer { kind, person: None, app }, fault.code(), now);
    }

    fn spend(&self, key: &KeyStanding, costs: &[u64]) -> Result<Headers, Refusal> {
        match self.limits.spend(key.application, key.requests_per_minute, costs) {
            Ok(allowance) => Ok(allowance.headers()),
            Err(spent) => {
                let refusal = Refusal::too_many(spent.retry_after);
                Err(Refusal { headers: spent.allowance.headers(), ..refusal })
            }
        }
    }
}

/// The key that a request carries. Half of one is no key, and nobody is told which half is wrong.
fn presented(head: &Head) -> Result<Option<Presented>, Refusal> {
    let (key, app_id) = match (head.header("x-api-key"), head.header("x-app-id")) {
        (Ok(None), Ok(None)) => return Ok(None),
        (Ok(Some(key)), Ok(Some(app_id))) => (key, app_id),
        _ => {
            let sentence = "The headers X-API-Key and X-App-Id go together, each once.";
            return Err(Refusal::unauthenticated(sentence));
        }
    };
    // In the one form in which it is shown, so that whoever counts or blocks by the header counts one app once.
    let shown = app_id.parse().ok().filter(|id: &AppId| id.to_string() == app_id);
    match (Secret::parse(key), shown) {
        (Some(secret), Some(app_id)) => Ok(Some(Presented { app_id, secret })),
        _ => Err(Refusal::unauthenticated(KeyFault::Unknown.to_string())),
    }
}

/// The `Idempotency-Key` header of a mutation. One that cannot be honoured is refused: whoever sends it will repeat the
/// request, and counts on its happening once.
fn idempotency_key(request: &Request<'_, Regulars>) -> Result<Option<String>, Refusal> {
    let head = request.head;
    if request.operation.kind() == OperationKind::Query {
        return Ok(None);
    }
    let key = head.header("idempotency-key").map_err(|_unreadable| {
        Refusal::invalid(KEY, "The header Idempotency-Key must be there once, as ASCII text.")
    })?;
    let Some(key) = key else { return Ok(None) };
    let fields = request.operation.root_fields();
    let mutations = fields.iter().filter(|field| !field.starts_with("__")).count();
    if head.batch.is_some() || mutations > 1 {
        let sentence = "The header Idempotency-Key goes with one mutation alone: give each an idempotencyKey of its own.";
        return Err(Refusal::invalid(KEY, sentence));
    }
    if request.operation.is_keyless() {
        let sentence =
            "This mutation takes no idempotency key: ask without the header Idempotency-Key.";
        return Err(Refusal::invalid(KEY, sentence));
    }
    Ok(Some(key.to_owned()))
}

/// The action of entries of the audit log about keys that opened nothing: no root field ran.
const KEY_USE: &str = "apiKey";
/// The code of what is denied.
const DENIED: &str = "permission_denied";
/// The code of what is asked for too often.
const TOO_OFTEN: &str = "too_many_attempts";

/// The code of an error that is written down: that a field was denied to whoever asked, or asked for too often.
fn noted(error: &ExecutionError<DefaultScalarValue>) -> Option<&'static str> {
    let extensions = error.error().extensions().as_object_value();
    let code = extensions.and_then(|extensions| extensions.get_field_value("code"));
    let Some(DefaultScalarValue::String(code)) = code.and_then(Value::as_scalar) else {
        return None;
    };
    [DENIED, TOO_OFTEN].into_iter().find(|known| *known == code)
}

/// Mutations that take many sales at once.
const LONG: [&str; 2] = ["recordPurchases", "importOrders"];

impl Service for Program {
    type Schema = Regulars;
    type State = Thread;

    fn state(&self, kind: OperationKind) -> Thread {
        let reader = match kind {
            OperationKind::Query => Some(self.app.db.own_reader()),
            OperationKind::Mutation => None,
        };
        Thread { reader }
    }

    /// A token in force says who asks; a key has its form, and is looked up before anything runs.
    fn vouches(&self, head: &Head) -> bool {
        let bearer = head.bearer.as_ref().ok().and_then(Option::as_ref);
        let now = self.app.clock.now();
        bearer.is_some_and(|token| self.app.authority.read(token.expose(), now).is_ok())
            || matches!(presented(head), Ok(Some(_)))
    }

    fn may_be_long(&self, root_field: &str) -> bool {
        LONG.contains(&root_field)
    }

    fn open(
        &self,
        thread: &mut Thread,
        request: &Request<'_, Regulars>,
    ) -> Result<Context, Refusal> {
        let head = request.head;
        let idempotency_key = idempotency_key(request)?;
        let now = self.app.clock.now();
        let bearer = head.bearer.as_ref().map(Option::as_ref).map_err(|unreadable| *unreadable);
        let presented = presented(head).inspect_err(|_no_key| {
            self.note_key(head, KeyRefusal { fault: KeyFault::Unknown, of: None }, now);
        })?;
        let refused = |unknown: Unknown| match unknown {
            Unknown::Key(refusal) => {
                self.note_key(head, refusal, now);
                let answer = Refusal::unauthenticated(refusal.to_string());
                match refusal.fault {
                    KeyFault::Bearer => Refusal {
                        headers: vec![("WWW-Authenticate", "Bearer".to_owned())],
                        ..answer
                    },
                    _ => answer,
                }
            }
            Unknown::Store(error) => match ApiError::from(error).logged(&head.request_id).kind {
                ErrorKind::Internal => Refusal::internal(&head.request_id),
                _ => Refusal::unavailable(),
            },
        };
        let document = match request.operation.kind() {
            OperationKind::Query => String::new(),
            OperationKind::Mutation => request.operation.text().to_owned(),
        };
        let mut reader = thread.reader.take();
        let asker = match &mut reader {
            Some(reader) => {
                reader.start(Some(head.deadline));
                self.asker(reader, bearer, presented.as_ref(), now)
            }
            None if matches!(bearer, Ok(None) | Err(_)) && presented.is_none() => {
                Ok(Asker::without_key(Actor::Anonymous))
            }
            // A mutation holds a connection only while it needs one.
            None => self.app.db.reader().map_err(Unknown::from).and_then(|mut reader| {
                reader.start(Some(head.deadline));
                self.asker(&mut reader, bearer, presented.as_ref(), now)
            }),
        };
        let admitted = asker.map_err(refused).and_then(|Asker { actor, key }| {
            let headers = match key {
                Some(key) => self.admit(&key, &actor, request, now),
                None => Ok(Headers::new()),
            };
            Ok((actor, headers?))
        });
        let (actor, headers) = match admitted {
            Ok(admitted) => admitted,
            Err(refusal) => {
                if let Some(reader) = &mut reader {
                    reader.finish();
                }
                thread.reader = reader;
                return Err(refusal);
            }
        };
        Ok(Opening {
            app: Arc::clone(&self.app),
            actor,
            now,
            deadline: head.deadline,
            request_id: Arc::clone(&head.request_id),
            peer: head.peer,
            idempotency_key,
            document,
            headers,
            reader,
        }
        .into())
    }

    fn ran(
        &self,
        context: &Context,
        operation: &Compiled<Regulars>,
        errors: &[ExecutionError<DefaultScalarValue>],
    ) {
        // What a mutation did is written down by itself; a part of its answer that may not be seen does not undo it.
        let whole = |error: &&ExecutionError<DefaultScalarValue>| {
            operation.kind() == OperationKind::Query || error.path().len() == 1
        };
        let mut refused: Vec<(&str, &str)> = errors
            .iter()
            .filter(whole)
            .filter_map(|error| Some((operation.root_field(error.path().first()?)?, noted(error)?)))
            .collect();
        refused.sort_unstable();
        refused.dedup();
        for (field, code) in refused {
            context.note_refused(field, code);
        }
    }

    fn close(&self, thread: &mut Thread, context: Context) -> Headers {
        let (replayed, counts) = (context.replays() > 0, context.counts_statements());
        let (reader, statements, mut headers) = context.close();
        if replayed {
            headers.push(("Idempotent-Replayed", "true".to_owned()));
        }
        if counts {
            headers.push(("Regulars-Statements", statements.to_string()));
        }
        // Mutation threads give theirs back to the pool.
        thread.reader = reader.filter(Reader::is_own);
        headers
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use juniper::Variables;

    use super::*;
    use crate::{
        document::{Documents, Limits},
        service::{Head, Header},
    };

    #[test]
    fn a_key_in_the_header_is_refused_where_none_is_taken() {
        let documents = Documents::<Regulars>::new(Limits::default());
        let head = Head {
            request_id: Arc::from("till-7"),
            bearer: Ok(None),
            headers: vec![Header { name: "idempotency-key".into(), value: Some("k".into()) }],
            peer: None,
            deadline: Instant::now(),
            batch: None,
        };
        let ask = |document: &str| {
            let operation = documents.prepare(document, None, &Variables::new()).unwrap();
            idempotency_key(&Request { head: &head, operation: &operation, cost: 1 })
        };
        for document in [
            "mutation { register(email: \"a@b.example\", password1: \"p\", password2: \"p\", firstname: \"A\", \
             lastname: \"B\", userType: \"CONSUMER\") { success } }",
            "mutation { obtainToken(email: \"a@b.example\", password: \"p\") { success } }",
            "mutation { signIn(password: \"p\") { success } }",
            "mutation { refreshToken(refreshToken: \"r\") { success } }",
            "mutation { __typename r: revokeToken(refreshToken: \"r\") { success } }",
            "mutation { verifyToken(token: \"t\") { success } }",
        ] {
            let refusal = ask(document).unwrap_err();
            assert_eq!((refusal.status, refusal.field), (400, Some(KEY)), "{document}");
            assert!(refusal.message.contains("takes no idempotency key"), "{document}");
        }
        for (document, key) in [
            ("mutation { createConsumer(input: { firstname: \"A\" }) { success } }", Some("k")),
            ("mutation { __typename enroll(input: { loyaltyCardId: 1 }) { success } }", Some("k")),
            ("mutation { __typename }", Some("k")),
            ("{ me { id } }", None),
        ] {
            assert_eq!(ask(document), Ok(key.map(str::to_owned)), "{document}");
        }
    }
}
