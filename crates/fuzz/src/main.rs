//! The fuzzer: libFuzzer chooses the bytes, `FUZZ_TARGET` names the parser. Without the feature it only lists the targets.

#![cfg_attr(feature = "libfuzzer", no_main)]

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    use std::sync::OnceLock;
    static TARGET: OnceLock<Option<&'static fuzz::Target>> = OnceLock::new();
    let found = TARGET.get_or_init(|| fuzz::target(&std::env::var("FUZZ_TARGET").unwrap_or_default()));
    match found {
        Some(target) => (target.run)(bytes),
        None => std::process::exit(2),
    }
});

#[cfg(not(feature = "libfuzzer"))]
fn main() {
    for target in fuzz::TARGETS {
        println!("{}", target.name);
    }
}
