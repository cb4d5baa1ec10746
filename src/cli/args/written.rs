//! `-w` and what belongs to it, checked.
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use synack::savefile::{Compression, SizeError, parse_size};

use super::quantity::{self, parsed};
use super::typed::Args;
use crate::cli::failure::Failure;

/// What `-C` takes.
const SIZE: &str = "-C takes millions of bytes, or a number with k, M or G, such as -C 100";

/// `-w` and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) path: PathBuf,
    pub(crate) pcapng: bool,
    /// `--print`.
    pub(crate) print: bool,
    /// `-U`.
    pub(crate) unbuffered: bool,
    /// `-C`, in bytes.
    pub(crate) rotate_bytes: Option<u64>,
    /// `-G`.
    pub(crate) rotate_period: Option<Duration>,
    /// `-W`.
    pub(crate) rotate_files: Option<u32>,
    /// `--ring`.
    pub(crate) ring: Option<u32>,
    /// `--align`.
    pub(crate) align: bool,
    /// `-z`.
    pub(crate) postrotate: Option<OsString>,
}

impl Write {
    /// Whether the file will be pcapng: asked for, or by its name.
    pub(crate) fn is_pcapng(&self) -> bool {
        let inner = match Compression::by_name(&self.path) {
            Some(_) => Path::new(self.path.file_stem().unwrap_or_default()),
            None => &self.path,
        };
        let ending = inner.extension().and_then(OsStr::to_str);
        self.pcapng || ending.is_some_and(|ending| ending.eq_ignore_ascii_case("pcapng"))
    }
}

/// What is written, and where.
///
/// # Errors
/// A value that means nothing, or an option that would do nothing.
pub(super) fn checked(args: &Args) -> Result<Option<Write>, Failure> {
    let rotate_bytes = args.rotate_size.as_deref().map(file_size).transpose()?;
    let seconds =
        parsed(&args.rotate_seconds, "invalid number of seconds", "-G takes seconds, such as -G 60", |t| {
            t.parse::<u32>().ok()
        })?;
    let files = |text: &Option<String>, takes: &str| {
        parsed(text, "invalid number of output files", takes, |t| {
            quantity::positive(t).and_then(|n| u32::try_from(n).ok())
        })
    };
    let rotate_files = files(&args.rotate_files, "-W takes a number of files above 0, such as -W 10")?;
    let ring = files(&args.ring, "--ring takes a number of files above 0, such as --ring 60")?;
    let Some(path) = args.write.clone() else {
        let useless = [
            (args.pcapng, "--pcapng"),
            (rotate_bytes.is_some(), "-C"),
            (seconds.is_some(), "-G"),
            (rotate_files.is_some(), "-W"),
            (args.postrotate.is_some(), "-z"),
            (ring.is_some(), "--ring"),
            (args.align, "--align"),
        ];
        return match useless.into_iter().find(|u| u.0) {
            Some((_, option)) => Err(Failure::new(format!("{option} needs -w"))),
            None => Ok(None),
        };
    };
    refuse_ending(&path)?;
    let rotate_period = seconds.filter(|n| *n > 0).map(|n| Duration::from_secs(n.into()));
    if ring.is_some() && rotate_bytes.is_none() && rotate_period.is_none() {
        return Err(Failure::new("--ring needs -C or -G: without them there is only one file"));
    }
    let rotates = rotate_bytes.is_some() || rotate_period.is_some();
    let alone = [(rotate_files.is_some(), "-W"), (args.postrotate.is_some(), "-z")];
    if let Some((_, option)) = alone.into_iter().find(|option| option.0 && !rotates) {
        return Err(Failure::new(format!("{option} needs -C or -G: without them there is only one file")));
    }
    if args.align && rotate_period.is_none() {
        return Err(Failure::new("--align needs -G"));
    }
    Ok(Some(Write {
        path,
        pcapng: args.pcapng,
        print: args.print,
        unbuffered: args.packet_buffered,
        rotate_bytes,
        rotate_period,
        rotate_files,
        ring,
        align: args.align,
        postrotate: args.postrotate.clone(),
    }))
}

fn file_size(text: &str) -> Result<u64, Failure> {
    parse_size(text).map_err(|e| {
        Failure::new(match e {
            SizeError::Invalid => format!("invalid file size {}", crate::cli::failure::printable(text)),
            SizeError::TooLarge => format!("file size {text} is too large"),
        })
        .with_hint(SIZE)
    })
}

/// What is only read cannot be asked for by a name.
fn refuse_ending(path: &Path) -> Result<(), Failure> {
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    let Some(ending) = ending.filter(|ending| matches!(&**ending, "xz" | "bz2")) else { return Ok(()) };
    let hint = "without one of these endings the file is not compressed: -w x.pcap";
    let refused = format!("-w: .{ending} is only read; .gz, .zst and .lz4 are written");
    Err(Failure::new(refused).with_hint(hint))
}
