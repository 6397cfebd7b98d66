//! Which pages of other origins may use the API from a browser.

use actix_cors::Cors;
use actix_web::http::header;

/// Headers that pages may send beside those that need no permission.
const REQUEST_HEADERS: [&str; 7] = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "x-api-key",
    "x-app-id",
    "x-request-id",
];

/// Headers that pages may read.
const ANSWER_HEADERS: [&str; 5] =
    ["idempotent-replayed", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"];

/// The middleware for an allow-list of origins (`https://till.example`). `*` allows all; there are no cookies that a
/// page could misuse. A page of an origin not listed gets answers that its browser does not show to it.
pub fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .block_on_origin_mismatch(false)
        .allowed_methods(["GET", "POST"])
        .allowed_headers(REQUEST_HEADERS)
        .expose_headers(ANSWER_HEADERS.map(header::HeaderName::from_static))
        .max_age(3_600);
    if origins.iter().any(|origin| origin == "*") {
        return cors.allow_any_origin().send_wildcard();
    }
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
