//! `testkit crash`, `testkit record`, `testkit long-take`: the long forms of what tests do in short.

use std::path::PathBuf;
use std::time::Duration;
use testkit::storm::{Plan, long_encode, storm};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let word = arguments.next().unwrap_or_default();
    if !matches!(word.as_str(), "crash" | "record" | "long-take") {
        eprintln!(
            "testkit crash [kills] [seed] | record [runs] [seconds] [long seconds] | long-take [hours]; VITASCOPE_BIN names the program"
        );
        std::process::exit(2);
    }
    let mut number = |default: u64| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let Some(program) = std::env::var_os("VITASCOPE_BIN").map(PathBuf::from) else {
        eprintln!("VITASCOPE_BIN names no program");
        std::process::exit(2);
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        if word == "long-take" {
            testkit::take::long(&program, small(number(4))).await;
            return;
        }
        if word == "record" {
            let (runs, seconds, long) = (number(3), number(60), number(600));
            testkit::take::bench(
                &program,
                usize::try_from(runs).unwrap_or(1).max(1),
                small(seconds),
                small(long),
            )
            .await;
            return;
        }
        let plan = Plan {
            kills: small(number(200)),
            seed: number(20_261_121),
            longest: Duration::from_millis(1500),
        };
        println!("storm: {plan:?}");
        println!("{:#?}", storm(&program, plan).await);
        let long = long_encode(&program, 10).await;
        println!(
            "a long encode killed 10 times ended after {:.1} s: {} rungs of {} frames, none missing",
            long.seconds, long.rungs, long.frames
        );
    });
}
