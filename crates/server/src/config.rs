//! Settings of a server, each with its meaning, unit and default.

use media::plan::LadderConfig;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// How a server is set up. Every field has a default except where to keep its data.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port; port 0 picks a free one. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Folder of the database, the objects and the secret. Default `data`.
    pub data: PathBuf,
    /// The instance's name, shown in page titles. Default `Vitascope`.
    pub name: String,
    /// The address people use, when a reverse proxy stands in front (`https://video.example`). Makes cookies Secure.
    pub public_url: Option<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed. Default none.
    pub trusted_proxies: Vec<IpAddr>,
    /// Largest source in bytes. Default 64 GiB.
    pub max_upload_bytes: u64,
    /// Bytes per part of an upload; memory is not affected. Small ones play sooner. Default 4 MiB.
    pub part_size: u64,
    /// Bytes that stay free on the disk; uploads that would need them are refused. Default 1 GiB.
    pub min_free_bytes: u64,
    /// Sign-in and registration attempts per minute and address; per account half of it. Default 20.
    pub attempts_per_minute: u32,
    /// Videos that are made playable while they arrive, at the same time; the others wait for their last part. Default 4.
    pub arriving_workers: usize,
    /// Seconds without a new part after which such a video gives its place to another one. Default 30.
    pub arriving_idle_seconds: u64,
    /// Videos whose first rung is made at the same time. Default 2.
    pub first_rung_workers: usize,
    /// Videos whose further rungs are made at the same time. Default 1; each takes all cores at low priority.
    pub ladder_workers: usize,
    /// The `ffmpeg` program. Default: found on PATH.
    pub ffmpeg: Option<PathBuf>,
    /// The `ffprobe` program. Default: found on PATH.
    pub ffprobe: Option<PathBuf>,
    /// The table of rungs.
    pub ladder: LadderConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("data"),
            name: "Vitascope".to_owned(),
            public_url: None,
            trusted_proxies: Vec::new(),
            max_upload_bytes: 64 << 30,
            part_size: 4 << 20,
            min_free_bytes: 1 << 30,
            attempts_per_minute: 20,
            arriving_workers: 4,
            arriving_idle_seconds: 30,
            first_rung_workers: 2,
            ladder_workers: 1,
            ffmpeg: None,
            ffprobe: None,
            ladder: LadderConfig::default(),
        }
    }
}
