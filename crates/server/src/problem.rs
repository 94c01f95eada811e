//! Errors as RFC 9457 problem documents, in words for a person.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Denied;
use domain::text::TextError;

/// What went wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct FieldError {
    /// The field's name.
    pub(crate) field: String,
    /// In words for a person.
    pub(crate) message: String,
}

/// An RFC 9457 problem document (`application/problem+json`).
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct Problem {
    /// Short and the same for every occurrence.
    pub(crate) title: &'static str,
    /// The HTTP status code.
    pub(crate) status: u16,
    /// Stable, for programs.
    pub(crate) code: &'static str,
    /// What happened this time, and what to do.
    pub(crate) detail: String,
    /// One entry per bad field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
    /// The numbers of parts that are not here yet, the first 1,000 of them (`complete` only).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<i64>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// The result of every handler.
pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

impl Problem {
    /// A problem with a stable code and a sentence with a next step.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            missing: Vec::new(),
            retry_after: None,
        }
    }

    /// There is no such thing, or the asker may not know of it.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here, or it is not yours to see.")
    }

    /// It will be there when every rung of the video is complete.
    pub(crate) fn not_ready() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_ready",
            "This is there when the video is completely processed. Try again later; until then it plays by HLS.",
        )
    }

    /// A request that cannot be understood.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// Nobody is signed in, or the token has ended.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// Fields that cannot be accepted.
    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ");
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", detail) }
    }

    /// One field that cannot be accepted.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// Parts that `complete` needs and the server does not have.
    pub(crate) fn missing_parts(mut missing: Vec<i64>) -> Self {
        let detail = format!(
            "{} of the upload's parts are not here yet; send them, then complete again.",
            missing.len()
        );
        missing.truncate(MOST_MISSING);
        Self { missing, ..Self::new(StatusCode::CONFLICT, "parts_missing", detail) }
    }

    /// The disk is full.
    pub(crate) fn disk_full() -> Self {
        let detail = "The server's disk is full. What was uploaded is kept; try again when there is room.";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk_full", detail)
    }

    /// An account would take more room than it may have; all in bytes.
    pub(crate) fn quota_exceeded(needed: u64, used: u64, quota: u64) -> Self {
        let (needed, left, quota) = (readable(needed), readable(quota.saturating_sub(used)), readable(quota));
        let detail = format!(
            "This needs {needed}, and of your {quota} there are {left} left. Delete videos that you no longer need, or ask the person \
             who runs this server for more room."
        );
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "quota_exceeded", detail)
    }

    /// Too many of something; try again in `seconds`.
    pub(crate) fn too_many(detail: impl Into<String>, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
        }
    }

    /// More is asked of the server than it can do now.
    pub(crate) fn busy() -> Self {
        let detail = "The server is busy. Try again in a moment.";
        Self { retry_after: Some(2), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail) }
    }

    /// A failure of ours, told to the log only.
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    pub(crate) fn hidden(error: anyhow::Error) -> Self {
        Self::internal(&error)
    }

    fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server failed. The log says why; try again.",
        )
    }
}

const MOST_MISSING: usize = 1_000;

/// Bytes for a person, in decimal units: `999 B`, `1.2 GB`.
fn readable(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be shown as 1000.0.
    while value >= 999.95 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", units.get(unit).unwrap_or(&""))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Self::not_found(),
            Denied::BeingRecorded => Self::new(
                StatusCode::CONFLICT,
                "being_recorded",
                "This is being recorded. It can be watched when the recording has ended.",
            ),
            Denied::SignIn => Self::unauthorized("Sign in to do this."),
            Denied::Forbidden => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", "You are not allowed to do this.")
            }
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Full => Self::disk_full(),
            other => Self::internal(&other),
        }
    }
}

impl From<blobs::Error> for Problem {
    fn from(error: blobs::Error) -> Self {
        match error {
            blobs::Error::NotFound => Self::not_found(),
            blobs::Error::Full => Self::disk_full(),
            other => Self::internal(&other),
        }
    }
}

/// Collects what is wrong with each field, so that a person hears of everything at once.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// Keeps the value, or notes what is wrong with it.
    pub(crate) fn check<T>(&mut self, field: &str, value: std::result::Result<T, TextError>) -> Option<T> {
        value.map_err(|error| self.add(field, error.to_string())).ok()
    }

    /// Notes what is wrong with a field.
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// Whether anything is wrong.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The problem document of everything noted.
    pub(crate) fn problem(self) -> Problem {
        Problem::fields(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_in_the_unit_that_fits() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_960, "1.0 MB"),
            (12_345_678_901, "12.3 GB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(readable(bytes), text);
        }
    }

    #[test]
    fn inner_failures_are_not_told_to_strangers() {
        let problem = Problem::from(blobs::Error::Io(std::io::Error::other("/srv/secret/path")));
        assert_eq!(problem.status, 500);
        assert!(!serde_json::to_string(&problem).unwrap().contains("secret"));
    }
}
