//! `cargo xtask bench fuzz [seconds] [target]`: libFuzzer on every parser of foreign bytes.
//!
//! Built on stable Rust: coverage comes from LLVM's own pass, and safe code needs no address sanitizer. New inputs stay
//! in the target folder; an input that crashes is named, and belongs into `crates/fuzz/corpus/{target}`.

use anyhow::{Context, Result, bail};
use std::path::Path;

use crate::steps::Steps;

/// What `cargo fuzz build` passes, without the sanitizer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions -Ccodegen-units=1";
/// A parser that takes longer for one input is stuck.
const TIMEOUT: &str = "-timeout=10";
/// Megabytes; a parser that takes more believes a length.
const MEMORY: &str = "-rss_limit_mb=1024";

pub(crate) fn run(steps: &mut Steps, arguments: &[String]) -> Result<()> {
    let (seconds, only) = match arguments {
        [] => (60, None),
        [seconds, rest @ ..] => (seconds.parse().context("seconds for each target")?, rest.first()),
    };
    let listed = steps.cargo(&["run", "--quiet", "--locked", "-p", "fuzz"]).output()?;
    let names = String::from_utf8(listed.stdout)?;
    let names: Vec<&str> = names.lines().filter(|name| only.is_none_or(|only| only == name)).collect();
    if names.is_empty() {
        bail!("there is no such fuzz target");
    }
    let binary = build(steps)?;
    let folder = steps.target_dir()?.join("fuzz-inputs");
    for name in names {
        let found = folder.join(name);
        std::fs::create_dir_all(&found)?;
        let corpus = steps.root().join("crates/fuzz/corpus").join(name);
        let mut command = steps.command(&binary.to_string_lossy(), &[]);
        command
            .arg(&found)
            .arg(corpus)
            .args([TIMEOUT, MEMORY, "-print_final_stats=1", "-verbosity=0", "-max_len=65536"])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/crash-{name}-", folder.display()))
            .env("FUZZ_TARGET", name);
        steps.run(&format!("fuzz {name} for {seconds} s"), &mut command)?;
    }
    Ok(())
}

fn build(steps: &mut Steps) -> Result<std::path::PathBuf> {
    let host = host(steps)?;
    let target_dir = steps.target_dir()?.join("fuzz");
    // A named target keeps the flags away from build scripts and macros.
    let mut command = steps.cargo(&[
        "build",
        "--locked",
        "--release",
        "-p",
        "fuzz",
        "--features",
        "libfuzzer",
        "--target",
        &host,
    ]);
    command.env("RUSTFLAGS", FLAGS).arg("--target-dir").arg(&target_dir);
    steps.run("fuzz targets", &mut command)?;
    let binary = Path::new(&target_dir).join(host).join("release/fuzz");
    Ok(binary)
}

fn host(steps: &Steps) -> Result<String> {
    let output = steps.command("rustc", &["-vV"]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc does not tell its host")?.to_owned())
}
