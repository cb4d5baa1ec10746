//! A control group for the command of `--host`: it tells which connections are the command's, and those of
//! what it starts. Whatever else the machine does stays out.
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use synack::capture::{Ends, GroupWatch};

/// A group that is watched; it goes when it is dropped.
pub(super) struct Group {
    folder: PathBuf,
    /// Where this process was before.
    home: PathBuf,
    watch: GroupWatch,
}

impl Group {
    /// Makes a group below this process's own, so that its limits hold in there, too.
    ///
    /// # Errors
    /// Why connections cannot be told apart here.
    pub(super) fn new() -> Result<Self, String> {
        let home = own_folder()?;
        let folder = home.join(format!("synack-lab-{}", std::process::id()));
        let failed = |e: &io::Error| format!("{}: {}", folder.display(), crate::cli::failure::reason(e));
        fs::create_dir(&folder).map_err(|e| failed(&e))?;
        let watched = fs::File::open(&folder).map_err(|e| failed(&e)).and_then(|open| {
            GroupWatch::new(open.as_fd()).map_err(|e| format!("bpf: {}", crate::cli::failure::reason(&e)))
        });
        match watched {
            Ok(watch) => Ok(Self { folder, home, watch }),
            Err(why) => {
                let _gone = fs::remove_dir(&folder);
                Err(why)
            }
        }
    }

    /// Starts something in the group: this process is in it for as long as that takes, so that what is
    /// started never was anywhere else.
    ///
    /// # Errors
    /// The group takes no process.
    pub(super) fn start<T>(&self, start: impl FnOnce() -> T) -> Result<T, String> {
        let enter = |folder: &Path| {
            let failed = |e: io::Error| format!("{}: {}", folder.display(), crate::cli::failure::reason(&e));
            fs::write(folder.join("cgroup.procs"), std::process::id().to_string()).map_err(failed)
        };
        enter(&self.folder)?;
        let started = start();
        enter(&self.home)?;
        Ok(started)
    }

    /// The connections of the command so far.
    ///
    /// # Errors
    /// As the kernel answers.
    pub(super) fn connections(&self) -> io::Result<HashSet<Ends>> {
        self.watch.connections()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // What the command left running goes where it would have been.
        for process in fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default().lines() {
            let _gone = fs::write(self.home.join("cgroup.procs"), process);
        }
        let _kept = fs::remove_dir(&self.folder);
    }
}

/// The folder of the group that this process is in.
fn own_folder() -> Result<PathBuf, String> {
    let text = |path: &str| fs::read_to_string(path).map_err(|e| format!("{path}: {e}"));
    let (mounts, groups) = (text("/proc/self/mountinfo")?, text("/proc/self/cgroup")?);
    find(&mounts, &groups).ok_or_else(|| "there is no control group of version 2 for this process".to_owned())
}

/// Where the group is, by the texts of proc(5).
fn find(mounts: &str, groups: &str) -> Option<PathBuf> {
    // A field may hold a space, as `\040`; in the names that systems use for this there is none.
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    mounts.lines().find_map(|line| {
        let (fields, kind) = line.split_once(" - ")?;
        let mut fields = fields.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let inside = Path::new("/").join(group);
        let inside = inside.strip_prefix(root).ok()?;
        // Above what is mounted here: nothing of this process's.
        let above = inside.components().any(|part| part == std::path::Component::ParentDir);
        (kind.starts_with("cgroup2 ") && !above).then(|| Path::new(point).join(inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_found_where_it_is_mounted() {
        let v2 = "24 1 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
        let hybrid = "33 25 0:29 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n";
        let of = |mounts, groups| find(mounts, groups).map(|path| path.display().to_string());
        let scope = "0::/user.slice/session-3.scope\n";
        assert_eq!(of(v2, scope).as_deref(), Some("/sys/fs/cgroup/user.slice/session-3.scope"));
        assert_eq!(of(hybrid, "1:cpu:/\n0::/\n").as_deref(), Some("/sys/fs/cgroup/unified/"));
        let inner = "24 1 0:22 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
        assert_eq!(of(inner, "0::/docker/x/y\n").as_deref(), Some("/sys/fs/cgroup/y"));
        assert_eq!(of(inner, "0::/elsewhere\n"), None);
        assert_eq!(of(v2, "0::/../other\n"), None);
        assert_eq!(of("24 1 0:22 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", scope), None);
        assert_eq!(of(v2, "1:cpu:/\n"), None);
    }
}
