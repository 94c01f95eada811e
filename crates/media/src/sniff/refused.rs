//! What is turned away, and why.

use super::container;

/// Why a file is turned away. `Display` is a sentence for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No bytes.
    #[error("This file is empty. Choose the original video file.")]
    Empty,
    /// Letters.
    #[error("This is a text file, not a video, whatever its name says. Choose the video file itself.")]
    Text,
    /// A list of addresses: HLS, DASH, concat, SDP, SMIL, ….
    #[error("This is a playlist: it names videos but holds none. Download the video itself and upload that.")]
    Playlist,
    /// A picture.
    #[error("This is a picture, not a video. Choose a video or sound file.")]
    Image,
    /// A packed folder.
    #[error("This is an archive. Unpack it and upload the video inside.")]
    Archive,
    /// A document.
    #[error("This is a document, not a video. Choose a video or sound file.")]
    Document,
    /// A program.
    #[error("This is a program, not a video. Choose a video or sound file.")]
    Executable,
    /// Nothing that is known here.
    #[error(
        "This file is not a video or sound format that is known here. Export it as MP4, WebM or MOV and upload that."
    )]
    Unknown,
}

impl Refused {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::Text => "text_file",
            Self::Playlist => "playlist",
            Self::Image => "image",
            Self::Archive => "archive",
            Self::Document => "document",
            Self::Executable => "executable",
            Self::Unknown => "unknown_format",
        }
    }
}

/// Formats that are recognised and not taken.
pub(super) fn known(bytes: &[u8]) -> Option<Refused> {
    // Both begin like something that is refused: a picture, a script.
    if container::is_animation(bytes) || bytes.starts_with(b"#!AMR") {
        return None;
    }
    if let Some((_, refused)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return Some(*refused);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(Refused::Image);
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Some(Refused::Archive);
    }
    playlist(bytes).then_some(Refused::Playlist)
}

/// What is left: letters or noise.
pub(super) fn unknown(bytes: &[u8]) -> Refused {
    let Some(text) = text_start(bytes) else { return Refused::Unknown };
    if text.trim_start().starts_with("<svg") || text.contains("<svg ") {
        Refused::Image
    } else {
        Refused::Text
    }
}

/// A list of addresses, also behind a byte-order mark, blank lines or an XML declaration.
fn playlist(bytes: &[u8]) -> bool {
    let Some(text) = text_start(bytes) else { return false };
    let text =
        text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', '\u{b}', '\u{c}']).to_ascii_lowercase();
    PLAYLISTS.iter().any(|start| text.starts_with(start))
        || (text.starts_with('<') && PLAYLIST_ELEMENTS.iter().any(|element| text.contains(element)))
}

/// The first bytes as letters: UTF-8, UTF-16 by its mark, or Latin without control characters. `None` for binary data.
fn text_start(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.get(..TEXT_LOOK).unwrap_or(bytes);
    let utf16 = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().skip(1).map(|pair| from(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    let odd = text
        .chars()
        .filter(|c| {
            (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}'))
                || *c == char::REPLACEMENT_CHARACTER
        })
        .count();
    // A handful of odd bytes is Latin-1 or a character cut in two; binary data has them everywhere.
    (odd.saturating_mul(20) <= text.chars().count()).then_some(text)
}

const TEXT_LOOK: usize = 4096;

/// First letters of what names other files, in lower case.
const PLAYLISTS: &[&str] = &[
    "#extm3u",
    "#ext-x-",
    "ffconcat",
    "file '",
    "file \"",
    "v=0\r\n",
    "v=0\n",
    "[playlist]",
    "[reference]",
    "[ffmpeg]",
    "#extinf",
    "rtsp://",
    "http://",
    "https://",
];

/// Elements of XML documents that do.
const PLAYLIST_ELEMENTS: &[&str] = &[
    "<mpd",
    "<smil",
    "<smoothstreamingmedia",
    "<asx",
    "<playlist",
    "<rss",
    "<wpl",
    "<manifest",
    "<imf",
    "<compositionplaylist",
];

const SIGNATURES: &[(&[u8], Refused)] = &[
    (b"\x89PNG\r\n\x1a\n", Refused::Image),
    (b"\x8aMNG\r\n\x1a\n", Refused::Image),
    (b"\xff\xd8\xff", Refused::Image),
    (b"GIF87a", Refused::Image),
    (b"GIF89a", Refused::Image),
    (b"BM", Refused::Image),
    (b"II*\0", Refused::Image),
    (b"MM\0*", Refused::Image),
    (b"II+\0", Refused::Image),
    (b"MM\0+", Refused::Image),
    (b"8BPS", Refused::Image),
    (b"\0\0\x01\0", Refused::Image),
    (b"\xff\x0a", Refused::Image),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Refused::Image),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Refused::Image),
    (b"PK\x03\x04", Refused::Archive),
    (b"PK\x05\x06", Refused::Archive),
    (b"PK\x07\x08", Refused::Archive),
    (b"\x1f\x8b", Refused::Archive),
    (b"BZh", Refused::Archive),
    (b"\xfd7zXZ\0", Refused::Archive),
    (b"7z\xbc\xaf\x27\x1c", Refused::Archive),
    (b"Rar!\x1a\x07", Refused::Archive),
    (b"\x28\xb5\x2f\xfd", Refused::Archive),
    (b"%PDF-", Refused::Document),
    (b"{\\rtf", Refused::Document),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refused::Document),
    (b"\x7fELF", Refused::Executable),
    (b"MZ", Refused::Executable),
    (b"#!", Refused::Executable),
    (b"\xcf\xfa\xed\xfe", Refused::Executable),
    (b"\xca\xfe\xba\xbe", Refused::Executable),
    (b"\0asm", Refused::Executable),
];
