//! Share links: what a person sends to others, and the pass for which their browser exchanges it.
//!
//! A link's token is a secret of 256 bits, stored as a hash. Whoever shows it, with the password where there is one, gets a pass:
//! signed, good for half a day, and worth no more than its link, which every request looks at (docs/decisions/0022).

use crate::app::App;
use crate::problem::{Problem, Result};
use axum::http::StatusCode;
use domain::mac::Signer;
use domain::{LinkId, Micros, Principal, Secret};
use std::sync::Arc;
use std::time::Duration;
use store::links::Link;

/// What the key that signs passes is derived for.
pub(crate) const PURPOSE: &str = "vitascope 2026 share pass";
/// How long a pass is good; then the password is asked for again.
const PASS_LIFE: Duration = Duration::from_secs(12 * 3600);

/// A pass for a link, and when it ends.
pub(crate) fn pass(signer: &Signer, link: &Link, now: Micros) -> (Secret, Micros) {
    let end = now.plus(PASS_LIFE);
    let end = link.expires_at.map_or(end, |link| end.min(Micros(link)));
    let code = signer.sign(&[link.id.as_str().as_bytes(), &end.0.to_le_bytes()]);
    (format!("{}.{}.{code}", link.id, end.0).into(), end)
}

/// Which link a pass is for, if it is genuine and has not ended.
fn verify(signer: &Signer, pass: &str, now: Micros) -> Option<LinkId> {
    let (link, rest) = pass.split_once('.')?;
    let (end, code) = rest.split_once('.')?;
    let (link, end) = (link.parse::<LinkId>().ok()?, end.parse::<i64>().ok()?);
    let genuine = signer.verify(&[link.as_str().as_bytes(), &end.to_le_bytes()], code);
    (genuine && now.0 < end).then_some(link)
}

/// Who stands behind a pass: the holder of a link that works now.
pub(crate) async fn holder(app: &App, pass: &str) -> Result<Principal> {
    let link = verify(&app.passes, pass, app.now()).ok_or_else(ended)?;
    let link = alive(app, &link).await?.ok_or_else(ended)?;
    Ok(principal(&link))
}

/// Whoever holds this link.
pub(crate) fn principal(link: &Link) -> Principal {
    Principal::LinkHolder {
        link: link.id.clone(),
        video: link.video_id.clone(),
        download: link.allow_download,
    }
}

/// A link, unless it was revoked or has ended.
pub(crate) async fn alive(app: &App, id: &LinkId) -> Result<Option<Arc<Link>>> {
    let Some(link) = app.recall.link(id).await? else { return Ok(None) };
    Ok(link.is_alive(app.now()).then_some(link))
}

/// The link does not work any more. Told only to who shows a pass of it.
fn ended() -> Problem {
    let detail =
        "This link does not work any more. Open it again, or ask the person who sent it for a new one.";
    Problem::new(StatusCode::UNAUTHORIZED, "link_ended", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::VideoId;
    use domain::mac::MasterSecret;

    fn link(expires_at: Option<i64>) -> Link {
        Link {
            id: LinkId::from_random([3; 8]),
            video_id: VideoId::from_random([1; 8]),
            password_hash: None,
            allow_download: false,
            expires_at,
            created_at: Micros(0),
            used_at: None,
        }
    }

    #[test]
    fn a_pass_is_for_one_link_and_ends_with_it() {
        let signer = MasterSecret::new([1; 32]).signer(PURPOSE);
        let now = Micros(1_800_000_000_000_000);
        let (long, end) = pass(&signer, &link(None), now);
        assert_eq!(end.since(now), PASS_LIFE);
        assert_eq!(verify(&signer, long.expose(), now), Some(link(None).id));
        assert_eq!(verify(&signer, long.expose(), end), None);
        let (_, end) = pass(&signer, &link(Some(now.0 + 5)), now);
        assert_eq!(end, Micros(now.0 + 5));
        let other = LinkId::from_random([4; 8]);
        let forged = long.expose().replace(link(None).id.as_str(), other.as_str());
        for junk in [forged.as_str(), "", ".", "..", "a.b.c", &"x.".repeat(9000)] {
            assert_eq!(verify(&signer, junk, now), None, "{junk:.40}");
        }
    }
}
