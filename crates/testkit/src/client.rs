//! A blocking client of GraphQL over HTTP, as plain as a till's.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Response};

/// No answer that a test waits for takes longer.
const TIMEOUT: Duration = Duration::from_mins(3);
/// The specification's media type first, then what older servers send.
const ACCEPT: &str = "application/graphql-response+json, application/json;q=0.9";

/// Sends requests to one server, with the same headers each time. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    base: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// `base` is the server's address without a path: `http://127.0.0.1:8080`.
    pub fn new(base: impl Into<String>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .build()
            .into();
        let base: String = base.into();
        let base = base.trim_end_matches('/').to_owned();
        Self { agent, base, headers: vec![("accept".to_owned(), ACCEPT.to_owned())] }
    }

    /// The same client with `Authorization: Bearer …`.
    pub fn bearer(&self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// The same client with a header more, or with another value for one it has.
    pub fn header(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The same client of another server: of one that was started anew, and listens elsewhere.
    pub fn at(&self, base: &str) -> Self {
        Self { headers: self.headers.clone(), ..Self::new(base) }
    }

    /// Posts a document with its variables (an object, or null for none) to `/graphql`.
    ///
    /// # Panics
    /// When no answer comes; an answer of any status is returned.
    pub fn query(&self, document: &str, variables: Value) -> Answer {
        self.post("/graphql", "application/json", &body(document, variables))
    }

    /// The same of a server that may be gone before it has answered.
    ///
    /// # Errors
    /// When no whole answer comes: with the reason.
    pub fn try_query(&self, document: &str, variables: Value) -> Result<Answer, String> {
        Answer::read(self.send("/graphql", "application/json", &body(document, variables)))
    }

    /// Posts anything anywhere: what a broken or hostile client sends.
    ///
    /// # Panics
    /// When no answer comes.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        Answer::of(self.send(path, content_type, body))
    }

    fn send(&self, path: &str, content_type: &str, body: &[u8]) -> Sent {
        let mut request = self.agent.post(self.address(path)).content_type(content_type);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.send(body)
    }

    /// Gets a path (with its query string).
    ///
    /// # Panics
    /// When no answer comes.
    pub fn get(&self, path: &str) -> Answer {
        let mut request = self.agent.get(self.address(path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Answer::of(request.call())
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

type Sent = Result<Response<ureq::Body>, ureq::Error>;

fn body(document: &str, variables: Value) -> Vec<u8> {
    let mut body = json!({ "query": document });
    if let (Some(body), false) = (body.as_object_mut(), variables.is_null()) {
        body.insert("variables".to_owned(), variables);
    }
    body.to_string().into_bytes()
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

impl Answer {
    fn of(sent: Sent) -> Self {
        match Self::read(sent) {
            Ok(answer) => answer,
            Err(error) => panic!("{error}"),
        }
    }

    fn read(sent: Sent) -> Result<Self, String> {
        let mut response = sent.map_err(|error| format!("no answer: {error}"))?;
        let text = response.body_mut().with_config().limit(u64::MAX).read_to_string();
        let text = text.map_err(|error| format!("the answer broke off: {error}"))?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, text, body })
    }

    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The value under `data` at a path like `consumers.edges.0.node.email`; the empty path is `data` itself.
    ///
    /// # Panics
    /// When the answer has nothing there; null is something.
    #[track_caller]
    pub fn data(&self, path: &str) -> &Value {
        let parts = std::iter::once("/data").chain(path.split('.').filter(|part| !part.is_empty()));
        let pointer = parts.collect::<Vec<_>>().join("/");
        match self.body.pointer(&pointer) {
            Some(value) => value,
            None => panic!("no `{path}` in the answer {}: {}", self.status, self.text),
        }
    }

    /// [`Answer::data`] as a string.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn string(&self, path: &str) -> &str {
        match self.data(path).as_str() {
            Some(text) => text,
            None => panic!("`{path}` is no string in the answer {}: {}", self.status, self.text),
        }
    }

    /// GraphQL's errors; empty where there are none.
    pub fn errors(&self) -> &[Value] {
        self.body.get("errors").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// `extensions.code` of the first error.
    pub fn error_code(&self) -> Option<&str> {
        self.errors().first()?.pointer("/extensions/code")?.as_str()
    }

    /// The answer, if it is one without errors.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert!(
            self.status == 200 && self.errors().is_empty(),
            "the request was refused with {}: {}",
            self.status,
            self.text
        );
        self
    }
}
