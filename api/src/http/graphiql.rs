//! GraphiQL, served from the binary: no other host is asked for anything.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Scripts and styles from here only, and none in the page. What that takes away is the lock on
/// scrolling behind an open dialog, on a page that does not scroll.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src data:; \
     img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! file {
    ($name:literal, $content_type:literal) => {
        File {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../assets/graphiql/", $name)),
        }
    };
}

/// The page stands first. A name with a version in it never changes its contents.
static FILES: [File; 8] = [
    file!("index.html", "text/html; charset=utf-8"),
    file!("guichet.css", "text/css; charset=utf-8"),
    file!("guichet.js", "text/javascript; charset=utf-8"),
    file!("graphiql-4.1.2.min.css", "text/css; charset=utf-8"),
    file!("graphiql-4.1.2.min.js", "text/javascript; charset=utf-8"),
    file!("react-18.3.1.min.js", "text/javascript; charset=utf-8"),
    file!("react-dom-18.3.1.min.js", "text/javascript; charset=utf-8"),
    file!("LICENSES.txt", "text/plain; charset=utf-8"),
];

/// `/graphiql` and the files it loads from under `/graphiql/`.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/graphiql", web::get().to(page))
        .route("/graphiql/{file}", web::get().to(file));
}

async fn page(request: HttpRequest) -> HttpResponse {
    answer(&request, &FILES[0])
}

async fn file(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let found = FILES.iter().find(|file| file.name == name.as_str());
    found.map_or_else(
        || HttpResponse::NotFound().finish(),
        |file| answer(&request, file),
    )
}

fn answer(request: &HttpRequest, file: &File) -> HttpResponse {
    let etag = format!(
        "\"{}\"",
        URL_SAFE_NO_PAD.encode(digest(&SHA256, file.bytes))
    );
    let known = request.headers().get(IF_NONE_MATCH);
    let mut response = if known.is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((CACHE_CONTROL, cache_control(file.name)))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((ETAG, etag))
        .content_type(file.content_type)
        .body(file.bytes)
}

fn cache_control(name: &str) -> &'static str {
    if name.contains(".min.") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}
