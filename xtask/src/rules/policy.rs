//! `deny.toml` without cargo-deny: licences, banned crates and sources of everything that is linked.
//!
//! cargo-deny says more (duplicates, licence texts, advisories) but takes minutes to build; this runs everywhere.

use std::collections::BTreeSet;
use std::fs;

use super::graph::Graph;
use crate::steps::root;

fn deny() -> toml::Table {
    fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn strings<'a>(table: &'a toml::Table, section: &str, key: &str) -> BTreeSet<&'a str> {
    table[section][key].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

#[test]
fn every_licence_is_allowed() {
    let deny = deny();
    let allowed = strings(&deny, "licenses", "allow");
    for package in Graph::load().packages() {
        let text = package.license.as_deref().unwrap_or_else(|| panic!("{} has no licence", package.name));
        assert!(satisfies(text, &allowed), "{} {}: {text}", package.name, package.version);
    }
}

#[test]
fn no_banned_crate_is_linked() {
    let deny = deny();
    let banned: Vec<_> = deny["bans"]["deny"].as_array().unwrap().iter().collect();
    for package in Graph::load().packages() {
        let ban = banned.iter().find(|ban| ban["name"].as_str() == Some(&package.name));
        assert!(ban.is_none(), "{}: {}", package.name, ban.unwrap()["reason"]);
    }
}

#[test]
fn everything_comes_from_an_allowed_registry() {
    let deny = deny();
    let allowed = strings(&deny, "sources", "allow-registry");
    for package in Graph::load().packages() {
        let Some(source) = &package.source else { continue };
        let registry = source.strip_prefix("registry+").unwrap_or(source);
        assert!(allowed.contains(registry), "{} comes from {source}", package.name);
    }
}

/// Whether an SPDX expression can be met with the allowed licences. The old `A/B` means `A OR B`.
fn satisfies(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any_of(&mut rest, allowed);
    assert!(rest.is_empty(), "not an SPDX expression: {expression}");
    met
}

fn any_of(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut met = all_of(rest, allowed);
    while let [word, tail @ ..] = *rest
        && *word == "OR"
    {
        *rest = tail;
        met |= all_of(rest, allowed);
    }
    met
}

fn all_of(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(rest, allowed);
    while let [word, tail @ ..] = *rest
        && *word == "AND"
    {
        *rest = tail;
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    match *rest {
        ["(", tail @ ..] => {
            *rest = tail;
            let met = any_of(rest, allowed);
            if let [")", tail @ ..] = *rest {
                *rest = tail;
            }
            met
        }
        [licence, "WITH", exception, tail @ ..] => {
            *rest = tail;
            allowed.contains(format!("{licence} WITH {exception}").as_str())
        }
        [licence, tail @ ..] => {
            *rest = tail;
            allowed.contains(licence)
        }
        [] => false,
    }
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"]);
    let check = |text: &str, met| assert_eq!(satisfies(text, &allowed), met, "{text}");
    check("MIT", true);
    check("GPL-3.0", false);
    check("GPL-3.0 OR MIT", true);
    check("GPL-3.0/MIT", true);
    check("MIT AND GPL-3.0", false);
    check("(MIT OR GPL-3.0) AND Unicode-3.0", true);
    check("(GPL-2.0 OR GPL-3.0) AND MIT", false);
    check("MIT OR GPL-3.0 AND GPL-2.0", true);
    check("Apache-2.0 WITH LLVM-exception", true);
    check("MIT WITH Something-exception", false);
}
