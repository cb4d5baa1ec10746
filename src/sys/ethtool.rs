//! Whether a link is up, as the driver says (`ETHTOOL_GLINK`).
use std::ffi::OsStr;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;

use socket2::{Domain, Socket, Type};

use super::uapi::{ETHTOOL_GLINK, EthtoolValue};

/// Its type is not the same in every C library.
const REQUEST: libc::Ioctl = libc::SIOCETHTOOL as libc::Ioctl;

/// Whether the interface has a link; `None` when its driver has no notion of one.
pub(crate) fn has_link(name: &OsStr) -> io::Result<Option<bool>> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    let mut value = EthtoolValue { cmd: ETHTOOL_GLINK, data: 0 };
    // SAFETY: all-zero bytes are a valid `ifreq`: integers, and a null pointer in the union.
    let mut request = unsafe { std::mem::zeroed::<libc::ifreq>() };
    let bytes = name.as_bytes();
    if bytes.len() >= request.ifr_name.len() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    for (to, from) in request.ifr_name.iter_mut().zip(bytes) {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: the request names an `EthtoolValue` that outlives the call, which is what the
    // command in it makes the kernel read and write.
    let status = unsafe { libc::ioctl(socket.as_raw_fd(), REQUEST, &raw mut request) };
    if status == 0 {
        return Ok(Some(value.data != 0));
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EOPNOTSUPP | libc::EINVAL) => Ok(None),
        _ => Err(error),
    }
}
