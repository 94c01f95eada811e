use crate::Store;
use crate::earlier_test::{READY, as_of};
use domain::VideoId;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

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
    assert_eq!((last, videos), (3, 3));
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
    let id: VideoId = READY.parse().unwrap();
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
