//! The filter graph of the encoded pictures: once what all share, then a cascade of scalers.

use crate::plan::{EncodedVideo, Encoder};
use crate::probe::{Size, VideoStream};

use super::seconds;

/// The graph from stream `input` (`0:0`) to the labels `[v0]`, `[v1]`, … in the order of `rungs`.
pub(super) fn graph(
    input: &str,
    video: &VideoStream,
    rungs: &[&EncodedVideo],
    from: i64,
    until: Option<i64>,
) -> String {
    let mut chain: Vec<String> = Vec::new();
    chain.extend(trim(from, until));
    if video.is_interlaced() {
        // Leaves progressive frames as they are.
        chain.push("bwdif=mode=send_frame:deint=interlaced".to_owned());
    }
    if let Some(cap) = rungs.iter().filter_map(|rung| rung.frame_rate_cap).min() {
        // Not `fps`, which drops keyframes: a source keyframe is always kept.
        chain.push(format!("select='eq(n,0)+key+gte(t-prev_selected_t,1/{cap}-0.001)'"));
    }
    if video.is_hdr() {
        let top = rungs.iter().map(|rung| rung.size).max_by_key(|size| size.pixels());
        chain.extend(top.map(|size| tone_map(video, size)));
    }
    if video.has_alpha() {
        chain.push(ON_BLACK.to_owned());
    }
    if video.packets.parameter_changes > 0 {
        let top = rungs.iter().map(|rung| rung.size).max_by_key(|size| size.pixels());
        chain.extend(top.map(into_frame));
    }
    scaled(input, &chain, rungs)
}

/// Scales each rung from the next larger one: four rungs below 1080p cost a sixth less than each from the full size, and
/// that pays for decoding the source once more for the first rung.
fn scaled(input: &str, shared: &[String], rungs: &[&EncodedVideo]) -> String {
    let mut order: Vec<(usize, &EncodedVideo)> = rungs.iter().copied().enumerate().collect();
    order.sort_by_key(|(_, rung)| std::cmp::Reverse(rung.size.pixels()));
    let mut graph = String::new();
    let mut from = format!("[{input}]");
    let mut shared = shared.iter().map(|filter| format!("{filter},")).collect::<String>();
    for (at, (number, rung)) in order.iter().enumerate() {
        let Size { width, height } = rung.size;
        let upload = rung.step.encoder == Encoder::H264Vaapi;
        let more = at + 1 < order.len();
        graph
            .push_str(&format!("{from}{shared}scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p"));
        graph.push_str(&match (more, upload) {
            (false, false) => format!("[v{number}]"),
            (false, true) => format!("{UPLOAD}[v{number}]"),
            (true, false) => format!(",split=2[v{number}][s{number}];"),
            (true, true) => format!(",split=2[u{number}][s{number}];[u{number}]null{UPLOAD}[v{number}];"),
        });
        from = format!("[s{number}]");
        shared.clear();
    }
    graph
}

/// Puts pictures whose size changes on the way into one frame, in their own shape.
fn into_frame(Size { width, height }: Size) -> String {
    format!(
        "scale=trunc(iw*sar/2)*2:trunc(ih/2)*2,setsar=1,\
         scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2,pad={width}:{height}:-1:-1"
    )
}

/// Into the memory of the graphics card, after other filters.
pub(super) const UPLOAD: &str = ",format=nv12,hwupload";
/// Shows what is transparent on black; without it the hidden colours come to light.
pub(crate) const ON_BLACK: &str = "premultiply=inplace=1";

/// Cuts by presentation time, half a millisecond early: exact whatever the container's rounding.
fn trim(from: i64, until: Option<i64>) -> Option<String> {
    let early = |us: i64| seconds(us - super::args::EARLY_US);
    match (from, until) {
        (0, None) => None,
        (0, Some(until)) => Some(format!("trim=end={}", early(until))),
        (from, None) => Some(format!("trim=start={}", early(from))),
        (from, Some(until)) => Some(format!("trim=start={}:end={}", early(from), early(until))),
    }
}

/// PQ or HLG to SDR, at the size of the largest rung: the chain costs 30 ms a frame at 1080p.
pub(crate) fn tone_map(video: &VideoStream, size: Size) -> String {
    let transfer = video.color_transfer.as_deref().unwrap_or("smpte2084");
    // Without full tags there is no path between the colour spaces.
    let tags = if video.color_primaries.is_none() || video.color_space.is_none() {
        format!("setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc:range=tv,")
    } else {
        String::new()
    };
    let Size { width, height } = size;
    format!(
        "{tags}zscale=w={width}:h={height},zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,\
         tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
    )
}
