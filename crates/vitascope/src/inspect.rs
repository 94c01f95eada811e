//! `vitascope inspect FILE`: what would become of a file, and with `--out DIR` what does, without a server.

use crate::serve::tools;
use crate::settings::ServeFlags;
use anyhow::Context as _;
use clap::Args;
use media::borders::{Borders, borders};
use media::plan::{Plan, Rung, plan};
use media::probe::{Probe, probe};
use media::sniff::sniff;
use server::offline::Made;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// The video or sound file
    file: PathBuf,
    /// Make it all: segments, playlists and a DASH manifest in an empty folder, which then plays from any server of files
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: ServeFlags,
}

/// Everything that is known of a source before a byte of it is encoded, and what came of it if that was asked for.
#[derive(Debug, serde::Serialize)]
struct Inspected {
    source: Probe,
    plan: Plan,
    borders: Borders,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Made>,
}

/// Prints the source, its plan, its ladder and its segments.
pub(crate) fn inspect(arguments: &InspectArguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let inspected = runtime.block_on(read(arguments))?;
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&inspected)?)
    } else {
        inspected.to_string()
    };
    // A reader such as `head` may have seen enough.
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

async fn read(arguments: &InspectArguments) -> anyhow::Result<Inspected> {
    const HEAD: u64 = 64 << 10;
    let config = arguments.settings.config()?;
    let path = &arguments.file;
    // The jail lets the one file in by its full name.
    let path = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
    let mut head = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .with_context(|| format!("cannot read {}", path.display()))?;
    let container = sniff(&head).map_err(media::MediaError::from)?;
    let tools = tools(&config)?;
    let source = probe(&tools, &path, container, &config.source.limits()).await?;
    let borders = borders(&source);
    let plan = plan(&source, &borders, &config.ladder);
    let made = match &arguments.out {
        Some(out) => Some(server::offline::make(&config, tools, &path, out).await?),
        None => None,
    };
    Ok(Inspected { source, plan, borders, made })
}

impl std::fmt::Display for Inspected {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, plan, borders, made } = self;
        writeln!(
            out,
            "Source: {:?}, {}, {} bytes, {}",
            source.container,
            seconds(source.duration_us),
            source.size,
            megabits(source.bit_rate())
        )?;
        for reason in &plan.reasons {
            writeln!(out, "  {reason}")?;
        }
        writeln!(out, "\nLadder:")?;
        for rung in &plan.rungs {
            writeln!(out, "  {}", line_of(rung))?;
        }
        segments(out, "Segments", &borders.segments, borders.end_us)?;
        if plan.rungs.iter().any(|rung| rung.is_video() && rung.copied()) {
            segments(out, "Segments of the copied rung", &borders.copied, borders.end_us)?;
        }
        made.as_ref().map_or(Ok(()), |made| files(out, made))
    }
}

/// Every object with its size, and every playlist with its text.
fn files(out: &mut std::fmt::Formatter<'_>, made: &Made) -> std::fmt::Result {
    writeln!(out, "\nMade ({}):", made.objects.len())?;
    for (name, size) in &made.objects {
        writeln!(out, "  {size:>10}  {name}")?;
    }
    made.playlists.iter().try_for_each(|(name, text)| writeln!(out, "\n{name}:\n{}", text.trim_end()))
}

/// `stage 1  720p       1280×720   copied   3.2 Mbit/s  …why`.
fn line_of(rung: &Rung) -> String {
    let size = rung.size().map_or_else(String::new, |size| format!("{}×{}", size.width, size.height));
    let how = match (rung.copied(), rung.bridge()) {
        (true, true) => "bridge",
        (true, false) => "copied",
        (false, _) => "encoded",
    };
    let mut line = format!(
        "stage {}  {:<8} {size:<10} {how:<8} {:>12}",
        rung.stage,
        rung.name,
        megabits(rung.bandwidth)
    );
    // A `String` takes every write.
    let _infallible = write!(line, "  {}", rung.reason);
    line
}

fn segments(out: &mut std::fmt::Formatter<'_>, title: &str, starts: &[i64], end: i64) -> std::fmt::Result {
    writeln!(out, "\n{title} ({}):", starts.len())?;
    let ends = starts.iter().skip(1).copied().chain([end]);
    for (number, (start, end)) in starts.iter().zip(ends).enumerate() {
        writeln!(out, "  {number:>5}  at {:>12}  for {}", seconds(*start), seconds(end - start))?;
    }
    Ok(())
}

fn seconds(us: i64) -> String {
    format!("{:.3} s", us as f64 / 1e6)
}

fn megabits(rate: u64) -> String {
    format!("{:.2} Mbit/s", rate as f64 / 1e6)
}
