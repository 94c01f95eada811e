//! What a video is: where it came from, who sees it, and how far it has got.

use crate::text_enum::text_enum;

text_enum! {
    /// Who finds and watches a video.
    Visibility {
        /// Listed, found by search, watched by anyone.
        Public = "public",
        /// Watched by anyone who has the link; listed nowhere.
        Unlisted = "unlisted",
        /// Watched by its owner only.
        Private = "private",
    }
}

text_enum! {
    /// How a video's bytes came in.
    Origin {
        /// A file that was uploaded.
        Upload = "upload",
        /// A take of the browser's recorder.
        Recording = "recording",
        /// A broadcast.
        Live = "live",
    }
}

text_enum! {
    /// How far a video has got.
    State {
        /// Its parts are coming in.
        Uploading = "uploading",
        /// All parts are in; rungs are being made (it may be playable already).
        Processing = "processing",
        /// Everything that was planned exists.
        Ready = "ready",
        /// It cannot become ready; the error says why.
        Failed = "failed",
        /// A broadcast whose publisher has not come yet.
        Waiting = "waiting",
        /// A broadcast that is on.
        Live = "live",
        /// A broadcast whose publisher is lost, and may return.
        Interrupted = "interrupted",
    }
}

/// Why a video failed: a stable code for programs and a sentence with a next step for a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// Stable, `snake_case`.
    pub code: String,
    /// In words for a person.
    pub message: String,
}
