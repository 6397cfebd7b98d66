//! Reads request bodies, as much as is allowed and no longer than is allowed. actix itself waits for ever: a body of one
//! byte a second would hold a connection as long as its client likes.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, http::header::CONTENT_LENGTH, rt::time::timeout, web::Payload};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::negotiation::Verdict;

/// The memory for all bodies that are arriving. They take of it as their bytes come, so that clients that send nothing
/// keep nobody out.
#[derive(Debug)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    /// Room for so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Unread> {
        let bytes = u32::try_from(bytes).map_err(|_too_many| Unread::NoRoom)?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).map_err(|_taken| Unread::NoRoom)
    }
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// The client's fault.
    Fault(Verdict),
    /// Other bodies take all the room.
    NoRoom,
}

/// A body, whole or in part, and the room that it takes until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

/// How long a body is said to be.
pub(super) fn announced(request: &HttpRequest) -> Option<usize> {
    request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The whole body, at most `most` bytes, within `patience`.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    most: usize,
    patience: Duration,
    room: &Room,
) -> Result<Received, Unread> {
    if announced(request).is_some_and(|length| length > most) {
        return Err(Unread::Fault(Verdict::TooLarge));
    }
    timeout(patience, collect(payload, most, room))
        .await
        .unwrap_or(Err(Unread::Fault(Verdict::BodyTimeout)))
}

async fn collect(mut payload: Payload, most: usize, room: &Room) -> Result<Received, Unread> {
    let mut received = Received::default();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Unread::Fault(Verdict::Malformed))?;
        let length = received.bytes.len().saturating_add(chunk.len());
        if length > most {
            return Err(Unread::Fault(Verdict::TooLarge));
        }
        received.reserve(length, most, room)?;
        received.bytes.extend_from_slice(&chunk);
    }
    Ok(received)
}

impl Received {
    /// Makes room for this many bytes in all: for what is there, not for what is promised.
    fn reserve(&mut self, length: usize, most: usize, room: &Room) -> Result<(), Unread> {
        let held = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if length <= held {
            return Ok(());
        }
        // At least doubled, so that what is there is seldom moved.
        let wanted = length.max(held.saturating_mul(2)).min(most);
        let more = room.take(wanted.saturating_sub(held))?;
        match &mut self.room {
            Some(room) => room.merge(more),
            none => *none = Some(more),
        }
        self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
        Ok(())
    }
}
