//! Requests in, answers out.

use std::{
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use tiny_http::{Header, Method, Request, Response, Server};

use super::{Bad, On, World, reply::Reply};

/// Answers until the server is told to stop.
pub(super) fn serve(server: &Server, world: &Mutex<World>) {
    while let Ok(mut request) = server.recv() {
        let mut body = String::new();
        if request.as_reader().read_to_string(&mut body).is_err() {
            continue;
        }
        let (reply, cut) = {
            let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
            answer(&mut world, &request, &body)
        };
        // Who asked may have gone.
        if cut {
            break_off(request, &reply).ok()
        } else {
            send(request, reply).ok()
        };
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
    let half = reply.body.get(..reply.body.len() / 2).unwrap_or_default();
    write!(out, "HTTP/1.1 {} OK\r\nContent-Type: {}\r\n", reply.status, reply.kind)?;
    write!(out, "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", half.len().max(1))?;
    out.write_all(if half.is_empty() { b"{" } else { half })?;
    out.write_all(b"\r\nbroken\r\n")?;
    out.flush()
}

fn header<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    let found = request.headers().iter().find(|header| header.field.equiv(name));
    found.map(|header| header.value.as_str())
}

/// The answer, and whether it breaks off.
fn answer(world: &mut World, request: &Request, body: &str) -> (Reply, bool) {
    let (path, query) = request.url().split_once('?').unwrap_or((request.url(), ""));
    world.requests.push(format!("{} {path}", request.method()));
    let on = match (request.method(), path) {
        (Method::Get, "/authorize") => On::Authorize,
        (Method::Post, "/api/token") => On::Token,
        (Method::Get, "/v1/me") => On::Me,
        (_, "/authorize" | "/api/token") => return (Reply::page(405, ""), false),
        _ => return (Reply::error(404, "Service not found"), false),
    };
    let token = header(request, "Authorization").and_then(|text| text.strip_prefix("Bearer "));
    let bad = world.script.take(on);
    if let Some(reply) = bad.as_ref().and_then(|bad| instead(world, on, bad, token)) {
        return (reply, false);
    }
    let reply = match on {
        On::Authorize => {
            let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            world.authorize(&query)
        }
        On::Token => world.token(header(request, "Content-Type").unwrap_or_default(), body),
        On::Me => {
            let base = format!("http://{}", header(request, "Host").unwrap_or("127.0.0.1"));
            world.me(token, &base)
        }
    };
    (reply, bad == Some(Bad::Cut))
}

/// What is answered in place of the right thing.
fn instead(world: &mut World, on: On, bad: &Bad, token: Option<&str>) -> Option<Reply> {
    let refusal = |status: u16, words: &str| match on {
        On::Me => Reply::error(status, words),
        On::Token | On::Authorize => {
            let mut reply = Reply::refusal("server_error", words);
            reply.status = status;
            reply
        }
    };
    match bad {
        Bad::TooMany(after) => {
            let reply = refusal(429, "API rate limit exceeded");
            Some(match after {
                Some(after) => reply.with("Retry-After", after.clone()),
                None => reply,
            })
        }
        Bad::Gateway => Some(Reply::page(502, "<html><h1>502 Bad Gateway</h1></html>")),
        Bad::Status(status) => Some(refusal(*status, "something went wrong")),
        Bad::Html => Some(Reply::page(200, "<html><p>Please wait</p></html>")),
        Bad::Unauthorized => {
            world.accesses.remove(token.unwrap_or_default());
            Some(refusal(401, "Invalid access token"))
        }
        Bad::Instead(body) => {
            let mut reply = Reply::page(200, body.as_bytes());
            reply.kind = "application/json";
            Some(reply)
        }
        Bad::Cut => None,
    }
}
