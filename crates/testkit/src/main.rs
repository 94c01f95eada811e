//! `testkit crash`: the long form of what a test does in short.

use std::path::PathBuf;
use std::time::Duration;
use testkit::storm::{Plan, long_encode, storm};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some("crash") = arguments.next().as_deref() else {
        eprintln!("testkit crash [kills] [seed]; VITASCOPE_BIN names the program");
        std::process::exit(2);
    };
    let mut number = |default: u64| arguments.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let plan = Plan {
        kills: u32::try_from(number(200)).unwrap_or(u32::MAX),
        seed: number(20_261_121),
        longest: Duration::from_millis(1500),
    };
    let Some(program) = std::env::var_os("VITASCOPE_BIN").map(PathBuf::from) else {
        eprintln!("VITASCOPE_BIN names no program");
        std::process::exit(2);
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        println!("storm: {plan:?}");
        println!("{:#?}", storm(&program, plan).await);
        println!("a long encode killed 10 times ended after {:.1} s", long_encode(&program, 10).await);
    });
}
