//! `cargo xtask bench jail [mutants]`: every trick and many mutants through the jail, on three kinds of kernel, observed from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot go on says so by panicking"
)]
#![allow(dead_code, reason = "the tests use the rest of the shared file")]

#[path = "../tests/it/hostile/run.rs"]
mod run;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use media::child::Tools;
use media::sandbox;
use run::{Depth, Ended, Peak, all, slowest, tally};
use testkit::audit::{Audit, Kernel, Look, Report};
use testkit::hostile::{Lures, mutant, seeds, tricks};

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1).peekable();
    if words.next_if(|word| word == "sandbox").is_some() {
        return sandbox::main(words);
    }
    let count = words.next().and_then(|word| word.to_str()?.parse().ok()).unwrap_or(2000);
    let held = tokio::runtime::Runtime::new().expect("a runtime").block_on(bench(count));
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn bench(count: u64) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let film = folder.path().join("secret.ts");
    std::fs::write(&film, &seeds()[0].1).unwrap();
    let lures = Lures { film, port: listener.local_addr().unwrap().port() };
    let mut held = true;
    for kernel in [Kernel::Real, Kernel::WithoutTcpRules, Kernel::WithoutLandlock] {
        let files = tricks(&lures).into_iter().map(|trick| (trick.name.to_owned(), trick.bytes));
        held &= one(kernel, "tricks", files, Depth::All).await;
    }
    let seeds = seeds();
    let of = |number: u64| &seeds[usize::try_from(number).unwrap() % seeds.len()];
    let mutants =
        (0..count).map(|number| (format!("{} {number}", of(number).0), mutant(&of(number).1, number)));
    held &= one(Kernel::Real, "mutants", mutants, Depth::Rungs).await;
    if listener.accept().is_ok() {
        println!("somebody knocked");
        held = false;
    }
    println!("{}", if held { "the jail held" } else { "THE JAIL DID NOT HOLD" });
    held
}

/// One run over many files; says what came of it.
async fn one(
    kernel: Kernel,
    what: &str,
    files: impl Iterator<Item = (String, Vec<u8>)>,
    depth: Depth,
) -> bool {
    let exe = std::env::current_exe().expect("this program has a path");
    let audit = Audit::new(&exe, kernel, Look::Attempts);
    let tools = Tools::find(audit.jail(), None, None).expect("ffmpeg is installed");
    let (peak, began) = (Peak::watch(), Instant::now());
    let mut files = files.peekable();
    let (mut ended, mut report) = (Vec::<Ended>::new(), Report::default());
    // In turns, so that the logs do not pile up.
    while files.peek().is_some() {
        ended.extend(all(&tools, files.by_ref().take(100), depth).await);
        report.add(audit.report());
    }
    if kernel == Kernel::WithoutLandlock {
        // Libraries look at the machine when nobody stops them; a file of a person is something else.
        report.foreign_opens.retain(|open| !open.contains("\"/proc/") && !open.contains("\"/sys/"));
    }
    let mut times: Vec<Duration> = ended.iter().map(|ended| ended.took).collect();
    times.sort();
    println!(
        "{} {what} on {kernel:?}: {} children in {:.0} s, median {:.2} s, most memory of one {} MiB; the slowest:",
        ended.len(),
        report.children,
        began.elapsed().as_secs_f64(),
        times[times.len() / 2].as_secs_f64(),
        peak.most().0 >> 20
    );
    print!("{}", slowest(&ended, 3));
    println!(
        "  sockets {} (attempts {}), foreign opens {}, writes {}, processes {}; {:?}",
        report.sockets.len(),
        report.socket_attempts.len(),
        report.foreign_opens.len(),
        report.writes.len(),
        report.processes.len(),
        tally(&ended)
    );
    print!("{}", report.escapes());
    report.escapes().is_empty() && report.socket_attempts.is_empty()
}
