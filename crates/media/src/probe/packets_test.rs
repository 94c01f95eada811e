use super::*;

fn gather(lines: &str, stream: u32) -> Gatherer {
    let mut gatherer = Gatherer::default();
    for packet in
        lines.lines().filter_map(|line| Packet::parse(line.as_bytes())).filter(|p| p.stream == stream)
    {
        gatherer.add(&packet);
    }
    gatherer
}

/// The first packets of a trailer of Big Buck Bunny ((c) Blender Foundation, CC BY 3.0) as ffprobe 5.1 lists them:
/// B-frames, and a packet of MP3 before 0 with side data.
const TRAILER: &str = "\
0,0.000000,-0.083333,0.041667,905,K_
0,0.041667,-0.041667,0.041667,613,__
1,-0.025057,-0.025057,0.026122,417,K_,Skip Samples

0,0.083333,0.000000,0.041667,919,__
1,0.001066,0.001066,0.026122,418,K_
1,0.027188,0.027188,0.026122,418,K_
0,0.125000,0.041667,0.041667,2170,__
";

#[test]
fn a_picture_with_b_frames() {
    let video = gather(TRAILER, 0).into_video(0);
    assert_eq!((video.frames, video.first_us, video.end_us), (4, 0, 166_667));
    assert_eq!(video.keyframes, [Keyframe { us: 0, bytes: 905 + 613 + 919 + 2170 }]);
    assert_eq!((video.hidden, video.leading, video.untimed, video.disordered), (0, 0, 0, 0));
    assert_eq!((video.max_keyframe_gap_us, video.keyframes_total), (166_667, 1));
}

#[test]
fn a_sound_with_priming() {
    let audio = gather(TRAILER, 1).into_audio(0);
    assert_eq!((audio.count, audio.priming, audio.hidden, audio.gaps), (3, 1, 0, 0));
    assert_eq!((audio.first_us, audio.end_us), (0, 53_310));
}

#[test]
fn a_trimmed_film_hides_what_was_cut_off() {
    let lines = "0,-1.300000,-1.400000,0.040000,900,KD\n0,-0.040000,-0.100000,0.040000,90,_D\n0,0.000000,-0.040000,0.040000,90,__\n";
    let video = gather(lines, 0).into_video(0);
    assert_eq!((video.hidden, video.frames, video.first_us), (2, 1, 0));
    assert!(video.keyframes.is_empty());
    // The same without the flag, as Matroska would have it.
    let video = gather("0,-0.040000,-0.080000,0.040000,900,K_\n0,0.000000,-0.040000,0.040000,90,__\n", 0)
        .into_video(0);
    assert_eq!(video.hidden, 1);
}

#[test]
fn a_frame_before_its_keyframe_is_an_open_gop() {
    let lines = "0,0.000000,0.0,0.04,9,K_\n0,0.120000,0.04,0.04,9,K_\n0,0.040000,0.08,0.04,9,__\n0,0.080000,0.12,0.04,9,__\n";
    assert_eq!(gather(lines, 0).into_video(0).leading, 2);
}

#[test]
fn without_durations_the_last_frame_lasts_as_long_as_the_one_before() {
    let lines = "0,0.000000,0.000000,N/A,9,K_\n0,0.033000,0.033000,N/A,9,__\n0,0.067000,0.067000,N/A,9,__\n";
    assert_eq!(gather(lines, 0).into_video(0).end_us, 101_000);
    assert_eq!(gather("0,0.5,0.5,N/A,9,K_", 0).into_video(500_000).end_us, 0);
}

#[test]
fn times_move_with_the_origin() {
    let lines = "0,1.480000,1.400000,0.040000,9,K_,\n0,1.520000,1.440000,0.040000,9,__,\n";
    let video = gather(lines, 0).into_video(1_400_000);
    assert_eq!(
        (video.first_us, video.end_us, video.keyframes[0].us, video.anchors[0]),
        (80_000, 160_000, 80_000, 80_000)
    );
}

#[test]
fn keyframes_and_anchors_are_thinned_and_real() {
    let lines: String =
        (0..250).map(|n| format!("0,{}.{:06},N/A,0.004000,10,K_\n", n / 250, n * 4000)).collect();
    let video = gather(&lines, 0).into_video(0);
    assert_eq!((video.keyframes_total, video.keyframes.len()), (250, 5));
    assert_eq!(video.keyframes.iter().map(|key| key.bytes).sum::<u64>(), 2500);
    assert!(video.anchors.iter().all(|us| us % 4000 == 0) && video.anchors.is_sorted_by(|a, b| a < b));
}

#[test]
fn what_is_out_of_order_is_counted() {
    assert_eq!(
        gather("0,0,0,0.04,9,K_\n0,0.04,0,0.04,9,__\n0,30,30,0.04,9,__\n", 0).into_video(0).disordered,
        2
    );
    assert_eq!(gather("0,N/A,0,0.04,9,K_\n", 0).into_video(0).untimed, 1);
    assert_eq!(gather("1,0,0,0.02,9,K_\n1,0.5,0.5,0.02,9,K_\n", 1).into_audio(0).gaps, 1);
    assert_eq!(gather("0,0,0,1,9,K_\n0,1,1,1,9,K_,New Extradata\n", 0).into_video(0).parameter_changes, 1);
}

#[test]
fn seconds_become_microseconds_without_rounding() {
    for (text, expected) in [
        ("0.000000", Some(0)),
        ("-0.023220", Some(-23_220)),
        ("12345.678901", Some(12_345_678_901)),
        ("7", Some(7_000_000)),
        ("1.5", Some(1_500_000)),
        ("1.23456789", Some(1_234_567)),
        ("N/A", None),
        ("", None),
        ("1.2x", None),
        ("--1", None),
        ("-", None),
        ("99999999999999999999", None),
        ("9223372036854", None),
    ] {
        assert_eq!(micros(text), expected, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn any_list_of_packets_is_digested(
        lines in proptest::collection::vec("[01],(-?[0-9]{1,12}(\\.[0-9]{1,6})?|N/A),(-?[0-9]{1,11}|N/A),(-?[0-9]{1,11}|N/A),[0-9]{1,12},[K_][D_].*", 0..40),
        origin in -3_000_000_000_000_000_i64..3_000_000_000_000_000,
    ) {
        let gathered = gather(&lines.join("\n"), 0);
        let _ = gathered.clone().into_audio(origin);
        let video = gathered.into_video(origin);
        // Longer ones are refused before anybody asks for their borders.
        if video.end_us < 12 * 3600 * 1_000_000 {
            let _ = crate::borders::of_video(&video, video.end_us);
        }
    }
}
