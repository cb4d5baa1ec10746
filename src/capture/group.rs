//! Which connections are those of the processes of a control group.
use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::BorrowedFd;

use crate::sys::cgroup::{Key, MOST, Watch};
use crate::wire::{Layers, Network, Transport};

/// Both ends of a connection, the lower one first: it is the same whoever sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends(SocketAddr, SocketAddr);

impl Ends {
    /// The ends of a packet's connection.
    ///
    /// ```
    /// use synack::capture::Ends;
    ///
    /// let (a, b) = ("10.0.0.1:1025".parse()?, "10.0.0.2:80".parse()?);
    /// assert_eq!(Ends::new(a, b), Ends::new(b, a));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub fn new(source: SocketAddr, destination: SocketAddr) -> Self {
        Self(source.min(destination), source.max(destination))
    }

    /// Those of a segment; `None` when it is none of TCP over IP.
    pub fn of(layers: &Layers<'_>) -> Option<Self> {
        let (source, destination) = match layers.network? {
            Network::Ipv4(ip) => (IpAddr::V4(ip.src()), IpAddr::V4(ip.dst())),
            Network::Ipv6(ip) => (IpAddr::V6(ip.src()), IpAddr::V6(ip.dst())),
            Network::Arp(_) => return None,
        };
        let Some(Transport::Tcp(tcp)) = layers.transport else { return None };
        Some(Self::new((source, tcp.src_port()).into(), (destination, tcp.dst_port()).into()))
    }
}

/// Writes down the ends of every TCP connection of which a process in a control group (cgroup v2) sends
/// or receives a segment, from the first one on, however short: the kernel does it for each segment.
#[derive(Debug)]
pub struct GroupWatch(Watch);

impl GroupWatch {
    /// Connections that are written down at most, in both directions.
    pub const MOST: usize = MOST as usize;

    /// Watches the group whose folder this is, until it is dropped.
    ///
    /// # Errors
    /// The caller lacks `CAP_BPF` or `CAP_NET_ADMIN`, or the kernel is older than Linux 5.7 or made
    /// without `CONFIG_CGROUP_BPF`.
    pub fn new(folder: BorrowedFd<'_>) -> io::Result<Self> {
        Watch::group(folder).map(Self)
    }

    /// The connections so far.
    ///
    /// # Errors
    /// As the kernel answers.
    pub fn connections(&self) -> io::Result<HashSet<Ends>> {
        Ok(self.0.keys()?.iter().filter_map(ends).collect())
    }
}

fn ends(key: &Key) -> Option<Ends> {
    let (addresses, rest) = key.split_first_chunk::<32>()?;
    let (source, destination) = addresses.split_first_chunk::<16>()?;
    let destination: [u8; 16] = destination.try_into().ok()?;
    let (ports, version) = rest.split_first_chunk::<4>()?;
    let address = |bytes: [u8; 16]| match u32::from_ne_bytes(version.try_into().ok()?) {
        4 => bytes.first_chunk::<4>().map(|four| IpAddr::V4(Ipv4Addr::from(*four))),
        6 => Some(IpAddr::V6(Ipv6Addr::from(bytes))),
        _ => None,
    };
    let [a, b, c, d] = *ports;
    let source = SocketAddr::new(address(*source)?, u16::from_be_bytes([a, b]));
    let destination = SocketAddr::new(address(destination)?, u16::from_be_bytes([c, d]));
    Some(Ends::new(source, destination))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_the_program_writes_it() {
        let mut key = [0; 40];
        key[..4].copy_from_slice(&[10, 0, 0, 1]);
        key[16..20].copy_from_slice(&[10, 0, 0, 2]);
        key[32..36].copy_from_slice(&[0x04, 0x01, 0, 80]);
        key[36..].copy_from_slice(&4_u32.to_ne_bytes());
        let (a, b) = ("10.0.0.1:1025".parse().unwrap(), "10.0.0.2:80".parse().unwrap());
        assert_eq!(ends(&key), Some(Ends::new(a, b)));
        key[36..].copy_from_slice(&6_u32.to_ne_bytes());
        let (a, b) = ("[a00:1::]:1025".parse().unwrap(), "[a00:2::]:80".parse().unwrap());
        assert_eq!(ends(&key), Some(Ends::new(b, a)));
        key[36..].copy_from_slice(&5_u32.to_ne_bytes());
        assert_eq!(ends(&key), None);
    }
}
