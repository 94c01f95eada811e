use crate::app::{App, AppState};
use crate::extract::{Body, SignedIn};
use crate::problem::{Fields, Problem, Result};
use crate::random;
use crate::uploads::{part_count, part_size_for, quota, refuse_over_quota};
use crate::views::{origins, visibilities};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::text::{Description, FileName, Title};
use domain::{Action, Object, Origin, VideoId, Visibility, authorize};
use store::videos::NewVideo;
use utoipa::ToSchema;

/// What an upload begins with.
#[derive(Debug, serde::Deserialize, ToSchema)]
pub(crate) struct Init {
    /// The file's name without its extension when absent.
    title: Option<String>,
    description: Option<String>,
    #[serde(default)]
    file_name: String,
    #[serde(default)]
    content_type: String,
    /// Bytes; absent for a recording.
    size: Option<u64>,
    /// `private` when absent.
    #[schema(schema_with = visibilities)]
    visibility: Option<Visibility>,
    /// `upload` when absent.
    #[schema(schema_with = origins)]
    origin: Option<Origin>,
    /// Whether others may watch a recording before it has ended; they may when absent.
    show_while_recording: Option<bool>,
    /// The client's own mark of the file, at most 200 characters, given back by `/api/me/uploads`.
    fingerprint: Option<String>,
}

/// Where the parts go.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct InitView {
    id: String,
    /// Bytes of every part but the last.
    part_size: u64,
    /// Parts to come; absent when the size is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_count: Option<u64>,
    /// The page where people will watch it; it works from now on.
    url: String,
}

/// Makes a video and opens its upload.
#[utoipa::path(post, path = "/api/videos/init", tag = "upload", request_body = Init, responses(
    (status = 201, body = InitView), (status = 422, body = Problem), (status = 413, body = Problem), (status = 507, body = Problem)))]
pub(crate) async fn init(
    State(app): State<AppState>,
    asker: SignedIn,
    Body(new): Body<Init>,
) -> Result<(StatusCode, Json<InitView>)> {
    authorize(&asker.principal, Action::Create, Object::Instance)?;
    let file_name = FileName::clean(&new.file_name);
    let mut fields = Fields::default();
    let title = fields.check("title", Title::parse(new.title.as_deref().unwrap_or_else(|| file_name.stem())));
    let description =
        fields.check("description", Description::parse(new.description.as_deref().unwrap_or_default()));
    let origin = new.origin.unwrap_or(Origin::Upload);
    check_size(&mut fields, origin, new.size);
    if new.fingerprint.as_deref().is_some_and(|mark| mark.len() > 200) {
        fields.add("fingerprint", "The fingerprint has more than 200 characters.");
    }
    let (Some(title), Some(description)) = (title, description) else { return Err(fields.problem()) };
    if fields.any() {
        return Err(fields.problem());
    }
    check_room(&app, new.size.unwrap_or(0))?;
    let channel = app.store.first_channel(&asker.account).await?;
    let id = VideoId::from_random(random::bytes());
    let part_size = part_size_for(new.size, app.config.part_size);
    let content_type: String = new.content_type.chars().take(100).collect();
    let inserted = app
        .store
        .insert_video(&NewVideo {
            id: id.clone(),
            account: &asker.account,
            channel: &channel.id,
            title: &title,
            description: &description,
            visibility: new.visibility.unwrap_or(Visibility::Private),
            origin,
            file_name: &file_name,
            content_type: &content_type,
            size: new.size.and_then(|size| i64::try_from(size).ok()),
            part_size: i64::try_from(part_size).unwrap_or(i64::MAX),
            fingerprint: new.fingerprint.as_deref(),
            show_while_recording: new.show_while_recording.unwrap_or(true),
            quota: quota(&app),
            now: app.now(),
        })
        .await?;
    if !inserted {
        refuse_over_quota(&app, &asker.account, new.size.unwrap_or(0)).await?;
    }
    if let Some(access) = app.recall.access(&id).await? {
        app.video_changed(&id, &access);
    }
    let part_count = new.size.map(|size| part_count(size, part_size));
    Ok((
        StatusCode::CREATED,
        Json(InitView { url: format!("/w/{id}"), id: id.to_string(), part_size, part_count }),
    ))
}

fn check_size(fields: &mut Fields, origin: Origin, size: Option<u64>) {
    match (origin, size) {
        (Origin::Live, _) => fields.add("origin", "A broadcast begins with POST /api/live."),
        (_, Some(0)) => fields.add("size", "The file is empty; choose one that has a video in it."),
        (Origin::Upload, None) => fields.add("size", "The size of the file is missing."),
        _ => {}
    }
}

fn check_room(app: &App, size: u64) -> Result<()> {
    if size > app.config.max_upload_bytes {
        let limit = app.config.max_upload_bytes >> 20;
        let detail = format!("The file is larger than the {limit} MiB that this server takes.");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    if app.blobs.has_room(size)? { Ok(()) } else { Err(Problem::disk_full()) }
}
