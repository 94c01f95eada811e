//! What the product does with a source, in short: sniff, probe, plan, the first rungs, poster, storyboard, captions. Shared by the
//! tests and by `cargo xtask bench jail`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use media::borders::borders;
use media::captions::captions;
use media::child::{End, Failed, Job, Program, Tools};
use media::encode::{Stage, Threads, stage};
use media::plan::{LadderConfig, plan};
use media::poster::poster;
use media::probe::{SourceLimits, probe};
use media::sniff::{SNIFF_LEN, sniff};
use media::storyboard::storyboard;
use media::{Fault, MediaError};
use tokio::io::AsyncReadExt as _;

/// How far a hostile file may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Probe and plan.
    Plan,
    /// The first rungs, too.
    Rungs,
    /// All that is made of a source.
    All,
}

/// Real time of one child. Everything here is small; what takes longer does so on purpose.
pub(crate) const DEADLINE: Duration = Duration::from_secs(8);

/// Bytes that one file may be turned into.
const MOST_OUTPUT: u64 = 64 << 20;

/// What became of one file, and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) name: String,
    /// `made`, or the code of the refusal.
    pub(crate) how: &'static str,
    pub(crate) took: Duration,
}

/// Does everything with every file, two at a time; each has a folder of its own.
pub(crate) async fn all(
    tools: &Tools,
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    depth: Depth,
) -> Vec<Ended> {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    stream::iter(files.into_iter().enumerate())
        .map(|(number, (name, bytes))| async move {
            let path = folder.join(number.to_string());
            std::fs::write(&path, &bytes).unwrap();
            let began = Instant::now();
            let how = match become_of(tools, &path, depth).await {
                Ok(()) => "made",
                Err(error) => {
                    let words = error.to_string();
                    assert!(words.len() > 20 && words.ends_with('.'), "{name}: {words}");
                    error.code()
                }
            };
            std::fs::remove_file(&path).unwrap();
            Ended { name, how, took: began.elapsed() }
        })
        .buffer_unordered(2)
        .collect()
        .await
}

async fn become_of(tools: &Tools, path: &Path, depth: Depth) -> Result<(), MediaError> {
    let mut head = std::fs::read(path)?;
    head.truncate(SNIFF_LEN);
    let container = sniff(&head)?;
    let limits = SourceLimits { deadline: DEADLINE, ..SourceLimits::default() };
    let probe = probe(tools, path, container, &limits).await?;
    let borders = borders(&probe);
    let ladder = LadderConfig::default();
    let plan = plan(&probe, &borders, &ladder);
    if depth == Depth::Plan {
        return Ok(());
    }
    let threads = Threads { decode: 2, encode: 2 };
    let rungs: Vec<_> = plan.stage(1).collect();
    let settings =
        Stage { probe: &probe, borders: &borders, path, rungs, resume_from: 0, until: None, threads };
    let mut job = stage(&settings)?.deadline(DEADLINE);
    job.limits.cpu_seconds = DEADLINE.as_secs();
    made(drain(tools, job).await)?;
    if depth == Depth::All {
        // What the video can do without: their failure is no failure of the file.
        made(poster(tools, &probe, path).await.map(drop))?;
        made(storyboard(tools, &probe, path).await.map(drop))?;
        made(captions(tools, &probe, path).await.map(drop))?;
    }
    Ok(())
}

/// A child that fails on a hostile file has done what it should; a jail that did not close has not.
fn made(result: Result<(), MediaError>) -> Result<(), MediaError> {
    if let Err(MediaError::Child(failed)) = &result {
        assert!(!failed.in_the_jail(), "{failed}");
    }
    match result {
        Err(error) if error.fault() == Fault::Source => Err(error),
        Err(error @ MediaError::Child(_)) => Err(error),
        Err(error) => panic!("{error:?}"),
        Ok(()) => Ok(()),
    }
}

async fn drain(tools: &Tools, job: Job) -> Result<(), MediaError> {
    let mut running = tools.spawn(job).await?;
    let outputs = std::mem::take(&mut running.outputs);
    let read = outputs.into_iter().map(|output| async move {
        let mut bytes = 0_u64;
        let mut output = output.take(MOST_OUTPUT);
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = output.read(&mut buffer).await {
            bytes += length as u64;
        }
        bytes
    });
    let written: u64 = futures_util::future::join_all(read).await.into_iter().sum();
    assert!(written < MOST_OUTPUT, "{written} bytes came out of a small file");
    running.wait().await?;
    Ok(())
}

/// Hands a file to ffmpeg as somebody would who forgot everything: no sniff, no forced demuxer, every protocol, references on.
pub(crate) async fn careless(tools: &Tools, path: &Path, name: &str) -> Result<(), Failed> {
    let job =
        Job::new(Program::Ffmpeg, careless_arguments(path, name)).read(path).deadline(Duration::from_secs(6));
    let ended = tools.spawn(job).await.unwrap().wait().await.map(drop);
    if let Err(failed) = &ended {
        assert!(!failed.in_the_jail() && failed.end != End::Killed, "{failed}");
    }
    ended
}

pub(crate) fn careless_arguments(path: &Path, name: &str) -> Vec<OsString> {
    let mut args: Vec<OsString> =
        ["-hide_banner", "-nostdin", "-v", "error", "-protocol_whitelist"].map(Into::into).to_vec();
    args.push(
        "file,pipe,http,https,tls,tcp,udp,rtp,rtmp,gopher,concat,subfile,crypto,data,async,cache,unix".into(),
    );
    // FFmpeg's guess goes by the file's name too, so the demuxer is named for it.
    let demuxer: &[&str] = match name.split(' ').next().unwrap_or_default() {
        "hls" => &["-f", "hls", "-allowed_extensions", "ALL"],
        "dash" => &["-f", "dash", "-allowed_extensions", "ALL"],
        "sdp" => &["-f", "sdp"],
        "dref" => &["-f", "mov", "-enable_drefs", "1", "-use_absolute_path", "1"],
        "ffconcat" | "concat" => &["-f", "concat", "-safe", "0"],
        _ => &[],
    };
    args.extend(demuxer.iter().map(Into::into));
    args.extend(["-t", "1", "-i"].map(Into::into));
    args.push(path.into());
    args.extend(["-f", "null", "-"].map(Into::into));
    args
}

/// The highest resident memory of each kind of child of this process, looked at ten times a second.
pub(crate) struct Peak {
    most: Arc<Mutex<(u64, String)>>,
    stop: Arc<AtomicBool>,
}

impl Peak {
    pub(crate) fn watch() -> Self {
        let (most, stop) = (Arc::<Mutex<(u64, String)>>::default(), Arc::new(AtomicBool::new(false)));
        let (into, until) = (Arc::clone(&most), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                for pid in testkit::children_of(std::process::id()) {
                    let Some(bytes) = resident(pid) else { continue };
                    let mut most = into.lock().unwrap();
                    if bytes > most.0 {
                        *most = (bytes, command_line(pid));
                    }
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Self { most, stop }
    }

    /// Bytes, and the command line of the child that held them.
    pub(crate) fn most(&self) -> (u64, String) {
        self.most.lock().unwrap().clone()
    }
}

fn command_line(pid: u32) -> String {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ")
}

impl Drop for Peak {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// `VmHWM` of a process in bytes.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// How often each end occurred.
pub(crate) fn tally(ended: &[Ended]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    ended.iter().for_each(|ended| *counts.entry(ended.how).or_insert(0) += 1);
    counts
}

/// The slowest files first, one line each.
pub(crate) fn slowest(ended: &[Ended], count: usize) -> String {
    let mut sorted: Vec<_> = ended.iter().collect();
    sorted.sort_by_key(|ended| std::cmp::Reverse(ended.took));
    let lines = sorted.into_iter().take(count);
    lines.map(|Ended { name, how, took }| format!("{:6.2} s {name}: {how}\n", took.as_secs_f64())).collect()
}

/// Writes a file for [`careless`].
pub(crate) fn written(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("source");
    std::fs::write(&path, bytes).unwrap();
    path
}
