//! Segments read from frames, apart from the library: nothing here is shared with what is checked.

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const ACK: u8 = 16;

/// A segment, as its bytes say.
#[derive(Debug, Clone)]
pub(crate) struct Seg {
    pub(crate) packet: u64,
    /// Nanoseconds.
    pub(crate) time: i64,
    /// Source and destination, as `10.0.0.1:80` or `[::1]:80`.
    pub(crate) ends: (String, String),
    /// 0: the client sent it.
    pub(crate) side: usize,
    pub(crate) flags: u8,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) window: u16,
    pub(crate) len: u32,
    pub(crate) payload: Vec<u8>,
    /// Kinds and bodies of the options.
    pub(crate) options: Vec<(u8, Vec<u8>)>,
    pub(crate) id: u16,
    /// The IP packet without TTL, header checksum, congestion marks and flow label.
    pub(crate) packet_bytes: Vec<u8>,
    /// Whether the checksum is that of the bytes.
    pub(crate) sound: bool,
    /// Whether it is that of the pseudo header alone, or none yet: the card fills it in.
    pub(crate) partial: bool,
    pub(crate) checksum: u16,
    /// A copy, damaged or outside the window: nothing of it counts.
    pub(crate) void: bool,
}

fn be16(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn sum(bytes: &[u8], start: u64) -> u16 {
    let mut total = start;
    for pair in bytes.chunks(2) {
        total += u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0));
    }
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    total as u16
}

impl Seg {
    /// Reads an Ethernet frame with TCP over IPv4 without options, or IPv6 without extensions.
    pub(crate) fn read(packet: u64, time: u64, frame: &[u8]) -> Option<Self> {
        let ip = frame.get(14..)?;
        let (header, source, target, total, id) = match be16(frame, 12) {
            0x0800 if ip[9] == 6 => {
                let header = usize::from(ip[0] & 15) * 4;
                let address = |at: usize| std::net::Ipv4Addr::from(be32(ip, at)).to_string();
                (header, address(12), address(16), usize::from(be16(ip, 2)), be16(ip, 4))
            }
            0x86dd if ip[6] == 6 => {
                let address = |at: usize| {
                    let bytes: [u8; 16] = ip[at..at + 16].try_into().unwrap();
                    format!("[{}]", std::net::Ipv6Addr::from(bytes))
                };
                (40, address(8), address(24), usize::from(be16(ip, 4)) + 40, 0)
            }
            _ => return None,
        };
        let ip = ip.get(..total.min(ip.len()))?;
        let tcp = &ip[header..];
        let data = usize::from(tcp[12] >> 4) * 4;
        let mut options = Vec::new();
        let mut rest = &tcp[20..data];
        while let Some(&kind) = rest.first() {
            match kind {
                0 => break,
                1 => rest = &rest[1..],
                _ => {
                    let len = usize::from(rest[1]);
                    options.push((kind, rest[2..len].to_vec()));
                    rest = &rest[len..];
                }
            }
        }
        let pseudo = if header == 40 { sum(&ip[8..40], 0) } else { sum(&ip[12..20], 0) };
        let sound = sum(tcp, u64::from(pseudo) + 6 + tcp.len() as u64) == 0xffff;
        let mut packet_bytes = ip.to_vec();
        if header == 40 {
            packet_bytes[..4].fill(0);
            packet_bytes[7] = 0;
        } else {
            packet_bytes[1] = 0;
            packet_bytes[8] = 0;
            packet_bytes[10..12].fill(0);
        }
        Some(Self {
            packet,
            time: time as i64,
            ends: (format!("{source}:{}", be16(tcp, 0)), format!("{target}:{}", be16(tcp, 2))),
            side: 0,
            flags: tcp[13],
            seq: be32(tcp, 4),
            ack: be32(tcp, 8),
            window: be16(tcp, 14),
            len: (tcp.len() - data) as u32,
            payload: tcp[data..].to_vec(),
            options,
            id,
            packet_bytes,
            sound,
            partial: [0, sum(&[], u64::from(pseudo) + 6 + tcp.len() as u64)].contains(&be16(tcp, 16)),
            checksum: be16(tcp, 16),
            void: false,
        })
    }

    pub(crate) fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }

    pub(crate) fn span(&self) -> u32 {
        self.len + u32::from(self.has(SYN)) + u32::from(self.has(FIN))
    }

    pub(crate) fn end(&self) -> u32 {
        self.seq.wrapping_add(self.span())
    }

    pub(crate) fn option(&self, kind: u8) -> Option<&[u8]> {
        self.options.iter().find(|option| option.0 == kind).map(|option| &option.1[..])
    }

    /// Value and echo of its timestamp.
    pub(crate) fn stamps(&self) -> Option<(u32, u32)> {
        self.option(8).map(|body| (be32(body, 0), be32(body, 4)))
    }

    /// The SACK blocks.
    pub(crate) fn blocks(&self) -> Vec<(u32, u32)> {
        let body = self.option(5).unwrap_or_default();
        body.chunks_exact(8).map(|block| (be32(block, 0), be32(block, 4))).collect()
    }
}

/// `a` comes before `b`, in numbers that go round.
pub(crate) fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}
