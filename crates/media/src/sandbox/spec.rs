//! What the jail is told, and its command line in both directions.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::Limits;

/// One job of the jail: what runs in it, what it may read and how much it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The files (or folders) that it may read.
    pub read: Vec<PathBuf>,
    /// The devices that it may read, write and control: a graphics card that encodes.
    pub devices: Vec<PathBuf>,
    /// Folders of shared libraries beside the system's own.
    pub libraries: Vec<PathBuf>,
    /// What it may use.
    pub limits: Limits,
    /// Process id of the parent: without it alive nothing is started.
    pub parent: Option<u32>,
}

impl Spec {
    /// A program with no file to read and the default limits.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            read: Vec::new(),
            devices: Vec::new(),
            libraries: Vec::new(),
            limits: Limits::default(),
            parent: None,
        }
    }

    /// The words after `vitascope sandbox`.
    pub fn to_args(&self) -> Vec<OsString> {
        let mut out: Vec<OsString> = Vec::new();
        let mut option = |name: &str, value: OsString| out.extend([OsString::from(name), value]);
        for path in &self.read {
            option("--read", path.into());
        }
        for path in &self.devices {
            option("--device", path.into());
        }
        for path in &self.libraries {
            option("--libraries", path.into());
        }
        if let Some(parent) = self.parent {
            option("--parent", parent.to_string().into());
        }
        option("--memory", self.limits.memory.to_string().into());
        option("--cpu-seconds", self.limits.cpu_seconds.to_string().into());
        option("--file-size", self.limits.file_size.to_string().into());
        option("--open-files", self.limits.open_files.to_string().into());
        option("--nice", self.limits.nice.to_string().into());
        out.push("--".into());
        out.push(self.program.clone().into());
        out.extend(self.args.iter().cloned());
        out
    }

    /// Reads the words after `vitascope sandbox`. The inverse of [`Spec::to_args`]; limits that are not named have
    /// their default.
    pub fn from_args(args: impl IntoIterator<Item = OsString>) -> Result<Self, SpecError> {
        let mut args = args.into_iter();
        let mut spec = Self::new("");
        while let Some(word) = args.next() {
            let name = word.to_str().unwrap_or_default();
            if name == "--" {
                spec.program = args.next().ok_or(SpecError::NoProgram)?.into();
                if !spec.program.is_absolute() {
                    return Err(SpecError::NotAbsolute);
                }
                spec.args = args.collect();
                return Ok(spec);
            }
            let mut value = || args.next().ok_or_else(|| SpecError::NoValue(name.to_owned()));
            match name {
                "--read" => spec.read.push(value()?.into()),
                "--device" => spec.devices.push(value()?.into()),
                "--libraries" => spec.libraries.push(value()?.into()),
                "--parent" => spec.parent = Some(number(name, &value()?)?),
                "--memory" => spec.limits.memory = number(name, &value()?)?,
                "--cpu-seconds" => spec.limits.cpu_seconds = number(name, &value()?)?,
                "--file-size" => spec.limits.file_size = number(name, &value()?)?,
                "--open-files" => spec.limits.open_files = number(name, &value()?)?,
                "--nice" => spec.limits.nice = number(name, &value()?)?,
                _ => return Err(SpecError::Unknown(word.to_string_lossy().into_owned())),
            }
        }
        Err(SpecError::NoProgram)
    }
}

/// Why a command line is not a [`Spec`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// There is nothing after `--`.
    #[error("say which program to run: sandbox [options] -- /path/to/program [arguments]")]
    NoProgram,
    /// The program would be looked up in `PATH`.
    #[error("the program must be an absolute path")]
    NotAbsolute,
    /// An option without its value.
    #[error("{0} needs a value")]
    NoValue(String),
    /// A value that is no number, or too large a one.
    #[error("{0} needs a whole number")]
    NotANumber(String),
    /// An option that does not exist.
    #[error("unknown option {0}")]
    Unknown(String),
}

fn number<T: std::str::FromStr>(name: &str, value: &OsStr) -> Result<T, SpecError> {
    value.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| SpecError::NotANumber(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_spec_survives_its_command_line() {
        let mut spec = Spec::new("/usr/bin/ffmpeg");
        spec.args = words("-i -- --read x");
        spec.read = vec!["/data/a b.mp4".into(), "--memory".into()];
        spec.devices = vec!["/dev/dri/renderD128".into()];
        spec.libraries = vec!["/opt/lib".into()];
        spec.parent = Some(42);
        spec.limits = Limits { memory: 1, cpu_seconds: 2, file_size: 3, open_files: 4, nice: 5 };
        assert_eq!(Spec::from_args(spec.to_args()), Ok(spec));
    }

    #[test]
    fn a_wrong_command_line_is_refused() {
        for (line, expected) in [
            ("--read /a", SpecError::NoProgram),
            ("--", SpecError::NoProgram),
            ("-- ffmpeg", SpecError::NotAbsolute),
            ("--memory", SpecError::NoValue("--memory".into())),
            ("--memory 1G -- /bin/true", SpecError::NotANumber("--memory".into())),
            ("--nice 300 -- /bin/true", SpecError::NotANumber("--nice".into())),
            ("--write /a -- /bin/true", SpecError::Unknown("--write".into())),
        ] {
            assert_eq!(Spec::from_args(words(line)), Err(expected), "{line}");
        }
    }
}
