//! Names requests in logs and answers.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use actix_web::{HttpRequest, http::header::HeaderName};

/// The header that carries it, both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

static COUNT: AtomicU64 = AtomicU64::new(0);
static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The client's own id, if it sent a harmless one, else a new one: 16 hexadecimal digits.
pub(super) fn request_id(request: &HttpRequest) -> Arc<str> {
    let sent = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    sent.filter(|id| is_harmless(id)).map_or_else(
        || {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            Arc::from(format!("{:016x}", KEYS.hash_one(count)))
        },
        Arc::from,
    )
}

fn is_harmless(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_harmless_ids_are_taken_over() {
        let id = |sent: &str| {
            request_id(&TestRequest::default().insert_header((HEADER, sent)).to_http_request())
        };
        assert_eq!(&*id("till-7_2.a:9"), "till-7_2.a:9");
        for sent in ["", "a b", "ada@example.com", "Zoë", "<script>", &"x".repeat(65)] {
            assert_eq!(id(sent).len(), 16, "{sent}");
        }
        assert_ne!(id(""), id(""));
    }
}
