//! Real children in the real jail. Needs ffmpeg and ffprobe: where they are missing these tests fail and say so.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod encode;
mod hostile;
mod jail;
mod probe;
mod support;
