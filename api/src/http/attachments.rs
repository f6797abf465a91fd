//! `GET /attachments/{id}?link=…`: a file for who may read it, as a download that runs nothing.

use std::ops::Range;
use std::sync::Arc;

use actix_web::body::{BoxBody, SizedStream};
use actix_web::http::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, ETAG,
    HeaderMap, HeaderValue, IF_RANGE, RANGE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use entity::ids::{AttachmentId, UserId};
use futures_util::stream::{self, BoxStream};

use super::auth;
use super::graphql::refuse;
use super::note::Note;
use super::problem::Problem;
use super::service::Service;
use super::uploads::{parameter, read_id};
use crate::app::App;
use crate::attachment::{self, Link, Served};
use crate::error::Result;

/// Nothing in it is loaded or run, wherever it is opened.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

type Pieces = BoxStream<'static, std::io::Result<Bytes>>;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let resource = web::resource("/attachments/{id}");
    config.service(
        resource
            .route(web::get().to(get))
            .route(web::head().to(get))
            .default_service(web::to(other)),
    );
}

async fn other() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, HEAD"))
        .finish()
}

async fn get(http: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    match open(&http, service.into_inner()).await {
        Ok(response) => response,
        Err(problem) => refuse(&http, problem),
    }
}

async fn open(http: &HttpRequest, service: Arc<Service>) -> Result<HttpResponse, Problem> {
    let id = http.match_info().get("id").unwrap_or_default();
    let (Some(id), Some(link)) = (read_id(id), parameter(http, "link")) else {
        return Err(Problem::unknown());
    };
    let asked = Asked {
        id: AttachmentId(id),
        link,
        token: auth::bearer_token(http.headers())?,
        headers: Headers::of(http.headers()),
        is_head: http.method() == Method::HEAD,
    };
    // In a task of its own, like everything that asks the database.
    let answering = tokio::spawn({
        let service = Arc::clone(&service);
        async move { answer(&service.app, asked).await }
    });
    let Ok(answer) = answering.await else {
        service.metrics.panics.inc();
        return Err(Problem::internal());
    };
    let answer = answer?;
    Note::of(http).actor_id.set(Some(answer.viewer_id));
    Ok(answer.into_response())
}

struct Asked {
    id: AttachmentId,
    link: String,
    token: Option<String>,
    headers: Headers,
    is_head: bool,
}

/// What a request says of the part that it wants.
struct Headers {
    range: Option<String>,
    if_range: Option<String>,
}

struct Answer {
    viewer_id: UserId,
    served: Served,
    part: Part,
    pieces: Pieces,
}

/// What is sent of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Whole,
    Of(Range<u64>),
    /// It has no such part.
    None,
}

async fn answer(app: &App, asked: Asked) -> Result<Answer, Problem> {
    let (viewer_id, served) = find(app, &asked).await?;
    let part = asked.headers.part(&served);
    let range = match &part {
        Part::Whole => 0..served.byte_size,
        Part::Of(range) => range.clone(),
        Part::None => 0..0,
    };
    let pieces: Pieces = if asked.is_head || range.is_empty() {
        Box::pin(stream::empty())
    } else {
        served.read(app, range).await.map_err(|error| {
            tracing::error!(attachment.id = %asked.id.0, %error, "a file cannot be read");
            Problem::internal()
        })?
    };
    Ok(Answer {
        viewer_id,
        served,
        part,
        pieces,
    })
}

/// A file by a link that this desk made for it, under the rights that its viewer has now. Whatever else is wrong looks as if
/// there were no such file.
async fn find(app: &App, asked: &Asked) -> Result<(UserId, Served), Problem> {
    let link = Link::read(app, &asked.link).await?;
    let link = link.filter(|link| link.attachment_id == asked.id);
    let link = link.ok_or_else(Problem::unknown)?;
    if link.is_over(app.clock.now()) {
        let message = "This link is no longer good: ask for another.";
        return Err(Problem::http(StatusCode::GONE, "TOO_LATE", message));
    }
    if let Some(token) = asked.token.as_deref() {
        let bearer = auth::actor(app, Some(token)).await?;
        if bearer.and_then(|bearer| bearer.id()) != Some(link.viewer_id) {
            return Err(Problem::unknown());
        }
    }
    let viewer = link.viewer(app).await?.ok_or_else(Problem::unknown)?;
    let attached = attachment::find(app, &viewer, asked.id).await?;
    let served = attached.and_then(|attached| attachment::served(&attached, link.variant));
    Ok((link.viewer_id, served.ok_or_else(Problem::unknown)?))
}

impl Headers {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
        Self {
            range: text(RANGE),
            if_range: text(IF_RANGE),
        }
    }

    /// RFC 9110, section 13.1.5: a part of another file is of no use.
    fn part(&self, served: &Served) -> Part {
        let is_same = |tag: &String| *tag == quoted(&served.tag);
        match &self.range {
            Some(range) if self.if_range.as_ref().is_none_or(is_same) => {
                part_of(range, served.byte_size)
            }
            _ => Part::Whole,
        }
    }
}

fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// RFC 9110, section 14.2. What is not understood is as if it were not said, and so are several parts at once.
fn part_of(header: &str, size: u64) -> Part {
    let read = || -> Option<(Option<u64>, Option<u64>)> {
        let (first, last) = header
            .trim()
            .strip_prefix("bytes=")?
            .trim()
            .split_once('-')?;
        let number = |text: &str| match text.trim() {
            "" => Some(None),
            text if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Some(text.parse().unwrap_or(u64::MAX)))
            }
            _ => None,
        };
        Some((number(first)?, number(last)?))
    };
    match read() {
        Some((Some(first), last)) if last.is_none_or(|last| first <= last) => {
            let end = last.map_or(size, |last| last.saturating_add(1).min(size));
            if first < end {
                Part::Of(first..end)
            } else {
                Part::None
            }
        }
        Some((None, Some(0))) => Part::None,
        Some((None, Some(length))) => Part::Of(size.saturating_sub(length)..size),
        _ => Part::Whole,
    }
}

impl Answer {
    fn into_response(self) -> HttpResponse {
        let size = self.served.byte_size;
        let (status, length) = match &self.part {
            Part::Whole => (StatusCode::OK, size),
            Part::Of(range) => (StatusCode::PARTIAL_CONTENT, range.end - range.start),
            Part::None => (StatusCode::RANGE_NOT_SATISFIABLE, 0),
        };
        let mut builder = HttpResponse::build(status);
        builder.insert_header((CONTENT_SECURITY_POLICY, POLICY));
        builder.insert_header((ACCEPT_RANGES, "bytes"));
        match &self.part {
            Part::Whole => {}
            Part::Of(range) => {
                let (first, last) = (range.start, range.end - 1);
                builder.insert_header((CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
            }
            Part::None => {
                builder.insert_header((CONTENT_RANGE, format!("bytes */{size}")));
                return builder.finish();
            }
        }
        builder.insert_header((ETAG, quoted(&self.served.tag)));
        builder.insert_header((
            CONTENT_DISPOSITION,
            attachment::disposition(&self.served.file_name),
        ));
        builder.content_type(self.served.content_type.as_str());
        builder.body(BoxBody::new(SizedStream::new(length, self.pieces)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_within_the_file() {
        for (header, expected) in [
            ("bytes=0-0", Part::Of(0..1)),
            ("bytes=2-", Part::Of(2..10)),
            ("bytes=8-99999999999999999999999", Part::Of(8..10)),
            ("bytes=-3", Part::Of(7..10)),
            ("bytes=-30", Part::Of(0..10)),
            ("bytes=10-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("items=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part_of(header, 10), expected, "{header}");
        }
    }
}
