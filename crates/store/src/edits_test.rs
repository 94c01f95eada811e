use super::*;
use crate::edits::{Content, NewContent};
use domain::edit::Span;

const KEEP: [Span; 1] = [Span { start_us: 4_000_000, end_us: 12_000_000 }];

/// A ready video with three segments.
async fn ready(bench: &Bench) -> VideoId {
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    let mut tx = bench.store.begin().await.unwrap();
    tx.complete_upload(&video, 1, 10).await.unwrap();
    tx.commit().await.unwrap();
    assert!(bench.enqueue(&ada, &video, "a", 1).await);
    let job = bench.claim(NOW).await.unwrap();
    bench.announce(&job.fence(), &video, "v1", 0).await;
    for msn in 0..3 {
        assert!(bench.publish(&job.fence(), &video, "v1", msn).await.unwrap());
    }
    let mut tx = bench.store.fenced(&job.fence()).await.unwrap();
    tx.update_playable(&video, 1, NOW).await.unwrap();
    tx.complete_rung(&video, "v1").await.unwrap();
    tx.set_duration(&video, 12_000_000).await.unwrap();
    assert!(tx.update_ready(&video, &job.fence()).await.unwrap());
    tx.finish_job(&job.fence(), crate::jobs::Outcome::Done, NOW).await.unwrap();
    tx.commit().await.unwrap();
    video
}

async fn add(bench: &Bench, video: &VideoId, known: i64) -> Option<i64> {
    let mut tx = bench.store.begin().await.unwrap();
    let version = tx.add_edit(video, known, &KEEP, None, NOW).await.unwrap();
    tx.commit().await.unwrap();
    version
}

#[tokio::test]
async fn who_has_not_seen_the_newest_version_does_not_write_over_it() {
    let bench = Bench::new().await;
    let video = ready(&bench).await;
    assert_eq!(add(&bench, &video, 1).await, None, "there is none yet");
    assert_eq!(add(&bench, &video, 0).await, Some(1));
    assert_eq!(add(&bench, &video, 0).await, None);
    assert_eq!(add(&bench, &video, 1).await, Some(2));
    let states: Vec<_> =
        bench.store.edits(&video).await.unwrap().into_iter().map(|edit| (edit.version, edit.state)).collect();
    assert_eq!(states, [(2, "pending".to_owned()), (1, "superseded".to_owned())]);
    let (bob, _) = bench.account("bob").await;
    let unfinished = bench.video(&bob, Visibility::Public).await;
    assert_eq!(add(&bench, &unfinished, 0).await, None, "it is not ready");
}

#[tokio::test]
async fn what_viewers_get_is_exchanged_and_comes_back_as_it_was() {
    let bench = Bench::new().await;
    let video = ready(&bench).await;
    let original = bench.store.content(&video).await.unwrap().unwrap();
    let before = bench.store.video(&video).await.unwrap().unwrap().video;
    assert_eq!(add(&bench, &video, 0).await, Some(1));
    let mut content = original.clone();
    content.duration = Some(8_000_000);
    content.rungs[0].segments.remove(0);
    for (msn, segment) in (0..).zip(&mut content.rungs[0].segments) {
        (segment.msn, segment.shift, segment.start) = (msn, -4000, segment.start - 4000);
    }
    let show = async |version, whole, content: &Content| {
        let mut tx = bench.store.begin().await.unwrap();
        let (original, keep) = (&original, &KEEP[..]);
        let new = NewContent { version, whole, keep, content, original, own_bytes: 70 };
        tx.show_content(&video, &new).await.unwrap();
        tx.commit().await.unwrap();
        bench.store.video(&video).await.unwrap().unwrap().video
    };
    let edited = show(1, false, &content).await;
    assert_eq!((edited.edit, edited.duration), (1, Some(8_000_000)));
    assert_eq!(edited.access_generation, before.access_generation + 1);
    assert_eq!(bench.store.segments(&video, "v1").await.unwrap(), content.rungs[0].segments);
    assert_eq!(
        bench.store.stored_bytes(&video).await.unwrap(),
        Some((0, 1570)),
        "what is cut takes room, too"
    );
    assert_eq!(bench.store.original_duration(&video).await.unwrap(), Some(12_000_000));
    assert_eq!(bench.store.edits(&video).await.unwrap()[0].state, "done");

    assert_eq!(add(&bench, &video, 1).await, Some(2));
    let whole = show(2, true, &original).await;
    assert_eq!((whole.edit, whole.duration), (0, Some(12_000_000)));
    assert_eq!(whole.access_generation, before.access_generation + 2);
    assert_eq!(bench.store.segments(&video, "v1").await.unwrap(), original.rungs[0].segments);
    assert!(bench.store.original(&video).await.unwrap().is_none());
}
