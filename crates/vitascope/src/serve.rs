//! `vitascope serve`.

use crate::settings::ServeFlags;
use anyhow::Context as _;
use media::child::Tools;
use server::{Config, Server};
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

pub(crate) fn serve(flags: &ServeFlags) -> anyhow::Result<ExitCode> {
    log_to_stderr();
    raise_open_files();
    let config = flags.config()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(run(config))?;
    Ok(ExitCode::SUCCESS)
}

async fn run(config: Config) -> anyhow::Result<()> {
    let tools = match tools(&config) {
        Ok(tools) => Some(tools),
        Err(error) => {
            tracing::error!(
                "{error:#}. Uploads are taken, but wait until ffmpeg is there. See: vitascope doctor"
            );
            None
        }
    };
    let (public_url, scheme, secure) =
        (config.public_url.clone(), config.scheme(), config.is_secure_context());
    let server = Server::open(config, tools).await?;
    let address = server.address()?;
    let base = public_url.unwrap_or_else(|| format!("{scheme}://{}", reachable(address)));
    if !secure {
        tracing::warn!(
            "others reach this server by plain http: browsers then give its pages no camera, no microphone and no clipboard, and \
             anyone on the way can read along. For https start it with --domain NAME, or with --tls-cert and --tls-key, or put a \
             reverse proxy in front and name its address with --public-url https://NAME"
        );
    }
    let mut out = std::io::stdout();
    if let Some(path) = server.setup_path().await? {
        writeln!(out, "Nobody has an account yet. Open this link to make the first one: {base}{path}")?;
    }
    if let Some(address) = server.redirect_address() {
        writeln!(out, "Plain http is redirected from http://{}", reachable(address))?;
    }
    if let Some(address) = server.rtmp_address() {
        writeln!(out, "Encoders send broadcasts to rtmp://{}/live", reachable(address))?;
    }
    writeln!(out, "Vitascope is ready at {scheme}://{}", reachable(address))?;
    out.flush()?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    server.run(stop).await;
    Ok(())
}

/// Each connection and each file that is read needs a descriptor; the usual soft limit of 1024 is there for programs that
/// use `select`, which this one does not.
fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) =
        setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit })
    {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// The programs that the server needs, with this binary as their jail.
pub(crate) fn tools(config: &Config) -> anyhow::Result<Tools> {
    let this = std::env::current_exe().context("cannot find this program's own file")?;
    Ok(Tools::find(this, config.ffmpeg.as_deref(), config.ffprobe.as_deref())?)
}

/// 0.0.0.0 is no address to open in a browser.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

/// The first SIGTERM or SIGINT drains; a second one ends at once.
async fn stop_on_signal(stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("cannot listen for signals");
    };
    for round in 0.. {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        if round > 0 {
            std::process::exit(130);
        }
        tracing::info!("stopping: requests in flight may end; a second signal stops at once");
        stop.cancel();
    }
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("VITASCOPE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let filter = filter.and(filter_fn(|told| !tells_payloads(told)));
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

/// Libraries that write down at trace level what goes over the wire: the token in the first message of a socket, headers.
fn tells_payloads(told: &Metadata<'_>) -> bool {
    const LIBRARIES: [&str; 4] = ["tungstenite", "tokio_tungstenite", "h2", "hyper"];
    let library = told.target().split("::").next().unwrap_or_default();
    *told.level() == Level::TRACE && LIBRARIES.contains(&library)
}
