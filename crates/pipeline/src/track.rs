//! One track of one FFmpeg process: bytes from its pipe become segments in the object store and rows in the catalogue.

use crate::Error;
use crate::publish::Publisher;
use bytes::Bytes;
use cmaf::names::{Epoch, Msn, RungName};
use cmaf::playlist::MediaPlaylist;
use cmaf::{Event, Fragment, FragmentReader, InitSegment, Limits, Segment, Segmenter, SegmenterConfig, h264};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What a track's publisher needs to know before the first byte.
#[derive(Debug, Clone)]
pub(crate) struct TrackPlan {
    pub(crate) rung: RungName,
    /// Segment starts in microseconds, from where this process begins.
    pub(crate) borders: Vec<i64>,
    /// Number of the first segment that this process writes; not 0 for a resumed encode.
    pub(crate) first: u32,
    /// Segments below this number exist already, byte for byte, and are not published again.
    pub(crate) have: u32,
    /// Where the track's last sample ends, in microseconds, when that is known.
    pub(crate) end: Option<i64>,
    /// Whether its playlist was announced before the lengths of its segments were known.
    pub(crate) open: bool,
    /// Whether it is the source's own H.264.
    pub(crate) copied: bool,
}

/// Reads `pipe` to its end and publishes what comes. A reader that stopped would block the whole process, so the pipe is
/// drained whatever happens.
pub(crate) async fn publish(
    publisher: &Publisher<'_>,
    plan: TrackPlan,
    mut pipe: impl AsyncRead + Unpin,
) -> Result<(), Error> {
    let reader = FragmentReader::new(Limits::default());
    let mut track = Track { publisher, plan, reader, segmenter: None, parameters: Bytes::new() };
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let length = pipe.read(&mut buffer).await.map_err(Error::Pipe)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
        track.take(bytes).await?;
    }
    track.finish().await
}

const READ_BYTES: usize = 256 << 10;
/// Longest segment of a source that still arrives: what a picture that stands still may make of it.
const MOST_SECONDS: u32 = 120;
const EPOCH: Epoch = Epoch(0);

struct Track<'a> {
    publisher: &'a Publisher<'a>,
    plan: TrackPlan,
    reader: FragmentReader,
    segmenter: Option<Segmenter>,
    /// The sequence parameter set of a copied picture, once one was seen.
    parameters: Bytes,
}

impl Track<'_> {
    async fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.reader.push(bytes);
        while let Some(event) = self.reader.poll()? {
            match event {
                Event::Init(init) => self.begin(init).await?,
                Event::Fragment(fragment) => {
                    self.watch_parameters(&fragment)?;
                    let segmenter = self.segmenter.as_mut().ok_or(Error::NoInit)?;
                    let segments = segmenter.push(fragment)?;
                    self.publish(segments).await?;
                }
            }
        }
        Ok(())
    }

    /// A picture whose size changes on the way cannot be copied under one init segment.
    fn watch_parameters(&mut self, fragment: &Fragment) -> Result<(), Error> {
        if !self.plan.copied {
            return Ok(());
        }
        for sample in fragment.samples.iter().filter(|sample| sample.is_sync()) {
            let Some(found) = h264::sequence_parameters(&sample.data) else { continue };
            if self.parameters.is_empty() {
                self.parameters = Bytes::copy_from_slice(found);
            } else if self.parameters != found {
                return Err(Error::ParametersChange);
            }
        }
        Ok(())
    }

    async fn begin(&mut self, init: InitSegment) -> Result<(), Error> {
        let borders = self.plan.borders.clone();
        let config = SegmenterConfig { first_msn: Msn(self.plan.first), ..SegmenterConfig::new(borders) };
        self.segmenter = Some(Segmenter::new(&init.track, config)?);
        self.publisher.init(&self.plan.rung, EPOCH, init).await
    }

    async fn publish(&self, segments: Vec<Segment>) -> Result<(), Error> {
        let new: Vec<_> = segments.into_iter().filter(|segment| segment.msn.0 >= self.plan.have).collect();
        if new.is_empty() {
            return Ok(());
        }
        let longest = new.iter().map(|segment| segment.duration).max().filter(|_| self.plan.open);
        let target = longest.map(MediaPlaylist::target_duration_for);
        if target.is_some_and(|seconds| seconds > MOST_SECONDS) {
            return Err(Error::Unstreamable("its frames are too far apart".to_owned()));
        }
        self.publisher.segments(&self.plan.rung, EPOCH, new, target).await
    }

    async fn finish(mut self) -> Result<(), Error> {
        std::mem::replace(&mut self.reader, FragmentReader::new(Limits::default())).finish()?;
        match self.segmenter.take() {
            Some(segmenter) => {
                let last = segmenter.finish(self.plan.end)?;
                self.publish(last).await
            }
            None => Err(Error::NoInit),
        }
    }
}
