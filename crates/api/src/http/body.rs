//! Reads request bodies, as much as is allowed and no longer than is allowed. actix itself waits for ever: a body of one
//! byte a second would hold a connection as long as its client likes.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::CONTENT_LENGTH,
    rt::time::timeout,
    web::{Bytes, BytesMut, Payload},
};
use futures_util::StreamExt;

use super::negotiation::Verdict;

/// Bytes that are made room for before any has come.
const FIRST: usize = 8 * 1024;

/// The whole body, at most `most` bytes, within `patience`.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    most: usize,
    patience: Duration,
) -> Result<Bytes, Verdict> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(Verdict::TooLarge);
    }
    timeout(patience, collect(payload, announced.unwrap_or(0), most))
        .await
        .unwrap_or(Err(Verdict::BodyTimeout))
}

async fn collect(mut payload: Payload, announced: usize, most: usize) -> Result<Bytes, Verdict> {
    // Room for what is there, not for what is promised.
    let mut body = BytesMut::with_capacity(announced.min(most).min(FIRST));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Verdict::Malformed)?;
        if body.len() + chunk.len() > most {
            return Err(Verdict::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
