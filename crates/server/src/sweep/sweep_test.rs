use super::*;
use crate::config::{Config, KeepSource};
use crate::house::House;
use blobs::Durability;
use domain::{VideoId, Visibility};
use store::uploads::SourcePart;

impl House {
    async fn private(&self, seed: u8) -> VideoId {
        self.upload(seed, Visibility::Private).await
    }

    async fn part(&self, video: &VideoId, number: i64) {
        self.object(&format!("sources/{video}/{number}")).await;
        let part = SourcePart { number, size: 10, etag: "x".into() };
        self.app.store.insert_part(video, &part, self.app.now()).await.unwrap();
    }

    async fn object(&self, key: &str) {
        let bytes = bytes::Bytes::from_static(b"bytes");
        self.app.blobs.put(&ObjectKey::parse(key).unwrap(), bytes, Durability::Cached).await.unwrap();
    }

    async fn has(&self, key: &str) -> bool {
        self.app.blobs.size(&ObjectKey::parse(key).unwrap()).await.is_ok()
    }

    /// Completes an upload without making anything of it, as if its jobs had come and gone.
    async fn ready(&self, video: &VideoId) {
        let mut tx = self.app.store.begin().await.unwrap();
        tx.complete_upload(video, 2, 20).await.unwrap();
        tx.update_playable(video, 0, self.app.now()).await.unwrap();
        let no_job = store::jobs::Fence { job: domain::JobId::from_random([0; 8]), attempt: 1 };
        assert!(tx.update_ready(video, &no_job).await.unwrap());
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_abandoned_upload_goes_with_its_parts_and_a_continued_one_stays() {
    let house = House::new(Config::default()).await;
    let (left, continued) = (house.private(1).await, house.private(2).await);
    house.part(&left, 1).await;
    house.part(&continued, 1).await;
    house.clock.advance(DAY * 6);
    house.part(&continued, 2).await;
    abandoned_uploads(&house.app).await.unwrap();
    assert!(house.has(&format!("sources/{left}/1")).await, "seven days are not over");
    house.clock.advance(DAY * 2);
    abandoned_uploads(&house.app).await.unwrap();
    assert!(house.app.store.is_gone(&left).await.unwrap() && !house.has(&format!("sources/{left}/1")).await);
    assert!(
        !house.app.store.is_gone(&continued).await.unwrap()
            && house.has(&format!("sources/{continued}/2")).await
    );

    let for_ever = House::new(Config { abandoned_upload_days: 0, ..Config::default() }).await;
    let kept = for_ever.private(1).await;
    for_ever.clock.advance(DAY * 10_000);
    abandoned_uploads(&for_ever.app).await.unwrap();
    assert!(!for_ever.app.store.is_gone(&kept).await.unwrap());
}

#[tokio::test]
async fn the_source_of_a_ready_video_goes_as_the_settings_say() {
    for (keep, goes_after) in
        [(KeepSource::Always, None), (KeepSource::UntilReady, Some(0)), (KeepSource::Days(3), Some(3))]
    {
        let house = House::new(Config { keep_source: keep, ..Config::default() }).await;
        let (open, ready) = (house.private(1).await, house.private(2).await);
        for video in [&open, &ready] {
            house.part(video, 1).await;
            house.part(video, 2).await;
        }
        house.ready(&ready).await;
        for day in 0..5 {
            unneeded_sources(&house.app).await.unwrap();
            assert!(
                house.has(&format!("sources/{open}/1")).await,
                "{keep:?}: an open upload keeps everything"
            );
            let stays = goes_after.is_none_or(|days| day < days);
            assert_eq!(house.has(&format!("sources/{ready}/2")).await, stays, "{keep:?} on day {day}");
            let usage = house.app.store.usage(&house.account).await.unwrap();
            assert_eq!(usage.source_bytes, if stays { 40 } else { 20 }, "{keep:?}: what went is not counted");
            house.clock.advance(DAY);
        }
    }
}
