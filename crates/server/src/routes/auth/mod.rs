mod cookie;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod refresh;
pub(crate) mod register;

use crate::accounts::Tokens;
use crate::app::App;
use crate::views::UserView;
use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{PLAIN_NAME, SECURE_NAME};
use domain::Secret;
use utoipa::ToSchema;

/// The answer to registering and signing in.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct SignedInView {
    user: UserView,
    /// For `Authorization: Bearer`.
    #[schema(value_type = String)]
    access_token: Secret,
    /// Seconds.
    expires_in: u64,
}

/// The answer to refreshing.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct AccessView {
    /// For `Authorization: Bearer`.
    #[schema(value_type = String)]
    access_token: Secret,
    /// Seconds.
    expires_in: u64,
}

impl AccessView {
    fn new(app: &App, tokens: &Tokens) -> Self {
        Self { access_token: tokens.access.clone(), expires_in: app.config.access_token_life().as_secs() }
    }
}

const MONTH_SECONDS: u64 = 30 * 24 * 3600;

/// The refresh cookie's header for this request; an empty token removes it.
fn refresh_cookie(app: &App, request: &HeaderMap, token: &str) -> [(header::HeaderName, HeaderValue); 2] {
    let life = if token.is_empty() { 0 } else { MONTH_SECONDS };
    let (name, secure) =
        if keeps_secure_cookies(app, request) { (SECURE_NAME, " Secure;") } else { (PLAIN_NAME, "") };
    let cookie = format!("{name}={token}; Path=/; Max-Age={life}; HttpOnly;{secure} SameSite=Lax");
    // A token is base64url and the rest is ours, so the header is always valid.
    let cookie = HeaderValue::from_str(&cookie).unwrap_or_else(|_| HeaderValue::from_static(""));
    [(header::SET_COOKIE, cookie), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}

/// The refresh token that the request carries.
fn refresh_token(request: &HeaderMap) -> Option<String> {
    let cookies = request.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookie::refresh_token(cookies).map(str::to_owned)
}

/// Browsers keep Secure cookies from https, and from loopback.
fn keeps_secure_cookies(app: &App, request: &HeaderMap) -> bool {
    if app.config.has_own_tls() {
        return true;
    }
    if let Some(url) = &app.config.public_url {
        return url.starts_with("https://");
    }
    let host = request.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refresh_token_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::COOKIE, HeaderValue::from_static("theme=dark; __Host-vitascope_refresh=abc; x"));
        assert_eq!(refresh_token(&headers).as_deref(), Some("abc"));
        headers.insert(header::COOKIE, HeaderValue::from_static("__Host-vitascope_refresh="));
        assert_eq!(refresh_token(&headers), None);
    }
}
