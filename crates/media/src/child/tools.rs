//! Finding ffmpeg and ffprobe, and their version.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::{Failed, Job, Program};

/// Oldest FFmpeg whose command line we speak (`-fps_mode` came with it).
pub const FFMPEG_AT_LEAST: Version = Version { major: 5, minor: 1 };

/// Where the programs are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// The binary with the `sandbox` command: ours.
    pub sandbox_exe: PathBuf,
    /// Absolute path of ffmpeg.
    pub ffmpeg: PathBuf,
    /// Absolute path of ffprobe.
    pub ffprobe: PathBuf,
    /// Folders of shared libraries beside the system's, for an FFmpeg that was built elsewhere.
    pub libraries: Vec<PathBuf>,
}

impl Tools {
    /// Looks for both programs: the given paths, or else `PATH`.
    pub fn find(
        sandbox_exe: PathBuf,
        ffmpeg: Option<&Path>,
        ffprobe: Option<&Path>,
    ) -> Result<Self, ToolsError> {
        Ok(Self {
            sandbox_exe,
            ffmpeg: locate("ffmpeg", ffmpeg)?,
            ffprobe: locate("ffprobe", ffprobe)?,
            libraries: Vec::new(),
        })
    }

    /// The path of one of them.
    pub fn path(&self, program: Program) -> &Path {
        match program {
            Program::Ffmpeg => &self.ffmpeg,
            Program::Ffprobe => &self.ffprobe,
        }
    }

    /// Runs both in the jail and checks that they are new enough. `None` is a build that names no release (a nightly
    /// one), which is taken to be new.
    pub async fn check(&self) -> Result<Option<Version>, ToolsError> {
        let ffprobe = self.version(Program::Ffprobe).await?;
        let ffmpeg = self.version(Program::Ffmpeg).await?;
        for (program, version) in [(Program::Ffprobe, ffprobe), (Program::Ffmpeg, ffmpeg)] {
            if let Some(found) = version
                && found < FFMPEG_AT_LEAST
            {
                return Err(ToolsError::TooOld { program: program.name(), found });
            }
        }
        Ok(ffmpeg)
    }

    async fn version(&self, program: Program) -> Result<Option<Version>, ToolsError> {
        // Standard output is closed in the jail, so both say it elsewhere: ffprobe in a pipe, ffmpeg in its banner.
        let (args, outputs): (&[&str], usize) = match program {
            Program::Ffprobe => {
                (&["-v", "error", "-show_program_version", "-of", "csv=p=0", "-o", "pipe:3"], 1)
            }
            Program::Ffmpeg => (&["-nostdin", "-f", "lavfi", "-i", "anullsrc=d=0.1", "-f", "null", "-"], 0),
        };
        let job = Job::new(program, args.iter().copied()).outputs(outputs).deadline(Duration::from_secs(20));
        let mut running = self.spawn(job).await.map_err(ToolsError::Start)?;
        let mut text = Vec::new();
        if let Some(output) = running.outputs.pop() {
            let _ = output.take(64 * 1024).read_to_end(&mut text).await;
        }
        let finished = running.wait().await.map_err(ToolsError::Run)?;
        let version = match program {
            Program::Ffprobe => Version::parse(&String::from_utf8_lossy(&text)),
            Program::Ffmpeg => Version::parse(&finished.stderr),
        };
        tracing::debug!(program = program.name(), ?version, "found");
        Ok(version)
    }
}

/// A release of FFmpeg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 5 of 5.1.9.
    pub major: u32,
    /// 1 of 5.1.9.
    pub minor: u32,
}

impl Version {
    /// Reads `5.1.9-0+deb12u1`, `n6.0`, `7.1`, alone or as in `ffmpeg version 5.1.9 Copyright …`. `None` for a nightly
    /// build (`N-112233-gabcdef`, `git-2024-01-01-…`).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.split_once(" version ").map_or(text, |(_, rest)| rest);
        let word = text.split_whitespace().next()?.trim_start_matches('n');
        let mut numbers = word.split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|text| text.parse().ok()).unwrap_or(0);
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Why there is no usable FFmpeg.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// Not installed, or not where the configuration says.
    #[error("{program} was not found{}. Install FFmpeg {FFMPEG_AT_LEAST} or newer (Debian: apt-get install ffmpeg).",
        path.as_ref().map(|path| format!(" at {}", path.display())).unwrap_or_default())]
    Missing {
        /// Its name.
        program: &'static str,
        /// The configured path.
        path: Option<PathBuf>,
    },
    /// Installed, but older than what we speak.
    #[error("{program} {found} is too old. Install FFmpeg {FFMPEG_AT_LEAST} or newer.")]
    TooOld {
        /// Its name.
        program: &'static str,
        /// Its release.
        found: Version,
    },
    /// The jail could not be started.
    #[error("cannot start the jail: {0}")]
    Start(std::io::Error),
    /// It started and failed.
    #[error("FFmpeg does not run in the jail: {0}")]
    Run(Failed),
}

fn locate(program: &'static str, given: Option<&Path>) -> Result<PathBuf, ToolsError> {
    let missing = || ToolsError::Missing { program, path: given.map(Path::to_owned) };
    if let Some(path) = given.filter(|path| path.components().count() > 1) {
        return executable(path).ok_or_else(missing);
    }
    let name = given.unwrap_or(Path::new(program));
    let path = std::env::var_os("PATH").ok_or_else(missing)?;
    std::env::split_paths(&path).find_map(|folder| executable(&folder.join(name))).ok_or_else(missing)
}

/// The real, absolute path of a program: the jail opens that one file and follows no link.
fn executable(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).ok()?;
    path.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_distributions_write_them() {
        let version = |major, minor| Some(Version { major, minor });
        for (text, expected) in [
            ("5.1.9-0+deb12u1,Copyright (c) 2007-2026 the FFmpeg developers,gcc 12", version(5, 1)),
            ("ffmpeg version 7.1.1-1+b1 Copyright (c) 2000-2025 the FFmpeg developers", version(7, 1)),
            ("n6.0", version(6, 0)),
            ("8", version(8, 0)),
            ("ffmpeg version N-112233-g0123456789 Copyright", None),
            ("git-2024-01-01-abcdef", None),
            ("", None),
        ] {
            assert_eq!(Version::parse(text), expected, "{text}");
        }
        assert!(version(4, 4) < Some(FFMPEG_AT_LEAST) && version(5, 1) >= Some(FFMPEG_AT_LEAST));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Tools::find("/x".into(), Some(Path::new("/nowhere/ffmpeg")), None).unwrap_err();
        assert!(error.to_string().starts_with("ffmpeg was not found at /nowhere/ffmpeg. Install"), "{error}");
    }
}
