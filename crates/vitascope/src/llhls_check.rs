//! `vitascope llhls-check URL`: whether a stream, anybody's, is the Low-Latency HLS that players need.

use anyhow::Context as _;
use clap::Args;
use llhls::{Answer, Http, USUAL_UPDATES, check};
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use url::Url;

/// The longest wait for an answer: a blocked question may take three target durations.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);
/// The longest body that is read.
const MOST_BYTES: usize = 64 << 20;

/// The arguments of `llhls-check`.
#[derive(Debug, Args)]
pub(crate) struct LlhlsArguments {
    /// The multivariant playlist of a broadcast that is on, or one of its media playlists
    url: Url,
    /// How many updates of each playlist are followed
    #[arg(long, value_name = "N", default_value_t = USUAL_UPDATES, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    updates: u32,
}

/// Prints what came of each rule.
pub(crate) fn llhls_check(arguments: &LlhlsArguments) -> anyhow::Result<ExitCode> {
    // Another one may be installed already; then that is used.
    let _kept = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).build().context("no HTTP client")?;
    let report = runtime
        .block_on(check(&Fetch(client), &arguments.url, arguments.updates))
        .map_err(|why| anyhow::anyhow!(why))?;
    let passed = report.passed();
    let verdict = if passed { "All rules that could be looked at are held." } else { "Rules are broken." };
    match writeln!(std::io::stdout(), "{report}{verdict}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Fetch(reqwest::Client);

impl Http for Fetch {
    async fn get(&self, url: &Url, gzip: bool) -> Result<Answer, String> {
        let began = Instant::now();
        let mut asking = self.0.get(url.clone()).header("origin", "https://example.com");
        if gzip {
            asking = asking.header("accept-encoding", "gzip");
        }
        let said = |error: reqwest::Error| format!("{url} does not answer: {error}");
        let mut answer = asking.send().await.map_err(said)?;
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let mut read = Answer {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            multiplexed: answer.version() >= reqwest::Version::HTTP_2,
            ..Answer::default()
        };
        let mut body = Vec::new();
        while let Some(bytes) = answer.chunk().await.map_err(said)? {
            body.extend_from_slice(&bytes);
            if body.len() > MOST_BYTES {
                return Err(format!("{url} is longer than {MOST_BYTES} bytes"));
            }
        }
        (read.body, read.took) = (body.into(), began.elapsed());
        Ok(read)
    }
}
