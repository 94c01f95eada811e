//! `cargo xtask bench <name>`: what takes long or measures, kept out of the tests.
//!
//! A bench prints every figure and their median.

use anyhow::{Result, bail};

use crate::steps::{Profile, Steps};
use crate::tools::{self, Tool};
use crate::{run, web};

struct Bench {
    name: &'static str,
    about: &'static str,
    what: What,
}

enum What {
    /// A script that drives the release binary from outside, as a client would.
    Script(&'static str),
    /// An example of a crate, for what cannot be seen from outside.
    Example { package: &'static str, name: &'static str },
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "playable",
        about: "from `complete` to `playable` for a 60 s 1080p30 H.264/AAC upload, median of 5",
        what: What::Script("web/e2e/bench/playable.mjs"),
    },
    Bench {
        name: "storyboard",
        about: "processor time of a storyboard over that of decoding the keyframes alone, 60 s 1080p30, median of 5",
        what: What::Example { package: "media", name: "storyboard" },
    },
];

pub(crate) fn run(steps: &mut Steps, arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        for bench in BENCHES {
            println!("  {:<12} {}", bench.name, bench.about);
        }
        return Ok(());
    };
    let Some(bench) = BENCHES.iter().find(|bench| bench.name == name) else {
        let names: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        bail!("there is no bench `{name}`; there are: {}", names.join(", "));
    };
    tools::ensure(steps, &[Tool::Ffmpeg])?;
    let mut command = match bench.what {
        What::Script(script) => {
            tools::ensure_node()?;
            web::install(steps)?;
            run::release(steps)?;
            let mut command = steps.command("node", &[script]);
            command.env("VITASCOPE_BIN", steps.binary(Profile::Release)?);
            command
        }
        What::Example { package, name } => {
            steps.cargo(&["run", "--locked", "--release", "--package", package, "--example", name, "--"])
        }
    };
    steps.run(bench.name, command.args(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bench_has_its_script() {
        for bench in BENCHES {
            let path = match bench.what {
                What::Script(script) => script.to_owned(),
                What::Example { package, name } => format!("crates/{package}/examples/{name}.rs"),
            };
            assert!(crate::steps::root().join(&path).is_file(), "{path}");
        }
    }
}
