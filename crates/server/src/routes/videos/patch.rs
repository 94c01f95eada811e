use crate::app::AppState;
use crate::audit::Audit;
use crate::extract::{Asker, Body, From, VideoPath, video_for};
use crate::problem::{Fields, Problem, Result};
use crate::views::{self, Eyes, VideoView, visibilities};
use axum::Json;
use axum::extract::State;
use domain::text::{Description, Title};
use domain::{Action, Visibility};
use store::videos::VideoChange;
use utoipa::ToSchema;

/// What is to change; absent fields stay.
#[derive(Debug, Default, serde::Deserialize, ToSchema)]
pub(crate) struct Change {
    title: Option<String>,
    description: Option<String>,
    #[schema(schema_with = visibilities)]
    visibility: Option<Visibility>,
    /// Whether others may watch a recording before it has ended.
    show_while_recording: Option<bool>,
    /// Whether others may take the video away as a file. Share links say so for themselves. Its owner's to change alone.
    allow_download: Option<bool>,
}

/// Changes a video's title, description, visibility, or what viewers may do with it. A new visibility ends every grant given out before.
#[utoipa::path(patch, path = "/api/videos/{id}", tag = "videos", params(("id" = String, Path)), request_body = Change,
    responses((status = 200, body = VideoView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn patch(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    From(client): From,
    Body(given): Body<Change>,
) -> Result<Json<VideoView>> {
    let (_, access) = video_for(&app, &id, &principal, Action::Edit).await?;
    if given.allow_download.is_some() {
        // Who keeps the place clean does not decide what others may take.
        video_for(&app, &id, &principal, Action::Share).await?;
    }
    let mut fields = Fields::default();
    let change = VideoChange {
        title: given.title.as_deref().and_then(|text| fields.check("title", Title::parse(text))),
        description: given
            .description
            .as_deref()
            .and_then(|text| fields.check("description", Description::parse(text))),
        visibility: given.visibility,
        show_while_recording: given.show_while_recording,
        allow_download: given.allow_download,
    };
    if fields.any() {
        return Err(fields.problem());
    }
    let mut tx = app.store.begin().await?;
    tx.change_video(&id, &change, app.now()).await?;
    if let Some(visibility) = change.visibility.filter(|visibility| *visibility != access.visibility) {
        let audit = Audit {
            event: "visibility_changed",
            account: Some(&access.owner),
            actor: principal.account(),
            address: Some(client.address),
            detail: &format!("{id} is {visibility} now"),
        };
        audit.write(&app, &mut tx).await?;
    }
    tx.commit().await?;
    app.video_changed(&id, &access);
    let look = app.recall.video(&id).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(views::video(&app, &look, Eyes::of(&principal, &access))))
}
