//! `--netns`: capturing where another network is, as `ip netns exec` would start it.
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use synack::error::printable;

use crate::cli::failure::{self, Failure, reason};

/// Where `ip netns` keeps the names.
const NAMED: &str = "/run/netns";

/// Moves this thread, and those it starts, into a network namespace: one that has this name, the one
/// that a process is in, or the one that a file stands for.
///
/// # Errors
/// There is none of this name, or entering it is not permitted.
pub(super) fn enter(name: &OsStr) -> Result<(), Failure> {
    let shown = printable(&name.to_string_lossy());
    let (path, file) = find(name).map_err(|error| {
        let failure = Failure::new(format!("--netns {shown}: {}", missing(&error)));
        failure.with_hint("`ip netns` lists those that have names; of others give a process that is in it")
    })?;
    setns(file, CloneFlags::CLONE_NEWNET).map_err(|error| match error {
        Errno::EPERM => {
            let mut failure = Failure::new(format!(
                "--netns {shown}: entering a network namespace needs the capability CAP_SYS_ADMIN: run with sudo"
            ));
            failure.code = failure::PERMISSION;
            failure
        }
        Errno::EINVAL => Failure::new(format!("--netns {shown}: {} is no network namespace", path.display())),
        other => Failure::new(format!("--netns {shown}: {}", reason(&other.into()))),
    })
}

/// The file that stands for it. A name comes before a number: `ip netns` lets it be one.
fn find(name: &OsStr) -> io::Result<(PathBuf, File)> {
    let process = || Path::new("/proc").join(name).join("ns/net");
    let number = name.as_bytes().iter().all(u8::is_ascii_digit);
    let places = match name.as_bytes() {
        b"" | b"." | b".." => Vec::new(),
        bytes if bytes.contains(&b'/') => vec![PathBuf::from(name)],
        _ if number => vec![Path::new(NAMED).join(name), process()],
        _ => vec![Path::new(NAMED).join(name)],
    };
    let mut error = io::Error::from(io::ErrorKind::NotFound);
    for path in places {
        match File::open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(e) => error = e,
        }
    }
    Err(error)
}

fn missing(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such network namespace".to_owned(),
        _ => reason(error).to_string(),
    }
}
