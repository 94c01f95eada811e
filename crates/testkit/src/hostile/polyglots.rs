//! Files that begin like a film and go on as something else.

use super::{Lures, Trick, trick};

pub(super) fn all(lures: &Lures) -> Vec<Trick> {
    let list = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{}\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        lures.file(),
        lures.http("polyglot.ts")
    );
    let behind = |name, head: &[u8]| trick(name, [head, b"\n", list.as_bytes()].concat());
    vec![
        behind("playlist in a box", b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2"),
        behind("playlist in matroska", b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska"),
        behind("playlist in avi", b"RIFF\xff\xff\0\0AVI LIST"),
        behind("playlist in wave", b"RIFF\xff\xff\0\0WAVEfmt "),
        behind("playlist in flv", b"FLV\x01\x05\0\0\0\x09\0\0\0\0"),
        behind("playlist in ogg", b"OggS\0\x02\0\0\0\0\0\0\0\0"),
        behind("playlist in a film's header", b"\0\0\x01\xba\x44\0\x04\0\x04\x01"),
        behind("playlist behind a tag", b"ID3\x04\0\0\0\0\0\x0a\0\0\0\0\0\0\0\0\0\0"),
        behind("playlist in an animation", b"GIF89a\x01\0\x01\0\0\0\0\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"),
        behind("playlist in mxf", b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02\x04\0"),
        behind("playlist in asf", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"),
        trick("playlist in packets", packets(&list)),
        trick("film behind a playlist", [list.as_bytes(), b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2"].concat()),
        trick("cover bomb", cover_bomb()),
        trick("tag without an end", [&b"ID3\x04\0\0\x7f\x7f\x7f\x7f"[..], &[0; 4096]].concat()),
    ]
}

/// The playlist with the sync bytes of a transport stream where they belong.
fn packets(list: &str) -> Vec<u8> {
    let mut bytes = list.as_bytes().to_vec();
    bytes.resize(188 * 40, b' ');
    bytes.chunks_mut(188).for_each(|packet| packet[0] = 0x47);
    bytes
}

/// A sound whose sleeve is a PNG of 65,535 × 65,535 that says it is 255 MB long.
fn cover_bomb() -> Vec<u8> {
    let picture = super::bombs::png(65_535, 65_535);
    let mut frame = b"APIC\x0f\x7f\x7f\x7f\0\0\0image/png\0\x03\0".to_vec();
    frame.extend(&picture);
    let size = u32::try_from(frame.len()).unwrap();
    let mut bytes = b"ID3\x04\0\0".to_vec();
    bytes.extend([21, 14, 7, 0].map(|shift| ((size >> shift) & 0x7f) as u8));
    bytes.extend(frame);
    // Two frames of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz.
    for _ in 0..40 {
        bytes.extend([0xff, 0xfb, 0x90, 0x64]);
        bytes.resize(bytes.len() + 413, 0);
    }
    bytes
}
