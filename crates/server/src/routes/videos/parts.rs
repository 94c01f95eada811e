use crate::app::AppState;
use crate::extract::{Asker, Body, VideoPath, video_for};
use crate::problem::{Problem, Result};
use crate::uploads::{PartUrl, check_room, expect_uploading, most_parts};
use crate::views::rfc3339;
use axum::Json;
use axum::extract::State;
use domain::{Action, Origin, Secret};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;

/// Which parts are about to be put.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct Wanted {
    /// From 1; at most 100 at a time; may be empty.
    numbers: Vec<u32>,
    /// Parts that were put straight into a store that this server does not see; not needed on the local store.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    #[expect(dead_code, reason = "part of the fixed dialogue; the local store saw the PUTs itself")]
    done: Option<serde::de::IgnoredAny>,
}

/// Where and how to put one part.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct PartView {
    number: u32,
    /// Always `PUT`.
    method: &'static str,
    #[schema(value_type = String)]
    url: Secret,
    /// Headers to send along.
    headers: BTreeMap<String, String>,
    /// RFC 3339; ask again after that.
    expires_at: String,
}

/// Where and how to put the wanted parts.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct PartsView {
    parts: Vec<PartView>,
}

/// Signs URLs to which parts can be put.
#[utoipa::path(post, path = "/api/videos/{id}/parts", tag = "upload", params(("id" = String, Path)), request_body = Wanted,
    responses((status = 200, body = PartsView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn parts(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
    Body(wanted): Body<Wanted>,
) -> Result<Json<PartsView>> {
    let (listed, _) = video_for(&app, &id, &principal, Action::Upload).await?;
    expect_uploading(&listed.video)?;
    if wanted.numbers.len() > 100 {
        return Err(Problem::field("numbers", "Ask for at most 100 parts at a time."));
    }
    let (video, now) = (&listed.video, app.now());
    if video.origin == Origin::Recording {
        // A recorder that is paused puts nothing; asking, for no part too, says that it is there.
        let every = Duration::from_secs(app.config.abandoned_take_seconds / 10).min(TOUCH_EVERY);
        app.store.touch_take(&id, now.minus(every), now).await?;
    }
    if !wanted.numbers.is_empty() {
        check_room(&app, video, video.part_size.unsigned_abs()).await?;
    }
    let most = most_parts(video.origin);
    let mut parts = Vec::with_capacity(wanted.numbers.len());
    for number in wanted.numbers {
        let url = PartUrl::for_part(video, number, now).ok_or_else(|| {
            Problem::field("numbers", format!("There is no part {number}; parts are numbered from 1 to the last of the file, at most {most}."))
        })?;
        parts.push(PartView {
            number,
            method: "PUT",
            url: url.signed(&app.part_urls).into(),
            headers: BTreeMap::from([("content-type".to_owned(), "application/octet-stream".to_owned())]),
            expires_at: rfc3339(url.expires_at()),
        });
    }
    Ok(Json(PartsView { parts }))
}

/// How often at most it is written down that a recorder is there.
const TOUCH_EVERY: Duration = Duration::from_secs(30);
