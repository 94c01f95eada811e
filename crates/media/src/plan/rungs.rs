//! From the verdicts to the rungs.

use super::copy::{ON_GRID, peak_rate};
use super::{EncodedVideo, LadderConfig, Plan, Rung, Track, Verdict, copy_audio, copy_video};
use crate::borders::Borders;
use crate::probe::{AudioStream, Probe, Size, VideoStream};

/// Decides what is made of a source.
pub fn plan(probe: &Probe, borders: &Borders, ladder: &LadderConfig) -> Plan {
    let mut rungs = Vec::new();
    let mut reasons = Vec::new();
    if let Some(video) = &probe.video {
        video_rungs(probe, video, borders, ladder, &mut rungs, &mut reasons);
    }
    if let Some(audio) = &probe.audio {
        rungs.push(audio_rung(probe, audio, borders, ladder, &mut reasons));
    }
    rungs.sort_by_key(|rung| rung.stage);
    Plan { rungs, reasons }
}

fn video_rungs(
    probe: &Probe,
    video: &VideoStream,
    borders: &Borders,
    ladder: &LadderConfig,
    rungs: &mut Vec<Rung>,
    reasons: &mut Vec<String>,
) {
    let what = describe(video);
    let verdict = copy_video(probe, video, borders, ladder);
    let why = match &verdict {
        Verdict::Copy => {
            reasons.push(format!("Picture copied: {what}."));
            None
        }
        Verdict::Bridge(reason) => {
            reasons.push(format!("Picture copied until it is encoded ({reason}): {what}."));
            Some(reason)
        }
        Verdict::Encode(reason) => {
            reasons.push(format!("Picture encoded because {reason}: {what}."));
            Some(reason)
        }
    };
    let source = even(video.display);
    if let Verdict::Copy | Verdict::Bridge(_) = &verdict {
        rungs.push(Rung {
            name: name(video.display),
            stage: 1,
            track: Track::CopiedVideo { size: video.display, bridge: matches!(verdict, Verdict::Bridge(_)) },
            codecs: None,
            bandwidth: peak_rate(probe, video, borders),
            average_bandwidth: video.bit_rate,
            reason: format!("copied: {what}"),
        });
    } else {
        let size = fitted(source, ladder.quick_short_side);
        let reason =
            format!("first to play; {} encoded because {}", name(size), why.map_or("", String::as_str));
        rungs.extend(encoded(video, ladder, size, 1, reason));
    }
    let second = fitted(source, ladder.second_short_side);
    let repeats = rungs.iter().any(|rung| !rung.bridge() && rung.size() == Some(second));
    if !repeats {
        let reason = match why {
            Some(why) => format!("{} encoded because {why}", name(second)),
            None => format!("{} for slower connections", name(second)),
        };
        rungs.extend(encoded(video, ladder, second, 2, reason));
    }
}

fn encoded(
    video: &VideoStream,
    ladder: &LadderConfig,
    size: Size,
    stage: u8,
    reason: String,
) -> Option<Rung> {
    let rate = frame_rate(video);
    let cap = f64::from(ladder.max_frame_rate);
    let frame_rate_cap = (rate > cap * 1.02).then_some(ladder.max_frame_rate);
    let step = ladder.step(size.short_side())?.levelled(size, rate.min(cap));
    Some(Rung {
        name: name(size),
        stage,
        codecs: Some(step.codecs()),
        // Boxes and the buffer's slack on top of what the encoder is held to.
        bandwidth: step.maxrate / 10 * 11,
        average_bandwidth: step.maxrate / 10 * 6,
        track: Track::EncodedVideo(EncodedVideo { size, frame_rate_cap, quick: stage == 1, step }),
        reason,
    })
}

fn audio_rung(
    probe: &Probe,
    audio: &AudioStream,
    borders: &Borders,
    ladder: &LadderConfig,
    reasons: &mut Vec<String>,
) -> Rung {
    let what = format!("{}, {}", sound_codec(audio), channels(audio.channels));
    let verdict = if borders.grid { Verdict::Encode(ON_GRID.to_owned()) } else { copy_audio(probe, audio) };
    let (track, bandwidth, average_bandwidth, reason) = match verdict {
        Verdict::Copy => {
            reasons.push(format!("Sound copied: {what}."));
            // Variable rates peak at about one and a half times their mean.
            (Track::CopiedAudio, audio.bit_rate / 2 * 3, audio.bit_rate, format!("copied: {what}"))
        }
        Verdict::Bridge(reason) | Verdict::Encode(reason) => {
            reasons.push(format!("Sound encoded because {reason}: {what}."));
            let settings = ladder.audio;
            let rate = settings.bit_rate;
            (Track::EncodedAudio(settings), rate / 10 * 11, rate, format!("encoded because {reason}"))
        }
    };
    let codecs = Some("mp4a.40.2".to_owned());
    Rung { name: "audio".to_owned(), stage: 1, track, codecs, bandwidth, average_bandwidth, reason }
}

/// `H.264 High 4.1, 1920×1080, 30 frames a second`.
fn describe(video: &VideoStream) -> String {
    let codec = match video.codec.as_str() {
        "h264" => "H.264",
        "hevc" => "H.265",
        other => other,
    };
    let profile = video.profile.as_deref().map(|profile| format!(" {profile}")).unwrap_or_default();
    let level = match (video.codec.as_str(), video.level) {
        ("h264", Some(level)) => format!(" {:.1}", f64::from(level) / 10.0),
        _ => String::new(),
    };
    let Size { width, height } = video.display;
    let rate = format!("{:.2}", video.average_frame_rate.as_f64());
    let rate = rate.trim_end_matches('0').trim_end_matches('.');
    format!("{codec}{profile}{level}, {width}×{height}, {rate} frames a second")
}

fn sound_codec(audio: &AudioStream) -> String {
    match (audio.codec.as_str(), audio.profile.as_deref()) {
        ("aac", Some(profile)) => format!("AAC {profile}"),
        (codec, _) => codec.to_ascii_uppercase(),
    }
}

fn channels(count: u32) -> String {
    match count {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        n => format!("{n} channels"),
    }
}

/// The name of a rung: its shorter side.
fn name(size: Size) -> String {
    format!("{}p", size.short_side())
}

/// Frames a second to plan for: the mean, as the highest may be a rounding of two timestamps.
pub(crate) fn frame_rate(video: &VideoStream) -> f64 {
    video.average_frame_rate.as_f64()
}

/// Encoders want even sizes.
fn even(size: Size) -> Size {
    Size { width: (size.width & !1).max(2), height: (size.height & !1).max(2) }
}

/// `source` with a shorter side of at most `short_side`, in the same shape as far as even sizes go.
fn fitted(source: Size, short_side: u32) -> Size {
    let short = source.short_side();
    if short <= short_side || short == 0 {
        return source;
    }
    let scaled = |side: u32| {
        let halves = (u64::from(side) * u64::from(short_side) + u64::from(short)) / (2 * u64::from(short));
        u32::try_from(halves * 2).unwrap_or(side).max(2)
    };
    let short_side = short_side & !1;
    if source.width < source.height {
        Size { width: short_side, height: scaled(source.height) }
    } else {
        Size { width: scaled(source.width), height: short_side }
    }
}

#[cfg(test)]
#[path = "plan_test.rs"]
mod tests;
