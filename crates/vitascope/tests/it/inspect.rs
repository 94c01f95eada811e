//! `vitascope inspect` as a person and a program see it. `BLESS=1` (or `cargo xtask bless`) writes the goldens anew.

use crate::VITASCOPE;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/goldens")
}

fn inspect(file: &Path, more: &[&str]) -> Output {
    // Settings of the machine must not show in a golden.
    let elsewhere = tempfile::tempdir().unwrap();
    Command::new(VITASCOPE)
        .arg("inspect")
        .arg(file)
        .args(more)
        .current_dir(elsewhere.path())
        .output()
        .unwrap()
}

#[test]
fn the_plan_of_each_kind_is_the_golden_one() {
    let mut different = Vec::new();
    for name in ["editor.mkv", "hdr.mp4", "screen.webm", "talk.m4a", "turned.mov"] {
        let source = goldens().join(name);
        let output = inspect(&source, &[]);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let actual = String::from_utf8(output.stdout).unwrap();
        let golden = source.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&golden, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        if actual != expected {
            different.push(format!("{name}: expected\n{expected}\ngot\n{actual}"));
        }
    }
    assert!(different.is_empty(), "BLESS=1 accepts this:\n{}", different.join("\n"));
}

#[test]
fn a_program_gets_one_document() {
    let output = inspect(&goldens().join("turned.mov"), &["--json"]);
    let inspected: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(inspected["source"]["video"]["rotation"], 90);
    assert_eq!(inspected["plan"]["rungs"][0]["kind"], "encoded_video");
    assert_eq!(inspected["borders"]["segments"][0], 0);
}

#[test]
fn what_is_no_video_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let playlist = folder.path().join("a.mp4");
    std::fs::write(&playlist, "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n").unwrap();
    for file in [playlist, folder.path().join("absent.mp4")] {
        let output = inspect(&file, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        assert!(output.stderr.starts_with(b"vitascope: "), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
