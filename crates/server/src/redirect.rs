//! The listener for plain http beside https: it only says where to go.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, StatusCode, Uri, header};

/// Answers everything with a redirect to https: to `base`, or else to the host that was asked at `port`.
pub(crate) fn router(base: Option<String>, port: u16) -> Router {
    Router::new().fallback(move |request: Request| {
        let answer = answer(base.as_deref(), port, &request);
        async move { answer }
    })
}

fn answer(base: Option<&str>, port: u16, request: &Request) -> http::Response<Body> {
    let mut response = http::Response::new(Body::empty());
    let location = target(base, port, request).and_then(|url| HeaderValue::from_str(&url.to_string()).ok());
    let Some(location) = location else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    // 308 keeps the method, so a program's POST is not turned into a GET.
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn target(base: Option<&str>, port: u16, request: &Request) -> Option<Uri> {
    let path = request.uri().path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    let authority: Authority = match base.and_then(|base| base.strip_prefix("https://")) {
        Some(base) => base.split('/').next()?.parse().ok()?,
        None => {
            let host = request.headers().get(header::HOST)?.to_str().ok()?.parse::<Authority>().ok()?;
            let host = host.host();
            if port == 443 { host.parse().ok()? } else { format!("{host}:{port}").parse().ok()? }
        }
    };
    Uri::builder().scheme(Scheme::HTTPS).authority(authority).path_and_query(path).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(base: Option<&str>, port: u16, host: &str, path: &str) -> Option<String> {
        let request = Request::builder().uri(path).header("host", host).body(Body::empty()).unwrap();
        let response = answer(base, port, &request);
        response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_path_is_kept_and_the_configured_name_wins() {
        let check = |base, port, host, path, expected: Option<&str>| {
            assert_eq!(location(base, port, host, path).as_deref(), expected, "{host}{path}");
        };
        check(None, 443, "v.example:80", "/w/1?t=3", Some("https://v.example/w/1?t=3"));
        check(None, 8443, "v.example", "/", Some("https://v.example:8443/"));
        check(None, 443, "[::1]:80", "/", Some("https://[::1]/"));
        check(Some("https://v.example"), 8443, "evil.example", "/a", Some("https://v.example/a"));
        check(None, 443, "user@v.example", "/", Some("https://v.example/"));
        check(None, 443, "a b", "/", None);
    }
}
