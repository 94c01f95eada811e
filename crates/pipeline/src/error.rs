use cmaf::names::RungName;
use domain::video::Failure;
use media::child::Failed;
use media::{Fault, MediaError};
use std::io::ErrorKind;

/// Why an attempt ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The source cannot become a video.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// FFmpeg failed.
    #[error("{0}")]
    Child(#[from] Failed),
    /// What came out of a pipe is not what FFmpeg writes.
    #[error("packager: {0}")]
    Read(#[from] cmaf::ReadError),
    /// What came out of a pipe cannot be cut.
    #[error("packager: {0}")]
    Cut(#[from] cmaf::SegmentError),
    /// A pipe ended before its init segment.
    #[error("a track has no init segment")]
    NoInit,
    /// This attempt's init segment differs from the one published: its segments would not fit.
    #[error("the init segment of {0} changed")]
    InitChanged(RungName),
    /// The catalogue failed, or the lease was lost.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The object store failed.
    #[error(transparent)]
    Blobs(#[from] blobs::Error),
    /// A name that cannot be an object key.
    #[error(transparent)]
    Key(#[from] blobs::InvalidKey),
    /// A name that cannot be a rung's.
    #[error(transparent)]
    Name(#[from] cmaf::names::InvalidName),
    /// A stored plan that does not parse.
    #[error("stored plan: {0}")]
    Plan(#[from] serde_json::Error),
    /// Reading a pipe or starting a child failed.
    #[error("pipe: {0}")]
    Pipe(std::io::Error),
    /// The source cannot be played while it arrives; it is waited for.
    #[error("not while it arrives: {0}")]
    Unstreamable(String),
    /// A copied picture changes its parameters on the way: it must be encoded.
    #[error("the picture's codec parameters change on the way")]
    ParametersChange,
    /// An edit that cannot be made of this video.
    #[error("edit: {0}")]
    Edit(String),
    /// FFmpeg is not installed.
    #[error("ffmpeg is not installed")]
    NoTools,
    /// A job that this version does not know.
    #[error("unknown kind of job: {0}")]
    UnknownKind(String),
}

impl Error {
    /// Whether only space is missing, which is nobody's fault but the disk's.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Store(store::Error::Full) | Self::Blobs(blobs::Error::Full) => true,
            Self::Pipe(error) => matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded),
            _ => false,
        }
    }

    /// What a person is told, when trying again cannot help.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Self::Media(error) if error.fault() == Fault::Source => {
                Some(Failure { code: error.code().to_owned(), message: error.to_string() })
            }
            _ => None,
        }
    }
}
