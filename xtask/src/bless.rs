//! `cargo xtask bless`: rewrites generated files and goldens, whose diff is then reviewed like code.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::check::{self, OPENAPI};
use crate::steps::Steps;

pub(crate) fn run(steps: &mut Steps, _arguments: &[String]) -> Result<()> {
    if steps.strict() {
        bail!("CI compares goldens, it does not rewrite them");
    }
    check::binary(steps)?;
    steps.step(OPENAPI, |steps| {
        let text = check::openapi(steps)?;
        fs::write(steps.root().join(OPENAPI), text).with_context(|| format!("cannot write {OPENAPI}"))
    })?;
    // A golden test that sees BLESS writes what it got instead of comparing.
    let mut goldens = steps.cargo(&["test", "--locked", "--workspace", "--no-fail-fast"]);
    goldens.env("BLESS", "1");
    steps.run_tests("goldens", &mut goldens)
}
