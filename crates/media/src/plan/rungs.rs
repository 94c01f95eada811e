//! From the verdicts to the rungs.

use super::copy::{ON_GRID, peak_rate};
use super::{EncodedVideo, LadderConfig, Plan, Rung, Sound, Track, Verdict, copy_audio, copy_video};
use crate::borders::Borders;
use crate::probe::{AudioStream, Probe, Size, SubtitleStream, VideoStream, own_name};

/// How much larger, in percent, a rung has to be than the one below it.
const CLOSE_PERCENT: u64 = 115;
/// Up to which shorter side the rungs of a short source are made in one decode.
const SHORT_TOGETHER: u32 = 1080;

/// Decides what is made of a source.
pub fn plan(probe: &Probe, borders: &Borders, ladder: &LadderConfig) -> Plan {
    let mut rungs = Vec::new();
    let mut reasons = Vec::new();
    if let Some(video) = &probe.video {
        video_rungs(probe, video, borders, ladder, &mut rungs, &mut reasons);
    }
    for (number, audio) in (1..).zip(probe.sounds()) {
        rungs.push(audio_rung(probe, audio, borders, ladder, number, &mut reasons));
    }
    reasons.extend(probe.subtitles.iter().filter_map(left_out));
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
    let mut sizes = sizes(even(video.display), ladder);
    if let Verdict::Copy | Verdict::Bridge(_) = &verdict {
        rungs.push(Rung {
            name: name(video.display),
            stage: 1,
            track: Track::CopiedVideo { size: video.display, bridge: matches!(verdict, Verdict::Bridge(_)) },
            sound: None,
            codecs: None,
            // Of a source that still arrives only the head is known; the rest is measured when it is whole.
            bandwidth: peak_rate(probe, video, borders).max(if borders.grid {
                video.bit_rate / 2 * 3
            } else {
                0
            }),
            average_bandwidth: video.bit_rate,
            reason: format!("copied: {what}"),
        });
        if verdict == Verdict::Copy {
            // The copy is the rung of the source's own size.
            sizes.retain(|size| !close(size.short_side(), video.display.short_side()));
        }
    } else {
        let quick = quick(&sizes, ladder);
        sizes.retain(|size| Some(*size) != quick);
        rungs.extend(quick.and_then(|size| {
            let why = why.map_or("", String::as_str);
            let reason = format!("first to play; {} encoded because {why}", name(size));
            encoded(video, ladder, size, 1, reason)
        }));
    }
    let together = together(probe.duration_us, ladder);
    for (size, stage) in staged(&sizes, together) {
        let reason = match why {
            Some(why) => format!("{} encoded because {why}", name(size)),
            None => format!("{} for slower connections", name(size)),
        };
        rungs.extend(encoded(video, ladder, size, stage, reason));
    }
}

/// The sizes of a source's encoded rungs, from small to large: the steps that are clearly smaller, and on top the source's
/// own size, which no step replaces (a film of 1920×800 keeps its 800 lines) unless it is clearly beyond the table.
fn sizes(source: Size, ladder: &LadderConfig) -> Vec<Size> {
    let mut steps: Vec<u32> = ladder.steps.iter().map(|step| step.short_side).collect();
    steps.sort_unstable();
    steps.dedup();
    let own = source.short_side();
    let mut sizes: Vec<Size> = steps
        .iter()
        .filter(|step| **step < own && !close(**step, own))
        .map(|step| fitted(source, *step))
        .collect();
    let beyond = steps.last().is_some_and(|top| *top < own && !close(*top, own));
    if !beyond {
        sizes.push(source);
    }
    sizes
}

/// Whether two rungs would be too much alike to offer both.
fn close(left: u32, right: u32) -> bool {
    u64::from(left.max(right)) * 100 < u64::from(left.min(right)) * CLOSE_PERCENT
}

/// The rung that is made first: the largest that is not above the quick size, or else the smallest.
fn quick(sizes: &[Size], ladder: &LadderConfig) -> Option<Size> {
    let small = sizes.partition_point(|size| size.short_side() <= ladder.quick_short_side);
    sizes.get(small.saturating_sub(1)).copied()
}

/// Up to which shorter side rungs are made in one decode. Of a short source that is more: a decode less brings all of it sooner
/// than 720p alone would bring anything to somebody who has seen its end by then.
fn together(duration_us: i64, ladder: &LadderConfig) -> u32 {
    let short = duration_us <= i64::from(ladder.short_seconds) * 1_000_000;
    let least = if short { SHORT_TOGETHER } else { 0 };
    ladder.together_short_side.max(least)
}

/// Gives each further rung its stage: those up to `together` lines in one, each higher one alone.
fn staged(sizes: &[Size], together: u32) -> Vec<(Size, u8)> {
    let (low, high): (Vec<Size>, Vec<Size>) = sizes.iter().partition(|size| size.short_side() <= together);
    let first = if low.is_empty() { 2 } else { 3 };
    // Within a stage from large to small: each is scaled from the one before it.
    let low = low.into_iter().rev().map(|size| (size, 2));
    low.chain(high.into_iter().zip(first..)).collect()
}

fn encoded(
    video: &VideoStream,
    ladder: &LadderConfig,
    size: Size,
    stage: u8,
    reason: String,
) -> Option<Rung> {
    let rate = frame_rate(video);
    let step = ladder.step(size.short_side())?.levelled(size, rate.min(f64::from(ladder.max_frame_rate)));
    Some(Rung {
        name: name(size),
        stage,
        sound: None,
        codecs: Some(step.codecs()),
        // Boxes and the buffer's slack on top of what the encoder is held to.
        bandwidth: step.maxrate / 10 * 11,
        average_bandwidth: step.maxrate / 10 * 6,
        track: Track::EncodedVideo(EncodedVideo {
            size,
            frame_rate_cap: frame_rate_cap(rate, ladder),
            quick: stage == 1,
            step,
        }),
        reason,
    })
}

/// Sound `number`, from 1: the first is the default one and is made with the first rung, the others follow.
fn audio_rung(
    probe: &Probe,
    audio: &AudioStream,
    borders: &Borders,
    ladder: &LadderConfig,
    number: usize,
    reasons: &mut Vec<String>,
) -> Rung {
    let label =
        audio.title.clone().or_else(|| audio.language.as_deref().and_then(own_name).map(str::to_owned));
    let name = if number == 1 { "audio".to_owned() } else { format!("audio-{number}") };
    let sound = match (number, &label) {
        (1, _) => "Sound".to_owned(),
        (_, Some(label)) => format!("Sound {number} ({label})"),
        (_, None) => format!("Sound {number}"),
    };
    let what = format!("{}, {}", sound_codec(audio), channels(audio.channels));
    let verdict = if borders.grid { Verdict::Encode(ON_GRID.to_owned()) } else { copy_audio(probe, audio) };
    let (track, bandwidth, average_bandwidth, reason) = match verdict {
        Verdict::Copy => {
            reasons.push(format!("{sound} copied: {what}."));
            // Variable rates peak at about one and a half times their mean.
            (Track::CopiedAudio, audio.bit_rate / 2 * 3, audio.bit_rate, format!("copied: {what}"))
        }
        Verdict::Bridge(reason) | Verdict::Encode(reason) => {
            reasons.push(format!("{sound} encoded because {reason}: {what}."));
            let settings = ladder.audio;
            let rate = settings.bit_rate;
            (Track::EncodedAudio(settings), rate / 10 * 11, rate, format!("encoded because {reason}"))
        }
    };
    let codecs = Some("mp4a.40.2".to_owned());
    let sound = Sound {
        stream: audio.index,
        language: audio.language.clone(),
        label,
        channels: if matches!(track, Track::CopiedAudio) { audio.channels } else { ladder.audio.channels },
        default: number == 1,
    };
    let (stage, sound) = (if number == 1 { 1 } else { 2 }, Some(sound));
    Rung { name, stage, track, sound, codecs, bandwidth, average_bandwidth, reason }
}

/// Why subtitles do not become captions.
fn left_out(subtitle: &SubtitleStream) -> Option<String> {
    (!subtitle.is_text()).then(|| {
        let language = subtitle.language.as_deref().and_then(own_name).unwrap_or("no language given");
        format!("Subtitles ({language}) left out because they are pictures of text: {}.", subtitle.codec)
    })
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

/// The cap, where `rate` is above it by more than 59.94 is beside 60 or a few jittering timestamps make.
pub(super) fn frame_rate_cap(rate: f64, ladder: &LadderConfig) -> Option<u32> {
    (rate > f64::from(ladder.max_frame_rate) * 1.02).then_some(ladder.max_frame_rate)
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
