//! The media playlist of a captions track.

use std::fmt;

use super::attributes::Uri;

/// One WebVTT file as a playlist of one segment, as long as the video (RFC 8216 §3.5). It has no X-TIMESTAMP-MAP: then its time 0 is
/// the timeline's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubtitlesPlaylist {
    /// Duration of the video in microseconds.
    pub duration_us: u64,
    /// URI of the WebVTT file, relative to the playlist.
    pub uri: String,
}

impl fmt::Display for SubtitlesPlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.duration_us.max(1);
        writeln!(f, "#EXTM3U\n#EXT-X-VERSION:7")?;
        writeln!(f, "#EXT-X-TARGETDURATION:{}", us.div_ceil(1_000_000))?;
        writeln!(f, "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD")?;
        writeln!(f, "#EXTINF:{}.{:06},\n{}", us / 1_000_000, us % 1_000_000, Uri(&self.uri))?;
        writeln!(f, "#EXT-X-ENDLIST")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_one_segment_as_long_as_the_video() {
        let list = SubtitlesPlaylist { duration_us: 12_345_678, uri: "../en-00.vtt".to_owned() };
        assert_eq!(
            list.to_string(),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:13\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXTINF:12.345678,\n../en-00.vtt\n#EXT-X-ENDLIST\n"
        );
    }
}
