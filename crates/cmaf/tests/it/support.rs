//! Fixtures, and the short ways through the crate that several tests take.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use cmaf::{
    Event, Fragment, FragmentReader, InitSegment, Limits, ReadError, Sample, SampleFlags, Segment, Segmenter,
    SegmenterConfig, Timescale, Track, TrackKind,
};

pub(crate) fn path(below_tests: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(below_tests)
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(path("data").join(name)).unwrap()
}

/// All events of a stream given in chunks.
pub(crate) fn read_chunks<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Event>, ReadError> {
    let mut reader = FragmentReader::new(Limits::default());
    let mut events = vec![];
    for chunk in chunks {
        reader.push(chunk);
        while let Some(event) = reader.poll()? {
            events.push(event);
        }
    }
    reader.finish()?;
    Ok(events)
}

pub(crate) fn read(bytes: &[u8]) -> Result<(InitSegment, Vec<Fragment>), ReadError> {
    let mut init = None;
    let mut fragments = vec![];
    for event in read_chunks(std::iter::once(bytes))? {
        match event {
            Event::Init(segment) => init = Some(segment),
            Event::Fragment(fragment) => fragments.push(fragment),
        }
    }
    Ok((init.unwrap(), fragments))
}

pub(crate) fn cut(
    track: &Track,
    config: SegmenterConfig,
    fragments: Vec<Fragment>,
    end: Option<i64>,
) -> Vec<Segment> {
    let mut segmenter = Segmenter::new(track, config).unwrap();
    let mut segments = vec![];
    for fragment in fragments {
        segments.extend(segmenter.push(fragment).unwrap());
    }
    segments.extend(segmenter.finish(end).unwrap());
    segments
}

/// The samples inside written segments, read back behind an init segment of the same track.
pub(crate) fn samples_of(init: &InitSegment, segments: &[Segment]) -> Vec<Sample> {
    let mut bytes = init.bytes.to_vec();
    segments.iter().for_each(|segment| bytes.extend(&segment.bytes));
    let (_, fragments) = read(&bytes).unwrap();
    fragments.into_iter().flat_map(|fragment| fragment.samples).collect()
}

/// Milliseconds are easy to read in tests.
pub(crate) fn millis() -> Timescale {
    Timescale::new(1000).unwrap()
}

pub(crate) fn video_track() -> Track {
    let kind = TrackKind::Video { width: 64, height: 36 };
    Track { id: 1, kind, timescale: millis(), codec: "avc1.64000a".into() }
}

pub(crate) fn audio_track() -> Track {
    let kind = TrackKind::Audio { channels: 2, sample_rate: 48_000 };
    Track { id: 1, kind, timescale: millis(), codec: "mp4a.40.2".into() }
}

/// A sample at (decode time, duration) in milliseconds with a composition offset.
pub(crate) fn sample(decode_time: i64, duration: u32, composition_offset: i32, flags: SampleFlags) -> Sample {
    let data = Bytes::from(format!("{decode_time},"));
    Sample { decode_time, duration, composition_offset, flags, data }
}

pub(crate) fn fragment(samples: Vec<Sample>) -> Fragment {
    Fragment { timescale: millis(), samples }
}

/// Borders at milliseconds, nothing to take off.
pub(crate) fn borders(millis: &[i64]) -> SegmenterConfig {
    let borders = millis.iter().map(|border| border * 1000).collect();
    SegmenterConfig { output_offset: 0, ..SegmenterConfig::new(borders) }
}
