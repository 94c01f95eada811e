//! Every SQL statement of Vitascope, behind one API in domain types.
//!
//! SQLite (WAL, one writer, several readers) through verbs whose SQL text also fits PostgreSQL. No HTTP, no media, no
//! rules about who may do what: those are in `domain`. Start from [`Store::open`]; the tables are in `migrations/`.
//!
//! What is acknowledged is durable: every commit is synced (`synchronous = FULL`).

#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod accounts;
pub mod audit;
pub mod edits;
pub mod jobs;
mod keep;
pub mod links;
pub mod live;
pub mod media;
pub mod sessions;
mod sweeps;
pub mod tracks;
pub mod uploads;
pub mod usage;
pub mod vault;
mod verbs;
pub mod videos;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;
use verbs::Db;
pub use verbs::Tx;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that must be unique is taken; the text names the table and column.
    #[error("already taken: {0}")]
    Taken(String),
    /// The caller's lease was lost: another attempt owns the job now, and nothing was written.
    #[error("the lease of this job was lost")]
    LeaseLost,
    /// No space is left for the database.
    #[error("the disk is full")]
    Full,
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(sqlx::Error),
    /// The database was written by another version of this program.
    #[error(
        "the database has the schema of another version of Vitascope: start `vitascope serve` of this version on it once, or \
         use the program that wrote it"
    )]
    OtherSchema,
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A stored JSON value does not parse.
    #[error("stored JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        const SQLITE_FULL: &str = "13";
        if let sqlx::Error::Database(cause) = &error {
            if cause.is_unique_violation() {
                let text = cause.message();
                return Self::Taken(text.rsplit(": ").next().unwrap_or(text).to_owned());
            }
            if cause.code().as_deref() == Some(SQLITE_FULL) {
                return Self::Full;
            }
        }
        Self::Database(error)
    }
}

/// The result of every store method.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where one page of a list ends and the next begins: sort value and identifier of the last row seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The sort column's value.
    pub at: i64,
    /// Breaks ties.
    pub id: String,
}

/// The catalogue.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
}

impl Store {
    /// Opens the SQLite database file, creating it and bringing its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or a migration fails.
    pub async fn open(file: &Path) -> Result<Self> {
        keep::before_migration(file).await?;
        let options = options(file)
            .journal_mode(SqliteJournalMode::Wal)
            .create_if_missing(true)
            .optimize_on_close(true, None);
        // A connection to a file does not die: it need not be asked whether it lives before each statement.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(WRITE_QUEUE_TIMEOUT)
            .connect_with(options.clone())
            .await?;
        MIGRATIONS.run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { db: Db::new(readers, writer) })
    }

    /// Opens a database that is there, for reading only; a server may be running on it.
    ///
    /// # Errors
    /// When the file cannot be opened, or [`Error::OtherSchema`].
    pub async fn look_into(file: &Path) -> Result<Self> {
        Self::read_only(options(file)).await
    }

    /// Opens a copy that nobody writes, such as a backup's; leaves no trace beside it.
    ///
    /// # Errors
    /// When the file cannot be opened, or [`Error::OtherSchema`].
    pub async fn look_into_copy(file: &Path) -> Result<Self> {
        Self::read_only(options(file).immutable(true)).await
    }

    async fn read_only(options: SqliteConnectOptions) -> Result<Self> {
        let options = options.create_if_missing(false).foreign_keys(false).pragma("query_only", "ON");
        let readers = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        if keep::applied(&readers).await? != keep::known() {
            return Err(Error::OtherSchema);
        }
        Ok(Self { db: Db::new(readers.clone(), readers) })
    }

    /// Begins a writing transaction, for what must happen together.
    ///
    /// # Errors
    /// When the writer is not free within its time limit.
    pub async fn begin(&self) -> Result<Tx> {
        self.db.begin().await
    }

    /// How many writes have ended in this process: what was read while it stood still is still true, but for another process's writes.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.db.writes.count()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        self.db.one::<(i64,)>("SELECT CAST(1 AS BIGINT)", ()).await.map(drop)
    }

    /// Checks the schema version without changing it: how many migrations have run.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn migrations(&self) -> Result<i64> {
        Ok(self.db.one::<(i64,)>("SELECT COUNT(*) FROM _sqlx_migrations", ()).await?.0)
    }

    /// Closes all connections after their statements have ended.
    pub async fn close(&self) {
        self.db.readers.close().await;
        self.db.writer.close().await;
    }
}

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// What every connection has in common.
fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
}

const READERS: u32 = 4;
const WRITE_QUEUE_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod earlier_test;
#[cfg(test)]
mod keep_test;
#[cfg(test)]
mod store_test;
