//! A directory in which a helper process makes the files.
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synack::savefile::{Folder, Found};

use crate::cli::helper;

/// The directory as the helper holds it, and its path for messages.
pub(crate) struct HelperFolder {
    helper: Arc<helper::Files>,
    path: PathBuf,
}

impl HelperFolder {
    pub(crate) fn new(helper: helper::Files, path: PathBuf) -> Self {
        Self { helper: Arc::new(helper), path }
    }

    /// The helper, to tell it how far the file is whole.
    pub(crate) fn helper(&self) -> Arc<helper::Files> {
        Arc::clone(&self.helper)
    }
}

impl Folder for HelperFolder {
    fn create_new(&self, name: &Path) -> io::Result<File> {
        self.helper.create_new(name.as_os_str())
    }

    fn open_existing(&self, name: &Path, _wait: bool) -> io::Result<File> {
        // Pipes were opened before there was a helper.
        self.helper.open_existing(name.as_os_str())
    }

    fn look(&self, name: &Path) -> io::Result<Found> {
        self.helper.look(name.as_os_str())
    }

    fn fifo_owner(&self, _name: &Path) -> io::Result<Option<u32>> {
        // As above.
        Ok(None)
    }

    fn remove(&self, name: &Path) -> io::Result<()> {
        self.helper.remove(name.as_os_str())
    }

    fn path(&self, name: &Path) -> PathBuf {
        self.path.join(name)
    }
}
