use crate::app::AppState;
use crate::extract::SignedIn;
use crate::problem::{Problem, Result};
use crate::routes::videos::{ListQuery, limit_of};
use crate::views::{cursor_text, parse_cursor, rfc3339};
use axum::Json;
use axum::extract::{Query, State};
use domain::{Action, Object, authorize};
use utoipa::ToSchema;

/// A security event.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct AuditView {
    id: String,
    /// RFC 3339.
    at: String,
    /// Stable, for programs: `sign_in`, `sign_in_refused`, `role_changed`, ….
    event: String,
    /// Whose account it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    /// Who did it, when it was an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<String>,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    detail: String,
}

/// A page of security events.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct AuditPage {
    items: Vec<AuditView>,
    /// Give it as `cursor` to read on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Security events, newest first; for the admin.
#[utoipa::path(get, path = "/api/admin/audit", tag = "admin", params(ListQuery),
    responses((status = 200, body = AuditPage), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(crate) async fn audit(
    State(app): State<AppState>,
    asker: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<AuditPage>> {
    authorize(&asker.principal, Action::Administer, Object::Instance)?;
    let limit = limit_of(query.limit);
    let after = query.cursor.as_deref().and_then(parse_cursor);
    let mut found = app.store.audit(after.as_ref(), i64::try_from(limit).unwrap_or(i64::MAX) + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).map(|last| cursor_text(last.at.0, &last.id));
    let items = found
        .into_iter()
        .map(|entry| AuditView {
            id: entry.id,
            at: rfc3339(entry.at),
            event: entry.event,
            account_id: entry.account_id,
            actor_id: entry.actor_id,
            address: entry.address,
            detail: entry.detail,
        })
        .collect();
    Ok(Json(AuditPage { items, next_cursor }))
}
