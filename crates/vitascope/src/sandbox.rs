//! `vitascope sandbox OPTIONS -- PROGRAM ARGS…`: closes the jail around this process and becomes the program.

use media::sandbox::{EXIT_CODE, Spec, enter as enter_jail};
use std::ffi::OsString;
use std::process::ExitCode;

pub(crate) fn enter(arguments: Vec<OsString>) -> ExitCode {
    match Spec::from_args(arguments) {
        Ok(spec) => eprintln!("vitascope sandbox: {}", enter_jail(&spec)),
        Err(error) => eprintln!("vitascope sandbox: {error}"),
    }
    ExitCode::from(EXIT_CODE)
}
