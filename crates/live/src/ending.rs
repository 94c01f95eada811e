//! The end of a broadcast: what was sent is a video.

use crate::Error;
use crate::broadcast::Broadcast;
use crate::recorder::Item;
use crate::registry::Live;
use bus::Event;
use domain::{JobId, State, VideoId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How long viewers who follow a broadcast may still ask for its end.
const LINGERS: Duration = Duration::from_secs(60);
/// How long the last segments may take to the disk, when a broadcast ends and when the server stops.
const LAST_SEGMENTS: Duration = Duration::from_secs(30);
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Waits until everything of a closed broadcast is in the store.
async fn store_the_rest(broadcast: &Broadcast, within: Duration) {
    let (done, stored) = oneshot::channel();
    let all = async {
        if broadcast.items.send(Item::Last(done)).await.is_ok() {
            let _recorder_gone = stored.await;
        }
    };
    if tokio::time::timeout(within, all).await.is_err() {
        broadcast.gone.cancel();
        tracing::error!(video = %broadcast.video, "the last segments of a broadcast could not be stored");
    }
}

impl Live {
    /// Ends a broadcast: what came of it is a video at once. `false` when it had ended already.
    ///
    /// # Errors
    /// When the catalogue fails.
    pub async fn end(&self, video: &VideoId) -> Result<bool, Error> {
        let Some(row) = self.parts().store.broadcast(video).await? else { return Ok(false) };
        if !matches!(row.state, State::Waiting | State::Live | State::Interrupted) {
            return Ok(false);
        }
        self.settle(video).await;
        let broadcast = self.join(&row);
        if !broadcast.close() {
            return Ok(false);
        }
        store_the_rest(&broadcast, LAST_SEGMENTS).await;
        self.parts().store.end_live(video).await?;
        tracing::info!(%video, "a broadcast has ended");
        if row.save {
            self.want_pictures(&broadcast).await?;
            broadcast.video_changed();
        } else {
            self.remove(&broadcast).await?;
        }
        let live = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(LINGERS).await;
            live.forget(&broadcast.video);
        });
        Ok(true)
    }

    /// Stores what is in memory, because the server stops; what was on goes on when it is back and the publisher returns.
    pub async fn drain(&self) {
        self.settle_all().await;
        let open: Vec<_> = self.all().into_iter().filter(|broadcast| broadcast.close()).collect();
        let mut storing = JoinSet::new();
        for broadcast in open {
            storing.spawn(async move { store_the_rest(&broadcast, LAST_WORDS).await });
        }
        storing.join_all().await;
    }

    /// A poster and a storyboard follow.
    async fn want_pictures(&self, broadcast: &Broadcast) -> Result<(), Error> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| blobs::Error::Io(std::io::Error::other(error)))?;
        let (job, now) = (JobId::from_random(bytes), self.parts().clock.now());
        let mut tx = self.parts().store.begin().await?;
        pipeline::enqueue_broadcast_pictures(&mut tx, job, &broadcast.video, &broadcast.owner, now).await?;
        tx.commit().await?;
        self.parts().bus.publish(Event::JobsWaiting);
        Ok(())
    }

    /// Nothing of it stays.
    async fn remove(&self, broadcast: &Broadcast) -> Result<(), Error> {
        let mut tx = self.parts().store.begin().await?;
        tx.delete_video(&broadcast.video).await?;
        tx.commit().await?;
        let (video, owner) = (broadcast.video.clone(), broadcast.owner.clone());
        pipeline::remove_objects(&self.parts().blobs, &video).await?;
        self.parts().bus.publish(Event::VideoDeleted { video, owner });
        Ok(())
    }

    /// Ends a broadcast unless somebody publishes again within the grace time.
    pub(crate) fn end_unless_continued(&self, broadcast: Arc<Broadcast>) {
        let live = self.clone();
        tokio::spawn(async move {
            let grace = live.parts().config.grace;
            tokio::select! {
                () = tokio::time::sleep(grace) => {}
                // What is on when the server stops may go on when it is back.
                () = live.parts().stop.cancelled() => return,
                () = broadcast.continued() => return,
            }
            if let Err(error) = live.end(&broadcast.video).await {
                tracing::error!(video = %broadcast.video, %error, "a broadcast cannot be ended");
            }
        });
    }
}
