use crate::app::AppState;
use crate::extract::Asker;
use crate::problem::{Problem, Result};
use crate::views::{self, Eyes, VideoView};
use axum::Json;
use axum::extract::State;
use domain::{Action, Object, authorize};
use utoipa::ToSchema;

/// Broadcasts.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct BroadcastList {
    items: Vec<VideoView>,
}

/// The public broadcasts that are on now, the newest first, at most 100.
#[utoipa::path(get, path = "/api/live", tag = "live", responses((status = 200, body = BroadcastList), (status = 500, body = Problem)))]
pub(crate) async fn live_now(
    State(app): State<AppState>,
    Asker(principal): Asker,
) -> Result<Json<BroadcastList>> {
    authorize(&principal, Action::List, Object::Instance)?;
    let mut items = Vec::new();
    for listed in app.store.live_now().await? {
        // Unless it has ended since the list was read.
        if let Some(look) = app.recall.video(&listed.video.id).await? {
            items.push(views::video(&app, &look, Eyes::Viewer));
        }
    }
    Ok(Json(BroadcastList { items }))
}
