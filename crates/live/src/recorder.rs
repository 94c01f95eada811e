//! What is broadcast becomes objects and rows, beside the way to the viewers: however slow the disk is, they do not wait.

use crate::Error;
use crate::broadcast::Broadcast;
use blobs::{Durability, ObjectKey};
use bytes::Bytes;
use cmaf::Segment;
use cmaf::live::Stream;
use domain::VideoId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What is to be stored, in order.
#[derive(Debug)]
pub(crate) enum Item {
    Segment {
        stream: Stream,
        rung: String,
        row: store::media::Segment,
        bytes: Bytes,
    },
    /// Nothing more comes; tells when everything is stored.
    Last(oneshot::Sender<()>),
}

/// A disk that fails is asked again after this.
const PAUSE: Duration = Duration::from_secs(1);

impl Item {
    pub(crate) fn segment(
        stream: Stream,
        rung: &str,
        video: &VideoId,
        file: &str,
        segment: &Segment,
    ) -> Self {
        let row = store::media::Segment {
            epoch: 0,
            msn: i64::from(segment.msn.0),
            start: segment.start.ticks(),
            duration: segment.duration.ticks(),
            size: i64::try_from(segment.bytes.len()).unwrap_or(i64::MAX),
            key: format!("videos/{video}/{rung}/{file}"),
            shift: 0,
        };
        Self::Segment { stream, rung: rung.to_owned(), row, bytes: segment.bytes.clone() }
    }
}

/// Stores what a broadcast brings until its last item, or until its video is gone.
pub(crate) async fn record(broadcast: Arc<Broadcast>, mut queue: mpsc::Receiver<Item>) {
    loop {
        let item = tokio::select! {
            () = broadcast.gone.cancelled() => return,
            item = queue.recv() => item,
        };
        match item {
            Some(Item::Segment { stream, rung, row, bytes }) => {
                tokio::select! {
                    () = broadcast.gone.cancelled() => return,
                    () = store_until_done(&broadcast, &rung, &row, &bytes) => {}
                }
                broadcast.stored(stream, u32::try_from(row.msn).unwrap_or(u32::MAX));
            }
            Some(Item::Last(done)) => {
                let _nobody_waits = done.send(());
                return;
            }
            None => return,
        }
    }
}

async fn store_until_done(broadcast: &Broadcast, rung: &str, row: &store::media::Segment, bytes: &Bytes) {
    loop {
        match store_one(broadcast, rung, row, bytes.clone()).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(video = %broadcast.video, %error, "a segment of a broadcast waits for the disk");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn store_one(
    broadcast: &Broadcast,
    rung: &str,
    row: &store::media::Segment,
    bytes: Bytes,
) -> Result<(), Error> {
    put(broadcast, &row.key, bytes).await?;
    let parts = &broadcast.parts;
    let rungs = i64::try_from(broadcast.rungs()).unwrap_or(i64::MAX);
    let added = parts.store.add_live_segment(&broadcast.video, rung, row, (rungs, parts.clock.now())).await?;
    metrics::counter!("vitascope_segments_total").increment(1);
    match added {
        Some(true) => {
            tracing::info!(video = %broadcast.video, "playable");
            broadcast.video_changed();
        }
        Some(false) => {}
        None => tracing::warn!(video = %broadcast.video, "a segment came after its broadcast had ended"),
    }
    Ok(())
}

/// Puts an object that cannot be made again: it is on the disk when this returns.
pub(crate) async fn put(broadcast: &Broadcast, key: &str, bytes: Bytes) -> Result<(), Error> {
    let key = ObjectKey::parse(key.to_owned()).map_err(|_| Error::Ended)?;
    Ok(broadcast.parts.blobs.put(&key, bytes, Durability::Synced).await?)
}
