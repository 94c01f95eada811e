//! Transport streams whose clock jumps: recordings that were joined, or that were interrupted.
//!
//! FFmpeg would read the second recording's times as they are: on top of the first one's, or hours behind them, and with each
//! track corrected by itself. Here the jumps are found in the bytes ([`Scan`]), where what follows a jump is plain, and it is
//! moved by one amount for all its tracks ([`Rewriter`]), so that they stay in step and the picture goes on. A stream
//! without a jump is left as it is. Times are 33 bits at 90 kHz (ISO/IEC 13818-1 §2.4.3.7) and differences modulo that, so a
//! clock that merely wraps does not jump.

mod packet;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use packet::{Framer, Stamps, apart, shift, stamps};

/// From `from` on, every time grows by `shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Splice {
    /// Position of the first packet that belongs to it, in bytes.
    pub from: u64,
    /// Ticks of 90 kHz, modulo 2^33.
    pub shift: u64,
}

/// Finds the jumps of a stream that is handed over piece by piece. The position of the first is known as soon as it came.
#[derive(Debug, Default)]
pub struct Scan {
    framer: Framer,
    runs: Runs,
}

impl Scan {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let runs = &mut self.runs;
        self.framer.push(bytes, &mut |at, packet| runs.take(at, packet));
    }

    /// Whether the clock has jumped.
    pub fn jumps(&self) -> bool {
        self.runs.list.len() > 1
    }

    /// What makes it run on; empty when it does so by itself, or jumps so often that it is no clock.
    pub fn finish(mut self) -> Vec<Splice> {
        let runs = &mut self.runs;
        self.framer.finish(&mut |at, packet| runs.take(at, packet));
        if self.runs.list.len() > MOST_RUNS { Vec::new() } else { self.runs.splices() }
    }
}

/// Moves the times of a stream that is handed over piece by piece.
#[derive(Debug)]
pub struct Rewriter {
    framer: Framer,
    splices: Vec<Splice>,
}

impl Rewriter {
    /// For what [`Scan::finish`] found.
    pub fn new(splices: Vec<Splice>) -> Self {
        Self { framer: Framer::default(), splices }
    }

    /// Takes the next bytes and gives those that are done.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.framer.push(bytes, &mut |at, packet| shift(at, packet, &self.splices))
    }

    /// Gives the rest.
    pub fn finish(self) -> Vec<u8> {
        self.framer.finish(&mut |at, packet| shift(at, packet, &self.splices))
    }
}

/// What makes the clock of a file run on; empty when it does so by itself. Blocks.
///
/// # Errors
/// When the file cannot be read.
pub fn find_jumps(path: &Path) -> io::Result<Vec<Splice>> {
    let mut scan = Scan::default();
    each_piece(path, |bytes| {
        scan.push(bytes);
        Ok(())
    })?;
    Ok(scan.finish())
}

/// Writes `from` to `to` with a clock that runs on. Blocks.
///
/// # Errors
/// When a file cannot be read or written; what was written is removed.
pub fn write_continuous(from: &Path, to: &Path, splices: Vec<Splice>) -> io::Result<()> {
    // Renamed when whole, so that an interrupted one is not taken for the source.
    let aside = PathBuf::from(format!("{}.part", to.display()));
    let written = write(from, &aside, splices).and_then(|()| std::fs::rename(&aside, to));
    if written.is_err() {
        let _gone = std::fs::remove_file(&aside);
    }
    written
}

fn write(from: &Path, to: &Path, splices: Vec<Splice>) -> io::Result<()> {
    let mut out = File::create(to)?;
    let mut rewriter = Rewriter::new(splices);
    each_piece(from, |bytes| out.write_all(&rewriter.push(bytes)))?;
    out.write_all(&rewriter.finish())
}

fn each_piece(path: &Path, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; PIECE];
    loop {
        let length = file.read(&mut buffer)?;
        match buffer.get(..length) {
            Some(bytes) if !bytes.is_empty() => take(bytes)?,
            _ => return Ok(()),
        }
    }
}

/// The runs of a clock, one after each jump.
#[derive(Debug, Default)]
struct Runs {
    list: Vec<Run>,
    /// The latest time of any track.
    clock: u64,
}

/// What lies between two jumps.
#[derive(Debug, Default)]
struct Run {
    from: u64,
    tracks: BTreeMap<u16, Track>,
}

#[derive(Debug, Clone, Copy)]
struct Track {
    picture: bool,
    first: u64,
    last: u64,
    /// From one time to the next.
    step: i64,
}

impl Runs {
    fn take(&mut self, at: u64, packet: &[u8]) {
        let Some(Stamps { pid, leads, picture, decoded: now, .. }) = stamps(packet) else { return };
        let track = Track { picture, first: now, last: now, step: 0 };
        if self.list.len() > MOST_RUNS {
            return;
        }
        let Some(run) = self.list.last_mut() else {
            if leads {
                self.begin(at, pid, track);
            }
            return;
        };
        let from_clock = apart(now, self.clock);
        let backwards = run.tracks.get(&pid).is_some_and(|track| apart(now, track.last) < -BACK);
        if backwards || from_clock.abs() > FAR {
            if leads {
                self.begin(at, pid, track);
            }
            return;
        }
        if from_clock > 0 {
            self.clock = now;
        }
        if let Some(known) = run.tracks.get_mut(&pid) {
            let step = apart(now, known.last);
            if (1..=FAR).contains(&step) {
                *known = Track { last: now, step, ..*known };
            }
        } else if run.tracks.len() < MOST_TRACKS {
            run.tracks.insert(pid, track);
        }
    }

    fn begin(&mut self, from: u64, pid: u16, track: Track) {
        self.clock = track.first;
        self.list.push(Run { from, tracks: BTreeMap::from([(pid, track)]) });
    }

    /// Each run's picture goes on where that of the one before it ends. Without a picture the sound does, or the longest of several;
    /// beside one it has no say, because how long its last packet is stands in its frames.
    fn splices(&self) -> Vec<Splice> {
        let mut shift = 0_i64;
        let mut out = Vec::new();
        for pair in self.list.windows(2) {
            let [before, after] = pair else { continue };
            let gap = |picture: bool| {
                let of = after.tracks.iter().filter(move |(_, track)| track.picture == picture);
                of.filter_map(|(pid, track)| {
                    let ended = before.tracks.get(pid)?;
                    Some(apart(ended.last, track.first).saturating_add(ended.step))
                })
                .max()
            };
            let whole = || Some(apart(before.latest()?, after.earliest()?));
            let needed = gap(true).or_else(|| gap(false)).or_else(whole).unwrap_or(0);
            shift = shift.wrapping_add(needed).rem_euclid(packet::WRAP);
            out.push(Splice { from: after.from, shift: shift.unsigned_abs() });
        }
        out
    }
}

impl Run {
    /// Where the last track ends.
    fn latest(&self) -> Option<u64> {
        let ends = self.tracks.values();
        ends.map(|track| track.last).max_by(|a, b| apart(*a, *b).cmp(&0))
    }

    /// Where the first track begins.
    fn earliest(&self) -> Option<u64> {
        self.tracks.values().map(|track| track.first).min_by(|a, b| apart(*a, *b).cmp(&0))
    }
}

/// A track that goes back by this much, half a second, has jumped; what is less is a damaged packet.
const BACK: i64 = 45_000;
/// Nothing within one recording is this far from the rest of it: ten seconds.
const FAR: i64 = 900_000;
/// Jumps beyond which times mean nothing.
const MOST_RUNS: usize = 1_000;
/// Tracks that are looked at.
const MOST_TRACKS: usize = 64;
/// Bytes of the file in memory.
const PIECE: usize = 1 << 20;

#[cfg(test)]
#[path = "transport/transport_test.rs"]
mod tests;
