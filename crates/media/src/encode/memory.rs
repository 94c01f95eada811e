//! How much memory a stage will hold, so that a machine is not asked for more than it has.

use super::Stage;
use crate::plan::Track;
use crate::probe::Size;

/// Resident bytes of one run, guessed from above.
///
/// Fitted to FFmpeg 5.1 with x264 `veryfast`, 2 and 8 threads for each codec: a copy holds 57 MiB, 240p from 1080p 106 and
/// 162, four rungs up to 720p from it 284 and 440, 1080p 300 and 480, 2160p from 2160p 836 and 1405.
pub(super) fn resident(stage: &Stage<'_>) -> u64 {
    let pixels = |size: Size| size.pixels();
    let (decode, encode) = (u64::from(stage.threads.decode), u64::from(stage.threads.encode));
    let mut bytes = BASE;
    let mut top = 0;
    for rung in &stage.rungs {
        if let Track::EncodedVideo(video) = &rung.track {
            let size = pixels(video.size);
            top = size.max(top);
            let each = encode.saturating_mul(11).saturating_add(85);
            bytes = bytes.saturating_add(size.saturating_mul(each)).saturating_add(ENCODER);
        }
    }
    if let (Some(video), true) = (&stage.probe.video, top > 0) {
        // 8-bit 4:2:0; more bits and more colour take twice as much.
        let wide = if video.bit_depth > 8 { 2 } else { 1 };
        let each = decode.saturating_mul(7).saturating_add(6).saturating_mul(wide) / 2;
        bytes = bytes.saturating_add(pixels(video.coded).saturating_mul(each));
        if video.is_hdr() {
            // Tone mapping works on three planes of floating point.
            bytes = bytes.saturating_add(top.saturating_mul(12 * 8));
        }
    }
    bytes
}

const BASE: u64 = 64 << 20;
const ENCODER: u64 = 12 << 20;
