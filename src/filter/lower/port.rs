//! Ports and port ranges: TCP, UDP and SCTP over IPv4 and IPv6.
use super::super::ir::{Test, op};
use super::super::link::{Base, Width, ether};
use super::super::{Dir, Error, ErrorKind, Proto, Quals, Service};
use super::Lower;

const TCP: u32 = 6;
const UDP: u32 = 17;
const SCTP: u32 = 132;

/// Which ports.
#[derive(Clone, Copy)]
pub(super) enum Ports {
    One(u32),
    /// Both ends belong to it; the smaller is first.
    Range(u32, u32),
}

impl Ports {
    fn range(a: u32, b: u32) -> Self {
        Self::Range(a.min(b), a.max(b))
    }
}

impl Lower<'_> {
    /// `port n`, `portrange n`.
    pub(super) fn port_number(&mut self, quals: Quals, port: u32, range: bool) -> Result<Test, Error> {
        let protocol = self.transport(quals)?;
        let ports = if range { Ports::Range(port, port) } else { Ports::One(port) };
        self.ports(ports, protocol, quals.dir)
    }

    /// `port name`.
    pub(super) fn port_name(&mut self, quals: Quals, name: &str) -> Result<Test, Error> {
        let wanted = self.transport(quals)?;
        let (port, known) = self.service(name, "unknown port")?;
        let protocol = self.agree(wanted, known, name)?;
        self.ports(Ports::One(port), protocol, quals.dir)
    }

    /// `portrange a-b`.
    pub(super) fn port_range_name(&mut self, quals: Quals, text: &str) -> Result<Test, Error> {
        let wanted = self.transport(quals)?;
        let (first, last, known) = match numeric_range(text) {
            Some((first, last)) => (first, last, None),
            None => {
                let Some((first, last)) = text.split_once('-') else {
                    return Err(self.unknown("unknown port in range", text));
                };
                let (first, one) = self.service(first, "unknown port in range")?;
                let (last, other) = self.service(last, "unknown port in range")?;
                (first, last, if one == other { one } else { None })
            }
        };
        let protocol = self.agree(wanted, known, text)?;
        for port in [first, last] {
            if port > 65535 {
                return Err(self.error(ErrorKind::Value, format!("port {port} is greater than 65535")));
            }
        }
        self.ports(Ports::range(first, last), protocol, quals.dir)
    }

    /// The transport protocol that the qualifiers ask for, if one.
    fn transport(&self, quals: Quals) -> Result<Option<u32>, Error> {
        match quals.proto {
            None => Ok(None),
            Some(Proto::Tcp) => Ok(Some(TCP)),
            Some(Proto::Udp) => Ok(Some(UDP)),
            Some(Proto::Sctp) => Ok(Some(SCTP)),
            Some(proto) => {
                let message = format!("'{proto}' cannot qualify a port: only tcp, udp and sctp can");
                Err(self.error(ErrorKind::Qualifier, message))
            }
        }
    }

    /// The port behind a name or number, and the protocol where it is known for only one.
    fn service(&self, name: &str, unknown: &str) -> Result<(u32, Option<u32>), Error> {
        let Service { tcp, udp } = match name.parse::<u16>() {
            Ok(port) => Service { tcp: Some(port), udp: Some(port) },
            Err(_) => self.settings.resolver.service(name),
        };
        match (tcp, udp) {
            (Some(tcp), Some(udp)) if tcp == udp => Ok((u32::from(tcp), None)),
            // Of two different ports, the one over TCP is taken.
            (Some(tcp), _) => Ok((u32::from(tcp), Some(TCP))),
            (None, Some(udp)) => Ok((u32::from(udp), Some(UDP))),
            (None, None) => Err(self.unknown(unknown, name)),
        }
    }

    fn agree(&self, wanted: Option<u32>, known: Option<u32>, name: &str) -> Result<Option<u32>, Error> {
        match (wanted, known) {
            (Some(wanted), Some(known)) if wanted != known => {
                let known = if known == TCP { "tcp" } else { "udp" };
                Err(self.error(ErrorKind::Qualifier, format!("port '{name}' is {known}")))
            }
            (wanted, known) => Ok(wanted.or(known)),
        }
    }

    /// An error about a name that nobody knows.
    pub(super) fn unknown(&self, what: &str, name: &str) -> Error {
        self.error(ErrorKind::UnknownName, format!("{what} '{name}'"))
    }

    /// Ports over IPv6, or over IPv4.
    pub(super) fn ports(&mut self, ports: Ports, protocol: Option<u32>, dir: Dir) -> Result<Test, Error> {
        let ipv4 = self.ports_v4(ports, protocol, dir)?;
        let ipv6 = self.ports_v6(ports, protocol, dir)?;
        Ok(self.graph.or(ipv6, ipv4))
    }

    pub(super) fn ports_v4(&mut self, ports: Ports, protocol: Option<u32>, dir: Dir) -> Result<Test, Error> {
        let carried = self.link_type(ether::IPV4)?;
        let test = self.any_transport(protocol, |lower, protocol| {
            let is_protocol = lower.equals(Base::Network, 9, Width::Byte, protocol);
            let first = lower.first_fragment();
            let readable = lower.graph.and(is_protocol, first);
            let ports = lower.either_end(Base::AfterIpv4, ports, dir);
            lower.graph.and(readable, ports)
        });
        Ok(self.graph.and(carried, test))
    }

    pub(super) fn ports_v6(&mut self, ports: Ports, protocol: Option<u32>, dir: Dir) -> Result<Test, Error> {
        let carried = self.link_type(ether::IPV6)?;
        let test = self.any_transport(protocol, |lower, protocol| {
            let is_protocol = lower.equals(Base::Network, 6, Width::Byte, protocol);
            let ports = lower.either_end(Base::AfterIpv6, ports, dir);
            lower.graph.and(is_protocol, ports)
        });
        Ok(self.graph.and(carried, test))
    }

    /// One protocol, or all three: SCTP last written but first wrapped around, as in libpcap.
    fn any_transport(&mut self, protocol: Option<u32>, one: impl Fn(&mut Self, u32) -> Test) -> Test {
        if let Some(protocol) = protocol {
            return one(self, protocol);
        }
        let [tcp, udp, sctp] = [TCP, UDP, SCTP].map(|protocol| one(self, protocol));
        let either = self.graph.or(tcp, udp);
        self.graph.or(sctp, either)
    }

    fn either_end(&mut self, base: Base, ports: Ports, dir: Dir) -> Test {
        match dir {
            Dir::Src => self.one_end(base, 0, ports),
            Dir::Dst => self.one_end(base, 2, ports),
            Dir::Both => {
                let (src, dst) = (self.one_end(base, 0, ports), self.one_end(base, 2, ports));
                self.graph.and(src, dst)
            }
            Dir::Default | Dir::Either => {
                let (src, dst) = (self.one_end(base, 0, ports), self.one_end(base, 2, ports));
                self.graph.or(src, dst)
            }
        }
    }

    fn one_end(&mut self, base: Base, offset: u32, ports: Ports) -> Test {
        match ports {
            Ports::One(port) => self.equals(base, offset, Width::Half, port),
            Ports::Range(first, last) => {
                let from = self.compare(op::JGE_K, base, offset, Width::Half, first);
                let to = self.compare(op::JGT_K, base, offset, Width::Half, last).negate();
                self.graph.and(from, to)
            }
        }
    }

    /// The packet is an IPv4 packet's only or first fragment.
    pub(super) fn first_fragment(&mut self) -> Test {
        self.compare(op::JSET_K, Base::Network, 6, Width::Half, 0x1fff).negate()
    }
}

/// `a-b` in decimal. What follows the second number is not looked at, as in libpcap.
fn numeric_range(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-')?;
    let digits = last.find(|c: char| !c.is_ascii_digit()).unwrap_or(last.len());
    Some((first.parse().ok()?, last[..digits].parse().ok()?))
}
