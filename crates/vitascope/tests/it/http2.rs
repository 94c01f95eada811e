//! What HTTP/2 lets one client do, asked in frames of our own (RFC 9113): well-behaved clients do not go to the limits.

use crate::tls::{Place, place};
use std::time::Duration;
use testkit::tls::Line;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// A connection of HTTP/2 that sends what it is told to.
struct Raw(Line);

struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

impl Raw {
    async fn open(place: &Place) -> Self {
        let mut line =
            Line::speaking("h2", place.address, "localhost", place.authority.roots()).await.unwrap();
        line.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        line.0.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        Self(line)
    }

    /// The next frame; `None` when the server has left.
    async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.0.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.0.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes(head[5..9].try_into().unwrap());
        Some(Frame { kind: head[3], stream, payload })
    }

    /// The first frame of this kind; panics when the server leaves before or is silent.
    async fn first(&mut self, kind: u8) -> Frame {
        let found = async {
            loop {
                let frame = self.next().await.expect("the server left without a word");
                if frame.kind == kind {
                    return frame;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), found).await.expect("the frame comes")
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The headers of a request (RFC 7541): two of the static table, then two literals.
fn headers(method: u8, path: &str) -> Vec<u8> {
    let mut block = vec![method, 0x87, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block.extend(b"\x01\x09localhost");
    block
}

const GET: u8 = 0x82;
const POST: u8 = 0x83;

/// Whether somebody else is served as if nothing were the matter.
async fn others_are_served(place: &Place) {
    let asked = async { Line::open(place.address, "localhost", place.authority.roots()).await?.ask().await };
    tokio::time::timeout(Duration::from_secs(5), asked).await.expect("served beside it").unwrap();
}

#[tokio::test]
async fn http2_says_its_limits_and_refuses_the_stream_beyond_them() {
    let place = place(&[]);
    let mut raw = Raw::open(&place).await;
    let settings = raw.first(SETTINGS).await.payload;
    let limit = |id: u16| {
        let mut entries = settings.chunks(6).filter(|entry| entry[..2] == id.to_be_bytes());
        entries.next().map(|entry| u32::from_be_bytes(entry[2..].try_into().unwrap()))
    };
    assert_eq!((limit(3), limit(4), limit(6)), (Some(100), Some(1 << 20), Some(64 << 10)));
    // Requests whose bodies never come.
    let streams = (0..110).map(|number| 2 * number + 1);
    let all: Vec<u8> = streams
        .flat_map(|stream| frame(HEADERS, END_HEADERS, stream, &headers(POST, "/api/auth/login")))
        .collect();
    raw.0.0.write_all(&all).await.unwrap();
    let refused = raw.first(RST_STREAM).await;
    assert_eq!((refused.stream, refused.number(0)), (201, REFUSED_STREAM));
    others_are_served(&place).await;
}

#[tokio::test]
async fn who_opens_and_resets_streams_without_end_is_left() {
    let place = place(&[]);
    let mut raw = Raw::open(&place).await;
    let mut flood = Vec::new();
    for stream in (0..1000).map(|number| 2 * number + 1) {
        flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, &headers(GET, "/healthz")));
        flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    // The server may leave in the middle of it.
    let _sent = raw.0.0.write_all(&flood).await;
    assert_eq!(raw.first(GOAWAY).await.number(4), ENHANCE_YOUR_CALM);
    others_are_served(&place).await;
}

#[tokio::test]
async fn headers_without_an_end_are_not_collected() {
    let place = place(&[]);
    let mut raw = Raw::open(&place).await;
    raw.0.0.write_all(&frame(HEADERS, 0, 1, &headers(GET, "/healthz"))).await.unwrap();
    // A literal header of 16 KB in each frame; 16 MB in all.
    let mut literal = b"\x00\x01a\x7f\xfb\x7b".to_vec();
    literal.resize(16_000, b'a');
    let flood = frame(CONTINUATION, 0, 1, &literal);
    for _ in 0..1000 {
        if raw.0.0.write_all(&flood).await.is_err() {
            break;
        }
    }
    let left = async { while raw.next().await.is_some_and(|frame| frame.kind != GOAWAY) {} };
    tokio::time::timeout(Duration::from_secs(10), left).await.expect("the server leaves");
    others_are_served(&place).await;
}
