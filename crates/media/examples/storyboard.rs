//! What a storyboard costs: its processor time over that of the bare decode of the keyframes, by the same FFmpeg.
//! `cargo xtask bench storyboard [FILE]`; without a file a minute of 1080p is made.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use media::child::{Job, Program, Tools};
use media::probe::{Probe, SourceLimits, probe};
use media::sandbox;
use media::sniff::{SNIFF_LEN, sniff};
use media::storyboard::storyboard;

const ROUNDS: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == "sandbox").is_some() {
        // The jail's own process.
        return sandbox::main(words);
    }
    match measure(words.next().map(PathBuf::from)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(file: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let tools = Tools::find(std::env::current_exe()?, None, None)?;
    let folder = tempfile::tempdir()?;
    let path = match file {
        Some(file) => file.canonicalize()?,
        None => made(folder.path())?,
    };
    let mut head = std::fs::read(&path)?;
    head.truncate(SNIFF_LEN);
    let probe = probe(&tools, &path, sniff(&head)?, &SourceLimits::default()).await?;
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let before = children_ticks()?;
        keyframes(&tools, &probe, &path).await?;
        let between = children_ticks()?;
        let began = Instant::now();
        let made = storyboard(&tools, &probe, &path).await?.ok_or("no storyboard came out")?;
        let wall = began.elapsed().as_secs_f64();
        let after = children_ticks()?;
        let bytes: usize = made.sheets.iter().map(bytes::Bytes::len).sum();
        bare.push(between - before);
        whole.push(after - between);
        println!(
            "round {round}: keyframes {:.2} s, storyboard {:.2} s ({wall:.2} s by the clock), {} tiles, {} kB",
            seconds(between - before),
            seconds(after - between),
            made.starts.len(),
            bytes / 1000
        );
    }
    let (bare, whole) = (median(bare), median(whole));
    println!(
        "median processor time: keyframes {:.2} s, storyboard {:.2} s, ratio {:.2}",
        seconds(bare),
        seconds(whole),
        seconds(whole) / seconds(bare)
    );
    Ok(())
}

/// Nothing but the decode, in the same jail.
async fn keyframes(tools: &Tools, probe: &Probe, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut input = std::ffi::OsString::from("file:");
    input.push(path);
    let mut words: Vec<std::ffi::OsString> =
        ["-nostdin", "-v", "error", "-threads", "1", "-skip_frame", "nokey"].map(Into::into).to_vec();
    words.extend(["-f", probe.container.demuxer(), "-i"].map(Into::into));
    words.push(input);
    words.extend(["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "null", "-"].map(Into::into));
    tools.spawn(Job::new(Program::Ffmpeg, words).read(path)).await?.wait().await?;
    Ok(())
}

fn made(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("source.mp4");
    let words = "-nostdin -v error -f lavfi -i testsrc2=s=1920x1080:r=30:d=60,noise=alls=12:allf=t -f lavfi -i sine=d=60 \
                 -c:v libx264 -preset veryfast -bf 3 -g 60 -b:v 8M -pix_fmt yuv420p -c:a aac";
    let status = Command::new("ffmpeg").args(words.split_whitespace()).arg(&path).status()?;
    if status.success() { Ok(path) } else { Err("ffmpeg could not make the source".into()) }
}

/// Processor time of all children that have ended, in ticks of a hundredth of a second (proc(5), cutime and cstime).
fn children_ticks() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').ok_or("an odd /proc/self/stat")?.1;
    Ok(fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum())
}

fn median(mut ticks: Vec<u64>) -> u64 {
    ticks.sort_unstable();
    ticks.get(ticks.len() / 2).copied().unwrap_or(0)
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / 100.0
}
