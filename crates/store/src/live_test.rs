use super::*;

/// A broadcast that is on, with one rung of 1,000 ticks a second.
async fn on(bench: &Bench, key: &str) -> VideoId {
    let (ada, _) = bench.account(key).await;
    let video = bench.video(&ada, Visibility::Unlisted).await;
    let mut tx = bench.store.begin().await.unwrap();
    tx.run("UPDATE video SET state = 'waiting' WHERE id = $1", (video.as_str(),)).await.unwrap();
    tx.commit().await.unwrap();
    let init = InitFacts { codec: "avc1", timescale: 1000, key: "init" };
    assert!(bench.store.begin_live(&video, &[(rung_of("source", 0), init)], (16, 9)).await.unwrap());
    video
}

async fn look(bench: &Bench, video: &VideoId) -> (bool, State) {
    let found = bench.store.video(video).await.unwrap().unwrap().video;
    (found.playable, found.state)
}

#[tokio::test]
async fn what_was_watched_from_memory_and_never_stored_is_no_video() {
    let bench = Bench::new().await;
    let (lost, ended) = (on(&bench, "ada").await, on(&bench, "bob").await);
    for video in [&lost, &ended] {
        assert!(bench.store.show_live(video, NOW).await.unwrap());
        assert!(!bench.store.show_live(video, NOW).await.unwrap(), "it is told once");
    }
    assert_eq!(look(&bench, &lost).await, (true, State::Live));
    assert!(bench.store.end_live(&ended).await.unwrap());
    assert_eq!(look(&bench, &ended).await, (false, State::Failed));
    bench.store.hide_lost_broadcasts().await.unwrap();
    assert_eq!(look(&bench, &lost).await, (false, State::Live));
}

#[tokio::test]
async fn the_longest_segment_tells_the_target_duration_at_the_end() {
    let bench = Bench::new().await;
    let video = on(&bench, "ada").await;
    for (msn, duration) in (0..).zip([2_000, 8_333, 1_000]) {
        let key = format!("videos/{video}/source/0-{msn}-00.m4s");
        let segment = Segment { epoch: 0, msn, start: msn * 9_000, duration, size: 10, key, shift: 0 };
        bench.store.add_live_segment(&video, "source", &segment, (1, NOW)).await.unwrap();
    }
    bench.store.hide_lost_broadcasts().await.unwrap();
    assert_eq!(look(&bench, &video).await, (true, State::Live), "something of it is stored");
    assert!(bench.store.end_live(&video).await.unwrap());
    let rung = bench.store.rung(&video, "source").await.unwrap().unwrap();
    assert_eq!((rung.target_duration, rung.complete), (8, true));
}
