//! The incremental reader of FFmpeg's fragmented MP4: bytes in, events out.

use bytes::{Buf, Bytes, BytesMut};

use crate::boxes::{BoxHeader, FourCc, Mp4Box};
use crate::fragment::FragmentPlan;
use crate::init::{TrackDefaults, belongs_to_init, parse_moov};
use crate::{Fragment, InitSegment, ReadError, Timescale, Track};

/// What a stream is made of: first one init segment, then fragments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Comes exactly once, before everything else.
    Init(InitSegment),
    /// Comes as soon as its `mdat` is whole.
    Fragment(Fragment),
}

/// What a stream may ask of memory. The reader holds one box at a time, so its worst case is the largest of these
/// plus one `moof` and what was pushed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest `ftyp`, `moov` or `moof` in bytes. Default 4 MiB.
    pub max_header_bytes: u64,
    /// Largest `mdat` in bytes, that is one GOP or one second of sound. Default 256 MiB.
    pub max_data_bytes: u64,
    /// Most samples in one fragment, about 100 bytes of memory each. Default 65,536.
    pub max_samples: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_header_bytes: 4 << 20, max_data_bytes: 256 << 20, max_samples: 1 << 16 }
    }
}

/// Reads what FFmpeg writes to one pipe with
/// `-f mp4 -movflags +cmaf+empty_moov+default_base_moof+frag_discont` (or `delay_moov`): one track, fragments of one
/// `moof` and one `mdat`. Boxes that do not matter here (`styp`, `sidx`, `free`, `prft`, `mfra`, …) are stepped over
/// whatever their size, without holding them.
///
/// [`push`](Self::push) bytes as they come, in pieces of any size, then [`poll`](Self::poll) until it says `None`.
#[derive(Debug, Default)]
pub struct FragmentReader {
    limits: Limits,
    /// Pushed and not yet consumed. Begins at a box header when `to_skip` is 0.
    buffer: BytesMut,
    /// Position in the stream of the buffer's first byte.
    position: u64,
    /// Bytes of an uninteresting box that are still to come or to be dropped.
    to_skip: u64,
    state: State,
    failed: Option<ReadError>,
}

#[derive(Debug)]
enum State {
    /// Waiting for `moov`.
    Init { ftyp: Option<Bytes> },
    /// Waiting for `moof`.
    Ready(Known),
    /// Waiting for the `mdat` of a `moof`.
    Data(Known, FragmentPlan),
}

impl Default for State {
    fn default() -> Self {
        Self::Init { ftyp: None }
    }
}

/// What the init segment told.
#[derive(Debug, Clone, Copy)]
struct Known {
    track_id: u32,
    timescale: Timescale,
    defaults: TrackDefaults,
}

impl FragmentReader {
    /// A reader at the start of a stream.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes the next bytes of the stream. They are copied once; poll until `None` before the next push, otherwise
    /// they pile up.
    pub fn push(&mut self, bytes: &[u8]) {
        let skipped = usize::try_from(self.to_skip).map_or(bytes.len(), |skip| skip.min(bytes.len()));
        // While skipping the buffer is empty, so a long uninteresting box is never held.
        let skipped = if self.buffer.is_empty() { skipped } else { 0 };
        self.passed(skipped);
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes.get(skipped..).unwrap_or_default());
        }
    }

    /// The next event; `Ok(None)` means that more bytes are needed.
    ///
    /// # Errors
    /// When the bytes are no stream this reader takes. It is then spent: every later poll says the same.
    pub fn poll(&mut self) -> Result<Option<Event>, ReadError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let polled = self.advance();
        if let Err(error) = &polled {
            self.failed = Some(error.clone());
            self.buffer = BytesMut::new();
        }
        polled
    }

    /// Says that the stream has ended and asks whether that was a good place to end.
    ///
    /// # Errors
    /// [`ReadError::Truncated`] inside a box, between `moof` and `mdat` or before `moov`; or the error polled before.
    pub fn finish(self) -> Result<(), ReadError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        match self.state {
            State::Init { .. } => Err(ReadError::Truncated("the init segment")),
            State::Data(..) => Err(ReadError::Truncated("a fragment")),
            State::Ready(_) if self.to_skip > 0 || !self.buffer.is_empty() => {
                Err(ReadError::Truncated("a box"))
            }
            State::Ready(_) => Ok(()),
        }
    }

    /// Bytes held at the moment.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    fn advance(&mut self) -> Result<Option<Event>, ReadError> {
        loop {
            let skipped = usize::try_from(self.to_skip).unwrap_or(usize::MAX).min(self.buffer.len());
            self.buffer.advance(skipped);
            self.passed(skipped);
            if self.to_skip > 0 {
                return Ok(None);
            }
            let Some(header) = BoxHeader::parse(&self.buffer)? else { return Ok(None) };
            let kind = header.kind;
            let size =
                header.size.ok_or(ReadError::Unsupported("a box that goes on to the end of the stream"))?;
            let Some(limit) = self.limit_of(&header) else {
                self.to_skip = size;
                continue;
            };
            self.refuse_misplaced(&header)?;
            let whole = usize::try_from(size).ok().filter(|_| size <= limit);
            let whole = whole.ok_or(ReadError::BoxTooLarge { kind, size, limit })?;
            if self.buffer.len() < whole {
                return Ok(None);
            }
            let at = self.position;
            let bytes = self.buffer.split_to(whole).freeze();
            self.position = at.saturating_add(size);
            if let Some(event) = self.handle(&header, &bytes, at)? {
                return Ok(Some(event));
            }
        }
    }

    /// The limit for a box that matters, `None` for one to step over.
    fn limit_of(&self, header: &BoxHeader) -> Option<u64> {
        if header.kind == b"mdat" {
            Some(self.limits.max_data_bytes)
        } else if belongs_to_init(header) || header.kind == b"moof" {
            Some(self.limits.max_header_bytes)
        } else {
            None
        }
    }

    /// Says no to a box at a wrong place as soon as its header is seen, before its content is waited for.
    fn refuse_misplaced(&self, header: &BoxHeader) -> Result<(), ReadError> {
        let kind = header.kind;
        let refuse = |reason| Err(ReadError::UnexpectedBox { kind, reason });
        match (&kind.0, &self.state) {
            (b"ftyp", State::Init { ftyp: None })
            | (b"moov", State::Init { .. })
            | (b"moof", State::Ready(_))
            | (b"mdat", State::Data(..)) => Ok(()),
            (b"moof", State::Data(..)) => refuse("the moof in front has no mdat yet"),
            (b"moof" | b"mdat", State::Init { .. }) => refuse("there was no moov yet"),
            (b"mdat", State::Ready(_)) => refuse("there was no moof for it"),
            _ => refuse("it was there already"),
        }
    }

    fn handle(&mut self, header: &BoxHeader, bytes: &Bytes, at: u64) -> Result<Option<Event>, ReadError> {
        let payload = bytes.slice(header.header_len.min(bytes.len())..);
        let whole = Mp4Box { kind: header.kind, size: bytes.len(), payload: &payload };
        let (state, event) = match std::mem::take(&mut self.state) {
            State::Init { ftyp: None } if header.kind == b"ftyp" => {
                (State::Init { ftyp: Some(bytes.clone()) }, None)
            }
            State::Init { ftyp } => {
                let (track, defaults) = parse_moov(&whole)?;
                let known = Known { track_id: track.id, timescale: track.timescale, defaults };
                (State::Ready(known), Some(init_event(ftyp, bytes, track)?))
            }
            State::Ready(known) => {
                let plan = FragmentPlan::parse(&whole, at, known.track_id, &known.defaults, &self.limits)?;
                (State::Data(known, plan), None)
            }
            State::Data(known, plan) => {
                let payload_at = at.saturating_add(header.header_len as u64);
                let fragment = (!plan.is_empty()).then(|| plan.fill(&payload, payload_at, known.timescale));
                (State::Ready(known), fragment.transpose()?.map(Event::Fragment))
            }
        };
        self.state = state;
        Ok(event)
    }

    fn passed(&mut self, skipped: usize) {
        let skipped = skipped as u64;
        self.to_skip = self.to_skip.saturating_sub(skipped);
        self.position = self.position.saturating_add(skipped);
    }
}

fn init_event(ftyp: Option<Bytes>, moov: &Bytes, track: Track) -> Result<Event, ReadError> {
    let ftyp = ftyp.ok_or(ReadError::MissingBox { kind: FourCc(*b"ftyp"), parent: crate::boxes::FILE })?;
    let bytes = Bytes::from([ftyp.as_ref(), moov.as_ref()].concat());
    Ok(Event::Init(InitSegment { bytes, track }))
}
