//! `cargo xtask bench <name>`: what takes long or measures, kept out of the tests.
//!
//! A bench drives the release binary from outside, as a client would, and prints every figure and their median. It is a script of
//! the browser tests, or a word of the test bench, or an example of a crate.

use anyhow::{Result, bail};

use crate::steps::{Profile, Steps};
use crate::tools::{self, Tool};
use crate::{fuzz, run, web};

struct Bench {
    name: &'static str,
    about: &'static str,
    by: Driver,
    tools: &'static [Tool],
}

enum Driver {
    /// A file for node.
    Script(&'static str),
    /// A word of `testkit`.
    Testkit(&'static str),
    /// An example of a crate, for what cannot be seen from outside.
    Example { package: &'static str, name: &'static str },
    /// libFuzzer.
    Fuzzer,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "playable",
        about: "from `complete` to `playable` for a 60 s 1080p30 H.264/AAC upload, median of 5",
        by: Driver::Script("web/e2e/bench/playable.mjs"),
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "arriving",
        about: "from the first byte to `playable` and a picture at 5 MB/s, and the memory [MB, 60] [MB, 2000] [MB/s, 5]; needs 10 GB of disk",
        by: Driver::Script("web/e2e/bench/arriving.mjs"),
        tools: &[Tool::Ffmpeg, Tool::Chromium],
    },
    Bench {
        name: "ladder",
        about: "the whole ladder of 1080p against one ffmpeg command: CPU and wall [runs, 3] [seconds, 60] [copied|encoded]",
        by: Driver::Script("web/e2e/bench/ladder.mjs"),
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "quality",
        about: "SSIM and bits of each rung beside the same rung of one ffmpeg command [seconds, 20]",
        by: Driver::Script("web/e2e/bench/quality.mjs"),
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "containers",
        about: "the trailer in every container that FFmpeg writes and we take: what becomes of it, and how soon it plays",
        by: Driver::Script("web/e2e/bench/containers.mjs"),
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "recorder",
        about: "a take in Chromium through a cut network and a killed server: what is there of it [seconds, 300] [cut, 60]",
        by: Driver::Script("web/e2e/bench/recorder.mjs"),
        tools: &[Tool::Ffmpeg, Tool::Chromium],
    },
    Bench {
        name: "live",
        about: "[seconds, 120] [before joining, 15] [rates, 30,24,…] [size]: how far behind a broadcast's viewers are, and its first picture",
        by: Driver::Script("web/e2e/bench/live.mjs"),
        tools: &[Tool::Ffmpeg, Tool::Chromium],
    },
    Bench {
        name: "edit",
        about: "[seconds, 60]: from `PUT /edit` to what viewers get, and how long the preview stands at a cut, median of 5",
        by: Driver::Script("web/e2e/bench/edit.mjs"),
        tools: &[Tool::Ffmpeg, Tool::Chromium],
    },
    Bench {
        name: "prepare",
        about: "a trim of a 24 s clip in Chromium before it is uploaded, median of 5, and how fast it is shrunk",
        by: Driver::Script("web/e2e/bench/prepare.mjs"),
        tools: &[Tool::Ffmpeg, Tool::Chromium],
    },
    Bench {
        name: "storyboard",
        about: "processor time of a storyboard over that of decoding the keyframes alone, 60 s 1080p30, median of 5",
        by: Driver::Example { package: "media", name: "storyboard" },
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "crash",
        about: "[kills] [seed]: SIGKILLs of server and FFmpeg under uploads, edits and deletes; nothing acknowledged may be missing",
        by: Driver::Testkit("crash"),
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "record",
        about: "[runs, 3] [seconds, 60] [long, 600]: takes put by a recorder: stop to whole, lowest rung, how far behind viewers are",
        by: Driver::Testkit("record"),
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "long-take",
        about: "[hours, 4]: a take put as fast as its parts go, a part for each second: how long a part takes at its start and end",
        by: Driver::Testkit("long-take"),
        tools: &[Tool::Ffmpeg],
    },
    Bench {
        name: "delivery",
        about: "segments per second beside nginx, hot, from files and over TLS; API calls per second",
        by: Driver::Script("web/e2e/bench/delivery.mjs"),
        tools: &[Tool::Ffmpeg, Tool::WrkAndNginx],
    },
    Bench {
        name: "slow-readers",
        about: "the API's p99 and the memory beside 1,000 readers of a byte a second and a full media load",
        by: Driver::Script("web/e2e/bench/slow-readers.mjs"),
        tools: &[Tool::Ffmpeg, Tool::WrkAndNginx],
    },
    Bench {
        name: "jail",
        about: "[mutants, 2,000]: hostile files and mutants through the jail on three kinds of kernel, observed by strace",
        by: Driver::Example { package: "media", name: "hostile" },
        tools: &[Tool::Ffmpeg, Tool::Strace],
    },
    Bench {
        name: "fuzz",
        about: "[seconds for each, 60] [target]: libFuzzer on every parser of foreign bytes",
        by: Driver::Fuzzer,
        tools: &[],
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
    tools::ensure(steps, bench.tools)?;
    let mut command = match bench.by {
        Driver::Fuzzer => return fuzz::run(steps, rest),
        Driver::Script(script) => {
            tools::ensure_node()?;
            web::install(steps)?;
            run::release(steps)?;
            steps.command("node", &[script])
        }
        Driver::Testkit(word) => {
            run::release(steps)?;
            steps.cargo(&["run", "--locked", "--quiet", "--package", "testkit", "--", word])
        }
        Driver::Example { package, name } => {
            steps.cargo(&["run", "--locked", "--release", "--package", package, "--example", name, "--"])
        }
    };
    command.args(rest).env("VITASCOPE_BIN", steps.binary(Profile::Release)?);
    steps.run(bench.name, &mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bench_has_its_script() {
        for bench in BENCHES {
            let path = match bench.by {
                Driver::Script(script) => script.to_owned(),
                Driver::Testkit(_) => "crates/testkit/src/main.rs".to_owned(),
                Driver::Example { package, name } => format!("crates/{package}/examples/{name}.rs"),
                Driver::Fuzzer => "crates/fuzz/src/main.rs".to_owned(),
            };
            assert!(crate::steps::root().join(&path).is_file(), "{path}");
        }
    }
}
