//! What this machine has, for settings that follow it.

use std::num::NonZero;
use std::path::Path;

/// Processors that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Bytes of memory that this process may use: the machine's, or less where a control group (version 2) says so.
pub(crate) fn memory() -> u64 {
    let system = rustix::system::sysinfo();
    // 32-bit kernels count in other widths.
    #[allow(clippy::useless_conversion, reason = "not on every platform")]
    let whole = u64::from(system.totalram).saturating_mul(u64::from(system.mem_unit));
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    limit(Path::new("/sys/fs/cgroup"), &own).map_or(whole, |limit| limit.min(whole))
}

/// The lowest limit of a group and those above it.
fn limit(root: &Path, own: &str) -> Option<u64> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let groups = Path::new(path).ancestors().map(|group| root.join(group).join("memory.max"));
    // `max` is no number and no limit.
    groups.filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_limit_above_a_group_holds() {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("system.slice/vitascope.service");
        std::fs::create_dir_all(&group).unwrap();
        let own = "0::/system.slice/vitascope.service\n";
        assert_eq!(limit(root.path(), own), None);
        std::fs::write(group.join("memory.max"), "max\n").unwrap();
        assert_eq!(limit(root.path(), own), None);
        std::fs::write(root.path().join("system.slice/memory.max"), "4096\n").unwrap();
        assert_eq!(limit(root.path(), own), Some(4096));
        std::fs::write(group.join("memory.max"), "1024\n").unwrap();
        assert_eq!(limit(root.path(), own), Some(1024));
        assert_eq!(limit(root.path(), "1:memory:/old\n"), None);
        assert!(memory() > 1 << 20 && cores() > 0);
    }
}
