//! Who may ask what: everybody on this machine may look, only the user may change something.

use super::routes::{Failure, State};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// Lets a request through that is addressed to this machine itself and, if it changes something,
/// shows the token.
///
/// The first keeps a web page from reading through a name of its own that leads here; the second
/// keeps it, and other users of the machine, from stopping a job.
pub(super) async fn check(
    axum::extract::State(state): axum::extract::State<State>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if !is_for_loopback(headers) {
        let text = "requests must be addressed to the loopback address or 'localhost'";
        return Failure::new(StatusCode::FORBIDDEN, text).into_response();
    }
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    if !looks && !shows_token(headers, &state.token) {
        let text = "this request changes something: it needs the header 'Authorization: Bearer \
                    TOKEN' with the token of the job's note in the user's runtime directory";
        return Failure::new(StatusCode::UNAUTHORIZED, text).into_response();
    }
    next.run(request).await
}

fn is_for_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        return false;
    };
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

fn shows_token(headers: &HeaderMap, token: &str) -> bool {
    let shown = headers.get(header::AUTHORIZATION);
    let shown = shown.and_then(|shown| shown.as_bytes().strip_prefix(b"Bearer "));
    shown.is_some_and(|shown| equal(shown, token.as_bytes()))
}

/// Compares in a time that does not tell where they differ.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn only_loopback_is_answered() {
        for good in [
            "127.0.0.1:80",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8081",
            "127.8.9.1",
        ] {
            assert!(is_for_loopback(&headers(header::HOST, good)), "{good}");
        }
        for bad in [
            "example.org",
            "localhost.example.org:80",
            "10.0.0.1",
            "",
            "::1.example",
        ] {
            assert!(!is_for_loopback(&headers(header::HOST, bad)), "{bad}");
        }
        assert!(!is_for_loopback(&HeaderMap::new()));
    }

    #[test]
    fn only_the_very_token_is_one() {
        for (shown, good) in [
            ("Bearer abc", true),
            ("Bearer abd", false),
            ("Bearer ab", false),
            ("Bearer abcd", false),
            ("abc", false),
            ("Basic abc", false),
        ] {
            assert_eq!(
                shows_token(&headers(header::AUTHORIZATION, shown), "abc"),
                good,
                "{shown}"
            );
        }
        assert!(!shows_token(&HeaderMap::new(), "abc"));
    }
}
