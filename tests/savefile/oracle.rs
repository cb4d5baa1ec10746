//! Other programs that read capture files, and our own reading beside theirs.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use synack::savefile::{PacketWriter, Savefile, pcap};
use synack::{Packet, Source};

/// A directory that disappears with the value, readable for a tcpdump that drops privileges.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("synack-savefile-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The standard output of a program, if it is installed and succeeds.
pub(crate) fn run(program: &str, args: &[&str]) -> Option<String> {
    // No settings of the person who runs the tests.
    let output = Command::new(program).args(args).env("HOME", "/nonexistent").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A file as a rewritten classic capture, and the error at its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) copy: Vec<u8>,
    pub(crate) error: Option<String>,
}

/// What tcpdump makes of the file.
pub(crate) fn tcpdump(dir: &Dir, file: &Path, nano: bool) -> Reading {
    let copy = dir.path().join("tcpdump.out");
    let _ = std::fs::remove_file(&copy);
    let mut command = Command::new("tcpdump");
    if nano {
        command.arg("--nano");
    }
    if run("id", &["-u"]).as_deref() == Some("0\n") {
        command.args(["-Z", "root"]);
    }
    let output = command.arg("-r").arg(file).arg("-w").arg(&copy).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().last().unwrap_or_default();
    let error = (!output.status.success()).then(|| {
        let text = last.strip_prefix("tcpdump: ").unwrap_or(last);
        text.strip_prefix("pcap_loop: ").unwrap_or(text).to_owned()
    });
    Reading { copy: std::fs::read(copy).unwrap_or_default(), error }
}

/// What we make of the bytes, written as tcpdump writes.
pub(crate) fn ours(bytes: &[u8], nano: bool) -> Reading {
    let mut source = match Savefile::from_stream("x", Box::new(std::io::Cursor::new(bytes.to_vec()))) {
        Ok(source) => source,
        Err(e) => return Reading { copy: Vec::new(), error: Some(e.unnamed().to_string()) },
    };
    let options = pcap::PcapOptions {
        snaplen: source.snaplen(),
        precision: if nano { pcap::Precision::Nano } else { pcap::Precision::Micro },
        link_extra: source.pcap_header().map_or(0, |header| header.link_extra),
        ..pcap::PcapOptions::new(source.link_type())
    };
    let mut writer = pcap::PcapWriter::new(Vec::new(), "x", options).unwrap();
    let error = loop {
        match source.next_packet() {
            Ok(Some(packet)) => writer.write(&packet).unwrap(),
            Ok(None) => break None,
            Err(e) => break Some(e.unnamed().to_string()),
        }
    };
    Reading { copy: writer.into_sink().unwrap(), error }
}

/// Every packet of some bytes, handed to a function; the error at the end.
pub(crate) fn each(bytes: &[u8], mut f: impl FnMut(&Packet<'_>)) -> Option<String> {
    let mut source = match Savefile::from_stream("x", Box::new(std::io::Cursor::new(bytes.to_vec()))) {
        Ok(source) => source,
        Err(e) => return Some(e.unnamed().to_string()),
    };
    loop {
        match source.next_packet() {
            Ok(Some(packet)) => f(&packet),
            Ok(None) => return None,
            Err(e) => return Some(e.unnamed().to_string()),
        }
    }
}
