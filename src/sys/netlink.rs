//! What the kernel knows of the interfaces, asked over a route netlink socket (`rtnetlink(7)`).
//!
//! The socket is opened once and then only read and written, so that it goes on answering
//! after privileges are dropped, and always for the namespace it was opened in (which
//! `/sys/class/net` does not promise). Answers are parsed as hostile bytes.
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::mem::size_of;
use std::os::unix::ffi::OsStringExt;

use socket2::{Domain, Protocol, Socket, Type};

use super::link::Link;
use super::{ifreq, uapi};

/// A netlink socket for questions about interfaces. Where the system lets no process have one, those
/// of the start are asked otherwise, and later ones have no answer.
#[derive(Debug)]
pub(crate) struct Netlink {
    socket: Option<Socket>,
    buffer: Vec<u8>,
    sequence: u32,
}

impl Netlink {
    /// Opens the socket; needs no privilege.
    pub(crate) fn new() -> io::Result<Self> {
        let socket =
            Socket::new(Domain::from(libc::AF_NETLINK), Type::RAW, Some(Protocol::from(libc::NETLINK_ROUTE)));
        let socket = match socket {
            Ok(socket) => {
                // The kernel answers at once; a bound keeps a lost answer from hanging a capture.
                socket.set_read_timeout(Some(std::time::Duration::from_secs(1)))?;
                Some(socket)
            }
            // A sandbox without this family: EAFNOSUPPORT, EPERM, EACCES or what it likes.
            Err(e) if matches!(e.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)) => {
                return Err(e);
            }
            Err(_) => None,
        };
        Ok(Self { socket, buffer: vec![0; 64 * 1024], sequence: 0 })
    }

    /// Every interface, in the kernel's order (ascending numbers).
    pub(crate) fn links(&mut self) -> io::Result<Vec<Link>> {
        if self.socket.is_none() {
            return ifreq::links();
        }
        let mut links = Vec::new();
        self.ask(0, libc::NLM_F_DUMP, |link| links.push(link))?;
        Ok(links)
    }

    /// One interface; `None` when there is none of that number. Of kind `Unsupported` when there is
    /// nobody to ask.
    pub(crate) fn link(&mut self, index: u32) -> io::Result<Option<Link>> {
        let mut found = None;
        match self.ask(index, 0, |link| found = Some(link)) {
            Err(e) if e.raw_os_error() == Some(libc::ENODEV) => Ok(None),
            Err(e) => Err(e),
            Ok(()) => Ok(found.filter(|link| link.index == index)),
        }
    }

    fn ask(&mut self, index: u32, flags: libc::c_int, mut give: impl FnMut(Link)) -> io::Result<()> {
        let Self { socket: Some(socket), buffer, sequence } = self else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        *sequence = sequence.wrapping_add(1);
        // Requests fit 16 bits of flags; the constants are wider than the field.
        let flags = (flags | libc::NLM_F_REQUEST) as u16;
        let mut request = Vec::with_capacity(32);
        request.extend_from_slice(&32u32.to_ne_bytes());
        request.extend_from_slice(&libc::RTM_GETLINK.to_ne_bytes());
        request.extend_from_slice(&flags.to_ne_bytes());
        request.extend_from_slice(&sequence.to_ne_bytes());
        request.extend_from_slice(&0u32.to_ne_bytes());
        // `struct ifinfomsg`: family, type and flags 0, the number, change mask.
        request.extend_from_slice(&[0; 4]);
        request.extend_from_slice(&index.to_ne_bytes());
        request.extend_from_slice(&[0; 8]);
        (&*socket).write_all(&request)?;
        loop {
            let len = (&*socket).read(buffer)?;
            let answer = buffer.get(..len).unwrap_or_default();
            if parse(answer, *sequence, &mut give)? {
                return Ok(());
            }
        }
    }
}

/// Gives every link in `answer`; whether the answer is complete.
fn parse(mut answer: &[u8], sequence: u32, give: &mut dyn FnMut(Link)) -> io::Result<bool> {
    const HEADER: usize = size_of::<libc::nlmsghdr>();
    while let Some(len) = u32_at(answer, 0) {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let (Some(message), true) = (answer.get(..len), len >= HEADER) else { break };
        let body = message.get(HEADER..).unwrap_or_default();
        let kind = u16_at(message, 4).unwrap_or(0);
        let flags = libc::c_int::from(u16_at(message, 6).unwrap_or(0));
        if u32_at(message, 8) == Some(sequence) {
            match libc::c_int::from(kind) {
                libc::NLMSG_DONE => return Ok(true),
                libc::NLMSG_ERROR => {
                    let code = u32_at(body, 0).unwrap_or(0).cast_signed();
                    return match code {
                        0 => Ok(true),
                        _ => Err(io::Error::from_raw_os_error(code.wrapping_neg())),
                    };
                }
                _ if kind == libc::RTM_NEWLINK => {
                    if let Some(link) = link(body) {
                        give(link);
                    }
                    if flags & libc::NLM_F_MULTI == 0 {
                        return Ok(true);
                    }
                }
                _ => {}
            }
        }
        answer = answer.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

/// The link in one `RTM_NEWLINK` message: `struct ifinfomsg`, then attributes.
fn link(body: &[u8]) -> Option<Link> {
    let mut link = Link {
        hardware: u16_at(body, 2)?,
        index: u32_at(body, 4)?,
        flags: u32_at(body, 8)?,
        ..Link::default()
    };
    let mut rest = body.get(size_of::<libc::ifinfomsg>()..)?;
    while let (Some(len), Some(kind)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let len = usize::from(len);
        let Some(value) = rest.get(4..len) else { break };
        let number = u32_at(value, 0).unwrap_or(0);
        match kind {
            libc::IFLA_IFNAME => {
                let name = value.split(|&b| b == 0).next().unwrap_or_default();
                link.name = OsString::from_vec(name.to_vec());
            }
            libc::IFLA_GSO_MAX_SIZE
            | libc::IFLA_GRO_MAX_SIZE
            | libc::IFLA_MTU
            | uapi::IFLA_GSO_IPV4_MAX_SIZE
            | uapi::IFLA_GRO_IPV4_MAX_SIZE => link.max_packet = link.max_packet.max(number),
            libc::IFLA_STATS64 => {
                let counter = |n: usize| u64_at(value, n * 8).unwrap_or(0);
                link.lost = counter(uapi::STATS64_RX_MISSED_ERRORS)
                    .wrapping_add(counter(uapi::STATS64_RX_FIFO_ERRORS));
            }
            _ => {}
        }
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(link)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = (16 + body.len() as u32).to_ne_bytes().to_vec();
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&flags.to_ne_bytes());
        bytes.extend_from_slice(&sequence.to_ne_bytes());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(body);
        bytes
    }

    fn sample() -> Vec<u8> {
        let mut body = vec![0, 0];
        body.extend_from_slice(&1u16.to_ne_bytes());
        body.extend_from_slice(&7u32.to_ne_bytes());
        body.extend_from_slice(&0x43u32.to_ne_bytes());
        body.extend_from_slice(&[0; 4]);
        body.extend(attribute(libc::IFLA_IFNAME, b"eth7\0"));
        body.extend(attribute(libc::IFLA_GRO_MAX_SIZE, &131_072u32.to_ne_bytes()));
        body.extend(attribute(libc::IFLA_MTU, &1500u32.to_ne_bytes()));
        let mut stats = [0u8; 192];
        stats[112..120].copy_from_slice(&3u64.to_ne_bytes());
        stats[120..128].copy_from_slice(&4u64.to_ne_bytes());
        body.extend(attribute(libc::IFLA_STATS64, &stats));
        message(libc::RTM_NEWLINK, 0, 5, &body)
    }

    fn parsed(bytes: &[u8]) -> (io::Result<bool>, Vec<Link>) {
        let mut links = Vec::new();
        let done = parse(bytes, 5, &mut |link| links.push(link));
        (done, links)
    }

    #[test]
    fn reads_every_field() {
        let (done, links) = parsed(&sample());
        assert!(done.expect("no error"));
        let want =
            Link { index: 7, name: "eth7".into(), hardware: 1, flags: 0x43, max_packet: 131_072, lost: 7 };
        assert_eq!(links, [want]);
        assert!(links[0].has(libc::IFF_UP | libc::IFF_RUNNING));
        assert!(!links[0].has(libc::IFF_LOOPBACK));
    }

    #[test]
    fn answers_to_other_questions_are_passed_over() {
        let mut bytes = message(libc::RTM_NEWLINK, 0, 4, &[0; 16]);
        bytes.extend(message(libc::NLMSG_DONE as u16, 0, 5, &[0; 4]));
        let (done, links) = parsed(&bytes);
        assert!(done.expect("no error"));
        assert!(links.is_empty());
    }

    #[test]
    fn an_error_answer_is_an_error() {
        let code = (-libc::ENODEV).to_ne_bytes();
        let bytes = message(libc::NLMSG_ERROR as u16, 0, 5, &code);
        let error = parsed(&bytes).0.expect_err("ENODEV");
        assert_eq!(error.raw_os_error(), Some(libc::ENODEV));
    }

    #[test]
    fn an_answer_cut_or_damaged_anywhere_ends_quietly() {
        let whole = sample();
        for len in 0..whole.len() {
            let _ends = parsed(&whole[..len]);
            let mut damaged = whole.clone();
            damaged[len] ^= 0xff;
            let _ends = parsed(&damaged);
        }
    }

    #[test]
    fn the_running_kernel_tells_of_loopback() {
        let mut netlink = Netlink::new().expect("netlink socket");
        let links = netlink.links().expect("links");
        let lo = links.iter().find(|link| link.has(libc::IFF_LOOPBACK)).expect("a loopback");
        assert_eq!(lo.hardware, libc::ARPHRD_LOOPBACK);
        assert!(lo.max_packet >= 65536);
        let again = netlink.link(lo.index).expect("link").expect("there");
        assert_eq!(again.name, lo.name);
        assert_eq!(netlink.link(0x7fff_fff0).expect("no error"), None);
    }
}
