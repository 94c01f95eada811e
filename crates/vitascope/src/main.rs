//! The one binary: `vitascope serve` and the words around it.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod admin;
mod doctor;
mod inspect;
mod llhls_check;
mod serve;
mod settings;
mod vault;

use admin::AdminArguments;
use clap::{Parser, Subcommand};
use inspect::InspectArguments;
use llhls_check::LlhlsArguments;
use settings::ServeFlags;
use std::process::ExitCode;

/// A video platform of your own: record, upload, watch.
#[derive(Debug, Parser)]
#[command(name = "vitascope", version, about)]
struct Cli {
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Run the server.
    Serve(ServeFlags),
    /// Check this machine: programs, jail, disk, data folder. Exits 1 when something needed is missing.
    Doctor(ServeFlags),
    /// Show what would become of a file: plan, ladder and segments, without a server; with --out, make it.
    Inspect(InspectArguments),
    /// Follow a Low-Latency HLS stream, anybody's, and tell rule by rule what players can rely on. Exits 1 when a rule is broken.
    LlhlsCheck(LlhlsArguments),
    /// Change accounts from the command line, also while the server runs.
    Admin(AdminArguments),
    /// Read every object and compare it with the catalogue; a server may be running. Exits 1 when something is missing or broken.
    Verify(vault::VerifyArguments),
    /// Copy catalogue and objects into a folder; a server may be running. What is there already is not copied again.
    Backup(vault::BackupArguments),
    /// Make a data folder of a backup.
    Restore(vault::RestoreArguments),
    /// Make a catalogue from the objects alone, when the database is lost.
    Rebuild(vault::RebuildArguments),
    /// Print the OpenAPI document of this version.
    Openapi,
    /// Run a program in the jail (used by the server itself).
    #[command(hide = true, disable_help_flag = true)]
    Sandbox {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().word {
        // The jail is entered before any thread exists.
        Word::Sandbox { arguments } => return media::sandbox::main(arguments),
        Word::Serve(flags) => serve::serve(&flags),
        Word::Doctor(flags) => doctor::doctor(&flags),
        Word::Inspect(arguments) => inspect::inspect(&arguments),
        Word::LlhlsCheck(arguments) => llhls_check::llhls_check(&arguments),
        Word::Admin(arguments) => admin::admin(&arguments),
        Word::Verify(arguments) => vault::verify(&arguments),
        Word::Backup(arguments) => vault::backup(&arguments),
        Word::Restore(arguments) => vault::restore(&arguments),
        Word::Rebuild(arguments) => vault::rebuild(&arguments),
        Word::Openapi => openapi(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("vitascope: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn openapi() -> anyhow::Result<ExitCode> {
    println!("{}", serde_json::to_string_pretty(&server::openapi())?);
    Ok(ExitCode::SUCCESS)
}
