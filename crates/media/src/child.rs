//! Starting ffmpeg and ffprobe in the jail: tools, jobs, pipes, and how a job ended.
//!
//! A [`Job`] is program, arguments, files and limits; [`Tools::spawn`] makes a [`Running`] of it. The caller **must read
//! every output to its end, all at the same time**: FFmpeg writes them in turn, so one pipe that nobody reads stops all
//! the others for ever (until the deadline).

mod job;
mod running;
mod spawner;
mod tail;
mod tools;

pub use job::{Job, Program};
pub use running::{End, Failed, Finished, Input, Output, Running};
pub use tools::{FFMPEG_AT_LEAST, Tools, ToolsError, Version};
