//! Writes a source to FFmpeg in order, as its parts arrive.

use super::parts::{Located, Parts};
use crate::Error;
use cmaf::faststart::Piece;
use media::child::Input;
use media::transport::Scan;
use std::io::ErrorKind;
use store::videos::Video;
use tokio::io::AsyncWriteExt as _;

/// A source from its first byte to its last.
pub(super) fn whole(video: &Video) -> Vec<Piece> {
    let size = video.size.and_then(|size| u64::try_from(size).ok());
    vec![Piece::Source(0..size.unwrap_or(u64::MAX))]
}

/// Feeds `pieces`, waiting for what is not here yet; `None` when nothing came for too long. Ends where a `clock` that is to be
/// watched jumps: FFmpeg would put what follows on top of what was published.
pub(super) async fn run(
    parts: &mut Parts<'_>,
    pieces: Vec<Piece>,
    mut clock: Option<Scan>,
    mut input: Input,
) -> Result<Option<()>, Error> {
    for piece in pieces {
        let mut range = match piece {
            Piece::Bytes(bytes) => {
                if !write(&mut input, &bytes).await? {
                    return Ok(Some(()));
                }
                continue;
            }
            Piece::Source(range) => range,
        };
        while range.start < range.end {
            match parts.locate(range.start) {
                Located::End => break,
                Located::Missing(number) => {
                    if !parts.wait_for(number).await? {
                        return Ok(None);
                    }
                }
                Located::Here { number, within, left } => {
                    let most = left.min(range.end - range.start).min(BUFFER);
                    let bytes = parts.piece(number, within, most).await?;
                    if let Some(clock) = &mut clock {
                        clock.push(&bytes);
                        if clock.jumps() {
                            return Err(Error::Unstreamable("its clock jumps".to_owned()));
                        }
                    }
                    if bytes.is_empty() || !write(&mut input, &bytes).await? {
                        return Ok(Some(()));
                    }
                    range.start = range.start.saturating_add(bytes.len() as u64);
                }
            }
        }
    }
    Ok(Some(()))
}

/// `false` when FFmpeg reads no further: its end tells why.
async fn write(input: &mut Input, bytes: &[u8]) -> Result<bool, Error> {
    match input.write_all(bytes).await {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::Pipe(error)),
    }
}

/// Bytes of the source in memory, beside those in the pipe.
const BUFFER: u64 = 256 << 10;
