//! Captions: subtitles of a source, read by FFmpeg and written again in a strict WebVTT.
//!
//! FFmpeg turns every text format into WebVTT; what it writes is read by [`webvtt::parse`] like any foreign file and written anew:
//! bold, italics and underlining stay, everything else that is no text goes.

pub mod webvtt;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use crate::child::{Job, Output, Program, Tools};
use crate::encode::args::Args;
use crate::error::MediaError;
use crate::probe::{Probe, SubtitleStream, own_name};
use crate::sandbox::Limits;

/// Captions tracks of one video.
pub const MOST_TRACKS: usize = 32;
/// Bytes of one captions track; a film's are about 100 kB.
pub const MOST_BYTES: u64 = 4 << 20;

/// One captions track of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captions {
    /// BCP 47, unique among the tracks of the source; `und` when the file does not say.
    pub lang: String,
    /// For a person.
    pub label: String,
    /// WebVTT.
    pub text: String,
}

/// Reads every text track of a source. Tracks without a single cue are left out.
pub async fn captions(tools: &Tools, probe: &Probe, path: &Path) -> Result<Vec<Captions>, MediaError> {
    let tracks: Vec<_> = probe.subtitles.iter().filter(|track| track.is_text()).take(MOST_TRACKS).collect();
    if tracks.is_empty() {
        return Ok(Vec::new());
    }
    let job = Job::new(Program::Ffmpeg, args(probe, path, &tracks))
        .read(path)
        .outputs(tracks.len())
        .limits(Limits { cpu_seconds: 600, ..Limits::for_threads(2, 0) })
        .deadline(Duration::from_secs(1800));
    let mut running = tools.spawn(job).await?;
    let outputs = std::mem::take(&mut running.outputs);
    let texts = futures_util::future::try_join_all(outputs.into_iter().map(read)).await?;
    // A track that cannot be decoded does not take the others along.
    if let Err(failed) = running.wait().await
        && (failed.in_the_jail() || texts.iter().all(Vec::is_empty))
    {
        return Err(failed.into());
    }
    let mut found: Vec<Captions> = Vec::new();
    for (track, text) in tracks.into_iter().zip(texts) {
        let cues = webvtt::parse(&String::from_utf8_lossy(&text));
        if !cues.is_empty() {
            let (lang, label) = name(track, &found);
            found.push(Captions { lang, label, text: webvtt::write(&cues) });
        }
    }
    Ok(found)
}

/// The front of a pipe up to the limit; the rest is drained, so that FFmpeg goes on with the other tracks.
async fn read(mut output: Output) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    (&mut output).take(MOST_BYTES).read_to_end(&mut text).await?;
    tokio::io::copy(&mut output, &mut tokio::io::sink()).await?;
    Ok(text)
}

fn args(probe: &Probe, path: &Path, tracks: &[&SubtitleStream]) -> Vec<OsString> {
    let mut args = Args::default();
    args.add(["-hide_banner", "-nostdin", "-nostats", "-v", "warning", "-copyts"]);
    args.add_input(probe, path);
    for (index, track) in tracks.iter().enumerate() {
        args.add(["-map", &format!("0:{}", track.index), "-c:s", "webvtt", "-map_metadata", "-1"]);
        args.add(["-flush_packets", "1", "-f", "webvtt", &Job::pipe(index)]);
    }
    args.0
}

/// A language that is taken gets a private subtag (RFC 5646 §2.2.7), a label that is taken a number.
fn name(track: &SubtitleStream, taken: &[Captions]) -> (String, String) {
    let lang = track.language.clone().unwrap_or_else(|| "und".to_owned());
    let label = track.title.clone().or_else(|| own_name(&lang).map(str::to_owned));
    let label = label.unwrap_or_else(|| if lang == "und" { "Captions".to_owned() } else { lang.clone() });
    let free = |wanted: &str, joint: &str, taken: &dyn Fn(&str) -> bool| {
        let numbered = (2..=MOST_TRACKS).map(|number| format!("{wanted}{joint}{number}"));
        std::iter::once(wanted.to_owned())
            .chain(numbered)
            .find(|text| !taken(text))
            .unwrap_or(wanted.to_owned())
    };
    (
        free(&lang, "-x-", &|text| taken.iter().any(|other| other.lang == text)),
        free(&label, " ", &|text| taken.iter().any(|other| other.label == text)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_track_of_a_language_has_a_name_of_its_own() {
        let track = |language: Option<&str>, title: Option<&str>| SubtitleStream {
            index: 0,
            codec: "subrip".to_owned(),
            language: language.map(str::to_owned),
            title: title.map(str::to_owned),
        };
        let mut taken: Vec<Captions> = Vec::new();
        let mut names = Vec::new();
        for track in [
            track(Some("en"), None),
            track(Some("en"), Some("English (SDH)")),
            track(Some("en"), None),
            track(None, None),
            track(Some("gsw"), None),
        ] {
            let (lang, label) = name(&track, &taken);
            names.push(format!("{lang}: {label}"));
            taken.push(Captions { lang, label, text: String::new() });
        }
        assert_eq!(
            names,
            ["en: English", "en-x-2: English (SDH)", "en-x-3: English 2", "und: Captions", "gsw: gsw"]
        );
    }
}
