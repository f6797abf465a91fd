//! What is known of a client before it says who it is: its address, and the language it reads.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderName};
use entity::user::Locale;

use super::negotiate;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: of the last hop that no trusted proxy vouches for.
pub(crate) fn address(http: &HttpRequest, trusted_proxies: &[IpAddr]) -> IpAddr {
    let peer = http
        .peer_addr()
        .map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.ip());
    last_untrusted(peer, http.headers(), trusted_proxies)
}

/// The language of messages for somebody who is not signed in (RFC 9110, section 12.5.4).
pub(crate) fn locale(headers: &HeaderMap) -> Locale {
    let header = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let mut best = (0, Locale::default());
    for range in header.unwrap_or_default().split(',') {
        let (tag, parameters) = negotiate::split_parameters(range);
        let locale = match tag.split('-').next().unwrap_or_default() {
            language if language.eq_ignore_ascii_case("fr") => Locale::Fr,
            language if language.eq_ignore_ascii_case("en") => Locale::En,
            _ => continue,
        };
        let weight = negotiate::weight(parameters);
        if weight > best.0 {
            best = (weight, locale);
        }
    }
    best.1
}

/// Each proxy appends whom it heard from, so the list is read from its end. Anybody can write its beginning.
fn last_untrusted(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpAddr]) -> IpAddr {
    let lines = headers
        .get_all(X_FORWARDED_FOR)
        .filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    let mut address = peer;
    for hop in hops.into_iter().rev() {
        if !trusted_proxies.contains(&address) {
            break;
        }
        match hop.parse() {
            Ok(next) => address = next,
            Err(_) => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().expect("an address"));
        for (peer, forwarded, expected) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
            ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(X_FORWARDED_FOR, HeaderValue::from_static(forwarded));
            let address = last_untrusted(peer.parse().expect("an address"), &headers, &trusted);
            assert_eq!(address.to_string(), expected, "{peer} {forwarded}");
        }
    }

    #[test]
    fn the_best_language_we_speak_is_taken() {
        for (header, expected) in [
            ("fr", Locale::Fr),
            ("fr-CA,en;q=0.8", Locale::Fr),
            ("en;q=0.5, fr;q=0.7", Locale::Fr),
            ("de, en;q=0.4, fr;q=0.2", Locale::En),
            ("de", Locale::default()),
            ("", Locale::default()),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(header));
            assert_eq!(locale(&headers), expected, "{header}");
        }
    }
}
