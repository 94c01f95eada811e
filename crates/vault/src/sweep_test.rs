use crate::{DataFolder, Describer, Record, rebuild, record_key, sweep, verify};
use blobs::{Durability, LocalFolder, ObjectKey};
use bus::Bus;
use bytes::Bytes;
use domain::text::{Description, Email, FileName, Title, Username};
use domain::{AccountId, ChannelId, JobId, Micros, Origin, VideoId, Visibility};
use std::time::Duration;
use store::Store;
use store::accounts::NewAccount;
use store::uploads::SourcePart;
use store::videos::NewVideo;

const NOW: Micros = Micros(1_800_000_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// An instance with one video whose source is complete.
struct Bench {
    folder: tempfile::TempDir,
    store: Store,
    blobs: LocalFolder,
    video: VideoId,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("vitascope.db")).await.unwrap();
        let blobs = LocalFolder::open(folder.path(), 0).unwrap();
        let (account, channel) = (AccountId::from_random([1; 8]), ChannelId::from_random([2; 8]));
        let mut tx = store.begin().await.unwrap();
        tx.insert_account(&NewAccount {
            id: account.clone(),
            channel: channel.clone(),
            username: &Username::parse("ada").unwrap(),
            email: &Email::parse("ada@example.org").unwrap(),
            password_hash: "x",
            now: NOW,
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let video = VideoId::from_random([3; 8]);
        store
            .insert_video(&NewVideo {
                id: video.clone(),
                account: &account,
                channel: &channel,
                title: &Title::parse("A video").unwrap(),
                description: &Description::parse("").unwrap(),
                visibility: Visibility::Public,
                origin: Origin::Upload,
                file_name: &FileName::clean("a.mp4"),
                content_type: "",
                size: Some(3),
                part_size: 3,
                fingerprint: None,
                quota: None,
                show_while_recording: true,
                now: NOW,
            })
            .await
            .unwrap();
        let mut part = blobs.begin().await.unwrap();
        part.write(b"abc").unwrap();
        let written = part.publish_new(&blobs, &pipeline::part_key(&video, 1).unwrap()).await.unwrap();
        let part = SourcePart { number: 1, size: 3, etag: written.hash };
        store.insert_part(&video, &part, NOW).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.complete_upload(&video, 1, 3).await.unwrap();
        tx.commit().await.unwrap();
        Self { folder, store, blobs, video }
    }

    async fn describe(&self) {
        let bus = Bus::in_process();
        let describer = Describer { store: self.store.clone(), blobs: self.blobs.clone(), bus };
        while describer.describe_due().await.unwrap() {}
    }

    async fn put(&self, name: &str) -> ObjectKey {
        let key = ObjectKey::parse(name).unwrap();
        self.blobs.put(&key, Bytes::from_static(b"x"), Durability::Cached).await.unwrap();
        key
    }

    async fn sweep(&self, age: Duration) -> crate::Swept {
        sweep(&self.store, &self.blobs, None, age, NOW).await.unwrap()
    }
}

#[tokio::test]
async fn leftovers_go_by_age_and_what_rows_refer_to_stays() {
    let bench = Bench::new().await;
    bench.describe().await;
    let stray = bench.put(&format!("videos/{}/720p/0-1-0123456789abcdef01234567.m4s", bench.video)).await;
    assert_eq!(bench.sweep(HOUR).await.leftovers, 0, "its row may be on the way");
    assert_eq!(bench.sweep(Duration::ZERO).await.leftovers, 1);
    assert!(matches!(bench.blobs.size(&stray).await, Err(blobs::Error::NotFound)));
    let report = verify(&DataFolder::look_into(bench.folder.path()).await.unwrap()).await.unwrap();
    assert!(report.ok && report.orphan_count == 0 && report.objects == 1, "{report:?}");
}

#[tokio::test]
async fn what_was_deleted_goes_and_what_the_catalogue_never_knew_stays() {
    let bench = Bench::new().await;
    bench.describe().await;
    let unknown = bench.put(&format!("videos/{}/video.json", VideoId::from_random([9; 8]))).await;
    let mut tx = bench.store.begin().await.unwrap();
    tx.delete_video(&bench.video).await.unwrap();
    tx.commit().await.unwrap();
    let swept = bench.sweep(Duration::ZERO).await;
    assert_eq!((swept.deleted, swept.unknown), (1, 1));
    assert!(matches!(
        Record::read(&bench.blobs, &bench.video).await,
        Err(crate::Error::Blobs(blobs::Error::NotFound))
    ));
    assert_eq!(bench.blobs.size(&unknown).await.unwrap(), 1);
    assert!(
        bench.store.was_deleted(&bench.video).await.unwrap(),
        "who began to write before may still do so"
    );
    sweep(&bench.store, &bench.blobs, None, HOUR, NOW.plus(HOUR * 2)).await.unwrap();
    assert!(!bench.store.was_deleted(&bench.video).await.unwrap());
}

#[tokio::test]
async fn an_unfinished_video_is_rebuilt_with_a_job_and_a_damaged_record_is_told() {
    let bench = Bench::new().await;
    bench.describe().await;
    let damaged = VideoId::from_random([5; 8]);
    let key = record_key(&damaged).unwrap();
    bench.blobs.put(&key, Bytes::from_static(b"{\"format\":1"), Durability::Cached).await.unwrap();
    bench.store.close().await;
    for name in ["vitascope.db", "vitascope.db-wal", "vitascope.db-shm"] {
        let _gone_already = std::fs::remove_file(bench.folder.path().join(name));
    }
    let mut next = || JobId::from_random([6; 8]);
    let rebuilt = rebuild(bench.folder.path(), NOW, &mut next).await.unwrap();
    assert_eq!((rebuilt.videos, &rebuilt.to_process[..]), (0, std::slice::from_ref(&bench.video)));
    assert_eq!(rebuilt.lost[0].video, damaged);
    let store = Store::open(&bench.folder.path().join("vitascope.db")).await.unwrap();
    let job = store.claim_job(pipeline::FIRST_LANE, "w", NOW, HOUR).await.unwrap().unwrap();
    assert_eq!(job.video_id, bench.video);
    assert!(rebuild(bench.folder.path(), NOW, &mut next).await.is_err(), "a catalogue is never replaced");
}
