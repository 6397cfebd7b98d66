//! The explorer at `/graphiql`: a page and its assets, all inside the binary, so that it works without internet.
//!
//! It knows nothing of the schema: the page asks `/graphql` beside it, like any other client.
//! `assets/graphiql/README.md` says where the files come from.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix_web::http::header::{
    self, CacheControl, CacheDirective, ContentEncoding, ETag, EntityTag, Header, IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse, web};

/// Scripts and styles of this server only, requests to this server only, in no other page's frame. The library that
/// keeps the page from scrolling behind a dialog writes a style of its own and is refused: this page does not scroll.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

struct Asset {
    path: &'static str,
    content_type: &'static str,
    /// As `Content-Encoding` says; every browser takes both.
    encoding: ContentEncoding,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($path:literal, $content_type:literal, $encoding:ident, $file:literal) => {
        Asset {
            path: $path,
            content_type: $content_type,
            encoding: ContentEncoding::$encoding,
            bytes: include_bytes!(concat!("../../assets/graphiql/", $file)),
        }
    };
}

static ASSETS: [Asset; 6] = [
    asset!("/graphiql", "text/html; charset=utf-8", Identity, "index.html"),
    asset!("/graphiql/page.css", "text/css; charset=utf-8", Identity, "page.css"),
    asset!("/graphiql/page.js", "text/javascript; charset=utf-8", Identity, "page.js"),
    asset!("/graphiql/graphiql.css", "text/css; charset=utf-8", Gzip, "graphiql.css.gz"),
    asset!("/graphiql/graphiql.js", "text/javascript; charset=utf-8", Gzip, "graphiql.js.gz"),
    asset!("/graphiql/licences.txt", "text/plain; charset=utf-8", Gzip, "licences.txt.gz"),
];

/// Adds the page at `/graphiql` and its assets below it. GET and HEAD; other methods are answered 405.
///
/// The page sends what is typed into it to `/graphql` of the same server.
pub fn configure(cfg: &mut web::ServiceConfig) {
    for asset in &ASSETS {
        let tag = asset.tag();
        let answer = move |request: HttpRequest| {
            let response = asset.answer(&request, &tag);
            async move { response }
        };
        cfg.service(
            web::resource(asset.path)
                .route(web::get().to(answer.clone()))
                .route(web::head().to(answer)),
        );
    }
    // The page's links are relative to `/graphiql`.
    cfg.service(web::redirect("/graphiql/", "../graphiql"));
}

impl Asset {
    /// Names the content: the same on every server that runs the same build.
    fn tag(&self) -> EntityTag {
        let mut hasher = DefaultHasher::new();
        self.bytes.hash(&mut hasher);
        EntityTag::new_strong(format!("{:016x}", hasher.finish()))
    }

    /// The content, or 304 for a browser that has it. Browsers ask each time: the addresses carry no version.
    fn answer(&self, request: &HttpRequest, tag: &EntityTag) -> HttpResponse {
        let mut response =
            if is_known(request, tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header(ETag(tag.clone()))
            .insert_header(CacheControl(vec![CacheDirective::NoCache]))
            .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"));
        if is_known(request, tag) {
            return response.finish();
        }
        if self.encoding != ContentEncoding::Identity {
            response.insert_header(self.encoding);
        }
        response.content_type(self.content_type).body(self.bytes)
    }
}

fn is_known(request: &HttpRequest, tag: &EntityTag) -> bool {
    // A header that cannot be read asks for nothing.
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key(header::IF_NONE_MATCH),
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::{Method, StatusCode};
    use actix_web::{App, test};

    async fn ask(request: test::TestRequest) -> (StatusCode, header::HeaderMap, web::Bytes) {
        let app = test::init_service(App::new().configure(configure)).await;
        let response = test::call_service(&app, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, test::read_body(response).await)
    }

    fn text(headers: &header::HeaderMap, name: header::HeaderName) -> &str {
        headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[actix_web::test]
    async fn every_asset_is_served_and_then_known() {
        for asset in &ASSETS {
            let (status, headers, body) = ask(test::TestRequest::with_uri(asset.path)).await;
            assert_eq!(status, StatusCode::OK, "{}", asset.path);
            assert_eq!(body, asset.bytes, "{}", asset.path);
            assert_eq!(text(&headers, header::CONTENT_TYPE), asset.content_type);
            let compressed = text(&headers, header::CONTENT_ENCODING) == "gzip";
            assert_eq!(compressed, body.starts_with(&[0x1f, 0x8b]), "{}", asset.path);

            let tag = text(&headers, header::ETAG).to_owned();
            for known in [tag.clone(), format!("\"other\", W/{tag}")] {
                let again = test::TestRequest::with_uri(asset.path)
                    .insert_header((header::IF_NONE_MATCH, known));
                let (status, headers, body) = ask(again).await;
                assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{}", asset.path);
                assert_eq!(text(&headers, header::ETAG), tag);
            }
            let other = test::TestRequest::with_uri(asset.path)
                .insert_header((header::IF_NONE_MATCH, "\"other\""));
            assert_eq!(ask(other).await.0, StatusCode::OK, "{}", asset.path);
        }
    }

    #[actix_web::test]
    async fn the_page_asks_for_nothing_that_is_not_here() {
        let (_, headers, body) = ask(test::TestRequest::with_uri("/graphiql")).await;
        assert!(text(&headers, header::CONTENT_SECURITY_POLICY).contains("'none'"));
        let page = String::from_utf8(body.to_vec()).unwrap();
        let mut links = 0;
        for attribute in ["src=\"", "href=\""] {
            for rest in page.split(attribute).skip(1) {
                let link = rest.split('"').next().unwrap();
                if link != "data:," {
                    let path = format!("/{link}");
                    assert!(ASSETS.iter().any(|asset| asset.path == path), "{link}");
                    links += 1;
                }
            }
        }
        assert_eq!(links, 4);
    }

    #[actix_web::test]
    async fn other_methods_and_paths_are_refused() {
        let post = test::TestRequest::with_uri("/graphiql").method(Method::POST);
        assert_eq!(ask(post).await.0, StatusCode::METHOD_NOT_ALLOWED);
        let head = test::TestRequest::with_uri("/graphiql").method(Method::HEAD);
        assert_eq!(ask(head).await.0, StatusCode::OK);
        let absent = test::TestRequest::with_uri("/graphiql/index.html");
        assert_eq!(ask(absent).await.0, StatusCode::NOT_FOUND);
        let slash = ask(test::TestRequest::with_uri("/graphiql/")).await;
        assert_eq!(slash.0, StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(text(&slash.1, header::LOCATION), "../graphiql");
    }
}
