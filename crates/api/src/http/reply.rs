//! An answer on its way to the client.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{
            ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, VARY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
};

use super::{
    negotiation::{Media, Verdict, status},
    request_id,
};
use crate::{
    answer,
    document::{INVALID, Problem},
    engine::Outcome,
    service::{Headers, Refusal},
    worker::WorkError,
};

/// An answer: status, headers, JSON.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    headers: Headers,
    retry_after: Option<u32>,
    allow: Option<&'static str>,
    /// Whether the connection ends with it: its body was not read to the end.
    close: bool,
    /// Whether an operation ran, and may have changed something.
    ran: bool,
}

impl Reply {
    fn new(status: StatusCode, body: Vec<u8>) -> Self {
        Self {
            status,
            body,
            headers: Vec::new(),
            retry_after: None,
            allow: None,
            close: false,
            ran: false,
        }
    }

    /// What is wrong with the document or its variables.
    pub(super) fn problems(problems: &[Problem], most: usize, media: Media) -> Self {
        Self::new(status(Verdict::RequestError, media), answer::problems(problems, most))
    }

    /// A request that is none.
    pub(super) fn malformed(problem: &Problem, media: Media) -> Self {
        Self::new(
            status(Verdict::Malformed, media),
            answer::problems(std::slice::from_ref(problem), 1),
        )
    }

    /// The method does not go with the request.
    pub(super) fn method_not_allowed(message: &str, allow: &'static str, media: Media) -> Self {
        let body = answer::refusal(message, INVALID, None, None);
        let reply = Self::new(status(Verdict::MethodNotAllowed, media), body);
        Self { allow: Some(allow), ..reply }
    }

    /// There is nothing at that address; the API is at `path`.
    pub(super) fn not_found(path: &str, media: Media) -> Self {
        let message = format!("There is nothing at this address: the API is at {path}.");
        let body = answer::refusal(&message, "does_not_exist", None, None);
        Self::new(status(Verdict::Refused(StatusCode::NOT_FOUND), media), body)
    }

    /// The body was not to be had.
    pub(super) fn unreadable(verdict: Verdict, media: Media) -> Self {
        let message = match verdict {
            Verdict::TooLarge => "The request body is too large.",
            Verdict::BodyTimeout => "The request body did not arrive in time.",
            Verdict::UnsupportedMedia => "The request body must have the type application/json.",
            Verdict::UnsupportedEncoding => "The request body must not be compressed.",
            _ => "The request body cannot be read.",
        };
        let body = answer::refusal(message, INVALID, None, None);
        Self::new(status(verdict, media), body).closing()
    }

    /// The service says no, or cannot now.
    pub(super) fn refused(refusal: &Refusal, media: Media) -> Self {
        let code = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let verdict = match code {
            StatusCode::BAD_REQUEST => Verdict::RequestError,
            code => Verdict::Refused(code),
        };
        let body = answer::refusal(&refusal.message, refusal.code, refusal.field, None);
        let reply = Self::new(status(verdict, media), body);
        Self { retry_after: refusal.retry_after, headers: refusal.headers.clone(), ..reply }
    }

    /// A fault of ours, which is logged.
    pub(super) fn internal(request_id: &str, media: Media) -> Self {
        let message = answer::INTERNAL_MESSAGE;
        let body = answer::refusal(message, "internal", None, Some(request_id));
        Self::new(status(Verdict::Internal, media), body)
    }

    /// The same as the last answer on its connection, whose body was not read.
    pub(super) fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    /// What came of an operation.
    pub(super) fn outcome(outcome: Outcome, most: usize, request_id: &str, media: Media) -> Self {
        match outcome {
            Outcome::Executed { body, headers } => {
                let reply = Self::new(status(Verdict::Executed, media), body);
                Self { headers, ran: true, ..reply }
            }
            Outcome::Problems(problems) => Self::problems(&problems, most, media),
            Outcome::Refused(refusal) => Self::refused(&refusal, media),
            Outcome::Failed(WorkError::Busy | WorkError::Late | WorkError::Closed) => {
                Self::refused(&Refusal::unavailable(), media)
            }
            Outcome::Failed(WorkError::Underway) => Self::refused(&Refusal::underway(), media),
            Outcome::Failed(WorkError::Panicked) => Self::internal(request_id, media),
        }
    }

    /// Several answers as one list, under the worst of their statuses. Where one has happened, or nobody knows yet whether one
    /// will have, none says when to try all again; and it is not the whole of it that was too much.
    pub(super) fn batch(replies: Vec<Self>) -> Self {
        let ran = replies.iter().any(|reply| reply.ran);
        let again = |status: &StatusCode| ran && *status == StatusCode::TOO_MANY_REQUESTS;
        let statuses = replies.iter().map(|reply| reply.status);
        let worst = statuses.filter(|status| !again(status)).max().unwrap_or(StatusCode::OK);
        let mut all = Self::new(worst, b"[".to_vec());
        for (index, reply) in replies.into_iter().enumerate() {
            if index > 0 {
                all.body.push(b',');
            }
            all.body.extend_from_slice(&reply.body);
            all.headers.extend(reply.headers);
            all.retry_after = all.retry_after.max(reply.retry_after);
        }
        if ran || worst == StatusCode::GATEWAY_TIMEOUT {
            all.retry_after = None;
        }
        all.body.push(b']');
        all
    }

    pub(super) fn into_response(
        self,
        media: Media,
        request_id: &str,
        stopping: bool,
    ) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response
            .insert_header((CONTENT_TYPE, HeaderValue::from_static(media.content_type())))
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
            .insert_header((VARY, HeaderValue::from_static("Accept")))
            .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
            .insert_header((request_id::HEADER, request_id));
        if let Some(allow) = self.allow {
            response.insert_header((ALLOW, HeaderValue::from_static(allow)));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds));
        }
        for (name, value) in self.headers {
            // A value that is no header is left out rather than turned into an error of a finished operation.
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                response.insert_header((name, value));
            }
        }
        if self.close || stopping {
            response.force_close();
        }
        response.body(self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_not_to_be_tried_again_where_a_part_may_still_happen() {
        let part = |refusal: &Refusal| Reply::refused(refusal, Media::GraphqlResponse);
        let (busy, underway) = (Refusal::unavailable(), Refusal::underway());
        let all = Reply::batch(vec![part(&busy), part(&Refusal::too_many(7))]);
        assert_eq!((all.status.as_u16(), all.retry_after), (503, Some(7)));
        for parts in [[&underway, &busy], [&busy, &underway]] {
            let all = Reply::batch(parts.map(part).into());
            assert_eq!((all.status.as_u16(), all.retry_after), (504, None));
        }
        let done = || {
            let outcome = Outcome::Executed { body: b"{}".to_vec(), headers: Vec::new() };
            Reply::outcome(outcome, 1, "till-7", Media::GraphqlResponse)
        };
        let all = Reply::batch(vec![done(), part(&Refusal::too_many(7))]);
        assert_eq!((all.status.as_u16(), all.retry_after), (200, None));
        let all = Reply::batch(vec![done(), part(&busy)]);
        assert_eq!((all.status.as_u16(), all.retry_after), (503, None));
        let all = Reply::batch(vec![part(&Refusal::too_many(7)), part(&Refusal::too_many(9))]);
        assert_eq!((all.status.as_u16(), all.retry_after), (429, Some(9)));
    }
}
