//! The predicate: which tracks of a source are good enough to be sent as they are.

use super::LadderConfig;
use super::rungs::{frame_rate, frame_rate_cap};
use crate::borders::{Borders, Copying};
use crate::probe::{AudioStream, Probe, Ratio, VideoStream, rate};

/// Longest time without a keyframe in a copied picture.
pub const COPY_GAP_US: i64 = 6_000_000;
/// The same in a bridge, which plays alone for a while.
pub const BRIDGE_GAP_US: i64 = 12_000_000;

/// Why nothing is copied of a source that plays while it arrives: its keyframes and gaps are not known yet.
pub(super) const ON_GRID: &str = "it could be watched while it was being uploaded";

const CHANGES: &str = "its codec parameters change on the way";

/// What the predicate says of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Send it as it is.
    Copy,
    /// Send it as it is until an encoded rung of its height exists; why it is not more.
    Bridge(String),
    /// Encode it; the first reason against copying.
    Encode(String),
}

/// Whether the picture can be copied.
pub fn copy_video(probe: &Probe, video: &VideoStream, borders: &Borders, ladder: &LadderConfig) -> Verdict {
    let against = match borders.copying {
        Copying::NotWhileArriving => Some(ON_GRID.to_owned()),
        Copying::ProvedWrong => Some(CHANGES.to_owned()),
        Copying::Begun => against_video(video),
        Copying::Judged => against_video(video)
            .or_else(|| full_range(video))
            .or_else(|| too_fast(video, ladder))
            .or_else(|| too_heavy(probe, video, borders, ladder)),
    };
    if let Some(reason) = against {
        return Verdict::Encode(reason);
    }
    if borders.copying == Copying::Begun {
        return Verdict::Copy;
    }
    let gap = video.packets.max_keyframe_gap_us;
    let reason = format!("the keyframe gap is {:.1} s", gap as f64 / 1e6);
    match gap {
        gap if gap <= COPY_GAP_US => Verdict::Copy,
        gap if gap <= BRIDGE_GAP_US => Verdict::Bridge(reason),
        _ => Verdict::Encode(reason),
    }
}

/// Whether the picture of a stream can be copied while it arrives, by its first bytes: `None` when they do not tell yet.
///
/// A recording is made by a browser's encoder, which gives keyframes and takes bits as it is asked to; any other stream has to
/// show that its keyframes come often and its rate is that of its height. What the rest of the source says against it is heard when it is here.
pub fn copy_while_arriving(head: &Probe, recording: bool, ladder: &LadderConfig) -> Option<bool> {
    let Some(video) = &head.video else { return Some(false) };
    let heavy =
        ladder.step(video.display.short_side()).is_some_and(|step| video.bit_rate > step.maxrate / 2 * 3);
    if against_video(video).or_else(|| too_fast(video, ladder)).is_some() {
        return Some(false);
    }
    if recording {
        return Some(true);
    }
    let packets = &video.packets;
    let seen = packets.end_us.saturating_sub(packets.first_us);
    match packets.max_keyframe_gap_us {
        _ if heavy || full_range(video).is_some() => Some(false),
        gap if gap > COPY_GAP_US => Some(false),
        _ if packets.keyframes_total >= 2 => Some(true),
        _ if seen > COPY_GAP_US => Some(false),
        _ => None,
    }
}

fn against_video(video: &VideoStream) -> Option<String> {
    let packets = &video.packets;
    let profile = video.profile.as_deref().unwrap_or("unknown");
    let format = video.pixel_format.as_deref().unwrap_or("unknown");
    let reason = |text: &str| Some(text.to_owned());
    if video.codec != "h264" {
        return Some(format!("the codec is {}", video.codec));
    }
    if !matches!(profile, "Baseline" | "Constrained Baseline" | "Main" | "High") {
        return Some(format!("the H.264 profile is {profile}"));
    }
    if !matches!(format, "yuv420p" | "yuvj420p") {
        return Some(format!("the pixel format is {format}"));
    }
    if video.is_hdr() {
        return reason("it is HDR");
    }
    if video.is_interlaced() {
        return reason("it is interlaced");
    }
    match video.level {
        Some(level) if level <= 52 => {}
        Some(level) => return Some(format!("the H.264 level is {:.1}", f64::from(level) / 10.0)),
        None => return reason("the H.264 level is unknown"),
    }
    if video.rotation != 0 {
        return Some(format!("it is turned by {} degrees", video.rotation));
    }
    if video.mirrored {
        return reason("it is mirrored");
    }
    let Ratio { num, den } = video.sample_aspect;
    if num != den {
        return Some(format!("its pixels are not square ({num}:{den})"));
    }
    if packets.parameter_changes > 0 {
        return reason(CHANGES);
    }
    if packets.hidden > 0 {
        return reason("its edit list hides pictures that a copy would show");
    }
    if packets.untimed > 0 || packets.disordered > 0 {
        return reason("its timestamps are missing or out of order");
    }
    if packets.leading > 0 {
        return reason("its GOPs are open");
    }
    if packets.keyframes.first().is_none_or(|key| key.us > packets.first_us) {
        return reason("it does not begin with a keyframe");
    }
    None
}

/// Colours that not every client reads rightly; a browser's recording of a canvas has them, and browsers play it.
fn full_range(video: &VideoStream) -> Option<String> {
    (video.pixel_format.as_deref() == Some("yuvj420p")).then(|| "its colours use the full range".to_owned())
}

/// More frames a second than any rung may have.
fn too_fast(video: &VideoStream, ladder: &LadderConfig) -> Option<String> {
    let rate = frame_rate(video);
    frame_rate_cap(rate, ladder).map(|cap| format!("it has {rate:.0} frames a second, more than {cap}"))
}

/// A segment above one and a half times what its height may have.
fn too_heavy(probe: &Probe, video: &VideoStream, borders: &Borders, ladder: &LadderConfig) -> Option<String> {
    let cap = ladder.step(video.display.short_side())?.maxrate;
    let peak = peak_rate(probe, video, borders);
    (peak > cap / 2 * 3).then(|| {
        format!(
            "{:.1} Mbit/s at its peak is above one and a half times the {:.1} Mbit/s of its height",
            peak as f64 / 1e6,
            cap as f64 / 1e6
        )
    })
}

/// Highest bit rate of a segment of the copied picture, in bit/s. A short last one does not count.
pub(super) fn peak_rate(probe: &Probe, video: &VideoStream, borders: &Borders) -> u64 {
    let ends = borders.copied.iter().skip(1).copied().chain([probe.duration_us]);
    let mut keys = video.packets.keyframes.iter().peekable();
    let mut peak = 0;
    for (&from, to) in borders.copied.iter().zip(ends) {
        let mut bytes: u64 = 0;
        while let Some(key) = keys.next_if(|key| key.us < to) {
            bytes = bytes.saturating_add(key.bytes);
        }
        if to - from >= 1_000_000 || from == 0 {
            peak = peak.max(rate(bytes, to - from));
        }
    }
    peak
}

/// Whether the sound can be copied. `Bridge` is never the answer.
pub fn copy_audio(probe: &Probe, audio: &AudioStream) -> Verdict {
    against_audio(probe, audio).map_or(Verdict::Copy, Verdict::Encode)
}

fn against_audio(probe: &Probe, audio: &AudioStream) -> Option<String> {
    let packets = &audio.packets;
    let reason = |text: &str| Some(text.to_owned());
    if audio.codec != "aac" {
        return Some(format!("the codec is {}", audio.codec));
    }
    match audio.profile.as_deref() {
        Some("LC") => {}
        profile => return Some(format!("the AAC profile is {}", profile.unwrap_or("unknown"))),
    }
    if audio.channels > 2 {
        return Some(format!("it has {} channels", audio.channels));
    }
    if !matches!(audio.sample_rate, 44_100 | 48_000) {
        return Some(format!("it has {} samples a second", audio.sample_rate));
    }
    if packets.gaps > 0 {
        return reason("it has gaps");
    }
    if packets.hidden > 0 || packets.priming > MOST_PRIMING {
        return reason("its edit list hides parts that a copy would play");
    }
    let start = probe.video.as_ref().map_or(0, |video| video.packets.first_us);
    if (packets.first_us - start).abs() > LATE_US {
        return reason("it does not start with the picture");
    }
    if probe.duration_us - packets.end_us > SHORT_US {
        return reason("it ends before the picture");
    }
    None
}

/// Packets before 0 that are an encoder's priming, and no cut.
const MOST_PRIMING: u64 = 4;
/// How far sound and picture may start apart.
const LATE_US: i64 = 100_000;
/// How much earlier than the picture the sound may end: a player waits for the missing sound.
const SHORT_US: i64 = 500_000;
