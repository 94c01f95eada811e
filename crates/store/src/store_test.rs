use crate::accounts::NewAccount;
use crate::jobs::{Fence, Job, NewJob, Outcome, Retry};
use crate::media::{InitFacts, Rung, Segment};
use crate::uploads::SourcePart;
use crate::videos::{NewVideo, VideoChange};
use crate::{Cursor, Error, Store};
use domain::text::{Description, Email, FileName, Title, Username};
use domain::video::Failure;
use domain::{AccountId, ChannelId, JobId, Micros, Origin, Role, State, VideoId, Visibility};
use std::collections::HashSet;
use std::time::Duration;

const NOW: Micros = Micros(1_800_000_000_000_000);
const LEASE: Duration = Duration::from_secs(30);

struct Bench {
    store: Store,
    _folder: tempfile::TempDir,
    next: std::cell::Cell<u64>,
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        Self { store, _folder: folder, next: std::cell::Cell::new(1) }
    }

    fn bytes(&self) -> [u8; 8] {
        self.next.set(self.next.get() + 1);
        self.next.get().to_be_bytes()
    }

    async fn account(&self, name: &str) -> (AccountId, Role) {
        let id = AccountId::from_random(self.bytes());
        let mut tx = self.store.begin().await.unwrap();
        let role = tx
            .insert_account(&NewAccount {
                id: id.clone(),
                channel: ChannelId::from_random(self.bytes()),
                username: &Username::parse(name).unwrap(),
                email: &Email::parse(&format!("{name}@example.org")).unwrap(),
                password_hash: "x",
                now: NOW,
            })
            .await
            .unwrap();
        tx.commit().await.unwrap();
        (id, role)
    }

    async fn video(&self, account: &AccountId, visibility: Visibility) -> VideoId {
        let id = VideoId::from_random(self.bytes());
        let channel = self.store.first_channel(account).await.unwrap();
        self.store
            .insert_video(&NewVideo {
                id: id.clone(),
                account,
                channel: &channel.id,
                title: &Title::parse("A video").unwrap(),
                description: &Description::parse("").unwrap(),
                visibility,
                origin: Origin::Upload,
                file_name: &FileName::clean("a.mp4"),
                content_type: "video/mp4",
                size: Some(20),
                part_size: 10,
                fingerprint: None,
                show_while_recording: true,
                quota: None,
                now: NOW,
            })
            .await
            .unwrap();
        id
    }

    async fn enqueue(&self, account: &AccountId, video: &VideoId, key: &str, priority: i64) -> bool {
        let mut tx = self.store.begin().await.unwrap();
        let new = tx
            .enqueue(&NewJob {
                id: JobId::from_random(self.bytes()),
                kind: "test",
                lane: "lane",
                account,
                video,
                dedup_key: key,
                payload: "{}",
                priority,
                max_failures: 2,
                now: NOW,
            })
            .await
            .unwrap();
        tx.commit().await.unwrap();
        new
    }

    async fn claim(&self, now: Micros) -> Option<Job> {
        self.store.claim_job("lane", "worker", now, LEASE).await.unwrap()
    }

    async fn announce(&self, fence: &Fence, video: &VideoId, rung: &str, position: i64) {
        let rung = rung_of(rung, position);
        let mut tx = self.store.fenced(fence).await.unwrap();
        tx.announce_rung(video, &rung).await.unwrap();
        let init = InitFacts { codec: "avc1", timescale: 1000, key: "init" };
        assert!(tx.set_init(video, &rung.name, &init).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn publish(&self, fence: &Fence, video: &VideoId, rung: &str, msn: i64) -> Result<bool, Error> {
        let mut tx = self.store.fenced(fence).await?;
        let segment = Segment {
            epoch: 0,
            msn,
            start: msn * 4000,
            duration: 4000,
            size: 500,
            key: format!("k{msn}"),
            shift: 0,
        };
        let new = tx.insert_segment(video, rung, &segment).await?;
        tx.note_added(fence).await?;
        tx.commit().await?;
        Ok(new)
    }
}

/// A rung of pictures that nobody has encoded.
fn rung_of(name: &str, position: i64) -> Rung {
    Rung {
        name: name.into(),
        kind: "video".into(),
        position,
        width: Some(16),
        height: Some(9),
        frame_rate: Some(25_000),
        channels: None,
        copied: false,
        bridge: false,
        bandwidth: 1000,
        average_bandwidth: None,
        codec: None,
        timescale: None,
        init_key: None,
        target_duration: 4,
        complete: false,
        language: None,
        label: None,
        is_default: true,
    }
}

#[tokio::test]
async fn the_first_account_is_admin_and_names_are_taken_once() {
    let bench = Bench::new().await;
    assert_eq!(bench.account("ada").await.1, Role::Admin);
    let (bob, role) = bench.account("bob").await;
    assert_eq!(role, Role::User);
    let mut tx = bench.store.begin().await.unwrap();
    let again = NewAccount {
        id: AccountId::from_random(bench.bytes()),
        channel: ChannelId::from_random(bench.bytes()),
        username: &Username::parse("bob").unwrap(),
        email: &Email::parse("other@example.org").unwrap(),
        password_hash: "x",
        now: NOW,
    };
    assert!(
        matches!(tx.insert_account(&again).await, Err(Error::Taken(column)) if column == "account.username")
    );
    drop(tx);
    assert_eq!(bench.store.account_by_login("bob@example.org").await.unwrap().unwrap().id, bob);
    assert_eq!(bench.store.account_count().await.unwrap(), 2);
}

#[tokio::test]
async fn forty_jobs_and_eight_claimers_meet_exactly_once() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    for n in 0..40 {
        assert!(bench.enqueue(&ada, &video, &n.to_string(), 0).await);
    }
    assert!(!bench.enqueue(&ada, &video, "0", 0).await, "an open job has this key");
    let claimers: Vec<_> = (0..8)
        .map(|n| {
            let store = bench.store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while let Some(job) = store.claim_job("lane", &format!("w{n}"), NOW, LEASE).await.unwrap() {
                    mine.push(job.id);
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await.unwrap());
    }
    assert_eq!((all.len(), all.iter().collect::<HashSet<_>>().len()), (40, 40));
}

#[tokio::test]
async fn a_lost_lease_publishes_nothing() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    bench.enqueue(&ada, &video, "a", 0).await;
    let first = bench.claim(NOW).await.unwrap();
    bench.announce(&first.fence(), &video, "v", 0).await;
    assert!(bench.publish(&first.fence(), &video, "v", 0).await.unwrap());
    assert!(bench.claim(NOW.plus(LEASE)).await.is_none(), "the lease still holds");
    let late = NOW.plus(LEASE * 2);
    let second = bench.claim(late).await.unwrap();
    assert_eq!(
        (second.id.clone(), second.attempt, second.failures),
        (first.id.clone(), 2, 0),
        "it had added something"
    );
    assert!(matches!(bench.publish(&first.fence(), &video, "v", 1).await, Err(Error::LeaseLost)));
    assert!(matches!(bench.store.heartbeat(&first.fence(), 1, late).await, Err(Error::LeaseLost)));
    assert!(
        !bench.publish(&second.fence(), &video, "v", 0).await.unwrap(),
        "the place is taken: a retry changes nothing"
    );
    assert!(bench.publish(&second.fence(), &video, "v", 1).await.unwrap());
    assert_eq!(bench.store.segments(&video, "v").await.unwrap().len(), 2);
    let mut tx = bench.store.begin().await.unwrap();
    tx.delete_video(&video).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(bench.publish(&second.fence(), &video, "v", 2).await, Err(Error::LeaseLost)));
}

#[tokio::test]
async fn a_job_that_kills_its_worker_ends_as_failed() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    let mut tx = bench.store.begin().await.unwrap();
    assert!(tx.complete_upload(&video, 2, 20).await.unwrap());
    tx.commit().await.unwrap();
    bench.enqueue(&ada, &video, "poison", 0).await;
    let mut now = NOW;
    let mut attempts = 0;
    while bench.claim(now).await.is_some() {
        attempts += 1;
        now = now.plus(LEASE * 2);
        assert!(attempts <= 2, "handed out for ever");
    }
    assert_eq!(attempts, 2);
    let failed = bench.store.fail_exhausted_jobs(now).await.unwrap();
    assert_eq!(failed.iter().map(|job| &job.video_id).collect::<Vec<_>>(), [&video]);
    let mut tx = bench.store.begin().await.unwrap();
    assert!(tx.settle_job(&failed[0].fence(), "too often", now).await.unwrap());
    assert!(!tx.settle_job(&failed[0].fence(), "too often", now).await.unwrap(), "once");
    tx.commit().await.unwrap();
    assert!(bench.store.fail_exhausted_jobs(now).await.unwrap().is_empty(), "somebody has dealt with it");
}

#[tokio::test]
async fn an_attempt_that_added_something_does_not_count_as_failed() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    bench.enqueue(&ada, &video, "a", 0).await;
    let retry = Retry { run_at: NOW, error: "x", counts: true };
    for msn in 0..5 {
        let job = bench.claim(NOW).await.unwrap();
        bench.announce(&job.fence(), &video, "v", 0).await;
        bench.publish(&job.fence(), &video, "v", msn).await.unwrap();
        assert!(!bench.store.retry_job(&job.fence(), &retry).await.unwrap());
    }
    let job = bench.claim(NOW).await.unwrap();
    assert!(!bench.store.retry_job(&job.fence(), &retry).await.unwrap());
    let job = bench.claim(NOW).await.unwrap();
    assert!(bench.store.retry_job(&job.fence(), &retry).await.unwrap(), "two attempts without result");
    assert!(bench.claim(NOW).await.is_none());
}

#[tokio::test]
async fn a_restarted_worker_gets_its_leases_back_at_once() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    bench.enqueue(&ada, &video, "a", 0).await;
    let job = bench.claim(NOW).await.unwrap();
    assert_eq!(bench.store.release_leases("somebody else", true, NOW).await.unwrap(), 0);
    assert_eq!(bench.store.release_leases("worker", false, NOW).await.unwrap(), 1);
    let again = bench.claim(NOW).await.unwrap();
    assert_eq!((again.id, again.attempt, again.failures), (job.id, 2, 0));
}

#[tokio::test]
async fn priority_goes_first_and_accounts_take_turns() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let (bob, _) = bench.account("bob").await;
    let mine = bench.video(&ada, Visibility::Public).await;
    let theirs = bench.video(&bob, Visibility::Public).await;
    for key in ["a1", "a2"] {
        bench.enqueue(&ada, &mine, key, 0).await;
    }
    bench.enqueue(&bob, &theirs, "b1", 0).await;
    bench.enqueue(&ada, &mine, "urgent", 5).await;
    let mut order = Vec::new();
    while let Some(job) = bench.claim(NOW).await {
        order.push(job.account_id);
    }
    assert_eq!(order, [ada.clone(), bob, ada.clone(), ada]);
}

#[tokio::test]
async fn an_account_that_comes_late_does_not_wait_behind_all_jobs_of_another() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let (bob, _) = bench.account("bob").await;
    let mine = bench.video(&ada, Visibility::Public).await;
    let theirs = bench.video(&bob, Visibility::Public).await;
    for n in 0..20 {
        bench.enqueue(&ada, &mine, &format!("a{n}"), 9).await;
    }
    let mut order = String::new();
    for n in 0..9 {
        if n == 3 {
            bench.enqueue(&bob, &theirs, "b0", 1).await;
            bench.enqueue(&bob, &theirs, "b1", 1).await;
        }
        // One at a time, so that counting the running ones says nothing.
        let job = bench.claim(NOW).await.unwrap();
        order.push(if job.account_id == ada { 'a' } else { 'b' });
        let mut tx = bench.store.fenced(&job.fence()).await.unwrap();
        tx.finish_job(&job.fence(), Outcome::Done, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(order, "aaababaaa");
}

#[tokio::test]
async fn a_dropped_rung_names_all_its_objects() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    bench.enqueue(&ada, &video, "ladder", 0).await;
    let job = bench.claim(NOW).await.unwrap();
    bench.announce(&job.fence(), &video, "v", 0).await;
    bench.announce(&job.fence(), &video, "w", 1).await;
    bench.publish(&job.fence(), &video, "v", 0).await.unwrap();
    bench.publish(&job.fence(), &video, "v", 1).await.unwrap();
    let init = bench.store.rung(&video, "v").await.unwrap().unwrap().init_key;
    let mut tx = bench.store.fenced(&job.fence()).await.unwrap();
    let keys = tx.drop_rung(&video, "v").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(keys.len(), 2 + usize::from(init.is_some()));
    let left = bench.store.rungs(&video).await.unwrap();
    assert_eq!(left.iter().map(|rung| rung.name.as_str()).collect::<Vec<_>>(), ["w"]);
    assert!(bench.store.segments(&video, "v").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_video_is_playable_with_its_first_stage_and_ready_with_its_last_job() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    let mut tx = bench.store.begin().await.unwrap();
    assert!(tx.complete_upload(&video, 2, 20).await.unwrap());
    assert!(!tx.complete_upload(&video, 2, 20).await.unwrap(), "once");
    tx.commit().await.unwrap();
    bench.enqueue(&ada, &video, "first", 0).await;
    bench.enqueue(&ada, &video, "second", 0).await;
    let (first, second) = (bench.claim(NOW).await.unwrap(), bench.claim(NOW).await.unwrap());
    bench.announce(&first.fence(), &video, "v", 0).await;
    bench.announce(&first.fence(), &video, "a", 1).await;
    let playable = async |rung: &str| {
        bench.publish(&first.fence(), &video, rung, 0).await.unwrap();
        let mut tx = bench.store.fenced(&first.fence()).await.unwrap();
        let turned = tx.update_playable(&video, 2, NOW).await.unwrap();
        tx.commit().await.unwrap();
        turned
    };
    assert!(!playable("v").await);
    assert!(playable("a").await);
    assert!(!playable("a").await, "it turns once");
    let mut ready = Vec::new();
    for job in [&first, &second] {
        let mut tx = bench.store.fenced(&job.fence()).await.unwrap();
        tx.complete_rung(&video, "v").await.unwrap();
        ready.push(tx.update_ready(&video, &job.fence()).await.unwrap());
        tx.finish_job(&job.fence(), Outcome::Done, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(ready, [false, true]);
    let listed = bench.store.video(&video).await.unwrap().unwrap();
    assert_eq!((listed.video.state, listed.video.published_at), (State::Ready, Some(NOW.0)));
    let rungs = bench.store.rungs(&video).await.unwrap();
    assert_eq!(rungs[0].average_bandwidth, Some(1000), "500 bytes in 4 s");
}

#[tokio::test]
async fn a_new_visibility_is_a_new_access_generation_and_publishes_once() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Private).await;
    let change = async |visibility| {
        let change = VideoChange { visibility, ..VideoChange::default() };
        let mut tx = bench.store.begin().await.unwrap();
        tx.change_video(&video, &change, NOW).await.unwrap();
        tx.commit().await.unwrap();
        bench.store.video(&video).await.unwrap().unwrap().video.access_generation
    };
    assert_eq!(change(None).await, 0);
    assert_eq!(change(Some(Visibility::Private)).await, 0);
    assert_eq!(change(Some(Visibility::Public)).await, 1);
    assert_eq!(change(Some(Visibility::Private)).await, 2);
    let title = VideoChange { title: Title::parse("New").ok(), ..VideoChange::default() };
    let mut tx = bench.store.begin().await.unwrap();
    tx.change_video(&video, &title, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let listed = bench.store.video(&video).await.unwrap().unwrap();
    assert_eq!((listed.video.title.as_str(), listed.video.access_generation), ("New", 2));
}

#[tokio::test]
async fn pages_hold_every_video_once_even_when_times_are_equal() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let mut made = HashSet::new();
    for _ in 0..7 {
        made.insert(bench.video(&ada, Visibility::Public).await);
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = bench.store.videos_of(&ada, after.as_ref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Cursor { at: last.video.created_at.0, id: last.video.id.to_string() });
        seen.extend(page.into_iter().map(|listed| listed.video.id));
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<HashSet<_>>()), (7, made));
    assert_eq!(
        bench.store.recent_videos(None, NOW, 10).await.unwrap().len(),
        0,
        "nothing of it can be played"
    );
}

#[tokio::test]
async fn a_failed_video_says_why_and_its_parts_are_kept() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    let part = SourcePart { number: 1, size: 10, etag: "e".into() };
    assert!(bench.store.insert_part(&video, &part, NOW).await.unwrap());
    assert!(!bench.store.insert_part(&video, &part, NOW).await.unwrap());
    assert_eq!(bench.store.uploads_of(&ada).await.unwrap()[0].received_bytes, 10);
    let failure = Failure { code: "no_video".into(), message: "There is no video in it.".into() };
    let mut tx = bench.store.begin().await.unwrap();
    tx.fail_video(&video, &failure).await.unwrap();
    tx.commit().await.unwrap();
    let listed = bench.store.video(&video).await.unwrap().unwrap();
    assert_eq!((listed.video.state, listed.video.failure()), (State::Failed, Some(failure)));
    assert_eq!(bench.store.parts(&video).await.unwrap(), [part]);
}

#[tokio::test]
async fn captions_are_replaced_by_language_and_a_storyboard_is_kept() {
    use crate::tracks::{Caption, Storyboard};
    let bench = Bench::new().await;
    let (account, _) = bench.account("ada").await;
    let video = bench.video(&account, Visibility::Public).await;
    let caption = |lang: &str, position, key: &str| Caption {
        lang: lang.to_owned(),
        label: lang.to_uppercase(),
        position,
        key: key.to_owned(),
    };
    let board = Storyboard {
        tile_width: 160,
        tile_height: 90,
        columns: 5,
        rows: 5,
        starts: vec![0, 2_000_000],
        sheets: vec!["videos/x/storyboard-1-y.jpg".to_owned()],
    };
    assert_eq!(bench.store.storyboard(&video).await.unwrap(), None);
    let mut tx = bench.store.begin().await.unwrap();
    tx.put_caption(&video, &caption("fr", 1, "old")).await.unwrap();
    tx.put_caption(&video, &caption("en", 0, "en")).await.unwrap();
    tx.put_caption(&video, &caption("fr", 1, "new")).await.unwrap();
    tx.set_storyboard(&video, &board).await.unwrap();
    tx.commit().await.unwrap();
    let listed = bench.store.captions(&video).await.unwrap();
    assert_eq!(listed, [caption("en", 0, "en"), caption("fr", 1, "new")]);
    assert_eq!(bench.store.storyboard(&video).await.unwrap(), Some(board));
}

#[tokio::test]
async fn waiting_for_space_never_counts_and_crashes_count_apart() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    bench.enqueue(&ada, &video, "a", 0).await;
    let waiting = Retry { run_at: NOW, error: "the disk is full", counts: false };
    for _ in 0..20 {
        let job = bench.claim(NOW).await.unwrap();
        assert!(!bench.store.retry_job(&job.fence(), &waiting).await.unwrap());
    }
    let mut crashes = 0;
    while let Some(job) = bench.claim(NOW).await {
        assert_eq!(job.failures, 0);
        bench.store.release_leases("worker", true, NOW).await.unwrap();
        crashes += 1;
        assert!(crashes <= 10, "a job that brings the server down is handed out for ever");
    }
    assert_eq!(crashes, 10);
}

#[tokio::test]
async fn every_change_makes_a_video_due_until_it_is_described() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    let store = &bench.store;
    let due = async || store.undescribed(10).await.unwrap().first().map(|(_, revision)| *revision);
    let change = VideoChange { title: Title::parse("B").ok(), ..VideoChange::default() };
    let mut tx = store.begin().await.unwrap();
    tx.change_video(&video, &change, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(due().await, None, "an upload in progress is not described");
    let mut tx = store.begin().await.unwrap();
    tx.complete_upload(&video, 2, 20).await.unwrap();
    tx.commit().await.unwrap();
    let first = due().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.change_video(&video, &change, NOW).await.unwrap();
    tx.commit().await.unwrap();
    store.described(&video, first).await.unwrap();
    let second = due().await.expect("it has changed since it was read");
    store.described(&video, second).await.unwrap();
    assert_eq!(due().await, None);
    let caption =
        crate::tracks::Caption { lang: "en".into(), label: "E".into(), position: 0, key: "k".into() };
    let mut tx = store.begin().await.unwrap();
    tx.put_caption(&video, &caption).await.unwrap();
    tx.commit().await.unwrap();
    assert!(due().await.is_some());
    let mut tx = store.begin().await.unwrap();
    assert!(tx.delete_video(&video).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!((due().await, store.was_deleted(&video).await.unwrap()), (None, true));
}

fn day(days: i64) -> Micros {
    Micros(NOW.0 + days * 86_400_000_000)
}

fn part(number: i64, size: i64) -> SourcePart {
    SourcePart { number, size, etag: format!("{number}") }
}

#[tokio::test]
async fn usage_follows_parts_and_segments_as_they_come_and_go() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let (bob, _) = bench.account("bob").await;
    let video = bench.video(&ada, Visibility::Private).await;
    let usage = async |account| {
        let usage = bench.store.usage(account).await.unwrap();
        (usage.source_bytes, usage.media_bytes, usage.reserved_bytes)
    };
    assert_eq!(usage(&ada).await, (0, 0, 20), "what was announced is reserved");
    bench.store.insert_part(&video, &part(1, 10), NOW).await.unwrap();
    bench.store.insert_part(&video, &part(1, 10), NOW).await.unwrap();
    assert_eq!(usage(&ada).await, (10, 0, 10), "a part that comes twice counts once");
    let mut tx = bench.store.begin().await.unwrap();
    tx.complete_upload(&video, 2, 20).await.unwrap();
    tx.commit().await.unwrap();
    assert!(bench.enqueue(&ada, &video, "a", 1).await);
    let job = bench.claim(NOW).await.unwrap();
    bench.announce(&job.fence(), &video, "v1", 0).await;
    let mut tx = bench.store.fenced(&job.fence()).await.unwrap();
    for msn in 0..3 {
        let segment = Segment {
            epoch: 0,
            msn,
            start: msn,
            duration: 1,
            size: 7,
            key: format!("videos/{video}/v1/{msn}.m4s"),
            shift: 0,
        };
        assert!(tx.insert_segment(&video, "v1", &segment).await.unwrap());
    }
    tx.commit().await.unwrap();
    assert_eq!(usage(&ada).await, (10, 21, 0));
    assert_eq!(bench.store.stored_bytes(&video).await.unwrap(), Some((10, 21)));
    let mut tx = bench.store.fenced(&job.fence()).await.unwrap();
    tx.restart_rung(&video, "v1").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(usage(&ada).await, (10, 0, 0));
    assert_eq!(usage(&bob).await, (0, 0, 0));
    let mut tx = bench.store.begin().await.unwrap();
    tx.delete_video(&video).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((usage(&ada).await, bench.store.stored_bytes(&video).await.unwrap()), ((0, 0, 0), None));
}

#[tokio::test]
async fn an_upload_is_abandoned_when_nothing_came_for_long_and_is_saved_by_one_part() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let (left, continued) =
        (bench.video(&ada, Visibility::Private).await, bench.video(&ada, Visibility::Private).await);
    bench.store.insert_part(&left, &part(1, 10), day(1)).await.unwrap();
    bench.store.insert_part(&continued, &part(1, 10), day(1)).await.unwrap();
    assert_eq!(bench.store.abandoned_uploads(day(1)).await.unwrap(), []);
    assert_eq!(bench.store.abandoned_uploads(day(2)).await.unwrap().len(), 2);
    bench.store.insert_part(&continued, &part(2, 10), day(5)).await.unwrap();
    assert!(
        !bench.store.delete_abandoned(&continued, day(2)).await.unwrap(),
        "it went on after the list was made"
    );
    assert!(bench.store.delete_abandoned(&left, day(2)).await.unwrap());
    assert!(bench.store.is_gone(&left).await.unwrap() && !bench.store.is_gone(&continued).await.unwrap());
    let mut tx = bench.store.begin().await.unwrap();
    tx.complete_upload(&continued, 2, 20).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        bench.store.abandoned_uploads(day(100)).await.unwrap(),
        [],
        "a completed one is no upload any more"
    );
}

#[tokio::test]
async fn an_upload_that_died_is_listed_to_its_owner_alone_until_it_goes_on() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Public).await;
    bench.store.insert_part(&video, &part(1, 10), day(1)).await.unwrap();
    bench.enqueue(&ada, &video, "first", 0).await;
    let fence = bench.claim(NOW).await.unwrap().fence();
    bench.announce(&fence, &video, "240p", 0).await;
    bench.publish(&fence, &video, "240p", 0).await.unwrap();
    let mut tx = bench.store.begin().await.unwrap();
    tx.update_playable(&video, 1, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let listed = async |alive| bench.store.recent_videos(None, alive, 10).await.unwrap().len();
    assert_eq!((listed(day(1)).await, listed(day(2)).await), (1, 0));
    assert_eq!(bench.store.videos_of(&ada, None, 10).await.unwrap().len(), 1);
    bench.store.insert_part(&video, &part(2, 10), day(3)).await.unwrap();
    assert_eq!(listed(day(2)).await, 1);
    let mut tx = bench.store.begin().await.unwrap();
    tx.complete_upload(&video, 2, 20).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(listed(day(9)).await, 1, "what is whole is not arriving any more");
}

#[tokio::test]
async fn a_source_goes_only_when_its_video_is_ready_and_no_job_is_left() {
    let bench = Bench::new().await;
    let (ada, _) = bench.account("ada").await;
    let video = bench.video(&ada, Visibility::Private).await;
    bench.store.insert_part(&video, &part(1, 20), NOW).await.unwrap();
    assert!(!bench.store.forget_source(&video).await.unwrap(), "its upload is open");
    let mut tx = bench.store.begin().await.unwrap();
    tx.complete_upload(&video, 1, 20).await.unwrap();
    tx.commit().await.unwrap();
    assert!(bench.enqueue(&ada, &video, "a", 1).await);
    let job = bench.claim(NOW).await.unwrap();
    let mut tx = bench.store.fenced(&job.fence()).await.unwrap();
    tx.update_playable(&video, 0, NOW).await.unwrap();
    assert!(tx.update_ready(&video, &job.fence()).await.unwrap());
    tx.finish_job(&job.fence(), Outcome::Done, day(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(bench.store.unneeded_sources(NOW).await.unwrap(), [], "its days begin when it is ready");
    assert_eq!(bench.store.unneeded_sources(day(2)).await.unwrap(), std::slice::from_ref(&video));
    assert!(bench.store.forget_source(&video).await.unwrap());
    assert_eq!(bench.store.unneeded_sources(day(2)).await.unwrap(), []);
}

#[path = "links_test.rs"]
mod links;

#[path = "edits_test.rs"]
mod edits;

#[path = "live_test.rs"]
mod live;
