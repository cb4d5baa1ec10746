//! Both halves of a connection.
use std::fmt;
use std::net::IpAddr;

use crate::packet::Packet;
use crate::wire::{IpProtocol, Ipv6, Ipv6Extension, Layers, Network, Tcp, TcpFlags};

use super::assembler::Sink;
use super::event::{Event, Ignored, Origin, Side};
use super::half::Half;
use super::limits::StreamLimits;
use super::policy::Policy;
use super::receiver::{State, Verdict};
use super::segment::{Segment, check_headers};

/// Reassembles one connection: both halves, each as the other end's application reads it.
///
/// It takes the packets of one connection in the order of the capture; which those are, the caller knows.
/// Fragments have to be put together before, see [`Fragments`](super::Fragments).
///
/// ```
/// use synack::stream::{Event, StreamLimits, Pair, Policy};
/// use synack::{Layers, Source, savefile};
///
/// let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
/// let mut pair = Pair::new(StreamLimits::default(), Policy::Linux);
/// let (mut number, mut read) = (0, 0);
/// while let Some(packet) = source.next_packet()? {
///     number += 1;
///     let layers = Layers::decode(packet.link, packet.data);
///     pair.push(number, &packet, &layers, &mut |event| {
///         if let Event::Data { bytes, .. } = event {
///             read += bytes.len();
///         }
///     });
/// }
/// pair.finish(&mut |_| {});
/// # let _ = read;
/// # Ok::<(), synack::Error>(())
/// ```
#[derive(Debug)]
pub struct Pair {
    limits: StreamLimits,
    client: Option<(IpAddr, u16)>,
    verify_checksums: bool,
    /// What the client sent, and what the server sent.
    halves: [Half; 2],
}

impl Pair {
    /// A connection of which nothing is known. Who sent the first SYN, or else the first packet, is the
    /// client.
    pub fn new(limits: StreamLimits, policy: Policy) -> Self {
        let halves = [Side::Client, Side::Server].map(|side| Half::new(side, policy));
        Self { limits, client: None, verify_checksums: true, halves }
    }

    /// Says who the client is.
    pub fn set_client(&mut self, address: IpAddr, port: u16) {
        self.client = Some((address, port));
    }

    /// Who the client is, if that is known.
    pub fn client(&self) -> Option<(IpAddr, u16)> {
        self.client
    }

    /// Whether segments with a wrong checksum are ignored, as they are at first. Checksums that the
    /// capture shows to have been left to a network card are not wrong.
    pub fn set_verify_checksums(&mut self, verify: bool) {
        self.verify_checksums = verify;
    }

    /// A packet of the connection; others, and fragments, are passed over. `number` comes back with what
    /// is told of it.
    pub fn push(
        &mut self,
        number: u64,
        packet: &Packet<'_>,
        layers: &Layers<'_>,
        out: &mut dyn FnMut(Event<'_>),
    ) {
        let Some(tcp) = layers.tcp() else { return };
        let Some(source) = source(layers, tcp) else { return };
        let from = self.side(source, layers, tcp);
        let segment = Segment::new(tcp, layers, Origin { packet: number, time: packet.time });
        if let Err(reason) = self.check(from, packet, layers, tcp, &segment) {
            out(Event::Ignored { from, origin: segment.origin, reason });
            return;
        }
        self.push_segment(from, &segment, out);
    }

    /// The capture is over: what waits is given behind gaps.
    pub fn finish(&mut self, out: &mut dyn FnMut(Event<'_>)) {
        for half in &mut self.halves {
            half.finish(&self.limits, out);
        }
    }

    /// How many bytes wait behind holes, by [`StreamLimits::parked`].
    pub fn parked(&self) -> usize {
        self.halves.iter().map(|half| half.assembler.parked_cost().0).sum()
    }

    fn side(&mut self, source: (IpAddr, u16), layers: &Layers<'_>, tcp: Tcp<'_>) -> Side {
        let client = match self.client {
            Some(client) => client,
            None => {
                let answer = tcp.flags().contains(TcpFlags::SYN | TcpFlags::ACK);
                let client = if answer { destination(layers, tcp).unwrap_or(source) } else { source };
                *self.client.insert(client)
            }
        };
        if source == client { Side::Client } else { Side::Server }
    }

    fn check(
        &mut self,
        from: Side,
        packet: &Packet<'_>,
        layers: &Layers<'_>,
        tcp: Tcp<'_>,
        segment: &Segment<'_>,
    ) -> Result<(), Ignored> {
        check_headers(packet, layers, tcp)?;
        if self.verify_checksums {
            self.halves[from.index()].trust.check(packet, layers, segment)?;
        }
        if segment.options.unreadable {
            self.halves[from.index()].doubt(Ignored::Options, segment, &self.limits);
            return Err(Ignored::Options);
        }
        if segment.options.signature && !self.is_signed() {
            return Err(Ignored::Signature);
        }
        Ok(())
    }

    /// Whether signatures were agreed on, or may have been.
    fn is_signed(&self) -> bool {
        self.halves.iter().all(|half| half.opening.as_ref().is_none_or(|opening| opening.signature))
    }

    pub(super) fn push_segment(&mut self, from: Side, segment: &Segment<'_>, out: Sink<'_>) {
        if segment.has(TcpFlags::SYN) && !segment.has(TcpFlags::RST) {
            self.push_syn(from, segment, out);
        } else if self.halves[from.index()].receiver.state == State::Closed {
            // What follows a reset tells nothing of what came before.
            out(Event::Ignored { from, origin: segment.origin, reason: Ignored::Closed });
        } else {
            let verdict = self.halves[from.index()].push(segment, &self.limits, out);
            match verdict {
                Ok(Verdict::Accept | Verdict::Open(_)) => {}
                Ok(Verdict::Reset) => {
                    let limits = self.limits;
                    self.halves.iter_mut().for_each(|half| half.close(&limits, out));
                    out(Event::Reset { from, origin: segment.origin });
                }
                Err(reason) => out(Event::Ignored { from, origin: segment.origin, reason }),
            }
            self.sent(from, segment, out);
        }
        for half in &mut self.halves {
            half.tend(segment.origin.time, &self.limits, out);
        }
    }

    /// What a segment says of its sender, as the receiver of the other half.
    #[inline]
    fn sent(&mut self, from: Side, segment: &Segment<'_>, out: Sink<'_>) {
        let back = &mut self.halves[from.other().index()];
        back.answered(segment, &self.limits, out);
        let meant = segment.has(TcpFlags::ACK)
            && !segment.has(TcpFlags::RST)
            && back.receiver.may_acknowledge(segment.ack);
        back.receiver.sent(segment);
        if meant {
            back.acknowledged(segment.ack);
        }
    }

    fn push_syn(&mut self, from: Side, segment: &Segment<'_>, out: Sink<'_>) {
        let limits = self.limits;
        let [half, back] = self.halves_from(from);
        let answer = segment.has(TcpFlags::ACK);
        let again = half.settled && half.opening.as_ref().is_some_and(|opening| opening.isn == segment.seq);
        if again {
            back.receiver.sent_syn_again(segment);
            return;
        }
        // A server that still waits for the handshake's end may begin anew, with another number.
        let anew = answer && back.receiver.state == State::SynReceived;
        let inside = half.settled && half.receiver.state != State::Unknown && !anew;
        if half.receiver.state == State::Closed || segment.has(TcpFlags::FIN) || inside {
            out(Event::Ignored { from, origin: segment.origin, reason: Ignored::Syn });
            return;
        }
        half.open(segment);
        back.receiver.sent_syn(segment);
        if answer {
            back.settle(segment.ack, segment, &limits, out);
            self.agree(from, segment);
        }
    }

    /// A SYN-ACK: what the two agreed on, as far as both SYNs were seen.
    fn agree(&mut self, from: Side, segment: &Segment<'_>) {
        let [half, back] = self.halves_from(from);
        let options = segment.options;
        if let Some(opening) = &back.opening {
            let timestamps = opening.timestamps.is_some() && options.timestamps.is_some();
            let sack = opening.sack_permitted && options.sack_permitted;
            let (ours, theirs) = match (options.window_scale, opening.window_scale) {
                (Some(ours), Some(theirs)) => (ours, theirs),
                _ => (0, 0),
            };
            for (receiver, shift, other) in
                [(&mut back.receiver, ours, theirs), (&mut half.receiver, theirs, ours)]
            {
                receiver.shift = Some(shift);
                receiver.other_shift = Some(other);
                receiver.timestamps = Some(timestamps);
                receiver.sack = Some(sack);
            }
            back.receiver.got_syn(opening);
        }
        back.receiver.state = State::SynReceived;
        if let Some(opening) = &half.opening {
            half.receiver.got_syn(opening);
        }
        half.receiver.got_ack(segment.ack);
        let progress = half.progress();
        half.receiver.establish(progress);
        half.settled = true;
    }

    /// The half that `side` sends, and the other.
    fn halves_from(&mut self, side: Side) -> [&mut Half; 2] {
        let [client, server] = &mut self.halves;
        match side {
            Side::Client => [client, server],
            Side::Server => [server, client],
        }
    }
}

impl fmt::Display for Pair {
    /// Both halves: `client linux: 120, server linux: 7 then 9..12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [client, server] = &self.halves;
        write!(f, "client {}, server {}", client.assembler, server.assembler)
    }
}

fn source(layers: &Layers<'_>, tcp: Tcp<'_>) -> Option<(IpAddr, u16)> {
    match layers.network? {
        Network::Ipv4(ip) => (!ip.more_fragments() && ip.fragment_offset() == 0)
            .then(|| (IpAddr::V4(ip.src()), tcp.src_port())),
        Network::Ipv6(ip) => (ip.next_header() == IpProtocol::TCP || !is_fragment(ip))
            .then(|| (IpAddr::V6(ip.src()), tcp.src_port())),
        _ => None,
    }
}

fn is_fragment(ip: Ipv6<'_>) -> bool {
    let fragments = ip.extensions().map_while(Result::ok).filter_map(Ipv6Extension::fragment);
    fragments.into_iter().any(|fragment| fragment.more || fragment.offset != 0)
}

fn destination(layers: &Layers<'_>, tcp: Tcp<'_>) -> Option<(IpAddr, u16)> {
    match layers.network? {
        Network::Ipv4(ip) => Some((IpAddr::V4(ip.dst()), tcp.dst_port())),
        Network::Ipv6(ip) => Some((IpAddr::V6(ip.dst()), tcp.dst_port())),
        _ => None,
    }
}
