//! The files of `-o`: one for each connection, or side; as many open at a time as is reasonable.
use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use std::os::unix::fs::chown;
use synack::flow::ConnId;
use synack::savefile::{Folder, HeldFolder};
use synack::stream::Side;

use crate::cli::confine::privilege::Target;
use crate::cli::failure::{Failure, plural, reason, say, shown};

/// Files open at a time.
const OPEN: usize = 128;

/// A directory, and the files made in it.
pub(super) struct Files {
    folder: HeldFolder,
    open: HashMap<String, File>,
    /// Files of each connection, and the state of its last line.
    known: HashMap<ConnId, Known>,
    made: u64,
}

#[derive(Default)]
struct Known {
    names: Vec<String>,
    last: Option<(ConnId, Side, bool)>,
}

impl Files {
    /// Opens the directory, and makes it if there is none: for `target`, who will write there.
    pub(super) fn open(path: &Path, target: Option<&Target>) -> Result<Self, Failure> {
        let failed = |e: &std::io::Error| Failure::new(format!("-o {}: {}", shown(path), reason(e)));
        match std::fs::create_dir(path) {
            Ok(()) => {
                if let Some(target) = target {
                    chown(path, Some(target.uid.as_raw()), Some(target.gid.as_raw()))
                        .map_err(|e| failed(&e))?;
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(failed(&e)),
        }
        let folder = HeldFolder::open(path)?;
        Ok(Self { folder, open: HashMap::new(), known: HashMap::new(), made: 0 })
    }

    pub(super) fn directory(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Whose bytes came last in the file of a connection.
    pub(super) fn last(&self, id: ConnId) -> Option<(ConnId, Side, bool)> {
        self.known.get(&id).and_then(|known| known.last)
    }

    /// Appends to a file of a connection; one that is not there yet is made, one that was there
    /// before this run is left alone.
    pub(super) fn append(
        &mut self,
        id: ConnId,
        name: &str,
        text: &[u8],
        last: Option<(ConnId, Side, bool)>,
    ) -> Result<(), Failure> {
        let known = self.known.entry(id).or_default();
        known.last = last;
        if text.is_empty() {
            return Ok(());
        }
        let path = Path::new(name);
        let failed = |e: &std::io::Error| Failure::write(&shown(&self.folder.path(path)), e);
        let is_new = !known.names.iter().any(|made| made == name);
        if is_new || !self.open.contains_key(name) {
            if self.open.len() >= OPEN {
                self.open.clear();
            }
            let file = match is_new {
                true => self.folder.create_new(path).map_err(|e| failed(&e))?,
                false => {
                    let mut file = self.folder.open_existing(path, false).map_err(|e| failed(&e))?;
                    file.seek(SeekFrom::End(0)).map_err(|e| failed(&e))?;
                    file
                }
            };
            self.open.insert(name.to_owned(), file);
            if is_new {
                known.names.push(name.to_owned());
                self.made += 1;
            }
        }
        match self.open.get_mut(name) {
            Some(file) => file.write_all(text).map_err(|e| failed(&e)),
            None => Ok(()),
        }
    }

    /// Nothing more comes of a connection.
    pub(super) fn close(&mut self, id: ConnId) {
        for name in self.known.remove(&id).unwrap_or_default().names {
            self.open.remove(&name);
        }
    }

    /// Says how many files there are.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.open.clear();
        let n = self.made;
        say(format_args!("synack: {n} file{} written", plural(n)));
        Ok(())
    }
}
