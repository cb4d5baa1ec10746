//! What differs by link type: where the headers start, and how a frame says what it carries.
use super::ir::{Test, op, stmt};
use super::lower::Lower;
use super::{Error, ErrorKind};
use crate::bpf::RawInsn;
use crate::wire::LinkType;

/// Frames whose type field is at most this hold a length there, and an 802.2 header after it.
pub(super) const ETHER_MTU: u32 = 1500;

/// Protocol numbers of the link layer: EtherTypes, and 802.2 service access points (at most 0xff).
pub(super) mod ether {
    pub(crate) const IPV4: u32 = 0x0800;
    pub(crate) const ARP: u32 = 0x0806;
    pub(crate) const REVARP: u32 = 0x8035;
    pub(crate) const IPV6: u32 = 0x86dd;
    pub(crate) const NS: u32 = 0x0600;
    pub(crate) const MOPDL: u32 = 0x6001;
    pub(crate) const MOPRC: u32 = 0x6002;
    pub(crate) const DECNET: u32 = 0x6003;
    pub(crate) const LAT: u32 = 0x6004;
    pub(crate) const SCA: u32 = 0x6007;
    pub(crate) const BRIDGING: u32 = 0x6558;
    pub(crate) const ATALK: u32 = 0x809b;
    pub(crate) const AARP: u32 = 0x80f3;
    pub(crate) const VLAN: u32 = 0x8100;
    pub(crate) const IPX: u32 = 0x8137;
    pub(crate) const MPLS: u32 = 0x8847;
    pub(crate) const PPPOE_DISCOVERY: u32 = 0x8863;
    pub(crate) const PPPOE_SESSION: u32 = 0x8864;
    pub(crate) const QINQ: u32 = 0x88a8;
    pub(crate) const LOOPBACK: u32 = 0x9000;
    pub(crate) const VLAN_9100: u32 = 0x9100;

    pub(crate) const SAP_IP: u32 = 0x06;
    pub(crate) const SAP_STP: u32 = 0x42;
    pub(crate) const SAP_SNAP: u32 = 0xaa;
    pub(crate) const SAP_IPX: u32 = 0xe0;
    pub(crate) const SAP_NETBEUI: u32 = 0xf0;
    pub(crate) const SAP_ISO: u32 = 0xfe;
}

/// The PPP protocol number of an MPLS unicast packet.
pub(super) const PPP_MPLS: u32 = 0x0281;

/// The header that packets start with, or that an encapsulation has uncovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Ethernet,
    /// IPv4 or IPv6, told apart by the first nibble.
    Raw,
    Ipv4,
    Ipv6,
    /// An address family in the byte order of the host that captured.
    Null,
    /// An address family in network byte order.
    Loop,
    Sll,
    Sll2,
    /// Only inside PPPoE: the header is a two-byte protocol number.
    Ppp,
}

/// Whether libpcap has heard of a link type: of others it compiles nothing, not even the empty
/// expression.
pub(super) fn is_assigned(link: LinkType) -> bool {
    matches!(link.0, 0 | 1 | 6..=10 | 12 | 50 | 51 | 99 | 100..=103 | 104..=289)
}

impl Link {
    /// The link types this crate compiles filters for.
    pub(super) fn of(link: LinkType) -> Option<Self> {
        Some(match link {
            LinkType::ETHERNET => Self::Ethernet,
            LinkType::DLT_RAW | LinkType::RAW => Self::Raw,
            LinkType::IPV4 => Self::Ipv4,
            LinkType::IPV6 => Self::Ipv6,
            LinkType::NULL => Self::Null,
            LinkType::LOOP => Self::Loop,
            LinkType::LINUX_SLL => Self::Sll,
            LinkType::LINUX_SLL2 => Self::Sll2,
            _ => return None,
        })
    }

    /// The name for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet",
            Self::Raw => "raw IP",
            Self::Ipv4 => "raw IPv4",
            Self::Ipv6 => "raw IPv6",
            Self::Null => "BSD loopback",
            Self::Loop => "OpenBSD loopback",
            Self::Sll => "Linux cooked v1",
            Self::Sll2 => "Linux cooked v2",
            Self::Ppp => "PPP",
        }
    }
}

/// Where something starts, from the first byte of the packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offset {
    /// The part known now. Arithmetic on it wraps, as it does in the machine.
    pub(super) constant: u32,
    /// The scratch word that holds the part known only when the program runs.
    pub(super) variable: Option<u8>,
}

impl Offset {
    const fn at(constant: u32) -> Self {
        Self { constant, variable: None }
    }
}

/// What an offset in a test counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The link-layer header.
    LinkHeader,
    /// The field that says what the frame carries.
    LinkType,
    /// The 802.2 header.
    Llc,
    /// The network header.
    Network,
    /// The network header of an 802.3 frame without SNAP.
    NetworkAfterLlc,
    /// The transport header after an IPv4 header with options.
    AfterIpv4,
    /// The transport header right after an IPv6 header.
    AfterIpv6,
}

/// How many bytes a load reads; the numbers are the opcode's size bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Word = 0x00,
    Half = 0x08,
    Byte = 0x10,
}

/// Where the headers are. `vlan`, `mpls`, `pppoes` and `geneve` change it for what follows in the text.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) link: Link,
    pub(super) link_header: Offset,
    /// Where the frame says what it carries; `None` where it does not, and IP is assumed.
    pub(super) link_type: Option<Offset>,
    pub(super) payload: Offset,
    /// From `payload` to the network header.
    pub(super) network: u32,
    /// The same in an 802.3 frame without SNAP.
    pub(super) network_after_llc: u32,
    pub(super) mpls_labels: u32,
    pub(super) vlan_tags: u32,
    /// The link header is one that Geneve carries: it may turn out not to be there.
    pub(super) in_geneve: bool,
    /// A stripped VLAN tag was tested for: two scratch words say by how much what follows is shifted.
    pub(super) vlan_shift: Option<[u8; 2]>,
}

impl Layout {
    pub(super) fn new(link: Link) -> Self {
        let (link_type, payload, after_llc) = match link {
            Link::Ethernet => (Some(12), 14, 3),
            Link::Raw | Link::Ipv4 | Link::Ipv6 | Link::Ppp => (None, 0, 0),
            Link::Null | Link::Loop => (Some(0), 4, 0),
            Link::Sll => (Some(14), 16, 0),
            Link::Sll2 => (Some(0), 20, 0),
        };
        Self {
            link,
            link_header: Offset::at(0),
            link_type: link_type.map(Offset::at),
            payload: Offset::at(payload),
            network: 0,
            network_after_llc: after_llc,
            mpls_labels: 0,
            vlan_tags: 0,
            in_geneve: false,
            vlan_shift: None,
        }
    }

    /// Code that loads a field into A.
    pub(super) fn load(&self, out: &mut Vec<RawInsn>, base: Base, offset: u32, width: Width) {
        let (start, extra) = match base {
            Base::LinkHeader => (self.link_header, 0),
            Base::LinkType => (self.link_type.unwrap_or(Offset::at(u32::MAX)), 0),
            Base::Llc => (self.payload, 0),
            Base::Network => (self.payload, self.network),
            Base::NetworkAfterLlc => (self.payload, self.network_after_llc),
            Base::AfterIpv6 => (self.payload, self.network.wrapping_add(40)),
            Base::AfterIpv4 => {
                self.load_x_after_ipv4(out);
                out.push(stmt(op::LD_W_IND | width as u16, self.network_at().wrapping_add(offset)));
                return;
            }
        };
        let k = start.constant.wrapping_add(extra).wrapping_add(offset);
        if let Some(register) = start.variable {
            out.push(stmt(op::LDX_MEM, u32::from(register)));
            out.push(stmt(op::LD_W_IND | width as u16, k));
        } else {
            out.push(stmt(op::LD_W_ABS | width as u16, k));
        }
    }

    /// Code that puts the length of the IPv4 header, and whatever variable comes before it, into X.
    pub(super) fn load_x_after_ipv4(&self, out: &mut Vec<RawInsn>) {
        match self.payload.variable {
            None => out.push(stmt(op::LDX_MSH, self.network_at())),
            // LDX_MSH takes no variable offset, so the header length is computed by hand.
            Some(register) => out.extend([
                stmt(op::LDX_MEM, u32::from(register)),
                stmt(op::LD_B_IND, self.network_at()),
                stmt(op::AND_K, 0xf),
                stmt(op::LSH_K, 2),
                stmt(op::ADD_X, 0),
                stmt(op::TAX, 0),
            ]),
        }
    }

    /// The constant part of where the network header starts.
    pub(super) fn network_at(&self) -> u32 {
        self.payload.constant.wrapping_add(self.network)
    }
}

impl Lower<'_> {
    /// The frame carries `protocol`: an EtherType, or up to [`ETHER_MTU`] an 802.2 service access point.
    pub(super) fn link_type(&mut self, protocol: u32) -> Result<Test, Error> {
        if self.layout.mpls_labels > 0 {
            return self.mpls_payload(protocol);
        }
        Ok(match self.layout.link {
            Link::Ethernet => self.ethernet_type(protocol),
            Link::Sll => self.cooked_type(protocol),
            Link::Sll2 => self.equals(Base::LinkType, 0, Width::Half, protocol),
            Link::Ppp => self.equals(Base::LinkType, 0, Width::Half, ppp_protocol(protocol)),
            Link::Raw => match protocol {
                ether::IPV4 => self.masked(Base::LinkHeader, 0, Width::Byte, 0x40, 0xf0),
                ether::IPV6 => self.masked(Base::LinkHeader, 0, Width::Byte, 0x60, 0xf0),
                _ => self.constant(false),
            },
            Link::Ipv4 => self.constant(protocol == ether::IPV4),
            Link::Ipv6 => self.constant(protocol == ether::IPV6),
            Link::Null | Link::Loop => match protocol {
                ether::IPV4 => self.address_family(2),
                // Linux numbers IPv6 10; in a file the capturing system may have been any BSD.
                ether::IPV6 if self.settings.live => self.address_family(10),
                ether::IPV6 => {
                    let [bsd, freebsd, darwin] = [24, 28, 30].map(|family| self.address_family(family));
                    let either = self.graph.or(bsd, freebsd);
                    self.graph.or(darwin, either)
                }
                _ => self.constant(false),
            },
        })
    }

    fn address_family(&mut self, family: u32) -> Test {
        let family = match self.layout.link {
            // The machine loads in network byte order what the host stored in its own.
            Link::Null if self.settings.swapped => u32::from_be(family.swap_bytes()),
            Link::Null => u32::from_be(family),
            _ => family,
        };
        self.equals(Base::LinkHeader, 0, Width::Word, family)
    }

    fn ethernet_type(&mut self, protocol: u32) -> Test {
        match protocol {
            ether::SAP_ISO | ether::SAP_IP | ether::SAP_NETBEUI => {
                let has_llc = self.has_length_field();
                let both_saps = self.equals(Base::Llc, 0, Width::Half, protocol << 8 | protocol);
                self.graph.and(has_llc, both_saps)
            }
            ether::SAP_IPX => {
                // Four ways to carry IPX: 802.2, bare 802.3 (starts with ffff), SNAP, Ethernet II.
                let sap = self.equals(Base::Llc, 0, Width::Byte, ether::SAP_IPX);
                let bare = self.equals(Base::Llc, 0, Width::Half, 0xffff);
                let either = self.graph.or(sap, bare);
                let snap = self.snap(0, ether::IPX);
                let any = self.graph.or(snap, either);
                let has_llc = self.has_length_field();
                let within = self.graph.and(has_llc, any);
                let ethernet = self.equals(Base::LinkType, 0, Width::Half, ether::IPX);
                self.graph.or(ethernet, within)
            }
            ether::ATALK | ether::AARP => {
                let has_llc = self.has_length_field();
                let snap = self.appletalk_snap(protocol);
                let within = self.graph.and(has_llc, snap);
                let ethernet = self.equals(Base::LinkType, 0, Width::Half, protocol);
                self.graph.or(ethernet, within)
            }
            0..=ETHER_MTU => {
                let has_llc = self.has_length_field();
                let sap = self.equals(Base::LinkType, 2, Width::Byte, protocol);
                self.graph.and(has_llc, sap)
            }
            _ => self.equals(Base::LinkType, 0, Width::Half, protocol),
        }
    }

    fn cooked_type(&mut self, protocol: u32) -> Test {
        /// Linux's own numbers for a raw 802.3 frame and for an 802.2 header.
        const P_802_3: u32 = 1;
        const P_802_2: u32 = 4;
        match protocol {
            ether::SAP_ISO | ether::SAP_IP | ether::SAP_NETBEUI => {
                let has_llc = self.equals(Base::LinkType, 0, Width::Half, P_802_2);
                let both_saps = self.equals(Base::Llc, 0, Width::Half, protocol << 8 | protocol);
                self.graph.and(has_llc, both_saps)
            }
            ether::SAP_IPX => {
                let sap = self.equals(Base::Llc, 0, Width::Byte, ether::SAP_IPX);
                let snap = self.snap(0, ether::IPX);
                let either = self.graph.or(sap, snap);
                let has_llc = self.equals(Base::LinkType, 0, Width::Half, P_802_2);
                let within = self.graph.and(has_llc, either);
                let bare = self.equals(Base::LinkType, 0, Width::Half, P_802_3);
                let any = self.graph.or(bare, within);
                let ethernet = self.equals(Base::LinkType, 0, Width::Half, ether::IPX);
                self.graph.or(ethernet, any)
            }
            ether::ATALK | ether::AARP => {
                let has_llc = self.equals(Base::LinkType, 0, Width::Half, P_802_2);
                let snap = self.appletalk_snap(protocol);
                let within = self.graph.and(has_llc, snap);
                let ethernet = self.equals(Base::LinkType, 0, Width::Half, protocol);
                self.graph.or(ethernet, within)
            }
            0..=ETHER_MTU => {
                let has_llc = self.equals(Base::LinkType, 0, Width::Half, P_802_2);
                let sap_at = self.layout.payload.constant;
                let sap = self.equals(Base::LinkHeader, sap_at, Width::Byte, protocol);
                self.graph.and(has_llc, sap)
            }
            _ => self.equals(Base::LinkType, 0, Width::Half, protocol),
        }
    }

    /// The type field is a length: the frame is 802.3.
    pub(super) fn has_length_field(&mut self) -> Test {
        self.compare(op::JGT_K, Base::LinkType, 0, Width::Half, ETHER_MTU).negate()
    }

    fn appletalk_snap(&mut self, protocol: u32) -> Test {
        let organisation = if protocol == ether::ATALK { 0x08_0007 } else { 0 };
        self.snap(organisation, protocol)
    }

    /// An 802.2 header with SNAP: this organisation's protocol.
    fn snap(&mut self, organisation: u32, protocol: u32) -> Test {
        let [_, o1, o2, o3] = organisation.to_be_bytes();
        let [.., p1, p2] = protocol.to_be_bytes();
        let sap = ether::SAP_SNAP as u8;
        self.bytes(Base::Llc, 0, &[sap, sap, 0x03, o1, o2, o3, p1, p2])
    }

    /// After the last MPLS label: nothing says what follows but the first nibble.
    fn mpls_payload(&mut self, protocol: u32) -> Result<Test, Error> {
        let version = match protocol {
            ether::IPV4 => 0x40,
            ether::IPV6 => 0x60,
            _ => {
                return Err(
                    self.error(ErrorKind::LinkType, "after mpls only IPv4 and IPv6 can be tested for")
                );
            }
        };
        let bottom = self.masked(Base::Network, 0_u32.wrapping_sub(2), Width::Byte, 1, 1);
        let nibble = self.masked(Base::Network, 0, Width::Byte, version, 0xf0);
        Ok(self.graph.and(bottom, nibble))
    }
}

/// The number that PPP has for what Ethernet calls `protocol`; others stay as they are.
fn ppp_protocol(protocol: u32) -> u32 {
    match protocol {
        ether::IPV4 => 0x21,
        ether::IPV6 => 0x57,
        ether::DECNET => 0x27,
        ether::ATALK => 0x29,
        ether::NS => 0x25,
        ether::SAP_ISO => 0x23,
        ether::SAP_STP => 0x31,
        ether::SAP_IPX => 0x2b,
        other => other,
    }
}
