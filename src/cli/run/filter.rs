//! Which packets: the filter's text, compiled for every link type that turns up.
use std::fs;
use std::io::Read;
use std::net::Ipv4Addr;

use synack::filter::{self, ErrorKind, Filter, Resolver};
use synack::{LinkType, Packet};

use crate::cli::args::checked::FilterText;
use crate::cli::failure::{Failure, reason, say, shown};
use crate::cli::names::mistaken;

/// A filter file larger than this is surely not one.
const MAX_TEXT: u64 = 1 << 20;

/// The expression: that of `-F` if given, else the words of the command line.
pub(crate) fn text(filter: &FilterText) -> Result<String, Failure> {
    let Some(path) = &filter.file else { return Ok(filter.words.clone()) };
    let name = shown(path);
    let mut bytes = Vec::new();
    let file: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let file = fs::File::open(path);
        Box::new(file.map_err(|e| Failure::new(format!("can't open {name}: {}", reason(&e))))?)
    };
    file.take(MAX_TEXT + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::new(format!("read {name}: {}", reason(&e))))?;
    if bytes.len() as u64 > MAX_TEXT {
        let most = MAX_TEXT >> 20;
        return Err(Failure::new(format!("{name} is too large for a filter: it has more than {most} MiB")));
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
    /// `None` where the expression has no meaning: no packet of that type matches.
    compiled: Vec<(LinkType, Option<Filter>)>,
    /// Why it has none for the first of those.
    refused: Option<Failure>,
    /// What was found out about a first word that is no filter, when that could still be looked for.
    advice: Option<Option<String>>,
}

impl Select {
    pub(crate) fn new(text: String, optimize: bool, snaplen: u32, resolver: Box<dyn Resolver>) -> Self {
        Self {
            text,
            optimize,
            snaplen,
            resolver,
            swapped: false,
            compiled: Vec::new(),
            refused: None,
            advice: None,
        }
    }

    /// The filter for a link type.
    ///
    /// # Errors
    /// The expression is wrong, or makes no sense for the link type.
    pub(crate) fn filter(&mut self, link: LinkType, origin: Origin) -> Result<&Filter, Failure> {
        let known = |c: &(LinkType, Option<Filter>)| c.0 == link && c.1.is_some();
        let at = match self.compiled.iter().position(known) {
            Some(at) => at,
            None => {
                let filter = self.compile(link, origin, self.optimize).map_err(|e| self.refusal(e))?;
                self.compiled.push((link, Some(filter)));
                self.compiled.len() - 1
            }
        };
        match self.compiled.get(at) {
            Some((_, Some(filter))) => Ok(filter),
            _ => Err(Failure::new("no filter")),
        }
    }

    /// Prepares for the packets of files, the first of which have this link type.
    ///
    /// # Errors
    /// The expression is wrong; or it makes no sense for the link type, and there are `others` neither.
    pub(crate) fn begin(&mut self, link: LinkType, others: bool) -> Result<(), Failure> {
        let about_the_link =
            |e: &filter::Error| matches!(e.kind(), ErrorKind::LinkType | ErrorKind::RejectsAll);
        match self.compile(link, Origin::File, self.optimize) {
            Ok(filter) => self.compiled.push((link, Some(filter))),
            Err(error) if others && !self.is_empty() && about_the_link(&error) => self.give_up(link, &error),
            Err(error) => return Err(self.refusal(error)),
        }
        Ok(())
    }

    /// What is wrong if nothing could match, because the expression made no sense for any link type there was.
    pub(crate) fn end(&mut self) -> Option<Failure> {
        self.refused.take_if(|_| self.compiled.iter().all(|c| c.1.is_none()))
    }

    /// From here on no packet of this type matches; that is said once.
    fn give_up(&mut self, link: LinkType, error: &filter::Error) {
        say(format_args!("synack: no packet of link type {link} matches: {}", error.message()));
        let refusal = self.refusal(error.clone());
        self.refused.get_or_insert(refusal);
        self.compiled.push((link, None));
    }

    fn compile(&self, link: LinkType, origin: Origin, optimize: bool) -> Result<Filter, filter::Error> {
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
    }

    /// What is said of an expression that is wrong.
    fn refusal(&self, error: filter::Error) -> Failure {
        let advice = match &self.advice {
            _ if !mistaken::is_in_question(&self.text, &error) => None,
            Some(known) => known.clone(),
            None => mistaken::advise(&self.text),
        };
        let error = match advice {
            Some(advice) => error.with_hint(advice),
            None => error,
        };
        Failure::new(error.to_string())
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
    pub(crate) fn look_names_up(&mut self) {
        // The resolver keeps what it found.
        let compiled = self.compile(LinkType::ETHERNET, Origin::Nowhere, false);
        let wrong = compiled.is_err_and(|error| mistaken::is_in_question(&self.text, &error));
        self.advice = Some(if wrong { mistaken::advise(&self.text) } else { None });
    }

    /// Whether everything passes.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether a packet of a file passes.
    #[inline]
    pub(crate) fn matches(&mut self, packet: &Packet<'_>) -> bool {
        if let Some((link, Some(filter))) = self.compiled.first()
            && *link == packet.link
        {
            return filter.matches(packet.data, packet.wire_len);
        }
        self.matches_other(packet)
    }

    /// The same for the link types of later packets.
    fn matches_other(&mut self, packet: &Packet<'_>) -> bool {
        if !self.compiled.iter().any(|c| c.0 == packet.link) {
            match self.compile(packet.link, Origin::File, self.optimize) {
                Ok(filter) => self.compiled.push((packet.link, Some(filter))),
                Err(error) => self.give_up(packet.link, &error),
            }
        }
        let filter = self.compiled.iter().find(|c| c.0 == packet.link).and_then(|c| c.1.as_ref());
        filter.is_some_and(|filter| filter.matches(packet.data, packet.wire_len))
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
