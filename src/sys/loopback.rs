//! Bringing the loopback interface up in a network namespace of one's own.
use std::io;
use std::os::fd::AsRawFd;

use socket2::{Domain, Socket, Type};

/// Its type is not the same in every C library.
const REQUEST: libc::Ioctl = libc::SIOCSIFFLAGS as libc::Ioctl;

/// Sets `IFF_UP` on `lo`. Needs `CAP_NET_ADMIN` in the network namespace, as its maker has.
pub(crate) fn bring_up() -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // SAFETY: all-zero bytes are a valid `ifreq`: integers, and a null pointer in the union.
    let mut request = unsafe { std::mem::zeroed::<libc::ifreq>() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    #[expect(clippy::cast_possible_truncation, reason = "the kernel's field is a short; the flag is 1")]
    let up = libc::IFF_UP as libc::c_short;
    request.ifr_ifru.ifru_flags = up;
    // SAFETY: SIOCSIFFLAGS reads an `ifreq` with a NUL-terminated name and the flags, both set.
    let status = unsafe { libc::ioctl(socket.as_raw_fd(), REQUEST, &raw mut request) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
