//! Ethernet frames with a TCP segment in them, every field of which can be wrong.

/// Control bits.
pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;
pub(crate) const URG: u8 = 32;

/// The stations at both ends of the cable: who injects, and the kernel.
pub(crate) const INJECTOR_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(crate) const KERNEL_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];

pub(crate) const INJECTOR_V4: [u8; 4] = [10, 9, 0, 1];
const KERNEL_V4: [u8; 4] = [10, 9, 0, 2];
pub(crate) const INJECTOR_V6: [u8; 16] = [0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const KERNEL_V6: [u8; 16] = [0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

/// A segment to the kernel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segment {
    pub(crate) v6: bool,
    pub(crate) src_port: u16,
    pub(crate) dst_port: u16,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    pub(crate) window: u16,
    pub(crate) urgent: u16,
    pub(crate) options: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    /// Added to the right checksum.
    pub(crate) wrong: u16,
    /// Added to the right data offset, in words.
    pub(crate) offset: u8,
    pub(crate) ttl: u8,
    pub(crate) ip_options: Vec<u8>,
    pub(crate) id: u16,
    /// From the kernel's end instead.
    pub(crate) back: bool,
}

fn sum(parts: &[&[u8]]) -> u16 {
    let bytes: Vec<u8> = parts.concat();
    let mut sum = 0u32;
    for word in bytes.chunks(2) {
        sum += u32::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

impl Segment {
    /// One with nothing special about it.
    pub(crate) fn plain(ports: (u16, u16), seq: u32, ack: u32, flags: u8, payload: &[u8]) -> Self {
        let (src_port, dst_port) = ports;
        let payload = payload.to_vec();
        Self {
            src_port,
            dst_port,
            seq,
            ack,
            flags,
            payload,
            window: 65_535,
            ttl: 64,
            id: 1,
            ..Self::default()
        }
    }

    /// The TCP segment.
    fn segment(&self) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4), 0);
        let words = (5 + options.len() / 4) as u8 + self.offset;
        let mut tcp = Vec::new();
        tcp.extend_from_slice(&self.src_port.to_be_bytes());
        tcp.extend_from_slice(&self.dst_port.to_be_bytes());
        tcp.extend_from_slice(&self.seq.to_be_bytes());
        tcp.extend_from_slice(&self.ack.to_be_bytes());
        tcp.extend_from_slice(&[words.min(15) << 4, self.flags]);
        tcp.extend_from_slice(&self.window.to_be_bytes());
        tcp.extend_from_slice(&[0, 0]);
        tcp.extend_from_slice(&self.urgent.to_be_bytes());
        tcp.extend_from_slice(&options);
        tcp.extend_from_slice(&self.payload);
        let len = (tcp.len() as u32).to_be_bytes();
        // Both addresses are in the sum, in either order.
        let checksum = if self.v6 {
            sum(&[&INJECTOR_V6, &KERNEL_V6, &len, &[0, 0, 0, 6], &tcp])
        } else {
            sum(&[&INJECTOR_V4, &KERNEL_V4, &len, &[0, 6], &tcp])
        };
        tcp[16..18].copy_from_slice(&checksum.wrapping_add(self.wrong).to_be_bytes());
        tcp
    }

    /// The frame.
    pub(crate) fn frame(&self) -> Vec<u8> {
        let tcp = self.segment();
        self.carry(&tcp, None)
    }

    /// The segment in fragments: each has the bytes of its range (whose start is a multiple of
    /// eight), and the flag if it does not say `last`.
    pub(crate) fn fragments(&self, ranges: &[(std::ops::Range<usize>, bool)], spoil: bool) -> Vec<Vec<u8>> {
        let tcp = self.segment();
        ranges
            .iter()
            .map(|(range, last)| {
                let mut bytes = tcp[range.start.min(tcp.len())..range.end.min(tcp.len())].to_vec();
                if spoil && range.start > 0 {
                    bytes.iter_mut().for_each(|b| *b ^= 0x55);
                }
                self.carry(&bytes, Some((range.start as u16, !last)))
            })
            .collect()
    }

    /// How long the TCP segment is.
    pub(crate) fn segment_len(&self) -> usize {
        self.segment().len()
    }

    fn carry(&self, payload: &[u8], fragment: Option<(u16, bool)>) -> Vec<u8> {
        let mut macs = [KERNEL_MAC, INJECTOR_MAC];
        let (mut v6, mut v4) = ([INJECTOR_V6, KERNEL_V6], [INJECTOR_V4, KERNEL_V4]);
        if self.back {
            macs.reverse();
            v6.reverse();
            v4.reverse();
        }
        let mut frame = macs.concat();
        if self.v6 {
            frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
            let extension = if fragment.is_some() { 8 } else { 0 };
            frame.extend_from_slice(&((payload.len() + extension) as u16).to_be_bytes());
            frame.extend_from_slice(&[if fragment.is_some() { 44 } else { 6 }, self.ttl]);
            frame.extend_from_slice(&v6.concat());
            if let Some((offset, more)) = fragment {
                frame.extend_from_slice(&[6, 0]);
                frame.extend_from_slice(&(offset | u16::from(more)).to_be_bytes());
                frame.extend_from_slice(&u32::from(self.id).to_be_bytes());
            }
        } else {
            frame.extend_from_slice(&[8, 0]);
            let mut options = self.ip_options.clone();
            options.resize(options.len().next_multiple_of(4), 0);
            let header_len = 20 + options.len();
            let flags = fragment.map_or(0x4000, |(offset, more)| (offset / 8) | (u16::from(more) << 13));
            let mut ip = vec![0x40 | (header_len / 4) as u8, 0];
            ip.extend_from_slice(&((header_len + payload.len()) as u16).to_be_bytes());
            ip.extend_from_slice(&self.id.to_be_bytes());
            ip.extend_from_slice(&flags.to_be_bytes());
            ip.extend_from_slice(&[self.ttl, 6, 0, 0]);
            ip.extend_from_slice(&v4.concat());
            ip.extend_from_slice(&options);
            let checksum = sum(&[&ip]);
            ip[10..12].copy_from_slice(&checksum.to_be_bytes());
            frame.extend_from_slice(&ip);
        }
        frame.extend_from_slice(payload);
        frame
    }
}

/// A datagram to the kernel, by which to tell that what was sent before has arrived.
pub(crate) fn datagram(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = [KERNEL_MAC, INJECTOR_MAC].concat();
    frame.extend_from_slice(&[8, 0]);
    let mut ip = vec![0x45, 0];
    ip.extend_from_slice(&((28 + payload.len()) as u16).to_be_bytes());
    ip.extend_from_slice(&[0, 0, 0x40, 0, 64, 17, 0, 0]);
    ip.extend_from_slice(&INJECTOR_V4);
    ip.extend_from_slice(&KERNEL_V4);
    let checksum = sum(&[&ip]);
    ip[10..12].copy_from_slice(&checksum.to_be_bytes());
    frame.extend_from_slice(&ip);
    frame.extend_from_slice(&4000u16.to_be_bytes());
    frame.extend_from_slice(&port.to_be_bytes());
    frame.extend_from_slice(&((8 + payload.len()) as u16).to_be_bytes());
    frame.extend_from_slice(&[0, 0]);
    frame.extend_from_slice(payload);
    frame
}
