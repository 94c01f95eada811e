//! One broadcast, from its first frame to its end, over all its connections.

use crate::Error;
use crate::recorder::{self, Item};
use crate::registry::Parts;
use crate::reload::{Ask, Verdict};
use crate::window::{Found, Window};
use bus::Event;
use bytes::Bytes;
use cmaf::live::{Output, Packager, Resume, Stream, TARGET_DURATION};
use cmaf::names::{ContentHash, Epoch, RungName, init_file, segment_file};
use cmaf::{InitSegment, MediaTime, Msn, TrackKind};
use domain::{AccountId, SessionId, VideoId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::media::{InitFacts, Rung};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The picture's rung.
pub(crate) const SOURCE: &str = "source";
/// The sound's.
pub(crate) const AUDIO: &str = "audio";
/// Whoever waits for something is told after three target durations that it did not come (RFC 8216bis §6.2.5.2).
const PATIENCE: Duration = Duration::from_secs(3 * TARGET_DURATION as u64);
/// Segments that wait for the disk: about a minute.
const WAITING: usize = 64;
/// What is announced until segments tell, in bit/s.
const ANNOUNCED: (i64, i64) = (6_000_000, 160_000);

/// A connection that publishes.
#[derive(Debug)]
struct Connection {
    session: SessionId,
    /// Ends it.
    end: CancellationToken,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    connection: Option<Connection>,
    packager: Option<Packager>,
    windows: Vec<(Stream, Window)>,
    /// What the rungs' init segments are called; nothing else can be appended to them.
    inits: Vec<String>,
    ended: bool,
    /// Playlists as they were rendered since the last change.
    rendered: HashMap<(usize, bool), Bytes>,
}

/// A broadcast that is on, or has just ended.
#[derive(Debug)]
pub struct Broadcast {
    pub(crate) video: VideoId,
    pub(crate) owner: AccountId,
    pub(crate) parts: Parts,
    pub(crate) items: mpsc::Sender<Item>,
    /// Ends the recorder of a video that is gone.
    pub(crate) gone: CancellationToken,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// What a viewer's request for a playlist comes to.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is there; `true` when it answers a question that will be answered the same for ever.
    Playlist(Bytes, bool),
    /// It asks for more than may be asked for.
    Never,
    /// It did not come in time.
    Late,
    /// There is no such rung, or nothing of it yet.
    Unknown,
}

impl Broadcast {
    pub(crate) fn new(parts: Parts, row: &store::live::Broadcast) -> Arc<Self> {
        let (items, queue) = mpsc::channel(WAITING);
        let broadcast = Arc::new(Self {
            video: row.video_id.clone(),
            owner: row.account_id.clone(),
            parts,
            items,
            gone: CancellationToken::new(),
            state: Mutex::default(),
            changed: watch::Sender::new(()),
        });
        tokio::spawn(recorder::record(Arc::clone(&broadcast), queue));
        broadcast
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, mut state: MutexGuard<'_, State>) {
        state.rendered.clear();
        drop(state);
        self.changed.send_replace(());
    }

    pub(crate) fn video_changed(&self) {
        self.parts.bus.publish(Event::VideoChanged { video: self.video.clone(), owner: self.owner.clone() });
    }

    /// A publisher has come: it takes the place of the one that was there.
    pub(crate) fn attach(&self, session: &SessionId, end: CancellationToken) -> Result<(), Error> {
        let mut state = self.state();
        if state.ended {
            return Err(Error::Ended);
        }
        let before = state.connection.replace(Connection { session: session.clone(), end });
        if let Some(before) = before {
            before.end.cancel();
            self.end_run(&mut state)?;
        }
        self.tell(state);
        Ok(())
    }

    /// A publisher has gone; `true` when it was the one that counts.
    pub(crate) fn detach(&self, session: &SessionId) -> bool {
        let mut state = self.state();
        if state.ended || state.connection.as_ref().is_none_or(|connection| connection.session != *session) {
            return false;
        }
        state.connection = None;
        if let Err(error) = self.end_run(&mut state) {
            tracing::warn!(video = %self.video, %error, "the end of what a publisher sent is lost");
        }
        self.tell(state);
        true
    }

    /// Whether nothing will be added.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state().ended
    }

    /// Waits until somebody publishes or it has ended.
    pub(crate) async fn continued(&self) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if self.is_continued() || changed.changed().await.is_err() {
                return;
            }
        }
    }

    fn is_continued(&self) -> bool {
        let state = self.state();
        state.ended || state.connection.is_some()
    }

    /// Sends a publisher away; `false` when it is not there.
    #[must_use]
    pub fn disconnect(&self, session: &str) -> bool {
        let state = self.state();
        let found = state.connection.as_ref().filter(|connection| connection.session.as_str() == session);
        found.inspect(|connection| connection.end.cancel()).is_some()
    }

    /// Begins, or goes on, with these tracks.
    pub(crate) async fn begin(
        &self,
        session: &SessionId,
        picture: &InitSegment,
        sound: Option<&InitSegment>,
    ) -> Result<(), Error> {
        let named = |rung: &str, init: &InitSegment| {
            let hash = ContentHash::of(&init.bytes);
            (rung.to_owned(), init_file(Epoch(0), hash), init.clone())
        };
        let tracks: Vec<_> = [Some(named(SOURCE, picture)), sound.map(|init| named(AUDIO, init))]
            .into_iter()
            .flatten()
            .collect();
        let inits: Vec<_> = tracks.iter().map(|(_, file, _)| file.clone()).collect();
        let known = self.state().inits.clone();
        if !known.is_empty() && known != inits {
            return Err(Error::OtherSettings);
        }
        let rows = self.announce(&tracks, picture).await?;
        if known.is_empty() {
            let resume = self.resume(&tracks).await?;
            let packager = Packager::new(picture, sound, resume)?;
            let mut windows = Vec::new();
            for ((rung, file, init), stream) in tracks.iter().zip([Stream::Picture, Stream::Sound]) {
                let mut window = Window::new(rung, file.clone(), nonce(), resume.msn.0);
                self.remember(&mut window, rung, init).await?;
                windows.push((stream, window));
            }
            let mut state = self.state();
            // Unless another connection was faster.
            if state.inits.is_empty() {
                state.packager = Some(packager);
                (state.windows, state.inits) = (windows, inits);
            }
            self.tell(state);
        }
        if self.state().connection.as_ref().is_none_or(|connection| connection.session != *session) {
            return Err(Error::Replaced);
        }
        if !rows {
            return Err(Error::Ended);
        }
        self.video_changed();
        Ok(())
    }

    /// Stores the init segments and tells the catalogue.
    async fn announce(
        &self,
        tracks: &[(String, String, InitSegment)],
        picture: &InitSegment,
    ) -> Result<bool, Error> {
        let keys: Vec<_> =
            tracks.iter().map(|(rung, file, _)| format!("videos/{}/{rung}/{file}", self.video)).collect();
        let mut rungs = Vec::new();
        for (position, ((rung, _, init), key)) in (0_i64..).zip(tracks.iter().zip(&keys)) {
            recorder::put(self, key, init.bytes.clone()).await?;
            if let Some(before) = self.parts.store.rung(&self.video, rung).await?
                && before.init_key.as_deref() != Some(key)
            {
                return Err(Error::OtherSettings);
            }
            let facts =
                InitFacts { codec: &init.track.codec, timescale: i64::from(init.track.timescale.get()), key };
            rungs.push((row(rung, position, init), facts));
        }
        // A sound that was there before and is not sent now.
        if self.parts.store.rungs(&self.video).await?.len() > rungs.len() {
            return Err(Error::OtherSettings);
        }
        let TrackKind::Video { width, height } = picture.track.kind else { return Err(Error::OtherSettings) };
        let size = (i64::from(width), i64::from(height));
        Ok(self.parts.store.begin_live(&self.video, &rungs, size).await?)
    }

    /// Where a broadcast that an earlier run of this server had goes on.
    async fn resume(&self, tracks: &[(String, String, InitSegment)]) -> Result<Resume, Error> {
        let mut ends = Vec::new();
        for (rung, ..) in tracks {
            ends.push(self.parts.store.rung_end(&self.video, rung).await?);
        }
        let end = |at: usize| ends.get(at).and_then(Option::as_ref);
        // Segments of one stream may have been lost with the server; numbers go on alike.
        let msn = ends.iter().flatten().map(|end| end.next_msn).max().unwrap_or(0);
        Ok(Resume {
            msn: Msn(u32::try_from(msn).map_err(|_| Error::Ended)?),
            picture_end: end(0).map_or(0, |end| end.end),
            sound_end: end(1).map_or(0, |end| end.end),
        })
    }

    async fn remember(&self, window: &mut Window, rung: &str, init: &InitSegment) -> Result<(), Error> {
        let now = self.parts.clock.now().0;
        let segments = self.parts.store.segments(&self.video, rung).await?;
        let micros = |ticks| MediaTime::new(ticks, init.track.timescale).as_micros();
        let end = segments.last().map_or(0, |last| micros(last.start.saturating_add(last.duration)));
        for segment in segments {
            let file = segment.key.rsplit('/').next().unwrap_or_default().to_owned();
            let date = now.saturating_sub(end.saturating_sub(micros(segment.start)));
            let duration = MediaTime::new(segment.duration, init.track.timescale);
            window.remember(u32::try_from(segment.msn).unwrap_or(u32::MAX), duration, file, date);
        }
        Ok(())
    }

    /// Takes a frame of the publisher that counts.
    pub(crate) fn picture(
        &self,
        session: &SessionId,
        frame: (i64, i64, bool),
        data: Bytes,
    ) -> Result<(), Error> {
        self.picture_taken(session, frame, data, None)
    }

    /// The same of a frame that was taken by the camera at `taken`, microseconds since 1970, where that is known and past.
    pub(crate) fn picture_taken(
        &self,
        session: &SessionId,
        frame: (i64, i64, bool),
        data: Bytes,
        taken: Option<i64>,
    ) -> Result<(), Error> {
        let now = self.parts.clock.now().0;
        let taken = taken.map_or(now, |taken| taken.min(now));
        self.take(session, |packager| packager.picture(frame, data, taken))
    }

    /// Takes a packet of sound of the publisher that counts.
    pub(crate) fn sound(&self, session: &SessionId, at_ms: i64, data: Bytes) -> Result<(), Error> {
        self.take(session, |packager| packager.sound(at_ms, data))
    }

    fn take(
        &self,
        session: &SessionId,
        what: impl FnOnce(&mut Packager) -> Result<(), cmaf::live::LiveError>,
    ) -> Result<(), Error> {
        let mut state = self.state();
        if state.ended {
            return Err(Error::Ended);
        }
        if state.connection.as_ref().is_none_or(|connection| connection.session != *session) {
            return Err(Error::Replaced);
        }
        let Some(packager) = &mut state.packager else { return Ok(()) };
        what(packager)?;
        if self.publish(&mut state)? {
            self.tell(state);
        }
        Ok(())
    }

    /// Ends what the publisher sent: it is complete, and the next one goes on behind it.
    fn end_run(&self, state: &mut State) -> Result<(), Error> {
        if let Some(packager) = &mut state.packager {
            packager.end_run()?;
        }
        self.publish(state).map(drop)
    }

    /// Brings out what is complete; `true` when there was something.
    fn publish(&self, state: &mut State) -> Result<bool, Error> {
        let mut any = false;
        while let Some(output) = state.packager.as_mut().and_then(Packager::poll) {
            any = true;
            let (Output::Part { stream, .. } | Output::Segment { stream, .. }) = &output;
            let Some((_, window)) = state.windows.iter_mut().find(|(of, _)| of == stream) else { continue };
            match output {
                Output::Part { duration, independent, program_date_time, bytes, .. } => {
                    window.add_part(duration, independent, program_date_time, bytes);
                }
                Output::Segment { stream, segment, program_date_time } => {
                    let file = segment_file(Epoch(0), segment.msn, ContentHash::of(&segment.bytes));
                    let item = Item::segment(stream, &window.name, &self.video, &file, &segment);
                    window.close(segment.duration, file, program_date_time, segment.bytes);
                    self.items.try_send(item).map_err(|_| Error::Disk)?;
                }
            }
        }
        Ok(any)
    }

    /// A segment is in the store.
    pub(crate) fn stored(&self, stream: Stream, msn: u32) {
        let mut state = self.state();
        if let Some((_, window)) = state.windows.iter_mut().find(|(of, _)| *of == stream) {
            window.stored(msn);
        }
        state.rendered.clear();
    }

    /// How many rungs it has.
    pub(crate) fn rungs(&self) -> usize {
        self.state().inits.len()
    }

    /// Nothing more comes; `false` when that was so already.
    pub(crate) fn close(&self) -> bool {
        let mut state = self.state();
        if std::mem::replace(&mut state.ended, true) {
            return false;
        }
        if let Some(connection) = state.connection.take() {
            connection.end.cancel();
        }
        if let Err(error) = self.end_run(&mut state) {
            tracing::warn!(video = %self.video, %error, "the end of a broadcast is lost");
        }
        state.windows.iter_mut().for_each(|(_, window)| window.end());
        self.tell(state);
        true
    }

    /// A rung's playlist, when it answers what is asked.
    pub async fn playlist(&self, rung: &str, ask: Ask) -> Answer {
        let mut changed = self.changed.subscribe();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            changed.mark_unchanged();
            if let Some(answer) = self.answer(rung, ask) {
                return answer;
            }
            match tokio::time::timeout_at(deadline, changed.changed()).await {
                Ok(Ok(())) => {}
                _ => return Answer::Late,
            }
        }
    }

    fn answer(&self, rung: &str, ask: Ask) -> Option<Answer> {
        let mut state = self.state();
        let found = state.windows.iter().position(|(_, window)| window.name == rung && window.has_segment());
        let Some(number) = found else { return Some(Answer::Unknown) };
        let window = state.windows.get(number).map(|(_, window)| window)?;
        match ask.verdict(&window.edge()) {
            Verdict::Never => return Some(Answer::Never),
            Verdict::Later => return None,
            Verdict::Now => {}
        }
        let text = match state.rendered.get(&(number, ask.skip)) {
            Some(text) => text.clone(),
            None => {
                let others = state.windows.iter().filter(|(_, other)| other.name != rung);
                let reports = others.filter_map(|(_, other)| other.report("index.m3u8")).collect();
                let text = Bytes::from(window.playlist(reports, ask.skip));
                state.rendered.insert((number, ask.skip), text.clone());
                text
            }
        };
        Some(Answer::Playlist(text, ask.wanted.is_some()))
    }

    /// The bytes of a part or of a segment that is still in memory; a part that is announced is waited for.
    pub async fn object(&self, rung: &str, file: &str) -> Option<Bytes> {
        let mut changed = self.changed.subscribe();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            changed.mark_unchanged();
            let found = {
                let state = self.state();
                let window = state.windows.iter().find(|(_, window)| window.name == rung);
                window.map_or(Found::Unknown, |(_, window)| window.find(file))
            };
            match found {
                Found::Bytes(bytes) => return Some(bytes),
                Found::Unknown => return None,
                Found::Later => tokio::time::timeout_at(deadline, changed.changed()).await.ok()?.ok()?,
            }
        }
    }

    /// The busiest segment's bit rate in memory, of a rung.
    #[must_use]
    pub fn peak(&self, rung: &str) -> Option<u64> {
        let state = self.state();
        let window = state.windows.iter().find(|(_, window)| window.name == rung);
        window.and_then(|(_, window)| window.peak())
    }
}

fn row(name: &str, position: i64, init: &InitSegment) -> Rung {
    let (width, height, channels) = match init.track.kind {
        TrackKind::Video { width, height } => (Some(i64::from(width)), Some(i64::from(height)), None),
        TrackKind::Audio { channels, .. } => (None, None, Some(i64::from(channels))),
    };
    debug_assert!(name.parse::<RungName>().is_ok(), "our own names are names");
    Rung {
        name: name.to_owned(),
        kind: if width.is_some() { "video" } else { "audio" }.to_owned(),
        position,
        width,
        height,
        frame_rate: None,
        channels,
        copied: true,
        bridge: false,
        bandwidth: if width.is_some() { ANNOUNCED.0 } else { ANNOUNCED.1 },
        average_bandwidth: None,
        codec: None,
        timescale: None,
        init_key: None,
        target_duration: i64::from(TARGET_DURATION),
        complete: false,
        language: None,
        label: None,
        is_default: true,
    }
}

/// Parts of two runs of a server have other names, or a cache would give the parts of one for those of the other.
fn nonce() -> String {
    let mut bytes = [0; 6];
    #[expect(clippy::expect_used, reason = "no random source means no safe way on")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    data_encoding::HEXLOWER.encode(&bytes)
}
