//! What unit tests need of a server.

use crate::app::{App, AppState, Parts};
use crate::config::Config;
use blobs::LocalFolder;
use bus::Bus;
use domain::clock::ManualClock;
use domain::mac::MasterSecret;
use domain::text::{Description, Email, FileName, Title, Username};
use domain::{AccountId, ChannelId, Micros, Origin, VideoId, Visibility};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::sync::Arc;
use store::Store;
use store::accounts::NewAccount;
use store::videos::NewVideo;
use tokio_util::sync::CancellationToken;

/// A server without its port, one account, and a clock to move.
pub(crate) struct House {
    pub(crate) app: AppState,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) account: AccountId,
    channel: ChannelId,
    _folder: tempfile::TempDir,
}

impl House {
    pub(crate) async fn new(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let blobs = LocalFolder::open(folder.path(), 0).unwrap();
        let clock = Arc::new(ManualClock::at(Micros(1_800_000_000_000_000)));
        let (account, channel) = (AccountId::from_random([1; 8]), ChannelId::from_random([1; 8]));
        let mut tx = store.begin().await.unwrap();
        tx.insert_account(&NewAccount {
            id: account.clone(),
            channel: channel.clone(),
            username: &Username::parse("ada").unwrap(),
            email: &Email::parse("ada@example.org").unwrap(),
            password_hash: "x",
            now: domain::Clock::now(&*clock),
        })
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let app = App::new(Parts {
            config,
            store,
            blobs,
            bus: Bus::in_process(),
            clock: Arc::clone(&clock) as Arc<dyn jobs::ClockDebug>,
            secret: MasterSecret::new([7; 32]),
            setup_token: None,
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            stop: CancellationToken::new(),
            rtmp: None,
            engine: live::Engine::new(
                None,
                media::plan::LadderConfig::default(),
                media::probe::SourceLimits::default(),
                folder.path().join("scratch"),
                1,
            ),
        });
        Self { app, clock, account, channel, _folder: folder }
    }

    /// Begins a video of two parts of ten bytes.
    pub(crate) async fn upload(&self, seed: u8, visibility: Visibility) -> VideoId {
        let id = VideoId::from_random([seed; 8]);
        let new = NewVideo {
            id: id.clone(),
            account: &self.account,
            channel: &self.channel,
            title: &Title::parse("A video").unwrap(),
            description: &Description::parse("").unwrap(),
            visibility,
            origin: Origin::Upload,
            file_name: &FileName::clean("a.mp4"),
            content_type: "video/mp4",
            size: Some(20),
            part_size: 10,
            fingerprint: None,
            quota: None,
            show_while_recording: true,
            now: self.app.now(),
        };
        assert!(self.app.store.insert_video(&new).await.unwrap());
        id
    }
}
