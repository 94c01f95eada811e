//! The steps in `web/`: npm packages, types, lint, unit tests, the built app, the browser tests.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::Result;

use crate::steps::{Profile, Steps};

/// The npm scripts of `web/package.json` that the words call; a rule checks that they exist.
#[cfg(test)]
pub(crate) const SCRIPTS: &[&str] = &["build", "check", "lint", "test"];

/// Installs the packages of the lock file, unless that was done after it last changed.
pub(crate) fn install(steps: &mut Steps) -> Result<()> {
    let web = steps.root().join("web");
    if installed_since(&web.join("node_modules/.package-lock.json"), &web.join("package-lock.json")) {
        return Ok(());
    }
    steps.run("web packages", &mut npm(steps, &["ci", "--no-audit", "--no-fund"]))
}

/// Types and lint.
pub(crate) fn check(steps: &mut Steps) -> Result<()> {
    steps.run("web types", &mut npm(steps, &["run", "--silent", "check"]))?;
    steps.run("web lint", &mut npm(steps, &["run", "--silent", "lint"]))
}

/// Builds `web/dist`, which the server embeds, unless nothing of it changed since: a new build means a new binary.
pub(crate) fn build(steps: &mut Steps) -> Result<()> {
    let web = steps.root().join("web");
    let sources = SOURCES.iter().filter_map(|name| newest(&web.join(name))).max();
    if modified(&web.join("dist/index.html")).zip(sources).is_some_and(|(built, sources)| built > sources) {
        return Ok(());
    }
    steps.run("web app", &mut npm(steps, &["run", "--silent", "build"]))
}

pub(crate) fn unit_tests(steps: &mut Steps) -> Result<()> {
    let mut command = npm(steps, &["run", "--silent", "test"]);
    steps.run_tests("web unit tests", &mut command)
}

/// Runs `web/e2e` in Chromium against the quick build of the binary.
pub(crate) fn browser_tests(steps: &mut Steps) -> Result<()> {
    let mut command = steps.command("node", &["web/e2e/run.mjs"]);
    command.env("VITASCOPE_BIN", steps.binary(Profile::Dev)?);
    steps.run_tests("browser tests", &mut command)
}

fn npm(steps: &Steps, arguments: &[&str]) -> Command {
    let mut command = steps.command("npm", arguments);
    command.current_dir(steps.root().join("web"));
    command
}

fn installed_since(installed: &Path, lock: &Path) -> bool {
    modified(installed).zip(modified(lock)).is_some_and(|(installed, lock)| installed >= lock)
}

/// What `web/dist` is made from.
const SOURCES: &[&str] = &[
    "src",
    "public",
    "scripts",
    "index.html",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
    "../docs/openapi.json",
];

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}

/// When a file, or anything in a folder, last changed. What the build itself writes does not count.
fn newest(path: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let inside = entries.map(|entry| entry.path()).filter(|path| !path.ends_with("schema.gen.ts"));
    inside.filter_map(|path| newest(&path)).chain(modified(path).filter(|_| path.is_file())).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::Duration;

    #[test]
    fn packages_are_installed_again_only_after_the_lock_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (installed, lock) = (folder.path().join("installed"), folder.path().join("lock"));
        let touch = |path: &Path, seconds| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::create(path).unwrap().set_modified(time).unwrap();
        };
        touch(&lock, 100);
        assert!(!installed_since(&installed, &lock), "never installed");
        touch(&installed, 99);
        assert!(!installed_since(&installed, &lock), "installed before");
        touch(&installed, 101);
        assert!(installed_since(&installed, &lock), "installed after");
    }

    #[test]
    fn the_newest_file_of_a_folder_counts_at_any_depth() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("api")).unwrap();
        for (name, seconds) in [("a.ts", 100), ("api/b.ts", 300), ("api/schema.gen.ts", 900)] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::create(folder.path().join(name)).unwrap().set_modified(time).unwrap();
        }
        assert_eq!(newest(folder.path()), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(300)));
        assert_eq!(newest(&folder.path().join("missing")), None);
    }

    #[test]
    fn what_the_web_app_is_made_from_is_there() {
        for name in SOURCES {
            assert!(crate::steps::root().join("web").join(name).exists(), "{name}");
        }
    }
}
