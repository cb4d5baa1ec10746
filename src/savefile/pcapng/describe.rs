//! What a writer is told of where packets come from.
use crate::savefile::linktype::MAX_SNAPLEN;
use crate::wire::LinkType;

/// What a section header says of where the file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SectionOptions {
    /// The machine.
    pub hardware: Option<String>,
    /// Its operating system.
    pub os: Option<String>,
    /// The program that writes.
    pub application: Option<String>,
    /// Anything to be said of the whole file.
    pub comment: Option<String>,
    /// Other options: code and value, in the byte order of this machine.
    pub others: Vec<(u16, Box<[u8]>)>,
}

/// What an interface description says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceOptions {
    /// What the packets begin with.
    pub link: LinkType,
    /// Most bytes kept of a packet; 0 is without limit.
    pub snaplen: u32,
    /// Name, like `eth0`.
    pub name: Option<String>,
    /// Description for people.
    pub description: Option<String>,
    /// The capture filter in words.
    pub filter: Option<String>,
    /// Operating system of the machine.
    pub os: Option<String>,
    /// Length of the frame check sequence in bytes.
    pub fcs_len: Option<u8>,
    /// Other options: code and value, in the byte order of this machine.
    pub others: Vec<(u16, Box<[u8]>)>,
}

impl InterfaceOptions {
    /// Whole packets of this type, nothing else known.
    pub const fn new(link: LinkType) -> Self {
        Self {
            link,
            snaplen: MAX_SNAPLEN,
            name: None,
            description: None,
            filter: None,
            os: None,
            fcs_len: None,
            others: Vec::new(),
        }
    }
}
