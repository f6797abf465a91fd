//! Which media type a client sends, and which it wants back.

use actix_web::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

/// What we can answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    GraphqlResponse,
    Json,
}

impl Media {
    /// The `Content-Type` of the answer.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// The best of our media types for an `Accept` header (RFC 9110, section 12.5.1), or nothing that
/// fits.
///
/// Of two equally good ones the more telling wins, but a client that accepts anything gets plain
/// JSON.
pub(crate) fn accepted(headers: &HeaderMap) -> Option<Media> {
    let lines = headers
        .get_all(ACCEPT)
        .map(|line| line.to_str().unwrap_or_default());
    let accept = lines.collect::<Vec<_>>().join(",");
    if accept.trim().is_empty() {
        return Some(Media::Json);
    }
    let graphql = quality(&accept, "application/graphql-response+json");
    let json = quality(&accept, "application/json");
    match (graphql, json) {
        (None, None) => None,
        (Some(graphql), json)
            if graphql.is_exact && json.is_none_or(|json| graphql.q >= json.q) =>
        {
            Some(Media::GraphqlResponse)
        }
        (Some(_), None) => Some(Media::GraphqlResponse),
        (_, Some(_)) => Some(Media::Json),
    }
}

/// Whether a client names server-sent events among what it accepts.
pub(crate) fn accepts_events(headers: &HeaderMap) -> bool {
    let lines = headers
        .get_all(ACCEPT)
        .filter_map(|line| line.to_str().ok());
    let mut ranges = lines.flat_map(|line| line.split(','));
    ranges.any(|range| {
        let (name, parameters) = split_parameters(range);
        name.eq_ignore_ascii_case("text/event-stream") && weight(parameters) > 0
    })
}

/// Whether a body says that it is JSON in UTF-8, and nothing else.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let is_json = content_type.is_some_and(|value| {
        let (media_type, parameters) = split_parameters(value);
        media_type.eq_ignore_ascii_case("application/json") && is_utf_8(parameters)
    });
    is_json && !headers.contains_key(CONTENT_ENCODING)
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Quality {
    /// 0 to 1000.
    q: u16,
    /// Named as it is, not by a wildcard.
    is_exact: bool,
}

/// How much a media type is wanted: what its most specific range says.
fn quality(accept: &str, media_type: &str) -> Option<Quality> {
    let mut best: Option<(u8, u16)> = None;
    for range in accept.split(',') {
        let (name, parameters) = split_parameters(range);
        let specificity = match name {
            "*/*" => 0,
            "application/*" => 1,
            name if name.eq_ignore_ascii_case(media_type) && is_utf_8(parameters) => 2,
            _ => continue,
        };
        if best.is_none_or(|(known, _)| specificity > known) {
            best = Some((specificity, weight(parameters)));
        }
    }
    let (specificity, q) = best?;
    (q > 0).then_some(Quality {
        q,
        is_exact: specificity == 2,
    })
}

pub(crate) fn split_parameters(value: &str) -> (&str, &str) {
    let (name, parameters) = value.split_once(';').unwrap_or((value, ""));
    (name.trim(), parameters)
}

fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"'))
    })
}

fn is_utf_8(parameters: &str) -> bool {
    parameter(parameters, "charset").is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"))
}

/// `q=0.85` as 850. What is not a number counts as 1, as if it were not there.
pub(crate) fn weight(parameters: &str) -> u16 {
    let Some(text) = parameter(parameters, "q") else {
        return 1000;
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let thousandths = format!("{fraction:0<3}");
    match (
        whole,
        thousandths
            .get(..3)
            .and_then(|digits| digits.parse::<u16>().ok()),
    ) {
        ("0", Some(fraction)) => fraction,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn clients_get_what_they_ask_for() {
        use Media::{GraphqlResponse, Json};
        for (accept, expected) in [
            ("", Some(Json)),
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            ("application/json", Some(Json)),
            ("application/json; charset=utf-8", Some(Json)),
            ("application/json; charset=latin1", None),
            ("application/graphql-response+json", Some(GraphqlResponse)),
            (
                "APPLICATION/GRAPHQL-RESPONSE+JSON;Charset=UTF-8",
                Some(GraphqlResponse),
            ),
            (
                "application/graphql-response+json,application/json;q=0.9",
                Some(GraphqlResponse),
            ),
            (
                "application/graphql-response+json, application/json",
                Some(GraphqlResponse),
            ),
            (
                "application/graphql-response+json;q=0.5, application/json",
                Some(Json),
            ),
            (
                "application/graphql-response+json;q=0.5, */*;q=0.8",
                Some(Json),
            ),
            (
                "application/graphql-response+json, text/event-stream, multipart/mixed",
                Some(GraphqlResponse),
            ),
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("multipart/mixed;subscriptionSpec=1.0, */*", Some(Json)),
            ("text/html", None),
            ("*/*;q=0", None),
            ("application/json;q=0.0", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(accepted(&headers), expected, "{accept}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Some(Json));
    }

    #[test]
    fn only_json_is_read() {
        for (content_type, expected) in [
            ("application/json", true),
            ("application/json;charset=UTF-8", true),
            ("Application/JSON; charset=\"utf-8\"", true),
            ("application/json; charset=utf-16", false),
            ("application/graphql", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            assert_eq!(is_json(&headers), expected, "{content_type}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
