//! What a publisher sends, from the moment that its key was good: tracks are gathered, then frames go on to the broadcast.

use crate::Error;
use crate::broadcast::Broadcast;
use crate::rtmp::{Event, Picture, Sound};
use bytes::Bytes;
use cmaf::live::{sound_init, video_init};
use domain::SessionId;
use std::sync::Arc;

/// How long a picture waits for the sound that was announced, in milliseconds of its own time.
const SOUND_WITHIN: i64 = 1_000;

/// One connection's way into its broadcast.
#[derive(Debug)]
pub(crate) struct Ingest {
    broadcast: Arc<Broadcast>,
    session: SessionId,
    picture: Option<Bytes>,
    sound: Option<Bytes>,
    expects_sound: bool,
    /// Time of the first frame in milliseconds.
    first_ms: Option<i64>,
    begun: bool,
    /// Bytes of media so far.
    pub(crate) bytes: u64,
}

impl Ingest {
    pub(crate) fn new(broadcast: Arc<Broadcast>, session: SessionId) -> Self {
        Self {
            broadcast,
            session,
            picture: None,
            sound: None,
            expects_sound: true,
            first_ms: None,
            begun: false,
            bytes: 0,
        }
    }

    /// Whether anything of it can be seen.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Why nothing of it can be seen, in words for a person.
    pub(crate) fn lacks(&self) -> &'static str {
        match (&self.picture, &self.sound) {
            (Some(_), _) => "no keyframe came for too long",
            (None, Some(_)) => "only sound came, and a broadcast needs a picture",
            (None, None) => "nothing came for too long",
        }
    }

    /// Takes what the publisher sent.
    pub(crate) async fn take(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Metadata { sound } => self.expects_sound = sound,
            Event::Picture(_, Picture::Configuration(configuration)) => {
                keep(&mut self.picture, configuration, self.begun)?;
            }
            // A sound that comes too late for the broadcast is left out.
            Event::Sound(_, Sound::Configuration(configuration)) if !self.begun || self.sound.is_some() => {
                keep(&mut self.sound, configuration, self.begun)?;
            }
            Event::Picture(at_ms, Picture::Frame { offset_ms, key, data }) => {
                self.bytes = self.bytes.saturating_add(data.len() as u64);
                if !self.begun && key {
                    self.begin(at_ms).await?;
                }
                if self.begun {
                    self.broadcast.picture(&self.session, (at_ms, offset_ms, key), data)?;
                }
            }
            Event::Sound(at_ms, Sound::Packet(data)) => {
                self.bytes = self.bytes.saturating_add(data.len() as u64);
                if self.begun && self.sound.is_some() {
                    self.broadcast.sound(&self.session, at_ms, data)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    async fn begin(&mut self, at_ms: i64) -> Result<(), Error> {
        let Some(picture) = &self.picture else { return Ok(()) };
        let waited = at_ms.saturating_sub(*self.first_ms.get_or_insert(at_ms));
        if self.sound.is_none() && self.expects_sound && waited < SOUND_WITHIN {
            return Ok(());
        }
        let sound = self.sound.as_deref().map(sound_init).transpose()?;
        self.broadcast.begin(&self.session, &video_init(picture)?, sound.as_ref()).await?;
        self.begun = true;
        Ok(())
    }
}

/// Encoders repeat themselves; one that says something else in the middle has changed its settings.
fn keep(place: &mut Option<Bytes>, configuration: Bytes, begun: bool) -> Result<(), Error> {
    if begun && place.as_ref().is_some_and(|before| *before != configuration) {
        return Err(Error::OtherSettings);
    }
    *place = Some(configuration);
    Ok(())
}
