//! Small files that unfold, in containers of many kinds.

use super::{Trick, ebml, trick};

pub(super) fn all() -> Vec<Trick> {
    vec![
        trick("an animation of 65,535 pixels a side", animation(65_535, 65_535)),
        trick("an animation of 16,000 pixels a side", animation(16_000, 16_000)),
        trick("a jpeg of 65,500 pixels in avi", avi(1, &jpeg(65_500, 65_500))),
        trick("120 streams in avi", avi(120, &jpeg(16, 16))),
        trick("65,535 channels", wave(65_535, 48_000)),
        trick("4 GHz", wave(1, u32::MAX)),
        trick("a packet that never ends", endless_pes()),
        trick("a programme of 8,000 streams", many_pids()),
        trick("500 streams in ogg", ogg(500)),
        trick("objects in objects", flv(100_000)),
        trick("a flac that says it lasts for months", flac()),
        trick("an mp3 of 4 G frames", xing()),
        trick("noise behind a transport stream's marks", noise()),
    ]
}

/// Zeros, deflated with fixed codes (RFC 1951 §3.2.6): 258 of them in 13 bits.
pub(super) fn zlib(zeros: usize) -> Vec<u8> {
    let mut out = vec![0x78, 0x9c];
    let (mut held, mut count) = (0_u32, 0_u32);
    let mut put = |bits: u32, length: u32, out: &mut Vec<u8>| {
        held |= bits << count;
        count += length;
        while count >= 8 {
            out.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    };
    put(0b011, 3, &mut out); // The last block, fixed codes.
    put(0b0000_1100, 8, &mut out); // A literal 0: 00110000 from its first bit.
    let matches = zeros.saturating_sub(1) / 258;
    for _ in 0..matches {
        put(0b1010_0011, 8, &mut out); // Length 258: 11000101 from its first bit.
        put(0, 5, &mut out); // Distance 1.
    }
    put(0, 7 + 7, &mut out); // The end, and what fills the byte.
    let total = u32::try_from((1 + matches * 258) % 65_521).unwrap();
    out.extend((total << 16 | 1).to_be_bytes());
    out
}

/// A grey PNG, black all over.
pub(super) fn png(width: u32, height: u32) -> Vec<u8> {
    // No more than 300 MB are unfolded: what is meant to hurt is the claim, and a decoder that believes it.
    let pixels = (u64::from(width) + 1).saturating_mul(u64::from(height)).min(300 << 20);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], body: &[u8]| {
        out.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        out.extend(name);
        out.extend(body);
        out.extend(crc32(&[name, body].concat()).to_be_bytes());
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    chunk(b"IHDR", &header);
    chunk(b"IDAT", &zlib(usize::try_from(pixels).unwrap()));
    chunk(b"IEND", &[]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

/// A grey baseline JPEG with next to no picture in it.
pub(super) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut out = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    out.extend([1; 64]);
    out.extend([0xff, 0xc0, 0, 11, 8]);
    out.extend(height.to_be_bytes());
    out.extend(width.to_be_bytes());
    out.extend([1, 1, 0x11, 0]);
    for class in [0x00, 0x10] {
        // One code of one bit: no difference, or the end of the block.
        out.extend([0xff, 0xc4, 0, 20, class, 1]);
        out.extend([0; 15]);
        out.push(0);
    }
    out.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    out.extend([0; 64]);
    out.extend([0xff, 0xd9]);
    out
}

fn animation(width: u16, height: u16) -> Vec<u8> {
    let mut out = b"GIF89a".to_vec();
    out.extend(width.to_le_bytes());
    out.extend(height.to_le_bytes());
    out.extend([0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]);
    out.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
    for _ in 0..50 {
        out.extend([0x21, 0xf9, 4, 0, 4, 0, 0, 0, 0x2c, 0, 0, 0, 0]);
        out.extend(width.to_le_bytes());
        out.extend(height.to_le_bytes());
        out.extend([0, 2, 2, 0x44, 1, 0]);
    }
    out.push(0x3b);
    out
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [name, &u32::try_from(body.len()).unwrap().to_le_bytes()[..], body].concat()
}

fn avi(streams: usize, frame: &[u8]) -> Vec<u8> {
    let words = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>();
    let strh = [b"vidsMJPG", &words(&[0, 0, 0, 1, 25, 0, u32::MAX, 0, 0, 0, 0, 0])[..]].concat();
    let strf = [&words(&[40, 320, 180, 0x0018_0001])[..], b"MJPG", &words(&[0, 0, 0, 0, 0])].concat();
    let strl = [b"strl", &chunk(b"strh", &strh)[..], &chunk(b"strf", &strf)].concat();
    let count = u32::try_from(streams).unwrap();
    let avih = words(&[40_000, 0, 0, 0x10, u32::MAX, 0, count, 0, 320, 180, 0, 0, 0, 0]);
    let hdrl = [b"hdrl", &chunk(b"avih", &avih)[..], &chunk(b"LIST", &strl).repeat(streams)].concat();
    let movi = [b"movi", &chunk(b"00dc", frame)[..]].concat();
    let idx1 = words(&[0x6364_3030, 0x10, 4, u32::try_from(frame.len()).unwrap()]).repeat(1000);
    let body = [b"AVI ", &chunk(b"LIST", &hdrl)[..], &chunk(b"LIST", &movi), &chunk(b"idx1", &idx1)].concat();
    chunk(b"RIFF", &body)
}

fn wave(channels: u16, rate: u32) -> Vec<u8> {
    let mut fmt = 1_u16.to_le_bytes().to_vec();
    fmt.extend(channels.to_le_bytes());
    fmt.extend(rate.to_le_bytes());
    fmt.extend(rate.to_le_bytes());
    fmt.extend(channels.wrapping_mul(2).to_le_bytes());
    fmt.extend(16_u16.to_le_bytes());
    let data = [&b"data"[..], &u32::MAX.to_le_bytes(), &[0; 9000]].concat();
    let body = [b"WAVE", &chunk(b"fmt ", &fmt)[..], &data].concat();
    [b"RIFF", &u32::MAX.to_le_bytes()[..], &body].concat()
}

/// A packet of a transport stream (ISO/IEC 13818-1 §2.4.3.2), filled up with 0xff.
fn packet(pid: u16, start: bool, counter: usize, body: &[u8]) -> Vec<u8> {
    let mut out =
        vec![0x47, (u8::from(start) << 6) | (pid >> 8) as u8, pid as u8, 0x10 | (counter % 16) as u8];
    out.extend(body);
    out.resize(188, 0xff);
    out
}

/// A section of a table with its checksum (§2.4.4.1).
fn section(table: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 9).unwrap() | 0xb000;
    let mut out = vec![table];
    out.extend(length.to_be_bytes());
    out.extend([0, 1, 0xc1, 0, 0]);
    out.extend(body);
    let crc = out.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 }
        })
    });
    out.extend(crc.to_be_bytes());
    out.insert(0, 0);
    out
}

/// A picture that begins and goes on for 8 MB without a second packet of its layer.
fn endless_pes() -> Vec<u8> {
    let mut out = packet(0, true, 0, &section(0, &[0, 1, 0xe1, 0]));
    out.extend(packet(0x100, true, 0, &section(2, &[0xe1, 1, 0xf0, 0, 0x1b, 0xe1, 1, 0xf0, 0])));
    out.extend(packet(
        0x101,
        true,
        0,
        &[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 0, 0, 1, 0x09],
    ));
    for counter in 1..44_000 {
        out.extend(packet(0x101, false, counter, &[]));
    }
    out
}

/// Forty programmes of two hundred streams, each of which sends one packet.
fn many_pids() -> Vec<u8> {
    let programmes: Vec<u8> = (1..=40_u8).flat_map(|number| [0, number, 0xe0, number]).collect();
    let mut out = packet(0, true, 0, &section(0, &programmes));
    for number in 1..=40_u16 {
        let first = 0x40 + (number - 1) * 200;
        let mut body = vec![0xe0, 0x40, 0xf0, 0];
        for pid in first..first + 200 {
            body.extend([0x1b, 0xe0 | (pid >> 8) as u8, pid as u8, 0xf0, 0]);
        }
        let section = section(2, &body);
        for (index, piece) in section.chunks(184).enumerate() {
            out.extend(packet(number, index == 0, index, piece));
        }
    }
    for pid in 0x40..0x40 + 8000_u16 {
        out.extend(packet(
            pid & 0x1fff,
            true,
            0,
            &[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1, 0, 0, 1, 0x67],
        ));
    }
    out
}

fn ogg(streams: u32) -> Vec<u8> {
    let page = |kind: u8, serial: u32, body: &[u8]| {
        let mut out = b"OggS\0".to_vec();
        out.push(kind);
        out.extend([0; 8]);
        out.extend(serial.to_le_bytes());
        out.extend([0; 8]);
        out.extend([1, u8::try_from(body.len()).unwrap()]);
        out.extend(body);
        out
    };
    let head = b"OpusHead\x01\x02\0\0\x80\xbb\0\0\0\0\0";
    let mut out: Vec<u8> = (0..streams).flat_map(|serial| page(2, serial, head)).collect();
    (0..streams).for_each(|serial| out.extend(page(0, serial, &[0; 40])));
    out
}

/// Script data whose objects hold objects.
fn flv(depth: usize) -> Vec<u8> {
    let mut script = b"\x02\0\x0aonMetaData".to_vec();
    (0..depth).for_each(|_| script.extend([3, 0, 1, b'a']));
    let mut out = b"FLV\x01\x05\0\0\0\x09\0\0\0\0\x12".to_vec();
    out.extend(&u32::try_from(script.len()).unwrap().to_be_bytes()[1..]);
    out.extend([0; 7]);
    out.extend(script);
    out
}

fn flac() -> Vec<u8> {
    let mut out = b"fLaC\x80\0\0\x22\x10\0\x10\0\0\0\0\0\0\0".to_vec();
    out.extend([0x0a, 0xc4, 0x42, 0xff, 0xff, 0xff, 0xff, 0xff]);
    out.extend([0; 16]);
    out.extend([0xff, 0xf8, 0x69, 0x18].repeat(500));
    out
}

fn xing() -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x64];
    frame.resize(36, 0);
    frame.extend(b"Xing\0\0\0\x03\xff\xff\xff\xff\xff\xff\xff\xff");
    frame.resize(417, 0);
    frame.repeat(30)
}

fn noise() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes: Vec<u8> = (0..188 * 2000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect();
    bytes.chunks_mut(188).for_each(|packet| packet[0] = 0x47);
    bytes
}

/// The header of a VP9 keyframe (bitstream specification §6.2) that claims its size, and nothing behind it.
pub(super) fn vp9(width: u32, height: u32) -> Vec<u8> {
    let mut bits = String::from("10000010"); // Marker, profile 0, a keyframe that is shown.
    bits += "010010011000001101000010"; // Sync code.
    bits += "0010"; // BT.601, studio range.
    bits += &format!("{:016b}{:016b}0", width - 1, height - 1);
    bits += &"0".repeat(80);
    bits.as_bytes()
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | (bit - b'0')))
        .collect()
}

/// The header of a VP8 keyframe (RFC 6386 §9.1) that claims its size.
pub(super) fn vp8(width: u16, height: u16) -> Vec<u8> {
    let mut out = vec![0x10, 2, 0, 0x9d, 0x01, 0x2a];
    out.extend(width.to_le_bytes());
    out.extend(height.to_le_bytes());
    out.extend([0; 64]);
    out
}

/// A Matroska file of pictures.
pub(super) fn pictures(codec: &str, (width, height): (u64, u64), frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    ebml::film(&ebml::picture(1, codec, width, height, &[]), &ebml::clusters(frames))
}
