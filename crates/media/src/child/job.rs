//! What to run.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::sandbox::Limits;

/// Which of the two tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// The encoder.
    Ffmpeg,
    /// The reader of streams and packets.
    Ffprobe,
}

impl Program {
    /// The name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ffmpeg => "ffmpeg",
            Self::Ffprobe => "ffprobe",
        }
    }
}

/// One child: what it is told, what it may read and use, and how many pipes it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The tool.
    pub program: Program,
    /// Its arguments, as an array: no shell is involved anywhere.
    pub args: Vec<OsString>,
    /// The files that it may read. Nothing else opens.
    pub read: Vec<PathBuf>,
    /// The devices that it may use; see [`crate::sandbox::Spec::devices`].
    pub devices: Vec<PathBuf>,
    /// Number of pipes that it writes: descriptors 3, 4, … in the child ([`Job::pipe`]).
    pub outputs: usize,
    /// Whether it reads its standard input, `pipe:0`: see [`super::Running::input`].
    pub fed: bool,
    /// What it may use.
    pub limits: Limits,
    /// Real time after which it is killed.
    pub deadline: Duration,
}

impl Job {
    /// A job of `program` with no file, no output, the default limits and a deadline of a day.
    pub fn new(program: Program, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self {
            program,
            args: args.into_iter().map(Into::into).collect(),
            read: Vec::new(),
            devices: Vec::new(),
            outputs: 0,
            fed: false,
            limits: Limits::default(),
            deadline: Duration::from_secs(24 * 3600),
        }
    }

    /// Lets the job read one file.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// Lets the job use devices.
    #[must_use]
    pub fn devices(mut self, devices: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.devices.extend(devices.into_iter().map(Into::into));
        self
    }

    /// Gives the job `outputs` pipes.
    #[must_use]
    pub fn outputs(mut self, outputs: usize) -> Self {
        self.outputs = outputs;
        self
    }

    /// Lets the job read its standard input.
    #[must_use]
    pub fn fed(mut self) -> Self {
        self.fed = true;
        self
    }

    /// Bounds what the job uses.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Bounds the real time of the job.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How output `index` is named on the command line.
    pub fn pipe(index: usize) -> String {
        format!("pipe:{}", FIRST_OUTPUT + index)
    }
}

/// Descriptor of the first output in the child.
pub(super) const FIRST_OUTPUT: usize = 3;
