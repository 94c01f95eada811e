//! `cargo xtask test`: all checks and all tests, as CI runs them.

use anyhow::{Result, bail};

use crate::check;
use crate::steps::{Steps, answer};
use crate::tools::{self, Tool};
use crate::web;

pub(crate) fn run(steps: &mut Steps, _arguments: &[String]) -> Result<()> {
    let before = changes(steps);
    tools::ensure(steps, &[Tool::Ffmpeg, Tool::Chromium, Tool::Firefox, Tool::Pebble, Tool::Strace])?;
    check::sources(steps)?;
    web::unit_tests(steps)?;
    // Before the binary: what it embeds has to exist when it is compiled.
    web::build(steps)?;
    let tests = ["test", "--locked", "--workspace", "--no-fail-fast"];
    let mut tests = steps.cargo(&tests);
    steps.run_tests("Rust tests", &mut tests)?;
    check::binary(steps)?;
    check::generated(steps)?;
    web::browser_tests(steps)?;
    if steps.strict() && changes(steps) != before {
        bail!("the run changed files of the repository; `git status` names them");
    }
    Ok(())
}

/// What git sees as changed or new; `None` outside a git work tree.
fn changes(steps: &Steps) -> Option<String> {
    answer(&mut steps.command("git", &["status", "--porcelain"]))
}
