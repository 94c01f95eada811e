//! ffprobe's description of the streams (JSON) as types.

use serde::Deserialize;

use super::{Cover, MOST_SOUNDS, Ratio, Size, SubtitleStream, language};

/// What ffprobe says of the streams, before the packets are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The picture that is played: not a cover, the default one if one is so marked.
    pub video: Option<DescribedVideo>,
    /// The sound that is played.
    pub audio: Option<DescribedAudio>,
    /// Further sounds, in the order of the file.
    pub further_audio: Vec<DescribedAudio>,
    /// Subtitles, in the order of the file.
    pub subtitles: Vec<SubtitleStream>,
    /// A picture that belongs to the sound.
    pub cover: Option<Cover>,
    /// Number of tracks of any kind.
    pub streams: usize,
    /// Duration that the container's header promises, in microseconds.
    pub promised_us: Option<i64>,
    /// A picture or sound was there that this FFmpeg has no name for.
    pub unknown: Option<&'static str>,
}

/// The picture track by its header.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields of VideoStream")]
pub struct DescribedVideo {
    pub index: u32,
    pub codec: String,
    pub profile: Option<String>,
    pub level: Option<u32>,
    pub pixel_format: Option<String>,
    pub coded: Size,
    pub sample_aspect: Ratio,
    pub rotation: u32,
    pub mirrored: bool,
    pub average_frame_rate: Option<Ratio>,
    pub real_frame_rate: Option<Ratio>,
    pub time_base: Ratio,
    pub color_transfer: Option<String>,
    pub color_primaries: Option<String>,
    pub color_space: Option<String>,
    pub field_order: Option<String>,
}

/// The sound track by its header.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields of AudioStream")]
pub struct DescribedAudio {
    pub index: u32,
    pub codec: String,
    pub profile: Option<String>,
    pub channels: u32,
    pub sample_rate: u32,
    pub language: Option<String>,
    pub title: Option<String>,
}

/// The fields that are asked for, so that long tags never come along.
pub(super) const ENTRIES: &str = "stream=index,codec_type,codec_name,profile,level,pix_fmt,width,height,\
sample_aspect_ratio,r_frame_rate,avg_frame_rate,time_base,color_transfer,color_primaries,color_space,field_order,\
channels,sample_rate:stream_disposition=default,attached_pic,still_image:stream_tags=rotate,language,title,handler_name:stream_side_data=rotation,displaymatrix:format=duration";

/// Reads ffprobe's JSON. `None` when it is none.
pub fn describe(json: &[u8]) -> Option<Description> {
    let output: Output = serde_json::from_slice(json).ok()?;
    let streams = output.streams;
    let mut unknown = None;
    let videos: Vec<_> = streams.iter().filter(|stream| stream.is("video") && !stream.is_cover()).collect();
    let video = preferred(&videos).and_then(|stream| {
        let described = stream.video();
        if described.is_none() {
            unknown = Some("picture");
        }
        described
    });
    let audios: Vec<_> = streams.iter().filter(|stream| stream.is("audio")).collect();
    let audio = preferred(&audios).and_then(|stream| {
        let described = stream.audio();
        if described.is_none() && unknown.is_none() {
            unknown = Some("sound");
        }
        described
    });
    let further_audio = audios
        .iter()
        .filter_map(|stream| stream.audio())
        .filter(|sound| audio.as_ref().is_some_and(|first| first.index != sound.index))
        .take(MOST_SOUNDS - 1)
        .collect();
    let subtitles =
        streams.iter().filter(|stream| stream.is("subtitle")).filter_map(Stream::subtitle).collect();
    let cover = streams.iter().filter(|stream| stream.is("video")).find_map(Stream::cover);
    let promised_us = output.format.duration.as_deref().and_then(microseconds);
    Some(Description {
        video,
        audio,
        further_audio,
        subtitles,
        cover,
        streams: streams.len(),
        promised_us,
        unknown,
    })
}

/// The one that is marked as default and can be read, else the first that can.
fn preferred<'a>(streams: &[&'a Stream]) -> Option<&'a Stream> {
    let readable = |stream: &&&Stream| stream.codec_name.is_some();
    let by_default = streams.iter().filter(readable).find(|stream| stream.disposition.default == 1);
    by_default.or_else(|| streams.iter().find(readable)).or(streams.first()).copied()
}

/// Seconds with decimals, as ffprobe writes them.
fn microseconds(text: &str) -> Option<i64> {
    let seconds: f64 = text.parse().ok()?;
    // The conversion saturates; what is not finite promises nothing.
    seconds.is_finite().then_some((seconds * 1e6) as i64)
}

#[derive(Deserialize)]
struct Output {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Format {
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    index: u32,
    codec_type: Option<String>,
    codec_name: Option<String>,
    profile: Option<String>,
    level: Option<i64>,
    pix_fmt: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    sample_aspect_ratio: Option<String>,
    r_frame_rate: Option<String>,
    avg_frame_rate: Option<String>,
    time_base: Option<String>,
    color_transfer: Option<String>,
    color_primaries: Option<String>,
    color_space: Option<String>,
    field_order: Option<String>,
    channels: Option<u32>,
    sample_rate: Option<String>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Disposition {
    default: u8,
    attached_pic: u8,
    still_image: u8,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tags {
    rotate: Option<String>,
    language: Option<String>,
    title: Option<String>,
    handler_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
    displaymatrix: Option<String>,
}

impl Stream {
    fn is(&self, kind: &str) -> bool {
        self.codec_type.as_deref() == Some(kind)
    }

    fn is_cover(&self) -> bool {
        self.disposition.attached_pic == 1 || self.disposition.still_image == 1
    }

    fn video(&self) -> Option<DescribedVideo> {
        let size = Size { width: self.width.filter(|n| *n > 0)?, height: self.height.filter(|n| *n > 0)? };
        Some(DescribedVideo {
            index: self.index,
            codec: self.codec_name.clone()?,
            profile: known(&self.profile),
            level: self.level.and_then(|level| u32::try_from(level).ok()),
            pixel_format: known(&self.pix_fmt),
            coded: size,
            sample_aspect: self
                .sample_aspect_ratio
                .as_deref()
                .and_then(ratio)
                .unwrap_or(Ratio { num: 1, den: 1 }),
            rotation: self.rotation(),
            mirrored: self.mirrored(),
            average_frame_rate: self.avg_frame_rate.as_deref().and_then(ratio),
            real_frame_rate: self.r_frame_rate.as_deref().and_then(ratio),
            time_base: self.time_base.as_deref().and_then(ratio).unwrap_or(Ratio { num: 1, den: 90_000 }),
            color_transfer: known(&self.color_transfer),
            color_primaries: known(&self.color_primaries),
            color_space: known(&self.color_space),
            field_order: known(&self.field_order),
        })
    }

    fn audio(&self) -> Option<DescribedAudio> {
        Some(DescribedAudio {
            index: self.index,
            codec: self.codec_name.clone()?,
            profile: known(&self.profile),
            channels: self.channels.filter(|n| *n > 0)?,
            sample_rate: self.sample_rate.as_deref()?.parse().ok().filter(|n| *n > 0)?,
            language: self.tags.language(),
            title: self.tags.title(),
        })
    }

    fn subtitle(&self) -> Option<SubtitleStream> {
        Some(SubtitleStream {
            index: self.index,
            codec: self.codec_name.clone()?,
            language: self.tags.language(),
            title: self.tags.title(),
        })
    }

    fn cover(&self) -> Option<Cover> {
        let size = Size { width: self.width.filter(|n| *n > 0)?, height: self.height.filter(|n| *n > 0)? };
        (self.disposition.attached_pic == 1 && self.codec_name.is_some())
            .then_some(Cover { index: self.index, size })
    }

    /// The display matrix counts against the clock, the old tag with it.
    fn rotation(&self) -> u32 {
        let matrix = self.side_data_list.iter().find_map(|data| data.rotation).map(|degrees| -degrees);
        let tag = || self.tags.rotate.as_deref().and_then(|text| text.parse::<f64>().ok());
        let degrees = matrix.or_else(tag).filter(|degrees| degrees.is_finite()).unwrap_or(0.0);
        // In 0..360 after rem_euclid; rounding may give 360.
        degrees.rem_euclid(360.0).round() as u32 % 360
    }

    /// Whether the display matrix turns the picture over: its determinant is below 0.
    fn mirrored(&self) -> bool {
        let Some(text) = self.side_data_list.iter().find_map(|data| data.displaymatrix.as_deref()) else {
            return false;
        };
        // `00000000: a b u`, `00000001: c d v`, … in 16.16.
        let mut rows = text.lines().filter_map(|line| line.split_once(':')).map(|(_, row)| {
            let mut numbers = row.split_whitespace().map(|number| number.parse::<i32>().unwrap_or(0));
            (i64::from(numbers.next().unwrap_or(0)), i64::from(numbers.next().unwrap_or(0)))
        });
        let (Some((a, b)), Some((c, d))) = (rows.next(), rows.next()) else { return false };
        i128::from(a) * i128::from(d) < i128::from(b) * i128::from(c)
    }
}

impl Tags {
    fn language(&self) -> Option<String> {
        self.language.as_deref().and_then(language::tag)
    }

    /// What a person called the track. A handler's name is one only when no program put it there.
    fn title(&self) -> Option<String> {
        let by_program =
            |name: &&str| !name.contains("Handler") && !name.contains("ISO Media") && !name.contains("GPAC");
        let text = self.title.as_deref().or(self.handler_name.as_deref().filter(by_program))?;
        let clean: String = text.chars().filter(|c| !c.is_control()).take(MOST_TITLE).collect();
        Some(clean.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// Letters of a title that are kept.
const MOST_TITLE: usize = 80;

/// ffprobe writes `unknown` for what it does not know.
fn known(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| text != "unknown" && !text.is_empty())
}

/// `30000/1001` or `4:3`; `None` when a side is 0.
fn ratio(text: &str) -> Option<Ratio> {
    let (num, den) = text.split_once(['/', ':'])?;
    let (num, den) = (num.parse().ok()?, den.parse().ok()?);
    (num > 0 && den > 0).then_some(Ratio { num, den })
}

#[cfg(test)]
#[path = "streams_test.rs"]
mod tests;
