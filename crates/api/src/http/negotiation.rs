//! Which media type an answer has, and which status: the one place where statuses are chosen.

use actix_web::http::StatusCode;

/// The media type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/graphql-response+json`: statuses say what happened.
    GraphqlResponse,
    /// `application/json` because the client asked for exactly that: GraphQL's own errors have the status 200.
    Json,
    /// `application/json` because the client said nothing, or `*/*`: as the peers do, with their statuses.
    AnyJson,
}

impl Media {
    /// Chooses by the `Accept` header. What we do not speak is passed over; where nothing else is left, JSON is sent.
    pub fn negotiate(accept: Option<&str>) -> Self {
        let mut best: Option<(u16, Self)> = None;
        for range in accept.unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::GraphqlResponse,
                "application/json" => Self::Json,
                "application/*" | "*/*" => Self::AnyJson,
                _ => continue,
            };
            let mut quality = 1_000;
            let mut readable = true;
            for parameter in parts {
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                match name.trim().to_ascii_lowercase().as_str() {
                    "q" => quality = thousandths(value.trim()),
                    "charset" => readable = is_utf8(value),
                    _ => {}
                }
            }
            if readable && quality > 0 && best.is_none_or(|(other, _)| quality > other) {
                best = Some((quality, media));
            }
        }
        best.map_or(Self::AnyJson, |(_, media)| media)
    }

    /// The value of `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json | Self::AnyJson => "application/json; charset=utf-8",
        }
    }
}

/// Whether the body of a request may be read: JSON, in UTF-8. Forms and plain text are what browsers send across sites
/// without asking, and are refused with everything else.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => is_utf8(value),
        _ => true,
    })
}

fn is_utf8(charset: &str) -> bool {
    charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
}

/// A quality value in thousandths; what is none counts as one.
fn thousandths(value: &str) -> u16 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    match whole {
        "0" => {
            let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
            digits.parse().unwrap_or(1_000)
        }
        _ => 1_000,
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It ran; fields may have failed.
    Executed,
    /// The document or the variables are at fault.
    RequestError,
    /// It is no GraphQL request at all.
    Malformed,
    /// Another method, or a mutation by GET.
    MethodNotAllowed,
    /// The body did not come in time.
    BodyTimeout,
    /// The body is too large.
    TooLarge,
    /// The body is no JSON by its type.
    UnsupportedMedia,
    /// The body is compressed.
    UnsupportedEncoding,
    /// It panicked.
    Internal,
    /// The service refused it, or cannot now.
    Refused(StatusCode),
}

/// The status of an answer.
pub(super) const fn status(verdict: Verdict, media: Media) -> StatusCode {
    match (verdict, media) {
        (Verdict::Executed, _) | (Verdict::RequestError, Media::Json) => StatusCode::OK,
        (Verdict::RequestError | Verdict::Malformed, _) => StatusCode::BAD_REQUEST,
        (Verdict::MethodNotAllowed, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Verdict::BodyTimeout, _) => StatusCode::REQUEST_TIMEOUT,
        (Verdict::TooLarge, _) => StatusCode::PAYLOAD_TOO_LARGE,
        (Verdict::UnsupportedMedia | Verdict::UnsupportedEncoding, _) => {
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        }
        (Verdict::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
        (Verdict::Refused(status), _) => status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses_the_media_type() {
        use Media::{AnyJson, GraphqlResponse, Json};
        for (accept, media) in [
            (None, AnyJson),
            (Some(""), AnyJson),
            (Some("*/*"), AnyJson),
            (Some("application/*;q=0.5"), AnyJson),
            (Some("text/html"), AnyJson),
            (Some("application/json"), Json),
            (Some("Application/JSON; charset=UTF-8"), Json),
            (Some("application/json; charset=latin1"), AnyJson),
            (Some("application/graphql-response+json"), GraphqlResponse),
            (
                Some(
                    "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                ),
                GraphqlResponse,
            ),
            (Some("application/json, application/graphql-response+json"), Json),
            (
                Some("application/json;q=0.5, application/graphql-response+json;q=0.9"),
                GraphqlResponse,
            ),
            (Some("application/graphql-response+json;q=0, application/json;q=0.1"), Json),
            (Some("application/json, multipart/mixed"), Json),
            (Some("text/html, application/json;q=0.9, */*;q=0.8"), Json),
        ] {
            assert_eq!(Media::negotiate(accept), media, "{accept:?}");
        }
    }

    #[test]
    fn bodies_are_json_in_utf8() {
        for (content_type, right) in [
            (Some("application/json"), true),
            (Some("application/json; charset=utf-8"), true),
            (Some("APPLICATION/JSON;charset=\"UTF-8\""), true),
            (Some("application/json; charset=iso-8859-1"), false),
            (Some("application/graphql"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("text/plain"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(is_json(content_type), right, "{content_type:?}");
        }
    }

    #[test]
    fn only_request_errors_depend_on_the_media_type() {
        assert_eq!(status(Verdict::RequestError, Media::GraphqlResponse), 400);
        assert_eq!(status(Verdict::RequestError, Media::AnyJson), 400);
        assert_eq!(status(Verdict::RequestError, Media::Json), 200);
        for media in [Media::GraphqlResponse, Media::AnyJson, Media::Json] {
            assert_eq!(status(Verdict::Executed, media), 200);
            assert_eq!(status(Verdict::Malformed, media), 400);
            assert_eq!(status(Verdict::Internal, media), 500);
        }
    }
}
