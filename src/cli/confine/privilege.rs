//! Giving up root: user, groups and every capability, once everything that needs them is open.
use std::ffi::CString;
use std::io;

use nix::errno::Errno;
use nix::unistd::{Gid, Uid, User, geteuid, getgid, getgrouplist, getuid, setgroups, setresgid, setresuid};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::cli::failure::Failure;

/// Accounts that own nothing, tried in this order when nobody called `sudo`.
const SERVICE_ACCOUNTS: [&str; 2] = ["tcpdump", "nobody"];

/// The group of those who have none, on every Linux.
const NO_GROUP: u32 = 65_534;

/// Who the process becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The user, who will own the files written.
    pub(crate) uid: Uid,
    /// The user's group.
    pub(crate) gid: Gid,
    /// The supplementary groups to take on: none, but for running the user's programs.
    groups: Vec<Gid>,
    /// Asked for by name: failing to become that user is then an error.
    explicit: bool,
}

impl Target {
    /// Decides who to become: `-Z`'s user, else who called `sudo`, else a service account.
    /// `None` when the process is not root, or `-Z root` asks to stay.
    ///
    /// # Errors
    /// `-Z` names a user that does not exist.
    pub(crate) fn choose(requested: Option<&str>) -> Result<Option<Self>, Failure> {
        if let Some(name) = requested {
            let user = User::from_name(name).ok().flatten();
            let Some(user) = user else {
                let refused =
                    Failure::new(format!("Couldn't find user '{}'", crate::cli::failure::printable(name)));
                return Err(
                    refused.with_hint("-Z takes the name of a user of this machine, such as -Z nobody")
                );
            };
            let stays = user.uid.is_root() || !geteuid().is_root();
            return Ok((!stays).then(|| Self::from_user(user, true)));
        }
        if !geteuid().is_root() {
            return Ok(None);
        }
        if let Some(target) = Self::sudo_caller(|name| std::env::var(name).ok()) {
            return Ok(Some(target));
        }
        let account = SERVICE_ACCOUNTS.iter().find_map(|name| User::from_name(name).ok().flatten());
        Ok(account.map(|user| Self::from_user(user, false)))
    }

    /// The person behind `sudo`, from the variables it sets. A group that is missing, or root's, is
    /// not taken from there.
    fn sudo_caller(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        // The highest number means "leave it as it is" to the system.
        let number = |name| variable(name)?.parse::<u32>().ok().filter(|id| !matches!(*id, 0 | u32::MAX));
        let uid = Uid::from_raw(number("SUDO_UID")?);
        let own = || User::from_uid(uid).ok().flatten().map(|user| user.gid.as_raw()).filter(|gid| *gid != 0);
        let gid = Gid::from_raw(number("SUDO_GID").or_else(own).unwrap_or(NO_GROUP));
        Some(Self { uid, gid, groups: Vec::new(), explicit: false })
    }

    fn from_user(user: User, explicit: bool) -> Self {
        Self { uid: user.uid, gid: user.gid, groups: Vec::new(), explicit }
    }

    /// The numbers alone, as a helper process is told them.
    pub(crate) fn from_ids(uid: u32, gid: u32) -> Self {
        Self { uid: Uid::from_raw(uid), gid: Gid::from_raw(gid), groups: Vec::new(), explicit: false }
    }

    /// The same with the user's supplementary groups.
    pub(crate) fn with_groups(mut self) -> Self {
        let name = User::from_uid(self.uid).ok().flatten().and_then(|user| CString::new(user.name).ok());
        self.groups = name.and_then(|name| getgrouplist(&name, self.gid).ok()).unwrap_or_default();
        self
    }
}

/// Becomes `target` for good and gives up every capability. Capabilities belong to threads, so
/// this comes before the first thread starts.
///
/// In a user namespace that maps only one user there is nobody else to become: the ids stay
/// (unless `-Z` asked for a user), the capabilities go all the same.
///
/// # Errors
/// The kernel refused: the message says which step.
pub(crate) fn drop_to(target: Option<&Target>) -> Result<(), Failure> {
    keep_capabilities(CapabilitySet::empty(), target)
}

/// As [`drop_to`], but keeps those of `kept` that the process has effective: for a helper process
/// whose one job needs them.
pub(crate) fn keep_capabilities(kept: CapabilitySet, target: Option<&Target>) -> Result<(), Failure> {
    let had = rustix::thread::capabilities(None).map_err(|e| failed("read capabilities", e.into()))?;
    let kept = kept & had.permitted;
    // The bounding set needs CAP_SETPCAP, which leaves with the user id: it goes first.
    empty_bounding_set(had.effective).map_err(|e| failed("empty the capability bounding set", e))?;
    let keep = !kept.is_empty();
    rustix::thread::set_keep_capabilities(keep).map_err(|e| failed("keep capabilities", e.into()))?;
    if let Some(target) = target {
        become_user(target)?;
    }
    // Fails only on kernels before 4.3, which have no ambient set.
    let _ = rustix::thread::clear_ambient_capability_set();
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    rustix::thread::set_capabilities(None, sets).map_err(|e| failed("give up capabilities", e.into()))?;
    rustix::thread::set_no_new_privs(true).map_err(|e| failed("set no_new_privs", e.into()))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|e| failed("make the process undumpable", e.into()))
}

fn become_user(target: &Target) -> Result<(), Failure> {
    // A namespace of one user refuses setgroups (EPERM) and unmapped ids (EINVAL).
    let unmapped = |e: Errno| matches!(e, Errno::EPERM | Errno::EINVAL) && !target.explicit && is_confined();
    let steps: [(&str, &dyn Fn() -> nix::Result<()>); 3] = [
        ("set supplementary groups", &|| setgroups(&target.groups)),
        ("set the group", &|| setresgid(target.gid, target.gid, target.gid)),
        ("set the user", &|| setresuid(target.uid, target.uid, target.uid)),
    ];
    for (what, step) in steps {
        match step() {
            Ok(()) => {}
            Err(e) if unmapped(e) => return Ok(()),
            Err(Errno::EPERM) if !target.explicit => {
                let why = "Operation not permitted; -Z root captures without becoming somebody else";
                return Err(Failure::new(format!("cannot {what}: {why}")));
            }
            Err(e) => return Err(failed(what, e.into())),
        }
    }
    // Trust nothing: root must be out of reach now.
    if getuid().is_root()
        || getgid().as_raw() == 0 && target.gid.as_raw() != 0
        || setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0)).is_ok()
    {
        return Err(Failure::new("could not give up root"));
    }
    Ok(())
}

/// Whether this is a user namespace with fewer users than the machine has.
fn is_confined() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let whole = map.split_whitespace().eq(["0", "0", "4294967295"]);
    !whole
}

fn empty_bounding_set(effective: CapabilitySet) -> io::Result<()> {
    for bit in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match rustix::thread::capability_is_in_bounding_set(capability) {
            Ok(true) => {}
            Ok(false) => continue,
            // The first number the kernel does not know ends the list.
            Err(rustix::io::Errno::INVAL) => break,
            Err(e) => return Err(e.into()),
        }
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            // Started without CAP_SETPCAP (a file capability, a container): no_new_privs makes the
            // bounding set unreachable instead.
            Err(rustix::io::Errno::PERM) if !effective.contains(CapabilitySet::SETPCAP) => break,
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn failed(what: &str, error: io::Error) -> Failure {
    Failure::new(format!("cannot {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sudo(uid: &str, gid: &str) -> Option<Target> {
        Target::sudo_caller(|name| match name {
            "SUDO_UID" => Some(uid.into()),
            "SUDO_GID" => Some(gid.into()),
            _ => None,
        })
    }

    #[test]
    fn the_person_behind_sudo_is_the_default() {
        let target = sudo("12345", "54321").unwrap();
        assert_eq!((target.uid.as_raw(), target.gid.as_raw()), (12345, 54321));
        assert!(!target.explicit);
    }

    #[test]
    fn root_behind_sudo_or_nonsense_is_nobody() {
        assert_eq!(sudo("0", "0"), None);
        assert_eq!(sudo("x", "0"), None);
        assert_eq!(sudo("-1", "0"), None);
        assert_eq!(sudo("4294967295", "1"), None);
        assert_eq!(Target::sudo_caller(|_| None), None);
    }

    #[test]
    fn a_person_without_a_group_does_not_get_roots() {
        for gid in ["0", "4294967295", "x", ""] {
            let target = sudo("3999999999", gid).unwrap();
            assert_eq!((target.uid.as_raw(), target.gid.as_raw()), (3_999_999_999, NO_GROUP), "{gid}");
        }
        let daemon = User::from_name("daemon").ok().flatten().expect("every system has it");
        let target =
            Target::sudo_caller(|name| (name == "SUDO_UID").then(|| daemon.uid.to_string())).unwrap();
        assert_eq!(target.gid, daemon.gid);
    }

    #[test]
    fn an_unknown_user_is_refused_by_name() {
        let refused = Target::choose(Some("no-such-user-here")).unwrap_err();
        assert_eq!(refused.message.lines().next(), Some("Couldn't find user 'no-such-user-here'"));
    }
}
