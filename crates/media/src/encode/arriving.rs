//! The command line of a source that still arrives: the first stage, fed through `pipe:0`.

use crate::child::Job;
use crate::error::MediaError;

use super::{Stage, args, stage as complete};

/// The job of the first stage of a source that is written to [`crate::child::Running::input`] as it arrives, from its first
/// byte on. [`Stage::path`] is not read. It may wait for bytes as long as its deadline allows.
///
/// # Errors
/// As for [`super::stage`].
pub fn arriving(stage: &Stage<'_>) -> Result<Job, MediaError> {
    let mut job = complete(stage)?;
    job.args = args::build(stage, args::Source::Pipe)?;
    job.read.clear();
    // An upload may take a day; while nothing comes, no time of the processor is used.
    job.deadline = job.deadline.max(ARRIVES_WITHIN);
    Ok(job.fed())
}

const ARRIVES_WITHIN: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);
