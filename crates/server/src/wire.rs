//! A connection on which large bodies from memory are sent by the kernel out of its own pages, without a copy on the way.
//!
//! [`Pages`] holds a second copy of such bytes in a memory file. hyper knows nothing of it: it hands over slices, and a slice that
//! lies within bytes that have such a file is sent from there (`sendfile(2)`).

use bytes::Bytes;
use rustix::fs::MemfdFlags;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use std::collections::BTreeMap;
use std::io::{self, IoSlice, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// Shorter slices are copied as fast as they are looked up.
pub(crate) const LEAST: usize = 32 << 10;

/// Bytes that the kernel has in pages of its own, by their address in this process.
#[derive(Debug, Default)]
pub(crate) struct Pages(RwLock<BTreeMap<usize, Page>>);

#[derive(Debug)]
struct Page {
    length: usize,
    file: Arc<OwnedFd>,
}

impl Pages {
    /// Bytes that can be sent without a copy, and that drop `share` with the last of them; without a memory file they are sent
    /// like any others.
    pub(crate) fn hold<T: Send + 'static>(self: &Arc<Self>, bytes: Vec<u8>, share: T) -> Bytes {
        let start = bytes.as_ptr() as usize;
        let held = match memory_file(&bytes) {
            Ok(file) => {
                let page = Page { length: bytes.len(), file: Arc::new(file) };
                self.0.write().unwrap_or_else(PoisonError::into_inner).insert(start, page);
                Some(Arc::clone(self))
            }
            Err(error) => {
                tracing::debug!(%error, "no memory file");
                None
            }
        };
        Bytes::from_owner(Held { bytes, pages: held, _share: share })
    }

    /// The file that holds the same bytes as `slice`, and where in it they begin.
    fn find(&self, slice: &[u8]) -> Option<(Arc<OwnedFd>, u64)> {
        let at = slice.as_ptr() as usize;
        let pages = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (start, page) = pages.range(..=at).next_back()?;
        let offset = at.checked_sub(*start)?;
        let within = offset.checked_add(slice.len())? <= page.length;
        within.then(|| (Arc::clone(&page.file), offset as u64))
    }
}

/// Bytes whose entry in [`Pages`] goes before they do: an address never names other bytes than those in its file.
struct Held<T> {
    bytes: Vec<u8>,
    pages: Option<Arc<Pages>>,
    _share: T,
}

impl<T> AsRef<[u8]> for Held<T> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if let Some(pages) = &self.pages {
            let start = self.bytes.as_ptr() as usize;
            pages.0.write().unwrap_or_else(PoisonError::into_inner).remove(&start);
        }
    }
}

fn memory_file(bytes: &[u8]) -> io::Result<OwnedFd> {
    let file = std::fs::File::from(rustix::fs::memfd_create("segment", MemfdFlags::CLOEXEC)?);
    (&file).write_all(bytes)?;
    Ok(file.into())
}

/// A TCP connection that sends what lies in [`Pages`] from there.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    pages: Arc<Pages>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, pages: Arc<Pages>) -> Self {
        Self { stream, pages }
    }

    /// Tries `send` until it sends something or the connection is full.
    fn poll_send(
        &self,
        context: &mut Context<'_>,
        mut send: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(context))?;
            match self.stream.try_io(Interest::WRITABLE, || send(&self.stream)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                sent => return Poll::Ready(sent),
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let held = |slice: &IoSlice<'_>| if slice.len() < LEAST { None } else { self.pages.find(slice) };
        let first =
            slices.iter().enumerate().find_map(|(index, slice)| Some((index, slice.len(), held(slice)?)));
        let Some((index, length, (file, offset))) = first else {
            return Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        };
        match slices.get(..index) {
            // The head of the response, which leaves together with what follows.
            Some(before) if before.iter().any(|slice| !slice.is_empty()) => {
                let flags = SendFlags::MORE | SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                self.poll_send(context, |stream| {
                    Ok(rustix::net::sendmsg(stream, before, &mut SendAncillaryBuffer::default(), flags)?)
                })
            }
            _ => self.poll_send(context, |stream| {
                let mut at = offset;
                match rustix::fs::sendfile(stream, file.as_fd(), Some(&mut at), length)? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    sent => Ok(sent),
                }
            }),
        }
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
    use tokio::net::TcpListener;

    fn some_bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at % 253) as u8).collect()
    }

    #[test]
    fn an_address_names_its_bytes_until_they_go() {
        let pages = Arc::new(Pages::default());
        let held = pages.hold(some_bytes(100_000), ());
        let part = held.slice(70_000..99_000);
        let (file, offset) = pages.find(&part).unwrap();
        assert_eq!(offset, 70_000);
        let mut there = vec![0; part.len()];
        rustix::io::pread(&*file, &mut there, offset).unwrap();
        assert_eq!(there, part);
        assert!(pages.find(&some_bytes(10)).is_none());
        drop(held);
        assert!(pages.find(&part).is_some(), "a part of them is still there");
        drop(part);
        assert!(pages.0.read().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_held_and_what_is_not_arrive_in_order() {
        let pages = Arc::new(Pages::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut theirs = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut ours = Wire::new(listener.accept().await.unwrap().0, Arc::clone(&pages));
        let held = pages.hold(some_bytes(3_000_001), ());
        let sent = [
            Bytes::from_static(b"head"),
            held.slice(5..2_000_000),
            Bytes::from(vec![7; 100_000]),
            held.slice(1..40_000),
            held.clone(),
        ];
        let expected: Vec<u8> = sent.concat();
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            theirs.read_to_end(&mut all).await.unwrap();
            all
        });
        let mut left: std::collections::VecDeque<Bytes> = sent.into();
        while !left.is_empty() {
            let slices: Vec<_> = left.iter().map(|bytes| IoSlice::new(bytes)).collect();
            let mut count = ours.write_vectored(&slices).await.unwrap();
            while let Some(bytes) = left.front_mut().filter(|bytes| count > 0 || bytes.is_empty()) {
                let took = count.min(bytes.len());
                count -= took;
                let _gone = bytes.split_to(took);
                if bytes.is_empty() {
                    left.pop_front();
                }
            }
        }
        drop(ours);
        assert!(reading.await.unwrap() == expected);
    }
}
