//! Requests in, answers out.

use std::{
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};
use tiny_http::{Header, Request, Response, Server};

use super::{
    reply::{Refused, Reply},
    script::{Bad, On},
    world::World,
};

/// Answers requests until the server is told to stop.
pub(super) fn serve(server: &Server, world: &Mutex<World>) {
    while let Ok(mut request) = server.recv() {
        let mut body = String::new();
        if request.as_reader().read_to_string(&mut body).is_err() {
            continue;
        }
        let asked = Asked::of(&request, &body);
        let (reply, cut) = {
            let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
            world.answer(&asked)
        };
        // Who asked may have gone.
        if cut {
            break_off(request, &reply).ok();
        } else {
            send(request, reply).ok();
        }
    }
}

fn send(request: Request, reply: Reply) -> std::io::Result<()> {
    let mut response = Response::from_data(reply.body).with_status_code(reply.status);
    let kind = ("Content-Type", reply.kind.to_owned());
    for (name, value) in [kind].into_iter().chain(reply.headers) {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    request.respond(response)
}

/// Sends half of an answer, and then what is no part of one.
fn break_off(request: Request, reply: &Reply) -> std::io::Result<()> {
    let mut out = request.into_writer();
    write!(out, "HTTP/1.1 {} OK\r\nContent-Type: {}\r\n", reply.status, reply.kind)?;
    for (name, value) in &reply.headers {
        write!(out, "{name}: {value}\r\n")?;
    }
    let half = reply.body.get(..reply.body.len() / 2).unwrap_or_default();
    write!(out, "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", half.len().max(1))?;
    out.write_all(if half.is_empty() { b"{" } else { half })?;
    out.write_all(b"\r\nbroken\r\n")?;
    out.flush()
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    token: Option<String>,
    page_rows: Option<usize>,
    body: String,
}

impl Asked {
    fn of(request: &Request, body: &str) -> Self {
        let header = |name: &'static str| {
            let found = request.headers().iter().find(|header| header.field.equiv(name));
            found.map(|header| header.value.as_str().to_owned())
        };
        let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        Self {
            method: request.method().to_string(),
            path: path.trim_end_matches('/').to_owned(),
            query: pairs.collect(),
            token: header("Authorization")
                .and_then(|text| Some(text.strip_prefix("Bearer ")?.to_owned())),
            page_rows: header("Sforce-Query-Options")
                .and_then(|text| text.split_once("batchSize=")?.1.trim().parse().ok()),
            body: body.to_owned(),
        }
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Result<Value, Refused> {
        serde_json::from_str(&self.body)
            .map_err(|error| Refused::new(400, "JSON_PARSER_ERROR", error.to_string()))
    }
}

impl World {
    /// The answer, and whether it breaks off.
    fn answer(&mut self, asked: &Asked) -> (Reply, bool) {
        self.tick();
        self.requests.push(format!("{} {}", asked.method, asked.path));
        if asked.path == "/services/oauth2/token" {
            let bad = self.script.take(On::Login);
            if let Some(reply) = bad.as_ref().and_then(|bad| self.instead(bad)) {
                return (reply, false);
            }
            let form =
                url::form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect::<Vec<_>>();
            return (self.log_in(&form), bad == Some(Bad::Cut));
        }
        let segments: Vec<&str> =
            asked.path.split('/').filter(|segment| !segment.is_empty()).collect();
        let kind = kind_of(asked, &segments);
        let bad = self.script.take(kind);
        if let Some(reply) = bad.as_ref().and_then(|bad| self.instead(bad)) {
            return (reply, false);
        }
        self.ignores_filter = bad == Some(Bad::IgnoredFilter);
        let is_cut = bad == Some(Bad::Cut);
        let reply = self.granted(asked, &segments, bad.as_ref()).unwrap_or_else(Reply::from);
        let usage = format!("api-usage={}/{}", self.requests_used, self.requests_a_day);
        (reply.with("Sforce-Limit-Info", usage), is_cut)
    }

    /// What is answered instead, when something goes wrong.
    fn instead(&mut self, bad: &Bad) -> Option<Reply> {
        match bad {
            Bad::TooMany(after) => {
                let reply = Reply::empty(429);
                Some(match after {
                    Some(after) => reply.with("Retry-After", after.as_str()),
                    None => reply,
                })
            }
            Bad::Gateway => Some(Reply::html(502)),
            Bad::Html => Some(Reply::html(200)),
            Bad::Error(status, code, message) => Some(Refused::new(*status, code, *message).into()),
            Bad::Status(status) => Some(Reply::empty(*status)),
            Bad::SessionEnds => {
                self.end_sessions();
                None
            }
            Bad::ForgottenPlaces => {
                self.places.clear();
                self.jobs.clear();
                None
            }
            _ => None,
        }
    }

    fn granted(
        &mut self,
        asked: &Asked,
        segments: &[&str],
        bad: Option<&Bad>,
    ) -> Result<Reply, Refused> {
        // Who there is and which versions, anybody may ask.
        if matches!(segments, ["services", "data"]) {
            let versions: Vec<Value> = self
                .versions
                .iter()
                .map(|version| json!({ "label": version, "url": format!("/services/data/v{version}"), "version": version }))
                .collect();
            return Ok(Reply::json(200, &json!(versions)));
        }
        let is_known = asked.token.as_ref().is_some_and(|token| self.sessions.contains(token));
        if !is_known {
            return Err(Refused::new(401, "INVALID_SESSION_ID", "Session expired or invalid"));
        }
        if self.requests_used >= self.requests_a_day {
            return Err(Refused::new(
                403,
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
            ));
        }
        self.requests_used = self.requests_used.saturating_add(1);
        let ["services", "data", version, rest @ ..] = segments else {
            return Err(Refused::not_found());
        };
        let version = version.strip_prefix('v').unwrap_or_default().to_owned();
        if !self.versions.contains(&version.as_str()) {
            return Err(Refused::not_found());
        }
        self.route(asked, &version, rest, bad)
    }

    fn route(
        &mut self,
        asked: &Asked,
        version: &str,
        rest: &[&str],
        bad: Option<&Bad>,
    ) -> Result<Reply, Refused> {
        let parameter = |name: &str| asked.parameter(name).unwrap_or_default();
        match (asked.method.as_str(), rest) {
            ("GET", [all @ ("query" | "queryAll")]) => {
                self.ask(parameter("q"), *all == "queryAll", version, asked.page_rows)
            }
            ("GET", ["query" | "queryAll", place]) => self.go_on(place, version),
            ("GET", ["limits"]) => {
                let left = self.requests_a_day.saturating_sub(self.requests_used);
                let limit = json!({ "Max": self.requests_a_day, "Remaining": left });
                Ok(Reply::json(200, &json!({ "DailyApiRequests": limit })))
            }
            ("GET", ["sobjects", object, "describe"]) => {
                let object = self.schema.object(object).ok_or_else(Refused::not_found)?;
                let prefix = if object == "Contact" { "003" } else { "001" };
                Ok(Reply::json(200, &self.schema.describe(object, prefix)))
            }
            ("GET", ["sobjects", "Contact", "deleted"]) => {
                self.deleted(parameter("start"), parameter("end"))
            }
            ("POST", ["jobs", "query"]) => self.begin_job(&asked.json()?, version, bad),
            ("GET", ["jobs", "query", job]) => self.look_at_job(job),
            ("PATCH", ["jobs", "query", job]) => self.abort_job(job),
            ("DELETE", ["jobs", "query", job]) => self.delete_job(job),
            ("GET", ["jobs", "query", job, "results"]) => {
                let most = asked.parameter("maxRecords").and_then(|most| most.parse().ok());
                let lines = match bad {
                    Some(Bad::CutLines(lines)) => Some(*lines),
                    _ => None,
                };
                self.results(job, version, most, asked.parameter("locator"), lines)
            }
            ("PATCH", ["composite", "sobjects"]) => self.save_all(&asked.json()?, None),
            ("PATCH", ["composite", "sobjects", object, column]) => {
                self.save_all(&asked.json()?, Some((object, column)))
            }
            ("POST", ["sobjects", object]) => self.insert(object, &asked.json()?),
            ("PATCH", ["sobjects", object, id]) => self.patch(object, id, &asked.json()?),
            ("PATCH", ["sobjects", object, column, value]) => {
                self.save_named(object, column, value, &asked.json()?)
            }
            ("DELETE", ["sobjects", object, id]) => self.remove(object, id),
            _ => Err(Refused::not_found()),
        }
    }
}

/// Which of the requests that can go wrong it is.
fn kind_of(asked: &Asked, segments: &[&str]) -> On {
    match segments.get(3..).unwrap_or_default() {
        ["query" | "queryAll"] => On::Query,
        ["query" | "queryAll", _] => On::Page,
        ["sobjects", _, "describe"] => On::Describe,
        ["sobjects", _, "deleted"] => On::Deleted,
        ["jobs", "query"] => On::Job,
        ["jobs", "query", _] => On::Poll,
        ["jobs", "query", _, "results"] => On::Results,
        _ if asked.method != "GET" => On::Save,
        _ => On::Any,
    }
}
