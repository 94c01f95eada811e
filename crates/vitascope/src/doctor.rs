//! `vitascope doctor`: what this machine has, what it lacks, and what to do about it.

use crate::serve::tools;
use crate::settings::ServeFlags;
use media::sandbox::support;
use server::Config;
use std::fmt::Display;
use std::fs;
use std::process::ExitCode;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Good,
    Warning,
    Missing,
}

/// Prints one line per check; exits 1 when something needed is missing.
pub(crate) fn doctor(flags: &ServeFlags) -> anyhow::Result<ExitCode> {
    let config = flags.config()?;
    if let Err(wrong) = config.check() {
        say(Mark::Missing, "settings", wrong);
        return Ok(ExitCode::FAILURE);
    }
    let marks: Vec<Mark> = [programs(&config), jail(), data(&config), https(&config)].concat();
    let missing = marks.contains(&Mark::Missing);
    println!(
        "\n{}",
        if missing {
            "Something needed is missing; see the lines with ✗."
        } else {
            "This machine can run Vitascope."
        }
    );
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn say(mark: Mark, what: &str, detail: impl Display) -> Mark {
    let sign = match mark {
        Mark::Good => '✓',
        Mark::Warning => '!',
        Mark::Missing => '✗',
    };
    println!("{sign} {what}: {detail}");
    mark
}

fn programs(config: &Config) -> Vec<Mark> {
    // Runs both inside the jail, as the server will.
    let checked = tools(config).and_then(|tools| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let version = runtime.block_on(tools.check())?;
        let (_, missing) = runtime.block_on(media::encode::usable(&tools, config.ladder.clone()));
        Ok((
            tools.ffmpeg,
            version.map_or_else(|| "a build without a version".to_owned(), |version| version.to_string()),
            missing,
        ))
    });
    match checked {
        Ok((path, version, missing)) => {
            let mut marks = vec![say(Mark::Good, "ffmpeg", format!("{version} at {}", path.display()))];
            marks.extend(missing.into_iter().map(|(encoder, reason)| {
                say(
                    Mark::Warning,
                    encoder.name(),
                    format!("does not work here, libx264 takes its place: {reason}"),
                )
            }));
            marks
        }
        Err(error) => vec![say(Mark::Missing, "ffmpeg", format!("{error:#}"))],
    }
}

fn jail() -> Vec<Mark> {
    let support = support();
    let seccomp = if support.seccomp {
        say(Mark::Good, "seccomp", "children have no sockets")
    } else {
        say(Mark::Missing, "seccomp", "the kernel refuses filters; nothing can be processed safely")
    };
    let landlock = match support.landlock_abi {
        Some(abi) => say(Mark::Good, "landlock", format!("children see their one file only (ABI {abi})")),
        None => {
            say(Mark::Warning, "landlock", "missing: a broken decoder could read other files of this user")
        }
    };
    vec![seccomp, landlock]
}

fn data(config: &Config) -> Vec<Mark> {
    let folder = config.data.display();
    let probe = config.data.join("doctor");
    let writable = fs::create_dir_all(&config.data)
        .and_then(|()| fs::write(&probe, b""))
        .and_then(|()| fs::remove_file(&probe));
    if let Err(error) = writable {
        return vec![say(Mark::Missing, "data folder", format!("{folder} cannot be written: {error}"))];
    }
    let written = say(Mark::Good, "data folder", format!("{folder} can be written"));
    let room = match rustix::fs::statvfs(&config.data) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let (free_mib, kept_mib) = (free >> 20, config.min_free_bytes >> 20);
            if free > config.min_free_bytes {
                say(Mark::Good, "disk", format!("{free_mib} MiB free, {kept_mib} MiB of them kept free"))
            } else {
                let told = format!(
                    "{free_mib} MiB free, and {kept_mib} MiB are to stay free: uploads are refused and encodes wait. Make \
                     space, or lower min_free_bytes"
                );
                say(Mark::Missing, "disk", told)
            }
        }
        Err(error) => say(Mark::Warning, "disk", error),
    };
    vec![written, room]
}

fn https(config: &Config) -> Vec<Mark> {
    match server::describe_tls(config) {
        Ok(Some(text)) => vec![say(Mark::Good, "https", text)],
        Ok(None) if config.is_secure_context() => vec![],
        Ok(None) => {
            let advice = "others reach this server by plain http: no camera, microphone or clipboard in their browsers; see --domain";
            vec![say(Mark::Warning, "https", advice)]
        }
        Err(error) => vec![say(Mark::Missing, "https", format!("{error:#}"))],
    }
}
