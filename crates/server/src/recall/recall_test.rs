use super::*;
use domain::text::{Description, Email, FileName, Title, Username};
use domain::{AccountId, ChannelId, Micros, Origin, Visibility};
use store::accounts::NewAccount;
use store::videos::{NewVideo, VideoChange};

const NOW: Micros = Micros(1_800_000_000_000_000);

/// An account of whom more videos can be made.
struct Maker {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Maker {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.insert_account(&NewAccount {
            id: AccountId::from_random([1; 8]),
            channel: ChannelId::from_random([1; 8]),
            username: &Username::parse("ada").unwrap(),
            email: &Email::parse("ada@example.org").unwrap(),
            password_hash: "x",
            now: NOW,
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
        Self { store, _folder: folder }
    }

    async fn video(&self, seed: u8) -> VideoId {
        let id = VideoId::from_random([seed; 8]);
        let new = NewVideo {
            id: id.clone(),
            account: &AccountId::from_random([1; 8]),
            channel: &ChannelId::from_random([1; 8]),
            title: &Title::parse("A video").unwrap(),
            description: &Description::parse("").unwrap(),
            visibility: Visibility::Public,
            origin: Origin::Upload,
            file_name: &FileName::clean("a.mp4"),
            content_type: "video/mp4",
            size: Some(20),
            part_size: 10,
            fingerprint: None,
            quota: None,
            show_while_recording: true,
            now: NOW,
        };
        assert!(self.store.insert_video(&new).await.unwrap());
        id
    }
}

#[tokio::test]
async fn a_look_is_kept_until_anything_is_written() {
    let maker = Maker::new().await;
    let recall = Recall::new(maker.store.clone());
    let id = maker.video(1).await;
    let first = recall.video(&id).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &recall.video(&id).await.unwrap().unwrap()), "nothing was written");
    assert!(first.listed.video.visibility == Visibility::Public);

    let mut tx = maker.store.begin().await.unwrap();
    let change = VideoChange { visibility: Some(Visibility::Private), ..VideoChange::default() };
    tx.change_video(&id, &change, NOW).await.unwrap();
    let during = recall.video(&id).await.unwrap().unwrap();
    assert!(during.listed.video.visibility == Visibility::Public, "nothing is acknowledged yet");
    tx.commit().await.unwrap();
    let after = recall.video(&id).await.unwrap().unwrap();
    assert!(after.listed.video.visibility == Visibility::Private, "an acknowledged change is seen at once");
}

#[tokio::test]
async fn what_was_not_there_is_not_kept() {
    let maker = Maker::new().await;
    let recall = Recall::new(maker.store.clone());
    let absent = VideoId::from_random([9; 8]);
    assert!(recall.video(&absent).await.unwrap().is_none());
    let page = recall.recent(None, NOW, 10).await.unwrap();
    assert!(Arc::ptr_eq(&page, &recall.recent(None, NOW, 10).await.unwrap()));
    maker.video(9).await;
    assert!(recall.video(&absent).await.unwrap().is_some());
    assert!(!Arc::ptr_eq(&page, &recall.recent(None, NOW, 10).await.unwrap()));
}

#[tokio::test]
async fn another_process_s_writes_are_seen_after_a_while() {
    let maker = Maker::new().await;
    let recall = Recall::new(maker.store.clone());
    let id = maker.video(1).await;
    let first = recall.video(&id).await.unwrap().unwrap();
    recall.kept.lock().unwrap().since = Instant::now().checked_sub(LIFE * 2);
    assert!(!Arc::ptr_eq(&first, &recall.video(&id).await.unwrap().unwrap()));
}

#[tokio::test]
async fn the_kept_are_counted() {
    let mut kept = HashMap::new();
    for number in 0..MAX_KEPT * 2 + 1 {
        keep(&mut kept, number, ());
        assert!(kept.len() <= MAX_KEPT);
    }
}
