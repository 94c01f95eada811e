//! Channels, codecs, rates, and where the sound begins and ends.

use super::check::check;
use super::row::{Row, SILENT, TONE};

const X264: &str = "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p";

fn row(name: &'static str, sound: &str, codec: &str) -> Row {
    Row::new(name, &format!("320x240@25:2 {{P}} {sound} {X264} {codec}")).copied()
}

#[tokio::test]
async fn every_channel_keeps_its_loudness() {
    let tones = |channels: &str| format!("-f lavfi -i aevalsrc={channels}:s=48000:d=2");
    let down = TONE - 3.01;
    check(vec![
        row("left only", &tones("{tone}|0"), "-c:a aac -f mp4").sound_copied().loud(&[TONE, SILENT]),
        row("mono", &tones("{tone}"), "-c:a aac -f mp4").sound_copied().loud(&[TONE]),
        row("5.1, centre", &tones("0|0|{tone}|0|0|0:c=5.1"), "-c:a aac -f mp4").loud(&[down, down]),
        row("5.1, left", &tones("{tone}|0|0|0|0|0:c=5.1"), "-c:a aac -f mp4").loud(&[TONE, SILENT]),
        row("5.1, back right", &tones("0|0|0|0|0|{tone}:c=5.1"), "-c:a ac3 -b:a 448k -f mp4")
            .loud(&[SILENT, down]),
        row("mono of 8 kHz", &tones("{tone}"), "-ar 8000 -c:a pcm_s16le -f mov"),
        row("MP3", "{S}", "-c:a libmp3lame -f mp4"),
        row("Opus", "{S}", "-c:a libopus -f matroska"),
        row("Vorbis", "{S}", "-c:a libvorbis -f matroska"),
        row("FLAC", "{S}", "-c:a flac -f matroska"),
        row("PCM of 24 bits", "{S}", "-c:a pcm_s24le -f mov"),
        row("no sound", "", "-f mp4").silent(),
    ])
    .await;
}

#[tokio::test]
async fn sound_and_picture_stay_in_step() {
    check(vec![
        row(
            "late sound",
            "-itsoffset 0.5 -f lavfi -i aevalsrc=0.25*sin(2*PI*1000*t)*gte(t\\,0.5)|0:s=48000:d=1.5",
            "-c:a aac -f mp4",
        )
        .loud(&[TONE, SILENT]),
        row("sound that ends early", "-f lavfi -i aevalsrc={tone}|{tone}:s=48000:d=1.9", "-c:a aac -f mp4")
            .sound_copied(),
        row(
            "sound that ends much too early",
            "-f lavfi -i aevalsrc=0.25*sin(2*PI*1000*t)|0:s=48000:d=0.7",
            "-c:a aac -f mp4",
        )
        .loud(&[SILENT, SILENT])
        .no_step(),
        Row::new(
            "sound longer than the picture",
            &format!("320x240@25:2 -t 1.4 {{P}} {{S}} {X264} -c:a aac -f mp4"),
        )
        .copied()
        .sound_copied()
        .picture_ends(1.4),
    ])
    .await;
}

fn covered(codec: &str, rest: &str) -> String {
    format!("{{P}} -map 0:a -map 1:v -c:a {codec} -c:v mjpeg -frames:v 1 -disposition:v attached_pic {rest}")
}

#[tokio::test]
async fn sound_alone_is_enough() {
    let row = |name, codec: &str| Row::new(name, &format!("320x240@25:2 {{S}} {codec}")).only_sound();
    check(vec![
        row("M4A", "-c:a aac -f ipod").sound_copied(),
        row("MP3 file", "-c:a libmp3lame -f mp3"),
        row("FLAC file", "-c:a flac -f flac"),
        row("Ogg Opus", "-c:a libopus -f ogg"),
        row("Ogg Vorbis", "-c:a libvorbis -f ogg"),
        row("WAV", "-c:a pcm_s16le -f wav"),
        row("AIFF", "-c:a pcm_s16be -f aiff"),
        row("ADTS", "-c:a aac -f adts").sound_copied(),
        row("WMA", "-c:a wmav2 -f asf"),
        row("MP3 with a cover", &covered("libmp3lame", "-id3v2_version 3 -f mp3")).cover(),
        row("M4A with a cover", &covered("aac", "-f ipod")).sound_copied().cover(),
        row("FLAC with a cover", &covered("flac", "-f flac")).cover(),
        row("M4B with chapters", "-i {chapters} -map_metadata 1 -c:a aac -f ipod").sound_copied(),
    ])
    .await;
}

#[tokio::test]
async fn languages_and_captions_come_along() {
    let three = "-f lavfi -i sine=f=300:d=2:r=48000 -f lavfi -i sine=f=300:d=2:r=48000";
    let row = |name, make: &str| Row::new(name, &make.replace("{X264}", X264)).copied().sound_copied();
    check(vec![
        row(
            "three languages",
            &format!("320x240@25:2 {{P}} {{S}} {three} -map 0 -map 1 -map 2 -map 3 {{X264}} -c:a:0 aac -c:a:1 libopus -c:a:2 aac \
             -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger -metadata:s:a:2 language=eng \
             -metadata:s:a:2 title=Commentary -disposition:a 0 -disposition:a:0 default -f matroska"),
        )
        .sounds(3)
        .master(&[
            "NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES",
            "NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO",
            "NAME=\"Commentary\",LANGUAGE=\"en\",DEFAULT=NO",
        ]),
        row(
            "the second sound is the default one",
            "320x240@25:2 {P} -f lavfi -i anullsrc=d=2:r=48000 {S} -map 0 -map 1 -map 2 -t 2 {X264} -c:a aac \
             -metadata:s:a:0 language=fra -metadata:s:a:1 language=ita -disposition:a:0 0 -disposition:a:1 default -f matroska",
        )
        .sounds(2)
        .master(&["NAME=\"Italiano\",LANGUAGE=\"it\",DEFAULT=YES"]),
        // Matroska begins at the priming of the sound, 21 ms before the picture.
        row(
            "SubRip and ASS",
            "320x240@25:2 {P} {S} -i {en.srt} -i {de.srt} -i {de.srt} -map 0 -map 1 -map 2 -map 3 -map 4 {X264} -c:a aac \
             -c:s:0 srt -c:s:1 ass -c:s:2 srt -metadata:s:s:0 language=eng -metadata:s:s:1 language=ger -f matroska",
        )
        .captions(&[
            ("en", "00:00:00.221 --> 00:00:00.921\n<i>Hello</i> there"),
            ("de", "Guten Tag"),
            ("und", "Guten Tag"),
        ])
        .master(&[
            "TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"English\",LANGUAGE=\"en\"",
            "SUBTITLES=\"captions\"",
        ]),
        row(
            "timed text in MP4",
            "320x240@25:2 {P} {S} -i {en.srt} -map 0 -map 1 -map 2 {X264} -c:a aac -c:s mov_text \
             -metadata:s:s:0 language=eng -f mp4",
        )
        .captions(&[("en", "00:00:01.000 --> 00:00:01.800\nA &amp; B")]),
        Row::new(
            "WebVTT in WebM",
            "320x240@25:2 {P} {S} -i {en.srt} -map 0 -map 1 -map 2 -c:v libvpx -cpu-used 8 -deadline realtime \
             -c:a libopus -c:s webvtt -f webm",
        )
        .captions(&[("und", "Hello")]),
    ])
    .await;
}
