//! Tests of the frame itself: broadcast, multicast, single bytes, direction, interface, 802.2.
use super::super::ir::{Test, op, stmt};
use super::super::link::{Base, Width, ether};
use super::super::{ByteOp, Dir, Error, ErrorKind, LlcKind, Proto};
use super::Lower;
use crate::bpf::Insn;
use crate::wire::{Headers, LinkType};

/// `PACKET_OUTGOING` and `LINUX_SLL_OUTGOING`.
const OUTGOING: u32 = 4;
/// Offsets at which the Linux kernel shows what it knows about a packet (`SKF_AD_*`).
const KERNEL_PACKET_TYPE: u32 = Insn::ANCILLARY + 4;
const KERNEL_INTERFACE: u32 = Insn::ANCILLARY + 8;

/// Token ring, FDDI and ATM, of the link types that always have an 802.2 header: others cannot be asked for it.
const ALL_LLC: [LinkType; 3] = [LinkType(6), LinkType(10), LinkType(100)];
/// The only SLIP that says a direction.
const SLIP: LinkType = LinkType(8);

impl Lower<'_> {
    /// `[proto] broadcast`.
    pub(super) fn broadcast(&mut self, proto: Option<Proto>) -> Result<Test, Error> {
        match proto {
            None | Some(Proto::Link) => {
                if let Headers::Arcnet { .. } = self.layout.headers {
                    return Ok(self.arcnet_broadcast());
                }
                if !self.has_mac_addresses() {
                    return Err(self.no_such_test("broadcast"));
                }
                let there = self.link_header_is_there();
                let test = self.mac_address(Dir::Dst, &[0xff; 6])?;
                Ok(self.graph.and_maybe(there, test))
            }
            Some(Proto::Ip) => {
                let Some(netmask) = self.settings.netmask else {
                    let message = "'ip broadcast' needs the netmask of the network, which is not known";
                    return Err(self.error(ErrorKind::LinkType, message));
                };
                let ipv4 = self.link_type(ether::IPV4)?;
                let host = !u32::from(netmask);
                let zeros = self.masked(Base::Network, 16, Width::Word, 0, host);
                let ones = self.masked(Base::Network, 16, Width::Word, host, host);
                let either = self.graph.or(zeros, ones);
                Ok(self.graph.and(ipv4, either))
            }
            Some(proto) => Err(self.not_a_destination(proto, "broadcast")),
        }
    }

    /// `[proto] multicast`.
    pub(super) fn multicast(&mut self, proto: Option<Proto>) -> Result<Test, Error> {
        match proto {
            None | Some(Proto::Link) => {
                if let Headers::Arcnet { .. } = self.layout.headers {
                    // All multicasts have that address too.
                    return Ok(self.arcnet_broadcast());
                }
                if !self.has_mac_addresses() {
                    return Err(self.no_such_test("multicast"));
                }
                let there = self.link_header_is_there();
                let group =
                    |lower: &mut Self, at| lower.compare(op::JSET_K, Base::LinkHeader, at, Width::Byte, 1);
                let test = match self.mac_offsets() {
                    Some((at, _)) => group(self, at),
                    None => self.wireless_address(true, group),
                };
                Ok(self.graph.and_maybe(there, test))
            }
            Some(Proto::Ip) => {
                let ipv4 = self.link_type(ether::IPV4)?;
                let class_d = self.compare(op::JGE_K, Base::Network, 16, Width::Byte, 224);
                Ok(self.graph.and(ipv4, class_d))
            }
            Some(Proto::Ip6) => {
                let ipv6 = self.link_type(ether::IPV6)?;
                let multicast = self.equals(Base::Network, 24, Width::Byte, 255);
                Ok(self.graph.and(ipv6, multicast))
            }
            Some(proto) => Err(self.not_a_destination(proto, "multicast")),
        }
    }

    fn arcnet_broadcast(&mut self) -> Test {
        self.equals(Base::LinkHeader, 1, Width::Byte, 0)
    }

    fn not_a_destination(&self, proto: Proto, what: &str) -> Error {
        self.error(ErrorKind::Qualifier, format!("'{proto}' cannot qualify '{what}'"))
    }

    /// `byte index op value`.
    pub(super) fn byte(&mut self, index: u32, operator: ByteOp, value: u32) -> Test {
        let code = match operator {
            ByteOp::Eq => return self.equals(Base::LinkHeader, index, Width::Byte, value),
            ByteOp::Lt => {
                return self.compare(op::JGE_K, Base::LinkHeader, index, Width::Byte, value).negate();
            }
            ByteOp::Gt => return self.compare(op::JGT_K, Base::LinkHeader, index, Width::Byte, value),
            ByteOp::And => op::AND_K,
            ByteOp::Or => op::OR_K,
        };
        // libpcap 1.10.3 forgets to load the byte: whatever A holds is combined with the value.
        let start = self.graph.stmts.len();
        self.graph.stmts.push(stmt(code, value));
        self.graph.test(start, op::JEQ_K, 0).negate()
    }

    /// `inbound`, `outbound`.
    pub(super) fn direction(&mut self, out: bool) -> Result<Test, Error> {
        let base = Base::LinkHeader;
        // Where the header says one thing of two, the test for the other is the opposite.
        let outgoing = match self.layout.headers {
            Headers::Cooked => self.equals(base, 0, Width::Half, OUTGOING),
            _ if self.layout.link == LinkType::LINUX_SLL2 => self.equals(base, 10, Width::Byte, OUTGOING),
            _ if self.layout.link == SLIP => self.equals(base, 0, Width::Byte, 0).negate(),
            _ if self.layout.link == LinkType::PPP_PPPD => {
                return Ok(self.equals(base, 0, Width::Byte, u32::from(out)));
            }
            Headers::Ipnet => return Ok(self.equals(base, 2, Width::Half, if out { 1 } else { 2 })),
            Headers::Pflog => return Ok(self.equals(base, 60, Width::Byte, if out { 2 } else { 1 })),
            Headers::Juniper(_) => return Ok(self.masked(base, 3, Width::Byte, u32::from(!out), 1)),
            _ if self.settings.live => self.equals(base, KERNEL_PACKET_TYPE, Width::Half, OUTGOING),
            _ => return Err(self.not_in_a_file("direction")),
        };
        Ok(if out { outgoing } else { outgoing.negate() })
    }

    /// `ifindex n`.
    pub(super) fn interface(&mut self, number: u32) -> Result<Test, Error> {
        match self.layout.link {
            LinkType::LINUX_SLL2 => Ok(self.equals(Base::LinkHeader, 4, Width::Word, number)),
            _ if self.settings.live => {
                Ok(self.equals(Base::LinkHeader, KERNEL_INTERFACE, Width::Word, number))
            }
            _ => Err(self.not_in_a_file("interface number")),
        }
    }

    fn not_in_a_file(&self, what: &str) -> Error {
        let link = self.layout.name();
        let message = format!("a file of {link} packets does not say the {what} of a packet");
        self.error(ErrorKind::LinkType, message)
    }

    /// `llc [type]`.
    pub(super) fn llc(&mut self, kind: LlcKind) -> Result<Test, Error> {
        let is_llc = match self.layout.headers {
            Headers::Ethernet { at: 0 } => {
                let has_length = self.has_length_field();
                // ffff is an IPX packet that has no 802.2 header.
                let not_bare = self.equals(Base::Llc, 0, Width::Half, 0xffff).negate();
                self.graph.and(has_length, not_bare)
            }
            // They have nothing else.
            _ if ALL_LLC.contains(&self.layout.link) => self.constant(true),
            Headers::SunAtm => self.is_atm_llc(),
            Headers::Wireless(_) => self.is_wireless_data(),
            _ => return Err(self.no_such_test("802.2 header")),
        };
        let (value, mask) = match kind {
            LlcKind::Any => return Ok(is_llc),
            LlcKind::I => {
                let information = self.compare(op::JSET_K, Base::Llc, 2, Width::Byte, 1).negate();
                return Ok(self.graph.and(is_llc, information));
            }
            LlcKind::S => (0x01, 0x03),
            LlcKind::U => (0x03, 0x03),
            LlcKind::Rr => (0x01, 0x0f),
            LlcKind::Rnr => (0x05, 0x0f),
            LlcKind::Rej => (0x09, 0x0f),
            LlcKind::Ui => (0x03, 0xef),
            LlcKind::Ua => (0x63, 0xef),
            LlcKind::Disc => (0x43, 0xef),
            LlcKind::Dm => (0x0f, 0xef),
            LlcKind::Sabme => (0x6f, 0xef),
            LlcKind::Test => (0xe3, 0xef),
            LlcKind::Xid => (0xaf, 0xef),
            LlcKind::Frmr => (0x87, 0xef),
        };
        let control = self.masked(Base::Llc, 2, Width::Byte, value, mask);
        Ok(self.graph.and(is_llc, control))
    }
}
