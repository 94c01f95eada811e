//! A stream whose other end must keep reading, and which leaves room for the others.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Bytes that must leave within [`Patient::limit`] once the other end has stopped taking them at once.
const LEAST: usize = 64 << 10;

/// Bytes that a connection sends before all others that are ready have had their turn: one that sends a long segment to a fast
/// reader would otherwise hold up everybody behind it, the API too. Most answers fit into what a request may send at once.
const FIRST_TURN: usize = 256 << 10;
const TURN: usize = 64 << 10;

/// Slices of one write; hyper hands over a head and a body.
const SLICES: usize = 8;

/// Ends a connection whose other end reads so slowly that it only holds memory: fewer than 64 KiB, and not all that there is
/// to send, within the limit. Silence with nothing to send is fine.
#[derive(Debug)]
pub(crate) struct Patient<S> {
    stream: S,
    limit: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    moved: usize,
    /// What is left of this turn.
    turn: usize,
}

impl<S> Patient<S> {
    /// Wraps `stream`; `limit` is the longest wait for [`LEAST`] bytes.
    pub(crate) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, waiting: None, moved: 0, turn: FIRST_TURN }
    }

    /// How many bytes may be sent now; after a whole turn the others come first.
    fn turn(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        if self.turn == 0 {
            self.turn = TURN;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.turn)
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
                self.turn = self.turn.saturating_sub(count);
                if count == length || self.moved >= LEAST {
                    self.waiting = None;
                    self.moved = 0;
                }
                Poll::Ready(Ok(count))
            }
            Poll::Pending => {
                self.turn = TURN;
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
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            // What is asked now was waited for in turn.
            self.turn = FIRST_TURN;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let most = ready!(self.turn(context)).min(bytes.len());
        let written = Pin::new(&mut self.stream).poll_write(context, bytes.get(..most).unwrap_or(bytes));
        self.judge(context, most, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut left = ready!(self.turn(context));
        let most = left;
        let mut some = [IoSlice::new(&[]); SLICES];
        for (slice, place) in slices.iter().zip(&mut some) {
            let length = slice.len().min(left);
            *place = IoSlice::new(slice.get(..length).unwrap_or_default());
            left = left.saturating_sub(length);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, &some);
        self.judge(context, most.saturating_sub(left), written)
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

    /// How many bytes one write of `bytes` takes, in slices or in one; nothing while others come first.
    fn write<S: AsyncWrite + Unpin>(stream: &mut Patient<S>, bytes: &[u8], sliced: bool) -> Option<usize> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        let (head, body) = bytes.split_at(bytes.len() / 3);
        let slices = [IoSlice::new(head), IoSlice::new(body)];
        let mut stream = Pin::new(stream);
        match if sliced {
            stream.as_mut().poll_write_vectored(&mut context, &slices)
        } else {
            stream.as_mut().poll_write(&mut context, bytes)
        } {
            Poll::Ready(count) => Some(count.unwrap()),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn after_a_turn_the_others_come_first() {
        for sliced in [false, true] {
            let mut stream = Patient::new(Vec::new(), Duration::from_secs(1));
            let bytes: Vec<u8> = (0..FIRST_TURN + 2 * TURN).map(|at| (at % 251) as u8).collect();
            let mut sent = 0;
            let mut turns = 0;
            while sent < bytes.len() {
                match write(&mut stream, &bytes[sent..], sliced) {
                    Some(count) => sent += count,
                    None => turns += 1,
                }
            }
            assert_eq!((sent, turns), (bytes.len(), 2));
            assert!(stream.stream == bytes, "in order, sliced: {sliced}");
        }
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
