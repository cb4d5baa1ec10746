//! What a running capture may still ask of the kernel: Landlock for files, seccomp for calls.
//!
//! Files are confined before the first thread starts, calls after the last; both before the
//! first byte of a packet or of a capture file is looked at.
use std::collections::BTreeMap;
use std::io;
use std::os::fd::BorrowedFd;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// What the run still needs after it has opened everything.
#[derive(Debug, Default)]
pub(crate) struct Policy<'fd> {
    /// Directories in which capture files are created, truncated and deleted.
    pub(crate) write_dirs: Vec<BorrowedFd<'fd>>,
    /// Files made there are read back, to mend their end.
    pub(crate) reads_back: bool,
    /// Packet sockets are read, their filter swapped and their statistics asked for.
    pub(crate) live: bool,
    /// They may be raw sockets.
    pub(crate) raw: bool,
    /// A capture file is written: synced, truncated back after a failed write, rotated.
    pub(crate) writes_file: bool,
    /// A helper process is spoken to over a socket that may pass open files.
    pub(crate) has_helper: bool,
    /// A file that is read is asked whether it has grown.
    pub(crate) follows: bool,
    /// Files are opened for another process.
    pub(crate) reopens: bool,
}

/// Calls every run makes: reading, writing, waiting, memory, locks, the end.
const ALWAYS: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_ppoll,
    libc::SYS_futex,
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_madvise,
    libc::SYS_rt_sigreturn,
    libc::SYS_clock_gettime,
    libc::SYS_close,
    libc::SYS_exit_group,
];

/// Live capture beside those: counters, the kernel's word on the interface.
const LIVE: &[libc::c_long] = &[libc::SYS_getsockopt, libc::SYS_sendto, libc::SYS_recvfrom];

/// The raw engine beside those: packets come with control messages.
const RAW: &[libc::c_long] = &[libc::SYS_recvmsg];

/// What a run does that ends by returning, or waits with a lock: all but live capture.
const RETURNING: &[libc::c_long] = &[libc::SYS_restart_syscall, libc::SYS_sigaltstack];

/// Writing capture files: also asking what they are, cutting them back, and keeping others off them.
const FILES: &[libc::c_long] = &[
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_lseek,
    libc::SYS_ftruncate,
    libc::SYS_pwrite64,
    libc::SYS_fdatasync,
    libc::SYS_clock_nanosleep,
    libc::SYS_flock,
];

/// Asking a file that is open how long it is.
const ASKING: &[libc::c_long] = &[libc::SYS_fstat, libc::SYS_statx, libc::SYS_newfstatat];

/// Making and removing files, below the directories that Landlock leaves.
const MAKING: &[libc::c_long] = &[libc::SYS_openat, libc::SYS_newfstatat, libc::SYS_unlinkat];

/// What the helper for files does beside that: entering directories below them, and putting the
/// capability to write there in force, or giving it up.
const BELOW: &[libc::c_long] = &[libc::SYS_openat2, libc::SYS_capget, libc::SYS_capset];

/// What no helper needs: other processes' memory, the kernel's own, other namespaces and mounts.
const NEVER: &[libc::c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
];

/// Starting programs: what only the helper for commands needs.
const STARTING: &[libc::c_long] = &[libc::SYS_execve, libc::SYS_execveat];

/// Talking to a helper process.
const HELPER: &[libc::c_long] = &[libc::SYS_sendto, libc::SYS_sendmsg, libc::SYS_recvfrom, libc::SYS_recvmsg];

/// Takes away every file and network port but what is below `policy`'s directories; gives whether
/// the kernel enforces it (Linux 5.13 and later). It holds for this thread and those it starts,
/// so it comes before the first thread.
///
/// # Errors
/// The kernel has Landlock and refused the rules.
pub(crate) fn confine_files(policy: &Policy<'_>) -> io::Result<bool> {
    restrict_files(policy).map_err(io::Error::other)
}

/// Takes away every system call but the policy's, of all threads: the last step before work.
/// Needs `no_new_privs`, which giving up root has set.
///
/// # Errors
/// The kernel has no seccomp filters, or refused this one.
pub(crate) fn confine_calls(policy: &Policy<'_>) -> io::Result<()> {
    if policy.write_dirs.is_empty() && !policy.reopens {
        let nothing = refuse_opening().map_err(io::Error::other)?;
        seccompiler::apply_filter_all_threads(&nothing).map_err(io::Error::other)?;
    }
    let program = compile(policy).map_err(io::Error::other)?;
    seccompiler::apply_filter_all_threads(&program).map_err(io::Error::other)
}

/// Shuts in the helper that asks for names: it writes no file, signals nobody and starts no program.
/// What a resolver reads, and whom it asks, is the machine's affair.
///
/// # Errors
/// The kernel refused.
pub(crate) fn confine_names() -> io::Result<()> {
    let abi = ABI::V6;
    let rules = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let rules = rules.handle_access(AccessFs::from_write(abi)).and_then(|rules| rules.scope(Scope::Signal));
    // Without Landlock there still are the other walls.
    let _enforced = rules.and_then(Ruleset::create).and_then(|rules| rules.restrict_self());
    refuse([NEVER, STARTING].concat())
}

/// Shuts in the helper that runs commands, and them: they do what their user may, but for what no
/// command on a file does.
///
/// # Errors
/// The kernel refused.
pub(crate) fn confine_commands() -> io::Result<()> {
    refuse(NEVER.to_vec())
}

/// Shuts in the helper that opens the file of `--follow`: it reads any, and writes none.
///
/// # Errors
/// The kernel refused.
pub(crate) fn confine_opening() -> io::Result<()> {
    let abi = ABI::V6;
    let reads = AccessFs::ReadFile | AccessFs::ReadDir;
    let rules = Ruleset::default().set_compatibility(CompatLevel::BestEffort);
    let rules = rules
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create);
    let root = PathFd::new("/").map_err(io::Error::other)?;
    // Without Landlock there still are the other walls.
    let _enforced = rules
        .and_then(|rules| rules.add_rule(PathBeneath::new(root, reads)))
        .and_then(|rules| rules.restrict_self());
    let policy = Policy { reopens: true, has_helper: true, follows: true, ..Policy::default() };
    confine_calls(&policy)
}

/// From here on these calls are not permitted to any thread.
fn refuse(calls: Vec<libc::c_long>) -> io::Result<()> {
    let rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch).map_err(io::Error::other)?;
    let program: BpfProgram = filter.try_into().map_err(io::Error::other)?;
    seccompiler::apply_filter_all_threads(&program).map_err(io::Error::other)
}

/// Landlock: no file anywhere, except below the directories that are written.
fn restrict_files(policy: &Policy<'_>) -> Result<bool, landlock::RulesetError> {
    let abi = ABI::V6;
    let rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?;
    let mut rules = rules.create()?;
    let writes = AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::Truncate;
    let writes = if policy.reads_back { writes | AccessFs::ReadFile } else { writes };
    for dir in &policy.write_dirs {
        rules = rules.add_rule(PathBeneath::new(*dir, writes | AccessFs::ReadDir))?;
    }
    let status = rules.restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Opening a file fails, and is not the end: glibc's allocator asks `/proc` for the kernel's policy of
/// memory before a thread's heap first shrinks, and takes no for an answer.
fn refuse_opening() -> Result<BpfProgram, seccompiler::BackendError> {
    let filter = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_openat, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EACCES.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}

/// The allow-list as BPF; anything else kills the process.
fn compile(policy: &Policy<'_>) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut lists = vec![ALWAYS];
    if !policy.live {
        lists.push(RETURNING);
    }
    if policy.raw {
        lists.push(RAW);
    }
    if policy.live {
        lists.push(LIVE);
        rules.insert(libc::SYS_setsockopt, vec![option_is(libc::SO_ATTACH_FILTER)?]);
    }
    if policy.writes_file {
        lists.push(FILES);
    }
    if policy.follows {
        lists.push(ASKING);
    }
    if !policy.write_dirs.is_empty() {
        lists.push(MAKING);
    }
    if policy.reads_back || policy.reopens {
        lists.push(BELOW);
    }
    if policy.has_helper {
        lists.push(HELPER);
    }
    for call in lists.concat() {
        // An empty rule list allows the call whatever its arguments.
        rules.insert(call, Vec::new());
    }
    // Refused by another filter, unless files are made.
    rules.insert(libc::SYS_openat, Vec::new());
    // Duplicating a descriptor, asking whether one is open as debug builds of std do, closing one in
    // children as musl does after it opened it, and where writes go.
    let commands = [libc::F_GETFD, libc::F_DUPFD_CLOEXEC, libc::F_SETFD, libc::F_SETFL];
    let commands = &commands[..if policy.writes_file { 4 } else { 3 }];
    rules.insert(
        libc::SYS_fcntl,
        commands.iter().map(|command| fcntl_is(*command)).collect::<Result<_, _>>()?,
    );
    // Memory is never made executable.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![SeccompRule::new(vec![not_executable()?])?]);
    }
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    filter.try_into()
}

/// `setsockopt(_, SOL_SOCKET, option, …)`.
fn option_is(option: libc::c_int) -> Result<SeccompRule, seccompiler::BackendError> {
    let equal = |index, value: libc::c_int| {
        SeccompCondition::new(index, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value.unsigned_abs().into())
    };
    SeccompRule::new(vec![equal(1, libc::SOL_SOCKET)?, equal(2, option)?])
}

/// `fcntl(_, command, …)`.
fn fcntl_is(command: libc::c_int) -> Result<SeccompRule, seccompiler::BackendError> {
    let value = command.unsigned_abs().into();
    let equal = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?;
    SeccompRule::new(vec![equal])
}

/// The protection argument of `mmap` and `mprotect` lacks `PROT_EXEC`.
fn not_executable() -> Result<SeccompCondition, seccompiler::BackendError> {
    let exec = u64::from(libc::PROT_EXEC.unsigned_abs());
    SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(exec), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_compiles() {
        for bits in 0..8 {
            let policy = Policy {
                write_dirs: Vec::new(),
                reads_back: false,
                live: bits & 1 != 0,
                raw: bits & 1 != 0,
                writes_file: bits & 2 != 0,
                has_helper: bits & 4 != 0,
                follows: bits & 2 != 0,
                reopens: bits & 4 != 0,
            };
            assert!(!compile(&policy).unwrap().is_empty());
        }
    }

    #[test]
    fn printing_live_packets_needs_few_calls() {
        // With setsockopt, fcntl and mprotect, which are allowed for some arguments only.
        assert!(ALWAYS.len() + LIVE.len() + 3 <= 20);
    }
}
