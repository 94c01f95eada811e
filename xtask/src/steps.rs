//! Running steps: a heading, the program's own output, the time it took.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::tally::Tally;

/// The steps of one word, run one after the other; the first that fails ends the word.
pub(crate) struct Steps {
    root: PathBuf,
    strict: bool,
    tally: Tally,
}

impl Steps {
    /// Strict when the environment says `CI=true`: nothing may be skipped, and no run may leave a changed file behind.
    pub(crate) fn new() -> Self {
        let strict = std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        Self { root: root(), strict, tally: Tally::default() }
    }

    /// The repository's root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether what is missing must fail instead of being passed over.
    pub(crate) fn strict(&self) -> bool {
        self.strict
    }

    /// All tests counted so far.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// Runs `action` under a heading and prints how long it took.
    pub(crate) fn step<T>(&mut self, title: &str, action: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        println!("\n▸ {title}");
        let start = Instant::now();
        let outcome = action(self).with_context(|| title.to_owned());
        let seconds = start.elapsed().as_secs_f64();
        if outcome.is_ok() {
            println!("✓ {title} ({seconds:.1} s)");
        } else {
            println!("✗ {title} ({seconds:.1} s)");
        }
        outcome
    }

    /// Runs a program to its end with its output shown as it comes.
    pub(crate) fn run(&mut self, title: &str, command: &mut Command) -> Result<()> {
        self.step(title, |_| run_shown(command))
    }

    /// Like [`Steps::run`], and adds the tests that the program says it ran.
    pub(crate) fn run_tests(&mut self, title: &str, command: &mut Command) -> Result<()> {
        self.step(title, |steps| {
            let mut tally = Tally::default();
            let outcome = run_read(command, |line| tally.read_line(line));
            steps.tally += tally;
            outcome?;
            if tally.passed == 0 {
                bail!("{} ran no tests", words(command));
            }
            if steps.strict && tally.skipped > 0 {
                bail!("{} tests were skipped, which CI does not allow", tally.skipped);
            }
            Ok(())
        })
    }

    /// A program to be run in the repository's root.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// The cargo that started us.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        self.command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), arguments)
    }

    /// Where cargo puts our binary.
    pub(crate) fn binary(&self, profile: Profile) -> Result<PathBuf> {
        Ok(self.target_dir()?.join(profile.folder()).join("vitascope"))
    }

    /// Where cargo puts what it builds: beside this program, whatever the folder is called.
    pub(crate) fn target_dir(&self) -> Result<PathBuf> {
        let own = std::env::current_exe().context("the path of this program is unknown")?;
        let target = own.parent().and_then(Path::parent).context("this program is not in a target folder")?;
        Ok(target.to_owned())
    }
}

/// How the product is compiled: tests use the quick build, people and measurements the optimised one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The output of a program that is only asked something; `None` when it cannot be started or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The repository's root: at run time what cargo says, so that a moved clone with a shared target folder stays right.
pub(crate) fn root() -> PathBuf {
    let manifest =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let manifest = PathBuf::from(manifest);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

fn run_shown(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", words(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// Shows standard output line by line and hands each line to `read`; standard error goes straight through,
/// because cargo draws its progress there.
fn run_read(command: &mut Command, mut read: impl FnMut(&str)) -> Result<()> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {}", words(command)))?;
    let stdout = child.stdout.take().context("the pipe of a child is gone")?;
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line.context("cannot read a child's output")?;
        let line = String::from_utf8_lossy(&line);
        // By the macro, which a test captures: a quoted "test result" must not be counted by who runs our tests.
        println!("{line}");
        read(&line);
    }
    let status = child.wait().context("cannot wait for a child")?;
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// A command as a person would type it.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut text = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }

    #[test]
    fn tests_of_a_child_are_counted_and_its_failure_is_an_error() {
        let mut steps = Steps { root: root(), strict: false, tally: Tally::default() };
        let mut command =
            steps.command("sh", &["-c", "echo 'test result: FAILED. 2 passed; 1 failed; 0 ignored'; exit 3"]);
        let error = steps.run_tests("three", &mut command).unwrap_err();
        assert!(format!("{error:#}").starts_with("three: sh -c"), "{error:#}");
        assert_eq!(steps.tally(), Tally { passed: 2, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_runner_that_ran_nothing_has_not_passed() {
        let mut steps = Steps { root: root(), strict: false, tally: Tally::default() };
        let mut command = steps.command("true", &[]);
        assert!(steps.run_tests("nothing", &mut command).is_err());
    }

    #[test]
    fn ci_does_not_allow_skipped_tests() {
        let say = ["-c", "echo '# pass 2'; echo '# skipped 1'"];
        let mut relaxed = Steps { root: root(), strict: false, tally: Tally::default() };
        let mut command = relaxed.command("sh", &say);
        assert!(relaxed.run_tests("relaxed", &mut command).is_ok());
        let mut strict = Steps { root: root(), strict: true, tally: Tally::default() };
        let mut command = strict.command("sh", &say);
        assert!(strict.run_tests("strict", &mut command).is_err());
    }
}
