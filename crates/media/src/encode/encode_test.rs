use std::path::Path;

use super::*;
use crate::borders::borders;
use crate::fixture;
use crate::plan::{Encoder, LadderConfig, plan};
use crate::probe::{Ratio, Size};
use crate::sniff::Container;

struct Case {
    probe: Probe,
    number: u8,
    resume_from: i64,
    until: Option<i64>,
}

impl Case {
    fn new(probe: Probe) -> Self {
        Self { probe, number: 1, resume_from: 0, until: None }
    }

    fn job(&self) -> Job {
        let borders = borders(&self.probe);
        let plan = plan(&self.probe, &borders, &LadderConfig::default());
        stage(&Stage {
            probe: &self.probe,
            borders: &borders,
            path: Path::new("/s/in"),
            rungs: plan.stage(self.number).collect(),
            resume_from: self.resume_from,
            until: self.until,
            threads: Threads { decode: 2, encode: 3 },
        })
        .unwrap()
    }

    /// The command line with each input, graph and output on a line of its own and what all outputs share as `FRAG`.
    fn line(&self) -> String {
        let words: Vec<String> =
            self.job().args.iter().map(|word| word.to_str().unwrap().to_owned()).collect();
        words
            .join(" ")
            .replace("-map_metadata -1 -map_chapters -1 -fflags +bitexact -avoid_negative_ts disabled -output_ts_offset 10.000000 -f mp4 -movflags +cmaf", "FRAG")
            .replace(" -threads 2 ", "\n-threads 2 ")
            .replace(" -threads 1 ", "\n-threads 1 ")
            .replace(" -filter_complex_threads", "\n-filter_complex_threads")
            .replace(" -map ", "\n-map ")
    }
}

fn vp9(seconds: i64) -> Probe {
    let mut probe = fixture::probe(seconds, 8.0);
    probe.container = Container::Webm;
    probe.video.as_mut().unwrap().codec = "vp9".to_owned();
    probe.audio.as_mut().unwrap().codec = "opus".to_owned();
    probe
}

#[test]
fn a_copied_film() {
    assert_eq!(
        Case::new(fixture::probe(60, 2.0)).line(),
        "-hide_banner -nostdin -nostats -v warning -copyts
-threads 2 -protocol_whitelist file,pipe -max_pixels 36000000 -f mov -i file:/s/in
-map 0:0 -c:v copy FRAG+empty_moov+default_base_moof+frag_discont+frag_keyframe pipe:3
-map 0:1 -c:a copy FRAG+empty_moov+default_base_moof+frag_discont -frag_duration 1000000 pipe:4"
    );
}

#[test]
fn a_quick_rung_with_the_sound_encoded() {
    assert_eq!(
        Case::new(vp9(9)).line(),
        "-hide_banner -nostdin -nostats -v warning -copyts -skip_loop_filter noref
-threads 2 -protocol_whitelist file,pipe -max_pixels 36000000 -f matroska -i file:/s/in
-filter_complex_threads 3 -filter_complex [0:0]scale=426:240:flags=bicubic,setsar=1,format=yuv420p[v0]
-map [v0] -c:v libx264 -preset veryfast -crf 23 -maxrate 600000 -bufsize 1200000 -profile:v high -level:v 3.0 \
-rc-lookahead 10 -threads 3 -sc_threshold 0 -keyint_min 1 -g 9999 \
-force_key_frames 1.999500,3.999500,5.999500,7.999500 -fps_mode passthrough -enc_time_base -1 \
FRAG+empty_moov+default_base_moof+frag_discont+frag_keyframe pipe:3
-map 0:1 -c:a aac -b:a 128000 -ac 2 -ar 48000 -af aresample=async=1:first_pts=0,apad=whole_dur=9.000000 \
FRAG+empty_moov+default_base_moof+frag_discont -frag_duration 1000000 pipe:4"
    );
}

#[test]
fn regular_keyframes_are_named_by_one_word() {
    let line = Case { number: 2, ..Case::new(fixture::probe(60, 2.0)) }.line();
    assert!(line.contains("-force_key_frames source ") && !line.contains("-rc-lookahead"), "{line}");
}

#[test]
fn a_transport_stream_is_moved_and_its_sound_repacked() {
    let mut probe = fixture::probe(60, 2.0);
    probe.container = Container::MpegTs;
    probe.origin_us = 1_400_000;
    let line = Case::new(probe).line();
    assert!(
        line.contains(
            "-itsoffset -1.399999 -protocol_whitelist file,pipe -max_pixels 36000000 -f mpegts -i file:/s/in"
        ),
        "{line}"
    );
    assert!(
        line.contains(
            "-c:a copy -bsf:a aac_adtstoasc FRAG+delay_moov+default_base_moof+frag_discont -frag_duration"
        ),
        "{line}"
    );
}

#[test]
fn a_resumed_rung_seeks_and_its_sound_starts_over() {
    let mut probe = vp9(60);
    probe.origin_us = 3_600_000_000;
    let line = Case { resume_from: 32_000_000, until: Some(40_000_000), ..Case::new(probe) }.line();
    let inputs: Vec<&str> = line.lines().skip(1).take(2).collect();
    // One keyframe early, on the file's own clock.
    assert!(line.starts_with("-hide_banner -nostdin -nostats -v warning -copyts -seek_timestamp 1 -ss 3624.000000 -noaccurate_seek -skip_loop_filter noref\n"), "{line}");
    assert!(
        inputs[0].starts_with("-threads 2 -itsoffset -3599.999999")
            && inputs[1].starts_with("-threads 1 -itsoffset"),
        "{line}"
    );
    assert!(line.contains("[0:0]trim=start=31.999500:end=39.999500,scale="), "{line}");
    assert!(line.contains("-force_key_frames 33.999500,35.999500,37.999500 "), "{line}");
    assert!(line.contains("-map 1:1 -c:a aac"), "{line}");
}

#[test]
fn a_resume_near_the_start_does_not_seek() {
    let line = Case { resume_from: 4_000_000, ..Case::new(vp9(60)) }.line();
    assert!(!line.contains("-ss ") && line.contains("trim=start=3.999500,"), "{line}");
}

fn graph(change: impl FnOnce(&mut crate::probe::VideoStream)) -> String {
    let mut probe = vp9(10);
    change(probe.video.as_mut().unwrap());
    let words = Case::new(probe).job().args;
    let at = words.iter().position(|word| word == "-filter_complex").unwrap() + 1;
    words[at].to_str().unwrap().replace("scale=426:240:flags=bicubic,setsar=1,format=yuv420p[v0]", "SCALE")
}

#[test]
fn difficult_pictures_are_made_plain_before_they_are_scaled() {
    assert_eq!(graph(|_| {}), "[0:0]SCALE");
    assert_eq!(
        graph(|v| v.field_order = Some("tb".to_owned())),
        "[0:0]bwdif=mode=send_frame:deint=interlaced,SCALE"
    );
    assert_eq!(
        graph(|v| v.average_frame_rate = Ratio { num: 120, den: 1 }),
        "[0:0]select='eq(n,0)+key+gte(t-prev_selected_t,1/60-0.001)',SCALE"
    );
    let chain = "zscale=w=426:h=240,zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p,SCALE";
    assert_eq!(graph(|v| v.color_transfer = Some("smpte2084".to_owned())), format!("[0:0]{chain}"));
    assert_eq!(
        graph(|v| {
            v.color_transfer = Some("arib-std-b67".to_owned());
            v.color_primaries = None;
        }),
        format!(
            "[0:0]setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc:range=tv,{chain}"
        )
    );
}

#[test]
fn several_rungs_share_one_decoder() {
    let probe = vp9(10);
    let video = probe.video.as_ref().unwrap();
    let rung = |width, height| crate::plan::EncodedVideo {
        size: Size { width, height },
        frame_rate_cap: None,
        quick: false,
        step: LadderConfig::default().step(240).unwrap(),
    };
    assert_eq!(
        filters::graph("0:0", video, &[&rung(640, 360), &rung(426, 240)], 0, None),
        "[0:0]scale=640:360:flags=bicubic,setsar=1,format=yuv420p,split=2[v0][s0];[s0]scale=426:240:flags=bicubic,setsar=1,format=yuv420p[v1]"
    );
    let mut card = [rung(426, 240), rung(640, 360)];
    for rung in &mut card {
        rung.step.encoder = Encoder::H264Vaapi;
    }
    assert_eq!(
        filters::graph("0:0", video, &[&card[0], &card[1]], 8_000_000, None),
        "[0:0]trim=start=7.999500,scale=640:360:flags=bicubic,setsar=1,format=yuv420p,split=2[u1][s1];[u1]null,format=nv12,hwupload[v1];\
         [s1]scale=426:240:flags=bicubic,setsar=1,format=yuv420p,format=nv12,hwupload[v0]"
    );
}

#[test]
fn other_encoders_are_asked_for_the_same_in_their_own_words() {
    let line = |encoder: &str| {
        let probe = vp9(9);
        let borders = borders(&probe);
        let ladder: LadderConfig = serde_json::from_str(&format!(r#"{{"encoder": "{encoder}"}}"#)).unwrap();
        let plan = plan(&probe, &borders, &ladder);
        let stage = Stage {
            probe: &probe,
            borders: &borders,
            path: Path::new("/s/in"),
            rungs: plan.stage(1).take(1).collect(),
            resume_from: 0,
            until: None,
            threads: Threads { decode: 2, encode: 3 },
        };
        let words: Vec<String> =
            super::stage(&stage).unwrap().args.iter().map(|word| word.to_str().unwrap().to_owned()).collect();
        let line = words.join(" ");
        let from = line.find("-c:v").unwrap();
        let to = line.find(" -fps_mode").unwrap();
        assert!(super::stage(&stage).unwrap().devices.iter().all(|device| device.starts_with("/dev")));
        (line.contains("-vaapi_device /dev/dri/renderD128"), line[from..to].to_owned())
    };
    let rest = "-g 9999 -force_key_frames 1.999500,3.999500,5.999500,7.999500";
    let rate = "-maxrate 600000 -bufsize 1200000 -profile:v high";
    for (encoder, device, words) in [
        (
            "h264_nvenc",
            false,
            format!("-preset p2 -rc vbr -cq 23 -b:v 0 -forced-idr 1 -no-scenecut 1 {rate} -level:v 3.0"),
        ),
        ("h264_vaapi", true, format!("-rc_mode QVBR -global_quality 23 -b:v 360000 {rate} -level:v 30")),
        (
            "h264_qsv",
            false,
            format!(
                "-preset veryfast -global_quality 23 -look_ahead 0 -forced_idr 1 -adaptive_i 0 {rate} -level:v 30"
            ),
        ),
    ] {
        assert_eq!(line(encoder), (device, format!("-c:v {encoder} {words} {rest}")));
    }
}

#[test]
fn a_film_of_twelve_hours_is_told_in_parts() {
    let probe = vp9(12 * 3600);
    let all = borders(&probe);
    assert_eq!(ranges(&borders(&vp9(7200)), 0), [(0, None)], "two hours go in one");
    let parts = ranges(&all, 0);
    assert!((3..=4).contains(&parts.len()), "{parts:?}");
    for (index, &(from, until)) in parts.iter().enumerate() {
        assert!(all.segments.binary_search(&from).is_ok());
        assert_eq!(until, parts.get(index + 1).map(|part| part.0), "no hole, no overlap");
        let job = Case { resume_from: from, until, ..Case::new(probe.clone()) }.job();
        assert!(job.args.iter().all(|word| word.len() < 128 * 1024));
    }
}

#[test]
fn a_stage_without_tracks_is_refused() {
    let case = Case { number: 9, ..Case::new(vp9(10)) };
    let borders = borders(&case.probe);
    let threads = Threads::for_cores(2);
    let empty = Stage {
        probe: &case.probe,
        borders: &borders,
        path: Path::new("/x"),
        rungs: vec![],
        resume_from: 0,
        until: None,
        threads,
    };
    assert_eq!(stage(&empty).unwrap_err().code(), "server_fault");
}
