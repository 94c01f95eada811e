use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// More environment variables.
    pub env: Vec<(String, String)>,
    /// Where to listen, when a free port will not do.
    pub listen: Option<String>,
}

impl Options {
    /// With one more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running server; it and its children end with this value.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    options: Options,
    folder: Arc<tempfile::TempDir>,
    data: PathBuf,
    child: Option<Child>,
    log: Arc<Mutex<String>>,
    /// Lines that the server printed up to the one that says it is ready.
    pub printed: Vec<String>,
    /// `http://127.0.0.1:PORT`, or `https` when the options say so.
    pub base: String,
}

impl Server {
    /// Starts `program serve` with a fresh data folder.
    pub fn start(program: impl AsRef<Path>, options: Options) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let data = folder.path().join("data");
        Self::started(program.as_ref(), options, folder, data)
    }

    /// Starts `program serve` on a data folder that stays when the server goes.
    pub fn on(program: impl AsRef<Path>, options: Options, data: &Path) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::started(program.as_ref(), options, folder, data.to_owned())
    }

    fn started(program: &Path, options: Options, folder: Arc<tempfile::TempDir>, data: PathBuf) -> Self {
        let mut server = Self {
            program: program.to_owned(),
            options,
            folder,
            data,
            child: None,
            log: Arc::default(),
            printed: Vec::new(),
            base: String::new(),
        };
        server.launch();
        server
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Kills (SIGKILL) every child of the server whose command line has this word in it, and tells how many there were.
    pub fn kill_children_with(&self, word: &str) -> usize {
        let has_word = |pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).any(|own| own == word.as_bytes())
        };
        crate::children_of(self.pid()).into_iter().filter(has_word).filter(|pid| crate::kill(*pid)).count()
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Kills the server as a crash would (SIGKILL) and starts it again on the same data.
    pub fn crash_and_restart(&mut self) {
        self.kill();
        self.launch();
    }

    /// Kills the server as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts a server that was killed or stopped, on the same data.
    pub fn launch(&mut self) {
        let mut command = Command::new(&self.program);
        command
            .args(["serve", "--listen", self.options.listen.as_deref().unwrap_or("127.0.0.1:0"), "--data"])
            .arg(self.data())
            .current_dir(self.folder.path())
            .env("VITASCOPE_ATTEMPTS_PER_MINUTE", "100000")
            .env("VITASCOPE_MIN_FREE_BYTES", "0")
            .envs(self.options.env.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::clone(&self.log);
        let mut stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut bytes) {
                log.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.printed.clear();
        loop {
            let Some(Ok(line)) = lines.next() else {
                let _ended = child.wait();
                panic!("the server did not start:\n{}", self.log());
            };
            let ready = line.strip_prefix("Vitascope is ready at ").map(str::to_owned);
            self.printed.push(line);
            if let Some(base) = ready {
                self.base = base;
                break;
            }
        }
        self.child = Some(child);
    }

    /// Starts a stopped server on the same data with other options; gives its new address.
    pub fn restart_with(&mut self, options: Options) -> String {
        self.options = options;
        self.launch();
        self.base.clone()
    }

    /// Asks the server to stop (SIGTERM) and gives its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        for _ in 0..1500 {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        panic!("the server did not stop within 15 s:\n{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the server's log\n{}", self.log());
        }
    }
}
