//! The Landlock layer: which files the program can open.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope,
    path_beneath_rules,
};

use super::{EnterError, Spec};

/// Highest ABI whose rights this file was written against. Best effort below it.
pub(super) const KNOWN: ABI = ABI::V6;

/// Denies every file, TCP port, abstract socket and signal but what `spec` names. Does nothing on a kernel without
/// Landlock (see [`super::support`]).
pub(super) fn restrict(spec: &Spec) -> Result<(), EnterError> {
    for path in &spec.read {
        std::fs::metadata(path)
            .map_err(|source| EnterError::Read { path: path.display().to_string(), source })?;
    }
    let read = BitFlags::from(AccessFs::ReadFile);
    let run = AccessFs::ReadFile | AccessFs::Execute;
    let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(&spec.read, read | AccessFs::ReadDir))?
        .add_rules(path_beneath_rules(&spec.devices, device))?
        .add_rules(path_beneath_rules([&spec.program], run))?
        .add_rules(path_beneath_rules(libraries(spec), run | AccessFs::ReadDir))?
        .add_rules(path_beneath_rules([LOADER_CACHE], read))?
        .restrict_self()?;
    Ok(())
}

/// The loader and the folders of shared libraries. What does not exist is passed over by the rules.
fn libraries(spec: &Spec) -> Vec<PathBuf> {
    LIBRARIES
        .iter()
        .map(Path::new)
        .chain(spec.libraries.iter().map(PathBuf::as_path))
        .map(Path::to_owned)
        .collect()
}

const LOADER_CACHE: &str = "/etc/ld.so.cache";

#[cfg(target_arch = "x86_64")]
const LIBRARIES: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/lib64/ld-linux-x86-64.so.2",
    "/usr/lib64",
    "/usr/local/lib/x86_64-linux-gnu",
];

#[cfg(target_arch = "aarch64")]
const LIBRARIES: &[&str] = &[
    "/usr/lib/aarch64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/lib/ld-linux-aarch64.so.1",
    "/usr/lib64",
    "/usr/local/lib/aarch64-linux-gnu",
];
