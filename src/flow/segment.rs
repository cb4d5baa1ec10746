//! What is needed of a segment, read once.
use crate::packet::{ChecksumStatus, Packet};
use crate::wire::{IpProtocol, Layers, Network, Tcp, TcpFlags, TcpOption, checksum};

/// Most SACK blocks that fit the options (RFC 2018 §3).
const MOST_BLOCKS: usize = 4;

/// One segment, as the analysis sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// Number of the packet.
    pub(super) packet: u64,
    /// Nanoseconds since the epoch.
    pub(super) time: i64,
    pub(super) seq: u32,
    pub(super) ack: u32,
    /// Octets of payload, as the headers declare them.
    pub(super) len: u32,
    pub(super) flags: TcpFlags,
    pub(super) window: u16,
    pub(super) checksum: u16,
    /// Identification; `None` for IPv6.
    pub(super) ip_id: Option<u16>,
    pub(super) ttl: u8,
    /// Value and echo reply.
    pub(super) timestamps: Option<(u32, u32)>,
    pub(super) sack: [(u32, u32); MOST_BLOCKS],
    pub(super) blocks: u8,
    /// A hash of what tells one capture point from another: interface, direction, link header.
    pub(super) place: u16,
    pub(super) frame_len: u32,
}

/// Options that only a SYN has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SynOptions {
    pub(super) mss: Option<u16>,
    pub(super) scale: Option<u8>,
    pub(super) sack: bool,
    pub(super) timestamps: bool,
}

impl Segment {
    #[inline]
    pub(super) fn new(
        packet: &Packet<'_>,
        outer: &Layers<'_>,
        layers: &Layers<'_>,
        tcp: Tcp<'_>,
        n: u64,
    ) -> Self {
        let (ip_id, ttl) = match layers.network {
            Some(Network::Ipv4(ip)) => (Some(ip.id()), ip.ttl()),
            Some(Network::Ipv6(ip)) => (None, ip.hop_limit()),
            _ => (None, 0),
        };
        let mut segment = Self {
            packet: n,
            time: packet.time.saturating_nanos(),
            seq: tcp.seq().0,
            ack: tcp.ack().0,
            len: u32::try_from(layers.payload_len()).unwrap_or(u32::MAX),
            flags: tcp.flags(),
            window: tcp.window(),
            checksum: tcp.checksum(),
            ip_id,
            ttl,
            timestamps: None,
            sack: [(0, 0); MOST_BLOCKS],
            blocks: 0,
            place: place(packet, outer),
            frame_len: packet.wire_len,
        };
        segment.read_options(tcp);
        segment
    }

    #[inline]
    fn read_options(&mut self, tcp: Tcp<'_>) {
        // Timestamps behind two NOPs are what most segments carry (RFC 7323 appendix A).
        if let &[1, 1, 8, 10, a, b, c, d, e, f, g, h, ref rest @ ..] = tcp.options() {
            self.timestamps = Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])));
            if rest.is_empty() {
                return;
            }
        }
        if !tcp.options().is_empty() {
            self.read_any_options(tcp);
        }
    }

    #[inline(never)]
    fn read_any_options(&mut self, tcp: Tcp<'_>) {
        for option in tcp.options_iter().map_while(Result::ok) {
            match option {
                TcpOption::Timestamps { value, echo_reply } => self.timestamps = Some((value, echo_reply)),
                TcpOption::Sack(blocks) => {
                    self.blocks = 0;
                    for (free, (left, right)) in self.sack.iter_mut().zip(blocks) {
                        *free = (left.0, right.0);
                        self.blocks += 1;
                    }
                }
                _ => {}
            }
        }
    }

    /// Sequence numbers it takes: payload, SYN and FIN.
    #[inline]
    pub(super) fn span(&self) -> u32 {
        let syn = self.flags.contains(TcpFlags::SYN);
        let fin = self.flags.contains(TcpFlags::FIN);
        self.len.wrapping_add(u32::from(syn)).wrapping_add(u32::from(fin))
    }

    /// The sequence number after it.
    #[inline]
    pub(super) fn end(&self) -> u32 {
        self.seq.wrapping_add(self.span())
    }

    #[inline]
    pub(super) fn has(&self, flags: TcpFlags) -> bool {
        self.flags.contains(flags)
    }

    /// The SACK blocks.
    pub(super) fn blocks(&self) -> &[(u32, u32)] {
        self.sack.get(..usize::from(self.blocks)).unwrap_or_default()
    }

    #[inline]
    pub(super) fn tsval(&self) -> Option<u32> {
        self.timestamps.map(|(value, _)| value)
    }

    #[inline]
    pub(super) fn tsecr(&self) -> Option<u32> {
        self.timestamps.map(|(_, echo)| echo)
    }
}

impl SynOptions {
    pub(super) fn new(tcp: Tcp<'_>) -> Self {
        let mut options = Self::default();
        for option in tcp.options_iter().map_while(Result::ok) {
            match option {
                TcpOption::Mss(mss) => options.mss = Some(mss),
                // RFC 7323 §2.3: more than 14 is taken as 14.
                TcpOption::WindowScale(shift) => options.scale = Some(shift.min(14)),
                TcpOption::SackPermitted => options.sack = true,
                TcpOption::Timestamps { .. } => options.timestamps = true,
                _ => {}
            }
        }
        options
    }
}

/// A hash of what is not the same when one packet is captured at two points: interface,
/// direction, and the link header with its tags.
#[inline]
fn place(packet: &Packet<'_>, outer: &Layers<'_>) -> u16 {
    let link = packet.data.get(..outer.network_offset).unwrap_or_default();
    let (words, rest) = link.as_chunks::<8>();
    let mut hash = u64::from(packet.interface) << 8 | packet.direction as u64;
    for word in words {
        hash = (hash.rotate_left(5) ^ u64::from_ne_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    for byte in rest {
        hash = hash.rotate_left(5) ^ u64::from(*byte);
    }
    hash = (hash ^ outer.network_offset as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 48) as u16
}

/// What the checksum of a segment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    /// It is right, or cannot be checked.
    Right,
    /// It is the sum of the pseudo header, or none yet: the card would have filled it in.
    Offloaded,
    /// It is wrong.
    Wrong,
}

/// Checks the checksum of a segment that was captured whole.
pub(super) fn check(packet: &Packet<'_>, layers: &Layers<'_>, tcp: Tcp<'_>) -> Sum {
    match packet.checksum {
        ChecksumStatus::Verified => return Sum::Right,
        ChecksumStatus::NotReady => return Sum::Offloaded,
        ChecksumStatus::Unknown => {}
    }
    let Some(network) = layers.network else { return Sum::Right };
    if network.missing() != 0 || layers.missing() != 0 {
        return Sum::Right;
    }
    let len = layers.transport_len();
    let all = network.payload();
    let Some(segment) = all.len().checked_sub(len).and_then(|at| all.get(at..)) else { return Sum::Right };
    let wide = u32::try_from(len).unwrap_or(u32::MAX);
    let pseudo = match network {
        Network::Ipv4(ip) if ip.flags_fragment() & 0x3fff == 0 && ip.options().is_empty() => {
            checksum::Checksum::new().over_pseudo_v4(ip.src(), ip.dst(), IpProtocol::TCP, wide)
        }
        // A routing header changes the destination of the pseudo header.
        Network::Ipv6(ip) if ip.next_header() == IpProtocol::TCP => {
            checksum::Checksum::new().over_pseudo_v6(ip.src(), ip.dst(), IpProtocol::TCP, wide)
        }
        _ => return Sum::Right,
    };
    if checksum::is_correct(pseudo.over(segment).residual()) {
        return Sum::Right;
    }
    // Linux puts the sum of the pseudo header there, uncomplemented, for the card to go on with.
    let partial = !pseudo.residual();
    if tcp.checksum() == partial || tcp.checksum() == 0 { Sum::Offloaded } else { Sum::Wrong }
}
