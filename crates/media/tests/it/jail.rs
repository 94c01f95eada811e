//! What a child can and cannot do.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use media::child::{End, FFMPEG_AT_LEAST, Job, Program};
use media::sandbox::{Limits, support};

use crate::support::{Clips, pictures_and_sound, read_all, tools};

#[tokio::test]
async fn both_tools_run_in_the_jail_and_are_new_enough() {
    let version = tools().check().await.unwrap();
    assert!(version.is_none_or(|version| version >= FFMPEG_AT_LEAST));
}

#[test]
fn this_kernel_has_both_layers() {
    let support = support();
    assert!(support.seccomp, "{support:?}");
    assert!(support.landlock_abi.is_some(), "{support:?}");
}

/// Runs ffmpeg with what may be read and returns its last words; it must fail.
async fn refused(args: &[&str], read: &[&std::path::Path]) -> String {
    let mut job =
        Job::new(Program::Ffmpeg, ["-hide_banner", "-nostdin", "-v", "error"].iter().chain(args).copied());
    job.read = read.iter().map(|path| path.to_path_buf()).collect();
    let running = tools().spawn(job).await.unwrap();
    let failed = running.wait().await.unwrap_err();
    assert!(!failed.in_the_jail(), "{failed}");
    failed.stderr
}

#[tokio::test]
async fn a_file_that_is_not_listed_does_not_open() {
    let clips = Clips::new();
    let clip = clips.make("a.mp4", &pictures_and_sound(1));
    let other = clips.make("b.mp4", &pictures_and_sound(1));
    let said = refused(&["-i", clip.to_str().unwrap(), "-f", "null", "-"], &[&other]).await;
    assert!(said.contains("Permission denied"), "{said}");
    let said = refused(&["-f", "data", "-i", "/etc/passwd", "-map", "0", "-f", "data", "-"], &[&clip]).await;
    assert!(said.contains("Permission denied"), "{said}");
}

#[tokio::test]
async fn no_file_can_be_written() {
    let clips = Clips::new();
    let clip = clips.make("a.mp4", &pictures_and_sound(1));
    let out = clips.path("out.mp4");
    let said = refused(&["-i", clip.to_str().unwrap(), "-c", "copy", out.to_str().unwrap()], &[&clip]).await;
    assert!(said.contains("Permission denied"), "{said}");
    assert!(!out.exists());
}

#[tokio::test]
async fn no_socket_opens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for protocol in ["tcp", "http", "udp"] {
        let url = format!("{protocol}://127.0.0.1:{port}/x");
        let said = refused(&["-f", "mpegts", "-i", &url, "-f", "null", "-"], &[]).await;
        assert!(said.contains("Operation not permitted"), "{protocol}: {said}");
    }
    assert!(listener.accept().is_err(), "somebody knocked");
}

#[tokio::test]
async fn a_playlist_reaches_neither_file_nor_network() {
    let clips = Clips::new();
    let secret = clips.make("secret.ts", &pictures_and_sound(1));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let hls = ["-protocol_whitelist", "file,http,tcp,crypto", "-f", "hls", "-i"];
    let null = ["-f", "null", "-"];
    for target in [format!("file://{}", secret.display()), format!("http://127.0.0.1:{port}/a.ts")] {
        let list = clips.path("list.m3u8");
        let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n");
        std::fs::write(&list, text).unwrap();
        // Even by somebody who forgot the sniff, the forced demuxer and the list of protocols.
        let args: Vec<&str> = hls.into_iter().chain([list.to_str().unwrap()]).chain(null).collect();
        if target.starts_with("file") {
            let outside =
                std::process::Command::new("ffmpeg").args(["-nostdin", "-v", "quiet"]).args(&args).status();
            assert!(
                outside.unwrap().success(),
                "outside the jail the other file is read: this test would see it"
            );
        }
        let said = refused(&args, &[&list]).await;
        assert!(!said.is_empty(), "{target}");
    }
    assert!(listener.accept().is_err(), "somebody knocked");
}

fn is_alive(pid: u32) -> bool {
    // A zombie that nobody has reaped yet would still have an entry, with no command line.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

async fn gone_within(pid: u32, time: Duration) -> bool {
    let start = Instant::now();
    while is_alive(pid) {
        if start.elapsed() > time {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

/// A child that would run for ten minutes.
fn endless() -> Job {
    let args = ["-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", "anullsrc=d=600", "-f", "null", "-"];
    Job::new(Program::Ffmpeg, args)
}

#[tokio::test]
async fn dropping_a_child_ends_it() {
    let running = tools().spawn(endless()).await.unwrap();
    let pid = running.pid();
    assert!(is_alive(pid));
    drop(running);
    assert!(gone_within(pid, Duration::from_secs(5)).await, "{pid} is still there");
}

#[tokio::test]
async fn a_child_can_be_killed_and_says_so() {
    let running = tools().spawn(endless()).await.unwrap();
    running.kill();
    assert_eq!(running.wait().await.unwrap_err().end, End::Killed);
}

#[tokio::test]
async fn a_child_keeps_its_deadline() {
    let running = tools().spawn(endless().deadline(Duration::from_millis(200))).await.unwrap();
    assert_eq!(running.wait().await.unwrap_err().end, End::Deadline);
}

#[test]
fn a_child_dies_with_the_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(async { tools().spawn(endless()).await.unwrap() });
    let pid = running.pid();
    runtime.shutdown_timeout(Duration::from_secs(5));
    let start = Instant::now();
    while is_alive(pid) {
        assert!(start.elapsed() < Duration::from_secs(5), "{pid} is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn a_child_outlives_the_thread_that_asked_for_it() {
    let runtime = tokio::runtime::Handle::current();
    let running =
        std::thread::spawn(move || runtime.block_on(async { tools().spawn(endless()).await.unwrap() }))
            .join()
            .unwrap();
    // The thread is gone; the signal that ends a child with its parent must not have come.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(is_alive(running.pid()));
}

#[tokio::test]
async fn memory_is_bounded() {
    let args = [
        "-v",
        "error",
        "-nostdin",
        "-f",
        "lavfi",
        "-i",
        "color=s=7680x4320:d=1",
        "-vf",
        "tile=3x3",
        "-f",
        "null",
        "-",
    ];
    let limits = Limits { memory: 500 << 20, ..Limits::default() };
    let running = tools().spawn(Job::new(Program::Ffmpeg, args).limits(limits)).await.unwrap();
    let failed = running.wait().await.unwrap_err();
    assert!(!failed.in_the_jail(), "{failed}");
}

#[tokio::test]
async fn processor_time_is_bounded() {
    let args =
        ["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=1280x720:d=600", "-f", "null", "-"];
    let limits = Limits { cpu_seconds: 1, ..Limits::default() };
    let running = tools().spawn(Job::new(Program::Ffmpeg, args).limits(limits)).await.unwrap();
    // The soft and the hard limit are one, so it is SIGKILL, or SIGXCPU where the kernel asks first.
    assert!(matches!(running.wait().await.unwrap_err().end, End::Signal(9 | 24)));
}

#[tokio::test]
async fn every_output_has_its_pipe() {
    let args = [
        "-v",
        "error",
        "-nostdin",
        "-f",
        "lavfi",
        "-i",
        "anullsrc=d=0.1:r=8000:cl=mono",
        "-f",
        "s16le",
        "pipe:3",
        "-f",
        "u8",
        "pipe:4",
    ];
    let mut running = tools().spawn(Job::new(Program::Ffmpeg, args).outputs(2)).await.unwrap();
    let all = read_all(std::mem::take(&mut running.outputs)).await;
    running.wait().await.unwrap();
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [1600, 800]);
}

#[tokio::test]
async fn a_missing_source_is_the_jails_refusal() {
    let job = Job::new(Program::Ffprobe, ["-version"]).read("/nowhere/at/all.mp4");
    let failed = tools().spawn(job).await.unwrap().wait().await.unwrap_err();
    assert!(failed.in_the_jail());
    assert_eq!(
        failed.last_line(),
        "sandbox: cannot read /nowhere/at/all.mp4: No such file or directory (os error 2)"
    );
}
