use super::init::AAC_FRAME;
use super::*;
use crate::edit::samples;
use crate::names::Msn;
use crate::{InitSegment, Sample, Segment};
use bytes::Bytes;
use proptest::prelude::*;

const WALL: i64 = 1_795_000_000_000_000;

fn picture_init() -> InitSegment {
    video_init(crate::h264::AVCC_1280X720).unwrap()
}

fn sound() -> InitSegment {
    sound_init(&[0x11, 0x90]).unwrap()
}

/// What came out, taken apart.
#[derive(Default)]
struct Seen {
    /// (msn, part, microseconds, independent, samples)
    parts: Vec<(u32, u32, i64, bool, Vec<Sample>)>,
    segments: Vec<Segment>,
    dates: Vec<i64>,
}

impl Seen {
    fn of(out: &[Output], wanted: Stream, init: &InitSegment) -> Self {
        let mut seen = Self::default();
        for output in out {
            match output {
                Output::Part { stream, msn, part, duration, independent, bytes, .. } if *stream == wanted => {
                    let samples = samples(init, bytes).unwrap();
                    seen.parts.push((msn.0, *part, duration.as_micros(), *independent, samples));
                }
                Output::Segment { stream, segment, program_date_time } if *stream == wanted => {
                    seen.segments.push(segment.clone());
                    seen.dates.push(*program_date_time);
                }
                _ => {}
            }
        }
        seen
    }

    /// Parts and segments hold the same samples; numbers have no holes; times neither.
    fn check(&self, init: &InitSegment) {
        let mut end = None;
        for (number, segment) in (0_u32..).zip(&self.segments) {
            let whole = samples(init, &segment.bytes).unwrap();
            let parts: Vec<_> = self.parts.iter().filter(|part| part.0 == segment.msn.0).collect();
            let joined: Vec<_> = parts.iter().flat_map(|part| part.4.clone()).collect();
            assert_eq!(segment.msn, Msn(number));
            assert_eq!(joined, whole, "segment {number}");
            assert!(parts.iter().map(|part| part.1).eq(0..parts.len() as u32));
            assert!(segment.independent, "segment {number} begins with a keyframe");
            assert!(end.is_none_or(|end| end == segment.start.ticks()), "segment {number} follows");
            end = Some(segment.end().ticks());
            for (at, part) in parts.iter().enumerate() {
                assert!(part.2 <= PART_TARGET + 1_000, "part {} of {number} lasts {} µs", part.1, part.2);
                let exempt = part.3 || at + 1 == parts.len();
                assert!(
                    exempt || part.2 >= SHORTEST_PART - 1_000,
                    "part {} of {number}: {} µs",
                    part.1,
                    part.2
                );
            }
        }
    }

    fn seconds(&self) -> Vec<f64> {
        self.segments.iter().map(|segment| segment.duration.as_micros() as f64 / 1e6).collect()
    }
}

/// Encoder times of a frame in milliseconds, as encoders round them.
fn at(frame: i64, rate: (i64, i64)) -> i64 {
    frame * 1000 * rate.1 / rate.0
}

struct Encoder {
    rate: (i64, i64),
    gop: i64,
    from_ms: i64,
    offset_ms: i64,
}

impl Encoder {
    /// Sends `frames` pictures and the sound beside them.
    fn send(&self, packager: &mut Packager, frames: i64, with_sound: bool) -> Result<(), LiveError> {
        let mut packets = 0;
        for frame in 0..frames {
            let decode = self.from_ms + at(frame, self.rate);
            while with_sound && self.from_ms + self.offset_ms + packets * 1024 / 48 <= decode {
                packager
                    .sound(self.from_ms + self.offset_ms + packets * 1024 / 48, Bytes::from(vec![7; 20]))?;
                packets += 1;
            }
            let data = Bytes::from(vec![frame as u8; 50]);
            packager.picture((decode, self.offset_ms, frame % self.gop == 0), data, WALL + decode * 1000)?;
        }
        Ok(())
    }
}

fn drain(packager: &mut Packager) -> Vec<Output> {
    std::iter::from_fn(|| packager.poll()).collect()
}

fn usual(rate: (i64, i64), gop: i64) -> Encoder {
    Encoder { rate, gop, from_ms: 0, offset_ms: 0 }
}

#[test]
fn a_second_has_three_parts_at_every_usual_rate() {
    for (rate, gop) in
        [((24, 1), 24), ((25, 1), 25), ((30_000, 1001), 30), ((30, 1), 30), ((50, 1), 50), ((60, 1), 60)]
    {
        let (init, heard) = (picture_init(), sound());
        let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
        usual(rate, gop).send(&mut packager, gop * 9, true).unwrap();
        packager.end_run().unwrap();
        let out = drain(&mut packager);
        let (seen, heard_parts) =
            (Seen::of(&out, Stream::Picture, &init), Seen::of(&out, Stream::Sound, &heard));
        seen.check(&init);
        heard_parts.check(&heard);
        let rounded: Vec<_> = seen.seconds().iter().map(|seconds| seconds.round()).collect();
        assert_eq!(rounded, [1.0, 2.0, 2.0, 2.0, 2.0], "{rate:?}");
        assert_eq!(heard_parts.segments.len(), 5, "{rate:?}");
        assert_eq!(seen.parts.len(), 27, "{rate:?}: three in each of nine seconds");
        let independent = seen.parts.iter().filter(|part| part.3).count();
        assert_eq!(independent, 9, "{rate:?}");
        for (picture, sound) in seen.segments.iter().zip(&heard_parts.segments) {
            let apart = sound.start.as_micros() - picture.start.as_micros();
            assert!(
                (0..21_400).contains(&apart),
                "{rate:?}: the sound of {} begins {apart} µs later",
                picture.msn
            );
        }
    }
}

#[test]
fn pictures_that_are_shown_later_than_decoded_begin_at_zero() {
    let init = picture_init();
    let mut packager = Packager::new(&init, None, Resume::default()).unwrap();
    Encoder { rate: (30, 1), gop: 30, from_ms: 500_000, offset_ms: 67 }
        .send(&mut packager, 90, false)
        .unwrap();
    packager.end_run().unwrap();
    let seen = Seen::of(&drain(&mut packager), Stream::Picture, &init);
    seen.check(&init);
    let first = &seen.segments[0];
    assert_eq!((first.start.ticks(), first.earliest_presentation.ticks()), (0, 0));
    assert_eq!(seen.dates[0], WALL + 500_000_000);
    assert_eq!(seen.dates[1] - seen.dates[0], first.duration.as_micros());
}

#[test]
fn a_gop_of_two_seconds_makes_segments_of_two() {
    let init = picture_init();
    let mut packager = Packager::new(&init, None, Resume::default()).unwrap();
    usual((30, 1), 60).send(&mut packager, 300, false).unwrap();
    packager.end_run().unwrap();
    let seen = Seen::of(&drain(&mut packager), Stream::Picture, &init);
    seen.check(&init);
    // The last frame lasts as long as the one before it, 33 ms.
    assert_eq!(seen.seconds(), [2.0, 2.0, 2.0, 2.0, 1.999]);
}

#[test]
fn rare_keyframes_make_long_segments_and_rarer_ones_are_refused() {
    let (init, heard) = (picture_init(), sound());
    let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
    usual((30, 1), 132).send(&mut packager, 133, true).unwrap();
    assert_eq!(packager.target_duration(), TARGET_DURATION, "4.4 s, rounded, are 4");
    // What x264 does by itself: 250 frames.
    let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
    usual((30, 1), 250).send(&mut packager, 750, true).unwrap();
    packager.end_run().unwrap();
    assert_eq!(packager.target_duration(), LONG_TARGET_DURATION);
    let out = drain(&mut packager);
    for (stream, init) in [(Stream::Picture, &init), (Stream::Sound, &heard)] {
        let seen = Seen::of(&out, stream, init);
        seen.check(init);
        assert_eq!(seen.seconds().iter().map(|seconds| seconds.round()).collect::<Vec<_>>(), [8.0, 8.0, 8.0]);
    }
    let mut packager = Packager::new(&init, None, Resume::default()).unwrap();
    assert_eq!(usual((30, 1), 400).send(&mut packager, 400, false), Err(LiveError::KeyframeGap));
}

#[test]
fn nothing_is_shown_before_the_first_keyframe() {
    let (init, heard) = (picture_init(), sound());
    let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
    packager.picture((0, 0, false), Bytes::from_static(b"no"), WALL).unwrap();
    packager.sound(0, Bytes::from_static(b"no")).unwrap();
    packager.end_run().unwrap();
    assert_eq!(packager.poll(), None);
}

#[test]
fn a_publisher_who_returns_goes_on_where_it_ended() {
    let (init, heard) = (picture_init(), sound());
    let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
    usual((30, 1), 30).send(&mut packager, 100, true).unwrap();
    packager.end_run().unwrap();
    // Other times, and they run from somewhere else.
    Encoder { from_ms: 7_000_000, offset_ms: 67, ..usual((30, 1), 30) }
        .send(&mut packager, 100, true)
        .unwrap();
    packager.end_run().unwrap();
    let out = drain(&mut packager);
    let (seen, heard_parts) = (Seen::of(&out, Stream::Picture, &init), Seen::of(&out, Stream::Sound, &heard));
    seen.check(&init);
    heard_parts.check(&heard);
    let total: f64 = seen.seconds().iter().sum();
    assert!((total - 200.0 / 30.0).abs() < 0.1, "{total}");
    assert_eq!(seen.segments.len(), heard_parts.segments.len());
    let jump = seen.dates.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(jump > 6_000_000_000, "the dates tell the pause: {jump}");
}

#[test]
fn after_a_restart_numbers_and_times_go_on() {
    let (init, heard) = (picture_init(), sound());
    let from = Resume { msn: Msn(7), picture_end: 90_000 * 13, sound_end: 48_000 * 13, ..Resume::default() };
    let mut packager = Packager::new(&init, Some(&heard), from).unwrap();
    usual((30, 1), 30).send(&mut packager, 90, true).unwrap();
    packager.end_run().unwrap();
    let out = drain(&mut packager);
    let seen = Seen::of(&out, Stream::Picture, &init);
    assert_eq!((seen.segments[0].msn, seen.segments[0].start.ticks()), (Msn(7), 90_000 * 13));
    let heard = Seen::of(&out, Stream::Sound, &heard);
    assert_eq!((heard.segments[0].msn, heard.segments[0].start.ticks()), (Msn(7), 48_000 * 13));
}

#[test]
fn times_that_jump_begin_another_run() {
    for jump in [-5_000, 5_000, i64::from(u32::MAX)] {
        let init = picture_init();
        let mut packager = Packager::new(&init, None, Resume::default()).unwrap();
        usual((30, 1), 30).send(&mut packager, 95, false).unwrap();
        Encoder { from_ms: 3_167 + jump, ..usual((30, 1), 30) }.send(&mut packager, 60, false).unwrap();
        packager.end_run().unwrap();
        let seen = Seen::of(&drain(&mut packager), Stream::Picture, &init);
        seen.check(&init);
        let total: f64 = seen.seconds().iter().sum();
        assert!((total - 155.0 / 30.0).abs() < 0.1, "{jump}: {total}");
    }
}

#[test]
fn a_sound_that_stops_is_silence_and_holds_nothing_up() {
    let (init, heard) = (picture_init(), sound());
    let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
    usual((30, 1), 30).send(&mut packager, 60, true).unwrap();
    // Five more seconds of picture alone.
    for frame in 60..210 {
        packager.picture((at(frame, (30, 1)), 0, frame % 30 == 0), Bytes::from_static(b"x"), WALL).unwrap();
    }
    packager.end_run().unwrap();
    let out = drain(&mut packager);
    let (seen, heard_parts) = (Seen::of(&out, Stream::Picture, &init), Seen::of(&out, Stream::Sound, &heard));
    heard_parts.check(&heard);
    assert_eq!(seen.segments.len(), heard_parts.segments.len());
    let (pictures, sounds): (f64, f64) = (seen.seconds().iter().sum(), heard_parts.seconds().iter().sum());
    assert!((pictures - sounds).abs() < 0.03, "{pictures} {sounds}");
}

#[test]
fn a_sound_whose_clock_drifts_stays_with_its_picture() {
    // 200 ppm over an hour are 720 ms.
    let (init, heard) = (picture_init(), sound());
    let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
    let (mut packet, mut most) = (0_i64, 0_i64);
    for frame in 0..30 * 3600_i64 {
        let now = at(frame, (30, 1));
        loop {
            let real = packet * 1024 * 1_000_200 / 48_000_000;
            if real > now {
                break;
            }
            // Which packet comes out where: the packet says its number.
            packager.sound(real, Bytes::from(packet.to_be_bytes().to_vec())).unwrap();
            packet += 1;
        }
        packager.picture((now, 0, frame % 30 == 0), Bytes::from_static(b"x"), WALL).unwrap();
        for output in drain(&mut packager) {
            let Output::Segment { stream: Stream::Sound, segment, .. } = output else { continue };
            for sample in samples(&heard, &segment.bytes).unwrap() {
                let Ok(number) = <[u8; 8]>::try_from(&sample.data[..]) else { continue };
                let real = i64::from_be_bytes(number) * 1024 * 1_000_200 / 48_000_000;
                most = most.max((sample.decode_time * 1000 / 48_000 - real).abs());
            }
        }
    }
    assert!(most <= 80, "{most} ms");
    assert_eq!(AAC_FRAME, 1024);
}

proptest! {
    /// Whatever encoders do with their times and keyframes: what comes out is in order, or the broadcast is refused.
    #[test]
    fn what_comes_out_is_in_order(
        frames in prop::collection::vec((0_i64..120, 0_i64..100, prop::bool::weighted(0.1), prop::bool::weighted(0.02)), 1..400),
    ) {
        let (init, heard) = (picture_init(), sound());
        let mut packager = Packager::new(&init, Some(&heard), Resume::default()).unwrap();
        let mut now = 0;
        for (step, offset, key, jump) in frames {
            now += if jump { step * 1000 - 50_000 } else { step };
            if packager.picture((now, offset, key), Bytes::from_static(b"x"), WALL).is_err() {
                return Ok(());
            }
            packager.sound(now + offset, Bytes::from_static(b"y")).unwrap();
        }
        packager.end_run().unwrap();
        let out = drain(&mut packager);
        let seen = Seen::of(&out, Stream::Picture, &init);
        let mut end = 0;
        for (number, segment) in (0..).zip(&seen.segments) {
            prop_assert_eq!((segment.msn.0, segment.start.ticks()), (number, end));
            prop_assert!(segment.duration.as_micros() <= LONGEST_GOP + 1_000_000);
            end = segment.end().ticks();
        }
    }
}
