use super::{rtmp_url, stream_key, takes_broadcasts, ws_url};
use crate::accounts::hash_of;
use crate::app::AppState;
use crate::extract::{Body, SignedIn};
use crate::origin::Reached;
use crate::problem::{Fields, Problem, Result};
use crate::random;
use crate::uploads::{quota, refuse_over_quota};
use crate::views::visibilities;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::text::{Description, FileName, Title};
use domain::{Action, Object, Origin, Secret, VideoId, Visibility, authorize};
use store::videos::NewVideo;
use utoipa::ToSchema;

/// What a broadcast begins with.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct NewBroadcast {
    title: String,
    /// `private` when absent.
    #[schema(schema_with = visibilities)]
    visibility: Option<Visibility>,
    /// Whether the video stays when the broadcast has ended.
    save: bool,
}

/// A broadcast that waits for its encoder.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct BroadcastView {
    /// Of its video.
    id: String,
    /// For the encoder, told this once.
    #[schema(value_type = String)]
    stream_key: Secret,
    /// The encoder's server address; the key is given apart, or behind a slash. Absent where the server takes no RTMP.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtmp_url: Option<String>,
    /// Where a browser sends what it records; `?streamKey=` and the key, or `?token=` and a token, or both.
    ws_url: String,
    /// The page where people will watch it; it works from now on.
    url: String,
}

/// Makes a video that is broadcast: it begins when an encoder or a browser sends with its key.
#[utoipa::path(post, path = "/api/live", tag = "live", request_body = NewBroadcast, responses(
    (status = 201, body = BroadcastView), (status = 401, body = Problem), (status = 422, body = Problem),
    (status = 503, body = Problem), (status = 507, body = Problem)))]
pub(crate) async fn begin(
    State(app): State<AppState>,
    asker: SignedIn,
    Reached(reached): Reached,
    Body(new): Body<NewBroadcast>,
) -> Result<(StatusCode, Json<BroadcastView>)> {
    authorize(&asker.principal, Action::Create, Object::Instance)?;
    if !takes_broadcasts(&app) {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "live_off",
            "This server takes no broadcasts. Who runs it can install FFmpeg, or start it with --rtmp 0.0.0.0:1935.",
        ));
    }
    let mut fields = Fields::default();
    let title = fields.check("title", Title::parse(&new.title));
    let description = fields.check("description", Description::parse(""));
    let (Some(title), Some(description)) = (title, description) else { return Err(fields.problem()) };
    if !app.blobs.has_room(0)? {
        return Err(Problem::disk_full());
    }
    let channel = app.store.first_channel(&asker.account).await?;
    let id = VideoId::from_random(random::bytes());
    let key = stream_key();
    let video = NewVideo {
        id: id.clone(),
        account: &asker.account,
        channel: &channel.id,
        title: &title,
        description: &description,
        visibility: new.visibility.unwrap_or(Visibility::Private),
        origin: Origin::Live,
        file_name: &FileName::clean(""),
        content_type: "",
        size: None,
        part_size: 0,
        fingerprint: None,
        show_while_recording: true,
        quota: quota(&app),
        now: app.now(),
    };
    let inserted = app.store.insert_broadcast(&video, &hash_of(key.expose()), new.save).await?;
    if !inserted {
        refuse_over_quota(&app, &asker.account, 0).await?;
    }
    if let Some(access) = app.recall.access(&id).await? {
        app.video_changed(&id, &access);
    }
    Ok((
        StatusCode::CREATED,
        Json(BroadcastView {
            url: format!("/w/{id}"),
            id: id.to_string(),
            stream_key: key,
            rtmp_url: app.rtmp.map(|port| rtmp_url(port, reached.as_ref())),
            ws_url: ws_url(reached.as_ref()),
        }),
    ))
}
