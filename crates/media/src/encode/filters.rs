//! The filter graph of the encoded pictures: once what all share, then one scaler for each rung.

use crate::plan::EncodedVideo;
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
    let before = if chain.is_empty() { String::new() } else { chain.join(",") };
    let scaled = |label: String, rung: &EncodedVideo, number: usize| {
        let Size { width, height } = rung.size;
        format!("{label}scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p[v{number}]")
    };
    if let [rung] = rungs {
        let head = if before.is_empty() { format!("[{input}]") } else { format!("[{input}]{before},") };
        return scaled(head, rung, 0);
    }
    let comma = if before.is_empty() { "" } else { "," };
    let labels: String = (0..rungs.len()).map(|number| format!("[s{number}]")).collect();
    let mut graph = format!("[{input}]{before}{comma}split={}{labels}", rungs.len());
    for (number, rung) in rungs.iter().enumerate() {
        graph.push(';');
        graph.push_str(&scaled(format!("[s{number}]"), rung, number));
    }
    graph
}

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
