//! Sends frames as they are: for tests that play the network.
use super::netlink::Netlink;
use super::socket::PacketSocket;
use crate::error::{Error, ErrorKind};

/// A packet socket that only sends. Needs `CAP_NET_RAW`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Injector {
    socket: PacketSocket,
    interface: String,
    index: u32,
}

impl Injector {
    /// Will send by the interface of this name.
    ///
    /// # Errors
    /// No such interface, or no privilege.
    pub fn open(interface: &str) -> Result<Self, Error> {
        let fail = |e| Error::io(format!("{interface}: open to send"), e);
        let links = Netlink::new().and_then(|mut netlink| netlink.links()).map_err(fail)?;
        let Some(link) = links.iter().find(|link| link.name == interface) else {
            return Err(Error::new(ErrorKind::NoSuchInterface, interface));
        };
        let socket = PacketSocket::new(false).map_err(fail)?;
        Ok(Self { socket, interface: interface.into(), index: link.index })
    }

    /// Sends one frame, link header included.
    ///
    /// # Errors
    /// The kernel refuses it: too long, interface down, no room.
    pub fn send(&self, frame: &[u8]) -> Result<(), Error> {
        let sent = self.socket.send(self.index, frame);
        sent.map_err(|e| Error::io(format!("{}: send", self.interface), e))
    }
}
