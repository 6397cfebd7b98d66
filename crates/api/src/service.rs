//! What the transport asks of the program behind it.

use std::{
    borrow::Cow,
    fmt,
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Instant,
};

use juniper::{DefaultScalarValue, ExecutionError};

use crate::document::{Compiled, INVALID, OperationKind, Schema};

/// The context of a service's schema.
pub type ContextOf<V> = <<V as Service>::Schema as Schema>::Context;

/// The program behind the API: its schema, what a thread of it owns, and how a request becomes a context.
pub trait Service: Send + Sync + 'static {
    /// The schema.
    type Schema: Schema;
    /// What a thread owns between requests: a connection, for one. Made on that thread, and made anew after a panic.
    type State: 'static;

    /// Makes a thread's state, for threads that answer this kind of operation.
    fn state(&self, kind: OperationKind) -> Self::State;

    /// Makes the context of one operation: who asks, by their token or key, and with what.
    ///
    /// # Errors
    /// The request is refused as a whole (a bad key, a rate limit). A bad token is no refusal: its bearer is anonymous.
    fn open(
        &self,
        state: &mut Self::State,
        request: &Request<'_, Self::Schema>,
    ) -> Result<ContextOf<Self>, Refusal>;

    /// Whether whoever sends a request shows, by what can be seen without asking the database, that they are known: then it
    /// may be long, where it turns out to be one of those that may ([`Self::may_be_long`]).
    fn vouches(&self, _head: &Head) -> bool {
        false
    }

    /// Whether requests with this root field may be long.
    fn may_be_long(&self, _root_field: &str) -> bool {
        false
    }

    /// Looks at an operation that ran, before it ends: at what came of its fields.
    fn ran(
        &self,
        _context: &ContextOf<Self>,
        _operation: &Compiled<Self::Schema>,
        _errors: &[ExecutionError<DefaultScalarValue>],
    ) {
    }

    /// Ends an operation that ran, whatever its errors: closes its transaction, and says which headers its answer has
    /// beside the usual ones. After a panic neither the context nor the state comes back here: both are dropped.
    fn close(&self, state: &mut Self::State, context: ContextOf<Self>) -> Headers;
}

/// Headers of an answer.
pub type Headers = Vec<(&'static str, String)>;

/// An operation about to run.
pub struct Request<'a, S: Schema> {
    /// What the HTTP request said beside it.
    pub head: &'a Head,
    /// The operation: its kind, its root fields.
    pub operation: &'a Compiled<S>,
    /// What it costs, for limiters that count more than requests.
    pub cost: u64,
}

/// What an HTTP request says beside the operation.
#[derive(Debug)]
pub struct Head {
    /// Names the request in logs and answers.
    pub request_id: Arc<str>,
    /// The token of `Authorization: Bearer …`; none without that header. A header that is anything else is told from none:
    /// whoever sent it meant to be somebody.
    pub bearer: Result<Option<Bearer>, Unreadable>,
    /// The other headers that the service asked for.
    pub headers: Vec<Header>,
    /// Who connected; a proxy, where there is one.
    pub peer: Option<IpAddr>,
    /// When the answer has to be there.
    pub deadline: Instant,
    /// The operations of the HTTP request, where it may have several.
    pub batch: Option<Batch>,
}

/// The operations of one HTTP request, which run one after the other.
#[derive(Debug)]
pub struct Batch {
    /// What each of them costs that runs.
    pub costs: Vec<u64>,
    admitted: OnceLock<Result<Headers, Refusal>>,
}

impl Batch {
    /// Operations of these costs.
    pub const fn new(costs: Vec<u64>) -> Self {
        Self { costs, admitted: OnceLock::new() }
    }

    /// Whether all of it may run: asked before the first operation, and the same for those after it.
    ///
    /// # Errors
    /// None of it may.
    pub fn admit(
        &self,
        ask: impl FnOnce(&[u64]) -> Result<Headers, Refusal>,
    ) -> Result<Headers, Refusal> {
        self.admitted.get_or_init(|| ask(&self.costs)).clone()
    }
}

impl Head {
    /// The value of one of the headers that were asked for.
    ///
    /// # Errors
    /// It is there, but cannot be read.
    pub fn header(&self, name: &str) -> Result<Option<&str>, Unreadable> {
        match self.headers.iter().find(|header| header.name == name) {
            None => Ok(None),
            Some(header) => header.value.as_deref().map(Some).ok_or(Unreadable),
        }
    }
}

/// A header that is no ASCII text, is there more than once, or is `Authorization` with anything but `Bearer …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// A header. `Debug` keeps its value secret: it may be a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name, in lower case.
    pub name: String,
    /// Its value; `None` where it cannot be read.
    pub value: Option<String>,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ***", self.name)
    }
}

/// A bearer token. `Debug` keeps it secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer(String);

impl Bearer {
    /// Reads the value of an `Authorization` header: exactly two words, the first of them `Bearer` in any case. Whatever
    /// else it may be is not for us.
    pub fn parse(authorization: &str) -> Option<Self> {
        let mut words = authorization.split_whitespace();
        let (scheme, token) = (words.next()?, words.next()?);
        let alone = words.next().is_none();
        (alone && scheme.eq_ignore_ascii_case("bearer")).then(|| Self(token.to_owned()))
    }

    /// The token.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer(***)")
    }
}

/// Why a request is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status: 401, 429, 503. 400 is a fault of the request.
    pub status: u16,
    /// `extensions.code`.
    pub code: &'static str,
    /// The sentence for people.
    pub message: Cow<'static, str>,
    /// The argument that is at fault.
    pub field: Option<&'static str>,
    /// Seconds after which it may be tried again.
    pub retry_after: Option<u32>,
    /// Further headers of the answer.
    pub headers: Headers,
}

impl Refusal {
    /// Nobody we know: a missing, wrong or revoked key.
    pub fn unauthenticated(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: 401,
            code: "permission_denied",
            message: message.into(),
            field: None,
            retry_after: None,
            // HTTP wants to know how to do better.
            headers: vec![("WWW-Authenticate", "ApiKey".to_owned())],
        }
    }

    /// An argument, or a header that stands for one, is at fault.
    pub const fn invalid(field: &'static str, message: &'static str) -> Self {
        Self {
            status: 400,
            code: INVALID,
            message: Cow::Borrowed(message),
            field: Some(field),
            retry_after: None,
            headers: Headers::new(),
        }
    }

    /// Too many requests.
    pub const fn too_many(retry_after: u32) -> Self {
        Self {
            status: 429,
            code: "too_many_requests",
            message: Cow::Borrowed("Too many requests. Try again later."),
            field: None,
            retry_after: Some(retry_after),
            headers: Headers::new(),
        }
    }

    /// A fault of ours, logged under the request's id.
    pub fn internal(request_id: &str) -> Self {
        Self {
            status: 500,
            code: "internal",
            message: Cow::Owned(format!("Something went wrong on our side. Request {request_id}.")),
            field: None,
            retry_after: None,
            headers: Headers::new(),
        }
    }

    /// It cannot be served now.
    pub const fn unavailable() -> Self {
        Self {
            status: 503,
            code: "unavailable",
            message: Cow::Borrowed("The server is busy. Try again in a moment."),
            field: None,
            retry_after: Some(1),
            headers: Headers::new(),
        }
    }

    /// Its time is over, but it has begun and is not interrupted: nobody knows yet whether it will have happened.
    pub const fn underway() -> Self {
        Self {
            status: 504,
            code: "outcome_unknown",
            message: Cow::Borrowed(
                "The answer was not ready in time, but what was asked may still happen. If it had an idempotency key, \
                 ask again with the same one; if not, look before you ask again.",
            ),
            field: None,
            retry_after: None,
            headers: Headers::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_two_words() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bEARER abc", Some("abc")),
            ("  Bearer   abc  ", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearer a b", None),
            ("JWT abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(Bearer::parse(header).as_ref().map(Bearer::expose), token, "{header}");
        }
        assert_eq!(format!("{:?}", Bearer::parse("Bearer abc")), "Some(Bearer(***))");
    }

    #[test]
    fn headers_are_told_from_none_and_keep_their_values_secret() {
        let header = |name: &str, value: Option<&str>| Header {
            name: name.to_owned(),
            value: value.map(str::to_owned),
        };
        let head = Head {
            request_id: Arc::from("till-7"),
            bearer: Ok(None),
            headers: vec![header("x-api-key", Some("topsecret")), header("x-app-id", None)],
            peer: None,
            deadline: Instant::now(),
            batch: None,
        };
        assert_eq!(head.header("x-api-key"), Ok(Some("topsecret")));
        assert_eq!(head.header("x-app-id"), Err(Unreadable));
        assert_eq!(head.header("idempotency-key"), Ok(None));
        let shown = format!("{head:?}");
        assert!(shown.contains("x-api-key") && !shown.contains("topsecret"), "{shown}");
    }
}
