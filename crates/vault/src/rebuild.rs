//! Makes a catalogue from the object store alone, for when the database and its backups are lost.

use crate::folder::DATABASE;
use crate::manifest::sync_folder;
use crate::record::{OriginalRecord, Owner, Record, RungRecord, absolute};
use crate::{DataFolder, Error};
use blobs::LocalFolder;
use domain::text::Username;
use domain::video::Failure;
use domain::{JobId, Micros, State, VideoId, Visibility};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use store::edits::{Content, RebuiltEdit, RungContent};
use store::media::{Rung, Segment};
use store::tracks::{Caption, Storyboard};
use store::uploads::SourcePart;
use store::vault::{RebuiltAccount, RebuiltVideo};
use store::{Store, Tx};

/// What a rebuild made.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Videos that are as they were.
    pub videos: u64,
    /// Videos that lack objects or were not finished: they are made again from their sources.
    pub to_process: Vec<VideoId>,
    /// Videos that could not be brought back, and why.
    pub lost: Vec<Lost>,
    /// Login names of the accounts that were made; none of them has a password.
    pub accounts: Vec<String>,
}

/// A video that could not be brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Its identifier.
    pub video: VideoId,
    /// Why.
    pub why: String,
}

/// Makes `data`'s catalogue anew from its objects. `job_id` makes identifiers for the jobs of unfinished videos.
///
/// # Errors
/// In words for an operator: there is a catalogue already, a server is running, there are no objects.
pub async fn rebuild(
    data: &Path,
    now: Micros,
    job_id: &mut (dyn FnMut() -> JobId + Send),
) -> Result<Rebuilt, Error> {
    let database = data.join(DATABASE);
    if database.exists() {
        return Err(Error::Folder(format!(
            "{} is there. If it is damaged, move it away first; `vitascope verify` says whether it is",
            database.display()
        )));
    }
    let blobs = LocalFolder::look_into(data).map_err(|error| match error {
        blobs::Error::NotFound => Error::Folder(format!("{} holds no objects", data.display())),
        other => other.into(),
    })?;
    let aside = data.join("vitascope.db.new");
    for name in [&aside, &data.join("vitascope.db.new-wal"), &data.join("vitascope.db.new-shm")] {
        match fs::remove_file(name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::io(name)(error)),
            _ => {}
        }
    }
    let store = Store::open(&aside).await?;
    let mut rebuilt = Rebuilt::default();
    let mut names = BTreeSet::new();
    for folder in pipeline::FOLDERS {
        names.extend(blobs.names(folder).await?.into_iter().filter_map(|name| name.parse::<VideoId>().ok()));
    }
    for video in names {
        let made = Work { store: &store, blobs: &blobs, now }.video(&video, job_id()).await;
        match made {
            Ok(true) => rebuilt.videos += 1,
            Ok(false) => rebuilt.to_process.push(video),
            Err(error) => rebuilt.lost.push(Lost { video, why: reason(&error) }),
        }
    }
    rebuilt.accounts =
        store.accounts("", MOST_ACCOUNTS).await?.into_iter().map(|account| account.username).collect();
    // Closing moves the journal's content into the file.
    store.close().await;
    fs::rename(&aside, &database).map_err(Error::io(&database))?;
    sync_folder(data)?;
    // Opened once more, as who uses it will.
    DataFolder::look_into(data).await?.store.close().await;
    Ok(rebuilt)
}

const MOST_ACCOUNTS: i64 = 100_000;

fn reason(error: &Error) -> String {
    match error {
        Error::Blobs(blobs::Error::NotFound) => {
            "its upload was not complete, so it is not described".to_owned()
        }
        other => other.to_string(),
    }
}

struct Work<'a> {
    store: &'a Store,
    blobs: &'a LocalFolder,
    now: Micros,
}

impl Work<'_> {
    /// Brings a video back; `false` when it has to be made again from its source.
    async fn video(&self, id: &VideoId, job: JobId) -> Result<bool, Error> {
        let Some(record) = Record::read(self.blobs, id).await? else {
            return Err(Error::Folder(
                "its description is of another video, or in a later format".to_owned(),
            ));
        };
        let mut rungs = Vec::new();
        let mut whole = true;
        for rung in &record.rungs {
            match self.rung(id, rung).await? {
                Some(found) => rungs.push(found),
                None => whole = false,
            }
        }
        let source = self.has_source(&record).await?;
        let playable = record.playable && whole;
        let outcome = outcome(&record, whole, source);
        let original = match &record.original {
            Some(original) if outcome.0 == State::Ready => Some(self.original(id, original).await?),
            _ => None,
        };
        let mut tx = self.store.begin().await?;
        self.owner(&mut tx, &record).await?;
        self.row(&mut tx, &record, &outcome, playable).await?;
        for part in &record.source.parts {
            let part = SourcePart { number: part.number, size: part.size, etag: part.etag.clone() };
            tx.rebuild_part(id, &part, record.created_at).await?;
        }
        // An edit is not continued: the whole video is made anew.
        let continued = outcome.0 == State::Ready || record.edit == 0;
        for (rung, segments) in rungs.iter().filter(|_| continued) {
            tx.rebuild_rung(id, rung, segments).await?;
        }
        self.companions(&mut tx, &record).await?;
        self.edits(&mut tx, &record, original.as_ref()).await?;
        if outcome.0 == State::Processing {
            pipeline::enqueue_first(&mut tx, job, id, &record.owner.id, self.now).await?;
        }
        tx.commit().await?;
        Ok(outcome.0 != State::Processing)
    }

    async fn owner(&self, tx: &mut Tx, record: &Record) -> Result<(), Error> {
        let Owner { id, username } = &record.owner;
        let username = Username::parse(username)
            .map_err(|error| Error::Folder(format!("its owner's name cannot be used: {error}")))?;
        // `.invalid` reaches nobody (RFC 2606).
        let email = format!("{username}@rebuilt.invalid");
        let account = RebuiltAccount { id, username: &username, email: &email, now: record.created_at };
        tx.rebuild_account(&account).await?;
        let channel = &record.channel;
        Ok(tx.rebuild_channel(&channel.id, id, (&channel.handle, &channel.name), record.created_at).await?)
    }

    async fn row(
        &self,
        tx: &mut Tx,
        record: &Record,
        (state, failure): &(State, Option<Failure>),
        playable: bool,
    ) -> Result<(), Error> {
        let poster = match &record.poster {
            Some(name) => Some(absolute(&record.id, name)?),
            None => None,
        };
        let plan = record.plan.as_ref().map(ToString::to_string);
        let video = RebuiltVideo {
            id: &record.id,
            account: &record.owner.id,
            channel: &record.channel.id,
            title: &record.title,
            description: &record.description,
            // Made anew it would be the whole video: what was cut must not come back to viewers.
            visibility: if record.edit != 0 && *state != State::Ready {
                Visibility::Private
            } else {
                record.visibility
            },
            origin: record.origin,
            state: *state,
            failure: failure.as_ref(),
            file_name: &record.source.file_name,
            size: record.source.size,
            part_size: record.source.part_size,
            part_count: record.source.part_count,
            duration: record.duration_us,
            width: record.width,
            height: record.height,
            plan: plan.as_deref(),
            arriving: record.arriving.as_deref(),
            poster: poster.as_ref().map(blobs::ObjectKey::as_str),
            playable,
            allow_download: record.allow_download,
            access_generation: record.access_generation,
            created_at: record.created_at,
            published_at: record.published_at,
        };
        Ok(tx.rebuild_video(&video).await?)
    }

    async fn companions(&self, tx: &mut Tx, record: &Record) -> Result<(), Error> {
        let id = &record.id;
        for (position, caption) in record.captions.iter().enumerate() {
            let caption = Caption {
                lang: caption.lang.clone(),
                label: caption.label.clone(),
                position: i64::try_from(position).unwrap_or(i64::MAX),
                key: absolute(id, &caption.file)?.to_string(),
            };
            tx.put_caption(id, &caption).await?;
        }
        if let Some(board) = &record.storyboard {
            let sheets: Result<Vec<_>, _> =
                board.sheets.iter().map(|name| absolute(id, name).map(|key| key.to_string())).collect();
            tx.set_storyboard(id, &Storyboard { sheets: sheets?, ..board.clone() }).await?;
        }
        Ok(())
    }

    /// The whole video of an edited one, as far as its objects are there.
    async fn original(&self, id: &VideoId, record: &OriginalRecord) -> Result<Content, Error> {
        let key = |name: &String| absolute(id, name).map(|key| key.to_string());
        let mut rungs = Vec::new();
        for rung in &record.rungs {
            if let Some((rung, segments)) = self.rung(id, rung).await? {
                rungs.push(RungContent { rung, segments });
            }
        }
        let storyboard = record.storyboard.as_ref().map(|board| {
            let sheets = board.sheets.iter().map(key).collect::<Result<_, _>>()?;
            Ok::<_, blobs::InvalidKey>(Storyboard { sheets, ..board.clone() })
        });
        let captions = (0..).zip(&record.captions).map(|(position, caption)| {
            let (lang, label) = (caption.lang.clone(), caption.label.clone());
            Ok::<_, blobs::InvalidKey>(Caption { lang, label, position, key: key(&caption.file)? })
        });
        Ok(Content {
            duration: record.duration_us,
            poster: record.poster.as_ref().map(key).transpose()?,
            storyboard: storyboard.transpose()?,
            captions: captions.collect::<Result<_, _>>()?,
            rungs,
        })
    }

    async fn edits(&self, tx: &mut Tx, record: &Record, original: Option<&Content>) -> Result<(), Error> {
        for edit in &record.edits {
            // What was being made is not: nobody has the job any more.
            let state = if edit.state == "pending" { "failed" } else { &edit.state };
            let edit = RebuiltEdit {
                version: edit.version,
                keep: &edit.keep,
                poster_at: edit.poster_at_us,
                state,
                created_at: edit.created_at,
            };
            tx.rebuild_edit(&record.id, &edit).await?;
        }
        if let Some(original) = original {
            tx.keep_original(&record.id, original).await?;
            tx.rebuild_shown_edit(&record.id, record.edit).await?;
        }
        Ok(())
    }

    /// A rung with its segments, if all of its objects are there. What is missing is made again as a whole.
    async fn rung(&self, id: &VideoId, rung: &RungRecord) -> Result<Option<(Rung, Vec<Segment>)>, Error> {
        let mut init_key = None;
        if let Some(name) = &rung.init {
            let key = absolute(id, name)?;
            if self.size(&key).await?.is_none() {
                return Ok(None);
            }
            init_key = Some(key.to_string());
        }
        let mut segments = Vec::with_capacity(rung.segments.len());
        for segment in &rung.segments {
            let key = absolute(id, &segment.file)?;
            if self.size(&key).await? != u64::try_from(segment.size).ok() {
                return Ok(None);
            }
            segments.push(Segment {
                epoch: segment.epoch,
                msn: segment.msn,
                start: segment.start,
                duration: segment.duration,
                size: segment.size,
                key: key.to_string(),
                shift: segment.shift,
            });
        }
        Ok(Some((row_of(rung, init_key), segments)))
    }

    async fn has_source(&self, record: &Record) -> Result<bool, Error> {
        let source = &record.source;
        for part in &source.parts {
            let size = self.size(&pipeline::part_key(&record.id, part.number)?).await?;
            if size != u64::try_from(part.size).ok() {
                return Ok(false);
            }
        }
        Ok(source.part_count.is_some_and(|count| i64::try_from(source.parts.len()) == Ok(count)))
    }

    async fn size(&self, key: &blobs::ObjectKey) -> Result<Option<u64>, Error> {
        match self.blobs.size(key).await {
            Ok(size) => Ok(Some(size)),
            Err(blobs::Error::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// What becomes of a video, by what is there of it.
fn outcome(record: &Record, whole: bool, source: bool) -> (State, Option<Failure>) {
    match record.state {
        State::Ready if whole => (State::Ready, None),
        // The server ends it when it starts: nobody can go on with it, its key was not kept.
        State::Live | State::Interrupted if whole => (State::Interrupted, None),
        State::Failed => (State::Failed, record.error.clone()),
        _ if source => (State::Processing, None),
        _ => {
            let message = "Parts of this video were lost together with its source. Upload it again.";
            (State::Failed, Some(Failure { code: "objects_lost".to_owned(), message: message.to_owned() }))
        }
    }
}

fn row_of(rung: &RungRecord, init_key: Option<String>) -> Rung {
    Rung {
        name: rung.name.clone(),
        kind: rung.kind.clone(),
        position: rung.position,
        width: rung.width,
        height: rung.height,
        frame_rate: rung.frame_rate,
        channels: rung.channels,
        copied: rung.copied,
        bridge: rung.bridge,
        bandwidth: rung.bandwidth,
        average_bandwidth: rung.average_bandwidth,
        codec: rung.codec.clone(),
        timescale: rung.timescale,
        init_key,
        target_duration: rung.target_duration,
        complete: rung.complete,
        language: rung.language.clone(),
        label: rung.label.clone(),
        is_default: rung.is_default,
    }
}
