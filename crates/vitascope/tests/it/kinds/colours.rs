//! Depths, samplings, ranges, transfer functions.

use super::check::{check, near};
use super::measure::Pictures;
use super::row::{GREEN, Row, YELLOW};

#[tokio::test]
async fn any_pixel_format_keeps_its_colours() {
    let x264 = |name, format: &str| {
        Row::new(
            name,
            &format!(
                "320x240@25:2 {{P}} {{S}} -c:v libx264 -preset ultrafast -pix_fmt {format} -c:a aac -f mp4"
            ),
        )
        .sound_copied()
    };
    let mov = |name, codec: &str| {
        Row::new(name, &format!("320x240@25:2 {{P}} {{S}} -c:v {codec} -c:a pcm_s16le -f mov"))
    };
    check(vec![
        x264("10 bit", "yuv420p10le"),
        x264("4:2:2", "yuv422p"),
        x264("4:4:4", "yuv444p"),
        x264("full range", "yuvj420p"),
        Row::new("RGB", "320x240@25:2 {P} {S} -c:v libx264rgb -preset ultrafast -c:a aac -f mp4").sound_copied(),
        Row::new("VP9 with alpha", "320x240@25:2 {P} {S} -c:v libvpx-vp9 -cpu-used 8 -deadline realtime -pix_fmt yuva420p -c:a libopus -f webm"),
        mov("ProRes 4444 with alpha", "prores_ks -profile:v 4444 -pix_fmt yuva444p10le"),
        mov("animation with alpha", "qtrle -pix_fmt argb"),
        mov("PNG with alpha", "png -pix_fmt rgba"),
        mov(
            "PNG, transparent on the left",
            "png -vf format=rgba,geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):a=255*gte(X\\,W/2)",
        )
        .corners([[0.0; 3], GREEN, [0.0; 3], YELLOW])
        .no_step(),
        mov("RGB24", "qtrle -pix_fmt rgb24"),
        mov("ProRes 422", "prores_ks -profile:v 2"),
        mov("MJPEG", "mjpeg -q:v 2"),
    ])
    .await;
}

/// 10-bit HEVC with its left half at one code value, its right half at another.
fn hdr(name: &'static str, transfer: &str, left: u32, right: u32) -> Row {
    let picture = format!("-vf format=yuv420p10le,geq=lum=if(lt(X\\,W/2)\\,{left}\\,{right}):cb=512:cr=512");
    let tags = "-color_primaries bt2020 -colorspace bt2020nc -color_range tv -color_trc";
    Row::new(
        name,
        &format!(
            "320x240@25:1 {{P}} {picture} -c:v libx265 -preset ultrafast {tags} {transfer} -x265-params \
             log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:range=limited -tag:v hvc1 -f mp4"
        ),
    )
    .silent()
    .seconds(1.0)
}

fn halves(pictures: &Pictures, left: f64, right: f64) -> Vec<String> {
    let frame = pictures.at(0.5);
    [(0.25, left), (0.75, right)]
        .into_iter()
        .filter(|(x, want)| !near(pictures.colour(frame, *x, 0.5), [*want; 3], 8.0))
        .map(|(x, want)| format!("grey of {:.0?} at {x}, not {want:.0}", pictures.colour(frame, x, 0.5)))
        .collect()
}

/// What Hable's curve with a peak of 1,000 cd/m² makes of a light of `nits`, on a screen of BT.1886 (8 bits).
fn tone_mapped(nits: f64) -> f64 {
    let curve = |x: f64| (x * (0.15 * x + 0.05) + 0.004) / (x * (0.15 * x + 0.5) + 0.06) - 0.02 / 0.3;
    let light = curve(nits / 100.0) / curve(10.0);
    255.0 * light.powf(1.0 / 2.4)
}

#[tokio::test]
async fn hdr_is_tone_mapped() {
    check(vec![
        // PQ (SMPTE ST 2084): 100 and 1,000 cd/m², then 26 and 203.
        hdr("PQ", "smpte2084", 509, 723)
            .look(|pictures| halves(pictures, tone_mapped(100.0), tone_mapped(1000.0))),
        hdr("PQ, darker", "smpte2084", 392, 573)
            .look(|pictures| halves(pictures, tone_mapped(26.0), tone_mapped(203.0))),
        // HLG (BT.2100): half and three quarters of the signal on a screen of 1,000 cd/m².
        hdr("HLG", "arib-std-b67", 502, 721)
            .look(|pictures| halves(pictures, tone_mapped(50.7), tone_mapped(203.0))),
    ])
    .await;
}
