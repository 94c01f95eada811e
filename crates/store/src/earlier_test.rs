//! Databases of every earlier schema, brought up to this one (docs/decisions/0020).

use crate::{Cursor, MIGRATIONS, Store};
use domain::{AccountId, Role, State, VideoId};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Values that a migration changes by intent: since which schema, of which table and column.
const CHANGED: &[(i64, &str, &str)] = &[];

/// Schemas of which whole data folders are kept, for the tests of the binary: the first one whose videos play, and the last before
/// these tests.
const SERVED: &[i64] = &[3, 13];

/// A database as the program with schema `version` left it: each migration up to that one, followed by the rows it brought.
pub(crate) async fn as_of(file: &Path, version: i64) {
    // Small pages, for those of these files that are kept.
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .page_size(512)
        .synchronous(sqlx::sqlite::SqliteSynchronous::Off);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    for last in versions().into_iter().filter(|last| *last <= version) {
        let so_far: Vec<_> = MIGRATIONS.iter().filter(|step| step.version <= last).cloned().collect();
        Migrator::with_migrations(so_far).run(&pool).await.unwrap();
        let rows = std::fs::read_to_string(rows_of(last)).unwrap_or_default();
        sqlx::raw_sql(sqlx::AssertSqlSafe(rows)).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

fn versions() -> Vec<i64> {
    MIGRATIONS.iter().map(|migration| migration.version).collect()
}

fn rows_of(version: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("earlier/{version:04}.sql"))
}

/// The rows of every table but sqlx's own, column by column: what is in the table, one JSON value per row, in an order of its own.
async fn contents(file: &Path) -> BTreeMap<(String, String), Vec<String>> {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(file)).await.unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '_sqlx_%'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let mut found = BTreeMap::new();
    for (table, column) in columns {
        let keys: Vec<(String,)> =
            sqlx::query_as("SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk")
                .bind(&table)
                .fetch_all(&pool)
                .await
                .unwrap();
        let keys: Vec<_> = keys.into_iter().map(|(key,)| key).collect();
        let keys = keys.join(", ");
        // A row is its key and its value, so that a value that moved to another row is a change.
        let sql = format!(
            "SELECT json_array({keys}, \"{column}\") FROM \"{table}\" WHERE \"{column}\" IS NOT NULL ORDER BY {keys}"
        );
        let rows: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
        found.insert((table, column), rows.into_iter().map(|(row,)| row).collect());
    }
    pool.close().await;
    found
}

#[test]
fn every_migration_has_rows_and_is_what_it_was_when_they_were_written() {
    for migration in MIGRATIONS.iter() {
        let (file, checksum) = (rows_of(migration.version), hex(&migration.checksum));
        let rows = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            rows.lines().next(),
            Some(format!("-- {checksum}").as_str()),
            "{}: a new migration needs this file: the checksum as above, then rows of the tables and columns that it brought \
             (INSERT, UPDATE), as this program writes them. A migration that was edited is refused by every database that ran it: add \
             another one instead, or put the new checksum here when no release has it",
            file.display()
        );
    }
    let kept = std::fs::read_dir(rows_of(1).parent().unwrap()).unwrap().count();
    assert_eq!(kept, versions().len(), "rows of no migration in crates/store/earlier");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_rows_fill_every_column() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vitascope.db");
    as_of(&file, i64::MAX).await;
    let empty: Vec<_> = contents(&file)
        .await
        .into_iter()
        .filter(|(_, rows)| rows.is_empty())
        .map(|(column, _)| column)
        .collect();
    assert!(empty.is_empty(), "crates/store/earlier has no value for {empty:?}");
}

#[tokio::test]
async fn no_migration_changes_a_value_by_accident() {
    for version in versions() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vitascope.db");
        as_of(&file, version).await;
        let before = contents(&file).await;
        Store::open(&file).await.unwrap().close().await;
        let after = contents(&file).await;
        for (place @ (table, column), rows) in &before {
            let intended = CHANGED.iter().any(|(since, t, c)| *since > version && t == table && c == column);
            assert!(intended || after.get(place) == Some(rows), "from schema {version}: {table}.{column}");
        }
    }
}

#[tokio::test]
async fn a_database_of_every_earlier_schema_is_read_changed_and_emptied_by_this_store() {
    for version in versions() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vitascope.db");
        as_of(&file, version).await;
        let store = Store::open(&file).await.unwrap();
        accounts(&store, version).await;
        if version >= 2 {
            videos(&store, version).await;
        }
        assert_eq!(store.damage().await.unwrap(), Vec::<String>::new(), "from schema {version}");
        store.close().await;
    }
}

async fn accounts(store: &Store, version: i64) {
    let ada = store.account_by_login("ada").await.unwrap().unwrap();
    assert_eq!((ada.role, ada.email.as_str()), (Role::Admin, "ada@example.org"));
    assert_eq!(store.first_channel(&ada.id).await.unwrap().handle, "ada");
    let sessions = store.sessions_of(&ada.id).await.unwrap();
    assert_eq!(sessions.len(), 1, "one of the two was revoked");
    assert_eq!(sessions[0].used_at.is_some(), version >= 11);
    let now = sessions[0].created_at;
    let bearer = store.bearer(ACCESS_TOKEN, now).await.unwrap().unwrap();
    assert_eq!((bearer.account_id, bearer.role), (ada.id.clone(), Role::Admin));
    let audit = store.audit(None::<&Cursor>, 10).await.unwrap();
    assert_eq!(audit.len(), usize::from(version >= 11));
}

/// The hash of one in `earlier/0001.sql`.
const ACCESS_TOKEN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

async fn videos(store: &Store, version: i64) {
    let id: VideoId = READY.parse().unwrap();
    let found = store.video(&id).await.unwrap().unwrap();
    assert_eq!((found.video.title.as_str(), found.channel_handle.as_str()), ("A talk", "ada"));
    assert!(found.video.state == State::Ready && found.video.playable);
    let parts = store.parts(&id).await.unwrap();
    let rungs = store.rungs(&id).await.unwrap();
    let names: Vec<_> = rungs.iter().map(|rung| (rung.name.as_str(), rung.complete)).collect();
    assert_eq!((parts.len(), names), (1, vec![("72p", true), ("audio", true)]));
    let mut bytes = 0;
    for rung in &rungs {
        let segments = store.segments(&id, &rung.name).await.unwrap();
        assert!(!segments.is_empty() && rung.is_default);
        bytes += segments.iter().map(|segment| segment.size).sum::<i64>();
    }
    assert_eq!(store.stored_bytes(&id).await.unwrap(), Some((parts[0].size, bytes)), "from schema {version}");
    assert_eq!(store.captions(&id).await.unwrap().len(), usize::from(version >= 4));
    assert_eq!(store.storyboard(&id).await.unwrap().is_some(), version >= 4);
    let failed: VideoId = FAILED.parse().unwrap();
    let failure = store.video(&failed).await.unwrap().unwrap().video;
    assert!(failure.state == State::Failed);

    let ada: AccountId = found.video.account_id.clone();
    assert_eq!(store.usage(&ada).await.unwrap().source_bytes, parts[0].size);
    let due: Vec<_> = store.undescribed(10).await.unwrap().into_iter().map(|(id, _)| id).collect();
    assert!(due.contains(&id) || version >= 10, "what is complete is due to be described");
    for id in [id, failed] {
        let mut tx = store.begin().await.unwrap();
        assert!(tx.delete_video(&id).await.unwrap());
        tx.commit().await.unwrap();
        assert!(store.was_deleted(&id).await.unwrap() && store.parts(&id).await.unwrap().is_empty());
        assert!(store.rungs(&id).await.unwrap().is_empty());
    }
}

pub(crate) const READY: &str = "ohpSlxqcVXo";
const FAILED: &str = "FFFFFFFFFFF";

/// Makes those of the kept databases that are not there yet: what stands there is what that schema left, and stays.
#[tokio::test]
async fn the_kept_databases_are_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vitascope/tests/it/earlier");
    for version in SERVED {
        let file = folder.join(format!("{version:04}.db"));
        if std::env::var_os("BLESS").is_some() && !file.exists() {
            as_of(&file, *version).await;
        }
        assert!(file.exists(), "BLESS=1 makes {}", file.display());
    }
}
