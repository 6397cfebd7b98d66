//! The handlers.

use std::{
    net::IpAddr,
    sync::{Arc, Once},
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName},
    },
    web::{self, Data, Payload, ServiceConfig},
};

use ipnet::IpNet;

use super::{
    admission::Gate,
    body::{self, Received, Room, Unread},
    health::{self, Readiness},
    negotiation::{Media, Verdict, is_json},
    peer::{FORWARDED_FOR, is_trusted, peer},
    reply::Reply,
    request::{Body, GraphqlRequest, Shape, from_body, from_query_string},
    request_id::request_id,
};
use crate::{
    document::{Compiled, OperationKind, Problem, check_mutation},
    engine::Engine,
    service::{Batch, Bearer, Head, Header, Refusal, Service, Unreadable},
    worker::guard,
};

/// How the API is served.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The path of the API.
    pub path: String,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Bytes of a body that may be long ([`Service::may_be_long`]). Not less than `body_bytes`.
    pub long_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long an answer may take, from the end of the headers on.
    pub request_timeout: Duration,
    /// Requests served at once; more are turned away.
    pub in_flight: usize,
    /// Bytes of all bodies that are arriving; what finds no room is turned away. Not less than `body_bytes`.
    pub body_memory: usize,
    /// Requests in one batch; 0 turns batches off.
    pub batch: usize,
    /// Entries of a list among the variables.
    pub list: usize,
    /// Proxies whose word in `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Headers that the service wants to see beside `Authorization`, in lower case.
    pub headers: Vec<String>,
}

impl HttpConfig {
    /// The usual figures for a machine with this many cores.
    pub fn for_cores(cores: usize) -> Self {
        Self {
            path: "/graphql".to_owned(),
            body_bytes: 256 * 1024,
            long_body_bytes: 4 * 1024 * 1024,
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(15),
            in_flight: cores.max(1) * 64,
            body_memory: 64 * 1024 * 1024,
            batch: 0,
            list: 500,
            trusted_proxies: Vec::new(),
            headers: ["idempotency-key", "x-api-key", "x-app-id"].map(String::from).to_vec(),
        }
    }
}

/// The API of a service over HTTP.
pub struct Endpoint<V: Service> {
    engine: Engine<V>,
    config: HttpConfig,
    gate: Arc<Gate>,
    /// The headers that the service wants to see.
    wanted: Vec<HeaderName>,
    /// The memory for bodies that are on their way.
    room: Room,
    /// That for bodies that may be long: they take nothing of the others'.
    long_room: Room,
    readiness: Readiness,
    /// Whether it was said that a proxy seems to stand before us that nobody named.
    warned: Once,
}

type Prepared<V> = Arc<Compiled<<V as Service>::Schema>>;

impl<V: Service> Endpoint<V> {
    /// Serves an engine.
    pub fn new(engine: Engine<V>, config: HttpConfig, readiness: Readiness) -> Self {
        let (gate, room) = (Gate::new(config.in_flight), Room::new(config.body_memory));
        let long_room = Room::new((config.body_memory / 2).max(config.long_body_bytes));
        // What is no name of a header is in no request.
        let wanted = config.headers.iter().filter_map(|name| name.parse().ok()).collect();
        Self { engine, config, gate, wanted, room, long_room, readiness, warned: Once::new() }
    }

    /// The engine behind it.
    pub const fn engine(&self) -> &Engine<V> {
        &self.engine
    }

    /// The door: how to say that the server stops, and to wait for those inside.
    pub const fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Adds the API, `/healthz` and `/readyz` to an application, and an answer for every other address.
    pub fn configure(self: &Arc<Self>) -> impl FnOnce(&mut ServiceConfig) + use<V> {
        let endpoint = Data::from(Arc::clone(self));
        move |app| {
            let path = endpoint.config.path.clone();
            app.app_data(endpoint)
                .service(web::resource(path).route(web::route().to(graphql::<V>)))
                .service(
                    web::resource("/healthz")
                        .route(web::get().to(health::live))
                        .route(web::head().to(health::live)),
                )
                .service(
                    web::resource("/readyz")
                        .route(web::get().to(ready::<V>))
                        .route(web::head().to(ready::<V>)),
                )
                .default_service(web::to(absent::<V>));
        }
    }

    async fn reply(
        &self,
        request: &HttpRequest,
        payload: Payload,
        id: &Arc<str>,
        media: Media,
    ) -> Reply {
        let deadline = Instant::now() + self.config.request_timeout;
        let shape = Shape { batch: self.config.batch, list: self.config.list };
        let headers = request.headers();
        let by_get = *request.method() == Method::GET;
        let head = |batch| {
            Arc::new(Head {
                request_id: Arc::clone(id),
                bearer: bearer(headers),
                headers: self.wanted(headers),
                peer: self.peer(request),
                deadline,
                batch,
            })
        };
        let alone = head(None);
        let received = if by_get {
            None
        } else if *request.method() == Method::POST {
            match self.body(request, payload, &alone, media).await {
                Ok(received) => Some(received),
                Err(reply) => return reply,
            }
        } else {
            let message = "GraphQL is asked by POST or GET.";
            return Reply::method_not_allowed(message, "GET, POST", media);
        };
        // Only who has asked takes a place: clients that send slowly, or nothing, would keep everybody out.
        let Some(_permit) = self.gate.enter() else {
            return Reply::refused(&Refusal::unavailable(), media);
        };
        let length = received.as_ref().map_or(0, |received| received.bytes.len());
        let is_long = length > self.config.body_bytes;
        let read = match received {
            Some(received) => from_body(&received.bytes, shape),
            None => from_query_string(request.query_string(), shape).map(Body::Single),
        };
        match read {
            Ok(Body::Single(single)) => self.single(alone, single, (by_get, is_long), media).await,
            Ok(Body::Batch(_)) if is_long => Reply::unreadable(Verdict::TooLarge, media),
            Ok(Body::Batch(batch)) => self.batch(head, id, batch, media).await,
            Err(problem) => Reply::malformed(&problem, media),
        }
    }

    /// The body of a request, or the answer that it gets for want of one.
    async fn body(
        &self,
        request: &HttpRequest,
        payload: Payload,
        head: &Head,
        media: Media,
    ) -> Result<Received, Reply> {
        if !is_json(text(request.headers(), &CONTENT_TYPE)) {
            return Err(Reply::unreadable(Verdict::UnsupportedMedia, media));
        }
        let encoding = request.headers().get(CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Reply::unreadable(Verdict::UnsupportedEncoding, media));
        }
        let usual = body::announced(request).is_some_and(|length| length <= self.config.body_bytes);
        let (most, room) = if !usual && self.engine.service().vouches(head) {
            (self.config.long_body_bytes, &self.long_room)
        } else {
            (self.config.body_bytes, &self.room)
        };
        let patience = self.config.body_timeout;
        body::read(request, payload, most, patience, room).await.map_err(|unread| match unread {
            Unread::Fault(verdict) => Reply::unreadable(verdict, media),
            Unread::NoRoom => Reply::refused(&Refusal::unavailable(), media).closing(),
        })
    }

    fn peer(&self, request: &HttpRequest) -> Option<IpAddr> {
        let connected = request.peer_addr().map(|address| address.ip());
        let lines: Vec<&str> = request
            .headers()
            .get_all(FORWARDED_FOR)
            .map(|line| line.to_str().unwrap_or_default())
            .collect();
        if !lines.is_empty() && !is_trusted(connected, &self.config.trusted_proxies) {
            self.warned.call_once(|| {
                tracing::warn!(
                    peer = ?connected,
                    "X-Forwarded-For comes from an address that http.trusted_proxies does not name, and is ignored: \
                     if that is your proxy, all of its clients count as one network until it is named there"
                );
            });
        }
        peer(connected, lines.into_iter(), &self.config.trusted_proxies)
    }

    fn wanted(&self, headers: &HeaderMap) -> Vec<Header> {
        self.wanted
            .iter()
            .filter_map(|name| {
                let mut values = headers.get_all(name);
                let first = values.next()?;
                let alone = values.next().is_none();
                let value = first.to_str().ok().filter(|_| alone).map(str::to_owned);
                Some(Header { name: name.as_str().to_owned(), value })
            })
            .collect()
    }

    async fn single(
        &self,
        head: Arc<Head>,
        request: GraphqlRequest,
        (by_get, is_long): (bool, bool),
        media: Media,
    ) -> Reply {
        let most = self.engine.documents().limits().errors;
        let id = &head.request_id;
        let (operation, request) = match self.prepare(id, request).await {
            Ok(prepared) => prepared,
            Err(failure) => return failure.reply(most, id, media),
        };
        let may_be_long = |field: &String| self.engine.service().may_be_long(field);
        if is_long && !operation.root_fields().iter().all(may_be_long) {
            return Reply::unreadable(Verdict::TooLarge, media);
        }
        if by_get && operation.kind() == OperationKind::Mutation {
            let message = "Mutations are asked by POST alone.";
            return Reply::method_not_allowed(message, "POST", media);
        }
        self.run(head, operation, request, media).await
    }

    /// All are prepared before the first runs, so that the limits hold for the batch as a whole; then they run in order.
    async fn batch(
        &self,
        head: impl FnOnce(Option<Batch>) -> Arc<Head>,
        id: &Arc<str>,
        batch: Vec<GraphqlRequest>,
        media: Media,
    ) -> Reply {
        let limits = self.engine.documents().limits();
        let mut prepared = Vec::with_capacity(batch.len());
        let (mut mutations, mut costs) = (Vec::new(), Vec::with_capacity(batch.len()));
        for request in batch {
            let one = self.prepare(id, request).await;
            if let Ok((operation, request)) = &one {
                costs.push(operation.cost(&request.variables, limits.page));
                if operation.kind() == OperationKind::Mutation {
                    mutations.extend_from_slice(operation.root_fields());
                }
            }
            prepared.push(one);
        }
        if let Err(problem) = check_mutation(&mutations, limits) {
            return Reply::problems(&[problem], limits.errors, media);
        }
        let cost = costs.iter().copied().fold(0, u64::saturating_add);
        if cost > limits.cost {
            let problem = Problem::invalid(format!(
                "The batch costs {cost}; at most {} are allowed.",
                limits.cost
            ));
            return Reply::problems(&[problem], limits.errors, media);
        }
        let head = head(Some(Batch::new(costs)));
        let mut replies = Vec::with_capacity(prepared.len());
        for one in prepared {
            replies.push(match one {
                Ok((operation, request)) => {
                    self.run(Arc::clone(&head), operation, request, media).await
                }
                Err(failure) => failure.reply(limits.errors, id, media),
            });
        }
        Reply::batch(replies)
    }

    /// The operation of a request. What is not in the cache is validated off the reactor.
    async fn prepare(
        &self,
        id: &Arc<str>,
        request: GraphqlRequest,
    ) -> Result<(Prepared<V>, GraphqlRequest), Unprepared> {
        let documents = self.engine.documents();
        let name = request.operation_name.as_deref();
        // A panic here would end more than this request: the thread serves many.
        let found = guard(id, || documents.find(&request.query, name, &request.variables));
        if let Some(found) = found.map_err(|_logged| Unprepared::Failed)? {
            return found.map(|operation| (operation, request)).map_err(Unprepared::Refused);
        }
        let (documents, label) = (Arc::clone(documents), Arc::clone(id));
        let prepared = web::block(move || {
            let name = request.operation_name.as_deref();
            guard(&label, || documents.prepare(&request.query, name, &request.variables))
                .map(|prepared| prepared.map(|operation| (operation, request)))
        });
        match prepared.await {
            Ok(Ok(prepared)) => prepared.map_err(Unprepared::Refused),
            Ok(Err(_logged)) => Err(Unprepared::Failed),
            Err(error) => {
                tracing::error!(request_id = &**id, fault = %error, "a request failed");
                Err(Unprepared::Failed)
            }
        }
    }

    async fn run(
        &self,
        head: Arc<Head>,
        operation: Prepared<V>,
        request: GraphqlRequest,
        media: Media,
    ) -> Reply {
        let id = Arc::clone(&head.request_id);
        let most = self.engine.documents().limits().errors;
        let outcome = self.engine.run(head, operation, request.variables).await;
        Reply::outcome(outcome, most, &id, media)
    }
}

/// Why there is no operation to run.
enum Unprepared {
    /// The document or the variables are at fault.
    Refused(Vec<Problem>),
    /// We are; it is logged.
    Failed,
}

impl Unprepared {
    fn reply(&self, most: usize, request_id: &str, media: Media) -> Reply {
        match self {
            Self::Refused(problems) => Reply::problems(problems, most, media),
            Self::Failed => Reply::internal(request_id, media),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn bearer(headers: &HeaderMap) -> Result<Option<Bearer>, Unreadable> {
    let mut lines = headers.get_all(AUTHORIZATION);
    let Some(first) = lines.next() else { return Ok(None) };
    let alone = lines.next().is_none();
    let token = first.to_str().ok().filter(|_| alone).and_then(Bearer::parse);
    token.map(Some).ok_or(Unreadable)
}

async fn graphql<V: Service>(
    request: HttpRequest,
    payload: Payload,
    endpoint: Data<Endpoint<V>>,
) -> HttpResponse {
    let begun = Instant::now();
    let id = request_id(&request);
    let media = Media::negotiate(text(request.headers(), &ACCEPT));
    let reply = endpoint.reply(&request, payload, &id, media).await;
    tracing::debug!(
        request_id = &*id,
        status = reply.status.as_u16(),
        bytes = reply.body.len(),
        micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    reply.into_response(media, &id, endpoint.gate.is_stopping())
}

async fn absent<V: Service>(request: HttpRequest, endpoint: Data<Endpoint<V>>) -> HttpResponse {
    let media = Media::negotiate(text(request.headers(), &ACCEPT));
    let reply = Reply::not_found(&endpoint.config.path, media);
    reply.into_response(media, &request_id(&request), endpoint.gate.is_stopping())
}

async fn ready<V: Service>(endpoint: Data<Endpoint<V>>) -> HttpResponse {
    health::ready(&endpoint.gate, Arc::clone(&endpoint.readiness)).await
}
