//! Shapes, directions, rates.

use super::check::check;
use super::row::{BLUE, GREEN, RED, Row, SILENT, YELLOW};
use testkit::clips::again;

const X264: &str = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac -f mp4";

fn plain(name: &'static str) -> Row {
    Row::new(name, &format!("320x240@25:2 {{P}} {{S}} {X264}")).sound_copied()
}

/// Overwrites the matrix of the first track (ISO/IEC 14496-12 §8.3.2) with `a b c d` and no movement.
fn with_matrix(mut bytes: Vec<u8>, matrix: [i32; 4]) -> Vec<u8> {
    let at = bytes.windows(4).position(|name| name == b"tkhd").unwrap() + 4 + 40;
    let [a, b, c, d] = matrix.map(|part| part << 16);
    for (index, part) in [a, b, 0, c, d, 0, 0, 0, 1 << 30].into_iter().enumerate() {
        bytes[at + index * 4..][..4].copy_from_slice(&part.to_be_bytes());
    }
    bytes
}

#[tokio::test]
async fn any_direction_is_shown_upright() {
    check(vec![
        plain("plain H.264").copied(),
        plain("turned by 90")
            .patch(|bytes| with_matrix(bytes, [0, 1, -1, 0]))
            .size(240, 320)
            .corners([BLUE, RED, YELLOW, GREEN]),
        plain("turned by 180")
            .patch(|bytes| with_matrix(bytes, [-1, 0, 0, -1]))
            .corners([YELLOW, BLUE, GREEN, RED]),
        plain("turned by 270")
            .patch(|bytes| with_matrix(bytes, [0, -1, 1, 0]))
            .size(240, 320)
            .corners([GREEN, YELLOW, RED, BLUE]),
        plain("mirrored left to right")
            .patch(|bytes| with_matrix(bytes, [-1, 0, 0, 1]))
            .corners([GREEN, RED, YELLOW, BLUE]),
        plain("mirrored top to bottom")
            .patch(|bytes| with_matrix(bytes, [1, 0, 0, -1]))
            .corners([BLUE, YELLOW, RED, GREEN]),
        plain("mirrored and turned by 90")
            .patch(|bytes| with_matrix(bytes, [0, 1, 1, 0]))
            .size(240, 320)
            .corners([RED, BLUE, GREEN, YELLOW]),
        plain("mirrored and turned by 270")
            .patch(|bytes| with_matrix(bytes, [0, -1, -1, 0]))
            .size(240, 320)
            .corners([YELLOW, GREEN, BLUE, RED]),
    ])
    .await;
}

#[tokio::test]
async fn any_shape_and_rate_is_kept_or_made_playable() {
    let row = |name, make: &str| Row::new(name, make).sound_copied();
    check(vec![
        row("wide pixels", &format!("240x240@25:2 {{P}} {{S}} -vf setsar=4/3 {X264}")).size(320, 240),
        row("narrow pixels", &format!("320x180@25:2 {{P}} {{S}} -vf setsar=3/4 {X264}")).size(240, 180),
        row("odd sizes", "321x241@25:2 {P} {S} -c:v libx264 -preset ultrafast -pix_fmt yuv444p -c:a aac -f mp4"),
        row("upright", &format!("180x320@25:2 {{P}} {{S}} {X264}")).size(180, 320).copied(),
        row(
            "a variable rate",
            &format!("320x240@30:3 {{P}} {{S}} -vf select=not(mod(n\\,3))+lt(n\\,40) -fps_mode vfr {X264}"),
        )
        .copied()
        .seconds(3.0)
        .any_fps(),
        row("1 frame a second", &format!("320x240@1:3 {{P}} {{S}} {X264}")).copied().seconds(3.0).fps(1.0),
        row("5 frames a second", &format!("320x240@5:2 {{P}} {{S}} {X264}")).copied().fps(5.0),
        // Keyframes that the source has in between stay, hence a few more.
        row("120 frames a second", &format!("320x240@120:2 {{P}} {{S}} {X264}")).fps(62.0),
        row("120 frames a second, encoded", "320x240@120:2 {P} {S} -c:v libvpx -cpu-used 8 -deadline realtime -c:a aac -f matroska")
            .fps(60.0),
        row(
            "interlaced, top field first",
            "320x240@50:2 {P} {S} -vf tinterlace=interleave_top -c:v libx264 -preset ultrafast -flags +ildct+ilme \
             -x264opts tff=1 -pix_fmt yuv420p -c:a aac -f mp4",
        ),
        row(
            "interlaced, bottom field first",
            "320x240@50:2 {P} {S} -vf tinterlace=interleave_bottom -c:v mpeg2video -flags +ildct+ilme -top 0 -q:v 2 \
             -c:a aac -f mpegts",
        ),
        row("one picture", "320x240@25:0.04 {P} -c:v libx264 -pix_fmt yuv420p -f mp4")
            .silent()
            .seconds(0.04)
            .any_fps()
            .copied(),
        Row::new("0.2 s", "320x240@25:0.2 {P} {S} -c:v libvpx -c:a libvorbis -f webm")
            .loud(&[SILENT, SILENT])
            .no_step()
            .seconds(0.2),
        row("a trimmed start", &format!("320x240@25:2 {{P}} {{S}} {X264}"))
            .patch(|bytes| again(&bytes, &["-ss", "0.6"], &["-c", "copy", "-f", "mp4"]))
            .seconds(1.4)
            .sound_encoded(),
        row("an animated GIF", "320x240@10:2 {P} -f gif").fps(10.0).silent(),
        // The second one begins a second after the first has ended.
        row("a recording with a gap", &format!("320x240@25:2 {{P}} {{S}} {X264} -f mpegts"))
            .patch(|bytes| {
                let later = again(&bytes, &[], &["-c", "copy", "-output_ts_offset", "3", "-f", "mpegts"]);
                [bytes, later].concat()
            })
            .copied()
            .seconds(5.0)
            .any_fps()
            .sound_encoded(),
    ])
    .await;
}
