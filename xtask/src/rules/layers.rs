//! The shape of the workspace: who may depend on whom, and which crates stay without IO.

use std::collections::BTreeSet;

use super::graph::Graph;
use super::texts;

/// Crates without IO, clock, threads and randomness: all of it runs in a unit test with the time as an argument.
const PURE: &[&str] = &["domain", "cmaf", "llhls"];

/// What brings IO, a runtime, the system's clock or its randomness along.
const FORBIDDEN_IN_PURE: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "crossbeam-channel",
    "getrandom",
    "hyper",
    "jiff",
    "landlock",
    "libsqlite3-sys",
    "mio",
    "nix",
    "rand",
    "rayon",
    "reqwest",
    "rustix",
    "smol",
    "socket2",
    "sqlx",
    "sqlx-core",
    "tempfile",
    "time",
    "tokio",
    "tracing-subscriber",
    "walkdir",
];

/// The parts of std that a pure crate leaves alone.
const FORBIDDEN_PATHS: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net",
    "std::process",
    "std::thread",
];

/// From the bottom up: a crate may depend on those before it.
const ORDER: &[&str] = &[
    "domain",
    "cmaf",
    "bus",
    "blobs",
    "store",
    "jobs",
    "media",
    "pipeline",
    "live",
    "llhls",
    "vault",
    "server",
    "vitascope",
];

/// Outside the product: a test bench and this menu. They speak to the binary from outside.
const BESIDE: &[&str] = &["fuzz", "testkit", "xtask"];

/// A library that has one home, so that everything about its subject is found there.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["store"]),
    ("axum", &["server"]),
    ("argon2", &["server"]),
    ("landlock", &["media"]),
    ("seccompiler", &["media"]),
    ("clap", &["vitascope"]),
    ("reqwest", &["testkit", "vitascope"]),
];

#[test]
fn a_pure_crate_links_nothing_that_does_io() {
    let graph = Graph::load();
    for name in PURE {
        let found: Vec<_> =
            graph.closure(name).into_iter().filter(|linked| FORBIDDEN_IN_PURE.contains(linked)).collect();
        assert!(found.is_empty(), "{name} is a pure crate and now links {found:?}");
    }
}

#[test]
fn a_pure_crate_calls_nothing_in_std_that_does_io() {
    for (path, text) in texts() {
        let pure = PURE.iter().any(|name| path.starts_with(format!("crates/{name}/src")));
        let test = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("test"));
        if !pure || test {
            continue;
        }
        // Tests stand last in a file and may read goldens.
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap();
            for forbidden in FORBIDDEN_PATHS {
                assert!(!line.contains(forbidden), "{}:{}: {forbidden}", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn every_crate_has_its_place() {
    let graph = Graph::load();
    let members: BTreeSet<_> = graph.members().map(|package| package.name.as_str()).collect();
    let known: BTreeSet<_> = ORDER.iter().chain(BESIDE).copied().collect();
    assert_eq!(members, known);
}

#[test]
fn arrows_point_down() {
    let graph = Graph::load();
    for (place, name) in ORDER.iter().enumerate() {
        let direct = graph.direct(name);
        let above: Vec<_> =
            ORDER.iter().skip(place).chain(BESIDE).filter(|other| direct.contains(**other)).collect();
        assert!(above.is_empty(), "{name} depends on {above:?}, which stands above or beside it");
    }
}

#[test]
fn a_library_with_a_home_is_used_nowhere_else() {
    let graph = Graph::load();
    for (library, homes) in HOMES {
        let users: Vec<_> = graph
            .members()
            .map(|package| package.name.as_str())
            .filter(|name| graph.direct(name).contains(library))
            .collect();
        assert_eq!(&users, homes, "who uses {library}");
    }
}
