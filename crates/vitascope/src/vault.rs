//! `vitascope verify`, `backup`, `restore` and `rebuild`: words around the `vault`.

use crate::settings::DataFlags;
use anyhow::Context as _;
use clap::Args;
use domain::Micros;
use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use vault::{DataFolder, Problem, Report};

/// The arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    #[command(flatten)]
    data: DataFlags,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    data: DataFlags,
    /// An empty folder, or an earlier backup, which is brought up to date
    #[arg(long)]
    to: PathBuf,
    /// Copy bytes also where a link to the same bytes would do: for a copy that survives a bad sector
    #[arg(long)]
    copy: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup
    #[arg(long)]
    from: PathBuf,
    /// The new data folder; it must be empty or missing
    #[arg(long)]
    data: PathBuf,
    /// Copy bytes also where a link to the same bytes would do
    #[arg(long)]
    copy: bool,
}

/// The arguments of `rebuild`.
#[derive(Debug, Args)]
pub(crate) struct RebuildArguments {
    #[command(flatten)]
    data: DataFlags,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn verify(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let folder = arguments.data.folder()?;
    let report = block_on(async {
        let folder = DataFolder::look_into(&folder).await?;
        let report = vault::verify(&folder).await;
        folder.store.close().await;
        report
    })??;
    print(if arguments.json { serde_json::to_string_pretty(&report)? } else { words_of(&report) })?;
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn backup(arguments: &BackupArguments) -> anyhow::Result<ExitCode> {
    let folder = arguments.data.folder()?;
    let done = block_on(vault::backup(&folder, &arguments.to, arguments.copy, now()))??;
    let manifest = &done.manifest;
    if arguments.json {
        print(serde_json::to_string_pretty(&done)?)?;
    } else {
        print(format!(
            "{} holds {} videos: {} objects, {}. {} objects were new, {} were removed.",
            arguments.to.display(),
            manifest.videos,
            manifest.objects,
            size(manifest.bytes),
            done.new_objects,
            done.removed_objects
        ))?;
        for key in &manifest.missing {
            print(format!("✗ {key}: missing from the instance itself"))?;
        }
    }
    Ok(if manifest.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn restore(arguments: &RestoreArguments) -> anyhow::Result<ExitCode> {
    let manifest = block_on(vault::restore(&arguments.from, &arguments.data, arguments.copy))??;
    print(format!(
        "{} holds {} videos: {} objects, {}. Start it with: vitascope serve --data {}",
        arguments.data.display(),
        manifest.videos,
        manifest.objects,
        size(manifest.bytes),
        arguments.data.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn rebuild(arguments: &RebuildArguments) -> anyhow::Result<ExitCode> {
    let folder = arguments.data.folder()?;
    let _lock = server::lock(&folder)?;
    let rebuilt = block_on(vault::rebuild(&folder, now(), &mut server::new_job_id))??;
    if arguments.json {
        print(serde_json::to_string_pretty(&rebuilt)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    print(format!("{} videos are back.", rebuilt.videos))?;
    for video in &rebuilt.to_process {
        print(format!("! {video}: is made again from its source when the server runs"))?;
    }
    for lost in &rebuilt.lost {
        print(format!("✗ {}: {}", lost.video, lost.why))?;
    }
    if !rebuilt.accounts.is_empty() {
        print(format!(
            "These accounts have no password yet: {}. Give them one with: vitascope admin reset-password NAME [--role admin] [--email ADDRESS]",
            rebuilt.accounts.join(", ")
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn words_of(report: &Report) -> String {
    let mut lines = Vec::new();
    let mut tell = |sign: &str, problems: &[Problem], count: u64| {
        lines.extend(problems.iter().map(|problem| format!("{sign} {}: {}", problem.key, problem.what)));
        if count > problems.len() as u64 {
            lines.push(format!("{sign} … and {} more", count - problems.len() as u64));
        }
    };
    tell("✗", &report.missing, report.missing_count);
    tell("✗", &report.broken, report.broken_count);
    lines.extend(report.database.iter().map(|line| format!("✗ database: {line}")));
    for unknown in &report.unknown {
        let hint =
            if unknown.described { "`rebuild` could bring it back" } else { "its upload was not complete" };
        lines.push(format!("! videos/{}: the catalogue does not know it; {hint}", unknown.video));
    }
    if report.orphan_count > 0 {
        lines.push(format!(
            "! {} objects ({}) belong to nothing; the server removes them in time",
            report.orphan_count,
            size(report.orphan_bytes)
        ));
    }
    let verdict = if report.ok { "Nothing is missing or broken" } else { "Something is missing or broken" };
    lines.push(format!(
        "{verdict}: {} videos, {} objects, {} read.",
        report.videos,
        report.objects,
        size(report.bytes)
    ));
    lines.join("\n")
}

fn size(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

fn print(text: impl Display) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    Ok(runtime.block_on(work))
}

fn now() -> Micros {
    domain::Clock::now(&server::SystemClock)
}
