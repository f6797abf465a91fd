//! `GET /auth/oidc/{provider}/start` and `…/callback`: a browser on its way to an OpenID provider, and back.

use std::future::Future;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};

use super::client;
use super::graphql::refuse;
use super::problem::Problem;
use super::service::Service;
use super::uploads::parameter;
use crate::error::{Error, Result};
use crate::oidc::{self, Came};
use crate::session::ClientAddress;
use crate::trail;

/// Where the address of the desk is `https`, no other host and no plain page can set such a cookie.
const COOKIE_NAME: &str = "__Host-guichet-oidc";
const PLAIN_COOKIE_NAME: &str = "guichet-oidc";
/// As long as a sign-in may take.
const COOKIE_S: u32 = 600;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/auth/oidc/{provider}/start", web::get().to(start))
        .route("/auth/oidc/{provider}/callback", web::get().to(callback));
}

async fn start(http: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    let service = service.into_inner();
    let cookie = Cookie::of(&service);
    match begin(&http, &service).await {
        Ok(begun) => HttpResponse::Found()
            .insert_header((LOCATION, begun.location.as_str()))
            .insert_header((SET_COOKIE, cookie.set(&begun.cookie, COOKIE_S)))
            .finish(),
        Err(problem) => refuse(&http, problem),
    }
}

async fn begin(http: &HttpRequest, service: &Arc<Service>) -> Result<oidc::Begun, Problem> {
    let provider = provider(http);
    let (return_to, challenge) = (
        parameter(http, "returnTo"),
        parameter(http, "codeChallenge"),
    );
    let app = Arc::clone(&service.app);
    let begun = apart(http, service, async move {
        let (return_to, challenge) = (return_to.as_deref(), challenge.as_deref());
        oidc::begin(&app, &provider, return_to, challenge).await
    });
    begun.await?.map_err(|error| match error {
        Error::BadInput(why) => Problem::bad_request(why),
        error => error.into(),
    })
}

async fn callback(http: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    let service = service.into_inner();
    let cookie = Cookie::of(&service);
    let mut response = match finish(&http, &service, &cookie).await {
        Ok(oidc::Finished(location)) => HttpResponse::Found()
            .insert_header((LOCATION, location.as_str()))
            .finish(),
        Err(problem) => refuse(&http, problem),
    };
    if let Ok(gone) = cookie.set("", 0).parse() {
        response.headers_mut().insert(SET_COOKIE, gone);
    }
    response
}

async fn finish(
    http: &HttpRequest,
    service: &Arc<Service>,
    cookie: &Cookie,
) -> Result<oidc::Finished, Problem> {
    let came = Came {
        provider: provider(http),
        state: parameter(http, "state"),
        code: parameter(http, "code"),
        error: parameter(http, "error"),
        issuer: parameter(http, "iss"),
        cookie: cookie.read(http),
    };
    let app = Arc::clone(&service.app);
    let address = ClientAddress(client::address(http, &app.config.trusted_proxies));
    let finished = apart(http, service, async move {
        oidc::finish(&app, &came, address).await
    });
    finished.await?.map_err(|error| match error {
        Error::Refused(_) => {
            let message =
                "This sign-in did not begin in this browser, or took too long: begin again.";
            Problem::http(StatusCode::BAD_REQUEST, "BAD_CREDENTIALS", message)
        }
        error => error.into(),
    })
}

/// In a task of its own, like everything that asks the database.
async fn apart<T: Send + 'static>(
    http: &HttpRequest,
    service: &Arc<Service>,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<Result<T>, Problem> {
    let address = client::address(http, &service.app.config.trusted_proxies);
    let working = tokio::spawn(trail::from(address, work));
    working.await.map_err(|_| {
        service.metrics.panics.inc();
        Problem::internal()
    })
}

fn provider(http: &HttpRequest) -> String {
    http.match_info()
        .get("provider")
        .unwrap_or_default()
        .to_owned()
}

/// What a browser keeps between the two.
struct Cookie {
    name: &'static str,
    /// What is said besides of a cookie that never leaves by a plain connection.
    secure: &'static str,
}

impl Cookie {
    fn of(service: &Service) -> Self {
        if service.app.config.public_url.scheme() == "https" {
            Self {
                name: COOKIE_NAME,
                secure: "; Secure",
            }
        } else {
            Self {
                name: PLAIN_COOKIE_NAME,
                secure: "",
            }
        }
    }

    /// Not for scripts, nor for requests that another page sends; the way back from the provider is none of these.
    fn set(&self, value: &str, seconds: u32) -> String {
        let Self { name, secure } = self;
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    fn read(&self, http: &HttpRequest) -> Option<String> {
        let lines = http.headers().get_all(COOKIE);
        let mut pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'));
        pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name).then(|| value.to_owned())
        })
    }
}
