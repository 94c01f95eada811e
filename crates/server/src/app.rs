//! What every handler shares.

use crate::accounts::PasswordPool;
use crate::config::Config;
use crate::delivery::Hot;
use crate::delivery::download::Downloads;
use crate::limits::Limits;
use crate::links;
use crate::recall::Recall;
use crate::wire::Pages;
use blobs::LocalFolder;
use bus::{Bus, Event};
use domain::mac::{MasterSecret, Signer};
use domain::{Micros, Secret, VideoAccess, VideoId, grant};
use live::{Live, LiveConfig};
use metrics_exporter_prometheus::PrometheusHandle;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio_util::sync::CancellationToken;

/// Handlers get it as their state.
pub(crate) type AppState = Arc<App>;

/// What every handler shares.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) blobs: LocalFolder,
    pub(crate) hot: Hot,
    /// What connections send without a copy.
    pub(crate) pages: Arc<Pages>,
    pub(crate) bus: Bus,
    pub(crate) clock: Arc<dyn jobs::ClockDebug>,
    pub(crate) passwords: PasswordPool,
    pub(crate) limits: Limits,
    pub(crate) grants: Signer,
    pub(crate) part_urls: Signer,
    /// Signs grants for the whole of a video of which viewers get an edit.
    pub(crate) original_grants: Signer,
    pub(crate) passes: Signer,
    /// Signs what browsers broadcast with.
    pub(crate) ingest_tokens: Signer,
    /// Needed to register the first account, when the server can be reached from elsewhere.
    pub(crate) setup_token: Option<Secret>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) stop: CancellationToken,
    pub(crate) downloads: Downloads,
    pub(crate) recall: Recall,
    pub(crate) live: Live,
    /// Where encoders send to.
    pub(crate) rtmp: Option<SocketAddr>,
}

/// What [`App::new`] puts together.
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) blobs: LocalFolder,
    pub(crate) bus: Bus,
    pub(crate) clock: Arc<dyn jobs::ClockDebug>,
    pub(crate) secret: MasterSecret,
    pub(crate) setup_token: Option<Secret>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) stop: CancellationToken,
    pub(crate) rtmp: Option<SocketAddr>,
    /// Reads what browsers broadcast.
    pub(crate) engine: live::Engine,
}

impl App {
    pub(crate) fn new(parts: Parts) -> AppState {
        let pages = Arc::<Pages>::default();
        let broadcasts = live::Parts {
            store: parts.store.clone(),
            blobs: parts.blobs.clone(),
            bus: parts.bus.clone(),
            clock: Arc::clone(&parts.clock),
            stop: parts.stop.clone(),
            config: LiveConfig {
                grace: Duration::from_secs(parts.config.live_grace_seconds),
                quota_bytes: parts.config.quota_bytes,
            },
        };
        Arc::new(Self {
            live: Live::new(broadcasts, parts.engine),
            rtmp: parts.rtmp,
            limits: Limits::new(parts.config.rate_limits.clone(), parts.config.attempts_per_minute),
            passwords: PasswordPool::default(),
            downloads: Downloads::default(),
            grants: parts.secret.signer(grant::PURPOSE),
            part_urls: parts.secret.signer("vitascope 2026 part url"),
            original_grants: parts.secret.signer("vitascope 2026 original grant"),
            passes: parts.secret.signer(links::PURPOSE),
            ingest_tokens: parts.secret.signer("vitascope 2026 ingest token"),
            hot: Hot::new(
                parts.blobs.clone(),
                parts.config.hot_cache_bytes,
                (!parts.config.has_own_tls()).then(|| Arc::clone(&pages)),
            ),
            pages,
            recall: Recall::new(parts.store.clone()),
            config: parts.config,
            store: parts.store,
            blobs: parts.blobs,
            bus: parts.bus,
            clock: parts.clock,
            setup_token: parts.setup_token,
            metrics: parts.metrics,
            stop: parts.stop,
        })
    }

    pub(crate) fn now(&self) -> Micros {
        self.clock.now()
    }

    /// Tells everybody that a video changed.
    pub(crate) fn video_changed(&self, video: &VideoId, access: &VideoAccess) {
        self.bus.publish(Event::VideoChanged { video: video.clone(), owner: access.owner.clone() });
    }

    /// Tells everybody that a video is gone, and removes its objects.
    pub(crate) async fn video_deleted(
        &self,
        video: &VideoId,
        access: &VideoAccess,
    ) -> Result<(), blobs::Error> {
        self.live.forget(video);
        self.bus.publish(Event::VideoDeleted { video: video.clone(), owner: access.owner.clone() });
        pipeline::remove_objects(&self.blobs, video).await
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("listen", &self.config.listen).finish_non_exhaustive()
    }
}
