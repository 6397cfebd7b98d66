//! One shape for every refusal: `{"errors": [{message, extensions {code}}]}`.
//!
//! Handlers of ours answer so by themselves; what actix answers in their place (a method that an address does not take, a
//! preflight that CORS refuses) has an empty body or a line of text, and is given this one here. What is refused before
//! there is a request, by the reader of connections in `actix-http`, cannot be: a request line or a head that is malformed,
//! too long or too late is answered with a bare status (400, 408), and its connection is closed.

use actix_web::{
    Result,
    body::{EitherBody, MessageBody},
    dev::ServiceResponse,
    http::{
        Method, StatusCode,
        header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue},
    },
    middleware::{ErrorHandlerResponse, ErrorHandlers},
};

use super::negotiation::is_json;
use crate::{answer, document::INVALID};

/// The middleware, to be wrapped around everything else.
pub fn shaped<B: MessageBody + 'static>() -> ErrorHandlers<B> {
    ErrorHandlers::new().default_handler(shape)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of an error handler")]
fn shape<B: MessageBody>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
    if has_shape(response.headers()) {
        return Ok(ErrorHandlerResponse::Response(response.map_into_left_body()));
    }
    let status = response.status();
    let (code, sentence) = words(status, response.request().method());
    let body = answer::refusal(&sentence, code, None, None);
    let mut response =
        response.map_body(|_, _| EitherBody::right(actix_web::body::BoxBody::new(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.remove(CONTENT_LENGTH);
    if status == StatusCode::METHOD_NOT_ALLOWED && !headers.contains_key(ALLOW) {
        // Every address that leaves this to actix is there to be read.
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    Ok(ErrorHandlerResponse::Response(response))
}

/// Whether an answer has a body of JSON already, be it `application/graphql-response+json`.
fn has_shape(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    is_json(content_type) || content_type.is_some_and(|kind| kind.contains("+json"))
}

fn words(status: StatusCode, method: &Method) -> (&'static str, String) {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            let method: String = method.as_str().chars().take(20).collect();
            (INVALID, format!("This address does not take the method {method}."))
        }
        StatusCode::NOT_FOUND => ("does_not_exist", "There is nothing at this address.".to_owned()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ("permission_denied", "You do not have permission to perform this action.".to_owned())
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ("unavailable", "The server is busy. Try again in a moment.".to_owned())
        }
        StatusCode::BAD_REQUEST if *method == Method::OPTIONS => {
            let sentence = "Pages of this origin may not ask for this here: the operator allows origins by http.cors_origins.";
            (INVALID, sentence.to_owned())
        }
        status if status.is_server_error() => ("internal", answer::INTERNAL_MESSAGE.to_owned()),
        status => {
            let reason = status.canonical_reason().unwrap_or("refused");
            (INVALID, format!("The request cannot be served: {}.", reason.to_lowercase()))
        }
    }
}
