//! Grants: the right to fetch a restricted video's media, carried in the URL path.
//!
//! A grant names no person: it is the same for all who may watch, so caches can share it. It dies when it expires or when
//! the video's access generation grows (change of visibility, cut, delete). One that was given out by a share link names the link,
//! and is worth no more than the link is when media is asked for.

use crate::clock::Micros;
use crate::mac::Signer;
use crate::{LinkId, VideoId};
use std::time::Duration;

/// What the key of a [`Signer`] for grants is derived for.
pub const PURPOSE: &str = "vitascope 2026 media grant";

const HOUR: i64 = 3_600_000_000;
const SHORTEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// A genuine grant that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// When it ends.
    pub until: Micros,
    /// The share link that gave it out: it must still work.
    pub link: Option<LinkId>,
}

/// The grant for `video` at this access `generation`, by `link` if a share link gives it out: alive for at least
/// max(24 h, 3 × `duration`), expiring on the hour.
#[must_use]
pub fn issue(
    signer: &Signer,
    video: &VideoId,
    generation: i64,
    link: Option<&LinkId>,
    duration: Duration,
    now: Micros,
) -> String {
    let life = SHORTEST_LIFE.max(duration.saturating_mul(3));
    let hour = now.plus(life).0.div_euclid(HOUR).saturating_add(1);
    let code = signer.sign(&fields(video, &generation.to_le_bytes(), &hour.to_le_bytes(), link));
    match link {
        None => format!("{hour}.{code}"),
        Some(link) => format!("{hour}.{link}.{code}"),
    }
}

/// What `grant` is worth, if it is one for `video` at `generation` and still alive.
#[must_use]
pub fn verify(signer: &Signer, grant: &str, video: &VideoId, generation: i64, now: Micros) -> Option<Grant> {
    let (hour, rest) = grant.split_once('.')?;
    let (link, code) = match rest.split_once('.') {
        None => (None, rest),
        Some((link, code)) => (Some(link.parse::<LinkId>().ok()?), code),
    };
    let hour: i64 = hour.parse().ok()?;
    let until = expiry_of(hour)?;
    let genuine =
        signer.verify(&fields(video, &generation.to_le_bytes(), &hour.to_le_bytes(), link.as_ref()), code);
    (genuine && now < until).then_some(Grant { until, link })
}

/// When a grant says that it ends, without asking whether it is genuine.
#[must_use]
pub fn expires_at(grant: &str) -> Option<Micros> {
    expiry_of(grant.split_once('.')?.0.parse().ok()?)
}

fn expiry_of(hour: i64) -> Option<Micros> {
    hour.checked_mul(HOUR).map(Micros)
}

/// No link and no identifier is the empty text, so the two kinds of grant never stand for each other.
fn fields<'a>(
    video: &'a VideoId,
    generation: &'a [u8; 8],
    hour: &'a [u8; 8],
    link: Option<&'a LinkId>,
) -> [&'a [u8]; 4] {
    [video.as_str().as_bytes(), generation, hour, link.map_or("", LinkId::as_str).as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mac::MasterSecret;

    #[test]
    fn a_grant_is_for_one_video_one_generation_and_a_while() {
        let signer = MasterSecret::new([1; 32]).signer(PURPOSE);
        let (mine, other) = (VideoId::from_random([1; 8]), VideoId::from_random([2; 8]));
        let now = Micros(1_800_000_000_000_000);
        let grant = issue(&signer, &mine, 3, None, Duration::from_secs(60), now);
        let Grant { until: end, link } = verify(&signer, &grant, &mine, 3, now).unwrap();
        assert_eq!(link, None);
        assert!(
            end.since(now) >= SHORTEST_LIFE && end.since(now) <= SHORTEST_LIFE + Duration::from_secs(3600)
        );
        assert_eq!(verify(&signer, &grant, &other, 3, now), None);
        assert_eq!(verify(&signer, &grant, &mine, 4, now), None);
        assert_eq!(verify(&signer, &grant, &mine, 3, end), None);
        let (hour, code) = grant.split_once('.').unwrap();
        let longer = format!("{}.{code}", hour.parse::<i64>().unwrap() + 1);
        assert_eq!(verify(&signer, &longer, &mine, 3, now), None);
        for junk in ["", ".", "9999999999999999999.x", "-1.x", "x"] {
            assert_eq!(verify(&signer, junk, &mine, 3, now), None, "{junk}");
        }
    }

    #[test]
    fn a_grant_of_a_share_link_is_of_that_link() {
        let signer = MasterSecret::new([1; 32]).signer(PURPOSE);
        let video = VideoId::from_random([1; 8]);
        let (link, other) = (LinkId::from_random([3; 8]), LinkId::from_random([4; 8]));
        let now = Micros(1_800_000_000_000_000);
        let grant = issue(&signer, &video, 3, Some(&link), Duration::ZERO, now);
        assert_eq!(verify(&signer, &grant, &video, 3, now).unwrap().link, Some(link.clone()));
        assert_eq!(verify(&signer, &grant.replace(link.as_str(), other.as_str()), &video, 3, now), None);
        assert_eq!(
            verify(&signer, &grant.replace(&format!(".{link}"), ""), &video, 3, now),
            None,
            "nobody's"
        );
        assert_eq!(verify(&signer, &grant, &video, 4, now), None);
    }

    #[test]
    fn everybody_gets_the_same_grant_within_an_hour() {
        let signer = MasterSecret::new([1; 32]).signer(PURPOSE);
        let video = VideoId::from_random([1; 8]);
        let at = |second: i64| {
            issue(
                &signer,
                &video,
                0,
                None,
                Duration::ZERO,
                Micros(1_800_000_000_000_000 + second * 1_000_000),
            )
        };
        assert_eq!(at(1), at(2));
    }
}
