//! The menu of the repository: `cargo xtask <word>`.
//!
//! A word is a sequence of steps that a developer and CI both run, so that what passes on a desk passes
//! there too. A step is another program (cargo, npm, node); logic lives here only where a program has to be
//! chosen, installed or its output counted. What the product does is not here: that is `crates/`.
//!
//! Start from [`WORDS`], [`steps::Steps`] (runs and times a step) and [`tools`] (what must be installed).
//! The rules about the repository itself (layers, licences, links) are tests in the `rules` module.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that panics has failed, which is what is meant")
)]

mod bench;
mod bless;
mod check;
mod fuzz;
mod run;
mod steps;
mod tally;
mod test;
mod tools;
mod web;

#[cfg(test)]
mod rules;

use std::process::ExitCode;

use steps::Steps;

/// One entry of the menu.
struct Word {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&mut Steps, &[String]) -> anyhow::Result<()>,
}

/// Every word, in the order in which a newcomer needs them.
const WORDS: &[Word] = &[
    Word {
        name: "run",
        arguments: "[serve flags]",
        about: "build the web app and the release binary, then serve on 127.0.0.1:8080",
        run: run::run,
    },
    Word {
        name: "test",
        arguments: "",
        about: "everything CI runs: check, Rust tests, web unit tests, browser tests",
        run: test::run,
    },
    Word {
        name: "check",
        arguments: "",
        about: "format, lints, web types, generated files, licences; no tests",
        run: check::run,
    },
    Word { name: "bench", arguments: "[name]", about: "measure one thing; lists the names", run: bench::run },
    Word { name: "bless", arguments: "", about: "rewrite generated files and goldens", run: bless::run },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next() else {
        print!("{}", menu());
        return ExitCode::SUCCESS;
    };
    let Some(word) = WORDS.iter().find(|word| word.name == name) else {
        if matches!(name.as_str(), "help" | "--help" | "-h") {
            print!("{}", menu());
            return ExitCode::SUCCESS;
        }
        eprint!("there is no word `{name}`\n\n{}", menu());
        return ExitCode::from(2);
    };
    // Whoever writes `cargo xtask run -- --listen …` out of habit means the same.
    let rest: Vec<String> = arguments.skip_while(|argument| argument == "--").collect();
    let mut steps = Steps::new();
    let outcome = (word.run)(&mut steps, &rest);
    if let Err(error) = &outcome {
        eprintln!("\n✗ {error:#}");
    }
    if word.name == "test" {
        println!("{}", steps.tally().closing_line(outcome.is_ok()));
    }
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn menu() -> String {
    let mut text = String::from("cargo xtask <word>\n\n");
    for word in WORDS {
        let call = format!("{} {}", word.name, word.arguments);
        text.push_str(&format!("  {call:<20} {}\n", word.about));
    }
    text
}
