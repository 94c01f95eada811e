//! Every file is part of a crate: one that no module declares is neither compiled nor, when it holds tests, ever run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::texts;

#[test]
fn every_file_of_a_crate_is_declared() {
    let files: BTreeMap<_, _> =
        texts().into_iter().filter(|(path, _)| path.extension().is_some_and(|kind| kind == "rs")).collect();
    let orphans: Vec<_> = files.keys().filter(|path| !is_root(path) && !declared(path, &files)).collect();
    assert!(orphans.is_empty(), "no module declares {orphans:?}");
}

/// Whether Cargo itself finds the file.
fn is_root(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let root = matches!(stem(path), "lib" | "main" | "build");
    root || ["examples", "benches", "bin", "fuzz_targets", "tests"].iter().any(|kind| folder == *kind)
}

/// A module's own file is `x.rs` or `x/mod.rs`. Its parent's is beside the folder, in it as `mod.rs`, the root of the crate,
/// or names it by a path.
fn declared(path: &Path, files: &BTreeMap<PathBuf, String>) -> bool {
    let own = if stem(path) == "mod" { path.parent().unwrap() } else { path };
    let folder = own.parent().unwrap();
    let line = format!("mod {};", stem(own));
    let parents = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    let by_name =
        parents.iter().chain([&folder.with_extension("rs")]).filter_map(|parent| files.get(parent)).any(
            |text| {
                let code = text.lines().map(|code| {
                    code.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ")
                });
                code.into_iter().any(|code| code == line)
            },
        );
    by_name
        || files.iter().any(|(parent, text)| paths(text).any(|to| parent.parent().unwrap().join(to) == path))
}

fn paths(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|code| code.trim_start().strip_prefix("#[path = \"")?.strip_suffix("\"]"))
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

#[test]
fn a_file_without_a_module_is_found() {
    let text = |path: &str, text: &str| (PathBuf::from(path), text.to_owned());
    let files = BTreeMap::from([
        text("src/lib.rs", "mod a;\npub mod b;"),
        text("src/a.rs", "#[cfg(test)]\nmod a_test;"),
        text("src/a/a_test.rs", ""),
        text("src/a/lost.rs", ""),
        text("src/b/mod.rs", ""),
    ]);
    let found: Vec<_> = files.keys().filter(|path| !is_root(path) && !declared(path, &files)).collect();
    assert_eq!(found, [Path::new("src/a/lost.rs")]);
}
