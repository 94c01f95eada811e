//! The rules of the upload dialogue: how a source is cut into parts, what a signed part URL binds, what `complete` checks.

use crate::app::App;
use crate::problem::{Problem, Result};
use axum::http::StatusCode;
use domain::mac::Signer;
use domain::{AccountId, Micros, Origin, Secret, State, VideoId};
use std::time::Duration;
use store::uploads::SourcePart;
use store::videos::Video;

/// Most parts of a source.
pub(crate) const MAX_PARTS: u64 = 10_000;
/// Most parts of a recording, which puts one a second: as long as a source may be.
pub(crate) const MAX_TAKE_PARTS: u64 = 12 * 3600;
const URL_LIFE: Duration = Duration::from_secs(3600);

/// Bytes per part: the usual size, or more when a source would have too many parts.
pub(crate) fn part_size_for(size: Option<u64>, usual: u64) -> u64 {
    let least = size.unwrap_or(0).div_ceil(MAX_PARTS);
    if least <= usual { usual.max(1) } else { least.next_multiple_of(1 << 20) }
}

/// How many parts a source of `size` bytes has.
pub(crate) fn part_count(size: u64, part_size: u64) -> u64 {
    size.div_ceil(part_size.max(1))
}

/// Refuses what only an open upload can do.
pub(crate) fn expect_uploading(video: &Video) -> Result<()> {
    match (video.state, video.origin) {
        (State::Uploading, _) => Ok(()),
        (_, Origin::Recording) => Err(take_ended()),
        (_, Origin::Upload | Origin::Live) => Err(Problem::new(
            StatusCode::CONFLICT,
            "not_uploading",
            "This upload was completed; its parts cannot change any more.",
        )),
    }
}

/// A take that was completed, by another tab, or by the server when it had heard nothing for a while.
pub(crate) fn take_ended() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "take_ended",
        "This recording has ended: it was completed elsewhere, or nothing came for too long. What had come is kept as a video; save \
         the rest as a new one.",
    )
}

/// Most parts that a source may have.
pub(crate) fn most_parts(origin: Origin) -> u64 {
    match origin {
        Origin::Upload => MAX_PARTS,
        Origin::Recording => MAX_TAKE_PARTS,
        Origin::Live => 0,
    }
}

/// What an account may have, in bytes; `None` when there is no limit.
pub(crate) fn quota(app: &App) -> Option<i64> {
    Some(app.config.quota_bytes)
        .filter(|quota| *quota > 0)
        .map(|quota| i64::try_from(quota).unwrap_or(i64::MAX))
}

/// Says what an account lacks whose new video of `needed` bytes was not taken; nothing without a quota.
pub(crate) async fn refuse_over_quota(app: &App, account: &AccountId, needed: u64) -> Result<()> {
    if quota(app).is_none() {
        return Ok(());
    }
    let used = app.store.usage(account).await?.total();
    Err(Problem::quota_exceeded(needed, used.unsigned_abs(), app.config.quota_bytes))
}

/// Whether there is room for `more` bytes of a source that has not announced its size.
pub(crate) async fn check_room(app: &App, video: &Video, more: u64) -> Result<()> {
    if video.size.is_some() {
        return Ok(());
    }
    let (received, _) = app.store.stored_bytes(&video.id).await?.unwrap_or_default();
    if received.unsigned_abs().saturating_add(more) > app.config.max_upload_bytes {
        let limit = app.config.max_upload_bytes >> 20;
        let detail = format!(
            "The recording has reached the {limit} MiB that this server takes. What is here is kept; end it now."
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
    }
    let quota = app.config.quota_bytes;
    if quota == 0 {
        return Ok(());
    }
    let used = app.store.usage(&video.account_id).await?.total().unsigned_abs();
    if used.saturating_add(more) > quota { Err(Problem::quota_exceeded(more, used, quota)) } else { Ok(()) }
}

/// How many bytes a part must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartLength {
    /// The source's size is known, and so is the part's.
    Exactly(u64),
    /// A recording's parts end when they end.
    AtMost(u64),
}

/// What a signed part URL binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartUrl {
    pub(crate) video: VideoId,
    pub(crate) number: u32,
    pub(crate) length: PartLength,
    /// Seconds since 1970.
    expires: i64,
}

/// The query of a part URL, as it comes back.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct PartQuery {
    length: String,
    expires: i64,
    signature: Secret,
}

impl PartUrl {
    /// The URL for part `number` of an open upload; `None` when the source has no such part.
    pub(crate) fn for_part(video: &Video, number: u32, now: Micros) -> Option<Self> {
        let part_size = u64::try_from(video.part_size).ok()?;
        let size = video.size.and_then(|size| u64::try_from(size).ok());
        if u64::from(number) > most_parts(video.origin) {
            return None;
        }
        let length = part_length(size, part_size, u64::from(number))?;
        let expires = now.plus(URL_LIFE).0 / 1_000_000;
        Some(Self { video: video.id.clone(), number, length, expires })
    }

    /// Reads a URL that came back; `None` when it is not one that this server signed.
    pub(crate) fn verified(video: VideoId, number: u32, query: &PartQuery, signer: &Signer) -> Option<Self> {
        let url = Self { video, number, length: parse_length(&query.length)?, expires: query.expires };
        signer.verify(&[url.meaning().as_bytes()], query.signature.expose()).then_some(url)
    }

    /// The path with its signature.
    pub(crate) fn signed(&self, signer: &Signer) -> String {
        let signature = signer.sign(&[self.meaning().as_bytes()]);
        let (length, expires) = (self.length_text(), self.expires);
        format!(
            "/upload/{}/{}?length={length}&expires={expires}&signature={signature}",
            self.video, self.number
        )
    }

    /// When the URL ends.
    pub(crate) fn expires_at(&self) -> Micros {
        Micros(self.expires.saturating_mul(1_000_000))
    }

    /// What is signed.
    fn meaning(&self) -> String {
        format!("{}/{} {} {}", self.video, self.number, self.length_text(), self.expires)
    }

    fn length_text(&self) -> String {
        match self.length {
            PartLength::Exactly(bytes) => bytes.to_string(),
            PartLength::AtMost(bytes) => format!("-{bytes}"),
        }
    }
}

/// What `complete` found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// All parts are here: how many, and their bytes.
    Whole { count: i64, size: i64 },
    /// These numbers are not here.
    Missing(Vec<i64>),
    /// A recording without a part.
    Empty,
    /// The parts cannot make the announced source.
    Wrong(String),
}

/// Whether `parts` (in order) make the whole source. `count` is what the client says, when it says.
pub(crate) fn completeness(video: &Video, parts: &[SourcePart], count: Option<i64>) -> Completeness {
    let last = parts.last().map_or(0, |part| part.number);
    let expected = match video.size {
        Some(size) => {
            part_count(size.unsigned_abs(), video.part_size.unsigned_abs()).try_into().unwrap_or(i64::MAX)
        }
        None => count.unwrap_or(last),
    };
    if let Some(count) = count.filter(|count| *count != expected) {
        return Completeness::Wrong(format!("The file has {expected} parts, not {count}."));
    }
    if expected < 1 && video.origin == Origin::Recording {
        return Completeness::Empty;
    }
    if expected < 1 {
        return Completeness::Wrong("There is nothing to complete: no part was put.".to_owned());
    }
    if last > expected {
        return Completeness::Wrong(format!("There is a part {last}, after the last one, {expected}."));
    }
    let most = i64::try_from(most_parts(video.origin)).unwrap_or(i64::MAX);
    if expected > most {
        return Completeness::Wrong(format!("There are at most {most} parts, not {expected}."));
    }
    let missing: Vec<i64> = (1..=expected)
        .filter(|number| parts.binary_search_by_key(number, |part| part.number).is_err())
        .collect();
    if missing.is_empty() {
        Completeness::Whole { count: expected, size: parts.iter().map(|part| part.size).sum() }
    } else {
        Completeness::Missing(missing)
    }
}

fn part_length(size: Option<u64>, part_size: u64, number: u64) -> Option<PartLength> {
    if number == 0 {
        return None;
    }
    let Some(size) = size else { return Some(PartLength::AtMost(part_size)) };
    let start = (number - 1).checked_mul(part_size)?;
    let left = size.checked_sub(start).filter(|left| *left > 0)?;
    Some(PartLength::Exactly(left.min(part_size)))
}

fn parse_length(text: &str) -> Option<PartLength> {
    match text.strip_prefix('-') {
        Some(most) => most.parse().ok().map(PartLength::AtMost),
        None => text.parse().ok().map(PartLength::Exactly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_source_is_in_exactly_one_part() {
        for (size, part) in [(1, 8), (8, 8), (9, 8), (80, 8), (81, 8)] {
            let count = part_count(size, part);
            let lengths: Vec<_> = (1..=count).map(|number| part_length(Some(size), part, number)).collect();
            let sum: u64 = lengths
                .iter()
                .map(|length| if let Some(PartLength::Exactly(n)) = length { *n } else { 0 })
                .sum();
            assert_eq!(sum, size, "{size} in parts of {part}");
            assert_eq!(part_length(Some(size), part, count + 1), None);
        }
        assert_eq!(part_length(None, 8, 3), Some(PartLength::AtMost(8)));
        assert_eq!(part_length(Some(8), 8, 0), None);
    }

    #[test]
    fn huge_sources_get_larger_parts_instead_of_too_many() {
        assert_eq!(part_size_for(Some(1 << 30), 8 << 20), 8 << 20);
        let size = 1 << 40;
        assert!(part_count(size, part_size_for(Some(size), 8 << 20)) <= MAX_PARTS);
    }

    #[test]
    fn a_part_url_cannot_be_changed() {
        let signer = domain::mac::MasterSecret::new([3; 32]).signer("test");
        let video = VideoId::from_random([1; 8]);
        let url = PartUrl { video: video.clone(), number: 2, length: PartLength::Exactly(8), expires: 100 };
        let signed = url.signed(&signer);
        let query = |text: &str| {
            let pairs: std::collections::HashMap<_, _> =
                text.split('&').filter_map(|pair| pair.split_once('=')).collect();
            PartQuery {
                length: pairs["length"].into(),
                expires: pairs["expires"].parse().unwrap(),
                signature: pairs["signature"].to_owned().into(),
            }
        };
        let good = signed.split_once('?').unwrap().1;
        assert_eq!(PartUrl::verified(video.clone(), 2, &query(good), &signer), Some(url));
        assert_eq!(PartUrl::verified(video.clone(), 3, &query(good), &signer), None);
        assert_eq!(PartUrl::verified(VideoId::from_random([2; 8]), 2, &query(good), &signer), None);
        for (from, to) in
            [("length=8", "length=9"), ("length=8", "length=-8"), ("expires=100", "expires=101")]
        {
            assert_eq!(
                PartUrl::verified(video.clone(), 2, &query(&good.replace(from, to)), &signer),
                None,
                "{to}"
            );
        }
    }
}
