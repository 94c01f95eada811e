use super::*;
use crate::config::Config;
use crate::house::House;
use domain::Visibility;
use store::videos::VideoChange;

#[tokio::test]
async fn a_look_is_kept_until_anything_is_written() {
    let house = House::new(Config::default()).await;
    let recall = &house.app.recall;
    let id = house.upload(1, Visibility::Public).await;
    let first = recall.video(&id).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &recall.video(&id).await.unwrap().unwrap()), "nothing was written");
    assert!(first.listed.video.visibility == Visibility::Public);
    let access = recall.access(&id).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&access, &recall.access(&id).await.unwrap().unwrap()));

    let mut tx = house.app.store.begin().await.unwrap();
    let change = VideoChange { visibility: Some(Visibility::Private), ..VideoChange::default() };
    tx.change_video(&id, &change, house.app.now()).await.unwrap();
    let during = recall.video(&id).await.unwrap().unwrap();
    assert!(during.listed.video.visibility == Visibility::Public, "nothing is acknowledged yet");
    tx.commit().await.unwrap();
    let after = recall.video(&id).await.unwrap().unwrap();
    assert!(after.listed.video.visibility == Visibility::Private, "an acknowledged change is seen at once");
    let access = recall.access(&id).await.unwrap().unwrap();
    assert!(access.visibility == Visibility::Private && access.generation > 0);
}

#[tokio::test]
async fn what_was_read_before_a_change_is_not_kept_after_it() {
    let house = House::new(Config::default()).await;
    let (recall, store) = (&house.app.recall, &house.app.store);
    let id = house.upload(1, Visibility::Public).await;
    // A request that read the row, and then was held up until somebody else changed it.
    let before = store.writes();
    let read = store.video(&id).await.unwrap().unwrap().video.access();
    let mut tx = store.begin().await.unwrap();
    let change = VideoChange { visibility: Some(Visibility::Private), ..VideoChange::default() };
    tx.change_video(&id, &change, house.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    recall.keep_access(before, &id, Arc::new(read));
    assert!(recall.access(&id).await.unwrap().unwrap().visibility == Visibility::Private);
    // Nor when somebody has asked since.
    let late = store.video(&id).await.unwrap().unwrap().video.access();
    recall.keep_access(before, &id, Arc::new(VideoAccess { visibility: Visibility::Public, ..late }));
    assert!(recall.access(&id).await.unwrap().unwrap().visibility == Visibility::Private);
}

#[tokio::test]
async fn what_was_not_there_is_not_kept() {
    let house = House::new(Config::default()).await;
    let recall = &house.app.recall;
    let absent = VideoId::from_random([9; 8]);
    assert!(recall.video(&absent).await.unwrap().is_none());
    let page = recall.recent(None, house.app.now(), 10).await.unwrap();
    assert!(Arc::ptr_eq(&page, &recall.recent(None, house.app.now(), 10).await.unwrap()));
    house.upload(9, Visibility::Public).await;
    assert!(recall.video(&absent).await.unwrap().is_some());
    assert!(!Arc::ptr_eq(&page, &recall.recent(None, house.app.now(), 10).await.unwrap()));
}

#[tokio::test]
async fn another_process_s_writes_are_seen_after_a_while() {
    let house = House::new(Config::default()).await;
    let recall = &house.app.recall;
    let id = house.upload(1, Visibility::Public).await;
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
