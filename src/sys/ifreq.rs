//! What the kernel tells of interfaces one by one (`netdevice(7)`), where there is no netlink: in
//! sandboxes that know the address families of old only.
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use socket2::{Domain, Socket, Type};

use super::link::Link;

/// Interfaces are looked for by their numbers up to this; by name those that `/sys` has.
const MOST: libc::c_int = 256;

/// Every interface that is found, in the order of their numbers.
pub(crate) fn links() -> io::Result<Vec<Link>> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    let mut found = BTreeMap::new();
    for index in 1..=MOST {
        let mut request = empty();
        request.ifr_ifru.ifru_ifindex = index;
        if ask(&socket, libc::SIOCGIFNAME as libc::Ioctl, &mut request).is_ok()
            && let Some(link) = link(&socket, &name_of(&request))
        {
            found.insert(link.index, link);
        }
    }
    for entry in std::fs::read_dir("/sys/class/net").into_iter().flatten().flatten() {
        if let Some(link) = link(&socket, &entry.file_name()) {
            found.insert(link.index, link);
        }
    }
    Ok(found.into_values().collect())
}

/// One interface; `None` when there is none of that name.
fn link(socket: &Socket, name: &OsStr) -> Option<Link> {
    let mut request = named(name)?;
    ask(socket, libc::SIOCGIFINDEX as libc::Ioctl, &mut request).ok()?;
    // SAFETY: SIOCGIFINDEX has filled in the number.
    let index = unsafe { request.ifr_ifru.ifru_ifindex };
    let mut request = named(name)?;
    ask(socket, libc::SIOCGIFFLAGS as libc::Ioctl, &mut request).ok()?;
    // SAFETY: SIOCGIFFLAGS has filled in the flags.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    let mut request = named(name)?;
    ask(socket, libc::SIOCGIFHWADDR as libc::Ioctl, &mut request).ok()?;
    // SAFETY: SIOCGIFHWADDR has filled in an address, whose family is the kind of hardware.
    let hardware = unsafe { request.ifr_ifru.ifru_hwaddr.sa_family };
    let mut request = named(name)?;
    let known = ask(socket, libc::SIOCGIFMTU as libc::Ioctl, &mut request).is_ok();
    // SAFETY: SIOCGIFMTU has filled in the size; if it failed, what is there is an integer all the same.
    let mtu = unsafe { request.ifr_ifru.ifru_mtu };
    Some(Link {
        index: u32::try_from(index).ok()?,
        name: name.to_owned(),
        hardware,
        flags: u32::from(flags.cast_unsigned()),
        // More may be merged than goes over the wire; how much more is not told here.
        max_packet: if known { u32::try_from(mtu).unwrap_or(0).max(65_536) } else { 65_536 },
        lost: 0,
    })
}

fn empty() -> libc::ifreq {
    // SAFETY: all-zero bytes are a valid `ifreq`: integers, and a null pointer in the union.
    unsafe { std::mem::zeroed::<libc::ifreq>() }
}

/// A request about the interface of this name; `None` when the name is too long for one.
fn named(name: &OsStr) -> Option<libc::ifreq> {
    let mut request = empty();
    if name.len() >= request.ifr_name.len() {
        return None;
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name.as_bytes()) {
        *to = from.cast_signed();
    }
    Some(request)
}

fn name_of(request: &libc::ifreq) -> OsString {
    let bytes = request.ifr_name.iter().take_while(|byte| **byte != 0).map(|byte| byte.cast_unsigned());
    OsString::from_vec(bytes.collect())
}

fn ask(socket: &Socket, what: libc::Ioctl, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: all of these calls read and write no more than one `ifreq`, which outlives them.
    let status = unsafe { libc::ioctl(socket.as_raw_fd(), what, std::ptr::from_mut(request)) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::super::netlink::Netlink;
    use super::*;

    #[test]
    fn tells_what_netlink_tells() {
        let key = |link: &Link| {
            // Of the flags what 16 bits hold.
            (link.index, link.name.clone(), link.hardware, link.flags & 0xffff)
        };
        let theirs = Netlink::new().expect("netlink").links().expect("links");
        let ours = links().expect("links");
        // Tests beside may make and remove interfaces meanwhile; the loopback stays.
        let lo = |links: &[Link]| links.iter().find(|link| link.name == "lo").map(key);
        assert!(lo(&ours).is_some());
        assert_eq!(lo(&ours), lo(&theirs));
    }

    #[test]
    fn names_that_are_too_long_are_none() {
        assert!(named(OsStr::new("a-name-of-16-chr")).is_none());
        assert!(named(OsStr::new("a-name-of-15-ch")).is_some());
    }
}
