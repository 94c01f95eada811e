//! A child that runs, and how it ended.

use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

use super::job::FIRST_OUTPUT;
use super::{Job, Program, Tools, spawner, tail};
use crate::sandbox::{EXIT_CODE, Spec};

/// A child in its jail. Dropping it kills the whole process group and reaps it.
#[derive(Debug)]
pub struct Running {
    /// The pipes, in the order of [`Job::pipe`]. Take them out and read all of them at the same time.
    pub outputs: Vec<Output>,
    /// Its standard input, for a job that is fed. Take it out and write to it; dropping it is the end of the file.
    pub input: Option<Input>,
    pid: u32,
    kill: mpsc::Sender<()>,
    ended: oneshot::Receiver<Result<Finished, Failed>>,
    program: Program,
}

impl Running {
    /// Process id, which is the id of the group too.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for the end. Outputs that were not taken out are closed, which ends a child that still writes to them.
    pub async fn wait(mut self) -> Result<Finished, Failed> {
        self.outputs.clear();
        self.input = None;
        match (&mut self.ended).await {
            Ok(end) => end,
            // The runtime is going down and took the watching task along.
            Err(_) => Err(Failed { program: self.program, end: End::Killed, stderr: String::new() }),
        }
    }

    /// Kills the process group. [`Running::wait`] then reports [`End::Killed`].
    pub fn kill(&self) {
        // A full channel holds a request already.
        let _ = self.kill.try_send(());
    }
}

/// One pipe from the child.
#[derive(Debug)]
pub struct Output(pipe::Receiver);

impl AsyncRead for Output {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

/// The pipe to a child's standard input. It holds [`PIPE_SIZE`] bytes at most; a writer waits for the child to read them.
#[derive(Debug)]
pub struct Input(pipe::Sender);

impl AsyncWrite for Input {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// A child that ended with code 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The last 64 KiB of its messages, without control characters.
    pub stderr: String,
}

/// A child that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The tool.
    pub program: Program,
    /// How it ended.
    pub end: End,
    /// The last 64 KiB of its messages, without control characters. For the log, not for a person.
    pub stderr: String,
}

impl Failed {
    /// Whether the jail could not be closed: our machine's fault, not the file's.
    pub fn in_the_jail(&self) -> bool {
        self.end == End::Code(i32::from(EXIT_CODE))
    }

    /// The last line of the messages that says something.
    pub fn last_line(&self) -> &str {
        self.stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.program.name();
        match self.end {
            End::Code(code) => write!(f, "{name} ended with code {code}")?,
            End::Signal(signal) => write!(f, "{name} was ended by signal {signal}")?,
            End::Deadline => write!(f, "{name} ran longer than allowed")?,
            End::Killed => write!(f, "{name} was stopped")?,
        }
        match self.last_line() {
            "" => Ok(()),
            line => write!(f, ": {line}"),
        }
    }
}

impl std::error::Error for Failed {}

/// How a child ended that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code. [`EXIT_CODE`] is the jail's.
    Code(i32),
    /// By a signal that we did not send: `SIGXCPU` (24) is the processor limit, `SIGKILL` (9) mostly the kernel's memory.
    Signal(i32),
    /// It ran past its deadline and was killed.
    Deadline,
    /// [`Running::kill`], or nobody was interested any more.
    Killed,
}

impl Tools {
    /// Starts a job in the jail. To be called inside a tokio runtime.
    pub async fn spawn(&self, job: Job) -> io::Result<Running> {
        let Job { program, args, read, devices, outputs: count, fed, limits, deadline } = job;
        let spec = Spec {
            program: self.path(program).to_owned(),
            args,
            read,
            devices,
            libraries: self.libraries.clone(),
            limits,
            parent: Some(std::process::id()),
        };
        let mut outputs = Vec::with_capacity(count);
        let mut mappings = Vec::with_capacity(count);
        for index in 0..count {
            let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
            // Fewer turns between FFmpeg and us. A user at the kernel's limit for pipes keeps the usual 64 KiB.
            let _ = fcntl_setpipe_size(&writer, PIPE_SIZE);
            outputs.push(Output(pipe::Receiver::from_owned_fd(reader)?));
            let child_fd = i32::try_from(FIRST_OUTPUT + index).map_err(io::Error::other)?;
            mappings.push(FdMapping { parent_fd: writer, child_fd });
        }
        let (stdin, input) = if fed { feeding_pipe()? } else { (Stdio::null(), None) };
        let mut command = Command::new(&self.sandbox_exe);
        command
            .arg("sandbox")
            .args(spec.to_args())
            .env_clear()
            .envs(ENVIRONMENT.iter().copied())
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command.fd_mappings(mappings).map_err(io::Error::other)?;
        let child = spawner::spawn(command).await?;
        let pid = child.id().unwrap_or_default();
        let (kill, killed) = mpsc::channel(1);
        let (report, ended) = oneshot::channel();
        tokio::spawn(watch(child, program, deadline, killed, report));
        tracing::debug!(program = program.name(), pid, "child started");
        Ok(Running { outputs, input, pid, kill, ended, program })
    }
}

fn feeding_pipe() -> io::Result<(Stdio, Option<Input>)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let _ = fcntl_setpipe_size(&writer, PIPE_SIZE);
    Ok((Stdio::from(reader), Some(Input(pipe::Sender::from_owned_fd(writer)?))))
}

/// Owns the child: reads its messages, keeps its deadline, kills it when it is told so or when nobody listens any more,
/// and reaps it.
async fn watch(
    mut child: Child,
    program: Program,
    deadline: Duration,
    mut killed: mpsc::Receiver<()>,
    report: oneshot::Sender<Result<Finished, Failed>>,
) {
    let messages = child.stderr.take();
    let stderr = async {
        match messages {
            Some(messages) => tail::read(messages).await,
            None => String::new(),
        }
    };
    let status = async {
        tokio::select! {
            status = child.wait() => return (status, None),
            // Also when `Running` was dropped.
            _ = killed.recv() => kill_group(&child),
            () = tokio::time::sleep(deadline) => {
                kill_group(&child);
                return (child.wait().await, Some(End::Deadline));
            }
        }
        (child.wait().await, Some(End::Killed))
    };
    let ((status, cause), stderr) = tokio::join!(status, stderr);
    let end = match (status, cause) {
        (Ok(status), None) if status.success() => None,
        (Ok(status), None) => Some(end_of(status)),
        (_, Some(cause)) => Some(cause),
        (Err(_), None) => Some(End::Killed),
    };
    tracing::debug!(program = program.name(), ?end, "child ended");
    let _ = report.send(match end {
        None => Ok(Finished { stderr }),
        Some(end) => Err(Failed { program, end, stderr }),
    });
}

fn kill_group(child: &Child) {
    // `id` is none once the child was reaped, so the number cannot belong to somebody else by now.
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

fn end_of(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Code(code),
        (None, Some(signal)) => End::Signal(signal),
        (None, None) => End::Killed,
    }
}

/// All that a child knows of our environment. `AV_LOG_FORCE_NOCOLOR` keeps escape codes out of the messages.
const ENVIRONMENT: &[(&str, &str)] = &[("LC_ALL", "C"), ("AV_LOG_FORCE_NOCOLOR", "1")];

/// Bytes that a pipe holds.
const PIPE_SIZE: usize = 1 << 20;
