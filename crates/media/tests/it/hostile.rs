//! Files that were made to hurt, and what they reach: nothing.

mod run;

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use media::child::Tools;
use testkit::audit::{Audit, Kernel, Look};
use testkit::hostile::{Lures, Trick, mutant, seeds, tricks};

use crate::support::{Clips, tools};
use run::{DEADLINE, Depth, Ended, Peak, all, careless, careless_arguments, slowest, tally, written};

/// A film and a listener that hostile files are pointed at.
struct Bait {
    clips: Clips,
    lures: Lures,
    knocks: Arc<AtomicUsize>,
}

impl Bait {
    fn new() -> Self {
        let clips = Clips::new();
        let film = clips.make("secret.ts", "-f lavfi -i testsrc2=d=1:s=64x64 -c:v libx264 -preset ultrafast");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let knocks = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&knocks);
        std::thread::spawn(move || {
            for _connection in listener.incoming() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { clips, lures: Lures { film, port }, knocks }
    }

    fn knocks(&self) -> usize {
        self.knocks.load(Ordering::SeqCst)
    }
}

/// The jail under observation, on a kernel of that kind.
fn observed(kernel: Kernel, look: Look) -> (Audit, Tools) {
    let tools = tools();
    let audit = Audit::new(&tools.sandbox_exe, kernel, look);
    let tools = Tools { sandbox_exe: audit.jail(), ..tools };
    (audit, tools)
}

/// Every file ended in time, and no child held more than it may.
fn assert_bounded(ended: &[Ended], peak: &Peak) {
    let (bytes, by) = peak.most();
    println!("{:?}\n{}{} MiB: {by}", tally(ended), slowest(ended, 12), bytes >> 20);
    assert!(ended.iter().all(|ended| ended.took < DEADLINE * 8), "{}", slowest(ended, 3));
    assert!(bytes < MOST_MEMORY, "{bytes} bytes: {by}");
}

#[tokio::test]
async fn every_trick_ends_with_a_reason_and_reaches_nothing() {
    let bait = Bait::new();
    let (audit, tools) = observed(Kernel::Real, Look::Attempts);
    let peak = Peak::watch();
    let tricks = tricks(&bait.lures);
    assert!(tricks.len() > 100, "{}", tricks.len());
    let files = tricks.into_iter().map(|trick| (trick.name.to_owned(), trick.bytes));
    let ended = all(&tools, files, Depth::All).await;
    let report = audit.report();
    assert!(report.children > 50, "strace saw {} children", report.children);
    assert_eq!(report.escapes(), "");
    assert_eq!(report.socket_attempts, Vec::<String>::new(), "nothing even tried: the protocols are shut");
    assert_eq!(bait.knocks(), 0);
    assert_bounded(&ended, &peak);
}

#[tokio::test]
async fn two_hundred_mutants_end_with_a_reason_and_reach_nothing() {
    let bait = Bait::new();
    let (audit, tools) = observed(Kernel::Real, Look::Escapes);
    let peak = Peak::watch();
    let seeds = seeds();
    let of = |numbers: std::ops::Range<u64>| {
        numbers.map(|number| {
            let (name, file) = &seeds[usize::try_from(number).unwrap() % seeds.len()];
            (format!("{name} {number}"), mutant(file, number))
        })
    };
    // The bench does everything with each of 2,000.
    let mut ended = all(&tools, of(0..88), Depth::Rungs).await;
    ended.extend(all(&tools, of(88..200), Depth::Plan).await);
    assert_eq!(ended.len(), 200);
    let report = audit.report();
    assert!(report.children > 300, "strace saw {} children", report.children);
    assert_eq!(report.escapes(), "");
    assert_eq!(bait.knocks(), 0);
    assert!(tally(&ended).len() > 3, "mutants end in many ways: {:?}", tally(&ended));
    assert_bounded(&ended, &peak);
}

/// The tricks that name an address or a file.
fn reaching(lures: &Lures) -> Vec<Trick> {
    const TALKING: [&str; 9] =
        ["hls", "dash", "sdp", "rtsp", "concat", "ffconcat", "dref", "plain m3u", "playlist"];
    tricks(lures)
        .into_iter()
        .filter(|trick| TALKING.iter().any(|start| trick.name.starts_with(start)))
        .collect()
}

#[tokio::test]
async fn seccomp_alone_holds_the_sockets_and_landlock_the_files() {
    let bait = Bait::new();
    let tricks = reaching(&bait.lures);
    assert!(tricks.len() > 25);
    for kernel in [Kernel::WithoutLandlock, Kernel::WithoutTcpRules] {
        let (audit, tools) = observed(kernel, Look::Attempts);
        for trick in &tricks {
            // Nothing but the jail stands in the way here.
            let _refused = careless(&tools, &written(&bait.clips.path(""), &trick.bytes), trick.name).await;
        }
        let report = audit.report();
        assert_eq!(report.children, tricks.len(), "{kernel:?}");
        assert_eq!(report.sockets, Vec::<String>::new(), "{kernel:?}");
        assert!(
            report.socket_attempts.len() > 5,
            "{kernel:?}: they tried {} times",
            report.socket_attempts.len()
        );
        assert!(report.writes.is_empty() && report.processes.is_empty(), "{kernel:?}: {}", report.escapes());
        if kernel == Kernel::WithoutTcpRules {
            assert_eq!(report.foreign_opens, Vec::<String>::new());
        } else {
            // What doctor warns of, and the proof that strace sees it.
            assert!(
                report.foreign_opens.iter().any(|open| open.contains("secret.ts")),
                "{:?}",
                report.foreign_opens
            );
        }
    }
    assert_eq!(bait.knocks(), 0);
    // Outside the jail the same files do knock: this test would see it.
    for trick in
        tricks.iter().filter(|trick| ["hls to an address", "dash to an address"].contains(&trick.name))
    {
        outside(&written(&bait.clips.path(""), &trick.bytes), trick.name);
    }
    assert!(bait.knocks() >= 2, "{} came", bait.knocks());
}

fn outside(path: &Path, name: &str) {
    let _failed = Command::new("ffmpeg").args(careless_arguments(path, name)).output().unwrap();
}

/// Resident bytes of one child on small files.
const MOST_MEMORY: u64 = 2 << 30;
