use crate::app::AppState;
use crate::extract::{Asker, Body, VideoPath, video_for};
use crate::problem::{Problem, Result};
use crate::random;
use crate::uploads::{Completeness, completeness, take_ended};
use crate::views::{self, Eyes, VideoView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use bus::Event;
use domain::video::Failure;
use domain::{Action, JobId, Origin};
use utoipa::ToSchema;

/// What the client believes to have put.
#[derive(Debug, Default, serde::Deserialize, ToSchema)]
pub(crate) struct Complete {
    /// How many parts there are; needed for a recording.
    count: Option<i64>,
    /// Their ETags, to be compared.
    parts: Option<Vec<PutPart>>,
}

/// A part and its ETag.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct PutPart {
    number: i64,
    etag: String,
}

/// Ends an upload: from here on the server makes a video of it. Calling it again is fine.
#[utoipa::path(post, path = "/api/videos/{id}/complete", tag = "upload", params(("id" = String, Path)), request_body = Complete,
    responses((status = 202, body = VideoView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn complete(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    Body(given): Body<Complete>,
) -> Result<(StatusCode, Json<VideoView>)> {
    let (listed, access) = video_for(&app, &id, &principal, Action::Upload).await?;
    if listed.video.state != domain::State::Uploading {
        // A take that ended with other parts than these is not the one that the recorder means.
        let other =
            |count| listed.video.origin == Origin::Recording && listed.video.part_count != Some(count);
        if given.count.is_some_and(other) {
            return Err(take_ended());
        }
        let look = app.recall.video(&id).await?.ok_or_else(Problem::not_found)?;
        return Ok((StatusCode::ACCEPTED, Json(views::video(&app, &look, Eyes::Owner))));
    }
    let mut tx = app.store.begin().await?;
    let parts = tx.parts(&id).await?;
    for put in given.parts.iter().flatten() {
        let etag = put.etag.trim_matches('"');
        let found = parts.binary_search_by_key(&put.number, |part| part.number).ok();
        if found.and_then(|at| parts.get(at)).is_some_and(|part| part.etag != etag) {
            let detail = format!("Part {} is here with other bytes than you say.", put.number);
            return Err(Problem::new(StatusCode::CONFLICT, "part_differs", detail));
        }
    }
    let (count, size) = match completeness(&listed.video, &parts, given.count) {
        Completeness::Whole { count, size } => (count, size),
        Completeness::Missing(missing) => return Err(Problem::missing_parts(missing)),
        Completeness::Empty => {
            let failure = Failure { code: "empty_take".to_owned(), message: EMPTY.to_owned() };
            tx.fail_video(&id, &failure).await?;
            tx.commit().await?;
            app.video_changed(&id, &access);
            return Err(Problem::new(StatusCode::CONFLICT, "empty_take", EMPTY));
        }
        Completeness::Wrong(detail) => return Err(Problem::new(StatusCode::CONFLICT, "wrong_count", detail)),
    };
    if tx.complete_upload(&id, count, size).await? {
        let job = JobId::from_random(random::bytes());
        pipeline::enqueue_first(&mut tx, job, &id, &listed.video.account_id, app.now()).await?;
        tx.commit().await?;
        app.bus.publish(Event::JobsWaiting);
        app.video_changed(&id, &access);
    }
    let look = app.recall.video(&id).await?.ok_or_else(Problem::not_found)?;
    Ok((StatusCode::ACCEPTED, Json(views::video(&app, &look, Eyes::Owner))))
}

const EMPTY: &str = "Nothing was recorded: the take ended before its first second had come. Record it again.";
