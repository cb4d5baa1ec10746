//! Which packets: the filter's text, compiled for every link type that turns up.
use std::fs;
use std::io::Read;
use std::net::Ipv4Addr;

use synack::filter::{Filter, Resolver};
use synack::{LinkType, Packet};

use crate::cli::args::checked::FilterText;
use crate::cli::failure::{Failure, reason, shown};

/// A filter file larger than this is surely not one.
const MAX_TEXT: u64 = 16 << 20;

/// The expression: that of `-F` if given, else the words of the command line.
pub(crate) fn text(filter: &FilterText) -> Result<String, Failure> {
    let Some(path) = &filter.file else { return Ok(filter.words.clone()) };
    let name = shown(path);
    let mut bytes = Vec::new();
    let file = if path.as_os_str() == "-" { fs::File::open("/dev/stdin") } else { fs::File::open(path) };
    let file = file.map_err(|e| Failure::new(format!("can't open {name}: {}", reason(&e))))?;
    file.take(MAX_TEXT + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::new(format!("read {name}: {}", reason(&e))))?;
    if bytes.len() as u64 > MAX_TEXT {
        return Err(Failure::new(format!("{name} is too large")));
    }
    // A `#` hides the rest of its line.
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(|line| line.split('#').next().unwrap_or_default()).collect();
    let mut text = lines.join("\n");
    // As for tcpdump a zero byte outside of comments is the end.
    text.truncate(text.find('\0').unwrap_or(text.len()));
    Ok(text)
}

/// Where the packets are that a filter is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    File,
    Live,
    /// There are none: the program is only shown.
    Nowhere,
}

/// A filter for packets of any link type.
pub(crate) struct Select {
    text: String,
    optimize: bool,
    snaplen: u32,
    resolver: Box<dyn Resolver>,
    swapped: bool,
    compiled: Vec<(LinkType, Filter)>,
}

impl Select {
    pub(crate) fn new(text: String, optimize: bool, snaplen: u32, resolver: Box<dyn Resolver>) -> Self {
        Self { text, optimize, snaplen, resolver, swapped: false, compiled: Vec::new() }
    }

    /// The filter for a link type.
    ///
    /// # Errors
    /// The expression is wrong, or makes no sense for the link type.
    pub(crate) fn filter(&mut self, link: LinkType, origin: Origin) -> Result<&Filter, Failure> {
        let at = match self.compiled.iter().position(|c| c.0 == link) {
            Some(at) => at,
            None => {
                let filter = self.compile(link, origin, self.optimize)?;
                self.compiled.push((link, filter));
                self.compiled.len() - 1
            }
        };
        match self.compiled.get(at) {
            Some((_, filter)) => Ok(filter),
            None => Err(Failure::new("no filter")),
        }
    }

    fn compile(&self, link: LinkType, origin: Origin, optimize: bool) -> Result<Filter, Failure> {
        Filter::builder()
            .optimize(optimize)
            .snaplen(self.snaplen)
            .resolver(&*self.resolver)
            // What tcpdump gives libpcap too, unless told -f: `ip broadcast` then means the
            // two addresses that are the same on every network.
            .netmask(Some(Ipv4Addr::UNSPECIFIED))
            .swapped(self.swapped)
            .live(origin != Origin::File)
            .stripped_vlan(origin == Origin::Live)
            .compile(&self.text, link)
            .map_err(|e| Failure::new(e.to_string()))
    }

    /// Bytes of a packet that a match keeps.
    pub(crate) fn set_snaplen(&mut self, snaplen: u32) {
        self.snaplen = snaplen;
    }

    /// Whether the packets come from a machine of the other byte order.
    pub(crate) fn set_swapped(&mut self, swapped: bool) {
        self.swapped = swapped;
    }

    /// Looks up the names in the expression while that is still possible; what is wrong with
    /// it comes out when it is compiled.
    pub(crate) fn look_names_up(&self) {
        // The resolver keeps what it found.
        drop(self.compile(LinkType::ETHERNET, Origin::Nowhere, false));
    }

    /// Whether everything passes.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether a packet of a file passes.
    #[inline]
    pub(crate) fn matches(&mut self, packet: &Packet<'_>) -> Result<bool, Failure> {
        if let Some((link, filter)) = self.compiled.first()
            && *link == packet.link
        {
            return Ok(filter.matches(packet.data, packet.wire_len));
        }
        if self.is_empty() {
            return Ok(true);
        }
        Ok(self.filter(packet.link, Origin::File)?.matches(packet.data, packet.wire_len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(name: &str, content: &str) -> String {
        let path = std::env::temp_dir().join(format!("synack-filter-{name}-{}", std::process::id()));
        fs::write(&path, content).unwrap();
        let filter = FilterText { file: Some(path.clone()), words: "udp".into(), optimize: true, link: None };
        let text = text(&filter);
        fs::remove_file(path).unwrap();
        text.unwrap()
    }

    #[test]
    fn comments_in_a_filter_file_reach_to_the_end_of_the_line() {
        assert_eq!(from_file("comment", "tcp # only that\nand port 80\n"), "tcp \nand port 80");
    }

    #[test]
    fn a_zero_byte_ends_a_filter_file() {
        assert_eq!(from_file("zero", "tcp # not \0 this\nand port 80\0 or udp"), "tcp \nand port 80");
    }
}
