use crate::{MIGRATIONS, Store};
use domain::VideoId;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::path::Path;

/// A database as an earlier version left it: the schema after `version`, with rows in every table it had.
async fn as_of(file: &Path, version: i64) {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(file).create_if_missing(true))
        .await
        .unwrap();
    let earlier: Vec<_> = MIGRATIONS.iter().filter(|step| step.version <= version).cloned().collect();
    Migrator::with_migrations(earlier).run(&pool).await.unwrap();
    sqlx::raw_sql(ROWS).execute(&pool).await.unwrap();
    pool.close().await;
}

const ROWS: &str = "
INSERT INTO account VALUES ('AAAAAAAAAAA', 'ada', 'ada@example.org', 'x', 'admin', 1);
INSERT INTO channel VALUES ('CCCCCCCCCCC', 'AAAAAAAAAAA', 'ada', 'ada', 1);
INSERT INTO session VALUES ('SSSSSSSSSSS', 'AAAAAAAAAAA', 'browser', '::1', 1, NULL);
INSERT INTO refresh_token VALUES ('r', 'SSSSSSSSSSS', 9, NULL);
INSERT INTO access_token VALUES ('a', 'SSSSSSSSSSS', 9);
INSERT INTO video (id, account_id, channel_id, title, description, visibility, origin, state, file_name, content_type, size,
  part_size, part_count, duration, plan, poster, playable, created_at, published_at)
VALUES ('VVVVVVVVVVV', 'AAAAAAAAAAA', 'CCCCCCCCCCC', 'Old', '', 'public', 'upload', 'ready', 'a.mp4', 'video/mp4', 5, 10, 1,
  2000000, '{}', 'videos/VVVVVVVVVVV/poster-0.jpg', 1, 2, 3);
INSERT INTO video (id, account_id, channel_id, title, description, visibility, origin, state, file_name, content_type, part_size, created_at)
VALUES ('UUUUUUUUUUU', 'AAAAAAAAAAA', 'CCCCCCCCCCC', 'Half', '', 'private', 'upload', 'uploading', 'b.mp4', '', 10, 4);
INSERT INTO source_part VALUES ('VVVVVVVVVVV', 1, 5, 'e', 2);
INSERT INTO rung (video_id, name, kind, position, copied, bridge, bandwidth, target_duration, complete)
VALUES ('VVVVVVVVVVV', '360p', 'video', 0, 1, 0, 1000, 4, 1);
INSERT INTO segment VALUES ('VVVVVVVVVVV', '360p', 0, 0, 0, 90000, 7, 'videos/VVVVVVVVVVV/360p/0-0-0.m4s');
INSERT INTO job (id, kind, lane, account_id, video_id, dedup_key, payload, priority, state, max_failures, run_at, created_at)
VALUES ('JJJJJJJJJJJ', 'first', 'first', 'AAAAAAAAAAA', 'VVVVVVVVVVV', 'k', '{}', 1, 'done', 3, 1, 1);";

/// The last schema of each release; the one in preparation is not among them.
const RELEASES: [i64; 1] = [3];

#[tokio::test]
async fn a_database_of_every_earlier_release_comes_up_with_all_its_rows() {
    for version in RELEASES {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vitascope.db");
        as_of(&file, version).await;
        let store = Store::open(&file).await.unwrap();
        let id: VideoId = "VVVVVVVVVVV".parse().unwrap();
        let video = store.video(&id).await.unwrap().unwrap();
        assert_eq!((video.video.title.as_str(), video.channel_handle.as_str()), ("Old", "ada"));
        assert_eq!(store.parts(&id).await.unwrap().len(), 1);
        let rungs = store.rungs(&id).await.unwrap();
        assert!(rungs.len() == 1 && rungs[0].is_default);
        assert_eq!(store.segments(&id, "360p").await.unwrap().len(), 1);
        assert_eq!(store.account_by_login("ada").await.unwrap().unwrap().role, domain::Role::Admin);
        assert_eq!(
            store.undescribed(10).await.unwrap(),
            [(id, 1)],
            "what is complete is due to be described"
        );
        assert_eq!(store.damage().await.unwrap(), Vec::<String>::new());
        store.close().await;
    }
}

#[tokio::test]
async fn a_migration_leaves_the_database_as_it_was_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vitascope.db");
    as_of(&file, 3).await;
    for old in [1, 2, 3] {
        std::fs::write(folder.path().join(format!("backup-before-{old}.db")), b"older").unwrap();
    }
    Store::open(&file).await.unwrap().close().await;
    let kept = || {
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with("backup-before-"))
            .collect();
        names.sort();
        names
    };
    assert_eq!(kept(), ["backup-before-2.db", "backup-before-3.db", "backup-before-4.db"]);
    let copy = SqliteConnectOptions::new().filename(folder.path().join("backup-before-4.db"));
    let pool = SqlitePool::connect_with(copy).await.unwrap();
    let (last,): (i64,) =
        sqlx::query_as("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&pool).await.unwrap();
    let (videos,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM video").fetch_one(&pool).await.unwrap();
    assert_eq!((last, videos), (3, 2));
    pool.close().await;
    // Up to date: nothing to keep.
    std::fs::remove_file(folder.path().join("backup-before-4.db")).unwrap();
    Store::open(&file).await.unwrap().close().await;
    assert_eq!(kept().len(), 2);
}

#[tokio::test]
async fn who_only_looks_changes_nothing_and_refuses_another_schema() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vitascope.db");
    assert!(Store::look_into(&file).await.is_err() && !file.exists());
    as_of(&file, 3).await;
    assert!(matches!(Store::look_into(&file).await, Err(crate::Error::OtherSchema)));
    let running = Store::open(&file).await.unwrap();
    let looking = Store::look_into(&file).await.unwrap();
    let id: VideoId = "VVVVVVVVVVV".parse().unwrap();
    let refused = async {
        let mut tx = looking.begin().await?;
        tx.delete_video(&id).await?;
        tx.commit().await
    };
    assert!(refused.await.is_err());
    let mut tx = running.begin().await.unwrap();
    assert!(tx.delete_video(&id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(looking.is_gone(&id).await.unwrap() && looking.was_deleted(&id).await.unwrap());
    let copy = folder.path().join("copy.db");
    Store::copy(&file, &copy).await.unwrap();
    let before = std::fs::read(&copy).unwrap();
    assert!(Store::look_into_copy(&copy).await.unwrap().is_gone(&id).await.unwrap());
    assert_eq!(std::fs::read(&copy).unwrap(), before);
    assert!(!folder.path().join("copy.db-wal").exists());
}
