//! Names in expressions: what a host, service, protocol, network or Ethernet name stands for.
//!
//! The library looks nothing up by itself: no DNS, no files. Whoever compiles a filter hands in a
//! [`Resolver`]; [`StaticNames`] is one that is filled from the text of `/etc/services` and its neighbours.
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

/// The ports that a service name has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Service {
    /// The port over TCP.
    pub tcp: Option<u16>,
    /// The port over UDP.
    pub udp: Option<u16>,
}

/// Looks names up. Every method has a default that knows nothing.
pub trait Resolver {
    /// Every address of a host, IPv4 and IPv6, in the order to test them.
    fn host(&self, name: &str) -> Vec<IpAddr> {
        let _ = name;
        Vec::new()
    }

    /// The ports of a service, as `getaddrinfo` gives them for TCP and for UDP.
    fn service(&self, name: &str) -> Service {
        let _ = name;
        Service::default()
    }

    /// The number of an IP protocol, as `getprotobyname` gives it.
    fn protocol(&self, name: &str) -> Option<u32> {
        let _ = name;
        None
    }

    /// The number of an IPv4 network, as `getnetbyname` gives it: all four bytes, `127.0.0.0`.
    fn network(&self, name: &str) -> Option<Ipv4Addr> {
        let _ = name;
        None
    }

    /// The MAC address of an Ethernet name, as `/etc/ethers` gives it.
    fn ether(&self, name: &str) -> Option<[u8; 6]> {
        let _ = name;
        None
    }
}

/// Knows no name at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoResolver;

impl Resolver for NoResolver {}

/// Names from tables, filled from the text of the system's files.
///
/// ```
/// use synack::filter::{Resolver, Service, StaticNames};
/// let names = StaticNames::new().services("http 80/tcp www\nhttp 80/udp\nssh 22/tcp # shell\n");
/// assert_eq!(names.service("www"), Service { tcp: Some(80), udp: None });
/// assert_eq!(names.service("http"), Service { tcp: Some(80), udp: Some(80) });
/// assert_eq!(names.service("gopher"), Service::default());
/// ```
#[derive(Debug, Clone, Default)]
pub struct StaticNames {
    hosts: HashMap<String, Vec<IpAddr>>,
    services: HashMap<String, Service>,
    protocols: HashMap<String, u32>,
    networks: HashMap<String, Ipv4Addr>,
    ethers: HashMap<String, [u8; 6]>,
}

impl StaticNames {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the lines of a hosts(5) file. A name on several lines has all their addresses.
    #[must_use]
    pub fn hosts(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let Some(Ok(addr)) = words.next().map(str::parse::<IpAddr>) else { continue };
            for name in words {
                let known = self.hosts.entry(name.to_ascii_lowercase()).or_default();
                if !known.contains(&addr) {
                    known.push(addr);
                }
            }
        }
        self
    }

    /// Adds the lines of a services(5) file: `name port/protocol aliases`. The first line of a name counts.
    #[must_use]
    pub fn services(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let (Some(name), Some(port)) = (words.next(), words.next()) else { continue };
            let Some((port, protocol)) = port.split_once('/') else { continue };
            let Some(port) = number(port) else { continue };
            // The C library cuts larger numbers to the port's 16 bits.
            let port = (port & 0xffff) as u16;
            for name in core::iter::once(name).chain(words) {
                let service = self.services.entry(name.to_owned()).or_default();
                match protocol {
                    "tcp" => _ = service.tcp.get_or_insert(port),
                    "udp" => _ = service.udp.get_or_insert(port),
                    _ => {}
                }
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

    /// Adds the lines of an ethers(5) file: `address name`.
    #[must_use]
    pub fn ethers(mut self, text: &str) -> Self {
        for mut words in lines(text) {
            let (Some(addr), Some(name)) = (words.next(), words.next()) else { continue };
            let mut bytes = addr.split(':').map(|byte| u8::from_str_radix(byte, 16));
            let mut mac = [0; 6];
            let complete = mac.iter_mut().all(|byte| match bytes.next() {
                Some(Ok(value)) => {
                    *byte = value;
                    true
                }
                _ => false,
            });
            if complete && bytes.next().is_none() {
                self.ethers.entry(name.to_ascii_lowercase()).or_insert(mac);
            }
        }
        self
    }
}

impl Resolver for StaticNames {
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

/// The words of each line, comments left out.
fn lines(text: &str) -> impl Iterator<Item = core::str::SplitAsciiWhitespace<'_>> {
    text.lines().map(|line| line.split('#').next().unwrap_or_default().split_ascii_whitespace())
}

/// A number as C writes it: decimal, `0x` hexadecimal, or octal after a 0.
fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // `from_str_radix` would take a sign.
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
        let names = StaticNames::new()
            .hosts("127.0.0.1 localhost me\n::1 localhost # six\nnonsense x\n")
            .services("domain 53/tcp\ndomain 53/udp\nodd 70000/tcp\nnoport\nzz 9/sctp")
            .protocols("# none\ntcp\t6\tTCP # transmission\nipv6-icmp 58 IPv6-ICMP icmp6\nbad x")
            .networks("default 0.0.0.0\nloopback 127.0.0.0\nshort 10.1\nlong 1.2.3.4.5\n")
            .ethers("00:16:3e:0:1:2 box\n00:11 short\n00:11:22:33:44:55:66 long\n");
        assert_eq!(names.host("LOCALHOST").len(), 2);
        assert_eq!(names.host("me"), [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
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
        let names = StaticNames::new()
            .services("hex 0x50/tcp\noct 010/udp\nnine 09/tcp\nplus +9/tcp\n")
            .networks("hex 0xa.1\noct 010.1\n")
            .ethers("aa:bb:cc:dd:ee:ff Box\n");
        assert_eq!(names.service("hex").tcp, Some(80));
        assert_eq!(names.service("oct").udp, Some(8));
        assert_eq!([names.service("nine"), names.service("plus")], [Service::default(); 2]);
        assert_eq!(names.network("hex"), Some(Ipv4Addr::new(10, 1, 0, 0)));
        assert_eq!(names.network("oct"), Some(Ipv4Addr::new(8, 1, 0, 0)));
        assert_eq!(names.ether("bOX"), Some([0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]));
    }

    #[test]
    fn an_address_is_its_own_name() {
        assert_eq!(StaticNames::new().host("10.0.0.1"), [IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))]);
        assert_eq!(StaticNames::new().host("::1"), [IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    }

    #[test]
    fn knows_nothing_by_default() {
        assert!(NoResolver.host("localhost").is_empty());
        assert_eq!(NoResolver.service("http"), Service::default());
        assert_eq!(NoResolver.protocol("tcp"), None);
        assert_eq!(NoResolver.network("loopback"), None);
        assert_eq!(NoResolver.ether("box"), None);
    }
}
