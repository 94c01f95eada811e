//! What FFmpeg writes, read, cut and written again. The streams and their commands are in `tests/data`.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod download;
mod goldens;
mod reader;
mod segmenter;
mod support;
