//! How a frame says what it carries, by link type.
use super::super::ir::{Test, op};
use super::super::link::{Base, ETHER_MTU, Width, ether};
use super::super::{Error, ErrorKind};
use super::Lower;
use crate::wire::Headers;

impl Lower<'_> {
    /// The frame carries `protocol`: an EtherType, or up to [`ETHER_MTU`] an 802.2 service access point.
    pub(super) fn link_type(&mut self, protocol: u32) -> Result<Test, Error> {
        if self.layout.mpls_labels > 0 {
            return self.mpls_payload(protocol);
        }
        let base = Base::LinkType;
        Ok(match self.layout.headers {
            Headers::Opaque(name) => return Err(self.opaque_link(name)),
            Headers::Ethernet { .. } => self.ethernet_type(protocol),
            Headers::Cooked => self.cooked_type(protocol),
            Headers::Addressed { .. } | Headers::Llc { .. } => self.llc_type(protocol),
            Headers::Wireless(_) => {
                let data = self.is_wireless_data();
                let carried = self.llc_type(protocol);
                self.graph.and(data, carried)
            }
            Headers::SunAtm => {
                let has_llc = self.is_atm_llc();
                let carried = self.llc_type(protocol);
                self.graph.and(has_llc, carried)
            }
            Headers::EtherType { .. } => self.equals(base, 0, Width::Half, protocol),
            Headers::CiscoHdlc if protocol == ether::SAP_ISO => self.equals(base, 0, Width::Half, 0xfefe),
            Headers::CiscoHdlc => self.equals(base, 0, Width::Half, protocol),
            Headers::PppBsdos if protocol == ether::IPV4 => {
                // Plain, and as compressed by Van Jacobson's method: the rest of it, and whole for once.
                let [plain, rest, whole] =
                    [0x21, 0x2d, 0x2f].map(|number| self.equals(base, 0, Width::Half, number));
                let either = self.graph.or(plain, rest);
                self.graph.or(either, whole)
            }
            Headers::Ppp { .. } | Headers::PppBsdos => {
                self.equals(base, 0, Width::Half, ppp_protocol(protocol))
            }
            Headers::Ip | Headers::Slip { .. } => match protocol {
                ether::IPV4 => self.masked(Base::LinkHeader, 0, Width::Byte, 0x40, 0xf0),
                ether::IPV6 => self.masked(Base::LinkHeader, 0, Width::Byte, 0x60, 0xf0),
                _ => self.constant(false),
            },
            Headers::Ipv4 => self.constant(protocol == ether::IPV4),
            Headers::Ipv6 => self.constant(protocol == ether::IPV6),
            Headers::LocalTalk => self.constant(protocol == ether::ATALK),
            Headers::Family { .. } => match protocol {
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
            Headers::Pflog => match protocol {
                ether::IPV4 => self.equals(Base::LinkHeader, 1, Width::Byte, 2),
                ether::IPV6 => self.equals(Base::LinkHeader, 1, Width::Byte, 10),
                _ => self.constant(false),
            },
            Headers::Ipnet => match protocol {
                ether::IPV4 => self.equals(Base::LinkHeader, 1, Width::Byte, 2),
                // Solaris' number.
                ether::IPV6 => self.equals(Base::LinkHeader, 1, Width::Byte, 26),
                _ => self.constant(false),
            },
            Headers::Arcnet { .. } => self.arcnet_type(protocol),
            Headers::FrameRelay => match protocol {
                ether::IPV4 => self.frame_relay(0xcc),
                ether::IPV6 => self.frame_relay(0x8e),
                ether::SAP_ISO => {
                    let [clnp, esis, isis] = [0x81, 0x82, 0x83].map(|number| self.frame_relay(number));
                    let either = self.graph.or(esis, isis);
                    self.graph.or(clnp, either)
                }
                _ => self.constant(false),
            },
            // What these carry cannot be told: libpcap looks whether it is one of them.
            Headers::Juniper(_) => self.masked(Base::LinkHeader, 0, Width::Word, 0x4d47_4300, 0xffff_ff00),
            Headers::Bacnet => self.masked(Base::LinkHeader, 0, Width::Word, 0x55ff_0000, 0xffff_0000),
        })
    }

    /// The refusal of whatever needs headers that nobody has told.
    fn opaque_link(&self, name: Option<&str>) -> Error {
        let own = self.layout.link.description();
        let name = match name.or(own) {
            Some(name) => name.to_owned(),
            None => format!("DLT {}", self.layout.link.0),
        };
        self.error(ErrorKind::LinkType, format!("{name} link-layer type filtering not implemented"))
    }

    /// RFC 2427: unnumbered information, then a network layer protocol identifier.
    pub(super) fn frame_relay(&mut self, protocol: u32) -> Test {
        self.equals(Base::LinkHeader, 2, Width::Half, 0x0300 | protocol)
    }

    fn arcnet_type(&mut self, protocol: u32) -> Test {
        let mut is = |number| self.equals(Base::LinkType, 0, Width::Byte, number);
        // RFC 1201's numbers, and those of RFC 1051 before it.
        let (new, old) = match protocol {
            ether::IPV4 => (is(0xd4), is(0xf0)),
            ether::ARP => (is(0xd5), is(0xf1)),
            ether::IPV6 => return is(0xc4),
            ether::REVARP => return is(0xd6),
            ether::ATALK => return is(0xdd),
            _ => return self.constant(false),
        };
        self.graph.or(new, old)
    }

    /// What an 802.2 header says.
    fn llc_type(&mut self, protocol: u32) -> Test {
        match protocol {
            ether::SAP_ISO | ether::SAP_IP | ether::SAP_NETBEUI => {
                self.equals(Base::Llc, 0, Width::Half, protocol << 8 | protocol)
            }
            ether::ATALK => self.appletalk_snap(protocol),
            0..=ETHER_MTU => self.equals(Base::Llc, 0, Width::Byte, protocol),
            _ => self.equals(Base::Llc, 6, Width::Half, protocol),
        }
    }

    /// ATM carries an 802.2 header.
    pub(super) fn is_atm_llc(&mut self) -> Test {
        self.masked(Base::LinkHeader, 0, Width::Byte, 2, 0x0f)
    }

    fn address_family(&mut self, family: u32) -> Test {
        let family = match self.layout.headers {
            // The machine loads in network byte order what the host stored in its own.
            Headers::Family { host_order: true, .. } if self.settings.swapped => {
                u32::from_be(family.swap_bytes())
            }
            Headers::Family { host_order: true, .. } => u32::from_be(family),
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
