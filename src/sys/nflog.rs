//! What netfilter logs, received over a netlink socket (`nfnetlink_log`).
//!
//! Answers and messages are parsed as hostile bytes.
use std::io::{self, Read, Write};
use std::mem::size_of;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use super::inet;

/// `NFNL_SUBSYS_ULOG`, in the upper half of a message's type.
const LOG: u16 = 4 << 8;
/// `NFULNL_MSG_PACKET` and `NFULNL_MSG_CONFIG`.
const PACKET: u16 = LOG;
const CONFIG: u16 = LOG | 1;
/// `SOL_NETLINK` and its option `NETLINK_NO_ENOBUFS`: what is dropped is counted and no error, and drops no more.
const SOL_NETLINK: libc::c_int = 270;
const NO_ENOBUFS: libc::c_int = 5;
/// `NFULA_TIMESTAMP`.
const TIMESTAMP: u16 = 3;
/// Bytes of one datagram at most: one message, since none is kept back, with a packet and less than a page beside.
const MESSAGE: usize = 72 * 1024;

/// A socket to which the kernel sends what rules log to some groups.
#[derive(Debug)]
pub(crate) struct LogSocket(Socket);

/// A message: where it is in the buffer, and when the packet came, where the kernel says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Logged {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Seconds and nanoseconds since the Unix epoch.
    pub(crate) time: Option<(i64, u64)>,
}

impl LogSocket {
    /// A socket that belongs to no group.
    pub(crate) fn new() -> io::Result<Self> {
        let socket = Socket::new(
            Domain::from(libc::AF_NETLINK),
            Type::RAW,
            Some(Protocol::from(libc::NETLINK_NETFILTER)),
        )?;
        inet::set(&socket, SOL_NETLINK, NO_ENOBUFS, 1)?;
        // The kernel answers at once; a bound keeps a lost answer from hanging a capture.
        socket.set_read_timeout(Some(std::time::Duration::from_secs(1)))?;
        Ok(Self(socket))
    }

    /// Has the kernel send what is logged to `group`, `bytes` of each packet at most, each at once. `EBUSY` when
    /// another program has the group, `EPERM` without `CAP_NET_ADMIN`.
    pub(crate) fn join(&self, group: u16, bytes: u32) -> io::Result<()> {
        // Bind; copy packets; send each as it comes; number them.
        let mut attributes = Vec::new();
        attribute(&mut attributes, 1, &[1]);
        let mut mode = bytes.to_be_bytes().to_vec();
        mode.extend([2, 0]);
        attribute(&mut attributes, 2, &mode);
        attribute(&mut attributes, 5, &1u32.to_be_bytes());
        attribute(&mut attributes, 6, &1u16.to_be_bytes());
        let refused = |e: &io::Error| e.raw_os_error() == Some(libc::EPERM);
        match self.configure(group, &attributes) {
            // The same is said of a group that another socket has. So something is asked that needs the
            // privilege and is refused for another reason: to bind a family of addresses that is none.
            Err(e) if refused(&e) => {
                let mut nonsense = Vec::new();
                attribute(&mut nonsense, 1, &[3]);
                match self.configure(0, &nonsense) {
                    Err(again) if refused(&again) => Err(e),
                    _ => Err(io::Error::from_raw_os_error(libc::EBUSY)),
                }
            }
            answer => answer,
        }
    }

    /// Asks for a change of a group, and waits for the answer.
    fn configure(&self, group: u16, attributes: &[u8]) -> io::Result<()> {
        let mut body = vec![0, 0];
        body.extend(group.to_be_bytes());
        body.extend(attributes);
        let mut request = u32::try_from(16 + body.len()).unwrap_or(0).to_ne_bytes().to_vec();
        request.extend(CONFIG.to_ne_bytes());
        request.extend(((libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16).to_ne_bytes());
        request.extend(u32::from(group).wrapping_add(1).to_ne_bytes());
        request.extend([0; 4]);
        request.extend(body);
        (&self.0).write_all(&request)?;
        let mut buffer = vec![0; MESSAGE];
        loop {
            let len = (&self.0).read(&mut buffer)?;
            if let Some(answer) = answer(buffer.get(..len).unwrap_or_default()) {
                return answer;
            }
            // A packet of a group joined before: it came before the capture began.
        }
    }

    /// Room for messages that wait, in bytes as the kernel counts them.
    pub(crate) fn set_buffer(&self, bytes: usize) -> io::Result<()> {
        inet::set_buffer(&self.0, bytes)
    }

    /// Bytes of room that were granted.
    pub(crate) fn buffer(&self) -> io::Result<usize> {
        self.0.recv_buffer_size()
    }

    /// From here on no message is received. Makes one system call and allocates nothing.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        // `ret #0`.
        self.0.attach_filter(&[SockFilter::new(0x06, 0, 0, 0)])
    }

    /// Messages dropped for want of room, modulo 2³².
    pub(crate) fn dropped(&self) -> io::Result<u32> {
        inet::dropped(&self.0)
    }

    /// From here on [`LogSocket::receive`] waits for nothing.
    pub(crate) fn never_wait(&self) -> io::Result<()> {
        self.0.set_nonblocking(true)
    }

    /// Appends the next message to `buffer`, and says where in it the packet is; `None` when none waits.
    pub(crate) fn receive(&self, buffer: &mut Vec<u8>) -> io::Result<Option<Logged>> {
        let start = buffer.len();
        loop {
            buffer.resize(start + MESSAGE, 0);
            let got = (&self.0).read(buffer.get_mut(start..).unwrap_or_default());
            buffer.truncate(start + *got.as_ref().unwrap_or(&0));
            match got {
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            if let Some(logged) = logged(buffer.get(start..).unwrap_or_default()) {
                return Ok(Some(Logged { start: start + logged.start, end: start + logged.end, ..logged }));
            }
        }
    }
}

impl AsFd for LogSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Appends an attribute, filled up to four bytes.
fn attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    body.extend(u16::try_from(4 + value.len()).unwrap_or(4).to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

/// What the kernel answers to a request, where the message is an answer.
fn answer(message: &[u8]) -> Option<io::Result<()>> {
    let kind = u16::from_ne_bytes(*message.get(4..)?.first_chunk()?);
    if libc::c_int::from(kind) != libc::NLMSG_ERROR {
        return None;
    }
    let code = i32::from_ne_bytes(*message.get(16..)?.first_chunk()?);
    Some(if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code.wrapping_neg())) })
}

/// The packet in a datagram, if it is one.
fn logged(message: &[u8]) -> Option<Logged> {
    const HEADER: usize = size_of::<libc::nlmsghdr>();
    let len = u32::from_ne_bytes(*message.first_chunk()?) as usize;
    let kind = u16::from_ne_bytes(*message.get(4..)?.first_chunk()?);
    if kind != PACKET || len < HEADER + 4 || len > message.len() {
        return None;
    }
    let mut time = None;
    let mut rest = message.get(HEADER + 4..len)?;
    while let Some(([a, b, c, d], _)) = rest.split_first_chunk() {
        let size = usize::from(u16::from_ne_bytes([*a, *b]));
        let Some(value) = rest.get(4..size) else { break };
        if u16::from_ne_bytes([*c, *d]) == TIMESTAMP
            && let Some((secs, micros)) = value.split_first_chunk()
            && let Some(micros) = micros.first_chunk()
        {
            let micros = u64::from_be_bytes(*micros).min(999_999);
            time = Some((i64::from_be_bytes(*secs), micros * 1000));
        }
        rest = rest.get(size.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(Logged { start: HEADER, end: len, time })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut body = vec![2, 0, 0, 5];
        attribute(&mut body, 1, &[8, 0, 1, 0]);
        let mut stamp = 1_700_000_000i64.to_be_bytes().to_vec();
        stamp.extend(654_321u64.to_be_bytes());
        attribute(&mut body, TIMESTAMP, &stamp);
        attribute(&mut body, 9, b"packet");
        let mut message = u32::try_from(16 + body.len()).unwrap().to_ne_bytes().to_vec();
        message.extend(PACKET.to_ne_bytes());
        message.extend([0; 10]);
        message.extend(body);
        message
    }

    #[test]
    fn a_packet_is_what_follows_the_header_with_its_time() {
        let message = sample();
        let want = Logged { start: 16, end: message.len(), time: Some((1_700_000_000, 654_321_000)) };
        assert_eq!(logged(&message), Some(want));
        assert_eq!(answer(&message).map(|answer| answer.is_ok()), None);
    }

    #[test]
    fn a_message_cut_or_damaged_anywhere_ends_quietly() {
        let whole = sample();
        for len in 0..whole.len() {
            assert_eq!(logged(&whole[..len]), None);
            let mut damaged = whole.clone();
            damaged[len] ^= 0xff;
            let end = logged(&damaged).map_or(0, |logged| logged.end);
            assert!(end <= damaged.len());
        }
    }

    #[test]
    fn a_refusal_is_an_error_of_its_number() {
        let mut message = 36u32.to_ne_bytes().to_vec();
        message.extend((libc::NLMSG_ERROR as u16).to_ne_bytes());
        message.extend([0; 10]);
        message.extend((-libc::EBUSY).to_ne_bytes());
        let refused = answer(&message).unwrap().unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EBUSY));
    }
}
