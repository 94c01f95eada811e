//! `cargo xtask bench <name>`: what takes long or measures, kept out of the tests.
//!
//! A bench is a script that drives the release binary from outside, as a client would, and prints every figure
//! and their median.

use anyhow::{Result, bail};

use crate::steps::{Profile, Steps};
use crate::tools::{self, Tool};
use crate::{run, web};

struct Bench {
    name: &'static str,
    about: &'static str,
    script: &'static str,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "playable",
        about: "from `complete` to `playable` for a 60 s 1080p30 H.264/AAC upload, median of 5",
        script: "web/e2e/bench/playable.mjs",
    },
    Bench {
        name: "containers",
        about: "the trailer in every container that FFmpeg writes and we take, and what became of it",
        script: "web/e2e/bench/containers.mjs",
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
    tools::ensure_node()?;
    tools::ensure(steps, &[Tool::Ffmpeg])?;
    web::install(steps)?;
    run::release(steps)?;
    let mut command = steps.command("node", &[bench.script]);
    command.args(rest).env("VITASCOPE_BIN", steps.binary(Profile::Release)?);
    steps.run(bench.name, &mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bench_has_its_script() {
        for bench in BENCHES {
            assert!(crate::steps::root().join(bench.script).is_file(), "{}", bench.script);
        }
    }
}
