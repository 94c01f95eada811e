//! Where segments begin, and which frames must therefore be keyframes. Pure.
//!
//! Source keyframes near every 4 s are taken (the first two segments aim at 2 s, so that playing starts early). Where the
//! source has none for longer than [`INFILL_GAP_US`], *infill* keyframes are put on real frames about 2 s apart: encoded
//! rungs carry both, so all of them cut alike. After a long gap the source's own keyframe is always a border, so the copied
//! rung can cut wherever it has a keyframe near a border: [`Borders::copied`].

use serde::{Deserialize, Serialize};

use crate::probe::{Probe, VideoPackets};

/// What a segment aims at, in microseconds.
pub const TARGET_US: i64 = 4_000_000;
/// What the first two segments aim at.
pub const FIRST_TARGET_US: i64 = 2_000_000;
/// Longest time without a keyframe in an encoded rung, where there are frames.
pub const INFILL_GAP_US: i64 = 3_000_000;

/// The cuts of one source. Every list is in order and begins with 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Borders {
    /// Where segments of encoded rungs begin. Each is in `keyframes`.
    pub segments: Vec<i64>,
    /// Where segments of the sound begin: `segments`, and by the clock where the sound outlasts the picture.
    pub sound: Vec<i64>,
    /// Every keyframe of an encoded rung: times of real frames (but for the first, which is 0).
    pub keyframes: Vec<i64>,
    /// Where segments of the copied rung begin: those of `segments` at which the source has a keyframe.
    pub copied: Vec<i64>,
    /// Whether `keyframes` are exactly the source's own, so that FFmpeg can copy the decision frame by frame.
    pub as_source: bool,
    /// Whether the source was watched while it arrived: segments begin at the first keyframe at or after each step of a
    /// clock of [`GRID_US`].
    #[serde(default)]
    pub grid: bool,
    /// Who decides whether the picture is copied.
    #[serde(default)]
    pub copying: Copying,
    /// Where everything ends.
    pub end_us: i64,
}

/// Who decides whether the picture is copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Copying {
    /// The predicate, over the whole source.
    #[default]
    Judged,
    /// It is copied already, as far as the source is here: only what makes that wrong counts against it.
    Begun,
    /// It is not: it could be watched while it arrived, encoded.
    NotWhileArriving,
    /// It is not: an attempt found its parameters to change on the way, which no list of packets shows.
    ProvedWrong,
}

impl Borders {
    /// The same borders with another judge of copying.
    #[must_use]
    pub fn copying(self, copying: Copying) -> Self {
        Self { copying, ..self }
    }

    /// TARGETDURATION (RFC 8216 §4.3.3.1) of encoded rungs and sound: the longest segment, rounded, in seconds.
    pub fn target_duration_s(&self) -> u32 {
        if self.grid {
            return GRID_TARGET_DURATION_S;
        }
        target_duration(&self.sound, self.end_us)
    }

    /// The same for a multivariant playlist that has the copied rung too: all its media playlists announce one value
    /// (RFC 8216 §6.2.4).
    pub fn target_duration_with_copied_s(&self) -> u32 {
        self.target_duration_s().max(target_duration(&self.copied, self.end_us))
    }
}

/// Distance of two borders of a source that plays while it arrives.
pub const GRID_US: i64 = 2_000_000;
/// TARGETDURATION of such a source, announced before its frames are known.
pub const GRID_TARGET_DURATION_S: u32 = 4;

/// Borders of a source that plays while it arrives: those of the segments that are published already (`known`, where the
/// picture's segments begin, in order), then by the clock up to `end_us`. Keyframes are put on the first frame at or after
/// each.
pub fn on_grid(known: &[i64], end_us: i64) -> Borders {
    let clock = |from: i64| (from..).map(|n| n.saturating_mul(GRID_US)).take_while(|us| *us < end_us);
    let sound: Vec<i64> = if end_us > 0 { clock(0).collect() } else { vec![0] };
    let mut segments: Vec<i64> = Vec::with_capacity(sound.len());
    for us in std::iter::once(0).chain(known.iter().skip(1).copied()) {
        if segments.last().is_none_or(|last| us > *last) {
            segments.push(us);
        }
    }
    // A border may lie a little before its clock time: containers round.
    let last = segments.last().copied().unwrap_or(0).saturating_add(GRID_US / 100);
    segments.extend(clock(last / GRID_US + 1));
    let [keyframes, copied] = [&segments, &segments].map(Clone::clone);
    let copying = Copying::NotWhileArriving;
    Borders { segments, sound, keyframes, copied, as_source: false, grid: true, copying, end_us }
}

/// Borders of a source whose picture was copied while it arrived and is whole: exactly where its segments begin.
pub fn as_published(known: &[i64], end_us: i64) -> Borders {
    let on_clock = on_grid(&[], end_us);
    let mut segments = vec![0];
    for us in known.iter().skip(1).copied() {
        if segments.last().is_some_and(|last| us > *last) {
            segments.push(us);
        }
    }
    let [keyframes, copied] = [&segments, &segments].map(Clone::clone);
    Borders { segments, keyframes, copied, copying: Copying::Begun, ..on_clock }
}

/// The borders of a source. Their number follows its duration, which the probe has bounded.
pub fn borders(probe: &Probe) -> Borders {
    match &probe.video {
        Some(video) => of_video(&video.packets, probe.duration_us),
        None => of_sound(probe.duration_us),
    }
}

/// Borders of a source that has only sound: any packet is a place to cut.
pub fn of_sound(duration_us: i64) -> Borders {
    let mut segments = vec![0];
    let mut next = target(1);
    while duration_us.saturating_sub(next) >= SHORTEST_US {
        segments.push(next);
        next = next.saturating_add(target(segments.len()));
    }
    let [keyframes, copied, sound] = [&segments, &segments, &segments].map(Clone::clone);
    let copying = Copying::Judged;
    Borders {
        segments,
        sound,
        keyframes,
        copied,
        as_source: false,
        grid: false,
        copying,
        end_us: duration_us,
    }
}

/// Borders of a source with a picture.
pub fn of_video(packets: &VideoPackets, duration_us: i64) -> Borders {
    let source = spaced(packets);
    let (keyframes, filled) = infilled(&source, &packets.anchors, packets.end_us);
    let segments = cut(&source, &keyframes, packets.end_us);
    let copied = segments.iter().copied().filter(|us| source.binary_search(us).is_ok()).collect();
    let untouched = u64::try_from(source.len()) == Ok(packets.keyframes_total);
    let sound = outlasting(&segments, packets.end_us, duration_us);
    Borders {
        segments,
        sound,
        keyframes,
        copied,
        as_source: untouched && !filled,
        grid: false,
        copying: Copying::Judged,
        end_us: duration_us,
    }
}

/// The source's keyframes that encoded rungs keep: at least [`SHORTEST_US`] apart (a source of nothing but keyframes
/// would otherwise become one), the first one counted as 0.
fn spaced(packets: &VideoPackets) -> Vec<i64> {
    let mut out = vec![0];
    for us in packets.keyframes.iter().map(|key| key.us) {
        let last = out.last().copied().unwrap_or(0);
        if us - last >= SHORTEST_US && us < packets.end_us {
            out.push(us);
        }
    }
    out
}

/// Adds infill keyframes at the anchors nearest to an even split of every gap that is too long.
fn infilled(source: &[i64], anchors: &[i64], end: i64) -> (Vec<i64>, bool) {
    let mut out = Vec::with_capacity(source.len());
    let mut filled = false;
    for (index, &from) in source.iter().enumerate() {
        out.push(from);
        let to = source.get(index + 1).copied().unwrap_or(end);
        let gap = to.saturating_sub(from);
        if gap <= INFILL_GAP_US {
            continue;
        }
        let parts = (gap + INFILL_US / 2) / INFILL_US;
        for part in 1..parts {
            // i128: a gap of a day times its parts is beyond 64 bits.
            let ideal =
                from + i64::try_from(i128::from(gap) * i128::from(part) / i128::from(parts)).unwrap_or(gap);
            let Some(frame) = nearest(anchors, ideal) else { continue };
            let last = out.last().copied().unwrap_or(from);
            if frame - last >= SHORTEST_US && to - frame >= SHORTEST_US {
                out.push(frame);
                filled = true;
            }
        }
    }
    (out, filled)
}

/// Walks over the keyframes and cuts.
fn cut(source: &[i64], keyframes: &[i64], end: i64) -> Vec<i64> {
    let mut out = vec![0];
    loop {
        let from = out.last().copied().unwrap_or(0);
        let target = target(out.len());
        match next_border(source, keyframes, from, target, end) {
            // A last segment of a blink is added to the one before it.
            Some(next) if end - next >= SHORTEST_US / 2 => out.push(next),
            _ => return out,
        }
    }
}

fn next_border(source: &[i64], keyframes: &[i64], from: i64, target: i64, end: i64) -> Option<i64> {
    let least = from.saturating_add(target / 100 * 85);
    let most = from.saturating_add(target / 2 * 3);
    // A source keyframe near the target: the copied rung cuts here too.
    let near = after(source, least).take_while(|us| *us <= most);
    if let Some(key) = near.min_by_key(|us| (us - from - target).abs()) {
        return Some(key);
    }
    let own = after(source, least).next();
    if own.is_none() && end <= from.saturating_add(target / 4 * 5) {
        return None;
    }
    // A long gap begins: at its edge, so that the copied rung has its cut as well.
    let early = after(source, from.saturating_add(SHORTEST_US)).take_while(|us| *us < least).last();
    if early.is_some() {
        return early;
    }
    // Within the gap: at an infill keyframe, but leave no crumb before the source's next one.
    let infill =
        after(keyframes, least).take_while(|us| own.is_none_or(|own| own - us >= SHORTEST_US)).next();
    infill.or(own)
}

/// The picture's borders, and on by the clock from where the picture ends.
fn outlasting(segments: &[i64], picture_end: i64, end: i64) -> Vec<i64> {
    let mut out = segments.to_vec();
    let mut next = picture_end.max(SHORTEST_US);
    while end.saturating_sub(next) >= SHORTEST_US {
        out.push(next);
        next = next.saturating_add(TARGET_US);
    }
    out
}

fn after(sorted: &[i64], least: i64) -> impl Iterator<Item = i64> + '_ {
    let start = sorted.partition_point(|us| *us < least);
    sorted.get(start..).unwrap_or_default().iter().copied()
}

fn nearest(sorted: &[i64], ideal: i64) -> Option<i64> {
    let at = sorted.partition_point(|us| *us < ideal);
    let before = at.checked_sub(1).and_then(|at| sorted.get(at));
    let candidates = [before, sorted.get(at)];
    candidates.into_iter().flatten().copied().min_by_key(|us| (us - ideal).abs())
}

/// What segment `number` (from 1) aims at.
fn target(number: usize) -> i64 {
    if number <= 2 { FIRST_TARGET_US } else { TARGET_US }
}

fn target_duration(segments: &[i64], end: i64) -> u32 {
    let ends = segments.iter().skip(1).copied().chain([end]);
    let longest = segments.iter().zip(ends).map(|(from, to)| to - from).max().unwrap_or(0);
    // A packet of sound lies across most borders, so its segments are a packet longer than the borders say.
    u32::try_from((longest + PACKET_US + 500_000) / 1_000_000).unwrap_or(u32::MAX).max(1)
}

/// Two keyframes of an encoded rung are at least this far apart.
const SHORTEST_US: i64 = 1_000_000;
/// A packet of sound: AAC at 22.05 kHz.
const PACKET_US: i64 = 46_440;
/// Infill keyframes aim at this distance.
const INFILL_US: i64 = 2_000_000;

#[cfg(test)]
#[path = "borders_test.rs"]
mod tests;
