use super::limit_of;
use crate::app::AppState;
use crate::extract::Asker;
use crate::problem::{Problem, Result};
use crate::views::{Eyes, VideoPage, page, parse_cursor};
use axum::Json;
use axum::extract::{Query, State};
use domain::{Action, Object, authorize};
use std::time::Duration;
use store::videos::ListedVideo;

/// An upload to which nothing has come for this long has died: a part of 4 MiB takes a minute at half a megabit a second.
const DEAD_AFTER: Duration = Duration::from_secs(600);

/// Which videos, in which order.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicQuery {
    /// `recent`, the only order so far.
    sort: Option<String>,
    /// At most this many, 1–100; 24 when absent.
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Public videos that can be played, newest first.
#[utoipa::path(get, path = "/api/videos", tag = "videos", params(PublicQuery),
    responses((status = 200, body = VideoPage), (status = 422, body = Problem)))]
pub(crate) async fn list(
    State(app): State<AppState>,
    Asker(principal): Asker,
    Query(query): Query<PublicQuery>,
) -> Result<Json<VideoPage>> {
    authorize(&principal, Action::List, Object::Instance)?;
    if query.sort.as_deref().is_some_and(|sort| sort != "recent") {
        return Err(Problem::field("sort", "Videos are sorted by: recent."));
    }
    let limit = limit_of(query.limit);
    let after = query.cursor.as_deref().and_then(parse_cursor);
    let alive = app.now().minus(DEAD_AFTER);
    let found = app.recall.recent(after.as_ref(), alive, limit as i64 + 1).await?;
    // The statement asks for public rows; the one door has the last word on each.
    let may = |listed: &&ListedVideo| {
        authorize(&principal, Action::List, Object::Video(&listed.video.access())).is_ok()
    };
    let found: Vec<_> = found.iter().filter(may).collect();
    Ok(Json(page(&app, &found, limit, Eyes::Viewer, |video| video.published_at.unwrap_or(0)).await?))
}
