//! The system's files of names, read once and for both directions: what a name in a filter stands for,
//! and what a number is printed as.
//!
//! Nothing is opened here: who has the text of hosts(5), services(5), protocols(5), networks(5) or ethers(5)
//! gives it to [`EtcNames`]. Numbers, case and what is no entry at all are as the C library has them.
use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::filter::{Resolver, Service};
use crate::print::Names;
use crate::wire::MacAddr;

/// Names out of the text of the system's files.
///
/// ```
/// use synack::etc::EtcNames;
/// use synack::filter::{Resolver, Service};
/// use synack::print::Names;
///
/// let names = EtcNames::new().services("http 80/tcp www\nhttp 80/udp\nssh 22/tcp # shell\n");
/// assert_eq!(names.service("www"), Service { tcp: Some(80), udp: None });
/// assert_eq!(names.service("http"), Service { tcp: Some(80), udp: Some(80) });
/// assert_eq!(names.service("gopher"), Service::default());
/// assert_eq!(names.tcp_port(80).as_deref(), Some("http"));
/// assert_eq!(names.udp_port(22), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct EtcNames {
    hosts: HashMap<String, Vec<IpAddr>>,
    services: HashMap<String, Service>,
    protocols: HashMap<String, u32>,
    networks: HashMap<String, Ipv4Addr>,
    ethers: HashMap<String, [u8; 6]>,
    addresses: HashMap<IpAddr, String>,
    tcp_ports: HashMap<u16, String>,
    udp_ports: HashMap<u16, String>,
    macs: HashMap<[u8; 6], String>,
}

impl EtcNames {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the lines of a hosts(5) file. A name on several lines has all their addresses; an address is
    /// printed as the first name that it has, if a host can be called so.
    #[must_use]
    pub fn hosts(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let Some(Ok(address)) = words.next().map(str::parse::<IpAddr>) else { continue };
            for (i, name) in words.enumerate() {
                if i == 0 && is_host_name(name) {
                    self.addresses.entry(address).or_insert_with(|| name.to_owned());
                }
                let known = self.hosts.entry(name.to_ascii_lowercase()).or_default();
                if !known.contains(&address) {
                    known.push(address);
                }
            }
        }
        self
    }

    /// Adds the lines of a services(5) file: `name port/protocol aliases`. The first line of a name, and of a
    /// port, counts.
    #[must_use]
    pub fn services(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let (Some(name), Some(port)) = (words.next(), words.next()) else { continue };
            let Some((port, protocol)) = port.split_once('/') else { continue };
            let Some(port) = number(port) else { continue };
            // The C library cuts larger numbers to the port's 16 bits.
            let port = (port & 0xffff) as u16;
            type OfService = fn(&mut Service) -> &mut Option<u16>;
            let (ports, of): (_, OfService) = match protocol {
                "tcp" => (&mut self.tcp_ports, |service| &mut service.tcp),
                "udp" => (&mut self.udp_ports, |service| &mut service.udp),
                _ => continue,
            };
            ports.entry(port).or_insert_with(|| name.to_owned());
            for name in core::iter::once(name).chain(words) {
                of(self.services.entry(name.to_owned()).or_default()).get_or_insert(port);
            }
        }
        self
    }

    /// Adds the lines of a protocols(5) file: `name number aliases`. The first line of a name counts.
    #[must_use]
    pub fn protocols(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let (Some(name), Some(number)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<u32>() else { continue };
            for name in core::iter::once(name).chain(words) {
                self.protocols.entry(name.to_owned()).or_insert(number);
            }
        }
        self
    }

    /// Adds the lines of a networks(5) file: `name number aliases`; missing bytes of the number are zero.
    #[must_use]
    pub fn networks(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let (Some(name), Some(number)) = (words.next(), words.next()) else { continue };
            let Some(number) = network_number(number) else { continue };
            for name in core::iter::once(name).chain(words) {
                self.networks.entry(name.to_ascii_lowercase()).or_insert(number);
            }
        }
        self
    }

    /// Adds the lines of an ethers(5) file: `address name`, the address of six hexadecimal numbers with colons
    /// between.
    #[must_use]
    pub fn ethers(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let (Some(address), Some(name)) = (words.next(), words.next()) else { continue };
            let mut bytes = address.split(':').map(|byte| u8::from_str_radix(byte, 16));
            let mut mac = [0; 6];
            let complete = mac.iter_mut().all(|byte| match bytes.next() {
                Some(Ok(value)) => {
                    *byte = value;
                    true
                }
                _ => false,
            });
            if complete && bytes.next().is_none() {
                self.macs.entry(mac).or_insert_with(|| name.to_owned());
                self.ethers.entry(name.to_ascii_lowercase()).or_insert(mac);
            }
        }
        self
    }
}

impl Resolver for EtcNames {
    fn host(&self, name: &str) -> Vec<IpAddr> {
        // An address that the expression has as a name, `host \10.0.0.1`.
        if let Ok(addr) = name.parse() {
            return vec![addr];
        }
        self.hosts.get(&name.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    fn service(&self, name: &str) -> Service {
        self.services.get(name).copied().unwrap_or_default()
    }

    fn protocol(&self, name: &str) -> Option<u32> {
        self.protocols.get(name).copied()
    }

    fn network(&self, name: &str) -> Option<Ipv4Addr> {
        self.networks.get(&name.to_ascii_lowercase()).copied()
    }

    fn ether(&self, name: &str) -> Option<[u8; 6]> {
        self.ethers.get(&name.to_ascii_lowercase()).copied()
    }
}

impl Names for EtcNames {
    fn host(&self, address: IpAddr) -> Option<Cow<'_, str>> {
        self.addresses.get(&address).map(|name| Cow::Borrowed(name.as_str()))
    }

    fn tcp_port(&self, port: u16) -> Option<Cow<'_, str>> {
        self.tcp_ports.get(&port).map(|name| Cow::Borrowed(name.as_str()))
    }

    fn udp_port(&self, port: u16) -> Option<Cow<'_, str>> {
        self.udp_ports.get(&port).map(|name| Cow::Borrowed(name.as_str()))
    }

    fn mac(&self, mac: MacAddr) -> Option<Cow<'_, str>> {
        self.macs.get(&mac.0).map(|name| Cow::Borrowed(name.as_str()))
    }
}

/// Whether a host can be called so (RFC 952, RFC 1123, and underscores): nothing else is printed as one.
///
/// ```
/// assert!(synack::etc::is_host_name("a-b.example_1.org"));
/// assert!(!synack::etc::is_host_name("\u{1b}[31m"));
/// ```
pub fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// The words of each line, comments left out.
fn lines(text: &str) -> impl Iterator<Item = core::str::SplitAsciiWhitespace<'_>> {
    text.lines().map(|line| line.split('#').next().unwrap_or_default().split_ascii_whitespace())
}

/// A number as strtoul(3) reads it: decimal, `0x` hexadecimal, or octal after a 0; a sign may stand before it.
fn number(text: &str) -> Option<u32> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // `from_str_radix` would take another sign.
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
}

/// One to four bytes with dots between, from the left.
fn network_number(text: &str) -> Option<Ipv4Addr> {
    let mut bytes = [0; 4];
    let mut parts = text.split('.');
    for (i, byte) in bytes.iter_mut().enumerate() {
        match parts.next() {
            Some(part) => *byte = number(part)?.try_into().ok()?,
            None if i == 0 => return None,
            None => break,
        }
    }
    parts.next().is_none().then(|| Ipv4Addr::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    #[test]
    fn reads_every_file() {
        let names = EtcNames::new()
            .hosts("127.0.0.1 localhost me\n::1 localhost # six\nnonsense x\n")
            .services("domain 53/tcp\ndomain 53/udp\nodd 70000/tcp\nnoport\nzz 9/sctp")
            .protocols("# none\ntcp\t6\tTCP # transmission\nipv6-icmp 58 IPv6-ICMP icmp6\nbad x")
            .networks("default 0.0.0.0\nloopback 127.0.0.0\nshort 10.1\nlong 1.2.3.4.5\n")
            .ethers("00:16:3e:0:1:2 box\n00:11 short\n00:11:22:33:44:55:66 long\n");
        assert_eq!(Resolver::host(&names, "LOCALHOST").len(), 2);
        assert_eq!(Resolver::host(&names, "me"), [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        assert_eq!(names.service("domain"), Service { tcp: Some(53), udp: Some(53) });
        assert_eq!(names.service("odd"), Service { tcp: Some(4464), udp: None });
        assert_eq!(names.protocol("TCP"), Some(6));
        assert_eq!(names.protocol("icmp6"), Some(58));
        assert_eq!(names.network("short"), Some(Ipv4Addr::new(10, 1, 0, 0)));
        assert_eq!(names.network("long"), None);
        assert_eq!(names.ether("box"), Some([0, 0x16, 0x3e, 0, 1, 2]));
        assert_eq!(names.ether("short"), None);
        assert_eq!(names.ether("long"), None);
    }

    #[test]
    fn numbers_in_files_and_the_case_of_ether_names_are_read_as_the_c_library_reads_them() {
        let names = EtcNames::new()
            .services("hex 0x50/tcp\noct 010/udp\nnine 09/tcp\nplus +9/tcp\ntwo ++9/tcp\n")
            .networks("hex 0xa.1\noct 010.1\n")
            .ethers("aa:bb:cc:dd:ee:ff Box\n");
        assert_eq!(names.service("hex").tcp, Some(80));
        assert_eq!(names.service("oct").udp, Some(8));
        assert_eq!([names.service("nine"), names.service("two")], [Service::default(); 2]);
        assert_eq!((names.service("plus").tcp, names.tcp_port(9).as_deref()), (Some(9), Some("plus")));
        assert_eq!(names.network("hex"), Some(Ipv4Addr::new(10, 1, 0, 0)));
        assert_eq!(names.network("oct"), Some(Ipv4Addr::new(8, 1, 0, 0)));
        assert_eq!(names.ether("bOX"), Some([0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]));
    }

    #[test]
    fn an_address_is_its_own_name() {
        assert_eq!(Resolver::host(&EtcNames::new(), "10.0.0.1"), [IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))]);
        assert_eq!(Resolver::host(&EtcNames::new(), "::1"), [IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    }

    #[test]
    fn a_number_is_printed_as_the_first_name_it_has() {
        let names = EtcNames::new()
            .services(
                "http 80/tcp www\nhttp 80/udp\nodd 0x51/tcp # comment\nagain 80/tcp\nsctp 9/sctp\nbad x/tcp",
            )
            .hosts("127.0.0.1 localhost me\n::1 ip6-localhost\n10.0.0.1 evil\u{1b}[31m\n10.0.0.2\n")
            .ethers("00:16:3e:0:1:2 box\n0:16:3e:0:1:2 again\n0:1 short\n00-16-3e-00-01-03 dashes\n");
        assert_eq!(names.tcp_port(80).as_deref(), Some("http"));
        assert_eq!(names.udp_port(80).as_deref(), Some("http"));
        assert_eq!((names.tcp_port(81).as_deref(), names.udp_port(81)), (Some("odd"), None));
        assert_eq!((names.tcp_port(9), names.udp_port(9)), (None, None));
        let host = |address: &str| Names::host(&names, address.parse().unwrap()).map(Cow::into_owned);
        assert_eq!(host("127.0.0.1").as_deref(), Some("localhost"));
        assert_eq!(host("::1").as_deref(), Some("ip6-localhost"));
        assert_eq!([host("10.0.0.1"), host("10.0.0.2"), host("10.0.0.3")], [None, None, None]);
        assert_eq!(names.mac(MacAddr([0, 0x16, 0x3e, 0, 1, 2])).as_deref(), Some("box"));
        assert_eq!(names.mac(MacAddr([0, 0x16, 0x3e, 0, 1, 3])), None);
    }

    #[test]
    fn a_host_is_called_by_letters_digits_and_a_few_marks() {
        assert!(is_host_name("a-b.example_1.org"));
        for name in ["", "a b", "\u{1b}[31m", "a\n", "é", &"a".repeat(256)] {
            assert!(!is_host_name(name), "{name:?}");
        }
    }
}
