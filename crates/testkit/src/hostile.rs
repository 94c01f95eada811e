//! Files that were made to hurt whoever reads them: every way that is known to make FFmpeg open another file or address, and
//! small files that claim or unfold into enormous ones. And mutants: good files with a few bytes changed.
//!
//! Start from [`tricks`] and [`mutant`].

mod bombs;
mod ebml;
mod isobmff;
mod mutants;
mod playlists;
mod polyglots;

use std::path::PathBuf;

pub use mutants::{mutant, seeds};

/// What the tricks try to reach. A test looks whether somebody came.
#[derive(Debug, Clone)]
pub struct Lures {
    /// A film outside the job; a demuxer that is talked into it plays it.
    pub film: PathBuf,
    /// Port of a listener on 127.0.0.1.
    pub port: u16,
}

impl Lures {
    /// An address on the listener.
    fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// The film as a URL.
    fn file(&self) -> String {
        format!("file://{}", self.film.display())
    }
}

/// A hostile file.
#[derive(Debug, Clone)]
pub struct Trick {
    /// What it tries.
    pub name: &'static str,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// Every trick. Some need a small good film to begin with, which FFmpeg makes.
pub fn tricks(lures: &Lures) -> Vec<Trick> {
    let mut all = playlists::all(lures);
    all.extend(polyglots::all(lures));
    all.extend(isobmff::all(lures));
    all.extend(ebml::all());
    all.extend(bombs::all());
    all
}

/// Names a file's bytes.
fn trick(name: &'static str, bytes: impl Into<Vec<u8>>) -> Trick {
    Trick { name, bytes: bytes.into() }
}
