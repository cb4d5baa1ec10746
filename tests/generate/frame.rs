//! One segment of TCP in IPv4 and Ethernet.

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;

/// Length of the headers without options.
const HEADERS: usize = 14 + 20 + 20;

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) address: u32,
    pub(crate) port: u16,
}

/// What a segment says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    /// Identification of the IPv4 packet.
    pub(crate) id: u16,
    /// TCP options, padded to four bytes.
    pub(crate) options: &'a [u8],
    pub(crate) payload: &'a [u8],
}

/// Options of a SYN: MSS 1460, SACK permitted, window scale 7.
pub(crate) const SYN_OPTIONS: [u8; 12] = [2, 4, 5, 0xb4, 4, 2, 1, 1, 3, 3, 7, 0];

/// Room for one frame, used again and again.
#[derive(Debug, Default)]
pub(crate) struct Frame(Vec<u8>);

impl Frame {
    /// The frame of this segment, both checksums right.
    pub(crate) fn write(&mut self, segment: &Segment<'_>) -> &[u8] {
        let frame = &mut self.0;
        let header = 20 + segment.options.len();
        let len = (HEADERS - 14 + segment.options.len() + segment.payload.len()) as u16;
        frame.clear();
        frame.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
        frame.extend([0x45, 0]);
        frame.extend(len.to_be_bytes());
        frame.extend(segment.id.to_be_bytes());
        frame.extend([0x40, 0, 64, 6, 0, 0]);
        frame.extend(segment.from.address.to_be_bytes());
        frame.extend(segment.to.address.to_be_bytes());
        frame.extend(segment.from.port.to_be_bytes());
        frame.extend(segment.to.port.to_be_bytes());
        frame.extend(segment.seq.to_be_bytes());
        frame.extend(if segment.flags & ACK == 0 { [0; 4] } else { segment.ack.to_be_bytes() });
        frame.extend([(header as u8 / 4) << 4, segment.flags, 0xfa, 0xf0, 0, 0, 0, 0]);
        frame.extend(segment.options);
        frame.extend(segment.payload);
        let check = fold(sum(&frame[14..34]));
        frame[24..26].copy_from_slice(&check.to_be_bytes());
        let pseudo = sum(&frame[26..34]) + 6 + (frame.len() - 34) as u64;
        let check = fold(sum(&frame[34..]) + pseudo);
        frame[50..52].copy_from_slice(&check.to_be_bytes());
        frame
    }
}

fn sum(bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let pairs: u64 = pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum();
    pairs + rest.first().map_or(0, |byte| u64::from(*byte) << 8)
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// A connection that sends in turn, keeping both ends' numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk {
    ends: [End; 2],
    /// Next sequence number of each end.
    next: [u32; 2],
    /// Next identification of each end.
    id: [u16; 2],
}

impl Talk {
    /// `number` decides about sequence numbers.
    pub(crate) fn new(client: End, server: End, number: u64) -> Self {
        let random = super::mix(number);
        Self {
            ends: [client, server],
            next: [random as u32, (random >> 32) as u32],
            id: [(random >> 16) as u16, (random >> 48) as u16],
        }
    }

    /// The next segment of `from` (0 the client, 1 the server).
    pub(crate) fn say<'a>(&mut self, from: usize, flags: u8, payload: &'a [u8]) -> Segment<'a> {
        const NONE: &[u8] = &[];
        let options = if flags & SYN == 0 { NONE } else { &SYN_OPTIONS };
        let segment = Segment {
            from: self.ends[from],
            to: self.ends[1 - from],
            seq: self.next[from],
            ack: self.next[1 - from],
            flags,
            id: self.id[from],
            options,
            payload,
        };
        let flags = u32::from(flags & SYN != 0) + u32::from(flags & FIN != 0);
        self.next[from] = self.next[from].wrapping_add(payload.len() as u32 + flags);
        self.id[from] = self.id[from].wrapping_add(1);
        segment
    }

    /// The first segment of `from` after a hole of so many octets.
    pub(crate) fn skip(&mut self, from: usize, octets: u32) {
        self.next[from] = self.next[from].wrapping_add(octets);
    }
}
