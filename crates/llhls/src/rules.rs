//! The rules about a list, and about a list and the one before it.

use crate::playlist::{Part, Playlist};
use crate::report::{Report, Rule};

/// EXT-X-VERSION that delta updates ask for (RFC 8216bis §8), and that fragmented MP4 does.
const VERSION_OF_SKIP: u64 = 9;
const VERSION_OF_MAP: u64 = 6;
/// Durations are written with few digits: so much, in microseconds, may be lost in each of them.
const ROUNDING: i64 = 1_000;

/// Looks at one playlist; `name` stands in the report.
pub fn look(report: &mut Report, name: &str, list: &Playlist) {
    let target = micros_of(list.target_duration);
    let skips = list.control.is_some_and(|control| control.can_skip_until.is_some());
    let least = if skips { VERSION_OF_SKIP } else { VERSION_OF_MAP };
    report
        .check(Rule::Version, list.version >= least, || format!("{name}: EXT-X-VERSION is {}", list.version));
    report.check(Rule::IndependentSegments, list.independent_segments, || format!("{name}: it is missing"));
    match list.target_duration {
        None => {
            report.check(Rule::TargetDuration, false, || format!("{name}: EXT-X-TARGETDURATION is missing"));
        }
        Some(target) => {
            for (msn, segment) in list.numbered() {
                let rounded = segment.duration.saturating_add(500_000) / 1_000_000;
                report.check(
                    Rule::TargetDuration,
                    u64::try_from(rounded).is_ok_and(|seconds| seconds <= target),
                    || format!("{name}: segment {msn} lasts {} s of {target}", seconds(segment.duration)),
                );
            }
        }
    }
    control(report, name, list, target);
    match list.part_target {
        None => report.check(Rule::PartTarget, false, || format!("{name}: EXT-X-PART-INF is missing")),
        Some(target) => {
            report.check(Rule::PartTarget, target > 0, || format!("{name}: PART-TARGET is 0"));
            parts(report, name, list, target);
        }
    }
    let dated = list.segments.iter().any(|segment| segment.program_date_time.is_some());
    if !list.segments.is_empty() {
        report.check(Rule::DateTime, dated, || format!("{name}: no segment has one"));
    }
    let hinted = list.hints.iter().any(|hint| hint.kind == "PART");
    if !list.ended {
        report.check(Rule::PreloadHint, hinted, || format!("{name}: no part is announced"));
    }
}

fn control(report: &mut Report, name: &str, list: &Playlist, target: i64) {
    let Some(control) = list.control else {
        report.check(Rule::ServerControl, false, || format!("{name}: EXT-X-SERVER-CONTROL is missing"));
        return;
    };
    let mut at_least = |what: &str, value: Option<i64>, least: i64, needed: bool| {
        let held = value.map_or(!needed, |value| value >= least);
        report.check(Rule::ServerControl, held, || {
            let value = value.map_or("missing".to_owned(), seconds);
            format!("{name}: {what} is {value}, at least {} is asked for", seconds(least))
        });
    };
    let parts = list.part_target.unwrap_or(0);
    at_least("PART-HOLD-BACK", control.part_hold_back, parts.saturating_mul(3), true);
    at_least("HOLD-BACK", control.hold_back, target.saturating_mul(3), false);
    at_least("CAN-SKIP-UNTIL", control.can_skip_until, target.saturating_mul(6), false);
    report.check(Rule::ServerControl, control.can_block_reload, || {
        format!("{name}: CAN-BLOCK-RELOAD is missing")
    });
}

fn parts(report: &mut Report, name: &str, list: &Playlist, target: i64) {
    let mut after = list.length();
    for (msn, segment) in list.numbered() {
        after = after.saturating_sub(segment.duration);
        if segment.parts.is_empty() {
            continue;
        }
        let last = segment.parts.len() - 1;
        for (number, part) in segment.parts.iter().enumerate() {
            one_part(report, &format!("{name}: part {number} of {msn}"), part, (target, number == last));
        }
        let sum = segment.parts.iter().map(|part| part.duration).fold(0, i64::saturating_add);
        let apart = sum.saturating_sub(segment.duration).saturating_abs();
        let lost = ROUNDING.saturating_mul(i64::try_from(segment.parts.len()).unwrap_or(i64::MAX));
        report.check(Rule::PartSum, apart <= lost, || {
            format!(
                "{name}: segment {msn} lasts {} s, its parts {} s",
                seconds(segment.duration),
                seconds(sum)
            )
        });
        if list.independent_segments {
            let first = segment.parts.first().is_some_and(|part| part.independent);
            report.check(Rule::PartIndependent, first, || format!("{name}: the first part of {msn} is not"));
        }
        let near = micros_of(list.target_duration).saturating_mul(3);
        report.check(Rule::PartWindow, after <= near, || {
            format!("{name}: parts of {msn}, {} s from the end", seconds(after))
        });
    }
    for (number, part) in list.open.iter().enumerate() {
        // Whether the newest one is the last of its segment, nobody knows yet.
        let newest = number + 1 == list.open.len();
        one_part(report, &format!("{name}: part {number} of {}", list.open_msn()), part, (target, newest));
    }
}

fn one_part(report: &mut Report, name: &str, part: &Part, (target, may_be_short): (i64, bool)) {
    let short = part.duration.saturating_add(ROUNDING).saturating_mul(100) < target.saturating_mul(85);
    let held = part.duration <= target.saturating_add(ROUNDING)
        && (!short || part.independent || may_be_short || part.gap);
    report.check(Rule::PartDuration, held, || {
        format!("{name} lasts {} s, PART-TARGET is {}", seconds(part.duration), seconds(target))
    });
}

/// Looks at what has changed since an earlier list of the same stream.
pub fn follows(report: &mut Report, name: &str, before: &Playlist, now: &Playlist) {
    let mut same = |what: &str, held: bool| {
        report.check(Rule::GoesOn, held, || format!("{name}: {what} has changed"));
    };
    same("EXT-X-TARGETDURATION", before.target_duration == now.target_duration);
    same("PART-TARGET", before.part_target == now.part_target);
    let next = |list: &Playlist| list.next_part();
    report.check(
        Rule::GoesOn,
        next(now) >= next(before) && now.media_sequence >= before.media_sequence,
        || format!("{name}: it ended with {:?} and now with {:?}", next(before), next(now)),
    );
    for (msn, segment) in now.numbered() {
        let known = before.segment(msn);
        // Parts leave as a segment grows old; what is listed of them stays.
        let parts = before.parts(msn);
        let grew = segment.parts.is_empty() || segment.parts.starts_with(parts) || parts.is_empty();
        let stayed = known.is_none_or(|known| {
            (known.duration, &known.uri, known.discontinuity)
                == (segment.duration, &segment.uri, segment.discontinuity)
        });
        if known.is_some() || !parts.is_empty() {
            report
                .check(Rule::GoesOn, stayed && grew, || format!("{name}: segment {msn} is another one now"));
        }
    }
    hint_was_kept(report, name, before, now);
}

/// What was announced is what came.
fn hint_was_kept(report: &mut Report, name: &str, before: &Playlist, now: &Playlist) {
    let (msn, part) = before.next_part();
    let Some(hint) = before.hints.iter().find(|hint| hint.kind == "PART") else { return };
    let came = usize::try_from(part).ok().and_then(|part| now.parts(msn).get(part));
    // A segment that was closed with what was there has no such part: the first one of the next has that name then, or none.
    if let Some(came) = came.filter(|came| !came.range) {
        report.check(Rule::PreloadHint, came.uri == hint.uri, || {
            format!("{name}: {} was announced and {} came", hint.uri, came.uri)
        });
    }
}

fn micros_of(seconds: Option<u64>) -> i64 {
    i64::try_from(seconds.unwrap_or(0)).unwrap_or(i64::MAX).saturating_mul(1_000_000)
}

pub(crate) fn seconds(micros: i64) -> String {
    let text = format!("{}.{:03}", micros / 1_000_000, micros % 1_000_000 / 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
