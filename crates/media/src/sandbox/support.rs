//! Which layers this machine can give. For `doctor` and for the log at start.

use landlock::{Access, AccessFs, LandlockStatus, Ruleset, RulesetAttr, RulesetCreated, RulesetStatus};
use serde::Serialize;

use super::{files, syscalls};

/// The layers that hold here, tried out rather than looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Support {
    /// Version of Landlock in force, `None` without it. TCP rules need ≥ 4; seccomp denies sockets anyway.
    pub landlock_abi: Option<u32>,
    /// Whether the system-call filter can be applied. Without it no child is started.
    pub seccomp: bool,
}

impl Support {
    /// What an administrator should be told, one sentence per missing layer.
    pub fn warnings(&self) -> Vec<&'static str> {
        let mut out = Vec::new();
        if !self.seccomp {
            out.push("This kernel refuses seccomp filters: no video can be processed here.");
        }
        match self.landlock_abi {
            None => out.push(
                "This kernel has no Landlock: FFmpeg could read files of this user other than the source. Boot a kernel ≥ 5.13 with Landlock enabled.",
            ),
            Some(abi) if abi < 3 => out.push("This kernel's Landlock is older than version 3 (Linux 6.2)."),
            Some(_) => {}
        }
        out
    }
}

/// Closes both layers around a thread that ends at once, and reports which of them held.
pub fn support() -> Support {
    std::thread::spawn(try_out).join().unwrap_or(Support { landlock_abi: None, seccomp: false })
}

fn try_out() -> Support {
    let landlock_abi = Ruleset::default()
        .handle_access(AccessFs::from_all(files::KNOWN))
        .and_then(Ruleset::create)
        .and_then(RulesetCreated::restrict_self)
        .ok()
        .filter(|status| status.ruleset != RulesetStatus::NotEnforced)
        .and_then(|status| match status.landlock {
            LandlockStatus::Available { effective_abi, kernel_abi } => {
                Some(kernel_abi.and_then(|abi| u32::try_from(abi).ok()).unwrap_or(effective_abi as u32))
            }
            LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => None,
        });
    Support { landlock_abi, seccomp: syscalls::restrict().is_ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_layer_is_said() {
        assert!(Support { landlock_abi: Some(6), seccomp: true }.warnings().is_empty());
        assert_eq!(Support { landlock_abi: Some(1), seccomp: true }.warnings().len(), 1);
        assert_eq!(Support { landlock_abi: None, seccomp: false }.warnings().len(), 2);
    }

    #[test]
    fn asking_leaves_the_process_free() {
        let _ = support();
        assert!(std::net::UdpSocket::bind("127.0.0.1:0").is_ok());
        assert!(std::fs::read_dir("/").is_ok());
    }
}
