use crate::server;
use serde_json::Value;
use std::net::TcpListener;
use testkit::clips::{H264_AAC, make, moving};
use testkit::{Client, UploadOptions};

/// Uploads every file side by side; gives the error of each.
async fn errors_of(files: &[(&str, Vec<u8>)]) -> (testkit::Server, Vec<(String, Value)>) {
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let mut errors = Vec::new();
    for (name, bytes) in files {
        let options = UploadOptions { file_name: format!("{name}.mp4"), ..UploadOptions::default() };
        let id = ada.upload(bytes, &options).await;
        errors.push((name.to_string(), ada.wait_for_state(&id, "failed").await["error"].clone()));
    }
    // Other work goes on.
    let id = ada.upload(&moving("320x180", 25, 3, H264_AAC), &UploadOptions::default()).await;
    ada.wait_for_state(&id, "ready").await;
    (server, errors)
}

#[tokio::test]
async fn what_is_no_video_is_refused_with_a_reason_for_a_person() {
    let clip = moving("320x180", 25, 10, H264_AAC);
    let front = make(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=25:duration=10",
        "-c:v",
        "libx264",
        "-g",
        "25",
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
        "-f",
        "mp4",
    ]);
    let png = make(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x64:duration=1",
        "-frames:v",
        "1",
        "-f",
        "image2pipe",
        "-c:v",
        "png",
    ]);
    let files = [
        ("text", b"Dear diary, this is no video at all. ".repeat(100)),
        ("playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n".to_vec()),
        ("mpd", b"<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>".to_vec()),
        ("concat", b"ffconcat version 1.0\nfile /etc/passwd\n".to_vec()),
        ("image", png),
        ("truncated, index lost", clip[..clip.len() / 2].to_vec()),
        ("truncated, index kept", front[..front.len() / 2].to_vec()),
        ("zeros", vec![0; 5000]),
        ("one byte", vec![7]),
    ];
    let (_server, errors) = errors_of(&files).await;
    for (name, error) in errors {
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.len() > 20 && message.contains(' ') && message.ends_with('.'), "{name}: {error}");
        assert!(
            !message.contains("/tmp") && !message.contains("ffmpeg") && !message.contains("Error"),
            "{name}: {error}"
        );
        assert!(error["code"].as_str().is_some_and(|code| !code.is_empty()), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_playlist_in_disguise_reaches_neither_file_nor_network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let playlist = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXTINF:5,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"
    );
    // Behind a real MP4's first box, with a byte-order mark, and as an MPEG-TS look-alike.
    let mut boxed = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2".to_vec();
    boxed.extend(playlist.as_bytes());
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(playlist.as_bytes());
    let mut packets = playlist.clone().into_bytes();
    for at in [0, 188, 376, 564] {
        packets.resize(packets.len().max(at + 1), b' ');
        packets[at] = 0x47;
    }
    packets.resize(188 * 20, b' ');
    let files = [
        ("plain", playlist.clone().into_bytes()),
        ("boxed", boxed),
        ("marked", marked),
        ("packets", packets),
    ];
    let (_server, errors) = errors_of(&files).await;
    assert_eq!(errors.len(), 4);
    assert!(listener.accept().is_err(), "something connected to the local web server");
}
