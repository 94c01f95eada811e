//! What every handler shares.

use crate::accounts::PasswordPool;
use crate::config::Config;
use crate::delivery::Hot;
use crate::delivery::download::Downloads;
use crate::limits::Limits;
use crate::links;
use crate::recall::Recall;
use blobs::LocalFolder;
use bus::{Bus, Event};
use domain::mac::{MasterSecret, Signer};
use domain::{LinkId, Micros, Secret, VideoAccess, VideoId, grant};
use metrics_exporter_prometheus::PrometheusHandle;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::links::Link;
use tokio_util::sync::CancellationToken;

/// Handlers get it as their state.
pub(crate) type AppState = Arc<App>;

/// What every handler shares.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) blobs: LocalFolder,
    pub(crate) hot: Hot,
    pub(crate) bus: Bus,
    pub(crate) clock: Arc<dyn jobs::ClockDebug>,
    pub(crate) passwords: PasswordPool,
    pub(crate) limits: Limits,
    pub(crate) grants: Signer,
    pub(crate) part_urls: Signer,
    pub(crate) passes: Signer,
    /// Needed to register the first account, when the server can be reached from elsewhere.
    pub(crate) setup_token: Option<Secret>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) stop: CancellationToken,
    pub(crate) downloads: Downloads,
    pub(crate) recall: Recall,
    access: Cache<VideoId, Arc<VideoAccess>>,
    /// As long as `access`, and for the same reason.
    pub(crate) links: Cache<LinkId, Arc<Link>>,
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
}

/// How long a fact about access may be remembered that another node has changed.
const FACTS_LIFE: Duration = Duration::from_secs(5);

impl App {
    pub(crate) fn new(parts: Parts) -> AppState {
        Arc::new(Self {
            limits: Limits::new(parts.config.rate_limits.clone(), parts.config.attempts_per_minute),
            passwords: PasswordPool::default(),
            downloads: Downloads::default(),
            grants: parts.secret.signer(grant::PURPOSE),
            part_urls: parts.secret.signer("vitascope 2026 part url"),
            passes: parts.secret.signer(links::PURPOSE),
            // A change made on this node is seen at once; one made elsewhere after the time to live.
            access: Cache::builder().max_capacity(10_000).time_to_live(FACTS_LIFE).build(),
            links: Cache::builder().max_capacity(10_000).time_to_live(FACTS_LIFE).build(),
            hot: Hot::new(parts.blobs.clone(), parts.config.hot_cache_bytes),
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

    /// The facts on which access to a video depends; `None` when there is no such video.
    pub(crate) async fn access(&self, id: &VideoId) -> Result<Option<Arc<VideoAccess>>, store::Error> {
        if let Some(known) = self.access.get(id) {
            return Ok(Some(known));
        }
        let Some(found) = self.store.video(id).await? else { return Ok(None) };
        let access = Arc::new(found.video.access());
        self.access.insert(id.clone(), Arc::clone(&access));
        Ok(Some(access))
    }

    /// Tells everybody that a video changed; from now on its access facts are read anew.
    pub(crate) fn video_changed(&self, video: &VideoId, access: &VideoAccess) {
        self.access.invalidate(video);
        self.bus.publish(Event::VideoChanged { video: video.clone(), owner: access.owner.clone() });
    }

    /// Makes sure that nobody fetches anything more by a link that was revoked.
    pub(crate) fn link_revoked(&self, link: &LinkId, video: &VideoId, access: &VideoAccess) {
        self.links.invalidate(link);
        self.video_changed(video, access);
    }

    /// Forgets a deleted video and removes its objects.
    pub(crate) async fn video_deleted(
        &self,
        video: &VideoId,
        access: &VideoAccess,
    ) -> Result<(), blobs::Error> {
        self.access.invalidate(video);
        self.bus.publish(Event::VideoDeleted { video: video.clone(), owner: access.owner.clone() });
        pipeline::remove_objects(&self.blobs, video).await
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("listen", &self.config.listen).finish_non_exhaustive()
    }
}
