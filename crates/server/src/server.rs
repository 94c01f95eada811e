//! A whole server: opens what it needs, runs, and stops in order.

use crate::app::{App, AppState, Parts};
use crate::config::Config;
use crate::sweep::sweep;
use crate::tls::Tls;
use crate::{figures, listen, machine, random, redirect, router, takes};
use anyhow::Context as _;
use blobs::LocalFolder;
use bus::Bus;
use domain::mac::MasterSecret;
use domain::{Clock, JobId, Micros, Secret};
use jobs::{Lane, Worker};
use media::plan::LadderConfig;
use pipeline::{MediaBudget, Pipeline};
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
use vault::Describer;

/// A server that has opened its data and its port.
pub struct Server {
    app: AppState,
    listener: TcpListener,
    tls: Option<Tls>,
    redirect: Option<TcpListener>,
    rtmp: Option<TcpListener>,
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
        config.check().map_err(anyhow::Error::msg).context("the settings cannot be used")?;
        fs::create_dir_all(&config.data)
            .with_context(|| format!("cannot make the data folder {}", config.data.display()))?;
        let lock = lock(&config.data)?;
        let secret = MasterSecret::new(secret(&config.data.join("secret.key"))?);
        let ladder = match &tools {
            Some(tools) => usable(tools, config.ladder.clone()).await,
            None => config.ladder.clone(),
        };
        let blobs =
            LocalFolder::open(&config.data, config.min_free_bytes).context("cannot open the object store")?;
        let tls = Tls::open(&config)?;
        let database = config.data.join("vitascope.db");
        refuse_lost_catalogue(&database, &blobs).await?;
        let store = Store::open(&database).await.context("cannot open the database")?;
        let listener = listen::bind(config.listen, "--listen").await?;
        let redirect = match config.http_listen {
            Some(address) => Some(listen::bind(address, "--http-listen").await?),
            None => None,
        };
        let rtmp = match config.rtmp {
            Some(address) => Some(listen::bind(address, "--rtmp").await?),
            None => None,
        };
        let bus = Bus::in_process();
        let clock: Arc<dyn jobs::ClockDebug> = Arc::new(SystemClock);
        let metrics = figures::recorder()?;
        let scratch = config.data.join("scratch");
        let engine = live::Engine::new(
            tools.clone(),
            ladder.clone(),
            config.source.limits(),
            scratch.clone(),
            machine::cores(),
        );
        let pipeline = Pipeline::new(pipeline::Parts {
            store: store.clone(),
            blobs: blobs.clone(),
            bus: bus.clone(),
            clock: Arc::clone(&clock),
            tools,
            ladder,
            limits: config.source.limits(),
            budget: MediaBudget { threads: config.media_cores, memory: config.media_memory_bytes },
            arriving_idle: Duration::from_secs(config.arriving_idle_seconds),
            scratch,
        })?;
        let worker_name = worker_name(&config.data.join("node-id"))?;
        // Behind a reverse proxy others can reach a loopback address too.
        let reachable = !listener.local_addr()?.ip().is_loopback() || config.public_url.is_some();
        let setup_token = reachable.then(|| Secret::from(random::secret()));
        let stop = CancellationToken::new();
        let rtmp_address = rtmp.as_ref().map(TcpListener::local_addr).transpose()?;
        let app = App::new(Parts {
            config,
            store,
            blobs,
            bus,
            clock,
            secret,
            setup_token,
            metrics,
            stop,
            rtmp: rtmp_address,
            engine,
        });
        Ok(Self { app, listener, tls, redirect, rtmp, pipeline, worker_name, _lock: lock })
    }

    /// Where the server listens; tells the port that a port of 0 became.
    ///
    /// # Errors
    /// When the socket does not tell.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Where plain http is redirected to https, if anywhere.
    #[must_use]
    pub fn redirect_address(&self) -> Option<SocketAddr> {
        self.redirect.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Where encoders send broadcasts to, if anywhere.
    #[must_use]
    pub fn rtmp_address(&self) -> Option<SocketAddr> {
        self.app.rtmp
    }

    /// The path of the one-time set-up link, while an instance that others can reach has no account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn setup_path(&self) -> anyhow::Result<Option<String>> {
        let Some(token) = &self.app.setup_token else { return Ok(None) };
        Ok((self.app.store.account_count().await? == 0)
            .then(|| format!("/register?setup={}", token.expose())))
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
        let lanes = lanes(&app.config);
        let worker_stop = stop.clone();
        let working = tokio::spawn(async move { worker.run(&lanes, worker_stop).await });
        let sweeping = tokio::spawn(sweep(Arc::clone(&app), stop.clone()));
        let describer =
            Describer { store: app.store.clone(), blobs: app.blobs.clone(), bus: app.bus.clone() };
        let describing = tokio::spawn(describer.run(stop.clone()));
        let ending = Arc::clone(&app);
        let watch_stop = stop.clone();
        tokio::spawn(async move {
            watch_stop.cancelled().await;
            ending.stop.cancel(); // Sockets close themselves.
        });
        let taking = tokio::spawn(takes::watch(Arc::clone(&app), stop.clone()));
        let adding = tokio::spawn(figures::add_up(app.metrics.clone(), stop.clone()));
        let mut tasks = vec![working, sweeping, describing, taking, adding];
        if let Err(error) = app.live.recover().await {
            tracing::error!(%error, "the broadcasts of before cannot be taken up");
        }
        if let Some(listener) = self.rtmp {
            let limits = Arc::clone(&app);
            let guess = Arc::new(move |address| limits.limits.guess_from(address).is_ok());
            tasks.push(tokio::spawn(live::listen(app.live.clone(), listener, guess, stop.clone())));
        }
        if let Some(listener) = self.redirect {
            let port = self.listener.local_addr().map_or(443, |address| address.port());
            let router = redirect::router(app.config.public_url.clone(), port);
            tasks.push(tokio::spawn(listen::redirect(listener, router, stop.clone())));
        }
        let tls = self.tls.map(|tls| {
            let config = Arc::clone(&tls.config);
            tasks.push(tokio::spawn(tls.keep_fresh(stop.clone())));
            config
        });
        let routes = (router::router(Arc::clone(&app)), Arc::clone(&app.pages));
        listen::serve(self.listener, tls, routes, stop).await;
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a background task failed");
            }
        }
        app.live.drain().await;
        app.store.close().await;
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// What runs beside each other.
pub(crate) fn lanes(config: &Config) -> [Lane; 5] {
    [
        Lane { name: pipeline::ARRIVING_LANE, capacity: config.arriving_workers },
        Lane { name: pipeline::FIRST_LANE, capacity: config.first_rung_workers },
        Lane { name: pipeline::PICTURE_LANE, capacity: 1 },
        Lane { name: pipeline::EDIT_LANE, capacity: 1 },
        Lane { name: pipeline::LADDER_LANE, capacity: config.ladder_workers },
    ]
}

/// Asks the operating system for the time.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// An empty catalogue over a full store would hide every video, and nobody would know why.
async fn refuse_lost_catalogue(database: &Path, blobs: &LocalFolder) -> anyhow::Result<()> {
    if !database.exists() && !blobs.names("videos").await?.is_empty() {
        anyhow::bail!(
            "{} is missing, but there are videos beside it. Put the database back, restore a backup to a new folder \
             (vitascope restore), or make a catalogue from the videos (vitascope rebuild)",
            database.display()
        );
    }
    Ok(())
}

/// The table without the encoders that do not work here.
async fn usable(tools: &media::child::Tools, ladder: LadderConfig) -> LadderConfig {
    let (ladder, missing) = media::encode::usable(tools, ladder).await;
    for (encoder, reason) in missing {
        tracing::warn!("{} does not work here, libx264 takes its place: {reason}", encoder.name());
    }
    ladder
}

/// Identifies a job that is made outside a running server.
#[must_use]
pub fn new_job_id() -> JobId {
    JobId::from_random(random::bytes())
}

/// Takes the data folder for this process, until the file is closed.
///
/// # Errors
/// In words for an operator: another process has it.
pub fn lock(data: &Path) -> anyhow::Result<File> {
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
