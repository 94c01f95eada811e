//! What the documents say stays true: words exist, links lead somewhere, records are numbered.

use std::collections::BTreeSet;
use std::fs;

use super::texts;
use crate::WORDS;
use crate::check::OPENAPI;
use crate::steps::root;
use crate::web::SCRIPTS;

/// The documents a person reads: Markdown, with code blocks kept (commands stand there).
fn documents() -> Vec<(std::path::PathBuf, String)> {
    let documents: Vec<_> =
        texts().into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "md")).collect();
    assert!(documents.iter().any(|(path, _)| path.as_os_str() == "README.md"));
    documents
}

#[test]
fn no_file_names_a_place_on_the_machine_it_was_written_on() {
    // Put together here, so that this file does not find itself.
    let roots = ["home", "root", "Users", "work"].map(|name| format!("/{name}/"));
    for (path, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            for root in &roots {
                let named = line.match_indices(root.as_str()).any(|(at, _)| starts_a_path(line, at));
                assert!(!named, "{}:{}: {root}", path.display(), number + 1);
            }
        }
    }
}

/// Whether a slash at `at` begins an absolute path, rather than continuing a URL or a relative path.
fn starts_a_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|text| text.chars().next_back());
    !before.is_some_and(|character| character.is_alphanumeric() || "._-/~}*>".contains(character))
}

#[test]
fn a_path_is_told_from_the_middle_of_one() {
    assert!(starts_a_path("see /x/y", 4));
    assert!(starts_a_path("\"/x/y\"", 1));
    assert!(!starts_a_path("src/x/y", 3));
    assert!(!starts_a_path("https://x/y", 7));
    assert!(!starts_a_path("../x/y", 2));
}

#[test]
fn every_word_that_a_document_names_exists() {
    let known: BTreeSet<_> = WORDS.iter().map(|word| word.name).collect();
    let mut found = BTreeSet::new();
    for (path, text) in documents() {
        for rest in text.split("cargo xtask ").skip(1) {
            let word: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            if word.is_empty() {
                continue;
            }
            assert!(known.contains(word.as_str()), "{}: cargo xtask {word}", path.display());
            found.insert(word);
        }
    }
    let missing: Vec<_> = known.iter().filter(|word| !found.contains(**word)).collect();
    assert!(missing.is_empty(), "no document says what these words do: {missing:?}");
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for (path, text) in documents() {
        for link in links(&text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = root().join(&path).parent().unwrap().to_path_buf();
            let target = if file.is_empty() { root().join(&path) } else { folder.join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let found =
                    text.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
                assert!(found, "{}: {link} names no heading", path.display());
            }
        }
    }
}

/// The targets of `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)).collect()
}

/// The anchor that a forge gives a heading.
fn slug(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
        .map(|character| if character == ' ' { '-' } else { character })
        .collect()
}

#[test]
fn headings_become_anchors_as_forges_make_them() {
    assert_eq!(slug("## What works, now"), "what-works-now");
    assert_eq!(links("a [b](c.md#d) and [e](f)"), ["c.md#d", "f"]);
}

#[test]
fn decision_records_are_numbered_without_gaps() {
    let folder = root().join("docs/decisions");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for (index, name) in names.iter().enumerate() {
        let number = index + 1;
        let prefix = format!("{number:04}-");
        assert!(name.starts_with(&prefix) && name.ends_with(".md"), "{name} should be {prefix}….md");
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let title = format!("# {number}. ");
        assert!(text.starts_with(&title), "{name} should begin with “{title}…”");
    }
}

#[test]
fn every_crate_is_on_the_map() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(map.contains(&format!("### `{name}`")), "ARCHITECTURE.md has no section for {name}");
    }
}

#[test]
fn the_npm_scripts_that_the_words_call_exist() {
    let text = fs::read_to_string(root().join("web/package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap();
    for script in SCRIPTS {
        assert!(package["scripts"][script].is_string(), "web/package.json has no script {script}");
    }
}

#[test]
fn the_api_document_is_committed() {
    assert!(texts().iter().any(|(path, _)| path.as_os_str() == OPENAPI), "run `cargo xtask bless`");
}
