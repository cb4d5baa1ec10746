//! A network of one's own: a namespace whose loopback interface this process may watch, with nothing on
//! it but what it and its children do.
use std::fs;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use rustix::process::{DumpableBehavior, getegid, geteuid, set_dumpable_behavior};
use synack::capture;

/// Moves this process into a network namespace of its own, loopback up. Who may not do that makes a user
/// namespace first, in which the ids stay what they are. Nothing outside is touched or seen.
pub(crate) fn enter() -> Result<(), String> {
    match unshare(CloneFlags::CLONE_NEWNET) {
        Ok(()) => {}
        Err(Errno::EPERM) => enter_as_user()?,
        Err(e) => return Err(format!("unshare: {e}")),
    }
    capture::bring_up_loopback().map_err(|e| e.to_string())
}

fn enter_as_user() -> Result<(), String> {
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET).map_err(|e| format!("unshare: {e}"))?;
    // A program with capabilities of its file's (setcap) has its /proc files owned by root, and
    // could not write the maps. It holds nothing yet that is to be hidden.
    set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(|e| format!("prctl: {e}"))?;
    let write = |path: &str, text: String| fs::write(path, text).map_err(|e| format!("{path}: {e}"));
    // user_namespaces(7): without CAP_SETGID outside, setgroups must be given up first.
    write("/proc/self/setgroups", "deny".into())?;
    write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}
