//! The beginning of a broadcast: its tracks are announced, or found to be those of before.

use crate::Error;
use crate::broadcast::Broadcast;
use crate::recorder;
use crate::window::Window;
use cmaf::live::{Packager, Resume, Stream, TARGET_DURATION};
use cmaf::names::{ContentHash, Epoch, RungName, init_file};
use cmaf::{InitSegment, MediaTime, Msn, TrackKind};
use domain::SessionId;
use store::media::{InitFacts, Rung};

/// The picture's rung.
pub(crate) const SOURCE: &str = "source";
/// The sound's.
pub(crate) const AUDIO: &str = "audio";
/// What is announced until segments tell, in bit/s.
const ANNOUNCED: (i64, i64) = (6_000_000, 160_000);

impl Broadcast {
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
            let mut resume = self.resume(&tracks).await?;
            let mut windows = Vec::new();
            for ((rung, file, init), stream) in tracks.iter().zip([Stream::Picture, Stream::Sound]) {
                let mut window = Window::new(rung, file.clone(), nonce(), resume.msn.0);
                self.remember(&mut window, rung, init).await?;
                windows.push((stream, window));
            }
            resume.long = windows.iter().any(|(_, window)| window.is_long());
            let packager = Packager::new(picture, sound, resume)?;
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
            long: false,
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
