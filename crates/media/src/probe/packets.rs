//! ffprobe's packet list, line by line, digested to what the plan and the borders need.

use serde::{Deserialize, Serialize};

/// The packets of the picture. Times in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoPackets {
    /// Frames that are shown.
    pub frames: u64,
    /// First frame shown. May be a little above 0.
    pub first_us: i64,
    /// Where the last frame ends.
    pub end_us: i64,
    /// Keyframes in order, at least [`ANCHOR_US`] apart.
    pub keyframes: Vec<Keyframe>,
    /// Keyframes in the file, of which `keyframes` may be a part.
    pub keyframes_total: u64,
    /// Times of real frames in order, about [`ANCHOR_US`] apart: where an encoder can put a keyframe.
    pub anchors: Vec<i64>,
    /// Longest time without a keyframe, to the end of the track.
    pub max_keyframe_gap_us: i64,
    /// Frames that the file's edit list hides (flag `D`), or before 0: copying would show them.
    pub hidden: u64,
    /// Frames that are shown before the keyframe behind which they are stored: open GOPs.
    pub leading: u64,
    /// Packets without a presentation time.
    pub untimed: u64,
    /// Decoding times that do not grow, or jump by more than ten seconds.
    pub disordered: u64,
    /// Codec parameters that change in mid-stream.
    pub parameter_changes: u64,
    /// Bytes of all packets.
    pub bytes: u64,
}

/// A keyframe and what depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyframe {
    /// When it is shown, in microseconds.
    pub us: i64,
    /// Bytes from it to the next keyframe of the list.
    pub bytes: u64,
}

/// The packets of the sound. Times in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioPackets {
    /// Packets that are heard.
    pub count: u64,
    /// First packet that is heard (priming, which is before 0, does not count).
    pub first_us: i64,
    /// Where the last packet ends.
    pub end_us: i64,
    /// Times at which the next packet begins more than 20 ms from where the last one ended.
    pub gaps: u64,
    /// Packets before 0: an encoder's priming.
    pub priming: u64,
    /// Packets that the file's edit list hides (flag `D`) beyond priming.
    pub hidden: u64,
    /// Bytes of all packets.
    pub bytes: u64,
}

/// Least distance of two anchors and of two listed keyframes, in microseconds.
pub const ANCHOR_US: i64 = 200_000;

/// Everything about one stream while its lines come in. Both kinds are gathered for every stream: which one is the picture
/// is known only when the other ffprobe has ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Gatherer {
    times: Times,
    keyframes: Vec<Keyframe>,
    keyframes_total: u64,
    anchors: Vec<i64>,
    leading: u64,
    untimed: u64,
    disordered: u64,
    parameter_changes: u64,
    hidden: u64,
    /// Of those, before any that is shown.
    hidden_first: u64,
    gaps: u64,
    max_gap: i64,
    shown: u64,
    bytes: u64,
}

#[derive(Clone, Debug, Default)]
struct Times {
    first: Option<i64>,
    /// Begin of the last in time, and its end if its duration is known.
    last: Option<(i64, Option<i64>)>,
    second_last: Option<i64>,
    last_dts: Option<i64>,
    last_key: Option<i64>,
    last_anchor: Option<i64>,
    before_zero: u64,
    /// Where an unbroken sound goes on.
    expected: Option<i64>,
}

/// One line of the packet list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) stream: u32,
    pub(super) pts: Option<i64>,
    pub(super) dts: Option<i64>,
    pub(super) duration: Option<i64>,
    pub(super) size: u32,
    pub(super) key: bool,
    pub(super) hidden: bool,
    pub(super) new_parameters: bool,
}

impl Packet {
    /// Reads `stream_index,pts_time,dts_time,duration_time,size,flags[,side data…]`. `None` for anything else.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let mut fields = line.trim_end().split(',');
        let stream = fields.next()?.parse().ok()?;
        let pts = micros(fields.next()?);
        let dts = micros(fields.next()?);
        let duration = micros(fields.next()?).filter(|us| *us > 0);
        let size = fields.next()?.parse().ok()?;
        let flags = fields.next()?;
        let new_parameters = fields.any(|side_data| side_data == "New Extradata");
        Some(Self {
            stream,
            pts,
            dts,
            duration,
            size,
            key: flags.contains('K'),
            hidden: flags.contains('D'),
            new_parameters,
        })
    }
}

impl Gatherer {
    pub(super) fn add(&mut self, packet: &Packet) {
        self.bytes = self.bytes.saturating_add(u64::from(packet.size));
        self.parameter_changes += u64::from(packet.new_parameters && self.bytes > u64::from(packet.size));
        if let (Some(dts), Some(last)) = (packet.dts, self.times.last_dts)
            && (dts <= last || dts - last > JUMP_US)
        {
            self.disordered += 1;
        }
        self.times.last_dts = packet.dts.or(self.times.last_dts);
        if packet.pts.is_none() {
            self.untimed += 1;
        }
        if packet.hidden {
            self.hidden += 1;
            self.hidden_first += u64::from(self.shown == 0);
            return;
        }
        let Some(us) = packet.pts.or(packet.dts) else { return };
        self.shown += 1;
        self.time(us, packet.duration);
        if packet.key {
            self.key(us);
        } else if self.times.last_key.is_some_and(|key| us < key) {
            self.leading += 1;
        }
        if let Some(keyframe) = self.keyframes.last_mut() {
            keyframe.bytes = keyframe.bytes.saturating_add(u64::from(packet.size));
        }
        if self.times.last_anchor.is_none_or(|last| us - last >= ANCHOR_US) {
            self.anchors.push(us);
            self.times.last_anchor = Some(us);
        }
    }

    fn time(&mut self, us: i64, duration: Option<i64>) {
        let times = &mut self.times;
        times.before_zero += u64::from(us < 0);
        times.first = Some(times.first.map_or(us, |first| first.min(us)));
        match times.last {
            Some((last, _)) if us <= last => {
                times.second_last = Some(times.second_last.map_or(us, |second| second.max(us)));
            }
            last => {
                times.second_last = last.map(|(last, _)| last);
                times.last = Some((us, duration.map(|duration| us.saturating_add(duration))));
            }
        }
        if let Some(expected) = times.expected {
            self.gaps += u64::from((us - expected).abs() > GAP_US);
        }
        times.expected = duration.map(|duration| us.saturating_add(duration));
    }

    fn key(&mut self, us: i64) {
        self.keyframes_total += 1;
        if let Some(last) = self.times.last_key {
            self.max_gap = self.max_gap.max(us - last);
        }
        self.times.last_key = Some(self.times.last_key.map_or(us, |last| last.max(us)));
        if self.keyframes.last().is_none_or(|last| us - last.us >= ANCHOR_US) {
            self.keyframes.push(Keyframe { us, bytes: 0 });
        }
        // A keyframe is always an anchor, so that thinning never loses one.
        if self.times.last_anchor.is_none_or(|last| us > last) {
            self.anchors.push(us);
            self.times.last_anchor = Some(us);
        }
    }

    /// The first time that is shown or heard.
    pub(super) fn first(&self) -> Option<i64> {
        self.times.first
    }

    fn end(&self) -> i64 {
        let times = &self.times;
        // Without a duration (WebM's last frame) the last one lasts as long as the one before it.
        let last = times.last.map(|(last, end)| {
            end.unwrap_or_else(|| last.saturating_add(times.second_last.map_or(0, |second| last - second)))
        });
        last.unwrap_or(0)
    }

    pub(super) fn into_video(self, origin: i64) -> VideoPackets {
        let end = self.end();
        let tail = self.times.last_key.map_or(0, |key| end - key);
        VideoPackets {
            frames: self.shown,
            first_us: self.times.first.unwrap_or(origin) - origin,
            end_us: end - origin,
            keyframes: self
                .keyframes
                .into_iter()
                .map(|key| Keyframe { us: key.us - origin, ..key })
                .collect(),
            keyframes_total: self.keyframes_total,
            anchors: self.anchors.into_iter().map(|us| us - origin).collect(),
            max_keyframe_gap_us: self.max_gap.max(tail),
            hidden: self.hidden + if origin == 0 { self.times.before_zero } else { 0 },
            leading: self.leading,
            untimed: self.untimed,
            disordered: self.disordered,
            parameter_changes: self.parameter_changes,
            bytes: self.bytes,
        }
    }

    pub(super) fn into_audio(self, origin: i64) -> AudioPackets {
        let first = self.times.first.unwrap_or(origin) - origin;
        let before_zero = if origin == 0 { self.times.before_zero } else { 0 };
        AudioPackets {
            count: self.shown,
            first_us: first.max(0),
            end_us: self.end() - origin,
            gaps: self.gaps,
            priming: before_zero + self.hidden_first,
            hidden: self.hidden - self.hidden_first,
            bytes: self.bytes,
        }
    }
}

/// Seconds as ffprobe writes them (`-0.023220`), in microseconds without a detour over floating point. `None` for `N/A`
/// and for what no film has.
pub(super) fn micros(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i64 = whole.parse().ok().filter(|seconds| (0..=MOST_SECONDS).contains(seconds))?;
    let mut micros: i64 = 0;
    for place in 0..6 {
        let digit = match fraction.as_bytes().get(place) {
            Some(digit) if digit.is_ascii_digit() => i64::from(digit - b'0'),
            Some(_) => return None,
            None => 0,
        };
        micros = micros * 10 + digit;
    }
    let value = whole * 1_000_000 + micros;
    Some(if negative { -value } else { value })
}

/// A century: what a clock of 33 bits or a wall-clock time stays below, and sums never overflow.
const MOST_SECONDS: i64 = 100 * 365 * 24 * 3600;

/// A break in the sound shorter than this is rounding.
const GAP_US: i64 = 20_000;

/// Decoding time does not leap like this within one recording.
const JUMP_US: i64 = 10_000_000;

#[cfg(test)]
#[path = "packets_test.rs"]
mod tests;
