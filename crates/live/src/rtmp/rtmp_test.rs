use super::amf::{self, Value};
use super::chunk::{self, Reader};
use super::*;
use bytes::{BufMut as _, Bytes};
use proptest::prelude::*;

fn command(values: &[Value]) -> Vec<u8> {
    let (mut payload, mut out) = (Vec::new(), Vec::new());
    values.iter().for_each(|value| amf::write(&mut payload, value));
    // The peer's chunks are 128 bytes long, and go on with one byte of header.
    out.put_u8(3);
    out.put_uint(0, 3);
    out.put_uint(payload.len() as u64, 3);
    out.put_u8(20);
    out.put_u32_le(0);
    for (number, piece) in payload.chunks(128).enumerate() {
        if number > 0 {
            out.put_u8(0xc3);
        }
        out.put_slice(piece);
    }
    out
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn connect(app: &str) -> Vec<u8> {
    let object = Value::Object(vec![
        ("app".to_owned(), text(app)),
        ("tcUrl".to_owned(), text(&"rtmp://127.0.0.1/live?".repeat(8))),
    ]);
    command(&[text("connect"), Value::Number(1.0), object])
}

fn hello() -> Vec<u8> {
    let mut out = vec![3];
    out.extend([7; 1536 * 2]);
    out
}

/// All bytes of a publisher up to its key.
fn opening(key: &str) -> Vec<u8> {
    let publish = [text("publish"), Value::Number(5.0), Value::Null, text(key), text("live")];
    let create = [text("createStream"), Value::Number(4.0), Value::Null];
    [hello(), connect("live"), command(&create), command(&publish)].concat()
}

fn media(kind: u8, field: u32, body: &[u8]) -> Vec<u8> {
    let mut out = vec![4];
    out.put_uint(u64::from(field.min(0xff_ffff)), 3);
    out.put_uint(body.len() as u64, 3);
    out.put_u8(kind);
    out.put_u32_le(1);
    if field >= 0xff_ffff {
        out.put_u32(field);
    }
    out.put_slice(body);
    out
}

fn publishing() -> Session {
    let mut session = Session::new();
    session.push(&opening("abc"));
    assert_eq!(session.poll(), Ok(Some(Event::Publish { key: "abc".into() })));
    session.accept();
    session
}

#[test]
fn a_publisher_is_heard_byte_by_byte() {
    let (mut session, mut sent, mut key) = (Session::new(), Vec::new(), None);
    for byte in opening("abc?secret=1") {
        session.push(&[byte]);
        while let Some(event) = session.poll().unwrap() {
            key = Some(event);
        }
        sent.extend(session.output());
    }
    assert_eq!(key, Some(Event::Publish { key: "abc".into() }));
    assert_eq!(&sent[1 + 1536..1 + 1536 * 2], &[7; 1536], "the hello comes back");
    let has = |what: &str| sent.windows(what.len()).any(|window| window == what.as_bytes());
    assert!(has("NetConnection.Connect.Success") && has("_result"));
    session.accept();
    let answer = String::from_utf8_lossy(&session.output()).into_owned();
    assert!(answer.contains("NetStream.Publish.Start"), "{answer}");
}

#[test]
fn frames_and_packets_come_out_with_their_times() {
    let mut session = publishing();
    session.push(&media(9, 0, &[0x17, 0, 0, 0, 0, 1, 2, 3]));
    session.push(&media(8, 0, &[0xaf, 0, 0x11, 0x90]));
    session.push(&media(9, 0xffff_fff0, &[0x17, 1, 0, 0, 67, 9, 9]));
    session.push(&media(9, 10, &[0x27, 1, 0xff, 0xff, 0xff, 8]));
    session.push(&media(8, 5, &[0xaf, 1, 4, 4]));
    let mut events = Vec::new();
    while let Some(event) = session.poll().unwrap() {
        events.push(event);
    }
    let bytes = |bytes: &'static [u8]| Bytes::from_static(bytes);
    assert_eq!(
        events,
        [
            Event::Picture(0, Picture::Configuration(bytes(&[1, 2, 3]))),
            Event::Sound(0, Sound::Configuration(bytes(&[0x11, 0x90]))),
            // Sixteen milliseconds before zero: times go around.
            Event::Picture(-16, Picture::Frame { offset_ms: 67, key: true, data: bytes(&[9, 9]) }),
            Event::Picture(10, Picture::Frame { offset_ms: -1, key: false, data: bytes(&[8]) }),
            Event::Sound(5, Sound::Packet(bytes(&[4, 4]))),
        ]
    );
}

#[test]
fn enhanced_h264_is_taken_and_hevc_is_told() {
    let mut session = publishing();
    session.push(&media(9, 0, b"\x91avc1\0\0\x05xy"));
    let frame = Picture::Frame { offset_ms: 5, key: true, data: Bytes::from_static(b"xy") };
    assert_eq!(session.poll(), Ok(Some(Event::Picture(0, frame))));
    session.push(&media(9, 0, b"\x91hvc1\0\0\x05xy"));
    assert!(session.poll().unwrap_err().to_string().contains("H.264"));
}

#[test]
fn strangers_are_told_at_once() {
    let mut session = Session::new();
    session.push(&[b'G'; 1537]);
    assert!(matches!(session.poll(), Err(RtmpError::Malformed(_))));
    let mut session = Session::new();
    session.push(&[hello(), connect("other")].concat());
    assert!(matches!(session.poll(), Err(RtmpError::Refused(_))));
}

#[test]
fn sizes_that_nobody_needs_are_refused() {
    let mut reader = Reader::default();
    assert!(reader.set_size(0).is_err() && reader.set_size(2 << 20).is_err());
    let mut header = vec![3];
    header.put_uint(0, 3);
    header.put_uint(9 << 20, 3);
    header.put_u8(9);
    header.put_u32_le(1);
    reader.push(&header);
    assert!(matches!(reader.poll(), Err(RtmpError::TooMuch(_))));
    let mut streams = Reader::default();
    for id in 2..66_u8 {
        let mut out = Vec::new();
        chunk::write(&mut out, id.min(63), 9, 1, b"");
        if id > 63 {
            out[0] = 0;
            out.insert(1, id);
        }
        streams.push(&out);
    }
    let outcome = loop {
        match streams.poll() {
            Ok(Some(_)) => {}
            over => break over,
        }
    };
    assert_eq!(outcome, Ok(None), "64 streams are allowed");
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..2000), cut in 1_usize..200) {
        let mut session = publishing();
        for piece in bytes.chunks(cut) {
            session.push(piece);
            loop {
                match session.poll() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => return Ok(()),
                }
            }
        }
    }
}
