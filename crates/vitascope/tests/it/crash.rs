use crate::server_with_one_rung;
use std::time::Duration;
use testkit::clips::{VP9_OPUS, moving};
use testkit::storm::{Plan, storm};
use testkit::{Client, UploadOptions, decode_warnings, eventually, extinf_sum};

#[tokio::test]
async fn an_encode_killed_with_its_server_goes_on_from_its_last_segment() {
    let clip = moving("1280x720", 30, 60, VP9_OPUS);
    let mut server = server_with_one_rung();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    let segments_of = async |ada: &Client| {
        let video = ada.video(&id).await;
        let (_, lists) = ada.playlists(&video).await;
        lists
            .into_iter()
            .map(|(url, text)| {
                (
                    url,
                    text.lines().filter(|line| line.ends_with(".m4s")).map(str::to_owned).collect::<Vec<_>>(),
                )
            })
            .collect::<Vec<_>>()
    };
    ada.wait_until_playable(&id).await;
    eventually("three segments of the picture", Duration::from_secs(60), async || {
        segments_of(&ada)
            .await
            .iter()
            .any(|(url, names)| !url.contains("audio") && names.len() >= 3)
            .then_some(())
    })
    .await;
    let children = testkit::children_of(server.pid());
    assert!(!children.is_empty(), "an encode is running");
    let before = segments_of(&ada).await;
    server.crash_and_restart();
    eventually("the killed server's children are gone", Duration::from_secs(5), async || {
        children.iter().all(|pid| !testkit::is_running(*pid)).then_some(())
    })
    .await;
    let ada = ada.at(&server.base);
    let video = ada.wait_for_state(&id, "ready").await;
    let after = segments_of(&ada).await;
    for (url, names) in &before {
        let (_, now) = after.iter().find(|(other, _)| other == url).expect("a playlist that was there");
        assert_eq!(now[..names.len()], names[..], "{url}: what was published stays");
    }
    assert!(server.log().contains("resumes"), "the encode began anew");
    for (url, text) in ada.playlists(&video).await.1 {
        assert!((extinf_sum(&text).0 - 60.0).abs() < 0.05, "{url}: {}", extinf_sum(&text).0);
        assert_eq!(decode_warnings(&format!("{}{url}", server.base)), "", "{url}");
    }
}

#[tokio::test]
async fn sigterm_drains_exits_0_and_leaves_no_child() {
    let clip = moving("1280x720", 30, 30, VP9_OPUS);
    let mut server = server_with_one_rung();
    let ada = Client::register(&server.base, "ada").await;
    let id = ada.upload(&clip, &UploadOptions::default()).await;
    ada.wait_until_playable(&id).await;
    let children = testkit::children_of(server.pid());
    assert_eq!(server.stop(), Some(0));
    eventually("the server's children are gone", Duration::from_secs(2), async || {
        children.iter().all(|pid| !testkit::is_running(*pid)).then_some(())
    })
    .await;
    server.launch();
    ada.at(&server.base).wait_for_state(&id, "ready").await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_ten_times() {
    let plan = Plan { kills: 10, seed: 7, longest: Duration::from_millis(1000) };
    let outcome = storm(crate::VITASCOPE.as_ref(), plan).await;
    assert!(outcome.acknowledged > 20, "{outcome:?}");
}
