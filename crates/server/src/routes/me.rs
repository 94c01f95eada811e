use crate::app::AppState;
use crate::config::DAY;
use crate::extract::SignedIn;
use crate::problem::{Problem, Result};
use crate::routes::videos::{ListQuery, limit_of};
use crate::views::{ChannelView, Eyes, VideoPage, page, parse_cursor, rfc3339, roles};
use axum::Json;
use axum::extract::{Query, State};
use domain::Role;
use utoipa::ToSchema;

/// The signed-in account.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct MeView {
    id: String,
    username: String,
    email: String,
    #[schema(schema_with = roles)]
    role: Role,
    created_at: String,
    channel: ChannelView,
    /// What the account has chosen; nothing can be chosen yet.
    #[schema(value_type = Object)]
    preferences: serde_json::Map<String, serde_json::Value>,
}

/// The signed-in account, its channel and preferences.
#[utoipa::path(get, path = "/api/me", tag = "accounts", responses((status = 200, body = MeView), (status = 401, body = Problem)))]
pub(crate) async fn me(State(app): State<AppState>, asker: SignedIn) -> Result<Json<MeView>> {
    let account = app.store.account(&asker.account).await?.ok_or_else(Problem::not_found)?;
    let channel = app.store.first_channel(&asker.account).await?;
    Ok(Json(MeView {
        id: account.id.to_string(),
        username: account.username,
        email: account.email,
        role: account.role,
        created_at: rfc3339(account.created_at),
        channel: ChannelView { id: channel.id.to_string(), handle: channel.handle, name: channel.name },
        preferences: serde_json::Map::new(),
    }))
}

/// Everything I have made, newest first, whoever may see it.
#[utoipa::path(get, path = "/api/me/videos", tag = "videos", params(ListQuery),
    responses((status = 200, body = VideoPage), (status = 401, body = Problem)))]
pub(crate) async fn my_videos(
    State(app): State<AppState>,
    asker: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<VideoPage>> {
    let limit = limit_of(query.limit);
    let after = query.cursor.as_deref().and_then(parse_cursor);
    let found = app.store.videos_of(&asker.account, after.as_ref(), limit as i64 + 1).await?;
    Ok(Json(
        page(&app, &found.iter().collect::<Vec<_>>(), limit, Eyes::Owner, |video| video.created_at.0).await?,
    ))
}

/// What I take in the object store.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct UsageView {
    /// Bytes of everything, with what open uploads have announced.
    used_bytes: i64,
    /// Bytes that I may take; absent when there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_bytes: Option<u64>,
    /// Bytes of sources as uploaded.
    source_bytes: i64,
    /// Bytes of what was made of them.
    media_bytes: i64,
    /// Bytes announced by open uploads and not here yet.
    reserved_bytes: i64,
}

/// How much room I take, and how much I may.
#[utoipa::path(get, path = "/api/me/usage", tag = "accounts", responses((status = 200, body = UsageView), (status = 401, body = Problem)))]
pub(crate) async fn my_usage(State(app): State<AppState>, asker: SignedIn) -> Result<Json<UsageView>> {
    let usage = app.store.usage(&asker.account).await?;
    Ok(Json(UsageView {
        used_bytes: usage.total(),
        limit_bytes: Some(app.config.quota_bytes).filter(|quota| *quota > 0),
        source_bytes: usage.source_bytes,
        media_bytes: usage.media_bytes,
        reserved_bytes: usage.reserved_bytes,
    }))
}

/// An upload that has not been completed.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct UploadView {
    id: String,
    title: String,
    file_name: String,
    /// Bytes announced.
    size: Option<i64>,
    part_size: i64,
    /// The client's own mark of the file, as given to `init`.
    fingerprint: Option<String>,
    /// Bytes that are durable.
    received_bytes: i64,
    created_at: String,
    /// When it is removed unless another part comes; absent when unfinished uploads are kept for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// Unfinished uploads.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct UploadList {
    items: Vec<UploadView>,
}

/// My unfinished uploads, so that a file chosen again goes on where it stopped.
#[utoipa::path(get, path = "/api/me/uploads", tag = "upload", responses((status = 200, body = UploadList), (status = 401, body = Problem)))]
pub(crate) async fn my_uploads(State(app): State<AppState>, asker: SignedIn) -> Result<Json<UploadList>> {
    let uploads = app.store.uploads_of(&asker.account).await?;
    let kept = Some(app.config.abandoned_upload_days).filter(|days| *days > 0);
    let items = uploads
        .into_iter()
        .map(|upload| UploadView {
            id: upload.id.to_string(),
            title: upload.title,
            file_name: upload.file_name,
            size: upload.size,
            part_size: upload.part_size,
            fingerprint: upload.fingerprint,
            received_bytes: upload.received_bytes,
            created_at: rfc3339(upload.created_at),
            expires_at: kept.map(|days| rfc3339(upload.touched_at.plus(DAY * u32::from(days)))),
        })
        .collect();
    Ok(Json(UploadList { items }))
}
