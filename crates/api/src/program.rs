//! The program behind the transport: who asks is found out here, once, before anything runs.

use std::sync::Arc;

use regulars_auth::actor;
use regulars_kernel::{Actor, ErrorKind, Scope, StoreError, Timestamp};
use regulars_persistence::Reader;

use crate::{
    context::{App, Context, Opening},
    document::OperationKind,
    error::ApiError,
    schema::Regulars,
    service::{Headers, Refusal, Request, Service},
};

/// Regulars as a service.
pub struct Program {
    app: Arc<App>,
}

impl Program {
    /// A program over an open database.
    pub const fn new(app: Arc<App>) -> Self {
        Self { app }
    }
}

/// What a thread keeps between requests: query threads a connection of their own, mutation threads nothing.
pub struct Thread {
    reader: Option<Reader>,
}

impl Program {
    /// The actor behind a bearer token; anonymous without one, or with one that is not in force.
    fn actor(
        &self,
        reader: &mut Reader,
        bearer: Option<&str>,
        now: Timestamp,
    ) -> Result<Actor, StoreError> {
        let claims = bearer.and_then(|token| self.app.authority.read(token, now).ok());
        match claims {
            Some(claims) => reader.read(Scope::Platform, |tx| actor::resolve(tx, &claims)),
            None => Ok(Actor::Anonymous),
        }
    }
}

/// The `Idempotency-Key` header of a mutation. One that cannot be honoured is refused: whoever sends it will repeat the
/// request, and counts on its happening once.
fn idempotency_key(request: &Request<'_, Regulars>) -> Result<Option<String>, Refusal> {
    const FIELD: &str = "idempotencyKey";
    let head = request.head;
    if request.operation.kind() == OperationKind::Query {
        return Ok(None);
    }
    let key = head.header("idempotency-key").map_err(|_unreadable| {
        Refusal::invalid(FIELD, "The header Idempotency-Key must be there once, as ASCII text.")
    })?;
    let Some(key) = key else { return Ok(None) };
    let fields = request.operation.root_fields();
    let mutations = fields.iter().filter(|field| !field.starts_with("__")).count();
    if head.batched || mutations > 1 {
        let sentence = "The header Idempotency-Key goes with one mutation alone: give each an idempotencyKey of its own.";
        return Err(Refusal::invalid(FIELD, sentence));
    }
    Ok(Some(key.to_owned()))
}

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

    fn open(
        &self,
        thread: &mut Thread,
        request: &Request<'_, Regulars>,
    ) -> Result<Context, Refusal> {
        let head = request.head;
        let idempotency_key = idempotency_key(request)?;
        let now = self.app.clock.now();
        let bearer = head.bearer.as_ref().map(crate::service::Bearer::expose);
        let refused = |error: StoreError| {
            let error = ApiError::from(error).logged(&head.request_id);
            match error.kind {
                ErrorKind::Internal => Refusal::internal(&head.request_id),
                _ => Refusal::unavailable(),
            }
        };
        let document = match request.operation.kind() {
            OperationKind::Query => String::new(),
            OperationKind::Mutation => request.operation.text().to_owned(),
        };
        let mut reader = thread.reader.take();
        let actor = match (&mut reader, bearer) {
            (Some(reader), _) => {
                reader.start(Some(head.deadline));
                self.actor(reader, bearer, now)
            }
            (None, None) => Ok(Actor::Anonymous),
            // A mutation holds a connection only while it needs one.
            (None, Some(_)) => self.app.db.reader().and_then(|mut reader| {
                reader.start(Some(head.deadline));
                self.actor(&mut reader, bearer, now)
            }),
        };
        let actor = match actor {
            Ok(actor) => actor,
            Err(error) => {
                thread.reader = reader;
                return Err(refused(error));
            }
        };
        Ok(Opening {
            app: Arc::clone(&self.app),
            actor,
            now,
            deadline: head.deadline,
            request_id: Arc::clone(&head.request_id),
            idempotency_key,
            document,
            reader,
        }
        .into())
    }

    fn close(&self, thread: &mut Thread, context: Context) -> Headers {
        let mut headers = Headers::new();
        if context.is_replayed() {
            headers.push(("Idempotent-Replayed", "true".to_owned()));
        }
        let counts = context.counts_statements();
        let (reader, statements) = context.close();
        if counts {
            headers.push(("Regulars-Statements", statements.to_string()));
        }
        // Mutation threads give theirs back to the pool.
        thread.reader = reader.filter(Reader::is_own);
        headers
    }
}
