//! HTTP: who asks for what, and what goes wrong on the way.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Map, Value, json};
use tiny_http::{Header, Request, Response, Server, StatusCode};

use super::{
    cost,
    graphql::{self, Run, Sight, error},
    mutation, root,
    script::{Bad, On},
    world::World,
};

/// The versions that are there.
const VERSIONS: [&str; 5] = ["2025-10", "2026-01", "2026-04", "2026-07", "2026-10"];

/// An answer.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Breaks off after so many bytes.
    cut: Option<usize>,
}

impl Answer {
    fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        Self { status, headers, body: body.into(), cut: None }
    }

    fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Answers until the shop is closed.
pub(super) fn serve(server: &Server, world: &Mutex<World>, address: SocketAddr) {
    while let Ok(mut request) = server.recv() {
        let answer = answer(&mut request, world, address);
        send(request, answer);
    }
}

fn send(request: Request, answer: Answer) {
    if let Some(cut) = answer.cut {
        // In pieces, and then a piece that is none: whoever reads it knows that it broke off.
        let mut writer = request.into_writer();
        let body = answer.body.get(..cut).unwrap_or(&answer.body);
        let head = format!("HTTP/1.1 {} Cut\r\nTransfer-Encoding: chunked", answer.status);
        let begun = write!(writer, "{head}\r\n\r\n{:x}\r\n", body.len().max(1)).is_ok();
        let sent = begun && writer.write_all(body).is_ok();
        let broken = sent && writer.write_all(b"\r\nbroken\r\n").is_ok();
        let _flushed = broken && writer.flush().is_ok();
        return;
    }
    let mut response = Response::from_data(answer.body).with_status_code(StatusCode(answer.status));
    for (name, value) in &answer.headers {
        if let Ok(header) = Header::from_bytes(name.as_bytes(), value.as_bytes()) {
            response.add_header(header);
        }
    }
    drop(request.respond(response));
}

fn locked(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn header(request: &Request, name: &str) -> Option<String> {
    let headers = request.headers().iter();
    let mut found =
        headers.filter(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
    found.next().map(|header| header.value.as_str().to_owned())
}

fn answer(request: &mut Request, world: &Mutex<World>, address: SocketAddr) -> Answer {
    let mut body = String::new();
    if request.as_reader().read_to_string(&mut body).is_err() {
        return Answer::json(400, &json!({ "errors": "Bad Request" }));
    }
    let url = request.url().to_owned();
    let path = url.split('?').next().unwrap_or_default().to_owned();
    let mut world = locked(world);
    world.address = format!("http://{address}");
    let is_post = request.method() == &tiny_http::Method::Post;
    if is_post && path == "/admin/oauth/access_token" {
        return token(&mut world, &body, header(request, "content-type").as_deref());
    }
    if let Some(name) = path.strip_prefix("/bulk/") {
        return file(&mut world, name, header(request, "range").as_deref());
    }
    let version =
        path.strip_prefix("/admin/api/").and_then(|rest| rest.strip_suffix("/graphql.json"));
    match version {
        Some(version) if is_post => {
            let given = header(request, "x-shopify-access-token").unwrap_or_default();
            question(&mut world, version, &given, &body)
        }
        _ => Answer::json(404, &json!({ "errors": "Not Found" })),
    }
}

/// What goes wrong without anything being done, as an answer.
fn spoiled(bad: &Bad) -> Option<Answer> {
    Some(match bad {
        Bad::TooMany(after) => {
            let answer = Answer::json(429, &json!({ "errors": "Too Many Requests" }));
            match after {
                Some(after) => answer.with("retry-after", after),
                None => answer,
            }
        }
        Bad::Gateway => Answer::new(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>"),
        Bad::Html => Answer::new(200, "text/html", "<html>Something went wrong</html>"),
        Bad::Status(status) => Answer::new(*status, "text/plain", ""),
        Bad::ExpiredUrl => Answer::new(
            403,
            "application/xml",
            "<Error><Code>ExpiredToken</Code><Message>Invalid argument.</Message></Error>",
        ),
        _ => return None,
    })
}

fn token(world: &mut World, body: &str, kind: Option<&str>) -> Answer {
    let bad = world.script.take(&On::Token);
    if let Some(answer) = bad.as_ref().and_then(spoiled) {
        return answer;
    }
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Answer::json(400, &json!({ "error": "invalid_request" }));
    }
    let form: BTreeMap<String, String> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let now = world.now;
    let scopes: Vec<&str> = world.scopes.iter().map(String::as_str).collect();
    let scope = scopes.join(",");
    let mut answer = match world.tokens.give(&form, now, &scope) {
        Ok(given) => Answer::json(200, &given),
        Err((status, said)) => Answer::json(status, &said),
    };
    if bad == Some(Bad::Cut) {
        answer.cut = Some(10);
    }
    answer
}

fn file(world: &mut World, name: &str, range: Option<&str>) -> Answer {
    let bad = world.script.take(&On::File);
    if let Some(answer) = bad.as_ref().and_then(spoiled) {
        return answer;
    }
    let id: Option<u64> = name.strip_suffix(".jsonl").and_then(|id| id.parse().ok());
    let known = id.and_then(|id| world.operations.get(&id));
    if !known.is_some_and(|one| matches!(one.status.as_str(), "COMPLETED" | "FAILED")) {
        return spoiled(&Bad::ExpiredUrl).unwrap_or_else(|| Answer::json(403, &Value::Null));
    }
    let start =
        range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let path = world.path(name);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(start.unwrap_or(0)))?;
        file.read_to_end(&mut bytes)
    });
    if read.is_err() {
        return Answer::json(404, &Value::Null);
    }
    let mut answer =
        Answer::new(if start.is_some() { 206 } else { 200 }, "application/jsonl", bytes);
    if let Some(Bad::CutAt(bytes)) = bad {
        answer.cut = Some(bytes);
    }
    answer
}

fn question(world: &mut World, version: &str, given: &str, body: &str) -> Answer {
    let unauthorized = || {
        let said = "[API] Invalid API key or access token (unrecognized login or wrong password)";
        Answer::json(401, &json!({ "errors": said }))
    };
    let now = world.now;
    if !world.tokens.accepts(given, now) {
        return unauthorized();
    }
    // A version that is not there any more is answered by the oldest one that is.
    let version = VERSIONS.into_iter().find(|known| *known == version).unwrap_or(VERSIONS[0]);
    let asked: Value = match serde_json::from_str(body) {
        Ok(asked) => asked,
        Err(_error) => return Answer::json(400, &json!({ "errors": "Bad Request" })),
    };
    let text = asked["query"].as_str().unwrap_or_default();
    let operation = match graphql::parse(text, &asked["variables"]) {
        Ok(operation) => operation,
        Err(error) => return Answer::json(200, &json!({ "errors": [error] })),
    };
    world.questions.push(operation.name.clone());
    let bad = world.script.take(&On::Question(operation.name.clone()));
    if let Some(answer) = bad.as_ref().and_then(spoiled) {
        return answer;
    }
    if bad == Some(Bad::Unauthorized) {
        world.tokens.forget(given);
        return unauthorized();
    }
    let requested = cost::of(&operation);
    if let Some(answer) = too_much(world, requested, bad.as_ref()) {
        return answer;
    }
    let mut answer = executed(world, &operation, version, requested, bad.as_ref())
        .with("x-shopify-api-version", version);
    if bad == Some(Bad::Cut) {
        answer.cut = Some(answer.body.len() / 2);
    }
    answer
}

/// What costs more than any question may, or more than is left.
fn too_much(world: &mut World, requested: i64, bad: Option<&Bad>) -> Option<Answer> {
    if bad == Some(&Bad::InternalError) {
        let said = error(
            "Internal error. Looks like something went wrong on our end.",
            Some("INTERNAL_SERVER_ERROR"),
        );
        return Some(Answer::json(200, &json!({ "errors": [said] })));
    }
    if requested > cost::MAX_COST || bad == Some(&Bad::TooCostly) {
        let message = format!(
            "Query cost is {requested}, which exceeds the single query max cost limit ({}).",
            cost::MAX_COST
        );
        let said = json!({
            "message": message,
            "extensions": { "code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": cost::MAX_COST },
        });
        return Some(Answer::json(200, &json!({ "errors": [said] })));
    }
    let scripted = matches!(bad, Some(Bad::Throttled { .. }));
    if scripted {
        let left = world.points_left();
        world.spend(left);
    }
    if scripted || world.points_left() < requested {
        let mut said = json!({ "errors": [error("Throttled", Some("THROTTLED"))] });
        if bad != Some(&(Bad::Throttled { with_status: false })) {
            said["extensions"] = world.cost_told(requested, None);
        }
        return Some(Answer::json(200, &said));
    }
    None
}

fn executed(
    world: &mut World,
    operation: &graphql::Operation,
    version: &str,
    requested: i64,
    bad: Option<&Bad>,
) -> Answer {
    let mut data = Map::new();
    let mut errors = Vec::new();
    let mut fatal = None;
    for field in operation.fields(&operation.selection, None) {
        let name = field.alias.as_ref().unwrap_or(&field.name).clone();
        let resolved = if operation.is_mutation {
            mutation::resolve(world, operation, field, version, bad)
        } else {
            let id = operation.argument(field, "id");
            world.look_at_bulk(id.as_str().unwrap_or_default());
            root::resolve(world, operation, field, version, bad)
        };
        match resolved {
            Ok(value) => {
                let sight = Sight { hidden: &world.hidden, is_denied: world.hidden_is_denied };
                let mut run = Run::new(operation, sight);
                let wrapped = json!({ "__typename": "QueryRoot", &field.name: value });
                let object = wrapped.as_object().cloned().unwrap_or_default();
                let answer = run.look(&object, Some("QueryRoot"), field);
                errors.append(&mut run.errors);
                fatal = fatal.or(run.fatal);
                data.insert(name, answer);
            }
            // What may not be read is null and an error; what was not understood leaves nothing.
            Err(error) if error.get("path").is_some() => {
                errors.push(error);
                data.insert(name, Value::Null);
            }
            Err(error) => fatal = fatal.or(Some(error)),
        }
    }
    if let Some(fatal) = fatal {
        return Answer::json(200, &json!({ "errors": [fatal] }));
    }
    // The lists of customers and orders are never null: a denied one takes all with it.
    let denied =
        errors.iter().any(|error| error["path"].as_array().is_some_and(|path| path.len() == 1));
    let data = if denied { Value::Null } else { Value::Object(data) };
    let actual = cost::of_answer(&data).min(requested);
    world.spend(actual);
    let mut said = json!({ "data": data, "extensions": world.cost_told(requested, Some(actual)) });
    if !errors.is_empty() {
        said["errors"] = Value::Array(errors);
    }
    Answer::json(200, &said)
}
