//! The `sandbox` command without the rest of the binary: `jail sandbox OPTIONS -- PROGRAM ARGS…`. The tests of this crate
//! run their children through it.

use std::process::ExitCode;

use media::sandbox;

fn main() -> ExitCode {
    let words = std::env::args_os().skip(1).skip_while(|word| word == "sandbox");
    sandbox::main(words)
}
