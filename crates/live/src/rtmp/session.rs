//! One connection of a publisher, from the handshake on.

use super::RtmpError;
use super::amf::{self, Value};
use super::chunk::{self, Message, OUR_SIZE, Reader};
use super::flv::{self, Picture, Sound};
use bytes::Bytes;

/// What the peer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// To publish under this key: answer with [`Session::accept`] or [`Session::refuse`].
    Publish { key: String },
    /// What it says of its stream: whether there is to be sound.
    Metadata { sound: bool },
    /// Something to see; decode time in milliseconds since some moment, which does not wrap.
    Picture(i64, Picture),
    /// Something to hear; time as above.
    Sound(i64, Sound),
    /// It has said that it ends.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Hello,
    HelloBack,
    Commands,
    Publishing,
    Over,
}

/// C1, S1, C2 and S2 (§5.2).
const HELLO: usize = 1536;
/// Bytes between acknowledgements, and what the peer may have on its way.
const WINDOW: u32 = 2_500_000;
const COMMANDS: u8 = 3;
const STATUS: u8 = 5;
const MEDIA_STREAM: u32 = 1;

#[derive(Debug)]
pub(crate) struct Session {
    phase: Phase,
    reader: Reader,
    out: Vec<u8>,
    received: u32,
    acknowledged: u32,
    picture_time: Option<i64>,
    sound_time: Option<i64>,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Hello,
            reader: Reader::default(),
            out: Vec::new(),
            received: 0,
            acknowledged: 0,
            picture_time: None,
            sound_time: None,
        }
    }

    /// Takes bytes of the peer.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.reader.push(bytes);
        self.received = self.received.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let due = self.received.wrapping_sub(self.acknowledged) >= WINDOW / 2;
        if due && !matches!(self.phase, Phase::Hello | Phase::HelloBack) {
            self.acknowledged = self.received;
            chunk::write(&mut self.out, 2, 3, 0, &self.received.to_be_bytes());
        }
    }

    /// What is to be sent to the peer, once.
    pub(crate) fn output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The next event; `None` until there is more of the peer.
    ///
    /// # Errors
    /// When the connection cannot go on.
    pub(crate) fn poll(&mut self) -> Result<Option<Event>, RtmpError> {
        loop {
            match self.phase {
                Phase::Over => return Ok(None),
                Phase::Hello => {
                    let Some(hello) = self.reader.raw(1 + HELLO) else { return Ok(None) };
                    let (version, theirs) = hello.split_at(1);
                    if version != [3] {
                        return Err(RtmpError::Malformed("another version"));
                    }
                    // Zeros in place of a version: no digests, as in the specification.
                    self.out.push(3);
                    self.out.extend([0; HELLO]);
                    self.out.extend_from_slice(theirs);
                    self.phase = Phase::HelloBack;
                }
                Phase::HelloBack => {
                    if self.reader.raw(HELLO).is_none() {
                        return Ok(None);
                    }
                    self.phase = Phase::Commands;
                }
                Phase::Commands | Phase::Publishing => {
                    let Some(message) = self.reader.poll()? else { return Ok(None) };
                    if let Some(event) = self.message(&message)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    fn message(&mut self, message: &Message) -> Result<Option<Event>, RtmpError> {
        let number = || message.payload.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes));
        let publishing = self.phase == Phase::Publishing;
        match message.kind {
            1 => self.reader.set_size(number().ok_or(RtmpError::Malformed("a size of chunks"))?)?,
            2 => self.reader.abort(number().unwrap_or(0)),
            8 if publishing => {
                let at = unwrapped(&mut self.sound_time, message.timestamp);
                return Ok(Some(Event::Sound(at, flv::sound(&message.payload)?)));
            }
            9 if publishing => {
                let at = unwrapped(&mut self.picture_time, message.timestamp);
                return Ok(Some(Event::Picture(at, flv::picture(&message.payload)?)));
            }
            18 if publishing => return metadata(&message.payload),
            20 => return self.command(&message.payload),
            // A command in AMF3 is one in AMF0 behind a zero.
            17 => return self.command(&message.payload.slice(1.min(message.payload.len())..)),
            _ => {}
        }
        Ok(None)
    }

    fn command(&mut self, payload: &Bytes) -> Result<Option<Event>, RtmpError> {
        let values = amf::read_all(payload)?;
        let name = values.first().and_then(Value::text).unwrap_or_default();
        let transaction = values.get(1).and_then(Value::number).unwrap_or(0.0);
        match name {
            "connect" => {
                let app = values.get(2).and_then(|object| object.field("app")).and_then(Value::text);
                let app = app.unwrap_or_default().split('?').next().unwrap_or_default();
                if app.trim_matches('/') != "live" {
                    return Err(RtmpError::Refused("the address must end in /live"));
                }
                self.connected(transaction);
            }
            "createStream" => {
                let id = Value::Number(f64::from(MEDIA_STREAM));
                self.answer(0, COMMANDS, &[text("_result"), Value::Number(transaction), Value::Null, id]);
            }
            "publish" if self.phase == Phase::Commands => {
                let key = values.get(3).and_then(Value::text).unwrap_or_default();
                let key = key.split('?').next().unwrap_or_default().to_owned();
                return Ok(Some(Event::Publish { key }));
            }
            "play" => {
                return Err(RtmpError::Refused(
                    "this server takes broadcasts here and shows them on its pages",
                ));
            }
            "FCUnpublish" | "deleteStream" | "closeStream" if self.phase == Phase::Publishing => {
                self.phase = Phase::Over;
                return Ok(Some(Event::End));
            }
            _ => {}
        }
        Ok(None)
    }

    fn connected(&mut self, transaction: f64) {
        chunk::write(&mut self.out, 2, 5, 0, &WINDOW.to_be_bytes());
        let [a, b, c, d] = WINDOW.to_be_bytes();
        chunk::write(&mut self.out, 2, 6, 0, &[a, b, c, d, 2]);
        chunk::write(&mut self.out, 2, 1, 0, &OUR_SIZE.to_be_bytes());
        let properties = object(&[("fmsVer", "FMS/3,0,1,123")]);
        let code =
            [("level", "status"), ("code", "NetConnection.Connect.Success"), ("description", "Connected.")];
        let Value::Object(mut fields) = object(&code) else { return };
        fields.push(("objectEncoding".to_owned(), Value::Number(0.0)));
        self.answer(
            0,
            COMMANDS,
            &[text("_result"), Value::Number(transaction), properties, Value::Object(fields)],
        );
    }

    /// Lets the peer send.
    pub(crate) fn accept(&mut self) {
        self.phase = Phase::Publishing;
        self.status("status", "NetStream.Publish.Start", "Go on.");
    }

    /// Tells the peer why it cannot send.
    pub(crate) fn refuse(&mut self, why: &str) {
        self.phase = Phase::Over;
        self.status("error", "NetStream.Publish.BadName", why);
    }

    fn status(&mut self, level: &str, code: &str, description: &str) {
        let info = object(&[("level", level), ("code", code), ("description", description)]);
        self.answer(MEDIA_STREAM, STATUS, &[text("onStatus"), Value::Number(0.0), Value::Null, info]);
    }

    fn answer(&mut self, stream: u32, id: u8, values: &[Value]) {
        let mut payload = Vec::new();
        values.iter().for_each(|value| amf::write(&mut payload, value));
        chunk::write(&mut self.out, id, 20, stream, &payload);
    }
}

/// `@setDataFrame` `onMetaData` with an object.
fn metadata(payload: &[u8]) -> Result<Option<Event>, RtmpError> {
    let values = amf::read_all(payload)?;
    let found = values.iter().find(|value| matches!(value, Value::Object(_)));
    Ok(found.map(|object| Event::Metadata { sound: object.field("audiocodecid").is_some() }))
}

/// A time that went around at 2³² milliseconds, 49.7 days, as one that does not: the nearest to the one before.
fn unwrapped(before: &mut Option<i64>, time: u32) -> i64 {
    let now = match *before {
        None => i64::from(time),
        Some(before) => {
            let low = u32::try_from(before.rem_euclid(1 << 32)).unwrap_or(0);
            before.saturating_add(i64::from(time.wrapping_sub(low).cast_signed()))
        }
    };
    *before = Some(now);
    now
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn object(fields: &[(&str, &str)]) -> Value {
    Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect())
}
