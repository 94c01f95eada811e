//! The dialogue with a server.

use crate::delta;
use crate::http::{Answer, Http};
use crate::media::media;
use crate::playlist::{Playlist, streams};
use crate::report::{Report, Rule};
use crate::rules::{follows, look};
use url::Url;

/// So many updates of each playlist are waited for; more than a segment has parts, so that one closes on the way.
pub const USUAL_UPDATES: u32 = 10;
/// Segments that may have come between two looks at two playlists.
const BETWEEN: u64 = 2;
/// So far ahead nobody may ask.
const FAR_AHEAD: u64 = 1_000;

/// Checks the stream at an address, a multivariant or a media playlist: `updates` of each of its playlists are followed.
///
/// # Errors
/// A sentence when there is no live stream to look at.
pub async fn check(http: &impl Http, url: &Url, updates: u32) -> Result<Report, String> {
    let first = http.get(url, false).await?;
    if first.status != 200 {
        return Err(format!("{url} answers with {}", first.status));
    }
    let text = String::from_utf8_lossy(&first.body).into_owned();
    let mut addresses = Vec::new();
    for uri in streams(&text) {
        addresses.push(url.join(&uri).map_err(|error| format!("{uri} is no address: {error}"))?);
    }
    let mut report = Report::default();
    if addresses.is_empty() {
        addresses.push(url.clone());
    } else {
        headers_of_list(&mut report, url.path(), &first, 1);
    }
    let mut dialogue = Dialogue { http, report, addresses };
    let mut ends = Vec::new();
    for number in 0..dialogue.addresses.len() {
        if let Some(address) = dialogue.addresses.get(number).cloned() {
            ends.extend(dialogue.stream(&address, updates).await?);
        }
    }
    aligned(&mut dialogue.report, &ends);
    Ok(dialogue.report)
}

struct Dialogue<'a, H> {
    http: &'a H,
    report: Report,
    /// Of all playlists.
    addresses: Vec<Url>,
}

impl<H: Http> Dialogue<'_, H> {
    /// Follows one playlist; answers how it ended.
    async fn stream(&mut self, url: &Url, updates: u32) -> Result<Option<Playlist>, String> {
        let name = url.path().to_owned();
        let Some((mut list, answer)) = self.list(url, &name).await else { return Ok(None) };
        if list.ended {
            return Err(format!("{url} has ended: what is to be checked is a stream that is on"));
        }
        let target = list.target_duration.unwrap_or(1);
        headers_of_list(&mut self.report, &name, &answer, target);
        look(&mut self.report, &name, &list);
        self.compressed(url, &name).await;
        self.refusals(url, &name, &list).await;
        for update in 0..updates {
            // A few times the announced part itself is waited for, and the list after it.
            if update % 4 == 1 {
                self.hinted(url, &name, &list).await;
            }
            let Some(now) = self.next(url, &name, &list).await else { return Ok(None) };
            look(&mut self.report, &name, &now);
            follows(&mut self.report, &name, &list, &now);
            list = now;
        }
        self.at_once(url, &name, &list).await;
        self.reports(url, &name, &list).await;
        self.delta(url, &name, &list).await;
        self.parts(url, &name, &list).await;
        Ok(Some(list))
    }

    async fn get(&mut self, url: &Url, name: &str) -> Option<Answer> {
        let answer = self.http.get(url, false).await;
        let why = answer.as_ref().err().cloned();
        self.report.check(Rule::Readable, why.is_none(), || format!("{name}: {}", why.unwrap_or_default()));
        answer.ok()
    }

    /// Fetches and reads a playlist.
    async fn list(&mut self, url: &Url, name: &str) -> Option<(Playlist, Answer)> {
        let answer = self.get(url, name).await?;
        let read = match answer.status {
            200 => Playlist::parse(&String::from_utf8_lossy(&answer.body)),
            status => Err(format!("it answers with {status}")),
        };
        let why = read.as_ref().err().cloned();
        self.report.check(Rule::Readable, why.is_none(), || format!("{name}: {}", why.unwrap_or_default()));
        Some((read.ok()?, answer))
    }

    async fn compressed(&mut self, url: &Url, name: &str) {
        if let Ok(answer) = self.http.get(url, true).await {
            let coding = answer.header("content-encoding").to_owned();
            self.report.check(Rule::Gzip, !coding.is_empty(), || format!("{name}: it comes as it is"));
        }
    }

    async fn refusals(&mut self, url: &Url, name: &str, list: &Playlist) {
        let far = list.open_msn().saturating_add(FAR_AHEAD);
        for query in ["_HLS_part=0".to_owned(), format!("_HLS_msn={far}")] {
            if let Some(answer) = self.get(&asking(url, &query), name).await {
                let status = answer.status;
                self.report
                    .check(Rule::Refusals, status == 400, || format!("{name}?{query} answers with {status}"));
            }
        }
    }

    /// Waits for the next part by its number.
    async fn next(&mut self, url: &Url, name: &str, list: &Playlist) -> Option<Playlist> {
        let (msn, part) = list.next_part();
        let query = format!("_HLS_msn={msn}&_HLS_part={part}");
        let (now, answer) = self.list(&asking(url, &query), name).await?;
        let there = now.open_msn() > msn || now.parts(msn).len() as u64 > part || now.ended;
        self.report.check(Rule::Blocking, there, || format!("{name}?{query} was answered without that part"));
        let kept = answer.max_age().is_some_and(|seconds| seconds >= 1) && !answer.never_kept();
        self.report.check(Rule::CachePlaylist, kept, || {
            format!("{name}?{query}: Cache-Control is {:?}", answer.header("cache-control"))
        });
        (!now.ended).then_some(now)
    }

    async fn at_once(&mut self, url: &Url, name: &str, list: &Playlist) {
        let query = format!("_HLS_msn={}", list.open_msn().saturating_sub(1));
        let most = list.target_duration.unwrap_or(1);
        if let Some((_, answer)) = self.list(&asking(url, &query), name).await {
            self.report.check(Rule::AtOnce, answer.took.as_secs() < most, || {
                format!("{name}?{query} took {} ms", answer.took.as_millis())
            });
        }
    }

    /// Asks for what is announced: it comes when it is there.
    async fn hinted(&mut self, url: &Url, name: &str, list: &Playlist) {
        let Some(hint) = list.hints.iter().find(|hint| hint.kind == "PART") else { return };
        let Ok(part) = url.join(&hint.uri) else { return };
        if let Some(answer) = self.get(&part, name).await {
            let held = answer.status == 200 && !answer.body.is_empty();
            self.report.check(Rule::PreloadHint, held, || {
                format!("{name}: {} was announced and answers with {}", hint.uri, answer.status)
            });
        }
    }

    /// Compares what is reported of the others with what they say of themselves, a moment later.
    async fn reports(&mut self, url: &Url, name: &str, list: &Playlist) {
        let others: Vec<_> = self.addresses.iter().filter(|other| *other != url).cloned().collect();
        if others.is_empty() {
            self.report.unseen(Rule::RenditionReport, "there is one playlist only");
        }
        for other in others {
            let of = |uri: &str| url.join(uri).is_ok_and(|address| address == other);
            let Some(told) = list.reports.iter().find(|report| of(&report.uri)) else {
                self.report.check(Rule::RenditionReport, false, || {
                    format!("{name} says nothing of {}", other.path())
                });
                continue;
            };
            let Some((real, _)) = self.list(&other, other.path()).await else { continue };
            let (msn, part) = (told.last_msn.unwrap_or(u64::MAX), told.last_part.unwrap_or(0));
            let reached = real.segment(msn).is_some() || real.parts(msn).len() as u64 > part;
            let recent = msn.saturating_add(BETWEEN) >= real.open_msn();
            self.report.check(Rule::RenditionReport, reached && recent, || {
                format!(
                    "{name} says {msn}.{part} of {}, which then ended before {:?}",
                    other.path(),
                    real.next_part()
                )
            });
        }
    }

    async fn delta(&mut self, url: &Url, name: &str, list: &Playlist) {
        if list.control.is_none_or(|control| control.can_skip_until.is_none()) {
            return self.report.unseen(Rule::Delta, "CAN-SKIP-UNTIL is not offered");
        }
        if !delta::can_skip(list) {
            return self.report.unseen(
                Rule::Delta,
                "the lists are too short yet: try again when CAN-SKIP-UNTIL has passed",
            );
        }
        let Some((update, _)) = self.list(&asking(url, "_HLS_skip=YES"), name).await else { return };
        let Some((after, _)) = self.list(url, name).await else { return };
        delta::look(&mut self.report, name, (list, &update, &after));
    }

    /// Fetches the newest whole segment and its parts.
    async fn parts(&mut self, url: &Url, name: &str, list: &Playlist) {
        let Some(segment) = list.segments.last() else { return };
        let whole = self.object(url, name, &segment.uri, list).await;
        let mut parts = Vec::new();
        for part in &segment.parts {
            if part.range || part.gap {
                return self.report.unseen(Rule::PartsAreSegment, "the parts are ranges or gaps");
            }
            let Some(bytes) = self.object(url, name, &part.uri, list).await else { return };
            parts.extend_from_slice(&bytes);
        }
        let Some(whole) = whole.filter(|_| !parts.is_empty()) else {
            return self.report.unseen(Rule::PartsAreSegment, "the newest segment lists no parts");
        };
        let same = parts == *whole
            || media(&parts).is_some_and(|parts| media(&whole).is_some_and(|whole| whole == parts));
        self.report.check(Rule::PartsAreSegment, same, || {
            format!("{name}: the parts of {} are not what it is", segment.uri)
        });
    }

    /// A part or a segment, with its headers looked at.
    async fn object(&mut self, url: &Url, name: &str, uri: &str, list: &Playlist) -> Option<bytes::Bytes> {
        let answer = self.get(&url.join(uri).ok()?, name).await?;
        self.report.check(Rule::Readable, answer.status == 200, || {
            format!("{name}: {uri} answers with {}", answer.status)
        });
        if answer.status != 200 {
            return None;
        }
        let least = list.target_duration.unwrap_or(1).saturating_mul(6);
        let kept = answer.max_age().is_some_and(|seconds| seconds >= least) && !answer.never_kept();
        self.report.check(Rule::CacheMedia, kept, || {
            format!("{name}: Cache-Control of {uri} is {:?}", answer.header("cache-control"))
        });
        open_to_all(&mut self.report, uri, &answer);
        Some(answer.body)
    }
}

fn asking(url: &Url, query: &str) -> Url {
    let mut asking = url.clone();
    // What the address itself asks for, such as a token, stays.
    let query = url.query().map_or(query.to_owned(), |own| format!("{own}&{query}"));
    asking.set_query(Some(&query));
    asking
}

/// The headers of a list that is asked for without a number.
fn headers_of_list(report: &mut Report, name: &str, answer: &Answer, target: u64) {
    let short = answer.max_age().is_some_and(|seconds| seconds <= target);
    report.check(Rule::CachePlaylist, short && !answer.never_kept(), || {
        format!("{name}: Cache-Control is {:?}", answer.header("cache-control"))
    });
    open_to_all(report, name, answer);
}

fn open_to_all(report: &mut Report, name: &str, answer: &Answer) {
    let origin = answer.header("access-control-allow-origin");
    report
        .check(Rule::Cors, !origin.is_empty(), || format!("{name}: Access-Control-Allow-Origin is missing"));
    if answer.multiplexed {
        report.check(Rule::Multiplexed, true, String::new);
    } else {
        report.unseen(Rule::Multiplexed, "HTTP/1.1 was spoken, which suffices without https only");
    }
}

/// Compares playlists that were seen one after the other.
fn aligned(report: &mut Report, lists: &[Playlist]) {
    let Some((first, others)) = lists.split_first() else { return };
    if others.is_empty() {
        report.unseen(Rule::Aligned, "there is one playlist only");
    }
    for other in others {
        for (msn, segment) in other.numbered() {
            let Some(known) = first.segment(msn) else { continue };
            let target = i64::try_from(first.target_duration.unwrap_or(1))
                .unwrap_or(i64::MAX)
                .saturating_mul(1_000_000);
            let apart = known.duration.saturating_sub(segment.duration).saturating_abs();
            let held = known.discontinuity == segment.discontinuity && apart <= target / 2;
            report.check(Rule::Aligned, held, || {
                format!("segment {msn} is cut in another way in another playlist")
            });
        }
        let same = first.media_sequence != other.media_sequence
            || first.discontinuity_sequence == other.discontinuity_sequence;
        report.check(Rule::Aligned, same, || "EXT-X-DISCONTINUITY-SEQUENCE differs".to_owned());
    }
}
