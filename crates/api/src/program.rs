//! The program behind the transport: who asks is found out here, once, before anything runs.

use std::sync::Arc;

use regulars_auth::actor;
use regulars_kernel::{Actor, ErrorKind, Scope, StoreError, Timestamp};
use regulars_persistence::Reader;

use crate::{
    context::{App, Context, Opening},
    document::{KEY, OperationKind},
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
            Some(claims) => reader.read(Scope::Platform, |tx| {
                tx.narrow_to_bearer();
                actor::resolve(tx, &claims)
            }),
            None => Ok(Actor::Anonymous),
        }
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
    if head.batched || mutations > 1 {
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
            bearer: None,
            headers: vec![Header { name: "idempotency-key".into(), value: Some("k".into()) }],
            peer: None,
            deadline: Instant::now(),
            batched: false,
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
