//! `cargo xtask run`: from a clone to the running product.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::steps::{Profile, Steps};
use crate::tools::{self, Tool};
use crate::web;

/// Builds everything and becomes `vitascope serve`, so that Ctrl-C and SIGTERM reach the server itself.
pub(crate) fn run(steps: &mut Steps, arguments: &[String]) -> Result<()> {
    tools::ensure_node()?;
    tools::ensure(steps, &[Tool::Ffmpeg])?;
    web::install(steps)?;
    web::build(steps)?;
    release(steps)?;
    println!();
    let mut serve = steps.command(&steps.binary(Profile::Release)?.to_string_lossy(), &["serve"]);
    Err(serve.args(arguments).exec()).context("cannot start vitascope")
}

/// The optimised binary.
pub(crate) fn release(steps: &mut Steps) -> Result<()> {
    steps.run(
        "release binary",
        &mut steps.cargo(&["build", "--locked", "--release", "--package", "vitascope"]),
    )
}
