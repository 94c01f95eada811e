//! `cargo xtask check`: everything that needs no running test.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::steps::{Profile, Steps, answer};
use crate::{tools, web};

/// The OpenAPI document as the server writes it; the web app's types are made from it.
pub(crate) const OPENAPI: &str = "docs/openapi.json";

pub(crate) fn run(steps: &mut Steps, _arguments: &[String]) -> Result<()> {
    sources(steps)?;
    steps
        .run("repository rules", &mut steps.cargo(&["test", "--locked", "--quiet", "--package", "xtask"]))?;
    binary(steps)?;
    generated(steps)
}

/// Format, lints, types and licences: what reads the sources and runs nothing of ours.
pub(crate) fn sources(steps: &mut Steps) -> Result<()> {
    tools::ensure_node()?;
    require_component(steps, "fmt", "rustfmt")?;
    require_component(steps, "clippy", "clippy")?;
    steps.run("format", &mut steps.cargo(&["fmt", "--all", "--check"]))?;
    web::install(steps)?;
    web::check(steps)?;
    let lints = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    steps.run("lints", &mut steps.cargo(&lints))?;
    if answer(&mut steps.cargo(&["deny", "--version"])).is_some() {
        steps.run(
            "cargo-deny",
            &mut steps.cargo(&["deny", "--locked", "check", "licenses", "bans", "sources"]),
        )?;
    } else {
        // Building it takes longer than all our tests; the same deny.toml is read by the rule in rules/policy.rs.
        println!(
            "\n- cargo-deny is not installed: licences, bans and sources are checked by the repository rules"
        );
    }
    Ok(())
}

/// The quick build of the product, used by the browser tests and to write generated files.
pub(crate) fn binary(steps: &mut Steps) -> Result<()> {
    // The whole workspace, so that cargo unites features as the tests do and compiles nothing twice.
    steps.run("binary", &mut steps.cargo(&["build", "--locked", "--workspace", "--bins"]))
}

/// Fails when a generated file is not what its generator writes now.
pub(crate) fn generated(steps: &mut Steps) -> Result<()> {
    steps.step("generated files", |steps| {
        let path = steps.root().join(OPENAPI);
        let now = fs::read_to_string(&path).with_context(|| format!("{OPENAPI} cannot be read"))?;
        if now != openapi(steps)? {
            bail!("{OPENAPI} is not what `vitascope openapi` prints: run `cargo xtask bless` and commit");
        }
        Ok(())
    })
}

/// The document as the built server writes it, with a final newline.
pub(crate) fn openapi(steps: &Steps) -> Result<String> {
    let binary = steps.binary(Profile::Dev)?;
    let mut command = steps.command(&binary.to_string_lossy(), &["openapi"]);
    let text = answer(&mut command).context("`vitascope openapi` failed")?;
    Ok(format!("{}\n", text.trim_end()))
}

fn require_component(steps: &Steps, word: &str, component: &str) -> Result<()> {
    if answer(&mut steps.cargo(&[word, "--version"])).is_none() {
        bail!("cargo {word} is missing\n\n    rustup component add {component}\n");
    }
    Ok(())
}
