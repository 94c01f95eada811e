//! Containers and codecs that people have.

use super::check::check;
use super::row::Row;

#[tokio::test]
async fn every_container_is_taken() {
    let row = |name, codec: &str| Row::new(name, &format!("320x240@25:2 {{P}} {{S}} {codec}"));
    const X264: &str = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p";
    check(vec![
        row("MPEG-TS, H.264", &format!("{X264} -c:a aac -f mpegts")).copied().sound_copied(),
        row("MKV, H.264", &format!("{X264} -c:a aac -f matroska")).copied().sound_copied(),
        row("FLV, H.264", &format!("{X264} -c:a aac -f flv")).copied().sound_copied(),
        row("fragmented MP4", &format!("{X264} -c:a aac -movflags +frag_keyframe+empty_moov -f mp4"))
            .copied()
            .sound_copied(),
        row("3GP", "-c:v h263 -vf scale=352:288,setsar=12/11 -c:a aac -f 3gp").shape(384, 288).sound_copied(),
        row("MPEG-2 TS", "-c:v mpeg2video -q:v 2 -c:a mp2 -f mpegts"),
        row("VOB", "-c:v mpeg2video -q:v 2 -c:a ac3 -f vob"),
        row("MPEG-1", "-c:v mpeg1video -q:v 2 -c:a mp2 -f mpeg"),
        row("AVI, MPEG-4", "-c:v mpeg4 -q:v 2 -bf 2 -c:a libmp3lame -f avi"),
        row("WMV", "-c:v wmv2 -q:v 2 -c:a wmav2 -f asf"),
        row("FLV, Sorenson", "-c:v flv -q:v 2 -c:a libmp3lame -ar 44100 -f flv"),
        // Theora leaves out what does not move.
        row("OGV", "-c:v libtheora -q:v 8 -c:a libvorbis -f ogg").any_fps(),
        row("WebM, VP8", "-c:v libvpx -cpu-used 8 -deadline realtime -c:a libvorbis -f webm"),
        row("AV1", "-c:v libsvtav1 -preset 12 -c:a libopus -f mp4"),
        row(
            "HEVC",
            "-c:v libx265 -preset ultrafast -x265-params log-level=error -tag:v hvc1 -c:a aac -f mov",
        )
        .sound_copied(),
        row("DV", "-vf scale=720:576,setsar=16/15 -pix_fmt yuv420p -c:v dvvideo -c:a pcm_s16le -f dv")
            .shape(768, 576),
        row("MXF", "-c:v mpeg2video -q:v 2 -c:a pcm_s16le -f mxf"),
        row("timecode track", &format!("{X264} -c:a aac -timecode 10:00:00:00 -f mov"))
            .copied()
            .sound_copied(),
    ])
    .await;
}
