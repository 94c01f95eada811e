use proptest::prelude::*;

use super::*;
use crate::probe::Keyframe;

/// A source of frames every `frame_us` with keyframes at the given frame numbers.
fn source(frame_us: i64, frames: i64, keys: &[i64]) -> VideoPackets {
    let mut anchors: Vec<i64> = Vec::new();
    for us in (0..frames).map(|n| n * frame_us) {
        let key = keys.iter().any(|key| key * frame_us == us);
        if key || anchors.last().is_none_or(|last| us - last >= crate::probe::ANCHOR_US) {
            anchors.push(us);
        }
    }
    VideoPackets {
        frames: frames.unsigned_abs(),
        end_us: frames * frame_us,
        keyframes: keys.iter().map(|key| Keyframe { us: key * frame_us, bytes: 1 }).collect(),
        keyframes_total: keys.len() as u64,
        anchors,
        ..VideoPackets::default()
    }
}

/// Segment borders in seconds, those of infill in brackets.
fn check(packets: &VideoPackets, expected: &str) {
    let borders = of_video(packets, packets.end_us);
    let text: Vec<String> = borders
        .segments
        .iter()
        .map(|us| {
            let seconds = format!("{:.2}", *us as f64 / 1e6);
            if borders.copied.contains(us) { seconds } else { format!("({seconds})") }
        })
        .collect();
    assert_eq!(text.join(" "), expected);
}

#[test]
fn two_second_gops_give_two_short_segments_and_then_pairs() {
    let keys: Vec<i64> = (0..10).map(|n| n * 59).collect();
    check(&source(33_333, 600, &keys), "0.00 1.97 3.93 7.87 11.80 15.73");
}

#[test]
fn five_second_gops_are_all_borders() {
    check(&source(40_000, 500, &[0, 125, 250, 375]), "0.00 (3.40) 5.00 10.00 15.00");
}

#[test]
fn a_gap_of_ten_seconds_is_filled() {
    check(&source(41_667, 480, &[0, 250]), "0.00 (2.08) (4.17) (8.33) 10.42 (14.17) (18.13)");
}

#[test]
fn a_source_of_keyframes_only_is_cut_at_the_targets() {
    let keys: Vec<i64> = (0..300).collect();
    let packets = source(40_000, 300, &keys);
    check(&packets, "0.00 2.00 4.00 8.00");
    let borders = of_video(&packets, packets.end_us);
    assert!(!borders.as_source, "or the encode would be keyframes only as well");
    assert_eq!(borders.keyframes.len(), 12);
}

#[test]
fn one_keyframe_in_all_is_enough() {
    check(&source(40_000, 250, &[0]), "0.00 (2.00) (4.00) (8.00)");
    check(&source(40_000, 10, &[0]), "0.00");
    check(&source(40_000, 0, &[]), "0.00");
}

#[test]
fn regular_keyframes_are_left_to_the_source() {
    let borders = of_video(&source(40_000, 250, &[0, 50, 100, 150, 200]), 10_000_000);
    assert!(borders.as_source);
    assert_eq!((borders.target_duration_s(), borders.target_duration_with_copied_s()), (4, 4));
}

#[test]
fn the_copied_rung_announces_its_longer_segments() {
    let borders = of_video(&source(41_667, 480, &[0, 250]), 20_000_000);
    assert_eq!((borders.target_duration_s(), borders.target_duration_with_copied_s()), (4, 10));
}

#[test]
fn sound_is_cut_by_the_clock() {
    let borders = of_sound(13_500_000);
    assert_eq!(borders.segments, [0, 2_000_000, 4_000_000, 8_000_000, 12_000_000]);
    assert_eq!(of_sound(12_400_000).segments.last(), Some(&8_000_000), "no crumb at the end");
    assert_eq!(of_sound(1).segments, [0]);
}

#[test]
fn a_sound_that_goes_on_is_cut_on() {
    let borders = of_video(&source(40_000, 100, &[0, 50]), 10_300_000);
    assert_eq!(borders.segments, [0, 2_000_000]);
    assert_eq!(borders.sound, [0, 2_000_000, 4_000_000, 8_000_000]);
    assert_eq!(borders.target_duration_s(), 4);
}

#[test]
fn further_rungs_cut_where_the_copy_was_cut() {
    let known = [7_000, 2_046_000, 4_039_000, 9_100_000];
    let borders = as_published(&known, 12_000_000);
    assert_eq!(borders.segments, [0, 2_046_000, 4_039_000, 9_100_000], "and nowhere else");
    assert_eq!((&borders.keyframes, &borders.copied), (&borders.segments, &borders.segments));
    assert_eq!(borders.sound, [0, 2_000_000, 4_000_000, 6_000_000, 8_000_000, 10_000_000]);
    assert_eq!(as_published(&[], 1_000_000).segments, [0]);
}

proptest! {
    #[test]
    fn whatever_the_keyframes_the_rungs_cut_alike(
        frame_us in 4_000_i64..100_000,
        gaps in proptest::collection::vec(1_i64..400, 0..40),
    ) {
        let mut keys = vec![0];
        for gap in &gaps {
            keys.push(keys.last().unwrap() + gap);
        }
        let packets = source(frame_us, keys.last().unwrap() + 30, &keys);
        let borders = of_video(&packets, packets.end_us);
        prop_assert_eq!(borders.segments[0], 0);
        prop_assert_eq!(borders.keyframes[0], 0);
        prop_assert_eq!(borders.copied[0], 0);
        for list in [&borders.segments, &borders.keyframes, &borders.copied] {
            prop_assert!(list.is_sorted_by(|a, b| a < b));
        }
        for us in &borders.segments {
            prop_assert!(borders.keyframes.binary_search(us).is_ok(), "{us} is no keyframe of the encoded rungs");
        }
        for us in &borders.keyframes {
            prop_assert!(us % frame_us == 0, "{us} is no frame");
        }
        for us in &borders.copied {
            prop_assert!(keys.contains(&(us / frame_us)), "{us} is no keyframe of the source");
        }
        let longest = |list: &[i64]| list.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        prop_assert!(longest(&borders.keyframes) <= 3_600_000, "keyframes {}", longest(&borders.keyframes));
        prop_assert!(longest(&borders.segments) <= 7_500_000, "segments {}", longest(&borders.segments));
        // The copied rung cuts at the edge of every long gap.
        let source_gap = gaps.iter().max().copied().unwrap_or(0) * frame_us;
        prop_assert!(longest(&borders.copied) <= 6_000_000 + source_gap);
    }
}
