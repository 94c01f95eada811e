//! Rules about the repository itself, run as tests: layers, licences, documents.

mod documents;
mod graph;
mod layers;
mod modules;
mod policy;

use std::fs;
use std::path::{Path, PathBuf};

use crate::steps::{answer, root};

/// Every text file that git tracks or would track, with its path from the root.
fn texts() -> Vec<(PathBuf, String)> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let mut command = std::process::Command::new("git");
    let list = answer(command.args(list).current_dir(root())).expect("git lists the files of this clone");
    let texts: Vec<_> = list
        .split('\0')
        .filter(|path| !path.is_empty())
        .filter_map(|path| Some((PathBuf::from(path), fs::read_to_string(root().join(path)).ok()?)))
        .collect();
    assert!(texts.iter().any(|(path, _)| path == Path::new("Cargo.toml")), "git lists the workspace");
    texts
}
