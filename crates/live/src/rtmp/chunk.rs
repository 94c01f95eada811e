//! The chunk stream (§5.3): messages in pieces.

use super::RtmpError;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use std::collections::HashMap;

/// A message of the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: u8,
    /// Milliseconds; wraps.
    pub(super) timestamp: u32,
    pub(super) payload: Bytes,
}

const MOST_STREAMS: usize = 64;
const LARGEST_CHUNK: usize = 1 << 20;
/// A keyframe of a picture at 100 Mbit/s has less.
const LARGEST_MESSAGE: usize = 8 << 20;
const MOST_PARTIAL: usize = 16 << 20;
/// In place of a timestamp: four bytes follow.
const EXTENDED: u32 = 0x00ff_ffff;

/// What the headers of a chunk stream said last.
#[derive(Debug, Default)]
struct Stream {
    timestamp: u32,
    /// What was in the timestamp field: a time or a difference.
    field: u32,
    extended: bool,
    length: usize,
    kind: u8,
    partial: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Reader {
    buffer: BytesMut,
    size: usize,
    streams: HashMap<u32, Stream>,
    partial: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self { buffer: BytesMut::new(), size: 128, streams: HashMap::new(), partial: 0 }
    }
}

/// What a chunk's own header says.
struct Header {
    format: u8,
    id: u32,
    field: Option<u32>,
    extended: Option<u32>,
    shape: Option<(usize, u8)>,
    length: usize,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes so many bytes that are no chunks; `None` while they are not there.
    pub(super) fn raw(&mut self, count: usize) -> Option<BytesMut> {
        (self.buffer.len() >= count).then(|| self.buffer.split_to(count))
    }

    pub(super) fn set_size(&mut self, size: u32) -> Result<(), RtmpError> {
        self.size = usize::try_from(size & 0x7fff_ffff)
            .ok()
            .filter(|size| (1..=LARGEST_CHUNK).contains(size))
            .ok_or(RtmpError::TooMuch("the size of chunks"))?;
        Ok(())
    }

    /// Forgets a message that the peer will not finish.
    pub(super) fn abort(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            self.partial = self.partial.saturating_sub(stream.partial.len());
            stream.partial = Vec::new();
        }
    }

    /// The next whole message; `None` while it is not there.
    pub(super) fn poll(&mut self) -> Result<Option<Message>, RtmpError> {
        loop {
            let Some(header) = self.header()? else { return Ok(None) };
            if !self.streams.contains_key(&header.id) {
                if header.format != 0 {
                    return Err(RtmpError::Malformed("a chunk refers to one that was not there"));
                }
                if self.streams.len() >= MOST_STREAMS {
                    return Err(RtmpError::TooMuch("chunk streams"));
                }
            }
            let stream = self.streams.entry(header.id).or_default();
            let length = header.shape.map_or(stream.length, |(length, _)| length);
            if length > LARGEST_MESSAGE {
                return Err(RtmpError::TooMuch("the length of a message"));
            }
            let left = length.saturating_sub(stream.partial.len()).min(self.size);
            if self.buffer.len() < header.length.saturating_add(left) {
                return Ok(None);
            }
            self.buffer.advance(header.length);
            let begins = stream.partial.is_empty();
            if let Some(field) = header.field {
                stream.extended = field == EXTENDED;
                stream.field = header.extended.unwrap_or(field);
            }
            if let Some((length, kind)) = header.shape {
                if !begins {
                    return Err(RtmpError::Malformed("a message begins within another"));
                }
                (stream.length, stream.kind) = (length, kind);
            }
            if begins {
                stream.timestamp = match header.format {
                    0 => stream.field,
                    _ => stream.timestamp.wrapping_add(stream.field),
                };
            }
            stream.partial.extend_from_slice(&self.buffer.split_to(left));
            self.partial = self.partial.saturating_add(left);
            if stream.partial.len() == stream.length {
                let payload = Bytes::from(std::mem::take(&mut stream.partial));
                self.partial = self.partial.saturating_sub(payload.len());
                return Ok(Some(Message { kind: stream.kind, timestamp: stream.timestamp, payload }));
            }
            if self.partial > MOST_PARTIAL {
                return Err(RtmpError::TooMuch("messages at the same time"));
            }
        }
    }

    /// Reads the header at the front without taking it (§5.3.1).
    fn header(&self) -> Result<Option<Header>, RtmpError> {
        let bytes = &self.buffer[..];
        let Some(&first) = bytes.first() else { return Ok(None) };
        let (format, short) = (first >> 6, u32::from(first & 0x3f));
        let byte = |at: usize| bytes.get(at).map(|byte| u32::from(*byte));
        let (id, mut at) = match short {
            0 => (byte(1).map(|low| low + 64), 2),
            1 => (byte(1).zip(byte(2)).map(|(low, high)| low + 64 + high * 256), 3),
            id => (Some(id), 1),
        };
        let Some(id) = id else { return Ok(None) };
        let three = |at: usize| Some(byte(at)? << 16 | byte(at + 1)? << 8 | byte(at + 2)?);
        let size = match format {
            0 => 11,
            1 => 7,
            2 => 3,
            _ => 0,
        };
        if bytes.len() < at + size {
            return Ok(None);
        }
        let field = if size > 0 { three(at) } else { None };
        let shape = match size {
            7 | 11 => three(at + 3).zip(byte(at + 6)).map(|(length, kind)| (length as usize, kind as u8)),
            _ => None,
        };
        at += size;
        let known = self.streams.get(&id);
        let has_extended =
            field.map_or(known.is_some_and(|stream| stream.extended), |field| field == EXTENDED);
        let mut extended = None;
        if has_extended {
            let Some(bytes) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) else {
                return Ok(None);
            };
            extended = Some(u32::from_be_bytes(*bytes));
            at += 4;
        }
        Ok(Some(Header { format, id, field, extended, shape, length: at }))
    }
}

/// What we send is short; the peer is told this size first.
pub(super) const OUR_SIZE: u32 = 4096;

/// Writes a message as one chunk, which it must fit.
pub(super) fn write(out: &mut Vec<u8>, id: u8, kind: u8, stream: u32, payload: &[u8]) {
    debug_assert!(payload.len() <= OUR_SIZE as usize, "answers are short");
    out.put_u8(id & 0x3f);
    out.put_uint(0, 3);
    out.put_uint(payload.len() as u64, 3);
    out.put_u8(kind);
    out.put_u32_le(stream);
    out.put_slice(payload);
}
