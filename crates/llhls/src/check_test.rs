//! The dialogue with servers that are made of a function: good ones, and ones that break one rule each.

use super::{Answer, Http, Playlist, Report, Rule, check};
use std::cell::Cell;
use std::fmt::Write as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use url::Url;

/// What a server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    LongPart,
    ShortPart,
    HoldBack,
    NoHint,
    OtherHint,
    HintIsLost,
    TakesAnyNumber,
    AnswersTooSoon,
    SkipsTooMuch,
    NeverKept,
    NoCors,
    NoGzip,
    OtherMedia,
    Renames,
    NoReports,
    ReportsTheFuture,
    NoDates,
    TargetGrows,
}

/// A stream of a picture and a sound, two seconds to a segment and six parts to each; its time goes on with the questions.
struct Origin {
    fault: Fault,
    /// Parts that there are.
    parts: Cell<u64>,
    /// Questions for the announced part and for blocked lists let it come into being.
    asked: Cell<u64>,
}

const PARTS: u64 = 6;

impl Origin {
    fn new(fault: Fault, segments: u64) -> Self {
        Self { fault, parts: Cell::new(segments * PARTS + 1), asked: Cell::new(0) }
    }

    fn list(&self, skip: bool) -> String {
        let is = |fault| self.fault == fault;
        let (segments, open) = (self.parts.get() / PARTS, self.parts.get() % PARTS);
        let target = if is(Fault::TargetGrows) && self.asked.get() > 9 { 5 } else { 4 };
        let hold_back = if is(Fault::HoldBack) { "0.9" } else { "1.08" };
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:{target}\n\
             #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=24,HOLD-BACK=12,PART-HOLD-BACK={hold_back}\n\
             #EXT-X-PART-INF:PART-TARGET=0.36\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-MAP:URI=\"init.mp4\"\n"
        );
        let kept = if is(Fault::SkipsTooMuch) { 2 } else { 12 };
        let skipped = if skip { segments.saturating_sub(kept) } else { 0 };
        if skipped > 0 {
            writeln!(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}").unwrap();
        }
        for msn in skipped..=segments {
            if msn < segments && !is(Fault::NoDates) {
                let minute = (msn / 30, msn * 2 % 60);
                writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T04:{:02}:{:02}.000Z", minute.0, minute.1)
                    .unwrap();
            }
            let listed = if msn == segments { open } else { PARTS };
            for part in (0..listed).filter(|_| msn + 3 >= segments) {
                let first = if part == 0 { ",INDEPENDENT=YES" } else { "" };
                let duration = match (part, self.fault) {
                    (1, Fault::LongPart) => "0.4",
                    (2, Fault::LongPart) => "0.266667",
                    (1, Fault::ShortPart) => "0.2",
                    _ => "0.333333",
                };
                writeln!(text, "#EXT-X-PART:DURATION={duration},URI=\"{msn}.{part}.m4s\"{first}").unwrap();
            }
            if msn < segments {
                let other = if is(Fault::Renames) && msn + 2 == segments { "other-" } else { "" };
                writeln!(text, "#EXTINF:2.0,\n{other}{msn}.m4s").unwrap();
            }
        }
        let next = if is(Fault::OtherHint) { PARTS + 3 } else { open };
        if !is(Fault::NoHint) {
            writeln!(text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{segments}.{next}.m4s\"").unwrap();
        }
        text
    }

    fn answer(&self, url: &Url, gzip: bool) -> Answer {
        self.asked.set(self.asked.get() + 1);
        let query = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        let mut seconds = 1;
        let (mut status, mut body) = (200, Vec::new());
        let file = url.path().rsplit('/').next().unwrap();
        if file == "master.m3u8" {
            body = b"#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a/index.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/index.m3u8\n".to_vec();
        } else if file == "index.m3u8" {
            match (query("_HLS_msn"), query("_HLS_part")) {
                (None, Some(_)) => status = 400,
                (Some(msn), _) if msn.parse::<u64>().unwrap() > self.parts.get() / PARTS + 2 => status = 400,
                (Some(msn), Some(part)) => {
                    seconds = 24;
                    let wanted = msn.parse::<u64>().unwrap() * PARTS + part.parse::<u64>().unwrap() + 1;
                    if self.fault != Fault::AnswersTooSoon {
                        self.parts.set(self.parts.get().max(wanted));
                    }
                }
                _ => {}
            }
            if self.fault == Fault::TakesAnyNumber {
                status = 200;
            }
            if status == 200 {
                let mut list = self.list(query("_HLS_skip").is_some());
                if self.fault != Fault::NoReports {
                    let other = if url.path().contains("/v/") { "a" } else { "v" };
                    let ahead = if self.fault == Fault::ReportsTheFuture { 1 } else { 0 };
                    let last = self.parts.get() - 1;
                    let (msn, part) = (last / PARTS + ahead, last % PARTS);
                    writeln!(list, "#EXT-X-RENDITION-REPORT:URI=\"../{other}/index.m3u8\",LAST-MSN={msn},LAST-PART={part}").unwrap();
                }
                body = list.into_bytes();
            }
        } else {
            seconds = 31_536_000;
            let name = file.trim_end_matches(".m4s");
            let whole =
                |media: &[u8]| [&(8 + media.len() as u32).to_be_bytes(), b"mdat".as_slice(), media].concat();
            match name.split_once('.') {
                Some((msn, part)) => {
                    let number = msn.parse::<u64>().unwrap() * PARTS + part.parse::<u64>().unwrap();
                    if self.fault == Fault::HintIsLost && number >= self.parts.get() {
                        status = 404;
                    } else {
                        self.parts.set(self.parts.get().max(number + 1));
                        body = whole(part.as_bytes());
                    }
                }
                None if self.fault == Fault::OtherMedia => body = whole(b"543210"),
                None => body = whole(b"012345"),
            }
        }
        let mut headers = vec![("cache-control".to_owned(), format!("public, max-age={seconds}"))];
        if self.fault == Fault::NeverKept {
            headers[0].1 = "no-cache".to_owned();
        }
        if self.fault != Fault::NoCors {
            headers.push(("access-control-allow-origin".to_owned(), "*".to_owned()));
        }
        if gzip && self.fault != Fault::NoGzip {
            headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        Answer { status, headers, body: body.into(), took: Duration::from_millis(2), multiplexed: false }
    }
}

impl Http for Origin {
    async fn get(&self, url: &Url, gzip: bool) -> Result<Answer, String> {
        Ok(self.answer(url, gzip))
    }
}

fn checked(fault: Fault, segments: u64) -> Report {
    let origin = Origin::new(fault, segments);
    let url = Url::parse("http://example.com/x/master.m3u8").unwrap();
    let mut check = pin!(check(&origin, &url, 12));
    match check.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(report) => report.unwrap(),
        Poll::Pending => unreachable!("this server answers at once"),
    }
}

#[test]
fn a_good_stream_passes_and_every_rule_was_looked_at() {
    let report = checked(Fault::Nothing, 20);
    assert!(report.passed(), "{report}");
    assert_eq!(report.to_string().lines().filter(|line| line.starts_with("unseen")).count(), 1, "{report}");
    assert_eq!(report.outcome(Rule::Multiplexed).seen, 0, "plain HTTP needs no HTTP/2");
}

#[test]
fn each_fault_breaks_its_rule() {
    for (fault, rule) in [
        (Fault::LongPart, Rule::PartDuration),
        (Fault::HoldBack, Rule::ServerControl),
        (Fault::NoHint, Rule::PreloadHint),
        (Fault::OtherHint, Rule::PreloadHint),
        (Fault::HintIsLost, Rule::PreloadHint),
        (Fault::TakesAnyNumber, Rule::Refusals),
        (Fault::AnswersTooSoon, Rule::Blocking),
        (Fault::SkipsTooMuch, Rule::Delta),
        (Fault::NoCors, Rule::Cors),
        (Fault::NoGzip, Rule::Gzip),
        (Fault::OtherMedia, Rule::PartsAreSegment),
        (Fault::Renames, Rule::GoesOn),
        (Fault::NoReports, Rule::RenditionReport),
        (Fault::ReportsTheFuture, Rule::RenditionReport),
        (Fault::NoDates, Rule::DateTime),
        (Fault::TargetGrows, Rule::GoesOn),
    ] {
        let report = checked(fault, 20);
        assert!(report.broken().any(|broken| broken == rule), "{fault:?}\n{report}");
    }
    let many = |fault| checked(fault, 20).broken().collect::<Vec<_>>();
    assert_eq!(many(Fault::ShortPart), [Rule::PartDuration, Rule::PartSum]);
    assert_eq!(many(Fault::NeverKept), [Rule::CachePlaylist, Rule::CacheMedia]);
}

#[test]
fn a_list_that_is_too_short_for_delta_updates_says_so() {
    let report = checked(Fault::Nothing, 3);
    assert!(report.passed(), "{report}");
    assert_eq!(report.outcome(Rule::Delta).seen, 0);
    assert!(report.to_string().contains("too short"), "{report}");
}

#[test]
fn what_is_no_playlist_is_told() {
    for (text, wanted) in [
        ("<html>", "does not begin"),
        ("#EXTM3U\nx.m4s", "no #EXTINF"),
        ("#EXTM3U\n#EXTINF:x,\nx.m4s", "no duration"),
        ("#EXTM3U\n#EXT-X-TARGETDURATION:x", "no number"),
        ("#EXTM3U\n#EXT-X-PART:DURATION=1", "no URI"),
        ("#EXTM3U\n#EXT-X-PART:URI=\"x\"", "no DURATION"),
    ] {
        let why = Playlist::parse(text).unwrap_err();
        assert!(why.contains(wanted), "{text}: {why}");
    }
}
