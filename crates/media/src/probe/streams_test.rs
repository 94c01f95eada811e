use super::*;

/// ffprobe 5.1 on a trailer of Big Buck Bunny ((c) Blender Foundation, CC BY 3.0).
const TRAILER: &str = r#"{ "programs": [], "streams": [
  { "index": 0, "codec_name": "h264", "profile": "High", "codec_type": "video", "width": 1280, "height": 720,
    "has_b_frames": 2, "pix_fmt": "yuv420p", "level": 31, "field_order": "progressive", "r_frame_rate": "24/1",
    "avg_frame_rate": "24/1", "time_base": "1/12288", "disposition": { "default": 1, "attached_pic": 0 }, "tags": {} },
  { "index": 1, "codec_name": "mp3", "codec_type": "audio", "sample_rate": "44100", "channels": 2,
    "r_frame_rate": "0/0", "avg_frame_rate": "0/0", "time_base": "1/44100", "disposition": { "default": 1 }, "tags": {} }
] }"#;

#[test]
fn a_picture_and_a_sound() {
    let description = describe(TRAILER.as_bytes()).unwrap();
    let (video, audio) = (description.video.unwrap(), description.audio.unwrap());
    assert_eq!(
        (video.codec.as_str(), video.profile.as_deref(), video.level),
        ("h264", Some("High"), Some(31))
    );
    assert_eq!((video.coded, video.rotation), (Size { width: 1280, height: 720 }, 0));
    assert_eq!(
        (video.average_frame_rate, video.time_base),
        (Some(Ratio { num: 24, den: 1 }), Ratio { num: 1, den: 12288 })
    );
    assert_eq!(
        (audio.codec.as_str(), audio.channels, audio.sample_rate, audio.profile),
        ("mp3", 2, 44_100, None)
    );
    assert_eq!((description.streams, description.unknown), (2, None));
}

fn one(fields: &str) -> Description {
    describe(format!(r#"{{"streams": [{{"index": 0, "codec_type": "video", {fields}}}]}}"#).as_bytes())
        .unwrap()
}

#[test]
fn turns_come_from_the_matrix_or_the_old_tag() {
    let rotation = |fields: &str| {
        one(&format!(r#""codec_name": "h264", "width": 4, "height": 2, {fields}"#)).video.unwrap().rotation
    };
    assert_eq!(rotation(r#""side_data_list": [{"rotation": -90}]"#), 90);
    assert_eq!(rotation(r#""side_data_list": [{}, {"rotation": 90}]"#), 270);
    assert_eq!(rotation(r#""side_data_list": [{"rotation": -0.0}]"#), 0);
    assert_eq!(rotation(r#""tags": {"rotate": "180"}"#), 180);
    assert_eq!(rotation(r#""tags": {"rotate": "1e999"}"#), 0);
    assert_eq!(rotation(r#""side_data_list": [{"rotation": 0.3}]"#), 0);
}

#[test]
fn a_mirror_is_seen_in_the_matrix() {
    let mirrored = |rows: &str| {
        let fields = format!(
            r#""codec_name": "h264", "width": 4, "height": 2, "side_data_list": [{{"displaymatrix": "{rows}", "rotation": 0}}]"#
        );
        one(&fields).video.unwrap().mirrored
    };
    let matrix = |a: i32, b: i32, c: i32, d: i32| {
        format!(r"\n00000000: {a} {b} 0\n00000001: {c} {d} 0\n00000002: 0 0 1073741824\n")
    };
    assert!(mirrored(&matrix(65536, 0, 0, -65536)) && mirrored(&matrix(0, 65536, 65536, 0)));
    assert!(!mirrored(&matrix(65536, 0, 0, 65536)) && !mirrored(&matrix(-65536, 0, 0, -65536)));
    assert!(
        !mirrored("")
            && !mirrored("nonsense: a b")
            && !mirrored(&matrix(i32::MIN, i32::MIN, i32::MIN, i32::MIN))
    );
}

#[test]
fn every_track_of_sound_and_text_is_listed_with_its_language() {
    let mut streams: Vec<String> = (0..12)
        .map(|index| {
            format!(r#"{{"index": {index}, "codec_type": "audio", "codec_name": "aac", "channels": 2, "sample_rate": "48000",
                "tags": {{"language": "ger", "handler_name": "SoundHandler"}}, "disposition": {{"default": {}}}}}"#, u8::from(index == 3))
        })
        .collect();
    streams.push(r#"{"index": 12, "codec_type": "subtitle", "codec_name": "subrip", "tags": {"title": "Sing\u0007 along"}}"#.to_owned());
    streams.push(r#"{"index": 13, "codec_type": "subtitle", "codec_name": "dvd_subtitle"}"#.to_owned());
    let description = describe(format!(r#"{{"streams": [{}]}}"#, streams.join(",")).as_bytes()).unwrap();
    let first = description.audio.unwrap();
    assert_eq!((first.index, first.language.as_deref(), first.title), (3, Some("de"), None));
    let further: Vec<_> = description.further_audio.iter().map(|audio| audio.index).collect();
    assert_eq!(further, [0, 1, 2, 4, 5, 6, 7]);
    let subtitles: Vec<_> =
        description.subtitles.iter().map(|track| (track.title.as_deref(), track.is_text())).collect();
    assert_eq!(subtitles, [(Some("Sing along"), true), (None, false)]);
}

#[test]
fn a_cover_is_no_picture() {
    let cover = one(r#""codec_name": "mjpeg", "width": 4, "height": 2, "disposition": {"attached_pic": 1}"#);
    assert_eq!((cover.video, cover.unknown), (None, None));
}

#[test]
fn a_codec_without_a_name_is_said() {
    assert_eq!(one(r#""width": 4, "height": 2"#).unknown, Some("picture"));
}

#[test]
fn the_default_track_is_taken() {
    let text = r#"{"streams": [
        {"index": 0, "codec_type": "audio", "codec_name": "aac", "channels": 2, "sample_rate": "48000"},
        {"index": 1, "codec_type": "audio", "codec_name": "ac3", "channels": 6, "sample_rate": "48000", "disposition": {"default": 1}},
        {"index": 2, "codec_type": "data"}]}"#;
    assert_eq!(describe(text.as_bytes()).unwrap().audio.unwrap().index, 1);
}

#[test]
fn what_is_no_description_is_none() {
    for text in ["", "{\"streams\": 1}", "{\"streams\": [{\"index\": -1}]}"] {
        assert_eq!(describe(text.as_bytes()), None, "{text}");
    }
    assert_eq!(describe(b"{}").unwrap().streams, 0);
}
