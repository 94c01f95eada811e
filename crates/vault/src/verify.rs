//! Compares catalogue and object store, reading every byte: names and rows carry hashes, so nothing else is needed.

use crate::record::{Record, record_key};
use crate::references::{Reference, references};
use crate::{DataFolder, Error};
use blobs::ObjectKey;
use domain::VideoId;
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

/// What was found. Lists are cut at 1,000 entries; the counts are not.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Report {
    /// Nothing is missing and nothing broken.
    pub ok: bool,
    /// Videos looked at.
    pub videos: u64,
    /// Objects read.
    pub objects: u64,
    /// Bytes read.
    pub bytes: u64,
    /// How many objects are missing.
    pub missing_count: u64,
    /// Objects that rows refer to and that are not there.
    pub missing: Vec<Problem>,
    /// How many objects are broken.
    pub broken_count: u64,
    /// Objects whose bytes are not those they were.
    pub broken: Vec<Problem>,
    /// How many objects nothing refers to, and how many bytes they have.
    pub orphan_count: u64,
    /// Their bytes.
    pub orphan_bytes: u64,
    /// Objects that nothing refers to. The server removes them in time.
    pub orphans: Vec<String>,
    /// Videos that have objects and no row: the catalogue is older than the store, or was lost.
    pub unknown: Vec<Unknown>,
    /// What the database engine says of its own file.
    pub database: Vec<String>,
}

/// An object that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

/// A video that the catalogue does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Its identifier.
    pub video: VideoId,
    /// Whether it is described, so that `rebuild` could bring it back.
    pub described: bool,
}

/// Verifies a folder, also while a server runs on it.
///
/// # Errors
/// When catalogue or object store cannot be read at all.
pub async fn verify(folder: &DataFolder) -> Result<Report, Error> {
    const AT_ONCE: i64 = 500;
    let mut report = Report { database: folder.store.damage().await?, ..Report::default() };
    let mut last = None;
    loop {
        let ids = folder.store.video_ids(last.as_ref(), AT_ONCE).await?;
        for video in &ids {
            One { folder, video, report: &mut report }.run().await?;
        }
        match ids.into_iter().next_back() {
            Some(id) => last = Some(id),
            None => break,
        }
    }
    find_unknown(folder, &mut report).await?;
    report.ok = report.missing_count == 0 && report.broken_count == 0 && report.database.is_empty();
    Ok(report)
}

/// The verification of one video.
struct One<'a> {
    folder: &'a DataFolder,
    video: &'a VideoId,
    report: &'a mut Report,
}

impl One<'_> {
    async fn run(&mut self) -> Result<(), Error> {
        self.report.videos += 1;
        let wanted = references(&self.folder.store, self.video).await?;
        for reference in &wanted {
            if let Some(what) = self.fault(reference).await? {
                self.note(reference, what).await?;
            }
        }
        self.check_record().await?;
        let known: HashSet<_> = wanted.into_iter().map(|reference| reference.key).collect();
        self.find_orphans(&known).await
    }

    async fn fault(&mut self, reference: &Reference) -> Result<Option<Fault>, Error> {
        let (size, hash) = match self.folder.blobs.hash(&reference.key).await {
            Err(blobs::Error::NotFound) => return Ok(Some(Fault::Missing)),
            Err(blobs::Error::Io(error)) => return Ok(Some(Fault::Broken(error.to_string()))),
            other => other?,
        };
        self.report.objects += 1;
        self.report.bytes = self.report.bytes.saturating_add(size);
        if let Some(wanted) = reference.size.filter(|wanted| *wanted != size) {
            return Ok(Some(Fault::Broken(format!("it has {size} bytes instead of {wanted}"))));
        }
        Ok((!hash.starts_with(&reference.hash))
            .then(|| Fault::Broken("its bytes have another hash".to_owned())))
    }

    /// What looks wrong may have been deleted or replaced since its row was read: the rows are asked again.
    async fn note(&mut self, reference: &Reference, fault: Fault) -> Result<(), Error> {
        if !references(&self.folder.store, self.video).await?.contains(reference) {
            return Ok(());
        }
        let key = reference.key.to_string();
        match fault {
            Fault::Missing => self.report.add_missing(key, "it is not there"),
            Fault::Broken(what) => self.report.add_broken(key, what),
        }
        Ok(())
    }

    async fn check_record(&mut self) -> Result<(), Error> {
        let key = record_key(self.video)?;
        let due = |found: Option<store::vault::Description>| {
            found.is_none_or(|description| description.described < description.revision)
        };
        if due(self.folder.store.description(self.video).await?) {
            return Ok(());
        }
        let fault = match Record::read(&self.folder.blobs, self.video).await {
            Ok(Some(_)) => return Ok(()),
            Ok(None) => Fault::Broken("it describes another video, or in a later format".to_owned()),
            Err(Error::Blobs(blobs::Error::NotFound)) => Fault::Missing,
            Err(error) => Fault::Broken(error.to_string()),
        };
        if self.folder.store.is_gone(self.video).await? {
            return Ok(());
        }
        match fault {
            Fault::Missing => {
                self.report.add_missing(key.to_string(), "the video is not described in the store");
            }
            Fault::Broken(what) => self.report.add_broken(key.to_string(), what),
        }
        Ok(())
    }

    async fn find_orphans(&mut self, known: &HashSet<ObjectKey>) -> Result<(), Error> {
        let mut found = Vec::new();
        let record = record_key(self.video)?;
        for prefix in pipeline::FOLDERS {
            let prefix = ObjectKey::parse(format!("{prefix}/{}", self.video))?;
            found.extend(self.folder.blobs.list(&prefix).await?);
        }
        // An object appears before its row.
        let young = if self.folder.in_use { IN_FLIGHT } else { Duration::ZERO };
        found.retain(|object| !known.contains(&object.key) && object.key != record && object.age >= young);
        if found.is_empty() {
            return Ok(());
        }
        let now: HashSet<_> = references(&self.folder.store, self.video)
            .await?
            .into_iter()
            .map(|reference| reference.key)
            .collect();
        for object in found.into_iter().filter(|object| !now.contains(&object.key)) {
            self.report.orphan_count += 1;
            self.report.orphan_bytes = self.report.orphan_bytes.saturating_add(object.size);
            push(&mut self.report.orphans, object.key.to_string());
        }
        Ok(())
    }
}

enum Fault {
    Missing,
    Broken(String),
}

impl Report {
    fn add_missing(&mut self, key: String, what: &str) {
        self.missing_count += 1;
        push(&mut self.missing, Problem { key, what: what.to_owned() });
    }

    fn add_broken(&mut self, key: String, what: String) {
        self.broken_count += 1;
        push(&mut self.broken, Problem { key, what });
    }
}

/// Videos that have objects and neither a row nor a note that they were deleted.
async fn find_unknown(folder: &DataFolder, report: &mut Report) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for prefix in pipeline::FOLDERS {
        let names = folder.blobs.names(prefix).await?;
        seen.extend(names.into_iter().filter_map(|name| name.parse::<VideoId>().ok()));
    }
    for video in seen {
        if folder.store.is_gone(&video).await? && !folder.store.was_deleted(&video).await? {
            let described = matches!(Record::read(&folder.blobs, &video).await, Ok(Some(_)));
            push(&mut report.unknown, Unknown { video, described });
        }
    }
    Ok(())
}

fn push<T>(list: &mut Vec<T>, item: T) {
    const MOST: usize = 1000;
    if list.len() < MOST {
        list.push(item);
    }
}

/// What is younger may be on its way into the catalogue.
const IN_FLIGHT: Duration = Duration::from_secs(60);
