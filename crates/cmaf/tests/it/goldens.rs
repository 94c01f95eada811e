//! What is written, as text that a reviewer can judge. `BLESS=1 cargo test -p cmaf` writes the texts anew.

use cmaf::dash::{AdaptationSet, Content, Media, Mpd, Representation, SegmentEntry, SegmentList};
use cmaf::playlist::{
    Bandwidth, FrameRate, MediaPlaylist, MediaSegment, MultivariantPlaylist, Rendition, Resolution, Variant,
};
use cmaf::{ContentHash, Epoch, MediaTime, Segment, SegmenterConfig, boxes, names};

use crate::support::{cut, fixture, path, read};

fn check(name: &str, actual: &str) {
    let golden = path("goldens").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(actual, expected, "{name} differs; BLESS=1 accepts it");
}

fn segments(name: &str) -> Vec<Segment> {
    let (init, fragments) = read(&fixture(name)).unwrap();
    cut(&init.track, SegmenterConfig::new(vec![0, 1_000_000, 2_000_000]), fragments, None)
}

fn media_playlist(name: &str, endlist: bool) -> MediaPlaylist {
    let (init, _) = read(&fixture(name)).unwrap();
    let entry = |segment: &Segment| MediaSegment {
        duration: segment.duration,
        uri: names::segment_file(Epoch(0), segment.msn, ContentHash::of(&segment.bytes)),
    };
    MediaPlaylist {
        target_duration: 1,
        map: names::init_file(Epoch(0), ContentHash::of(&init.bytes)),
        segments: segments(name).iter().map(entry).collect(),
        start_at_zero: true,
        endlist,
    }
}

#[test]
fn what_ffmpeg_writes() {
    check("ffmpeg-video.txt", &boxes::dump(&fixture("video.mp4")));
}

#[test]
fn a_video_segment() {
    check("segment-video.txt", &boxes::dump(&segments("video.mp4")[1].bytes));
}

#[test]
fn a_video_segment_of_variable_frame_rate() {
    check("segment-video-vfr.txt", &boxes::dump(&segments("video-vfr.mp4")[0].bytes));
}

#[test]
fn an_audio_segment() {
    check("segment-audio.txt", &boxes::dump(&segments("audio.mp4")[2].bytes));
}

#[test]
fn a_media_playlist_that_grows() {
    check("media-growing.m3u8", &media_playlist("video.mp4", false).to_string());
}

#[test]
fn a_media_playlist_that_has_ended() {
    check("media-ended.m3u8", &media_playlist("audio.mp4", true).to_string());
}

#[test]
fn a_multivariant_playlist() {
    let measured = |name: &str| {
        let sizes: Vec<_> = segments(name).iter().map(|s| (s.bytes.len() as u64, s.duration)).collect();
        Bandwidth::measure(&sizes, 1).unwrap()
    };
    let audio = measured("audio.mp4");
    let variant = |name: &str, frame_rate| {
        let Bandwidth { peak, average } = measured(name) + audio;
        Variant {
            uri: format!("{}/index.m3u8", name.trim_end_matches(".mp4")),
            bandwidth: peak,
            average_bandwidth: Some(average),
            codecs: vec!["avc1.64000a".into(), "mp4a.40.2".into()],
            resolution: Some(Resolution { width: 64, height: 36 }),
            frame_rate,
            audio: Some("audio".into()),
            subtitles: Some("captions".into()),
        }
    };
    let playlist = MultivariantPlaylist {
        variants: vec![
            variant("video.mp4", Some(FrameRate { numerator: 12, denominator: 1 })),
            variant("video-vfr.mp4", None),
        ],
        audio: vec![Rendition {
            group_id: "audio".into(),
            name: "Original".into(),
            language: Some("en".into()),
            channels: Some(1),
            default: true,
            uri: "audio/index.m3u8".into(),
        }],
        subtitles: vec![Rendition {
            group_id: "captions".into(),
            name: "Deutsch".into(),
            language: Some("de".into()),
            channels: None,
            default: false,
            uri: "captions/de/index.m3u8".into(),
        }],
        independent_segments: true,
    };
    check("multivariant.m3u8", &playlist.to_string());
}

fn segment_list(name: &str) -> SegmentList {
    let (init, _) = read(&fixture(name)).unwrap();
    let entry = |segment: &Segment| SegmentEntry {
        start: segment.start.ticks().unsigned_abs(),
        duration: segment.duration.ticks().unsigned_abs(),
        uri: names::segment_file(Epoch(0), segment.msn, ContentHash::of(&segment.bytes)),
    };
    SegmentList {
        base: format!("{}/", name.trim_end_matches(".mp4")),
        timescale: init.track.timescale,
        initialization: names::init_file(Epoch(0), ContentHash::of(&init.bytes)),
        segments: segments(name).iter().map(entry).collect(),
    }
}

#[test]
fn a_dash_manifest() {
    let empty = Representation {
        id: String::new(),
        bandwidth: 100_000,
        codecs: None,
        resolution: None,
        frame_rate: None,
        channels: None,
        media: Media::File("captions/de-00.vtt".into()),
    };
    let picture = |name: &str, frame_rate| Representation {
        id: name.trim_end_matches(".mp4").into(),
        codecs: Some("avc1.64000a".into()),
        resolution: Some(Resolution { width: 64, height: 36 }),
        frame_rate,
        media: Media::Segments(segment_list(name)),
        ..empty.clone()
    };
    let sound = Representation {
        id: "audio".into(),
        codecs: Some("mp4a.40.2".into()),
        channels: Some(1),
        media: Media::Segments(segment_list("audio.mp4")),
        ..empty.clone()
    };
    let set = |content, language: Option<&str>, representations| AdaptationSet {
        content,
        language: language.map(str::to_owned),
        label: language.map(|_| "Director\"s <cut>".to_owned()),
        main: content != Content::Text,
        representations,
    };
    let mpd = Mpd {
        duration: MediaTime::from_micros(3_000_000),
        min_buffer: MediaTime::from_micros(1_000_000),
        adaptation_sets: vec![
            set(
                Content::Video,
                None,
                vec![
                    picture("video.mp4", Some(FrameRate { numerator: 12, denominator: 1 })),
                    picture("video-vfr.mp4", Some(FrameRate { numerator: 30_000, denominator: 1001 })),
                ],
            ),
            set(Content::Audio, Some("en"), vec![sound]),
            set(Content::Text, Some("de"), vec![Representation { id: "captions-de".into(), ..empty }]),
        ],
    };
    check("manifest.mpd", &mpd.to_string());
}
