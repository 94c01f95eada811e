//! The multivariant playlist of a video.

use std::fmt::{self, Write};

use super::attributes::{Quoted, Uri, is_blank};

/// A snapshot of what a video offers. Order is kept: players begin with the first variant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MultivariantPlaylist {
    /// EXT-X-STREAM-INF.
    pub variants: Vec<Variant>,
    /// EXT-X-MEDIA with TYPE=AUDIO. Empty for a silent video and for sound that is a variant itself.
    pub audio: Vec<Rendition>,
    /// EXT-X-MEDIA with TYPE=SUBTITLES.
    pub subtitles: Vec<Rendition>,
    /// EXT-X-INDEPENDENT-SEGMENTS: every segment of every variant starts with a keyframe of a closed GOP.
    pub independent_segments: bool,
}

/// EXT-X-STREAM-INF (§4.4.6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// URI of its media playlist.
    pub uri: String,
    /// BANDWIDTH in bits per second, sound included.
    pub bandwidth: u64,
    /// AVERAGE-BANDWIDTH in bits per second, sound included.
    pub average_bandwidth: Option<u64>,
    /// CODECS: those of the variant and of its audio group. Repeated ones are written once.
    pub codecs: Vec<String>,
    /// RESOLUTION; `None` for sound.
    pub resolution: Option<Resolution>,
    /// FRAME-RATE; `None` for sound or when it is not known.
    pub frame_rate: Option<FrameRate>,
    /// AUDIO: the group id of its sound.
    pub audio: Option<String>,
    /// SUBTITLES: the group id of its captions.
    pub subtitles: Option<String>,
}

/// RESOLUTION in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolution {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Frames per second as a fraction, such as 30000/1001. A denominator of 0 is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRate {
    /// Frames in `denominator` seconds.
    pub numerator: u32,
    /// Seconds.
    pub denominator: u32,
}

/// EXT-X-MEDIA (§4.4.6.1); its TYPE is that of the list it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendition {
    /// GROUP-ID, which variants name in AUDIO or SUBTITLES.
    pub group_id: String,
    /// NAME, for people. A blank one is written as the group id.
    pub name: String,
    /// LANGUAGE (BCP 47).
    pub language: Option<String>,
    /// CHANNELS, of a sound.
    pub channels: Option<u16>,
    /// DEFAULT: play it unless the viewer says otherwise. AUTOSELECT is always YES.
    pub default: bool,
    /// URI of its media playlist.
    pub uri: String,
}

impl fmt::Display for MultivariantPlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#EXTM3U\n#EXT-X-VERSION:7")?;
        if self.independent_segments {
            writeln!(f, "#EXT-X-INDEPENDENT-SEGMENTS")?;
        }
        self.audio.iter().try_for_each(|rendition| rendition.write("AUDIO", f))?;
        self.subtitles.iter().try_for_each(|rendition| rendition.write("SUBTITLES", f))?;
        self.variants.iter().try_for_each(|variant| writeln!(f, "{variant}"))
    }
}

impl Rendition {
    fn write(&self, kind: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if is_blank(&self.name) { &self.group_id } else { &self.name };
        write!(f, "#EXT-X-MEDIA:TYPE={kind},GROUP-ID={},NAME={}", Quoted(&self.group_id), Quoted(name))?;
        if let Some(language) = self.language.as_deref().filter(|language| !is_blank(language)) {
            write!(f, ",LANGUAGE={}", Quoted(language))?;
        }
        write!(f, ",DEFAULT={},AUTOSELECT=YES", if self.default { "YES" } else { "NO" })?;
        if let Some(channels) = self.channels {
            write!(f, ",CHANNELS=\"{channels}\"")?;
        }
        writeln!(f, ",URI=\"{}\"", Uri(&self.uri))
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#EXT-X-STREAM-INF:BANDWIDTH={}", self.bandwidth)?;
        if let Some(average) = self.average_bandwidth {
            write!(f, ",AVERAGE-BANDWIDTH={average}")?;
        }
        if let Some(codecs) = joined(&self.codecs) {
            write!(f, ",CODECS={}", Quoted(&codecs))?;
        }
        if let Some(Resolution { width, height }) = self.resolution {
            write!(f, ",RESOLUTION={width}x{height}")?;
        }
        if let Some(thousandths) = self.frame_rate.and_then(FrameRate::thousandths) {
            write!(f, ",FRAME-RATE={}.{:03}", thousandths / 1000, thousandths % 1000)?;
        }
        if let Some(audio) = &self.audio {
            write!(f, ",AUDIO={}", Quoted(audio))?;
        }
        if let Some(subtitles) = &self.subtitles {
            write!(f, ",SUBTITLES={}", Quoted(subtitles))?;
        }
        write!(f, "\n{}", Uri(&self.uri))
    }
}

impl FrameRate {
    /// Rounded to the nearest, as FRAME-RATE wants three decimals.
    fn thousandths(self) -> Option<u64> {
        let denominator = u64::from(self.denominator);
        (2000 * u64::from(self.numerator) + denominator).checked_div(2 * denominator)
    }
}

/// Comma-separated, without repetitions; `None` when there are none.
fn joined(codecs: &[String]) -> Option<String> {
    let mut list = String::new();
    for (at, codec) in codecs.iter().enumerate() {
        if codecs.iter().take(at).any(|before| before == codec) {
            continue;
        }
        if !list.is_empty() {
            list.write_char(',').ok()?;
        }
        list.push_str(codec);
    }
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_rates_have_three_decimals() {
        let rate = |numerator, denominator| FrameRate { numerator, denominator }.thousandths();
        assert_eq!(rate(30_000, 1001), Some(29_970));
        assert_eq!(rate(24_000, 1001), Some(23_976));
        assert_eq!(rate(25, 1), Some(25_000));
        assert_eq!(rate(25, 0), None);
    }

    #[test]
    fn a_codec_is_named_once() {
        let codecs = ["avc1.64001f", "mp4a.40.2", "mp4a.40.2"].map(str::to_owned);
        assert_eq!(joined(&codecs).as_deref(), Some("avc1.64001f,mp4a.40.2"));
        assert_eq!(joined(&[]), None);
    }

    #[test]
    fn a_name_of_quotes_and_breaks_stays_one_attribute_and_a_blank_one_is_replaced() {
        let mut rendition = Rendition {
            group_id: "audio".into(),
            name: "Director\"s\ncut".into(),
            language: Some("\r\n".into()),
            channels: Some(2),
            default: true,
            uri: "audio/index.m3u8".into(),
        };
        let text = |rendition: &Rendition| {
            MultivariantPlaylist { audio: vec![rendition.clone()], ..MultivariantPlaylist::default() }
                .to_string()
        };
        let line = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Director'scut\",DEFAULT=YES,AUTOSELECT=YES,\
                    CHANNELS=\"2\",URI=\"audio/index.m3u8\"";
        assert_eq!(text(&rendition).lines().last(), Some(line));
        rendition.name = " \n".into();
        assert!(text(&rendition).contains(",NAME=\"audio\","));
    }
}
