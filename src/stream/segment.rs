//! What reassembly needs of a segment, read once; and what makes a host drop it before it asks for
//! the connection.
use crate::packet::{ChecksumStatus, Packet, PacketDirection};
use crate::wire::{
    IpProtocol, Ipv4, Ipv4Option, Ipv6, Layers, Network, Seq, Tcp, TcpFlags, TcpOption, checksum,
};

use super::event::{Ignored, Origin};

/// A segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) seq: Seq,
    pub(super) ack: Seq,
    pub(super) flags: TcpFlags,
    /// The window field, unscaled.
    pub(super) window: u16,
    pub(super) urgent_pointer: u16,
    pub(super) payload: &'a [u8],
    /// Length of the payload as the headers declare it.
    pub(super) len: u32,
    pub(super) header_len: usize,
    pub(super) options: Options,
    /// All of them, as they stand in the header.
    pub(super) raw_options: &'a [u8],
    pub(super) origin: Origin,
}

/// The options that matter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Options {
    /// Value and echo reply.
    pub(super) timestamps: Option<(u32, u32)>,
    pub(super) window_scale: Option<u8>,
    pub(super) sack_permitted: bool,
    pub(super) signature: bool,
    /// See [`is_unreadable`].
    pub(super) unreadable: bool,
}

/// Length of the signature option (RFC 2385).
const SIGNATURE_LEN: usize = 18;

/// Whether Linux (since 6.7, with RFC 2385 built in), looking for a signature, meets a length that cannot
/// be: it drops the segment. It looks as long as there is room for one.
fn is_unreadable(mut options: &[u8]) -> bool {
    while options.len() >= SIGNATURE_LEN {
        let rest = match *options {
            [0, ..] => return false,
            [1, ref rest @ ..] => Some(rest),
            [19, len, ..] if usize::from(len) != SIGNATURE_LEN => None,
            [29, len, ..] if len <= 4 => None,
            [_, len, ..] if len >= 2 => options.get(usize::from(len)..),
            _ => None,
        };
        let Some(rest) = rest else { return true };
        options = rest;
    }
    false
}

impl Options {
    /// Reads what Linux reads: the last of several, and nothing behind a bad length.
    fn read(tcp: Tcp<'_>) -> Self {
        let mut options = Self::default();
        if let [1, 1, 8, 10, a, b, c, d, e, f, g, h] = *tcp.options() {
            let value = u32::from_be_bytes([a, b, c, d]);
            options.timestamps = Some((value, u32::from_be_bytes([e, f, g, h])));
            return options;
        }
        options.unreadable = tcp.options_missing() == 0 && is_unreadable(tcp.options());
        for option in tcp.options_iter().map_while(Result::ok) {
            match option {
                TcpOption::Timestamps { value, echo_reply } => {
                    options.timestamps = Some((value, echo_reply));
                }
                TcpOption::WindowScale(shift) => options.window_scale = Some(shift.min(14)),
                TcpOption::SackPermitted => options.sack_permitted = true,
                TcpOption::Md5(_) | TcpOption::Authentication { .. } => options.signature = true,
                _ => {}
            }
        }
        options
    }
}

impl<'a> Segment<'a> {
    #[inline]
    pub(super) fn new(tcp: Tcp<'a>, layers: &Layers<'a>, origin: Origin) -> Self {
        let options = if tcp.options().is_empty() { Options::default() } else { Options::read(tcp) };
        Self {
            seq: tcp.seq(),
            ack: tcp.ack(),
            flags: tcp.flags(),
            window: tcp.window(),
            urgent_pointer: tcp.urgent_pointer(),
            payload: layers.payload,
            len: u32::try_from(layers.payload_len()).unwrap_or(u32::MAX),
            header_len: tcp.header_len(),
            options,
            raw_options: tcp.options(),
            origin,
        }
    }

    pub(super) fn has(&self, flags: TcpFlags) -> bool {
        self.flags.contains(flags)
    }

    /// The sequence number behind data and FIN. (A SYN is not asked.)
    pub(super) fn end(&self) -> Seq {
        self.seq + self.len + u32::from(self.has(TcpFlags::FIN))
    }
}

/// What the checksums of one half have shown so far.
///
/// A capture on the sending host has segments whose checksum the network card fills in later. They
/// hold the sum of the pseudo header alone, as those do that the receiver's card put together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ChecksumTrust {
    /// One was right: wrong ones are wrong on the wire too.
    right: bool,
    /// One was left to the card.
    offloaded: bool,
}

/// Longest payload of one segment on an Ethernet without jumbo frames: a longer one was put together.
const LONGEST: u32 = 1500;

impl ChecksumTrust {
    /// Whether the checksum of a segment does not speak against it.
    pub(super) fn check(
        &mut self,
        packet: &Packet<'_>,
        layers: &Layers<'_>,
        segment: &Segment<'_>,
    ) -> Result<(), Ignored> {
        if packet.checksum != ChecksumStatus::Unknown || packet.direction == PacketDirection::Out {
            return Ok(());
        }
        // Cut by the capture: there is no telling.
        let len = layers.transport_len();
        let at = layers.transport_offset;
        let Some(bytes) = packet.data.get(at..at.saturating_add(len)) else { return Ok(()) };
        let (residual, pseudo) = sums(layers, bytes);
        if checksum::is_correct(residual) {
            self.right = true;
            return Ok(());
        }
        let Some(&[high, low]) = bytes.get(16..18).and_then(<[u8]>::first_chunk) else { return Ok(()) };
        let partial = u16::from_be_bytes([high, low]) == pseudo;
        if partial && (self.offloaded || !self.right || segment.len > LONGEST) {
            self.offloaded |= segment.len <= LONGEST;
            return Ok(());
        }
        if self.right { Err(Ignored::Checksum) } else { Ok(()) }
    }
}

/// The residual over the whole segment, and the sum of the pseudo header alone.
fn sums(layers: &Layers<'_>, bytes: &[u8]) -> (u16, u16) {
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let pseudo = match layers.network {
        Some(Network::Ipv4(ip)) => {
            checksum::Checksum::new().over_pseudo_v4(ip.src(), ip.final_dst(), IpProtocol::TCP, len)
        }
        Some(Network::Ipv6(ip)) => {
            checksum::Checksum::new().over_pseudo_v6(ip.src(), ip.dst(), IpProtocol::TCP, len)
        }
        _ => return (0, 0),
    };
    (pseudo.over(bytes).residual(), !pseudo.residual())
}

/// What a host checks in the network header and of the shape of the TCP header.
pub(super) fn check_headers(packet: &Packet<'_>, layers: &Layers<'_>, tcp: Tcp<'_>) -> Result<(), Ignored> {
    match layers.network {
        Some(Network::Ipv4(ip)) => {
            check_ipv4(packet, layers, ip)?;
            if tcp.options_missing() > 0 && ip.missing() == 0 {
                return Err(Ignored::DataOffset);
            }
        }
        Some(Network::Ipv6(ip)) => {
            if ip.next_header() == IpProtocol::ROUTING || ip.next_header() != IpProtocol::TCP {
                check_ipv6(ip)?;
            }
            if tcp.options_missing() > 0 && ip.missing() == 0 {
                return Err(Ignored::DataOffset);
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_ipv4(packet: &Packet<'_>, layers: &Layers<'_>, ip: Ipv4<'_>) -> Result<(), Ignored> {
    let at = layers.network_offset;
    // Segmentation offload leaves the total length, and with it the checksum, to the card.
    if packet.checksum == ChecksumStatus::Unknown && packet.direction != PacketDirection::Out && ip.total_len() != 0
        && let Some(header) = packet.data.get(at..at.saturating_add(ip.header_len()))
        // A card that computes this one too leaves a zero.
        && ip.checksum() != 0
        && !checksum::is_correct(checksum::ipv4_header(header))
    {
        return Err(Ignored::IpChecksum);
    }
    if ip.header_len() > Ipv4::MIN_HEADER_LEN {
        let routed =
            |option| matches!(option, Ok(Ipv4Option::LooseSourceRoute(_) | Ipv4Option::StrictSourceRoute(_)));
        if ip.options_iter().any(routed) {
            return Err(Ignored::SourceRoute);
        }
    }
    Ok(())
}

/// A routing header with segments left is for routers.
fn check_ipv6(ip: Ipv6<'_>) -> Result<(), Ignored> {
    for header in ip.extensions().map_while(Result::ok) {
        if header.protocol() == IpProtocol::ROUTING && header.bytes().get(3).is_some_and(|&left| left != 0) {
            return Err(Ignored::SourceRoute);
        }
    }
    Ok(())
}
