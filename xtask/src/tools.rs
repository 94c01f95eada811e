//! What must be on the machine, and how it gets there.
//!
//! Rust and Node must be there already. FFmpeg, the browsers and the rest are Debian packages: they are installed where that is
//! allowed (root, or sudo without a password); elsewhere the exact command is printed and the word stops.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::steps::{Steps, answer};

/// A `major.minor` version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32);

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

/// The oldest FFmpeg whose options the pipeline uses (`-fps_mode`).
const FFMPEG: Version = Version(5, 1);
/// The oldest Node that Vite runs on.
const NODE: Version = Version(20, 19);

/// A program that a word needs and that Debian has a package for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Ffmpeg,
    Chromium,
    Firefox,
    /// The ACME authority of the tests.
    Pebble,
    /// The observer of the jail.
    Strace,
    /// The client and the yardstick of the delivery bench.
    WrkAndNginx,
}

impl Tool {
    /// The packages that bring it; Chromium needs one font, or pages have no readable text.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Ffmpeg => &["ffmpeg"],
            Self::Chromium => &["chromium", "fonts-dejavu-core"],
            Self::Firefox => &["firefox-esr"],
            Self::Pebble => &["pebble"],
            Self::Strace => &["strace"],
            Self::WrkAndNginx => &["wrk", "nginx-light", "openssl"],
        }
    }

    fn present(self) -> Result<bool> {
        match self {
            Self::Ffmpeg => {
                let Some(text) = answer(Command::new("ffmpeg").arg("-version")) else { return Ok(false) };
                if answer(Command::new("ffprobe").arg("-version")).is_none() {
                    return Ok(false);
                }
                match ffmpeg_version(&text) {
                    Some(version) if version >= FFMPEG => Ok(true),
                    Some(version) => bail!("ffmpeg {version} is too old, {FFMPEG} or newer is needed"),
                    None => bail!("ffmpeg does not say its version; {FFMPEG} or newer is needed"),
                }
            }
            Self::Chromium => Ok(Path::new("/usr/bin/chromium").exists()),
            Self::Firefox => Ok(Path::new("/usr/bin/firefox-esr").exists()),
            Self::Pebble => Ok(Path::new("/usr/bin/pebble").exists()),
            Self::Strace => Ok(Path::new("/usr/bin/strace").exists()),
            Self::WrkAndNginx => Ok(["/usr/bin/wrk", "/usr/sbin/nginx", "/usr/bin/openssl"]
                .iter()
                .all(|path| Path::new(path).exists())),
        }
    }
}

/// Makes sure that every tool is there.
pub(crate) fn ensure(steps: &mut Steps, tools: &[Tool]) -> Result<()> {
    let mut packages = Vec::new();
    for tool in tools {
        if !tool.present()? {
            packages.extend_from_slice(tool.packages());
        }
    }
    if packages.is_empty() {
        return Ok(());
    }
    match plan(&packages, rights()) {
        Plan::Run(commands) => {
            for words in commands {
                let title = words.join(" ");
                let (program, arguments) = words.split_first().map_or(("true", &[][..]), |(p, a)| (*p, a));
                steps.run(&title, &mut steps.command(program, arguments))?;
            }
        }
        Plan::Print(text) => bail!("missing: {}\n\n    {text}\n", packages.join(", ")),
    }
    for tool in tools {
        if !tool.present()? {
            bail!("{} is installed but does not run", tool.packages().join(", "));
        }
    }
    Ok(())
}

/// Node is not installed for anybody: which one is right depends on what else the person uses it for.
pub(crate) fn ensure_node() -> Result<()> {
    let found = answer(Command::new("node").arg("--version")).as_deref().and_then(node_version);
    if answer(Command::new("npm").arg("--version")).is_none() {
        bail!("npm is missing: install Node {NODE} or newer together with its npm");
    }
    match found {
        Some(version) if version >= NODE => Ok(()),
        Some(version) => bail!("node {version} is too old, {NODE} or newer is needed"),
        None => bail!("node is missing: install Node {NODE} or newer"),
    }
}

/// What this user may install.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    Root,
    Sudo,
    None,
    /// Not Debian or a relative of it.
    NoApt,
}

fn rights() -> Rights {
    if answer(Command::new("apt-get").arg("--version")).is_none() {
        Rights::NoApt
    } else if answer(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0") {
        Rights::Root
    } else if answer(Command::new("sudo").args(["-n", "true"])).is_some() {
        Rights::Sudo
    } else {
        Rights::None
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Plan<'a> {
    Run(Vec<Vec<&'a str>>),
    Print(String),
}

fn plan<'a>(packages: &[&'a str], rights: Rights) -> Plan<'a> {
    let update = ["apt-get", "update", "-qq"];
    let mut install =
        vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends"];
    install.extend_from_slice(packages);
    match rights {
        Rights::Root => Plan::Run(vec![update.to_vec(), install]),
        Rights::Sudo => {
            let sudo = |words: &[&'a str]| [&["sudo", "-n"], words].concat();
            Plan::Run(vec![sudo(&update), sudo(&install)])
        }
        Rights::None => Plan::Print(format!(
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
            packages.join(" ")
        )),
        Rights::NoApt => Plan::Print(format!(
            "install with your system's packages (names as in Debian): {}",
            packages.join(" ")
        )),
    }
}

/// `ffmpeg version 5.1.9-0+deb12u1 …`, `n7.1` or, for a build from git, the version that its libavutil belongs to.
fn ffmpeg_version(text: &str) -> Option<Version> {
    let name = text.lines().next()?.strip_prefix("ffmpeg version ")?.split_whitespace().next()?;
    leading_version(name.strip_prefix('n').unwrap_or(name)).or_else(|| {
        let line = text.lines().find_map(|line| line.strip_prefix("libavutil"))?;
        let mut numbers = line.split('/').next()?.split('.').map(|part| part.trim().parse::<u32>());
        let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        // libavutil 57.28 was released with FFmpeg 5.1, 58 with 6.0; since then each major goes with one of FFmpeg's.
        match (major, minor) {
            (0..57, _) | (57, 0..28) => Some(Version(5, 0)),
            (57, _) => Some(Version(5, 1)),
            (major, _) => Some(Version(major - 52, 0)),
        }
    })
}

/// `v20.20.2`.
fn node_version(text: &str) -> Option<Version> {
    leading_version(text.trim().strip_prefix('v')?)
}

/// The first two numbers of `1.2.3-and-more`; `1` alone is `1.0`.
fn leading_version(text: &str) -> Option<Version> {
    let end =
        text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let mut numbers = text.get(..end)?.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
    Some(Version(major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_ffmpeg_are_read_as_distributions_write_them() {
        let check = |text: &str, expected| assert_eq!(ffmpeg_version(text), expected, "{text}");
        check(
            "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers",
            Some(Version(5, 1)),
        );
        check("ffmpeg version 7.1 Copyright", Some(Version(7, 1)));
        check("ffmpeg version n6.0.1 Copyright", Some(Version(6, 0)));
        check("ffmpeg version 8 Copyright", Some(Version(8, 0)));
        check(
            "ffmpeg version N-107213-g1234 Copyright\nlibavutil      57. 28.100 / 57. 28.100",
            Some(Version(5, 1)),
        );
        check(
            "ffmpeg version git-2026 Copyright\nlibavutil      57. 17.100 / 57. 17.100",
            Some(Version(5, 0)),
        );
        check(
            "ffmpeg version git-2026 Copyright\nlibavutil      60.  8.100 / 60.  8.100",
            Some(Version(8, 0)),
        );
        check("ffmpeg version N-107213-g1234 Copyright", None);
        check("avconv version 11", None);
        check("", None);
    }

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(node_version("v20.20.2\n"), Some(Version(20, 20)));
        assert_eq!(node_version("v22.0.0-nightly"), Some(Version(22, 0)));
        assert_eq!(node_version("20.1"), None);
    }

    #[test]
    fn versions_compare_by_number_and_not_by_letter() {
        assert!(Version(5, 1) < Version(5, 10));
        assert!(Version(10, 0) > Version(5, 9));
    }

    #[test]
    fn root_installs_without_sudo() {
        let Plan::Run(commands) = plan(&["ffmpeg"], Rights::Root) else { panic!("root installs") };
        assert_eq!(commands[0], ["apt-get", "update", "-qq"]);
        assert_eq!(
            commands[1].join(" "),
            "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ffmpeg"
        );
    }

    #[test]
    fn sudo_is_never_asked_for_a_password() {
        let Plan::Run(commands) = plan(&["ffmpeg", "chromium"], Rights::Sudo) else {
            panic!("sudo installs")
        };
        assert!(commands.iter().all(|words| words.starts_with(&["sudo", "-n"])));
    }

    #[test]
    fn without_rights_the_exact_command_is_printed() {
        assert_eq!(
            plan(&["ffmpeg", "chromium"], Rights::None),
            Plan::Print(
                "sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg chromium"
                    .to_owned()
            )
        );
    }

    #[test]
    fn elsewhere_than_debian_the_packages_are_named() {
        let Plan::Print(text) = plan(&["ffmpeg"], Rights::NoApt) else { panic!("nothing is run") };
        assert!(text.contains("ffmpeg") && !text.contains("apt-get"), "{text}");
    }
}
