//! The verbs through which every statement runs: `all`, `one`, `opt`, `run`, with a tuple of parameters.
//!
//! One SQL text serves every engine (`$1`, `RETURNING`, `ON CONFLICT`); reads go to a pool of readers, every write goes
//! through the one writer, so SQLite never has to resolve a conflict of locks.

use crate::{Error, Result};
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Arguments as _, Encode, FromRow, Sqlite, Transaction, Type, error::BoxDynError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A row type the store can read.
pub(crate) trait Row: for<'r> FromRow<'r, SqliteRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin> Row for T {}

/// A tuple of statement parameters.
pub(crate) trait Params: Send {
    fn arguments(self) -> Result<SqliteArguments, BoxDynError>;
}

macro_rules! params { ($($T:ident)*) => {
    #[allow(non_snake_case, unused_mut, reason = "generated for every arity, the empty tuple too")]
    impl<'t, $($T: Send + Type<Sqlite> + Encode<'t, Sqlite> + 't),*> Params for ($($T,)*) {
        fn arguments(self) -> Result<SqliteArguments, BoxDynError> {
            let ($($T,)*) = self;
            let mut arguments = SqliteArguments::default();
            $(arguments.add($T)?;)*
            Ok(arguments)
        }
    }
}; }
params!();
params!(A);
params!(A B);
params!(A B C);
params!(A B C D);
params!(A B C D E);
params!(A B C D E F);
params!(A B C D E F G);
params!(A B C D E F G H);
params!(A B C D E F G H I);
params!(A B C D E F G H I J);
params!(A B C D E F G H I J K);
params!(A B C D E F G H I J K L);
params!(A B C D E F G H I J K L M);
params!(A B C D E F G H I J K L M N);
params!(A B C D E F G H I J K L M N O);

fn bind(params: impl Params) -> Result<SqliteArguments> {
    params.arguments().map_err(|error| Error::Database(sqlx::Error::Encode(error)))
}

/// How many writes have ended; whoever keeps what was read asks whether it is still true.
#[derive(Debug, Clone, Default)]
pub(crate) struct Writes(Arc<AtomicU64>);

impl Writes {
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Counts a write when it is dropped: also one whose caller went away before it knew how it ended.
    fn ending(&self) -> Ending {
        Ending(self.clone())
    }
}

struct Ending(Writes);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// The database: many readers, one writer.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    pub(crate) readers: SqlitePool,
    pub(crate) writer: SqlitePool,
    pub(crate) writes: Writes,
}

impl Db {
    pub(crate) fn new(readers: SqlitePool, writer: SqlitePool) -> Self {
        Self { readers, writer, writes: Writes::default() }
    }

    pub(crate) async fn all<R: Row>(&self, sql: &'static str, params: impl Params) -> Result<Vec<R>> {
        Ok(sqlx::query_as_with(sql, bind(params)?).fetch_all(&self.readers).await?)
    }

    pub(crate) async fn one<R: Row>(&self, sql: &'static str, params: impl Params) -> Result<R> {
        Ok(sqlx::query_as_with(sql, bind(params)?).fetch_one(&self.readers).await?)
    }

    pub(crate) async fn opt<R: Row>(&self, sql: &'static str, params: impl Params) -> Result<Option<R>> {
        Ok(sqlx::query_as_with(sql, bind(params)?).fetch_optional(&self.readers).await?)
    }

    /// Runs one writing statement in a transaction of its own; answers how many rows it touched.
    pub(crate) async fn run(&self, sql: &'static str, params: impl Params) -> Result<u64> {
        let _ending = self.writes.ending();
        Ok(sqlx::query_with(sql, bind(params)?).execute(&self.writer).await?.rows_affected())
    }

    /// Begins a writing transaction; dropping it without [`Tx::commit`] undoes it.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        // A deferred transaction that starts by reading could not become a writer once another one has written.
        Ok(Tx { inner: self.writer.begin_with("BEGIN IMMEDIATE").await?, writes: self.writes.clone() })
    }
}

/// A writing transaction.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Sqlite>,
    writes: Writes,
}

impl Tx {
    pub(crate) async fn all<R: Row>(&mut self, sql: &'static str, params: impl Params) -> Result<Vec<R>> {
        Ok(sqlx::query_as_with(sql, bind(params)?).fetch_all(&mut *self.inner).await?)
    }

    pub(crate) async fn one<R: Row>(&mut self, sql: &'static str, params: impl Params) -> Result<R> {
        Ok(sqlx::query_as_with(sql, bind(params)?).fetch_one(&mut *self.inner).await?)
    }

    pub(crate) async fn opt<R: Row>(&mut self, sql: &'static str, params: impl Params) -> Result<Option<R>> {
        Ok(sqlx::query_as_with(sql, bind(params)?).fetch_optional(&mut *self.inner).await?)
    }

    pub(crate) async fn run(&mut self, sql: &'static str, params: impl Params) -> Result<u64> {
        Ok(sqlx::query_with(sql, bind(params)?).execute(&mut *self.inner).await?.rows_affected())
    }

    /// Makes everything done in this transaction durable.
    ///
    /// # Errors
    /// When the database cannot write; then nothing of it happened.
    pub async fn commit(self) -> Result<()> {
        let _ending = self.writes.ending();
        Ok(self.inner.commit().await?)
    }
}
