//! What is taken as a source.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is taken. Everything beyond is refused with a sentence for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLimits {
    /// Longest duration in microseconds. Default 12 hours.
    pub max_duration_us: i64,
    /// Longest side of the picture in pixels. Default 8192.
    pub max_side: u32,
    /// Pixels of a picture, in millions. Default 36 (8K is 33).
    pub max_megapixels: u32,
    /// Pixels decoded for a second of the film, in millions. Default 4,000 (8K at 120 frames a second).
    pub max_megapixels_per_second: u32,
    /// Tracks of any kind. Default 32.
    pub max_streams: usize,
    /// Packets of all tracks. Default 20 million: 12 hours at 240 frames a second with sound.
    pub max_packets: u64,
    /// Real time for reading a source. Default 10 minutes.
    pub deadline: Duration,
}

impl Default for SourceLimits {
    fn default() -> Self {
        SourceConfig::default().limits()
    }
}

/// [`SourceLimits`] as an operator writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceConfig {
    /// Longest duration in seconds. Default 43,200.
    pub max_seconds: u32,
    /// See [`SourceLimits::max_side`].
    pub max_side: u32,
    /// See [`SourceLimits::max_megapixels`].
    pub max_megapixels: u32,
    /// See [`SourceLimits::max_megapixels_per_second`].
    pub max_megapixels_per_second: u32,
    /// See [`SourceLimits::max_streams`].
    pub max_tracks: u32,
    /// Packets of all tracks, in millions. Default 20.
    pub max_million_packets: u32,
    /// Real time for reading a source, in seconds. Default 600.
    pub read_seconds: u32,
}

impl Default for SourceConfig {
    fn default() -> Self {
        Self {
            max_seconds: 12 * 3600,
            max_side: 8192,
            max_megapixels: 36,
            max_megapixels_per_second: 4000,
            max_tracks: 32,
            max_million_packets: 20,
            read_seconds: 600,
        }
    }
}

impl SourceConfig {
    /// Says what cannot be meant.
    pub fn check(&self) -> Result<(), String> {
        let zero = [
            ("max_seconds", self.max_seconds),
            ("max_side", self.max_side),
            ("max_megapixels", self.max_megapixels),
            ("max_megapixels_per_second", self.max_megapixels_per_second),
            ("max_tracks", self.max_tracks),
            ("max_million_packets", self.max_million_packets),
            ("read_seconds", self.read_seconds),
        ]
        .into_iter()
        .find(|(_, value)| *value == 0);
        match zero {
            Some((name, _)) => Err(format!("source.{name} is 0, and then no video at all could be taken")),
            None => Ok(()),
        }
    }

    /// The same in the units of the code.
    pub fn limits(&self) -> SourceLimits {
        SourceLimits {
            max_duration_us: i64::from(self.max_seconds) * 1_000_000,
            max_side: self.max_side,
            max_megapixels: self.max_megapixels,
            max_megapixels_per_second: self.max_megapixels_per_second,
            max_streams: usize::try_from(self.max_tracks).unwrap_or(usize::MAX),
            max_packets: u64::from(self.max_million_packets) * 1_000_000,
            deadline: Duration::from_secs(u64::from(self.read_seconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_nothing_is_told() {
        assert!(SourceConfig::default().check().is_ok());
        let none = SourceConfig { max_tracks: 0, ..SourceConfig::default() };
        assert!(none.check().unwrap_err().contains("source.max_tracks"));
    }
}
