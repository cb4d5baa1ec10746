//! The interfaces that can be captured on, in libpcap's order.
use std::fmt;
use std::path::Path;

use bitflags::bitflags;

use super::log_group;
use crate::error::{Error, ErrorKind, printable};
use crate::sys::ethtool;
use crate::sys::link::Link;
use crate::sys::netlink::Netlink;
use crate::wire::LinkType;

/// The name that stands for all interfaces together.
pub const ANY: &str = "any";

/// An interface that can be captured on. `Display` prints it as `tcpdump -D` does, without the
/// number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name; bytes that aren't UTF-8 are replaced.
    pub name: String,
    /// The kernel's number; 0 for [`ANY`], and one that the kernel gives nobody for netfilter's log.
    pub index: u32,
    /// A description for people, where there is one.
    pub description: Option<&'static str>,
    /// Its state.
    pub flags: InterfaceFlags,
    /// Whether it has a link.
    pub connection: ConnectionStatus,
    /// `ARPHRD_*`: what kind of hardware it is.
    pub hardware: u16,
    label: String,
    pub(super) max_packet: u32,
}

bitflags! {
    /// The state of an interface.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct InterfaceFlags: u8 {
        /// Switched on.
        const UP = 1;
        /// Able to carry packets.
        const RUNNING = 2;
        /// The loopback.
        const LOOPBACK = 4;
        /// Radio.
        const WIRELESS = 8;
    }
}

/// Whether an interface has a link (a plugged cable, an association).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConnectionStatus {
    /// Not known.
    #[default]
    Unknown,
    /// Yes.
    Connected,
    /// No.
    Disconnected,
    /// It is of a kind that has none.
    NotApplicable,
}

impl Interface {
    fn any() -> Self {
        Self {
            name: ANY.into(),
            label: ANY.into(),
            index: 0,
            description: Some("Pseudo-device that captures on all interfaces"),
            flags: InterfaceFlags::UP | InterfaceFlags::RUNNING,
            connection: ConnectionStatus::NotApplicable,
            hardware: libc::ARPHRD_VOID,
            max_packet: 0,
        }
    }

    /// What netfilter logs to the groups that a name means.
    pub(super) fn of_log(name: &str) -> Result<Self, Error> {
        Ok(Self {
            name: name.into(),
            label: printable(name),
            index: log_group::index(&log_group::groups(name)?),
            description: Some("Linux netfilter log (NFLOG) interface"),
            flags: InterfaceFlags::UP | InterfaceFlags::RUNNING,
            connection: ConnectionStatus::NotApplicable,
            hardware: libc::ARPHRD_VOID,
            max_packet: 0,
        })
    }

    fn from_link(link: &Link) -> Self {
        let mut flags = InterfaceFlags::empty();
        flags.set(InterfaceFlags::UP, link.has(libc::IFF_UP));
        flags.set(InterfaceFlags::RUNNING, link.has(libc::IFF_RUNNING));
        flags.set(InterfaceFlags::LOOPBACK, link.has(libc::IFF_LOOPBACK));
        let mut connection = ConnectionStatus::NotApplicable;
        if !flags.contains(InterfaceFlags::LOOPBACK) {
            let sysfs = Path::new("/sys/class/net").join(&link.name);
            let radio = sysfs.join("wireless").exists() || sysfs.join("phy80211").exists();
            flags.set(InterfaceFlags::WIRELESS, radio || is_radio(link.hardware));
            connection = match ethtool::has_link(&link.name) {
                Ok(Some(true)) => ConnectionStatus::Connected,
                Ok(Some(false)) => ConnectionStatus::Disconnected,
                Ok(None) => ConnectionStatus::NotApplicable,
                Err(_) => ConnectionStatus::Unknown,
            };
        }
        let name = link.name.to_string_lossy().into_owned();
        Self {
            label: printable(&name),
            name,
            index: link.index,
            description: None,
            flags,
            connection,
            hardware: link.hardware,
            max_packet: link.max_packet,
        }
    }

    /// The name for messages: what is not printable ASCII is escaped, since whoever may make an
    /// interface may call it almost anything, control characters included.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The link type of a capture on this interface: that of its hardware's headers. Where those are none
    /// that files have a number for, the capture is cooked: [`LinkType::LINUX_SLL`], for [`ANY`]
    /// [`LinkType::LINUX_SLL2`].
    pub fn link_type(&self) -> LinkType {
        match self.index {
            0 => LinkType::LINUX_SLL2,
            index if log_group::is_index(index) => LinkType::NFLOG,
            _ => LinkType::of_hardware(self.hardware).unwrap_or(LinkType::LINUX_SLL),
        }
    }

    /// Whether a capture is cooked because the headers of this hardware are not known, though it may have
    /// some. What has none that could be of use, or other ones with every driver, is not meant.
    pub fn hides_headers(&self) -> bool {
        if self.link_type() == LinkType::NFLOG {
            return false;
        }
        let expected = matches!(self.hardware, libc::ARPHRD_PPP | libc::ARPHRD_VOID | libc::ARPHRD_ATM);
        self.index != 0 && !expected && LinkType::of_hardware(self.hardware).is_none()
    }

    /// libpcap's order: what can carry packets first, then what is up, has a link, is not the
    /// loopback; `any` before the loopback. Within that, by number.
    fn rank(&self) -> u8 {
        let bad = [
            !self.flags.contains(InterfaceFlags::RUNNING),
            !self.flags.contains(InterfaceFlags::UP),
            !self.flags.contains(InterfaceFlags::WIRELESS)
                && self.connection == ConnectionStatus::Disconnected,
            self.flags.contains(InterfaceFlags::LOOPBACK),
            self.index == 0,
        ];
        bad.iter().fold(0, |rank, &bad| rank << 1 | u8::from(bad))
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)?;
        if let Some(description) = self.description {
            write!(f, " ({description})")?;
        }
        if self.flags.is_empty() && self.connection == ConnectionStatus::Unknown {
            return Ok(());
        }
        f.write_str(" [")?;
        let mut before = "";
        for (flag, name) in [
            (InterfaceFlags::UP, "Up"),
            (InterfaceFlags::RUNNING, "Running"),
            (InterfaceFlags::LOOPBACK, "Loopback"),
            (InterfaceFlags::WIRELESS, "Wireless"),
        ] {
            if self.flags.contains(flag) {
                write!(f, "{before}{name}")?;
                before = ", ";
            }
        }
        if before.is_empty() {
            f.write_str("none")?;
        }
        let wireless = self.flags.contains(InterfaceFlags::WIRELESS);
        f.write_str(match (self.connection, wireless) {
            (ConnectionStatus::Unknown, true) => ", Association status unknown",
            (ConnectionStatus::Connected, true) => ", Associated",
            (ConnectionStatus::Disconnected, true) => ", Not associated",
            (ConnectionStatus::Unknown, false) => ", ConnectionStatus status unknown",
            (ConnectionStatus::Connected, false) => ", Connected",
            (ConnectionStatus::Disconnected, false) => ", Disconnected",
            (ConnectionStatus::NotApplicable, _) => "",
        })?;
        f.write_str("]")
    }
}

/// Brings the loopback interface up: it is down in a network namespace just made.
///
/// # Errors
/// The caller lacks `CAP_NET_ADMIN` in this network namespace.
pub fn bring_up_loopback() -> Result<(), Error> {
    crate::sys::loopback::bring_up().map_err(|e| Error::io("lo: bring the interface up", e))
}

/// The names of interfaces by their numbers, as they are now.
///
/// Opened before a process shuts itself in, it goes on answering afterwards: it only reads and
/// writes its socket.
///
/// ```
/// let mut directory = synack::capture::Directory::open()?;
/// assert_eq!(directory.name(1).as_deref(), Some("lo"));
/// assert_eq!(directory.name(u32::MAX), None);
/// # Ok::<(), synack::Error>(())
/// ```
#[derive(Debug)]
pub struct Directory(Netlink);

impl Directory {
    /// Opens it; needs no privilege.
    ///
    /// # Errors
    /// The kernel refuses the socket.
    pub fn open() -> Result<Self, Error> {
        Netlink::new().map(Self).map_err(|e| Error::io("open a route netlink socket", e))
    }

    /// The name of the interface with this number, escaped for messages; `None` when there is
    /// none, or the kernel does not say.
    pub fn name(&mut self, index: u32) -> Option<String> {
        let link = self.0.link(index).ok().flatten()?;
        Some(printable(&link.name.to_string_lossy()))
    }
}

/// Every interface that can be captured on, the best first; needs no privilege.
///
/// # Errors
/// The kernel does not answer.
///
/// ```
/// let list = synack::capture::interfaces()?;
/// assert!(list.iter().any(|interface| interface.name == "any"));
/// # Ok::<(), synack::Error>(())
/// ```
pub fn interfaces() -> Result<Vec<Interface>, Error> {
    let mut netlink = Netlink::new().map_err(|e| Error::io("open a route netlink socket", e))?;
    let links = netlink.links().map_err(|e| Error::io("list the interfaces", e))?;
    Ok(list(&links))
}

/// The interface called `name`, or the one with that number in the list of [`interfaces`], counted
/// from 1; needs no privilege.
///
/// # Errors
/// The kernel does not answer, or there is none: then the message names those there are.
///
/// ```
/// assert_eq!(synack::capture::interface("any")?.name, "any");
/// let error = synack::capture::interface("nosuch0").unwrap_err();
/// assert!(error.to_string().starts_with("nosuch0: No such device exists; there are "));
/// # Ok::<(), synack::Error>(())
/// ```
pub fn interface(name: &str) -> Result<Interface, Error> {
    if log_group::is_meant(name) {
        return Interface::of_log(name);
    }
    let mut netlink = Netlink::new().map_err(|e| Error::io("open a route netlink socket", e))?;
    find(&mut netlink, name)
}

fn list(links: &[Link]) -> Vec<Interface> {
    let mut list: Vec<Interface> = links.iter().map(Interface::from_link).collect();
    let mut any = Interface::any();
    any.max_packet = list.iter().map(|interface| interface.max_packet).max().unwrap_or(0);
    list.push(any);
    list.sort_by_key(Interface::rank);
    list
}

/// The interface called `name`, or the one with that number in the list.
pub(super) fn find(netlink: &mut Netlink, name: &str) -> Result<Interface, Error> {
    // Each is asked more than its link, so of many only the one.
    let links = netlink.links().map_err(|e| Error::io("list the interfaces", e))?;
    if let Some(link) = links.iter().find(|link| link.name == name) {
        return Ok(Interface::from_link(link));
    }
    let mut list = list(&links);
    let number = || name.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let by_name = list.iter().position(|interface| interface.name == name);
    match by_name.or_else(|| number().filter(|&n| n < list.len())) {
        Some(at) => Ok(list.swap_remove(at)),
        None => {
            let names: Vec<&str> = list.iter().map(Interface::label).collect();
            Err(Error::new(
                ErrorKind::NoSuchInterface,
                format!("{}: No such device exists; there are {}", printable(name), names.join(", ")),
            ))
        }
    }
}

/// Hardware that is radio by its type.
fn is_radio(hardware: u16) -> bool {
    /// 6LoWPAN, which libc doesn't list.
    const LOWPAN: u16 = 825;
    /// IEEE 802.15.4 monitor, likewise.
    const IEEE802154_MONITOR: u16 = 805;
    matches!(
        hardware,
        libc::ARPHRD_IRDA
            | libc::ARPHRD_IEEE80211
            | libc::ARPHRD_IEEE80211_PRISM
            | libc::ARPHRD_IEEE80211_RADIOTAP
            | libc::ARPHRD_IEEE802154
            | IEEE802154_MONITOR
            | LOWPAN
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, index: u32, flags: InterfaceFlags, connection: ConnectionStatus) -> Interface {
        Interface {
            name: name.into(),
            label: printable(name),
            index,
            flags,
            connection,
            description: None,
            ..Interface::any()
        }
    }

    #[test]
    fn prints_as_tcpdump_lists() {
        let up = InterfaceFlags::UP | InterfaceFlags::RUNNING;
        let radio = up | InterfaceFlags::WIRELESS;
        let none = InterfaceFlags::empty();
        for (interface, want) in [
            (interface("eth0", 2, up, ConnectionStatus::Connected), "eth0 [Up, Running, Connected]"),
            (interface("ifb0", 3, none, ConnectionStatus::NotApplicable), "ifb0 [none]"),
            (interface("eth1", 4, none, ConnectionStatus::Disconnected), "eth1 [none, Disconnected]"),
            (interface("x", 5, none, ConnectionStatus::Unknown), "x"),
            (
                interface("wlan0", 6, radio, ConnectionStatus::Disconnected),
                "wlan0 [Up, Running, Wireless, Not associated]",
            ),
            (Interface::any(), "any (Pseudo-device that captures on all interfaces) [Up, Running]"),
        ] {
            assert_eq!(interface.to_string(), want);
        }
    }

    #[test]
    fn a_hostile_name_is_escaped_in_every_message() {
        let hostile = "\u{1b}[31m\u{7}é";
        let interface = interface(hostile, 9, InterfaceFlags::UP, ConnectionStatus::Connected);
        assert_eq!(interface.label(), "\\u{1b}[31m\\u{7}\\u{e9}");
        assert_eq!(interface.to_string(), "\\u{1b}[31m\\u{7}\\u{e9} [Up, Connected]");
        let error = find(&mut Netlink::new().expect("netlink"), hostile).expect_err("unknown");
        assert!(error.to_string().starts_with("\\u{1b}[31m"), "{error}");
    }

    #[test]
    fn the_best_come_first() {
        let up = InterfaceFlags::UP | InterfaceFlags::RUNNING;
        let mut list = [
            interface("lo", 1, up | InterfaceFlags::LOOPBACK, ConnectionStatus::NotApplicable),
            interface("down", 2, InterfaceFlags::empty(), ConnectionStatus::NotApplicable),
            interface("unplugged", 3, InterfaceFlags::UP, ConnectionStatus::Disconnected),
            interface("eth0", 4, up, ConnectionStatus::Connected),
            interface("eth1", 5, up, ConnectionStatus::Connected),
            Interface::any(),
        ];
        list.sort_by_key(Interface::rank);
        let names: Vec<&str> = list.iter().map(|interface| interface.name.as_str()).collect();
        assert_eq!(names, ["eth0", "eth1", "any", "lo", "unplugged", "down"]);
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_there() {
        let error = find(&mut Netlink::new().expect("netlink"), "nosuch0").expect_err("unknown");
        assert_eq!(error.kind(), ErrorKind::NoSuchInterface);
        let text = error.to_string();
        assert!(text.starts_with("nosuch0: ") && text.contains("any"), "{text}");
    }

    #[test]
    fn a_number_means_the_place_in_the_list() {
        let mut netlink = Netlink::new().expect("netlink");
        let list = list(&netlink.links().expect("list"));
        assert_eq!(find(&mut netlink, "1").expect("first"), list[0]);
        assert!(find(&mut netlink, "0").is_err());
        assert!(find(&mut netlink, &(list.len() + 1).to_string()).is_err());
    }

    #[test]
    fn hardware_decides_the_link_type() {
        let mut interface = interface("x", 5, InterfaceFlags::empty(), ConnectionStatus::Unknown);
        for (hardware, link, hides) in [
            (libc::ARPHRD_ETHER, LinkType::ETHERNET, false),
            (libc::ARPHRD_LOOPBACK, LinkType::ETHERNET, false),
            (libc::ARPHRD_NONE, LinkType::RAW, false),
            (libc::ARPHRD_PPP, LinkType::LINUX_SLL, false),
            (libc::ARPHRD_CISCO, LinkType(104), false),
            (libc::ARPHRD_FRAD, LinkType(107), false),
            (libc::ARPHRD_CAN, LinkType(227), false),
            (libc::ARPHRD_IEEE802154, LinkType(230), false),
            (824, LinkType::NETLINK, false),
            (826, LinkType(271), false),
            (libc::ARPHRD_IPGRE, LinkType::LINUX_SLL, true),
            (12345, LinkType::LINUX_SLL, true),
        ] {
            interface.hardware = hardware;
            assert_eq!((interface.link_type(), interface.hides_headers()), (link, hides), "{hardware}");
        }
        assert_eq!(Interface::any().link_type(), LinkType::LINUX_SLL2);
        assert!(!Interface::any().hides_headers());
    }
}
