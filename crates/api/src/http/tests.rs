//! HTTP in, JSON out, over the specimen schema.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use actix_web::{
    App, HttpRequest,
    dev::{Payload, ServiceResponse},
    error::PayloadError,
    http::{
        Method, StatusCode,
        header::{ACCEPT, HeaderValue},
    },
    rt::time::{sleep, timeout},
    test::{TestRequest, call_service, init_service, read_body},
    web::Bytes,
};
use futures_util::{
    Stream, StreamExt,
    future::{join, join_all, ready},
    stream::{iter, once, pending},
};
use serde_json::{Value as Json, json};

use super::{Endpoint, HttpConfig, Readiness, cors, shaped};
use crate::{
    engine::{Engine, EngineConfig},
    specimen::{Shop, shop},
};

/// Only what hangs takes longer.
const LONG: Duration = Duration::from_mins(2);

struct Fixture {
    endpoint: Arc<Endpoint<Shop>>,
    shop: Arc<Shop>,
}

fn fixture(change: impl FnOnce(&mut HttpConfig)) -> Fixture {
    let shop = shop();
    let config =
        EngineConfig { query_threads: 1, mutation_threads: 2, ..EngineConfig::for_cores(2) };
    let engine = Engine::start(Arc::clone(&shop), &config).unwrap();
    let mut config = HttpConfig { request_timeout: LONG, ..HttpConfig::for_cores(2) };
    change(&mut config);
    let readiness: Readiness = Arc::new(|| Ok(()));
    Fixture { endpoint: Arc::new(Endpoint::new(engine, config, readiness)), shop }
}

struct Answer {
    status: u16,
    content_type: String,
    headers: actix_web::http::header::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Fixture {
    async fn send(&self, request: TestRequest) -> Answer {
        self.ask(request, None).await
    }

    async fn ask(&self, request: TestRequest, body: Option<Payload>) -> Answer {
        let request = request.to_request();
        let request = match body {
            Some(body) => request.replace_payload(body).0,
            None => request,
        };
        let origins = ["https://till.example".to_owned()];
        let app = App::new().wrap(cors(&origins)).wrap(shaped());
        let app = app.configure(self.endpoint.configure()).configure(super::graphiql::configure);
        let app = init_service(app).await;
        let response: ServiceResponse<_> = call_service(&app, request).await;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let content_type = headers
            .get("content-type")
            .map_or_else(String::new, |v| v.to_str().unwrap().to_owned());
        let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        Answer { status, content_type, headers, text }
    }

    async fn post(&self, body: &Json) -> Answer {
        self.send(post(body.to_string())).await
    }

    async fn query(&self, query: &str) -> Answer {
        self.post(&json!({"query": query})).await
    }
}

fn post(body: impl Into<Bytes>) -> TestRequest {
    TestRequest::post()
        .uri("/graphql")
        .insert_header(("content-type", "application/json"))
        .set_payload(body)
}

fn get(query: &str) -> TestRequest {
    TestRequest::get().uri(&format!("/graphql?{query}"))
}

const GRAPHQL: &str = "application/graphql-response+json";

#[actix_web::test]
async fn statuses_follow_the_client() {
    let fixture = fixture(|_| {});
    for (query, accept, status, content_type) in [
        ("{me}", None, 200, "application/json; charset=utf-8"),
        ("{me}", Some(GRAPHQL), 200, "application/graphql-response+json; charset=utf-8"),
        ("{nope}", None, 400, "application/json; charset=utf-8"),
        ("{nope}", Some("*/*"), 400, "application/json; charset=utf-8"),
        ("{nope}", Some("application/json"), 200, "application/json; charset=utf-8"),
        ("{nope}", Some(GRAPHQL), 400, "application/graphql-response+json; charset=utf-8"),
        ("{", Some("application/json"), 200, "application/json; charset=utf-8"),
        (
            "{consumer{nothing}}",
            Some(GRAPHQL),
            200,
            "application/graphql-response+json; charset=utf-8",
        ),
        (
            "query($n:Int!){user(pk:$n){pk}}",
            Some(GRAPHQL),
            400,
            "application/graphql-response+json; charset=utf-8",
        ),
        (
            "query($n:Int!){user(pk:$n){pk}}",
            Some("application/json"),
            200,
            "application/json; charset=utf-8",
        ),
    ] {
        let mut request = post(json!({"query": query}).to_string());
        if let Some(accept) = accept {
            request = request.insert_header((ACCEPT, accept));
        }
        let answer = fixture.send(request).await;
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (status, content_type),
            "{query} {accept:?}"
        );
        let answer = answer.json();
        if query == "{me}" {
            assert_eq!(answer, json!({"data": {"me": null}}));
        } else {
            let codes = &answer["errors"][0]["extensions"]["code"];
            assert_eq!(codes, "invalid", "{answer}");
            assert_eq!(answer.get("data").is_some(), query.contains("nothing"), "{answer}");
        }
    }
}

#[actix_web::test]
async fn what_is_no_request_is_400_in_json_whatever_is_accepted() {
    let fixture = fixture(|_| {});
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"{me}\"",
        "{}",
        r#"{"query":{}}"#,
        r#"{"query":"{me}","variables":5}"#,
    ] {
        for accept in [GRAPHQL, "application/json", "*/*"] {
            let answer = fixture.send(post(body).insert_header((ACCEPT, accept))).await;
            assert_eq!(answer.status, 400, "{body}");
            assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "invalid");
        }
    }
    for query in ["", "query=", "query=%7Bme%7D&variables=%7B", "query=%7Bme%7D&variables=null5"] {
        assert_eq!(fixture.send(get(query)).await.status, 400, "{query}");
    }
}

#[actix_web::test]
async fn resolver_errors_have_path_place_and_code() {
    let fixture = fixture(|_| {});
    let answer = fixture.query("{ consumer { pk broken } }").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "data": {"consumer": {"pk": 177, "broken": null}},
            "errors": [{
                "message": "Broken.",
                "locations": [{"line": 1, "column": 17}],
                "path": ["consumer", "broken"],
                "extensions": {"code": "does_not_exist"},
            }],
        })
    );
    let many = fixture
        .query("{ consumer { a: broken b: broken c: broken d: broken e: broken f: broken g: broken } }")
        .await;
    assert_eq!(many.json()["errors"].as_array().unwrap().len(), 5);
    let unknown = (0..40).map(|n| format!("x{n}")).collect::<Vec<_>>().join(" ");
    let many = fixture.query(&format!("{{ {unknown} }}")).await;
    assert_eq!(many.json()["errors"].as_array().unwrap().len(), 5);
}

#[actix_web::test]
async fn methods() {
    let fixture = fixture(|_| {});
    let answer = fixture.send(get("query=%7Bme%7D")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"data":{"me":null}}"#));
    let mutation = fixture.send(get("query=mutation%7Badd(n:1)%7Bp%7D%7D")).await;
    assert_eq!((mutation.status, mutation.header("allow")), (405, Some("POST")));
    let named = "query=query%20A%7Bme%7Dmutation%20B%7Badd(n:1)%7Bp%7D%7D&operationName=";
    assert_eq!(fixture.send(get(&format!("{named}A"))).await.status, 200);
    assert_eq!(fixture.send(get(&format!("{named}B"))).await.status, 405);
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS] {
        let answer = fixture.send(TestRequest::with_uri("/graphql").method(method.clone())).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")), "{method}");
    }
    assert_eq!(fixture.shop.closed.load(Ordering::SeqCst), 2, "nothing else ran");
}

#[actix_web::test]
async fn only_json_bodies_are_read() {
    let fixture = fixture(|_| {});
    let body = r#"{"query":"{me}"}"#;
    for (content_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/graphql", 415),
    ] {
        let request = TestRequest::post().uri("/graphql").set_payload(body);
        let answer = fixture.send(request.insert_header(("content-type", content_type))).await;
        assert_eq!(answer.status, status, "{content_type}");
        assert!(answer.json().is_object());
    }
    let none = TestRequest::post().uri("/graphql").set_payload(body);
    assert_eq!(fixture.send(none).await.status, 415);
}

#[actix_web::test]
async fn bodies_are_capped() {
    let fixture = fixture(|config| config.body_bytes = 1_000);
    let body = |length: usize| {
        let start = r#"{"query":"{me}","x":""#;
        format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
    };
    assert_eq!(fixture.send(post(body(1_000))).await.status, 200);
    let large = fixture.send(post(body(1_001))).await;
    assert_eq!(large.status, 413);
    assert_eq!(large.json()["errors"][0]["message"], "The request body is too large.");
}

#[actix_web::test]
async fn long_bodies_are_read_of_those_who_are_known_and_for_what_may_be_long() {
    let fixture = fixture(|config| {
        (config.body_bytes, config.long_body_bytes, config.batch) = (1_000, 3_000, 2);
    });
    let body = |query: &str, length: usize| {
        let start = format!(r#"{{"query":"{query}","x":""#);
        format!("{start}{}\"}}", "x".repeat(length - start.len() - 2))
    };
    let known = |body: String| post(body).insert_header(("authorization", "Bearer ada"));
    let (may, may_not) = ("mutation{add(n:1){p}}", "{me}");
    for (request, status) in [
        (known(body(may, 3_000)), 200),
        (known(body(may, 3_001)), 413),
        (known(body(may_not, 1_000)), 200),
        (known(body(may_not, 1_001)), 413),
        (post(body(may, 1_000)), 200),
        (post(body(may, 1_001)), 413),
        (known(format!("[{}]", body(may, 2_000))), 413),
    ] {
        assert_eq!(fixture.send(request).await.status, status);
    }
}

#[actix_web::test]
async fn slow_bodies_are_cut_off() {
    use actix_web::FromRequest;
    let stream: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(pending());
    let request: HttpRequest = TestRequest::default().to_http_request();
    let mut payload = Payload::Stream { payload: stream };
    let payload = actix_web::web::Payload::from_request(&request, &mut payload).await.unwrap();
    let (room, patience) = (super::body::Room::new(100), Duration::from_millis(50));
    let read = super::body::read(&request, payload, 100, patience, &room);
    let unread = timeout(LONG, read).await.expect("it is cut off").unwrap_err();
    assert_eq!(unread, super::body::Unread::Fault(super::negotiation::Verdict::BodyTimeout));
}

#[actix_web::test]
async fn a_panic_costs_one_answer() {
    let fixture = fixture(|_| {});
    let before = fixture.query("{ me }").await;
    assert_eq!(before.header("x-state"), before.header("x-state"));
    let request = post(r#"{"query":"{ panics }"}"#).insert_header(("X-Request-Id", "till-7"));
    let answer = fixture.send(request).await;
    assert_eq!(answer.status, 500);
    assert_eq!(
        answer.json()["errors"][0]["extensions"],
        json!({"code": "internal", "requestId": "till-7"})
    );
    assert!(!answer.text.contains("secret"));
    assert_eq!(answer.header("x-request-id"), Some("till-7"));
    let after = fixture.query("{ me }").await;
    assert_eq!(after.status, 200);
    assert_ne!(after.header("x-state"), before.header("x-state"), "the state is a new one");
    assert_eq!(fixture.shop.closed.load(Ordering::SeqCst), 2, "the panicked context is not closed");
}

#[actix_web::test]
async fn the_service_sees_who_asks_and_adds_headers() {
    let fixture = fixture(|_| {});
    for (header, me) in [
        ("Bearer abc", json!("abc")),
        ("bearer abc", json!("abc")),
        ("Bearer a b", json!("unreadable")),
        ("Basic abc", json!("unreadable")),
        ("", json!("unreadable")),
    ] {
        let request = post(r#"{"query":"{ me }"}"#).insert_header(("authorization", header));
        assert_eq!(fixture.send(request).await.json()["data"]["me"], me, "{header}");
    }
    assert_eq!(fixture.query("{ me }").await.json()["data"]["me"], json!(null));
    let umlaut = HeaderValue::from_bytes(b"Bearer \xe4").unwrap();
    let umlaut = post(r#"{"query":"{ me }"}"#).insert_header(("authorization", umlaut));
    assert_eq!(fixture.send(umlaut).await.json()["data"]["me"], json!("unreadable"));
    let twice = post(r#"{"query":"{ me }"}"#)
        .append_header(("authorization", "Bearer abc"))
        .append_header(("authorization", "Bearer abc"));
    assert_eq!(fixture.send(twice).await.json()["data"]["me"], json!("unreadable"));
    let answer = fixture.query("mutation { add(n: 1) { p } }").await;
    assert_eq!(answer.header("x-statements"), Some("1"));
    let refused = post(r#"{"query":"{ me }"}"#).insert_header(("x-api-key", "wrong"));
    let refused = fixture.send(refused).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "permission_denied");
    let eager = post(r#"{"query":"{ me }"}"#).insert_header(("x-api-key", "eager"));
    let eager = fixture.send(eager).await;
    assert_eq!((eager.status, eager.header("retry-after")), (429, Some("7")));
}

#[actix_web::test]
async fn overload_is_turned_away_at_once() {
    let fixture = fixture(|config| config.in_flight = 1);
    let held = &fixture.shop.held;
    let slow = fixture.query("{ hold }");
    let fast = async {
        while held.begun.load(Ordering::SeqCst) == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        // It would never come if it waited for the one before.
        let answer = timeout(LONG, fixture.query("{ me }")).await;
        held.let_go();
        answer.expect("it is turned away")
    };
    let (slow, fast) = join(slow, fast).await;
    assert_eq!(slow.status, 200);
    assert_eq!((fast.status, fast.header("retry-after")), (503, Some("1")));
    assert_eq!(fast.json()["errors"][0]["extensions"]["code"], "unavailable");
    assert_eq!(fixture.query("{ me }").await.status, 200);
}

/// A body that never comes.
fn silence() -> Payload {
    let stream: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(pending());
    Payload::Stream { payload: stream }
}

#[actix_web::test]
async fn clients_that_send_nothing_keep_nobody_out() {
    let fixture = fixture(|config| {
        config.in_flight = 2;
        config.body_bytes = 1_000;
        config.body_memory = 1_000;
        config.body_timeout = Duration::from_millis(400);
    });
    let silent = join_all((0..50).map(|_| fixture.ask(post(""), Some(silence()))));
    let asking = async {
        sleep(Duration::from_millis(100)).await;
        let by_get = fixture.send(get("query=%7Bme%7D")).await.status;
        (by_get, fixture.query("{ me }").await.status)
    };
    let (silent, asked) = join(silent, asking).await;
    assert_eq!(asked, (200, 200));
    assert!(silent.iter().all(|answer| answer.status == 408));
}

#[actix_web::test]
async fn bodies_that_are_arriving_share_what_memory_there_is() {
    let fixture = fixture(|config| {
        config.body_bytes = 400;
        config.body_memory = 1_000;
        config.body_timeout = Duration::from_millis(200);
    });
    // Each has sent 300 bytes and sends no more: three have room, and nothing of the others is kept.
    let half = || {
        let sent = once(ready(Ok(Bytes::from(vec![b' '; 300])))).chain(pending());
        let stream: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(sent);
        fixture.ask(post(""), Some(Payload::Stream { payload: stream }))
    };
    let answers = join_all((0..5).map(|_| half())).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [408, 408, 408, 503, 503]);
    let busy = answers.iter().find(|answer| answer.status == 503).unwrap();
    assert_eq!(busy.header("retry-after"), Some("1"));
    assert_eq!(busy.json()["errors"][0]["extensions"]["code"], "unavailable");
    // The room is given back, and a body in many pieces takes no more of it than one in a single piece.
    let text = format!("{{\"query\":\"{{ me }}\"{}}}", " ".repeat(382));
    assert_eq!(text.len(), 400);
    let pieces: Vec<_> = text.bytes().map(|byte| Ok(Bytes::from(vec![byte]))).collect();
    let stream: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(iter(pieces));
    let whole = fixture.ask(post(""), Some(Payload::Stream { payload: stream })).await;
    assert_eq!(whole.status, 200, "{}", whole.text);
}

#[actix_web::test]
async fn a_mutation_that_is_late_may_still_happen() {
    // A thread that comes too late to begin is given more time.
    let mut patience = Duration::from_millis(60);
    let answer = loop {
        let fixture = fixture(|config| config.request_timeout = patience);
        let answer = fixture.query("mutation { hold { p } }").await;
        fixture.shop.held.let_go();
        if answer.status != 503 {
            break answer;
        }
        patience *= 2;
    };
    assert_eq!((answer.status, answer.header("retry-after")), (504, None));
    let error = &answer.json()["errors"][0];
    assert_eq!(error["extensions"]["code"], "outcome_unknown");
    assert!(error["message"].as_str().unwrap().contains("idempotency key"), "{error}");
}

#[actix_web::test]
async fn faults_without_a_code_show_the_fixed_sentence() {
    let fixture = fixture(|_| {});
    let request = post(r#"{"query":"{ nameless }"}"#).insert_header(("X-Request-Id", "till-7"));
    let answer = fixture.send(request).await.json();
    assert_eq!(
        answer["errors"][0]["extensions"],
        json!({"code": "internal", "requestId": "till-7"})
    );
    assert!(!answer.to_string().contains("secret"), "{answer}");
}

#[actix_web::test]
async fn a_panic_before_anything_runs_costs_one_answer() {
    let fixture = fixture(|_| {});
    let literal = json!({"query": "{ fragile(trap: \"boom\") }"});
    let document = "query ($t: Trap, $b: Boolean!) { fragile(trap: $t) @skip(if: $b) }";
    let given = |text: &str| json!({"query": document, "variables": {"t": text, "b": false}});
    assert_eq!(fixture.post(&given("calm")).await.status, 200);
    // The first panics while it is prepared, the second while a known document is looked up.
    for request in [literal, given("boom")] {
        let answer = fixture.post(&request).await;
        assert_eq!(answer.status, 500, "{request}");
        let extensions = &answer.json()["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "internal");
        assert_eq!(extensions["requestId"].as_str(), answer.header("x-request-id"));
        assert!(!answer.text.contains("secret"));
        assert_eq!(fixture.query("{ me }").await.status, 200);
    }
}

#[actix_web::test]
async fn a_refused_argument_is_named() {
    let fixture = fixture(|_| {});
    let refused =
        fixture.send(post(r#"{"query":"{ me }"}"#).insert_header(("x-api-key", "late"))).await;
    assert_eq!(refused.status, 400);
    let extensions = &refused.json()["errors"][0]["extensions"];
    assert_eq!(extensions, &json!({"code": "invalid", "field": "at"}));
    // A header that cannot be read is not taken for none.
    let latin = HeaderValue::from_bytes(b"schl\xfcssel").unwrap();
    let twice = post(r#"{"query":"{ me }"}"#)
        .append_header(("x-api-key", "a"))
        .append_header(("x-api-key", "b"));
    for request in [post(r#"{"query":"{ me }"}"#).insert_header(("x-api-key", latin)), twice] {
        let refused = fixture.send(request).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.json()["errors"][0]["extensions"]["field"], "key");
    }
}

#[actix_web::test]
async fn answers_have_a_deadline() {
    let fixture = fixture(|config| config.request_timeout = Duration::from_millis(60));
    let answer = timeout(LONG, fixture.query("{ hold }")).await;
    fixture.shop.held.let_go();
    assert_eq!(answer.expect("the deadline ends it").status, 503);
}

#[actix_web::test]
async fn batches_are_off_until_they_are_capped() {
    let off = fixture(|_| {});
    let batch = json!([{"query": "{ me }"}, {"query": "mutation { add(n: 1) { p } }"}, {"query": "{ nope }"}]);
    assert_eq!(off.post(&batch).await.status, 400);
    let on = fixture(|config| config.batch = 10);
    let answer = on.post(&batch).await;
    assert_eq!(answer.status, 400, "the worst of 200, 200, 400");
    let json = answer.json();
    assert_eq!(json[0], json!({"data": {"me": null}}));
    assert_eq!(json[1], json!({"data": {"add": {"p": 1}}}));
    assert_eq!(json[2]["errors"][0]["extensions"]["code"], "invalid");
    let login = json!({"query": "mutation { obtainToken(password: \"a\") { p } }"});
    let guessing = on.post(&json!([login, login])).await;
    assert_eq!(guessing.status, 400);
    assert!(guessing.text.contains("Only one mutation"));
    let listing = "{ consumer { orders { edges { node { orders { edges { cursor } } } } } } }";
    let costly = on.post(&json!(vec![json!({"query": listing}); 6])).await;
    assert!(costly.text.contains("The batch costs 60000"), "{}", costly.text);
    assert_eq!(on.post(&json!(vec![json!({"query": "{ me }"}); 11])).await.status, 400);
}

#[actix_web::test]
async fn a_compressed_body_is_told_so() {
    let fixture = fixture(|_| {});
    for (encoding, status) in
        [("gzip", 415), ("br", 415), ("gzip, identity", 415), ("Identity", 200)]
    {
        let request = post(r#"{"query":"{ me }"}"#).insert_header(("content-encoding", encoding));
        let answer = fixture.send(request).await;
        assert_eq!(answer.status, status, "{encoding}");
        assert_eq!(answer.text.contains("compressed"), status == 415, "{encoding}");
    }
}

#[actix_web::test]
async fn pages_of_other_origins_need_leave() {
    let fixture = fixture(|_| {});
    let preflight = |origin: &str| {
        TestRequest::with_uri("/graphql")
            .method(Method::OPTIONS)
            .insert_header(("origin", origin.to_owned()))
            .insert_header(("access-control-request-method", "POST"))
            .insert_header(("access-control-request-headers", "authorization,content-type"))
    };
    let listed = fixture.send(preflight("https://till.example")).await;
    assert_eq!(listed.status, 200);
    assert_eq!(listed.header("access-control-allow-origin"), Some("https://till.example"));
    let foreign = fixture.send(preflight("https://evil.example")).await;
    assert_eq!(foreign.header("access-control-allow-origin"), None);
    assert!(foreign.text.contains("http.cors_origins"), "{}", foreign.text);
    let request = post(r#"{"query":"{ me }"}"#).insert_header(("origin", "https://evil.example"));
    let answer = fixture.send(request).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}

#[actix_web::test]
async fn what_actix_refuses_has_the_shape_of_every_refusal() {
    let fixture = fixture(|_| {});
    let put = |path: &str| TestRequest::put().uri(path);
    let preflight = TestRequest::with_uri("/graphql")
        .method(Method::OPTIONS)
        .insert_header(("origin", "https://till.example"))
        .insert_header(("access-control-request-method", "DELETE"));
    for (request, status, allow) in [
        (put("/healthz"), 405, Some("GET, HEAD")),
        (put("/readyz"), 405, Some("GET, HEAD")),
        (put("/graphiql"), 405, Some("GET, HEAD")),
        (put("/graphql"), 405, Some("GET, POST")),
        (preflight, 400, None),
        (get("query=%FF%00"), 400, None),
        (get("%ZZ&variables"), 400, None),
        (TestRequest::get().uri("/%FF"), 404, None),
        (post("{").insert_header(("accept", "text/plain")), 400, None),
        (post("{}").insert_header(("content-encoding", "br")), 415, None),
    ] {
        let answer = fixture.send(request).await;
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{}", answer.text);
        let kind = "application/json; charset=utf-8";
        assert_eq!(answer.content_type, kind, "{}", answer.text);
        let error = &answer.json()["errors"][0];
        assert!(error["message"].as_str().is_some_and(|message| message.len() > 20), "{error}");
        let code = if status == 404 { "does_not_exist" } else { "invalid" };
        assert_eq!(error["extensions"]["code"], code, "{error}");
    }
    let head = TestRequest::with_uri("/healthz").method(Method::HEAD);
    assert_eq!(fixture.send(head).await.status, 200);
}

#[actix_web::test]
async fn health_follows_the_server() {
    let fixture = fixture(|_| {});
    let ask = |path: &str| fixture.send(TestRequest::get().uri(path));
    assert_eq!((ask("/healthz").await.status, ask("/readyz").await.status), (200, 200));
    fixture.endpoint.gate().stop();
    assert_eq!((ask("/healthz").await.status, ask("/readyz").await.status), (200, 503));
    assert_eq!(fixture.query("{ me }").await.status, 200, "what comes all the same is served");
    assert!(fixture.endpoint.engine().stop(LONG));
    assert_eq!(fixture.query("{ me }").await.status, 503);
}

#[actix_web::test]
async fn readiness_says_why_not() {
    let shop = shop();
    let config =
        EngineConfig { query_threads: 1, mutation_threads: 1, ..EngineConfig::for_cores(1) };
    let engine = Engine::start(Arc::clone(&shop), &config).unwrap();
    let readiness: Readiness = Arc::new(|| Err("2 migrations are missing".to_owned()));
    let endpoint = Arc::new(Endpoint::new(engine, HttpConfig::for_cores(1), readiness));
    let answer = Fixture { endpoint, shop }.send(TestRequest::get().uri("/readyz")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE.as_u16());
    assert_eq!(
        answer.json(),
        json!({"status": "unavailable", "reason": "2 migrations are missing"})
    );
}

#[actix_web::test]
async fn the_deepest_mutation_fits_its_stack() {
    let fixture = fixture(|_| {});
    let deep =
        format!("{{ user {{ {} pk {} }} add: me }}", "creator { ".repeat(20), "} ".repeat(20));
    assert_eq!(fixture.query(&deep).await.status, 200);
    let lists =
        format!("mutation {{ add(n: 1, ns: {}1{}) {{ p }} }}", "[".repeat(22), "]".repeat(22));
    assert_eq!(fixture.query(&lists).await.status, 400);
}

#[actix_web::test]
async fn big_numbers_keep_their_digits_and_scalars_their_forms() {
    let fixture = fixture(|_| {});
    let query = "query($at:DateTime,$amount:Decimal,$info:JSONString,$id:ID){echo(at:$at,amount:$amount,info:$info,id:$id)}";
    let answer = fixture
        .send(post(format!(
            r#"{{"query":"{query}","variables":{{"at":"2022-04-25T11:40","amount":12.5,"info":"[1]","id":9007199254740993}}}}"#
        )))
        .await;
    assert_eq!(
        answer.json()["data"]["echo"],
        json!(["2022-04-25T11:40:00+00:00", "12.5", "[1]", "9007199254740993"])
    );
    let literal = fixture.query("{ echo(id: 9007199254740993, amount: 12.30) }").await;
    assert_eq!(literal.json()["data"]["echo"], json!(["12.30", "9007199254740993"]));
    for bad in
        [json!({"at": "now"}), json!({"info": "{"}), json!({"amount": "NaN"}), json!({"id": true})]
    {
        let answer = fixture.post(&json!({"query": query, "variables": bad})).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "invalid");
    }
}
