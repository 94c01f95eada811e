//! A stream whose other end must keep reading.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Bytes that must leave within [`Patient::limit`] once the other end has stopped taking them at once.
const LEAST: usize = 64 << 10;

/// Ends a connection whose other end reads so slowly that it only holds memory: fewer than 64 KiB, and not all that there is
/// to send, within the limit. Silence with nothing to send is fine.
#[derive(Debug)]
pub(crate) struct Patient<S> {
    stream: S,
    limit: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    moved: usize,
}

impl<S> Patient<S> {
    /// Wraps `stream`; `limit` is the longest wait for [`LEAST`] bytes.
    pub(crate) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, waiting: None, moved: 0 }
    }

    /// What a write of `length` bytes came to, or the end of our patience.
    fn judge(
        &mut self,
        context: &mut Context<'_>,
        length: usize,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(count)) => {
                self.moved = self.moved.saturating_add(count);
                if count == length || self.moved >= LEAST {
                    self.waiting = None;
                    self.moved = 0;
                }
                Poll::Ready(Ok(count))
            }
            Poll::Pending => {
                let limit = self.limit;
                let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
                ready!(waiting.as_mut().poll(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other end reads too slowly")))
            }
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, bytes.len(), written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = slices.iter().map(|slice| slice.len()).fold(0, usize::saturating_add);
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(context, length, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A megabyte to a reader that takes `count` bytes a millisecond at best.
    async fn sent_to_a_reader_of(count: usize, limit: Duration) -> io::Result<()> {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let reader = tokio::spawn(async move {
            let mut bytes = vec![0; count];
            while theirs.read_exact(&mut bytes).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let sent = Patient::new(ours, limit).write_all(&vec![0; 1 << 20]).await;
        reader.abort();
        sent
    }

    #[tokio::test]
    async fn a_reader_of_single_bytes_is_left() {
        // At most 500 of the 65,536 bytes that it would have to take in this time.
        let error = sent_to_a_reader_of(1, Duration::from_millis(500)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_reader_that_takes_its_share_in_time_is_served_to_the_end() {
        sent_to_a_reader_of(4096, Duration::from_secs(20)).await.unwrap();
    }
}
