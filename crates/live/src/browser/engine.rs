//! FFmpeg between a browser's recording and its broadcast.

use super::Refusal;
use super::take::{Piece, Take};
use crate::Error;
use crate::broadcast::Broadcast;
use bytes::{Bytes, BytesMut};
use cmaf::live::{sound_init, video_init};
use cmaf::{Event, Fragment, FragmentReader, InitSegment, Limits, MediaTime, h264};
use media::child::{Input, Output, Tools};
use media::encode::{Publisher, SOUND_CONFIGURATION, Threads, publisher};
use media::plan::{LadderConfig, copy_while_arriving};
use media::probe::{Probe, SourceLimits, probe_head};
use media::sniff::{Container, sniff};
use media::{Fault, MediaError};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Bytes within which a recording has to show what it is.
const MOST_HEAD: usize = 8 << 20;
/// A copied picture shows its second keyframe within this, in microseconds: no segment can be longer.
const KEYFRAMES_WITHIN: i64 = 2_500_000;
/// Packets of sound that wait for the first picture: some seconds.
const MOST_WAITING: usize = 500;
/// A recording that cannot be told by so many bytes is none.
const SURE: usize = 4096;
/// Bytes read of a pipe at once.
const READ: usize = 64 << 10;

/// What recordings are read and encoded with.
#[derive(Debug)]
pub struct Engine {
    tools: Option<Tools>,
    ladder: LadderConfig,
    limits: SourceLimits,
    scratch: PathBuf,
    threads: usize,
    places: Arc<Semaphore>,
    encoders: Arc<Semaphore>,
}

impl Engine {
    /// Without `tools` there is no broadcasting from a browser. `scratch` is a folder for short files; `cores` is what the machine has.
    #[must_use]
    pub fn new(
        tools: Option<Tools>,
        ladder: LadderConfig,
        limits: SourceLimits,
        scratch: PathBuf,
        cores: usize,
    ) -> Self {
        // One that is copied, or waits for its browser to return, takes some memory; one that is encoded a core, now and then.
        let places = Arc::new(Semaphore::new(cores.saturating_mul(8).max(16)));
        let encoders = Arc::new(Semaphore::new(cores.saturating_mul(2).max(4)));
        Self { tools, ladder, limits, scratch, threads: cores, places, encoders }
    }

    /// Whether browsers can broadcast at all.
    pub(super) fn is_there(&self) -> bool {
        self.tools.is_some()
    }

    /// A place for one more recording, if there is one.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }
}

/// Takes a recording from its first byte to its end into its broadcast.
pub(super) async fn run(
    engine: &Engine,
    broadcast: &Broadcast,
    take: &Take,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<(), Refusal> {
    let tools = engine.tools.as_ref().ok_or(Refusal::Internal)?;
    let mut head = BytesMut::new();
    let (probe, copied) = loop {
        let Some(piece) = pieces.recv().await else { return Err(Refusal::Ended) };
        head.extend_from_slice(&piece.bytes);
        while let Ok(piece) = pieces.try_recv() {
            head.extend_from_slice(&piece.bytes);
        }
        if let Some(found) = look(engine, tools, take, &head).await? {
            break found;
        }
        if head.len() > MOST_HEAD {
            return Err(unsupported("Nothing that can be broadcast was found in this recording."));
        }
    };
    let _encodes =
        if copied { None } else { Some(engine.encoders.try_acquire().map_err(|_| Refusal::TooMany)?) };
    tracing::info!(video = %broadcast.video, copied, "a recording of a browser is broadcast");
    let job = publisher(&Publisher {
        probe: &probe,
        copied,
        ladder: &engine.ladder,
        threads: Threads::for_cores(engine.threads),
    });
    let job = job.map_err(|error| failed(&error))?;
    let mut running = tools.spawn(job).await.map_err(|error| failed(&error.into()))?;
    let input = running.input.take().ok_or(Refusal::Internal)?;
    let mut tracks = std::mem::take(&mut running.outputs).into_iter().map(Track::new);
    let picture = tracks.next().ok_or(Refusal::Internal)?;
    let sound = tracks.next();
    let frames = Frames::new(broadcast, take, sound.is_some())?;
    let mut feeding = std::pin::pin!(feed(input, head.freeze(), pieces));
    let mut taking = std::pin::pin!(hand_on(frames, picture, sound));
    let whole = tokio::select! {
        biased;
        outcome = &mut taking => outcome.map(|()| false),
        // A child that is gone takes nothing; its outputs have ended too then.
        fed = &mut feeding => taking.await.map(|()| fed.is_ok()),
    }?;
    match running.wait().await {
        Ok(_) if whole => Ok(()),
        Ok(_) => Err(Refusal::Failed("The recording broke off in the middle. Begin a new one.".to_owned())),
        Err(error) => {
            tracing::warn!(video = %broadcast.video, %error, "FFmpeg has ended under a broadcast");
            Err(Refusal::Failed("This recording cannot be read any further. Begin a new one.".to_owned()))
        }
    }
}

/// What the first bytes tell: the tracks, and whether the picture can go on as it is. `None` when they are too few.
async fn look(
    engine: &Engine,
    tools: &Tools,
    take: &Take,
    head: &[u8],
) -> Result<Option<(Probe, bool)>, Refusal> {
    let container = match sniff(head) {
        Ok(container @ (Container::Mp4 | Container::Matroska | Container::Webm)) => container,
        Err(_) if head.len() < SURE => return Ok(None),
        Ok(_) | Err(_) => {
            return Err(unsupported("What this browser records is neither WebM, Matroska nor MP4."));
        }
    };
    let path = engine.scratch.join(format!("take-{}", take.session));
    tokio::fs::write(&path, head).await.map_err(|error| failed(&error.into()))?;
    let found = probe_head(tools, &path, container, &engine.limits).await;
    let _next_start_removes_it = tokio::fs::remove_file(&path).await;
    match found {
        Ok(found) => Ok(copied(&found.probe, &engine.ladder).map(|copied| (found.probe, copied))),
        // It may be that the rest of it is still to come.
        Err(error) if error.fault() == Fault::Source => {
            tracing::debug!(%error, "the first bytes of a recording say too little");
            Ok(None)
        }
        Err(error) => Err(failed(&error)),
    }
}

/// Whether the picture is H.264 whose keyframes come often enough; `None` when that cannot be told yet.
fn copied(probe: &Probe, ladder: &LadderConfig) -> Option<bool> {
    let packets = &probe.video.as_ref()?.packets;
    let seen = packets.end_us.saturating_sub(packets.first_us);
    match copy_while_arriving(probe, true, ladder) {
        Some(true) if packets.keyframes_total >= 2 => Some(packets.max_keyframe_gap_us <= KEYFRAMES_WITHIN),
        Some(true) => (seen > KEYFRAMES_WITHIN).then_some(false),
        Some(false) | None => Some(false),
    }
}

fn unsupported(why: &str) -> Refusal {
    Refusal::Unsupported(why.to_owned())
}

fn failed(error: &MediaError) -> Refusal {
    tracing::error!(%error, "what a browser sends cannot be read");
    Refusal::Internal
}

/// Writes what arrives to FFmpeg; its end is the end of the recording.
async fn feed(mut input: Input, head: Bytes, mut pieces: mpsc::Receiver<Piece>) -> std::io::Result<()> {
    input.write_all(&head).await?;
    drop(head);
    while let Some(piece) = pieces.recv().await {
        input.write_all(&piece.bytes).await?;
    }
    Ok(())
}

/// One output of FFmpeg.
struct Track {
    output: Output,
    reader: FragmentReader,
    buffer: Vec<u8>,
}

impl Track {
    fn new(output: Output) -> Self {
        Self { output, reader: FragmentReader::new(Limits::default()), buffer: vec![0; READ] }
    }

    /// The next of it; `None` at its end. Nothing is lost when this is dropped.
    async fn next(&mut self) -> Result<Option<Event>, Refusal> {
        loop {
            if let Some(event) = self.reader.poll().map_err(|error| broken(&error))? {
                return Ok(Some(event));
            }
            match self.output.read(&mut self.buffer).await {
                Ok(0) => return Ok(None),
                Ok(count) => self.reader.push(self.buffer.get(..count).unwrap_or_default()),
                Err(error) => return Err(failed(&error.into())),
            }
        }
    }
}

fn broken(error: &cmaf::ReadError) -> Refusal {
    tracing::error!(%error, "what FFmpeg writes cannot be read");
    Refusal::Internal
}

async fn next_of(track: &mut Option<Track>) -> Result<Option<Event>, Refusal> {
    match track {
        Some(track) => track.next().await,
        None => Ok(None),
    }
}

/// Brings both outputs into the broadcast, until they end.
async fn hand_on(
    mut frames: Frames<'_>,
    mut picture: Track,
    mut sound: Option<Track>,
) -> Result<(), Refusal> {
    let (mut seen, mut heard) = (true, sound.is_some());
    while seen || heard {
        tokio::select! {
            event = picture.next(), if seen => match event? {
                Some(event) => frames.picture(event).await?,
                None => seen = false,
            },
            event = next_of(&mut sound), if heard => match event? {
                Some(event) => frames.sound(event)?,
                None => heard = false,
            },
        }
    }
    Ok(())
}

/// One recording's way into its broadcast.
struct Frames<'a> {
    broadcast: &'a Broadcast,
    take: &'a Take,
    sound: Option<InitSegment>,
    /// Decode time of the first frame in milliseconds.
    first_ms: Option<i64>,
    /// Packets of sound that came before the first picture.
    waiting: Vec<(i64, Bytes)>,
    /// The next packet is the encoder's priming.
    priming: bool,
}

impl<'a> Frames<'a> {
    fn new(broadcast: &'a Broadcast, take: &'a Take, sound: bool) -> Result<Self, Refusal> {
        let sound = sound.then(|| sound_init(&SOUND_CONFIGURATION)).transpose().map_err(Error::from)?;
        Ok(Self { broadcast, take, sound, first_ms: None, waiting: Vec::new(), priming: true })
    }

    async fn picture(&mut self, event: Event) -> Result<(), Refusal> {
        let session = &self.take.session;
        match event {
            Event::Init(init) => {
                let configuration = h264::configuration(&init).map_err(|error| broken(&error))?;
                let picture = video_init(configuration).map_err(Error::from)?;
                self.broadcast.begin(session, &picture, self.sound.as_ref()).await?;
                self.take.begun();
            }
            Event::Fragment(fragment) => {
                let milliseconds = in_milliseconds(&fragment);
                for sample in fragment.samples {
                    let at = milliseconds(sample.decode_time);
                    let offset = milliseconds(sample.presentation_time()) - at;
                    let since = at.saturating_sub(*self.first_ms.get_or_insert(at));
                    let taken = self.take.first_at().map(|first| first.0.saturating_add(since * 1000));
                    let frame = (at, offset, sample.is_sync());
                    self.broadcast.picture_taken(session, frame, sample.data, taken)?;
                }
                for (at, data) in self.waiting.drain(..) {
                    self.broadcast.sound(session, at, data)?;
                }
            }
        }
        Ok(())
    }

    fn sound(&mut self, event: Event) -> Result<(), Refusal> {
        let Event::Fragment(fragment) = event else { return Ok(()) };
        let milliseconds = in_milliseconds(&fragment);
        for sample in fragment.samples {
            if std::mem::take(&mut self.priming) {
                continue;
            }
            let at = milliseconds(sample.decode_time);
            if self.first_ms.is_some() {
                self.broadcast.sound(&self.take.session, at, sample.data)?;
            } else if self.waiting.len() < MOST_WAITING {
                self.waiting.push((at, sample.data));
            }
        }
        Ok(())
    }
}

/// Ticks of a fragment's track as milliseconds.
fn in_milliseconds(fragment: &Fragment) -> impl Fn(i64) -> i64 + use<> {
    let timescale = fragment.timescale;
    move |ticks| MediaTime::new(ticks, timescale).as_micros().div_euclid(1000)
}
