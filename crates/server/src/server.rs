//! A whole server: opens what it needs, runs, and stops in order.

use crate::app::{App, AppState, Parts};
use crate::config::Config;
use crate::{listen, random, router};
use anyhow::Context as _;
use blobs::LocalFolder;
use bus::Bus;
use domain::mac::MasterSecret;
use domain::{Clock, Micros, VideoId};
use jobs::{Lane, Worker};
use metrics_exporter_prometheus::PrometheusBuilder;
use pipeline::Pipeline;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A server that has opened its data and its port.
pub struct Server {
    app: AppState,
    listener: TcpListener,
    pipeline: Pipeline,
    worker_name: String,
    /// Held for as long as this process uses the data folder.
    _lock: File,
}

impl Server {
    /// Opens the data folder, the database and the port.
    ///
    /// # Errors
    /// In words for an operator: another process has the folder, the port is taken, the disk cannot be written.
    pub async fn open(config: Config, tools: Option<media::child::Tools>) -> anyhow::Result<Self> {
        fs::create_dir_all(&config.data)
            .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
        let lock = lock(&config.data)?;
        let secret = MasterSecret::new(secret(&config.data.join("secret.key"))?);
        let store =
            Store::open(&config.data.join("vitascope.db")).await.context("cannot open the database")?;
        let blobs =
            LocalFolder::open(&config.data, config.min_free_bytes).context("cannot open the object store")?;
        let listener = listen::bind(config.listen).await?;
        let bus = Bus::in_process();
        let clock: Arc<dyn jobs::ClockDebug> = Arc::new(SystemClock);
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        // A second server in one process (tests) keeps the first one's recorder.
        let _set_already = metrics::set_global_recorder(recorder);
        let pipeline = Pipeline::new(pipeline::Parts {
            store: store.clone(),
            blobs: blobs.clone(),
            bus: bus.clone(),
            clock: Arc::clone(&clock),
            tools,
            ladder: config.ladder.clone(),
            arriving_idle: Duration::from_secs(config.arriving_idle_seconds),
            scratch: config.data.join("scratch"),
        })?;
        let worker_name = worker_name(&config.data.join("node-id"))?;
        // Behind a reverse proxy others can reach a loopback address too.
        let reachable = !listener.local_addr()?.ip().is_loopback() || config.public_url.is_some();
        let setup_token = reachable.then(random::secret);
        let stop = CancellationToken::new();
        let app = App::new(Parts { config, store, blobs, bus, clock, secret, setup_token, metrics, stop });
        Ok(Self { app, listener, pipeline, worker_name, _lock: lock })
    }

    /// Where the server listens; tells the port that a port of 0 became.
    ///
    /// # Errors
    /// When the socket does not tell.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// The path of the one-time set-up link, while an instance that others can reach has no account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn setup_path(&self) -> anyhow::Result<Option<String>> {
        let Some(token) = &self.app.setup_token else { return Ok(None) };
        Ok((self.app.store.account_count().await? == 0).then(|| format!("/register?setup={token}")))
    }

    /// Serves until `stop`; then ends requests, hands unfinished jobs back and closes the database.
    pub async fn run(self, stop: CancellationToken) {
        let app = self.app;
        let worker = Worker {
            store: app.store.clone(),
            bus: app.bus.clone(),
            clock: Arc::clone(&app.clock),
            name: self.worker_name,
            handler: Arc::new(self.pipeline),
        };
        let lanes = [
            Lane { name: pipeline::ARRIVING_LANE, capacity: app.config.arriving_workers },
            Lane { name: pipeline::FIRST_LANE, capacity: app.config.first_rung_workers },
            Lane { name: pipeline::PICTURE_LANE, capacity: 1 },
            Lane { name: pipeline::LADDER_LANE, capacity: app.config.ladder_workers },
        ];
        let worker_stop = stop.clone();
        let working = tokio::spawn(async move { worker.run(&lanes, worker_stop).await });
        let sweeping = tokio::spawn(sweep(Arc::clone(&app), stop.clone()));
        let ending = Arc::clone(&app);
        let watch_stop = stop.clone();
        tokio::spawn(async move {
            watch_stop.cancelled().await;
            ending.stop.cancel(); // Sockets close themselves.
        });
        listen::serve(self.listener, router::router(Arc::clone(&app)), stop).await;
        for task in [working, sweeping] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a background task failed");
            }
        }
        app.store.close().await;
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// Asks the operating system for the time.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Removes, now and then, what nobody can use any more.
async fn sweep(app: AppState, stop: CancellationToken) {
    const EVERY: Duration = Duration::from_secs(600);
    loop {
        app.attempts.forget_the_quiet();
        if let Err(error) = app.store.sweep_tokens(app.now()).await {
            tracing::warn!(%error, "could not sweep tokens");
        }
        if let Err(error) = sweep_objects(&app).await {
            tracing::warn!(%error, "could not sweep objects of deleted videos");
        }
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(EVERY) => {} }
    }
}

/// A process that died between deleting a video's row and its objects leaves the objects.
async fn sweep_objects(app: &App) -> anyhow::Result<()> {
    for folder in pipeline::FOLDERS {
        for name in app.blobs.names(folder).await? {
            if let Ok(video) = name.parse::<VideoId>()
                && app.store.is_gone(&video).await?
            {
                tracing::info!(%video, "removing the objects of a deleted video");
                pipeline::remove_objects(&app.blobs, &video).await?;
            }
        }
    }
    Ok(())
}

fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("lock");
    let file =
        File::create(&path).with_context(|| format!("cannot write to the data folder {}", data.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!(
                "another vitascope is using {}; stop it, or choose another folder with --data",
                data.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock the data folder"),
    }
}

/// The instance's secret: made once, readable by its owner only.
fn secret(path: &Path) -> anyhow::Result<[u8; 32]> {
    match fs::read(path) {
        Ok(bytes) => bytes
            .try_into()
            .map_err(|_| anyhow::anyhow!("{} is damaged: it must hold 32 bytes", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let bytes = random::bytes::<32>();
            let aside = path.with_extension("new");
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&aside, path)?;
            Ok(bytes)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// This data folder's name among workers: the same after a restart, so that its leases come back at once.
fn worker_name(path: &Path) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        _ => {
            let name = data_encoding::HEXLOWER.encode(&random::bytes::<8>());
            fs::write(path, &name)?;
            Ok(name)
        }
    }
}
