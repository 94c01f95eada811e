//! Matroska (RFC 9559) whose elements lie.

use super::{Trick, bombs, trick};

/// An element: its identifier as written, and a size in eight bytes.
pub(super) fn element(id: u32, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    sized(id, 0x0100_0000_0000_0000 | body.len() as u64, body)
}

fn sized(id: u32, size: u64, body: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let skip = id.iter().take_while(|byte| **byte == 0).count();
    [&id[skip..], &size.to_be_bytes(), body].concat()
}

fn number(id: u32, value: u64) -> Vec<u8> {
    element(id, value.to_be_bytes())
}

/// A track of pictures.
pub(super) fn picture(track: u64, codec: &str, width: u64, height: u64, more: &[u8]) -> Vec<u8> {
    let video = element(0xe0, [number(0xb0, width), number(0xba, height)].concat());
    let entry = [
        number(0xd7, track),
        number(0x73c5, track),
        number(0x83, 1),
        element(0x86, codec),
        video,
        more.to_vec(),
    ];
    element(0xae, entry.concat())
}

fn sound(codec: &str, rate: f64, channels: u64) -> Vec<u8> {
    let audio = element(
        0xe1,
        [element(0xb5, rate.to_be_bytes()), number(0x9f, channels), number(0x6264, 16)].concat(),
    );
    element(0xae, [number(0xd7, 1), number(0x73c5, 1), number(0x83, 2), element(0x86, codec), audio].concat())
}

fn subtitles(codec: &str, private: &str) -> Vec<u8> {
    let entry = [
        number(0xd7, 2),
        number(0x73c5, 2),
        number(0x83, 0x11),
        element(0x86, codec),
        element(0x63a2, private),
    ];
    element(0xae, entry.concat())
}

fn block(track: u8, body: &[u8]) -> Vec<u8> {
    element(0xa3, [&[0x80 | track, 0, 0, 0x80][..], body].concat())
}

/// A cluster at each time (in milliseconds) with one frame of track 1.
pub(super) fn clusters(frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    frames
        .iter()
        .flat_map(|(ms, frame)| element(0x1f43_b675, [number(0xe7, *ms), block(1, frame)].concat()))
        .collect()
}

fn head() -> Vec<u8> {
    element(0x1a45_dfa3, [element(0x4282, "matroska"), number(0x4287, 4), number(0x4285, 2)].concat())
}

fn info(scale: u64, duration: f64) -> Vec<u8> {
    element(0x1549_a966, [number(0x2a_d7b1, scale), element(0x4489, duration.to_be_bytes())].concat())
}

/// A file of the given tracks and whatever comes behind them.
pub(super) fn film(tracks: &[u8], rest: &[u8]) -> Vec<u8> {
    with_info(&info(1_000_000, 1000.0), tracks, rest)
}

fn with_info(info: &[u8], tracks: &[u8], rest: &[u8]) -> Vec<u8> {
    [head(), element(0x1853_8067, [info, &element(0x1654_ae6b, tracks), rest].concat())].concat()
}

pub(super) fn all() -> Vec<Trick> {
    let mut all = claims();
    all.extend(times());
    all.extend(extras());
    all
}

/// Sizes that are not what they seem.
fn claims() -> Vec<Trick> {
    let jpeg = bombs::jpeg(16, 16);
    let one = |frame: &[u8]| vec![(0, frame.to_vec()), (40, frame.to_vec())];
    let many: Vec<u8> = (1..=5000).flat_map(|track| picture(track, "V_MJPEG", 16, 16, &[])).collect();
    let frame = clusters(&one(&jpeg));
    let zlib = element(0x6d80, element(0x6240, element(0x5034, number(0x4254, 0))));
    let deflated = bombs::zlib(200 << 20);
    let deep = (0..100_000).fold(Vec::new(), |mut bytes: Vec<u8>, _| {
        bytes.extend([0x67, 0xc8, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        bytes
    });
    let laced = element(0xa3, [&[0x81, 0, 0, 0x86, 0xff][..], &[0x80; 254]].concat());
    let byte_each: Vec<u8> = (0..60_000).flat_map(|_| [0xa3, 0x85, 0x81, 0, 0, 0x80, 0]).collect();
    vec![
        trick(
            "a vp9 of 65,536 pixels a side",
            bombs::pictures("V_VP9", (65_536, 65_536), &one(&bombs::vp9(65_536, 65_536))),
        ),
        trick(
            "a vp9 that is larger than its track",
            bombs::pictures("V_VP9", (320, 180), &one(&bombs::vp9(65_536, 65_536))),
        ),
        trick(
            "a vp8 that is larger than its track",
            bombs::pictures("V_VP8", (320, 180), &one(&bombs::vp8(16_383, 16_383))),
        ),
        trick(
            "a jpeg that is larger than its track",
            bombs::pictures("V_MJPEG", (320, 180), &one(&bombs::jpeg(65_500, 65_500))),
        ),
        trick("a picture that grows", {
            bombs::pictures(
                "V_MJPEG",
                (16, 16),
                &[(0, jpeg.clone()), (40, jpeg.clone()), (80, bombs::jpeg(16_000, 16_000))],
            )
        }),
        trick("5,000 tracks in matroska", film(&many, &frame)),
        trick("frames that inflate", film(&picture(1, "V_MJPEG", 16, 16, &zlib), &clusters(&one(&deflated)))),
        trick(
            "tags in tags",
            film(&picture(1, "V_MJPEG", 16, 16, &[]), &element(0x1254_c367, element(0x7373, deep))),
        ),
        trick(
            "an element of 2^56 bytes",
            film(&picture(1, "V_MJPEG", 16, 16, &[]), &sized(0x1254_c367, 0x01ff_ffff_ffff_fffe, &[0; 64])),
        ),
        trick(
            "254 frames of nothing",
            film(
                &picture(1, "V_MJPEG", 16, 16, &[]),
                &element(0x1f43_b675, [number(0xe7, 0), laced].concat()),
            ),
        ),
        trick(
            "60,000 frames of a byte",
            film(
                &picture(1, "V_MJPEG", 16, 16, &[]),
                &element(0x1f43_b675, [number(0xe7, 0), byte_each].concat()),
            ),
        ),
        trick("a picture of 2^32 pixels a side", film(&picture(1, "V_MJPEG", 1 << 32, 1 << 32, &[]), &frame)),
        trick(
            "a sound of 2^40 samples a second",
            film(&sound("A_PCM/INT/LIT", 1.1e12, 2), &clusters(&one(&[0; 64]))),
        ),
        trick(
            "a sound of 4 G channels",
            film(&sound("A_PCM/INT/LIT", 48_000.0, u64::from(u32::MAX)), &clusters(&one(&[0; 64]))),
        ),
    ]
}

/// Files that say that they last long, and files that do.
fn times() -> Vec<Trick> {
    let jpeg = bombs::jpeg(16, 16);
    let track = picture(1, "V_MJPEG", 16, 16, &[]);
    let at = |times: &[u64]| clusters(&times.iter().map(|ms| (*ms, jpeg.clone())).collect::<Vec<_>>());
    let short = at(&[0, 40, 80]);
    vec![
        trick("a header of a billion seconds", with_info(&info(1_000_000, 1e12), &track, &short)),
        trick("a duration that is no number", with_info(&info(1_000_000, f64::NAN), &track, &short)),
        trick("a last frame after a billion seconds", film(&track, &at(&[0, 40, 1_000_000_000_000]))),
        trick("a frame before time", film(&track, &at(&[0, u64::MAX, 40]))),
        trick(
            "ticks of a nanosecond",
            with_info(&info(1, 1000.0), &track, &at(&(0..2000).collect::<Vec<_>>())),
        ),
        trick("ticks of a century", with_info(&info(1 << 62, 1000.0), &track, &short)),
        trick("frames of a nanosecond", {
            film(&picture(1, "V_MJPEG", 16, 16, &number(0x23_e383, 1)), &at(&[0, 0, 0, 0, 1, 1, 1, 1]))
        }),
    ]
}

/// What is in a file beside its tracks.
fn extras() -> Vec<Trick> {
    let jpeg = bombs::jpeg(16, 16);
    let frame = clusters(&[(0, jpeg.clone()), (40, jpeg)]);
    let track = picture(1, "V_MJPEG", 16, 16, &[]);
    let attached = |name: &str, kind: &str, body: &[u8]| {
        let file = [element(0x466e, name), element(0x4660, kind), number(0x46ae, 1), element(0x465c, body)];
        element(0x1941_a469, element(0x61a7, file.concat()))
    };
    let linked = [
        info(1_000_000, 1000.0),
        element(
            0x1549_a966,
            [element(0x3e_b923, [7; 16]), element(0x3e_83bb, "file:///etc/passwd")].concat(),
        ),
    ];
    let ass = subtitles(
        "S_TEXT/ASS",
        "[Script Info]\n[Fonts]\nfontname: /etc/passwd\n[V4+ Styles]\nStyle: D,/etc/passwd,20\n[Events]\n",
    );
    let line = [
        number(0xe7, 0),
        block(2, b"0,0,D,,0,0,0,,{\\fn/etc/passwd}{\\iclip(/etc/passwd)}x<img src=file:///etc/passwd>"),
    ];
    let chapters: Vec<u8> = (0..20_000)
        .flat_map(|uid| element(0xb6, [number(0x73c4, uid + 1), number(0x91, uid)].concat()))
        .collect();
    vec![
        trick(
            "an attachment that climbs",
            film(&track, &[attached("../../../etc/cron.d/x", "font/ttf", &[0; 100]), frame.clone()].concat()),
        ),
        trick(
            "an attachment that is a playlist",
            film(
                &track,
                &[
                    attached("a.m3u8", "application/x-mpegurl", b"#EXTM3U\nfile:///etc/passwd\n"),
                    frame.clone(),
                ]
                .concat(),
            ),
        ),
        trick(
            "a cover of 65,535 pixels a side",
            film(
                &track,
                &[attached("cover.png", "image/png", &bombs::png(65_535, 65_535)), frame.clone()].concat(),
            ),
        ),
        trick(
            "a link to another segment",
            [
                head(),
                element(0x1853_8067, [linked.concat(), element(0x1654_ae6b, &track), frame.clone()].concat()),
            ]
            .concat(),
        ),
        trick(
            "subtitles with fonts",
            film(
                &[track.clone(), ass].concat(),
                &[frame.clone(), element(0x1f43_b675, line.concat())].concat(),
            ),
        ),
        trick(
            "20,000 chapters",
            film(&track, &[element(0x1043_a770, element(0x45b9, chapters)), frame.clone()].concat()),
        ),
        trick(
            "cues that lead nowhere",
            film(
                &track,
                &[
                    frame,
                    element(
                        0x1c53_bb6b,
                        element(
                            0xbb,
                            [
                                number(0xb3, 0),
                                element(0xb7, [number(0xf7, 1), number(0xf1, u64::MAX)].concat()),
                            ]
                            .concat(),
                        )
                        .repeat(5000),
                    ),
                ]
                .concat(),
            ),
        ),
    ]
}
