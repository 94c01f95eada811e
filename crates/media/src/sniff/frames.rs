//! Sound that is a row of frames without a container around them: each says how long it is, so two in a row tell.

use super::container::Container;

/// What follows an ID3v2 tag, empty when the tag is longer than the bytes.
pub(super) fn after_id3(bytes: &[u8]) -> Option<&[u8]> {
    let header = bytes.strip_prefix(b"ID3")?.get(2..7)?;
    let footer = if header.first()? & 0x10 != 0 { 10 } else { 0 };
    let size = header
        .iter()
        .skip(1)
        .try_fold(0_usize, |size, byte| (byte & 0x80 == 0).then_some(size << 7 | usize::from(*byte)))?;
    Some(bytes.get(10 + size + footer..).unwrap_or_default())
}

/// Two frames of one kind, one behind the other.
pub(super) fn frames(bytes: &[u8]) -> Option<Container> {
    // Encoders leave zeros between tag and frames.
    let start = bytes.iter().position(|byte| *byte != 0)?;
    let bytes = bytes.get(start..)?;
    if let Some(size) = adts_frame(bytes)
        && adts_frame(bytes.get(size..)?).is_some()
    {
        return Some(Container::Adts);
    }
    if let Some((size, kind)) = ac3_frame(bytes)
        && ac3_frame(bytes.get(size..)?).is_some_and(|(_, next)| next == kind)
    {
        return Some(kind);
    }
    if let Some(size) = dts_frame(bytes)
        && dts_frame(bytes.get(size..)?).is_some()
    {
        return Some(Container::Dts);
    }
    let size = mp3_frame(bytes)?;
    mp3_frame(bytes.get(size..)?).map(|_| Container::Mp3)
}

/// Length of an AC-3 or Enhanced AC-3 frame, by its bit stream identification (ETSI TS 102 366 §4.4.1, §E.1.2).
fn ac3_frame(bytes: &[u8]) -> Option<(usize, Container)> {
    const KBIT: [usize; 19] =
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
    let head = bytes.first_chunk::<6>()?;
    if head[0] != 0x0b || head[1] != 0x77 {
        return None;
    }
    match head[5] >> 3 {
        0..=10 => {
            let code = head[4] & 0x3f;
            let kbit = KBIT.get(usize::from(code >> 1))?;
            let words = match head[4] >> 6 {
                0 => kbit * 2,
                1 => kbit * 320 / 147 + usize::from(code & 1),
                2 => kbit * 3,
                _ => return None,
            };
            Some((words * 2, Container::Ac3))
        }
        11..=16 => {
            let words = (usize::from(head[2] & 7) << 8 | usize::from(head[3])) + 1;
            (words > 3).then_some((words * 2, Container::Eac3))
        }
        _ => None,
    }
}

/// Length of a DTS core frame (ETSI TS 102 114 §5.3.1).
fn dts_frame(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x7f\xfe\x80\x01")?.first_chunk::<4>()?;
    let size = (usize::from(rest[1] & 3) << 12 | usize::from(rest[2]) << 4 | usize::from(rest[3]) >> 4) + 1;
    (size >= 96).then_some(size)
}

/// Length of an ADTS frame (ISO/IEC 13818-7 §6.2).
fn adts_frame(bytes: &[u8]) -> Option<usize> {
    let head = bytes.first_chunk::<6>()?;
    if head[0] != 0xff || head[1] & 0xf6 != 0xf0 || (head[2] >> 2) & 0x0f > 12 {
        return None;
    }
    let size = usize::from(head[3] & 3) << 11 | usize::from(head[4]) << 3 | usize::from(head[5]) >> 5;
    (size >= 7).then_some(size)
}

/// Length of an MPEG-1/2/2.5 audio frame of layers II and III (ISO/IEC 11172-3 §2.4.2.3).
fn mp3_frame(bytes: &[u8]) -> Option<usize> {
    const KBIT: [[u32; 15]; 4] = [
        [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    const HERTZ: [u32; 3] = [44_100, 48_000, 32_000];
    let head = bytes.first_chunk::<4>()?;
    if head[0] != 0xff || head[1] & 0xe0 != 0xe0 {
        return None;
    }
    let version = (head[1] >> 3) & 3;
    let layer = (head[1] >> 1) & 3;
    let (low_rate, divisor) = match version {
        3 => (false, 1),
        2 => (true, 2),
        0 => (true, 4),
        _ => return None,
    };
    let (row, samples) = match (layer, low_rate) {
        (1, false) => (1, 1152),
        (1, true) => (2, 576),
        (2, false) => (0, 1152),
        (2, true) => (3, 1152),
        _ => return None,
    };
    let kbit = *KBIT.get(row)?.get(usize::from(head[2] >> 4))?;
    let hertz = HERTZ.get(usize::from((head[2] >> 2) & 3))? / divisor;
    let padding = u32::from((head[2] >> 1) & 1);
    if kbit == 0 {
        return None;
    }
    usize::try_from(samples / 8 * kbit * 1000 / hertz + padding).ok()
}
