#!/bin/sh
# Makes the streams in this folder. Needs ffmpeg with libx264, libx265, libvpx, libaom, libopus and libmp3lame.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ff="ffmpeg -hide_banner -nostdin -v error -y"
shift="-avoid_negative_ts disabled -output_ts_offset 10 -f mp4"
frag="$shift -movflags +cmaf+empty_moov+default_base_moof+frag_discont"
late="$shift -movflags +cmaf+delay_moov+default_base_moof+frag_discont"
picture="-f lavfi -i testsrc=s=64x36:r=12"
sound="-f lavfi -i sine=440:r=48000"

$ff $picture $sound -t 3 -c:v libx264 -crf 40 -bf 2 -pix_fmt yuv420p -g 12 -keyint_min 12 -sc_threshold 0 \
    -x264-params b-pyramid=none:b-adapt=0 -c:a aac -b:a 12k -ac 1 "$tmp/source.mp4"
$ff -copyts -f mov -i "$tmp/source.mp4" -map 0:v:0 -c:v copy $frag+frag_keyframe video.mp4 \
    -map 0:a:0 -c:a copy $frag -frag_duration 1000000 audio.mp4

# Frames 3, 7, 8 and 9 of every ten are missing; a keyframe follows each hole.
$ff -f lavfi -i testsrc=s=64x36:r=30 -t 2 -vf "select='not(eq(mod(n,10),3)+gte(mod(n,10),7))'" -fps_mode passthrough -enc_time_base -1 \
    -c:v libx264 -crf 45 -bf 0 -sc_threshold 0 -g 9999 -force_key_frames 0,0.3328,0.6661,0.9995,1.3328,1.6661 -pix_fmt yuv420p \
    $frag+frag_keyframe video-vfr.mp4

$ff -i "$tmp/source.mp4" -c copy -t 1.2 "$tmp/source.ts"
$ff -copyts -start_at_zero -f mpegts -i "$tmp/source.ts" -map 0:a:0 -c:a copy -bsf:a aac_adtstoasc \
    $late -frag_duration 1000000 audio-delay-moov.mp4
# Fails by intention: what it has written by then is the fixture.
$ff -copyts -start_at_zero -f mpegts -i "$tmp/source.ts" -map 0:a:0 -c:a copy $frag audio-no-config.mp4 || true

two="$picture -frames:v 2"
short="$sound -t 0.01 -ac 2"
$ff $two -c:v libx265 -x265-params log-level=error -pix_fmt yuv420p -tag:v hvc1 $frag+frag_keyframe hevc.mp4
$ff $two -c:v libvpx-vp9 -crf 50 -b:v 0 -pix_fmt yuv420p $frag+frag_keyframe vp9.mp4
$ff $two -c:v libaom-av1 -crf 50 -cpu-used 8 -pix_fmt yuv420p $late+frag_keyframe av1.mp4
$ff $two -c:v libaom-av1 -crf 50 -cpu-used 8 -pix_fmt yuv420p $frag+frag_keyframe av1-no-config.mp4
$ff $two -c:v mpeg4 -q:v 31 $frag+frag_keyframe mpeg4.mp4
$ff $short -c:a libopus -b:a 16k $frag opus.mp4
$ff $short -c:a flac -strict -2 $frag flac.mp4
$ff $short -c:a libmp3lame -b:a 32k $frag mp3.mp4
