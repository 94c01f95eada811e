//! Fuzz targets: each is a function that is handed foreign bytes and must neither panic nor take what a length merely
//! claims. `cargo test -p fuzz` replays the committed corpus; `cargo xtask bench fuzz` searches for more.
//!
//! Start from [`TARGETS`].

mod http;
mod live;
mod mp4;
mod text;

/// A parser under test.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Names it and its folder in `corpus/`.
    pub name: &'static str,
    /// Parses the bytes and checks what must hold of any of them.
    pub run: fn(&[u8]),
}

/// Every parser of foreign bytes.
pub const TARGETS: &[Target] = &[
    Target { name: "sniff", run: sniff },
    Target { name: "transport_stream", run: transport_stream },
    Target { name: "ffprobe_streams", run: ffprobe_streams },
    Target { name: "mp4_fragments", run: mp4::fragments },
    Target { name: "mp4_index", run: mp4::index },
    Target { name: "webvtt", run: text::webvtt },
    Target { name: "jpeg", run: jpeg },
    Target { name: "range_header", run: http::range },
    Target { name: "cookie_header", run: http::cookie },
    Target { name: "texts", run: text::texts },
    Target { name: "grant", run: text::grant },
    Target { name: "outgoing", run: text::outgoing },
    Target { name: "rtmp", run: live::rtmp },
    Target { name: "live_configuration", run: live::configuration },
    Target { name: "reload_query", run: live::reload_query },
];

/// The first bytes of an upload.
fn sniff(bytes: &[u8]) {
    let _named_or_refused = media::sniff::sniff(bytes);
}

/// A transport stream whose clock may jump: what is moved keeps its length.
fn transport_stream(bytes: &[u8]) {
    let mut scan = media::transport::Scan::default();
    scan.push(bytes);
    let splices = scan.finish();
    let mut rewriter = media::transport::Rewriter::new(splices);
    let moved = rewriter.push(bytes).len();
    assert_eq!(moved + rewriter.finish().len(), bytes.len(), "bytes were lost or added");
}

/// What ffprobe says of a file, which repeats what the file says.
fn ffprobe_streams(bytes: &[u8]) {
    let _described = media::probe::describe(bytes);
}

/// The header of a picture that FFmpeg made of a stranger's frames.
fn jpeg(bytes: &[u8]) {
    let _size = media::jpeg::dimensions(bytes);
}

/// The target with this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A few deterministic changes of each input, so that a plain test run sees more than the files themselves.
    fn mutants(input: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let input = input.to_vec();
        (0..200).map(move |_| {
            let mut bytes = input.clone();
            for _ in 0..=random() % 4 {
                let Some(length) = u64::try_from(bytes.len()).ok().filter(|length| *length > 0) else {
                    break;
                };
                let at = usize::try_from(random() % length).unwrap_or(0);
                match random() % 4 {
                    0 => bytes.truncate(at),
                    1 => bytes.extend_from_within(at..),
                    2 => bytes.get_mut(at).map_or((), |byte| *byte = 0xff),
                    _ => bytes.get_mut(at).map_or((), |byte| *byte ^= 1 << (random() % 8)),
                }
                bytes.truncate(1 << 16);
            }
            bytes
        })
    }

    #[test]
    fn every_target_takes_its_corpus_and_what_lies_near() {
        for target in TARGETS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
            let mut seen = 0;
            for entry in std::fs::read_dir(&folder).map(Iterator::flatten).into_iter().flatten() {
                let input = std::fs::read(entry.path()).unwrap_or_default();
                (target.run)(&input);
                mutants(&input).for_each(|mutant| (target.run)(&mutant));
                seen += 1;
            }
            assert!(seen > 0, "{} has no corpus in {}", target.name, folder.display());
        }
    }
}
