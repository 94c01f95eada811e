use super::*;
use crate::app::Parts;
use crate::config::{Config, KeepSource};
use blobs::{Durability, LocalFolder};
use bus::Bus;
use domain::clock::ManualClock;
use domain::mac::MasterSecret;
use domain::text::{Description, Email, FileName, Title, Username};
use domain::{AccountId, ChannelId, Micros, Origin, VideoId, Visibility};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use store::Store;
use store::uploads::SourcePart;
use store::videos::NewVideo;

/// A server without its port: everything that the sweeper sees, and a clock to move.
struct House {
    app: AppState,
    clock: Arc<ManualClock>,
    account: AccountId,
    channel: ChannelId,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let blobs = LocalFolder::open(folder.path(), 0).unwrap();
        let clock = Arc::new(ManualClock::at(Micros(1_800_000_000_000_000)));
        let (account, channel) = (AccountId::from_random([1; 8]), ChannelId::from_random([1; 8]));
        let mut tx = store.begin().await.unwrap();
        tx.insert_account(&store::accounts::NewAccount {
            id: account.clone(),
            channel: channel.clone(),
            username: &Username::parse("ada").unwrap(),
            email: &Email::parse("ada@example.org").unwrap(),
            password_hash: "x",
            now: domain::Clock::now(&*clock),
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let app = App::new(Parts {
            config,
            store,
            blobs,
            bus: Bus::in_process(),
            clock: Arc::clone(&clock) as Arc<dyn jobs::ClockDebug>,
            secret: MasterSecret::new([7; 32]),
            setup_token: None,
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            stop: CancellationToken::new(),
        });
        Self { app, clock, account, channel, _folder: folder }
    }

    async fn upload(&self, seed: u8) -> VideoId {
        let id = VideoId::from_random([seed; 8]);
        let new = NewVideo {
            id: id.clone(),
            account: &self.account,
            channel: &self.channel,
            title: &Title::parse("A video").unwrap(),
            description: &Description::parse("").unwrap(),
            visibility: Visibility::Private,
            origin: Origin::Upload,
            file_name: &FileName::clean("a.mp4"),
            content_type: "video/mp4",
            size: Some(20),
            part_size: 10,
            fingerprint: None,
            quota: None,
            now: self.app.now(),
        };
        assert!(self.app.store.insert_video(&new).await.unwrap());
        id
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
    let (left, continued) = (house.upload(1).await, house.upload(2).await);
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
    let kept = for_ever.upload(1).await;
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
        let (open, ready) = (house.upload(1).await, house.upload(2).await);
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
