//! The one table of link types: number, names, what starts a packet, who prints it, which hardware has it.
//!
//! Banner and `-y`, the printers' and the filter's dispatch, capture files and live interfaces all read here.
// tidy: a table
use core::fmt;
use core::str::FromStr;

/// A link-layer header type (`DLT_*`/`LINKTYPE_*`), see <https://www.tcpdump.org/linktypes.html>.
///
/// ```
/// use synack::LinkType;
/// let link: LinkType = "dlt_en10mb".parse()?;
/// assert_eq!((link, link.name(), link.description()), (LinkType::ETHERNET, Some("EN10MB"), Some("Ethernet")));
/// assert_eq!(LinkType::DLT_RAW.in_files(), LinkType::RAW);
/// assert_eq!(LinkType(253).to_string(), "NETLINK (Linux netlink)");
/// assert_eq!(LinkType(160).to_string(), "160");
/// # Ok::<(), synack::wire::UnknownLinkType>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: a four-byte address family in host byte order.
    pub const NULL: Self = Self(0);
    /// Ethernet (`DLT_EN10MB`).
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without an HDLC-like address before it.
    pub const PPP: Self = Self(9);
    /// Raw IP as live captures number it (`DLT_RAW` on Linux); files use [`LinkType::RAW`].
    pub const DLT_RAW: Self = Self(12);
    /// PPP over serial with HDLC framing (RFC 1662).
    pub const PPP_SERIAL: Self = Self(50);
    /// PPP over Ethernet, from the PPPoE header on (RFC 2516).
    pub const PPP_ETHER: Self = Self(51);
    /// Raw IPv4 or IPv6, told apart by the first nibble.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: a four-byte address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// IrDA, with the header of [`LinkType::LINUX_SLL`] before it.
    pub const LINUX_IRDA: Self = Self(144);
    /// PPP as pppd sees it, with a direction before it.
    pub const PPP_PPPD: Self = Self(166);
    /// ISDN's D channel, with the header of [`LinkType::LINUX_SLL`] before it.
    pub const LINUX_LAPD: Self = Self(177);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// What netfilter logs of a packet, and the packet.
    pub const NFLOG: Self = Self(239);
    /// Linux netlink, with the header of [`LinkType::LINUX_SLL`] before it.
    pub const NETLINK: Self = Self(253);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);

    /// Every type that has a name, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| Self(row.number))
    }

    /// The number that files have for it: that of some types is another where packets are captured.
    pub const fn in_files(self) -> Self {
        Self(match self.0 {
            11 => 100,
            12 => 101,
            15 => 102,
            16 => 103,
            19 => 106,
            other => other,
        })
    }

    /// libpcap's short name: `EN10MB`.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|row| row.name)
    }

    /// What it is, in a few words, as tcpdump's `-L` lists it: `Ethernet`.
    pub fn description(self) -> Option<&'static str> {
        self.row().map(|row| row.description)
    }

    /// Whether there is a printer for it; without, the packet is dumped as bytes.
    pub fn is_printed(self) -> bool {
        self.row().is_some_and(|row| row.printed)
    }

    /// Whether filters can ask for more than bytes and lengths.
    pub fn is_filtered(self) -> bool {
        !matches!(self.headers(), Headers::Opaque(_))
    }

    /// Whether libpcap has heard of it: of others it compiles nothing, not even the empty expression.
    pub(crate) fn is_assigned(self) -> bool {
        matches!(self.0, 0 | 1 | 6..=10 | 12 | 50 | 51 | 99 | 100..=103 | 104..=289)
    }

    /// What packets of an interface start with by its hardware (`ARPHRD_*` of `linux/if_arp.h`); `None` where
    /// the headers are nothing that files have a number for, and the kernel's cooked ones are captured.
    pub fn of_hardware(arphrd: u16) -> Option<Self> {
        TABLE.iter().find(|row| row.hardware.contains(&arphrd)).map(|row| Self(row.number))
    }

    /// What a filter knows of the headers.
    pub(crate) fn headers(self) -> Headers {
        match (self.row(), self.0) {
            (Some(row), _) => row.headers,
            // NetBSD's number for what others call C_HDLC; it has no name of its own.
            (None, 112) => Headers::CiscoHdlc,
            (None, _) => Headers::Opaque(None),
        }
    }

    fn row(self) -> Option<&'static Row> {
        let at = TABLE.binary_search_by_key(&self.in_files().0, |row| row.number).ok()?;
        TABLE.get(at)
    }
}

/// As tcpdump's banner names it: `EN10MB (Ethernet)`, or the number in files.
impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some(row) => write!(f, "{} ({})", row.name, row.description),
            None => write!(f, "{}", self.in_files().0),
        }
    }
}

impl fmt::Debug for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "LinkType({})", self.0),
        }
    }
}

/// There is no link type of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownLinkType;

impl fmt::Display for UnknownLinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown link type")
    }
}

impl core::error::Error for UnknownLinkType {}

/// By its name; upper and lower case are alike, and `DLT_` may stand before it.
impl FromStr for LinkType {
    type Err = UnknownLinkType;

    fn from_str(name: &str) -> Result<Self, UnknownLinkType> {
        let bare = match name.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("DLT_") => name.get(4..).unwrap_or_default(),
            _ => name,
        };
        let row = TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(bare));
        row.map(|row| Self(row.number)).ok_or(UnknownLinkType)
    }
}

/// What a filter needs to know of the headers that a packet starts with. Numbers are offsets in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    /// Nothing: only bytes and lengths can be asked for. The name is libpcap's, where it is not the description.
    Opaque(Option<&'static str>),
    /// Ethernet at `at`.
    Ethernet { at: u8 },
    /// MAC addresses, then an 802.2 header.
    Addressed { dst: u8, src: u8, llc: u8 },
    /// An 802.2 header at `at`.
    Llc { at: u8 },
    /// 802.11, after what the radio says.
    Wireless(Radio),
    /// ATM as Sun captures it: an 802.2 header if a nibble of the first byte says so.
    SunAtm,
    /// An EtherType at `at`.
    EtherType { at: u8, payload: u8 },
    /// [`LinkType::LINUX_SLL`]: an EtherType, or one of Linux's own numbers.
    Cooked,
    /// HDLC with an EtherType.
    CiscoHdlc,
    /// A PPP protocol number at `at`.
    Ppp { at: u8 },
    /// PPP of BSD/OS, which numbers what Van Jacobson compression left of IPv4 apart.
    PppBsdos,
    /// A BSD address family at 0, of four bytes.
    Family { payload: u8, host_order: bool },
    /// Behind a header that does not say what follows. As in libpcap the IP version is looked for at 0.
    Slip { payload: u8 },
    /// IPv4 or IPv6.
    Ip,
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
    /// A byte at `at` that says the protocol.
    Arcnet { at: u8 },
    /// AppleTalk and nothing else.
    LocalTalk,
    /// RFC 2427.
    FrameRelay,
    /// OpenBSD's packet filter: a header that says its length, and an address family.
    Pflog,
    /// Solaris: an address family at 1.
    Ipnet,
    /// Juniper's magic number; where payload and network layer after 802.2 are, where that is known.
    Juniper(Option<(u8, u8)>),
    /// BACnet's preamble.
    Bacnet,
}

/// What stands before an 802.11 header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Radio {
    /// Nothing.
    None,
    /// A Prism header, or an AVS one.
    Prism,
    /// An AVS header.
    Avs,
    /// A radiotap header.
    Radiotap,
    /// A per-packet information header.
    Ppi,
}

/// What there is to know of a type.
struct Row {
    number: u32,
    name: &'static str,
    description: &'static str,
    headers: Headers,
    printed: bool,
    hardware: &'static [u16],
}

const fn named(number: u32, name: &'static str, description: &'static str) -> Row {
    Row { number, name, description, headers: Headers::Opaque(None), printed: false, hardware: &[] }
}

impl Row {
    const fn filtered(self, headers: Headers) -> Self {
        Self { headers, ..self }
    }

    /// No filter, and libpcap's refusal calls it so.
    const fn unfiltered(self, name: &'static str) -> Self {
        Self { headers: Headers::Opaque(Some(name)), ..self }
    }

    const fn printed(self) -> Self {
        Self { printed: true, ..self }
    }

    /// The `ARPHRD_*` numbers of interfaces whose packets have these headers.
    const fn hardware(self, hardware: &'static [u16]) -> Self {
        Self { hardware, ..self }
    }
}

/// By the number that capture files use, ascending. Names and descriptions are those that tcpdump shows.
#[rustfmt::skip]
static TABLE: [Row; 152] = [
    named(0, "NULL", "BSD loopback").filtered(Headers::Family { payload: 4, host_order: true }).printed(),
    named(1, "EN10MB", "Ethernet").filtered(Headers::Ethernet { at: 0 }).printed().hardware(&[1, 23, 772]),
    named(6, "IEEE802", "Token ring").filtered(Headers::Addressed { dst: 2, src: 8, llc: 14 }).hardware(&[6, 800]),
    named(7, "ARCNET", "BSD ARCNET").filtered(Headers::Arcnet { at: 2 }),
    named(8, "SLIP", "SLIP").filtered(Headers::Slip { payload: 16 }),
    named(9, "PPP", "PPP").filtered(Headers::Ppp { at: 2 }).printed(),
    named(10, "FDDI", "FDDI").filtered(Headers::Addressed { dst: 1, src: 7, llc: 13 }).hardware(&[774]),
    named(50, "PPP_SERIAL", "PPP over serial").filtered(Headers::Ppp { at: 2 }),
    named(51, "PPP_ETHER", "PPPoE").filtered(Headers::Ppp { at: 6 }),
    named(99, "SYMANTEC_FIREWALL", "Symantec Firewall").filtered(Headers::EtherType { at: 6, payload: 44 }),
    named(100, "ATM_RFC1483", "RFC 1483 LLC-encapsulated ATM").filtered(Headers::Llc { at: 0 }),
    named(101, "RAW", "Raw IP").filtered(Headers::Ip).printed().hardware(&[15, 256, 257, 258, 259, 264, 518, 768, 776, 65534]),
    named(102, "SLIP_BSDOS", "BSD/OS SLIP").filtered(Headers::Slip { payload: 24 }),
    named(103, "PPP_BSDOS", "BSD/OS PPP").filtered(Headers::PppBsdos),
    named(104, "C_HDLC", "Cisco HDLC").filtered(Headers::CiscoHdlc).hardware(&[513]),
    named(105, "IEEE802_11", "802.11").filtered(Headers::Wireless(Radio::None)).hardware(&[801]),
    named(106, "ATM_CLIP", "Linux Classical IP over ATM").filtered(Headers::Llc { at: 0 }),
    named(107, "FRELAY", "Frame Relay").filtered(Headers::FrameRelay).hardware(&[770]),
    named(108, "LOOP", "OpenBSD loopback").filtered(Headers::Family { payload: 4, host_order: false }).printed(),
    named(109, "ENC", "OpenBSD encapsulated IP").filtered(Headers::Family { payload: 12, host_order: true }),
    named(113, "LINUX_SLL", "Linux cooked v1").filtered(Headers::Cooked).printed(),
    named(114, "LTALK", "Localtalk").filtered(Headers::LocalTalk).hardware(&[773]),
    named(117, "PFLOG", "OpenBSD pflog file").filtered(Headers::Pflog),
    named(119, "PRISM_HEADER", "802.11 plus Prism header").filtered(Headers::Wireless(Radio::Prism)).hardware(&[802]),
    named(122, "IP_OVER_FC", "RFC 2625 IP-over-Fibre Channel").filtered(Headers::Addressed { dst: 2, src: 10, llc: 16 }).hardware(&[18]),
    named(123, "SUNATM", "Sun raw ATM").filtered(Headers::SunAtm),
    named(127, "IEEE802_11_RADIO", "802.11 plus radiotap header").filtered(Headers::Wireless(Radio::Radiotap)).hardware(&[803]),
    named(129, "ARCNET_LINUX", "Linux ARCNET").filtered(Headers::Arcnet { at: 4 }).hardware(&[7]),
    named(130, "JUNIPER_MLPPP", "Juniper Multi-Link PPP").filtered(Headers::Juniper(Some((4, 3)))),
    named(131, "JUNIPER_MLFR", "Juniper Multi-Link Frame Relay").filtered(Headers::Juniper(Some((4, 3)))),
    named(132, "JUNIPER_ES", "Juniper Encryption Services PIC").filtered(Headers::Juniper(None)),
    named(133, "JUNIPER_GGSN", "Juniper GGSN PIC").filtered(Headers::Juniper(Some((12, 11)))),
    named(134, "JUNIPER_MFR", "Juniper FRF.16 Frame Relay").filtered(Headers::Juniper(Some((4, 3)))),
    named(135, "JUNIPER_ATM2", "Juniper ATM2 PIC").filtered(Headers::Juniper(Some((8, 18)))),
    named(136, "JUNIPER_SERVICES", "Juniper Advanced Services PIC").filtered(Headers::Juniper(None)),
    named(137, "JUNIPER_ATM1", "Juniper ATM1 PIC").filtered(Headers::Juniper(Some((4, 14)))),
    named(138, "APPLE_IP_OVER_IEEE1394", "Apple IP-over-IEEE 1394").filtered(Headers::EtherType { at: 16, payload: 18 }),
    named(139, "MTP2_WITH_PHDR", "SS7 MTP2 with Pseudo-header").unfiltered("MTP2"),
    named(140, "MTP2", "SS7 MTP2").unfiltered("MTP2"),
    named(141, "MTP3", "SS7 MTP3"),
    named(142, "SCCP", "SS7 SCCP"),
    named(143, "DOCSIS", "DOCSIS"),
    named(144, "LINUX_IRDA", "Linux IrDA").unfiltered("IrDA").hardware(&[783]),
    named(163, "IEEE802_11_RADIO_AVS", "802.11 plus AVS radio information header").filtered(Headers::Wireless(Radio::Avs)),
    named(164, "JUNIPER_MONITOR", "Juniper Passive Monitor PIC").filtered(Headers::Juniper(Some((12, 11)))),
    named(165, "BACNET_MS_TP", "BACnet MS/TP").filtered(Headers::Bacnet),
    named(166, "PPP_PPPD", "PPP for pppd, with direction flag").filtered(Headers::Ppp { at: 2 }),
    named(167, "JUNIPER_PPPOE", "Juniper PPPoE").filtered(Headers::Juniper(Some((32, 35)))),
    named(168, "JUNIPER_PPPOE_ATM", "Juniper PPPoE/ATM").filtered(Headers::Juniper(Some((6, 5)))),
    named(169, "GPRS_LLC", "GPRS LLC"),
    named(170, "GPF_T", "GPF-T"),
    named(171, "GPF_F", "GPF-F"),
    named(174, "JUNIPER_PIC_PEER", "Juniper PIC Peer"),
    named(175, "ERF_ETH", "Ethernet with Endace ERF header"),
    named(176, "ERF_POS", "Packet-over-SONET with Endace ERF header"),
    named(177, "LINUX_LAPD", "Linux vISDN LAPD").unfiltered("LAPD").hardware(&[8445]),
    named(178, "JUNIPER_ETHER", "Juniper Ethernet").filtered(Headers::Juniper(Some((32, 35)))),
    named(179, "JUNIPER_PPP", "Juniper PPP").filtered(Headers::Juniper(Some((4, 3)))),
    named(180, "JUNIPER_FRELAY", "Juniper Frame Relay").filtered(Headers::Juniper(Some((4, 3)))),
    named(181, "JUNIPER_CHDLC", "Juniper C-HDLC").filtered(Headers::Juniper(Some((4, 3)))),
    named(182, "MFR", "FRF.16 Frame Relay").unfiltered("Multi-link Frame Relay"),
    named(183, "JUNIPER_VP", "Juniper Voice PIC").filtered(Headers::Juniper(None)),
    named(184, "A429", "Arinc 429"),
    named(185, "A653_ICM", "Arinc 653 Interpartition Communication"),
    named(186, "USB_FREEBSD", "USB with FreeBSD header").unfiltered("USB"),
    named(187, "BLUETOOTH_HCI_H4", "Bluetooth HCI UART transport layer").unfiltered("Bluetooth"),
    named(188, "IEEE802_16_MAC_CPS", "IEEE 802.16 MAC Common Part Sublayer"),
    named(189, "USB_LINUX", "USB with Linux header").unfiltered("USB"),
    named(190, "CAN20B", "Controller Area Network (CAN) v. 2.0B").unfiltered("CAN"),
    named(191, "IEEE802_15_4_LINUX", "IEEE 802.15.4 with Linux padding").unfiltered("IEEE 802.15.4"),
    named(192, "PPI", "Per-Packet Information").filtered(Headers::Wireless(Radio::Ppi)),
    named(193, "IEEE802_16_MAC_CPS_RADIO", "IEEE 802.16 MAC Common Part Sublayer plus radiotap header").unfiltered("IEEE 802.16"),
    named(194, "JUNIPER_ISM", "Juniper Integrated Service Module").filtered(Headers::Juniper(None)),
    named(195, "IEEE802_15_4", "IEEE 802.15.4 with FCS").unfiltered("IEEE 802.15.4"),
    named(196, "SITA", "SITA pseudo-header").unfiltered("SITA"),
    named(197, "ERF", "Endace ERF header").unfiltered("ERF"),
    named(198, "RAIF1", "Ethernet with u10 Networks pseudo-header").unfiltered("RAIF1"),
    named(199, "IPMB_KONTRON", "IPMB with Kontron pseudo-header").unfiltered("IPMB"),
    named(200, "JUNIPER_ST", "Juniper Secure Tunnel").filtered(Headers::Juniper(None)),
    named(201, "BLUETOOTH_HCI_H4_WITH_PHDR", "Bluetooth HCI UART transport layer plus pseudo-header").unfiltered("Bluetooth"),
    named(202, "AX25_KISS", "AX.25 with KISS header").unfiltered("AX.25").hardware(&[3]),
    named(209, "IPMB_LINUX", "IPMB with Linux/Pigeon Point pseudo-header").unfiltered("IPMB"),
    named(215, "IEEE802_15_4_NONASK_PHY", "IEEE 802.15.4 with non-ASK PHY data").unfiltered("IEEE 802.15.4"),
    named(216, "LINUX_EVDEV", "Linux evdev events"),
    named(219, "MPLS", "MPLS with label as link-layer header"),
    named(220, "USB_LINUX_MMAPPED", "USB with padded Linux header").unfiltered("USB"),
    named(221, "DECT", "DECT"),
    named(222, "AOS", "AOS Space Data Link protocol"),
    named(223, "WIHART", "Wireless HART"),
    named(224, "FC_2", "Fibre Channel FC-2").hardware(&[784, 785, 786, 787]),
    named(225, "FC_2_WITH_FRAME_DELIMS", "Fibre Channel FC-2 with frame delimiters"),
    named(226, "IPNET", "Solaris ipnet").filtered(Headers::Ipnet),
    named(227, "CAN_SOCKETCAN", "CAN-bus with SocketCAN headers").unfiltered("CAN").hardware(&[280]),
    named(228, "IPV4", "Raw IPv4").filtered(Headers::Ipv4).printed(),
    named(229, "IPV6", "Raw IPv6").filtered(Headers::Ipv6).printed(),
    named(230, "IEEE802_15_4_NOFCS", "IEEE 802.15.4 without FCS").unfiltered("IEEE 802.15.4").hardware(&[804]),
    named(231, "DBUS", "D-Bus"),
    named(232, "JUNIPER_VS", "Juniper Virtual Server").filtered(Headers::Juniper(None)),
    named(233, "JUNIPER_SRX_E2E", "Juniper SRX E2E").filtered(Headers::Juniper(None)),
    named(234, "JUNIPER_FIBRECHANNEL", "Juniper Fibre Channel").filtered(Headers::Juniper(None)),
    named(235, "DVB_CI", "DVB-CI"),
    named(236, "MUX27010", "MUX27010"),
    named(237, "STANAG_5066_D_PDU", "STANAG 5066 D_PDUs"),
    named(238, "JUNIPER_ATM_CEMIC", "Juniper ATM CEMIC").filtered(Headers::Juniper(None)),
    named(239, "NFLOG", "Linux netfilter log messages").unfiltered("NFLOG").printed(),
    named(240, "NETANALYZER", "Ethernet with Hilscher netANALYZER pseudo-header").filtered(Headers::Ethernet { at: 4 }),
    named(241, "NETANALYZER_TRANSPARENT", "Ethernet with Hilscher netANALYZER pseudo-header and with preamble and SFD").filtered(Headers::Ethernet { at: 12 }),
    named(242, "IPOIB", "RFC 4391 IP-over-Infiniband"),
    named(243, "MPEG_2_TS", "MPEG-2 transport stream"),
    named(244, "NG40", "ng40 protocol tester Iub/Iur"),
    named(245, "NFC_LLCP", "NFC LLCP PDUs with pseudo-header"),
    named(246, "PFSYNC", "Packet filter state syncing").unfiltered("PFSYNC"),
    named(247, "INFINIBAND", "InfiniBand"),
    named(248, "SCTP", "SCTP"),
    named(249, "USBPCAP", "USB with USBPcap header").unfiltered("USB"),
    named(250, "RTAC_SERIAL", "Schweitzer Engineering Laboratories RTAC packets"),
    named(251, "BLUETOOTH_LE_LL", "Bluetooth Low Energy air interface"),
    named(253, "NETLINK", "Linux netlink").hardware(&[824]),
    named(254, "BLUETOOTH_LINUX_MONITOR", "Bluetooth Linux Monitor"),
    named(255, "BLUETOOTH_BREDR_BB", "Bluetooth Basic Rate/Enhanced Data Rate baseband packets"),
    named(256, "BLUETOOTH_LE_LL_WITH_PHDR", "Bluetooth Low Energy air interface with pseudo-header"),
    named(257, "PROFIBUS_DL", "PROFIBUS data link layer"),
    named(258, "PKTAP", "Apple DLT_PKTAP"),
    named(259, "EPON", "Ethernet with 802.3 Clause 65 EPON preamble"),
    named(260, "IPMI_HPM_2", "IPMI trace packets"),
    named(261, "ZWAVE_R1_R2", "Z-Wave RF profile R1 and R2 packets"),
    named(262, "ZWAVE_R3", "Z-Wave RF profile R3 packets"),
    named(263, "WATTSTOPPER_DLM", "WattStopper Digital Lighting Management (DLM) and Legrand Nitoo Open protocol"),
    named(264, "ISO_14443", "ISO 14443 messages"),
    named(265, "RDS", "IEC 62106 Radio Data System groups"),
    named(266, "USB_DARWIN", "USB with Darwin header"),
    named(267, "OPENFLOW", "OpenBSD DLT_OPENFLOW"),
    named(268, "SDLC", "IBM SDLC frames"),
    named(269, "TI_LLN_SNIFFER", "TI LLN sniffer frames"),
    named(271, "VSOCK", "Linux vsock").hardware(&[826]),
    named(272, "NORDIC_BLE", "Nordic Semiconductor Bluetooth LE sniffer frames"),
    named(273, "DOCSIS31_XRA31", "Excentis XRA-31 DOCSIS 3.1 RF sniffer frames"),
    named(274, "ETHERNET_MPACKET", "802.3br mPackets"),
    named(275, "DISPLAYPORT_AUX", "DisplayPort AUX channel monitoring data"),
    named(276, "LINUX_SLL2", "Linux cooked v2").filtered(Headers::EtherType { at: 0, payload: 20 }).printed(),
    named(278, "OPENVIZSLA", "OpenVizsla USB"),
    named(279, "EBHSCR", "Elektrobit High Speed Capture and Replay (EBHSCR)"),
    named(280, "VPP_DISPATCH", "VPP graph dispatch tracer"),
    named(281, "DSA_TAG_BRCM", "Broadcom tag"),
    named(282, "DSA_TAG_BRCM_PREPEND", "Broadcom tag (prepended)"),
    named(283, "IEEE802_15_4_TAP", "IEEE 802.15.4 with pseudo-header").unfiltered("IEEE 802.15.4"),
    named(284, "DSA_TAG_DSA", "Marvell DSA"),
    named(285, "DSA_TAG_EDSA", "Marvell EDSA"),
    named(286, "ELEE", "ELEE lawful intercept packets"),
    named(287, "Z_WAVE_SERIAL", "Z-Wave serial frames between host and chip"),
    named(288, "USB_2_0", "USB 2.0/1.1/1.0 as transmitted over the cable"),
    named(289, "ATSC_ALP", "ATSC Link-Layer Protocol packets"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_so_that_search_finds_them() {
        assert!(TABLE.is_sorted_by_key(|row| row.number));
        for link in LinkType::all() {
            assert_eq!(link.name().and_then(|name| name.parse().ok()), Some(link));
        }
    }

    #[test]
    fn banner_names_what_it_knows_and_numbers_the_rest() {
        assert_eq!(LinkType::ETHERNET.to_string(), "EN10MB (Ethernet)");
        assert_eq!(LinkType::RAW.to_string(), "RAW (Raw IP)");
        assert_eq!(LinkType::DLT_RAW.to_string(), "RAW (Raw IP)");
        assert_eq!(LinkType(160).to_string(), "160");
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!("en10mb".parse(), Ok(LinkType::ETHERNET));
        assert_eq!("dlt_linux_sll2".parse(), Ok(LinkType::LINUX_SLL2));
        for name in ["nonsense", "é", "DLT_", "", "dlt", "dlté"] {
            assert_eq!(name.parse::<LinkType>(), Err(UnknownLinkType));
        }
    }

    #[test]
    fn hardware_has_one_type() {
        let mut hardware: Vec<u16> = TABLE.iter().flat_map(|row| row.hardware).copied().collect();
        let count = hardware.len();
        hardware.sort_unstable();
        hardware.dedup();
        assert_eq!(hardware.len(), count);
        for (arphrd, link) in [(1, LinkType::ETHERNET), (65534, LinkType::RAW), (824, LinkType::NETLINK)] {
            assert_eq!(LinkType::of_hardware(arphrd), Some(link));
        }
        // PPP looks different with every driver, so that cooked headers are safer.
        assert_eq!(LinkType::of_hardware(512), None);
    }

    #[test]
    fn what_is_printed_can_be_filtered() {
        let printed = LinkType::all().filter(|link| link.is_printed());
        let unfiltered: Vec<LinkType> = printed.filter(|link| !link.is_filtered()).collect();
        // libpcap has no filters for headers whose length is known to nobody before they are read.
        assert_eq!(unfiltered, [LinkType::NFLOG]);
    }
}
