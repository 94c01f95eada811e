use super::*;
use crate::borders::{Copying, borders};
use crate::fixture;
use crate::plan::copy_while_arriving;
use crate::probe::{Ratio, SubtitleStream};

/// One fact of a track made different.
type Change<T> = fn(&mut T);

fn planned(probe: &Probe) -> Plan {
    plan(probe, &borders(probe), &LadderConfig::default())
}

/// The plan in one line: `1 1080p copied, 1 audio copied, 2 640×360 high 3.1`.
fn check(probe: &Probe, expected: &str) {
    let line = |rung: &Rung| {
        let what = match &rung.track {
            Track::CopiedVideo { bridge: true, .. } => format!("{} bridge", rung.name),
            Track::CopiedVideo { .. } | Track::CopiedAudio => format!("{} copied", rung.name),
            Track::EncodedAudio(_) => "audio encoded".to_owned(),
            Track::EncodedVideo(EncodedVideo { size, frame_rate_cap, quick, .. }) => {
                let quick = if *quick { " quick" } else { "" };
                let cap = frame_rate_cap.map(|cap| format!(" ≤{cap}")).unwrap_or_default();
                format!("{}×{}{quick}{cap}", size.width, size.height)
            }
        };
        format!("{} {what}", rung.stage)
    };
    let plan = planned(probe);
    let text: Vec<String> = plan.rungs.iter().map(line).collect();
    assert_eq!(text.join(", "), expected, "{:?}", plan.reasons);
}

#[test]
fn further_sounds_follow_with_the_second_stage() {
    let mut probe = fixture::probe(20, 2.0);
    let mut german = fixture::audio(20);
    (german.index, german.language, german.codec) = (5, Some("de".to_owned()), "opus".to_owned());
    probe.further_audio.push(german);
    let text = |codec: &str| SubtitleStream {
        index: 6,
        codec: codec.to_owned(),
        language: Some("en".to_owned()),
        title: None,
    };
    probe.subtitles = vec![text("subrip"), text("dvd_subtitle")];
    let plan = planned(&probe);
    let sounds: Vec<_> = plan.rungs.iter().filter(|rung| !rung.is_video()).collect();
    let names: Vec<_> = sounds.iter().map(|rung| (rung.name.as_str(), rung.stage, rung.copied())).collect();
    assert_eq!(names, [("audio", 1, true), ("audio-2", 2, false)]);
    let german = sounds[1].sound.as_ref().unwrap();
    assert_eq!((german.stream, german.label.as_deref(), german.default), (5, Some("Deutsch"), false));
    let left_out: Vec<_> = plan.reasons.iter().filter(|reason| reason.contains("left out")).collect();
    assert_eq!(left_out, ["Subtitles (English) left out because they are pictures of text: dvd_subtitle."]);
}

#[test]
fn a_good_film_is_copied_and_gets_lower_rungs() {
    let probe = fixture::probe(60, 2.0);
    check(&probe, "1 1080p copied, 1 audio copied, 2 1280×720, 2 854×480, 2 640×360, 2 426×240");
    assert_eq!(
        planned(&probe).reasons,
        ["Picture copied: H.264 High 4.1, 1920×1080, 30 frames a second.", "Sound copied: AAC LC, stereo."]
    );
}

/// `bbb-trailer-720p24-h264-mp3`: keyframes up to 10.4 s apart, MP3.
#[test]
fn the_trailer_is_a_bridge_with_its_sound_encoded() {
    let mut probe = fixture::probe(55, 10.4);
    let video = probe.video.as_mut().unwrap();
    video.coded = Size { width: 1280, height: 720 };
    video.display = video.coded;
    video.average_frame_rate = Ratio { num: 24, den: 1 };
    video.level = Some(31);
    let audio = probe.audio.as_mut().unwrap();
    audio.codec = "mp3".to_owned();
    audio.profile = None;
    check(&probe, "1 720p bridge, 1 audio encoded, 2 1280×720, 2 854×480, 2 640×360, 2 426×240");
    let plan = planned(&probe);
    assert_eq!(
        plan.reasons,
        [
            "Picture copied until it is encoded (the keyframe gap is 10.4 s): H.264 High 3.1, 1280×720, 24 frames a second.",
            "Sound encoded because the codec is mp3: MP3, stereo."
        ]
    );
    assert_eq!(plan.rungs[4].reason, "360p encoded because the keyframe gap is 10.4 s");
    assert!(borders(&probe).copied.len() < borders(&probe).segments.len());
}

#[test]
fn what_cannot_be_copied_starts_with_a_quick_low_rung() {
    let mut probe = fixture::probe(600, 8.0);
    probe.video.as_mut().unwrap().codec = "vp9".to_owned();
    probe.audio.as_mut().unwrap().codec = "opus".to_owned();
    check(&probe, "1 426×240 quick, 1 audio encoded, 2 1280×720, 2 854×480, 2 640×360, 3 1920×1080");
    let plan = planned(&probe);
    assert_eq!(plan.rungs[0].codecs.as_deref(), Some("avc1.64001e"));
    assert_eq!(plan.rungs[0].reason, "first to play; 240p encoded because the codec is vp9");
    assert_eq!((plan.stages(), plan.stage(1).count(), plan.stage(2).count()), (3, 2, 3));
}

#[test]
fn no_rung_is_larger_than_the_source_or_repeats_another() {
    let sized = |width, height, codec: &str| {
        let mut probe = fixture::probe(100, 2.0);
        let video = probe.video.as_mut().unwrap();
        video.codec = codec.to_owned();
        video.coded = Size { width, height };
        video.display = video.coded;
        // 4 Mbit/s would be too heavy for a small picture.
        video.packets.keyframes.iter_mut().for_each(|key| key.bytes /= 10);
        probe
    };
    check(&sized(640, 360, "h264"), "1 360p copied, 1 audio copied, 2 426×240");
    check(&sized(320, 180, "h264"), "1 180p copied, 1 audio copied");
    check(&sized(320, 180, "vp9"), "1 320×180 quick, 1 audio copied");
    check(&sized(480, 300, "vp9"), "1 384×240 quick, 1 audio copied, 2 480×300");
    check(&sized(320, 250, "vp9"), "1 320×250 quick, 1 audio copied");
    check(
        &sized(1080, 1920, "vp9"),
        "1 240×426 quick, 1 audio copied, 2 720×1280, 2 480×854, 2 360×640, 3 1080×1920",
    );
    check(&sized(321, 241, "vp9"), "1 320×240 quick, 1 audio copied");
    check(&sized(2, 2, "vp9"), "1 2×2 quick, 1 audio copied");
    check(&sized(1, 1, "vp9"), "1 2×2 quick, 1 audio copied");
    check(&sized(8000, 10, "vp9"), "1 8000×10 quick, 1 audio copied");
}

/// Every height that people have, by the encoded rungs from small to large.
#[test]
fn the_ladder_ends_at_the_source() {
    let shapes: &[(u32, u32, &str)] = &[
        (7680, 4320, "1:240 2:720 2:480 2:360 3:1080 4:1440 5:2160"),
        (4096, 2304, "1:240 2:720 2:480 2:360 3:1080 4:1440 5:2304"),
        (3840, 2160, "1:240 2:720 2:480 2:360 3:1080 4:1440 5:2160"),
        (3440, 1440, "1:240 2:720 2:480 2:360 3:1080 4:1440"),
        (1920, 1080, "1:240 2:720 2:480 2:360 3:1080"),
        (1600, 900, "1:240 2:720 2:480 2:360 3:900"),
        (1920, 800, "1:240 2:480 2:360 3:800"),
        (1280, 720, "1:240 2:720 2:480 2:360"),
        (1024, 576, "1:240 2:576 2:480 2:360"),
        (960, 540, "1:240 2:540 2:360"),
        (854, 480, "1:240 2:480 2:360"),
        (640, 360, "1:240 2:360"),
        (426, 240, "1:240"),
        (256, 144, "1:144"),
        (1080, 1920, "1:240 2:720 2:480 2:360 3:1080"),
        (1081, 1921, "1:240 2:720 2:480 2:360 3:1080"),
        (64, 64, "1:64"),
    ];
    for &(width, height, expected) in shapes {
        let mut probe = fixture::probe(100, 2.0);
        let video = probe.video.as_mut().unwrap();
        video.codec = "vp9".to_owned();
        video.coded = Size { width, height };
        video.display = video.coded;
        let plan = planned(&probe);
        let pictures = plan.rungs.iter().filter(|rung| rung.is_video());
        let text: Vec<String> = pictures
            .map(|rung| {
                let size = rung.size().unwrap();
                assert!(size.width <= width && size.height <= height, "{width}×{height}: {size:?}");
                assert!(size.width % 2 == 0 && size.height % 2 == 0, "{width}×{height}: {size:?}");
                assert_eq!(rung.name, format!("{}p", size.short_side()));
                format!("{}:{}", rung.stage, size.short_side())
            })
            .collect();
        assert_eq!(text.join(" "), expected, "{width}×{height}");
        assert_eq!(plan.stages(), plan.rungs.iter().map(|rung| rung.stage).max().unwrap());
    }
}

#[test]
fn a_short_source_is_decoded_once_less() {
    let mut probe = fixture::probe(90, 2.0);
    probe.video.as_mut().unwrap().codec = "vp9".to_owned();
    let sides = |probe: &Probe| -> Vec<(u8, String)> {
        planned(probe)
            .rungs
            .iter()
            .filter(|rung| rung.is_video())
            .map(|rung| (rung.stage, rung.name.clone()))
            .collect()
    };
    let short = sides(&probe);
    let names = ["240p", "1080p", "720p", "480p", "360p"];
    assert_eq!(short, [1, 2, 2, 2, 2].into_iter().zip(names.map(str::to_owned)).collect::<Vec<_>>());
    probe.duration_us += 1;
    assert_eq!(sides(&probe).last(), Some(&(3, "1080p".to_owned())));
}

#[test]
fn a_table_without_low_steps_leaves_out_no_stage() {
    let mut probe = fixture::probe(10, 2.0);
    probe.video.as_mut().unwrap().codec = "vp9".to_owned();
    let mut ladder = LadderConfig::default();
    ladder.steps.retain(|step| step.short_side >= 720);
    ladder.together_short_side = 480;
    let plan = plan(&probe, &borders(&probe), &ladder);
    let stages: Vec<_> = plan.rungs.iter().map(|rung| (rung.stage, rung.name.as_str())).collect();
    assert_eq!(stages, [(1, "720p"), (1, "audio"), (2, "1080p")]);
}

#[test]
fn a_track_alone_is_planned_alone() {
    let mut silent = fixture::probe(10, 2.0);
    silent.audio = None;
    check(&silent, "1 1080p copied, 2 1280×720, 2 854×480, 2 640×360, 2 426×240");
    let mut sound = fixture::probe(10, 2.0);
    sound.video = None;
    check(&sound, "1 audio copied");
}

#[test]
fn too_many_frames_a_second_are_capped() {
    let mut probe = fixture::probe(100, 2.0);
    let video = probe.video.as_mut().unwrap();
    video.codec = "hevc".to_owned();
    video.average_frame_rate = Ratio { num: 120, den: 1 };
    check(
        &probe,
        "1 426×240 quick ≤60, 1 audio copied, 2 1280×720 ≤60, 2 854×480 ≤60, 2 640×360 ≤60, 3 1920×1080 ≤60",
    );
    probe.video.as_mut().unwrap().average_frame_rate = Ratio { num: 60_000, den: 1001 };
    check(&probe, "1 426×240 quick, 1 audio copied, 2 1280×720, 2 854×480, 2 640×360, 3 1920×1080");
}

/// The predicate, one change at a time to a film that is copied.
#[test]
fn a_picture_is_copied_only_if_every_player_shows_it() {
    let refused = |change: fn(&mut VideoStream)| {
        let mut probe = fixture::probe(60, 2.0);
        change(probe.video.as_mut().unwrap());
        let video = probe.video.clone().unwrap();
        match copy_video(&probe, &video, &borders(&probe), &LadderConfig::default()) {
            Verdict::Encode(reason) => reason,
            Verdict::Bridge(reason) => format!("bridge: {reason}"),
            Verdict::Copy => "copied".to_owned(),
        }
    };
    let table: &[(Change<VideoStream>, &str)] = &[
        (|_| {}, "copied"),
        (|v| v.profile = Some("Constrained Baseline".to_owned()), "copied"),
        (|v| v.codec = "hevc".to_owned(), "the codec is hevc"),
        (|v| v.average_frame_rate = Ratio { num: 61, den: 1 }, "copied"),
        (|v| v.average_frame_rate = Ratio { num: 120, den: 1 }, "it has 120 frames a second, more than 60"),
        (|v| v.profile = Some("High 10".to_owned()), "the H.264 profile is High 10"),
        (|v| v.profile = None, "the H.264 profile is unknown"),
        (|v| v.pixel_format = Some("yuv422p".to_owned()), "the pixel format is yuv422p"),
        (|v| v.pixel_format = Some("yuvj420p".to_owned()), "its colours use the full range"),
        (|v| v.color_transfer = Some("arib-std-b67".to_owned()), "it is HDR"),
        (|v| v.field_order = Some("tt".to_owned()), "it is interlaced"),
        (|v| v.level = Some(60), "the H.264 level is 6.0"),
        (|v| v.level = None, "the H.264 level is unknown"),
        (|v| v.rotation = 90, "it is turned by 90 degrees"),
        (|v| v.sample_aspect = Ratio { num: 4, den: 3 }, "its pixels are not square (4:3)"),
        (|v| v.packets.parameter_changes = 1, "its codec parameters change on the way"),
        (|v| v.packets.hidden = 1, "its edit list hides pictures that a copy would show"),
        (|v| v.packets.untimed = 1, "its timestamps are missing or out of order"),
        (|v| v.packets.disordered = 1, "its timestamps are missing or out of order"),
        (|v| v.packets.leading = 1, "its GOPs are open"),
        (|v| v.packets.keyframes.remove(0).us = 0, "it does not begin with a keyframe"),
        (|v| v.packets.max_keyframe_gap_us = 6_000_000, "copied"),
        (|v| v.packets.max_keyframe_gap_us = 6_040_000, "bridge: the keyframe gap is 6.0 s"),
        (|v| v.packets.max_keyframe_gap_us = 12_100_000, "the keyframe gap is 12.1 s"),
        (|v| v.packets.keyframes.iter_mut().for_each(|key| key.bytes *= 3), "copied"),
        (
            |v| v.packets.keyframes[7].bytes *= 10,
            "22.0 Mbit/s at its peak is above one and a half times the 8.0 Mbit/s of its height",
        ),
    ];
    for (change, expected) in table {
        assert_eq!(&refused(*change), expected);
    }
}

#[test]
fn a_stream_is_copied_while_it_arrives_if_its_head_promises_it() {
    let told = |seconds, gop, recording, change: Change<VideoStream>| {
        let mut head = fixture::probe(seconds, gop);
        change(head.video.as_mut().unwrap());
        copy_while_arriving(&head, recording, &LadderConfig::default())
    };
    let full: Change<VideoStream> = |v| v.pixel_format = Some("yuvj420p".to_owned());
    let heavy: Change<VideoStream> = |v| v.bit_rate = 12_100_000;
    let vp8: Change<VideoStream> = |v| v.codec = "vp8".to_owned();
    assert_eq!(told(3, 2.0, false, |_| {}), Some(true));
    assert_eq!(told(3, 9.0, false, |_| {}), None, "one keyframe tells nothing of the next");
    assert_eq!(told(9, 9.0, false, |_| {}), Some(false));
    assert_eq!(
        told(1, 9.0, true, |_| {}),
        Some(true),
        "a recorder gives keyframes when it is asked for them"
    );
    assert_eq!((told(3, 1.0, false, full), told(3, 1.0, true, full)), (Some(false), Some(true)));
    assert_eq!((told(3, 1.0, false, heavy), told(3, 1.0, true, heavy)), (Some(false), Some(true)));
    assert_eq!((told(3, 1.0, false, vp8), told(3, 1.0, true, vp8)), (Some(false), Some(false)));
}

#[test]
fn what_was_copied_while_it_arrived_stays_a_copy_unless_it_is_wrong() {
    let mut probe = fixture::probe(20, 10.0);
    let begun = borders(&probe).copying(Copying::Begun);
    let verdict = |probe: &Probe, borders: &Borders| {
        copy_video(probe, probe.video.as_ref().unwrap(), borders, &LadderConfig::default())
    };
    assert_eq!(verdict(&probe, &begun), Verdict::Copy, "its keyframes may come as late as they like");
    probe.video.as_mut().unwrap().packets.leading = 1;
    assert_eq!(verdict(&probe, &begun), Verdict::Encode("its GOPs are open".to_owned()));
    let wrong = borders(&fixture::probe(20, 2.0)).copying(Copying::ProvedWrong);
    assert!(matches!(verdict(&fixture::probe(20, 2.0), &wrong), Verdict::Encode(_)));
}

#[test]
fn a_sound_is_copied_only_if_every_player_plays_it() {
    let refused = |change: fn(&mut AudioStream)| {
        let mut probe = fixture::probe(60, 2.0);
        change(probe.audio.as_mut().unwrap());
        match copy_audio(&probe, &probe.audio.clone().unwrap()) {
            Verdict::Encode(reason) => reason,
            _ => "copied".to_owned(),
        }
    };
    let table: &[(Change<AudioStream>, &str)] = &[
        (|_| {}, "copied"),
        (|a| a.codec = "opus".to_owned(), "the codec is opus"),
        (|a| a.profile = Some("HE-AAC".to_owned()), "the AAC profile is HE-AAC"),
        (|a| a.channels = 6, "it has 6 channels"),
        (|a| a.channels = 1, "copied"),
        (|a| a.sample_rate = 44_100, "copied"),
        (|a| a.sample_rate = 22_050, "it has 22050 samples a second"),
        (|a| a.packets.gaps = 1, "it has gaps"),
        (|a| a.packets.hidden = 1, "its edit list hides parts that a copy would play"),
        (|a| a.packets.priming = 60, "its edit list hides parts that a copy would play"),
        (|a| a.packets.first_us = 150_000, "it does not start with the picture"),
        (|a| a.packets.end_us = 50_000_000, "it ends before the picture"),
    ];
    for (change, expected) in table {
        assert_eq!(&refused(*change), expected);
    }
}

#[test]
fn a_plan_survives_json() {
    let plan = planned(&fixture::probe(60, 10.0));
    let text = serde_json::to_string(&plan).unwrap();
    assert!(
        text.contains(r#""kind":"copied_video""#) && text.contains(r#""kind":"encoded_video""#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}
