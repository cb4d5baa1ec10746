//! Opening a capture file of any format by its first bytes.
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

#[cfg(feature = "compress")]
use super::compress::{Members, is_compressed};
use super::window::{CHUNK, Window};
use super::{ByteOrder, pcap, pcapng};
#[cfg(not(feature = "compress"))]
use crate::error::ErrorKind;
use crate::error::{self, Error};
use crate::packet::{Packet, Source, Step};
use crate::wire::LinkType;

/// A byte stream that can be sent to another thread.
type Bytes = Box<dyn Read + Send>;

/// A capture file of any format this crate reads.
///
/// ```
/// use synack::{LinkType, Source, savefile};
///
/// let mut file = savefile::open("tests/data/seeds/lab_v0.pcap")?;
/// assert_eq!(file.link_type(), LinkType::ETHERNET);
/// let mut bytes = 0;
/// while let Some(packet) = file.next_packet()? {
///     bytes += u64::from(packet.wire_len);
/// }
/// assert_eq!(bytes, 910);
/// # Ok::<(), synack::Error>(())
/// ```
pub struct Savefile {
    name: String,
    format: Format,
}

impl std::fmt::Debug for Savefile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Savefile").field("name", &self.name).finish_non_exhaustive()
    }
}

enum Format {
    Pcap(pcap::PcapReader<Bytes>),
    Pcapng(pcapng::PcapngReader<Bytes>),
}

impl Format {
    /// Reads the first header.
    fn begin(stream: Bytes, bytes: usize) -> Result<Self, Error> {
        let mut window = Window::with_room(plain(stream)?, bytes);
        pcap::fill(&mut window, 4)?;
        match window.peek().first_chunk::<4>() {
            Some(magic) if u32::from_le_bytes(*magic) == pcapng::SECTION => {
                Ok(Self::Pcapng(pcapng::PcapngReader::from_window(window)?))
            }
            #[cfg(not(feature = "compress"))]
            Some(magic) if compressed_by(*magic).is_some() => {
                let format = compressed_by(*magic).unwrap_or_default();
                let message = format!("compressed by {format}: this build lacks the feature `compress`");
                Err(Error::new(ErrorKind::Unsupported, message))
            }
            _ => Ok(Self::Pcap(pcap::PcapReader::from_window(window)?)),
        }
    }
}

/// What a file was compressed by that begins like this.
#[cfg(not(feature = "compress"))]
fn compressed_by(magic: [u8; 4]) -> Option<&'static str> {
    match magic {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd] => Some("zstd"),
        [0x04, 0x22, 0x4d, 0x18] => Some("lz4"),
        [0xfd, b'7', b'z', b'X'] => Some("xz"),
        [b'B', b'Z', b'h', b'1'..=b'9'] => Some("bzip2"),
        _ => None,
    }
}

/// Opens a capture file; `-` is the standard input.
///
/// # Errors
/// The file cannot be opened, or is not a capture file.
///
/// ```no_run
/// use synack::{savefile, Source};
///
/// # fn main() -> Result<(), synack::Error> {
/// let mut file = savefile::open("web.pcap")?;
/// while let Some(packet) = file.next_packet()? {
///     println!("{} bytes", packet.data.len());
/// }
/// # Ok(())
/// # }
/// ```
pub fn open(path: impl AsRef<Path>) -> Result<Savefile, Error> {
    let path = path.as_ref();
    Savefile::from_stream(display_name(path), raw_bytes(path)?)
}

/// The bytes of a file, decompressed if they are compressed; `-` is the standard input.
///
/// For those who want every block of a file: [`pcapng::copy`], [`repair`](super::repair()).
///
/// # Errors
/// The file cannot be opened or read.
pub fn open_bytes(path: impl AsRef<Path>) -> Result<Box<dyn Read + Send>, Error> {
    let path = path.as_ref();
    plain(raw_bytes(path)?).map_err(|e| e.in_file(&display_name(path)))
}

fn raw_bytes(path: &Path) -> Result<Bytes, Error> {
    let file = if path.as_os_str() == "-" { standard_input() } else { File::open(path) };
    Ok(Box::new(file.map_err(|e| Error::io(display_name(path), e))?))
}

/// What nobody else reads through a buffer.
#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stdin().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stdin().as_handle().try_clone_to_owned().map(File::from)
}

#[cfg(not(any(unix, windows)))]
fn standard_input() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A stream decompressed, where its first bytes say that it is compressed.
#[cfg(feature = "compress")]
fn plain(mut stream: Bytes) -> Result<Bytes, Error> {
    let mut start = Vec::with_capacity(4);
    while start.len() < 4 {
        let mut room = [0; 4];
        match stream.read(room.get_mut(start.len()..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(n) => start.extend(room.get(start.len()..start.len() + n).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(pcap::read_error(e)),
        }
    }
    let compressed = is_compressed(&start);
    let stream = io::Cursor::new(start).chain(stream);
    Ok(if compressed { Box::new(Members::new(stream)) } else { Box::new(stream) })
}

#[cfg(not(feature = "compress"))]
fn plain(stream: Bytes) -> Result<Bytes, Error> {
    Ok(stream)
}

impl Savefile {
    /// Reads a capture file from a stream; `name` is what to call it.
    ///
    /// # Errors
    /// The stream fails or is not a capture file.
    pub fn from_stream(name: impl Into<String>, stream: Bytes) -> Result<Self, Error> {
        Self::with_buffer(name, stream, CHUNK)
    }

    /// The same with a buffer of about so many bytes: less than usual for many files at a time.
    ///
    /// # Errors
    /// As [`from_stream`](Self::from_stream).
    pub fn with_buffer(name: impl Into<String>, stream: Bytes, bytes: usize) -> Result<Self, Error> {
        let name = name.into();
        match Format::begin(stream, bytes) {
            Ok(format) => Ok(Self { name, format }),
            Err(e) => Err(e.in_file(&name)),
        }
    }

    /// The file's name as it was given, with anything but printable ASCII escaped.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The byte order of the machine that wrote the file (in pcapng, of the current section). What a packet
    /// holds in its host's order, such as the header of [`LinkType::NULL`], is in this one.
    pub fn byte_order(&self) -> ByteOrder {
        match &self.format {
            Format::Pcap(reader) => reader.header().order,
            Format::Pcapng(reader) => reader.byte_order(),
        }
    }

    /// The interfaces of a pcapng file described so far; classic files have none.
    pub fn interfaces(&self) -> &[pcapng::InterfaceDescription] {
        match &self.format {
            Format::Pcap(_) => &[],
            Format::Pcapng(reader) => reader.interfaces(),
        }
    }

    /// The snapshot length that holds every packet, as far as the file tells before its first: where
    /// interfaces differ, that of the [`Source`] is the first one's.
    pub fn largest_snaplen(&self) -> u32 {
        match &self.format {
            Format::Pcap(reader) => reader.snaplen(),
            Format::Pcapng(reader) => reader.largest_snaplen(),
        }
    }

    /// What holds the times of all packets, as far as the file tells before its first.
    pub fn finest_precision(&self) -> pcap::Precision {
        match &self.format {
            Format::Pcap(reader) => reader.header().precision,
            Format::Pcapng(reader) => reader.finest_precision(),
        }
    }

    /// From now on what is no packet is carried to a [`pcapng::PcapngWriter`], as coming from file
    /// number `source`: to be called before the first packet. A classic file has one interface.
    pub fn carry(&mut self, to: &pcapng::Carried, source: usize) {
        match &mut self.format {
            Format::Pcap(reader) => {
                if let Some(part) = to.part(source) {
                    let header = reader.header();
                    part.interface(pcapng::InterfaceDescription::plain(
                        header.link,
                        header.snaplen,
                        header.fcs_len(),
                    ));
                }
            }
            Format::Pcapng(reader) => reader.carry(to, source),
        }
    }

    /// What a pcapng file says of where it comes from.
    pub fn section(&self) -> Option<&pcapng::SectionOptions> {
        match &self.format {
            Format::Pcap(_) => None,
            Format::Pcapng(reader) => Some(reader.section()),
        }
    }

    /// The header of a classic file.
    pub fn pcap_header(&self) -> Option<&pcap::PcapHeader> {
        match &self.format {
            Format::Pcap(reader) => Some(reader.header()),
            Format::Pcapng(_) => None,
        }
    }

    fn source(&self) -> &dyn Source {
        match &self.format {
            Format::Pcap(reader) => reader,
            Format::Pcapng(reader) => reader,
        }
    }
}

impl Source for Savefile {
    #[inline]
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        let step = match &mut self.format {
            Format::Pcap(reader) => reader.advance(timeout),
            Format::Pcapng(reader) => reader.advance(timeout),
        };
        step.map_err(|e| e.in_file(&self.name))
    }

    #[inline]
    fn packet(&self) -> Packet<'_> {
        match &self.format {
            Format::Pcap(reader) => reader.packet(),
            Format::Pcapng(reader) => reader.packet(),
        }
    }

    fn link_type(&self) -> LinkType {
        self.source().link_type()
    }

    fn snaplen(&self) -> u32 {
        self.source().snaplen()
    }
}

/// A path for messages.
pub(crate) fn display_name(path: &Path) -> String {
    error::printable(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_why_a_file_cannot_be_opened() {
        let missing = open("/nonexistent/x.pcap").err().unwrap().to_string();
        assert_eq!(missing, "/nonexistent/x.pcap: No such file or directory");
        let directory = open("/").err().unwrap().to_string();
        assert_eq!(directory, "/: error reading dump file: Is a directory");
    }

    #[test]
    fn says_in_which_file_a_record_is_cut() {
        let mut file = std::fs::read("tests/data/seeds/lab_v0.pcap").unwrap();
        file.truncate(30);
        let mut file = Savefile::from_stream("cut.pcap", Box::new(io::Cursor::new(file))).unwrap();
        let error = file.next_packet().unwrap_err();
        assert_eq!(error.file(), Some("cut.pcap"));
        assert!(error.to_string().starts_with("cut.pcap: truncated dump file"), "{error}");
        assert!(error.unnamed().to_string().starts_with("truncated dump file"), "{error}");
    }

    #[cfg(not(feature = "compress"))]
    #[test]
    fn names_the_feature_that_a_compressed_file_needs() {
        let stream = Box::new(io::Cursor::new([0x1f, 0x8b, 8, 0, 0, 0]));
        let error = Savefile::from_stream("web.pcap.gz", stream).err().unwrap().to_string();
        assert_eq!(error, "web.pcap.gz: compressed by gzip: this build lacks the feature `compress`");
    }
}
