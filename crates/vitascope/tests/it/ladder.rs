use crate::{VITASCOPE, server};
use serde_json::Value;
use std::time::Duration;
use testkit::clips::{H264_AAC, moving};
use testkit::{Client, Options, Server, UploadOptions, decode_warnings, eventually};

/// What must be encoded, and costs little to make.
const MPEG4: &[&str] = &["-c:v", "mpeg4", "-q:v", "4", "-g", "45", "-c:a", "aac", "-f", "mp4"];

/// The lines of every picture's playlist that begin with `what`, by its address.
async fn lines(ada: &Client, video: &Value, what: &str) -> Vec<(String, Vec<String>)> {
    let (_, lists) = ada.playlists(video).await;
    let pictures = lists.into_iter().filter(|(url, _)| !url.contains("/audio/"));
    pictures
        .map(|(url, text)| {
            (url, text.lines().filter(|line| line.starts_with(what)).map(str::to_owned).collect())
        })
        .collect()
}

fn names(video: &Value) -> Vec<&str> {
    video["rungs"].as_array().unwrap().iter().map(|rung| rung["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_rung_of_a_whole_ladder_cuts_alike_and_decodes_clean() {
    let clip = moving("1920x1080", 15, 6, MPEG4);
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    assert_eq!(names(&video), ["240p", "audio", "1080p", "720p", "480p", "360p"]);
    let borders = lines(&ada, &video, "#EXTINF").await;
    assert_eq!(borders.len(), 5);
    for (url, lines) in &borders {
        assert_eq!(lines, &borders[0].1, "{url} is cut as {}", borders[0].0);
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "", "{url}");
    }
    let reasons = video["plan"]["rungs"].as_array().unwrap();
    assert!(reasons.iter().all(|rung| !rung["reason"].as_str().unwrap().is_empty()));
}

#[tokio::test]
async fn a_ladder_killed_between_its_stages_goes_on() {
    let clip = moving("1920x1080", 15, 6, MPEG4);
    let mut server = Server::start(VITASCOPE, Options::default().env("VITASCOPE_LADDER__SHORT_SECONDS", "0"));
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let before = eventually("the low rungs are whole", Duration::from_secs(60), async || {
        let video = ada.video(&id).await;
        let rungs = video["rungs"].as_array().unwrap().clone();
        assert_eq!(video["state"], "processing", "killed too late: {rungs:?}");
        rungs.iter().any(|rung| rung["name"] == "480p" && rung["progress"] == 1.0).then_some(video)
    })
    .await;
    let before: Vec<_> = segments(&ada, &before).await;
    server.crash_and_restart();
    let ada = ada.at(&server.base);
    let video = ada.wait_for_state(&id, "ready").await;
    assert_eq!(names(&video), ["240p", "audio", "720p", "480p", "360p", "1080p"]);
    let after = segments(&ada, &video).await;
    for (url, names) in before {
        let (_, now) = after.iter().find(|(other, _)| *other == url).unwrap();
        assert_eq!(now[..names.len()], names, "{url}: what was published stays");
    }
    let borders = lines(&ada, &video, "#EXTINF").await;
    assert!(borders.len() == 5 && borders.iter().all(|(_, lines)| *lines == borders[0].1), "{borders:?}");
}

async fn segments(ada: &Client, video: &Value) -> Vec<(String, Vec<String>)> {
    lines(ada, video, "0-").await
}

#[tokio::test]
async fn a_rung_that_cannot_be_made_leaves_a_video_that_is_ready() {
    let clip = moving("640x480", 25, 3, MPEG4);
    let steps = r#"[{short_side=240,maxrate=600000,level=30},{short_side=360,maxrate=900000,level=30,preset="none"},
        {short_side=480,maxrate=1800000,level=31}]"#;
    let options = Options::default()
        .env("VITASCOPE_LADDER__STEPS", &steps.replace('\n', ""))
        .env("VITASCOPE_LADDER__TOGETHER_SHORT_SIDE", "360")
        .env("VITASCOPE_LADDER__SHORT_SECONDS", "0");
    let server = Server::start(VITASCOPE, options);
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let video = ada.wait_for_state(&id, "ready").await;
    assert_eq!(names(&video), ["240p", "audio", "480p"], "the higher rung was tried all the same");
    let (master, lists) = ada.playlists(&video).await;
    assert!(!master.contains("360p"), "{master}");
    assert!(lists.iter().all(|(_, text)| text.contains("#EXT-X-ENDLIST")));
    assert!(server.log().contains("does without"), "it is logged");
}

#[tokio::test]
async fn two_accounts_with_twenty_uploads_each_take_turns() {
    let clip = moving("640x360", 25, 4, H264_AAC);
    let server = server();
    let ada = Client::register(&server.base, "ada").await;
    let bob = Client::register(&server.base, "bob").await;
    let mut mine = Vec::new();
    for _ in 0..20 {
        mine.push(ada.upload(&clip, &UploadOptions::default()).await);
    }
    let mut theirs = Vec::new();
    for _ in 0..20 {
        theirs.push(bob.upload(&clip, &UploadOptions::default()).await);
    }
    let unfinished = async || {
        let page = ada.json("/api/me/videos?limit=50").await;
        page["items"].as_array().unwrap().iter().filter(|video| video["state"] == "processing").count()
    };
    bob.wait_until_playable(&theirs[0]).await;
    let ladders = unfinished().await;
    assert!(ladders >= 10, "the first pictures came after all but {ladders} of the other account's ladders");
    bob.wait_for_state(&theirs[0], "ready").await;
    let ladders = unfinished().await;
    assert!(ladders >= 5, "the first ladder came after all but {ladders} of the other account's");
}
