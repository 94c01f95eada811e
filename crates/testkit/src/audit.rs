//! What the children in the jail really did, seen from outside: strace stands around each of them and writes down every
//! attempt to reach a network, a file or another process.
//!
//! strace can also lie to a child about its kernel, so the jail can be tried on one without Landlock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// On which kernel the children believe to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// This one.
    Real,
    /// One whose Landlock knows files and no TCP (version 3, Linux 6.2; Debian 12 has 6.1).
    WithoutTcpRules,
    /// One without any Landlock.
    WithoutLandlock,
}

/// How closely strace looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// At every call: what the jail refuses is seen, too. Each child is some 50 ms slower.
    Attempts,
    /// At what got past the jail's own filter, which speaks before strace's.
    Escapes,
}

/// A jail under observation.
#[derive(Debug)]
pub struct Audit {
    folder: tempfile::TempDir,
}

/// What the children did that they should not have.
#[derive(Debug, Default)]
pub struct Report {
    /// Programs that ran in the jail.
    pub children: usize,
    /// Calls of the socket family that succeeded.
    pub sockets: Vec<String>,
    /// Calls of the socket family, refused ones too; see [`Look::Attempts`].
    pub socket_attempts: Vec<String>,
    /// Files opened for reading that are neither the job's nor the program's.
    pub foreign_opens: Vec<String>,
    /// Files opened for writing, made, removed or renamed.
    pub writes: Vec<String>,
    /// Programs and processes started beside the one.
    pub processes: Vec<String>,
}

impl Audit {
    /// Puts strace in front of `jail`, a program with the `sandbox` command.
    pub fn new(jail: &Path, kernel: Kernel, look: Look) -> Self {
        let quick = if look == Look::Escapes { "--seccomp-bpf" } else { "" };
        let folder = tempfile::tempdir().unwrap();
        let lie = match kernel {
            Kernel::Real => "",
            Kernel::WithoutTcpRules => "-e inject=landlock_create_ruleset:retval=3:when=1",
            Kernel::WithoutLandlock => "-e inject=landlock_create_ruleset:error=ENOSYS",
        };
        // With -DD the tracer stands beside the child: the child keeps its parent, and killing its group leaves the log whole.
        let script = format!(
            "#!/bin/sh\nexec /usr/bin/strace -DD -f -q -A -s 4096 {quick} -e trace={CALLS} {lie} -o '{}'/$$.log '{}' \"$@\"\n",
            folder.path().display(),
            jail.display()
        );
        let path = folder.path().join("jail");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// The program to start in the place of the jail.
    pub fn jail(&self) -> PathBuf {
        self.folder.path().join("jail")
    }

    /// Reads what was written down since the last time, once every child has ended.
    pub fn report(&self) -> Report {
        let mut report = Report::default();
        for entry in fs::read_dir(self.folder.path()).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "log") {
                read(&ended(&path), &mut report);
                fs::remove_file(&path).unwrap();
            }
        }
        report
    }
}

impl Report {
    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.children += other.children;
        self.sockets.extend(other.sockets);
        self.socket_attempts.extend(other.socket_attempts);
        self.foreign_opens.extend(other.foreign_opens);
        self.writes.extend(other.writes);
        self.processes.extend(other.processes);
    }

    /// Everything that got through, one line each; empty when the jail held.
    pub fn escapes(&self) -> String {
        let mut text = String::new();
        for (what, lines) in [
            ("socket", &self.sockets),
            ("open", &self.foreign_opens),
            ("write", &self.writes),
            ("process", &self.processes),
        ] {
            lines.iter().take(20).for_each(|line| writeln!(text, "{what}: {line}").unwrap());
        }
        text
    }
}

/// The log of a child that has ended: strace says so in its last line.
fn ended(path: &Path) -> String {
    let began = Instant::now();
    loop {
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        // strace -A appends to the log of an earlier child with the same number; each has its own end.
        let first = text.split_whitespace().next().unwrap_or_default().to_owned();
        let begun =
            text.lines().filter(|line| line.contains(" execve(") && line.contains("\"sandbox\"")).count();
        let ends = text.lines().filter(|line| line.starts_with(&first) && line.contains(" +++ ")).count();
        if begun > 0 && ends >= begun {
            return text;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "a child did not end:\n{text}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn read(log: &str, report: &mut Report) {
    let mut waiting: BTreeMap<&str, &str> = BTreeMap::new();
    let mut allowed = BTreeSet::new();
    for line in log.lines() {
        let Some((pid, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix("<unfinished ...>") {
            waiting.insert(pid, begun);
            continue;
        }
        let whole = match call.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            Some((_, rest)) => format!("{}{rest}", waiting.remove(pid).unwrap_or_default()),
            None => call.to_owned(),
        };
        judge(&whole, &mut allowed, report);
    }
}

/// Sorts one call into the report.
fn judge(call: &str, allowed: &mut BTreeSet<String>, report: &mut Report) {
    let Some((name, rest)) = call.split_once('(') else { return };
    let succeeded = call.rsplit_once(" = ").is_some_and(|(_, answer)| !answer.starts_with(['-', '?']));
    let quoted: Vec<&str> = rest.split('"').skip(1).step_by(2).collect();
    let note = |list: &mut Vec<String>| list.push(call.to_owned());
    match name {
        "execve" if quoted.get(1..).is_some_and(|words| words.contains(&"sandbox")) => {
            *allowed = listed(&quoted);
        }
        "execve" if succeeded && quoted.first().is_some_and(|path| allowed.contains(*path)) => {
            report.children += 1;
        }
        "execve" | "execveat" | "fork" | "vfork" if succeeded => note(&mut report.processes),
        "clone" | "clone3" if succeeded && !call.contains("CLONE_THREAD") => note(&mut report.processes),
        "open" | "openat" | "openat2" if succeeded => {
            let path = quoted.first().copied().unwrap_or_default();
            if ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.contains(flag)) {
                note(&mut report.writes);
            } else if !allowed.contains(path) && !PROGRAMS.iter().any(|own| path.starts_with(own)) {
                note(&mut report.foreign_opens);
            }
        }
        "open" | "openat" | "openat2" | "execve" | "execveat" | "fork" | "vfork" | "clone" | "clone3" => {}
        _ if FILES.contains(&name) => {
            if succeeded {
                note(&mut report.writes);
            }
        }
        "landlock_create_ruleset" | "+++ exited with 0 +++" => {}
        _ => {
            note(&mut report.socket_attempts);
            if succeeded {
                note(&mut report.sockets);
            }
        }
    }
}

/// What the jail was told to let the child have: its source, and the program itself.
fn listed(words: &[&str]) -> BTreeSet<String> {
    let mut words = words.iter();
    let mut allowed = BTreeSet::new();
    while let Some(word) = words.next() {
        if matches!(*word, "--read" | "--") {
            allowed.extend(words.next().map(|path| (*path).to_owned()));
        }
        if *word == "--" {
            break;
        }
    }
    allowed
}

/// The loader's and the libraries' own, and what the jail itself looks at before it closes.
const PROGRAMS: &[&str] = &[
    "/usr/lib/",
    "/lib/",
    "/usr/lib64",
    "/lib64/",
    "/usr/local/lib/",
    "/etc/ld.so.cache",
    "/proc/self/maps",
    "/sys/fs/cgroup/",
    "/proc/self/cgroup",
];

/// Calls that change files without opening them.
const FILES: &[&str] = &[
    "creat",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
    "symlink",
    "symlinkat",
    "link",
    "linkat",
    "truncate",
];

const CALLS: &str = "%network,open,openat,openat2,creat,execve,execveat,fork,vfork,clone,clone3,io_uring_setup,ptrace,\
    process_vm_readv,pidfd_getfd,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,link,linkat,truncate,\
    landlock_create_ruleset";

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "7 execve(\"/x/jail\", [\"/x/jail\", \"sandbox\", \"--read\", \"/data/a\", \"--\", \"/usr/bin/ffmpeg\"], 0x1 /* 2 vars */) = 0\n\
        7 execve(\"/usr/bin/ffmpeg\", [\"/usr/bin/ffmpeg\"], 0x1 /* 2 vars */) = 0\n";

    fn report(lines: &str) -> Report {
        let mut report = Report::default();
        read(&format!("{START}{lines}"), &mut report);
        report
    }

    #[test]
    fn the_jobs_own_file_is_no_escape_and_another_is() {
        let clean = "7 openat(AT_FDCWD, \"/data/a\", O_RDONLY) = 3\n7 openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = -1 EACCES (Permission denied)\n\
            7 clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 8\n7 +++ exited with 0 +++\n";
        assert_eq!((report(clean).children, report(clean).escapes()), (1, String::new()));
        for escape in [
            "7 openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 3\n",
            "7 openat(AT_FDCWD, \"/etc/passwd\" <unfinished ...>\n8 clone(flags=CLONE_THREAD) = 9\n7 <... openat resumed>, O_RDONLY) = 3\n",
            "7 openat(AT_FDCWD, \"/data/a\", O_RDWR) = 3\n",
            "7 socket(AF_INET, SOCK_STREAM, 0) = 3\n",
            "7 unlink(\"/data/a\") = 0\n",
            "7 execve(\"/bin/sh\", [\"sh\"], 0x1) = 0\n",
            "7 clone(child_stack=NULL, flags=SIGCHLD) = 8\n",
        ] {
            assert_ne!(report(escape).escapes(), "", "{escape}");
        }
    }

    #[test]
    fn a_refused_socket_is_an_attempt_and_no_socket() {
        let refused = report("7 socket(AF_INET, SOCK_STREAM, 0) = -1 EPERM (Operation not permitted)\n");
        assert_eq!((refused.socket_attempts.len(), refused.sockets.len()), (1, 0));
    }
}
