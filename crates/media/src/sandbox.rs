//! The jail around ffmpeg and ffprobe: our own binary, re-executed as `vitascope sandbox OPTIONS -- PROGRAM ARGS…`.
//!
//! Layers, in the order in which they close: a process group of its own and death with the parent, resource limits,
//! `no_new_privs`, Landlock (read the listed files; read and execute the program and its libraries; nothing else),
//! seccomp (no sockets, no new processes, no looking into others). [`enter`] then `exec`s the program, so it is the
//! only process of its group and needs no supervisor of its own.
//!
//! seccomp must hold or nothing is started. A kernel without Landlock is answered with what is left: the caller finds
//! that out beforehand with [`support`] and says it loudly. `RLIMIT_NPROC` is left alone: it counts the threads of the
//! whole user and root ignores it; seccomp refuses `fork` instead.
//!
//! Wall-clock time is the parent's business ([`crate::child`]).

mod files;
mod limits;
mod spec;
mod support;
mod syscalls;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::process::{Pid, Signal};

pub use limits::Limits;
pub use spec::{Spec, SpecError};
pub use support::{Support, support};

/// Exit code of `vitascope sandbox` when the jail could not be closed or the program not be started.
pub const EXIT_CODE: u8 = 125;

/// The whole life of a process that was started as `… sandbox OPTIONS -- PROGRAM ARGS…`: becomes the program in its jail, or
/// says why not and ends with [`EXIT_CODE`].
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Spec::from_args(words) {
        Ok(spec) => eprintln!("sandbox: {}", enter(&spec)),
        Err(error) => eprintln!("sandbox: {error}"),
    }
    ExitCode::from(EXIT_CODE)
}

/// Why the program was not started. `vitascope sandbox` prints it and exits with [`EXIT_CODE`].
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// The parent had gone before the jail was closed.
    #[error("the process that asked for this job has ended")]
    Orphaned,
    /// A file that the job must read is not there.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The listed file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A call to the system failed.
    #[error("cannot {what}: {source}")]
    System {
        /// The step, as a verb phrase.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The kernel knows Landlock but refused our rules.
    #[error("cannot restrict the file system: {0}")]
    Landlock(#[from] landlock::RulesetError),
    /// The system-call filter could not be applied. Nothing runs without it.
    #[error("cannot restrict system calls: {0}")]
    Seccomp(String),
    /// The program could not be started.
    #[error("cannot start {program}: {source}")]
    Exec {
        /// The program's path.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Closes the jail around this process and becomes the program. Returns only when that failed.
///
/// To be called by a process that has one thread: Landlock and seccomp hold for the calling thread and what it starts.
pub fn enter(spec: &Spec) -> EnterError {
    match close(spec) {
        Err(error) => error,
        Ok(()) => EnterError::Exec {
            program: spec.program.display().to_string(),
            source: Command::new(&spec.program).args(&spec.args).exec(),
        },
    }
}

fn close(spec: &Spec) -> Result<(), EnterError> {
    // The spawner made us a group leader already; setsid then answers EPERM, and by hand it succeeds.
    let _ = rustix::process::setsid();
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| {
        EnterError::System { what: "tie this process to its parent", source: error.into() }
    })?;
    // The parent may have died between its fork and the line above; then nobody would ever end us.
    if let Some(parent) = spec.parent
        && rustix::process::getppid().map(Pid::as_raw_pid) != i32::try_from(parent).ok()
    {
        return Err(EnterError::Orphaned);
    }
    spec.limits.apply()?;
    rustix::thread::set_no_new_privs(true)
        .map_err(|error| EnterError::System { what: "give up new privileges", source: error.into() })?;
    files::restrict(spec)?;
    syscalls::restrict()
}
