//! Borders, numbers, times and bytes of [`Segmenter`], with FFmpeg's streams and with made-up ones.

use cmaf::{Fragment, Msn, Sample, SampleFlags, Segment, SegmentError, Segmenter, SegmenterConfig};
use proptest::prelude::*;

use crate::support::{audio_track, borders, cut, fixture, fragment, read, sample, samples_of, video_track};

const KEY: SampleFlags = SampleFlags::SYNC;
const DELTA: SampleFlags = SampleFlags::NON_SYNC;

/// (MSN, border in ms, start, duration) of each segment.
fn table(segments: &[Segment]) -> Vec<(u32, i64, i64, i64)> {
    let row = |s: &Segment| (s.msn.0, s.border / 1000, s.start.ticks(), s.duration.ticks());
    segments.iter().map(row).collect()
}

/// A second of video in four frames of 250 ms that starts with a keyframe.
fn gop(start: i64) -> Fragment {
    let frame = |n: i64| sample(start + n * 250, 250, 0, if n == 0 { KEY } else { DELTA });
    fragment((0..4).map(frame).collect())
}

#[test]
fn ffmpegs_video_is_cut_at_its_borders_without_the_offset() {
    let (init, fragments) = read(&fixture("video.mp4")).unwrap();
    let segments = cut(&init.track, SegmenterConfig::new(vec![0, 1_000_000, 2_000_000]), fragments, None);
    assert_eq!(table(&segments), [(0, 0, 0, 12_288), (1, 1000, 12_288, 12_288), (2, 2000, 24_576, 12_288)]);
    assert!(segments.iter().all(|s| s.independent && s.leading_frames == 0 && s.sample_count == 12));
    assert!(segments.iter().all(|s| s.earliest_presentation == s.start));
}

#[test]
fn ffmpegs_audio_loses_its_priming_and_is_cut_at_the_first_packet_behind_a_border() {
    let (init, fragments) = read(&fixture("audio.mp4")).unwrap();
    let segments = cut(&init.track, SegmenterConfig::new(vec![0, 1_000_000, 2_000_000]), fragments, None);
    // 47 packets of 1024 end at 1.0027 s.
    assert_eq!(
        table(&segments),
        [(0, 0, 0, 47 * 1024), (1, 1000, 47 * 1024, 47 * 1024), (2, 2000, 94 * 1024, 144_000 - 94 * 1024)]
    );
}

#[test]
fn what_is_cut_is_what_was_read() {
    for name in ["video.mp4", "video-vfr.mp4", "hevc.mp4", "vp9.mp4", "av1.mp4"] {
        let (init, fragments) = read(&fixture(name)).unwrap();
        let offset = i64::from(init.track.timescale.get()) * 10;
        let before: Vec<_> = fragments.iter().flat_map(|fragment| fragment.samples.clone()).collect();
        let segments = cut(&init.track, SegmenterConfig::new(vec![0, 1_000_000, 2_000_000]), fragments, None);
        let after = samples_of(&init, &segments);
        let facts = |sample: &Sample, offset| {
            (sample.decode_time - offset, sample.composition_offset, sample.flags, sample.data.clone())
        };
        let before: Vec<_> = before.iter().map(|sample| facts(sample, offset)).collect();
        let after: Vec<_> = after.iter().map(|sample| facts(sample, 0)).collect();
        assert_eq!(before, after, "{name}");
    }
}

#[test]
fn guessed_durations_are_corrected_by_the_next_fragment() {
    let guess = |start| fragment(vec![sample(start, 100, 0, KEY), sample(start + 100, 40, 0, DELTA)]);
    let fragments = vec![guess(0), guess(500), guess(620)];
    let segments = cut(&video_track(), borders(&[0, 500]), fragments, None);
    // 40 ms became 400 in the first fragment, 20 in the second, and stayed in the last.
    assert_eq!(table(&segments), [(0, 0, 0, 500), (1, 500, 500, 100 + 20 + 100 + 40)]);
}

#[test]
fn ffmpegs_variable_frame_rate_joins_and_ends_where_the_source_does() {
    let (init, fragments) = read(&fixture("video-vfr.mp4")).unwrap();
    let guess = fragments.last().unwrap().samples.last().unwrap().duration;
    let config = SegmenterConfig::new(vec![0, 333_333, 666_667, 1_000_000, 1_333_333, 1_666_667]);
    let segments = cut(&init.track, config, fragments, Some(2_000_000));
    assert_eq!(
        segments.iter().map(|s| s.start.as_micros()).collect::<Vec<_>>(),
        [0, 333_333, 666_667, 1_000_000, 1_333_333, 1_666_667]
    );
    assert!(segments.windows(2).all(|pair| pair[0].end() == pair[1].start), "{:?}", table(&segments));
    let last = samples_of(&init, &segments).last().unwrap().duration;
    // 15,360 ticks a second: a frame is 512, and the three after the last are missing.
    assert_eq!((guess, last), (512, 2048));
    assert_eq!(segments.last().unwrap().end().as_micros(), 2_000_000);
}

#[test]
fn a_keyframe_a_little_before_its_border_opens_the_segment_and_an_earlier_one_does_not() {
    let at = |key: i64| {
        let samples = vec![sample(0, 10, 0, KEY), sample(key, 10, 0, KEY), sample(2000, 10, 0, KEY)];
        table(&cut(&video_track(), borders(&[0, 1000]), vec![fragment(samples)], None)).len()
    };
    assert_eq!(at(999), 2);
    // Then the keyframe at 2 s does it, but 998 ms itself is in the first segment.
    let samples = vec![sample(0, 998, 0, KEY), sample(998, 2, 0, KEY), sample(1000, 10, 0, DELTA)];
    assert_eq!(table(&cut(&video_track(), borders(&[0, 1000]), vec![fragment(samples)], None)).len(), 1);
}

#[test]
fn a_border_between_keyframes_waits_and_several_make_one_cut() {
    let fragments = vec![gop(0), gop(1000), gop(2000), gop(3000)];
    let segments = cut(&video_track(), borders(&[0, 500, 750, 2500]), fragments, None);
    assert_eq!(table(&segments), [(0, 0, 0, 1000), (1, 750, 1000, 2000), (2, 2500, 3000, 1000)]);
}

#[test]
fn sound_is_cut_inside_a_fragment_and_never_before_its_border() {
    let packets = (0..10).map(|n| sample(n * 300, 300, 0, KEY)).collect();
    let segments = cut(&audio_track(), borders(&[0, 1000, 2000]), vec![fragment(packets)], None);
    assert_eq!(table(&segments), [(0, 0, 0, 1200), (1, 1000, 1200, 900), (2, 2000, 2100, 900)]);
}

#[test]
fn a_hole_in_the_sound_longer_than_a_segment_makes_one_cut() {
    let packets = vec![sample(0, 100, 0, KEY), sample(100, 100, 0, KEY), sample(3500, 100, 0, KEY)];
    let segments = cut(&audio_track(), borders(&[0, 1000, 2000, 3000]), vec![fragment(packets)], None);
    assert_eq!(table(&segments), [(0, 0, 0, 3500), (1, 3000, 3500, 100)]);
}

#[test]
fn sound_before_zero_is_dropped_and_pictures_are_not() {
    let samples = |flags| vec![fragment(vec![sample(-20, 20, 0, flags), sample(0, 20, 0, flags)])];
    assert_eq!(table(&cut(&audio_track(), borders(&[0]), samples(KEY), None)), [(0, 0, 0, 20)]);

    let mut segmenter = Segmenter::new(&video_track(), borders(&[0])).unwrap();
    segmenter.push(samples(KEY).remove(0)).unwrap();
    assert_eq!(segmenter.finish(None), Err(SegmentError::NegativeTime(-20)));
}

#[test]
fn a_first_picture_after_zero_keeps_its_time() {
    let segments =
        cut(&video_track(), borders(&[0, 1000]), vec![fragment(vec![sample(83, 40, 0, KEY)])], None);
    assert_eq!(table(&segments), [(0, 0, 83, 40)]);
}

#[test]
fn a_resumed_rung_goes_on_with_its_number() {
    let config = SegmenterConfig { first_msn: Msn(2), ..borders(&[2000, 3000]) };
    let segments = cut(&video_track(), config, vec![gop(2000), gop(3000)], None);
    assert_eq!(table(&segments), [(2, 2000, 2000, 1000), (3, 3000, 3000, 1000)]);
}

#[test]
fn the_last_sample_ends_where_the_caller_says_but_lasts_a_tick_at_least() {
    let end_at = |micros| cut(&video_track(), borders(&[0]), vec![gop(0)], micros)[0].end().ticks();
    assert_eq!([None, Some(1_007_000), Some(900_000), Some(5)].map(end_at), [1000, 1007, 900, 751]);
}

#[test]
fn frames_shown_before_their_keyframe_are_counted() {
    let open = vec![sample(0, 100, 0, KEY), sample(100, 100, 200, KEY), sample(200, 100, 0, DELTA)];
    let segments = cut(&video_track(), borders(&[0, 200]), vec![fragment(open)], None);
    assert_eq!(segments.iter().map(|s| s.leading_frames).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(segments[1].earliest_presentation.ticks(), 200);
}

#[test]
fn a_segment_that_starts_without_a_keyframe_is_not_independent() {
    let segments = cut(&video_track(), borders(&[0]), vec![fragment(vec![sample(0, 40, 0, DELTA)])], None);
    assert!(!segments[0].independent);
}

#[test]
fn nothing_in_gives_nothing_out() {
    assert_eq!(cut(&video_track(), borders(&[0]), vec![fragment(vec![])], Some(1)), []);
}

#[test]
fn borders_must_ascend() {
    for bad in [&[][..], &[0, 0], &[1000, 0]] {
        assert_eq!(Segmenter::new(&video_track(), borders(bad)).unwrap_err(), SegmentError::Borders);
    }
}

#[test]
fn time_that_goes_back_or_jumps_is_an_error() {
    let push = |times: [i64; 2]| {
        let mut segmenter = Segmenter::new(&video_track(), borders(&[0])).unwrap();
        segmenter.push(fragment(vec![sample(times[0], 1, 0, KEY)])).unwrap();
        segmenter.push(fragment(vec![sample(times[1], 1, 0, KEY)])).map(drop)
    };
    assert_eq!(push([10, 9]), Err(SegmentError::Backwards { previous: 10, got: 9 }));
    assert_eq!(push([0, 1 << 32]), Err(SegmentError::Jump { previous: 0, got: 1 << 32 }));
    assert_eq!(push([i64::MIN, i64::MAX]), Err(SegmentError::Jump { previous: i64::MIN, got: i64::MAX }));
    assert_eq!(push([0, 100]), Ok(()), "a small hole is the sample's duration");
}

#[test]
fn limits_and_ends_of_ranges_are_errors() {
    let push = |config| {
        let mut segmenter = Segmenter::new(&video_track(), config).unwrap();
        [0, 1000].into_iter().try_for_each(|at| segmenter.push(gop(at)).map(drop))
    };
    let few = SegmenterConfig { max_segment_samples: 3, ..borders(&[0]) };
    assert!(matches!(push(few), Err(SegmentError::SegmentTooLarge { samples: 4, .. })));
    let small = SegmenterConfig { max_segment_bytes: 5, ..borders(&[0]) };
    assert!(matches!(push(small), Err(SegmentError::SegmentTooLarge { bytes: 6, .. })));
    let last = SegmenterConfig { first_msn: Msn(u32::MAX), ..borders(&[0, 1000]) };
    assert_eq!(push(last), Err(SegmentError::Overflow));
    let below = SegmenterConfig { output_offset: i64::MAX, ..borders(&[0]) };
    assert_eq!(push(below), Ok(()), "checked when it is written");
}

/// Samples with increasing times, random sync flags and sizes, in fragments of random lengths; the last sample of
/// each fragment has a wrong duration as FFmpeg writes it.
fn streams() -> impl Strategy<Value = Vec<Fragment>> {
    let one = (1u32..400, -300i32..300, prop::bool::weighted(0.3), any::<bool>());
    prop::collection::vec(one, 1..80).prop_map(|facts| {
        let mut decode_time = 1000;
        let mut fragments: Vec<Fragment> = vec![];
        for (duration, offset, sync, opens) in facts {
            let next = sample(decode_time, duration, offset, if sync { KEY } else { DELTA });
            decode_time += i64::from(duration);
            match fragments.last_mut() {
                Some(last) if !opens => last.samples.push(next),
                _ => fragments.push(fragment(vec![next])),
            }
        }
        for fragment in &mut fragments {
            fragment.samples.last_mut().unwrap().duration = 7;
        }
        fragments
    })
}

proptest! {
    #[test]
    fn samples_out_are_samples_in_and_times_join(
        fragments in streams(),
        gaps in prop::collection::vec(1i64..3000, 0..12),
        video in any::<bool>(),
    ) {
        let mut list = vec![0];
        for gap in gaps {
            list.push(list.last().unwrap() + gap);
        }
        let track = if video { video_track() } else { audio_track() };
        let before: Vec<_> = fragments.iter().flat_map(|fragment| fragment.samples.clone()).collect();
        let segments = cut(&track, borders(&list), fragments, None);

        let (mut init, _) = read(&fixture("video.mp4")).unwrap();
        init.track.timescale = track.timescale;
        let after = samples_of(&init, &segments);
        let facts = |s: &Sample| (s.decode_time, s.composition_offset, s.flags, s.data.clone());
        prop_assert_eq!(before.iter().map(facts).collect::<Vec<_>>(), after.iter().map(facts).collect::<Vec<_>>());

        let whole = before.last().unwrap().decode_time + 7 - before[0].decode_time;
        prop_assert_eq!(segments.iter().map(|s| s.duration.ticks()).sum::<i64>(), whole);
        for (at, segment) in segments.iter().enumerate() {
            prop_assert_eq!(segment.msn.0 as usize, at);
            prop_assert!(list.contains(&(segment.border / 1000)));
            if let Some(next) = segments.get(at + 1) {
                prop_assert_eq!(segment.end(), next.start);
                prop_assert!(next.border > segment.border);
                prop_assert!(next.independent || !video);
            }
        }
        // Every segment but the first starts on its border: the first sample may, and none in front of it could have.
        let tolerance = i64::from(video);
        let mut firsts = after.iter();
        for segment in &segments {
            let inside: Vec<_> = firsts.by_ref().take(segment.sample_count as usize).collect();
            let border = segment.border / 1000;
            if segment.msn.0 > 0 {
                prop_assert!(inside[0].presentation_time() >= border - tolerance);
            }
            let next = list.iter().find(|&&next| next > border);
            let late = |s: &&&Sample| (!video || s.is_sync()) && next.is_some_and(|&n| s.presentation_time() >= n - tolerance);
            prop_assert!(inside.iter().find(late).is_none());
        }
    }
}
