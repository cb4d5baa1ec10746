//! Files somebody else has put in the way, and files that are made.
use std::ffi::CString;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use synack::savefile::{self, Folder, HeldFolder, Ownership, PathFolder, create};

use super::oracle::Dir;
use crate::needs;

/// Tries to make `name` in the directory, by path and by descriptor.
fn both(dir: &Dir, name: &str, ownership: &Ownership) -> [Result<(), String>; 2] {
    let held = HeldFolder::open(dir.path()).unwrap();
    let plain = PathFolder::new(dir.path());
    [&held as &dyn Folder, &plain].map(|folder| {
        let result = ownership.create(folder, Path::new(name));
        result.map(|_| ()).map_err(|e| e.to_string())
    })
}

fn refused(dir: &Dir, name: &str, why: &str) {
    for result in both(dir, name, &Ownership::of_process().unwrap()) {
        let expected = format!("{}: not overwritten: {why}", dir.path().join(name).display());
        assert_eq!(result, Err(expected));
    }
}

#[test]
fn new_files_are_for_their_owner_alone() {
    let dir = Dir::new();
    for name in ["held", "plain"] {
        let held = HeldFolder::open(dir.path()).unwrap();
        let plain = PathFolder::new(dir.path());
        let folder: &dyn Folder = if name == "held" { &held } else { &plain };
        Ownership::of_process().unwrap().create(folder, Path::new(name)).unwrap();
        assert_eq!(fs::metadata(dir.path().join(name)).unwrap().mode() & 0o7777, 0o600);
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    let dir = Dir::new();
    dir.file("secret", b"precious");
    symlink("secret", dir.path().join("link")).unwrap();
    symlink("nowhere", dir.path().join("dangling")).unwrap();
    fs::hard_link(dir.path().join("secret"), dir.path().join("hard")).unwrap();
    refused(&dir, "link", "it is a symbolic link");
    refused(&dir, "dangling", "it is a symbolic link");
    refused(&dir, "hard", "it has more than one name (hard links)");
    assert_eq!(fs::read(dir.path().join("secret")).unwrap(), b"precious");
    assert!(!dir.path().join("nowhere").exists());
}

#[test]
fn a_directory_and_a_file_being_read_are_refused() {
    let dir = Dir::new();
    fs::create_dir(dir.path().join("sub")).unwrap();
    refused(&dir, "sub", "it is not a file");
    let input = dir.file("in.pcap", b"input");
    let mut ownership = Ownership::of_process().unwrap();
    ownership.read_from(&input);
    ownership.read_from(Path::new("/dev/null"));
    for result in both(&dir, "in.pcap", &ownership) {
        assert!(result.unwrap_err().ends_with("not overwritten: it is being read"));
    }
    assert_eq!(fs::read(input).unwrap(), b"input");
}

#[test]
fn a_file_of_somebody_else_is_refused_unless_trusted() {
    if !needs::root("to give a file away") {
        return;
    }
    let dir = Dir::new();
    let path = dir.file("theirs", b"theirs");
    chown(&path, Some(4321), Some(4321)).unwrap();
    refused(&dir, "theirs", "it belongs to somebody else");
    let pipe = dir.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    chown(&pipe, Some(4321), Some(4321)).unwrap();
    let _reader = fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    refused(&dir, "pipe", "the pipe belongs to somebody else");
    let ownership = Ownership { trusted: vec![0, 4321], give_to: Some((4321, 4322)), inputs: vec![] };
    assert_eq!(both(&dir, "theirs", &ownership), [Ok(()), Ok(())]);
    assert_eq!(both(&dir, "new", &ownership), [Ok(()), Ok(())]);
    let made = fs::metadata(dir.path().join("new")).unwrap();
    assert_eq!((made.uid(), made.gid(), made.mode() & 0o777), (4321, 4322, 0o600));
}

#[test]
fn a_file_of_ones_own_is_written_over_and_keeps_its_mode() {
    let dir = Dir::new();
    let path = dir.file("old", b"old and longer");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    assert_eq!(both(&dir, "old", &Ownership::of_process().unwrap()), [Ok(()), Ok(())]);
    let data = fs::metadata(path).unwrap();
    assert_eq!((data.len(), data.mode() & 0o777), (0, 0o640));
}

/// A folder in which files come and go between any two calls.
struct Restless {
    folder: PathFolder,
    changes: std::sync::Mutex<Vec<fn(&Path)>>,
}

impl Restless {
    fn change(&self) {
        if let Some(change) = self.changes.lock().unwrap().pop() {
            change(&self.folder.path(Path::new("x")));
        }
    }
}

impl Folder for Restless {
    fn create_new(&self, name: &Path) -> std::io::Result<fs::File> {
        let made = self.folder.create_new(name);
        self.change();
        made
    }
    fn open_existing(&self, name: &Path, wait: bool) -> std::io::Result<fs::File> {
        self.folder.open_existing(name, wait)
    }
    fn look(&self, name: &Path) -> std::io::Result<savefile::Found> {
        let found = self.folder.look(name);
        self.change();
        found
    }
    fn fifo_owner(&self, name: &Path) -> std::io::Result<Option<u32>> {
        self.folder.fifo_owner(name)
    }
    fn remove(&self, name: &Path) -> std::io::Result<()> {
        self.folder.remove(name)
    }
    fn path(&self, name: &Path) -> std::path::PathBuf {
        self.folder.path(name)
    }
}

#[test]
fn a_file_that_vanishes_while_it_is_opened_is_made() {
    let dir = Dir::new();
    let path = dir.file("x", b"old");
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let put = |path: &Path| fs::write(path, b"again").unwrap();
    // From the last to the first: there, looked at, gone, made.
    let changes: [fn(&Path); 4] = [|_| {}, remove, put, remove];
    let restless = Restless { folder: PathFolder::new(dir.path()), changes: changes.to_vec().into() };
    let file = Ownership::of_process().unwrap().create_file(&restless, Path::new("x")).unwrap();
    assert_eq!(fs::metadata(path).unwrap().ino(), file.metadata().unwrap().ino());
}

#[test]
fn pipes_and_devices_are_written_to_as_they_are() {
    let dir = Dir::new();
    let fifo = dir.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let ownership = Ownership::of_process().unwrap();
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || {
            let mut text = String::new();
            fs::File::open(fifo).unwrap().read_to_string(&mut text).unwrap();
            text
        }
    });
    let held = HeldFolder::open(dir.path()).unwrap();
    let mut file = ownership.create(&held, Path::new("fifo")).unwrap();
    std::io::Write::write_all(&mut file, b"through").unwrap();
    drop(file);
    assert_eq!(reader.join().unwrap(), "through");
    assert!(create(Path::new("/dev/null"), &ownership).is_ok());
    assert!(savefile::is_standard_output(Path::new("/dev/stdout")));
    // A name with a zero byte is an error, not a panic.
    assert!(CString::new("a\0b").is_err() && create(Path::new("/tmp/a\0b"), &ownership).is_err());
}

#[test]
fn a_held_folder_serves_after_its_path_is_gone() {
    let dir = Dir::new();
    let sub = dir.path().join("sub");
    fs::create_dir(&sub).unwrap();
    let held = HeldFolder::open(&sub).unwrap();
    fs::rename(&sub, dir.path().join("elsewhere")).unwrap();
    let ownership = Ownership::of_process().unwrap();
    ownership.create(&held, Path::new("file")).unwrap();
    assert!(dir.path().join("elsewhere/file").exists());
    held.remove(Path::new("file")).unwrap();
    assert!(!dir.path().join("elsewhere/file").exists());
}
