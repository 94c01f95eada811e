//! The dependency graph as cargo resolved it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::steps::{answer, root};

/// One crate of the graph.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression, as its author wrote it.
    pub(super) license: Option<String>,
    /// `None` for a crate of this workspace.
    pub(super) source: Option<String>,
    /// Ids of what its library or program links: no build scripts' and no tests' dependencies.
    normal: Vec<String>,
}

/// The packages by cargo's opaque id.
pub(super) struct Graph(BTreeMap<String, Package>);

impl Graph {
    /// The locked graph for this machine's platform. Without the network where cargo has everything already, which is
    /// so after a build of the workspace.
    pub(super) fn load() -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let ask = |arguments: &[&str]| {
            answer(std::process::Command::new(&cargo).args(arguments).current_dir(root()))
        };
        let about = ask(&["--version", "--verbose"]).expect("cargo says its version");
        let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo knows its host");
        let metadata = ["metadata", "--locked", "--format-version", "1", "--filter-platform", host];
        let text = ask(&[&metadata[..], &["--offline"]].concat())
            .or_else(|| ask(&metadata))
            .expect("cargo resolves the locked graph");
        Self::parse(&serde_json::from_str(&text).unwrap())
    }

    fn parse(metadata: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut packages: BTreeMap<String, Package> = BTreeMap::new();
        for package in metadata["packages"].as_array().unwrap() {
            let entry = Package {
                name: text(&package["name"]).unwrap(),
                version: text(&package["version"]).unwrap(),
                license: text(&package["license"]),
                source: text(&package["source"]),
                normal: Vec::new(),
            };
            packages.insert(text(&package["id"]).unwrap(), entry);
        }
        for node in metadata["resolve"]["nodes"].as_array().unwrap() {
            let id = node["id"].as_str().unwrap();
            let linked = node["deps"].as_array().unwrap().iter().filter(|dependency| {
                // cargo writes the kind "normal" as null.
                dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
            });
            packages.get_mut(id).unwrap().normal =
                linked.map(|dependency| text(&dependency["pkg"]).unwrap()).collect();
        }
        Self(packages)
    }

    pub(super) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.0.values()
    }

    /// The crates of this workspace.
    pub(super) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages().filter(|package| package.source.is_none())
    }

    fn member(&self, name: &str) -> &Package {
        self.members()
            .find(|package| package.name == name)
            .unwrap_or_else(|| panic!("there is no crate {name}"))
    }

    /// The names of what a crate of the workspace names in its `[dependencies]`.
    pub(super) fn direct(&self, name: &str) -> BTreeSet<&str> {
        self.member(name).normal.iter().map(|id| self.0[id].name.as_str()).collect()
    }

    /// Everything that ends up in a crate of the workspace, itself left out.
    pub(super) fn closure(&self, name: &str) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&String> = self.member(name).normal.iter().collect();
        while let Some(id) = waiting.pop() {
            if seen.insert(id) {
                names.insert(self.0[id].name.as_str());
                waiting.extend(&self.0[id].normal);
            }
        }
        names
    }
}

#[test]
fn the_closure_follows_what_is_linked_and_not_what_builds_or_tests() {
    let package = |name: &str, source| serde_json::json!({"id": name, "name": name, "version": "1.0.0", "source": source});
    let dependency =
        |name: &str, kind: Value| serde_json::json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
    let graph = Graph::parse(&serde_json::json!({
        "packages": [package("ours", Value::Null), package("linked", "r".into()), package("deep", "r".into()),
                     package("tests", "r".into()), package("builds", "r".into())],
        "resolve": {"nodes": [
            {"id": "ours", "deps": [dependency("linked", Value::Null), dependency("tests", "dev".into())]},
            {"id": "linked", "deps": [dependency("deep", Value::Null), dependency("builds", "build".into())]},
            {"id": "deep", "deps": []}, {"id": "tests", "deps": []}, {"id": "builds", "deps": []},
        ]},
    }));
    assert_eq!(graph.closure("ours"), BTreeSet::from(["linked", "deep"]));
    assert_eq!(graph.direct("ours"), BTreeSet::from(["linked"]));
}
