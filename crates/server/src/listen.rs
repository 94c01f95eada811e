//! The accept loop: HTTP/1.1 and, over TLS, HTTP/2, with limits that hyper's defaults leave open, and a graceful end.

use crate::patience::Patient;
use crate::wire::{Pages, Wire};
use anyhow::Context as _;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Connections at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 4096;
/// Connections at once to the listener that only redirects.
const MAX_REDIRECTS: usize = 256;
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const HEADER_LIMIT: Duration = Duration::from_secs(15);
const HEADER_BYTES: usize = 64 << 10;
const HEADERS: usize = 64;
/// How long 64 KiB may take to leave.
const WRITE_LIMIT: Duration = Duration::from_secs(60);
/// How long requests in flight may take once the server stops.
const DRAIN: Duration = Duration::from_secs(10);

/// Requests at once on one HTTP/2 connection: a player and an upload with parallel parts need about twenty.
const STREAMS: u32 = 100;
/// What one stream, and one connection, may send us ahead of our reading, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 << 20;
/// What may wait to be sent on one stream, in bytes.
const STREAM_SEND_BUFFER: usize = 256 << 10;
/// Streams that a client opened and reset, or broke, before we end its connection (CVE-2023-44487 and its kin).
const RESETS: usize = 50;
const PING: Duration = Duration::from_secs(30);

/// Binds `address`, saying in words why it cannot.
pub(crate) async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| match address.port() {
        1..1024 => format!(
            "cannot listen on {address}; another server may have the port, or this user may not take ports below 1024. \
             Choose one with {flag}"
        ),
        _ => format!("cannot listen on {address}; is another server running there? Choose one with {flag}"),
    })
}

/// Serves `router` until `stop`, then lets requests in flight end.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    (router, pages): (Router, Arc<Pages>),
    stop: CancellationToken,
) {
    let tls = tls.map(TlsAcceptor::from);
    let door = Arc::new(Door { http1: http1(), http2: http2(), tls, router, pages });
    accept(&listener, door, MAX_CONNECTIONS, stop).await;
}

/// Serves `router`, which only redirects, until `stop`.
pub(crate) async fn redirect(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut http1 = http1();
    http1.http1().keep_alive(false);
    let door = Arc::new(Door { http1, http2: http2(), tls: None, router, pages: Arc::default() });
    accept(&listener, door, MAX_REDIRECTS, stop).await;
}

async fn accept(listener: &TcpListener, door: Arc<Door>, most: usize, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(most));
    loop {
        let slot = tokio::select! {
            () = stop.cancelled() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        let Ok(slot) = slot else { break };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: wait for some to come back instead of spinning.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let (door, watcher, stop) = (Arc::clone(&door), graceful.watcher(), stop.clone());
        tokio::spawn(async move {
            let _slot = slot;
            tokio::select! {
                // Who has not shaken hands has no request in flight.
                () = stop.cancelled(), if door.tls.is_some() => {}
                shaken = door.welcome(stream) => match shaken {
                    Ok(Some(connection)) => return door.talk(connection, peer, watcher).await,
                    Ok(None) => {}
                    Err(error) => tracing::debug!(%error, "no handshake"),
                },
            }
        });
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// What every connection of one listener shares.
struct Door {
    http1: Builder<TokioExecutor>,
    http2: Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    router: Router,
    pages: Arc<Pages>,
}

/// A connection whose protocol is known.
enum Connection {
    Plain(Patient<Wire>),
    Http1(Box<tokio_rustls::server::TlsStream<Patient<Wire>>>),
    Http2(Box<tokio_rustls::server::TlsStream<Patient<Wire>>>),
}

impl Door {
    /// Shakes hands; nothing is left to talk about after a challenge of the certificate authority.
    async fn welcome(&self, stream: TcpStream) -> std::io::Result<Option<Connection>> {
        stream.set_nodelay(true)?;
        let stream = Patient::new(Wire::new(stream, Arc::clone(&self.pages)), WRITE_LIMIT);
        let Some(tls) = &self.tls else { return Ok(Some(Connection::Plain(stream))) };
        let stream = Box::new(tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await??);
        Ok(match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Some(Connection::Http2(stream)),
            Some(b"http/1.1") | None => Some(Connection::Http1(stream)),
            Some(_) => None,
        })
    }

    async fn talk(&self, connection: Connection, peer: SocketAddr, watcher: Watcher) {
        match connection {
            Connection::Plain(stream) => self.serve(&self.http1, stream, peer, watcher).await,
            Connection::Http1(stream) => self.serve(&self.http1, stream, peer, watcher).await,
            Connection::Http2(stream) => self.serve(&self.http2, stream, peer, watcher).await,
        }
    }

    async fn serve<S>(&self, builder: &Builder<TokioExecutor>, stream: S, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service =
            self.router.clone().map_request(move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                name_the_host(&mut request);
                request.map(axum::body::Body::new)
            });
        let service = TowerToHyperService::new(service);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// HTTP/2 has `:authority` where HTTP/1.1 has `Host`; from here on there is one name for it.
fn name_the_host<B>(request: &mut http::Request<B>) {
    if request.headers().contains_key(http::header::HOST) {
        return;
    }
    let host = request.uri().authority().and_then(|name| http::HeaderValue::from_str(name.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().insert(http::header::HOST, host);
    }
}

fn http1() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        .max_headers(HEADERS)
        .max_buf_size(HEADER_BYTES);
    builder
}

fn http2() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http2_only();
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_SEND_BUFFER)
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}
