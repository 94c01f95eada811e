use super::open_broadcast;
use crate::app::AppState;
use crate::extract::{Asker, VideoPath};
use crate::problem::{Problem, Result};
use axum::Json;
use axum::extract::State;
use domain::mac::Signer;
use domain::{Micros, Secret, VideoId};
use std::time::Duration;
use utoipa::ToSchema;

/// How long a token lets somebody connect. Who is connected stays.
const LIFE: Duration = Duration::from_secs(120);

/// What lets a browser publish.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct IngestTokenView {
    /// For `/ws/ingest?token=`.
    #[schema(value_type = String)]
    token: Secret,
    /// Seconds.
    expires_in: u64,
}

/// A short token with which a browser publishes my broadcast, instead of its stream key.
#[utoipa::path(post, path = "/api/live/{id}/token", tag = "live", params(("id" = String, Path)), responses(
    (status = 200, body = IngestTokenView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn ingest_token(
    State(app): State<AppState>,
    VideoPath(id): VideoPath,
    Asker(principal): Asker,
) -> Result<Json<IngestTokenView>> {
    open_broadcast(&app, &id, &principal).await?;
    let token = sign(&app.ingest_tokens, &id, app.now().plus(LIFE));
    Ok(Json(IngestTokenView { token, expires_in: LIFE.as_secs() }))
}

fn sign(signer: &Signer, video: &VideoId, end: Micros) -> Secret {
    let code = signer.sign(&[video.as_str().as_bytes(), &end.0.to_le_bytes()]);
    format!("{video}.{}.{code}", end.0).into()
}

/// Whose broadcast a token is for, if it is genuine and has not ended.
pub(crate) fn verify(signer: &Signer, token: &str, now: Micros) -> Option<VideoId> {
    let (video, rest) = token.split_once('.')?;
    let (end, code) = rest.split_once('.')?;
    let (video, end) = (video.parse::<VideoId>().ok()?, end.parse::<i64>().ok()?);
    let genuine = signer.verify(&[video.as_str().as_bytes(), &end.to_le_bytes()], code);
    (genuine && now.0 < end).then_some(video)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::mac::MasterSecret;

    #[test]
    fn a_token_is_for_one_broadcast_and_ends() {
        let signer = MasterSecret::new([1; 32]).signer("test");
        let (mine, other) = (VideoId::from_random([1; 8]), VideoId::from_random([2; 8]));
        let end = Micros(1_800_000_000_000_000);
        let token = sign(&signer, &mine, end);
        assert_eq!(verify(&signer, token.expose(), Micros(end.0 - 1)), Some(mine.clone()));
        assert_eq!(verify(&signer, token.expose(), end), None);
        let forged = token.expose().replace(mine.as_str(), other.as_str());
        for junk in [forged.as_str(), "", ".", "a.b.c"] {
            assert_eq!(verify(&signer, junk, Micros(0)), None, "{junk}");
        }
    }
}
