//! `vitascope inspect` as a person and a program see it. `BLESS=1` (or `cargo xtask bless`) writes the goldens anew.

use crate::VITASCOPE;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use testkit::decode_warnings;

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

/// Without the hashes and sizes of what FFmpeg itself wrote, which another version writes otherwise. The segments are ours.
fn blanked(text: &str) -> String {
    let line = |line: &str| {
        let theirs = line.split_once("init-0-").or_else(|| line.split_once("poster-"));
        let Some((head, tail)) = theirs else { return format!("{line}\n") };
        let head = head.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        format!("{head}…{}\n", &tail[24..])
    };
    text.lines().map(line).collect()
}

#[test]
fn what_is_made_of_a_sound_is_the_golden_folder_and_plays_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let source = goldens().join("talk.m4a");
    let output = inspect(&source, &["--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let actual = blanked(&String::from_utf8(output.stdout).unwrap());
    let golden = goldens().join("talk.out.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &actual).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(actual, expected, "BLESS=1 accepts it");
    for list in ["master.m3u8", "audio/index.m3u8", "manifest.mpd"] {
        assert_eq!(decode_warnings(out.join(list).to_str().unwrap()), "", "{list}");
    }
    let left: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name != ".vitascope"), "{left:?}");
    // What is there is never mixed with another file's.
    let again = inspect(&source, &["--out", out.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
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
