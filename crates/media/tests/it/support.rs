//! Tools, clips and a small reader of what comes out of the pipes.

use std::path::{Path, PathBuf};
use std::process::Command;

use media::child::Tools;
use media::probe::{Probe, SourceLimits, probe};
use media::sniff::{Container, SNIFF_LEN, sniff};
use tokio::io::AsyncReadExt;

/// The tools with the example `jail` in the place of the product's binary.
pub(crate) fn tools() -> Tools {
    let test = std::env::current_exe().expect("a test has a path");
    // target/debug/deps/it-… → target/debug/examples/jail
    let jail = test.ancestors().nth(2).expect("target folder").join("examples/jail");
    assert!(jail.is_file(), "{} is missing: build the examples first (cargo test does)", jail.display());
    Tools::find(jail, None, None)
        .expect("ffmpeg and ffprobe must be installed to test this crate: apt-get install ffmpeg")
}

/// A folder with generated clips, removed at the end.
pub(crate) struct Clips(tempfile::TempDir);

impl Clips {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a clip with the installed ffmpeg, outside the jail: it is the test's own file.
    pub(crate) fn make(&self, name: &str, args: &str) -> PathBuf {
        let path = self.path(name);
        let status = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y"])
            .args(args.split_whitespace())
            .arg(&path)
            .status()
            .expect("ffmpeg must be installed to test this crate: apt-get install ffmpeg");
        assert!(status.success(), "ffmpeg could not make {name}");
        path
    }
}

/// A picture of `seconds` with a sound beside it, for [`Clips::make`].
pub(crate) fn pictures_and_sound(seconds: u32) -> String {
    format!("-f lavfi -i testsrc2=d={seconds}:s=320x180:r=25 -f lavfi -i sine=d={seconds}:r=48000")
}

pub(crate) fn sniffed(path: &Path) -> Result<Container, media::sniff::Refused> {
    let mut bytes = std::fs::read(path).expect("the clip");
    bytes.truncate(SNIFF_LEN);
    sniff(&bytes)
}

pub(crate) async fn probed(path: &Path) -> Probe {
    let container = sniffed(path).expect("a known container");
    probe(&tools(), path, container, &SourceLimits::default()).await.expect("a readable clip")
}

/// All outputs of a child, read side by side.
pub(crate) async fn read_all(outputs: Vec<media::child::Output>) -> Vec<Vec<u8>> {
    let readers: Vec<_> = outputs
        .into_iter()
        .map(|mut output| {
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                output.read_to_end(&mut bytes).await.expect("a readable pipe");
                bytes
            })
        })
        .collect();
    let mut all = Vec::new();
    for reader in readers {
        all.push(reader.await.expect("a reader"));
    }
    all
}
