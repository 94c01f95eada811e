//! Generated clips through both ffprobe.

use media::MediaError;
use media::probe::{SourceLimits, probe};
use media::sniff::{Container, Refused};

use crate::support::{Clips, pictures_and_sound, probed, sniffed, tools};

/// Whether two times are within `slack` microseconds.
fn near(a: i64, b: i64, slack: i64) -> bool {
    (a - b).abs() <= slack
}

#[tokio::test]
async fn h264_and_aac_in_mp4() {
    let clips = Clips::new();
    let clip =
        clips.make("a.mp4", &format!("{} -c:v libx264 -g 50 -c:a aac -shortest", pictures_and_sound(6)));
    let probe = probed(&clip).await;
    assert_eq!((probe.container, probe.origin_us, probe.streams), (Container::Mp4, 0, 2));
    assert!(near(probe.duration_us, 6_000_000, 40_000), "{}", probe.duration_us);
    let video = probe.video.unwrap();
    assert_eq!((video.codec.as_str(), video.packets.frames), ("h264", 150));
    assert_eq!((video.packets.end_us, video.packets.keyframes_total), (6_000_000, 3));
    assert_eq!(
        video.packets.keyframes.iter().map(|key| key.us).collect::<Vec<_>>(),
        [0, 2_000_000, 4_000_000]
    );
    assert_eq!((video.packets.hidden, video.packets.leading, video.packets.disordered), (0, 0, 0));
    assert_eq!(video.packets.keyframes.iter().map(|key| key.bytes).sum::<u64>(), video.packets.bytes);
    let audio = probe.audio.unwrap();
    assert_eq!((audio.profile.as_deref(), audio.sample_rate), (Some("LC"), 48_000));
    assert_eq!((audio.packets.gaps, audio.packets.priming, audio.packets.hidden), (0, 1, 0));
}

#[tokio::test]
async fn vp9_and_opus_in_webm_have_a_duration_from_their_packets() {
    let clips = Clips::new();
    let make = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus";
    // Written to a pipe a WebM has neither duration nor index, as a browser's recorder writes it.
    let clip = clips.make("a.webm", &format!("{} {make} -live 1", pictures_and_sound(3)));
    let probe = probed(&clip).await;
    assert_eq!(probe.container, Container::Webm);
    assert!(near(probe.duration_us, 3_000_000, 30_000), "{}", probe.duration_us);
    assert_eq!(probe.video.unwrap().codec, "vp9");
    assert_eq!(probe.audio.unwrap().codec, "opus");
}

#[tokio::test]
async fn matroska_is_matroska() {
    let clips = Clips::new();
    let clip = clips.make("a.mkv", &format!("{} -c:v libx264 -c:a aac -shortest", pictures_and_sound(2)));
    let probe = probed(&clip).await;
    assert_eq!((probe.container, probe.origin_us), (Container::Matroska, 0));
    assert!(near(probe.duration_us, 2_000_000, 70_000), "{}", probe.duration_us);
}

#[tokio::test]
async fn a_transport_stream_is_moved_to_zero() {
    let clips = Clips::new();
    let clip =
        clips.make("a.ts", &format!("{} -c:v libx264 -g 25 -c:a aac -shortest", pictures_and_sound(3)));
    let probe = probed(&clip).await;
    assert_eq!(probe.container, Container::MpegTs);
    assert!(probe.origin_us > 1_000_000, "{}", probe.origin_us);
    assert!(near(probe.duration_us, 3_000_000, 100_000), "{}", probe.duration_us);
    let (video, audio) = (probe.video.unwrap(), probe.audio.unwrap());
    assert_eq!(video.packets.first_us.min(audio.packets.first_us), 0);
    assert_eq!(video.packets.keyframes_total, 3);
}

#[tokio::test]
async fn a_sound_alone_has_no_picture_and_a_cover_is_none() {
    let clips = Clips::new();
    let sound = "-f lavfi -i sine=d=3:r=44100";
    let wav = probed(&clips.make("a.wav", sound)).await;
    assert!(wav.video.is_none());
    assert_eq!((wav.duration_us, wav.audio.unwrap().codec.as_str()), (3_000_000, "pcm_s16le"));
    let cover = "-f lavfi -i color=s=64x64:d=0.04 -map 0 -map 1 -c:v mjpeg -disposition:v attached_pic";
    let mp3 = probed(&clips.make("a.mp3", &format!("{sound} {cover}"))).await;
    assert!(mp3.video.is_none(), "the cover is no picture");
    assert_eq!((mp3.streams, mp3.audio.unwrap().codec.as_str()), (2, "mp3"));
}

#[tokio::test]
async fn frames_at_odd_times_keep_them() {
    let clips = Clips::new();
    let clip = clips.make(
        "vfr.mp4",
        "-f lavfi -i testsrc2=d=4:s=320x180:r=50 -vf select='not(mod(n,3))+not(mod(n,7))' -fps_mode vfr -c:v libx264",
    );
    let video = probed(&clip).await.video.unwrap();
    assert_eq!(video.packets.frames, 86);
    assert!(video.packets.anchors.iter().all(|us| us % 20_000 == 0), "every anchor is a frame");
    assert!(video.packets.end_us > 3_900_000);
}

#[tokio::test]
async fn a_turned_film_is_shown_upright() {
    let clips = Clips::new();
    let clip = clips.make("a.mp4", "-f lavfi -i testsrc2=d=1:s=320x180:r=25 -c:v libx264");
    // The matrix of the track header (ISO/IEC 14496-12 §8.3.2): identity, and 90° clockwise.
    let mut bytes = std::fs::read(&clip).unwrap();
    let matrix =
        |numbers: [i32; 9]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let one = 1 << 16;
    let identity = matrix([one, 0, 0, 0, one, 0, 0, 0, 1 << 30]);
    let turned = matrix([0, one, 0, -one, 0, 0, 0, 0, 1 << 30]);
    let tkhd = bytes.windows(4).position(|name| name == b"tkhd").unwrap();
    let at = tkhd + bytes[tkhd..].windows(36).position(|window| window == identity).unwrap();
    bytes[at..at + 36].copy_from_slice(&turned);
    std::fs::write(&clip, bytes).unwrap();
    let video = probed(&clip).await.video.unwrap();
    assert_eq!(
        (video.rotation, video.coded.width, video.display.width, video.display.height),
        (90, 320, 180, 320)
    );
}

#[tokio::test]
async fn a_playlist_with_the_name_of_a_film_is_refused_twice() {
    let clips = Clips::new();
    let list = clips.path("film.mp4");
    std::fs::write(&list, "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n").unwrap();
    assert_eq!(sniffed(&list), Err(Refused::Playlist));
    // And by the demuxer that would be forced.
    let error = probe(&tools(), &list, Container::Mp4, &SourceLimits::default()).await.unwrap_err();
    assert_eq!(error.code(), "unreadable", "{error:?}");
}

#[tokio::test]
async fn a_film_that_was_cut_off_is_unreadable() {
    let clips = Clips::new();
    let clip = clips.make("a.mp4", &format!("{} -c:v libx264 -c:a aac", pictures_and_sound(2)));
    let bytes = std::fs::read(&clip).unwrap();
    std::fs::write(&clip, &bytes[..bytes.len() / 2]).unwrap();
    let error = probe(&tools(), &clip, Container::Mp4, &SourceLimits::default()).await.unwrap_err();
    assert!(matches!(error, MediaError::Unreadable { .. }), "{error:?}");
    // With the index in front, the packets end before the header says.
    let clip = clips
        .make("b.mp4", &format!("{} -c:v libx264 -c:a aac -movflags +faststart", pictures_and_sound(10)));
    let bytes = std::fs::read(&clip).unwrap();
    std::fs::write(&clip, &bytes[..bytes.len() / 2]).unwrap();
    let error = probe(&tools(), &clip, Container::Mp4, &SourceLimits::default()).await.unwrap_err();
    assert!(matches!(error, MediaError::Truncated { whole_us: 9_900_000..=10_100_000, .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_too_large_or_too_long_is_refused_in_words() {
    let clips = Clips::new();
    let clip = clips.make("a.mp4", &format!("{} -c:v libx264 -c:a aac", pictures_and_sound(2)));
    let refused = async |limits: SourceLimits| {
        probe(&tools(), &clip, Container::Mp4, &limits).await.unwrap_err().code()
    };
    assert_eq!(refused(SourceLimits { max_side: 300, ..SourceLimits::default() }).await, "picture_too_large");
    assert_eq!(refused(SourceLimits { max_streams: 1, ..SourceLimits::default() }).await, "too_many_tracks");
    assert_eq!(
        refused(SourceLimits { max_duration_us: 1_000_000, ..SourceLimits::default() }).await,
        "too_long"
    );
    assert_eq!(refused(SourceLimits { max_packets: 20, ..SourceLimits::default() }).await, "too_many_frames");
}
