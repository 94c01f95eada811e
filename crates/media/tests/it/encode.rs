//! Stages that really run, read back by ffprobe.

use std::path::Path;
use std::process::Command;

use media::borders::{Borders, borders};
use media::encode::{Stage, Threads, stage};
use media::plan::{Encoder, LadderConfig, Plan, Rung, plan};
use media::poster::poster;
use media::probe::Probe;

use crate::support::{Clips, pictures_and_sound, probed, read_all, tools};

struct Source<'a> {
    clips: &'a Clips,
    path: std::path::PathBuf,
    probe: Probe,
    borders: Borders,
    plan: Plan,
}

impl<'a> Source<'a> {
    async fn new(clips: &'a Clips, name: &str, make: &str) -> Self {
        let path = clips.make(name, make);
        let probe = probed(&path).await;
        let borders = borders(&probe);
        let plan = plan(&probe, &borders, &LadderConfig::default());
        Self { clips, path, probe, borders, plan }
    }

    /// The keyframes that encoded rungs must have, since the first frame.
    fn keys_from_first(&self) -> Vec<i64> {
        let first = self.probe.video.as_ref().map_or(0, |video| video.packets.first_us);
        self.borders.keyframes.iter().map(|us| (us - first).max(0)).collect()
    }

    fn rung(&self, name: &str) -> &Rung {
        self.plan.rungs.iter().find(|rung| rung.name == name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// Runs a stage and reads back each track.
    async fn run(&self, rungs: Vec<&Rung>, resume_from: i64, until: Option<i64>) -> Vec<Made> {
        let (probe, borders, path) = (&self.probe, &self.borders, self.path.as_path());
        let threads = Threads { decode: 2, encode: 2 };
        let job = stage(&Stage { probe, borders, path, rungs, resume_from, until, threads }).unwrap();
        let mut running = tools().spawn(job).await.unwrap();
        let all = read_all(std::mem::take(&mut running.outputs)).await;
        let finished = running.wait().await.unwrap();
        assert_eq!(finished.stderr, "");
        all.into_iter()
            .enumerate()
            .map(|(index, bytes)| {
                let file = self.clips.path(&format!("out-{index}.mp4"));
                std::fs::write(&file, &bytes).unwrap();
                Made::read(&file, &bytes)
            })
            .collect()
    }
}

/// A track that came out of a pipe. Times in microseconds.
struct Made {
    /// `ftyp` and `moov`.
    init: Vec<u8>,
    /// From ffprobe: codec, profile, level or channels.
    stream: String,
    /// Presentation times, in order.
    times: Vec<i64>,
    /// Those of keyframes.
    keys: Vec<i64>,
    /// `tfdt` of the first fragment, in seconds after the offset.
    first_decode: f64,
}

impl Made {
    fn read(file: &Path, bytes: &[u8]) -> Self {
        let ffprobe = |entries: &str| {
            let out = Command::new("ffprobe")
                .args(["-v", "error", "-show_entries", entries, "-of", "csv=p=0"])
                .arg(file)
                .output()
                .unwrap();
            assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
            String::from_utf8(out.stdout).unwrap()
        };
        let mut times = Vec::new();
        let mut keys = Vec::new();
        for line in ffprobe("packet=pts_time,flags").lines().filter(|line| !line.is_empty()) {
            let mut fields = line.split(',');
            let us = (fields.next().unwrap().parse::<f64>().unwrap() * 1e6).round() as i64;
            times.push(us);
            if fields.next().unwrap().starts_with('K') {
                keys.push(us);
            }
        }
        times.sort_unstable();
        let stream = ffprobe("stream=codec_name,profile,width,height,level,channels,sample_rate,time_base");
        let moof = bytes.windows(4).position(|name| name == b"moof").expect("a fragment") - 4;
        let tfdt = bytes.windows(4).position(|name| name == b"tfdt").unwrap() + 4;
        assert_eq!(bytes[tfdt], 1, "64-bit times");
        let decode = u64::from_be_bytes(bytes[tfdt + 4..tfdt + 12].try_into().unwrap());
        let scale: f64 =
            stream.trim().rsplit("1/").next().unwrap().split(',').next().unwrap().parse().unwrap();
        Self { init: bytes[..moof].to_vec(), stream, times, keys, first_decode: decode as f64 / scale - 10.0 }
    }

    /// Keyframes since the first frame: libavformat shifts signed composition times by a constant.
    fn keys_from_first(&self) -> Vec<i64> {
        self.keys.iter().map(|us| us - self.times[0]).collect()
    }
}

/// Whether two lists of times agree to a tick of the coarsest clock.
fn alike(a: &[i64], b: &[i64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1_000)
}

#[tokio::test]
async fn a_copied_film_is_the_source_and_its_lower_rungs_cut_alike() {
    let clips = Clips::new();
    let make = format!(
        "{} -vf scale=1280:720 -c:v libx264 -preset veryfast -flags +cgop -g 60 -sc_threshold 0 -c:a aac -shortest",
        pictures_and_sound(10)
    );
    let source = Source::new(&clips, "a.mp4", &make).await;
    assert_eq!(
        source.plan.rungs.iter().map(|rung| rung.name.as_str()).collect::<Vec<_>>(),
        ["720p", "audio", "480p", "360p", "240p"]
    );
    let first = source.run(source.plan.stage(1).collect(), 0, None).await;
    let [copied, sound] = &first[..] else { panic!("two tracks") };
    assert_eq!((copied.times.len(), copied.keys.len()), (250, 5));
    assert!(copied.first_decode.abs() < 1e-6, "{}", copied.first_decode);
    assert!(
        sound.first_decode < 0.0 && sound.first_decode > -0.05,
        "priming lies before 0: {}",
        sound.first_decode
    );
    assert!(sound.stream.starts_with("aac,LC,48000,"), "{}", sound.stream);
    let second = source.run(source.plan.stage(2).collect(), 0, None).await;
    for (encoded, stream) in second.iter().zip(["854,480,31,", "640,360,31,", "426,240,30,"]) {
        assert_eq!(encoded.times.len(), 250);
        assert!(encoded.stream.starts_with(&format!("h264,High,{stream}")), "{}", encoded.stream);
        let keys = encoded.keys_from_first();
        assert!(
            alike(&keys, &source.keys_from_first()) && alike(&keys, &copied.keys_from_first()),
            "{keys:?}"
        );
    }
    assert_eq!(second.len(), 3, "in one decode");
}

#[tokio::test]
async fn a_long_gop_is_filled_with_keyframes_at_the_borders() {
    let clips = Clips::new();
    let make = format!(
        "{} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 300 -c:a libopus",
        pictures_and_sound(9)
    );
    let source = Source::new(&clips, "a.webm", &make).await;
    assert!(!source.borders.as_source && source.borders.segments.len() >= 3, "{:?}", source.borders);
    let made = source.run(source.plan.stage(1).collect(), 0, None).await;
    let [picture, sound] = &made[..] else { panic!("two tracks") };
    assert_eq!(picture.times.len(), 225);
    assert!(
        alike(&picture.keys_from_first(), &source.keys_from_first()),
        "{:?}, not {:?}",
        picture.keys_from_first(),
        source.borders.keyframes
    );
    // One packet of priming, then 9 s in packets of 1024.
    assert_eq!(sound.times.len(), 1 + 9 * 48_000_usize.div_ceil(1024));
    let rung = source.rung("180p");
    assert_eq!(rung.codecs.as_deref(), Some(codecs(&picture.init).as_str()));
    assert_eq!(source.plan.stages(), 1, "a second rung would be the same again");
}

/// RFC 6381 string from the `avcC` of an init segment.
fn codecs(init: &[u8]) -> String {
    let at = init.windows(4).position(|name| name == b"avcC").unwrap() + 5;
    format!("avc1.{:02x}{:02x}{:02x}", init[at], init[at + 1], init[at + 2])
}

#[tokio::test]
async fn ranges_join_without_a_seam() {
    let clips = Clips::new();
    for (name, make) in [
        ("a.mp4", "-c:v libx264 -g 250 -c:a aac -shortest"),
        ("a.ts", "-c:v libx264 -g 100 -c:a aac -shortest"),
        ("a.mkv", "-c:v libx264 -g 60 -c:a aac -shortest"),
    ] {
        let source = Source::new(
            &clips,
            name,
            &format!("{} -vf scale=640:480 -preset ultrafast {make}", pictures_and_sound(12)),
        )
        .await;
        let rung =
            source.plan.rungs.iter().find(|rung| rung.is_video() && !rung.copied()).unwrap_or_else(|| {
                panic!("{name}: {:?}", source.plan.reasons);
            });
        let whole = source.run(vec![rung], 0, None).await.remove(0);
        let border = source.borders.segments[source.borders.segments.len() - 2];
        let head = source.run(vec![rung], 0, Some(border)).await.remove(0);
        let sound = source.rung("audio");
        let tail = source.run(vec![rung, sound], border, None).await;
        let [tail, sound] = &tail[..] else { panic!("two tracks") };
        assert_eq!(head.times.len() + tail.times.len(), whole.times.len(), "{name}");
        assert!(alike(&tail.times, &whole.times[head.times.len()..]), "{name}");
        assert_eq!(head.keys.len() + tail.keys.len(), whole.keys.len(), "{name}");
        assert_eq!((&head.init, &tail.init), (&whole.init, &whole.init), "{name}");
        assert!(
            sound.first_decode < 0.1,
            "{name}: the sound runs from the start, not from {}",
            sound.first_decode
        );
    }
}

#[tokio::test]
async fn tracks_copied_out_of_a_transport_stream_have_their_configuration() {
    let clips = Clips::new();
    let make = format!(
        "{} -c:v libx264 -g 50 -bf 0 -c:a aac -ar 48000 -ac 2 -b:a 96k -shortest",
        pictures_and_sound(5)
    );
    let source = Source::new(&clips, "a.ts", &make).await;
    let sound = source.rung("audio");
    assert!(sound.copied(), "{}", sound.reason);
    let made = source.run(source.plan.stage(1).collect(), 0, None).await;
    let [picture, sound] = &made[..] else { panic!("two tracks") };
    assert!(picture.stream.starts_with("h264,High,320,180,"), "{}", picture.stream);
    assert!(codecs(&picture.init).starts_with("avc1.6400"));
    assert_eq!(picture.times.len(), 125);
    assert!(sound.stream.starts_with("aac,LC,48000,2,"), "{}", sound.stream);
    // AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1): AAC-LC, 48 kHz, stereo.
    assert!(sound.init.windows(2).any(|pair| pair == [0x11, 0x90]));
    // Moved to our timeline, and still as far apart as in the source.
    let apart = |picture: f64, sound: f64| ((picture - sound) * 1e6).round() as i64;
    let (video, audio) = (source.probe.video.as_ref().unwrap(), source.probe.audio.as_ref().unwrap());
    let expected = video.packets.first_us - audio.packets.first_us;
    assert!((apart(picture.first_decode, sound.first_decode) - expected).abs() < 1_000, "{expected}");
}

#[tokio::test]
async fn a_short_sound_is_padded_to_the_picture() {
    let clips = Clips::new();
    let make = "-f lavfi -i testsrc2=d=6:s=320x180:r=25 -f lavfi -i sine=d=2:r=44100 -c:v libx264 -c:a aac";
    let source = Source::new(&clips, "a.mp4", make).await;
    let sound = source.rung("audio");
    assert_eq!(sound.reason, "encoded because it ends before the picture");
    let made = source.run(vec![sound], 0, None).await.remove(0);
    let last = made.times.last().unwrap() - made.times[0];
    assert!((5_950_000..6_050_000).contains(&last), "{last}");
}

#[tokio::test]
async fn sixteen_bits_of_colour_and_fields_and_odd_sizes_become_a_plain_picture() {
    let clips = Clips::new();
    for (name, make) in [
        ("ten.mkv", "-f lavfi -i testsrc2=d=1:s=640x360:r=25 -pix_fmt yuv420p10le -c:v libx264"),
        ("odd.mkv", "-f lavfi -i testsrc2=d=1:s=321x241:r=25 -pix_fmt yuv444p -c:v libx264"),
        (
            "fields.mkv",
            "-f lavfi -i testsrc2=d=1:s=320x240:r=25 -c:v libx264 -flags +ilme+ildct -x264opts tff=1",
        ),
        ("fast.mkv", "-f lavfi -i testsrc2=d=1:s=320x240:r=120 -c:v mpeg4 -g 40"),
        (
            "hdr.mkv",
            "-f lavfi -i testsrc2=d=1:s=320x240:r=25 -pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=0:transfer=smpte2084",
        ),
    ] {
        let source = Source::new(&clips, name, make).await;
        let made = source.run(source.plan.stage(1).collect(), 0, None).await.remove(0);
        assert!(made.stream.starts_with("h264,High,"), "{name}: {}", made.stream);
        let frames = if name == "fast.mkv" { 60..=63 } else { 25..=25 };
        assert!(frames.contains(&made.times.len()), "{name}: {} frames", made.times.len());
    }
}

#[tokio::test]
async fn a_poster_is_one_small_jpeg() {
    let clips = Clips::new();
    for (name, make) in [
        ("a.mp4", "-f lavfi -i testsrc2=d=4:s=1920x1080:r=25 -c:v libx264 -preset ultrafast"),
        ("one.mp4", "-f lavfi -i testsrc2=d=0.04:s=320x180:r=25 -c:v libx264"),
        ("a.ts", "-f lavfi -i testsrc2=d=4:s=320x180:r=25 -c:v libx264 -g 25"),
    ] {
        let path = clips.make(name, make);
        let probe = probed(&path).await;
        let jpeg =
            poster(&tools(), &probe, &path).await.unwrap().unwrap_or_else(|| panic!("{name} has none"));
        assert!(jpeg.starts_with(b"\xff\xd8") && jpeg.len() < 400_000, "{name}: {} bytes", jpeg.len());
    }
    let sound = clips.make("a.wav", "-f lavfi -i sine=d=1");
    assert!(
        poster(&tools(), &probed(&sound).await, &sound).await.unwrap().is_some(),
        "a sound has a waveform"
    );
}

#[tokio::test]
async fn an_encoder_that_this_machine_lacks_is_replaced_by_x264() {
    let ladder = LadderConfig { encoder: Encoder::H264Nvenc, ..LadderConfig::default() };
    let (usable, missing) = media::encode::usable(&tools(), ladder).await;
    if std::path::Path::new("/dev/nvidia0").exists() {
        return;
    }
    assert_eq!(usable, LadderConfig::default());
    assert!(missing.len() == 1 && !missing[0].1.is_empty(), "{missing:?}");
    let (usable, missing) = media::encode::usable(&tools(), LadderConfig::default()).await;
    assert!(missing.is_empty() && usable == LadderConfig::default());
}
