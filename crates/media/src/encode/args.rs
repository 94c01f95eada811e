//! The arguments, in the order in which FFmpeg wants them: global, inputs, graph, one output for each track.

use std::ffi::OsString;
use std::path::Path;

use super::{MOST_KEYFRAMES, OUTPUT_OFFSET_US, Stage, encoders, filters, seconds};
use crate::borders::{Copying, GRID_US};
use crate::child::Job;
use crate::error::MediaError;
use crate::plan::{AudioSettings, EncodedVideo, Rung, Track};
use crate::probe::{AudioStream, Probe, VideoStream};
use crate::sniff::Container;

/// How much before a frame's time a cut or a forced keyframe is asked for: containers round to a millisecond.
pub(super) const EARLY_US: i64 = 500;

/// Longest fragment of a source that still arrives, in microseconds. A segment is known to be whole by the fragment after it,
/// which must not be as late as the next keyframe.
const SOON: &str = "200000";

/// From where FFmpeg reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// From [`Stage::path`]; it can seek.
    File,
    /// From its standard input, from the start on.
    Pipe,
}

pub(super) fn build(stage: &Stage<'_>, source: Source) -> Result<Vec<OsString>, MediaError> {
    let probe = stage.probe;
    let encoded: Vec<&EncodedVideo> = stage.rungs.iter().filter_map(|rung| encoded(&rung.track)).collect();
    // A pipe has one reader, who begins at its beginning; the graph cuts then.
    let resumed = stage.resume_from > 0 && !encoded.is_empty() && source == Source::File;
    let mut args = Args::default();
    args.add(["-hide_banner", "-nostdin", "-nostats", "-v", "warning", "-copyts"]);
    encoders::device(&mut args, encoded.iter().map(|settings| settings.step.encoder));
    if resumed {
        seek(&mut args, stage);
    }
    quick_decoding(&mut args, probe, &encoded);
    match source {
        Source::File => input(&mut args, probe, stage.path, stage.threads.decode),
        Source::Pipe => {
            args.add(["-threads", &stage.threads.decode.to_string()]);
            args.add_pipe(probe, stage.borders.grid);
        }
    }
    // What always runs from the start does not take part in the seek.
    let from_start = if resumed && encoded.len() < stage.rungs.len() {
        input(&mut args, probe, stage.path, 1);
        1
    } else {
        0
    };
    if !encoded.is_empty() {
        let video = video(probe)?;
        let graph =
            filters::graph(&format!("0:{}", video.index), video, &encoded, stage.resume_from, stage.until);
        args.add(["-filter_complex_threads", &stage.threads.encode.to_string(), "-filter_complex", &graph]);
    }
    let keys = if encoded.is_empty() { String::new() } else { forced_keyframes(stage)? };
    let mut label = 0;
    for (index, rung) in stage.rungs.iter().enumerate() {
        match &rung.track {
            Track::CopiedVideo { .. } => {
                args.add(["-map", &format!("{from_start}:{}", video(probe)?.index), "-c:v", "copy"]);
                args.add(fragments("empty_moov", "+frag_keyframe"));
                if source == Source::Pipe {
                    args.add(["-frag_duration", SOON]);
                }
            }
            Track::EncodedVideo(settings) => {
                args.add(["-map", &format!("[v{label}]")]);
                label += 1;
                encoders::video(&mut args, settings, stage.threads.encode, &keys);
                args.add(fragments("empty_moov", "+frag_keyframe"));
                if source == Source::Pipe {
                    args.add(["-frag_duration", SOON]);
                }
            }
            Track::CopiedAudio => copy_audio(&mut args, probe, audio(probe, rung)?, from_start),
            Track::EncodedAudio(settings) => {
                encode_audio(&mut args, probe, audio(probe, rung)?, from_start, settings);
                args.add(["-frag_duration", if source == Source::Pipe { SOON } else { "1000000" }]);
            }
        }
        args.add([&Job::pipe(index)]);
    }
    Ok(args.0)
}

/// Seeks before the border. The graph cuts exactly; this only saves decoding, so it aims one keyframe too early:
/// transport streams are searched by decoding time and would otherwise be entered behind the keyframe.
fn seek(args: &mut Args, stage: &Stage<'_>) {
    let keys = stage.probe.video.as_ref().map(|video| video.packets.keyframes.as_slice()).unwrap_or_default();
    let before = keys.partition_point(|key| key.us <= stage.resume_from);
    if let Some(key) = before.checked_sub(2).and_then(|at| keys.get(at)) {
        let at = key.us + stage.probe.origin_us;
        args.add(["-seek_timestamp", "1", "-ss", &seconds(at), "-noaccurate_seek"]);
    }
}

fn input(args: &mut Args, probe: &Probe, path: &Path, threads: u32) {
    args.add(["-threads", &threads.to_string()]);
    args.add_input(probe, path);
}

/// Leaves out the deblocking of pictures that no other one refers to, where every rung has half the source's lines at most: an
/// eighth of the decoding, and an SSIM of 0.99999 between both.
fn quick_decoding(args: &mut Args, probe: &Probe, encoded: &[&EncodedVideo]) {
    let Some(video) = &probe.video else { return };
    let halved = |settings: &&EncodedVideo| settings.size.short_side() * 2 <= video.coded.short_side();
    if !encoded.is_empty() && encoded.iter().all(halved) {
        args.add(["-skip_loop_filter", "noref"]);
    }
}

/// Everything a forced list needs is in `keyframes`; the first frame of a run is one by itself.
fn forced_keyframes(stage: &Stage<'_>) -> Result<String, MediaError> {
    if stage.borders.as_source {
        return Ok("source".to_owned());
    }
    if stage.borders.grid && stage.borders.copying != Copying::Begun {
        // Nobody knows the frames yet: the first one at or after each time.
        let (from, step) = (seconds(stage.resume_from - EARLY_US), seconds(GRID_US));
        return Ok(format!("expr:gte(t,{from}+n_forced*{step})"));
    }
    let wanted = |us: &&i64| **us > stage.resume_from && stage.until.is_none_or(|until| **us < until);
    let keys: Vec<String> =
        stage.borders.keyframes.iter().filter(wanted).map(|us| seconds(us - EARLY_US)).collect();
    if keys.len() > MOST_KEYFRAMES {
        return Err(MediaError::Stage("more keyframes than a command line carries"));
    }
    Ok(keys.join(","))
}

fn copy_audio(args: &mut Args, probe: &Probe, audio: &AudioStream, input: usize) {
    args.add(["-map", &format!("{input}:{}", audio.index), "-c:a", "copy"]);
    let moov = if probe.container.has_adts() {
        args.add(["-bsf:a", "aac_adtstoasc"]);
        // The configuration comes with the first packet: written earlier, it would be empty.
        "delay_moov"
    } else {
        "empty_moov"
    };
    args.add(fragments(moov, ""));
    args.add(["-frag_duration", "1000000"]);
}

fn encode_audio(args: &mut Args, probe: &Probe, audio: &AudioStream, input: usize, settings: &AudioSettings) {
    args.add([
        "-map",
        &format!("{input}:{}", audio.index),
        "-c:a",
        "aac",
        "-b:a",
        &settings.bit_rate.to_string(),
    ]);
    args.add(["-ac", &settings.channels.to_string(), "-ar", &settings.sample_rate.to_string()]);
    let mut filter = "aresample=async=1:first_pts=0".to_owned();
    if audio.packets.gaps > 0 {
        // Else what is missing or double is made up for only from 0.1 s on, and joined recordings drift apart.
        filter.push_str(":min_hard_comp=0.02");
    }
    if audio.channels == 1 && settings.channels == 2 {
        // As loud in each channel as it was alone; FFmpeg takes 3 dB off on the way to stereo.
        filter.push_str(",aformat=channel_layouts=stereo,volume=3.0103dB");
    }
    if let Some(video) = &probe.video {
        // A player stalls where the sound ends before the picture.
        filter.push_str(&format!(",apad=whole_dur={}", seconds(video.packets.end_us)));
    }
    args.add(["-af", &filter]);
    args.add(fragments("empty_moov", ""));
}

/// What every output has. Nothing of the source's metadata goes along (places, names, chapters as a track), and nothing of the
/// muxer's: what is made again has the same bytes, also after an update of FFmpeg.
pub(super) fn fragments(moov: &str, keyframe: &str) -> [String; 14] {
    [
        "-map_metadata".to_owned(),
        "-1".to_owned(),
        "-map_chapters".to_owned(),
        "-1".to_owned(),
        "-fflags".to_owned(),
        "+bitexact".to_owned(),
        "-avoid_negative_ts".to_owned(),
        "disabled".to_owned(),
        "-output_ts_offset".to_owned(),
        seconds(OUTPUT_OFFSET_US),
        "-f".to_owned(),
        "mp4".to_owned(),
        "-movflags".to_owned(),
        format!("+cmaf+{moov}+default_base_moof+frag_discont{keyframe}"),
    ]
}

fn encoded(track: &Track) -> Option<&EncodedVideo> {
    match track {
        Track::EncodedVideo(settings) => Some(settings),
        _ => None,
    }
}

fn video(probe: &Probe) -> Result<&VideoStream, MediaError> {
    probe.video.as_ref().ok_or(MediaError::Stage("a picture of a source without one"))
}

fn audio<'a>(probe: &'a Probe, rung: &Rung) -> Result<&'a AudioStream, MediaError> {
    let stream = rung.sound.as_ref().map(|sound| sound.stream);
    probe
        .sounds()
        .find(|audio| stream == Some(audio.index))
        .ok_or(MediaError::Stage("a sound of a source without one"))
}

/// Arguments under construction.
#[derive(Default)]
pub(crate) struct Args(pub(crate) Vec<OsString>);

impl Args {
    pub(crate) fn add(&mut self, words: impl IntoIterator<Item = impl AsRef<str>>) {
        self.0.extend(words.into_iter().map(|word| OsString::from(word.as_ref())));
    }

    /// Moves the source to our timeline. One microsecond short of the file's start: an offset of exactly that FFmpeg takes
    /// for its own, and "corrects" it to the first track that is mapped. A rung without the sound would come out early.
    fn add_origin(&mut self, probe: &Probe) {
        if probe.origin_us != 0 {
            self.add(["-itsoffset", &seconds(1 - probe.origin_us)]);
        }
    }

    /// The same from the standard input. A file that arrives shows its tracks in its header, so little of it is looked at
    /// before the first packet; a transport stream has none.
    pub(super) fn add_pipe(&mut self, probe: &Probe, stream: bool) {
        let headed = matches!(probe.container, Container::Webm | Container::Matroska);
        if headed || (stream && probe.container == Container::Mp4) {
            self.add(["-probesize", "32768", "-analyzeduration", "0"]);
        }
        self.add_origin(probe);
        self.add_guards(probe);
        self.add(["-i", "pipe:0"]);
    }

    /// Other protocols shut, the demuxer forced, and no picture decoded that is larger than any that is taken, whatever the
    /// stream turns into later.
    fn add_guards(&mut self, probe: &Probe) {
        let pixels = probe.video.as_ref().map_or(0, |video| video.coded.pixels()).max(MOST_PIXELS);
        self.add(["-protocol_whitelist", "file,pipe", "-max_pixels", &pixels.to_string()]);
        self.add(["-f", probe.container.demuxer()]);
    }

    /// The source: demuxer forced, other protocols shut, moved to our timeline.
    pub(crate) fn add_input(&mut self, probe: &Probe, path: &Path) {
        self.add_origin(probe);
        self.add_guards(probe);
        self.add(["-i"]);
        self.0.push(file_url(path));
    }
}

/// Pixels of an 8K picture and some more.
const MOST_PIXELS: u64 = 36_000_000;

/// A path that cannot be taken for an address or an option.
pub(crate) fn file_url(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}
