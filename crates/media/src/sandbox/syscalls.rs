//! The seccomp layer: which system calls are answered with `EPERM`.
//!
//! A list of what is denied, not of what is allowed: FFmpeg, its libraries and the C library change what they call
//! with every release, and a film that fails on a new kernel is a fault too. What is denied is every way to reach a
//! network, another process, a new process or a rarely used part of the kernel.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::EnterError;

/// Applies the filters to the calling thread. Irreversible; needs `no_new_privs`, which it sets itself.
pub(super) fn restrict() -> Result<(), EnterError> {
    for program in programs().map_err(|error| EnterError::Seccomp(error.to_string()))? {
        seccompiler::apply_filter(&program).map_err(|error| EnterError::Seccomp(error.to_string()))?;
    }
    Ok(())
}

fn programs() -> Result<[BpfProgram; 2], seccompiler::BackendError> {
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for &call in DENIED.iter().chain(DENIED_HERE) {
        denied.insert(call, Vec::new());
    }
    if let Some(bit) = X32 {
        let clones = [libc::SYS_clone, libc::SYS_clone3];
        for call in DENIED.iter().chain(DENIED_HERE).chain(&clones).copied().chain(X32_OWN) {
            denied.insert(bit + call, Vec::new());
        }
    }
    // A thread is allowed, a process is not; nor is a new namespace.
    denied.insert(libc::SYS_clone, vec![without(libc::CLONE_THREAD)?]);
    // Signals only to oneself: the group of one process has no other business.
    denied.insert(libc::SYS_tgkill, vec![not_me()?]);
    // The C library reads its own limits with this call; another process's are none of its business.
    denied.insert(libc::SYS_prlimit64, vec![argument(0, SeccompCmpOp::Ne, 0)?]);
    // An ioctl that types into the terminal of the administrator (TIOCSTI), and its kin (TIOCLINUX).
    denied.insert(
        libc::SYS_ioctl,
        vec![argument(1, SeccompCmpOp::Eq, libc::TIOCSTI)?, argument(1, SeccompCmpOp::Eq, libc::TIOCLINUX)?],
    );
    let eperm = filter(denied, SeccompAction::Errno(libc::EPERM as u32))?;
    // clone3 hides its flags in memory, where a filter cannot look: with ENOSYS the C library falls back to clone.
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let enosys = filter(clone3, SeccompAction::Errno(libc::ENOSYS as u32))?;
    Ok([eperm, enosys])
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    answer: SeccompAction,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let arch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch)?.try_into()
}

fn without(flag: i32) -> Result<SeccompRule, seccompiler::BackendError> {
    let flag = u64::from(flag.unsigned_abs());
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), 0)?;
    SeccompRule::new(vec![condition])
}

fn not_me() -> Result<SeccompRule, seccompiler::BackendError> {
    let me = u64::from(std::process::id());
    SeccompRule::new(vec![SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, me)?])
}

fn argument(index: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(index, SeccompCmpArgLen::Dword, op, value)?])
}

const DENIED: &[c_long] = &[
    // Network, in both directions and by any family.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    // A second way to do all of it.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_setpgid,
    libc::SYS_setsid,
    // Namespaces, mounts and roots.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    // Parts of the kernel that a decoder has no use for and an exploit has.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_personality,
    libc::SYS_vhangup,
    libc::SYS_mbind,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_memfd_secret,
    libc::SYS_mq_open,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_shmget,
    libc::SYS_shmat,
    // Others' files.
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_mknodat,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
];

#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[c_long] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_kexec_file_load,
    libc::SYS_modify_ldt,
    libc::SYS_ioperm,
    libc::SYS_iopl,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_mknod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_chmod,
];

#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[c_long] = &[];

/// The x32 numbers start here where a kernel has them switched on: the same architecture tag, so otherwise they are a
/// second door to every call above.
#[cfg(target_arch = "x86_64")]
const X32: Option<c_long> = Some(0x4000_0000);

#[cfg(not(target_arch = "x86_64"))]
const X32: Option<c_long> = None;

/// Calls that x32 gives numbers of its own (`ptrace`, `process_vm_readv`, `recvfrom`, …).
const X32_OWN: std::ops::Range<c_long> = 512..548;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_fit_the_kernel() {
        // BPF_MAXINSNS is 4096 for one program.
        for program in programs().unwrap() {
            assert!(program.len() < 4096, "{} instructions", program.len());
        }
    }

    #[test]
    fn a_thread_in_the_jail_opens_no_socket_and_starts_no_process() {
        std::thread::spawn(|| {
            restrict().unwrap();
            for family in ["127.0.0.1:0", "[::1]:0"] {
                let refused = std::net::UdpSocket::bind(family).unwrap_err();
                assert_eq!(refused.raw_os_error(), Some(libc::EPERM), "{family}");
            }
            let refused = std::os::unix::net::UnixDatagram::unbound().unwrap_err();
            assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
            let refused = std::process::Command::new("/bin/true").spawn().unwrap_err();
            assert!([libc::EPERM, libc::ENOSYS].contains(&refused.raw_os_error().unwrap()));
            assert!(std::thread::spawn(|| 1).join().is_ok(), "threads are allowed");
        })
        .join()
        .unwrap();
    }
}
