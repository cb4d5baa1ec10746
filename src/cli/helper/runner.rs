//! The helper of `-z`: it runs a command on files that are closed.
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::SendFlags;

use super::{Link, MESSAGE, request};
use crate::cli::confine::privilege::Target;
use crate::cli::failure;

/// Runs a command on files.
#[derive(Debug)]
pub(crate) struct Runner {
    link: Link,
    /// Files the helper was not told of yet: nobody waits until it has time to listen.
    queue: VecDeque<Vec<u8>>,
}

impl Runner {
    /// Starts the helper, which becomes `target` and runs `command FILE` when asked.
    ///
    /// # Errors
    /// The process cannot be started.
    pub(crate) fn spawn(target: Option<&Target>, command: &OsStr) -> io::Result<Self> {
        let link = Link::spawn("run", target, &[command], Stdio::inherit())?;
        Ok(Self { link, queue: VecDeque::new() })
    }

    /// Runs the command on `file`, without waiting for it.
    pub(crate) fn run(&mut self, file: &Path) {
        self.queue.push_back(file.as_os_str().as_bytes().to_vec());
    }

    /// Files the helper was not told of.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Tells the helper of files, as many as it takes within `time`.
    ///
    /// # Errors
    /// The helper is gone, and the files are forgotten.
    pub(crate) fn push(&mut self, time: Duration) -> io::Result<()> {
        while let Some(file) = self.queue.front() {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match rustix::net::send(&self.link.socket, file, flags) {
                Ok(_) => {
                    self.queue.pop_front();
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.link.writable(time)? => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(e) => {
                    self.queue.clear();
                    return Err(e.into());
                }
            }
        }
        Ok(())
    }
}

/// The helper's work, until the run ends and no command runs any more.
pub(super) fn serve(command: &OsStr) {
    // Compressing old files must not slow the capture down.
    let _ = rustix::process::nice(19);
    // Starting a program takes longer than to hear of the next file, and the capture has no time.
    let (sender, files) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; MESSAGE];
        while let Some(message) = request(&mut buffer) {
            if sender.send(OsStr::from_bytes(message).to_owned()).is_err() {
                return;
            }
        }
    });
    let mut running: Vec<Child> = Vec::new();
    for file in files {
        match Command::new(command).arg(file).stdin(Stdio::null()).spawn() {
            Ok(child) => running.push(child),
            Err(e) => {
                let (name, why) = (failure::shown(Path::new(command)), failure::reason(&e));
                failure::say(format_args!("synack: cannot run {name}: {why}"));
            }
        }
        running.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
    for mut child in running {
        drop(child.wait());
    }
}
