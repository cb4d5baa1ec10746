//! The raw IPv4 socket (`raw(7)`): its options, and a datagram with its control messages.
use std::io;
use std::mem::{MaybeUninit, offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use socket2::{Domain, MaybeUninitSlice, MsgHdrMut, Protocol, SockFilter, Socket, Type};

use crate::bpf::RawInsn;

/// A socket that receives every TCP packet of IPv4 that comes to this host.
#[derive(Debug)]
pub(crate) struct InetSocket(Socket);

/// What came with a datagram.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Length of the datagram, also when it was cut.
    pub(crate) len: usize,
    /// When the kernel received it: seconds and nanoseconds since the Unix epoch.
    pub(crate) time: Option<(i64, u64)>,
    /// The interface it came by.
    pub(crate) ifindex: Option<u32>,
    /// Datagrams dropped for want of room before this one, since the socket was opened.
    pub(crate) dropped: Option<u32>,
}

/// Room for the three control messages that are switched on.
const CONTROL: usize = 256;

impl InetSocket {
    /// A socket for TCP packets, with times, interfaces and drop counts switched on.
    pub(crate) fn new() -> io::Result<Self> {
        let socket = Self(Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::TCP))?);
        socket.set(libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)?;
        socket.set(libc::SOL_SOCKET, libc::SO_RXQ_OVFL, 1)?;
        socket.set(libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        Ok(socket)
    }

    /// Receives only what comes by this interface.
    pub(crate) fn bind_device(&self, name: &str) -> io::Result<()> {
        self.0.bind_device(Some(name.as_bytes()))
    }

    /// Room for datagrams that wait, in bytes as the kernel counts them (with its overhead);
    /// beyond the system's limit where the privilege for that is there.
    pub(crate) fn set_buffer(&self, bytes: usize) -> io::Result<()> {
        set_buffer(&self.0, bytes)
    }

    /// Bytes of room that were granted.
    pub(crate) fn buffer(&self) -> io::Result<usize> {
        self.0.recv_buffer_size()
    }

    /// Replaces the filter; the kernel checks the program.
    pub(crate) fn attach(&self, program: &[RawInsn]) -> io::Result<()> {
        let filter: Vec<SockFilter> =
            program.iter().map(|i| SockFilter::new(i.code, i.jt, i.jf, i.k)).collect();
        self.0.attach_filter(&filter)
    }

    /// From here on no packet is received. Makes one system call and allocates nothing.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        // `ret #0`.
        self.0.attach_filter(&[SockFilter::new(0x06, 0, 0, 0)])
    }

    /// Datagrams dropped for want of room since the socket was opened, modulo 2³².
    pub(crate) fn dropped(&self) -> io::Result<u32> {
        dropped(&self.0)
    }

    /// The next datagram, cut to `buffer`; `None` when none waits.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<Received>> {
        let mut control = [0u8; CONTROL];
        let (len, control_len) = {
            let mut slices = [MaybeUninitSlice::new(maybe_uninit(buffer))];
            let mut message =
                MsgHdrMut::new().with_buffers(&mut slices).with_control(maybe_uninit(&mut control));
            match self.0.recvmsg(&mut message, libc::MSG_DONTWAIT | libc::MSG_TRUNC) {
                Ok(len) => (len, message.control_len()),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) => return Err(e),
            }
        };
        let control = control.get(..control_len).unwrap_or_default();
        Ok(Some(Received { len, ..parse_control(control) }))
    }

    fn set(&self, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
        set(&self.0, level, option, value)
    }
}

/// Sets an option of a socket that is a number.
pub(super) fn set(
    socket: &Socket,
    level: libc::c_int,
    option: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    let len = size_of::<libc::c_int>() as libc::socklen_t;
    let value = std::ptr::from_ref(&value).cast();
    // SAFETY: `value` points to `len` readable bytes; the kernel keeps no pointer.
    let status = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value, len) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Room for what waits in a socket, in bytes as the kernel counts them (with its overhead); beyond the system's
/// limit where the privilege for that is there.
pub(super) fn set_buffer(socket: &Socket, bytes: usize) -> io::Result<()> {
    let value = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX / 2);
    match set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, value) {
        Ok(()) => Ok(()),
        Err(_) => socket.set_recv_buffer_size(bytes.min(1 << 30)),
    }
}

/// What a socket dropped for want of room since it was opened, modulo 2³².
pub(super) fn dropped(socket: &Socket) -> io::Result<u32> {
    /// Position of the drop counter in what `SO_MEMINFO` gives (`SK_MEMINFO_DROPS`).
    /// <https://github.com/torvalds/linux/blob/v6.12/include/uapi/linux/sock_diag.h#L33>
    const DROPS: usize = 8;
    let mut info = [0u32; 16];
    let mut len = size_of::<[u32; 16]>() as libc::socklen_t;
    // SAFETY: `info` is `len` bytes of writable memory.
    let status = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            info.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    if status == 0 { Ok(info[DROPS]) } else { Err(io::Error::last_os_error()) }
}

impl AsFd for InetSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Initialised bytes as socket2 wants them.
fn maybe_uninit(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (start, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: same place, length, layout and lifetime; socket2 promises to write nothing
    // uninitialised through it.
    unsafe { std::slice::from_raw_parts_mut(start, len) }
}

/// What the control messages say; what they don't say, or say wrongly, is `None`.
fn parse_control(mut control: &[u8]) -> Received {
    const HEADER: usize = size_of::<libc::cmsghdr>();
    let mut received = Received::default();
    loop {
        let len: Option<usize> = native(control, offset_of!(libc::cmsghdr, cmsg_len));
        let level: Option<i32> = native(control, offset_of!(libc::cmsghdr, cmsg_level));
        let kind: Option<i32> = native(control, offset_of!(libc::cmsghdr, cmsg_type));
        let (Some(len), Some(level), Some(kind)) = (len, level, kind) else { return received };
        let Some(data) = control.get(HEADER..len) else { return received };
        match (level, kind) {
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                #[allow(deprecated, reason = "of whatever width: it is widened below")]
                let secs: Option<libc::time_t> = native(data, offset_of!(libc::timespec, tv_sec));
                let nanos: Option<libc::c_long> = native(data, offset_of!(libc::timespec, tv_nsec));
                if let (Some(secs), Some(nanos)) = (secs, nanos) {
                    #[allow(clippy::useless_conversion, reason = "32 bits on some machines")]
                    let secs = i64::from(secs);
                    received.time = Some((secs, u64::try_from(nanos).unwrap_or(0)));
                }
            }
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => received.dropped = native(data, 0),
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                let index: Option<i32> = native(data, offset_of!(libc::in_pktinfo, ipi_ifindex));
                received.ifindex = index.and_then(|index| u32::try_from(index).ok());
            }
            _ => {}
        }
        let next = len.next_multiple_of(size_of::<usize>());
        control = control.get(next..).unwrap_or_default();
    }
}

/// An integer in the machine's byte order.
trait Native: Sized {
    fn native(bytes: &[u8]) -> Option<Self>;
}

macro_rules! native {
    ($($int:ty),*) => {
        $(impl Native for $int {
            fn native(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_ne_bytes(*bytes.first_chunk()?))
            }
        })*
    };
}
native!(u32, i32, i64, usize);

fn native<T: Native>(bytes: &[u8], at: usize) -> Option<T> {
    T::native(bytes.get(at..)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
        let mut bytes = (16 + data.len()).to_ne_bytes().to_vec();
        bytes.extend_from_slice(&level.to_ne_bytes());
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn sample() -> Vec<u8> {
        let mut time = 1_700_000_000i64.to_ne_bytes().to_vec();
        time.extend_from_slice(&987_654_321i64.to_ne_bytes());
        let mut info = 3i32.to_ne_bytes().to_vec();
        info.extend_from_slice(&[127, 0, 0, 1, 127, 0, 0, 1]);
        let mut bytes = message(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS, &time);
        bytes.extend(message(libc::IPPROTO_IP, libc::IP_PKTINFO, &info));
        bytes.extend(message(libc::SOL_SOCKET, 99, b"unknown"));
        bytes.extend(message(libc::SOL_SOCKET, libc::SO_RXQ_OVFL, &7u32.to_ne_bytes()));
        bytes
    }

    #[test]
    fn reads_every_control_message() {
        let want =
            Received { len: 0, time: Some((1_700_000_000, 987_654_321)), ifindex: Some(3), dropped: Some(7) };
        assert_eq!(parse_control(&sample()), want);
    }

    #[test]
    fn control_messages_cut_or_damaged_anywhere_end_quietly() {
        let whole = sample();
        for len in 0..whole.len() {
            let _ends = parse_control(&whole[..len]);
            let mut damaged = whole.clone();
            damaged[len] ^= 0xff;
            let _ends = parse_control(&damaged);
        }
        assert_eq!(parse_control(&[0; 64]), Received::default());
    }
}
