//! The helper of `--follow`: it opens what one name stands for, when that is another file than before.
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::Stdio;

use super::{Link, MESSAGE, answer, request, set_right, with_right};
use crate::cli::confine::privilege::Target;

/// The helper, seen from the run.
#[derive(Debug)]
pub(crate) struct Opener(Link);

/// What the name stands for.
pub(crate) enum Looked {
    Same,
    Another(File),
    Failed(io::Error),
}

impl Opener {
    /// Starts the helper for `path`, which becomes `target` but for the right to read what is root's.
    ///
    /// # Errors
    /// The process cannot be started.
    pub(crate) fn spawn(target: Option<&Target>, path: &Path) -> io::Result<Self> {
        Link::spawn("open", target, &[path.as_os_str()], Stdio::null()).map(Self)
    }

    /// Asks whether the name stands for another file than the one of these numbers.
    ///
    /// # Errors
    /// The helper is gone.
    pub(crate) fn look(&self, device: u64, inode: u64) -> io::Result<Looked> {
        let mut message = device.to_ne_bytes().to_vec();
        message.extend(inode.to_ne_bytes());
        let gone = |_| io::Error::other("the process that opens the followed file is gone");
        self.0.send(&message).map_err(gone)?;
        let mut buffer = [0; 8];
        let (answer, file) = self.0.receive(&mut buffer)?;
        let code: [u8; 4] = answer.try_into().map_err(|_| gone(io::ErrorKind::BrokenPipe.into()))?;
        Ok(match (i32::from_ne_bytes(code), file) {
            (0, None) => Looked::Same,
            (0, Some(file)) => Looked::Another(File::from(file)),
            (errno, _) => Looked::Failed(io::Error::from_raw_os_error(errno)),
        })
    }
}

/// The helper's work, until the run ends.
pub(super) fn serve(path: &Path) {
    set_right(false);
    let mut buffer = [0; MESSAGE];
    while let Some(message) = request(&mut buffer) {
        let (code, file) = match with_right(|| look(path, message)) {
            Ok(file) => (0, file),
            Err(e) => (e.raw_os_error().unwrap_or(libc::EINVAL), None),
        };
        if answer(&code.to_ne_bytes(), file.as_ref()).is_err() {
            return;
        }
    }
}

/// The file at `path`, unless it is the one that `known` names by device and inode.
fn look(path: &Path, known: &[u8]) -> io::Result<Option<OwnedFd>> {
    let identity =
        |found: &std::fs::Metadata| [found.dev().to_ne_bytes(), found.ino().to_ne_bytes()].concat();
    if identity(&std::fs::metadata(path)?) == known {
        return Ok(None);
    }
    // A pipe that was put there would keep who opens it waiting.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::from_raw_os_error(if found.is_dir() { libc::EISDIR } else { libc::ENOTSUP }));
    }
    Ok((identity(&found) != known).then(|| OwnedFd::from(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_file_is_opened_and_nothing_else_than_a_file() {
        let dir = std::env::temp_dir().join(format!("synack-opener-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        let path = dir.join("x");
        let numbers = |path: &Path| {
            let found = std::fs::metadata(path).unwrap();
            [found.dev().to_ne_bytes(), found.ino().to_ne_bytes()].concat()
        };
        assert_eq!(look(&path, &[0; 16]).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(&path, "one").unwrap();
        let known = numbers(&path);
        assert!(look(&path, &known).unwrap().is_none());
        std::fs::rename(&path, dir.join("y")).unwrap();
        std::fs::write(&path, "two").unwrap();
        let other = File::from(look(&path, &known).unwrap().unwrap());
        assert_eq!(io::read_to_string(other).unwrap(), "two");
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(look(&path, &known).is_err());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
