use super::*;
use crate::links::NewLink;
use domain::LinkId;

#[tokio::test]
async fn a_share_link_is_found_by_its_token_until_it_is_deleted() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Private).await;
    let other = bench.video(&ada, Visibility::Private).await;
    let make = async |hash: &str, expires_at| {
        let id = LinkId::from_random(bench.bytes());
        let new = NewLink {
            id: &id,
            video: &video,
            token_hash: hash,
            password_hash: None,
            allow_download: false,
            expires_at,
            now: NOW,
        };
        let mut tx = bench.store.begin().await.unwrap();
        let made = tx.insert_link(&new, 2).await.unwrap();
        tx.commit().await.unwrap();
        made.then_some(id)
    };
    let first = make("one", None).await.unwrap();
    let ends = NOW.plus(Duration::from_secs(60));
    assert!(make("two", Some(ends)).await.is_some());
    assert_eq!(make("three", None).await, None, "no more than two");
    let found = bench.store.link_by_token(&video, "one").await.unwrap().unwrap();
    assert_eq!((&found.id, found.used_at, found.is_alive(NOW)), (&first, None, true));
    assert!(bench.store.link_by_token(&other, "one").await.unwrap().is_none(), "of that video only");
    bench.store.link_used(&found, NOW).await.unwrap();
    assert_eq!(bench.store.link(&first).await.unwrap().unwrap().used_at, Some(NOW.0));
    let second = bench.store.link_by_token(&video, "two").await.unwrap().unwrap();
    assert!(!second.is_alive(ends));
    bench.store.sweep_links(ends.plus(Duration::from_secs(1))).await.unwrap();
    assert_eq!(bench.store.links_of(&video).await.unwrap().len(), 1);
    let mut tx = bench.store.begin().await.unwrap();
    assert!(!tx.delete_link(&other, &first).await.unwrap() && tx.delete_link(&video, &first).await.unwrap());
    tx.commit().await.unwrap();
    assert!(bench.store.link(&first).await.unwrap().is_none());
}
