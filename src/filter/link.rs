//! Where the headers are, by link type and by what an expression has uncovered; numbers of the link layer.
use super::ir::{op, stmt};
use crate::bpf::RawInsn;
use crate::wire::{Headers, LinkType};

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

/// Where something starts, from the first byte of the packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offset {
    /// The part known now. Arithmetic on it wraps, as it does in the machine.
    pub(super) constant: u32,
    /// The part known only when the program runs.
    pub(super) variable: Variable,
}

/// The part of an offset that the program computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    /// There is none.
    No,
    /// There is one, and nothing has asked for it yet: only what is used is computed.
    Unused,
    /// In this scratch word.
    Register(u8),
}

impl Variable {
    /// The scratch word. What is loaded from an offset was asked for first, so that it has one by then.
    pub(super) fn register(self) -> Option<u8> {
        match self {
            Self::Register(register) => Some(register),
            Self::No | Self::Unused => None,
        }
    }
}

impl Offset {
    const fn at(constant: u32) -> Self {
        Self { constant, variable: Variable::No }
    }

    const fn unused() -> Self {
        Self { constant: 0, variable: Variable::Unused }
    }

    /// Where a header that nobody knows would be.
    const fn nowhere() -> Self {
        Self::at(u32::MAX)
    }
}

/// What an offset in a test counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The packet.
    Packet,
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
    /// The link layer, or the one that an encapsulation has uncovered.
    pub(super) link: LinkType,
    pub(super) headers: Headers,
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

/// The lengths of an 802.2 header, and of one with SNAP.
const LLC: u32 = 3;
const SNAP: u32 = 8;

impl Layout {
    pub(super) fn new(link: LinkType) -> Self {
        let headers = link.headers();
        let mut link_header = Offset::at(0);
        // Type field, payload; from there the network header, with SNAP and without.
        let (link_type, payload, network, after_llc) = match headers {
            Headers::Ethernet { at } => {
                link_header = Offset::at(at.into());
                (Some(12 + u32::from(at)), Offset::at(14 + u32::from(at)), 0, LLC)
            }
            Headers::Addressed { llc: at, .. } | Headers::Llc { at } => {
                (Some(at.into()), Offset::at(at.into()), SNAP, LLC)
            }
            Headers::SunAtm => (Some(4), Offset::at(4), SNAP, LLC),
            Headers::Wireless(radio) => {
                if radio != crate::wire::Radio::None {
                    link_header = Offset::unused();
                }
                (Some(0), Offset::unused(), SNAP, LLC)
            }
            Headers::EtherType { at, payload } => (Some(at.into()), Offset::at(payload.into()), 0, 0),
            Headers::Cooked => (Some(14), Offset::at(16), 0, 0),
            Headers::CiscoHdlc => (Some(2), Offset::at(4), 0, 0),
            Headers::Ppp { at } => (Some(at.into()), Offset::at(2 + u32::from(at)), 0, 0),
            Headers::PppBsdos => (Some(5), Offset::at(24), 0, 0),
            Headers::Family { payload, .. } => (Some(0), Offset::at(payload.into()), 0, 0),
            Headers::Slip { payload } => (None, Offset::at(payload.into()), 0, 0),
            Headers::Ip | Headers::Ipv4 | Headers::Ipv6 => (None, Offset::at(0), 0, 0),
            Headers::LocalTalk | Headers::FrameRelay => (None, Offset::at(0), 0, 0),
            Headers::Arcnet { at } => (Some(at.into()), Offset::at(4 + u32::from(at)), 0, 0),
            Headers::Pflog => (Some(0), Offset::unused(), 0, 0),
            Headers::Ipnet => (Some(1), Offset::at(24), 0, u32::MAX),
            Headers::Juniper(Some((payload, after_llc))) => {
                let payload = u32::from(payload);
                (Some(0), Offset::at(payload), 0, u32::from(after_llc).wrapping_sub(payload))
            }
            Headers::Juniper(None) => (Some(0), Offset::nowhere(), u32::MAX, u32::MAX),
            Headers::Bacnet | Headers::Opaque(_) => (None, Offset::nowhere(), u32::MAX, u32::MAX),
        };
        Self {
            link,
            headers,
            link_header,
            link_type: link_type.map(Offset::at),
            payload,
            network,
            network_after_llc: after_llc,
            mpls_labels: 0,
            vlan_tags: 0,
            in_geneve: false,
            vlan_shift: None,
        }
    }

    /// The name of the link layer for messages.
    pub(super) fn name(&self) -> String {
        self.link.description().map_or_else(|| format!("link type {}", self.link.0), str::to_owned)
    }

    /// The offset that `base` starts at, and what is added to it.
    fn start(&mut self, base: Base) -> (Option<&mut Offset>, u32) {
        match base {
            Base::Packet => (None, 0),
            Base::LinkHeader => (Some(&mut self.link_header), 0),
            Base::LinkType => (self.link_type.as_mut(), 0),
            Base::Llc => (Some(&mut self.payload), 0),
            Base::Network | Base::AfterIpv4 => (Some(&mut self.payload), self.network),
            Base::NetworkAfterLlc => (Some(&mut self.payload), self.network_after_llc),
            Base::AfterIpv6 => (Some(&mut self.payload), self.network.wrapping_add(40)),
        }
    }

    /// The variable part of where `base` starts, to be given a register.
    pub(super) fn variable(&mut self, base: Base) -> Option<&mut Variable> {
        self.start(base).0.map(|offset| &mut offset.variable)
    }

    /// Code that loads a field into A. What is variable in the offset has its register by now.
    pub(super) fn load(&mut self, out: &mut Vec<RawInsn>, base: Base, offset: u32, width: Width) {
        if base == Base::AfterIpv4 {
            self.load_x_after_ipv4(out);
            out.push(stmt(op::LD_W_IND | width as u16, self.network_at().wrapping_add(offset)));
            return;
        }
        let (start, extra) = self.start(base);
        let start = start.map_or(Offset::at(0), |start| *start);
        let k = start.constant.wrapping_add(extra).wrapping_add(offset);
        if let Some(register) = start.variable.register() {
            out.push(stmt(op::LDX_MEM, u32::from(register)));
            out.push(stmt(op::LD_W_IND | width as u16, k));
        } else {
            out.push(stmt(op::LD_W_ABS | width as u16, k));
        }
    }

    /// Code that puts the length of the IPv4 header, and whatever variable comes before it, into X.
    pub(super) fn load_x_after_ipv4(&self, out: &mut Vec<RawInsn>) {
        match self.payload.variable.register() {
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
