//! Copies of the database: before a migration changes it, and for a backup.

use crate::{Error, MIGRATIONS, Result, Store, options};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Copies that are kept from before earlier migrations.
const KEPT: usize = 3;
const PREFIX: &str = "backup-before-";

/// The versions of the migrations that this program knows.
pub(crate) fn known() -> BTreeSet<i64> {
    MIGRATIONS.iter().map(|migration| migration.version).collect()
}

/// The versions of the migrations that have run on a database.
pub(crate) async fn applied(pool: &SqlitePool) -> Result<BTreeSet<i64>> {
    let table = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
    if sqlx::query_as::<_, (i64,)>(table).fetch_one(pool).await?.0 == 0 {
        return Ok(BTreeSet::new());
    }
    let versions = "SELECT version FROM _sqlx_migrations WHERE success = 1";
    let rows: Vec<(i64,)> = sqlx::query_as(versions).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// Copies a database that is about to be migrated to `backup-before-{first pending version}.db` beside it.
pub(crate) async fn before_migration(file: &Path) -> Result<()> {
    if !fs::metadata(file).is_ok_and(|about| about.len() > 0) {
        return Ok(());
    }
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options(file)).await?;
    let applied = applied(&pool).await?;
    pool.close().await;
    let Some(first) = known().difference(&applied).next().copied() else { return Ok(()) };
    let folder = file.parent().unwrap_or(Path::new("."));
    let copy = folder.join(format!("{PREFIX}{first}.db"));
    // An upgrade that was interrupted begins again: what stands there is from before it, and whole, or half a copy.
    let aside = copy.with_extension("new");
    remove(&aside)?;
    copy_into(file, &aside).await?;
    fs::rename(&aside, &copy).map_err(io)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    forget_oldest(folder)
}

/// Writes a consistent copy of the database, also while others use it, and syncs it.
async fn copy_into(file: &Path, copy: &Path) -> Result<()> {
    let name = copy.to_str().ok_or_else(|| io(std::io::Error::other("the folder's name is not Unicode")))?;
    let mut connection = options(file).create_if_missing(false).connect().await?;
    sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await?;
    connection.close().await?;
    File::open(copy).and_then(|file| file.sync_all()).map_err(io)
}

fn forget_oldest(folder: &Path) -> Result<()> {
    let mut copies: Vec<(i64, PathBuf)> = fs::read_dir(folder)
        .map_err(io)?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(PREFIX)?.strip_suffix(".db")?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    copies.sort();
    let surplus = copies.len().saturating_sub(KEPT);
    for (_, path) in copies.into_iter().take(surplus) {
        remove(&path)?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(error)),
        _ => Ok(()),
    }
}

fn io(error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::StorageFull {
        Error::Full
    } else {
        Error::Database(sqlx::Error::Io(error))
    }
}

impl Store {
    /// Writes a consistent copy of the database `file` to `copy`, which must not exist, and syncs it. Writers go on meanwhile.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub async fn copy(file: &Path, copy: &Path) -> Result<()> {
        copy_into(file, copy).await
    }

    /// What the database engine finds wrong with the file itself, at most 100 lines; nothing when all is well.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn damage(&self) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = self.db.all("PRAGMA quick_check(100)", ()).await?;
        let mut found: Vec<_> = rows.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect();
        let strays: Vec<(String, i64)> = self
            .db
            .all(
                "SELECT \"table\", CAST(COUNT(*) AS BIGINT) FROM pragma_foreign_key_check GROUP BY \"table\"",
                (),
            )
            .await?;
        found.extend(
            strays.into_iter().map(|(table, count)| format!("{count} rows of {table} belong to nothing")),
        );
        Ok(found)
    }
}
